/* The engine after a send: retries, leases, redirects, dead connections, admissions grown old. */
#include "support/fake_engine_world.h"

#include <string.h>

#include "client/retry.h"

static sim_caller *board_and_send(sim_world *world) {
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_int_equal(world->transfer_count, 1);
    return caller;
}

/* The delay that the engine will draw next. */
static int64_t next_delay_ms(const sim_world *world, int64_t tries, int64_t retry_after_ms) {
    fake_clock copy = world->clock;
    const cvi_random random = {copy.random.fill, &copy};
    return cvi_retry_delay_ms(tries, retry_after_ms, &random);
}

/* The flight backs off for exactly this long. */
static void check_backs_off(sim_world *world, int64_t delay_ms) {
    size_t claims = sim_count(world, SIM_CLAIM);
    assert_true(delay_ms > 0);
    sim_advance(world, delay_ms - 1);
    assert_int_equal(sim_count(world, SIM_CLAIM), claims);
    sim_advance(world, 1);
    assert_int_equal(sim_count(world, SIM_CLAIM), claims + 1);
}

/* ---- trying again ---- */

static void test_tries_again_after_random_delays(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    for (int64_t tries = 1; tries <= 2; tries++) {
        int64_t delay_ms = next_delay_ms(world, tries, 0);
        sim_answer_status(world, (size_t)tries - 1, 502, 0);
        check_backs_off(world, delay_ms);
        assert_string_equal(sim_last(world, SIM_CLAIM)->job_id, "job-1");
        assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 0);
    }
    sim_answer(world, 2, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_string_equal(sim_last(world, SIM_COMPLETE)->job_id, "job-1");
}

static void test_gives_up_after_max_retries(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    for (size_t i = 0; i < 3; i++) {
        sim_check_waiting(caller);
        assert_int_equal(world->transfer_count, i + 1);
        sim_answer_status(world, i, 503, 0);
        sim_advance(world, 30000);
    }
    sim_check_error(caller, CV_ERROR_SERVER);
    assert_int_equal(caller->error.http_status, 503);
    assert_true(caller->error.retryable);
    assert_int_equal(world->transfer_count, 3);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_ERROR_SERVER);
    assert_int_equal(sim_last(world, SIM_RELEASE)->row_id, 0);
}

static void test_retries_can_be_off(void **state) {
    sim_world *world = *state;
    world->options.max_retries = CV_NONE;
    sim_reopen(world);
    sim_caller *caller = board_and_send(world);
    sim_answer_status(world, 0, 500, 0);
    sim_check_error(caller, CV_ERROR_SERVER);
}

static void test_which_failures_are_tried_again(void **state) {
    sim_world *world = *state;
    static const struct {
        cvi_response_kind kind;
        bool retry;
        cv_code code;
    } cases[] = {
        {CVI_RESPONSE_NETWORK, true, CV_ERROR_NETWORK},
        {CVI_RESPONSE_TIMEOUT, true, CV_ERROR_TIMEOUT},
        {CVI_RESPONSE_BROKEN, true, CV_ERROR_RESPONSE},
        {CVI_RESPONSE_TOO_LARGE, false, CV_ERROR_RESPONSE},
        {CVI_RESPONSE_REDIRECT_REFUSED, false, CV_ERROR_RESPONSE},
        {CVI_RESPONSE_NO_MEMORY, false, CV_ERROR_NOMEM},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        for (int tries = 0; tries < (cases[i].retry ? 3 : 1); tries++) {
            sim_check_waiting(caller);
            sim_break(world, world->transfer_count - 1, cases[i].kind);
            sim_advance(world, 4000);
        }
        sim_check_error(caller, cases[i].code);
        bool shared = cases[i].code != CV_ERROR_NOMEM;
        assert_int_equal(sim_last(world, SIM_RELEASE)->failure, shared ? cases[i].code : CV_OK);
    }
}

static void test_retry_after_is_the_least_delay(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_answer_status(world, 0, 503, 20000);
    check_backs_off(world, 20000);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_retry_after_beyond_all_patience_fails_at_once(void **state) {
    sim_world *world = *state;
    sim_caller *first = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = 19999});
    sim_caller *second = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = CV_NO_WAIT});
    sim_step(world);
    sim_answer_status(world, 0, 503, 20000);
    sim_check_error(first, CV_ERROR_SERVER);
    sim_check_error(second, CV_ERROR_SERVER);
    assert_int_equal(first->error.retry_after_ms, 20000);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_OK); /* others may wait */
}

/* Of those aboard only the hurried are told; whoever boards later, too. */
static void test_retry_after_is_told_to_the_hurried(void **state) {
    sim_world *world = *state;
    sim_caller *hurried = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = 3999});
    sim_caller *patient = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = 4000});
    sim_step(world);
    sim_answer_status(world, 0, 503, 4000);
    sim_check_error(hurried, CV_ERROR_SERVER);
    assert_int_equal(hurried->error.retry_after_ms, 4000);
    sim_advance(world, 1000);
    sim_caller *late = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = 2999});
    sim_caller *in_time = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = 3000});
    sim_step(world);
    sim_check_error(late, CV_ERROR_SERVER);
    assert_int_equal(late->error.retry_after_ms, 3000);
    sim_advance(world, 3000);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(patient, 52, CV_SOURCE_SHARED);
    sim_check_source(in_time, 52, CV_SOURCE_SHARED);
}

/* A back-off of our own is no wait for quota. */
static void test_nobody_is_too_hurried_for_a_random_delay(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = CV_NO_WAIT});
    sim_step(world);
    sim_answer_status(world, 0, 500, 0);
    sim_check_waiting(caller);
    sim_advance(world, 1000);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_job_is_kept_and_renewed_meanwhile(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_answer_status(world, 0, 503, SIM_LEASE_MS);
    for (int64_t left_ms = SIM_LEASE_MS; left_ms > 0; left_ms -= 100) {
        sim_advance(world, 100);
    }
    assert_in_range(sim_count(world, SIM_RENEW), 2, 3);
    assert_string_equal(sim_last(world, SIM_RENEW)->job_id, "job-1");
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
    assert_string_equal(sim_last(world, SIM_CLAIM)->job_id, "job-1");
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* A pause of the service that outlasts the lease: others may want the job, and to wait or not. */
static void test_job_is_given_up_for_a_long_pause(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_answer_status(world, 0, 503, SIM_LEASE_MS + 1);
    assert_int_equal(sim_count(world, SIM_RELEASE), 1);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_OK);
    sim_advance(world, SIM_LEASE_MS);
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
    sim_advance(world, 1);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    assert_string_equal(sim_last(world, SIM_CLAIM)->job_id, "");
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_nobody_aboard_means_no_retry(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    assert_true(sim_let_out(world, 0));
    sim_leave(world, caller);
    sim_answer_status(world, 0, 500, 0);
    assert_true(cvi_engine_is_idle(world->engine));
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_ERROR_SERVER);
}

static void test_unsent_try_is_taken_back_by_the_next(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_break_unsent(world, 0, CVI_RESPONSE_NETWORK);
    sim_advance(world, 1000);
    assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 1);
    sim_break_unsent(world, 1, CVI_RESPONSE_TIMEOUT);
    sim_advance(world, 2000);
    assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 2);
    sim_break_unsent(world, 2, CVI_RESPONSE_NETWORK);
    sim_check_error(caller, CV_ERROR_NETWORK);
    assert_int_equal(sim_last(world, SIM_RELEASE)->row_id, 3);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_ERROR_NETWORK);
}

/* A refused claim has taken it back all the same. */
static void test_unsent_try_is_taken_back_once(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = 100});
    sim_break_unsent(world, 0, CVI_RESPONSE_NOT_ADMITTED);
    assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 1);
    sim_advance(world, 100);
    assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 0);
    assert_int_equal(world->transfer_count, 2);
    sim_check_waiting(caller);
}

static void test_sent_try_stays_recorded(void **state) {
    sim_world *world = *state;
    board_and_send(world);
    sim_break(world, 0, CVI_RESPONSE_NETWORK);
    sim_advance(world, 1000);
    assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 0);
}

/* ---- the lease ---- */

static void test_lease_is_renewed_at_a_third(void **state) {
    sim_world *world = *state;
    board_and_send(world);
    for (size_t i = 1; i <= 4; i++) {
        sim_advance(world, SIM_LEASE_MS / 3 - 1);
        assert_int_equal(sim_count(world, SIM_RENEW), i - 1);
        assert_int_equal(sim_advance(world, 1), SIM_LEASE_MS / 3);
        assert_int_equal(sim_count(world, SIM_RENEW), i);
        assert_string_equal(sim_last(world, SIM_RENEW)->job_id, "job-1");
    }
}

/* The request is on its way, and somebody takes its job over. */
static void lose_lease(sim_world *world) {
    assert_true(sim_let_out(world, 0));
    sim_script(world, SIM_RENEW, &(sim_reply){.lost = true});
    sim_advance(world, SIM_LEASE_MS / 3);
}

static void test_lost_lease_writes_nothing_but_delivers(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    lose_lease(world);
    assert_int_equal(sim_advance(world, SIM_LEASE_MS), INT64_MAX);
    assert_int_equal(sim_count(world, SIM_RENEW), 1);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_lost_lease_shares_no_error(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    lose_lease(world);
    sim_answer_status(world, 0, 404, 0);
    sim_check_error(caller, CV_ERROR_NOT_FOUND);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
}

static void test_lost_lease_is_claimed_anew_by_a_retry(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    lose_lease(world);
    sim_answer_status(world, 0, 500, 0);
    sim_advance(world, 1000);
    assert_string_equal(sim_last(world, SIM_CLAIM)->job_id, "");
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_string_equal(sim_last(world, SIM_COMPLETE)->job_id, "job-2");
}

/* ---- redirects ---- */

#define TARGET "https://comicvine.gamespot.com/api/issue/4000-52/elsewhere"

static void test_redirect_is_a_request_of_its_own(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_redirect(world, 0, TARGET);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    assert_string_equal(sim_last(world, SIM_CLAIM)->job_id, "job-1");
    assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 0);
    assert_string_equal(world->transfers[1].url, TARGET);
    assert_int_equal(world->transfers[1].row_id, 2);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_three_redirects_are_followed_but_no_fourth(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(world->transfer_count, i + 1);
        sim_check_waiting(caller);
        sim_redirect(world, i, TARGET);
    }
    assert_int_equal(world->transfer_count, 4);
    sim_check_error(caller, CV_ERROR_RESPONSE);
    assert_int_equal(caller->error.http_status, 301);
    assert_int_equal(sim_count(world, SIM_CLAIM), 4);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_ERROR_RESPONSE);
}

static void test_redirect_may_have_to_wait(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = 1050});
    sim_redirect(world, 0, TARGET);
    assert_int_equal(world->transfer_count, 1);
    sim_advance(world, 1050);
    assert_string_equal(world->transfers[1].url, TARGET);
    sim_check_waiting(caller);
}

/* ---- dead connections ---- */

static void test_dead_connection_is_replaced_at_once(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_break(world, 0, CVI_RESPONSE_DEAD_CONNECTION);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 0);
    assert_string_equal(sim_last(world, SIM_CLAIM)->job_id, "job-1");
    assert_true(world->transfers[1].spec.fresh_connection);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_dead_fresh_connection_backs_off(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_break(world, 0, CVI_RESPONSE_DEAD_CONNECTION);
    int64_t delay_ms = next_delay_ms(world, 1, 0);
    sim_break(world, 1, CVI_RESPONSE_DEAD_CONNECTION);
    check_backs_off(world, delay_ms);
    sim_check_waiting(caller);
}

/* ---- old admissions ---- */

static void test_not_admitted_is_claimed_at_once(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_break_unsent(world, 0, CVI_RESPONSE_NOT_ADMITTED);
    assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 1);
    assert_int_equal(world->transfer_count, 2);
    assert_false(world->transfers[1].spec.fresh_connection);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_young_admission_is_sent_as_it_is(void **state) {
    sim_world *world = *state;
    board_and_send(world);
    fake_clock_advance(&world->clock, SIM_FRESH_MS);
    assert_true(sim_let_out(world, 0));
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
}

static void test_old_admission_is_taken_anew(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    fake_clock_advance(&world->clock, SIM_FRESH_MS + 1);
    assert_true(sim_let_out(world, 0));
    const sim_call *claim = sim_last(world, SIM_CLAIM);
    assert_int_equal(claim->row_id, 1);
    assert_string_equal(claim->job_id, "job-1");
    assert_int_equal(world->transfers[0].row_id, 2);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* What the stores may say to an admission grown old, and what becomes of it. */
static void test_old_admission_that_is_not_taken_anew(void **state) {
    sim_world *world = *state;
    static const struct {
        sim_reply reply;
        const char *job_id; /* of the claim that follows */
        int64_t row_id;
    } cases[] = {
        {{.verdict = CVI_CLAIM_WAIT, .wait_ms = 100}, "job-", 0},
        {{.verdict = CVI_CLAIM_LOST}, "", 0},
        {{.verdict = CVI_CLAIM_HIT, .body = SIM_ISSUE(52)}, "job-", 0},
        {{.answer = CVI_STORE_BUSY}, "job-", 1},
        {{.answer = CVI_STORE_FAILED}, "job-", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t first = world->transfer_count;
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        fake_clock_advance(&world->clock, SIM_FRESH_MS + 1);
        sim_script(world, SIM_CLAIM, &cases[i].reply);
        assert_false(sim_let_out(world, first));
        sim_break_unsent(world, first, CVI_RESPONSE_NOT_ADMITTED);
        const sim_call *claim = sim_last(world, SIM_CLAIM);
        assert_memory_equal(claim->job_id, cases[i].job_id, strlen(cases[i].job_id));
        assert_int_equal(claim->row_id, cases[i].row_id * world->transfers[first].row_id);
        sim_answer(world, first + 1, SIM_ISSUE(52));
        sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    }
}

/* Admitted at 0, ready at 990: the next may leave an interval after that, not at 1 050. */
static void test_interval_runs_from_the_sending(void **state) {
    sim_world *world = *state;
    const sim_reply wait = {
        .verdict = CVI_CLAIM_WAIT, .wait_ms = 1050, .reason = CVI_WAIT_INTERVAL};
    const sim_reply admission = {.wait_ms = 1050};
    sim_script(world, SIM_CLAIM, &admission);
    sim_script(world, SIM_CLAIM, &wait);
    sim_board(world, &(sim_wish){.id = 1});
    sim_board(world, &(sim_wish){.id = 2});
    sim_step(world);
    sim_script(world, SIM_CLAIM, &admission);
    sim_advance(world, 990);
    assert_true(sim_let_out(world, 0));
    assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 1);
    sim_advance(world, 60);
    assert_int_equal(sim_advance(world, 989), 1);
    assert_int_equal(sim_count(world, SIM_CLAIM), 3);
    sim_advance(world, 1);
    assert_int_equal(world->transfer_count, 2);
}

/* Where requests are paced, an admission for a connection that has yet to be made is confirmed when
 * it is there, however quickly that went. */
static void test_admission_for_connecting_is_confirmed(void **state) {
    sim_world *world = *state;
    world->options.waits_for_connections = true;
    sim_reopen(world);
    sim_board(world, &(sim_wish){.id = 1});
    sim_step(world);
    assert_int_equal(sim_last(world, SIM_CLAIM)->readiness, CVI_CONNECTING);
    assert_true(sim_let_out(world, 0));
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    assert_int_equal(sim_last(world, SIM_CLAIM)->readiness, CVI_READY_NOW);
    assert_int_equal(sim_last(world, SIM_CLAIM)->row_id, 1);
    /* While that connection is in use, the next one needs its own. */
    sim_board(world, &(sim_wish){.id = 2});
    sim_step(world);
    assert_int_equal(sim_last(world, SIM_CLAIM)->readiness, CVI_CONNECTING);
    sim_answer(world, 0, SIM_ISSUE(1));
    sim_answer(world, 1, SIM_ISSUE(2));
}

/* A connection that has answered just now is probably there. */
static void test_kept_connection_sends_at_once(void **state) {
    sim_world *world = *state;
    world->options.waits_for_connections = true;
    sim_reopen(world);
    board_and_send(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    fake_clock_advance(&world->clock, 14999);
    sim_board(world, &(sim_wish){.id = 1});
    sim_step(world);
    assert_int_equal(sim_last(world, SIM_CLAIM)->readiness, CVI_READY_SOON);
    size_t claims = sim_count(world, SIM_CLAIM);
    sim_answer(world, 1, SIM_ISSUE(1));
    assert_int_equal(sim_count(world, SIM_CLAIM), claims);
    fake_clock_advance(&world->clock, 15000);
    sim_board(world, &(sim_wish){.id = 2});
    sim_step(world);
    assert_int_equal(sim_last(world, SIM_CLAIM)->readiness, CVI_CONNECTING);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_tries_again_after_random_delays),
        IN_WORLD(test_gives_up_after_max_retries),
        IN_WORLD(test_retries_can_be_off),
        IN_WORLD(test_which_failures_are_tried_again),
        IN_WORLD(test_retry_after_is_the_least_delay),
        IN_WORLD(test_retry_after_beyond_all_patience_fails_at_once),
        IN_WORLD(test_retry_after_is_told_to_the_hurried),
        IN_WORLD(test_nobody_is_too_hurried_for_a_random_delay),
        IN_WORLD(test_job_is_kept_and_renewed_meanwhile),
        IN_WORLD(test_job_is_given_up_for_a_long_pause),
        IN_WORLD(test_nobody_aboard_means_no_retry),
        IN_WORLD(test_unsent_try_is_taken_back_by_the_next),
        IN_WORLD(test_unsent_try_is_taken_back_once),
        IN_WORLD(test_sent_try_stays_recorded),
        IN_WORLD(test_lease_is_renewed_at_a_third),
        IN_WORLD(test_lost_lease_writes_nothing_but_delivers),
        IN_WORLD(test_lost_lease_shares_no_error),
        IN_WORLD(test_lost_lease_is_claimed_anew_by_a_retry),
        IN_WORLD(test_redirect_is_a_request_of_its_own),
        IN_WORLD(test_three_redirects_are_followed_but_no_fourth),
        IN_WORLD(test_redirect_may_have_to_wait),
        IN_WORLD(test_dead_connection_is_replaced_at_once),
        IN_WORLD(test_dead_fresh_connection_backs_off),
        IN_WORLD(test_not_admitted_is_claimed_at_once),
        IN_WORLD(test_young_admission_is_sent_as_it_is),
        IN_WORLD(test_old_admission_is_taken_anew),
        IN_WORLD(test_old_admission_that_is_not_taken_anew),
        IN_WORLD(test_interval_runs_from_the_sending),
        IN_WORLD(test_admission_for_connecting_is_confirmed),
        IN_WORLD(test_kept_connection_sends_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
