/* Where a scene is played: a server, a file, a client on both, and the judgement on each call that
 * ends. What a scene does it does by the public headers; nobody but the runner's thread uses a
 * stage. */
#ifndef TESTS_TORTURE_STAGE_H
#define TESTS_TORTURE_STAGE_H

#include "support/api.h"
#include "support/failing_allocator.h"
#include "torture/detour.h"
#include "torture/fault.h"
#include "torture/shared_clock.h"

enum {
    STAGE_ISSUE = 52, /* of the fixtures, as are the next two */
    STAGE_OTHER_ISSUE = 61,
    STAGE_NO_ISSUE = 999,
    STAGE_ISSUES = 12
};

#define STAGE_NAME "The Long Night on Wharf Street"

/* Of scenes that have the cache or the jobs in another file than the client's. */
#define STAGE_CACHE_FILE "cache.db"
#define STAGE_JOBS_FILE  "jobs.db"

enum { STAGE_APPLICATION_MAX = 32 };

typedef struct stage {
    api *world;
    server *elsewhere;        /* where no key may go */
    server *companion_server; /* that of the companion, which no fault reaches */
    shared_clock clock;
    failing_allocator memory; /* of the client, and of handles of a scene's own */
    detour detour;
    char application[STAGE_APPLICATION_MAX]; /* another one for each time that options are set */
    unsigned plays;
    cv_options options;         /* of the client; a scene that opens one takes a copy */
    cv_client *client;          /* NULL: the scene opens its own */
    const torture_fault *fault; /* that may strike; NULL: nothing fails */
    size_t ends;                /* calls that have ended, */
    size_t keys_refused;        /* and those of them whose key the service has refused */
    size_t calls_due;           /* callbacks that must still come */
} stage;

/* A server on the fixtures and one elsewhere, and an empty folder. */
void stage_begin(stage *self);
void stage_end(stage *self);

/* Options for the file and the server, as this fault wants them, under a new application's name, by
 * which its requests are known at the server and in the file. The transport of a fault that has
 * one is opened: give the options to one client. */
void stage_set_options(stage *self, cv_drive drive, size_t n);

/* Opens and closes the client that scenes use. */
void stage_open(stage *self);
void stage_close(stage *self);

/* Time passes: what was cached is old, pauses and leases are over. */
void stage_advance(stage *self, int64_t duration_ms);

/* A file in the scratch folder. */
scratch_path stage_file(const stage *self, const char *name);

/* ---- judgement: each call that ends is told here, and what is wrong fails the test ---- */

/* It went well, or with an error that the fault explains: typed, in one line, without the key.
 * Answers `is_well`. */
bool stage_ended(stage *self, bool is_well, const cv_error *error);

/* The same for a call whose end is an error, even if nothing fails. */
void stage_refused(stage *self, bool is_well, const cv_error *error, cv_code code);

/* ---- what scenes have in common ---- */

/* The issue is what it should be; frees it. NULL: the call has failed, for which see cv_last_error.
 */
void stage_take_issue(stage *self, const cv_issue *issue, int64_t id);

/* A blocking retrieve, told and freed; NULL: no options. */
void stage_retrieve(stage *self, int64_t id, const cv_request_options *options);

/* Waits for a request, takes what it has and tells it; does not free it. */
void stage_finish(stage *self, cv_request *request, int64_t id);

/* A callback that must come once. */
void stage_expect_call(stage *self, cv_request *request);

#endif
