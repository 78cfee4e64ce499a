/* The engine and answers that the service confirms; and how long it lets them be kept. */
#include "support/fake_engine_world.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OTHER_ETAG   "\"version-2\""
#define A_DATE       "Sun, 06 Nov 1994 08:49:37 GMT"

/* The next claim admits, and has recalled this. */
static void script_recalled(sim_world *world, const char *body, const cvi_keeping *keeping) {
    sim_script(world, SIM_CLAIM, &(sim_reply){.recalled = body, .keeping = *keeping});
}

static const cvi_keeping usual = {.ttl_ms = SIM_TTL_MS};

static sim_caller *board_and_send(sim_world *world) {
    script_recalled(world, SIM_ISSUE(52), &usual);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_string_equal(world->transfers[0].etag, SIM_ETAG);
    return caller;
}

/* The request leaves, and is answered with this status and these headers. */
static void answer_with_headers(sim_world *world, size_t index, int http_status, const char *body,
                                const cvi_caching *caching) {
    const cvi_response response = {
        .kind = CVI_RESPONSE_ANSWER, .http_status = http_status, .caching = *caching};
    assert_true(sim_let_out(world, index));
    sim_respond(world, index, &response, body);
}

static void confirm(sim_world *world, size_t index) {
    const cvi_caching nothing = {.validators = {.etag = ""}};
    answer_with_headers(world, index, 304, NULL, &nothing);
}

/* ---- renewing ---- */

static void test_what_is_confirmed_is_fresh(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_caller *other = sim_board(world, &(sim_wish){.id = 52});
    confirm(world, 0);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    sim_check_source(other, 52, CV_SOURCE_SHARED);
    assert_int_equal(caller->provenance.fetched_at_ms, world->clock.now.wall_ms);
    assert_int_equal(caller->provenance.expires_at_ms, world->clock.now.wall_ms + SIM_TTL_MS);
    const sim_call *stored = sim_last(world, SIM_COMPLETE);
    assert_int_equal(stored->size, strlen(SIM_ISSUE(52)));
    assert_int_equal(stored->keeping.ttl_ms, SIM_TTL_MS);
    assert_string_equal(stored->validators.etag, SIM_ETAG);
    assert_int_equal(world->transfer_count, 1);
}

static void test_a_confirmation_may_bring_other_validators(void **state) {
    sim_world *world = *state;
    const cvi_caching caching = {.validators = {.etag = OTHER_ETAG, .last_modified = A_DATE}};
    board_and_send(world);
    answer_with_headers(world, 0, 304, NULL, &caching);
    const sim_call *stored = sim_last(world, SIM_COMPLETE);
    assert_string_equal(stored->validators.etag, OTHER_ETAG);
    assert_string_equal(stored->validators.last_modified, A_DATE);
}

static void test_what_has_changed_is_sent_whole(void **state) {
    sim_world *world = *state;
    const cvi_caching caching = {.validators = {.etag = OTHER_ETAG}};
    sim_caller *caller = board_and_send(world);
    answer_with_headers(world, 0, 200, SIM_ISSUE(52) " ", &caching);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    const sim_call *stored = sim_last(world, SIM_COMPLETE);
    assert_int_equal(stored->size, strlen(SIM_ISSUE(52)) + 1);
    assert_string_equal(stored->validators.etag, OTHER_ETAG);
    assert_string_equal(stored->validators.last_modified, "");
}

/* A body that came without validators has none, whatever the one before had. */
static void test_no_validators_are_left_over(void **state) {
    sim_world *world = *state;
    board_and_send(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    assert_string_equal(sim_last(world, SIM_COMPLETE)->validators.etag, "");
}

static void test_a_confirmation_that_nobody_asked_for(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_string_equal(world->transfers[0].etag, "");
    confirm(world, 0);
    sim_check_error(caller, CV_ERROR_RESPONSE);
    assert_int_equal(caller->error.http_status, 304);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
    assert_int_equal(world->transfer_count, 1);
}

/* What is confirmed but cannot be read is asked for whole, by a request admitted anew. */
static void test_what_is_unusable_is_fetched_whole(void **state) {
    static const char *const bodies[] = {"{\"status_code\":1,\"results\":", SIM_ISSUE(53),
                                         "{\"status_code\":101,\"results\":[]}", "<html>"};
    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        sim_world *world = sim_new(0, false);
        script_recalled(world, bodies[i], &usual);
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        confirm(world, 0);
        sim_check_waiting(caller);
        assert_int_equal(world->transfer_count, 2);
        assert_int_equal(world->rows, 2);
        assert_string_equal(world->transfers[1].etag, "");
        assert_false(sim_last(world, SIM_CLAIM)->recalls);
        assert_string_equal(sim_last(world, SIM_CLAIM)->job_id, "job-1");
        sim_answer(world, 1, SIM_ISSUE(52));
        sim_check_source(caller, 52, CV_SOURCE_NETWORK);
        sim_free(world);
    }
}

static void test_a_second_confirmation_is_an_error(void **state) {
    sim_world *world = *state;
    script_recalled(world, "{}", &usual);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    confirm(world, 0);
    confirm(world, 1);
    sim_check_error(caller, CV_ERROR_RESPONSE);
    assert_int_equal(world->transfer_count, 2);
}

/* ---- what is asked about ---- */

static void test_retries_ask_about_the_same(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_answer_status(world, 0, 503, 0);
    sim_advance(world, 30000);
    assert_string_equal(world->transfers[1].etag, SIM_ETAG);
    assert_false(sim_last(world, SIM_CLAIM)->recalls); /* it has been read already */
    confirm(world, 1);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

static void test_refresh_asks_for_the_whole(void **state) {
    sim_world *world = *state;
    sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_REFRESH});
    sim_step(world);
    assert_false(sim_last(world, SIM_CLAIM)->recalls);
}

static void test_after_an_unusable_hit_the_whole_is_asked_for(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = "{}"});
    sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_false(sim_last(world, SIM_CLAIM)->recalls);
}

/* An admission that is taken anew when the request is ready cannot change what it asks. */
static void test_a_late_admission_recalls_nothing(void **state) {
    sim_world *world = *state;
    sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_true(sim_last(world, SIM_CLAIM)->recalls);
    sim_advance(world, SIM_FRESH_MS + 1);
    script_recalled(world, SIM_ISSUE(52), &usual);
    assert_true(sim_let_out(world, 0));
    assert_false(sim_last(world, SIM_CLAIM)->recalls);
}

static void test_errors_leave_what_is_there(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_send(world);
    sim_answer_status(world, 0, 403, 0);
    sim_check_error(caller, CV_ERROR_BLOCKED);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
}

/* ---- Cache-Control ---- */

typedef struct keeping_case {
    cvi_cache_control control;
    cvi_keeping keeping;
} keeping_case;

static const keeping_case keeping_cases[] = {
    {{.is_said = false}, {.ttl_ms = SIM_TTL_MS}},
    {{.is_said = true, .has_max_age = true, .max_age_ms = 60000},
     {.ttl_ms = 60000, .is_ordered = true}},
    {{.is_said = true, .has_max_age = true, .max_age_ms = 2 * SIM_TTL_MS},
     {.ttl_ms = 2 * SIM_TTL_MS, .is_ordered = true}},
    {{.is_said = true, .must_revalidate = true}, {.ttl_ms = SIM_TTL_MS, .must_revalidate = true}},
    {{.is_said = true, .has_max_age = true, .must_revalidate = true},
     {.ttl_ms = 0, .is_ordered = true, .must_revalidate = true}},
    {{.is_said = true, .no_store = true}, {.no_store = true}},
};

static void check_keeping(const cvi_keeping *seen, const cvi_keeping *wanted) {
    assert_int_equal(seen->ttl_ms, wanted->ttl_ms);
    assert_int_equal(seen->is_ordered, wanted->is_ordered);
    assert_int_equal(seen->must_revalidate, wanted->must_revalidate);
    assert_int_equal(seen->no_store, wanted->no_store);
}

static void check_control(const keeping_case *said, bool heeds) {
    sim_world *world = sim_new(0, false);
    const cvi_caching caching = {.control = said->control};
    world->options.heeds_cache_control = heeds;
    sim_reopen(world);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    answer_with_headers(world, 0, 200, SIM_ISSUE(52), &caching);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    const cvi_keeping *wanted = heeds ? &said->keeping : &usual;
    check_keeping(&sim_last(world, SIM_COMPLETE)->keeping, wanted);
    sim_free(world);
}

static void test_cache_control_counts_when_asked_for(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(keeping_cases); i++) {
        check_control(&keeping_cases[i], true);
        check_control(&keeping_cases[i], false);
    }
}

/* A confirmation that says nothing about it leaves the service's time as it was. */
static void test_a_confirmation_keeps_the_services_time(void **state) {
    static const cvi_keeping ordered = {
        .ttl_ms = 60000, .is_ordered = true, .must_revalidate = true};
    (void)state;
    for (int heeds = 0; heeds < 2; heeds++) {
        sim_world *world = sim_new(0, false);
        world->options.heeds_cache_control = heeds == 1;
        sim_reopen(world);
        script_recalled(world, SIM_ISSUE(52), &ordered);
        sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        confirm(world, 0);
        check_keeping(&sim_last(world, SIM_COMPLETE)->keeping, heeds == 1 ? &ordered : &usual);
        sim_free(world);
    }
}

/* The service has said that it must not be given stale, and no time: ours counts, that stays. */
static void test_a_confirmation_keeps_what_may_not_be_stale(void **state) {
    static const cvi_keeping before = {.ttl_ms = 60000, .must_revalidate = true};
    static const cvi_keeping after = {.ttl_ms = SIM_TTL_MS, .must_revalidate = true};
    sim_world *world = *state;
    world->options.heeds_cache_control = true;
    sim_reopen(world);
    script_recalled(world, SIM_ISSUE(52), &before);
    sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    confirm(world, 0);
    check_keeping(&sim_last(world, SIM_COMPLETE)->keeping, &after);
}

/* ---- memory ---- */

static bool renew_without_memory(size_t failing_call) {
    sim_world *world = sim_new(failing_call, true);
    script_recalled(world, SIM_ISSUE(52), &usual);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    bool served = false;
    if (caller != NULL) {
        sim_step(world);
        if (caller->deliveries == 0) {
            confirm(world, 0);
        }
        assert_int_equal(caller->deliveries, 1);
        served = caller->id == 52;
        assert_true(served || caller->error.code == CV_ERROR_NOMEM);
    }
    sim_free(world);
    return served;
}

static void test_memory_may_be_short_anywhere(void **state) {
    size_t call = 1;
    (void)state;
    while (!renew_without_memory(call)) {
        call++;
    }
    assert_true(call > 5);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_what_is_confirmed_is_fresh),
        IN_WORLD(test_a_confirmation_may_bring_other_validators),
        IN_WORLD(test_what_has_changed_is_sent_whole),
        IN_WORLD(test_no_validators_are_left_over),
        IN_WORLD(test_a_confirmation_that_nobody_asked_for),
        cmocka_unit_test(test_what_is_unusable_is_fetched_whole),
        IN_WORLD(test_a_second_confirmation_is_an_error),
        IN_WORLD(test_retries_ask_about_the_same),
        IN_WORLD(test_refresh_asks_for_the_whole),
        IN_WORLD(test_after_an_unusable_hit_the_whole_is_asked_for),
        IN_WORLD(test_a_late_admission_recalls_nothing),
        IN_WORLD(test_errors_leave_what_is_there),
        cmocka_unit_test(test_cache_control_counts_when_asked_for),
        cmocka_unit_test(test_a_confirmation_keeps_the_services_time),
        IN_WORLD(test_a_confirmation_keeps_what_may_not_be_stale),
        cmocka_unit_test(test_memory_may_be_short_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
