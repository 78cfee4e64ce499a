/* Reading whole numbers: every spelling, every edge of 64 bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resources/number.h"

#define UNTOUCHED INT64_C(77)

static void read_must_give(const char *text, int64_t expected) {
    int64_t number = UNTOUCHED;
    if (!cvi_number_read(text, strlen(text), &number)) {
        fail_msg("not a number: %s", text);
    }
    assert_int_equal(number, expected);
}

static void read_must_fail(const char *text) {
    int64_t number = UNTOUCHED;
    if (cvi_number_read(text, strlen(text), &number)) {
        fail_msg("taken for a number: %s", text);
    }
    assert_int_equal(number, UNTOUCHED);
}

static void test_plain_numbers(void **state) {
    (void)state;
    read_must_give("0", 0);
    read_must_give("-0", 0);
    read_must_give("15", 15);
    read_must_give("-15", -15);
    read_must_give("007", 7);
    read_must_give("999999999999999999", INT64_C(999999999999999999));
}

static void test_edges_of_64_bits(void **state) {
    (void)state;
    read_must_give("9223372036854775807", INT64_MAX);
    read_must_give("-9223372036854775808", INT64_MIN);
    read_must_give("-9223372036854775807", INT64_MIN + 1);
    read_must_fail("9223372036854775808");
    read_must_fail("-9223372036854775809");
    read_must_fail("92233720368547758070");
    read_must_fail("123456789012345678901234567890");
    read_must_give("0000000000000000000000000000012", 12);
}

static void test_fractions_are_cut_toward_zero(void **state) {
    (void)state;
    read_must_give("1.9", 1);
    read_must_give("-1.9", -1);
    read_must_give("0.999999999999999999999999", 0);
    read_must_give("9223372036854775807.9", INT64_MAX);
    read_must_give("-9223372036854775808.9", INT64_MIN);
    read_must_give("15.00", 15);
}

static void test_exponents(void **state) {
    (void)state;
    read_must_give("1e3", 1000);
    read_must_give("1E+3", 1000);
    read_must_give("1.9e1", 19);
    read_must_give("1.25e1", 12);
    read_must_give("12.5e-1", 1);
    read_must_give("12e-2", 0);
    read_must_give("-7e-400", 0);
    read_must_give("0e999999999999999999999", 0);
    read_must_give("0.000e400", 0);
    read_must_give("0.00000000000000000000000000000012e32", 12);
    read_must_give("9.223372036854775807e18", INT64_MAX);
    read_must_give("-9.223372036854775808e18", INT64_MIN);
    read_must_fail("9.223372036854775808e18");
    read_must_fail("1e19");
    read_must_fail("1e400");
    read_must_fail("1e99999999999999999999999");
    read_must_give("1e-99999999999999999999999", 0);
}

static void test_what_is_no_number(void **state) {
    (void)state;
    const char *const texts[] = {"",     "-",    "+1",  ".5",   "1.",     "1.e3", "1e",    "1e+",
                                 " 1",   "1 ",   "1,5", "0x10", "1-",     "--1",  "nan",   "inf",
                                 "1e5x", "1.5.", "12a", "½",    "$13000", "-.5",  "1e1.0", "e5"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        read_must_fail(texts[i]);
    }
}

static void test_length_ends_the_text(void **state) {
    (void)state;
    int64_t number = UNTOUCHED;
    assert_true(cvi_number_read("123456", 3, &number));
    assert_int_equal(number, 123);
    assert_true(cvi_number_read("1.55", 3, &number));
    assert_int_equal(number, 1);
    assert_false(cvi_number_read("1.5", 2, &number));
}

static void test_digits_alone(void **state) {
    (void)state;
    const char *const others[] = {
        "", "007", "00", "-1", "+1", "1.0", "1e3", " 1", "1 ", "a", "1234567890123456789"};
    int64_t number = UNTOUCHED;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(cvi_number_read_digits(others[i], strlen(others[i]), &number));
        assert_int_equal(number, UNTOUCHED);
    }
    assert_true(cvi_number_read_digits("0", 1, &number));
    assert_int_equal(number, 0);
    assert_true(cvi_number_read_digits("999999999999999999", 18, &number));
    assert_int_equal(number, INT64_C(999999999999999999));
}

static void test_plain_spellings(void **state) {
    (void)state;
    const char *const plain[] = {"0", "7", "10", "-7", "-10", "-9223372036854775808"};
    const char *const odd[] = {"", "-", "-0", "00", "07", "-07", "1.0", "1e3", "1E3", "-1.5", "1 "};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        assert_true(cvi_number_is_plain(plain[i], strlen(plain[i])));
    }
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_false(cvi_number_is_plain(odd[i], strlen(odd[i])));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_numbers),
        cmocka_unit_test(test_edges_of_64_bits),
        cmocka_unit_test(test_fractions_are_cut_toward_zero),
        cmocka_unit_test(test_exponents),
        cmocka_unit_test(test_what_is_no_number),
        cmocka_unit_test(test_length_ends_the_text),
        cmocka_unit_test(test_digits_alone),
        cmocka_unit_test(test_plain_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
