/* Admissions a second, of one process and of four, beside the bare transaction that counts and
 * inserts; the longest wait of any of four; and what a long window costs. */
#include <stdio.h>

#include "admitting.h"

enum {
    RUNS = 5,
    MANY = 4,
    ADMISSIONS = 5000,
    WINDOW_ADMISSIONS = 500,
    SMOKE_ADMISSIONS = 10,
    FEW_ROWS = 200,
    MANY_ROWS = 20000,
    LONGEST_WAIT_US = 100000
};

static void collect(admitting *self, int processes, measure_samples *all) {
    for (int i = 0; i < processes; i++) {
        for (size_t j = 0; j < self->times[i].count; j++) {
            measure_add(all, self->times[i].ns[j]);
        }
    }
}

/* Library and floor by turns, so that both see the same machine. */
static void measure_rates(admitting *self, int processes, const char *name) {
    double ours[RUNS];
    double floors[RUNS];
    size_t all = (size_t)(RUNS * processes * self->admissions);
    measure_samples bare_times = measure_room(all);
    measure_samples times = measure_room(all);
    for (int i = 0; i < RUNS; i++) {
        floors[i] = admitting_rate(self, ADMITTING_BARE, processes);
        collect(self, processes, &bare_times);
        ours[i] = admitting_rate(self, ADMITTING_LIBRARY, processes);
        collect(self, processes, &times);
    }
    measure_print(&(measure_line){name, "/s", measure_median(ours, RUNS),
                                  measure_median(floors, RUNS), MEASURE_RATIO_ABOVE, 0.8});
    if (processes > 1) {
        char text[96];
        snprintf(text, sizeof(text), "wait in %zu admissions of %d processes (P4)", all, processes);
        measure_print_distribution(&(measure_distribution){
            text, &times, &bare_times, {[MEASURE_LONGEST] = LONGEST_WAIT_US}});
    }
}

static void measure_windows(admitting *self, const char *name) {
    double few[RUNS];
    double many[RUNS];
    for (int i = 0; i < RUNS; i++) {
        few[i] = admitting_cost_us(self, ADMITTING_LIBRARY, FEW_ROWS);
        many[i] = admitting_cost_us(self, ADMITTING_LIBRARY, MANY_ROWS);
    }
    measure_print(&(measure_line){name, "us", measure_median(many, RUNS), measure_median(few, RUNS),
                                  MEASURE_RATIO_BELOW, 3.0});
}

int main(int argument_count, char **arguments) {
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    admitting *self = admitting_begin(is_smoke ? SMOKE_ADMISSIONS : ADMISSIONS, false);
    self->rows = FEW_ROWS;
    measure_rates(self, 1, "admissions, 1 process (P4)");
    measure_rates(self, MANY, "admissions, 4 processes (P4)");
    self->admissions = is_smoke ? SMOKE_ADMISSIONS : WINDOW_ADMISSIONS;
    measure_windows(self, "admission, 20 000 rows in the window beside 200, p50 (P5)");
    self->kind = CV_LIMIT_ADAPTIVE;
    self->priority = CV_PRIORITY_BACKGROUND;
    measure_windows(self, "background's admission, 20 000 rows beside 200, shared out, p50 (P5)");
    admitting_end(self);
    return 0;
}
