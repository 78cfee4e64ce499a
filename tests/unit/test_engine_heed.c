/* What the engine tells its stores about the service, and what holds where they fail to keep it;
 * test_engine_heed_lock.c has those that are locked. */
#include "support/fake_engine_world.h"

#include <string.h>

static const sim_reply probe = {.is_probe = true};
static const sim_reply pause_of_9_s = {.left_ms = 9000};

static void check_heeded(const sim_world *world, cvi_service_word word, int64_t asked_ms,
                         int64_t probe_row) {
    const sim_call *call = sim_last(world, SIM_HEED);
    assert_string_equal(call->resource, "issue");
    assert_int_equal(call->word, word);
    assert_int_equal(call->asked_ms, asked_ms);
    assert_int_equal(call->row_id, probe_row);
}

/* ---- refusals ---- */

static void test_refusals_are_told_at_once(void **state) {
    static const struct {
        int http_status;
        int64_t asked_ms;
        cvi_service_word word;
        cv_code code;
    } cases[] = {{420, 0, CVI_SERVICE_LIMITS, CV_ERROR_RATE_LIMITED},
                 {429, 17000, CVI_SERVICE_LIMITS, CV_ERROR_RATE_LIMITED},
                 {403, 0, CVI_SERVICE_BLOCKS, CV_ERROR_BLOCKED}};
    sim_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_script(world, SIM_HEED, &pause_of_9_s);
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        sim_answer_status(world, i, cases[i].http_status, cases[i].asked_ms);
        assert_int_equal(sim_count(world, SIM_HEED), i + 1);
        check_heeded(world, cases[i].word, cases[i].asked_ms, 0);
        sim_check_error(caller, cases[i].code);
        assert_int_equal(caller->error.retry_after_ms, 9000);
    }
}

static void test_other_answers_are_nobodys_business(void **state) {
    static const int statuses[] = {404, 401, 400};
    sim_world *world = *state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        sim_answer_status(world, world->transfer_count - 1, statuses[i], 0);
        sim_advance(world, 100000);
    }
    sim_board(world, &(sim_wish){.id = 53});
    sim_step(world);
    sim_answer(world, world->transfer_count - 1, SIM_ISSUE(53));
    assert_int_equal(sim_count(world, SIM_HEED), 0);
}

/* Each try that fails counts, and an answer after failures; as everybody's business. */
static void test_failures_are_told(void **state) {
    static const struct {
        cvi_response_kind kind;
        int http_status;
        int64_t asked_ms;
        cvi_service_word word;
    } cases[] = {{CVI_RESPONSE_NETWORK, 0, 0, CVI_SERVICE_UNREACHABLE},
                 {CVI_RESPONSE_TIMEOUT, 0, 0, CVI_SERVICE_UNREACHABLE},
                 {CVI_RESPONSE_ANSWER, 500, 0, CVI_SERVICE_FAILS},
                 {CVI_RESPONSE_ANSWER, 500, 9000, CVI_SERVICE_FAILS},
                 {CVI_RESPONSE_ANSWER, 503, 0, CVI_SERVICE_FAILS},
                 {CVI_RESPONSE_ANSWER, 503, 9000, CVI_SERVICE_OVERLOADED}};
    sim_world *world = *state;
    world->options.max_retries = 1;
    sim_reopen(world);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        for (size_t tries = 1; tries <= 2; tries++) {
            if (cases[i].kind == CVI_RESPONSE_ANSWER) {
                sim_answer_status(world, world->transfer_count - 1, cases[i].http_status,
                                  cases[i].asked_ms);
            } else {
                sim_break(world, world->transfer_count - 1, cases[i].kind);
            }
            assert_int_equal(sim_count(world, SIM_HEED), 2 * i + tries);
            check_heeded(world, cases[i].word, cases[i].asked_ms, 0);
            sim_advance(world, 9000);
        }
    }
}

static void test_broken_answers_are_no_failures(void **state) {
    static const cvi_response_kind kinds[] = {CVI_RESPONSE_BROKEN, CVI_RESPONSE_TOO_LARGE,
                                              CVI_RESPONSE_REDIRECT_REFUSED, CVI_RESPONSE_NO_MEMORY,
                                              CVI_RESPONSE_DEAD_CONNECTION};
    sim_world *world = *state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        sim_break(world, world->transfer_count - 1, kinds[i]);
        sim_advance(world, 4000);
        while (world->transfers[world->transfer_count - 1].open) {
            sim_answer(world, world->transfer_count - 1, SIM_ISSUE(52));
        }
    }
    assert_int_equal(sim_count(world, SIM_HEED), 0);
}

static void test_an_answer_after_a_failure_is_told(void **state) {
    static const sim_reply after_failure = {.has_failed = true};
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &after_failure);
    sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    assert_int_equal(sim_count(world, SIM_HEED), 1);
    check_heeded(world, CVI_SERVICE_ANSWERS, 0, 0);
    sim_board(world, &(sim_wish){.id = 53});
    sim_step(world);
    sim_answer(world, 1, SIM_ISSUE(53));
    assert_int_equal(sim_count(world, SIM_HEED), 1);
}

/* The file is locked when a try fails: it is told soon, and the next try is when it would be. */
static void test_a_failure_is_told_within_the_delay(void **state) {
    sim_world *world = *state;
    sim_busy(world, SIM_HEED, 2);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer_status(world, 0, 503, 9000);
    for (int i = 0; i < 6; i++) {
        sim_advance(world, 1);
    }
    assert_int_equal(sim_count(world, SIM_HEED), 3);
    sim_advance(world, 9000 - 7);
    assert_int_equal(sim_count(world, SIM_CLAIM), 1);
    sim_advance(world, 1);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* Nor does a file that cannot be written keep those waiting who would not wait for the service. */
static void test_who_would_not_wait_is_told_without_the_file(void **state) {
    sim_world *world = *state;
    for (int i = 0; i < 4; i++) {
        sim_fail(world, SIM_HEED);
    }
    sim_caller *hurried = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = CV_NO_WAIT});
    sim_caller *patient = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer_status(world, 0, 503, 9000);
    sim_check_error(hurried, CV_ERROR_SERVER);
    assert_int_equal(hurried->error.retry_after_ms, 9000);
    while (sim_count(world, SIM_HEED) < 5) {
        sim_advance(world, 50);
    }
    sim_check_waiting(patient);
    sim_advance(world, 9000);
    sim_answer(world, 1, SIM_ISSUE(52));
    sim_check_source(patient, 52, CV_SOURCE_SHARED);
}

/* The caller is told a minute where the file cannot say, and at once; nothing else is sent before
 * the file has it, or that minute is over. */
static void test_a_refusal_that_cannot_be_told(void **state) {
    static const size_t failures[] = {3, SIM_SCRIPT_MAX};
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        sim_world *world = sim_new(0, false);
        bool for_ever = failures[i] == SIM_SCRIPT_MAX;
        for (size_t failed = 0; failed < failures[i]; failed++) {
            sim_fail(world, SIM_HEED);
        }
        sim_caller *refused = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        sim_answer_status(world, 0, 420, 0);
        sim_check_error(refused, CV_ERROR_RATE_LIMITED);
        assert_int_equal(refused->error.retry_after_ms, 60000);
        int64_t start_ms = world->clock.now.boot_ms;
        sim_board(world, &(sim_wish){.id = 53});
        while (sim_count(world, SIM_CLAIM) < 2) {
            if (for_ever) {
                world->script_next[SIM_HEED] = 0;
                world->log_length = sim_count(world, SIM_CLAIM) < 2 ? 2 : world->log_length;
            }
            sim_advance(world, 500);
        }
        int64_t waited_ms = world->clock.now.boot_ms - start_ms;
        assert_in_range(waited_ms, for_ever ? 60000 : 1, for_ever ? 61000 : 5000);
        sim_free(world);
    }
    (void)state;
}

/* Meanwhile other calls of the path are told what is known, and calls of other paths go their way.
 */
static void test_who_calls_before_a_refusal_is_told(void **state) {
    sim_world *world = *state;
    for (int i = 0; i < 6; i++) {
        sim_fail(world, SIM_HEED);
    }
    sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer_status(world, 0, 429, 120000);
    sim_caller *hurried = sim_board(world, &(sim_wish){.id = 53, .max_wait_ms = CV_NO_WAIT});
    sim_caller *other = sim_board(world, &(sim_wish){.is_list = true});
    sim_step(world);
    sim_check_error(hurried, CV_ERROR_RATE_LIMITED);
    assert_int_equal(hurried->error.retry_after_ms, 120000);
    assert_non_null(strstr(hurried->error.message, "asked for a pause"));
    sim_answer(world, 1, SIM_ISSUES);
    assert_int_equal(other->deliveries, 1);
    assert_int_equal(other->error.code, CV_OK);
}

/* Two paths are refused, and neither refusal can be written: both hold, whichever came last. */
static void test_each_refusal_that_cannot_be_told_holds(void **state) {
    static const sim_wish hurried[] = {{.id = 53, .max_wait_ms = CV_NO_WAIT},
                                       {.is_list = true, .max_wait_ms = CV_NO_WAIT}};
    sim_world *world = *state;
    for (int i = 0; i < 12; i++) {
        sim_fail(world, SIM_HEED);
    }
    sim_board(world, &(sim_wish){.id = 52});
    sim_board(world, &(sim_wish){.is_list = true});
    sim_step(world);
    sim_answer_status(world, 0, 429, 120000);
    sim_answer_status(world, 1, 429, 90000);
    for (size_t i = 0; i < sizeof(hurried) / sizeof(hurried[0]); i++) {
        sim_caller *caller = sim_board(world, &hurried[i]);
        sim_step(world);
        sim_check_error(caller, CV_ERROR_RATE_LIMITED);
        assert_int_equal(caller->error.retry_after_ms, i == 0 ? 120000 : 90000);
    }
    assert_int_equal(world->transfer_count, 2);
}

/* A block is of all paths; where a pause of the path is longer, that decides. */
static void test_a_block_that_cannot_be_told_holds_for_all(void **state) {
    static const struct {
        sim_wish wish;
        cv_code code;
        int64_t retry_after_ms;
    } cases[] = {{{.id = 54, .max_wait_ms = CV_NO_WAIT}, CV_ERROR_RATE_LIMITED, 120000},
                 {{.is_list = true, .max_wait_ms = CV_NO_WAIT}, CV_ERROR_BLOCKED, 90000}};
    sim_world *world = *state;
    for (int i = 0; i < 12; i++) {
        sim_fail(world, SIM_HEED);
    }
    sim_board(world, &(sim_wish){.id = 52});
    sim_board(world, &(sim_wish){.id = 53});
    sim_step(world);
    sim_answer_status(world, 0, 429, 120000);
    sim_answer_status(world, 1, 403, 90000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_caller *caller = sim_board(world, &cases[i].wish);
        sim_step(world);
        sim_check_error(caller, cases[i].code);
        assert_int_equal(caller->error.retry_after_ms, cases[i].retry_after_ms);
    }
    assert_int_equal(world->transfer_count, 2);
}

/* One refusal cannot be written, and another, which is of everything, waits for a lock: nothing is
 * claimed before that one is told. */
static void test_a_refusal_that_cannot_be_told_opens_nothing(void **state) {
    sim_world *world = *state;
    sim_board(world, &(sim_wish){.id = 52});
    sim_board(world, &(sim_wish){.id = 53});
    sim_step(world);
    sim_fail(world, SIM_HEED);
    sim_fail(world, SIM_HEED);
    sim_answer_status(world, 0, 429, 120000);
    size_t failed = sim_count(world, SIM_HEED);
    sim_busy(world, SIM_HEED, 6);
    sim_answer_status(world, 1, 403, 90000);
    sim_board(world, &(sim_wish){.is_list = true});
    sim_step(world);
    while (sim_count(world, SIM_HEED) < failed + 6) {
        assert_int_equal(sim_count(world, SIM_CLAIM), 2);
        sim_advance(world, 1);
    }
}

/* ---- probes ---- */

static void test_what_comes_of_a_probe_is_told(void **state) {
    static const struct {
        int http_status;
        cvi_service_word word;
    } cases[] = {{404, CVI_SERVICE_ANSWERS},
                 {401, CVI_SERVICE_ANSWERS},
                 {500, CVI_SERVICE_FAILS},
                 {420, CVI_SERVICE_LIMITS}};
    sim_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_script(world, SIM_CLAIM, &probe);
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        sim_answer_status(world, world->transfer_count - 1, cases[i].http_status, 0);
        check_heeded(world, cases[i].word, 0, world->rows);
        assert_int_equal(sim_count(world, SIM_HEED), i + 1);
        sim_leave(world, caller);
        sim_step(world);
    }
}

static void test_a_good_answer_ends_the_pause(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &probe);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_answer(world, 0, SIM_ISSUE(52));
    check_heeded(world, CVI_SERVICE_ANSWERS, 0, 1);
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* Each try is a probe of its own: the next one is told of before it is claimed. */
static void test_a_redirected_probe_lets_the_next_hop_be_one(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &probe);
    sim_script(world, SIM_CLAIM, &probe);
    sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_redirect(world, 0, "http://127.0.0.1/api/issue/4000-53/");
    assert_int_equal(sim_count(world, SIM_HEED), 1);
    check_heeded(world, CVI_SERVICE_SILENT, 0, 1);
    sim_answer(world, 1, SIM_ISSUE(52));
    check_heeded(world, CVI_SERVICE_ANSWERS, 0, 2);
}

static void test_a_dead_connection_lets_the_next_try_be_the_probe(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM, &probe);
    sim_script(world, SIM_CLAIM, &probe);
    sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_break(world, 0, CVI_RESPONSE_DEAD_CONNECTION);
    check_heeded(world, CVI_SERVICE_SILENT, 0, 1);
    sim_answer(world, 1, SIM_ISSUE(52));
    check_heeded(world, CVI_SERVICE_ANSWERS, 0, 2);
}

/* Nobody is left, and the file is locked: what the probe came to is told all the same. */
static void test_an_abandoned_probe_is_told_of(void **state) {
    sim_world *world = *state;
    world->options.max_retries = 2;
    sim_reopen(world);
    sim_script(world, SIM_CLAIM, &probe);
    sim_busy(world, SIM_HEED, 1);
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_break(world, 0, CVI_RESPONSE_NETWORK);
    sim_leave(world, caller);
    sim_advance(world, 2);
    assert_int_equal(sim_count(world, SIM_HEED), 2);
    check_heeded(world, CVI_SERVICE_UNREACHABLE, 0, 1);
    assert_true(cvi_engine_is_idle(world->engine));
}

/* ---- waiting ---- */

static void test_a_pause_longer_than_patience_is_told(void **state) {
    static const struct {
        cvi_wait_reason reason;
        const char *text;
        cv_code code;
        const char *words;
    } cases[] = {{CVI_WAIT_COOLDOWN, NULL, CV_ERROR_RATE_LIMITED, "asked for a pause"},
                 {CVI_WAIT_BLOCKED, NULL, CV_ERROR_BLOCKED, "blocks"},
                 {CVI_WAIT_FAILING, "it failed 7 times", CV_ERROR_SERVER,
                  "not sent: it failed 7 times, next request in 60000 ms"},
                 {CVI_WAIT_UNREACHABLE, "silence", CV_ERROR_NETWORK, "not sent: silence"}};
    sim_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_script(world, SIM_CLAIM,
                   &(sim_reply){.verdict = CVI_CLAIM_WAIT,
                                .wait_ms = 60000,
                                .reason = cases[i].reason,
                                .reason_text = cases[i].text});
        sim_caller *caller = sim_board(world, &(sim_wish){.id = 52, .max_wait_ms = 5000});
        sim_step(world);
        sim_check_error(caller, cases[i].code);
        assert_int_equal(caller->error.retry_after_ms, 60000);
        assert_true(caller->error.retryable);
        assert_non_null(strstr(caller->error.message, cases[i].words));
    }
    assert_int_equal(world->transfer_count, 0);
}

/* Somebody may lift a long pause: waiting calls look every second. */
static void test_a_pause_is_looked_at_every_second(void **state) {
    sim_world *world = *state;
    for (int i = 0; i < 3; i++) {
        sim_script(world, SIM_CLAIM,
                   &(sim_reply){
                       .verdict = CVI_CLAIM_WAIT, .wait_ms = 3600000, .reason = CVI_WAIT_COOLDOWN});
    }
    sim_caller *caller = sim_board(world, &(sim_wish){.id = 52});
    assert_int_equal(sim_step(world), 1000);
    assert_int_equal(sim_advance(world, 1000), 1000);
    sim_advance(world, 1000);
    sim_advance(world, 1000);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(caller, 52, CV_SOURCE_NETWORK);
}

/* Who comes later is told the same from memory, until the time for the next look has come. */
static void test_who_comes_to_a_host_that_fails(void **state) {
    sim_world *world = *state;
    sim_script(world, SIM_CLAIM,
               &(sim_reply){.verdict = CVI_CLAIM_WAIT,
                            .wait_ms = 8000,
                            .reason = CVI_WAIT_FAILING,
                            .reason_text = "it failed 5 times"});
    sim_caller *patient = sim_board(world, &(sim_wish){.id = 52});
    sim_step(world);
    sim_script(world, SIM_CLAIM,
               &(sim_reply){.verdict = CVI_CLAIM_WAIT,
                            .wait_ms = 8000,
                            .reason = CVI_WAIT_FAILING,
                            .reason_text = "it failed 5 times"});
    sim_caller *hurried = sim_board(world, &(sim_wish){.is_list = true, .max_wait_ms = CV_NO_WAIT});
    sim_step(world);
    sim_check_error(hurried, CV_ERROR_SERVER);
    assert_non_null(strstr(hurried->error.message, "it failed 5 times"));
    sim_caller *late =
        sim_board(world, &(sim_wish){.id = 54, .deadline_boot_ms = world->clock.now.boot_ms + 500});
    sim_script(
        world, SIM_CLAIM,
        &(sim_reply){.verdict = CVI_CLAIM_WAIT, .wait_ms = 8000, .reason = CVI_WAIT_FAILING});
    sim_step(world);
    sim_advance(world, 500);
    sim_check_error(late, CV_ERROR_TIMEOUT);
    assert_non_null(strstr(late->error.message, "the service fails"));
    sim_check_waiting(patient);
}

/* A block of everything is asked about once for all paths, a pause of one path by that path. */
static void test_who_waits_behind_a_pause(void **state) {
    static const struct {
        cvi_wait_reason reason;
        size_t claims;
    } cases[] = {{CVI_WAIT_COOLDOWN, 2},
                 {CVI_WAIT_BLOCKED, 1},
                 {CVI_WAIT_FAILING, 1},
                 {CVI_WAIT_UNREACHABLE, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_world *world = sim_new(0, false);
        const sim_reply refusal = {
            .verdict = CVI_CLAIM_WAIT, .wait_ms = 900, .reason = cases[i].reason};
        sim_script(world, SIM_CLAIM, &refusal);
        sim_script(world, SIM_CLAIM, &refusal);
        sim_caller *first = sim_board(world, &(sim_wish){.id = 52});
        sim_step(world);
        sim_board(world, &(sim_wish){.is_list = true});
        sim_step(world);
        sim_check_waiting(first);
        assert_int_equal(sim_count(world, SIM_CLAIM), 2);
        sim_advance(world, 899);
        assert_int_equal(sim_count(world, SIM_CLAIM), 2);
        sim_script(world, SIM_CLAIM, &refusal);
        sim_script(world, SIM_CLAIM, &refusal);
        sim_advance(world, 1);
        assert_int_equal(sim_count(world, SIM_CLAIM), 2 + cases[i].claims);
        sim_free(world);
    }
    (void)state;
}

#define WITH_SIM(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SIM(test_refusals_are_told_at_once),
        WITH_SIM(test_other_answers_are_nobodys_business),
        WITH_SIM(test_failures_are_told),
        WITH_SIM(test_broken_answers_are_no_failures),
        WITH_SIM(test_an_answer_after_a_failure_is_told),
        WITH_SIM(test_a_failure_is_told_within_the_delay),
        WITH_SIM(test_who_would_not_wait_is_told_without_the_file),
        WITH_SIM(test_who_comes_to_a_host_that_fails),
        cmocka_unit_test(test_a_refusal_that_cannot_be_told),
        WITH_SIM(test_who_calls_before_a_refusal_is_told),
        WITH_SIM(test_each_refusal_that_cannot_be_told_holds),
        WITH_SIM(test_a_block_that_cannot_be_told_holds_for_all),
        WITH_SIM(test_a_refusal_that_cannot_be_told_opens_nothing),
        WITH_SIM(test_what_comes_of_a_probe_is_told),
        WITH_SIM(test_a_good_answer_ends_the_pause),
        WITH_SIM(test_a_redirected_probe_lets_the_next_hop_be_one),
        WITH_SIM(test_a_dead_connection_lets_the_next_try_be_the_probe),
        WITH_SIM(test_an_abandoned_probe_is_told_of),
        WITH_SIM(test_a_pause_longer_than_patience_is_told),
        WITH_SIM(test_a_pause_is_looked_at_every_second),
        cmocka_unit_test(test_who_waits_behind_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
