/* What the tests of the server itself have in common: a libcurl client and a started server. */
#ifndef TESTS_SERVER_HARNESS_H
#define TESTS_SERVER_HARNESS_H

#include "server.h"

#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HARNESS_ISSUE    "/issue/4000-52/"
#define HARNESS_KEY      "sesame"
#define HARNESS_COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { HARNESS_PATIENCE_MS = 20000, HARNESS_BODY_MAX = 1 << 18 };

struct answer {
    CURLcode code;
    long http_status;
    char content_type[64];
    char retry_after[16];
    size_t size;
    size_t size_max; /* more than this is refused */
    char body[HARNESS_BODY_MAX + 1];
};

struct harness {
    server *server;
    CURL *client;
    struct answer answer;
};

/* A request on a thread of its own. */
struct caller;

/* A client that keeps its connection; the caller's, for curl_easy_cleanup. */
CURL *harness_client(void);

/* Any URL. Asserts nothing. */
void harness_get_url(CURL *client, const char *url, struct answer *answer);

/* A path below the base URL, with the right key and format. Asserts nothing. */
void harness_get(CURL *client, server *self, const char *path, struct answer *answer);

/* The same with the harness's own client; the answer is good until the next. */
struct answer *harness_fetch(struct harness *harness, const char *path);

/* A server with these options and a client. */
struct harness *harness_new(const server_options *options);
void harness_end(struct harness *harness);

/* cmocka's tear-down of a test whose context is a harness. */
int harness_tear_down(void **context);

/* snprintf; the text must fit. */
void harness_print(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The service's envelope of this error, without a version. */
void harness_assert_api_error(const struct answer *answer, long http_status, int api_status);

/* A whole file, not empty; free() it. */
char *harness_read_text(const char *path);

int64_t harness_boot_time_us(void);

/* Begins harness_get on a new thread with a client of its own. */
struct caller *harness_start_caller(server *self, const char *path);

/* Waits for it and frees it. */
CURLcode harness_end_caller(struct caller *caller);

#endif
