/* Trying again, against a service that fails in every way that may pass: each try is admitted and
 * counted, what the service refuses is not tried again, and what it asks for is kept to. */
#include "support/api_actor.h"
#include "support/api_trouble.h"

#include <string.h>

enum { ISSUE = TROUBLED_ISSUE };

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

static int64_t admissions(const api *self) {
    return api_query(self, "SELECT count(*) FROM rate_limits");
}

static cv_client *open_with_retries(const api *self, int64_t retries) {
    cv_options options = api_options(self);
    options.max_retries = retries;
    return api_open(self, &options);
}

/* One request meets the fault, the next one is answered. */
static void check_helped(const api *self, const server_fault *fault, const char *name) {
    cv_client *client = open_with_retries(self, 1);
    size_t before = requests(self);
    int64_t admitted = admissions(self);
    api_break(self, fault);
    outcome seen = api_retrieve(client, ISSUE);
    if (seen.code != CV_OK || requests(self) != before + 2 || admissions(self) != admitted + 2) {
        fail_msg("%s: %s, %zu requests: %s", name, cv_code_name(seen.code), requests(self) - before,
                 seen.message);
    }
    assert_int_equal(seen.source, CV_SOURCE_NETWORK);
    cv_client_close(client);
    api_forget(self);
}

typedef struct failure {
    const char *name;
    server_fault fault;
} failure;

static const failure passing[] = {
    {"500", {.http_status = 500, .body = ""}},
    {"502 with a page", {.http_status = 502, .body = "<html>"}},
    {"503", {.http_status = 503, .body = "{}"}},
    {"504", {.http_status = 504, .body = "{"}},
    {"reset", {.kind = SERVER_FAULT_RESET}},
    {"reset within the body", {.kind = SERVER_FAULT_RESET_BODY, .cut_at = 99}},
    {"closed", {.kind = SERVER_FAULT_CLOSE}},
    {"cut within its length", {.kind = SERVER_FAULT_TRUNCATE, .cut_at = 700}},
    {"cut before its last chunk", {.kind = SERVER_FAULT_TRUNCATE_CHUNKED, .cut_at = 700}},
    {"cut JSON", {.kind = SERVER_FAULT_TRUNCATE_UNFRAMED, .cut_at = 700}},
    {"nothing", {.kind = SERVER_FAULT_TRUNCATE_UNFRAMED, .cut_at = 0}},
    {"cut JSON that ends in a bracket",
     {.body = "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":52}"}},
};

static void test_what_may_pass_is_tried_again(void **context) {
    for (size_t i = 0; i < API_COUNT(passing); i++) {
        check_helped(*context, &passing[i].fault, passing[i].name);
    }
}

static void test_silence_is_tried_again(void **context) {
    static const server_fault silent = {.delay_ms = 4 * API_PATIENCE_MS};
    api *self = *context;
    cv_options options = api_options(self);
    options.max_retries = 1;
    options.timeout_ms = 3000;
    cv_client *client = api_open(self, &options);
    api_break(self, &silent);
    assert_string_equal(cv_code_name(api_retrieve(client, ISSUE).code), "CV_OK");
    assert_int_equal(requests(self), 2);
    assert_int_equal(admissions(self), 2);
    cv_client_close(client);
}

static void test_compressed_answers_may_be_cut_too(void **context) {
    static const failure cuts[] = {
        {"compressed, within its length", {.kind = SERVER_FAULT_TRUNCATE, .cut_at = 300}},
        {"compressed, chunked", {.kind = SERVER_FAULT_TRUNCATE_CHUNKED, .cut_at = 300}},
        {"compressed, to the end", {.kind = SERVER_FAULT_TRUNCATE_UNFRAMED, .cut_at = 300}},
        {"no compression at all", {.body = "x", .headers = {{"Content-Encoding", "gzip"}}}},
    };
    api *self = *context;
    server_stop(self->server);
    self->server = server_start(
        &(server_options){.folder = CVI_FIXTURES "/comicvine", .api_key = API_KEY, .gzip = true});
    assert_non_null(self->server);
    for (size_t i = 0; i < API_COUNT(cuts); i++) {
        check_helped(self, &cuts[i].fault, cuts[i].name);
    }
}

/* Whole, cut, chunked or compressed: with a status from 400 to 499 it was refused. */
static void test_refusals_are_never_tried_again(void **context) {
    static const unsigned statuses[] = {400, 401, 403, 404, 408, 410, 420, 429, 451};
    static const server_fault shapes[] = {
        {.body = "{\"status_code\":1,"},
        {.body = ""},
        {.kind = SERVER_FAULT_TRUNCATE, .cut_at = 99},
        {.kind = SERVER_FAULT_TRUNCATE_CHUNKED, .cut_at = 99},
        {.kind = SERVER_FAULT_TRUNCATE_UNFRAMED, .cut_at = 99},
        {.kind = SERVER_FAULT_RESET_BODY, .cut_at = 99},
    };
    api *self = *context;
    cv_client *client = open_with_retries(self, 3);
    size_t expected = 0;
    for (size_t i = 0; i < API_COUNT(statuses); i++) {
        for (size_t j = 0; j < API_COUNT(shapes); j++) {
            server_fault refusal = shapes[j];
            refusal.http_status = statuses[i];
            api_break(self, &refusal);
            outcome seen = api_retrieve(client, ISSUE);
            assert_int_not_equal(seen.code, CV_OK);
            assert_int_equal(seen.http_status, statuses[i]);
            assert_int_equal(requests(self), ++expected);
            api_lift_pauses(self);
        }
    }
    api_assert_nothing_left(self);
    cv_client_close(client);
}

/* ---- Retry-After ---- */

/* A failure, and a refusal: every program on the file leaves the path alone. */
static void test_a_503_pauses_its_path_for_all(void **context) {
    static const server_fault overloaded = {
        .http_status = 503, .body = "", .headers = {{"Retry-After", "300"}}};
    api *self = *context;
    cv_options options = api_options(self);
    options.max_wait_ms = CV_NO_WAIT;
    cv_client *one = api_open(self, &options);
    cv_client *other = api_open(self, &options);
    api_break(self, &overloaded);
    outcome seen = api_retrieve(one, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_SERVER");
    seen = api_retrieve(other, 61);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RATE_LIMITED");
    assert_in_range(seen.retry_after_ms, 200000, 300000);
    assert_non_null(strstr(seen.message, "the service has asked for a pause"));
    const cv_issue_page *page = cv_issue_list(other, NULL, CV_PRIORITY_USER);
    assert_non_null(page);
    cv_issue_page_free(page);
    assert_int_equal(requests(self), 2);
    cv_client_close(one);
    cv_client_close(other);
}

/* The call that met it goes first when the time is over, and its answer ends the pause. */
static void test_a_503_is_tried_again_when_it_says(void **context) {
    static const server_fault overloaded = {
        .http_status = 503, .body = "", .headers = {{"Retry-After", "1"}}};
    api *self = *context;
    cv_client *client = open_with_retries(self, 1);
    api_break(self, &overloaded);
    int64_t begun_ms = api_now_ms();
    assert_string_equal(cv_code_name(api_retrieve(client, ISSUE).code), "CV_OK");
    assert_true(api_now_ms() - begun_ms >= 1000);
    assert_int_equal(requests(self), 2);
    assert_int_equal(admissions(self), 2);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limit_cooldowns"), 0);
    cv_client_close(client);
}

static void test_a_503_without_a_time_is_tried_again_soon(void **context) {
    api *self = *context;
    cv_client *one = open_with_retries(self, 1);
    const server_fault failing = {.http_status = 503, .body = ""};
    api_break(self, &failing);
    assert_string_equal(cv_code_name(api_retrieve(one, ISSUE).code), "CV_OK");
    assert_int_equal(requests(self), 2);
    cv_client_close(one);
}

/* Longer than anybody would wait: said at once, whether there were tries left or not. */
static void test_a_503_for_longer_than_patience(void **context) {
    static const int64_t retries[] = {CV_NONE, 3};
    static const server_fault long_pause = {
        .http_status = 503, .body = "", .headers = {{"Retry-After", "50"}}};
    api *self = *context;
    for (size_t i = 0; i < API_COUNT(retries); i++) {
        cv_options options = api_options(self);
        options.max_retries = retries[i];
        options.max_wait_ms = 10000;
        cv_client *client = api_open(self, &options);
        api_break(self, &long_pause);
        outcome seen = api_retrieve(client, ISSUE);
        assert_string_equal(cv_code_name(seen.code), "CV_ERROR_SERVER");
        assert_int_equal(seen.http_status, 503);
        assert_in_range(seen.retry_after_ms, 30000, 50000);
        cv_client_close(client);
        api_assert_nothing_left(self);
        api_lift_pauses(self);
    }
    assert_int_equal(requests(self), 2);
}

/* Whoever waits for the same in another program, and has the time, does not fail with it. */
static void test_a_503_for_longer_than_somebody_elses_patience(void **context) {
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"max_wait_ms=60000"};
    static const server_fault pause = {
        .http_status = 503, .body = "", .headers = {{"Retry-After", "1"}}};
    api *self = *context;
    cv_options options = api_options(self);
    options.max_retries = 3;
    options.max_wait_ms = CV_NO_WAIT;
    cv_client *hurried = api_open(self, &options);
    process patient;
    actor_start(&patient, self, arguments);
    assert_true(server_fault_add(self->server, &pause));
    assert_true(server_hold(self->server, NULL));
    cv_request *request = cv_request_retrieve(hurried, CV_ISSUE, ISSUE, NULL);
    assert_true(server_wait_for(self->server, NULL, 1, API_PATIENCE_MS));
    actor_ask(&patient, ISSUE);
    api_query_until(self, "SELECT count(*) FROM dedupe_waiters", 1);
    server_release(self->server, SERVER_ALL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_string_equal(cv_code_name(cv_request_error(request)->code), "CV_ERROR_SERVER");
    assert_string_equal(cv_code_name(actor_hear(&patient).code), "CV_OK");
    actor_hear_done(&patient);
    assert_int_equal(requests(self), 2);
    actor_end(&patient);
    cv_request_free(request);
    cv_client_close(hurried);
}

/* Nor does whoever would not wait, in another program, wait with it. */
static void test_a_503_for_shorter_than_somebody_elses_patience(void **context) {
    static const server_fault pause = {
        .http_status = 503, .body = "", .headers = {{"Retry-After", "600"}}};
    api *self = *context;
    cv_options options = api_options(self);
    options.max_retries = 3;
    options.max_wait_ms = CV_WAIT_FOREVER;
    cv_client *patient = api_open(self, &options);
    options.max_wait_ms = CV_NO_WAIT;
    cv_client *hurried = api_open(self, &options);
    api_break(self, &pause);
    cv_request *request = cv_request_retrieve(patient, CV_ISSUE, ISSUE, NULL);
    api_query_until(self, "SELECT count(*) FROM rate_limit_cooldowns", 1);
    outcome seen = api_retrieve(hurried, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RATE_LIMITED");
    assert_in_range(seen.retry_after_ms, 300000, 600000);
    assert_false(cv_request_done(request));
    assert_int_equal(requests(self), 1);
    api_lift_pauses(self);
    assert_string_equal(cv_code_name(api_retrieve(hurried, ISSUE).code), "CV_OK");
    cv_request_free(request);
    cv_client_close(hurried);
    cv_client_close(patient);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_what_may_pass_is_tried_again),
        API_TEST(test_silence_is_tried_again),
        API_TEST(test_compressed_answers_may_be_cut_too),
        API_TEST(test_refusals_are_never_tried_again),
        API_TEST(test_a_503_pauses_its_path_for_all),
        API_TEST(test_a_503_is_tried_again_when_it_says),
        API_TEST(test_a_503_without_a_time_is_tried_again_soon),
        API_TEST(test_a_503_for_longer_than_patience),
        API_TEST(test_a_503_for_longer_than_somebody_elses_patience),
        API_TEST(test_a_503_for_shorter_than_somebody_elses_patience),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
