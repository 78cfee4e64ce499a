/* How a limit is shared out: each row of the table, both sides of each of its edges, the trends,
 * rounding, and what the reason says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stores/adaptive.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define SUSTAINED_MS INT64_C(1800000)

static const cv_adaptive_settings defaults = {
    .monitoring_window_ms = 900000,
    .high_activity_threshold = 10,
    .moderate_activity_threshold = 3,
    .recalculation_interval_ms = 30000,
    .sustained_inactivity_threshold_ms = SUSTAINED_MS,
    .max_user_scaling = 2.0,
    .min_user_reserved = 5,
};

static cvi_share share_of(const cv_adaptive_settings *settings, int64_t limit,
                          cvi_activity activity) {
    cvi_share share;
    memset(&share, 0x55, sizeof(share));
    cvi_adaptive_share(settings, limit, &activity, &share);
    assert_int_equal(share.recent_user_activity, activity.users);
    assert_true(share.user_reserved >= 0 && share.user_reserved <= limit);
    assert_int_equal(share.background_max, limit - share.user_reserved);
    assert_in_range(strnlen(share.reason, sizeof(share.reason)), 1, sizeof(share.reason) - 1);
    return share;
}

/* Activity in the last minutes, neither rising nor falling. */
static cvi_activity steady(int64_t users) {
    return (cvi_activity){.users = users,
                          .users_late = users > 0 ? 1 : 0,
                          .users_before = users > 0 ? 1 : 0,
                          .since_user_ms = users > 0 ? 0 : CVI_NEVER_ACTIVE,
                          .is_recorded = true};
}

static cvi_activity quiet(int64_t since_user_ms, bool is_recorded) {
    return (cvi_activity){.since_user_ms = since_user_ms, .is_recorded = is_recorded};
}

/* ---- the rows ---- */

typedef struct table_case {
    cvi_activity activity;
    int64_t limit;
    int64_t user_reserved;
} table_case;

static void check_cases(const cv_adaptive_settings *settings, const table_case *cases,
                        size_t count) {
    for (size_t i = 0; i < count; i++) {
        cvi_share share = share_of(settings, cases[i].limit, cases[i].activity);
        if (share.user_reserved != cases[i].user_reserved) {
            fail_msg("case %zu: %lld reserved, not %lld", i, (long long)share.user_reserved,
                     (long long)cases[i].user_reserved);
        }
    }
}

static void test_thresholds_choose_the_row(void **state) {
    (void)state;
    const table_case cases[] = {
        {steady(1000000), 100, 90},
        {steady(11), 100, 90},
        {steady(10), 100, 90},
        {steady(9), 100, 70},
        {steady(3), 100, 52},
        {steady(2), 100, 30},
        {steady(1), 100, 30},
        {steady(0), 100, 5},
        {quiet(CVI_NEVER_ACTIVE, false), 100, 30},
    };
    check_cases(&defaults, cases, COUNT(cases));
}

static void test_high_is_half_times_scaling_but_at_most_nine_tenths(void **state) {
    static const struct {
        double scaling;
        int64_t limit;
        int64_t user_reserved;
    } cases[] = {
        {1.0, 100, 50},   {1.5, 100, 75},   {1.79, 100, 89}, {1.8, 100, 90},  {1.81, 100, 90},
        {100.0, 100, 90}, {1.15, 200, 115}, {1.1, 20, 11},   {1.01, 99, 49},  {2.0, 1, 0},
        {2.0, 2, 1},      {2.0, 11, 9},     {1.0, 1, 0},     {2.0, 200, 180},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cv_adaptive_settings settings = defaults;
        settings.max_user_scaling = cases[i].scaling;
        cvi_share share = share_of(&settings, cases[i].limit, steady(10));
        assert_int_equal(share.user_reserved, cases[i].user_reserved);
    }
}

static void test_moderate_grows_with_activity(void **state) {
    (void)state;
    const table_case cases[] = {
        {steady(3), 100, 52},  {steady(5), 100, 60}, {steady(7), 100, 68}, {steady(8), 100, 70},
        {steady(5), 200, 120}, {steady(3), 10, 5},   {steady(3), 1, 0},    {steady(9), 2, 1},
    };
    check_cases(&defaults, cases, COUNT(cases));
}

static cvi_activity rising(int64_t users) {
    return (cvi_activity){.users = users, .users_late = 2, .users_before = 1, .is_recorded = true};
}

static cvi_activity falling(int64_t users) {
    return (cvi_activity){.users = users, .users_late = 0, .users_before = 1, .is_recorded = true};
}

static void test_moderate_follows_the_trend(void **state) {
    (void)state;
    const table_case cases[] = {
        {rising(3), 100, 62},
        {falling(3), 100, 41},
        {rising(5), 100, 70},
        {falling(5), 100, 48},
    };
    check_cases(&defaults, cases, COUNT(cases));
    /* The factor is bounded before the trend, and never falls below 1. */
    cv_adaptive_settings settings = defaults;
    settings.max_user_scaling = 1.1;
    const table_case bounded[] = {
        {steady(5), 100, 44}, {rising(5), 100, 52}, {falling(5), 100, 40}};
    check_cases(&settings, bounded, COUNT(bounded));
}

static void test_other_rows_do_not_follow_the_trend(void **state) {
    (void)state;
    const table_case cases[] = {
        {rising(10), 100, 90}, {falling(10), 100, 90}, {rising(2), 100, 30}, {falling(2), 100, 30}};
    check_cases(&defaults, cases, COUNT(cases));
}

static void test_low_and_new_keep_three_tenths_or_the_least(void **state) {
    static const struct {
        int64_t limit;
        int64_t user_reserved;
    } cases[] = {{200, 60}, {20, 6}, {19, 5}, {17, 5}, {10, 5},          {6, 5},
                 {5, 5},    {4, 4},  {3, 3},  {1, 1},  {1000000, 300000}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cvi_share low = share_of(&defaults, cases[i].limit, steady(1));
        cvi_share fresh = share_of(&defaults, cases[i].limit, quiet(CVI_NEVER_ACTIVE, false));
        assert_int_equal(low.user_reserved, cases[i].user_reserved);
        assert_int_equal(fresh.user_reserved, cases[i].user_reserved);
    }
}

static void test_inactivity_gives_the_background_everything(void **state) {
    (void)state;
    const table_case cases[] = {
        {quiet(CVI_NEVER_ACTIVE, true), 100, 5}, {quiet(0, true), 100, 5},
        {quiet(900000, false), 100, 5},          {quiet(SUSTAINED_MS, true), 100, 5},
        {quiet(SUSTAINED_MS + 1, true), 100, 0}, {quiet(SUSTAINED_MS + 1, false), 100, 0},
        {quiet(INT64_MAX, true), 100, 0},        {quiet(0, true), 3, 3},
        {quiet(SUSTAINED_MS + 1, true), 3, 0},
    };
    check_cases(&defaults, cases, COUNT(cases));
}

static void test_nothing_need_be_kept_for_users(void **state) {
    (void)state;
    cv_adaptive_settings settings = defaults;
    settings.min_user_reserved = CV_NONE;
    const table_case cases[] = {{steady(1), 10, 3},
                                {quiet(CVI_NEVER_ACTIVE, false), 1, 0},
                                {quiet(CVI_NEVER_ACTIVE, true), 10, 0},
                                {quiet(0, true), 10, 0}};
    check_cases(&settings, cases, COUNT(cases));
}

static void test_largest_limit_does_not_overflow(void **state) {
    (void)state;
    const int64_t tenth = INT64_MAX / 10;
    const table_case cases[] = {
        {steady(10), INT64_MAX, tenth * 9 + 6},
        {steady(9), INT64_MAX, tenth * 7 + 4},
        {steady(1), INT64_MAX, tenth * 3 + 2},
        {quiet(0, true), INT64_MAX, 5},
    };
    check_cases(&defaults, cases, COUNT(cases));
}

/* ---- trend and pause ---- */

static void test_trend_compares_the_last_two_thirds(void **state) {
    static const struct {
        int64_t late;
        int64_t before;
        cvi_trend trend;
    } cases[] = {
        {0, 0, CVI_TREND_NONE},         {1, 0, CVI_TREND_INCREASING},  {0, 1, CVI_TREND_DECREASING},
        {1, 1, CVI_TREND_STABLE},       {3, 2, CVI_TREND_STABLE},      {4, 2, CVI_TREND_INCREASING},
        {31, 20, CVI_TREND_INCREASING}, {30, 20, CVI_TREND_STABLE},    {1, 2, CVI_TREND_STABLE},
        {10, 20, CVI_TREND_STABLE},     {9, 20, CVI_TREND_DECREASING}, {2, 5, CVI_TREND_DECREASING},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cvi_activity activity = {
            .users = 50, .users_late = cases[i].late, .users_before = cases[i].before};
        cvi_share share = share_of(&defaults, 100, activity);
        assert_int_equal(share.trend, cases[i].trend);
        assert_int_equal(share.background_paused, cases[i].trend == CVI_TREND_INCREASING);
    }
}

static void test_only_high_activity_pauses(void **state) {
    (void)state;
    cv_adaptive_settings never = defaults;
    never.no_background_pause = true;
    assert_true(share_of(&defaults, 100, rising(10)).background_paused);
    assert_false(share_of(&defaults, 100, rising(9)).background_paused);
    assert_false(share_of(&defaults, 100, rising(1)).background_paused);
    assert_false(share_of(&defaults, 100, falling(10)).background_paused);
    assert_false(share_of(&never, 100, rising(10)).background_paused);
}

static void test_thirds_are_equally_long(void **state) {
    static const struct {
        int64_t window_ms;
        int64_t late_ms;
        int64_t before_ms;
    } cases[] = {{900000, 300000, 600000}, {3, 1, 2}, {101, 33, 66}, {2, 0, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cv_adaptive_settings settings = defaults;
        int64_t late_from_ms = 0;
        int64_t before_from_ms = 0;
        settings.monitoring_window_ms = cases[i].window_ms;
        cvi_adaptive_thirds(&settings, 5000000, &late_from_ms, &before_from_ms);
        assert_int_equal(5000000 - late_from_ms, cases[i].late_ms);
        assert_int_equal(5000000 - before_from_ms, cases[i].before_ms);
    }
}

/* ---- the reason ---- */

static void test_reason_says_what_and_why(void **state) {
    (void)state;
    const struct {
        cvi_activity activity;
        int64_t window_ms;
        const char *reason;
    } cases[] = {
        {steady(12), 900000, "High user activity (12 requests/15min) - prioritizing users"},
        {rising(12), 900000, "High user activity (12 requests/15min) - prioritizing users"},
        {steady(12), 90000, "High user activity (12 requests/90s) - prioritizing users"},
        {steady(12), 1500, "High user activity (12 requests/1500ms) - prioritizing users"},
        {steady(4), 900000, "Moderate user activity (4 requests/15min) - room set apart for users"},
        {steady(1), 900000, "Low user activity (1 request/15min) - some room kept for users"},
        {quiet(-1, false), 900000, "Nothing recorded yet - some room kept for users"},
        {quiet(-1, true), 900000, "No user activity yet - a little room kept for users"},
        {quiet(0, true), 900000, "No recent user activity - a little room kept for users"},
        {quiet(SUSTAINED_MS + 1, true), 900000,
         "No user activity for more than 30min - all room for the background"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cv_adaptive_settings settings = defaults;
        settings.monitoring_window_ms = cases[i].window_ms;
        cvi_share share = share_of(&settings, 100, cases[i].activity);
        assert_string_equal(share.reason, cases[i].reason);
    }
}

static void test_longest_reason_is_whole(void **state) {
    (void)state;
    cv_adaptive_settings settings = defaults;
    settings.monitoring_window_ms = 31535999999;
    settings.high_activity_threshold = INT64_MAX;
    cvi_share share = share_of(&settings, 100, steady(INT64_MAX - 1));
    assert_string_equal(share.reason, "Moderate user activity (9223372036854775806 requests/"
                                      "31535999999ms) - room set apart for users");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds_choose_the_row),
        cmocka_unit_test(test_high_is_half_times_scaling_but_at_most_nine_tenths),
        cmocka_unit_test(test_moderate_grows_with_activity),
        cmocka_unit_test(test_moderate_follows_the_trend),
        cmocka_unit_test(test_other_rows_do_not_follow_the_trend),
        cmocka_unit_test(test_low_and_new_keep_three_tenths_or_the_least),
        cmocka_unit_test(test_inactivity_gives_the_background_everything),
        cmocka_unit_test(test_nothing_need_be_kept_for_users),
        cmocka_unit_test(test_largest_limit_does_not_overflow),
        cmocka_unit_test(test_trend_compares_the_last_two_thirds),
        cmocka_unit_test(test_only_high_activity_pauses),
        cmocka_unit_test(test_thirds_are_equally_long),
        cmocka_unit_test(test_reason_says_what_and_why),
        cmocka_unit_test(test_longest_reason_is_whole),
    };
    return cmocka_run_group_tests_name("adaptive", tests, NULL, NULL);
}
