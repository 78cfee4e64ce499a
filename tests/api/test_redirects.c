/* Redirects: followed on the same host and port, each hop admitted as a request of its own; refused
 * anywhere else, where the key must not go. */
#include "support/api_trouble.h"

#include <stdio.h>
#include <string.h>

enum { ISSUE = 52, LOCATION_MAX = 256, MOST_HOPS = 3 };

typedef struct location {
    char text[LOCATION_MAX];
} location;

static location on_server(const server *target, const char *rest) {
    location result;
    int length = snprintf(result.text, sizeof(result.text), "%s%s", server_base_url(target), rest);
    assert_in_range(length, 1, LOCATION_MAX - 1);
    return result;
}

static void redirect(const api *self, const char *to, unsigned http_status, size_t times) {
    const server_fault fault = {
        .http_status = http_status, .body = "", .times = times, .headers = {{"Location", to}}};
    api_break(self, &fault);
}

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

static server_request request_at(const api *self, size_t index) {
    server_request request;
    assert_true(server_request_at(self->server, NULL, index, &request));
    return request;
}

static void assert_followed(const api *self, const char *query) {
    cv_client *client = api_open(self, NULL);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_OK");
    assert_int_equal(seen.source, CV_SOURCE_NETWORK);
    assert_int_equal(requests(self), 2);
    server_request second = request_at(self, 1);
    assert_string_equal(second.path, "/api/issue/4000-52/");
    assert_string_equal(second.query, query);
    assert_true(second.key_was_right);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), 2);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    cv_client_close(client);
}

/* The key is added again on the way, once, and is no part of what is followed. */
static void test_the_same_host_is_followed(void **context) {
    api *self = *context;
    location to = on_server(self->server, "/issue/4000-52/?format=json&moved=1");
    redirect(self, to.text, 301, 1);
    assert_followed(self, "format=json&moved=1&api_key=***");
}

static void test_a_relative_location_is_followed(void **context) {
    api *self = *context;
    redirect(self, "/api/issue/4000-52/?format=json&relative=1", 307, 1);
    assert_followed(self, "format=json&relative=1&api_key=***");
}

static void test_a_key_in_the_location_is_replaced(void **context) {
    api *self = *context;
    redirect(self, "/api/issue/4000-52/?api_key=stale&format=json", 302, 1);
    assert_followed(self, "format=json&api_key=***");
}

static void assert_refused(const api *self, size_t requests_made) {
    cv_client *client = api_open(self, NULL);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RESPONSE");
    assert_non_null(strstr(seen.message, "redirect"));
    assert_good_message(&seen, ISSUE);
    assert_int_equal(requests(self), requests_made);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), requests_made);
    api_assert_nothing_left(self);
    server_faults_clear(self->server);
    assert_string_equal(cv_code_name(api_retrieve(client, ISSUE).code), "CV_OK");
    cv_client_close(client);
}

static void test_another_port_gets_nothing(void **context) {
    api *self = *context;
    server *other = server_start(&(server_options){.folder = CVI_FIXTURES "/comicvine"});
    assert_non_null(other);
    location to = on_server(other, "/issue/4000-52/?format=json");
    redirect(self, to.text, 301, 1);
    assert_refused(self, 1);
    assert_int_equal(server_request_count(other, NULL), 0);
    server_stop(other);
}

static void test_another_name_of_the_host_gets_nothing(void **context) {
    api *self = *context;
    location to;
    assert_true(snprintf(to.text, sizeof(to.text), "http://localhost:%u/api/issue/4000-52/",
                         (unsigned)server_port(self->server)) > 0);
    redirect(self, to.text, 301, 1);
    assert_refused(self, 1);
}

static void test_a_user_in_the_location_is_refused(void **context) {
    api *self = *context;
    location to;
    assert_true(snprintf(to.text, sizeof(to.text), "http://a:b@127.0.0.1:%u/api/issue/4000-52/",
                         (unsigned)server_port(self->server)) > 0);
    redirect(self, to.text, 301, 1);
    assert_refused(self, 1);
}

static void test_a_loop_ends(void **context) {
    api *self = *context;
    location to = on_server(self->server, "/issue/4000-52/?format=json");
    redirect(self, to.text, 301, SERVER_ALL);
    assert_refused(self, 1 + MOST_HOPS);
}

static void test_a_hop_needs_room(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.max_wait_ms = CV_NO_WAIT;
    options.rate_limit.limit = 1;
    cv_client *client = api_open(self, &options);
    redirect(self, "/api/issue/4000-52/?format=json", 301, 1);
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RATE_LIMITED");
    assert_true(seen.retry_after_ms > 0);
    assert_int_equal(requests(self), 1);
    cv_client_close(client); /* the refusal is said before the job is given up */
    api_assert_nothing_left(self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_the_same_host_is_followed),
        API_TEST(test_a_relative_location_is_followed),
        API_TEST(test_a_key_in_the_location_is_replaced),
        API_TEST(test_another_port_gets_nothing),
        API_TEST(test_another_name_of_the_host_gets_nothing),
        API_TEST(test_a_user_in_the_location_is_refused),
        API_TEST(test_a_loop_ends),
        API_TEST(test_a_hop_needs_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
