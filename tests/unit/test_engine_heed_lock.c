/* The stores are locked when they are to learn what the service has said: nothing is asked for, and
 * nobody hears of a refusal, before they know of it. */
#include "support/fake_engine_world.h"

#include <string.h>

static const sim_reply probe = {.is_probe = true};
static const sim_reply pause_of_9_s = {.left_ms = 9000};

/* Another flight of the same client must not overtake the telling. */
static void test_nothing_is_claimed_before_a_refusal_is_told(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_HEED, 3);
    sim_script(world, SIM_HEED, &pause_of_9_s);
    sim_caller *refused = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_caller *other = sim_board(world, &(sim_wish){.id = 53});
    sim_answer_status(world, 0, 420, 0);
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
    while (sim_count(world, SIM_HEED) < 4) {
        sim_advance(world, 1);
        assert_true(sim_count(world, SIM_CLAIM) == 1 || sim_count(world, SIM_HEED) == 4);
    }
    sim_check_error(refused, CV_ERROR_RATE_LIMITED);
    assert_int_equal(refused->error.retry_after_ms, 9000);
    sim_advance(world, 2);
    sim_answer(world, 1, SIM_ISSUE(53));
    sim_check_source(other, 53, CV_SOURCE_NETWORK);
}

static void test_nothing_is_readmitted_before_a_refusal_is_told(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_HEED, 1);
    sim_board(world, &(sim_wish){.id = 52});
    sim_board(world, &(sim_wish){.id = 53});
    sim_step(world);
    sim_step(world);
    assert_int_equal(world->transfer_count, 2);
    fake_clock_advance(&world->clock, SIM_FRESH_MS + 1);
    const cvi_response refusal = {.kind = CVI_RESPONSE_ANSWER, .sent = true, .http_status = 420};
    cvi_response copy = refusal;
    cvi_engine_receive(world->engine, world->transfers[0].spec.owner, &copy, world->clock.now);
    assert_false(sim_let_out(world, 1));
    world->transfers[0].open = false;
    sim_break_unsent(world, 1, CVI_RESPONSE_NOT_ADMITTED);
    sim_advance(world, 2);
    assert_int_equal(sim_count(world, SIM_HEED), 2);
}

/* Somebody keeps the file locked: who was answered need not wait for that. */
static void test_a_lock_keeps_no_answer_back(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &probe);
    sim_busy(world, SIM_HEED, 2);
    sim_caller *answered = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(answered, 52, CV_SOURCE_NETWORK);
    sim_advance(world, 4);
    sim_advance(world, 4);
    assert_int_equal(sim_last(world, SIM_HEED)->word, CVI_SERVICE_ANSWERS);
    assert_int_equal(sim_count(world, SIM_COMPLETE), 1);
}

/* Who knows of a pause may have another program ask, which looks into the file alone. */
static void test_nobody_knows_of_a_pause_before_the_file(void **state) {
    static const struct {
        int http_status;
        cv_code code;
        int64_t max_wait_ms;
    } cases[] = {{420, CV_ERROR_RATE_LIMITED, 0},
                 {403, CV_ERROR_BLOCKED, 0},
                 {503, CV_ERROR_SERVER, CV_NO_WAIT}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_world *world = sim_new(0, false);
        sim_busy(world, SIM_HEED, 20);
        sim_script(world, SIM_HEED, &pause_of_9_s);
        sim_caller *refused =
            sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = cases[i].max_wait_ms});
        sim_step(world);
        sim_answer_status(world, 0, cases[i].http_status, 9000);
        while (sim_count(world, SIM_HEED) < 21) {
            sim_check_waiting(refused);
            sim_advance(world, 1);
        }
        sim_check_error(refused, cases[i].code);
        assert_in_range(refused->error.retry_after_ms, 8900, 9000); /* of a try: what is left */
        sim_free(world);
    }
    (void)state;
}

/* However long it is locked, a deadline holds; the pause is written down all the same. */
static void test_a_deadline_while_a_refusal_cannot_be_told(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_HEED, 20);
    sim_caller *refused =
        sim_board(world, &(sim_wish){.id = 52, .deadline_boot_ms = world->clock.now.boot_ms + 5});
    sim_step(world);
    sim_answer_status(world, 0, 420, 9000);
    for (int i = 0; i < 5; i++) {
        sim_check_waiting(refused);
        sim_advance(world, 1);
    }
    sim_check_error(refused, CV_ERROR_STORE);
    assert_non_null(strstr(refused->error.message, "keeps the database locked"));
    while (!cvi_engine_is_idle(world->engine)) {
        sim_advance(world, 1);
    }
    assert_int_equal(sim_count(world, SIM_HEED), 21);
}

#define WITH_SIM(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SIM(test_nothing_is_claimed_before_a_refusal_is_told),
        WITH_SIM(test_nothing_is_readmitted_before_a_refusal_is_told),
        WITH_SIM(test_a_lock_keeps_no_answer_back),
        cmocka_unit_test(test_nobody_knows_of_a_pause_before_the_file),
        WITH_SIM(test_a_deadline_while_a_refusal_cannot_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
