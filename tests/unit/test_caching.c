/* Headers about keeping an answer: what is taken from them, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/caching.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- validators ---- */

static const char *etag_of(const char *value) {
    static cvi_validators validators;
    memset(&validators, 'x', sizeof(validators));
    cvi_validators_take_etag(&validators, value);
    return validators.etag;
}

static void test_etags(void **state) {
    static const char *const good[] = {"\"\"", "\"a\"", "W/\"a\"", "\"a,b;c\\d!#~\"", "W/\"\""};
    static const char *const bad[] = {
        "",
        "a",
        "\"",
        "\"a",
        "a\"",
        "*",
        "w/\"a\"",
        "\"a\"b\"",
        "\"a\", \"b\"",
        "\"a b\"",
        "\"a\tb\"",
        "\"a\r\nX: y\"",
        "\"a\x7f\"",
        "\"\xc3\xa4\"",
        " \"a\"",
        "\"a\" ",
        "W/",
        "W/\"",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_string_equal(etag_of(good[i]), good[i]);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_string_equal(etag_of(bad[i]), "");
    }
}

static void test_length_of_etags(void **state) {
    char text[CVI_ETAG_SIZE + 1];
    (void)state;
    memset(text, 'a', sizeof(text));
    text[0] = text[CVI_ETAG_SIZE - 2] = '"';
    text[CVI_ETAG_SIZE - 1] = '\0';
    assert_string_equal(etag_of(text), text);
    text[CVI_ETAG_SIZE - 2] = 'a';
    text[CVI_ETAG_SIZE - 1] = '"';
    text[CVI_ETAG_SIZE] = '\0';
    assert_string_equal(etag_of(text), "");
}

static void test_dates(void **state) {
    static const char good[] = "Sun, 06 Nov 1994 08:49:37 GMT";
    static const char *const bad[] = {
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 PST",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 1994 08:49:3\n GMT",
        "5un, 06 Nov 1994 08:49:37 GMT",
        "Sun, 0x Nov 1994 08:49:37 GMT",
    };
    cvi_validators validators;
    (void)state;
    cvi_validators_take_last_modified(&validators, good);
    assert_string_equal(validators.last_modified, good);
    for (size_t i = 0; i < COUNT(bad); i++) {
        cvi_validators_take_last_modified(&validators, bad[i]);
        assert_string_equal(validators.last_modified, "");
    }
}

static void test_either_is_enough(void **state) {
    cvi_validators validators = {.etag = ""};
    (void)state;
    assert_false(cvi_validators_are_any(&validators));
    cvi_validators_take_etag(&validators, "\"a\"");
    assert_true(cvi_validators_are_any(&validators));
    cvi_validators_take_etag(&validators, "");
    cvi_validators_take_last_modified(&validators, "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_true(cvi_validators_are_any(&validators));
}

/* ---- Cache-Control ---- */

typedef struct control_case {
    const char *value;
    cvi_cache_control control;
} control_case;

#define AGE(seconds) .is_said = true, .has_max_age = true, .max_age_ms = INT64_C(1000) * (seconds)

static const control_case control_cases[] = {
    {"", {.is_said = false}},
    {"private, s-maxage=5, immutable", {.is_said = false}},
    {"max-age=60", {AGE(60)}},
    {"MAX-AGE=60", {AGE(60)}},
    {" public ,\tmax-age=\"60\" ", {AGE(60)}},
    {"max-age=60, max-age=30, max-age=90", {AGE(30)}},
    {"max-age=0", {AGE(0)}},
    {"max-age=-1", {AGE(0)}},
    {"max-age=soon", {AGE(0)}},
    {"max-age=", {AGE(0)}},
    {"max-age=99999999999999999999999", {AGE(31536000)}},
    {"max-age", {.is_said = false}},
    {"xmax-age=60", {.is_said = false}},
    {"no-store", {.is_said = true, .no_store = true}},
    {"must-revalidate, max-age=5", {AGE(5), .must_revalidate = true}},
    {"no-cache", {AGE(0), .must_revalidate = true}},
    {"no-cache, max-age=60", {AGE(0), .must_revalidate = true}},
    {"no-cache=\"a, no-store\"", {.is_said = false}},
    {"ext=\"no-store, max-age=5\", max-age=7", {AGE(7)}},
    {"ext=\"no-store", {.is_said = false}},
    {",,,no-store,,", {.is_said = true, .no_store = true}},
    {"no-stored", {.is_said = false}},
};

static void check_control(const cvi_cache_control *seen, const control_case *expected) {
    const cvi_cache_control *wanted = &expected->control;
    if (seen->is_said != wanted->is_said || seen->has_max_age != wanted->has_max_age ||
        seen->max_age_ms != wanted->max_age_ms || seen->no_store != wanted->no_store ||
        seen->must_revalidate != wanted->must_revalidate) {
        fail_msg("wrong: %s", expected->value);
    }
}

static void test_cache_control(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(control_cases); i++) {
        cvi_cache_control control = {.is_said = false};
        cvi_cache_control_add(&control, control_cases[i].value);
        check_control(&control, &control_cases[i]);
    }
}

static void test_several_headers_add_up(void **state) {
    const control_case together = {"several", {AGE(20), .no_store = true}};
    cvi_cache_control control = {.is_said = false};
    (void)state;
    cvi_cache_control_add(&control, "max-age=30");
    cvi_cache_control_add(&control, "no-store");
    cvi_cache_control_add(&control, "max-age=20");
    check_control(&control, &together);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_etags),         cmocka_unit_test(test_length_of_etags),
        cmocka_unit_test(test_dates),         cmocka_unit_test(test_either_is_enough),
        cmocka_unit_test(test_cache_control), cmocka_unit_test(test_several_headers_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
