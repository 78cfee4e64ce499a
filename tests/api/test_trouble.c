/* Answers that fail: each kind gives its code, leaves nothing behind that a later call could
 * mistake for an answer or wait for, and the next call works. */
#include "support/api_trouble.h"

#include <stdlib.h>
#include <string.h>

enum { ISSUE = TROUBLED_ISSUE };

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

static int64_t admissions(const api *self) {
    return api_query(self, "SELECT count(*) FROM rate_limits");
}

/* The service works again: one more request, and then the cache. */
static void assert_works(const api *self, cv_client *client) {
    size_t before = requests(self);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_OK");
    assert_int_equal(seen.source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(requests(self), before + 1);
    assert_true(admissions(self) >= (int64_t)requests(self));
}

/* ---- one bad answer ---- */

static void meet(const trouble *met, cv_drive drive) {
    api *self = api_new();
    cv_options options = api_options(self);
    options.drive = drive;
    cv_client *client = api_open(self, &options);
    api_break(self, &met->fault);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(trouble_seen(met, &seen).bytes, trouble_expected(met).bytes);
    assert_good_message(&seen, ISSUE);
    assert_int_equal(requests(self), 1);
    assert_int_equal(admissions(self), 1);
    if (trouble_is_remembered(met)) {
        api_assert_denial_left(self);
        api_forget(self);
    }
    api_assert_nothing_left(self);
    api_lift_pauses(self);
    assert_works(self, client);
    cv_client_close(client);
    api_end(self);
}

static void test_troubles(void **context) {
    (void)context;
    for (size_t i = 0; i < trouble_count; i++) {
        meet(&troubles[i], CV_DRIVE_THREAD);
    }
}

static void test_troubles_without_thread(void **context) {
    (void)context;
    for (size_t i = 0; i < trouble_count; i++) {
        meet(&troubles[i], CV_DRIVE_POLL);
    }
}

static void test_a_wrong_key(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.api_key = "0123456789abcdef0123456789abcdef01234567";
    cv_client *client = api_open(self, &options);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_AUTH");
    assert_int_equal(seen.http_status, 401);
    assert_int_equal(seen.api_status, 100);
    assert_good_message(&seen, ISSUE);
    assert_null(strstr(seen.message, options.api_key));
    api_assert_nothing_left(self);
    cv_client_close(client);
    client = api_open(self, NULL);
    assert_works(self, client);
    cv_client_close(client);
}

static void test_an_unknown_id(void **context) {
    enum { UNKNOWN = 999 };
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    outcome seen = api_retrieve(client, UNKNOWN);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_NOT_FOUND");
    assert_int_equal(seen.api_status, 101);
    assert_false(seen.retryable);
    assert_good_message(&seen, UNKNOWN);
    api_assert_denial_left(self);
    assert_works(self, client);
    cv_client_close(client);
}

/* Cut at many places, in each of the three ways: never taken for the whole, and never stored. */
static void test_a_body_may_be_cut_anywhere(void **context) {
    static const server_fault_kind kinds[] = {SERVER_FAULT_TRUNCATE, SERVER_FAULT_TRUNCATE_CHUNKED,
                                              SERVER_FAULT_TRUNCATE_UNFRAMED};
    enum { STEP = 397, END = 6000 };
    api *self = *context;
    cv_options options = api_options(self);
    options.rate_limit.kind = CV_LIMIT_NONE;
    cv_client *client = api_open(self, &options);
    for (size_t cut_at = 1; cut_at < END; cut_at += STEP) {
        for (size_t i = 0; i < API_COUNT(kinds); i++) {
            const server_fault cut = {.kind = kinds[i], .cut_at = cut_at};
            api_break(self, &cut);
            outcome seen = api_retrieve(client, ISSUE);
            assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RESPONSE");
        }
    }
    api_assert_nothing_left(self);
    assert_works(self, client);
    cv_client_close(client);
}

static void test_a_compressed_body_may_be_cut(void **context) {
    static const server_fault_kind kinds[] = {SERVER_FAULT_TRUNCATE, SERVER_FAULT_TRUNCATE_CHUNKED,
                                              SERVER_FAULT_TRUNCATE_UNFRAMED};
    api *self = *context;
    server_stop(self->server);
    self->server = server_start(
        &(server_options){.folder = CVI_FIXTURES "/comicvine", .api_key = API_KEY, .gzip = true});
    assert_non_null(self->server);
    cv_client *client = api_open(self, NULL);
    for (size_t i = 0; i < API_COUNT(kinds); i++) {
        const server_fault cut = {.kind = kinds[i], .cut_at = 700};
        api_break(self, &cut);
        outcome seen = api_retrieve(client, ISSUE);
        assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RESPONSE");
    }
    api_assert_nothing_left(self);
    assert_works(self, client);
    cv_client_close(client);
}

/* A good answer with blanks at its end. */
static outcome retrieve_padded(const api *self, cv_client *client, size_t size) {
    char *text = api_issue_text(ISSUE, "Wide");
    size_t length = strlen(text);
    char *padded = malloc(size);
    assert_non_null(padded);
    memset(padded, ' ', size);
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): a body has a size */
    memcpy(padded, text, length);
    const server_fault padding = {.body = padded, .body_size = size};
    api_break(self, &padding);
    free(padded);
    free(text);
    return api_retrieve(client, ISSUE);
}

static void test_a_body_may_have_32_mebibytes(void **context) {
    enum { CAP = 32 << 20 };
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    outcome seen = retrieve_padded(self, client, CAP + 1);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RESPONSE");
    assert_non_null(strstr(seen.message, "too large"));
    seen = retrieve_padded(self, client, CAP);
    assert_string_equal(cv_code_name(seen.code), "CV_OK");
    api_assert_nothing_left(self); /* too large for the cache, though */
    assert_works(self, client);
    cv_client_close(client);
}

static void test_a_body_without_end_is_capped(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    const server_fault endless = {.kind = SERVER_FAULT_ENDLESS, .piece_size = 1 << 20};
    api_break(self, &endless);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RESPONSE");
    assert_non_null(strstr(seen.message, "too large"));
    assert_good_message(&seen, ISSUE);
    api_assert_nothing_left(self);
    assert_works(self, client);
    cv_client_close(client);
}

static void test_lists_fail_in_the_same_way(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_query query = CV_QUERY_INIT;
    query.offset = 2;
    const server_fault object = {.body =
                                     "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":1}}"};
    api_break(self, &object);
    assert_null(cv_issue_list(client, &query, CV_PRIORITY_USER));
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_RESPONSE");
    assert_non_null(strstr(cv_last_error()->message, "issues offset 2: "));
    api_assert_nothing_left(self);
    const cv_issue_page *page = cv_issue_list(client, &query, CV_PRIORITY_USER);
    assert_non_null(page);
    assert_int_equal(page->source, CV_SOURCE_NETWORK);
    cv_issue_page_free(page);
    cv_client_close(client);
}

/* ---- no answer at all ---- */

static void test_silence_ends_with_a_timeout(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.timeout_ms = 150;
    cv_client *client = api_open(self, &options);
    assert_true(server_hold(self->server, NULL));
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_TIMEOUT");
    assert_good_message(&seen, ISSUE);
    assert_true(seen.retryable);
    api_assert_nothing_left(self);
    server_release(self->server, SERVER_ALL);
    cv_client_close(client);
    client = api_open(self, NULL);
    assert_works(self, client);
    cv_client_close(client);
}

static void test_a_drip_ends_with_a_timeout(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.timeout_ms = 150;
    cv_client *client = api_open(self, &options);
    const server_fault drip = {.kind = SERVER_FAULT_DRIP, .interval_ms = 10};
    api_break(self, &drip);
    assert_string_equal(cv_code_name(api_retrieve(client, ISSUE).code), "CV_ERROR_TIMEOUT");
    api_assert_nothing_left(self);
    cv_client_close(client);
}

/* Nobody listens there: nothing was sent, so no budget is spent either. */
static void test_a_refused_connection(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    server *gone = server_start(&(server_options){.folder = CVI_FIXTURES "/comicvine"});
    assert_non_null(gone);
    char *url = strdup(server_base_url(gone));
    assert_non_null(url);
    server_stop(gone);
    options.base_url = url;
    cv_client *client = api_open(self, &options);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_NETWORK");
    assert_good_message(&seen, ISSUE);
    api_assert_nothing_left(self);
    assert_int_equal(admissions(self), 0);
    cv_client_close(client);
    free(url);
}

/* A kept connection that the server has closed meanwhile. */
static void test_a_connection_that_closes_between_calls(void **context) {
    static const int64_t ids[] = {52, 61, 73, 88};
    api *self = *context;
    const server_fault closing = {.kind = SERVER_FAULT_CLOSE_AFTER, .times = SERVER_ALL};
    cv_client *client = api_open(self, NULL);
    api_break(self, &closing);
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        outcome seen = api_retrieve(client, ids[i]);
        assert_string_equal(cv_code_name(seen.code), "CV_OK");
        assert_int_equal(seen.source, CV_SOURCE_NETWORK);
    }
    assert_int_equal(requests(self), API_COUNT(ids));
    assert_true(admissions(self) >= (int64_t)requests(self));
    cv_client_close(client);
}

static size_t connection_of(const api *self, size_t index) {
    server_request request;
    assert_true(server_request_at(self->server, NULL, index, &request));
    return request.connection;
}

/* One that dies with the request on it. The HTTP library would send it again by itself, on a new
 * connection, which is a request like any other: it must be admitted, or not happen. */
static void lose_request(const api *self, cv_client *client, server_fault_kind how) {
    const server_fault dying = {.kind = how, .path = "/api/issue/4000-61/"};
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    api_break(self, &dying);
}

static void test_a_lost_request_is_admitted_again(void **context) {
    static const server_fault_kind kinds[] = {SERVER_FAULT_CLOSE, SERVER_FAULT_RESET};
    (void)context;
    for (size_t i = 0; i < API_COUNT(kinds); i++) {
        api *self = api_new();
        cv_client *client = api_open(self, NULL);
        lose_request(self, client, kinds[i]);
        outcome seen = api_retrieve(client, 61);
        assert_string_equal(cv_code_name(seen.code), "CV_OK");
        assert_int_equal(seen.source, CV_SOURCE_NETWORK);
        assert_int_equal(requests(self), 3);
        assert_int_equal(admissions(self), 3);
        assert_int_equal(connection_of(self, 1), connection_of(self, 0));
        assert_int_not_equal(connection_of(self, 2), connection_of(self, 0));
        cv_client_close(client);
        api_end(self);
    }
}

static void test_a_lost_request_is_not_repeated_without_room(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.rate_limit.limit = 2;
    options.max_wait_ms = CV_NO_WAIT;
    cv_client *client = api_open(self, &options);
    lose_request(self, client, SERVER_FAULT_CLOSE);
    assert_string_equal(cv_code_name(api_retrieve(client, 61).code), "CV_ERROR_RATE_LIMITED");
    assert_int_equal(requests(self), 2);
    assert_int_equal(admissions(self), 2);
    cv_client_close(client);
}

/* ---- trying again ---- */

/* The wait between two tries is random, at most a second. */
static void test_a_retry_may_help(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.max_retries = 1;
    cv_client *client = api_open(self, &options);
    const server_fault failing = {.http_status = 500, .body = ""};
    api_break(self, &failing);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_OK");
    assert_int_equal(seen.source, CV_SOURCE_NETWORK);
    assert_int_equal(requests(self), 2);
    assert_int_equal(admissions(self), 2);
    cv_client_close(client);
}

static void test_retries_end(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.max_retries = 1;
    cv_client *client = api_open(self, &options);
    const server_fault failing = {.kind = SERVER_FAULT_RESET, .times = SERVER_ALL};
    api_break(self, &failing);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_NETWORK");
    assert_int_equal(requests(self), 2);
    assert_int_equal(admissions(self), 2);
    api_assert_nothing_left(self);
    cv_client_close(client);
}

static void test_what_will_not_change_is_not_retried(void **context) {
    static const server_fault lasting[] = {
        {.api_status = 100}, {.api_status = 104},
        {.api_status = 107}, {.http_status = 403, .body = "<html>"},
        {.body = "[]"},      {.api_status = 101}};
    api *self = *context;
    cv_options options = api_options(self);
    options.max_retries = 3;
    cv_client *client = api_open(self, &options);
    for (size_t i = 0; i < API_COUNT(lasting); i++) {
        api_break(self, &lasting[i]);
        assert_int_not_equal(api_retrieve(client, ISSUE).code, CV_OK);
        assert_int_equal(requests(self), i + 1);
        api_lift_pauses(self);
    }
    cv_client_close(client);
}

/* Each try needs an admission; without one left the call says so. */
static void test_a_retry_is_admitted_too(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.max_retries = 1;
    options.max_wait_ms = CV_NO_WAIT;
    options.rate_limit.limit = 1;
    cv_client *client = api_open(self, &options);
    const server_fault failing = {.http_status = 500, .body = "", .times = SERVER_ALL};
    api_break(self, &failing);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RATE_LIMITED");
    assert_true(seen.retry_after_ms > 0);
    assert_int_equal(requests(self), 1);
    cv_client_close(client); /* the refusal is said before the job is given up */
    api_assert_nothing_left(self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_troubles),
        cmocka_unit_test(test_troubles_without_thread),
        API_TEST(test_a_wrong_key),
        API_TEST(test_an_unknown_id),
        API_TEST(test_a_body_may_be_cut_anywhere),
        API_TEST(test_a_compressed_body_may_be_cut),
        API_TEST(test_a_body_may_have_32_mebibytes),
        API_TEST(test_a_body_without_end_is_capped),
        API_TEST(test_lists_fail_in_the_same_way),
        API_TEST(test_silence_ends_with_a_timeout),
        API_TEST(test_a_drip_ends_with_a_timeout),
        API_TEST(test_a_refused_connection),
        API_TEST(test_a_connection_that_closes_between_calls),
        cmocka_unit_test(test_a_lost_request_is_admitted_again),
        API_TEST(test_a_lost_request_is_not_repeated_without_room),
        API_TEST(test_a_retry_may_help),
        API_TEST(test_retries_end),
        API_TEST(test_what_will_not_change_is_not_retried),
        API_TEST(test_a_retry_is_admitted_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
