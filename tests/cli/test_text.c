/* Texts of others: what a terminal would obey, and how wide they are. */
#include "text.h"

#include <locale.h>

#include "memory.h"
#include "unit.h"

static void test_letters(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t taken;
        uint32_t letter;
    } cases[] = {{"a", 1, 'a'},
                 {"\xc3\xa9", 2, 0xe9},
                 {"\xe2\x82\xac", 3, 0x20ac},
                 {"\xf0\x9f\x8c\x99", 4, 0x1f319},
                 {"\xc0\x80", 1, CLI_LETTER_BROKEN},         /* longer than need be */
                 {"\xe0\x80\x80", 1, CLI_LETTER_BROKEN},     /* likewise */
                 {"\xed\xa0\x80", 1, CLI_LETTER_BROKEN},     /* half of a pair */
                 {"\xf4\x90\x80\x80", 1, CLI_LETTER_BROKEN}, /* beyond Unicode */
                 {"\x80", 1, CLI_LETTER_BROKEN},
                 {"\xff", 1, CLI_LETTER_BROKEN},
                 {"\xc3", 1, CLI_LETTER_BROKEN},
                 {"\xe2\x82", 1, CLI_LETTER_BROKEN},
                 {"\xc3(", 1, CLI_LETTER_BROKEN}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t letter = 0;
        assert_int_equal(cli_letter_at(cases[i].bytes, strlen(cases[i].bytes), &letter),
                         cases[i].taken);
        assert_int_equal(letter, cases[i].letter);
    }
}

static char *clean(const char *text) {
    return cli_text_clean(text, strlen(text));
}

static void test_nothing_is_obeyed(void **state) {
    (void)state;
    assert_text(clean("plain \xc3\xa9 \xe6\x9c\x88"), "plain \xc3\xa9 \xe6\x9c\x88");
    assert_text(clean("\x1b[31mred\x1b]0;title\x07"), " [31mred ]0;title ");
    assert_text(clean("a\nb\tc\rd\be\x7f"), "a b c d e ");
    assert_text(clean("\xc2\x9b"
                      "31m"),
                " 31m");
    assert_text(clean("a\xe2\x80\xae"
                      "b\xe2\x81\xa6"
                      "c"),
                "a b c");
    assert_text(clean("a\xff"
                      "b\xc3"),
                "a\xef\xbf\xbd"
                "b\xef\xbf\xbd");
    assert_text(clean(""), "");
}

static void test_width(void **state) {
    (void)state;
    assert_int_equal(cli_text_width(""), 0);
    assert_int_equal(cli_text_width("abc"), 3);
    assert_int_equal(cli_text_width("\xc3\xa9"), 1);
    assert_int_equal(cli_text_width("e\xcc\x81"), 1); /* an accent of its own */
    assert_int_equal(cli_text_width("\xe6\x9c\x88"), 2);
    assert_int_equal(cli_text_width("\xf0\x9f\x8c\x99"), 2);
}

static char *written(const char *text, size_t columns, bool pads_left) {
    cli_text out;
    cli_text_begin(&out);
    cli_text_write_cell(out.file, text, columns, pads_left);
    return cli_text_end(&out);
}

static void test_cells(void **state) {
    (void)state;
    assert_text(written("abc", 5, false), "abc  ");
    assert_text(written("abc", 5, true), "  abc");
    assert_text(written("abc", 3, false), "abc");
    assert_text(written("abcd", 3, false), "ab\xe2\x80\xa6");
    assert_text(written("abc", 1, false), "\xe2\x80\xa6");
    assert_text(written("abc", 0, false), "");
    assert_text(written("", 2, false), "  ");
    /* A letter of two columns that does not fit leaves a blank. */
    assert_text(written("\xe6\x9c\x88\xe6\x9c\x88\xe6\x9c\x88", 4, false),
                "\xe6\x9c\x88\xe2\x80\xa6 ");
}

static int set_letters(void **state) {
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters),
        cmocka_unit_test(test_nothing_is_obeyed),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_cells),
    };
    return cmocka_run_group_tests_name("text", tests, set_letters, NULL);
}
