/* What the engine tells on the way, to whom, in which order, and what it does not tell twice. */
#include "support/fake_engine_world.h"

#include <stdlib.h>

enum { HOUR_MS = 3600000 };

#define BUDGET "the budget is used up"
#define PAUSE  "the service has asked for a pause"
#define TURN   "too soon after the last request"
#define LOCKED "another program keeps the database locked"

static int set_up(void **state) {
    sim_world *world = sim_new(0, false);
    sim_listen(world);
    *state = world;
    return 0;
}

static sim_caller *ask(sim_world *world, int64_t id) {
    sim_caller *caller = sim_board(world, &(sim_wish){.id = id});
    assert_non_null(caller);
    return caller;
}

static void script_wait(sim_world *world, int64_t wait_ms, cvi_wait_reason reason) {
    sim_script(world, SIM_CLAIM,
               &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = wait_ms, .reason = reason});
}

/* ---- ways without a wait ---- */

static void test_a_hit_is_the_receivers_to_tell(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(1)});
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told, "0 given CV_OK\n");
}

static void test_sent_is_told_when_it_leaves(void **state) {
    sim_world *world = *state;
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told, "");
    assert_true(sim_let_out(world, 0));
    diary_check(&world->told, "0 sent 1\n");
    sim_answer(world, 0, SIM_ISSUE(1));
    diary_check(&world->told, "0 given CV_OK\n");
}

static void test_what_does_not_leave_is_not_told(void **state) {
    sim_world *world = *state;
    ask(world, 1);
    sim_step(world);
    sim_break_unsent(world, 0, CVI_RESPONSE_NOT_ADMITTED);
    diary_check(&world->told, "");
    sim_answer(world, 1, SIM_ISSUE(1));
    diary_check(&world->told, "0 sent 1\n0 given CV_OK\n");
}

static void test_redirects_and_dead_connections_are_sent_anew(void **state) {
    sim_world *world = *state;
    ask(world, 1);
    sim_step(world);
    sim_redirect(world, 0, "http://127.0.0.1/api/issue/4000-1/");
    sim_break(world, 1, CVI_RESPONSE_DEAD_CONNECTION);
    sim_answer(world, 2, SIM_ISSUE(1));
    diary_check(&world->told, "0 sent 1\n0 sent 2\n0 sent 3\n0 given CV_OK\n");
}

/* ---- joining ---- */

static void test_who_comes_later_has_joined(void **state) {
    sim_world *world = *state;
    ask(world, 1);
    sim_step(world);
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told, "1 joined\n");
    sim_answer(world, 0, SIM_ISSUE(1));
    diary_check(&world->told, "0 sent 1\n1 sent 1\n0 given CV_OK\n1 given CV_OK\n");
}

static void test_who_comes_while_it_is_stored_has_joined(void **state) {
    sim_world *world = *state;
    ask(world, 1);
    sim_step(world);
    sim_busy(world, SIM_COMPLETE, 1);
    sim_answer(world, 0, SIM_ISSUE(1));
    ask(world, 1);
    diary_check(&world->told, "0 sent 1\n0 given CV_OK\n1 joined\n1 given CV_OK\n");
}

static void test_anothers_job_is_joined_once(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_PENDING});
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_COMPLETED, .body = SIM_ISSUE(1)});
    ask(world, 1);
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told, "1 joined\n0 joined\n");
    sim_advance(world, SIM_BACKSTOP_MS);
    diary_check(&world->told, "0 given CV_OK\n1 given CV_OK\n");
}

/* Also if it is for the same thing as before, until the same time. */
static void test_a_wait_after_anothers_job_is_told_again(void **state) {
    sim_world *world = *state;
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told, "0 waiting " BUDGET ", place 1\n");
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_WATCH});
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_PENDING});
    sim_script(world, SIM_WATCH, &(sim_reply){.state = CVI_WATCH_GONE});
    script_wait(world, HOUR_MS - SIM_BACKSTOP_MS, CVI_WAIT_LIMIT);
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told, "1 joined\n0 joined\n");
    sim_advance(world, SIM_BACKSTOP_MS);
    diary_check(&world->told, "0 waiting " BUDGET ", place 1\n1 waiting " BUDGET ", place 1\n");
}

/* ---- waiting ---- */

static void check_end(const sim_world *world, int64_t delay_ms) {
    assert_int_equal(world->last_event.delay_ms, delay_ms);
    assert_int_equal(world->last_event.until_ms, world->clock.now.wall_ms + delay_ms);
}

static void test_a_wait_is_told_when_it_begins(void **state) {
    sim_world *world = *state;
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told, "0 waiting " BUDGET ", place 1\n");
    check_end(world, HOUR_MS);
}

/* A long wait looks again every ten seconds; the end stays what it was. */
static void test_a_wait_is_not_told_at_each_look(void **state) {
    sim_world *world = *state;
    for (int64_t waited_ms = 0; waited_ms < 50000; waited_ms += 10000) {
        script_wait(world, HOUR_MS - waited_ms, CVI_WAIT_LIMIT);
    }
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told, "0 waiting " BUDGET ", place 1\n");
    for (int looks = 1; looks < 5; looks++) {
        sim_advance(world, 10000);
    }
    assert_int_equal(sim_count(world, SIM_CLAIM), 5);
    diary_check(&world->told, "");
    sim_advance(world, 10000);
    sim_answer(world, 0, SIM_ISSUE(1));
    diary_check(&world->told, "0 sent 1\n0 given CV_OK\n");
}

static void test_another_end_or_reason_is_told(void **state) {
    static const struct {
        int64_t wait_ms;
        cvi_wait_reason reason;
        const char *told;
    } looks[] = {
        {HOUR_MS, CVI_WAIT_LIMIT, "0 waiting " BUDGET ", place 1\n"},
        {HOUR_MS, CVI_WAIT_LIMIT, "0 waiting " BUDGET ", place 1\n"},
        {HOUR_MS - 10000, CVI_WAIT_LIMIT, ""},
        {HOUR_MS - 20000, CVI_WAIT_COOLDOWN, "0 waiting " PAUSE ", place 1\n"},
    };
    sim_world *world = *state;
    ask(world, 1);
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        script_wait(world, looks[i].wait_ms, looks[i].reason);
        sim_advance(world, i > 0 ? 10000 : 0);
        diary_check(&world->told, looks[i].told);
        if (looks[i].told[0] != '\0') {
            check_end(world, looks[i].wait_ms);
        }
    }
}

/* What differs by less than anybody would see is the same end; but not if it does so again and
 * again. */
static void test_small_changes_are_not_told(void **state) {
    static const struct {
        int64_t wait_ms; /* at looks a second apart */
        const char *told;
    } looks[] = {
        {9000, "0 waiting " PAUSE ", place 1\n"}, {8099, ""}, {6901, ""},
        {6100, "0 waiting " PAUSE ", place 1\n"}, {5050, ""}, {4101, ""},
        {3200, "0 waiting " PAUSE ", place 1\n"},
    };
    sim_world *world = *state;
    ask(world, 1);
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        script_wait(world, looks[i].wait_ms, CVI_WAIT_COOLDOWN);
        sim_advance(world, i > 0 ? 1000 : 0);
        diary_check(&world->told, looks[i].told);
    }
}

/* The stores are asked for the first one; the others know from it, the true end too. */
static void test_each_has_its_place_in_the_line(void **state) {
    sim_world *world = *state;
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    ask(world, 1);
    ask(world, 2);
    ask(world, 3);
    sim_step(world);
    diary_check(&world->told, "0 waiting " BUDGET ", place 1\n1 waiting " BUDGET ", place 2\n"
                              "2 waiting " BUDGET ", place 3\n");
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    sim_advance(world, 10000);
    diary_check(&world->told, "0 waiting " BUDGET ", place 1\n1 waiting " BUDGET ", place 2\n"
                              "2 waiting " BUDGET ", place 3\n");
    assert_int_equal(sim_count(world, SIM_CLAIM), 4);
    check_end(world, HOUR_MS);
}

/* Lists have a budget of their own, and so a line; what holds for all paths has one for all. */
static void test_lines_are_of_paths_or_of_all(void **state) {
    sim_world *world = *state;
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    script_wait(world, HOUR_MS, CVI_WAIT_BLOCKED);
    ask(world, 1);
    sim_board(world, &(sim_wish){.is_list = true});
    ask(world, 2);
    sim_step(world);
    diary_check(&world->told, "0 waiting " BUDGET ", place 1\n1 waiting " BUDGET ", place 1\n"
                              "2 waiting the service blocks requests, place 3\n");
}

static void test_a_user_goes_to_the_front(void **state) {
    sim_world *world = *state;
    script_wait(world, 5000, CVI_WAIT_LIMIT);
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_BACKGROUND});
    sim_step(world);
    diary_check(&world->told, "0 waiting " BUDGET ", place 1\n");
    script_wait(world, 5000, CVI_WAIT_LIMIT);
    sim_board(world, &(sim_wish){.id = 2, .priority = CV_PRIORITY_USER});
    sim_step(world);
    diary_check(&world->told, "1 waiting " BUDGET ", place 1\n");
    script_wait(world, 6000, CVI_WAIT_LIMIT);
    sim_advance(world, 5000);
    diary_check(&world->told, "1 waiting " BUDGET ", place 1\n0 waiting " BUDGET ", place 2\n");
}

static void test_who_joins_a_wait_is_told_of_it(void **state) {
    sim_world *world = *state;
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    ask(world, 1);
    sim_step(world);
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told, "0 waiting " BUDGET ", place 1\n1 joined\n"
                              "1 waiting " BUDGET ", place 1\n");
}

static void test_turns_are_told(void **state) {
    sim_world *world = *state;
    script_wait(world, 1050, CVI_WAIT_INTERVAL);
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told, "0 waiting " TURN ", place 1\n");
    check_end(world, 1050);
}

static void test_a_held_back_background_learns_why(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM,
               &(sim_reply){.verdict = CVI_CLAIM_WAIT,
                            .wait_ms = 30000,
                            .reason = CVI_WAIT_SHARE,
                            .reason_text = "12 user requests in 15 min"});
    sim_board(world, &(sim_wish){.id = 1, .priority = CV_PRIORITY_BACKGROUND});
    sim_step(world);
    diary_check(&world->told,
                "0 waiting held back for users: 12 user requests in 15 min, place 1\n");
}

static void test_who_will_not_wait_is_not_told_to(void **state) {
    sim_world *world = *state;
    script_wait(world, HOUR_MS, CVI_WAIT_LIMIT);
    sim_board(world, &(sim_wish){.id = 1, .max_wait_ms = CV_NO_WAIT});
    ask(world, 1);
    sim_step(world);
    diary_check(&world->told,
                "1 joined\n0 given CV_ERROR_RATE_LIMITED\n1 waiting " BUDGET ", place 1\n");
}

/* A lock of some milliseconds is nobody's business, and a long one is told once. */
static void test_a_long_lock_is_told_once(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_CLAIM, 5);
    ask(world, 1);
    sim_step(world);
    sim_advance(world, 2);
    sim_advance(world, 247);
    diary_check(&world->told, "");
    sim_advance(world, 2);
    diary_check(&world->told, "0 waiting " LOCKED ", place 0\n");
    assert_int_equal(world->last_event.until_ms, 0);
    sim_advance(world, 1000);
    diary_check(&world->told, "");
    sim_advance(world, 2);
    sim_answer(world, 0, SIM_ISSUE(1));
    diary_check(&world->told, "0 sent 1\n0 given CV_OK\n");
}

/* ---- trouble ---- */

static void test_retries_say_when_and_why(void **state) {
    sim_world *world = *state;
    ask(world, 1);
    sim_step(world);
    sim_answer_status(world, 0, 500, 7000);
    diary_check(&world->told, "0 sent 1\n0 retry 1 CV_ERROR_SERVER\n");
    check_end(world, 7000);
    sim_advance(world, 7000);
    sim_answer_status(world, 1, 500, 9000);
    diary_check(&world->told, "0 sent 2\n0 retry 2 CV_ERROR_SERVER\n");
    sim_advance(world, 9000);
    sim_answer_status(world, 2, 500, 9000);
    diary_check(&world->told, "0 sent 3\n0 given CV_ERROR_SERVER\n");
}

/* Also where the file was locked until it was time. */
static void test_a_late_retry_is_told(void **state) {
    sim_world *world = *state;
    ask(world, 1);
    sim_step(world);
    sim_busy(world, SIM_HEED, 2);
    sim_answer_status(world, 0, 500, 1);
    diary_check(&world->told, "0 sent 1\n");
    sim_advance(world, 100);
    diary_check(&world->told, "0 retry 1 CV_ERROR_SERVER\n");
    check_end(world, 0);
    sim_advance(world, 1000);
    sim_answer(world, 1, SIM_ISSUE(1));
    diary_check(&world->told, "0 sent 2\n0 given CV_OK\n");
}

static void test_a_wait_after_a_try_is_a_new_one(void **state) {
    sim_world *world = *state;
    script_wait(world, 5000, CVI_WAIT_LIMIT);
    sim_script(world, SIM_CLAIM, &(sim_reply){.verdict = CVI_CLAIM_ADMITTED});
    ask(world, 1);
    sim_step(world);
    sim_advance(world, 5000);
    sim_answer_status(world, 0, 500, 4000);
    script_wait(world, 5000, CVI_WAIT_LIMIT);
    sim_advance(world, 4000);
    diary_check(&world->told, "0 waiting " BUDGET ", place 1\n0 sent 1\n"
                              "0 retry 1 CV_ERROR_SERVER\n0 waiting " BUDGET ", place 1\n");
}

static void test_a_cooldown_is_told_once(void **state) {
    sim_world *world = *state;
    sim_fail(world, SIM_HEED);
    sim_fail(world, SIM_HEED);
    sim_script(world, SIM_HEED, &(sim_reply){.left_ms = 60000});
    ask(world, 1);
    sim_step(world);
    sim_answer_status(world, 0, 420, 17000);
    check_end(world, 17000);
    sim_advance(world, 50);
    sim_advance(world, 50);
    assert_int_equal(sim_count(world, SIM_HEED), 3);
    diary_check(&world->told, "0 sent 1\n0 cooldown CV_ERROR_RATE_LIMITED\n"
                              "0 given CV_ERROR_RATE_LIMITED\n");
}

/* A pause has not begun before the file has it. */
static void test_a_cooldown_is_told_once_it_is_stored(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_HEED, 3);
    sim_script(world, SIM_HEED, &(sim_reply){.left_ms = 60000});
    ask(world, 1);
    sim_step(world);
    sim_answer_status(world, 0, 420, 17000);
    diary_check(&world->told, "0 sent 1\n");
    while (sim_count(world, SIM_HEED) < 4) {
        diary_check(&world->told, "");
        sim_advance(world, 1);
    }
    check_end(world, 60000);
    diary_check(&world->told, "0 cooldown CV_ERROR_RATE_LIMITED\n0 given CV_ERROR_RATE_LIMITED\n");
}

static void test_who_waits_for_a_pause_to_be_stored(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_HEED, 2);
    ask(world, 1);
    sim_step(world);
    sim_answer_status(world, 0, 420, 17000);
    diary_check(&world->told, "0 sent 1\n");
    int64_t start_ms = world->clock.now.boot_ms;
    while (world->clock.now.boot_ms < start_ms + 250) {
        diary_check(&world->told, "");
        world->script_next[SIM_HEED] = 0; /* for as long as this goes on */
        sim_advance(world, 10);
    }
    diary_check(&world->told, "0 waiting " LOCKED ", place 0\n");
}

static void test_a_ban_is_a_cooldown(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_HEED, &(sim_reply){.left_ms = 60000});
    ask(world, 1);
    sim_step(world);
    sim_answer_status(world, 0, 403, 0);
    diary_check(&world->told, "0 sent 1\n0 cooldown CV_ERROR_BLOCKED\n0 given CV_ERROR_BLOCKED\n");
    check_end(world, 60000);
}

/* The host has failed too often: whoever was the last to see it is told. */
static void test_a_circuit_that_opens_is_a_cooldown(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_HEED, &(sim_reply){.left_ms = 0});
    sim_script(world, SIM_HEED, &(sim_reply){.left_ms = 10000});
    ask(world, 1);
    sim_step(world);
    sim_answer_status(world, 0, 500, 0);
    diary_check(&world->told, "0 sent 1\n0 retry 1 CV_ERROR_SERVER\n");
    sim_advance(world, 1000);
    sim_break(world, 1, CVI_RESPONSE_TIMEOUT);
    diary_check(&world->told,
                "0 sent 2\n0 cooldown CV_ERROR_TIMEOUT\n0 retry 2 CV_ERROR_TIMEOUT\n");
    script_wait(world, 9000, CVI_WAIT_FAILING);
    sim_advance(world, 2000);
    diary_check(&world->told, "0 waiting not sent: , place 1\n");
}

/* Whoever would not wait so long is told the end of it and not of another try. */
static void test_only_who_stays_is_told_of_another_try(void **state) {
    sim_world *world = *state;
    sim_board(world, &(sim_wish){.id = 1, .max_wait_ms = 1000});
    ask(world, 1);
    sim_step(world);
    sim_answer_status(world, 0, 503, 4000);
    diary_check(&world->told, "1 joined\n0 sent 1\n1 sent 1\n0 cooldown CV_ERROR_SERVER\n"
                              "1 cooldown CV_ERROR_SERVER\n0 given CV_ERROR_SERVER\n"
                              "1 retry 1 CV_ERROR_SERVER\n");
    sim_board(world, &(sim_wish){.id = 1, .max_wait_ms = CV_WAIT_FOREVER});
    sim_step(world);
    diary_check(&world->told, "2 joined\n2 retry 1 CV_ERROR_SERVER\n");
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, sim_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_hit_is_the_receivers_to_tell),
        TEST(test_sent_is_told_when_it_leaves),
        TEST(test_what_does_not_leave_is_not_told),
        TEST(test_redirects_and_dead_connections_are_sent_anew),
        TEST(test_who_comes_later_has_joined),
        TEST(test_who_comes_while_it_is_stored_has_joined),
        TEST(test_anothers_job_is_joined_once),
        TEST(test_a_wait_after_anothers_job_is_told_again),
        TEST(test_a_wait_is_told_when_it_begins),
        TEST(test_a_wait_is_not_told_at_each_look),
        TEST(test_another_end_or_reason_is_told),
        TEST(test_small_changes_are_not_told),
        TEST(test_each_has_its_place_in_the_line),
        TEST(test_lines_are_of_paths_or_of_all),
        TEST(test_a_user_goes_to_the_front),
        TEST(test_who_joins_a_wait_is_told_of_it),
        TEST(test_turns_are_told),
        TEST(test_a_held_back_background_learns_why),
        TEST(test_who_will_not_wait_is_not_told_to),
        TEST(test_a_long_lock_is_told_once),
        TEST(test_retries_say_when_and_why),
        TEST(test_a_late_retry_is_told),
        TEST(test_a_wait_after_a_try_is_a_new_one),
        TEST(test_a_cooldown_is_told_once),
        TEST(test_a_cooldown_is_told_once_it_is_stored),
        TEST(test_who_waits_for_a_pause_to_be_stored),
        TEST(test_a_ban_is_a_cooldown),
        TEST(test_a_circuit_that_opens_is_a_cooldown),
        TEST(test_only_who_stays_is_told_of_another_try),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
