/* The helpers for texts that are easily read wrong: aliases and dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <comicvine.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- aliases ---- */

enum { ALIASES_MAX = 4 };

static void test_aliases(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *items[ALIASES_MAX + 1];
    } cases[] = {
        {NULL, {NULL}},
        {"", {NULL}},
        {"One", {"One"}},
        {"One\nTwo", {"One", "Two"}},
        {"One\r\nTwo\r\nThree", {"One", "Two", "Three"}},
        {"One\r\nTwo\nThree", {"One", "Two", "Three"}},
        {"One\r\n", {"One"}},
        {"One\n", {"One"}},
        {"\r\n\nOne\n\n\r\n  \nTwo", {"One", "Two"}},
        {"  One\t\r\n Two and more ", {"One", "Two and more"}},
        {"Bell, Book, Candle", {"Bell, Book, Candle"}},
        {"One\nOne", {"One", "One"}},
        {"\xC3\x89t\xC3\xA9\n\xC2\xBD", {"\xC3\x89t\xC3\xA9", "\xC2\xBD"}},
        {" \r\n\t", {NULL}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cv_text_list *list = cv_aliases(cases[i].text);
        assert_non_null(list);
        size_t count = 0;
        for (; cases[i].items[count] != NULL; count++) {
            assert_true(count < list->count);
            assert_string_equal(list->items[count], cases[i].items[count]);
        }
        assert_int_equal(list->count, count);
        cv_free(list);
    }
}

/* The list has copies: it outlives the record that the text came from. */
static void test_aliases_are_copies(void **state) {
    (void)state;
    char text[] = "One\nTwo";
    cv_text_list *list = cv_aliases(text);
    memset(text, 'x', sizeof(text) - 1);
    assert_string_equal(list->items[0], "One");
    assert_string_equal(list->items[1], "Two");
    cv_free(list);
}

static void test_many_aliases(void **state) {
    (void)state;
    enum { LINES = 1000 };
    char text[3 * LINES + 1];
    for (size_t i = 0; i < LINES; i++) {
        memcpy(text + 3 * i, "a\r\n", 3);
    }
    text[3 * LINES] = '\0';
    cv_text_list *list = cv_aliases(text);
    assert_int_equal(list->count, LINES);
    assert_string_equal(list->items[LINES - 1], "a");
    cv_free(list);
}

/* ---- dates ---- */

static void test_dates(void **state) {
    (void)state;
    static const struct {
        const char *text;
        cv_date expected;
    } cases[] = {
        {"1952-10-01", {.year = 1952, .month = 10, .day = 1}},
        {"0001-01-01", {.year = 1, .month = 1, .day = 1}},
        {"9999-12-31", {.year = 9999, .month = 12, .day = 31}},
        {"1493-11-17", {.year = 1493, .month = 11, .day = 17}},
        {"2008-06-06 11:27:03",
         {.year = 2008,
          .month = 6,
          .day = 6,
          .hour = 11,
          .minute = 27,
          .second = 3,
          .has_time = true}},
        {"1963-10-23 00:00:00", {.year = 1963, .month = 10, .day = 23, .has_time = true}},
        {"2020-12-02 00:00:00.000000", {.year = 2020, .month = 12, .day = 2, .has_time = true}},
        {"2020-12-02 23:59:59.5",
         {.year = 2020,
          .month = 12,
          .day = 2,
          .hour = 23,
          .minute = 59,
          .second = 59,
          .has_time = true}},
        {"Dec 4, 1920", {.year = 1920, .month = 12, .day = 4}},
        {"Nov 17, 1493", {.year = 1493, .month = 11, .day = 17}},
        {"Jan 01, 1754", {.year = 1754, .month = 1, .day = 1}},
        {"2000-02-29", {.year = 2000, .month = 2, .day = 29}},
        {"Feb 29, 1896", {.year = 1896, .month = 2, .day = 29}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cv_date date;
        memset(&date, 0x55, sizeof(date));
        assert_true(cv_date_parse(cases[i].text, &date));
        assert_ptr_equal(date.text, cases[i].text);
        assert_int_equal(date.year, cases[i].expected.year);
        assert_int_equal(date.month, cases[i].expected.month);
        assert_int_equal(date.day, cases[i].expected.day);
        assert_int_equal(date.hour, cases[i].expected.hour);
        assert_int_equal(date.minute, cases[i].expected.minute);
        assert_int_equal(date.second, cases[i].expected.second);
        assert_int_equal(date.has_time, cases[i].expected.has_time);
    }
}

static void test_what_is_no_date(void **state) {
    (void)state;
    static const char *const texts[] = {
        NULL,
        "",
        " ",
        "1952",
        "1952-10",
        "1952-10-1",
        "1952-1-01",
        "1952-00-01",
        "1952-13-01",
        "1952-10-00",
        "1952-10-32",
        "1952-04-31",
        "0000-00-00",
        "0000-01-01",
        "1900-02-29",
        "2001-02-29",
        "19521-01-01",
        "-1952-10-01",
        "1952-10-01 ",
        " 1952-10-01",
        "1952-10-01x",
        "1952/10/01",
        "1952-10-01T11:27:03",
        "1952-10-01 11:27",
        "1952-10-01 24:00:00",
        "1952-10-01 11:60:00",
        "1952-10-01 11:27:60",
        "1952-10-01 11:27:03.",
        "1952-10-01 11:27:03.1234567",
        "1952-10-01 11:27:03Z",
        "Dec 4 1920",
        "Dec  4, 1920",
        "Dec 4,1920",
        "Dec , 1920",
        "Dec 4, 19201",
        "Dec 4, 192",
        "Dec 32, 1920",
        "Feb 29, 1900",
        "Foo 4, 1920",
        "dec 4, 1920",
        "December 4, 1920",
        "De",
        "unknown",
    };
    static const cv_date nothing;
    for (size_t i = 0; i < COUNT(texts); i++) {
        cv_date date;
        memset(&date, 0x55, sizeof(date));
        if (cv_date_parse(texts[i], &date)) {
            fail_msg("\"%s\" was read as a date", texts[i] != NULL ? texts[i] : "NULL");
        }
        assert_ptr_equal(date.text, texts[i]);
        assert_int_equal(cv_date_compare(&date, &nothing), 0);
        assert_false(date.has_time);
    }
}

/* Each text is before the next one. */
static void test_dates_in_order(void **state) {
    (void)state;
    static const char *const texts[] = {
        "0999-12-31",          "Nov 17, 1493", "Dec 4, 1820",         "1899-12-31",
        "1899-12-31 00:00:01", "Jan 1, 1900",  "1900-01-01 00:01:00", "1900-01-01 01:00:00",
        "1900-01-02",          "1900-02-01",   "2038-01-19 03:14:08",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t k = 0; k < COUNT(texts); k++) {
            cv_date one;
            cv_date other;
            assert_true(cv_date_parse(texts[i], &one));
            assert_true(cv_date_parse(texts[k], &other));
            int order = cv_date_compare(&one, &other);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
}

/* ---- filters ---- */

static void test_filters(void **state) {
    (void)state;
    char filter[64] = "";
    assert_true(cv_filter_add(filter, sizeof(filter), "name", "Wick & Co: 2"));
    assert_string_equal(filter, "name:Wick & Co: 2");
    assert_true(cv_filter_add(filter, sizeof(filter), "id", "1|2|3"));
    assert_string_equal(filter, "name:Wick & Co: 2,id:1|2|3");
}

static void test_values_that_would_add_a_filter(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"name", "Wick,id:1"}, {"name", ","},     {"name", ""},    {"name", NULL},
        {"name", "a\nb"},      {"name", "a\x7F"}, {"", "x"},       {NULL, "x"},
        {"name:x,id", "1"},    {"name:x", "1"},   {"na\tme", "x"},
    };
    char filter[64] = "volume:796";
    for (size_t i = 0; i < COUNT(pairs); i++) {
        assert_false(cv_filter_add(filter, sizeof(filter), pairs[i][0], pairs[i][1]));
        assert_string_equal(filter, "volume:796");
    }
}

static void test_filters_need_room(void **state) {
    (void)state;
    for (size_t size = 1; size < 20; size++) {
        char filter[20];
        memset(filter, 'x', sizeof(filter));
        filter[0] = '\0';
        bool fits = size > strlen("name:Wick");
        assert_int_equal(cv_filter_add(filter, size, "name", "Wick"), fits);
        assert_string_equal(filter, fits ? "name:Wick" : "");
        size_t needed = strlen(fits ? "name:Wick,id:1" : "id:1") + 1;
        assert_int_equal(cv_filter_add(filter, size, "id", "1"), size >= needed);
        assert_int_equal(filter[19], 'x');
    }
}

/* Nothing is read beyond the array: what holds no NUL is no text. */
static void test_filters_without_an_array(void **state) {
    (void)state;
    char filter[4] = {'i', 'd', ':', '1'};
    char longer[16] = "id:1";
    assert_false(cv_filter_add(NULL, 0, "name", "x"));
    assert_false(cv_filter_add(NULL, 64, "name", "x"));
    assert_false(cv_filter_add(filter, 0, "name", "x"));
    assert_false(cv_filter_add(filter, sizeof(filter), "name", "x"));
    assert_memory_equal(filter, "id:1", sizeof(filter));
    assert_false(cv_filter_add(longer, 4, "name", "x"));
    assert_string_equal(longer, "id:1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_aliases_are_copies),
        cmocka_unit_test(test_many_aliases),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_what_is_no_date),
        cmocka_unit_test(test_dates_in_order),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_values_that_would_add_a_filter),
        cmocka_unit_test(test_filters_need_room),
        cmocka_unit_test(test_filters_without_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
