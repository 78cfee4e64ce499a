/* examples/demo.c, what scripts/demo shows: first the network answers, then the cache. */
#include "support/program.h"

#include <string.h>

static void demo(program *run, const api *self, const char *key) {
    const char *arguments[] = {CVI_EXAMPLE_DEMO, self->database.text, server_base_url(self->server),
                               NULL};
    program_set_key(key);
    program_run(run, self, arguments);
}

/* How many lines begin with this word. */
static size_t count_from(const char *output, const char *source) {
    size_t count = 0;
    const char *line = output;
    while ((line = strstr(line, source)) != NULL) {
        count++;
        line += strlen(source);
    }
    return count;
}

static void test_twice(void **context) {
    api *self = *context;
    program run;
    demo(&run, self, API_KEY);
    program_assert_status(&run, 0);
    assert_string_equal(run.errors, "");
    program_assert_says(&run, "issue 52: The Lamplighter #7: The Long Night on Wharf Street\n");
    program_assert_says(&run, "the newest 5 of 12 issues, from 2010-05-01 on\n");
    assert_int_equal(count_from(run.output, "\n  network "), 4);
    assert_int_equal(count_from(run.output, "\n  cache "), 4);
    assert_int_equal(server_request_count(self->server, NULL), 4);
}

static void test_refusals(void **context) {
    api *self = *context;
    program run;
    demo(&run, self, NULL);
    program_assert_status(&run, 1);
    assert_string_equal(run.errors, "option api_key is missing\n");
    assert_int_equal(server_request_count(self->server, NULL), 0);
    demo(&run, self, "not-the-key-that-the-server-knows");
    program_assert_status(&run, 1);
    program_assert_says(&run, "the API key is refused");
}

int main(void) {
    const struct CMUnitTest tests[] = {API_TEST(test_twice), API_TEST(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
