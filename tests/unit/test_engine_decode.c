/* Long bodies in short turns: each step reads a part of one, and meanwhile the flight is like any
 * other: it can be joined, left, cut off by a deadline, laid to rest and closed. */
#include "support/fake_engine_world.h"

#include <string.h>

enum { PIECE = 16, STEPS_MAX = 100, DAY_MS = 86400000 };

/* Longer than a piece, and short enough to be stored like any other. */
#define ISSUE SIM_ISSUE(52)

_Static_assert(sizeof(ISSUE) > 3 * PIECE && sizeof(ISSUE) - 1 <= 4 * PIECE, "of some pieces");

/* So long that it is stored in a turn of its own. */
#define LONG_ISSUE                                                                                 \
    "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":52,\"name\":\"The Long Night\"}}"

_Static_assert(sizeof(LONG_ISSUE) - 1 > 4 * PIECE, "longer than four pieces");

static int in_pieces(void **state) {
    int failed = sim_setup(state);
    sim_world *world = *state;
    cvi_engine_divide(world->engine, PIECE);
    return failed;
}

/* A caller whose answer has come and is not read yet. */
static sim_caller *board_and_answer(sim_world *world, const sim_wish *wish, const char *body) {
    sim_caller *caller = sim_board(world, wish);
    sim_step(world);
    assert_int_equal(sim_answer(world, world->transfer_count - 1, body), 0);
    sim_check_waiting(caller);
    return caller;
}

/* Steps until nothing is due at once; answers how many steps did something. */
static int step_on(sim_world *world) {
    int steps = 0;
    while (sim_step(world) == 0) {
        steps++;
        assert_in_range(steps, 0, STEPS_MAX);
    }
    return steps;
}

static void test_an_answer_is_read_step_by_step(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_answer(world, &(sim_wish){.id = 52}, ISSUE);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
    assert_true(step_on(world) >= 4); /* it is gone over twice */
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
    assert_int_equal(sim_count(world, SIM_MAKE_ROOM), 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_a_hit_is_read_step_by_step(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = ISSUE});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    assert_int_equal(sim_step(world), 0);
    sim_check_waiting(caller);
    assert_true(step_on(world) >= 3);
    sim_check_source(caller, 52, CV_SOURCE_CACHE);
    assert_int_equal(sim_count(world, SIM_CLAIM), 0);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_what_others_fetched_is_read_step_by_step(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = ISSUE});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    assert_true(step_on(world) >= 3);
    sim_check_source(caller, 52, CV_SOURCE_SHARED);
}

static void test_a_confirmed_answer_is_read_step_by_step(void **state) {
    sim_world *world = *state;
    const cvi_response unchanged = {.kind = CVI_RESPONSE_ANSWER, .http_status = 304};
    sim_script(world, SIM_CLAIM, &(sim_reply){.recalled = ISSUE});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_true(sim_let_out(world, 0));
    assert_int_equal(sim_respond(world, 0, &unchanged, NULL), 0);
    sim_check_waiting(caller);
    step_on(world);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(sim_last(world, SIM_COMPLETE)->size, strlen(ISSUE));
}

/* The whole is asked for, once. */
static void test_a_confirmed_answer_that_cannot_be_read(void **state) {
    sim_world *world = *state;
    const cvi_response unchanged = {.kind = CVI_RESPONSE_ANSWER, .http_status = 304};
    sim_script(world, SIM_CLAIM, &(sim_reply){.recalled = SIM_ISSUE(52) " and more"});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_true(sim_let_out(world, 0));
    sim_respond(world, 0, &unchanged, NULL);
    step_on(world);
    assert_int_equal(world->transfer_count, 2);
    sim_answer(world, 1, ISSUE);
    step_on(world);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* What the flight waits for is the same however it learns of it. */
static void test_a_cut_answer_is_asked_for_again(void **state) {
    sim_world *world = *state;
    world->options.max_retries = 1;
    sim_reopen(world);
    cvi_engine_divide(world->engine, PIECE);
    sim_caller *caller = board_and_answer(world, &(sim_wish){.id = 52},
                                          "{\"status_code\":1,\"results\":{\"name\":\"");
    step_on(world);
    sim_check_waiting(caller);
    assert_int_equal(world->transfer_count, 1);
    sim_advance(world, DAY_MS);
    sim_answer(world, 1, ISSUE);
    step_on(world);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* The status says what is wrong, as nothing is left of the body that could. */
static void test_a_failure_with_a_long_broken_body(void **state) {
    sim_world *world = *state;
    const cvi_response failure = {.kind = CVI_RESPONSE_ANSWER, .http_status = 403};
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    assert_true(sim_let_out(world, 0));
    sim_respond(world, 0, &failure, ISSUE " and more");
    step_on(world);
    sim_check_error(caller, CV_ERROR_BLOCKED);
}

static void test_a_stored_body_that_cannot_be_read_is_fetched(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(53) "                  "});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    step_on(world);
    assert_int_equal(world->transfer_count, 1);
    sim_answer(world, 0, ISSUE);
    step_on(world);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* A refusal is heeded as soon as it is read, before anybody else is admitted. */
static void test_a_refusal_is_heeded_when_it_is_read(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_answer(
        world, &(sim_wish){.id = 52},
        "{\"error\":\"Rate limit exceeded. Slow down cowboy.\",\"status_code\":107,\"results\":[]}");
    assert_int_equal(sim_count(world, SIM_HEED), 0);
    step_on(world);
    assert_int_equal(sim_count(world, SIM_HEED), 1);
    assert_int_equal(sim_last(world, SIM_HEED)->word, CVI_SERVICE_LIMITS);
    sim_check_error(caller, CV_ERROR_RATE_LIMITED);
}

static void test_joining_meanwhile(void **state) {
    sim_world *world = *state;
    sim_caller *first = board_and_answer(world, &(sim_wish){.id = 52}, ISSUE);
    sim_caller *second = sim_board(world, &(sim_wish){.id = 52, .looked = true});
    step_on(world);
    sim_check_source(first, 52, CV_SOURCE_NETWORK);
    sim_check_source(second, 52, CV_SOURCE_SHARED);
    assert_int_equal(world->transfer_count, 1);
}

/* Too old for one of two: it goes on alone. */
/* It was fresh when it was found; whoever asks later has it looked for again. */
static void test_joining_a_hit_meanwhile(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = ISSUE});
    sim_caller *first = sim_board(world, &(sim_wish){.id = 52});
    assert_int_equal(sim_step(world), 0);
    sim_caller *second = sim_board(world, &(sim_wish){.id = 52});
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = ISSUE});
    step_on(world);
    sim_check_source(first, 52, CV_SOURCE_CACHE);
    sim_check_source(second, 52, CV_SOURCE_CACHE);
    assert_int_equal(sim_count(world, SIM_LOOKUP), 2);
    assert_int_equal(world->transfer_count, 0);
}

static void test_a_hit_that_is_too_old_for_some(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = ISSUE, .age_ms = 5000});
    sim_caller *patient = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_caller *strict = sim_board(world, &(sim_wish){.id = 52, .max_age_ms = 1000});
    step_on(world);
    sim_check_source(patient, 52, CV_SOURCE_CACHE);
    sim_check_waiting(strict);
    sim_answer(world, 0, ISSUE);
    step_on(world);
    assert_int_equal(strict->id, 52);
}

/* The request is paid for: what it brought is stored though nobody waits for it. */
static void test_leaving_an_answer(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_answer(world, &(sim_wish){.id = 52}, ISSUE);
    sim_step(world);
    sim_leave(world, caller);
    step_on(world);
    assert_int_equal(caller->deliveries, 0);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
    assert_true(cvi_engine_is_idle(world->engine));
}

static void test_leaving_a_hit(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = ISSUE});
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_leave(world, caller);
    sim_step(world);
    assert_true(cvi_engine_is_idle(world->engine));
    assert_int_equal(sim_count(world, SIM_CLAIM), 0);
}

static void test_a_deadline_passes_meanwhile(void **state) {
    sim_world *world = *state;
    int64_t deadline = world->clock.now.boot_ms + 100;
    sim_caller *caller =
        board_and_answer(world, &(sim_wish){.id = 52, .deadline_boot_ms = deadline}, ISSUE);
    assert_int_equal(sim_advance(world, 99), 0);
    sim_check_waiting(caller);
    sim_advance(world, 1);
    sim_check_error(caller, CV_ERROR_TIMEOUT);
    step_on(world);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

/* The lease is renewed by the steps as ever. */
static void test_the_job_is_kept_meanwhile(void **state) {
    sim_world *world = *state;
    board_and_answer(world, &(sim_wish){.id = 52}, ISSUE);
    sim_advance(world, SIM_LEASE_MS / 2);
    assert_int_equal(sim_count(world, SIM_RENEW), 1);
    step_on(world);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

/* Whoever turns seldom reads slowly. */
static void test_an_answer_ages_while_it_is_read(void **state) {
    sim_world *world = *state;
    int64_t heard_ms = world->clock.now.wall_ms;
    sim_caller *caller = board_and_answer(world, &(sim_wish){.id = 52}, ISSUE);
    sim_advance(world, SIM_TTL_MS);
    step_on(world);
    assert_int_equal(sim_last(world, SIM_COMPLETE)->age_ms, SIM_TTL_MS);
    assert_int_equal(caller->provenance.fetched_at_ms, heard_ms);
}

/* Before the rest, so that nothing is held through it. */
static void test_being_laid_to_rest(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_answer(world, &(sim_wish){.id = 52}, ISSUE);
    cvi_engine_suspend(world->engine, world->clock.now);
    assert_int_equal(sim_step(world), INT64_MAX);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

static void test_closing_stores_what_is_half_read(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_answer(world, &(sim_wish){.id = 52}, ISSUE);
    cvi_outcome closed = {.error = {.code = CV_ERROR_CLOSED}};
    cvi_engine_abandon(world->engine, &closed);
    sim_check_error(caller, CV_ERROR_CLOSED);
    cvi_engine_divide(world->engine, 0);
    sim_step(world);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
    assert_true(cvi_engine_is_idle(world->engine));
}

/* Teardown looks whether all memory came back. */
static void test_closing_in_the_middle(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.answer = CVI_STORE_DONE});
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(53) "                "});
    board_and_answer(world, &(sim_wish){.id = 52}, ISSUE);
    sim_board(world, &(sim_wish){.id = 53});
    assert_int_equal(sim_step(world), 0);
}

static void test_a_long_turn_reads_the_rest_at_once(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_answer(world, &(sim_wish){.id = 52}, ISSUE);
    cvi_engine_divide(world->engine, 0);
    assert_int_equal(sim_step(world), INT64_MAX);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* ---- storing what is long ---- */

static void test_room_is_made_in_a_step_before(void **state) {
    sim_world *world = *state;
    sim_caller *caller = board_and_answer(world, &(sim_wish){.id = 52}, LONG_ISSUE);
    while (sim_count(world, SIM_MAKE_ROOM) == 0) {
        assert_int_equal(sim_step(world), 0);
    }
    assert_int_equal(sim_last(world, SIM_MAKE_ROOM)->size, strlen(LONG_ISSUE));
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
    step_on(world);
    assert_int_equal(sim_count(world, SIM_MAKE_ROOM), 1);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* The answer does not wait for a lock. */
static void test_a_locked_file_does_not_keep_the_answer(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_MAKE_ROOM, 2);
    sim_caller *caller = board_and_answer(world, &(sim_wish){.id = 52}, LONG_ISSUE);
    step_on(world);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
    for (int i = 0; i < 2; i++) {
        fake_clock_advance(&world->clock, 5);
        step_on(world);
    }
    assert_int_equal(sim_count(world, SIM_MAKE_ROOM), 3);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

static void test_room_that_cannot_be_made(void **state) {
    sim_world *world = *state;
    sim_fail(world, SIM_MAKE_ROOM);
    sim_caller *caller = board_and_answer(world, &(sim_wish){.id = 52}, LONG_ISSUE);
    step_on(world);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
    assert_int_equal(sim_count(world, SIM_MAKE_ROOM), 1);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

static int64_t still(void *user) {
    (void)user;
    return 0;
}

/* A turn in which something was done is given up for it; the next one begins with it. */
static void test_a_long_answer_is_stored_in_a_turn_of_its_own(void **state) {
    sim_world *world = *state;
    board_and_answer(world, &(sim_wish){.id = 52}, LONG_ISSUE);
    while (sim_count(world, SIM_MAKE_ROOM) == 0) {
        sim_step(world);
    }
    sim_board(world, &(sim_wish){.id = 53, .priority = CV_PRIORITY_USER});
    cvi_slice first = {.now_us = still, .end_us = 1, .least = 1};
    assert_int_equal(cvi_engine_step(world->engine, world->clock.now, &first),
                     world->clock.now.boot_ms);
    assert_true(first.is_given_up);
    assert_int_equal(world->transfer_count, 2);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 0);
    cvi_slice second = {.now_us = still, .end_us = 1, .least = 1};
    cvi_engine_step(world->engine, world->clock.now, &second);
    assert_false(second.is_given_up);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

/* ---- memory ---- */

/* One allocation after the other fails: an error or an answer, and nothing lost. */
static void test_each_allocation_may_fail(void **state) {
    (void)state;
    bool has_failed = true;
    int answered = 0;
    for (size_t call = 1; has_failed; call++) {
        sim_world *world = sim_new(call, false);
        cvi_engine_divide(world->engine, PIECE);
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
        if (caller != NULL) {
            sim_step(world);
            if (world->transfer_count > 0) {
                sim_answer(world, 0, ISSUE);
            }
            step_on(world);
            bool is_error = caller->error.code == CV_ERROR_NOMEM;
            assert_true(is_error || caller->id == 52 || caller->deliveries == 0);
            answered += caller->id == 52 ? 1 : 0;
        }
        has_failed = world->memory.has_failed;
        sim_free(world);
    }
    assert_true(answered > 0);
}

#define DECODE_TEST(test) cmocka_unit_test_setup_teardown(test, in_pieces, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        DECODE_TEST(test_an_answer_is_read_step_by_step),
        DECODE_TEST(test_a_hit_is_read_step_by_step),
        DECODE_TEST(test_what_others_fetched_is_read_step_by_step),
        DECODE_TEST(test_a_confirmed_answer_is_read_step_by_step),
        DECODE_TEST(test_a_confirmed_answer_that_cannot_be_read),
        DECODE_TEST(test_a_cut_answer_is_asked_for_again),
        DECODE_TEST(test_a_failure_with_a_long_broken_body),
        DECODE_TEST(test_a_stored_body_that_cannot_be_read_is_fetched),
        DECODE_TEST(test_a_refusal_is_heeded_when_it_is_read),
        DECODE_TEST(test_joining_meanwhile),
        DECODE_TEST(test_joining_a_hit_meanwhile),
        DECODE_TEST(test_a_hit_that_is_too_old_for_some),
        DECODE_TEST(test_leaving_an_answer),
        DECODE_TEST(test_leaving_a_hit),
        DECODE_TEST(test_a_deadline_passes_meanwhile),
        DECODE_TEST(test_the_job_is_kept_meanwhile),
        DECODE_TEST(test_an_answer_ages_while_it_is_read),
        DECODE_TEST(test_being_laid_to_rest),
        DECODE_TEST(test_closing_stores_what_is_half_read),
        DECODE_TEST(test_closing_in_the_middle),
        DECODE_TEST(test_a_long_turn_reads_the_rest_at_once),
        DECODE_TEST(test_room_is_made_in_a_step_before),
        DECODE_TEST(test_a_locked_file_does_not_keep_the_answer),
        DECODE_TEST(test_room_that_cannot_be_made),
        DECODE_TEST(test_a_long_answer_is_stored_in_a_turn_of_its_own),
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
