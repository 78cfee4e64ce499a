/* The loopback server: how it breaks, holds back and stops when it is asked to. */
#define _POSIX_C_SOURCE 200809L
#include "../server/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER CVI_FIXTURES "/comicvine"

static int set_up(void **context) {
    *context = harness_new(&(server_options){.folder = FOLDER, .api_key = HARNESS_KEY});
    return 0;
}

/* ---- faults ------------------------------------------------------------------------------ */

static void test_fault_changes_an_answer(void **context) {
    struct harness *state = *context;
    const server_fault fault = {.http_status = 502,
                                .body = "<html>bad</html>",
                                .content_type = "text/html",
                                .headers = {{"Retry-After", "17"}}};
    assert_true(server_fault_add(state->server, &fault));
    harness_fetch(state, HARNESS_ISSUE);
    assert_int_equal(state->answer.http_status, 502);
    assert_string_equal(state->answer.body, "<html>bad</html>");
    assert_string_equal(state->answer.content_type, "text/html");
    assert_string_equal(state->answer.retry_after, "17");
    assert_int_equal(harness_fetch(state, HARNESS_ISSUE)->http_status, 200);
    assert_string_equal(state->answer.retry_after, "");
}

static void test_fault_may_hold_any_bytes(void **context) {
    struct harness *state = *context;
    assert_true(
        server_fault_add(state->server, &(server_fault){.body = "\0\xff\r\n", .body_size = 4}));
    assert_int_equal(harness_fetch(state, HARNESS_ISSUE)->size, 4);
    assert_memory_equal(state->answer.body, "\0\xff\r\n", 4);
    assert_int_equal(state->answer.http_status, 200);
}

static void test_fault_speaks_the_services_errors(void **context) {
    struct harness *state = *context;
    static const struct {
        unsigned api_status, forced_http_status;
        long http_status;
    } cases[] = {{100, 0, 401}, {101, 0, 200}, {102, 0, 404}, {103, 0, 200},   {104, 0, 200},
                 {105, 0, 200}, {107, 0, 420}, {999, 0, 200}, {107, 200, 200}, {101, 404, 404}};
    for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
        const server_fault fault = {.api_status = cases[i].api_status,
                                    .http_status = cases[i].forced_http_status};
        assert_true(server_fault_add(state->server, &fault));
        harness_assert_api_error(harness_fetch(state, HARNESS_ISSUE), cases[i].http_status,
                                 (int)cases[i].api_status);
    }
}

static void test_errors_are_those_of_the_fixtures(void **context) {
    struct harness *state = *context;
    static const unsigned codes[] = {100, 101, 102, 103, 104, 105, 107};
    for (size_t i = 0; i < HARNESS_COUNT(codes); i++) {
        char path[512];
        harness_print(path, sizeof path, CVI_FIXTURES "/errors/%u.json", codes[i]);
        char *expected = harness_read_text(path);
        expected[strcspn(expected, "\n")] = '\0';
        assert_true(server_fault_add(state->server, &(server_fault){.api_status = codes[i]}));
        assert_string_equal(harness_fetch(state, HARNESS_ISSUE)->body, expected);
        free(expected);
    }
}

static void test_fault_counts_and_chooses(void **context) {
    struct harness *state = *context;
    assert_true(server_fault_add(
        state->server,
        &(server_fault){.path = "/api/issue/", .skip = 1, .times = 2, .http_status = 500}));
    assert_true(server_fault_add(
        state->server, &(server_fault){.times = SERVER_ALL, .path = "/api/i", .http_status = 503}));
    static const struct {
        const char *path;
        long http_status;
    } expected[] = {{HARNESS_ISSUE, 503}, {"/issues/", 503},    {"/volumes/", 200},
                    {HARNESS_ISSUE, 500}, {HARNESS_ISSUE, 500}, {HARNESS_ISSUE, 503}};
    for (size_t i = 0; i < HARNESS_COUNT(expected); i++) {
        assert_int_equal(harness_fetch(state, expected[i].path)->http_status,
                         expected[i].http_status);
    }
    server_faults_clear(state->server);
    assert_int_equal(harness_fetch(state, HARNESS_ISSUE)->http_status, 200);
}

static void test_broken_answers(void **context) {
    struct harness *state = *context;
    static const struct {
        server_fault_kind kind;
        CURLcode code;
        long http_status; /* as the client sees it, and as the log has it */
        size_t size;
    } cases[] = {
        {SERVER_FAULT_TRUNCATE, CURLE_PARTIAL_FILE, 200, 7},
        {SERVER_FAULT_TRUNCATE_CHUNKED, CURLE_PARTIAL_FILE, 200, 7},
        {SERVER_FAULT_TRUNCATE_UNFRAMED, CURLE_OK, 200, 7},
        {SERVER_FAULT_RESET, CURLE_RECV_ERROR, 0, 0},
        {SERVER_FAULT_RESET_BODY, CURLE_RECV_ERROR, 200, 7},
        {SERVER_FAULT_CLOSE, CURLE_GOT_NOTHING, 0, 0},
        {SERVER_FAULT_CLOSE_AFTER, CURLE_OK, 200, 26},
        {SERVER_FAULT_DRIP, CURLE_OK, 200, 26},
    };
    for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
        const server_fault fault = {.kind = cases[i].kind,
                                    .body = "abcdefghijklmnopqrstuvwxyz",
                                    .cut_at = 7,
                                    .interval_ms = 1};
        server_request request;
        CURL *client = harness_client();
        assert_true(server_fault_add(state->server, &fault));
        harness_get(client, state->server, HARNESS_ISSUE, &state->answer);
        curl_easy_cleanup(client);
        assert_int_equal(state->answer.code, cases[i].code);
        assert_int_equal(state->answer.http_status, cases[i].http_status);
        assert_int_equal(state->answer.size, cases[i].size);
        assert_memory_equal(state->answer.body, fault.body, cases[i].size);
        assert_true(server_request_at(state->server, NULL, i, &request));
        assert_int_equal(request.http_status, cases[i].http_status);
    }
}

static void test_endless_body_goes_on(void **context) {
    struct harness *state = *context;
    assert_true(
        server_fault_add(state->server, &(server_fault){.kind = SERVER_FAULT_ENDLESS,
                                                        .body = "0123456789",
                                                        .headers = {{"Retry-After", "3"}}}));
    state->answer.size_max = 100000;
    harness_fetch(state, HARNESS_ISSUE);
    assert_int_equal(state->answer.code, CURLE_WRITE_ERROR);
    assert_in_range(state->answer.size, 50000, 100000);
    assert_memory_equal(state->answer.body, "01234567890123", 14);
    assert_string_equal(state->answer.retry_after, "3");
}

/* libcurl sends a request again by itself when the kept-alive connection turns out dead. */
static void test_dead_kept_alive_connection(void **context) {
    struct harness *state = *context;
    server_request first, last;
    assert_true(
        server_fault_add(state->server, &(server_fault){.kind = SERVER_FAULT_CLOSE, .skip = 1}));
    harness_fetch(state, HARNESS_ISSUE);
    assert_int_equal(harness_fetch(state, HARNESS_ISSUE)->http_status, 200);
    assert_int_equal(server_request_count(state->server, NULL), 3);
    assert_true(server_request_at(state->server, NULL, 0, &first));
    assert_true(server_request_at(state->server, NULL, 2, &last));
    assert_int_not_equal(first.connection, last.connection);
}

/* ---- holding, delays, stopping ----------------------------------------------------------- */

static void test_held_requests_wait_for_their_release(void **context) {
    struct harness *state = *context;
    server_request request;
    assert_true(server_hold(state->server, "/api/issue/"));
    struct caller *first = harness_start_caller(state->server, HARNESS_ISSUE);
    assert_true(server_wait_for(state->server, "/api/issue/", 1, HARNESS_PATIENCE_MS));
    struct caller *second = harness_start_caller(state->server, HARNESS_ISSUE);
    assert_true(server_wait_for(state->server, "/api/issue/", 2, HARNESS_PATIENCE_MS));
    assert_int_equal(harness_fetch(state, "/issues/")->http_status, 200); /* not of that path */
    assert_true(server_request_at(state->server, "/api/issue/", 0, &request));
    assert_int_equal(request.http_status, 0);
    server_release(state->server, 1);
    assert_int_equal(harness_end_caller(first), CURLE_OK);
    assert_true(server_request_at(state->server, "/api/issue/", 1, &request));
    assert_int_equal(request.http_status, 0);
    server_release(state->server, SERVER_ALL);
    assert_int_equal(harness_end_caller(second), CURLE_OK);
    assert_int_equal(harness_fetch(state, HARNESS_ISSUE)->http_status, 200); /* no longer held */
}

static void test_wait_for_gives_up(void **context) {
    struct harness *state = *context;
    harness_fetch(state, HARNESS_ISSUE);
    assert_true(server_wait_for(state->server, NULL, 1, 0));
    assert_false(server_wait_for(state->server, NULL, 2, 1));
    assert_false(server_wait_for(state->server, "/api/issues", 1, 0));
}

static void test_delay_holds_one_answer_back(void **context) {
    struct harness *state = *context;
    const server_fault fault = {.path = "/api/issue/", .delay_ms = 30};
    assert_true(server_fault_add(state->server, &fault));
    int64_t before_us = harness_boot_time_us();
    assert_int_equal(harness_fetch(state, HARNESS_ISSUE)->http_status, 200);
    assert_true(harness_boot_time_us() - before_us >= 30000);
}

/* An hour's delay, an hour between two bytes, a parked request and a client that reads for ever:
 * none blocks another connection and none outlives the server. */
static void test_stop_breaks_off_what_is_under_way(void **context) {
    (void)context;
    enum { HOUR_MS = 3600000 };
    struct harness *state =
        harness_new(&(server_options){.folder = FOLDER, .api_key = HARNESS_KEY});
    const server_fault faults[] = {
        {.path = "/api/issue/", .delay_ms = HOUR_MS},
        {.path = "/api/issues", .kind = SERVER_FAULT_DRIP, .interval_ms = HOUR_MS},
        {.path = "/api/teams", .kind = SERVER_FAULT_ENDLESS, .interval_ms = 1}};
    static const char *const paths[] = {HARNESS_ISSUE, "/issues/", "/teams/", "/powers/"};
    struct caller *callers[HARNESS_COUNT(paths)];
    for (size_t i = 0; i < HARNESS_COUNT(faults); i++) {
        assert_true(server_fault_add(state->server, &faults[i]));
    }
    assert_true(server_hold(state->server, "/api/powers"));
    for (size_t i = 0; i < HARNESS_COUNT(paths); i++) {
        callers[i] = harness_start_caller(state->server, paths[i]);
        assert_true(server_wait_for(state->server, NULL, i + 1, HARNESS_PATIENCE_MS));
    }
    assert_int_equal(harness_fetch(state, "/volumes/")->http_status, 200);
    harness_end(state);
    for (size_t i = 0; i < HARNESS_COUNT(paths); i++) {
        assert_int_not_equal(harness_end_caller(callers[i]), CURLE_OK);
    }
}

static void test_many_callers_at_once(void **context) {
    struct harness *state = *context;
    struct caller *callers[16];
    for (size_t i = 0; i < HARNESS_COUNT(callers); i++) {
        callers[i] =
            harness_start_caller(state->server, i % 2 ? HARNESS_ISSUE : "/issues/?sort=name:asc");
    }
    for (size_t i = 0; i < HARNESS_COUNT(callers); i++) {
        assert_int_equal(harness_end_caller(callers[i]), CURLE_OK);
    }
    assert_int_equal(server_request_count(state->server, "/api/issues"),
                     HARNESS_COUNT(callers) / 2);
    assert_int_equal(server_request_count(state->server, "/api/issue/"),
                     HARNESS_COUNT(callers) / 2);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, harness_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SERVER(test_fault_changes_an_answer),
        WITH_SERVER(test_fault_may_hold_any_bytes),
        WITH_SERVER(test_fault_speaks_the_services_errors),
        WITH_SERVER(test_errors_are_those_of_the_fixtures),
        WITH_SERVER(test_fault_counts_and_chooses),
        WITH_SERVER(test_broken_answers),
        WITH_SERVER(test_endless_body_goes_on),
        WITH_SERVER(test_dead_kept_alive_connection),
        WITH_SERVER(test_held_requests_wait_for_their_release),
        WITH_SERVER(test_wait_for_gives_up),
        WITH_SERVER(test_delay_holds_one_answer_back),
        WITH_SERVER(test_stop_breaks_off_what_is_under_way),
        WITH_SERVER(test_many_callers_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
