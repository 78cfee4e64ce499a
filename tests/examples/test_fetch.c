/* examples/fetch.c: one issue in words, the ways to name it, and what it says when there is none.
 */
#include "support/program.h"

#include <string.h>

static const char lamplighter[] =
    "The Lamplighter #7: The Long Night on Wharf Street\n"
    "cover date: 1994-07-01\n"
    "writer: A. Penwiper\n"
    "penciler, inker, cover: Inkwell Jones\n"
    "https://comicvine.gamespot.com/the-lamplighter-7-the-long-night-on-wharf-street/4000-52/\n";

static void fetch(program *run, const api *self, const char *id) {
    const char *arguments[] = {CVI_EXAMPLE_FETCH, id, server_base_url(self->server),
                               self->database.text, NULL};
    program_set_key(API_KEY);
    program_run(run, self, arguments);
}

static void test_an_issue(void **context) {
    api *self = *context;
    program run;
    fetch(&run, self, "52");
    program_assert_status(&run, 0);
    assert_string_equal(run.output, lamplighter);
    assert_string_equal(run.errors, "");
}

static void test_ways_to_name_it(void **context) {
    static const char *const names[] = {"52", "4000-52",
                                        "https://comicvine.gamespot.com/the-lamplighter-7/4000-52/",
                                        "https://comicvine.gamespot.com/api/issue/4000-52/"};
    api *self = *context;
    for (size_t i = 0; i < API_COUNT(names); i++) {
        program run;
        fetch(&run, self, names[i]);
        program_assert_status(&run, 0);
        assert_string_equal(run.output, lamplighter);
    }
    assert_int_equal(server_request_count(self->server, API_ISSUE), 1);
}

static void test_members_that_are_null(void **context) {
    api *self = *context;
    program run;
    fetch(&run, self, "61");
    program_assert_status(&run, 0);
    program_assert_says(&run, "Tin Orchard #1: -\ncover date: 1952-10-01\n");
}

static void test_when_to_come_back(void **context) {
    api *self = *context;
    program run;
    const server_fault fault = {
        .http_status = 429, .body = "{}", .headers = {{"Retry-After", "600"}}};
    api_break(self, &fault);
    fetch(&run, self, "52");
    program_assert_status(&run, 1);
    assert_string_equal(run.output, "");
    program_assert_says(&run, "429");
    program_assert_says(&run, "try again in ");
}

static void test_how_it_is_called(void **context) {
    static const char *const wrong[][6] = {
        {CVI_EXAMPLE_FETCH, NULL},
        {CVI_EXAMPLE_FETCH, "4050-52", NULL}, /* a volume */
        {CVI_EXAMPLE_FETCH, "fifty-two", NULL},
        {CVI_EXAMPLE_FETCH, "52", "http://127.0.0.1", "x.db", "one too many", NULL},
    };
    for (size_t i = 0; i < API_COUNT(wrong); i++) {
        program run;
        program_run(&run, *context, wrong[i]);
        program_assert_status(&run, 2);
        assert_string_equal(run.output, "");
        program_assert_says(&run, "usage: ");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_an_issue),
        API_TEST(test_ways_to_name_it),
        API_TEST(test_members_that_are_null),
        API_TEST(test_when_to_come_back),
        API_TEST(test_how_it_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
