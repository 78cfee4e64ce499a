/* Lists: what is asked for, what a page holds, and what is refused before anything is sent. */
#include "support/api.h"

#include <string.h>

enum { FIXTURE_ISSUES = 12 };

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

static const cv_issue_page *list(cv_client *client, const cv_query *query) {
    const cv_issue_page *page = cv_issue_list(client, query, CV_PRIORITY_USER);
    if (page == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return page;
}

static void assert_sent(const api *self, const char *query) {
    server_request request;
    assert_true(server_request_at(self->server, NULL, requests(self) - 1, &request));
    assert_string_equal(request.path, "/api/issues/");
    assert_string_equal(request.query, query);
    assert_true(request.key_was_right);
}

static void assert_ids(const cv_issue_page *page, const int64_t *ids, size_t count) {
    assert_int_equal(page->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(page->items[i]->id, ids[i]);
        assert_int_equal(page->items[i]->record.resource, CV_ISSUE);
        assert_int_equal(page->items[i]->record.source, page->source);
        assert_int_equal(page->items[i]->record.fetched_at_ms, page->fetched_at_ms);
        assert_int_equal(page->items[i]->record.expires_at_ms, page->expires_at_ms);
    }
}

/* ---- pages ---- */

static void test_the_first_page_of_all(void **context) {
    static const int64_t ids[] = {115, 52, 111, 88, 61, 110, 73, 114, 94, 112, 107, 113};
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    const cv_issue_page *page = list(client, NULL);
    assert_sent(self, "format=json&api_key=***");
    assert_int_equal(page->source, CV_SOURCE_NETWORK);
    assert_int_equal(page->limit, 100);
    assert_int_equal(page->offset, 0);
    assert_int_equal(page->total, FIXTURE_ISSUES);
    assert_true(page->expires_at_ms > page->fetched_at_ms);
    assert_ids(page, ids, API_COUNT(ids));
    assert_null(page->items[0]->name);
    assert_string_equal(page->items[1]->name, "The Long Night on Wharf Street");
    assert_string_equal(page->items[1]->volume->name, "The Lamplighter");
    assert_string_equal(page->items[3]->issue_number, "½");
    /* Lists do not carry credits. */
    assert_int_equal(page->items[1]->person_credits.count, 0);
    assert_false(cv_record_has(&page->items[1]->record, "person_credits"));
    cv_issue_page_free(page);
    page = list(client, NULL);
    assert_int_equal(page->source, CV_SOURCE_CACHE);
    assert_ids(page, ids, API_COUNT(ids));
    assert_int_equal(requests(self), 1);
    cv_issue_page_free(page);
    cv_client_close(client);
}

static void test_a_query_with_all_parts(void **context) {
    static const int64_t ids[] = {110, 112};
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query query = CV_QUERY_INIT;
    query.fields = "name,cover_date";
    query.filter = "volume:902,cover_date:2010-01-01|2011-12-31";
    query.sort = "cover_date:asc";
    query.limit = 3;
    query.offset = 0;
    const cv_issue_page *page = list(client, &query);
    assert_sent(self, "format=json&field_list=cover_date%2Cid%2Cname"
                      "&filter=volume%3A902%2Ccover_date%3A2010-01-01%7C2011-12-31"
                      "&limit=3&sort=cover_date%3Aasc&api_key=***");
    assert_int_equal(page->limit, 3);
    assert_int_equal(page->count, 3);
    assert_int_equal(page->total, 5);
    assert_int_equal(page->items[0]->id, ids[0]);
    assert_int_equal(page->items[2]->id, ids[1]);
    assert_string_equal(page->items[0]->cover_date, "2010-04-01");
    assert_null(page->items[0]->issue_number);
    assert_false(cv_record_has(&page->items[0]->record, "volume"));
    cv_issue_page_free(page);
    cv_client_close(client);
}

static void test_pages_follow_each_other(void **context) {
    static const int64_t ids[2][5] = {{110, 73, 114, 94, 112}, {107, 113}};
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query query = CV_QUERY_INIT;
    query.limit = 5;
    query.offset = 5;
    const cv_issue_page *page = list(client, &query);
    assert_sent(self, "format=json&limit=5&offset=5&api_key=***");
    assert_int_equal(page->offset, 5);
    assert_int_equal(page->total, FIXTURE_ISSUES);
    assert_ids(page, ids[0], 5);
    cv_issue_page_free(page);
    query.offset = 10;
    page = list(client, &query);
    assert_int_equal(page->source, CV_SOURCE_NETWORK);
    assert_ids(page, ids[1], 2);
    cv_issue_page_free(page);
    query.offset = 500;
    page = list(client, &query);
    assert_int_equal(page->count, 0);
    assert_int_equal(page->total, FIXTURE_ISSUES);
    cv_issue_page_free(page);
    cv_client_close(client);
}

static void test_text_is_escaped(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query query = CV_QUERY_INIT;
    query.filter = "name:Café & #1+?=x";
    const cv_issue_page *page = list(client, &query);
    assert_sent(self, "format=json&filter=name%3ACaf%C3%A9%20%26%20%231%2B%3F%3Dx&api_key=***");
    assert_int_equal(page->count, 0);
    cv_issue_page_free(page);
    query.filter = "name:Café";
    page = list(client, &query);
    assert_int_equal(page->count, 1);
    assert_int_equal(page->items[0]->id, 88);
    cv_issue_page_free(page);
    cv_client_close(client);
}

/* ---- items ---- */

static void test_an_item_may_outlive_its_page(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    const cv_issue_page *page = list(client, NULL);
    const cv_record *kept = cv_record_keep(&page->items[1]->record);
    cv_issue_page_free(page);
    cv_client_close(client);
    assert_non_null(kept);
    const cv_issue *issue = (const cv_issue *)kept;
    assert_int_equal(issue->id, 52);
    assert_string_equal(issue->volume->name, "The Lamplighter");
    char *text = cv_record_json(kept);
    assert_non_null(strstr(text, "\"The Long Night on Wharf Street\""));
    cv_free(text);
    size_t length = 0;
    const char *raw = cv_record_raw(kept, &length);
    assert_non_null(memmem(raw, length, "4000-52", 7));
    assert_null(memmem(raw, length, "4000-111", 8));
    cv_record_free(kept);
}

static void test_a_page_of_records(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query query = CV_QUERY_INIT;
    query.limit = 2;
    const cv_page *page =
        cv_list(client, cv_resource_from_name("issues"), &query, CV_PRIORITY_BACKGROUND);
    assert_non_null(page);
    assert_int_equal(page->count, 2);
    assert_int_equal(page->total, FIXTURE_ISSUES);
    assert_int_equal(page->source, CV_SOURCE_NETWORK);
    assert_int_equal(page->items[1]->resource, CV_ISSUE);
    char *text = cv_record_json(page->items[1]);
    assert_non_null(strstr(text, "\"id\":52"));
    cv_free(text);
    cv_page_free(page);
    cv_client_close(client);
}

/* What a list says of an issue is less than all, and is not taken for it. */
static void test_an_item_is_no_detail(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_issue_page_free(list(client, NULL));
    assert_int_equal(api_retrieve(client, 52).source, CV_SOURCE_NETWORK);
    assert_int_equal(requests(self), 2);
    cv_client_close(client);
}

/* ---- bad arguments ---- */

static void test_bad_queries_send_nothing(void **context) {
    api *self = *context;
    static const cv_query bad[] = {
        {.limit = 101},
        {.limit = -1},
        {.offset = -1},
        {.fields = "lamp"},
        {.fields = "person_credits"}, /* only details carry them */
        {.fields = ""},
        {.filter = "lamp:1"},
        {.filter = "description:x"}, /* not filterable */
        {.filter = "name"},
        {.filter = "name:"},
        {.filter = "name:x,name:y"},
        {.filter = "name:a\nb"},
        {.sort = "lamp:asc"},
        {.sort = "description:asc"},
        {.sort = "name:up"},
        {.sort = "name:asc,id:asc"},
    };
    cv_client *client = api_open(self, NULL);
    for (size_t i = 0; i < API_COUNT(bad); i++) {
        cv_query query = bad[i];
        query.size = sizeof(query);
        assert_null(cv_issue_list(client, &query, CV_PRIORITY_USER));
        assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
        assert_null(strchr(cv_last_error()->message, '\n'));
    }
    assert_int_equal(requests(self), 0);
    cv_client_close(client);
}

static void test_an_error_names_what_is_wrong_and_what_is_right(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query query = CV_QUERY_INIT;
    query.sort = "lamp:asc";
    assert_null(cv_issue_list(client, &query, CV_PRIORITY_USER));
    assert_non_null(strstr(cv_last_error()->message, "lamp"));
    assert_non_null(strstr(cv_last_error()->message, "cover_date"));
    query.sort = NULL;
    query.limit = 101;
    assert_null(cv_issue_list(client, &query, CV_PRIORITY_USER));
    assert_non_null(strstr(cv_last_error()->message, "101"));
    assert_non_null(strstr(cv_last_error()->message, "100"));
    cv_client_close(client);
}

/* A later version may add members; one that is set must not be ignored by an older library. */
static void test_a_query_of_a_later_version(void **context) {
    api *self = *context;
    struct {
        cv_query known;
        int64_t later;
    } query = {.known = CV_QUERY_INIT};
    query.known.size = sizeof(query);
    query.known.limit = 1;
    cv_client *client = api_open(self, NULL);
    const cv_issue_page *page = list(client, &query.known);
    assert_int_equal(page->count, 1);
    cv_issue_page_free(page);
    query.later = 1;
    assert_null(cv_issue_list(client, &query.known, CV_PRIORITY_USER));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_int_equal(requests(self), 1);
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_the_first_page_of_all),
        API_TEST(test_a_query_with_all_parts),
        API_TEST(test_pages_follow_each_other),
        API_TEST(test_text_is_escaped),
        API_TEST(test_an_item_may_outlive_its_page),
        API_TEST(test_a_page_of_records),
        API_TEST(test_an_item_is_no_detail),
        API_TEST(test_bad_queries_send_nothing),
        API_TEST(test_an_error_names_what_is_wrong_and_what_is_right),
        API_TEST(test_a_query_of_a_later_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
