/* Walks that stop and go on elsewhere: what a token holds, where it leads, and what is none. Each
 * test runs in both drives. */
#include "support/walking.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

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

static void test_a_walk_may_be_resumed_at_each_record(void **context) {
    drive_scene *scene = *context;
    for (size_t given = 0; given <= WALKING_ISSUES; given++) {
        cv_cursor *cursor = walking_open(scene->client, 5);
        walking_assert_next(cursor, walking_ids, given);
        cursor = resume(scene->client, cursor);
        walking_assert_next(cursor, walking_ids + given, WALKING_ISSUES - given);
        walking_assert_end(cursor);
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
    walking_assert_next(cursor, ids, 1);
    cursor = resume(scene->client, cursor);
    walking_assert_next(cursor, ids + 1, 2);
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
    cv_cursor *cursor = walking_open(scene->client, 4);
    walking_assert_next(cursor, walking_ids, 1);
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
    walking_assert_next(cursor, rest, 2);
    assert_int_equal(cv_cursor_total(cursor), 13);
    cv_cursor_close(cursor);
}

/* By whole pages a walk goes on at the page after the last one. */
static void test_a_walk_by_pages_may_be_resumed_at_each(void **context) {
    static const size_t counts[] = {5, 5, 2};
    drive_scene *scene = *context;
    cv_cursor *cursor = walking_open(scene->client, 5);
    size_t seen = 0;
    for (size_t i = 0; i < API_COUNT(counts); i++) {
        cursor = resume(scene->client, cursor);
        walking_assert_page(cursor, walking_ids + seen, counts[i]);
        seen += counts[i];
    }
    cursor = resume(scene->client, cursor);
    walking_assert_page(cursor, NULL, 0);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 3);
}

/* What has a meaning in a URL or in a token is a letter like any other. */
static void test_a_token_holds_any_text(void **context) {
    static const char *const texts[] = {
        "100% & more=+\"\xC3\xA9\" #?/\\;:,|<>{}",
        "&check=0000000000000000",
        "%00%41%",
        "\xFF\x80",
        "comicvine-walk-1&path=issues",
        "caf\xC3\xA9 \xF0\x9F\x92\xA5",
    };
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(texts); i++) {
        cv_search_query query = CV_SEARCH_QUERY_INIT;
        query.query = texts[i];
        cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
        assert_non_null(cursor);
        cursor = resume(scene->client, cursor);
        assert_null(cv_cursor_next(cursor));
        assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
        cv_cursor_close(cursor);
        assert_int_equal(drive_requests(scene), i + 1);
        cv_page_free(cv_search(scene->client, &query, CV_PRIORITY_USER)); /* the same: a hit */
        assert_int_equal(drive_requests(scene), i + 1);
    }
}

/* A token names no service and no key: the walk goes on where the client asks. */
static void test_a_token_serves_any_client(void **context) {
    drive_scene *scene = *context;
    api *elsewhere = api_new();
    cv_options options = api_options(elsewhere);
    options.api_key = "1234567890123456789012345678901234567890";
    cv_client *other = drive_open(scene, &options);
    cv_cursor *cursor = walking_open(scene->client, 5);
    walking_assert_next(cursor, walking_ids, 5);
    cursor = resume(other, cursor);
    assert_null(cv_issue_next(cursor)); /* its key is not that server's */
    assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_AUTH);
    cv_client_close(other);
    options.api_key = API_KEY;
    other = drive_open(scene, &options);
    cursor = resume(other, cursor);
    walking_assert_next(cursor, walking_ids + 5, WALKING_ISSUES - 5);
    walking_assert_end(cursor);
    cv_cursor_close(cursor);
    cv_client_close(other);
    assert_int_equal(drive_requests(scene), 1);
    assert_int_equal(server_request_count(elsewhere->server, NULL), 3);
    api_end(elsewhere);
}

/* ---- what is no token ---- */

static void assert_refused(cv_client *client, const char *token) {
    assert_null(cv_cursor_resume(client, token));
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
}

/* A token of a walk that stands behind its second record; free it. */
static char *make_token(cv_client *client) {
    cv_cursor *cursor = walking_open(client, 5);
    walking_assert_next(cursor, walking_ids, 2);
    char *token = cv_cursor_token(cursor);
    assert_non_null(token);
    cv_cursor_close(cursor);
    return token;
}

static void test_every_byte_counts(void **context) {
    drive_scene *scene = *context;
    char *token = make_token(scene->client);
    size_t length = strlen(token);
    for (size_t i = 0; i < length; i++) {
        char kept = token[i];
        for (int byte = 0; byte <= UCHAR_MAX; byte++) { /* 0 cuts it there */
            token[i] = (char)byte;
            if (token[i] != kept) {
                assert_refused(scene->client, token);
            }
        }
        token[i] = kept;
    }
    cv_free(token);
}

/* As by an editor that breaks lines, or a form that doubles them. */
static void test_nothing_may_be_added(void **context) {
    static const char *const additions[] = {"\n", "\r\n", " ", "&", "=", "%", "a", "&total=1"};
    drive_scene *scene = *context;
    char *token = make_token(scene->client);
    size_t length = strlen(token);
    char *longer = malloc(2 * length + 16);
    assert_non_null(longer);
    for (size_t at = 0; at <= length; at++) {
        for (size_t i = 0; i < API_COUNT(additions); i++) {
            size_t added = strlen(additions[i]);
            memcpy(longer, token, at);
            memcpy(longer + at, additions[i], added);
            memcpy(longer + at + added, token + at, length - at + 1);
            assert_refused(scene->client, longer);
        }
    }
    memcpy(longer, token, length);
    memcpy(longer + length, token, length + 1);
    assert_refused(scene->client, longer);
    free(longer);
    cv_free(token);
}

static void test_no_length_is_too_much(void **context) {
    enum { LENGTH = 4 << 20 };
    static const char begin[] = "comicvine-walk-1&path=";
    drive_scene *scene = *context;
    char *text = malloc(LENGTH + 1);
    assert_non_null(text);
    memset(text, 'a', LENGTH);
    text[LENGTH] = '\0';
    assert_refused(scene->client, text);
    memcpy(text, begin, sizeof(begin) - 1);
    assert_refused(scene->client, text);
    free(text);
    assert_refused(scene->client, "");
    assert_refused(scene->client, NULL);
    assert_refused(NULL, begin);
}

/* Whatever a later version writes, this one does not guess at it. */
static void test_another_version_is_refused(void **context) {
    drive_scene *scene = *context;
    char *token = make_token(scene->client);
    char *version = strstr(token, "walk-1");
    assert_non_null(version);
    version[5] = '2';
    assert_refused(scene->client, token);
    assert_non_null(strstr(cv_last_error()->message, "version"));
    cv_free(token);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_a_walk_may_be_resumed_at_each_record),
        BOTH_DRIVES(test_a_token_holds_the_whole_query),
        BOTH_DRIVES(test_a_resumed_walk_follows_its_record),
        BOTH_DRIVES(test_a_walk_by_pages_may_be_resumed_at_each),
        BOTH_DRIVES(test_a_token_holds_any_text),
        BOTH_DRIVES(test_a_token_serves_any_client),
        BOTH_DRIVES(test_every_byte_counts),
        BOTH_DRIVES(test_nothing_may_be_added),
        BOTH_DRIVES(test_no_length_is_too_much),
        BOTH_DRIVES(test_another_version_is_refused),
    };
    return cmocka_run_group_tests_name("cursor tokens", tests, NULL, NULL);
}
