/* What the tests on the public headers have in common: a loopback server, a folder for the
 * database, options that fit both, and a look into the file from outside. Only the test's own
 * thread may call what can fail a test; the others note what they see. */
#ifndef TESTS_SUPPORT_API_H
#define TESTS_SUPPORT_API_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <comicvine.h>

#include "server/server.h"
#include "support/outcome.h"
#include "support/scratch.h"

#define API_KEY        "00c0ffee5e4711decafbad0123456789abcdef42"
#define API_ISSUE      "/api/issue/"
#define API_ISSUES     "/api/issues/"
#define API_COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define API_TEST(test) cmocka_unit_test_setup_teardown(test, api_set_up, api_tear_down)

enum { API_PATIENCE_MS = 60000 }; /* for what must come; a sanitizer may take its time */

typedef struct api {
    server *server;
    scratch scratch;
    scratch_path database;
} api;

/* A server on the repository's fixtures of issues, on a folder, or on one with `count` issues from
 * `first_id`. */
api *api_new(void);
api *api_new_on(const char *folder);
api *api_new_with_issues(int64_t first_id, size_t count);

/* On a folder whose list of issues holds `count` from id 1 on. */
api *api_new_with_list(size_t count);
void api_end(api *self);

/* The same as cmocka's set-up and tear-down; the context is the api. */
int api_set_up(void **context);
int api_tear_down(void **context);

/* Options for the server and the database: no minimum interval, no retries. */
cv_options api_options(const api *self);

/* A client that must open; with NULL: api_options. */
cv_client *api_open(const api *self, const cv_options *options);

/* What a blocking retrieve and a request that is done came to. Any thread. */
outcome api_retrieve(cv_client *client, int64_t id);
outcome api_retrieve_with(cv_client *client, int64_t id, const cv_request_options *options);
outcome api_outcome_of(cv_request *request);

/* The one number that a query of the database file yields. */
int64_t api_query(const api *self, const char *sql);

/* Runs SQL without results on the file, as another program might. */
void api_execute(const api *self, const char *sql);

/* Asks again and again until the number is at least `wanted`; fails the test after a while. */
void api_query_until(const api *self, const char *sql, int64_t wanted);

/* Fails the test unless no answer is in the cache and no job is pending. */
void api_assert_nothing_left(const api *self);

/* The service's refusals are forgotten, as if their pauses were over and it had answered since. */
void api_lift_pauses(const api *self);

/* The same, but that one answer is remembered, which says that there is no such object. */
void api_assert_denial_left(const api *self);

/* Empties the cache, which must hold something, as another program might. */
void api_forget(const api *self);

/* Adds a fault, waits until `count` requests for issues have come: both must succeed. */
void api_break(const api *self, const server_fault *fault);
void api_await_requests(const api *self, size_t count);

/* The envelope of a made-up issue, free() it. */
char *api_issue_text(int64_t id, const char *name);

/* CLOCK_MONOTONIC. */
int64_t api_now_ms(void);

#endif
