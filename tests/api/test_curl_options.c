/* What the built-in network may be told: a proxy, whose certificates are good, further headers. */
#include "support/api_tls.h"

#include <curl/curl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <comicvine/sys/transport.h>

#include "server/proxy.h"
#include "support/diary.h"

enum { ISSUE = 52, TEXT_MAX = 256 };

#define CREDENTIALS   "ann:s3same-s3same"
#define AUTHORIZATION "Basic YW5uOnMzc2FtZS1zM3NhbWU="

typedef struct text {
    char bytes[TEXT_MAX];
} text;

static text proxy_address(const proxy *of, const char *credentials) {
    text address;
    int length = snprintf(address.bytes, sizeof(address.bytes), "http://%s%s127.0.0.1:%u",
                          credentials, credentials[0] != '\0' ? "@" : "", proxy_port(of));
    assert_in_range(length, 1, TEXT_MAX - 1);
    return address;
}

static outcome fetch(const api *self, cv_options *options, const cv_curl_options *network) {
    cv_transport transport = CV_TRANSPORT_INIT;
    assert_true(cv_transport_curl_with(&transport, network));
    options->transport = &transport;
    cv_client *client = api_open(self, options);
    outcome seen = api_retrieve(client, ISSUE);
    cv_client_close(client);
    return seen;
}

static void assert_fetched(const outcome *seen) {
    assert_string_equal(seen->message, "");
    assert_string_equal(cv_code_name(seen->code), "CV_OK");
    assert_int_equal(seen->source, CV_SOURCE_NETWORK);
}

/* ---- made beforehand ---- */

static void test_the_built_in_network_may_be_made_beforehand(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    cv_transport transport = CV_TRANSPORT_INIT;
    assert_true(cv_transport_curl(&transport));
    assert_true(transport.asks_before_sending);
    options.transport = &transport;
    cv_client *client = api_open(self, &options);
    outcome seen = api_retrieve(client, ISSUE);
    assert_fetched(&seen);
    cv_client_close(client);
    assert_int_equal(server_request_count(self->server, NULL), 1);
}

static void test_one_that_no_client_has_is_closed_by_hand(void **context) {
    (void)context;
    cv_transport transport = CV_TRANSPORT_INIT;
    assert_true(cv_transport_curl(&transport));
    assert_true(transport.descriptor(transport.user) >= -1);
    assert_int_equal(transport.due_ms(transport.user), -1);
    transport.close(transport.user);
}

static void test_its_version_is_that_of_the_library(void **context) {
    (void)context;
    assert_string_equal(cv_curl_version(), curl_version_info(CURLVERSION_NOW)->version);
    assert_string_equal(cv_sqlite_version(), sqlite3_libversion());
    assert_string_equal(cv_version(), CV_VERSION);
}

/* ---- a proxy ---- */

static void test_requests_go_through_the_proxy(void **context) {
    api *self = *context;
    proxy *between = proxy_start(NULL);
    assert_non_null(between);
    text address = proxy_address(between, "");
    cv_options options = api_options(self);
    cv_curl_options network = CV_CURL_OPTIONS_INIT;
    network.proxy = address.bytes;
    outcome seen = fetch(self, &options, &network);
    assert_fetched(&seen);
    assert_int_equal(proxy_count(between), 1);
    assert_int_equal(server_request_count(self->server, NULL), 1);
    proxy_stop(between);
}

/* Neither names a proxy, nor takes one away. */
static void test_the_environment_does_not_say(void **context) {
    api *self = *context;
    proxy *between = proxy_start(NULL);
    assert_non_null(between);
    text address = proxy_address(between, "");
    assert_int_equal(setenv("http_proxy", address.bytes, 1), 0);
    assert_int_equal(setenv("all_proxy", address.bytes, 1), 0);
    cv_options options = api_options(self);
    cv_curl_options network = CV_CURL_OPTIONS_INIT;
    outcome seen = fetch(self, &options, &network);
    assert_fetched(&seen);
    assert_int_equal(proxy_count(between), 0);
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(unsetenv("all_proxy"), 0);

    api_forget(self);
    assert_int_equal(setenv("no_proxy", "127.0.0.1,*", 1), 0);
    network.proxy = address.bytes;
    seen = fetch(self, &options, &network);
    assert_fetched(&seen);
    assert_int_equal(proxy_count(between), 1);
    assert_int_equal(unsetenv("no_proxy"), 0);
    proxy_stop(between);
}

static void note_line(cv_log_level level, const char *line, void *user) {
    (void)level;
    diary_add(user, "%s", line);
}

static void test_credentials_reach_the_proxy_alone(void **context) {
    api *self = *context;
    proxy *between = proxy_start(AUTHORIZATION);
    assert_non_null(between);
    text address = proxy_address(between, CREDENTIALS);
    text wrong = proxy_address(between, "ann:wr0ng-wr0ng");
    diary log;
    diary_init(&log);
    cv_options options = api_options(self);
    options.on_log = note_line;
    options.log_level = CV_LOG_DEBUG;
    options.user = &log;
    cv_curl_options network = CV_CURL_OPTIONS_INIT;

    network.proxy = wrong.bytes;
    outcome seen = fetch(self, &options, &network);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_NETWORK");
    assert_non_null(strstr(seen.message, "HTTP 407"));
    assert_false(seen.retryable);
    assert_null(strstr(seen.message, "wr0ng"));
    assert_int_equal(server_request_count(self->server, NULL), 0);

    network.proxy = address.bytes;
    seen = fetch(self, &options, &network);
    assert_fetched(&seen);
    assert_true(proxy_heard(between, AUTHORIZATION));
    assert_null(strstr(log.text, "s3same"));
    assert_false(log.overflowed);
    assert_null(strstr(log.text, "wr0ng"));
    assert_non_null(strstr(log.text, "HTTP 200"));
    diary_end(&log);
    proxy_stop(between);
}

static void test_a_proxy_that_is_not_there(void **context) {
    api *self = *context;
    proxy *gone = proxy_start(NULL);
    assert_non_null(gone);
    text address = proxy_address(gone, CREDENTIALS);
    proxy_stop(gone);
    cv_options options = api_options(self);
    cv_curl_options network = CV_CURL_OPTIONS_INIT;
    network.proxy = address.bytes;
    outcome seen = fetch(self, &options, &network);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_NETWORK");
    assert_null(strstr(seen.message, "s3same"));
    assert_int_equal(server_request_count(self->server, NULL), 0);
}

/* ---- headers ---- */

static void test_headers_are_sent_beside_our_own(void **context) {
    api *self = *context;
    proxy *between = proxy_start(NULL);
    assert_non_null(between);
    text address = proxy_address(between, "");
    const cv_transfer_header_line headers[] = {{"Authorization", "Bearer 0123456789"},
                                               {"X-Shelf", "a \"b\"; c"}};
    cv_options options = api_options(self);
    cv_curl_options network = CV_CURL_OPTIONS_INIT;
    network.proxy = address.bytes;
    network.headers = headers;
    network.header_count = API_COUNT(headers);
    outcome seen = fetch(self, &options, &network);
    assert_fetched(&seen);
    assert_true(proxy_heard(between, "\r\nAuthorization: Bearer 0123456789\r\n"));
    assert_true(proxy_heard(between, "\r\nX-Shelf: a \"b\"; c\r\n"));
    assert_true(proxy_heard(between, "\r\nUser-Agent: libcomicvine/"));
    proxy_stop(between);
}

/* ---- certificates ---- */

typedef struct tls {
    api_tls site;
    proxy *proxy; /* before it */
    text proxy_address;
} tls;

static void begin_tls(tls *self, const api *world, const char *authorization) {
    api_tls_begin(&self->site, world);
    self->proxy = proxy_start(authorization);
    assert_non_null(self->proxy);
    self->proxy_address = proxy_address(self->proxy, "");
}

static void end_tls(tls *self) {
    proxy_stop(self->proxy);
    api_tls_end(&self->site);
}

static outcome fetch_tls(const tls *self, const api *world, const char *ca_file,
                         const char *ca_folder) {
    const cv_transfer_header_line header = {"Authorization", "Bearer 0123456789"};
    cv_options options = api_options(world);
    cv_curl_options network = CV_CURL_OPTIONS_INIT;
    options.base_url = server_base_url(self->site.server);
    network.proxy = self->proxy_address.bytes;
    network.ca_file = ca_file;
    network.ca_folder = ca_folder;
    network.headers = &header;
    network.header_count = 1;
    return fetch(world, &options, &network);
}

/* TLS is verified: by what libcurl trusts, by what we are told, and by nothing where that is
 * nothing. What is tunnelled is not the proxy's to see. */
static void test_certificates(void **context) {
    api *world = *context;
    tls self;
    begin_tls(&self, world, NULL);
    outcome seen = fetch_tls(&self, world, NULL, NULL);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_NETWORK");
    assert_int_equal(server_request_count(self.site.server, NULL), 0);

    seen = fetch_tls(&self, world, NULL, "/usr/share");
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_NETWORK");
    assert_int_equal(server_request_count(self.site.server, NULL), 0);

    seen = fetch_tls(&self, world, self.site.certificate.text, NULL);
    assert_fetched(&seen);
    assert_int_equal(server_request_count(self.site.server, NULL), 1);
    assert_true(proxy_heard(self.proxy, "CONNECT 127.0.0.1:"));
    assert_false(proxy_heard(self.proxy, "Bearer"));
    assert_false(proxy_heard(self.proxy, "api_key"));
    end_tls(&self);
}

static void test_a_tunnel_that_is_refused(void **context) {
    api *world = *context;
    tls self;
    begin_tls(&self, world, AUTHORIZATION);
    outcome seen = fetch_tls(&self, world, self.site.certificate.text, NULL);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_NETWORK");
    assert_non_null(strstr(seen.message, "HTTP 407"));
    assert_int_equal(proxy_count(self.proxy), 1);
    assert_int_equal(server_request_count(self.site.server, NULL), 0);

    self.proxy_address = proxy_address(self.proxy, CREDENTIALS);
    seen = fetch_tls(&self, world, self.site.certificate.text, NULL);
    assert_fetched(&seen);
    assert_int_equal(server_request_count(self.site.server, NULL), 1);
    end_tls(&self);
}

/* ---- at the door ---- */

static void assert_refused(const cv_curl_options *network, const char *what) {
    cv_transport transport = CV_TRANSPORT_INIT;
    assert_false(cv_transport_curl_with(&transport, network));
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
    assert_non_null(strstr(cv_last_error()->message, what));
    assert_null(strstr(cv_last_error()->message, "s3same"));
}

static void test_proxies_that_are_none(void **context) {
    (void)context;
    static const char *const wrong[] = {"",
                                        "127.0.0.1:8080",
                                        "ftp://127.0.0.1",
                                        "http://",
                                        "http://" CREDENTIALS "@",
                                        "http://" CREDENTIALS "@host:port",
                                        "http://" CREDENTIALS "@host\r\nX-Y: z",
                                        "http://" CREDENTIALS "@ho st",
                                        "http://host/?" CREDENTIALS,
                                        "socks6://" CREDENTIALS "@host"};
    for (size_t i = 0; i < API_COUNT(wrong); i++) {
        cv_curl_options network = CV_CURL_OPTIONS_INIT;
        network.proxy = wrong[i];
        assert_refused(&network, "option proxy");
    }
    static const char *const right[] = {"http://host",         "HTTPS://a:b@host:1/",
                                        "socks4://10.0.0.1",   "socks4a://host:1080",
                                        "socks5://[::1]:1080", "socks5h://a:b@host"};
    for (size_t i = 0; i < API_COUNT(right); i++) {
        cv_curl_options network = CV_CURL_OPTIONS_INIT;
        cv_transport transport = CV_TRANSPORT_INIT;
        network.proxy = right[i];
        assert_true(cv_transport_curl_with(&transport, &network));
        transport.close(transport.user);
    }
}

static void test_headers_that_are_refused(void **context) {
    (void)context;
    static const cv_transfer_header_line wrong[] = {{NULL, "a"},
                                                    {"", "a"},
                                                    {"A B", "a"},
                                                    {"A:", "a"},
                                                    {"A\r\nB", "a"},
                                                    {"A", NULL},
                                                    {"A", ""},
                                                    {"A", "s3same\r\nB: c"},
                                                    {"A", "s3same\x7f"},
                                                    {"A", " s3same"},
                                                    {"User-Agent", "a"},
                                                    {"host", "a"},
                                                    {"if-none-match", "a"},
                                                    {"RANGE", "a"},
                                                    {"Content-Length", "9"},
                                                    {"accept-encoding", "a"}};
    for (size_t i = 0; i < API_COUNT(wrong); i++) {
        cv_curl_options network = CV_CURL_OPTIONS_INIT;
        const cv_transfer_header_line lines[] = {{"X-Good", "a"}, wrong[i]};
        network.headers = lines;
        network.header_count = 2;
        assert_refused(&network, "option headers[1]");
    }
    cv_transfer_header_line many[33];
    for (size_t i = 0; i < API_COUNT(many); i++) {
        many[i] = (cv_transfer_header_line){"X-Good", "a"};
    }
    cv_curl_options network = CV_CURL_OPTIONS_INIT;
    network.headers = many;
    network.header_count = API_COUNT(many);
    assert_refused(&network, "header_count");
    network.headers = NULL;
    assert_refused(&network, "header_count");
}

static void test_other_options_that_are_refused(void **context) {
    (void)context;
    cv_curl_options network = CV_CURL_OPTIONS_INIT;
    network.ca_file = "/nowhere/at/all.pem";
    assert_refused(&network, "option ca_file");
    network = (cv_curl_options)CV_CURL_OPTIONS_INIT;
    network.ca_folder = "/nowhere";
    assert_refused(&network, "option ca_folder");
    network = (cv_curl_options)CV_CURL_OPTIONS_INIT;
    network.reserved[7] = 1;
    assert_refused(&network, "cv_curl_options");
    const cv_allocator none = {.allocate = NULL};
    network = (cv_curl_options)CV_CURL_OPTIONS_INIT;
    network.allocator = &none;
    assert_refused(&network, "allocator");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_its_version_is_that_of_the_library),
        API_TEST(test_the_built_in_network_may_be_made_beforehand),
        cmocka_unit_test(test_one_that_no_client_has_is_closed_by_hand),
        API_TEST(test_requests_go_through_the_proxy),
        API_TEST(test_the_environment_does_not_say),
        API_TEST(test_credentials_reach_the_proxy_alone),
        API_TEST(test_a_proxy_that_is_not_there),
        API_TEST(test_headers_are_sent_beside_our_own),
        API_TEST(test_certificates),
        API_TEST(test_a_tunnel_that_is_refused),
        cmocka_unit_test(test_proxies_that_are_none),
        cmocka_unit_test(test_headers_that_are_refused),
        cmocka_unit_test(test_other_options_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
