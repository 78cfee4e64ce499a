/* As much of cmocka as the tests use, for compilers that Debian has no cmocka for (scripts/portable
 * puts this folder before the system's). A failed assertion ends its test, and is told of by file
 * and line; tests of a group are run in turn, in one process. */
#ifndef PORTABLE_CMOCKA_H
#define PORTABLE_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    void (*test_func)(void **state);
    CMFixtureFunction setup_func;
    CMFixtureFunction teardown_func;
};

#define cmocka_unit_test(function)                                                                 \
    { #function, function, NULL, NULL }
#define cmocka_unit_test_setup_teardown(function, setup, teardown)                                 \
    { #function, function, setup, teardown }

#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    cvi_portable_run(tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    cmocka_run_group_tests(tests, setup, teardown)

int cvi_portable_run(const struct CMUnitTest *tests, size_t count, CMFixtureFunction setup,
                     CMFixtureFunction teardown);

/* Ends the running test. */
_Noreturn void cvi_portable_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
_Noreturn void cvi_portable_skip(void);
void print_message(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Numbers are compared as cmocka does: as the widest unsigned ones. */
void cvi_portable_numbers(uintmax_t a, uintmax_t b, bool equal, const char *file, int line);
void cvi_portable_range(uintmax_t value, uintmax_t least, uintmax_t most, const char *file,
                        int line);
void cvi_portable_texts(const char *a, const char *b, bool equal, const char *file, int line);
void cvi_portable_bytes(const void *a, const void *b, size_t size, bool equal, const char *file,
                        int line);

#define fail_msg(...) cvi_portable_fail(__FILE__, __LINE__, __VA_ARGS__)
#define fail()        cvi_portable_fail(__FILE__, __LINE__, "fail()")
#define skip()        cvi_portable_skip()

#define assert_true(condition)                                                                     \
    ((condition) ? (void)0 : cvi_portable_fail(__FILE__, __LINE__, "not true: %s", #condition))
#define assert_false(condition)                                                                    \
    ((condition) ? cvi_portable_fail(__FILE__, __LINE__, "not false: %s", #condition) : (void)0)
#define assert_non_null(pointer) assert_true((pointer) != NULL)
#define assert_null(pointer)     assert_true((pointer) == NULL)

#define assert_ptr_equal(a, b)     assert_true((const void *)(a) == (const void *)(b))
#define assert_ptr_not_equal(a, b) assert_true((const void *)(a) != (const void *)(b))

#define assert_int_equal(a, b)                                                                     \
    cvi_portable_numbers((uintmax_t)(a), (uintmax_t)(b), true, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)                                                                 \
    cvi_portable_numbers((uintmax_t)(a), (uintmax_t)(b), false, __FILE__, __LINE__)
#define assert_in_range(value, least, most)                                                        \
    cvi_portable_range((uintmax_t)(value), (uintmax_t)(least), (uintmax_t)(most), __FILE__,        \
                       __LINE__)

#define assert_string_equal(a, b)       cvi_portable_texts(a, b, true, __FILE__, __LINE__)
#define assert_string_not_equal(a, b)   cvi_portable_texts(a, b, false, __FILE__, __LINE__)
#define assert_memory_equal(a, b, size) cvi_portable_bytes(a, b, size, true, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, size)                                                        \
    cvi_portable_bytes(a, b, size, false, __FILE__, __LINE__)

#endif
