/* The bounded buffer and the error texts that are cut: nothing is written past an end, and text
 * always ends in NUL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"
#include "support/failing_allocator.h"

/* ---- over an array ---- */

static void test_array_is_filled_to_the_last_byte(void **state) {
    (void)state;
    char array[8] = "xxxxxxx";
    cvi_buffer buffer;
    cvi_buffer_over(&buffer, array, sizeof(array));
    assert_string_equal(array, "");
    cvi_buffer_add_text(&buffer, "abc");
    cvi_buffer_add_char(&buffer, 'd');
    cvi_buffer_add(&buffer, "efg", 3);
    assert_string_equal(array, "abcdefg");
    assert_int_equal(buffer.length, 7);
    assert_false(buffer.failed);
    cvi_buffer_add(&buffer, "", 0);
    assert_false(buffer.failed);
    cvi_buffer_add_char(&buffer, 'h');
    assert_true(buffer.failed);
    assert_string_equal(array, "abcdefg");
}

static void test_what_does_not_fit_is_dropped_for_good(void **state) {
    (void)state;
    char array[8];
    cvi_buffer buffer;
    cvi_buffer_over(&buffer, array, sizeof(array));
    cvi_buffer_add_text(&buffer, "abc");
    cvi_buffer_add_text(&buffer, "too long");
    cvi_buffer_add_text(&buffer, "d");
    assert_string_equal(array, "abc");
    assert_true(buffer.failed);
    assert_false(buffer.no_memory);
    cvi_buffer_free(&buffer);
    assert_string_equal(array, "abc");
}

static void test_array_of_one_byte_holds_nothing(void **state) {
    (void)state;
    char array[1] = {'x'};
    cvi_buffer buffer;
    cvi_buffer_over(&buffer, array, 1);
    assert_int_equal(array[0], '\0');
    cvi_buffer_add_char(&buffer, 'a');
    assert_true(buffer.failed);
    assert_int_equal(array[0], '\0');
}

static void test_numbers_and_formats(void **state) {
    (void)state;
    char array[1024];
    char text[600];
    cvi_buffer buffer;
    cvi_buffer_over(&buffer, array, sizeof(array));
    cvi_buffer_add_int(&buffer, INT64_MIN);
    cvi_buffer_add_char(&buffer, ' ');
    cvi_buffer_add_int(&buffer, INT64_MAX);
    cvi_buffer_add_format(&buffer, " %s-%d", "a", 7);
    assert_string_equal(array, "-9223372036854775808 9223372036854775807 a-7");
    memset(text, 't', sizeof(text));
    text[511] = '\0';
    cvi_buffer_add_format(&buffer, "%s", text);
    assert_false(buffer.failed);
    text[511] = 't';
    text[512] = '\0';
    cvi_buffer_add_format(&buffer, "%s", text);
    assert_true(buffer.failed);
}

static void test_bytes_may_be_any(void **state) {
    (void)state;
    char array[8];
    cvi_buffer buffer;
    cvi_buffer_over(&buffer, array, sizeof(array));
    cvi_buffer_add(&buffer, "a\0b", 3);
    cvi_buffer_add_char(&buffer, '\0');
    assert_int_equal(buffer.length, 4);
    assert_memory_equal(array, "a\0b\0\0", 5);
}

/* ---- over memory ---- */

static void test_memory_grows_to_the_limit_and_no_further(void **state) {
    (void)state;
    failing_allocator memory;
    cvi_buffer buffer;
    failing_allocator_init(&memory, 0, false);
    cvi_buffer_init(&buffer, &memory.allocator, 1000);
    assert_string_equal(buffer.data, "");
    assert_int_equal(atomic_load(&memory.calls), 0);
    for (int i = 0; i < 1000; i++) {
        cvi_buffer_add_char(&buffer, (char)('a' + i % 26));
        assert_int_equal(buffer.data[buffer.length], '\0');
    }
    assert_false(buffer.failed);
    assert_int_equal(atomic_load(&memory.bytes), 1001);
    assert_in_range(atomic_load(&memory.calls), 2, 5);
    cvi_buffer_add_char(&buffer, 'x');
    assert_true(buffer.failed);
    assert_false(buffer.no_memory);
    assert_int_equal(strlen(buffer.data), 1000);
    cvi_buffer_free(&buffer);
    assert_int_equal(atomic_load(&memory.live), 0);
}

static void test_each_allocation_may_fail(void **state) {
    (void)state;
    for (size_t failing_call = 1; failing_call <= 4; failing_call++) {
        failing_allocator memory;
        cvi_buffer buffer;
        failing_allocator_init(&memory, failing_call, false);
        cvi_buffer_init(&buffer, &memory.allocator, 1000);
        size_t length = 0;
        for (int i = 0; i < 1000; i++) {
            cvi_buffer_add_char(&buffer, 'a');
            length += buffer.failed ? 0 : 1;
        }
        assert_true(buffer.failed);
        assert_true(buffer.no_memory);
        assert_int_equal(buffer.length, length);
        assert_int_equal(strlen(buffer.data), length);
        cvi_buffer_free(&buffer);
        assert_int_equal(atomic_load(&memory.live), 0);
    }
}

/* ---- errors ---- */

static void test_codes_have_names(void **state) {
    (void)state;
    static const struct {
        cv_code code;
        const char *name;
        bool retryable;
    } rows[] = {
        {CV_OK, "CV_OK", false},
        {CV_PENDING, "CV_PENDING", false},
        {CV_ERROR_ARGUMENT, "CV_ERROR_ARGUMENT", false},
        {CV_ERROR_AUTH, "CV_ERROR_AUTH", false},
        {CV_ERROR_NOT_FOUND, "CV_ERROR_NOT_FOUND", false},
        {CV_ERROR_REQUEST, "CV_ERROR_REQUEST", false},
        {CV_ERROR_RATE_LIMITED, "CV_ERROR_RATE_LIMITED", true},
        {CV_ERROR_BLOCKED, "CV_ERROR_BLOCKED", true},
        {CV_ERROR_NETWORK, "CV_ERROR_NETWORK", true},
        {CV_ERROR_TIMEOUT, "CV_ERROR_TIMEOUT", true},
        {CV_ERROR_SERVER, "CV_ERROR_SERVER", true},
        {CV_ERROR_RESPONSE, "CV_ERROR_RESPONSE", true},
        {CV_ERROR_NOT_CACHED, "CV_ERROR_NOT_CACHED", false},
        {CV_ERROR_STORE, "CV_ERROR_STORE", false},
        {CV_ERROR_NOMEM, "CV_ERROR_NOMEM", true},
        {CV_ERROR_CANCELLED, "CV_ERROR_CANCELLED", true},
        {CV_ERROR_CLOSED, "CV_ERROR_CLOSED", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cv_error error;
        assert_int_equal(rows[i].code, i);
        assert_string_equal(cv_code_name(rows[i].code), rows[i].name);
        cvi_error_set(&error, rows[i].code, "%d", 5);
        assert_int_equal(error.retryable, rows[i].retryable);
    }
    assert_string_equal(cv_code_name((cv_code)99), "CV_UNKNOWN_CODE");
    assert_string_equal(cv_code_name((cv_code)-1), "CV_UNKNOWN_CODE");
}

static void test_error_is_written_whole(void **state) {
    (void)state;
    cv_error error;
    memset(&error, 0x55, sizeof(error));
    cvi_error_set(&error, CV_ERROR_SERVER, "%s %d", "number", 5);
    assert_string_equal(error.message, "number 5");
    assert_int_equal(error.http_status, 0);
    assert_int_equal(error.api_status, 0);
    assert_int_equal(error.retry_after_ms, 0);
    cvi_error_no_memory(&error);
    assert_int_equal(error.code, CV_ERROR_NOMEM);
    cvi_error_set(NULL, CV_ERROR_SERVER, "nobody wants to know");
}

/* Text is cut between characters, whatever their length. */
static void test_overlong_message_is_cut_at_a_character(void **state) {
    (void)state;
    static const char *const characters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\xA6\x87"};
    for (size_t c = 0; c < 4; c++) {
        for (size_t before = 0; before < 4; before++) {
            char text[600];
            cvi_buffer out;
            cv_error error;
            cvi_buffer_over(&out, text, sizeof(text));
            cvi_buffer_add(&out, "xxx", before);
            for (int i = 0; i < 140; i++) {
                cvi_buffer_add_text(&out, characters[c]);
            }
            cvi_buffer_add_text(&out, "                                                  "
                                      "                                                  "
                                      "                                                  ");
            cvi_error_set(&error, CV_ERROR_STORE, "%s", text);
            size_t length = strlen(error.message);
            assert_in_range(length, 252, 255);
            assert_memory_equal(error.message, text, length);
            size_t size = strlen(characters[c]);
            assert_true(length >= before + 140 * size || (length - before) % size == 0);
        }
    }
}

static void test_last_error_is_what_was_remembered(void **state) {
    (void)state;
    cv_error error;
    cvi_error_set(&error, CV_ERROR_BLOCKED, "banned");
    cvi_error_remember(&error);
    cvi_error_set(&error, CV_ERROR_SERVER, "other");
    assert_int_equal(cv_last_error()->code, CV_ERROR_BLOCKED);
    assert_string_equal(cv_last_error()->message, "banned");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_array_is_filled_to_the_last_byte),
        cmocka_unit_test(test_what_does_not_fit_is_dropped_for_good),
        cmocka_unit_test(test_array_of_one_byte_holds_nothing),
        cmocka_unit_test(test_numbers_and_formats),
        cmocka_unit_test(test_bytes_may_be_any),
        cmocka_unit_test(test_memory_grows_to_the_limit_and_no_further),
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_codes_have_names),
        cmocka_unit_test(test_error_is_written_whole),
        cmocka_unit_test(test_overlong_message_is_cut_at_a_character),
        cmocka_unit_test(test_last_error_is_what_was_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
