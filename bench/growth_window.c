/* What an admission costs when more and more rows are in the window: none to twenty thousand,
 * beside the bare transaction that counts them. The files lie in memory where there is such a
 * place, as the disk's part in a commit does not grow. */
#include "admitting.h"

enum { RUNS = 5, ADMISSIONS = 500, SMOKE_ADMISSIONS = 5, SMOKE_STEPS = 2 };

static const int steps[] = {0, 100, 200, 500, 1000, 2000, 5000, 10000, 20000};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

typedef struct cost {
    double bare_us[RUNS];
    double user_us[RUNS];
    double background_us[RUNS];
} cost;

static double cost_of(admitting *self, cv_limit_kind kind, cv_priority priority, int rows) {
    self->kind = kind;
    self->priority = priority;
    return admitting_cost_us(self, ADMITTING_LIBRARY, rows);
}

static void measure_step(admitting *self, int rows) {
    cost seen;
    for (int i = 0; i < RUNS; i++) {
        seen.bare_us[i] = admitting_cost_us(self, ADMITTING_BARE, rows);
        seen.user_us[i] = cost_of(self, CV_LIMIT_SLIDING, CV_PRIORITY_USER, rows);
        seen.background_us[i] = cost_of(self, CV_LIMIT_ADAPTIVE, CV_PRIORITY_BACKGROUND, rows);
    }
    double bare_us = measure_median(seen.bare_us, RUNS);
    measure_print_point(&(measure_point){"window", "user, sliding limit", rows, "us",
                                         measure_median(seen.user_us, RUNS), bare_us});
    measure_print_point(&(measure_point){"window", "background, adaptive limit", rows, "us",
                                         measure_median(seen.background_us, RUNS), 0.0});
}

int main(int argument_count, char **arguments) {
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    admitting *self = admitting_begin(is_smoke ? SMOKE_ADMISSIONS : ADMISSIONS, true);
    size_t count = is_smoke ? SMOKE_STEPS : STEPS;
    for (size_t i = 0; i < count; i++) {
        measure_step(self, steps[i]);
    }
    admitting_end(self);
    return 0;
}
