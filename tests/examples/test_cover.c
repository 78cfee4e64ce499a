/* examples/cover.c: the cover of an issue, the second time out of the file of images, and what it
 * says where there is none. */
#include "support/image.h"
#include "support/program.h"

#include <stdio.h>
#include <string.h>

enum { ISSUE = 7, WITHOUT = 8 };

/* An issue whose cover is on the same server. */
static void write_issue(const api *self, int id, const char *image) {
    char name[64];
    assert_true(snprintf(name, sizeof(name), "issue/4000-%d.json", id) > 0);
    FILE *file = fopen(scratch_file(&self->scratch, name).text, "w");
    assert_non_null(file);
    assert_true(fprintf(file,
                        "{\"error\":\"OK\",\"limit\":1,\"offset\":0,\"number_of_page_results\":1,"
                        "\"number_of_total_results\":1,\"status_code\":1,"
                        "\"results\":{\"id\":%d,\"image\":%s},\"version\":\"1.0\"}",
                        id, image) > 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **context) {
    char image[IMAGE_URL_MAX + 32];
    api *self = api_new_with_issues(ISSUE, 2);
    image_url url = image_at(self->server, IMAGE_NAME);
    assert_true(snprintf(image, sizeof(image), "{\"medium_url\":\"%s\"}", url.text) > 0);
    write_issue(self, ISSUE, image);
    write_issue(self, WITHOUT, "null");
    *context = self;
    return 0;
}

static void fetch_cover(program *run, const api *self, const char *id, const char *path) {
    const char *arguments[] = {CVI_EXAMPLE_COVER,   id,  path, server_base_url(self->server),
                               self->database.text, NULL};
    program_set_key(API_KEY);
    program_run(run, self, arguments);
}

static void test_a_cover(void **context) {
    static const char *const sources[] = {"fetched", "from the file of images"};
    api *self = *context;
    scratch_path path = scratch_file(&self->scratch, "cover.png");
    for (size_t i = 0; i < API_COUNT(sources); i++) {
        program run;
        fetch_cover(&run, self, "7", path.text);
        program_assert_status(&run, 0);
        assert_string_equal(run.errors, "");
        program_assert_says(&run, "image/png, 2 by 3, ");
        program_assert_says(&run, sources[i]);
        assert_int_equal(remove(path.text), 0);
    }
    assert_int_equal(image_requests(self), 1);
}

static void test_no_cover(void **context) {
    api *self = *context;
    program run;
    fetch_cover(&run, self, "8", scratch_file(&self->scratch, "cover.png").text);
    program_assert_status(&run, 1);
    assert_string_equal(run.output, "");
    program_assert_says(&run, "no address");
    fetch_cover(&run, self, "9", scratch_file(&self->scratch, "cover.png").text);
    program_assert_status(&run, 1);
    program_assert_says(&run, "no such object");
    image_break(self, 200, "<html>", 0, "image/png");
    fetch_cover(&run, self, "7", scratch_file(&self->scratch, "cover.png").text);
    program_assert_status(&run, 1);
    program_assert_says(&run, "a web page instead of an image");
}

static void test_how_it_is_called(void **context) {
    static const char *const wrong[][4] = {{CVI_EXAMPLE_COVER, NULL},
                                           {CVI_EXAMPLE_COVER, "7", NULL},
                                           {CVI_EXAMPLE_COVER, "seven", "cover.png", NULL}};
    for (size_t i = 0; i < API_COUNT(wrong); i++) {
        program run;
        program_run(&run, *context, wrong[i]);
        program_assert_status(&run, 2);
        program_assert_says(&run, "usage: ");
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, api_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_a_cover), TEST(test_no_cover),
                                       TEST(test_how_it_is_called)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
