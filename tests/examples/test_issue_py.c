/* examples/issue.py: the library by way of Python's ctypes. */
#include "support/program.h"

#include <stdlib.h>

static void run_script(program *run, const api *self, const char *id, const char *library) {
    const char *arguments[] = {
        CVI_PYTHON, CVI_EXAMPLE_ISSUE_PY, id, server_base_url(self->server), self->database.text,
        NULL};
    program_set_key(API_KEY);
    assert_int_equal(setenv("COMICVINE_LIBRARY", library, 1), 0);
    program_run(run, self, arguments);
}

static void test_an_issue(void **context) {
    static const char *const names[] = {
        "52", "4000-52", "https://comicvine.gamespot.com/the-lamplighter-7/4000-52/"};
    api *self = *context;
    for (size_t i = 0; i < API_COUNT(names); i++) {
        program run;
        run_script(&run, self, names[i], CVI_LIBRARY);
        program_assert_status(&run, 0);
        assert_string_equal(run.output, "The Lamplighter #7: The Long Night on Wharf Street\n"
                                        "cover date: 1994-07-01\n"
                                        "writer: A. Penwiper\n"
                                        "penciler, inker, cover: Inkwell Jones\n");
        assert_string_equal(run.errors, "");
    }
    assert_int_equal(server_request_count(self->server, API_ISSUE), 1);
}

static void test_members_that_are_null(void **context) {
    program run;
    run_script(&run, *context, "61", CVI_LIBRARY);
    program_assert_status(&run, 0);
    program_assert_says(&run, "Tin Orchard #1: -\ncover date: 1952-10-01\n");
}

static void test_when_to_come_back(void **context) {
    api *self = *context;
    program run;
    const server_fault fault = {
        .http_status = 429, .body = "{}", .headers = {{"Retry-After", "600"}}};
    api_break(self, &fault);
    run_script(&run, self, "52", CVI_LIBRARY);
    program_assert_status(&run, 1);
    assert_string_equal(run.output, "");
    program_assert_says(&run, "429");
    program_assert_says(&run, "try again in ");
}

static void test_no_id(void **context) {
    api *self = *context;
    program run;
    run_script(&run, self, "4050-52", CVI_LIBRARY);
    program_assert_status(&run, 1);
    assert_string_equal(run.errors, "4050-52 is no id of issue\n");
    assert_int_equal(server_request_count(self->server, NULL), 0);
}

static void test_no_library(void **context) {
    program run;
    run_script(&run, *context, "52", "/nowhere/libcomicvine.so");
    program_assert_status(&run, 1);
    program_assert_says(&run, "/nowhere/libcomicvine.so");
}

static void test_how_it_is_called(void **context) {
    program run;
    const char *const arguments[] = {CVI_PYTHON, CVI_EXAMPLE_ISSUE_PY, NULL};
    program_run(&run, *context, arguments);
    program_assert_status(&run, 2);
    program_assert_says(&run, "usage: ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_an_issue),          API_TEST(test_members_that_are_null),
        API_TEST(test_when_to_come_back), API_TEST(test_no_id),
        API_TEST(test_no_library),        API_TEST(test_how_it_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
