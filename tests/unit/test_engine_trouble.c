/* The engine when its stores are locked or fail, and when there is no memory. */
#include "support/fake_engine_world.h"

#include <string.h>

static const sim_reply watched = {.verdict = CVI_CLAIM_WATCH};

/* Steps whenever the engine is due, `count` times; each wait must be the one of a lock. */
static void wait_for_lock(sim_world *world, int count) {
    for (int i = 0; i < count; i++) {
        int64_t due_ms = sim_step(world);
        assert_in_range(due_ms, 1, 2);
        fake_clock_advance(&world->clock, due_ms);
    }
}

/* ---- locked ---- */

static void test_locked_lookup_is_tried_again(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_LOOKUP, 5);
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52)});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    wait_for_lock(world, 5);
    sim_check_waiting(caller);
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 6);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
}

static void test_locked_lookup_of_the_full_entry_is_tried_again(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.answer = CVI_STORE_DONE});
    sim_busy(world, SIM_LOOKUP, 1);
    sim_script(world, SIM_LOOKUP, &(sim_reply){.answer = CVI_STORE_DONE});
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52)});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .fields = "name"});
    wait_for_lock(world, 1);
    sim_step(world);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
}

static void test_locked_claim_is_tried_again(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_CLAIM, 7);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    wait_for_lock(world, 7);
    assert_int_equal(world->transfer_count, 0);
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_CLAIM), 8);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 1);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_locked_watch_is_tried_again(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &watched);
    sim_busy(world, SIM_WATCH, 3);
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = SIM_ISSUE(52)});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    wait_for_lock(world, 3);
    sim_step(world);
    sim_check_source(caller, 52, CV_SOURCE_SHARED);
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
}

static void test_locked_completion_keeps_nobody_waiting(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_COMPLETE, 3);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
    assert_false(cvi_engine_is_idle(world->engine));
    for (int i = 0; i < 6; i++) {
        sim_advance(world, 1);
    }
    assert_int_equal(sim_count(world, SIM_COMPLETE), 4);
    assert_true(cvi_engine_is_idle(world->engine));
}

/* A program that is stopped, or a file that somebody holds: an answer does not stay young. */
static void test_an_answer_ages_while_the_file_is_locked(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_COMPLETE, 1);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    int64_t heard_ms = world->clock.now.wall_ms;
    sim_answer(world, 0, SIM_ISSUE(52));
    assert_int_equal(sim_last(world, SIM_COMPLETE)->age_ms, 0);
    assert_int_equal(caller->provenance.fetched_at_ms, heard_ms);
    sim_advance(world, SIM_TTL_MS);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 2);
    assert_int_equal(sim_last(world, SIM_COMPLETE)->age_ms, SIM_TTL_MS);
}

static void test_locked_release_keeps_nobody_waiting(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_RELEASE, 2);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer_status(world, 0, 404, 0);
    sim_check_error(caller, CV_ERROR_NOT_FOUND);
    for (int i = 0; i < 4; i++) {
        sim_advance(world, 1);
    }
    assert_int_equal(sim_count(world, SIM_RELEASE), 3);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_ERROR_NOT_FOUND);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_locked_renewal_is_tried_again(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_RENEW, 2);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    int64_t due_ms = sim_step(world);
    assert_int_equal(due_ms, SIM_LEASE_MS / 3);
    fake_clock_advance(&world->clock, due_ms);
    wait_for_lock(world, 2);
    assert_int_equal(sim_step(world), SIM_LEASE_MS / 3);
    assert_int_equal(sim_count(world, SIM_RENEW), 3);
    sim_check_waiting(caller);
}

static void test_locked_cleaning_is_tried_again(void **state) {
    sim_world *world = *state;
    world->options.clean_interval_ms = 60000;
    sim_reopen(world);
    assert_int_equal(sim_step(world), 60000);
    sim_busy(world, SIM_CLEAN, 1);
    assert_int_equal(sim_advance(world, 60000), 20);
    assert_int_equal(sim_advance(world, 20), 60000);
    assert_int_equal(sim_count(world, SIM_CLEAN), 2);
}

/* ---- failing ---- */

static void test_failing_lookup_is_a_miss(void **state) {
    sim_world *world = *state;
    sim_fail(world, SIM_LOOKUP);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_failing_claim_sends_nothing(void **state) {
    sim_world *world = *state;
    sim_fail(world, SIM_CLAIM);
    sim_caller *first = sim_board(world, &(sim_wish){.id = 52});
    sim_caller *second = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_check_error(first, CV_ERROR_STORE);
    sim_check_error(second, CV_ERROR_STORE);
    assert_string_equal(first->error.message, "the script says so");
    assert_int_equal(world->transfer_count, 0);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_failing_claim_of_a_retry_passes_the_job_on(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_fail(world, SIM_CLAIM);
    sim_break_unsent(world, 0, CVI_RESPONSE_NETWORK);
    sim_advance(world, 1000);
    sim_check_error(caller, CV_ERROR_STORE);
    assert_string_equal(sim_last(world, SIM_RELEASE)->job_id, "job-1");
    assert_int_equal(sim_last(world, SIM_RELEASE)->row_id, 1);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_OK);
}

static void test_failing_watch_is_the_callers_error(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &watched);
    sim_fail(world, SIM_WATCH);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_check_error(caller, CV_ERROR_STORE);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
}

static void test_failing_completion_does_not_fail_the_answer(void **state) {
    sim_world *world = *state;
    sim_fail(world, SIM_COMPLETE);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
    assert_int_equal(sim_count(world, SIM_RELEASE), 1); /* the next one may try */
    assert_string_equal(sim_last(world, SIM_RELEASE)->job_id, "job-1");
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_OK);
    assert_int_equal(sim_last(world, SIM_RELEASE)->row_id, 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

/* Forgotten, the job would block others for the rest of its lease. */
static void test_failing_release_is_tried_until_the_lease_ends(void **state) {
    static const int failures[] = {5, 1000};
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        sim_world *world = sim_new(0, false);
        int64_t start_ms = world->clock.now.boot_ms;
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        for (int failed = 0; failed < failures[i] && failed < SIM_SCRIPT_MAX; failed++) {
            sim_fail(world, SIM_RELEASE);
        }
        sim_answer_status(world, 0, 404, 0);
        sim_check_error(caller, CV_ERROR_NOT_FOUND);
        while (!cvi_engine_is_idle(world->engine)) {
            if (failures[i] > SIM_SCRIPT_MAX) {
                world->script_next[SIM_RELEASE] = 0; /* it fails for ever */
            }
            sim_advance(world, 50);
        }
        int64_t duration_ms = world->clock.now.boot_ms - start_ms;
        assert_in_range(duration_ms, 50, SIM_LEASE_MS + 100);
        assert_true((duration_ms < 1000) == (failures[i] < SIM_SCRIPT_MAX));
        sim_free(world);
    }
    (void)state;
}

static void test_failing_release_does_not_hide_the_error(void **state) {
    sim_world *world = *state;
    sim_fail(world, SIM_RELEASE);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer_status(world, 0, 403, 0);
    sim_check_error(caller, CV_ERROR_BLOCKED);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_failing_renewal_keeps_the_job(void **state) {
    sim_world *world = *state;
    sim_fail(world, SIM_RENEW);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_int_equal(sim_advance(world, SIM_LEASE_MS / 3), SIM_LEASE_MS / 3);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_string_equal(sim_last(world, SIM_COMPLETE)->job_id, "job-1");
}

static void test_failing_cleaning_waits_for_its_next_time(void **state) {
    sim_world *world = *state;
    world->options.clean_interval_ms = 60000;
    sim_reopen(world);
    sim_fail(world, SIM_CLEAN);
    assert_int_equal(sim_advance(world, 60000), 60000);
    assert_int_equal(sim_count(world, SIM_CLEAN), 1);
}

static void test_job_lost_at_completion_is_delivered_all_the_same(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_COMPLETE, &(sim_reply){.lost = true});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

/* ---- cleaning ---- */

static void test_cleaning_goes_on_while_there_is_more(void **state) {
    sim_world *world = *state;
    world->options.clean_interval_ms = 1000;
    sim_reopen(world);
    sim_script(world, SIM_CLEAN, &(sim_reply){.more = true});
    sim_script(world, SIM_CLEAN, &(sim_reply){.more = true});
    sim_advance(world, 999);
    assert_int_equal(sim_count(world, SIM_CLEAN), 0);
    assert_int_equal(sim_advance(world, 1), 20);
    assert_int_equal(sim_advance(world, 20), 20);
    assert_int_equal(sim_advance(world, 20), 1000);
    assert_int_equal(sim_count(world, SIM_CLEAN), 3);
}

static void test_cleaning_can_be_off(void **state) {
    sim_world *world = *state;
    assert_int_equal(sim_advance(world, INT64_C(1) << 40), INT64_MAX);
    assert_int_equal(sim_count(world, SIM_CLEAN), 0);
}

/* ---- memory ---- */

static void test_transport_without_memory(void **state) {
    sim_world *world = *state;
    world->transport_without_memory = true;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_check_error(caller, CV_ERROR_NOMEM);
    assert_string_equal(sim_last(world, SIM_RELEASE)->job_id, "job-1");
    assert_int_equal(sim_last(world, SIM_RELEASE)->row_id, 1);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_OK);
}

/* A fetch by way of a redirect, a hit, and an answer of somebody else's, all at once. */
static void run_all_ways(sim_world *world) {
    sim_board(world, &(sim_wish){.id = 1});
    sim_board(world, &(sim_wish){.id = 1});
    sim_step(world);
    if (world->transfer_count > 0) {
        sim_redirect(world, 0, "https://comicvine.gamespot.com/api/issue/4000-1/");
    }
    if (world->transfer_count > 1) {
        sim_answer(world, 1, SIM_ISSUE(1));
    }
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(2)});
    sim_board(world, &(sim_wish){.id = 2});
    sim_step(world);
    sim_script(world, SIM_CLAIM, &watched);
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = SIM_ISSUE(3)});
    sim_board(world, &(sim_wish){.id = 3});
    sim_step(world);
}

static void check_each_delivered(const sim_world *world) {
    for (size_t i = 0; i < world->caller_count; i++) {
        const sim_caller *caller = &world->callers[i];
        assert_int_equal(caller->deliveries, 1);
        assert_true(caller->id != 0 || caller->error.code == CV_ERROR_NOMEM);
    }
    assert_true(cvi_engine_is_idle(world->engine));
}

/* True once the run needed fewer allocations than the failing one's number. */
static bool run_without(size_t failing_call, bool keeps_failing) {
    sim_world *world = sim_new(failing_call, keeps_failing);
    run_all_ways(world);
    bool has_failed = atomic_load(&world->memory.has_failed);
    if (!has_failed) {
        assert_int_equal(world->caller_count, 4);
        sim_check_source(&world->callers[3], 3, CV_SOURCE_SHARED);
    }
    world->memory.failing_call = 0;
    for (size_t i = 0; i < world->transfer_count; i++) {
        if (world->transfers[i].open) {
            sim_answer(world, i, SIM_ISSUE(2));
        }
    }
    check_each_delivered(world);
    sim_free(world);
    return !has_failed;
}

static void test_each_allocation_may_fail(void **state) {
    (void)state;
    size_t failing_call = 1;
    while (!run_without(failing_call, false)) {
        failing_call++;
    }
    assert_in_range(failing_call, 20, 500);
}

static void test_memory_may_be_used_up_from_any_point_on(void **state) {
    (void)state;
    size_t failing_call = 1;
    while (!run_without(failing_call, true)) {
        failing_call++;
    }
    assert_in_range(failing_call, 20, 500);
}

/* Somebody asks while another's job is watched that has ended since the last look. True as above.
 */
static bool run_late_without(size_t failing_call) {
    sim_world *world = sim_new(failing_call, false);
    sim_script(world, SIM_CLAIM, &watched);
    sim_board(world, &(sim_wish){.id = 3});
    sim_step(world);
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = SIM_ISSUE(3)});
    sim_board(world, &(sim_wish){.id = 3});
    sim_step(world);
    sim_step(world);
    bool has_failed = atomic_load(&world->memory.has_failed);
    world->memory.failing_call = 0;
    sim_advance(world, SIM_BACKSTOP_MS);
    for (size_t i = 0; i < world->transfer_count; i++) {
        sim_answer(world, i, SIM_ISSUE(3));
    }
    check_each_delivered(world);
    sim_free(world);
    return !has_failed;
}

static void test_who_comes_late_may_find_no_memory(void **state) {
    (void)state;
    size_t failing_call = 1;
    while (!run_late_without(failing_call)) {
        failing_call++;
    }
    assert_in_range(failing_call, 5, 500);
}

static void test_engine_without_memory(void **state) {
    (void)state;
    fake_clock clock;
    failing_allocator memory;
    fake_clock_init(&clock, 1);
    failing_allocator_init(&memory, 1, false);
    const cvi_engine_options options = {.allocator = memory.allocator};
    assert_null(cvi_engine_open(&options, clock.now));
    cvi_engine_close(NULL);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_locked_lookup_is_tried_again),
        IN_WORLD(test_locked_lookup_of_the_full_entry_is_tried_again),
        IN_WORLD(test_locked_claim_is_tried_again),
        IN_WORLD(test_locked_watch_is_tried_again),
        IN_WORLD(test_locked_completion_keeps_nobody_waiting),
        IN_WORLD(test_an_answer_ages_while_the_file_is_locked),
        IN_WORLD(test_locked_release_keeps_nobody_waiting),
        IN_WORLD(test_locked_renewal_is_tried_again),
        IN_WORLD(test_locked_cleaning_is_tried_again),
        IN_WORLD(test_failing_lookup_is_a_miss),
        IN_WORLD(test_failing_claim_sends_nothing),
        IN_WORLD(test_failing_claim_of_a_retry_passes_the_job_on),
        IN_WORLD(test_failing_watch_is_the_callers_error),
        IN_WORLD(test_failing_completion_does_not_fail_the_answer),
        IN_WORLD(test_failing_release_does_not_hide_the_error),
        cmocka_unit_test(test_failing_release_is_tried_until_the_lease_ends),
        IN_WORLD(test_failing_renewal_keeps_the_job),
        IN_WORLD(test_failing_cleaning_waits_for_its_next_time),
        IN_WORLD(test_job_lost_at_completion_is_delivered_all_the_same),
        IN_WORLD(test_cleaning_goes_on_while_there_is_more),
        IN_WORLD(test_cleaning_can_be_off),
        IN_WORLD(test_transport_without_memory),
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_memory_may_be_used_up_from_any_point_on),
        cmocka_unit_test(test_who_comes_late_may_find_no_memory),
        cmocka_unit_test(test_engine_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
