/* Hostile text in each place from which it goes into a URL or a header: every byte there is, and
 * what would end a line, a parameter or a URL. It is refused with CV_ERROR_ARGUMENT, or arrives as
 * the value that it is; seen by a proxy, byte by byte. */
#include "server/proxy.h"
#include "support/api.h"
#include "support/raw_head.h"

#include <comicvine/sys/transport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_SENT 60 /* letters and digits pass everywhere */

static const char *const sequences[] = {
    "\r\nX-Injected: yes",
    "a\r\n\r\nGET /api/ HTTP/1.1\r\nHost: b",
    "a\nX-Injected: yes",
    "a\rX-Injected: yes",
    "a\n b",
    "a%0d%0aX-Injected: yes",
    "a%250d%250ab",
    "a&api_key=b",
    "a&format=xml",
    "a#b",
    "a?format=xml",
    "a HTTP/1.1",
    "a+b c",
    "a%00b",
    "a;b",
    "a'b\"c",
    "a=b",
    "../../a",
    "a\\b",
    "%",
    "%4",
    "%zz",
    "@127.0.0.2:1/",
    "\xC3\xA9\xE2\x82\xAC",
    "\xFF\xFE",
    "\xC0\x8D\xC0\x8A",
    "a\xE2\x80\xA8X-Injected: yes",
    "\x1B[2J",
};

typedef struct scene {
    api *self;
    proxy *between;
    char proxy_address[64];
    char composed[256]; /* of what is asked */
    char head[PROXY_HEAD_MAX];
    char value[RAW_TEXT_MAX];
    size_t sent;
    size_t refused;
} scene;

static int set_up(void **context) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    self->self = api_new();
    server_stop(self->self->server); /* one that takes any key */
    self->self->server = server_start(&(server_options){.folder = CVI_FIXTURES "/comicvine"});
    assert_non_null(self->self->server);
    self->between = proxy_start(NULL);
    assert_non_null(self->between);
    assert_true(snprintf(self->proxy_address, sizeof(self->proxy_address), "http://127.0.0.1:%u",
                         proxy_port(self->between)) > 0);
    *context = self;
    return 0;
}

static int tear_down(void **context) {
    scene *self = *context;
    proxy_stop(self->between);
    api_end(self->self);
    free(self);
    return 0;
}

/* ---- one attempt ---- */

static cv_options options_of(const scene *self) {
    cv_options options = api_options(self->self);
    options.database = ":memory:";
    options.drive = CV_DRIVE_POLL;
    options.cache.disabled = true;
    options.rate_limit.kind = CV_LIMIT_NONE;
    options.rate_limit.circuit_failures = CV_NONE;
    return options;
}

/* In one line, without what a terminal would obey. */
static void assert_good_message(const char *message) {
    assert_string_not_equal(message, "");
    for (const char *next = message; *next != '\0'; next++) {
        if ((unsigned char)*next < 0x20 || *next == 0x7F) {
            fail_msg("byte %d in a message: %s", *next, message);
        }
    }
}

/* NULL: refused at the door. */
static cv_client *open_client(const scene *self, cv_options *options) {
    cv_transport transport = CV_TRANSPORT_INIT;
    cv_curl_options network = CV_CURL_OPTIONS_INIT;
    network.proxy = self->proxy_address;
    assert_true(cv_transport_curl_with(&transport, &network));
    options->transport = &transport;
    cv_client *client = cv_client_open(options);
    if (client == NULL) {
        assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
        assert_good_message(cv_last_error()->message);
        transport.close(transport.user);
    }
    return client;
}

/* The outcome of a request, which this frees: whether it was sent, and then as it must be. */
static bool judge(scene *self, cv_request *request, size_t count_before, const char *text) {
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    cv_code code = cv_request_error(request)->code;
    if (code != CV_OK) {
        assert_good_message(cv_request_error(request)->message);
    }
    cv_request_free(request);
    size_t count = proxy_count(self->between) - count_before;
    if (code == CV_ERROR_ARGUMENT) {
        assert_int_equal(count, 0);
        self->refused++;
        return false;
    }
    if (count != 1) {
        fail_msg("sent %zu times, %s: %s", count, cv_code_name(code), text);
    }
    size_t size = proxy_last_head(self->between, self->head);
    const char *fault = raw_head_fault(self->head, size);
    if (fault != NULL) {
        fail_msg("%s, for %s: %s", fault, text, self->head);
    }
    self->sent++;
    return true;
}

static void expect_parameter(scene *self, const char *name, const char *expected) {
    assert_true(raw_head_parameter(self->head, name, self->value));
    assert_string_equal(self->value, expected);
}

/* ---- texts of calls ---- */

typedef struct place {
    cv_request *(*ask)(cv_client *client, const char *text);
    const char *form; /* what is asked, with %s for the text */
    const char
        *parameter; /* which must be just that; NULL: what is sent is a list of known words */
} place;

static cv_request *ask_words(cv_client *client, const char *text) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = text;
    return cv_request_search(client, &query, NULL);
}

static cv_request *ask_search_resources(cv_client *client, const char *text) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "lamp";
    query.resources = text;
    query.allow_unknown = 1;
    return cv_request_search(client, &query, NULL);
}

static cv_request *ask_search_subscribers(cv_client *client, const char *text) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "lamp";
    query.subscriber_only = text;
    return cv_request_search(client, &query, NULL);
}

static cv_request *ask_filter(cv_client *client, const char *text) {
    cv_query query = CV_QUERY_INIT;
    query.filter = text;
    query.allow_unknown = 1;
    return cv_request_list(client, CV_ISSUE, &query, NULL);
}

static cv_request *ask_sort(cv_client *client, const char *text) {
    cv_query query = CV_QUERY_INIT;
    query.sort = text;
    query.allow_unknown = 1;
    return cv_request_list(client, CV_ISSUE, &query, NULL);
}

static cv_request *ask_list_fields(cv_client *client, const char *text) {
    cv_query query = CV_QUERY_INIT;
    query.fields = text;
    query.allow_unknown = 1;
    return cv_request_list(client, CV_ISSUE, &query, NULL);
}

static cv_request *ask_fields(cv_client *client, const char *text) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = text;
    options.allow_unknown = 1;
    return cv_request_retrieve(client, CV_ISSUE, 52, &options);
}

static cv_request *ask_video_type(cv_client *client, const char *text) {
    cv_query query = CV_QUERY_INIT;
    query.video_type = text;
    return cv_request_list(client, CV_VIDEO, &query, NULL);
}

static cv_request *ask_subscribers(cv_client *client, const char *text) {
    cv_query query = CV_QUERY_INIT;
    query.subscriber_only = text;
    return cv_request_list(client, CV_VIDEO, &query, NULL);
}

static const place places[] = {
    {ask_words, "%s", "query"},
    {ask_search_resources, "%s", NULL},
    {ask_search_subscribers, "%s", "subscriber_only"},
    {ask_filter, "name:%s", "filter"},
    {ask_filter, "%s:1", NULL},
    {ask_sort, "%s", NULL},
    {ask_sort, "name:%s", NULL},
    {ask_list_fields, "%s", NULL},
    {ask_fields, "%s", NULL},
    {ask_video_type, "%s", "video_type"},
    {ask_subscribers, "%s", "subscriber_only"},
};

static void try_call(scene *self, cv_client *client, const place *where, const char *text) {
    size_t before = proxy_count(self->between);
    size_t half = (size_t)(strstr(where->form, "%s") - where->form);
    assert_true(snprintf(self->composed, sizeof(self->composed), "%.*s%s%s", (int)half, where->form,
                         text, where->form + half + 2) > 0);
    cv_request *request = where->ask(client, self->composed);
    if (judge(self, request, before, self->composed) && where->parameter != NULL) {
        expect_parameter(self, where->parameter, self->composed);
    }
}

/* Calls `each` with every byte between two letters, and with the sequences. */
static void with_each_text(void (*each)(scene *self, void *user, const char *text), scene *self,
                           void *user) {
    for (unsigned byte = 1; byte <= 0xFF; byte++) {
        const char text[] = {'a', (char)byte, 'c', '\0'};
        each(self, user, text);
    }
    for (size_t i = 0; i < API_COUNT(sequences); i++) {
        each(self, user, sequences[i]);
    }
}

typedef struct attempt {
    cv_client *client;
    const place *where;
} attempt;

static void try_call_of(scene *self, void *user, const char *text) {
    const attempt *what = user;
    try_call(self, what->client, what->where, text);
}

static void test_texts_of_calls(void **context) {
    scene *self = *context;
    cv_options options = options_of(self);
    cv_client *client = open_client(self, &options);
    assert_non_null(client);
    for (size_t i = 0; i < API_COUNT(places); i++) {
        attempt what = {client, &places[i]};
        self->sent = self->refused = 0;
        with_each_text(try_call_of, self, &what);
        if (places[i].parameter != NULL) {
            assert_in_range(self->sent, LEAST_SENT, SIZE_MAX);
        }
        assert_in_range(self->refused, i == 0 ? 0 : 1, SIZE_MAX);
    }
    cv_client_close(client);
}

/* ---- texts of options ---- */

/* Opens a client with these options and has it ask. False: one of both was refused. */
static bool try_options(scene *self, cv_options *options, const char *text) {
    size_t before = proxy_count(self->between);
    cv_client *client = open_client(self, options);
    if (client == NULL) {
        assert_int_equal(proxy_count(self->between), before);
        self->refused++;
        return false;
    }
    bool sent = judge(self, cv_request_retrieve(client, CV_ISSUE, 52, NULL), before, text);
    cv_client_close(client);
    return sent;
}

static void try_key(scene *self, void *user, const char *text) {
    (void)user;
    cv_options options = options_of(self);
    options.api_key = text;
    if (try_options(self, &options, text)) {
        expect_parameter(self, "api_key", text);
    }
}

/* In the header it is ASCII; bytes beyond that are escaped as in URLs. */
static void try_application(scene *self, void *user, const char *text) {
    (void)user;
    cv_options options = options_of(self);
    options.application = text;
    if (!try_options(self, &options, text)) {
        return;
    }
    size_t length = 0;
    char expected[256];
    for (const char *next = text; *next != '\0'; next++) {
        const char *form = (unsigned char)*next > 0x7E ? "%%%02X" : "%c";
        length += (size_t)snprintf(expected + length, sizeof(expected) - length, form,
                                   (unsigned char)*next);
    }
    assert_true(raw_head_header(self->head, "User-Agent", self->value));
    assert_true(strlen(self->value) > length);
    assert_string_equal(self->value + strlen(self->value) - length, expected);
}

static void try_path(scene *self, void *user, const char *text) {
    (void)user;
    cv_options options = options_of(self);
    char url[512];
    assert_true(snprintf(url, sizeof(url), "%s/%s", options.base_url, text) > 0);
    options.base_url = url;
    try_options(self, &options, text);
}

static void try_host(scene *self, void *user, const char *text) {
    (void)user;
    cv_options options = options_of(self);
    char url[512];
    assert_true(snprintf(url, sizeof(url), "http://127.0.0.1%s:%u/api", text,
                         (unsigned)server_port(self->self->server)) > 0);
    options.base_url = url;
    try_options(self, &options, text);
}

static void test_texts_of_options(void **context) {
    static void (*const tries[])(scene * self, void *user,
                                 const char *text) = {try_key, try_application, try_path, try_host};
    scene *self = *context;
    for (size_t i = 0; i < API_COUNT(tries); i++) {
        self->sent = self->refused = 0;
        with_each_text(tries[i], self, NULL);
        assert_in_range(self->sent, LEAST_SENT, SIZE_MAX);
        assert_in_range(self->refused, 32, SIZE_MAX);
    }
}

/* ---- what the service may say ---- */

/* Redirected to an address with that text: what is sent then is as clean as what was sent before,
 * and says nothing of where it comes from; or nothing is. */
static void try_location(scene *self, void *user, const char *text) {
    char location[256];
    if (strpbrk(text, "\r\n?&#") != NULL) {
        return; /* would end the header on its way, or is what addresses are made of */
    }
    assert_true(snprintf(location, sizeof(location), "/api/issue/4000-52/?format=json&filter=%s",
                         text) > 0);
    const server_fault fault = {
        .http_status = 302, .body = "", .times = 1, .headers = {{"Location", location}}};
    api_break(self->self, &fault);
    size_t before = proxy_count(self->between);
    cv_request *request = cv_request_retrieve(user, CV_ISSUE, 52, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    cv_code code = cv_request_error(request)->code;
    cv_request_free(request);
    bool followed = proxy_count(self->between) == before + 2;
    size_t size = proxy_last_head(self->between, self->head);
    const char *fault_found = raw_head_fault(self->head, size);
    if (fault_found != NULL || (!followed && code != CV_ERROR_RESPONSE)) {
        fail_msg("%s, %s, for %s: %s", fault_found != NULL ? fault_found : "neither",
                 cv_code_name(code), text, self->head);
    }
    self->sent += followed ? 1 : 0;
    self->refused += followed ? 0 : 1;
}

static void test_addresses_of_redirects(void **context) {
    scene *self = *context;
    cv_options options = options_of(self);
    cv_client *client = open_client(self, &options);
    assert_non_null(client);
    with_each_text(try_location, self, client);
    assert_in_range(self->sent, LEAST_SENT, SIZE_MAX);
    assert_in_range(self->refused, 1, SIZE_MAX);
    cv_client_close(client);
}

int main(void) {
#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_texts_of_calls),
        SCENE_TEST(test_texts_of_options),
        SCENE_TEST(test_addresses_of_redirects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
