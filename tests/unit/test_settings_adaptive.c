/* The client's options for the adaptive limit: what may stand there, and what may not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/settings.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const cv_options plain = {
    .size = sizeof(cv_options), .api_key = "key", .database = ":memory:"};

static cvi_settings settings_of(const cv_options *options) {
    cvi_settings settings;
    cv_error error;
    if (!cvi_settings_init(&settings, options, &error)) {
        fail_msg("%s", error.message);
    }
    return settings;
}

static void check_refused(const cv_options *options, cv_code code, const char *words) {
    cvi_settings settings;
    cv_error error;
    assert_false(cvi_settings_init(&settings, options, &error));
    assert_string_equal(cv_code_name(error.code), cv_code_name(code));
    if (strstr(error.message, words) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", words, error.message);
    }
}

static cv_options with_thresholds(int64_t moderate, int64_t high) {
    cv_options options = plain;
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
            check_refused(&options, CV_ERROR_ARGUMENT, "_activity_threshold");
            continue;
        }
        cvi_settings settings = settings_of(&options);
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
        cv_options options = plain;
        options.rate_limit.adaptive.max_user_scaling = cases[i].given;
        if (cases[i].kept == 0.0) {
            check_refused(&options, CV_ERROR_ARGUMENT, "max_user_scaling");
            continue;
        }
        cvi_settings settings = settings_of(&options);
        assert_true(settings.options.rate_limit.adaptive.max_user_scaling == cases[i].kept);
        cvi_settings_clear(&settings);
    }
}

/* Its members took the place of reserved ones: no other member has moved. */
static void test_adaptive_settings_fill_reserved_room(void **state) {
    (void)state;
    cv_options options = plain;
    assert_int_equal(offsetof(cv_rate_limit_settings, adaptive),
                     offsetof(cv_rate_limit_settings, resource_count) + sizeof(size_t));
    assert_int_equal(sizeof(cv_rate_limit_settings),
                     offsetof(cv_rate_limit_settings, adaptive) + 32 * sizeof(int64_t));
    options.rate_limit.adaptive.reserved[7] = 1;
    check_refused(&options, CV_ERROR_ARGUMENT, "cv_options.rate_limit.adaptive");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thresholds_of_activity),
        cmocka_unit_test(test_scaling_of_users),
        cmocka_unit_test(test_adaptive_settings_fill_reserved_room),
    };
    return cmocka_run_group_tests_name("adaptive settings", tests, NULL, NULL);
}
