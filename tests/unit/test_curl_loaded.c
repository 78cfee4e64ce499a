/* The table of libcurl's functions that is filled in by loading it: each is where the linker has
 * it, on any thread; and what is said of a library that is missing, or is another one. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/transport_curl_functions.h"

enum { THREADS = 8 };

/* This program is linked to libcurl as well, and there is one in a process. */
static void test_each_function_is_the_right_one(void **state) {
    (void)state;
    cvi_curl curl;
    cv_error error;
    assert_true(cvi_curl_load(&curl, CVI_CURL_NAME, &error));
#define SAME(name) assert_true(curl.name == curl_##name)
    CVI_CURL_FUNCTIONS(SAME);
#undef SAME
}

static void test_the_name_is_known(void **state) {
    (void)state;
    cvi_curl by_name;
    cvi_curl found;
    cv_error error;
    assert_true(cvi_curl_load(&by_name, CVI_CURL_NAME, &error));
    assert_true(cvi_curl_find(&found, &error));
    assert_memory_equal(&found, &by_name, sizeof(found));
}

typedef struct finder {
    cvi_curl curl;
    bool found;
    pthread_barrier_t *start;
    pthread_t thread;
} finder;

static void *find(void *user) {
    finder *self = user;
    cv_error error;
    pthread_barrier_wait(self->start);
    self->found = cvi_curl_find(&self->curl, &error);
    return NULL;
}

static void test_threads_find_the_same(void **state) {
    (void)state;
    finder finders[THREADS];
    pthread_barrier_t start;
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++) {
        finders[i] = (finder){.start = &start};
        assert_int_equal(pthread_create(&finders[i].thread, NULL, find, &finders[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(finders[i].thread, NULL), 0);
        assert_true(finders[i].found);
        assert_memory_equal(&finders[i].curl, &finders[0].curl, sizeof(cvi_curl));
    }
    pthread_barrier_destroy(&start);
}

static void assert_not_loaded(const char *library, const char *told) {
    cvi_curl curl;
    cv_error error;
    assert_false(cvi_curl_load(&curl, library, &error));
    assert_int_equal(error.code, CV_ERROR_NETWORK);
    assert_false(error.retryable);
    assert_non_null(strstr(error.message, told));
}

static void test_a_missing_library_is_named(void **state) {
    (void)state;
    assert_not_loaded("libcomicvine-has-none.so.7", "libcomicvine-has-none.so.7");
}

static void test_a_missing_function_is_named(void **state) {
    (void)state;
    assert_not_loaded("libsqlite3.so.0", "curl_easy_cleanup");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_function_is_the_right_one),
        cmocka_unit_test(test_the_name_is_known),
        cmocka_unit_test(test_threads_find_the_same),
        cmocka_unit_test(test_a_missing_library_is_named),
        cmocka_unit_test(test_a_missing_function_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
