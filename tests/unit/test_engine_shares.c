/* The engine and the background's share: what holds the background back does not hold users, and
 * everybody is told the reason. */
#include "support/fake_engine_world.h"

#include <string.h>

#define REASON "High user activity (12 requests/15min) - prioritizing users"

static void refuse(sim_world *world, int64_t wait_ms, cvi_wait_reason reason) {
    sim_script(world, SIM_CLAIM,
               &(sim_reply){.verdict = CVI_CLAIM_WAIT,
                            .wait_ms = wait_ms,
                            .reason = reason,
                            .reason_text = reason == CVI_WAIT_SHARE ? REASON : NULL});
}

static void check_message(const sim_caller *caller, const char *words) {
    if (strstr(caller->error.message, words) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", words, caller->error.message);
    }
}

/* ---- gates ---- */

/* The user has been refused too, and so obeys the gates. */
static void test_refused_background_does_not_hold_users_back(void **state) {
    sim_world *world = *state;
    refuse(world, 300, CVI_WAIT_LIMIT);
    refuse(world, 5000, CVI_WAIT_SHARE);
    sim_caller *user = sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_USER});
    sim_caller *background = sim_board(world, &(sim_wish){.id = 2});
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    sim_advance(world, 300);
    assert_int_equal(sim_count(world, SIM_CLAIM), 3);
    assert_int_equal(sim_last(world, SIM_CLAIM)->priority, CV_PRIORITY_USER);
    sim_answer(world, 0, SIM_ISSUE(1));
    sim_check_source(user, 1, CV_SOURCE_NETWORK);
    sim_check_waiting(background);
    sim_advance(world, 4699);
    assert_int_equal(world->transfer_count, 1);
    sim_advance(world, 1);
    assert_int_equal(world->transfer_count, 2);
}

static void test_full_window_holds_users_and_background_back(void **state) {
    sim_world *world = *state;
    refuse(world, 300, CVI_WAIT_LIMIT);
    refuse(world, 100, CVI_WAIT_SHARE);
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_USER});
    sim_board(world, &(sim_wish){.id = 2});
    sim_step(world);
    sim_advance(world, 299);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    sim_advance(world, 1);
    assert_int_equal(sim_last(world, SIM_CLAIM)->priority, CV_PRIORITY_BACKGROUND);
    assert_int_equal(world->transfer_count, 2);
}

static void test_one_attempt_for_all_of_the_background(void **state) {
    sim_world *world = *state;
    for (int i = 0; i < 6; i++) {
        refuse(world, 5000, CVI_WAIT_SHARE);
    }
    for (int64_t id = 1; id <= 4; id++) {
        sim_board(world, &(sim_wish){.id = id});
    }
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_CLAIM), 4);
    sim_advance(world, 5000);
    assert_int_equal(sim_count(world, SIM_CLAIM), 5);
    assert_int_equal(sim_advance(world, 4999), 1);
    assert_int_equal(sim_count(world, SIM_CLAIM), 5);
    sim_advance(world, 1);
    assert_int_equal(sim_count(world, SIM_CLAIM), 6);
}

static void test_share_of_one_path_is_not_that_of_another(void **state) {
    sim_world *world = *state;
    refuse(world, 5000, CVI_WAIT_SHARE);
    refuse(world, 100, CVI_WAIT_SHARE);
    sim_board(world, &(sim_wish){.id = 1});
    sim_board(world, &(sim_wish){.is_list = true});
    sim_step(world);
    sim_advance(world, 100);
    assert_int_equal(world->transfer_count, 1);
    assert_non_null(strstr(world->transfers[0].url, "/issues/"));
}

static void test_user_raises_a_flight_that_was_held_back(void **state) {
    sim_world *world = *state;
    refuse(world, 5000, CVI_WAIT_SHARE);
    sim_caller *background = sim_board(world, &(sim_wish){.id = 1});
    sim_step(world);
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_USER});
    sim_step(world);
    assert_int_equal(sim_last(world, SIM_CLAIM)->priority, CV_PRIORITY_USER);
    sim_answer(world, 0, SIM_ISSUE(1));
    sim_check_source(background, 1, CV_SOURCE_NETWORK);
}

/* Raised and refused again as a user's, it waits at the gate of users alone. */
static void test_raised_flight_forgets_the_gate_of_the_background(void **state) {
    sim_world *world = *state;
    refuse(world, 5000, CVI_WAIT_SHARE);
    refuse(world, 200, CVI_WAIT_LIMIT);
    sim_board(world, &(sim_wish){.id = 1});
    sim_step(world);
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_USER});
    assert_int_equal(sim_step(world), 200);
    sim_advance(world, 200);
    assert_int_equal(world->transfer_count, 1);
}

/* ---- users who wait behind a claim ---- */

static void test_claim_tells_whether_users_wait_for_their_turn(void **state) {
    sim_world *world = *state;
    for (int i = 0; i < 3; i++) {
        refuse(world, 300, CVI_WAIT_INTERVAL);
    }
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_USER});
    sim_board(world, &(sim_wish){.id = 2, .priority = CV_PRIORITY_USER});
    sim_board(world, &(sim_wish){.id = 3});
    sim_step(world);
    assert_false(sim_call_at(world, SIM_CLAIM, 0)->users_wait);
    assert_true(sim_call_at(world, SIM_CLAIM, 1)->users_wait);
    assert_true(sim_call_at(world, SIM_CLAIM, 2)->users_wait);
    sim_script(world, SIM_CLAIM, &(sim_reply){.wait_ms = 300});
    sim_advance(world, 300);
    assert_int_equal(world->transfer_count, 1);
    assert_true(sim_last(world, SIM_CLAIM)->users_wait);
    sim_script(world, SIM_CLAIM, &(sim_reply){.wait_ms = 300});
    sim_advance(world, 300);
    assert_int_equal(world->transfer_count, 2);
    assert_false(sim_last(world, SIM_CLAIM)->users_wait);
}

/* It waits with its job, and asks for itself again. */
static void test_flight_does_not_wait_behind_itself(void **state) {
    sim_world *world = *state;
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_USER});
    sim_step(world);
    refuse(world, 300, CVI_WAIT_INTERVAL);
    int64_t due_ms = sim_answer_status(world, 0, 500, 0);
    while (sim_count(world, SIM_CLAIM) < 3) {
        due_ms = sim_advance(world, due_ms);
    }
    assert_string_equal(sim_last(world, SIM_CLAIM)->job_id, "job-1");
    assert_false(sim_last(world, SIM_CLAIM)->users_wait);
}

/* Those who wait for room in another path's window would not take this turn. */
static void test_users_who_wait_for_a_limit_do_not_wait_for_their_turn(void **state) {
    sim_world *world = *state;
    refuse(world, 5000, CVI_WAIT_LIMIT);
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_USER});
    sim_step(world);
    sim_board(world, &(sim_wish){.is_list = true, .priority = CV_PRIORITY_USER});
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    assert_false(sim_last(world, SIM_CLAIM)->users_wait);
}

/* ---- what is told ---- */

static void test_refusal_tells_the_reason(void **state) {
    sim_world *world = *state;
    refuse(world, 30000, CVI_WAIT_SHARE);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = CV_NO_WAIT});
    sim_step(world);
    sim_check_error(caller, CV_ERROR_RATE_LIMITED);
    assert_true(caller->error.retryable);
    assert_int_equal(caller->error.retry_after_ms, 30000);
    check_message(caller,
                  "issue/4000-52: held back for users: " REASON ", next request in 30000 ms");
}

/* The flight has not been refused for this itself: another one asked for it. */
static void test_gate_tells_the_reason(void **state) {
    sim_world *world = *state;
    for (int i = 0; i < 3; i++) {
        refuse(world, 5000, CVI_WAIT_SHARE);
    }
    sim_caller *patient = sim_board(world, &(sim_wish){.id = 1});
    sim_caller *hasty = sim_board(world, &(sim_wish){.id = 2, .max_wait_ms = 9999});
    sim_step(world);
    sim_advance(world, 5000);
    assert_int_equal(sim_count(world, SIM_CLAIM), 3);
    sim_check_waiting(patient);
    sim_check_error(hasty, CV_ERROR_RATE_LIMITED);
    check_message(hasty, REASON ", next request in 5000 ms");
}

static void test_deadline_tells_the_reason(void **state) {
    sim_world *world = *state;
    refuse(world, 30000, CVI_WAIT_SHARE);
    sim_caller *caller = sim_board(
        world, &(sim_wish){.id = 52, .deadline_boot_ms = world->clock.now.boot_ms + 1000});
    sim_step(world);
    sim_advance(world, 1000);
    sim_check_error(caller, CV_ERROR_TIMEOUT);
    check_message(caller, "held back for users: " REASON);
}

static void test_other_refusals_tell_their_own(void **state) {
    sim_world *world = *state;
    refuse(world, 5000, CVI_WAIT_SHARE);
    refuse(world, 700, CVI_WAIT_LIMIT);
    sim_board(world, &(sim_wish){.id = 1});
    sim_step(world);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 2, .max_wait_ms = CV_NO_WAIT});
    sim_step(world);
    check_message(caller, "the budget is used up, next request in 700 ms");
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_refused_background_does_not_hold_users_back),
        IN_WORLD(test_full_window_holds_users_and_background_back),
        IN_WORLD(test_one_attempt_for_all_of_the_background),
        IN_WORLD(test_share_of_one_path_is_not_that_of_another),
        IN_WORLD(test_user_raises_a_flight_that_was_held_back),
        IN_WORLD(test_raised_flight_forgets_the_gate_of_the_background),
        IN_WORLD(test_claim_tells_whether_users_wait_for_their_turn),
        IN_WORLD(test_flight_does_not_wait_behind_itself),
        IN_WORLD(test_users_who_wait_for_a_limit_do_not_wait_for_their_turn),
        IN_WORLD(test_refusal_tells_the_reason),
        IN_WORLD(test_gate_tells_the_reason),
        IN_WORLD(test_deadline_tells_the_reason),
        IN_WORLD(test_other_refusals_tell_their_own),
    };
    return cmocka_run_group_tests_name("engine and shares", tests, NULL, NULL);
}
