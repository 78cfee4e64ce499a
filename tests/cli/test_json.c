/* JSON: walked through, found in, shown, written. */
#include "json_check.h"
#include "json_read.h"
#include "json_write.h"
#include "unit.h"

static const char record[] =
    "{\"id\": 52, \"name\":\"A \\\"b\\\" \\u00e9\\ud83c\\udf19\\n\", \"none\":null,"
    " \"volume\": { \"id\":7 ,\"name\":\"V, {x}\"}, \"list\":[ 1, [2,3], {\"name\":\"n\"}, null ],"
    "\"empty\":{}, \"no\":[ ], \"is\":true,\"flag\":false,\"deep\":{\"a\":{\"b\":-1.5e3}}}";

static void assert_found(const char *path, const char *expected) {
    cli_slice found = cli_json_find(cli_slice_of(record), path, strlen(path));
    if (!expected) {
        assert_null(found.text);
        return;
    }
    assert_non_null(found.text);
    assert_int_equal(found.length, strlen(expected));
    assert_memory_equal(found.text, expected, found.length);
}

static void test_members_are_found(void **state) {
    (void)state;
    assert_found("id", "52");
    assert_found("none", "null");
    assert_found("volume.name", "\"V, {x}\"");
    assert_found("volume", "{ \"id\":7 ,\"name\":\"V, {x}\"}");
    assert_found("deep.a.b", "-1.5e3");
    assert_found("list", "[ 1, [2,3], {\"name\":\"n\"}, null ]");
    assert_found("no", "[ ]");
    assert_found("absent", NULL);
    assert_found("id.inner", NULL);
    assert_found("list.name", NULL);
    assert_found("volume.absent", NULL);
    assert_found("", NULL);
    assert_found("volume.", NULL);
}

static void test_items_in_order(void **state) {
    (void)state;
    cli_slice list = cli_json_find(cli_slice_of(record), "list", 4);
    static const char *const expected[] = {"1", "[2,3]", "{\"name\":\"n\"}", "null"};
    size_t at = 0;
    cli_slice item;
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_true(cli_json_next(list, &at, NULL, &item));
        assert_int_equal(item.length, strlen(expected[i]));
        assert_memory_equal(item.text, expected[i], item.length);
    }
    assert_false(cli_json_next(list, &at, NULL, &item));
}

/* A text at the end of a page that nobody may read: what is cut is not read beyond. */
static void test_cut_text_ends(void **state) {
    (void)state;
    for (size_t length = 0; length < sizeof(record) - 1; length++) {
        char *cut = malloc(length + 1);
        assert_non_null(cut);
        char *text = realloc(cut, length > 0 ? length : 1); /* no NUL behind it */
        assert_non_null(text);
        memcpy(text, record, length);
        cli_slice slice = {text, length};
        size_t at = 0;
        cli_slice name;
        cli_slice item;
        size_t members = 0;
        while (cli_json_next(slice, &at, &name, &item)) {
            free(cli_json_plain(item));
            free(cli_json_cell(item));
            members++;
        }
        assert_true(members <= 10);
        free(text);
    }
}

static char *plain(const char *path) {
    return cli_json_plain(cli_json_find(cli_slice_of(record), path, strlen(path)));
}

static char *cell(const char *path) {
    return cli_json_cell(cli_json_find(cli_slice_of(record), path, strlen(path)));
}

static void test_values_for_people(void **state) {
    (void)state;
    assert_text(plain("id"), "52");
    assert_text(plain("name"), "A \"b\" \xc3\xa9\xf0\x9f\x8c\x99\n");
    assert_text(plain("none"), "");
    assert_text(plain("absent"), "");
    assert_text(plain("volume"), "V, {x}");
    assert_text(plain("list"), "1, [2,3], n, ");
    assert_text(plain("empty"), "");
    assert_text(plain("is"), "true");
    assert_text(plain("flag"), "");
}

static void test_values_for_programs(void **state) {
    (void)state;
    assert_text(cell("id"), "52");
    assert_text(cell("none"), "");
    assert_text(cell("absent"), "");
    assert_text(cell("flag"), "false");
    assert_text(cell("volume.name"), "V, {x}");
    assert_text(cell("list"), "[ 1, [2,3], {\"name\":\"n\"}, null ]");
}

static void test_escapes(void **state) {
    (void)state;
    static const struct {
        const char *json;
        const char *text;
    } cases[] = {{"\"\\\\ \\/ \\b\\f\\t\\r\"", "\\ / \b\f\t\r"},
                 {"\"\\u0041\\u20AC\"", "A\xe2\x82\xac"},
                 {"\"\\ud83c\"", "\xef\xbf\xbd"},
                 {"\"\\ud83cx\"", "\xef\xbf\xbdx"},
                 {"\"\\ud83c\\u0041\"", "\xef\xbf\xbd"
                                        "A"},
                 {"\"\\udf19\"", "\xef\xbf\xbd"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_text(cli_json_cell(cli_slice_of(cases[i].json)), cases[i].text);
    }
}

static char *pretty(const char *json) {
    cli_text text;
    cli_text_begin(&text);
    cli_json_pretty(text.file, cli_slice_of(json), 0);
    return cli_text_end(&text);
}

static void test_over_several_lines(void **state) {
    (void)state;
    assert_text(pretty("{\"a\":1,\"b\":[true,{\"c\":\"{,}\"}],\"d\":{},\"e\":[]}"),
                "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    {\n      \"c\": \"{,}\"\n    }\n  ],\n"
                "  \"d\": {},\n  \"e\": []\n}");
    assert_text(pretty("\"text\""), "\"text\"");
    assert_text(pretty("[]"), "[]");
}

static void test_writing(void **state) {
    (void)state;
    const int64_t ids[] = {52, 61};
    cli_json json;
    cli_json_begin(&json);
    cli_json_text(&json, "te\"xt", "a\"b\\c\n\x1b[31m\x7f\xc2\x9b\xff\xc3\xa9");
    cli_json_text(&json, "none", NULL);
    cli_json_open(&json, "inner");
    cli_json_number(&json, "n", INT64_MIN);
    cli_json_close(&json);
    cli_json_open(&json, "nothing");
    cli_json_close(&json);
    cli_json_bool(&json, "yes", true);
    cli_json_numbers(&json, "ids", ids, COUNT(ids));
    cli_json_moment(&json, "at", 1767225600999);
    assert_text(cli_json_end(&json),
                "{\"te\\\"xt\":\"a\\\"b\\\\c\\n\\u001b[31m\\u007f\\u009b\xef\xbf\xbd\xc3\xa9\","
                "\"none\":null,\"inner\":{\"n\":-9223372036854775808},\"nothing\":{},\"yes\":true,"
                "\"ids\":[52,61],\"at\":\"2026-01-01T00:00:00Z\"}");
}

/* What would end a text of C is seen to have been there. */
static void test_a_letter_0_ends_nothing(void **state) {
    (void)state;
    assert_text(cli_json_cell(cli_slice_of("\"a\\u0000b\"")), "a\xef\xbf\xbd"
                                                              "b");
    assert_text(cli_json_plain(cli_slice_of("\"\\u0000\"")), "\xef\xbf\xbd");
}

static void test_what_is_whole(void **state) {
    (void)state;
    static const char *const whole[] = {
        record,    " {} ",  "[]\n", "[ ]",   "\"\"", "\"\\u00e9\\\\\"",          "0",
        "-0.5E+7", "10e-2", "true", "false", "null", "[1,[2,{\"a\":[]}],\"x\"]", "\"\xc3\xa9\""};
    static const char *const others[] = {
        "",          " ",           "{",          "}",
        "[1,]",      "[,1]",        "{\"a\"}",    "{\"a\":}",
        "{a:1}",     "[1 2]",       "{\"a\":1,}", "[1}",
        "{}{}",      "\"",          "\"\\\"",     "\"\\x\"",
        "\"\\u12\"", "\"\\u00zz\"", "\"a\nb\"",   "01",
        "-",         "1.",          ".5",         "1e",
        "tru",       "nulls",       "nan",        "[true",
        "\"a\"b",    "{\"a\":1",    "{\"a\" 1}",  "'a'",
        "{}\"",      "{}\"a",       "{}tru",      "{}-",
        "{}/",       "0\v",         "\f{}",       "[1,\v2]",
        "\"\v\"",    "\"\f\"",      "{}\xef",     "\xef\xbb\xbf{}",
        "\"\xff\"",  "\"\xc3\"",    "\"\xc3",
    };
    for (size_t i = 0; i < COUNT(whole); i++) {
        assert_true(cli_json_is_whole(cli_slice_of(whole[i])));
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_false(cli_json_is_whole(cli_slice_of(others[i])));
    }
    assert_false(cli_json_is_whole((cli_slice){"\"a\0\"", 4}));
    assert_false(cli_json_is_whole((cli_slice){"{}\0", 3}));
    assert_false(cli_json_is_whole(cli_slice_of(NULL)));
}

/* Whatever is cut off, it shows. */
static void test_no_beginning_is_whole(void **state) {
    (void)state;
    for (size_t length = 0; length < strlen(record); length++) {
        assert_false(cli_json_is_whole((cli_slice){record, length}));
    }
}

static void test_how_deep_is_whole(void **state) {
    (void)state;
    enum { MOST = 200 };
    char text[2 * MOST + 3] = "";
    for (size_t depth = MOST; depth <= MOST + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(cli_json_is_whole((cli_slice){text, 2 * depth}), depth == MOST);
    }
}

/* Only what is open counts as deep. */
static void test_many_beside_each_other_are_whole(void **state) {
    (void)state;
    enum { MANY = 300 };
    char text[MANY * 8 + 2] = "[";
    for (size_t i = 0; i < MANY; i++) {
        memcpy(text + 1 + i * 8, "{},[[]],", 8);
    }
    text[sizeof(text) - 2] = ']'; /* in place of the last comma */
    assert_true(cli_json_is_whole((cli_slice){text, sizeof(text) - 1}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_found),
        cmocka_unit_test(test_items_in_order),
        cmocka_unit_test(test_cut_text_ends),
        cmocka_unit_test(test_values_for_people),
        cmocka_unit_test(test_values_for_programs),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_over_several_lines),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_a_letter_0_ends_nothing),
        cmocka_unit_test(test_what_is_whole),
        cmocka_unit_test(test_no_beginning_is_whole),
        cmocka_unit_test(test_how_deep_is_whole),
        cmocka_unit_test(test_many_beside_each_other_are_whole),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
