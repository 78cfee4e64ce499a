/* Cleaning text: broken UTF-8 behind the parser, broken escapes before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resources/text.h"
#include "support/allocator.h"
#include "support/failing_allocator.h"

#define BAD "\xEF\xBF\xBD"

typedef struct text_case {
    const char *text;
    const char *expected;
} text_case;

static void store_must_give(const char *text, size_t length, const char *expected) {
    cvi_arena arena;
    cvi_arena_init(&arena, &cvi_default_allocator, 0);
    const char *stored = cvi_text_store(&arena, text, length);
    assert_non_null(stored);
    assert_ptr_not_equal(stored, text);
    assert_string_equal(stored, expected);
    cvi_arena_clear(&arena);
}

static void test_valid_text_is_kept(void **state) {
    (void)state;
    const char *const texts[] = {
        "",
        "a",
        "exactly8",
        "more than eight bytes of plain text",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF",
        "\xC2\xBD and plain text behind it, long enough for words",
        "long enough for words, and then \xF0\x9F\x98\x80",
        "\xE3\x81\x82\xE3\x81\x84\xE3\x81\x86",
        "\t\r\n\x01\x7F",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        store_must_give(texts[i], strlen(texts[i]), texts[i]);
    }
}

static void test_broken_text_is_repaired(void **state) {
    (void)state;
    /* One replacement for each maximal part of a sequence, as Unicode recommends. */
    const text_case cases[] = {
        {"\x80", BAD},                                 /* stray trail */
        {"\xBF\xBF", BAD BAD},                         /* two of them */
        {"\xC0\x80", BAD BAD},                         /* overlong NUL */
        {"\xC1\xBF", BAD BAD},                         /* overlong DEL */
        {"\xE0\x80\x80", BAD BAD BAD},                 /* overlong, three bytes */
        {"\xE0\x9F\xBF", BAD BAD BAD},                 /* overlong, the largest */
        {"\xF0\x8F\xBF\xBF", BAD BAD BAD BAD},         /* overlong, four bytes */
        {"\xED\xA0\x80", BAD BAD BAD},                 /* encoded surrogate */
        {"\xED\xBF\xBF", BAD BAD BAD},                 /* the last one */
        {"\xF4\x90\x80\x80", BAD BAD BAD BAD},         /* above U+10FFFF */
        {"\xF8\x88\x80\x80\x80", BAD BAD BAD BAD BAD}, /* five bytes */
        {"\xFF", BAD},
        {"\xC3", BAD},          /* cut after one of two */
        {"\xE3\x81", BAD},      /* two of three: one part */
        {"\xF0\x9F\x98", BAD},  /* three of four: one part */
        {"\xE3\x81x", BAD "x"}, /* cut by a letter */
        {"\xF0\x9F\xC3\xA9", BAD "\xC3\xA9"},
        {"a\xFFz", "a" BAD "z"},
        {"12345678\xFF"
         "12345678",
         "12345678" BAD "12345678"},
        {"1234567\xC3", "1234567" BAD},
        {"\xC3\xA9\xFF\xC3\xA9", "\xC3\xA9" BAD "\xC3\xA9"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        store_must_give(cases[i].text, strlen(cases[i].text), cases[i].expected);
    }
}

static void test_length_cuts_a_character(void **state) {
    (void)state;
    store_must_give("\xC3\xA9", 1, BAD);
    store_must_give("ab\xE3\x81\x82", 4, "ab" BAD);
}

/* Every text of two bytes: the outcome must be valid, and unchanged where the bytes were. */
static void test_all_pairs_of_bytes(void **state) {
    (void)state;
    for (int first = 1; first < 256; first++) {
        for (int second = 1; second < 256; second++) {
            const char text[] = {(char)first, (char)second, '\0'};
            cvi_arena arena;
            cvi_arena_init(&arena, &cvi_default_allocator, 0);
            const char *once = cvi_text_store(&arena, text, 2);
            const char *twice = cvi_text_store(&arena, once, strlen(once));
            assert_string_equal(once, twice);
            bool is_ascii = first < 0x80 && second < 0x80;
            bool is_pair = first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF;
            assert_int_equal(strcmp(once, text) == 0, is_ascii || is_pair);
            cvi_arena_clear(&arena);
        }
    }
}

static void repair_must_give(const char *json, const char *expected) {
    cvi_arena arena;
    cvi_arena_init(&arena, &cvi_default_allocator, 0);
    size_t size = strlen(json);
    const char *repaired = cvi_text_repair_escapes(&arena, json, size);
    assert_non_null(repaired);
    assert_int_equal(strlen(expected), size);
    assert_memory_equal(repaired, expected, size);
    if (strcmp(json, expected) == 0) {
        assert_ptr_equal(repaired, json);
    }
    cvi_arena_clear(&arena);
}

static void test_good_escapes_are_kept(void **state) {
    (void)state;
    const char *const texts[] = {
        "",
        "no escape",
        "http:\\/\\/host\\/path",
        "\\u00e9 \\u20AC \\uFFFF \\u0001",
        "\\ud83d\\ude00",
        "\\uD83D\\uDE00 twice \\uDBFF\\uDFFF",
        "\\\\ud83d",     /* an escaped backslash, then letters */
        "\\\\\\\\u0000", /* two of them */
        "\\u12",         /* cut: the parser's business */
        "\\u12zz",
        "\\",
        "\\u",
        "\\\"\\n\\t",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        repair_must_give(texts[i], texts[i]);
    }
}

static void test_bad_escapes_are_replaced(void **state) {
    (void)state;
    const text_case cases[] = {
        {"\\u0000", "\\ufffd"},
        {"\\ud83d", "\\ufffd"},
        {"\\uDE00", "\\ufffd"},
        {"\\ud83dx", "\\ufffdx"},
        {"\\ud83d\\u0041", "\\ufffd\\u0041"},
        {"\\ud83d\\ud83d\\ude00", "\\ufffd\\ud83d\\ude00"},
        {"\\ude00\\ud83d", "\\ufffd\\ufffd"},
        {"\\ud83d\\n", "\\ufffd\\n"},
        {"\\ud83d\\\\ude00", "\\ufffd\\\\ude00"},
        {"\\\\\\ud83d", "\\\\\\ufffd"},
        {"a\\u0000b\\u0000c", "a\\ufffdb\\ufffdc"},
        {"\\ud83d\\ude00\\ude00", "\\ud83d\\ude00\\ufffd"},
        {"\\ud83d\\ude0", "\\ufffd\\ude0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        repair_must_give(cases[i].text, cases[i].expected);
    }
}

static void test_without_memory(void **state) {
    (void)state;
    failing_allocator memory;
    failing_allocator_init(&memory, 1, true);
    cvi_arena arena;
    cvi_arena_init(&arena, &memory.allocator, 0);
    assert_null(cvi_text_store(&arena, "plain", 5));
    assert_null(cvi_text_store(&arena, "\xFF", 1));
    assert_null(cvi_text_repair_escapes(&arena, "\\u0000", 6));
    const char *good = "\\u0041";
    assert_ptr_equal(cvi_text_repair_escapes(&arena, good, 6), good);
    cvi_arena_clear(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_text_is_kept),
        cmocka_unit_test(test_broken_text_is_repaired),
        cmocka_unit_test(test_length_cuts_a_character),
        cmocka_unit_test(test_all_pairs_of_bytes),
        cmocka_unit_test(test_good_escapes_are_kept),
        cmocka_unit_test(test_bad_escapes_are_replaced),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
