/* The engine in slices of time: how much one step does, who goes next, and that nobody is left out.
 * The slices' clock is the test's. */
#include "support/fake_engine_world.h"

#include <string.h>

enum { FLIGHTS = 12 };

static int64_t still(void *user) {
    (void)user;
    return 0;
}

/* Over as soon as so many units are done. */
static cvi_slice slice_of(int64_t units) {
    return (cvi_slice){.now_us = still, .end_us = 0, .least = units};
}

/* A step of so many units; how long until the next one is due. */
static int64_t step_some(sim_world *world, int64_t units) {
    cvi_slice slice = slice_of(units);
    int64_t due = cvi_engine_step(world->engine, world->clock.now, &slice);
    return due == INT64_MAX ? due : due - world->clock.now.boot_ms;
}

static sim_caller *board(sim_world *world, int64_t id, cv_priority priority) {
    return sim_board(world, &(sim_wish){.id = id, .priority = priority});
}

static const char *url_of(const sim_world *world, size_t index) {
    return world->transfers[index].url;
}

static void test_a_slice_takes_one_flight_at_least(void **state) {
    sim_world *world = *state;
    for (int64_t id = 1; id <= FLIGHTS; id++) {
        board(world, id, CV_PRIORITY_USER);
    }
    for (size_t sent = 1; sent <= FLIGHTS; sent++) {
        int64_t due_ms = step_some(world, 1);
        assert_true(sent < FLIGHTS ? due_ms <= 0 : due_ms > 0);
        assert_int_equal(world->transfer_count, sent);
    }
}

static void test_they_come_in_their_order(void **state) {
    sim_world *world = *state;
    board(world, 11, CV_PRIORITY_BACKGROUND);
    board(world, 22, CV_PRIORITY_USER);
    board(world, 33, CV_PRIORITY_USER);
    step_some(world, 1);
    step_some(world, 1);
    step_some(world, 1);
    assert_non_null(strstr(url_of(world, 0), "4000-22"));
    assert_non_null(strstr(url_of(world, 1), "4000-33"));
    assert_non_null(strstr(url_of(world, 2), "4000-11"));
}

/* Users that come one after the other do not keep the background from its turn. */
static void test_who_comes_later_waits_for_the_next_round(void **state) {
    sim_world *world = *state;
    board(world, 11, CV_PRIORITY_USER);
    board(world, 22, CV_PRIORITY_BACKGROUND);
    step_some(world, 1);
    board(world, 33, CV_PRIORITY_USER);
    assert_true(step_some(world, 1) <= 0);
    assert_int_equal(world->transfer_count, 2);
    assert_non_null(strstr(url_of(world, 1), "4000-22"));
    step_some(world, 2);
    assert_non_null(strstr(url_of(world, 2), "4000-33"));
}

/* A locked file has everybody due again and again; each has its turn all the same. */
static void test_who_is_refused_does_not_keep_the_others(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_LOOKUP, 4);
    for (int64_t id = 1; id <= 4; id++) {
        board(world, id, CV_PRIORITY_USER);
    }
    for (int i = 0; i < 4; i++) {
        step_some(world, 1);
        fake_clock_advance(&world->clock, 5);
    }
    assert_int_equal(sim_count(world, SIM_LOOKUP), 4);
    assert_int_equal(world->transfer_count, 0);
    for (int i = 0; i < 4; i++) {
        step_some(world, 1);
    }
    assert_int_equal(world->transfer_count, 4);
}

/* A cleanup is one piece of work, and has its turn behind the flights. */
static void test_cleaning_is_not_put_off_for_ever(void **state) {
    sim_world *world = *state;
    world->options.clean_interval_ms = 1000;
    sim_reopen(world);
    fake_clock_advance(&world->clock, 1000);
    board(world, 1, CV_PRIORITY_USER);
    board(world, 2, CV_PRIORITY_USER);
    assert_int_equal(step_some(world, 1), 0);
    assert_int_equal(step_some(world, 1), 0);
    assert_int_equal(sim_count(world, SIM_CLEAN), 0);
    assert_int_equal(step_some(world, 1), 1000);
    assert_int_equal(sim_count(world, SIM_CLEAN), 1);
}

/* What is not due is no work, so that it does not use the slice up. */
static void test_waiting_flights_cost_nothing(void **state) {
    sim_world *world = *state;
    for (int64_t id = 1; id <= FLIGHTS; id++) {
        board(world, id, CV_PRIORITY_USER);
    }
    sim_step(world);
    cvi_slice slice = slice_of(1);
    assert_true(cvi_engine_step(world->engine, world->clock.now, &slice) >
                world->clock.now.boot_ms);
    assert_int_equal(slice.units, 0);
}

/* An answer of some size counts for more than a small one. */
static void test_large_bodies_use_more_of_a_slice(void **state) {
    enum { SIZE = 4 * CVI_SLICE_UNIT_BYTES };
    static char body[SIZE + 128];
    sim_world *world = *state;
    sim_caller *caller = board(world, 52, CV_PRIORITY_USER);
    memset(body, ' ', SIZE);
    memcpy(body, SIM_ISSUE(52), strlen(SIM_ISSUE(52)));
    body[SIZE] = '\0';
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = body});
    cvi_slice slice = slice_of(100);
    cvi_engine_step(world->engine, world->clock.now, &slice);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
    assert_int_equal(slice.units, 1 + SIZE / CVI_SLICE_UNIT_BYTES);
}

static void test_leaving_in_the_middle_of_a_round(void **state) {
    sim_world *world = *state;
    sim_caller *callers[FLIGHTS];
    for (int64_t id = 0; id < FLIGHTS; id++) {
        callers[id] = board(world, id + 1, CV_PRIORITY_USER);
    }
    step_some(world, 3);
    for (int i = 0; i < FLIGHTS; i += 2) {
        sim_leave(world, callers[i]);
    }
    for (int i = 0; i < FLIGHTS; i++) {
        step_some(world, 1);
    }
    assert_int_equal(world->transfer_count, 3 + (FLIGHTS - 3) / 2 + 1);
}

#define SLICES_TEST(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SLICES_TEST(test_a_slice_takes_one_flight_at_least),
        SLICES_TEST(test_they_come_in_their_order),
        SLICES_TEST(test_who_comes_later_waits_for_the_next_round),
        SLICES_TEST(test_who_is_refused_does_not_keep_the_others),
        SLICES_TEST(test_cleaning_is_not_put_off_for_ever),
        SLICES_TEST(test_waiting_flights_cost_nothing),
        SLICES_TEST(test_large_bodies_use_more_of_a_slice),
        SLICES_TEST(test_leaving_in_the_middle_of_a_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
