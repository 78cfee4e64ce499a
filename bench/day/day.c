/* What the library saves where the service's rules are the bottleneck: one day of three programs
 * with one key, in requests, time waited and bytes, without a cache, with the npm packages' stores
 * for each program, and with this library on one file; under a simulated clock.
 *
 *     bench_day [SEED]      --smoke: a small shelf */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "day/run.h"
#include "measure.h"

enum { SEED = 1, SHELF_VOLUMES = 50, SMALL_SHELF_VOLUMES = 2, NAME_SIZE = 128 };

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
    double bound; /* this library stays below it; 0: it promises nothing */
} figures[] = {
    {"requests sent", "", requests, 0},
    {"bytes of answers", "MB", megabytes, 0},
    {"requests above 200 per path and hour, answered as banned", "", refused, 1},
    {"times that a path was closed to all three", "", bans, 1},
    {"most requests on one path in any hour", "", fullest_hour, DAY_LIMIT + 1},
    {"requests within a second of another", "", too_soon, 1},
    {"tries that failed", "", failures, 1},
    {"old answers to who asked for a newer one", "", outdated, 1},
    {"accesses without an answer after three days", "", unanswered, 1},
    {"all is done, after the start of the day", "h", ended_h, 0},
    {"time waited, all three", "h", waited_h, 0},
    {"time waited, the reader", "min", users_waited_min, 0},
    {"longest wait of the reader", "s", users_longest_s, 0},
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

static void print_way(const char *name, const day_run *run, const day_run *bare, bool has_goals) {
    for (int i = 0; i < FIGURES; i++) {
        const struct figure *figure = &figures[i];
        char text[NAME_SIZE];
        snprintf(text, sizeof(text), "a day, %s: %s", name, figure->name);
        bool has_goal = has_goals && figure->bound > 0;
        measure_print(&(measure_line){.name = text,
                                      .unit = figure->unit,
                                      .figure = figure->take(run),
                                      .floor = run == bare ? 0.0 : figure->take(bare),
                                      .goal = has_goal ? MEASURE_FIGURE_BELOW : MEASURE_NO_GOAL,
                                      .bound = figure->bound});
    }
}

int main(int argument_count, char **arguments) {
    static const struct {
        const char *name;
        const day_way *way;
    } ways[] = {{"no cache", &day_bare},
                {"npm stores of their own", &day_npm},
                {"this library on one file", &day_shared}};
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    uint64_t seed =
        !is_smoke && argument_count > 1 ? strtoull(arguments[1], NULL, 10) : (uint64_t)SEED;
    day_scenario scenario;
    day_run runs[sizeof(ways) / sizeof(ways[0])];
    day_scenario_make(&scenario, seed, is_smoke ? SMALL_SHELF_VOLUMES : SHELF_VOLUMES);
    fprintf(stderr, "the day of seed %" PRIu64 ": %zu accesses in %zu tasks\n", seed,
            scenario.access_count, scenario.task_count);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (day_run_play(&runs[i], &scenario, ways[i].way)) {
            print_way(ways[i].name, &runs[i], &runs[0], ways[i].way == &day_shared);
        } else {
            fprintf(stderr, "%s: not here (scripts/peer installs them)\n", ways[i].name);
        }
    }
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        day_run_end(&runs[i]);
    }
    day_scenario_free(&scenario);
    return 0;
}
