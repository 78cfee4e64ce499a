/* The limit under random schedules: processes that restart and crash, connections that take their
 * time, other programs' rows, clocks that step, sleep and start anew (support/limit_world.h). Every
 * verdict and every wait is compared with a count by brute force, and the service's log is judged
 * over every window.
 *
 * A failure names its seed: COMICVINE_MODEL_SEED=n runs that one alone, COMICVINE_MODEL_SEEDS=n
 * runs so many. */
#include "support/limit_oracle.h"

#include <stdlib.h>

enum { SEEDS = 32, PHASES = 8, STEPS_OF_PHASE = 130 };

#define SECOND_MS    INT64_C(1000)
#define HOUR_MS      INT64_C(3600000)
#define TEN_YEARS_MS INT64_C(315360000000)

static int draw_process(limit_world *world) {
    return (int)limit_draw(world, LIMIT_PROCESSES);
}

static int draw_path(limit_world *world) {
    return (int)limit_draw(world, LIMIT_PATHS);
}

/* ---- steps ---- */

/* Most have their connection; others get it at the edges of what the guard allows, or later. */
static void step_ask(limit_world *world) {
    const int64_t connects_ms[] = {0,
                                   0,
                                   0,
                                   world->fresh_ms,
                                   world->fresh_ms + 1,
                                   world->guard_ms,
                                   1 + limit_draw(world, 3000)};
    int64_t which = limit_draw(world, (int64_t)(sizeof(connects_ms) / sizeof(connects_ms[0])));
    limit_ask(world, draw_process(world), draw_path(world), limit_draw(world, 2) == 0,
              connects_ms[which]);
}

/* Asks again at the moment that the wait was said to end, and a millisecond before. */
static void step_ask_at_the_edge(limit_world *world) {
    int process = draw_process(world);
    int path = draw_path(world);
    int64_t wait_ms = limit_ask(world, process, path, true, 0);
    if (wait_ms > 0) {
        limit_advance(world, wait_ms - 1);
        limit_ask(world, process, path, true, 0);
        limit_advance(world, 1);
        limit_ask(world, process, path, true, 0);
    }
}

static void step_time(limit_world *world) {
    const int64_t longest_ms[] = {5, 100, world->interval_ms, world->window_ms / 20,
                                  world->window_ms / 2};
    limit_advance(world, limit_draw(world, longest_ms[limit_draw(world, 5)] + 1));
}

static void step_suspend(limit_world *world) {
    limit_suspend(world, limit_draw(world, world->window_ms * 2));
}

static void step_foreign(limit_world *world) {
    static const int64_t ahead_ms[] = {0, 0, 0, 3, 4000};
    limit_record_foreign(world, (int)limit_draw(world, LIMIT_PATHS + 1),
                         ahead_ms[limit_draw(world, 5)]);
}

static void step_look(limit_world *world) {
    limit_look(world, draw_process(world), draw_path(world));
}

static void step_clean(limit_world *world) {
    limit_clean(world, draw_process(world));
}

static void step_restart(limit_world *world) {
    limit_restart(world, draw_process(world));
}

static void step_crash(limit_world *world) {
    limit_crash(world, draw_process(world));
}

static void step_reset(limit_world *world) {
    limit_reset(world, draw_process(world), draw_path(world));
}

static void step_set_rule(limit_world *world) {
    const int64_t windows_ms[] = {world->window_ms / 2, world->window_ms, world->window_ms * 3};
    limit_set_rule(world, draw_process(world), draw_path(world),
                   (limit_rule){limit_draw(world, 7), windows_ms[limit_draw(world, 3)]});
}

/* A limit that is lowered below what counts already, and raised again but not as far. */
static void step_squeeze(limit_world *world) {
    int process = draw_process(world);
    int path = draw_path(world);
    limit_rule rule = world->processes[process].rules[path];
    for (int64_t limit = 1; limit < 4; limit++) {
        limit_set_rule(world, process, path, (limit_rule){limit, rule.window_ms});
        limit_ask(world, process, path, true, 0);
    }
    limit_set_rule(world, process, path, rule);
}

static void step_clock(limit_world *world) {
    static const int64_t steps_ms[] = {SECOND_MS, HOUR_MS, TEN_YEARS_MS};
    int64_t step_ms = steps_ms[limit_draw(world, 3)];
    if (world->is_wall_right) {
        if (limit_draw(world, 3) == 0) {
            limit_reboot(world, limit_draw(world, world->window_ms * 3 / 2));
        }
    } else {
        limit_step_wall(world, limit_draw(world, 2) == 0 ? step_ms : -step_ms);
    }
}

/* How often of a hundred. */
static const struct {
    int64_t percent;
    void (*run)(limit_world *world);
} steps[] = {
    {38, step_ask},    {8, step_ask_at_the_edge}, {26, step_time},   {4, step_look},
    {6, step_foreign}, {2, step_suspend},         {2, step_restart}, {3, step_crash},
    {5, step_clock},   {2, step_clean},           {1, step_reset},   {1, step_set_rule},
    {2, step_squeeze},
};

static void step(limit_world *world) {
    int64_t chance = limit_draw(world, 100);
    size_t which = 0;
    while (chance >= steps[which].percent) {
        chance -= steps[which++].percent;
    }
    steps[which].run(world);
}

/* ---- schedules ---- */

/* Half of the time the wall clock is right and the machine may start anew; in the other half it is
 * stepped about. Before it is relied on again, what was written by a wrong one is out of date and
 * gone; and before it goes wrong, some process has looked at the file, whichever it is. */
static void run_phase(limit_world *world, bool is_wall_right) {
    if (is_wall_right) {
        limit_set_wall_right(world);
        limit_advance(world, world->kept_ms + HOUR_MS);
        limit_clean(world, draw_process(world));
    } else {
        limit_reboot(world, limit_draw(world, world->window_ms));
        limit_look(world, draw_process(world), draw_path(world));
        limit_step_wall(world, 0);
    }
    for (int i = 0; i < STEPS_OF_PHASE; i++) {
        step(world);
    }
}

static int make_world(void **state) {
    *state = calloc(1, sizeof(limit_world));
    return *state == NULL ? -1 : 0;
}

/* A world that was not ended has failed. */
static int free_world(void **state) {
    limit_world *world = *state;
    if (world->processes[0].stores != NULL) {
        print_error("seed %llu: COMICVINE_MODEL_SEED=%llu runs it alone\n",
                    (unsigned long long)world->seed, (unsigned long long)world->seed);
        limit_done(world);
    }
    free(world);
    return 0;
}

static void run_seed(limit_world *world, uint64_t seed) {
    limit_init(world, seed);
    for (int phase = 0; phase < PHASES; phase++) {
        run_phase(world, phase % 2 == 0);
    }
    oracle_judge_log(world);
    limit_done(world);
}

static uint64_t read_environment(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void test_random_schedules(void **state) {
    uint64_t first = read_environment("COMICVINE_MODEL_SEED", 0);
    uint64_t count = read_environment("COMICVINE_MODEL_SEEDS",
                                      getenv("COMICVINE_MODEL_SEED") != NULL ? 1 : SEEDS);
    for (uint64_t seed = first; seed < first + count; seed++) {
        run_seed(*state, seed);
    }
}

/* ---- progress ---- */

/* All processes of a scope ask as often as they are told to, for ten windows. */
static int64_t saturate(limit_world *world, bool is_user) {
    int64_t admitted = 0;
    int64_t until_ms = world->true_ms + 10 * world->window_ms;
    while (world->true_ms < until_ms) {
        int64_t wait_ms = limit_ask(world, (int)limit_draw(world, 2) * 2, 0, is_user, 0);
        admitted += wait_ms == 0 ? 1 : 0;
        int64_t room_ms = world->true_ms + wait_ms < until_ms ? wait_ms : until_ms - world->true_ms;
        limit_advance(world, room_ms);
    }
    return admitted;
}

/* Exactness is easy for those who admit nothing. Users get the whole limit at once, the background
 * when no users have been there for long; what is lost is the guard. */
static void test_limit_is_used_up(void **state) {
    for (uint64_t seed = 100; seed < 116; seed++) {
        limit_world *world = *state;
        limit_init(world, seed);
        int64_t limit = world->processes[0].rules[0].limit;
        int64_t most = 10 * world->window_ms * limit / (world->window_ms + world->guard_ms);
        int64_t paced = 10 * world->window_ms / (world->interval_ms > 0 ? world->interval_ms : 1);
        int64_t least = (most < paced ? most : paced) * 9 / 10;
        assert_true(saturate(world, true) >= least);
        limit_advance(world, world->kept_ms + HOUR_MS);
        assert_true(saturate(world, false) >= least);
        oracle_judge_log(world);
        limit_done(world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_schedules, make_world, free_world),
        cmocka_unit_test_setup_teardown(test_limit_is_used_up, make_world, free_world),
    };
    return cmocka_run_group_tests_name("rate limit model", tests, NULL, NULL);
}
