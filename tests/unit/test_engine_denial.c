/* Objects that do not exist: what the engine stores of that, and what it makes of what it finds. */
#include "support/fake_engine_world.h"

#include <string.h>

#define REFUSAL(code) "{\"error\":\"No\",\"status_code\":" #code ",\"results\":[]}"

static void test_denial_is_stored_with_the_error_of_the_job(void **state) {
    sim_world *world = *state;
    sim_caller *first = sim_board(world, &(sim_wish){.id = 52});
    sim_caller *second = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, REFUSAL(101));
    sim_check_error(first, CV_ERROR_NOT_FOUND);
    sim_check_error(second, CV_ERROR_NOT_FOUND);
    assert_int_equal(first->error.api_status, 101);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
    assert_string_equal(sim_last(world, SIM_COMPLETE)->job_id, "job-1");
    assert_int_equal(sim_last(world, SIM_COMPLETE)->failure, CV_ERROR_NOT_FOUND);
    assert_int_equal(sim_last(world, SIM_COMPLETE)->size, strlen(REFUSAL(101)));
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_denial_that_cannot_be_stored_is_delivered_all_the_same(void **state) {
    sim_world *world = *state;
    sim_fail(world, SIM_COMPLETE);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, REFUSAL(101));
    sim_check_error(caller, CV_ERROR_NOT_FOUND);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_OK); /* the next waiter tries */
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_denial_is_not_stored_by_one_who_lost_the_job(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_RENEW, &(sim_reply){.lost = true});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_true(sim_let_out(world, 0));
    sim_advance(world, SIM_LEASE_MS / 3);
    sim_answer(world, 0, REFUSAL(101));
    sim_check_error(caller, CV_ERROR_NOT_FOUND);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
    assert_int_equal(sim_count(world, SIM_RELEASE), 0);
}

/* It was said to a request that had begun before the call. */
static void test_anothers_denial_is_not_a_refreshs(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    sim_script(world, SIM_WATCH,
               &(sim_reply){.state = CVI_WATCH_FAILED, .failure = CV_ERROR_NOT_FOUND});
    sim_caller *refresh = sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_REFRESH});
    sim_step(world);
    assert_int_equal(world->transfer_count, 1);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(refresh, 52, CV_SOURCE_NETWORK);
}

static void test_anothers_failure_is_a_refreshs_too(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    sim_script(world, SIM_WATCH,
               &(sim_reply){.state = CVI_WATCH_FAILED, .failure = CV_ERROR_SERVER});
    sim_caller *refresh = sim_board(world, &(sim_wish){.id = 52, .mode = CV_MODE_REFRESH});
    sim_step(world);
    sim_check_error(refresh, CV_ERROR_SERVER);
    assert_int_equal(world->transfer_count, 0);
}

static void test_denial_of_a_list_is_not_stored(void **state) {
    sim_world *world = *state;
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 100, .is_list = true});
    sim_step(world);
    sim_answer(world, 0, REFUSAL(101));
    sim_check_error(caller, CV_ERROR_NOT_FOUND);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
    assert_int_equal(sim_last(world, SIM_RELEASE)->failure, CV_ERROR_NOT_FOUND);
}

/* In each of the three ways in which a stored denial can be met. */
static void test_stored_denial_answers_all(void **state) {
    static const struct {
        sim_op op;
        sim_reply reply;
    } ways[] = {
        {SIM_LOOKUP, {.body = REFUSAL(101), .is_negative = true}},
        {SIM_CLAIM, {.verdict = CVI_CLAIM_HIT, .body = REFUSAL(101), .is_negative = true}},
        {SIM_WATCH, {.state = CVI_WATCH_COMPLETED, .body = REFUSAL(101), .is_negative = true}},
    };
    sim_world *world = *state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (ways[i].op == SIM_WATCH) {
            sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
        }
        sim_script(world, ways[i].op, &ways[i].reply);
        sim_caller *first = sim_board(world, &(sim_wish){.id = 52});
        sim_caller *second = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        sim_check_error(first, CV_ERROR_NOT_FOUND);
        sim_check_error(second, CV_ERROR_NOT_FOUND);
        assert_int_equal(world->transfer_count, 0);
        assert_true(cvi_engine_is_idle(world->engine));
    }
}

static void test_stored_denial_that_is_none_is_asked_for_again(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52), .is_negative = true});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_false(sim_last(world, SIM_CLAIM)->reread_cache);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* Another failure of the cache than that of the exact entry does not undo what that says. */
static void test_denied_fields_without_a_full_entry(void **state) {
    const cvi_store_answer answers[] = {CVI_STORE_DONE, CVI_STORE_BUSY, CVI_STORE_FAILED};
    sim_world *world = *state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        sim_script(world, SIM_LOOKUP, &(sim_reply){.body = REFUSAL(101), .is_negative = true});
        sim_script(world, SIM_LOOKUP, &(sim_reply){.answer = answers[i]});
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .fields = "id,name"});
        sim_step(world);
        sim_check_error(caller, CV_ERROR_NOT_FOUND);
        assert_int_equal(world->transfer_count, 0);
    }
}

static void test_denied_full_entry_denies_its_fields(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.answer = CVI_STORE_DONE});
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = REFUSAL(101), .is_negative = true});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .fields = "id,name"});
    sim_step(world);
    sim_check_error(caller, CV_ERROR_NOT_FOUND);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 2);
    assert_int_equal(world->transfer_count, 0);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_denial_is_stored_with_the_error_of_the_job),
        IN_WORLD(test_denial_that_cannot_be_stored_is_delivered_all_the_same),
        IN_WORLD(test_denial_is_not_stored_by_one_who_lost_the_job),
        IN_WORLD(test_anothers_denial_is_not_a_refreshs),
        IN_WORLD(test_anothers_failure_is_a_refreshs_too),
        IN_WORLD(test_denial_of_a_list_is_not_stored),
        IN_WORLD(test_stored_denial_answers_all),
        IN_WORLD(test_stored_denial_that_is_none_is_asked_for_again),
        IN_WORLD(test_denied_fields_without_a_full_entry),
        IN_WORLD(test_denied_full_entry_denies_its_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
