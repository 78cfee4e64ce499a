/* How the pages of a cursor are asked for: mode, age and stale answers, as calls have them. Each
 * test runs in both drives. */
#include "support/api_drive.h"

static cv_cursor *open_walk(const drive_scene *scene) {
    cv_query query = CV_QUERY_INIT;
    query.limit = 5;
    cv_cursor *cursor = cv_cursor_open(scene->client, CV_ISSUE, &query, CV_PRIORITY_USER);
    assert_non_null(cursor);
    return cursor;
}

static size_t walk(cv_cursor *cursor) {
    size_t count = 0;
    while (cv_cursor_next(cursor) != NULL) {
        count++;
    }
    return count;
}

static void walk_through(const drive_scene *scene, const cv_request_options *options, size_t count,
                         cv_code code) {
    cv_cursor *cursor = open_walk(scene);
    assert_true(cv_cursor_set_options(cursor, options));
    assert_int_equal(walk(cursor), count);
    assert_int_equal(cv_cursor_error(cursor)->code, code);
    cv_cursor_close(cursor);
}

static void test_the_cache_alone(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    walk_through(scene, &options, 0, CV_ERROR_NOT_CACHED);
    assert_int_equal(drive_requests(scene), 0);
    walk_through(scene, NULL, 12, CV_OK);
    assert_int_equal(drive_requests(scene), 3);
    walk_through(scene, &options, 12, CV_OK);
    assert_int_equal(drive_requests(scene), 3);
}

static void test_each_page_anew(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_REFRESH;
    walk_through(scene, NULL, 12, CV_OK);
    walk_through(scene, &options, 12, CV_OK);
    assert_int_equal(drive_requests(scene), 6);
}

/* They hold from when they are set on, for pages taken whole too. */
static void test_options_change_on_the_way(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    cv_cursor *cursor = open_walk(scene);
    assert_non_null(cv_cursor_next(cursor));
    assert_true(cv_cursor_set_options(cursor, &options));
    cv_request *request = cv_request_next_page(cursor);
    assert_true(cv_request_wait(request, -1));
    assert_int_equal(cv_request_error(request)->code, CV_ERROR_NOT_CACHED);
    cv_request_free(request);
    assert_true(cv_cursor_set_options(cursor, NULL));
    request = cv_request_next_page(cursor);
    assert_true(cv_request_wait(request, -1));
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    cv_request_free(request);
    assert_int_equal(drive_requests(scene), 2);
    cv_cursor_close(cursor);
}

/* Fields belong to the query, whatever the options say. */
static void test_other_members_do_not_count(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "nonsense";
    options.priority = CV_PRIORITY_BACKGROUND;
    walk_through(scene, &options, 12, CV_OK);
}

static void test_bad_options_change_nothing(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    cv_cursor *cursor = open_walk(scene);
    options.max_age_s = -1;
    assert_false(cv_cursor_set_options(cursor, &options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_int_equal(walk(cursor), 12);
    assert_false(cv_cursor_set_options(NULL, NULL));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    cv_cursor_close(cursor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_the_cache_alone),
        BOTH_DRIVES(test_each_page_anew),
        BOTH_DRIVES(test_options_change_on_the_way),
        BOTH_DRIVES(test_other_members_do_not_count),
        BOTH_DRIVES(test_bad_options_change_nothing),
    };
    return cmocka_run_group_tests_name("cursor options", tests, NULL, NULL);
}
