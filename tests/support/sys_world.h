/* A client on an application's network, in a folder of its own, without any server. */
#ifndef TESTS_SUPPORT_SYS_WORLD_H
#define TESTS_SUPPORT_SYS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <comicvine.h>
#include <comicvine/sys/clock.h>

#include "support/outcome.h"
#include "support/own_network.h"
#include "support/scratch.h"

#define SYS_KEY       "feedface0123456789feedface0123456789abcd"
#define SYS_BASE      "http://comics.example/api"
#define SYS_ISSUE(id) "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":" #id "}}"
#define SYS_TARGET    "/api/issue/4000-52/?format=json"

typedef struct sys_world {
    scratch scratch;
    scratch_path database;
    own_network network;
    cv_options options; /* of the network, without interval and retries */
} sys_world;

/* A world whose network answers issue 52 in this manner. */
void sys_begin(sys_world *self, own_manner manner);
void sys_end(sys_world *self);

/* A world of clients that are polled, with a clock that stands until it is moved. */
typedef struct sys_timed {
    sys_world world;
    cv_clock clock;
    cv_now now;
} sys_timed;

/* What that clock says at first. */
#define SYS_START_MS INT64_C(1717243200000)
#define SYS_START    ((cv_now){5000000, SYS_START_MS})

/* To set up a test that begins so, and to tear it down. */
int sys_timed_set_up(void **state, own_manner manner);
int sys_timed_tear_down(void **state);

/* A client that must open on the world's options. */
cv_client *sys_open(const sys_world *self);

/* What a blocking retrieve of the issue comes to. */
outcome sys_retrieve(cv_client *client, int64_t id);

/* Starts to retrieve issue 52; its transfer has begun. */
cv_request *sys_begin_request(sys_world *self, cv_client *client);

/* Waits until the network has begun so many transfers; the request is not done before. */
void sys_await_transfers(sys_world *self, cv_request *request, size_t count);

/* Opens, retrieves issue 52 and closes. */
outcome sys_fetch(const sys_world *self);

/* Fails the test unless an outcome is this. */
void sys_check_issue(const outcome *got, cv_source source);
void sys_check_error(const outcome *got, cv_code code, const char *words);

/* The number that a query of the database yields. */
int64_t sys_query(const sys_world *self, const char *sql);

/* How many requests it counts. */
int64_t sys_counted(const sys_world *self);

/* Writes a file of this name into the world's folder. */
void sys_write(const sys_world *self, const char *name, const char *text, size_t size);

#endif
