/* Searches: what is asked for, hits typed by what they are, and walks through pages of them. Each
 * test runs in both drives. */
#include "support/api_drive.h"

#include <stdio.h>
#include <string.h>

#define SEARCH "/api/search/"

static cv_search_query words(const char *text) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = text;
    return query;
}

static const cv_page *search(const drive_scene *scene, const cv_search_query *query) {
    const cv_page *page = cv_search(scene->client, query, CV_PRIORITY_USER);
    if (page == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return page;
}

static void assert_sent(const drive_scene *scene, size_t index, const char *query) {
    server_request request;
    assert_true(server_request_at(scene->self->server, SEARCH, index, &request));
    assert_string_equal(request.query, query);
}

static void answer_with(const drive_scene *scene, const char *body) {
    const server_fault fault = {.kind = SERVER_FAULT_ANSWER, .path = SEARCH, .body = body};
    api_break(scene->self, &fault);
}

/* Answers with a page of `limit` of issues with ids from `first` on, `count` of them. */
static void answer_page(const drive_scene *scene, int64_t first, size_t count, int64_t offset,
                        int64_t limit, int64_t total) {
    char body[2048];
    int length = snprintf(body, sizeof(body),
                          "{\"error\":\"OK\",\"limit\":%lld,\"offset\":%lld,"
                          "\"number_of_page_results\":%zu,\"number_of_total_results\":%lld,"
                          "\"status_code\":1,\"results\":[",
                          (long long)limit, (long long)offset, count, (long long)total);
    for (size_t i = 0; i < count; i++) {
        length += snprintf(body + length, sizeof(body) - (size_t)length,
                           "%s{\"id\":%lld,\"resource_type\":\"issue\"}", i > 0 ? "," : "",
                           (long long)first + (long long)i);
    }
    snprintf(body + length, sizeof(body) - (size_t)length, "]}");
    answer_with(scene, body);
}

/* Issues with ids from `first` to `last`. */
static void assert_hits(cv_cursor *cursor, int64_t first, int64_t last) {
    for (int64_t id = first; id <= last; id++) {
        const cv_record *record = cv_cursor_next(cursor);
        if (record == NULL) {
            fail_msg("hit %lld: %s", (long long)id, cv_cursor_error(cursor)->message);
        }
        assert_int_equal(((const cv_issue *)record)->id, id);
    }
}

static void assert_end(cv_cursor *cursor) {
    assert_null(cv_cursor_next(cursor));
    assert_string_equal(cv_cursor_error(cursor)->message, "");
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
    assert_int_equal(cv_cursor_position(cursor), cv_cursor_total(cursor));
}

/* ---- hits ---- */

static void test_hits_are_typed(void **context) {
    drive_scene *scene = *context;
    cv_search_query query = words("watch");
    const cv_page *page = search(scene, &query);
    assert_sent(scene, 0, "format=json&query=watch&api_key=***");
    assert_int_equal(page->count, 2);
    assert_int_equal(page->total, 2);
    assert_int_equal(page->limit, 10);
    assert_int_equal(page->source, CV_SOURCE_NETWORK);
    for (size_t i = 0; i < page->count; i++) {
        assert_int_equal(page->items[i]->resource, CV_ISSUE);
        assert_int_equal(page->items[i]->source, CV_SOURCE_NETWORK);
        const cv_issue *issue = (const cv_issue *)page->items[i];
        assert_int_equal(issue->volume->id, 902);
    }
    cv_page_free(page);
    page = search(scene, &query);
    assert_int_equal(page->source, CV_SOURCE_CACHE);
    assert_int_equal(page->items[0]->resource, CV_ISSUE);
    assert_int_equal(drive_requests(scene), 1);
    cv_page_free(page);
}

/* The type may come last; a type that nobody knows is still a record, with all of its text. */
static void test_hits_of_several_types(void **context) {
    drive_scene *scene = *context;
    answer_with(scene,
                "{\"error\":\"OK\",\"limit\":10,\"offset\":0,\"number_of_page_results\":4,"
                "\"number_of_total_results\":4,\"status_code\":1,\"results\":["
                "{\"id\":7,\"name\":\"A\",\"volume\":{\"id\":9},\"resource_type\":\"issue\"},"
                "{\"resource_type\":\"moon\",\"id\":7,\"name\":\"\\u00c4\",\"phase\":[1,2]},"
                "[],"
                "{\"resource_type\":\"issue\",\"id\":8,\"issue_number\":\"1\"},"
                "{\"id\":9}]}");
    cv_search_query query = words("anything");
    const cv_page *page = search(scene, &query);
    assert_int_equal(page->count, 4);
    const cv_issue *first = (const cv_issue *)page->items[0];
    assert_int_equal(first->record.resource, CV_ISSUE);
    assert_int_equal(first->id, 7);
    assert_int_equal(first->volume->id, 9);
    const cv_record *unknown = page->items[1];
    assert_int_equal(unknown->resource, CV_RESOURCE_NONE);
    assert_true(cv_record_has(unknown, "name"));
    assert_false(cv_record_has(unknown, "phase"));
    size_t length = 0;
    const char *raw = cv_record_raw(unknown, &length);
    assert_non_null(memmem(raw, length, "\"phase\":[1,2]", 13));
    char *json = cv_record_json(unknown);
    assert_string_equal(json, "{\"id\":7,\"name\":\"\xC3\x84\",\"resource_type\":\"moon\"}");
    cv_free(json);
    assert_string_equal(((const cv_issue *)page->items[2])->issue_number, "1");
    assert_int_equal(page->items[3]->resource, CV_RESOURCE_NONE);
    const cv_record *kept = cv_record_keep(page->items[1]);
    const cv_record *kept_issue = cv_record_keep(page->items[0]);
    cv_page_free(page);
    assert_true(cv_record_has(kept, "resource_type"));
    assert_int_equal(((const cv_issue *)kept_issue)->volume->id, 9);
    cv_record_free(kept);
    cv_record_free(kept_issue);
}

static void test_all_parts_of_a_search(void **context) {
    drive_scene *scene = *context;
    cv_search_query query = words("Last & First");
    query.resources = "volume,issue,volume";
    query.fields = "name,issue_number";
    query.limit = 5;
    query.page = 3;
    cv_page_free(search(scene, &query));
    assert_sent(scene, 0,
                "format=json&field_list=id%2Cissue_number%2Cname%2Cresource_type&limit=5"
                "&page=3&query=Last%20%26%20First&resources=issue%2Cvolume&api_key=***");
    query.resources = "issue,volume";
    query.fields = "issue_number,id,name";
    cv_page_free(search(scene, &query));
    assert_int_equal(drive_requests(scene), 1); /* the same in other words */
    query.page = 1;
    cv_page_free(search(scene, &query));
    query.page = 0;
    cv_page_free(search(scene, &query));
    assert_int_equal(drive_requests(scene), 2);
}

static void test_a_search_is_counted_on_a_path_of_its_own(void **context) {
    drive_scene *scene = *context;
    cv_search_query query = words("watch");
    cv_page_free(search(scene, &query));
    assert_int_equal(
        api_query(scene->self, "SELECT count(*) FROM rate_limits WHERE resource = 'search'"), 1);
}

static void test_a_request_for_a_search(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_search_query query = words("watch");
    cv_request *request = cv_request_search(scene->client, &query, NULL);
    cv_request_on_done(request, note_call, &noted);
    drive_until_called(scene, &noted);
    assert_called_once(&noted, CV_OK);
    assert_null(cv_issue_page_take(request)); /* it is a page of anything */
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    const cv_page *page = cv_page_take(request);
    assert_int_equal(page->count, 2);
    cv_page_free(page);
    cv_request_free(request);
}

static void test_bad_searches_send_nothing(void **context) {
    static const cv_search_query bad[] = {
        {.query = NULL},
        {.query = ""},
        {.query = "   "},
        {.query = "a\nb"},
        {.query = "a", .resources = ""},
        {.query = "a", .resources = "issue,"},
        {.query = "a", .resources = "promo"},
        {.query = "a", .fields = "lamp"},
        {.query = "a", .fields = "person_credits"},
        {.query = "a", .fields = "gender", .resources = "issue,volume"},
        {.query = "a", .subscriber_only = ""},
        {.query = "a", .limit = 101},
        {.query = "a", .limit = -1},
        {.query = "a", .page = -1},
        {.query = "a", .reserved = {1}},
    };
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(bad); i++) {
        cv_search_query query = bad[i];
        query.size = sizeof(query);
        assert_null(cv_search(scene->client, &query, CV_PRIORITY_USER));
        assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
        assert_null(strchr(cv_last_error()->message, '\n'));
        cv_request *request = cv_request_search(scene->client, &query, NULL);
        assert_ended(request, CV_ERROR_ARGUMENT);
        cv_request_free(request);
        assert_null(cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER));
    }
    assert_null(cv_search(scene->client, NULL, CV_PRIORITY_USER));
    cv_search_query fine = words("a");
    assert_null(cv_search(NULL, &fine, CV_PRIORITY_USER));
    assert_null(cv_request_search(NULL, &fine, NULL));
    assert_int_equal(drive_requests(scene), 0);
}

static void test_an_error_names_what_is_searched(void **context) {
    drive_scene *scene = *context;
    cv_search_query query = words("a");
    query.resources = "promo";
    assert_null(cv_search(scene->client, &query, CV_PRIORITY_USER));
    assert_non_null(strstr(cv_last_error()->message, "promo"));
    assert_non_null(strstr(cv_last_error()->message, "story_arc"));
    query.resources = "issues";
    query.fields = "name,real_name";
    assert_null(cv_search(scene->client, &query, CV_PRIORITY_USER));
    assert_non_null(strstr(cv_last_error()->message, "real_name"));
    assert_non_null(strstr(cv_last_error()->message, "issue: aliases, "));
}

/* What the service has added since reaches it when the caller says so, on each page of a walk. */
static void test_unknown_names_are_sent_when_allowed(void **context) {
    drive_scene *scene = *context;
    cv_search_query query = words("watch");
    query.resources = "issues,moon";
    query.fields = "name,upc";
    query.limit = 1;
    assert_null(cv_search(scene->client, &query, CV_PRIORITY_USER));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    query.allow_unknown = 1;
    cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
    assert_non_null(cv_cursor_next(cursor));
    assert_sent(scene, 0,
                "format=json&field_list=id%2Cname%2Cresource_type%2Cupc&limit=1&query=watch"
                "&resources=issue%2Cmoon&api_key=***");
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    cursor = cv_cursor_resume(scene->client, token);
    cv_free(token);
    assert_non_null(cv_cursor_next(cursor));
    assert_sent(scene, 1,
                "format=json&field_list=id%2Cname%2Cresource_type%2Cupc&limit=1&page=2"
                "&query=watch&resources=issue%2Cmoon&api_key=***");
    cv_cursor_close(cursor);
}

/* ---- walks ---- */

static void test_a_walk_through_pages_of_hits(void **context) {
    static const int64_t ids[] = {110, 94};
    drive_scene *scene = *context;
    cv_search_query query = words("watch");
    query.limit = 1;
    query.fields = "name";
    query.resources = "issue";
    cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
    assert_non_null(cursor);
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        const cv_record *record = cv_cursor_next(cursor);
        assert_non_null(record);
        assert_int_equal(record->resource, CV_ISSUE);
        assert_int_equal(((const cv_issue *)record)->id, ids[i]);
        assert_int_equal(cv_cursor_position(cursor), (int64_t)i + 1);
    }
    assert_null(cv_cursor_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
    assert_int_equal(drive_requests(scene), 2);
    assert_sent(scene, 0,
                "format=json&field_list=id%2Cname%2Cresource_type&limit=1&query=watch"
                "&resources=issue&api_key=***");
    assert_sent(scene, 1,
                "format=json&field_list=id%2Cname%2Cresource_type&limit=1&page=2"
                "&query=watch&resources=issue&api_key=***");
    cv_cursor_close(cursor);
}

static void test_a_walk_of_hits_may_begin_later_and_be_resumed(void **context) {
    drive_scene *scene = *context;
    cv_search_query query = words("watch");
    query.limit = 1;
    cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
    assert_int_equal(((const cv_issue *)cv_cursor_next(cursor))->id, 110);
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    cursor = cv_cursor_resume(scene->client, token);
    cv_free(token);
    assert_non_null(cursor);
    assert_int_equal(((const cv_issue *)cv_cursor_next(cursor))->id, 94);
    assert_null(cv_cursor_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_OK);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 2);
    query.page = 2;
    cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
    assert_int_equal(cv_cursor_position(cursor), 1);
    assert_int_equal(((const cv_issue *)cv_cursor_next(cursor))->id, 94);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 2);
}

/* Two hits may have one id, as an issue and a volume have. */
static void test_equal_ids_of_different_types_are_no_repeats(void **context) {
    drive_scene *scene = *context;
    answer_with(scene, "{\"error\":\"OK\",\"limit\":10,\"offset\":0,\"number_of_page_results\":3,"
                       "\"number_of_total_results\":3,\"status_code\":1,\"results\":["
                       "{\"id\":7,\"resource_type\":\"issue\"},"
                       "{\"id\":7,\"resource_type\":\"moon\"},"
                       "{\"id\":7,\"resource_type\":\"sun\"}]}");
    cv_search_query query = words("seven");
    cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(cv_cursor_next(cursor));
    }
    assert_null(cv_cursor_next(cursor));
    assert_int_equal(cv_cursor_repeated(cursor), 0);
    cv_cursor_close(cursor);
}

/* A service that ignores `page` sends the first one for ever. */
static void test_the_first_page_once_more_is_an_error(void **context) {
    drive_scene *scene = *context;
    for (size_t i = 0; i < 2; i++) {
        answer_with(scene,
                    "{\"error\":\"OK\",\"limit\":1,\"offset\":0,\"number_of_page_results\":1,"
                    "\"number_of_total_results\":2,\"status_code\":1,\"results\":["
                    "{\"id\":7,\"resource_type\":\"issue\"}]}");
    }
    cv_search_query query = words("seven");
    query.limit = 1;
    cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
    assert_non_null(cv_cursor_next(cursor));
    assert_null(cv_cursor_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_RESPONSE);
    cv_cursor_close(cursor);
}

/* Pages of 10, 7 and 10 are all of 30: there is no page 4 that has the missing three. */
static void test_a_short_page_of_hits_is_no_end_and_no_error(void **context) {
    drive_scene *scene = *context;
    answer_page(scene, 1, 10, 0, 10, 30);
    answer_page(scene, 11, 7, 10, 10, 30);
    answer_page(scene, 18, 10, 20, 10, 30);
    cv_search_query query = words("seven");
    cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
    assert_hits(cursor, 1, 10);
    assert_int_equal(cv_cursor_missing(cursor), 0);
    assert_hits(cursor, 11, 17);
    assert_int_equal(cv_cursor_missing(cursor), 3);
    assert_int_equal(cv_cursor_position(cursor), 20);
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    cursor = cv_cursor_resume(scene->client, token);
    cv_free(token);
    assert_int_equal(cv_cursor_position(cursor), 20);
    assert_hits(cursor, 18, 27);
    assert_end(cursor);
    assert_int_equal(cv_cursor_missing(cursor), 0); /* since the token */
    assert_int_equal(drive_requests(scene), 3);
    assert_sent(scene, 2, "format=json&page=3&query=seven&api_key=***");
    cv_cursor_close(cursor);
}

/* Page 3 of 10 begins behind 20, whatever was asked for; behind 200 the walk would be over. */
static void test_a_limit_that_the_service_cuts(void **context) {
    drive_scene *scene = *context;
    answer_page(scene, 21, 10, 20, 10, 45);
    answer_page(scene, 31, 10, 30, 10, 45);
    answer_page(scene, 41, 5, 40, 10, 45);
    cv_search_query query = words("seven");
    query.limit = 100;
    query.page = 3;
    cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
    assert_int_equal(cv_cursor_position(cursor), 200); /* all that is known */
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    cursor = cv_cursor_resume(scene->client, token);
    cv_free(token);
    assert_hits(cursor, 21, 21);
    assert_int_equal(cv_cursor_position(cursor), 21);
    assert_hits(cursor, 22, 45);
    assert_end(cursor);
    assert_int_equal(drive_requests(scene), 3);
    assert_sent(scene, 0, "format=json&limit=100&page=3&query=seven&api_key=***");
    assert_sent(scene, 2, "format=json&limit=100&page=5&query=seven&api_key=***");
    cv_cursor_close(cursor);
}

/* Numbers that nobody can count to are arguments like any other. */
static void test_walks_from_impossible_pages_are_refused(void **context) {
    static const int64_t pages[] = {INT64_MIN, -1, (int64_t)INT32_MAX + 1, INT64_MAX};
    static const int64_t limits[] = {INT64_MIN, 0, 100, 101, INT64_MAX};
    drive_scene *scene = *context;
    cv_search_query query = words("seven");
    for (size_t i = 0; i < API_COUNT(pages); i++) {
        for (size_t j = 0; j < API_COUNT(limits); j++) {
            query.page = pages[i];
            query.limit = limits[j];
            assert_null(cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER));
            assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
        }
    }
    query.page = INT32_MAX;
    query.limit = INT64_MAX;
    assert_null(cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER));
    query.limit = 100;
    cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
    assert_int_equal(cv_cursor_position(cursor), (int64_t)(INT32_MAX - 1) * 100);
    cv_cursor_close(cursor);
    assert_int_equal(drive_requests(scene), 0);
}

static void test_a_typed_walk_through_hits_is_refused(void **context) {
    drive_scene *scene = *context;
    cv_search_query query = words("watch");
    cv_cursor *cursor = cv_cursor_open_search(scene->client, &query, CV_PRIORITY_USER);
    assert_null(cv_issue_next(cursor));
    assert_int_equal(cv_cursor_error(cursor)->code, CV_ERROR_ARGUMENT);
    assert_non_null(cv_cursor_next(cursor));
    cv_cursor_close(cursor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_hits_are_typed),
        BOTH_DRIVES(test_hits_of_several_types),
        BOTH_DRIVES(test_all_parts_of_a_search),
        BOTH_DRIVES(test_a_search_is_counted_on_a_path_of_its_own),
        BOTH_DRIVES(test_a_request_for_a_search),
        BOTH_DRIVES(test_bad_searches_send_nothing),
        BOTH_DRIVES(test_an_error_names_what_is_searched),
        BOTH_DRIVES(test_unknown_names_are_sent_when_allowed),
        BOTH_DRIVES(test_a_walk_through_pages_of_hits),
        BOTH_DRIVES(test_a_walk_of_hits_may_begin_later_and_be_resumed),
        BOTH_DRIVES(test_equal_ids_of_different_types_are_no_repeats),
        BOTH_DRIVES(test_the_first_page_once_more_is_an_error),
        BOTH_DRIVES(test_a_short_page_of_hits_is_no_end_and_no_error),
        BOTH_DRIVES(test_a_limit_that_the_service_cuts),
        BOTH_DRIVES(test_walks_from_impossible_pages_are_refused),
        BOTH_DRIVES(test_a_typed_walk_through_hits_is_refused),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
