/* examples/watch.c: what it tells of a call that the service answers, the cache, or nobody. */
#include "support/program.h"

#include <string.h>

static void watch(program *run, const api *self, const char *id) {
    const char *arguments[] = {CVI_EXAMPLE_WATCH, server_base_url(self->server),
                               self->database.text, id, NULL};
    program_set_key(API_KEY);
    program_run(run, self, arguments);
}

static void test_from_the_service_and_the_cache(void **context) {
    api *self = *context;
    program run;
    watch(&run, self, "52");
    program_assert_status(&run, 0);
    assert_string_equal(run.output, "issue 52: queued\n"
                                    "issue 52: sent\n"
                                    "issue 52: done (CV_OK)\n");
    assert_non_null(strstr(run.errors, "debug: issue/4000-52: request 1, GET "));
    watch(&run, self, "52");
    program_assert_status(&run, 0);
    assert_string_equal(run.output, "issue 52: queued\n"
                                    "issue 52: hit\n"
                                    "issue 52: done (CV_OK)\n");
    assert_int_equal(server_request_count(self->server, API_ISSUE), 1);
}

static void test_what_is_missing(void **context) {
    api *self = *context;
    program run;
    watch(&run, self, "999");
    program_assert_status(&run, 1);
    program_assert_says(&run,
                        "issue 999: done (CV_ERROR_NOT_FOUND) issue/4000-999: no such object");
}

static void test_how_it_is_called(void **context) {
    const char *arguments[] = {CVI_EXAMPLE_WATCH, "http://127.0.0.1", "x.db", NULL};
    program run;
    program_run(&run, *context, arguments);
    program_assert_status(&run, 2);
    assert_string_equal(run.output, "");
    program_assert_says(&run, "usage: ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_from_the_service_and_the_cache),
        API_TEST(test_what_is_missing),
        API_TEST(test_how_it_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
