/* examples/cpp: the program, and what its header promises (handles.cpp). */
#include "support/program.h"

static void volume(program *run, const api *self, const char *id) {
    const char *arguments[] = {CVI_EXAMPLE_VOLUME, id, server_base_url(self->server),
                               self->database.text, NULL};
    program_set_key(API_KEY);
    program_run(run, self, arguments);
}

static void test_a_volume(void **context) {
    api *self = *context;
    static const char *const names[] = {
        "904", "4050-904", "https://comicvine.gamespot.com/moonwright-daughters/4050-904/"};
    for (size_t i = 0; i < API_COUNT(names); i++) {
        program run;
        volume(&run, self, names[i]);
        program_assert_status(&run, 0);
        assert_string_equal(run.output, "#½ (2003-09-01): Café “Zum Mond” 🌙 & 月 1/2\n"
                                        "letterer: É. Plume\n");
        assert_string_equal(run.errors, "");
    }
    assert_int_equal(server_request_count(self->server, NULL), 2);
}

/* The list is there, the details of its first issue are not. */
static void test_half_a_volume(void **context) {
    program run;
    volume(&run, *context, "901");
    program_assert_status(&run, 1);
    assert_string_equal(run.output, "#1 (1994-01-01): A Match Is Struck\n"
                                    "#7 (1994-07-01): The Long Night on Wharf Street\n");
    assert_string_equal(run.errors, "issue/4000-113: no such object (service code 101: "
                                    "\"Object Not Found\") (CV_ERROR_NOT_FOUND)\n");
}

static void test_an_empty_volume(void **context) {
    program run;
    volume(&run, *context, "12345");
    program_assert_status(&run, 1);
    assert_string_equal(run.errors, "volume 12345 has no issues\n");
}

static void test_how_it_is_called(void **context) {
    static const char *const wrong[][6] = {
        {CVI_EXAMPLE_VOLUME, NULL},
        {CVI_EXAMPLE_VOLUME, "4000-52", NULL}, /* an issue */
        {CVI_EXAMPLE_VOLUME, "904", "http://127.0.0.1", "x.db", "one too many", NULL},
    };
    for (size_t i = 0; i < API_COUNT(wrong); i++) {
        program run;
        program_run(&run, *context, wrong[i]);
        program_assert_status(&run, 2);
        program_assert_says(&run, "usage: ");
    }
}

static void test_handles(void **context) {
    api *self = *context;
    const char *const arguments[] = {CVI_EXAMPLE_HANDLES, server_base_url(self->server),
                                     self->database.text, NULL};
    program run;
    program_set_key(API_KEY);
    program_run(&run, self, arguments);
    program_assert_status(&run, 0);
    assert_string_equal(run.errors, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_a_volume),        API_TEST(test_half_a_volume),
        API_TEST(test_an_empty_volume), API_TEST(test_how_it_is_called),
        API_TEST(test_handles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
