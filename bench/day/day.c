/* What the library saves where the service's rules are the bottleneck: one day of three programs
 * with one key, in requests, time waited and bytes, without a cache, with the npm packages' stores
 * for each program, and with this library on one file; under a simulated clock.
 *
 *     bench_day [SEED]      five days from this seed on; --smoke: one with a small shelf */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "day/run.h"
#include "measure.h"

enum { SEED = 1, DAYS_MAX = 5, SHELF_VOLUMES = 50, SMALL_SHELF_VOLUMES = 2, NAME_SIZE = 128 };

static double requests(const day_run *run) {
    return (double)run->service.count;
}

static double megabytes(const day_run *run) {
    return (double)run->service.bytes / 1e6;
}

static double refused(const day_run *run) {
    return (double)run->service.refused;
}

static double bans(const day_run *run) {
    return (double)day_service_bans(&run->service);
}

static double fullest_hour(const day_run *run) {
    return (double)day_service_fullest_hour(&run->service);
}

static double too_soon(const day_run *run) {
    return (double)run->service.too_soon;
}

static double failures(const day_run *run) {
    return (double)run->result.failures;
}

static double outdated(const day_run *run) {
    return (double)run->result.outdated;
}

static double unanswered(const day_run *run) {
    return (double)run->result.unanswered;
}

static double ended_h(const day_run *run) {
    return (double)run->result.ended_ms / (double)DAY_HOUR_MS;
}

static double waited_h(const day_run *run) {
    return (double)run->result.waited_ms / (double)DAY_HOUR_MS;
}

static double users_waited_min(const day_run *run) {
    return (double)run->result.users_waited_ms / 60e3;
}

static double users_longest_s(const day_run *run) {
    return (double)run->result.users_longest_ms / 1e3;
}

static const struct figure {
    const char *name;
    const char *unit;
    double (*take)(const day_run *run);
    bool is_worst; /* of the days, not their median */
    double bound;  /* this library stays below it; 0: nothing is promised */
} figures[] = {
    {"requests sent", "", requests, false, 0},
    {"bytes of answers", "MB", megabytes, false, 0},
    {"requests above 200 per path and hour, answered as banned", "", refused, true, 1},
    {"times that a path was closed to all three", "", bans, true, 1},
    {"most requests on one path in any hour", "", fullest_hour, true, DAY_LIMIT + 1},
    {"requests within a second of another", "", too_soon, true, 1},
    {"tries that failed", "", failures, true, 1},
    {"old answers to who asked for a newer one", "", outdated, true, 1},
    {"accesses without an answer after three days", "", unanswered, true, 1},
    {"all is done, after the start of the day", "h", ended_h, false, 0},
    {"time waited, all three", "h", waited_h, false, 0},
    {"time waited, the reader", "min", users_waited_min, false, 0},
    {"longest wait of the reader", "s", users_longest_s, true, 0},
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

static const struct way {
    const char *name;
    const day_way *way;
    bool has_goals;
} ways[] = {
    {"no cache", &day_bare, false},
    {"npm stores of their own", &day_npm, false},
    {"one file", &day_shared, true},
    {"one file, 40 of 200 kept for the reader", &day_reserved, true},
};

enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

typedef struct days {
    bool is_there[WAYS];
    double values[WAYS][FIGURES][DAYS_MAX];
} days;

static void play(days *self, int index, uint64_t seed, int64_t volumes) {
    day_scenario scenario;
    day_scenario_make(&scenario, seed, volumes);
    fprintf(stderr, "the day of seed %" PRIu64 ": %zu accesses in %zu tasks\n", seed,
            scenario.access_count, scenario.task_count);
    for (int way = 0; way < WAYS; way++) {
        day_run run;
        self->is_there[way] = day_run_play(&run, &scenario, ways[way].way);
        for (int i = 0; i < FIGURES; i++) {
            self->values[way][i][index] = figures[i].take(&run);
        }
        day_run_end(&run);
    }
    day_scenario_free(&scenario);
}

/* The median of the days, or what the worst of them had where a bound is promised. */
static double value_of(days *self, int way, int figure, size_t count) {
    double *values = self->values[way][figure];
    double median = measure_median(values, count); /* which sorts them */
    return figures[figure].is_worst ? values[count - 1] : median;
}

static void print_way(days *self, int way, size_t count) {
    for (int i = 0; i < FIGURES; i++) {
        const struct figure *figure = &figures[i];
        char text[NAME_SIZE];
        snprintf(text, sizeof(text), "a day, %s: %s", ways[way].name, figure->name);
        bool has_goal = ways[way].has_goals && figure->bound > 0;
        measure_print(&(measure_line){.name = text,
                                      .unit = figure->unit,
                                      .figure = value_of(self, way, i, count),
                                      .floor = way == 0 ? 0.0 : value_of(self, 0, i, count),
                                      .goal = has_goal ? MEASURE_FIGURE_BELOW : MEASURE_NO_GOAL,
                                      .bound = figure->bound});
    }
}

int main(int argument_count, char **arguments) {
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    bool has_seed = !is_smoke && argument_count > 1;
    uint64_t seed = has_seed ? strtoull(arguments[1], NULL, 10) : (uint64_t)SEED;
    int count = is_smoke ? 1 : DAYS_MAX;
    static days self;
    for (int i = 0; i < count; i++) {
        play(&self, i, seed + (uint64_t)i, is_smoke ? SMALL_SHELF_VOLUMES : SHELF_VOLUMES);
    }
    for (int way = 0; way < WAYS; way++) {
        if (self.is_there[way]) {
            print_way(&self, way, (size_t)count);
        } else {
            fprintf(stderr, "%s: not here, scripts/peer installs them\n", ways[way].name);
        }
    }
    return 0;
}
