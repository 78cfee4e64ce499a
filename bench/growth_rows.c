/* What a cached retrieve costs when there are more and more rows in the cache: a thousand to a
 * million, of 2 kB each, read in no order; beside a bare point read of the same rows. */
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

typedef struct place {
    issue_file file;
    int64_t rows;
    char database[TEAM_PATH_MAX];
    double retrieves[RUNS];
    double reads[RUNS];
    double parses[RUNS];
} place;

static void open_place(place *self, const char *folder, const char *name) {
    team_path(self->database, folder, name);
    issue_file_open(&self->file, self->database);
    self->rows = 0;
}

static void grow(place *self, int64_t rows) {
    issue_file_fill(&self->file, self->rows + 1, rows, BODY_BYTES);
    self->rows = rows;
}

static void measure_run(place *self, int run, int reads) {
    issue_file_walk walk = {1, self->rows, reads, 3 * run}; /* rows that nobody has just read */
    self->reads[run] = issue_file_time_us(&self->file, issue_file_read, &walk);
    walk.turn++;
    self->parses[run] = issue_file_time_us(&self->file, issue_file_read_and_parse, &walk);
    walk.turn++;
    self->retrieves[run] = issue_file_time_us(&self->file, issue_file_retrieve, &walk);
}

static cost cost_of(place *self) {
    return (cost){measure_median(self->retrieves, RUNS), measure_median(self->reads, RUNS),
                  measure_median(self->parses, RUNS)};
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

/* As a factor, and in time; where the bare read loses nothing, as in a smoke run, there is nothing
 * to hold the library's loss to. */
static void print_growth(cost few, cost many) {
    double lost_us = many.read - few.read;
    measure_print(&(measure_line){.name = "processor time of a cached retrieve, most rows beside "
                                          "fewest, and of a bare read (P8)",
                                  .unit = "times",
                                  .figure = many.retrieve / few.retrieve,
                                  .floor = many.read / few.read,
                                  .goal = MEASURE_RATIO_BELOW,
                                  .bound = 1.1});
    measure_print(&(measure_line){.name =
                                      "processor time that a cached retrieve loses by them, and "
                                      "a bare read (P8)",
                                  .unit = "us",
                                  .figure = many.retrieve - few.retrieve,
                                  .floor = lost_us,
                                  .goal = lost_us > 0.0 ? MEASURE_RATIO_BELOW : MEASURE_NO_GOAL,
                                  .bound = 1.1});
}

/* The fewest rows are measured by turns with each other number, so that both see the same
 * machine. */
int main(int argument_count, char **arguments) {
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    int reads = is_smoke ? SMOKE_READS : READS;
    size_t count = is_smoke ? SMOKE_STEPS : STEPS;
    char folder[TEAM_PATH_MAX];
    place few;
    place many;
    team_make_folder(folder, false);
    open_place(&few, folder, "few.db");
    open_place(&many, folder, "many.db");
    grow(&few, steps[0]);
    for (size_t i = 0; i < count; i++) {
        grow(&many, steps[i]);
        for (int run = 0; run < RUNS; run++) {
            measure_run(&few, run, reads);
            measure_run(&many, run, reads);
        }
        cost seen = cost_of(&many);
        print_step(steps[i], &seen);
    }
    print_growth(cost_of(&few), cost_of(&many));
    issue_file_close(&few.file);
    issue_file_close(&many.file);
    team_remove_folder(folder);
    return 0;
}
