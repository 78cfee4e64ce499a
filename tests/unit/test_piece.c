/* Parts of texts, and sets of names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resources/piece.h"
#include "support/failing_allocator.h"

/* The parts of a text, each in brackets. */
static void parts_must_be(const char *text, const char *expected) {
    char array[64];
    cvi_buffer out;
    cvi_buffer_over(&out, array, sizeof(array));
    cvi_piece rest = cvi_piece_of(text);
    bool has_more = true;
    while (has_more) {
        cvi_piece part;
        has_more = cvi_piece_cut(&rest, ',', &part);
        cvi_buffer_add_char(&out, '[');
        cvi_buffer_add(&out, part.text, part.length);
        cvi_buffer_add_char(&out, ']');
    }
    assert_int_equal(rest.length, 0);
    assert_string_equal(array, expected);
}

static void test_parts(void **state) {
    (void)state;
    parts_must_be("", "[]");
    parts_must_be("a", "[a]");
    parts_must_be("a,bc,", "[a][bc][]");
    parts_must_be(",,a", "[][][a]");
}

static void trimmed_must_be(const char *text, const char *expected) {
    cvi_piece trimmed = cvi_piece_trim(cvi_piece_of(text));
    assert_true(cvi_piece_is(trimmed, expected));
}

static void test_blanks_at_the_ends(void **state) {
    (void)state;
    trimmed_must_be("", "");
    trimmed_must_be(" \t\r ", "");
    trimmed_must_be("a", "a");
    trimmed_must_be("  a b\t", "a b");
    trimmed_must_be("\na\n", "\na\n");
    trimmed_must_be("\xC2\xA0", "\xC2\xA0"); /* no blank of ours */
}

static void test_equality_is_exact(void **state) {
    (void)state;
    assert_true(cvi_piece_is((cvi_piece){"name:x", 4}, "name"));
    assert_false(cvi_piece_is((cvi_piece){"name:x", 4}, "names"));
    assert_false(cvi_piece_is((cvi_piece){"name:x", 4}, "nam"));
    assert_true(cvi_piece_is((cvi_piece){"x", 0}, ""));
}

static void shown_must_be(const char *text, const char *expected) {
    char array[CVI_PIECE_SHOWN_SIZE];
    cvi_buffer out;
    cvi_buffer_over(&out, array, sizeof(array));
    cvi_buffer_add_text(&out, "");
    cvi_piece_show(cvi_piece_of(text), &out);
    assert_false(out.failed);
    assert_string_equal(array, expected);
}

static void test_what_is_shown(void **state) {
    (void)state;
    shown_must_be("plain %s", "plain %s");
    shown_must_be("\xC3\xA9\n\x7F", "????");
    shown_must_be("123456789012345678901234567890123456789012345678",
                  "123456789012345678901234567890123456789012345678");
    shown_must_be("1234567890123456789012345678901234567890123456789",
                  "123456789012345678901234567890123456789012345678...");
}

static void test_faults(void **state) {
    (void)state;
    char text[2050];
    memset(text, 'a', sizeof(text));
    assert_null(cvi_piece_fault((cvi_piece){text, 2048}));
    assert_string_equal(cvi_piece_fault((cvi_piece){text, 2049}), "is longer than 2048 bytes");
    assert_null(cvi_piece_fault(cvi_piece_of("")));
    assert_null(cvi_piece_fault(cvi_piece_of("\xC3\xA9 ,:|")));
    assert_string_equal(cvi_piece_fault(cvi_piece_of("a\tb")), "holds a control character");
    assert_string_equal(cvi_piece_fault(cvi_piece_of("\x7F")), "holds a control character");
}

/* A full buffer is the caller's fault, one without memory is not. */
static void test_checks_end(void **state) {
    (void)state;
    char array[4];
    cvi_buffer out;
    cv_error error = {0};
    cvi_buffer_over(&out, array, sizeof(array));
    cvi_buffer_add_text(&out, "abc");
    assert_true(cvi_piece_finish(&out, "issues", &error));
    assert_int_equal(error.code, CV_OK);
    cvi_buffer_add_text(&out, "d");
    assert_false(cvi_piece_finish(&out, "issues", &error));
    assert_int_equal(error.code, CV_ERROR_ARGUMENT);
    assert_int_equal(error.retryable, 0);
    assert_string_equal(error.message, "issues: a text is longer than 3 bytes when checked");
    failing_allocator memory;
    failing_allocator_init(&memory, 1, false);
    cvi_buffer_init(&out, &memory.allocator, 64);
    cvi_buffer_add_text(&out, "abc");
    assert_false(cvi_piece_finish(&out, "issues", &error));
    assert_int_equal(error.code, CV_ERROR_NOMEM);
    cvi_buffer_free(&out);
}

static void test_sets_are_sorted_and_without_repeats(void **state) {
    (void)state;
    static const char *const names[] = {"name", "id", "names", "deck", "id", "", "nam"};
    cvi_name_set set = {.count = 0};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(cvi_names_add(&set, cvi_piece_of(names[i])));
        assert_true(cvi_names_have(&set, cvi_piece_of(names[i])));
    }
    assert_false(cvi_names_have(&set, cvi_piece_of("na")));
    char array[64];
    cvi_buffer out;
    cvi_buffer_over(&out, array, sizeof(array));
    cvi_names_write(&set, &out);
    assert_string_equal(array, ",deck,id,nam,name,names");
}

static void test_full_sets(void **state) {
    (void)state;
    static char texts[CVI_NAMES_MAX][4];
    cvi_name_set set = {.count = 0};
    for (size_t i = 0; i < CVI_NAMES_MAX; i++) {
        cvi_buffer out;
        cvi_buffer_over(&out, texts[i], sizeof(texts[i]));
        cvi_buffer_add_format(&out, "%03zu", i);
        assert_true(cvi_names_add(&set, cvi_piece_of(texts[i])));
    }
    assert_false(cvi_names_add(&set, cvi_piece_of("new")));
    assert_true(cvi_names_add(&set, cvi_piece_of("127")));
    assert_false(cvi_names_have(&set, cvi_piece_of("new")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_blanks_at_the_ends),
        cmocka_unit_test(test_equality_is_exact),
        cmocka_unit_test(test_what_is_shown),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_checks_end),
        cmocka_unit_test(test_sets_are_sorted_and_without_repeats),
        cmocka_unit_test(test_full_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
