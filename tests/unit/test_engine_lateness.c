/* The engine and answers that have waited: for the application to poll, for their turn to be read,
 * for a locked file, or with another program. Who asks once they are past their time starts anew.
 */
#include "support/fake_engine_world.h"

#define DENIAL "{\"error\":\"No\",\"status_code\":101,\"results\":[]}"

static const sim_wish plain = {.id = 52};

/* Its answer is here, and cannot be stored for now. */
static sim_caller *board_and_answer(sim_world *world) {
    sim_busy(world, SIM_COMPLETE, 20);
    sim_caller *first = sim_board(world, &plain);
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(first, 52, CV_SOURCE_NETWORK);
    return first;
}

/* The caller is served by a request of its own. */
static void check_starts_anew(sim_world *world, const sim_caller *caller) {
    sim_check_waiting(caller);
    sim_step(world);
    assert_int_equal(world->transfer_count, 2);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* ---- waiting for the file ---- */

static void test_an_unstored_answer_is_shared_while_it_is_fresh(void **state) {
    sim_world *world = *state;
    const sim_caller *first = board_and_answer(world);
    fake_clock_advance(&world->clock, SIM_TTL_MS - 1);
    const sim_caller *second = sim_board(world, &plain);
    sim_check_source(second, 52, CV_SOURCE_SHARED);
    assert_int_equal(second->provenance.fetched_at_ms, first->provenance.fetched_at_ms);
    assert_int_equal(world->transfer_count, 1);
}

static void test_an_unstored_answer_past_its_time_is_not_shared(void **state) {
    sim_world *world = *state;
    board_and_answer(world);
    fake_clock_advance(&world->clock, SIM_TTL_MS);
    const sim_caller *second = sim_board(world, &plain);
    check_starts_anew(world, second);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 2);
}

/* Who has asked the cache already goes to the claim at once. */
static void test_who_has_looked_starts_at_the_claim(void **state) {
    sim_world *world = *state;
    board_and_answer(world);
    fake_clock_advance(&world->clock, SIM_TTL_MS);
    const sim_caller *second = sim_board(world, &(sim_wish){.id = 52, .looked = true});
    check_starts_anew(world, second);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 1);
}

/* Each by its own bound. */
static void test_a_bound_of_age_holds_for_an_unstored_answer(void **state) {
    sim_world *world = *state;
    board_and_answer(world);
    fake_clock_advance(&world->clock, 500);
    const sim_caller *strict = sim_board(world, &(sim_wish){.id = 52, .max_age_ms = 500});
    const sim_caller *loose = sim_board(world, &(sim_wish){.id = 52, .max_age_ms = 501});
    sim_check_source(loose, 52, CV_SOURCE_SHARED);
    check_starts_anew(world, strict);
}

static void test_a_call_of_the_cache_alone_gets_none_past_its_time(void **state) {
    sim_world *world = *state;
    const sim_wish cache_only = {.id = 52, .mode = CV_MODE_CACHE_ONLY};
    board_and_answer(world);
    const sim_caller *early = sim_board(world, &cache_only);
    sim_check_source(early, 52, CV_SOURCE_SHARED);
    fake_clock_advance(&world->clock, SIM_TTL_MS);
    const sim_caller *late = sim_board(world, &cache_only);
    sim_step(world);
    sim_check_error(late, CV_ERROR_NOT_CACHED);
}

/* Those who come after the one who started anew join it, not the old answer. */
static void test_later_callers_join_the_new_flight(void **state) {
    sim_world *world = *state;
    board_and_answer(world);
    fake_clock_advance(&world->clock, SIM_TTL_MS);
    const sim_caller *second = sim_board(world, &plain);
    const sim_caller *third = sim_board(world, &plain);
    check_starts_anew(world, second);
    sim_check_source(third, 52, CV_SOURCE_SHARED);
    assert_int_equal(world->transfer_count, 2);
}

/* ---- waiting to be taken ---- */

/* The answer of the first transfer, which was complete so long ago. */
static void respond_late(sim_world *world, int64_t waited_ms, int http_status, const char *body) {
    const cvi_response response = {
        .kind = CVI_RESPONSE_ANSWER, .http_status = http_status, .waited_ms = waited_ms};
    assert_true(sim_let_out(world, 0));
    sim_respond(world, 0, &response, body);
}

/* Somebody boards `gap_ms` after the answer was complete; both are served a little later. */
static sim_caller *board_after(sim_world *world, sim_caller **first, int64_t gap_ms,
                               int http_status, const char *body) {
    *first = sim_board(world, &plain);
    sim_step(world);
    fake_clock_advance(&world->clock, gap_ms);
    sim_caller *second = sim_board(world, &plain);
    fake_clock_advance(&world->clock, 40);
    respond_late(world, gap_ms + 40, http_status, body);
    return second;
}

static void test_an_answer_not_taken_is_shared_while_it_is_fresh(void **state) {
    sim_world *world = *state;
    sim_caller *first = NULL;
    const sim_caller *second = board_after(world, &first, SIM_TTL_MS - 1, 200, SIM_ISSUE(52));
    sim_check_source(first, 52, CV_SOURCE_NETWORK);
    sim_check_source(second, 52, CV_SOURCE_SHARED);
}

static void test_an_answer_not_taken_in_its_time_is_not_shared(void **state) {
    sim_world *world = *state;
    sim_caller *first = NULL;
    const sim_caller *second = board_after(world, &first, SIM_TTL_MS, 200, SIM_ISSUE(52));
    sim_check_source(first, 52, CV_SOURCE_NETWORK);
    check_starts_anew(world, second);
    assert_true(cvi_engine_is_idle(world->engine));
}

/* They board with one flight, and go on with one. */
static void test_all_who_are_late_go_on_together(void **state) {
    sim_world *world = *state;
    sim_caller *late[3];
    const sim_caller *first = sim_board(world, &plain);
    sim_step(world);
    fake_clock_advance(&world->clock, SIM_TTL_MS);
    for (int i = 0; i < 3; i++) {
        late[i] = sim_board(world, &plain);
    }
    respond_late(world, SIM_TTL_MS, 200, SIM_ISSUE(52));
    sim_check_source(first, 52, CV_SOURCE_NETWORK);
    check_starts_anew(world, late[0]);
    sim_check_source(late[1], 52, CV_SOURCE_SHARED);
    sim_check_source(late[2], 52, CV_SOURCE_SHARED);
    assert_int_equal(world->transfer_count, 2);
}

/* Without a time to live what was there before the call is nobody's. */
static void test_nothing_is_fresh_without_a_time_to_live(void **state) {
    sim_world *world = *state;
    world->settings.options.cache.ttl_s = CV_NONE;
    sim_caller *first = NULL;
    const sim_caller *second = board_after(world, &first, 1, 200, SIM_ISSUE(52));
    sim_check_source(first, 52, CV_SOURCE_NETWORK);
    check_starts_anew(world, second);
}

static void test_what_comes_at_the_moment_of_the_call_is_its_own(void **state) {
    sim_world *world = *state;
    world->settings.options.cache.ttl_s = CV_NONE;
    sim_caller *first = NULL;
    const sim_caller *second = board_after(world, &first, 0, 200, SIM_ISSUE(52));
    sim_check_source(first, 52, CV_SOURCE_NETWORK);
    sim_check_source(second, 52, CV_SOURCE_SHARED);
}

static void test_a_denial_has_a_time_of_its_own(void **state) {
    static const struct {
        int64_t gap_ms;
        bool is_shared;
    } cases[] = {{SIM_NEGATIVE_TTL_MS - 1, true}, {SIM_NEGATIVE_TTL_MS, false}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_world *world = sim_new(0, false);
        sim_caller *first = NULL;
        const sim_caller *second = board_after(world, &first, cases[i].gap_ms, 404, DENIAL);
        sim_check_error(first, CV_ERROR_NOT_FOUND);
        if (cases[i].is_shared) {
            sim_check_error(second, CV_ERROR_NOT_FOUND);
        } else {
            check_starts_anew(world, second);
        }
        sim_free(world);
    }
}

/* It says nothing of the object: whoever waits for an answer learns why there is none. */
static void test_a_failure_is_told_to_all(void **state) {
    sim_world *world = *state;
    sim_caller *first = NULL;
    const sim_caller *second = board_after(world, &first, 10 * SIM_TTL_MS, 400, "no");
    assert_int_equal(first->deliveries, 1);
    sim_check_error(second, first->error.code);
    assert_int_equal(world->transfer_count, 1);
    assert_int_equal(sim_last(world, SIM_RELEASE)->age_ms, 10 * SIM_TTL_MS + 40);
}

static void test_without_memory_for_another_flight_it_ends_there(void **state) {
    (void)state;
    int refused = 0;
    for (size_t call = 1; call < 60; call++) {
        sim_world *world = sim_new(0, false);
        sim_caller *first = sim_board(world, &plain);
        sim_step(world);
        fake_clock_advance(&world->clock, SIM_TTL_MS);
        sim_caller *second = sim_board(world, &plain);
        world->memory.failing_call = atomic_load(&world->memory.calls) + call;
        respond_late(world, SIM_TTL_MS, 200, SIM_ISSUE(52));
        assert_int_equal(first->deliveries, 1);
        refused += first->error.code == CV_OK && second->error.code == CV_ERROR_NOMEM ? 1 : 0;
        sim_free(world);
    }
    assert_true(refused > 0);
}

/* ---- with another program ---- */

/* Two passengers of which the second boards so long after the owner has heard. */
static sim_caller *watch_with(sim_world *world, sim_caller **first, int64_t gap_ms,
                              const sim_reply *end) {
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    for (int i = 0; i < 2; i++) {
        sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_PENDING});
    }
    sim_script(world, SIM_WATCH, end);
    *first = sim_board(world, &plain);
    sim_step(world);
    fake_clock_advance(&world->clock, gap_ms);
    sim_caller *second = sim_board(world, &plain);
    sim_step(world); /* it is still pending */
    sim_advance(world, SIM_BACKSTOP_MS);
    return second;
}

static void test_what_another_program_stores_late_is_not_new(void **state) {
    static const struct {
        int64_t gap_ms;
        bool is_shared;
    } cases[] = {{SIM_TTL_MS - 1, true}, {SIM_TTL_MS, false}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_world *world = sim_new(0, false);
        sim_caller *first = NULL;
        const sim_reply end = {.state = CVI_WATCH_COMPLETED,
                               .body = SIM_ISSUE(52),
                               .age_ms = cases[i].gap_ms + SIM_BACKSTOP_MS};
        const sim_caller *second = watch_with(world, &first, cases[i].gap_ms, &end);
        sim_check_source(first, 52, CV_SOURCE_SHARED);
        if (cases[i].is_shared) {
            sim_check_source(second, 52, CV_SOURCE_SHARED);
        } else {
            sim_check_waiting(second);
            sim_step(world);
            sim_answer(world, 0, SIM_ISSUE(52));
            sim_check_source(second, 52, CV_SOURCE_NETWORK);
        }
        sim_free(world);
    }
}

static void test_anothers_denial_is_not_new_either(void **state) {
    static const struct {
        int64_t gap_ms;
        cv_code failure;
        bool is_shared;
    } cases[] = {{SIM_NEGATIVE_TTL_MS - 1, CV_ERROR_NOT_FOUND, true},
                 {SIM_NEGATIVE_TTL_MS, CV_ERROR_NOT_FOUND, false},
                 {SIM_NEGATIVE_TTL_MS, CV_ERROR_SERVER, true}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_world *world = sim_new(0, false);
        sim_caller *first = NULL;
        const sim_reply end = {.state = CVI_WATCH_FAILED,
                               .failure = cases[i].failure,
                               .age_ms = cases[i].gap_ms + SIM_BACKSTOP_MS};
        const sim_caller *second = watch_with(world, &first, cases[i].gap_ms, &end);
        sim_check_error(first, cases[i].failure);
        if (cases[i].is_shared) {
            sim_check_error(second, cases[i].failure);
        } else {
            sim_check_waiting(second);
        }
        sim_free(world);
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_an_unstored_answer_is_shared_while_it_is_fresh),
        IN_WORLD(test_an_unstored_answer_past_its_time_is_not_shared),
        IN_WORLD(test_who_has_looked_starts_at_the_claim),
        IN_WORLD(test_a_bound_of_age_holds_for_an_unstored_answer),
        IN_WORLD(test_a_call_of_the_cache_alone_gets_none_past_its_time),
        IN_WORLD(test_later_callers_join_the_new_flight),
        IN_WORLD(test_an_answer_not_taken_is_shared_while_it_is_fresh),
        IN_WORLD(test_an_answer_not_taken_in_its_time_is_not_shared),
        IN_WORLD(test_all_who_are_late_go_on_together),
        IN_WORLD(test_nothing_is_fresh_without_a_time_to_live),
        IN_WORLD(test_what_comes_at_the_moment_of_the_call_is_its_own),
        cmocka_unit_test(test_a_denial_has_a_time_of_its_own),
        IN_WORLD(test_a_failure_is_told_to_all),
        cmocka_unit_test(test_without_memory_for_another_flight_it_ends_there),
        cmocka_unit_test(test_what_another_program_stores_late_is_not_new),
        cmocka_unit_test(test_anothers_denial_is_not_new_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
