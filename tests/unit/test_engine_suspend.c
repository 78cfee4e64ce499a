/* The engine at rest: what is handed back, what is stored, what waits, what ends, and how it goes
 * on, however long it has slept. */
#include "support/fake_engine_world.h"

#include <string.h>

#define NIGHT_MS INT64_C(28800000)

/* As the transport's reset: every open transfer ends, and the engine is told. */
static void break_off(sim_world *world) {
    for (size_t i = 0; i < world->transfer_count; i++) {
        struct cvi_transfer *transfer = &world->transfers[i];
        if (transfer->open) {
            cvi_response response = {.kind = CVI_RESPONSE_ABORTED, .sent = transfer->sent};
            transfer->open = false;
            cvi_engine_receive(world->engine, transfer->spec.owner, &response, world->clock.now);
        }
    }
}

static int64_t lay_to_rest(sim_world *world) {
    break_off(world);
    cvi_engine_suspend(world->engine, world->clock.now);
    return sim_step(world);
}

static void test_what_was_sent_is_asked_again(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_true(sim_let_out(world, 0));
    assert_int_equal(lay_to_rest(world), INT64_MAX);
    assert_int_equal(sim_count(world, SIM_RELEASE), 1);
    assert_int_equal(sim_last(world, SIM_RELEASE)->row_id, 0); /* it may have come there: counted */
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_OK);
    sim_check_waiting(caller);
    fake_clock_advance(&world->clock, NIGHT_MS);
    assert_int_equal(sim_step(world), INT64_MAX);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 1);
    cvi_engine_resume(world->engine);
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 2);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_an_unused_admission_is_given_back(void **state) {
    sim_world *world = *state;
    sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    lay_to_rest(world);
    assert_int_equal(sim_last(world, SIM_RELEASE)->row_id, 1);
    cvi_engine_resume(world->engine);
    sim_step(world);
    assert_int_equal(world->transfer_count, 2);
}

static void test_an_answer_that_is_here_is_stored(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_COMPLETE, 1);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    lay_to_rest(world);
    assert_false(cvi_engine_is_idle(world->engine));
    sim_advance(world, 5);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 2);
    assert_true(cvi_engine_is_idle(world->engine));
}

/* A pause before another try is no reason to keep the job. */
static void test_a_retry_waits_without_its_job(void **state) {
    sim_world *world = *state;
    world->options.max_retries = 3;
    sim_reopen(world);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer_status(world, 0, 500, 0);
    size_t released = sim_count(world, SIM_RELEASE);
    lay_to_rest(world);
    assert_int_equal(sim_count(world, SIM_RELEASE), released + 1);
    sim_check_waiting(caller);
    cvi_engine_resume(world->engine);
    sim_step(world);
    assert_int_equal(world->transfer_count, 2);
}

/* After a night everything is due at once; what is sent is still what the stores admit. */
static void test_all_wait_for_admission_after_a_long_sleep(void **state) {
    enum { CALLERS = 10 };
    sim_world *world = *state;
    for (int64_t id = 1; id <= CALLERS; id++) {
        sim_board(world, &(sim_wish){.id = id});
    }
    sim_step(world);
    assert_int_equal(world->transfer_count, CALLERS);
    lay_to_rest(world);
    fake_clock_advance(&world->clock, NIGHT_MS);
    cvi_engine_resume(world->engine);
    sim_script(world, SIM_CLAIM, &(sim_reply){.wait_ms = 1050});
    for (int i = 1; i < CALLERS; i++) {
        sim_script(
            world, SIM_CLAIM,
            &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = 1050, .reason = CVI_WAIT_INTERVAL});
    }
    sim_step(world);
    assert_int_equal(world->transfer_count, CALLERS + 1);
}

static void test_nothing_is_begun_at_rest(void **state) {
    sim_world *world = *state;
    world->options.clean_interval_ms = 1000;
    sim_reopen(world);
    assert_int_equal(lay_to_rest(world), INT64_MAX);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    assert_int_equal(sim_step(world), INT64_MAX);
    assert_int_equal(sim_advance(world, NIGHT_MS), INT64_MAX);
    assert_int_equal(world->log_length, 0);
    cvi_engine_resume(world->engine);
    sim_step(world);
    assert_int_equal(world->transfer_count, 1);
    assert_int_equal(sim_count(world, SIM_CLEAN), 1);
    sim_check_waiting(caller);
}

static void test_deadlines_go_on_at_rest(void **state) {
    sim_world *world = *state;
    int64_t deadline = world->clock.now.boot_ms + 500;
    sim_caller *before = sim_board(world, &(sim_wish){.id = 52, .deadline_boot_ms = deadline});
    sim_step(world);
    assert_int_equal(lay_to_rest(world), 500);
    sim_caller *during = sim_board(world, &(sim_wish){.id = 61, .deadline_boot_ms = deadline});
    size_t asked = world->log_length;
    assert_int_equal(sim_step(world), 500);
    sim_advance(world, 500);
    sim_check_error(before, CV_ERROR_TIMEOUT);
    sim_check_error(during, CV_ERROR_TIMEOUT);
    assert_int_equal(world->log_length, asked);
    cvi_engine_resume(world->engine);
    sim_step(world);
    assert_true(cvi_engine_is_idle(world->engine));
}

/* What could not be handed back at once is tried on. */
static void test_a_locked_file_delays_the_handing_back(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_RELEASE, 3);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    int64_t due = lay_to_rest(world);
    for (int i = 0; i < 3; i++) {
        assert_in_range(due, 1, 2);
        assert_false(cvi_engine_is_idle(world->engine));
        due = sim_advance(world, due);
    }
    assert_int_equal(due, INT64_MAX);
    assert_true(cvi_engine_is_idle(world->engine));
    sim_check_waiting(caller);
    cvi_engine_resume(world->engine);
    sim_step(world);
    assert_int_equal(world->transfer_count, 2);
}

static void test_leaving_at_rest(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    lay_to_rest(world);
    sim_leave(world, caller);
    cvi_engine_resume(world->engine);
    sim_step(world);
    assert_int_equal(world->transfer_count, 1);
    assert_true(cvi_engine_is_idle(world->engine));
}

#define REST_TEST(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        REST_TEST(test_what_was_sent_is_asked_again),
        REST_TEST(test_an_unused_admission_is_given_back),
        REST_TEST(test_an_answer_that_is_here_is_stored),
        REST_TEST(test_a_retry_waits_without_its_job),
        REST_TEST(test_all_wait_for_admission_after_a_long_sleep),
        REST_TEST(test_nothing_is_begun_at_rest),
        REST_TEST(test_deadlines_go_on_at_rest),
        REST_TEST(test_a_locked_file_delays_the_handing_back),
        REST_TEST(test_leaving_at_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
