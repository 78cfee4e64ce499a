/* HTTP's dates, against the calendar of the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "support/http_date.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_known_instants(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t unix_s;
    } cases[] = {
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Tue, 29 Feb 2000 23:59:59 GMT", 951868799},
        {"Sat, 01 Jun 2024 12:00:00 GMT", 1717243200},
        {"Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799)},
        {"Xyz, 01 Jan 1970 00:00:01 GMT", 1}, /* the day of the week is nobody's business */
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t unix_s = -1;
        assert_true(cvi_http_date_read(cases[i].text, &unix_s));
        assert_int_equal(unix_s, cases[i].unix_s);
    }
}

/* One instant of every 41 days through four centuries. */
static void test_calendar(void **state) {
    (void)state;
    const int64_t step_s = 41 * 86400 + 3723;
    for (int64_t expected = 0; expected < INT64_C(12622780800); expected += step_s) {
        time_t instant = (time_t)expected;
        struct tm parts;
        char text[64];
        int64_t unix_s = -1;
        assert_non_null(gmtime_r(&instant, &parts));
        assert_true(strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0);
        assert_true(cvi_http_date_has_form(text));
        assert_true(cvi_http_date_read(text, &unix_s));
        assert_int_equal(unix_s, expected);
    }
}

static void test_what_is_no_date(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:3x GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Abc 1994 08:49:37 GMT",
        "Sun, 06 anF 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Wed, 29 Feb 1995 08:49:37 GMT",
        "Mon, 29 Feb 2100 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        int64_t unix_s = 0;
        if (cvi_http_date_read(texts[i], &unix_s)) {
            fail_msg("\"%s\" was taken for a date", texts[i]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_instants),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_what_is_no_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
