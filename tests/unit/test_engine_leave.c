/* The engine and those who leave: before sending, after it, by deadline, and when the client is
 * closed. And who may board what. */
#include "support/fake_engine_world.h"

#include <string.h>

#include "support/error.h"

/* Stops a flight of one caller in a stage; row 1 and job-1 are its own from SEND on. */
typedef sim_caller *stopper(sim_world *world);

static sim_caller *stop_in_lookup(sim_world *world) {
    sim_busy(world, SIM_LOOKUP, 1);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    return caller;
}

static sim_caller *stop_in_claim(sim_world *world) {
    sim_busy(world, SIM_CLAIM, 1);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    return caller;
}

static sim_caller *stop_for(sim_world *world, cvi_wait_reason reason) {
    sim_script(world, SIM_CLAIM,
               &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = 500, .reason = reason});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    return caller;
}

static sim_caller *stop_waiting(sim_world *world) {
    return stop_for(world, CVI_WAIT_LIMIT);
}

static sim_caller *stop_in_interval(sim_world *world) {
    return stop_for(world, CVI_WAIT_INTERVAL);
}

static sim_caller *stop_in_cooldown(sim_world *world) {
    return stop_for(world, CVI_WAIT_COOLDOWN);
}

static sim_caller *stop_blocked(sim_world *world) {
    return stop_for(world, CVI_WAIT_BLOCKED);
}

static sim_caller *stop_in_watch(sim_world *world) {
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    return caller;
}

static sim_caller *stop_before_leaving(sim_world *world) {
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    return caller;
}

static sim_caller *stop_in_receive(sim_world *world) {
    sim_caller *caller = stop_before_leaving(world);
    assert_true(sim_let_out(world, 0));
    return caller;
}

static sim_caller *stop_in_backoff(sim_world *world) {
    sim_caller *caller = stop_before_leaving(world);
    sim_answer_status(world, 0, 500, 0);
    return caller;
}

static sim_caller *stop_in_unsent_backoff(sim_world *world) {
    sim_caller *caller = stop_before_leaving(world);
    sim_break_unsent(world, 0, CVI_RESPONSE_NETWORK);
    return caller;
}

static sim_caller *stop_in_lost_backoff(sim_world *world) {
    sim_caller *caller = stop_in_receive(world);
    sim_script(world, SIM_RENEW, &(sim_reply){.lost = true});
    sim_advance(world, SIM_LEASE_MS / 3);
    sim_answer_status(world, 0, 500, 0);
    return caller;
}

/* What a flight that is given up has to give back. */
static const struct {
    const char *name;
    stopper *stop;
    size_t releases;
    int64_t row_id;
    bool cancelled;
    cv_code expired; /* what a deadline says that passes meanwhile */
    const char *meanwhile;
} stops[] = {
    {"lookup", stop_in_lookup, 0, 0, false, CV_ERROR_STORE, "locked"},
    {"claim", stop_in_claim, 0, 0, false, CV_ERROR_STORE, "locked"},
    {"waiting for quota", stop_waiting, 0, 0, false, CV_ERROR_TIMEOUT, "room in the budget"},
    {"waiting for its turn", stop_in_interval, 0, 0, false, CV_ERROR_TIMEOUT, "its turn"},
    {"cool-down", stop_in_cooldown, 0, 0, false, CV_ERROR_TIMEOUT, "asked for a pause"},
    {"blocked", stop_blocked, 0, 0, false, CV_ERROR_TIMEOUT, "blocks requests"},
    {"watch", stop_in_watch, 0, 0, false, CV_ERROR_TIMEOUT, "no answer yet"},
    {"not yet left", stop_before_leaving, 1, 1, true, CV_ERROR_TIMEOUT, "no answer yet"},
    {"back-off", stop_in_backoff, 1, 0, false, CV_ERROR_TIMEOUT, "no answer yet"},
    {"back-off of what never left", stop_in_unsent_backoff, 1, 1, false, CV_ERROR_TIMEOUT,
     "no answer yet"},
    {"back-off without the job", stop_in_lost_backoff, 0, 0, false, CV_ERROR_TIMEOUT,
     "no answer yet"},
};

enum { STOP_COUNT = sizeof(stops) / sizeof(stops[0]) };

static void check_given_up(const sim_world *world, size_t stop) {
    assert_true(cvi_engine_is_idle(world->engine));
    assert_int_equal(sim_count(world, SIM_RELEASE), stops[stop].releases);
    if (stops[stop].releases > 0) {
        assert_string_equal(sim_last(world, SIM_RELEASE)->job_id, "job-1");
        assert_int_equal(sim_last(world, SIM_RELEASE)->row_id, stops[stop].row_id);
        assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_OK);
    }
    if (world->transfer_count > 0) {
        assert_int_equal(world->transfers[0].cancelled, stops[stop].cancelled);
    }
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
}

/* ---- leaving ---- */

static void test_last_one_out_gives_up_what_was_not_sent(void **state) {
    (void)state;
    for (size_t i = 0; i < STOP_COUNT; i++) {
        print_message("           %s\n", stops[i].name);
        sim_world *world = sim_new(0, false);
        sim_caller *caller = stops[i].stop(world);
        sim_check_waiting(caller);
        sim_leave(world, caller);
        sim_step(world);
        check_given_up(world, i);
        assert_int_equal(caller->deliveries, 0);
        sim_free(world);
    }
}

static void test_one_of_two_leaving_changes_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < STOP_COUNT; i++) {
        sim_world *world = sim_new(0, false);
        sim_caller *first = stops[i].stop(world);
        sim_caller *second = sim_board(world, &(sim_wish){.id = 52});
        assert_ptr_equal(second->passenger.flight, first->passenger.flight);
        sim_leave(world, first);
        sim_leave(world, first);
        sim_step(world);
        sim_check_waiting(second);
        assert_int_equal(sim_count(world, SIM_RELEASE), 0);
        sim_free(world);
    }
}

static void test_answer_that_was_asked_for_is_stored_though_all_left(void **state) {
    sim_world *world = *state;
    sim_caller *caller = stop_in_receive(world);
    sim_leave(world, caller);
    assert_int_equal(sim_step(world), SIM_LEASE_MS / 3);
    assert_false(cvi_engine_is_idle(world->engine));
    sim_answer(world, 0, SIM_ISSUE(52));
    assert_int_equal(caller->deliveries, 0);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_newcomer_gets_the_answer_of_an_abandoned_request(void **state) {
    sim_world *world = *state;
    sim_leave(world, stop_in_receive(world));
    sim_step(world);
    sim_caller *late = sim_board(world, &(sim_wish){.id = 52});
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(late, 52, CV_SOURCE_SHARED);
    assert_int_equal(world->transfer_count, 1);
}

/* Nobody waits any more: what would be another request is not made. */
static void test_abandoned_request_makes_no_further_one(void **state) {
    sim_world *world = *state;
    static const cvi_response_kind kinds[] = {CVI_RESPONSE_DEAD_CONNECTION, CVI_RESPONSE_NETWORK,
                                              CVI_RESPONSE_TIMEOUT};
    for (size_t i = 0; i < 3; i++) {
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        assert_true(sim_let_out(world, i));
        sim_leave(world, caller);
        sim_break(world, i, kinds[i]);
        assert_true(cvi_engine_is_idle(world->engine));
        assert_int_equal(world->transfer_count, i + 1);
        assert_int_equal(sim_count(world, SIM_RELEASE), i + 1);
    }
}

static void test_leaving_after_delivery_is_nothing(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_COMPLETE, 1);
    sim_caller *caller = stop_before_leaving(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_leave(world, caller);
    sim_advance(world, 2);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 2);
    assert_int_equal(caller->deliveries, 1);
}

/* ---- deadlines ---- */

static void test_deadline_ends_the_wait_in_every_stage(void **state) {
    (void)state;
    for (size_t i = 0; i < STOP_COUNT; i++) {
        sim_world *world = sim_new(0, false);
        sim_caller *caller = stops[i].stop(world);
        int64_t deadline_ms = world->clock.now.boot_ms + 1;
        caller->passenger.deadline_boot_ms = deadline_ms;
        sim_busy(world, SIM_LOOKUP, 1);
        sim_busy(world, SIM_CLAIM, 1);
        assert_in_range(sim_step(world), 0, 1);
        sim_check_waiting(caller);
        sim_advance(world, 1);
        sim_check_error(caller, stops[i].expired);
        assert_non_null(strstr(caller->error.message, stops[i].meanwhile));
        assert_true(caller->error.retryable);
        check_given_up(world, i);
        sim_free(world);
    }
}

static void test_deadline_concerns_its_caller_only(void **state) {
    sim_world *world = *state;
    int64_t start_ms = world->clock.now.boot_ms;
    sim_caller *hasty = sim_board(world, &(sim_wish){.id = 52, .deadline_boot_ms = start_ms + 100});
    sim_caller *patient = sim_board(world, &(sim_wish){.id = 52});
    assert_int_equal(sim_step(world), 100);
    sim_advance(world, 99);
    sim_check_waiting(hasty);
    sim_advance(world, 1);
    sim_check_error(hasty, CV_ERROR_TIMEOUT);
    assert_int_equal(hasty->boot_ms, start_ms + 100);
    assert_non_null(strstr(hasty->error.message, "issue/4000-52"));
    assert_false(world->transfers[0].cancelled);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(patient, 52, CV_SOURCE_SHARED);
}

static void test_deadline_that_has_passed_asks_for_nothing(void **state) {
    sim_world *world = *state;
    sim_caller *caller =
        sim_board(world, &(sim_wish){.id = 52, .deadline_boot_ms = world->clock.now.boot_ms});
    sim_step(world);
    sim_check_error(caller, CV_ERROR_TIMEOUT);
    assert_int_equal(world->log_length, 0);
}

/* ---- the end of the client ---- */

static void abandon(sim_world *world) {
    cvi_outcome outcome = {.result = NULL};
    cvi_error_set(&outcome.error, CV_ERROR_CLOSED, "closed");
    cvi_engine_abandon(world->engine, &outcome);
}

static void test_closing_gives_up_what_was_not_sent(void **state) {
    (void)state;
    for (size_t i = 0; i < STOP_COUNT; i++) {
        sim_world *world = sim_new(0, false);
        sim_caller *caller = stops[i].stop(world);
        abandon(world);
        sim_check_error(caller, CV_ERROR_CLOSED);
        sim_step(world);
        check_given_up(world, i);
        sim_free(world);
    }
}

static void test_closing_does_not_wait_for_the_network(void **state) {
    sim_world *world = *state;
    sim_caller *caller = stop_in_receive(world);
    abandon(world);
    sim_check_error(caller, CV_ERROR_CLOSED);
    sim_step(world);
    assert_true(cvi_engine_is_idle(world->engine));
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
}

static void test_closing_stores_what_is_here(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_COMPLETE, 1);
    sim_caller *caller = stop_before_leaving(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    abandon(world);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    sim_advance(world, 2);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 2);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_closing_in_the_middle_of_everything(void **state) {
    sim_world *world = *state;
    sim_caller *callers[20];
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = 500});
    for (int64_t i = 0; i < 20; i++) {
        callers[i] = sim_board(world, &(sim_wish){.id = 1 + i % 7});
    }
    sim_step(world);
    assert_true(sim_let_out(world, 0));
    abandon(world);
    for (size_t i = 0; i < 20; i++) {
        sim_check_error(callers[i], CV_ERROR_CLOSED);
    }
    sim_step(world);
    assert_true(cvi_engine_is_idle(world->engine));
    assert_int_equal(sim_count(world, SIM_RELEASE), world->transfer_count - 1);
}

/* ---- boarding ---- */

static void test_refresh_is_one_request_whatever_the_cache_holds(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_REFRESH});
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 0);
    assert_false(sim_last(world, SIM_CLAIM)->reread_cache);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

static void test_refresh_does_not_take_an_older_requests_answer(void **state) {
    sim_world *world = *state;
    sim_caller *plain = stop_in_receive(world);
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    sim_caller *refresh = sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_REFRESH});
    assert_ptr_not_equal(plain->passenger.flight, refresh->passenger.flight);
    sim_step(world);
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = SIM_ISSUE(52)});
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(plain, 52, CV_SOURCE_NETWORK);
    sim_advance(world, 25);
    assert_int_equal(world->transfer_count, 2);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(refresh, 52, CV_SOURCE_NETWORK);
}

static void test_refreshes_share_until_the_request_leaves(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_CLAIM, 1);
    const sim_wish wish = {.id = 52, .mode = CV_MODE_REFRESH};
    sim_caller *first = sim_board(world, &wish);
    sim_step(world);
    sim_caller *second = sim_board(world, &wish);
    assert_ptr_equal(second->passenger.flight, first->passenger.flight);
    sim_advance(world, 2);
    sim_caller *late = sim_board(world, &wish);
    assert_ptr_not_equal(late->passenger.flight, first->passenger.flight);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(first, 52, CV_SOURCE_NETWORK);
    sim_check_source(second, 52, CV_SOURCE_SHARED);
    sim_check_waiting(late);
}

static void test_plain_caller_takes_a_refreshed_answer(void **state) {
    sim_world *world = *state;
    sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_REFRESH});
    sim_step(world);
    sim_caller *plain = sim_board(world, &(sim_wish){.id = 52});
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(plain, 52, CV_SOURCE_SHARED);
}

/* The refresh waits for room; what is in the cache is there meanwhile. */
static void test_plain_caller_looks_before_it_joins_a_waiting_refresh(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM,
               &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = 30000, .reason = CVI_WAIT_LIMIT});
    sim_caller *refresh = sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_REFRESH});
    sim_step(world);
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52)});
    sim_caller *plain = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = CV_NO_WAIT});
    sim_step(world);
    sim_check_source(plain, 52, CV_SOURCE_CACHE);
    sim_check_waiting(refresh);
    sim_caller *looked = sim_board(world, &(sim_wish){.id = 52, .looked = true});
    assert_ptr_equal(looked->passenger.flight, refresh->passenger.flight);
}

static void test_cache_only_never_sends(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_CACHE_ONLY});
    sim_step(world);
    sim_check_error(caller, CV_ERROR_NOT_CACHED);
    assert_int_equal(sim_count(world, SIM_CLAIM), 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_cache_only_takes_a_hit(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52)});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_CACHE_ONLY});
    sim_step(world);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
}

static void test_cache_only_leaves_a_flight_that_goes_on(void **state) {
    sim_world *world = *state;
    sim_caller *only = sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_CACHE_ONLY});
    sim_caller *plain = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_check_error(only, CV_ERROR_NOT_CACHED);
    sim_answer(world, 0, SIM_ISSUE(52));
    assert_int_equal(plain->id, 52);
    sim_check_waiting(sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_CACHE_ONLY}));
}

static void test_cache_only_does_not_wait_for_a_request_under_way(void **state) {
    sim_world *world = *state;
    static stopper *const stages[] = {stop_in_watch, stop_in_receive};
    for (size_t i = 0; i < 2; i++) {
        sim_caller *plain = stages[i](world);
        sim_caller *only = sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_CACHE_ONLY});
        sim_step(world);
        sim_check_error(only, CV_ERROR_NOT_CACHED);
        sim_check_waiting(plain);
        sim_leave(world, plain);
        sim_step(world);
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_one_out_gives_up_what_was_not_sent),
        cmocka_unit_test(test_one_of_two_leaving_changes_nothing),
        IN_WORLD(test_answer_that_was_asked_for_is_stored_though_all_left),
        IN_WORLD(test_newcomer_gets_the_answer_of_an_abandoned_request),
        IN_WORLD(test_abandoned_request_makes_no_further_one),
        IN_WORLD(test_leaving_after_delivery_is_nothing),
        cmocka_unit_test(test_deadline_ends_the_wait_in_every_stage),
        IN_WORLD(test_deadline_concerns_its_caller_only),
        IN_WORLD(test_deadline_that_has_passed_asks_for_nothing),
        cmocka_unit_test(test_closing_gives_up_what_was_not_sent),
        IN_WORLD(test_closing_does_not_wait_for_the_network),
        IN_WORLD(test_closing_stores_what_is_here),
        IN_WORLD(test_closing_in_the_middle_of_everything),
        IN_WORLD(test_refresh_is_one_request_whatever_the_cache_holds),
        IN_WORLD(test_refresh_does_not_take_an_older_requests_answer),
        IN_WORLD(test_refreshes_share_until_the_request_leaves),
        IN_WORLD(test_plain_caller_takes_a_refreshed_answer),
        IN_WORLD(test_plain_caller_looks_before_it_joins_a_waiting_refresh),
        IN_WORLD(test_cache_only_never_sends),
        IN_WORLD(test_cache_only_takes_a_hit),
        IN_WORLD(test_cache_only_leaves_a_flight_that_goes_on),
        IN_WORLD(test_cache_only_does_not_wait_for_a_request_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
