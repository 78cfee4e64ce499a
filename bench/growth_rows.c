/* What a cached retrieve costs when there are more and more rows in the cache: a thousand to a
 * million, of 2 kB each, read in no order; beside a bare point read of the same rows. */
#include <stdio.h>

#include "issue_file.h"
#include "measure.h"
#include "team.h"

enum { RUNS = 7, READS = 8000, SMOKE_READS = 10, BODY_BYTES = 2048, SMOKE_STEPS = 2 };

static const int64_t steps[] = {1000, 3000, 10000, 30000, 100000, 300000, 1000000};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

/* Medians, in microseconds. */
typedef struct cost {
    double retrieve;
    double read;
    double read_and_parse;
} cost;

static cost measure_step(issue_file *file, int64_t rows, int reads) {
    double retrieves[RUNS];
    double bare_reads[RUNS];
    double parses[RUNS];
    issue_file_walk walk = {1, rows, reads, 0};
    for (int i = 0; i < RUNS; i++) {
        walk.turn++; /* rows that nobody has just read */
        bare_reads[i] = issue_file_time_us(file, issue_file_read, &walk);
        walk.turn++;
        parses[i] = issue_file_time_us(file, issue_file_read_and_parse, &walk);
        walk.turn++;
        retrieves[i] = issue_file_time_us(file, issue_file_retrieve, &walk);
    }
    return (cost){measure_median(retrieves, RUNS), measure_median(bare_reads, RUNS),
                  measure_median(parses, RUNS)};
}

static void print_step(int64_t rows, const cost *seen) {
    double x = (double)rows;
    measure_print_point(&(measure_point){.curve = "rows",
                                         .series = "cached retrieve",
                                         .x = x,
                                         .unit = "us",
                                         .figure = seen->retrieve,
                                         .floor = seen->read_and_parse});
    measure_print_point(&(measure_point){
        .curve = "rows", .series = "bare read", .x = x, .unit = "us", .figure = seen->read});
}

static void print_growth(const cost *few, const cost *many) {
    measure_print(&(measure_line){
        "cached retrieve with most rows beside fewest, and what the bare read loses (P8)", "times",
        many->retrieve / few->retrieve, many->read / few->read, MEASURE_RATIO_BELOW, 1.1});
    measure_print(&(measure_line){.name = "the same in time, and that of the bare read (P8)",
                                  .unit = "us more",
                                  .figure = many->retrieve - few->retrieve,
                                  .floor = many->read - few->read});
}

int main(int argument_count, char **arguments) {
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    cost costs[STEPS];
    issue_file file;
    size_t count = is_smoke ? SMOKE_STEPS : STEPS;
    int64_t rows = 0;
    team_make_folder(folder, false);
    team_path(database, folder, "comics.db");
    issue_file_open(&file, database);
    for (size_t i = 0; i < count; i++) {
        issue_file_fill(&file, rows + 1, steps[i], BODY_BYTES);
        rows = steps[i];
        costs[i] = measure_step(&file, rows, is_smoke ? SMOKE_READS : READS);
        print_step(rows, &costs[i]);
    }
    print_growth(&costs[0], &costs[count - 1]);
    issue_file_close(&file);
    team_remove_folder(folder);
    return 0;
}
