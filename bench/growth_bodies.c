/* What a cached retrieve costs when bodies are larger and larger: 1 kB to 3 MB, beside a bare point
 * read and a bare parse of the same bodies. */
#include "issue_file.h"
#include "measure.h"
#include "team.h"

enum {
    RUNS = 7,
    RUN_BYTES = 16 << 20,
    RUN_READS_MAX = 4000,
    BODIES = 20, /* of each size */
    SMOKE_STEPS = 3
};

static const size_t steps[] = {1000, 3000, 10000, 30000, 100000, 300000, 1000000, 3000000};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static int reads_of(size_t size, bool is_smoke) {
    size_t reads = RUN_BYTES / size;
    reads = reads < RUN_READS_MAX ? reads : RUN_READS_MAX;
    return is_smoke || reads < BODIES ? BODIES : (int)reads;
}

static void measure_step(issue_file *file, size_t size, int64_t first, bool is_smoke) {
    double retrieves[RUNS];
    double bare[RUNS];
    double reads[RUNS];
    const issue_file_walk walk = {first, first + BODIES - 1, reads_of(size, is_smoke), 0};
    for (int i = 0; i < RUNS; i++) {
        reads[i] = issue_file_time_us(file, issue_file_read, &walk);
        bare[i] = issue_file_time_us(file, issue_file_read_and_parse, &walk);
        retrieves[i] = issue_file_time_us(file, issue_file_retrieve, &walk);
    }
    measure_print_point(&(measure_point){.curve = "bodies",
                                         .series = "cached retrieve",
                                         .x = (double)size,
                                         .unit = "us",
                                         .figure = measure_median(retrieves, RUNS),
                                         .floor = measure_median(bare, RUNS)});
    measure_print_point(&(measure_point){.curve = "bodies",
                                         .series = "bare read",
                                         .x = (double)size,
                                         .unit = "us",
                                         .figure = measure_median(reads, RUNS)});
}

int main(int argument_count, char **arguments) {
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    issue_file file;
    size_t count = is_smoke ? SMOKE_STEPS : STEPS;
    int64_t first = 1;
    team_make_folder(folder, false);
    team_path(database, folder, "comics.db");
    issue_file_open(&file, database);
    for (size_t i = 0; i < count; i++, first += BODIES) {
        issue_file_fill(&file, first, first + BODIES - 1, steps[i]);
        measure_step(&file, steps[i], first, is_smoke);
    }
    issue_file_close(&file);
    team_remove_folder(folder);
    return 0;
}
