/* Owns the running of tests where there is no cmocka: one group, on the main thread. */
#include "cmocka.h"

#include <inttypes.h>

typedef enum verdict { PASSED, FAILED, SKIPPED } verdict;

static jmp_buf way_out; /* of the running test */
static verdict ended;   /* how it left by it */

static void tell(const char *format, va_list values) {
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
}

void cvi_portable_fail(const char *file, int line, const char *format, ...) {
    va_list values;
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(values, format);
    tell(format, values);
    va_end(values);
    ended = FAILED;
    longjmp(way_out, 1);
}

void cvi_portable_skip(void) {
    ended = SKIPPED;
    longjmp(way_out, 1);
}

void print_message(const char *format, ...) {
    va_list values;
    va_start(values, format);
    tell(format, values);
    va_end(values);
}

void print_error(const char *format, ...) {
    va_list values;
    va_start(values, format);
    tell(format, values);
    va_end(values);
}

void cvi_portable_numbers(uintmax_t a, uintmax_t b, bool equal, const char *file, int line) {
    if ((a == b) != equal) {
        cvi_portable_fail(file, line, "%#" PRIxMAX " %s %#" PRIxMAX, a, equal ? "!=" : "==", b);
    }
}

void cvi_portable_range(uintmax_t value, uintmax_t least, uintmax_t most, const char *file,
                        int line) {
    if (value < least || value > most) {
        cvi_portable_fail(file, line, "%" PRIuMAX " is not in %" PRIuMAX "-%" PRIuMAX, value, least,
                          most);
    }
}

void cvi_portable_texts(const char *a, const char *b, bool equal, const char *file, int line) {
    if ((strcmp(a, b) == 0) != equal) {
        cvi_portable_fail(file, line, "\"%s\" %s \"%s\"", a, equal ? "!=" : "==", b);
    }
}

void cvi_portable_bytes(const void *a, const void *b, size_t size, bool equal, const char *file,
                        int line) {
    if ((memcmp(a, b, size) == 0) != equal) {
        cvi_portable_fail(file, line, "%zu bytes are %s", size, equal ? "different" : "the same");
    }
}

static verdict run_test(const struct CMUnitTest *test, void **state) {
    if (setjmp(way_out) != 0) {
        return ended;
    }
    test->test_func(state);
    return PASSED;
}

/* Set-ups and tear-downs may assert something too. */
static verdict run_fixture(CMFixtureFunction fixture, void **state) {
    if (setjmp(way_out) != 0) {
        return ended;
    }
    return fixture == NULL || fixture(state) == 0 ? PASSED : FAILED;
}

static verdict run_one(const struct CMUnitTest *test, void *state) {
    verdict before = run_fixture(test->setup_func, &state);
    verdict result = before == PASSED ? run_test(test, &state) : before;
    verdict after = run_fixture(test->teardown_func, &state);
    return result == PASSED ? after : result;
}

int cvi_portable_run(const struct CMUnitTest *tests, size_t count, CMFixtureFunction setup,
                     CMFixtureFunction teardown) {
    static const char *const words[] = {"passed", "FAILED", "skipped"};
    int failures = 0;
    void *state = NULL;
    if (run_fixture(setup, &state) != PASSED) {
        fprintf(stderr, "the group's set-up failed\n");
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        verdict result = run_one(&tests[i], state);
        fprintf(stderr, "%s: %s\n", words[result], tests[i].name);
        failures += result == FAILED ? 1 : 0;
    }
    return run_fixture(teardown, &state) == PASSED ? failures : failures + 1;
}
