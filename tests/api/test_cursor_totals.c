/* Walks through lists whose envelopes say too little or what cannot be: no total, a total below
 * what is there, more items than there are, no place. No record is lost, no walk is endless. Each
 * test runs in both drives. */
#include "support/walking.h"

#include <stdio.h>
#include <string.h>

#define SEARCH "/api/search/"

enum { PAGE_SIZE = 3, TEXT_SIZE = 1024 };

/* Members of an envelope, each with its comma, or nothing. */
typedef struct words {
    const char *total;
    const char *place;
    const char *length;
} words;

/* Writes a page with issues from `first_id` on, of which `count` are there. */
static const char *write_page(char text[TEXT_SIZE], const words *said, int64_t first_id,
                              size_t count) {
    int length = snprintf(text, TEXT_SIZE,
                          "{\"error\":\"OK\",\"limit\":%d,%s%s%s\"status_code\":1,\"results\":[",
                          PAGE_SIZE, said->total, said->place, said->length);
    for (size_t i = 0; i < count; i++) {
        length += snprintf(text + length, TEXT_SIZE - (size_t)length,
                           "%s{\"id\":%lld,\"resource_type\":\"issue\"}", i > 0 ? "," : "",
                           (long long)first_id + (long long)i);
    }
    snprintf(text + length, TEXT_SIZE - (size_t)length, "]}");
    return text;
}

static void answer(const drive_scene *scene, const char *path, const words *said, int64_t first_id,
                   size_t count) {
    char text[TEXT_SIZE];
    const server_fault fault = {
        .kind = SERVER_FAULT_ANSWER, .path = path, .body = write_page(text, said, first_id, count)};
    api_break(scene->self, &fault);
}

/* Answers with a list of `count` issues, and with nothing behind it. */
static void answer_all(const drive_scene *scene, const char *path, const words *said,
                       int64_t count) {
    for (int64_t place = 0; place < count; place += PAGE_SIZE) {
        int64_t left = count - place;
        answer(scene, path, said, place + 1, left < PAGE_SIZE ? (size_t)left : PAGE_SIZE);
    }
    answer(scene, path, said, 0, 0);
}

static void assert_ids(cv_cursor *cursor, int64_t first_id, int64_t last_id) {
    for (int64_t id = first_id; id <= last_id; id++) {
        const cv_record *record = cv_cursor_next(cursor);
        if (record == NULL) {
            fail_msg("record %lld: %s", (long long)id, cv_cursor_error(cursor)->message);
        }
        assert_int_equal(((const cv_issue *)record)->id, id);
    }
}

static void assert_all_passed(cv_cursor *cursor, int64_t count) {
    assert_null(cv_cursor_next(cursor));
    assert_string_equal(cv_cursor_error(cursor)->message, "");
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
    assert_int_equal(cv_cursor_position(cursor), count);
    assert_int_equal(cv_cursor_total(cursor), count);
    assert_int_equal(cv_cursor_repeated(cursor), 0);
}

/* ---- totals ---- */

#define TOTAL(value) "\"number_of_total_results\":" value ","

/* None, what is no number, and numbers that cannot be. */
static const words no_totals[] = {
    {"", "", ""},
    {TOTAL("null"), "", ""},
    {TOTAL("\"\""), "", ""},
    {TOTAL("\"many\""), "", ""},
    {TOTAL("[]"), "", ""},
    {TOTAL("{\"count\":7}"), "", ""},
    {TOTAL("false"), "", ""},
    {TOTAL("99999999999999999999"), "", ""},
    {TOTAL("-1"), "", ""},
    {TOTAL("0"), "", ""},
    {TOTAL("\"2\""), "", ""},
};

static void test_a_list_without_a_total(void **context) {
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(no_totals); i++) {
        answer_all(scene, API_ISSUES, &no_totals[i], 7);
        cv_cursor *cursor = walking_open(scene->client, PAGE_SIZE);
        assert_ids(cursor, 1, 4);
        assert_int_equal(cv_cursor_total(cursor), -1);
        assert_int_equal(cv_cursor_position(cursor), 4);
        assert_ids(cursor, 5, 7);
        assert_all_passed(cursor, 7);
        assert_null(cv_cursor_next(cursor));
        assert_int_equal(drive_requests(scene), 4 * (i + 1));
        cv_cursor_close(cursor);
        api_forget(scene->self);
    }
}

static void test_a_search_without_a_total(void **context) {
    drive_scene *scene = *context;
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "anything";
    query.limit = PAGE_SIZE;
    for (size_t i = 0; i < API_COUNT(no_totals); i++) {
        answer_all(scene, SEARCH, &no_totals[i], 6);
        cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
        assert_ids(cursor, 1, 6);
        assert_int_equal(cv_cursor_total(cursor), -1);
        assert_all_passed(cursor, 6);
        assert_int_equal(cv_cursor_missing(cursor), 0);
        assert_int_equal(drive_requests(scene), 3 * (i + 1));
        cv_cursor_close(cursor);
        api_forget(scene->self);
    }
}

static void test_a_list_without_a_total_by_pages(void **context) {
    static const int64_t ids[] = {1, 2, 3, 4};
    drive_scene *scene = *context;
    answer_all(scene, API_ISSUES, &no_totals[0], 4);
    cv_cursor *cursor = walking_open(scene->client, PAGE_SIZE);
    const cv_page *first = walking_take(cv_request_next_page(cursor));
    assert_int_equal(first->count, 3);
    assert_int_equal(first->total, -1);
    assert_int_equal(first->offset, -1);
    cv_page_free(first);
    walking_assert_page(cursor, ids + 3, 1);
    walking_assert_page(cursor, NULL, 0); /* the service's own */
    assert_int_equal(drive_requests(scene), 3);
    const cv_page *end = walking_take(cv_request_next_page(cursor));
    assert_int_equal(end->count, 0);
    assert_int_equal(end->total, 4);
    assert_int_equal(end->offset, 4);
    assert_int_equal(end->source, CV_SOURCE_NETWORK);
    cv_page_free(end);
    assert_int_equal(drive_requests(scene), 3);
    cv_cursor_close(cursor);
}

/* That there is no total is part of what a token holds, as is the end that was found. */
static void test_a_walk_without_a_total_may_be_resumed(void **context) {
    drive_scene *scene = *context;
    answer_all(scene, API_ISSUES, &no_totals[0], 7);
    for (int64_t given = 0; given <= 7; given++) {
        cv_cursor *cursor = walking_open(scene->client, PAGE_SIZE);
        assert_ids(cursor, 1, given);
        char *token = cv_cursor_token(cursor);
        cv_cursor_close(cursor);
        cursor = cv_cursor_resume(scene->client, token);
        cv_free(token);
        assert_int_equal(cv_cursor_position(cursor), given);
        assert_int_equal(cv_cursor_total(cursor), -1);
        assert_ids(cursor, given + 1, 7);
        assert_all_passed(cursor, 7);
        token = cv_cursor_token(cursor);
        cv_cursor_close(cursor);
        cursor = cv_cursor_resume(scene->client, token);
        cv_free(token);
        assert_all_passed(cursor, 7);
        cv_cursor_close(cursor);
    }
    assert_int_equal(drive_requests(scene), 4);
}

/* The total was believed until a page had more; then nothing but its end ends the list. */
static void test_a_total_that_its_own_page_goes_beyond(void **context) {
    static const words said = {TOTAL("4"), "", ""};
    drive_scene *scene = *context;
    answer_all(scene, API_ISSUES, &said, 9);
    cv_cursor *cursor = walking_open(scene->client, PAGE_SIZE);
    assert_ids(cursor, 1, 3);
    assert_int_equal(cv_cursor_total(cursor), 4);
    assert_ids(cursor, 4, 4);
    assert_int_equal(cv_cursor_total(cursor), -1);
    assert_ids(cursor, 5, 9);
    assert_all_passed(cursor, 9);
    assert_int_equal(drive_requests(scene), 4);
    cv_cursor_close(cursor);
}

/* Each time the next page is asked for in vain; what is said to be there is never taken for read.
 */
static void test_a_total_that_is_too_high_is_never_an_end(void **context) {
    static const words said = {TOTAL("20"), "", ""};
    drive_scene *scene = *context;
    answer_all(scene, API_ISSUES, &said, 3);
    answer(scene, API_ISSUES, &said, 0, 0);
    cv_cursor *cursor = walking_open(scene->client, PAGE_SIZE);
    assert_ids(cursor, 1, 3);
    for (size_t i = 0; i < 2; i++) {
        assert_null(cv_cursor_next(cursor));
        assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_RESPONSE);
        assert_string_equal(cv_cursor_error(cursor)->message,
                            "issues: the page behind 3 of 20 is empty: the list ends too early");
        assert_int_equal(drive_requests(scene), i + 2);
    }
    cv_cursor_close(cursor);
}

/* ---- lengths and places ---- */

/* A page that is said to have three and has none would have three be lost. */
static void test_items_that_are_only_said_to_be_there(void **context) {
    static const words said = {TOTAL("6"), "", "\"number_of_page_results\":3,"};
    drive_scene *scene = *context;
    answer(scene, API_ISSUES, &said, 1, 3);
    answer(scene, API_ISSUES, &said, 0, 0);
    answer(scene, API_ISSUES, &said, 4, 2);
    answer(scene, API_ISSUES, &said, 6, 1);
    cv_cursor *cursor = walking_open(scene->client, PAGE_SIZE);
    assert_ids(cursor, 1, 3);
    assert_null(cv_cursor_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_RESPONSE);
    assert_ids(cursor, 4, 6);
    assert_all_passed(cursor, 6);
    server_request last;
    assert_true(server_request_at(scene->self->server, API_ISSUES, 3, &last));
    assert_string_equal(last.query, "format=json&limit=3&offset=5&api_key=***");
    cv_cursor_close(cursor);
}

/* They are counted among the service's matches, so the next page begins behind them. */
static void test_items_that_are_no_records_take_up_room(void **context) {
    static const char *const pages[] = {
        "{\"status_code\":1,\"limit\":3,\"number_of_total_results\":\"7\","
        "\"results\":[[],{\"id\":1},null]}",
        "{\"status_code\":1,\"limit\":3,\"number_of_total_results\":\"7\","
        "\"results\":[\"x\",false,3.5]}",
        "{\"status_code\":1,\"limit\":3,\"number_of_total_results\":\"7\","
        "\"results\":[{\"id\":2,\"volume\":[null,[]],\"lamp\":[[],1]}]}",
    };
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(pages); i++) {
        const server_fault fault = {
            .kind = SERVER_FAULT_ANSWER, .path = API_ISSUES, .body = pages[i]};
        api_break(scene->self, &fault);
    }
    cv_cursor *cursor = walking_open(scene->client, PAGE_SIZE);
    assert_ids(cursor, 1, 2);
    assert_all_passed(cursor, 7);
    assert_int_equal(drive_requests(scene), API_COUNT(pages));
    cv_cursor_close(cursor);
}

/* ---- pages without ids ---- */

static void answer_twice(const drive_scene *scene, const char *path, const char *body) {
    const server_fault fault = {.kind = SERVER_FAULT_ANSWER, .path = path, .body = body};
    api_break(scene->self, &fault);
    api_break(scene->self, &fault);
}

/* Gives the two records of the first page; the second page is that one again. */
static void assert_not_endless(const drive_scene *scene, cv_cursor *cursor) {
    assert_non_null(cv_cursor_next(cursor));
    assert_non_null(cv_cursor_next(cursor));
    assert_null(cv_cursor_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_RESPONSE);
    assert_non_null(strstr(cv_cursor_error(cursor)->message, "once more"));
    assert_int_equal(cv_cursor_position(cursor), 2);
    assert_int_equal(cv_cursor_repeated(cursor), 0);
    assert_int_equal(drive_requests(scene), 2);
    cv_cursor_close(cursor);
}

static void test_hits_of_unknown_types_on_a_page_that_comes_again(void **context) {
    drive_scene *scene = *context;
    answer_twice(scene, SEARCH,
                 "{\"status_code\":1,\"limit\":2,\"results\":["
                 "{\"id\":1,\"resource_type\":\"gallery\"},{\"name\":\"Lantern\"}]}");
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "lantern";
    query.limit = 2;
    assert_not_endless(scene, cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER));
}

/* Two that are alike are both given. */
static void test_records_without_ids_on_a_page_that_comes_again(void **context) {
    drive_scene *scene = *context;
    answer_twice(scene, "/api/chats/",
                 "{\"status_code\":1,\"limit\":2,\"number_of_total_results\":50,\"results\":["
                 "{\"title\":\"Evening talk\"},{\"title\":\"Evening talk\"}]}");
    assert_not_endless(scene, cv_cursor_open(scene->client, CV_CHAT, NULL, CV_PRIORITY_USER));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_a_list_without_a_total),
        BOTH_DRIVES(test_a_search_without_a_total),
        BOTH_DRIVES(test_a_list_without_a_total_by_pages),
        BOTH_DRIVES(test_a_walk_without_a_total_may_be_resumed),
        BOTH_DRIVES(test_a_total_that_its_own_page_goes_beyond),
        BOTH_DRIVES(test_a_total_that_is_too_high_is_never_an_end),
        BOTH_DRIVES(test_items_that_are_only_said_to_be_there),
        BOTH_DRIVES(test_items_that_are_no_records_take_up_room),
        BOTH_DRIVES(test_hits_of_unknown_types_on_a_page_that_comes_again),
        BOTH_DRIVES(test_records_without_ids_on_a_page_that_comes_again),
    };
    return cmocka_run_group_tests_name("cursor totals", tests, NULL, NULL);
}
