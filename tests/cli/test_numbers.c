/* Numbers and durations, as they are typed and as they are shown. */
#include "duration.h"
#include "number.h"
#include "unit.h"

static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t number;
    } good[] = {{"0", 0},
                {"52", 52},
                {"-1", -1},
                {"+7", 7},
                {"007", 7},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t number = 99;
        assert_true(cli_number_parse(good[i].text, &number));
        assert_int_equal(number, good[i].number);
    }
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "1x",
                                      "x",
                                      "-",
                                      "--1",
                                      "0x10",
                                      "1.5",
                                      "9223372036854775808",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t number = 99;
        assert_false(cli_number_parse(bad[i], &number));
        assert_int_equal(number, 99);
    }
}

static void test_durations(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"0", 0},         {"90", 90000},      {"500ms", 500},
                {"90s", 90000},   {"15m", 900000},    {"2h", 7200000},
                {"1d", 86400000}, {"1h30m", 5400000}, {"1m5", 65000}};
    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t ms = -7;
        assert_true(cli_duration_parse(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    static const char *const bad[] = {"",
                                      "s",
                                      "-5",
                                      "5x",
                                      "1.5h",
                                      "5 s",
                                      "m5",
                                      "1hh",
                                      "9223372036854775807d",
                                      "99999999999999999999",
                                      "106751991167d106751991167d"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ms = -7;
        assert_false(cli_duration_parse(bad[i], &ms));
        assert_int_equal(ms, -7);
    }
}

/* What is not over yet is never said to be. */
static void test_clock(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{-5, "0:00"},      {0, "0:00"},          {1, "0:01"},
                 {1000, "0:01"},    {1001, "0:02"},       {59000, "0:59"},
                 {761000, "12:41"}, {3600000, "1:00:00"}, {INT64_MAX, "2562047788015:12:56"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CLI_DURATION_SIZE];
        cli_duration_clock(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* What is read back as the same. */
static void test_exact(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0ms"},          {1, "1ms"},
                 {999, "999ms"},      {1000, "1s"},
                 {90000, "90s"},      {60000, "1m"},
                 {7200000, "2h"},     {86400000, "1d"},
                 {90060000, "1501m"}, {INT64_MAX, "9223372036854775807ms"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CLI_DURATION_SIZE];
        int64_t ms = -1;
        cli_duration_exact(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
        assert_true(cli_duration_parse(text, &ms));
        assert_int_equal(ms, cases[i].ms);
    }
}

static void test_rough(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0 s"},       {59999, "59 s"},    {60000, "1 min"},  {3599999, "59 min"},
                 {7200000, "2 h"}, {86399999, "23 h"}, {172800000, "2 d"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CLI_DURATION_SIZE];
        cli_duration_rough(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_durations),
        cmocka_unit_test(test_clock),   cmocka_unit_test(test_exact),
        cmocka_unit_test(test_rough),
    };
    return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
