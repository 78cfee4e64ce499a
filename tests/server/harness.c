/* What the tests of the server itself have in common. Only they may use it; it needs libcurl and
 * cmocka, which the server does not. */
#define _POSIX_C_SOURCE 200809L
#include "harness.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    struct answer *answer = context;
    size_t total = size * count;
    if (answer->size + total > answer->size_max) {
        return 0;
    }
    memcpy(answer->body + answer->size, bytes, total);
    answer->size += total;
    answer->body[answer->size] = '\0';
    return total;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context) {
    struct answer *answer = context;
    char line[256];
    size_t total = size * count;
    if (total < sizeof line) {
        memcpy(line, bytes, total);
        line[total] = '\0';
        (void)sscanf(line, "Retry-After: %15s", answer->retry_after);
        (void)sscanf(line, "Content-Type: %63[^\r\n]", answer->content_type);
    }
    return total;
}

CURL *harness_client(void) {
    CURL *client = curl_easy_init();
    assert_non_null(client);
    curl_easy_setopt(client, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client, CURLOPT_PROXY, "");
    curl_easy_setopt(client, CURLOPT_TIMEOUT_MS, (long)HARNESS_PATIENCE_MS);
    curl_easy_setopt(client, CURLOPT_USERAGENT, "test/1");
    curl_easy_setopt(client, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(client, CURLOPT_HEADERFUNCTION, take_header);
    return client;
}

void harness_get_url(CURL *client, const char *url, struct answer *answer) {
    size_t size_max = answer->size_max ? answer->size_max : HARNESS_BODY_MAX;
    memset(answer, 0, sizeof *answer);
    answer->size_max = size_max;
    curl_easy_setopt(client, CURLOPT_URL, url);
    curl_easy_setopt(client, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(client, CURLOPT_HEADERDATA, answer);
    answer->code = curl_easy_perform(client);
    curl_easy_getinfo(client, CURLINFO_RESPONSE_CODE, &answer->http_status);
}

void harness_get(CURL *client, server *self, const char *path, struct answer *answer) {
    char url[1024];
    int size = snprintf(url, sizeof url, "%s%s%sformat=json&api_key=" HARNESS_KEY,
                        server_base_url(self), path, strchr(path, '?') ? "&" : "?");
    if (size < 0 || (size_t)size >= sizeof url) {
        answer->code = CURLE_URL_MALFORMAT;
        return;
    }
    harness_get_url(client, url, answer);
}

struct answer *harness_fetch(struct harness *harness, const char *path) {
    harness_get(harness->client, harness->server, path, &harness->answer);
    return &harness->answer;
}

struct harness *harness_new(const server_options *options) {
    struct harness *harness = calloc(1, sizeof *harness);
    assert_non_null(harness);
    harness->server = server_start(options);
    assert_non_null(harness->server);
    harness->client = harness_client();
    return harness;
}

void harness_end(struct harness *harness) {
    curl_easy_cleanup(harness->client);
    server_stop(harness->server);
    free(harness);
}

int harness_tear_down(void **context) {
    harness_end(*context);
    return 0;
}

void harness_print(char *text, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, size, format, arguments);
    va_end(arguments);
    assert_in_range(length, 0, size - 1);
}

void harness_assert_api_error(const struct answer *answer, long http_status, int api_status) {
    char expected[64];
    harness_print(expected, sizeof expected, "\"status_code\":%d,\"results\":[]}", api_status);
    assert_int_equal(answer->code, CURLE_OK);
    assert_int_equal(answer->http_status, http_status);
    assert_non_null(strstr(answer->body, expected));
    assert_null(strstr(answer->body, "version"));
}

char *harness_read_text(const char *path) {
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    char *text = calloc(1, HARNESS_BODY_MAX);
    assert_non_null(text);
    size_t size = fread(text, 1, HARNESS_BODY_MAX - 1, in);
    assert_true(size > 0);
    assert_int_equal(fclose(in), 0);
    return text;
}

int64_t harness_boot_time_us(void) {
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &now), 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct caller {
    pthread_t thread;
    CURL *client;
    server *server;
    const char *path;
    struct answer answer;
};

/* Asserts nothing: cmocka's assertions are for the test's own thread. */
static void *run_caller(void *context) {
    struct caller *caller = context;
    harness_get(caller->client, caller->server, caller->path, &caller->answer);
    return NULL;
}

struct caller *harness_start_caller(server *self, const char *path) {
    struct caller *caller = calloc(1, sizeof *caller);
    assert_non_null(caller);
    caller->client = harness_client();
    caller->server = self;
    caller->path = path;
    assert_int_equal(pthread_create(&caller->thread, NULL, run_caller, caller), 0);
    return caller;
}

CURLcode harness_end_caller(struct caller *caller) {
    assert_int_equal(pthread_join(caller->thread, NULL), 0);
    CURLcode code = caller->answer.code;
    curl_easy_cleanup(caller->client);
    free(caller);
    return code;
}
