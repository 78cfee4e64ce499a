/* Walks that stop and go on elsewhere, whole pages as requests, pages fetched ahead, and walks that
 * share their pages. Each test runs in both drives. */
#include "support/api_drive.h"

#include <stdlib.h>
#include <string.h>

enum { FIXTURE_ISSUES = 12 };

static const int64_t all_ids[FIXTURE_ISSUES] = {115, 52,  111, 88,  61,  110,
                                                73,  114, 94,  112, 107, 113};

static cv_cursor *open_walk(cv_client *client, int64_t limit) {
    cv_query query = CV_QUERY_INIT;
    query.limit = limit;
    cv_cursor *cursor = cv_cursor_open(client, CV_ISSUE, &query, CV_PRIORITY_USER);
    assert_non_null(cursor);
    return cursor;
}

static void assert_next(cv_cursor *cursor, const int64_t *ids, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const cv_issue *issue = cv_issue_next(cursor);
        if (issue == NULL) {
            fail_msg("record %zu: %s", i, cv_cursor_error(cursor)->message);
        }
        assert_int_equal(issue->id, ids[i]);
    }
}

static void assert_end(cv_cursor *cursor) {
    assert_null(cv_issue_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
}

/* Closes the cursor and opens another where it was. */
static cv_cursor *resume(cv_client *client, cv_cursor *cursor) {
    int64_t position = cv_cursor_position(cursor);
    int64_t total = cv_cursor_total(cursor);
    char *token = cv_cursor_token(cursor);
    assert_non_null(token);
    assert_null(strstr(token, API_KEY));
    for (const char *next = token; *next != '\0'; next++) {
        assert_true(*next > ' ' && *next <= '~');
    }
    cv_cursor_close(cursor);
    cursor = cv_cursor_resume(client, token);
    if (cursor == NULL) {
        fail_msg("%s: %s", cv_last_error()->message, token);
    }
    assert_int_equal(cv_cursor_position(cursor), position);
    assert_int_equal(cv_cursor_total(cursor), total);
    char *again = cv_cursor_token(cursor); /* nothing has moved */
    assert_string_equal(again, token);
    cv_free(again);
    cv_free(token);
    return cursor;
}

/* ---- tokens ---- */

static void test_a_walk_may_be_resumed_at_each_record(void **context) {
    drive_scene *scene = *context;
    for (size_t given = 0; given <= FIXTURE_ISSUES; given++) {
        cv_cursor *cursor = open_walk(scene->client, 5);
        assert_next(cursor, all_ids, given);
        cursor = resume(scene->client, cursor);
        assert_next(cursor, all_ids + given, FIXTURE_ISSUES - given);
        assert_end(cursor);
        assert_int_equal(cv_cursor_repeated(cursor), 0);
        cv_cursor_close(cursor);
    }
    assert_int_equal(drive_requests(scene), 3); /* its pages are those of the walk before */
}

static void test_a_token_holds_the_whole_query(void **context) {
    static const int64_t ids[] = {112, 111, 110};
    drive_scene *scene = *context;
    cv_query query = CV_QUERY_INIT;
    query.filter = "volume:902,cover_date:1900-01-01|2100-01-01";
    query.fields = "name";
    query.sort = "id:desc";
    query.limit = 1;
    cv_cursor *cursor = cv_cursor_open(scene->client, CV_ISSUE, &query, CV_PRIORITY_BACKGROUND);
    assert_next(cursor, ids, 1);
    cursor = resume(scene->client, cursor);
    assert_next(cursor, ids + 1, 2);
    cv_cursor_close(cursor);
    server_request first;
    server_request last;
    assert_true(server_request_at(scene->self->server, API_ISSUES, 0, &first));
    assert_true(server_request_at(scene->self->server, API_ISSUES, 2, &last));
    assert_string_equal(first.query, "format=json&field_list=id%2Cname&filter=volume%3A902"
                                     "%2Ccover_date%3A1900-01-01%7C2100-01-01&limit=1"
                                     "&sort=id%3Adesc&api_key=***");
    assert_string_equal(last.query, "format=json&field_list=id%2Cname&filter=volume%3A902"
                                    "%2Ccover_date%3A1900-01-01%7C2100-01-01&limit=1&offset=2"
                                    "&sort=id%3Adesc&api_key=***");
}

/* The list has moved by one since: the walk goes on behind the record, not behind the place. */
static void test_a_resumed_walk_follows_its_record(void **context) {
    static const int64_t rest[] = {52, 111};
    drive_scene *scene = *context;
    cv_cursor *cursor = open_walk(scene->client, 4);
    assert_next(cursor, all_ids, 1);
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    api_forget(scene->self);
    const server_fault fault = {
        .kind = SERVER_FAULT_ANSWER,
        .path = API_ISSUES,
        .body = "{\"error\":\"OK\",\"limit\":4,\"offset\":0,\"number_of_page_results\":4,"
                "\"number_of_total_results\":13,\"status_code\":1,\"results\":"
                "[{\"id\":9},{\"id\":115},{\"id\":52},{\"id\":111}]}"};
    api_break(scene->self, &fault);
    cursor = cv_cursor_resume(scene->client, token);
    cv_free(token);
    assert_next(cursor, rest, 2);
    assert_int_equal(cv_cursor_total(cursor), 13);
    cv_cursor_close(cursor);
}

static void test_bad_tokens_are_refused(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_walk(scene->client, 5);
    assert_next(cursor, all_ids, 2);
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    size_t length = strlen(token);
    for (size_t i = 0; i < length; i++) {
        char kept = token[i];
        token[i] = kept == 'x' ? 'y' : 'x';
        assert_null(cv_cursor_resume(scene->client, token));
        assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
        token[i] = '\0';
        assert_null(cv_cursor_resume(scene->client, token));
        assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
        token[i] = kept;
    }
    assert_null(cv_cursor_resume(scene->client, NULL));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_null(cv_cursor_resume(NULL, token));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    cv_free(token);
}

/* ---- whole pages ---- */

/* The page of a request that must be done and well. */
static const cv_page *take_page(cv_request *request) {
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_OK);
    const cv_page *page = cv_page_take(request);
    assert_non_null(page);
    cv_request_free(request);
    return page;
}

static void test_pages_as_requests(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_walk(scene->client, 5);
    size_t seen = 0;
    for (size_t pages = 0; pages < 3; pages++) {
        const cv_page *page = take_page(cv_request_next_page(cursor));
        for (size_t i = 0; i < page->count; i++) {
            assert_int_equal(((const cv_issue *)page->items[i])->id, all_ids[seen + i]);
        }
        seen += page->count;
        assert_int_equal(cv_cursor_position(cursor), (int64_t)seen);
        cv_page_free(page);
    }
    assert_int_equal(seen, FIXTURE_ISSUES);
    /* Behind the last one: nothing is sent, and there is nothing. */
    cv_request *last = cv_request_next_page(cursor);
    assert_true(cv_request_done(last));
    assert_null(cv_record_take(last));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    const cv_page *page = take_page(last);
    assert_int_equal(page->count, 0);
    assert_int_equal(page->total, FIXTURE_ISSUES);
    cv_page_free(page);
    assert_int_equal(drive_requests(scene), 3);
    cv_cursor_close(cursor);
}

static void test_one_page_at_a_time(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_cursor *cursor = open_walk(scene->client, 5);
    drive_hold(scene);
    cv_request *first = cv_request_next_page(cursor);
    cv_request_on_done(first, note_call, &noted);
    cv_request *second = cv_request_next_page(cursor);
    assert_ended(second, CV_ERROR_ARGUMENT);
    cv_request_free(second);
    assert_int_equal(cv_cursor_position(cursor), 0);
    drive_release(scene);
    drive_until_called(scene, &noted);
    assert_int_equal(cv_cursor_position(cursor), 5);
    cv_request_free(first);
    cv_cursor_close(cursor);
}

static void test_a_cancelled_page_is_asked_for_again(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_walk(scene->client, 5);
    drive_hold(scene);
    cv_request *request = cv_request_next_page(cursor);
    drive_until_sent(scene, 1);
    cv_request_cancel(request);
    assert_ended(request, CV_ERROR_CANCELLED);
    cv_request_free(request);
    drive_release(scene);
    assert_int_equal(cv_cursor_position(cursor), 0);
    assert_next(cursor, all_ids, FIXTURE_ISSUES);
    assert_end(cursor);
    cv_cursor_close(cursor);
}

static void test_a_page_may_outlive_its_cursor(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_walk(scene->client, 5);
    drive_hold(scene);
    cv_request *request = cv_request_next_page(cursor);
    cv_cursor_close(cursor);
    drive_release(scene);
    const cv_page *page = take_page(request);
    assert_int_equal(page->count, 5);
    cv_page_free(page);
}

static void test_close_ends_a_page(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_walk(scene->client, 5);
    drive_hold(scene);
    cv_request *request = cv_request_next_page(cursor);
    drive_until_sent(scene, 1);
    cv_client_close(scene->client);
    scene->client = NULL;
    assert_ended(request, CV_ERROR_CLOSED);
    cv_request_free(request);
    cv_cursor_close(cursor);
    drive_release(scene);
}

/* ---- ahead ---- */

static void test_the_next_page_comes_ahead(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_walk(scene->client, 5);
    cv_cursor_prefetch(cursor, true);
    assert_next(cursor, all_ids, 1);
    drive_until_sent(scene, 2);
    drive_until(scene, "SELECT count(*) FROM cache", 2);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits WHERE "
                                            "priority = 'background'"),
                     1);
    assert_next(cursor, all_ids + 1, FIXTURE_ISSUES - 1);
    assert_end(cursor);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 3); /* nothing twice, nothing behind the end */
}

/* Each page is still on its way when it is needed: its request is joined, not made again. */
static void test_a_page_on_its_way_is_joined(void **context) {
    static const server_fault slow = {.kind = SERVER_FAULT_ANSWER,
                                      .path = API_ISSUES,
                                      .skip = 1,
                                      .times = SERVER_ALL,
                                      .delay_ms = 50};
    drive_scene *scene = *context;
    api_break(scene->self, &slow);
    cv_cursor *cursor = open_walk(scene->client, 5);
    cv_cursor_prefetch(cursor, true);
    assert_next(cursor, all_ids, FIXTURE_ISSUES);
    assert_end(cursor);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 3);
}

/* That it fails is nobody's error until the page is needed, and then it is asked for again. */
static void test_a_failure_ahead_is_no_failure(void **context) {
    static const server_fault broken = {
        .kind = SERVER_FAULT_ANSWER, .path = API_ISSUES, .skip = 1, .http_status = 502};
    drive_scene *scene = *context;
    api_break(scene->self, &broken);
    cv_cursor *cursor = open_walk(scene->client, 5);
    cv_cursor_prefetch(cursor, true);
    assert_next(cursor, all_ids, 1);
    drive_until_sent(scene, 2);
    drive_until(scene, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'", 0);
    cv_cursor_prefetch(cursor, false);
    assert_next(cursor, all_ids + 1, FIXTURE_ISSUES - 1);
    assert_end(cursor);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 4);
}

static void test_without_a_cache_nothing_comes_ahead(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.disabled = true;
    cv_client *client = drive_open(scene, &options);
    cv_cursor *cursor = open_walk(client, 5);
    cv_cursor_prefetch(cursor, true);
    assert_next(cursor, all_ids, FIXTURE_ISSUES);
    assert_end(cursor);
    cv_cursor_close(cursor);
    cv_client_close(client);
    assert_int_equal(drive_requests(scene), 3);
}

static void test_closing_lets_go_of_what_comes_ahead(void **context) {
    drive_scene *scene = *context;
    cv_cursor *cursor = open_walk(scene->client, 5);
    cv_cursor_prefetch(cursor, true);
    assert_next(cursor, all_ids, 1);
    cv_cursor_close(cursor);
    assert_int_equal(api_retrieve(scene->client, 52).code, CV_OK);
}

/* ---- walks side by side ---- */

static void test_two_walks_share_their_pages(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    cv_client *other = drive_open(scene, &options);
    cv_cursor *cursors[] = {open_walk(scene->client, 5), open_walk(other, 5)};
    for (size_t i = 0; i < FIXTURE_ISSUES; i++) {
        assert_next(cursors[i % 2], all_ids + i, 1);
        assert_next(cursors[1 - i % 2], all_ids + i, 1);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_end(cursors[i]);
        cv_cursor_close(cursors[i]);
    }
    cv_client_close(other);
    assert_int_equal(drive_requests(scene), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_a_walk_may_be_resumed_at_each_record),
        BOTH_DRIVES(test_a_token_holds_the_whole_query),
        BOTH_DRIVES(test_a_resumed_walk_follows_its_record),
        BOTH_DRIVES(test_bad_tokens_are_refused),
        BOTH_DRIVES(test_pages_as_requests),
        BOTH_DRIVES(test_one_page_at_a_time),
        BOTH_DRIVES(test_a_cancelled_page_is_asked_for_again),
        BOTH_DRIVES(test_a_page_may_outlive_its_cursor),
        BOTH_DRIVES(test_close_ends_a_page),
        BOTH_DRIVES(test_the_next_page_comes_ahead),
        BOTH_DRIVES(test_a_page_on_its_way_is_joined),
        BOTH_DRIVES(test_a_failure_ahead_is_no_failure),
        BOTH_DRIVES(test_without_a_cache_nothing_comes_ahead),
        BOTH_DRIVES(test_closing_lets_go_of_what_comes_ahead),
        BOTH_DRIVES(test_two_walks_share_their_pages),
    };
    return cmocka_run_group_tests_name("cursor pages and tokens", tests, NULL, NULL);
}
