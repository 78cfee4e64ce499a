/* What videos and searches can be asked beside fields, filter and sort: `subscriber_only` and
 * `video_type`, sent as they are, part of the cache's key, on each page of a walk. */
#include "support/api.h"

#include <string.h>

#define VIDEOS "/api/videos/"

static int set_up(void **context) {
    *context = api_new_on(CVI_FIXTURES "/resources");
    return 0;
}

#define VIDEO_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, api_tear_down)

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

static void assert_sent(const api *self, const char *path, size_t index, const char *query) {
    server_request request;
    assert_true(server_request_at(self->server, path, index, &request));
    assert_string_equal(request.query, query);
}

static cv_source source_of_list(cv_client *client, const cv_query *query) {
    const cv_video_page *page = cv_video_list(client, query, CV_PRIORITY_USER);
    if (page == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    cv_source source = page->source;
    cv_video_page_free(page);
    return source;
}

static void test_a_list_of_videos(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query query = CV_QUERY_INIT;
    query.fields = "name";
    query.subscriber_only = "1";
    query.video_type = "8|2";
    assert_int_equal(source_of_list(client, &query), CV_SOURCE_NETWORK);
    assert_sent(self, VIDEOS, 0,
                "format=json&field_list=id%2Cname&subscriber_only=1&video_type=8%7C2&api_key=***");
    query.video_type = " 8|2 ";
    assert_int_equal(source_of_list(client, &query), CV_SOURCE_CACHE);
    cv_client_close(client);
}

/* A value more or less is another question, whose answer the cache does not have. */
static void test_each_value_has_its_own_answer(void **context) {
    static const char *const values[][2] = {
        {NULL, NULL}, {"1", NULL}, {"0", NULL}, {NULL, "1"}, {"1", "1"}, {"1", "8"},
    };
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    for (size_t i = 0; i < API_COUNT(values); i++) {
        cv_query query = CV_QUERY_INIT;
        query.subscriber_only = values[i][0];
        query.video_type = values[i][1];
        assert_int_equal(source_of_list(client, &query), CV_SOURCE_NETWORK);
        assert_int_equal(source_of_list(client, &query), CV_SOURCE_CACHE);
        assert_int_equal(requests(self), i + 1);
    }
    cv_client_close(client);
}

static void test_values_add_no_parameter(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query query = CV_QUERY_INIT;
    query.video_type = "8&limit=1#x";
    assert_int_equal(source_of_list(client, &query), CV_SOURCE_NETWORK);
    assert_sent(self, VIDEOS, 0, "format=json&video_type=8%26limit%3D1%23x&api_key=***");
    cv_client_close(client);
}

static void test_each_page_of_a_walk_has_them(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    char kind[] = "8";
    cv_query query = CV_QUERY_INIT;
    query.limit = 1;
    query.subscriber_only = "0";
    query.video_type = kind;
    cv_cursor *cursor = cv_cursor_open(client, CV_VIDEO, &query, CV_PRIORITY_USER);
    assert_non_null(cursor);
    kind[0] = '9'; /* the cursor has a copy */
    assert_non_null(cv_video_next(cursor));
    assert_non_null(cv_video_next(cursor));
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    cursor = cv_cursor_resume(client, token);
    cv_free(token);
    assert_non_null(cursor);
    assert_non_null(cv_video_next(cursor));
    assert_null(cv_video_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
    cv_cursor_close(cursor);
    assert_int_equal(requests(self), 3);
    assert_sent(self, VIDEOS, 0, "format=json&limit=1&subscriber_only=0&video_type=8&api_key=***");
    assert_sent(self, VIDEOS, 1,
                "format=json&limit=1&offset=1&subscriber_only=0&video_type=8&api_key=***");
    assert_sent(self, VIDEOS, 2,
                "format=json&limit=1&offset=2&subscriber_only=0&video_type=8&api_key=***");
    cv_client_close(client);
}

static void test_a_search_and_its_walk(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "e";
    query.resources = "video";
    query.limit = 1;
    query.subscriber_only = "1";
    cv_cursor *cursor = cv_cursor_open_search(client, &query, CV_PRIORITY_USER);
    assert_non_null(cursor);
    assert_non_null(cv_cursor_next(cursor));
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    cursor = cv_cursor_resume(client, token);
    cv_free(token);
    assert_non_null(cv_cursor_next(cursor));
    cv_cursor_close(cursor);
    assert_sent(self, "/api/search/", 0,
                "format=json&limit=1&query=e&resources=video&subscriber_only=1&api_key=***");
    assert_sent(self, "/api/search/", 1,
                "format=json&limit=1&page=2&query=e&resources=video&subscriber_only=1&api_key=***");
    const cv_page *page = cv_search(client, &query, CV_PRIORITY_USER);
    assert_int_equal(page->source, CV_SOURCE_CACHE);
    cv_page_free(page);
    cv_client_close(client);
}

/* Other lists would ignore them and answer what was not asked. */
static void test_other_lists_refuse_them(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query kinds = CV_QUERY_INIT;
    cv_query subscribers = CV_QUERY_INIT;
    kinds.video_type = "8";
    kinds.allow_unknown = 1; /* of names in texts, not of parameters */
    subscribers.subscriber_only = "1";
    for (int resource = CV_RESOURCE_NONE + 1; resource <= CV_TYPE; resource++) {
        if (resource == CV_VIDEO) {
            continue;
        }
        assert_null(cv_list(client, (cv_resource)resource, &kinds, CV_PRIORITY_USER));
        assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
        assert_non_null(strstr(cv_last_error()->message, "\"video_type\""));
        assert_null(cv_list(client, (cv_resource)resource, &subscribers, CV_PRIORITY_USER));
        assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
        assert_non_null(strstr(cv_last_error()->message, "\"subscriber_only\""));
        assert_null(cv_cursor_open(client, (cv_resource)resource, &subscribers, CV_PRIORITY_USER));
    }
    assert_int_equal(requests(self), 0);
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        VIDEO_TEST(test_a_list_of_videos),        VIDEO_TEST(test_each_value_has_its_own_answer),
        VIDEO_TEST(test_values_add_no_parameter), VIDEO_TEST(test_each_page_of_a_walk_has_them),
        VIDEO_TEST(test_a_search_and_its_walk),   VIDEO_TEST(test_other_lists_refuse_them),
    };
    return cmocka_run_group_tests_name("video_parameters", tests, NULL, NULL);
}
