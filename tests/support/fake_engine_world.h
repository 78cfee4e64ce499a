/* A world for the engine alone: stores that answer by script, a transport that sends nothing, a
 * fake clock and a counting allocator. Everything that the engine asks for is logged. Always
 * checked: nothing is sent without an admission of its own, no admission that was sent is taken
 * back, everybody is delivered at most once. */
#ifndef TESTS_SUPPORT_FAKE_ENGINE_WORLD_H
#define TESTS_SUPPORT_FAKE_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/engine.h"
#include "support/diary.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"

typedef struct sim_world sim_world;

typedef enum sim_op {
    SIM_LOOKUP,
    SIM_CLAIM,
    SIM_WATCH,
    SIM_COMPLETE,
    SIM_RELEASE,
    SIM_RENEW,
    SIM_HEED,
    SIM_CLEAN,
    SIM_MAKE_ROOM
} sim_op;

enum {
    SIM_OP_COUNT = SIM_MAKE_ROOM + 1,
    SIM_SCRIPT_MAX = 32,
    SIM_LOG_MAX = 2048,
    SIM_TRANSFERS_MAX = 64,
    SIM_CALLERS_MAX = 64,
    SIM_ROWS_MAX = 256,
    SIM_LEASE_MS = 5000,
    SIM_FRESH_MS = 50,
    SIM_BACKSTOP_MS = 25,
    SIM_TTL_MS = 3600000,
    SIM_NEGATIVE_TTL_MS = 300000
};

/* What a store answers to one call; a member that the operation has no use for is ignored. All
 * zero: a miss, an admission, an end that was owned. */
typedef struct sim_reply {
    cvi_store_answer answer;
    const char *body; /* LOOKUP, CLAIM with HIT, WATCH with COMPLETED; copied */
    bool is_negative; /* the body denies the object */
    bool is_stale;    /* LOOKUP: the body is past its time */
    int64_t age_ms;   /* of the body; 0: 1 000. Of the failure of a watched job; 0: none */
    cvi_claim_verdict verdict;
    int64_t wait_ms;
    cvi_wait_reason reason;
    const char *reason_text; /* NULL: none */
    cvi_watch_state state;
    cv_code failure;      /* of the watched job's owner */
    int64_t backstop_ms;  /* WATCH with PENDING; 0: SIM_BACKSTOP_MS */
    bool lost;            /* COMPLETE, RENEW: the job is somebody else's */
    bool is_probe;        /* CLAIM with ADMITTED */
    bool has_failed;      /* likewise */
    const char *recalled; /* likewise, if it recalls: a body with SIM_ETAG; NULL: none */
    cvi_keeping keeping;  /* of that */
    int64_t left_ms;      /* HEED */
    bool more;            /* CLEAN */
} sim_reply;

/* A call that a store got. */
typedef struct sim_call {
    sim_op op;
    int64_t boot_ms;
    char hash[CVI_HASH_SIZE];
    char job_id[CVI_JOB_ID_SIZE];
    char resource[16];
    int64_t row_id;
    cv_code failure; /* RELEASE, COMPLETE: CV_OK for none */
    cv_priority priority;
    bool reread_cache;
    cvi_readiness readiness;
    bool users_wait;
    cvi_service_word word; /* HEED */
    int64_t asked_ms;      /* likewise */
    size_t size;
    int64_t age_ms; /* COMPLETE, RELEASE */
    int64_t ttl_ms;
    int64_t max_age_ms;  /* LOOKUP, CLAIM */
    bool stale_too;      /* LOOKUP */
    bool recalls;        /* CLAIM */
    cvi_keeping keeping; /* COMPLETE, as is the rest */
    cvi_validators validators;
} sim_call;

struct cvi_stores {
    sim_world *world;
};

struct cvi_transport {
    sim_world *world;
};

/* One transfer as the engine asked for it. */
struct cvi_transfer {
    char url[256];
    cvi_transfer_spec spec;
    int64_t row_id; /* the admission that it is for */
    bool open;
    bool sent; /* the request has left */
    bool cancelled;
    char etag[CVI_ETAG_SIZE]; /* that was sent along; "": none */
};

/* Somebody who wants an answer, and what came of it. */
typedef struct sim_caller {
    cvi_passenger passenger; /* first: the engine hands it back */
    int deliveries;
    int order; /* among all deliveries, from 1 */
    int64_t boot_ms;
    int64_t id; /* of the record; 0 without a result */
    cvi_provenance provenance;
    bool revalidates;
    cv_error error;
} sim_caller;

/* What a caller wants. All zero: issue 0 does not exist, so set at least the id. */
typedef struct sim_wish {
    int64_t id;
    const char *fields;
    bool is_list;
    cv_priority priority;
    cv_mode mode;
    bool looked;
    cv_stale stale; /* CV_STALE_DEFAULT: never */
    int64_t max_age_ms;
    int64_t max_wait_ms;      /* 0: CV_WAIT_FOREVER */
    int64_t deadline_boot_ms; /* 0: none */
} sim_wish;

struct sim_world {
    failing_allocator memory;
    fake_clock clock;
    cvi_settings settings;
    cvi_engine_options options;
    cvi_engine *engine;
    struct cvi_stores stores;
    struct cvi_transport transport;
    bool transport_without_memory;

    sim_reply scripts[SIM_OP_COUNT][SIM_SCRIPT_MAX];
    size_t script_length[SIM_OP_COUNT];
    size_t script_next[SIM_OP_COUNT];

    sim_call log[SIM_LOG_MAX];
    size_t log_length;
    struct cvi_transfer transfers[SIM_TRANSFERS_MAX];
    size_t transfer_count;
    sim_caller callers[SIM_CALLERS_MAX];
    size_t caller_count;
    int deliveries;
    int jobs;
    int64_t rows;      /* admissions so far; the number of the last one */
    int64_t used_rows; /* of them, handed to the transport */
    bool taken_back[SIM_ROWS_MAX];

    diary told;          /* of those who listen: what they were told and given */
    cv_event last_event; /* its texts are gone */
};

/* The body of an issue's answer. */
#define SIM_ISSUE(id) "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":" #id "}}"
#define SIM_ETAG      "\"version-1\""
#define SIM_ISSUES    "{\"error\":\"OK\",\"status_code\":1,\"results\":[{\"id\":1},{\"id\":2}]}"

/* cmocka's setup and teardown: *state is the world. Teardown lets everybody leave, closes the
 * engine and fails the test if memory was lost. */
int sim_setup(void **state);
int sim_teardown(void **state);

/* The same with an allocator that refuses call number `failing_call`, counted from the moment that
 * the engine is open. */
sim_world *sim_new(size_t failing_call, bool keeps_failing);
void sim_free(sim_world *world);

/* Opens the engine anew, after `world->options` has been changed. Nobody may be aboard. */
void sim_reopen(sim_world *world);

/* From now on what callers are told and given is noted, each under its number from 0; the engine is
 * opened anew. */
void sim_listen(sim_world *world);

/* What `op` answers next, behind what was scripted before. */
void sim_script(sim_world *world, sim_op op, const sim_reply *reply);

/* The short forms of it. */
void sim_busy(sim_world *world, sim_op op, int times);
void sim_fail(sim_world *world, sim_op op);

/* A caller boards. NULL without memory for its call. */
sim_caller *sim_board(sim_world *world, const sim_wish *wish);
void sim_leave(sim_world *world, sim_caller *caller);

/* Steps at the present time; the answer is how long from now until the engine is due, INT64_MAX if
 * it waits for something to arrive. */
int64_t sim_step(sim_world *world);

/* Time passes, then a step. */
int64_t sim_advance(sim_world *world, int64_t duration_ms);

/* Lets the request of transfer `index` leave, as the transport would: an admission that has grown
 * old is taken anew. False: the engine does not want it to leave any more. */
bool sim_let_out(sim_world *world, size_t index);

/* Ends transfer `index` with a response, and steps. ANSWER copies `body`. */
int64_t sim_respond(sim_world *world, size_t index, const cvi_response *response, const char *body);

/* The request leaves and gets this body with HTTP 200; then a step. */
int64_t sim_answer(sim_world *world, size_t index, const char *body);

/* The request leaves and nothing comes of it. */
int64_t sim_break(sim_world *world, size_t index, cvi_response_kind kind);

/* The request does not leave, for this reason. */
int64_t sim_break_unsent(sim_world *world, size_t index, cvi_response_kind kind);

/* The request leaves and is redirected. */
int64_t sim_redirect(sim_world *world, size_t index, const char *url);

/* The request leaves and gets this HTTP status with no body worth mentioning. */
int64_t sim_answer_status(sim_world *world, size_t index, int http_status, int64_t retry_after_ms);

/* How often `op` was called, and the `index`th of these calls. */
size_t sim_count(const sim_world *world, sim_op op);
const sim_call *sim_call_at(const sim_world *world, sim_op op, size_t index);

/* What the stores' last call of `op` was. */
const sim_call *sim_last(const sim_world *world, sim_op op);

/* Fail the test unless the caller has got this. */
void sim_check_source(const sim_caller *caller, int64_t id, cv_source source);
void sim_check_error(const sim_caller *caller, cv_code code);
void sim_check_waiting(const sim_caller *caller);

#endif
