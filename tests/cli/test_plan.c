/* How long the budget makes a run take, and how a run of many ends. */
#include "plan.h"
#include "tally.h"
#include "unit.h"

enum { NOW_MS = 1000000, WINDOW_MS = 3600000, INTERVAL_MS = 1050 };

static int64_t wait_for(int64_t remaining, int64_t limit, int64_t next_slot_ms, int64_t requests) {
    const cv_rate_limit_status status = {
        .remaining = remaining, .limit = limit, .next_slot_ms = next_slot_ms};
    return cli_plan_wait_ms(&status, WINDOW_MS, NOW_MS, requests);
}

static void test_waits(void **state) {
    (void)state;
    assert_int_equal(wait_for(200, 200, NOW_MS, 0), 0);
    assert_int_equal(wait_for(200, 200, NOW_MS, 1), 0);
    assert_int_equal(wait_for(200, 200, NOW_MS + 400, 1), 400);
    assert_int_equal(wait_for(200, 200, NOW_MS - 400, 3), 2 * INTERVAL_MS);
    assert_int_equal(wait_for(200, 200, NOW_MS, 200), 199 * INTERVAL_MS);
    assert_int_equal(wait_for(200, 200, NOW_MS, 201), WINDOW_MS);
    assert_int_equal(wait_for(0, 200, NOW_MS + 5000, 1), WINDOW_MS);
    assert_int_equal(wait_for(0, 200, NOW_MS, 200), WINDOW_MS + 199 * INTERVAL_MS);
    assert_int_equal(wait_for(0, 200, NOW_MS, 201), 2 * WINDOW_MS);
    assert_int_equal(wait_for(CV_NONE, CV_NONE, NOW_MS, 1000), 999 * INTERVAL_MS);
    assert_int_equal(wait_for(0, 0, -1, 1), -1);
    assert_int_equal(wait_for(0, 0, -1, 0), 0);
}

static cli_status sum(const cli_status *ends, size_t count, bool *is_over) {
    cli_tally tally = {0};
    for (size_t i = 0; i < count; i++) {
        cli_tally_add(&tally, ends[i]);
    }
    *is_over = tally.is_over;
    return cli_tally_status(&tally);
}

static void test_tallies(void **state) {
    (void)state;
    static const struct {
        cli_status ends[3];
        size_t count;
        cli_status status;
        bool is_over;
    } cases[] = {
        {{CLI_DONE}, 0, CLI_DONE, false},
        {{CLI_DONE, CLI_DONE}, 2, CLI_DONE, false},
        {{CLI_NOT_FOUND}, 1, CLI_NOT_FOUND, false},
        {{CLI_DONE, CLI_NOT_FOUND}, 2, CLI_PARTIAL, false},
        {{CLI_NOT_FOUND, CLI_DONE}, 2, CLI_PARTIAL, false},
        {{CLI_LIMITED, CLI_NOT_FOUND}, 2, CLI_LIMITED, false},
        {{CLI_NETWORK, CLI_DONE, CLI_NETWORK}, 3, CLI_PARTIAL, false},
        {{CLI_DONE, CLI_BLOCKED}, 2, CLI_BLOCKED, true},
        {{CLI_DONE, CLI_KEY}, 2, CLI_KEY, true},
        {{CLI_NOT_FOUND, CLI_INTERRUPTED}, 2, CLI_INTERRUPTED, true},
        {{CLI_DONE, CLI_STORE}, 2, CLI_STORE, true},
        {{CLI_DONE, CLI_FAILED}, 2, CLI_FAILED, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool is_over = false;
        assert_int_equal(sum(cases[i].ends, cases[i].count, &is_over), cases[i].status);
        assert_int_equal(is_over, cases[i].is_over);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_tallies),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
