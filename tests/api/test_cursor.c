/* Walks through lists: the whole query on every page, where they end, what they survive, and where
 * they go on. Each test runs in both drives. */
#include "support/api_drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXTURE_ISSUES = 12, WALK_MAX = 64 };

/* In the order of the fixtures' list. */
static const int64_t all_ids[FIXTURE_ISSUES] = {115, 52,  111, 88,  61,  110,
                                                73,  114, 94,  112, 107, 113};

static cv_cursor *open_walk(const drive_scene *scene, const cv_query *query) {
    cv_cursor *cursor = cv_cursor_open(scene->client, CV_ISSUE, query, CV_PRIORITY_USER);
    if (cursor == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return cursor;
}

static cv_query paged(int64_t limit) {
    cv_query query = CV_QUERY_INIT;
    query.limit = limit;
    return query;
}

/* Walks to the end, which must be a good one, and compares the ids. */
static void assert_walk(cv_cursor *cursor, const int64_t *ids, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const cv_issue *issue = cv_issue_next(cursor);
        if (issue == NULL) {
            fail_msg("record %zu: %s", i, cv_cursor_error(cursor)->message);
        }
        assert_int_equal(issue->id, ids[i]);
        assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
    }
    assert_null(cv_issue_next(cursor));
    assert_string_equal(cv_code_name(cv_cursor_error(cursor)->code), "CV_OK");
    assert_int_equal(cv_cursor_position(cursor), cv_cursor_total(cursor));
}

static void assert_sent(const drive_scene *scene, size_t index, const char *query) {
    server_request request;
    assert_true(server_request_at(scene->self->server, API_ISSUES, index, &request));
    assert_string_equal(request.query, query);
}

/* A page of a list whose items are `{"id":N}` for N from `first`, `count` of them; a static text.
 */
static const char *page_text(int64_t first, size_t count, int64_t offset, int64_t total) {
    static char text[4096];
    int length = snprintf(text, sizeof(text),
                          "{\"error\":\"OK\",\"limit\":3,\"offset\":%lld,"
                          "\"number_of_page_results\":%zu,\"number_of_total_results\":%lld,"
                          "\"status_code\":1,\"results\":[",
                          (long long)offset, count, (long long)total);
    for (size_t i = 0; i < count; i++) {
        length += snprintf(text + length, sizeof(text) - (size_t)length, "%s{\"id\":%lld}",
                           i > 0 ? "," : "", (long long)first + (long long)i);
    }
    snprintf(text + length, sizeof(text) - (size_t)length, "]}");
    return text;
}

static void answer_with(const drive_scene *scene, const char *body) {
    const server_fault fault = {.kind = SERVER_FAULT_ANSWER, .path = API_ISSUES, .body = body};
    api_break(scene->self, &fault);
}

/* ---- the whole of a list ---- */

static void test_a_walk_through_all_pages(void **context) {
    drive_scene *scene = *context;
    cv_query query = paged(5);
    cv_cursor *cursor = open_walk(scene, &query);
    assert_int_equal(drive_requests(scene), 0);
    assert_int_equal(cv_cursor_position(cursor), 0);
    assert_int_equal(cv_cursor_total(cursor), -1);
    assert_walk(cursor, all_ids, FIXTURE_ISSUES);
    assert_int_equal(cv_cursor_total(cursor), FIXTURE_ISSUES);
    assert_int_equal(cv_cursor_repeated(cursor), 0);
    assert_int_equal(drive_requests(scene), 3);
    assert_null(cv_cursor_next(cursor));
    assert_int_equal(drive_requests(scene), 3);
    cv_cursor_close(cursor);
}

/* The service has as many as fill the pages: nothing is asked for behind the last. */
static void test_no_empty_last_request(void **context) {
    drive_scene *scene = *context;
    cv_query query = paged(4);
    cv_cursor *cursor = open_walk(scene, &query);
    assert_walk(cursor, all_ids, FIXTURE_ISSUES);
    assert_int_equal(drive_requests(scene), 3);
    cv_cursor_close(cursor);
}

/* What the packages for Node lose: their page 2 has neither filter nor fields nor sort. */
static void test_page_two_keeps_the_whole_query(void **context) {
    static const int64_t ids[] = {73, 94, 110, 111, 112};
    drive_scene *scene = *context;
    cv_query query = paged(2);
    query.filter = "volume:902";
    query.fields = "name";
    query.sort = "id:asc";
    cv_cursor *cursor = open_walk(scene, &query);
    query.filter = NULL; /* the cursor has a copy */
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        const cv_issue *issue = cv_issue_next(cursor);
        assert_non_null(issue);
        assert_int_equal(issue->id, ids[i]);
        assert_false(cv_record_has(&issue->record, "cover_date"));
    }
    assert_int_equal(drive_requests(scene), 3);
    assert_sent(scene, 0,
                "format=json&field_list=id%2Cname&filter=volume%3A902"
                "&limit=2&sort=id%3Aasc&api_key=***");
    assert_sent(scene, 1,
                "format=json&field_list=id%2Cname&filter=volume%3A902"
                "&limit=2&offset=2&sort=id%3Aasc&api_key=***");
    cv_cursor_close(cursor);
}

static void test_a_walk_may_begin_later(void **context) {
    drive_scene *scene = *context;
    cv_query query = paged(3);
    query.offset = 7;
    cv_cursor *cursor = open_walk(scene, &query);
    assert_int_equal(cv_cursor_position(cursor), 7);
    assert_walk(cursor, all_ids + 7, FIXTURE_ISSUES - 7);
    assert_int_equal(drive_requests(scene), 2);
    cv_cursor_close(cursor);
}

static void test_a_walk_through_nothing(void **context) {
    drive_scene *scene = *context;
    cv_query query = CV_QUERY_INIT;
    query.filter = "name:nobody is called so";
    cv_cursor *cursor = open_walk(scene, &query);
    assert_walk(cursor, NULL, 0);
    assert_int_equal(cv_cursor_total(cursor), 0);
    assert_int_equal(drive_requests(scene), 1);
    cv_cursor_close(cursor);
}

static void test_position_tells_progress(void **context) {
    drive_scene *scene = *context;
    cv_query query = paged(5);
    cv_cursor *cursor = open_walk(scene, &query);
    for (int64_t i = 1; i <= FIXTURE_ISSUES; i++) {
        assert_non_null(cv_cursor_next(cursor));
        assert_int_equal(cv_cursor_position(cursor), i);
        assert_int_equal(cv_cursor_total(cursor), FIXTURE_ISSUES);
    }
    cv_cursor_close(cursor);
}

/* ---- lists that move ---- */

static void test_a_total_that_grows_and_shrinks(void **context) {
    static const int64_t ids[] = {1, 2, 3, 4, 5, 6, 7};
    drive_scene *scene = *context;
    cv_query query = paged(3);
    answer_with(scene, page_text(1, 3, 0, 4));
    answer_with(scene, page_text(4, 3, 3, 20));
    answer_with(scene, page_text(7, 1, 6, 7));
    cv_cursor *cursor = open_walk(scene, &query);
    assert_walk(cursor, ids, API_COUNT(ids));
    assert_int_equal(drive_requests(scene), 3);
    cv_cursor_close(cursor);
}

/* The list has lost what was to come: the page is empty, and says that there is no more. */
static void test_a_total_that_shrinks_below_the_position(void **context) {
    static const int64_t ids[] = {1, 2, 3};
    drive_scene *scene = *context;
    cv_query query = paged(3);
    answer_with(scene, page_text(1, 3, 0, 5));
    answer_with(scene, page_text(0, 0, 3, 2));
    cv_cursor *cursor = open_walk(scene, &query);
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        assert_int_equal(cv_issue_next(cursor)->id, ids[i]);
    }
    assert_null(cv_issue_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
    assert_int_equal(drive_requests(scene), 2);
    cv_cursor_close(cursor);
}

static void test_a_short_page_loses_nothing(void **context) {
    static const int64_t ids[] = {1, 2, 3, 4, 5};
    drive_scene *scene = *context;
    cv_query query = paged(3);
    answer_with(scene, page_text(1, 2, 0, 5));
    answer_with(scene, page_text(3, 3, 2, 5));
    cv_cursor *cursor = open_walk(scene, &query);
    assert_walk(cursor, ids, API_COUNT(ids));
    assert_int_equal(cv_cursor_missing(cursor), 0);
    assert_sent(scene, 1, "format=json&limit=3&offset=2&api_key=***");
    cv_cursor_close(cursor);
}

static void test_repeated_records_are_skipped_and_counted(void **context) {
    static const int64_t ids[] = {1, 2, 3, 4, 5};
    drive_scene *scene = *context;
    cv_query query = paged(3);
    answer_with(scene, page_text(1, 3, 0, 7));
    answer_with(scene, page_text(2, 3, 3, 7)); /* 2 and 3 once more */
    answer_with(scene, page_text(5, 1, 6, 7));
    cv_cursor *cursor = open_walk(scene, &query);
    assert_walk(cursor, ids, API_COUNT(ids));
    assert_int_equal(cv_cursor_repeated(cursor), 2);
    cv_cursor_close(cursor);
}

static void test_an_early_empty_page_is_no_end(void **context) {
    drive_scene *scene = *context;
    cv_query query = paged(3);
    answer_with(scene, page_text(1, 3, 0, 6));
    answer_with(scene, page_text(0, 0, 3, 6));
    answer_with(scene, page_text(4, 3, 3, 6));
    cv_cursor *cursor = open_walk(scene, &query);
    for (int64_t id = 1; id <= 3; id++) {
        assert_int_equal(cv_issue_next(cursor)->id, id);
    }
    assert_null(cv_issue_next(cursor));
    assert_string_equal(cv_code_name(cv_cursor_error(cursor)->code), "CV_ERROR_RESPONSE");
    assert_non_null(strstr(cv_cursor_error(cursor)->message, "ends too early"));
    assert_string_equal(cv_last_error()->message, cv_cursor_error(cursor)->message);
    assert_int_equal(cv_cursor_position(cursor), 3);
    /* The walk stands where it stood, and does not take the same page from the cache. */
    for (int64_t id = 4; id <= 6; id++) {
        const cv_issue *issue = cv_issue_next(cursor);
        assert_non_null(issue);
        assert_int_equal(issue->id, id);
    }
    assert_null(cv_issue_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
    cv_cursor_close(cursor);
}

/* A service that ignores the offset would be walked for ever, or be taken for a list of few. */
static void test_the_same_page_once_more_is_an_error(void **context) {
    drive_scene *scene = *context;
    cv_query query = paged(3);
    answer_with(scene, page_text(1, 3, 0, 9));
    answer_with(scene, page_text(1, 3, 0, 9));
    cv_cursor *cursor = open_walk(scene, &query);
    for (int64_t id = 1; id <= 3; id++) {
        assert_int_equal(cv_issue_next(cursor)->id, id);
    }
    assert_null(cv_issue_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_RESPONSE);
    assert_non_null(strstr(cv_cursor_error(cursor)->message, "once more"));
    cv_cursor_close(cursor);
}

/* Else 4 to 6 would be missing, and nobody would know. */
static void test_a_page_from_further_on_is_an_error(void **context) {
    static const int64_t rest[] = {4, 5, 6, 7, 8, 9};
    drive_scene *scene = *context;
    cv_query query = paged(3);
    answer_with(scene, page_text(1, 3, 0, 9));
    answer_with(scene, page_text(7, 3, 6, 9));
    answer_with(scene, page_text(4, 3, 3, 9));
    answer_with(scene, page_text(7, 3, 6, 9));
    cv_cursor *cursor = open_walk(scene, &query);
    for (int64_t id = 1; id <= 3; id++) {
        assert_int_equal(cv_issue_next(cursor)->id, id);
    }
    assert_null(cv_issue_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_RESPONSE);
    assert_non_null(strstr(cv_cursor_error(cursor)->message, "begins further on"));
    assert_walk(cursor, rest, API_COUNT(rest));
    cv_cursor_close(cursor);
}

/* ---- trouble in the middle ---- */

static void test_a_failed_page_is_asked_for_again(void **context) {
    static const server_fault faults[] = {
        {.kind = SERVER_FAULT_ANSWER, .path = API_ISSUES, .skip = 1, .http_status = 502},
        /* A kept-alive connection that was dead is tried once more by itself. */
        {.kind = SERVER_FAULT_RESET, .path = API_ISSUES, .skip = 1, .times = 2},
        {.kind = SERVER_FAULT_TRUNCATE, .path = API_ISSUES, .skip = 1, .cut_at = 40},
        {.kind = SERVER_FAULT_ANSWER, .path = API_ISSUES, .skip = 1, .api_status = 104},
    };
    static const cv_code codes[] = {CV_ERROR_SERVER, CV_ERROR_NETWORK, CV_ERROR_RESPONSE,
                                    CV_ERROR_REQUEST};
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(faults); i++) {
        cv_query query = paged(5);
        api_break(scene->self, &faults[i]);
        cv_cursor *cursor = open_walk(scene, &query);
        for (size_t given = 0; given < 5; given++) {
            const cv_issue *issue = cv_issue_next(cursor);
            if (issue == NULL) {
                fail_msg("fault %zu: %s", i, cv_cursor_error(cursor)->message);
            }
            assert_int_equal(issue->id, all_ids[given]);
        }
        assert_null(cv_issue_next(cursor));
        assert_string_equal(cv_code_name(cv_cursor_error(cursor)->code), cv_code_name(codes[i]));
        assert_int_equal(cv_cursor_position(cursor), 5);
        assert_walk(cursor, all_ids + 5, FIXTURE_ISSUES - 5);
        cv_cursor_close(cursor);
        api_forget(scene->self);
        server_faults_clear(scene->self->server);
    }
}

static void test_a_walk_ends_with_its_client(void **context) {
    drive_scene *scene = *context;
    cv_query query = paged(5);
    cv_cursor *cursor = open_walk(scene, &query);
    for (size_t given = 0; given < 5; given++) {
        assert_non_null(cv_cursor_next(cursor));
    }
    cv_client_close(scene->client);
    scene->client = NULL;
    assert_null(cv_cursor_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_CLOSED);
    assert_int_equal(cv_cursor_position(cursor), 5);
    char *token = cv_cursor_token(cursor);
    assert_non_null(token);
    cv_free(token);
    cv_cursor_close(cursor);
}

/* ---- bad beginnings ---- */

static void test_bad_walks_send_nothing(void **context) {
    static const cv_query bad[] = {
        {.limit = 101},       {.limit = -1},       {.offset = -1},    {.fields = "lamp"},
        {.filter = "lamp:1"}, {.sort = "name:up"}, {.reserved = {1}},
    };
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(bad); i++) {
        cv_query query = bad[i];
        query.size = sizeof(query);
        assert_null(cv_cursor_open(scene->client, CV_ISSUE, &query, CV_PRIORITY_USER));
        assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
    }
    assert_null(cv_cursor_open(scene->client, CV_RESOURCE_NONE, NULL, CV_PRIORITY_USER));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_cursor_open(scene->client, CV_ISSUE, NULL, (cv_priority)7));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_cursor_open(NULL, CV_ISSUE, NULL, CV_PRIORITY_USER));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_int_equal(drive_requests(scene), 0);
}

static void test_null_is_fine_everywhere(void **context) {
    (void)context;
    assert_null(cv_cursor_next(NULL));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_issue_next(NULL));
    assert_null(cv_request_next_page(NULL));
    assert_null(cv_cursor_token(NULL));
    assert_int_equal(cv_cursor_position(NULL), 0);
    assert_int_equal(cv_cursor_total(NULL), -1);
    assert_int_equal(cv_cursor_repeated(NULL), 0);
    assert_int_equal(cv_cursor_missing(NULL), 0);
    assert_int_equal(cv_cursor_error(NULL)->code, CV_ERROR_ARGUMENT);
    cv_cursor_prefetch(NULL, true);
    cv_cursor_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_a_walk_through_all_pages),
        BOTH_DRIVES(test_no_empty_last_request),
        BOTH_DRIVES(test_page_two_keeps_the_whole_query),
        BOTH_DRIVES(test_a_walk_may_begin_later),
        BOTH_DRIVES(test_a_walk_through_nothing),
        BOTH_DRIVES(test_position_tells_progress),
        BOTH_DRIVES(test_a_total_that_grows_and_shrinks),
        BOTH_DRIVES(test_a_total_that_shrinks_below_the_position),
        BOTH_DRIVES(test_a_short_page_loses_nothing),
        BOTH_DRIVES(test_repeated_records_are_skipped_and_counted),
        BOTH_DRIVES(test_an_early_empty_page_is_no_end),
        BOTH_DRIVES(test_the_same_page_once_more_is_an_error),
        BOTH_DRIVES(test_a_page_from_further_on_is_an_error),
        BOTH_DRIVES(test_a_failed_page_is_asked_for_again),
        BOTH_DRIVES(test_a_walk_ends_with_its_client),
        BOTH_DRIVES(test_bad_walks_send_nothing),
        BOTH_DRIVES(test_null_is_fine_everywhere),
    };
    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
