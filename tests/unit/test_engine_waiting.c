/* The engine and the quota: who waits, for how long, who goes first, and who is told at once. */
#include "support/fake_engine_world.h"

#include <inttypes.h>
#include <string.h>

#define LONG_WAIT_MS INT64_C(3600000)
#define RELOOK_MS    INT64_C(10000)

static void refuse(sim_world *world, int64_t wait_ms, cvi_wait_reason reason) {
    sim_script(world, SIM_CLAIM,
               &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = wait_ms, .reason = reason});
}

/* Admits, and says when the next request may leave. */
static void admit_then(sim_world *world, int64_t wait_ms) {
    sim_script(world, SIM_CLAIM, &(sim_reply){.wait_ms = wait_ms});
}

static void check_sent(const sim_world *world, size_t count, const char *last) {
    assert_int_equal(world->transfer_count, count);
    assert_non_null(strstr(world->transfers[count - 1].url, last));
}

/* ---- waiting ---- */

static void test_refused_flight_waits_and_asks_again(void **state) {
    sim_world *world = *state;
    refuse(world, 300, CVI_WAIT_INTERVAL);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    assert_int_equal(sim_step(world), 300);
    sim_check_waiting(caller);
    assert_int_equal(sim_advance(world, 299), 1);
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
    assert_int_equal(world->transfer_count, 0);
    sim_advance(world, 1);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_waiting_flight_owns_nothing(void **state) {
    sim_world *world = *state;
    refuse(world, 300, CVI_WAIT_LIMIT);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_leave(world, caller);
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_answer_stored_by_others_ends_the_wait(void **state) {
    sim_world *world = *state;
    refuse(world, 300, CVI_WAIT_LIMIT);
    sim_script(world, SIM_LOOKUP, &(sim_reply){.answer = CVI_STORE_DONE});
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52)});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_advance(world, 300);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
}

/* All who wait behind the same gate look, not only the one who asks for them. */
static void test_long_wait_looks_into_the_cache_every_10_s(void **state) {
    sim_world *world = *state;
    for (int i = 0; i < 4; i++) {
        refuse(world, LONG_WAIT_MS, CVI_WAIT_LIMIT);
    }
    sim_caller *first = sim_board(world, &(sim_wish){.id = 52});
    sim_caller *second = sim_board(world, &(sim_wish){.id = 53});
    assert_int_equal(sim_step(world), RELOOK_MS);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    assert_int_equal(sim_advance(world, RELOOK_MS), RELOOK_MS);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 4);
    assert_int_equal(sim_count(world, SIM_CLAIM), 3);
    sim_script(world, SIM_LOOKUP, &(sim_reply){.answer = CVI_STORE_DONE});
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(53)});
    sim_advance(world, RELOOK_MS);
    sim_check_waiting(first);
    sim_check_source(second, 53, CV_SOURCE_CACHE);
}

/* ---- rank ---- */

static void test_users_go_first_then_the_oldest(void **state) {
    sim_world *world = *state;
    for (int i = 0; i < 4; i++) {
        refuse(world, 300, CVI_WAIT_LIMIT);
    }
    sim_board(world, &(sim_wish){.id = 1});
    sim_board(world, &(sim_wish){.id = 2});
    sim_board(world, &(sim_wish){.id = 3, .priority = CV_PRIORITY_USER});
    sim_board(world, &(sim_wish){.id = 4, .priority = CV_PRIORITY_USER});
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_CLAIM), 4);
    static const char *const order[] = {"4000-3/", "4000-4/", "4000-1/", "4000-2/"};
    for (size_t i = 0; i < 4; i++) {
        admit_then(world, 300);
        sim_advance(world, 300);
        assert_int_equal(sim_count(world, SIM_CLAIM), 5 + i);
        check_sent(world, i + 1, order[i]);
    }
}

static void test_one_attempt_for_all_behind_a_gate(void **state) {
    sim_world *world = *state;
    for (int i = 0; i < 10; i++) {
        refuse(world, 300, CVI_WAIT_LIMIT);
    }
    for (int64_t id = 1; id <= 8; id++) {
        sim_board(world, &(sim_wish){.id = id});
    }
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_CLAIM), 8);
    sim_advance(world, 300);
    assert_int_equal(sim_count(world, SIM_CLAIM), 9);
    sim_advance(world, 300);
    assert_int_equal(sim_count(world, SIM_CLAIM), 10);
    assert_int_equal(sim_advance(world, 1), 299);
}

static void test_limit_of_one_path_is_not_that_of_another(void **state) {
    sim_world *world = *state;
    refuse(world, 5000, CVI_WAIT_LIMIT);
    refuse(world, 100, CVI_WAIT_LIMIT);
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_USER});
    sim_board(world, &(sim_wish){.id = 0, .is_list = true});
    sim_step(world);
    sim_advance(world, 100);
    check_sent(world, 1, "/issues/");
}

static void test_interval_holds_for_all_paths(void **state) {
    sim_world *world = *state;
    refuse(world, 200, CVI_WAIT_INTERVAL);
    refuse(world, 200, CVI_WAIT_INTERVAL);
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_USER});
    sim_board(world, &(sim_wish){.id = 0, .is_list = true});
    sim_step(world);
    admit_then(world, 1050);
    sim_advance(world, 200);
    check_sent(world, 1, "4000-1/");
    sim_advance(world, 1049);
    assert_int_equal(world->transfer_count, 1);
    assert_int_equal(sim_count(world, SIM_CLAIM), 3);
    sim_advance(world, 1);
    check_sent(world, 2, "/issues/");
}

/* One path is full for long: that path has to wait, the others have not. */
static void test_full_path_does_not_shut_the_others(void **state) {
    sim_world *world = *state;
    for (int i = 0; i < 3; i++) {
        refuse(world, 200, CVI_WAIT_INTERVAL);
    }
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_USER});
    sim_board(world, &(sim_wish){.id = 2, .priority = CV_PRIORITY_USER});
    sim_board(world, &(sim_wish){.id = 0, .is_list = true});
    sim_step(world);
    admit_then(world, 1050);
    sim_advance(world, 200);
    check_sent(world, 1, "4000-1/");
    refuse(world, LONG_WAIT_MS, CVI_WAIT_LIMIT);
    admit_then(world, 1050);
    sim_advance(world, 1050);
    check_sent(world, 2, "/issues/");
}

static void test_user_raises_a_background_flight(void **state) {
    sim_world *world = *state;
    refuse(world, 300, CVI_WAIT_LIMIT);
    refuse(world, 300, CVI_WAIT_LIMIT);
    sim_board(world, &(sim_wish){.id = 1});
    sim_board(world, &(sim_wish){.id = 2});
    sim_step(world);
    refuse(world, 300, CVI_WAIT_LIMIT);
    sim_board(world, &(sim_wish){.id = 2, .priority = CV_PRIORITY_USER});
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_CLAIM), 3);
    assert_int_equal(sim_last(world, SIM_CLAIM)->priority, CV_PRIORITY_USER);
    admit_then(world, 300);
    sim_advance(world, 300);
    check_sent(world, 1, "4000-2/");
    assert_int_equal(sim_last(world, SIM_CLAIM)->priority, CV_PRIORITY_USER);
}

/* ---- patience ---- */

static void test_no_wait_fails_at_once(void **state) {
    sim_world *world = *state;
    refuse(world, 1234, CVI_WAIT_LIMIT);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = CV_NO_WAIT});
    sim_step(world);
    sim_check_error(caller, CV_ERROR_RATE_LIMITED);
    assert_int_equal(caller->error.retry_after_ms, 1234);
    assert_true(caller->error.retryable);
    assert_non_null(strstr(caller->error.message, "issue/4000-52"));
    assert_non_null(strstr(caller->error.message, "1234"));
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_patience_of_each_caller_counts(void **state) {
    sim_world *world = *state;
    refuse(world, 300, CVI_WAIT_LIMIT);
    sim_caller *short_one = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = 299});
    sim_caller *just = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = 300});
    sim_caller *patient = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_check_error(short_one, CV_ERROR_RATE_LIMITED);
    sim_check_waiting(just);
    sim_check_waiting(patient);
    sim_advance(world, 300);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(just, 52, CV_SOURCE_SHARED);
}

static void test_waits_add_up(void **state) {
    sim_world *world = *state;
    refuse(world, 300, CVI_WAIT_LIMIT);
    refuse(world, 200, CVI_WAIT_INTERVAL);
    refuse(world, 1, CVI_WAIT_LIMIT);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = 500});
    sim_step(world);
    sim_advance(world, 300);
    sim_check_waiting(caller);
    sim_advance(world, 199);
    sim_check_waiting(caller);
    sim_advance(world, 1);
    sim_check_error(caller, CV_ERROR_RATE_LIMITED);
    assert_int_equal(caller->error.retry_after_ms, 1);
}

/* Who queues behind others asks nobody, but knows that its turn will not come in time. */
static void test_patience_counts_behind_the_gate_too(void **state) {
    enum { CALLERS = 20, PATIENCE_MS = 5000, INTERVAL_MS = 1050, IN_TIME = 5 };
    sim_world *world = *state;
    sim_caller *callers[CALLERS];
    int64_t start_ms = world->clock.now.boot_ms;
    admit_then(world, INTERVAL_MS);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = sim_board(world, &(sim_wish){.id = 1 + i, .max_wait_ms = PATIENCE_MS});
        if (i > 0) {
            refuse(world, INTERVAL_MS, CVI_WAIT_INTERVAL);
        }
    }
    sim_step(world);
    for (int64_t now_ms = 0; now_ms < PATIENCE_MS; now_ms += INTERVAL_MS) {
        admit_then(world, INTERVAL_MS);
        sim_advance(world, INTERVAL_MS);
    }
    assert_int_equal(world->transfer_count, IN_TIME);
    for (int i = 0; i < IN_TIME; i++) {
        sim_check_waiting(callers[i]);
    }
    for (int i = IN_TIME; i < CALLERS; i++) {
        sim_check_error(callers[i], CV_ERROR_RATE_LIMITED);
        assert_int_equal(callers[i]->error.retry_after_ms, INTERVAL_MS);
        assert_true(callers[i]->error.retryable);
        assert_in_range(callers[i]->boot_ms - start_ms, PATIENCE_MS - INTERVAL_MS, PATIENCE_MS);
    }
}

static void test_impatient_caller_of_a_waiting_flight_is_told_at_once(void **state) {
    sim_world *world = *state;
    refuse(world, 60000, CVI_WAIT_LIMIT);
    refuse(world, 60000, CVI_WAIT_LIMIT);
    sim_caller *patient = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_caller *hasty = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = CV_NO_WAIT});
    sim_advance(world, 1);
    sim_check_error(hasty, CV_ERROR_RATE_LIMITED);
    sim_check_waiting(patient);
}

static void test_limit_of_zero_admits_nobody(void **state) {
    sim_world *world = *state;
    refuse(world, -1, CVI_WAIT_LIMIT);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = CV_WAIT_FOREVER});
    sim_step(world);
    sim_check_error(caller, CV_ERROR_RATE_LIMITED);
    assert_false(caller->error.retryable);
    assert_int_equal(caller->error.retry_after_ms, 0);
    assert_non_null(strstr(caller->error.message, "the limit of issue is 0"));
    assert_true(cvi_engine_is_idle(world->engine));
}

/* ---- waiting with a job ---- */

/* A flight whose first try failed and whose second is refused: it owns a job. */
static sim_caller *refuse_second_try(sim_world *world, int64_t wait_ms, int64_t max_wait_ms) {
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = max_wait_ms});
    sim_step(world);
    refuse(world, wait_ms, CVI_WAIT_LIMIT);
    int64_t due_ms = sim_answer_status(world, 0, 500, 0);
    while (sim_count(world, SIM_CLAIM) == 1) {
        due_ms = sim_advance(world, due_ms);
    }
    return caller;
}

static void test_short_wait_keeps_the_job(void **state) {
    sim_world *world = *state;
    sim_caller *caller = refuse_second_try(world, SIM_LEASE_MS, 0);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
    size_t renewals = sim_count(world, SIM_RENEW);
    for (int64_t waited_ms = 0; waited_ms < SIM_LEASE_MS; waited_ms += 500) {
        assert_int_equal(sim_count(world, SIM_CLAIM), 2);
        sim_advance(world, 500);
    }
    assert_true(sim_count(world, SIM_RENEW) - renewals >= 2);
    assert_string_equal(sim_last(world, SIM_CLAIM)->job_id, "job-1");
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_string_equal(sim_last(world, SIM_COMPLETE)->job_id, "job-1");
}

static void test_long_wait_passes_the_job_on(void **state) {
    sim_world *world = *state;
    sim_caller *caller = refuse_second_try(world, SIM_LEASE_MS + 1, 0);
    assert_int_equal(sim_count(world, SIM_RELEASE), 1);
    assert_string_equal(sim_last(world, SIM_RELEASE)->job_id, "job-1");
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_OK);
    sim_check_waiting(caller);
    sim_advance(world, SIM_LEASE_MS);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    sim_advance(world, 1);
    assert_string_equal(sim_last(world, SIM_CLAIM)->job_id, "");
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_string_equal(sim_last(world, SIM_COMPLETE)->job_id, "job-2");
}

static void test_locked_passing_on_is_tried_again_and_waits_then(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_RELEASE, 2);
    sim_caller *caller = refuse_second_try(world, SIM_LEASE_MS + 100, 0);
    for (int i = 0; i < 4; i++) {
        sim_advance(world, 1);
    }
    assert_int_equal(sim_count(world, SIM_RELEASE), 3);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    sim_check_waiting(caller);
    sim_advance(world, SIM_LEASE_MS + 100);
    assert_int_equal(world->transfer_count, 2);
}

static void test_nobody_left_to_wait_passes_the_job_on(void **state) {
    sim_world *world = *state;
    sim_caller *caller = refuse_second_try(world, 400, 300);
    sim_check_error(caller, CV_ERROR_RATE_LIMITED);
    assert_int_equal(sim_count(world, SIM_RELEASE), 1);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_OK);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_leaving_while_the_job_is_passed_on_ends_the_flight(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_RELEASE, 1);
    sim_caller *caller = refuse_second_try(world, SIM_LEASE_MS + 1, 0);
    sim_leave(world, caller);
    sim_advance(world, 2);
    assert_int_equal(sim_count(world, SIM_RELEASE), 2);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_lost_job_is_claimed_from_the_start(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_LOST});
    sim_answer_status(world, 0, 500, 0);
    sim_advance(world, 1000);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 2);
    assert_int_equal(sim_count(world, SIM_CLAIM), 3);
    assert_string_equal(sim_call_at(world, SIM_CLAIM, 1)->job_id, "job-1");
    assert_string_equal(sim_call_at(world, SIM_CLAIM, 2)->job_id, "");
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_refused_flight_waits_and_asks_again),
        IN_WORLD(test_waiting_flight_owns_nothing),
        IN_WORLD(test_answer_stored_by_others_ends_the_wait),
        IN_WORLD(test_long_wait_looks_into_the_cache_every_10_s),
        IN_WORLD(test_users_go_first_then_the_oldest),
        IN_WORLD(test_one_attempt_for_all_behind_a_gate),
        IN_WORLD(test_limit_of_one_path_is_not_that_of_another),
        IN_WORLD(test_interval_holds_for_all_paths),
        IN_WORLD(test_full_path_does_not_shut_the_others),
        IN_WORLD(test_user_raises_a_background_flight),
        IN_WORLD(test_no_wait_fails_at_once),
        IN_WORLD(test_patience_of_each_caller_counts),
        IN_WORLD(test_waits_add_up),
        IN_WORLD(test_patience_counts_behind_the_gate_too),
        IN_WORLD(test_impatient_caller_of_a_waiting_flight_is_told_at_once),
        IN_WORLD(test_limit_of_zero_admits_nobody),
        IN_WORLD(test_short_wait_keeps_the_job),
        IN_WORLD(test_long_wait_passes_the_job_on),
        IN_WORLD(test_locked_passing_on_is_tried_again_and_waits_then),
        IN_WORLD(test_nobody_left_to_wait_passes_the_job_on),
        IN_WORLD(test_leaving_while_the_job_is_passed_on_ends_the_flight),
        IN_WORLD(test_lost_job_is_claimed_from_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
