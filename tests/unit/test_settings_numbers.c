/* The numbers among the client's options: defaults, ranges, and those that must fit together. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/settings_desk.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Each number: where it lies, its default, the ends of its range, and whether it can be off. */
static const struct {
    const char *name;
    size_t offset;
    int64_t fallback;
    int64_t smallest;
    int64_t largest;
    bool can_be_off;
} numbers[] = {
    {"connect_timeout_ms", offsetof(cv_options, connect_timeout_ms), 10000, 1, 86400000, false},
    {"timeout_ms", offsetof(cv_options, timeout_ms), 30000, 1, 86400000, false},
    {"max_wait_ms", offsetof(cv_options, max_wait_ms), 60000, 1, INT64_MAX, true},
    {"max_retries", offsetof(cv_options, max_retries), 2, 1, 100, true},
    {"max_memory_bytes", offsetof(cv_options, max_memory_bytes), CV_NONE, 131072, INT64_MAX, true},
    {"cache.ttl_s", offsetof(cv_options, cache.ttl_s), 3600, 1, 31536000, true},
    {"cache.stale_s", offsetof(cv_options, cache.stale_s), 604800, 1, 31536000, true},
    {"cache.negative_ttl_s", offsetof(cv_options, cache.negative_ttl_s), 300, 1, 31536000, true},
    {"cache.max_bytes", offsetof(cv_options, cache.max_bytes), CV_NONE, 1, INT64_C(1) << 40, true},
    {"cache.max_entry_bytes", offsetof(cv_options, cache.max_entry_bytes), 5242880, 1,
     INT64_C(1) << 40, true},
    {"cache.cleanup_interval_ms", offsetof(cv_options, cache.cleanup_interval_ms), 60000, 1,
     INT64_C(31536000000), true},
    {"dedupe.job_timeout_ms", offsetof(cv_options, dedupe.job_timeout_ms), 300000, 1,
     INT64_C(31536000000), false},
    {"dedupe.lease_ms", offsetof(cv_options, dedupe.lease_ms), 5000, 100, 3600000, false},
    {"rate_limit.limit", offsetof(cv_options, rate_limit.limit), 200, 1, 1000000, false},
    {"rate_limit.window_ms", offsetof(cv_options, rate_limit.window_ms), 3600000, 1,
     INT64_C(31536000000), false},
    {"rate_limit.guard_ms", offsetof(cv_options, rate_limit.guard_ms), 2000, 1, 3600000, true},
    {"rate_limit.min_interval_ms", offsetof(cv_options, rate_limit.min_interval_ms), 1050, 1,
     3600000, true},
    {"rate_limit.circuit_failures", offsetof(cv_options, rate_limit.circuit_failures), 5, 1,
     1000000, true},
    {"rate_limit.circuit_open_ms", offsetof(cv_options, rate_limit.circuit_open_ms), 10000, 1,
     300000, false},
    {"rate_limit.adaptive.monitoring_window_ms",
     offsetof(cv_options, rate_limit.adaptive.monitoring_window_ms), 900000, 1,
     INT64_C(31536000000), false},
    {"rate_limit.adaptive.recalculation_interval_ms",
     offsetof(cv_options, rate_limit.adaptive.recalculation_interval_ms), 30000, 1,
     INT64_C(31536000000), false},
    {"rate_limit.adaptive.sustained_inactivity_threshold_ms",
     offsetof(cv_options, rate_limit.adaptive.sustained_inactivity_threshold_ms), 1800000, 1,
     INT64_C(31536000000), false},
    {"rate_limit.adaptive.min_user_reserved",
     offsetof(cv_options, rate_limit.adaptive.min_user_reserved), 5, 1, 1000000, true},
};

static int64_t number_at(const cv_options *options, size_t offset) {
    int64_t number;
    memcpy(&number, (const char *)options + offset, sizeof(number));
    return number;
}

static cv_options with_number(size_t offset, int64_t number) {
    cv_options options = settings_desk_plain;
    memcpy((char *)&options + offset, &number, sizeof(number));
    return options;
}

static void check_number(size_t offset, int64_t given, int64_t expected) {
    cv_options options = with_number(offset, given);
    cvi_settings settings = settings_desk_make(&options);
    assert_int_equal(number_at(&settings.options, offset), expected);
    cvi_settings_clear(&settings);
}

static void test_numbers_have_defaults_and_ranges(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        size_t offset = numbers[i].offset;
        check_number(offset, 0, numbers[i].fallback);
        check_number(offset, numbers[i].smallest, numbers[i].smallest);
        check_number(offset, numbers[i].largest, numbers[i].largest);
        if (numbers[i].largest < INT64_MAX) {
            cv_options options = with_number(offset, numbers[i].largest + 1);
            settings_desk_refuse(&options, CV_ERROR_ARGUMENT, numbers[i].name);
        }
        cv_options options = with_number(offset, -2);
        settings_desk_refuse(&options, CV_ERROR_ARGUMENT, numbers[i].name);
        if (numbers[i].can_be_off) {
            check_number(offset, CV_NONE, CV_NONE);
        } else {
            options = with_number(offset, CV_NONE);
            settings_desk_refuse(&options, CV_ERROR_ARGUMENT, numbers[i].name);
        }
    }
}

static void test_lease_has_a_least(void **state) {
    (void)state;
    cv_options options = settings_desk_plain;
    options.dedupe.lease_ms = 99;
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT,
                         "dedupe.lease_ms is 99, not from 100 to 3600000");
}

/* ---- the adaptive limit ---- */

static cv_options with_thresholds(int64_t moderate, int64_t high) {
    cv_options options = settings_desk_plain;
    options.rate_limit.adaptive.moderate_activity_threshold = moderate;
    options.rate_limit.adaptive.high_activity_threshold = high;
    return options;
}

static void test_thresholds_of_activity(void **state) {
    (void)state;
    static const struct {
        int64_t moderate;
        int64_t high;
        int64_t kept_moderate; /* 0: refused */
        int64_t kept_high;
    } cases[] = {
        {0, 0, 3, 10},      {9, 0, 9, 10},
        {0, 4, 3, 4},       {1, 2, 1, 2},
        {10, 0, 0, 0},      {0, 3, 0, 0},
        {0, 1, 0, 0},       {7, 7, 0, 0},
        {-1, 10, 0, 0},     {999999, 1000000, 999999, 1000000},
        {3, 1000001, 0, 0}, {3, -1, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cv_options options = with_thresholds(cases[i].moderate, cases[i].high);
        if (cases[i].kept_high == 0) {
            settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "_activity_threshold");
            continue;
        }
        cvi_settings settings = settings_desk_make(&options);
        const cv_adaptive_settings *kept = &settings.options.rate_limit.adaptive;
        assert_int_equal(kept->moderate_activity_threshold, cases[i].kept_moderate);
        assert_int_equal(kept->high_activity_threshold, cases[i].kept_high);
        cvi_settings_clear(&settings);
    }
}

static void test_scaling_of_users(void **state) {
    (void)state;
    static const struct {
        double given;
        double kept; /* 0: refused */
    } cases[] = {{0.0, 2.0},  {-0.0, 2.0},   {1.0, 1.0},  {1.25, 1.25}, {100.0, 100.0},
                 {0.99, 0.0}, {100.01, 0.0}, {-1.0, 0.0}, {NAN, 0.0},   {INFINITY, 0.0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        cv_options options = settings_desk_plain;
        options.rate_limit.adaptive.max_user_scaling = cases[i].given;
        if (cases[i].kept == 0.0) {
            settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "max_user_scaling");
            continue;
        }
        cvi_settings settings = settings_desk_make(&options);
        assert_true(settings.options.rate_limit.adaptive.max_user_scaling == cases[i].kept);
        cvi_settings_clear(&settings);
    }
}

/* Its members took the place of reserved ones: no other member has moved. */
static void test_adaptive_settings_fill_reserved_room(void **state) {
    (void)state;
    cv_options options = settings_desk_plain;
    assert_int_equal(offsetof(cv_rate_limit_settings, adaptive),
                     offsetof(cv_rate_limit_settings, resource_count) + sizeof(size_t));
    if (sizeof(size_t) == sizeof(int64_t)) { /* else those that are sizes are smaller */
        assert_int_equal(sizeof(cv_rate_limit_settings),
                         offsetof(cv_rate_limit_settings, adaptive) + 32 * sizeof(int64_t));
    }
    options.rate_limit.adaptive.reserved[7] = 1;
    settings_desk_refuse(&options, CV_ERROR_ARGUMENT, "cv_adaptive_settings");
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_have_defaults_and_ranges),
        cmocka_unit_test(test_lease_has_a_least),
        cmocka_unit_test(test_thresholds_of_activity),
        cmocka_unit_test(test_scaling_of_users),
        cmocka_unit_test(test_adaptive_settings_fill_reserved_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
