/* The engine's plain ways: from the cache, over the network, by somebody else's request. */
#include "support/fake_engine_world.h"

#include <string.h>

#include "resources/decode.h"
#include "support/allocator.h"

#define SOME_FIELDS "id,name"

/* ---- the cache ---- */

static void test_hit_asks_for_nothing_more(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52)});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_check_waiting(caller);
    assert_int_equal(sim_step(world), INT64_MAX);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
    assert_int_equal(caller->provenance.fetched_at_ms, world->clock.now.wall_ms - 1000);
    assert_int_equal(caller->provenance.expires_at_ms, world->clock.now.wall_ms + 1000);
    assert_int_equal(world->log_length, 1);
    assert_int_equal(sim_last(world, SIM_LOOKUP)->ttl_ms, SIM_TTL_MS);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_full_entry_answers_for_some_fields(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.answer = CVI_STORE_DONE});
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52)});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .fields = SOME_FIELDS});
    sim_step(world);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 2);
    assert_string_not_equal(sim_call_at(world, SIM_LOOKUP, 0)->hash,
                            sim_call_at(world, SIM_LOOKUP, 1)->hash);
    assert_int_equal(sim_count(world, SIM_CLAIM), 0);
}

static void test_caller_who_has_looked_is_not_looked_for_again(void **state) {
    sim_world *world = *state;
    sim_board(world, &(sim_wish){.id = 52, .looked = true});
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 0);
    assert_int_equal(world->transfer_count, 1);
}

static void test_unusable_entry_is_fetched_anew(void **state) {
    sim_world *world = *state;
    static const char *const bodies[] = {SIM_ISSUE(53), "{", "<html>", "",
                                         "{\"status_code\":101,\"results\":[]}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        sim_script(world, SIM_LOOKUP, &(sim_reply){.body = bodies[i]});
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        assert_int_equal(world->transfer_count, i + 1);
        assert_false(sim_last(world, SIM_CLAIM)->reread_cache);
        sim_answer(world, i, SIM_ISSUE(52));
        sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    }
    assert_int_equal(sim_count(world, SIM_LOOKUP), 5);
}

/* ---- the network ---- */

static void test_miss_is_claimed_sent_received_and_stored(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .priority = CV_PRIORITY_USER});
    assert_int_equal(sim_step(world), SIM_LEASE_MS / 3);
    const sim_call *claim = sim_last(world, SIM_CLAIM);
    assert_string_equal(claim->resource, "issue");
    assert_string_equal(claim->job_id, "");
    assert_int_equal(claim->row_id, 0);
    assert_int_equal(claim->priority, CV_PRIORITY_USER);
    assert_true(claim->reread_cache);
    assert_int_equal(claim->ttl_ms, SIM_TTL_MS);
    assert_int_equal(world->transfer_count, 1);
    assert_string_equal(world->transfers[0].url,
                        CVI_DEFAULT_BASE_URL "/issue/4000-52/?format=json");
    assert_false(world->transfers[0].spec.fresh_connection);
    assert_int_equal(world->transfers[0].spec.send_by_boot_ms,
                     world->clock.now.boot_ms + SIM_FRESH_MS);
    fake_clock_advance(&world->clock, 40);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(caller->provenance.fetched_at_ms, world->clock.now.wall_ms);
    assert_int_equal(caller->provenance.expires_at_ms, world->clock.now.wall_ms + SIM_TTL_MS);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_answer_is_stored_under_its_job(void **state) {
    sim_world *world = *state;
    sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    const sim_call *complete = sim_last(world, SIM_COMPLETE);
    assert_string_equal(complete->job_id, "job-1");
    assert_string_equal(complete->hash, sim_last(world, SIM_CLAIM)->hash);
    assert_int_equal(complete->size, strlen(SIM_ISSUE(52)));
    assert_int_equal(complete->ttl_ms, SIM_TTL_MS);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
}

static void test_list_has_a_path_of_its_own(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 100, .is_list = true});
    sim_step(world);
    assert_string_equal(sim_last(world, SIM_CLAIM)->resource, "issues");
    sim_answer(world, 0, SIM_ISSUES);
    sim_check_source(caller, 1, CV_SOURCE_NETWORK);
}

static void test_claim_may_find_the_answer_stored_meanwhile(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_HIT, .body = SIM_ISSUE(52)});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
    assert_int_equal(world->transfer_count, 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_unusable_hit_of_a_claim_is_claimed_without_the_cache(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_HIT, .body = "{}"});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    assert_false(sim_last(world, SIM_CLAIM)->reread_cache);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_error_of_the_service_reaches_caller_and_store(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, "{\"error\":\"Filter Error\",\"status_code\":104,\"results\":[]}");
    sim_check_error(caller, CV_ERROR_REQUEST);
    assert_int_equal(caller->error.api_status, 104);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
    assert_string_equal(sim_last(world, SIM_RELEASE)->job_id, "job-1");
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_ERROR_REQUEST);
    assert_int_equal(sim_last(world, SIM_RELEASE)->row_id, 0);
}

/* ---- many callers ---- */

static void test_32_callers_make_one_request(void **state) {
    sim_world *world = *state;
    sim_caller *callers[32];
    for (size_t i = 0; i < 32; i++) {
        callers[i] = sim_board(world, &(sim_wish){.id = 52});
        if (i == 15) {
            sim_step(world);
        }
    }
    sim_step(world);
    assert_int_equal(world->transfer_count, 1);
    sim_answer(world, 0, SIM_ISSUE(52));
    for (size_t i = 0; i < 32; i++) {
        sim_check_source(callers[i], 52, i == 0 ? CV_SOURCE_NETWORK : CV_SOURCE_SHARED);
        assert_int_equal(callers[i]->order, i + 1);
        assert_int_equal(callers[i]->provenance.fetched_at_ms, world->clock.now.wall_ms);
    }
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

static void test_all_callers_of_a_hit_have_it_from_the_cache(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52)});
    sim_caller *first = sim_board(world, &(sim_wish){.id = 52});
    sim_caller *second = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_check_source(first, 52, CV_SOURCE_CACHE);
    sim_check_source(second, 52, CV_SOURCE_CACHE);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 1);
}

static void test_different_calls_do_not_share(void **state) {
    sim_world *world = *state;
    sim_caller *plain = sim_board(world, &(sim_wish){.id = 52});
    sim_caller *other = sim_board(world, &(sim_wish){.id = 53});
    sim_caller *fields = sim_board(world, &(sim_wish){.id = 52, .fields = SOME_FIELDS});
    sim_step(world);
    assert_int_equal(world->transfer_count, 3);
    sim_answer(world, 2, SIM_ISSUE(52));
    sim_answer(world, 1, SIM_ISSUE(53));
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(fields, 52, CV_SOURCE_NETWORK);
    sim_check_source(other, 53, CV_SOURCE_NETWORK);
    sim_check_source(plain, 52, CV_SOURCE_NETWORK);
    assert_int_equal(plain->order, 3);
}

static void test_same_fields_in_another_order_share(void **state) {
    sim_world *world = *state;
    sim_board(world, &(sim_wish){.id = 52, .fields = "name,id"});
    sim_board(world, &(sim_wish){.id = 52, .fields = "id,name,name"});
    sim_step(world);
    assert_int_equal(world->transfer_count, 1);
}

/* Between the answer's arrival and the next step the flight can serve at once. */
static void test_caller_of_an_answer_being_stored_gets_it_at_once(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_COMPLETE, 1);
    sim_caller *first = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_caller *late = sim_board(world, &(sim_wish){.id = 52});
    sim_check_source(first, 52, CV_SOURCE_NETWORK);
    sim_check_source(late, 52, CV_SOURCE_SHARED);
    assert_int_equal(late->provenance.expires_at_ms, first->provenance.expires_at_ms);
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
}

static void test_caller_of_a_failure_being_shared_starts_anew(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_RELEASE, 1);
    sim_caller *first = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, "<html>");
    sim_check_error(first, CV_ERROR_BLOCKED);
    sim_caller *late = sim_board(world, &(sim_wish){.id = 52});
    sim_check_waiting(late);
    sim_step(world);
    assert_int_equal(world->transfer_count, 2);
}

/* ---- somebody else's request ---- */

static sim_caller *board_watcher(sim_world *world) {
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    return caller;
}

/* How often, the store says each time anew. */
static void test_watched_job_is_looked_at_by_its_backstop(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_WATCH, &(sim_reply){.backstop_ms = 240});
    sim_script(world, SIM_WATCH, &(sim_reply){.backstop_ms = 25});
    assert_false(cvi_engine_is_watching(world->engine));
    sim_caller *caller = board_watcher(world);
    assert_int_equal(sim_step(world), 240);
    assert_true(cvi_engine_is_watching(world->engine));
    assert_int_equal(sim_count(world, SIM_WATCH), 1);
    assert_string_equal(sim_last(world, SIM_WATCH)->job_id, "job-of-others");
    assert_int_equal(sim_advance(world, 239), 1);
    assert_int_equal(sim_count(world, SIM_WATCH), 1);
    assert_int_equal(sim_advance(world, 1), 25);
    assert_int_equal(sim_count(world, SIM_WATCH), 2);
    sim_check_waiting(caller);
    assert_int_equal(sim_count(world, SIM_RENEW), 0);
}

static void test_wake_up_looks_at_once(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_watcher(world);
    sim_step(world);
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = SIM_ISSUE(52)});
    cvi_engine_wake_watchers(world->engine, NULL);
    sim_advance(world, 1);
    sim_check_source(caller, 52, CV_SOURCE_SHARED);
    assert_int_equal(sim_count(world, SIM_WATCH), 2);
    assert_int_equal(world->transfer_count, 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

/* However many wait: each look is a read. */
static void test_wake_up_of_one_job_looks_at_that_alone(void **state) {
    sim_world *world = *state;
    sim_caller *callers[3];
    for (int i = 0; i < 3; i++) {
        sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
        callers[i] = sim_board(world, &(sim_wish){.id = 51 + i});
        sim_step(world);
    }
    assert_int_equal(sim_count(world, SIM_WATCH), 3);
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = SIM_ISSUE(52)});
    cvi_engine_wake_watchers(world->engine, sim_call_at(world, SIM_WATCH, 1)->hash);
    sim_advance(world, 1);
    sim_check_source(callers[1], 52, CV_SOURCE_SHARED);
    assert_int_equal(sim_count(world, SIM_WATCH), 4);
    sim_check_waiting(callers[0]);
    sim_check_waiting(callers[2]);
}

static void test_wake_up_concerns_watchers_only(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = 500});
    sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    cvi_engine_wake_watchers(world->engine, NULL);
    assert_int_equal(sim_advance(world, 100), 400);
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
}

static void test_owners_error_is_the_watchers(void **state) {
    sim_world *world = *state;
    sim_caller *first = board_watcher(world);
    sim_caller *second = sim_board(world, &(sim_wish){.id = 52});
    sim_script(world, SIM_WATCH,
               &(sim_reply){.state = CVI_WATCH_FAILED, .failure = CV_ERROR_NOT_FOUND});
    sim_step(world);
    sim_check_error(first, CV_ERROR_NOT_FOUND);
    sim_check_error(second, CV_ERROR_NOT_FOUND);
    assert_string_equal(first->error.message, "the owner's error");
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_watcher_of_a_vanished_owner_starts_again(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_watcher(world);
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_GONE});
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 2);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    assert_int_equal(world->transfer_count, 1);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_watcher_of_an_unusable_answer_claims(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_watcher(world);
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = "[]"});
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    assert_false(sim_last(world, SIM_CLAIM)->reread_cache);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_boarding_a_watching_flight_shares(void **state) {
    sim_world *world = *state;
    board_watcher(world);
    sim_step(world);
    sim_caller *second = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world); /* the job has not ended yet */
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = SIM_ISSUE(52)});
    sim_advance(world, 25);
    sim_check_source(second, 52, CV_SOURCE_SHARED);
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
}

/* A client may rest for hours between two looks: what ended meanwhile is for who asked before. */
static void check_late_callers(sim_world *world, const sim_reply *end) {
    sim_caller *first = board_watcher(world);
    sim_step(world);
    sim_caller *second = sim_board(world, &(sim_wish){.id = 52});
    sim_caller *third = sim_board(world, &(sim_wish){.id = 52});
    sim_script(world, SIM_WATCH, end);
    sim_step(world);
    assert_int_equal(first->deliveries, 1);
    sim_check_waiting(second);
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 2);
    assert_int_equal(world->transfer_count, 1);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(second, 52, CV_SOURCE_NETWORK);
    sim_check_source(third, 52, CV_SOURCE_SHARED);
}

static void test_an_answer_from_before_a_call_is_the_caches_to_give(void **state) {
    check_late_callers(*state, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = SIM_ISSUE(52)});
}

static void test_a_denial_from_before_a_call_is_the_caches_to_give(void **state) {
    check_late_callers(*state,
                       &(sim_reply){.state = CVI_WATCH_FAILED, .failure = CV_ERROR_NOT_FOUND});
}

static void test_a_late_caller_goes_on_where_the_job_is_gone(void **state) {
    sim_world *world = *state;
    sim_caller *first = board_watcher(world);
    sim_step(world);
    sim_caller *second = sim_board(world, &(sim_wish){.id = 52});
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_GONE});
    sim_step(world);
    assert_ptr_equal(second->passenger.flight, first->passenger.flight);
    assert_int_equal(world->transfer_count, 1);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(second, 52, CV_SOURCE_SHARED);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_hit_asks_for_nothing_more),
        IN_WORLD(test_full_entry_answers_for_some_fields),
        IN_WORLD(test_caller_who_has_looked_is_not_looked_for_again),
        IN_WORLD(test_unusable_entry_is_fetched_anew),
        IN_WORLD(test_miss_is_claimed_sent_received_and_stored),
        IN_WORLD(test_answer_is_stored_under_its_job),
        IN_WORLD(test_list_has_a_path_of_its_own),
        IN_WORLD(test_claim_may_find_the_answer_stored_meanwhile),
        IN_WORLD(test_unusable_hit_of_a_claim_is_claimed_without_the_cache),
        IN_WORLD(test_error_of_the_service_reaches_caller_and_store),
        IN_WORLD(test_32_callers_make_one_request),
        IN_WORLD(test_all_callers_of_a_hit_have_it_from_the_cache),
        IN_WORLD(test_different_calls_do_not_share),
        IN_WORLD(test_same_fields_in_another_order_share),
        IN_WORLD(test_caller_of_an_answer_being_stored_gets_it_at_once),
        IN_WORLD(test_caller_of_a_failure_being_shared_starts_anew),
        IN_WORLD(test_watched_job_is_looked_at_by_its_backstop),
        IN_WORLD(test_wake_up_looks_at_once),
        IN_WORLD(test_wake_up_of_one_job_looks_at_that_alone),
        IN_WORLD(test_wake_up_concerns_watchers_only),
        IN_WORLD(test_owners_error_is_the_watchers),
        IN_WORLD(test_watcher_of_a_vanished_owner_starts_again),
        IN_WORLD(test_watcher_of_an_unusable_answer_claims),
        IN_WORLD(test_boarding_a_watching_flight_shares),
        IN_WORLD(test_an_answer_from_before_a_call_is_the_caches_to_give),
        IN_WORLD(test_a_denial_from_before_a_call_is_the_caches_to_give),
        IN_WORLD(test_a_late_caller_goes_on_where_the_job_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
