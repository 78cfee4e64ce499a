/* The engine: moves flights from stage to stage. It knows no curl, no SQLite, no thread and no
 * clock: all of them reach it through the tables below, so a test can drive a simulated year
 * through it. Used by one thread at a time (the driver). */
#ifndef CVI_CLIENT_ENGINE_H
#define CVI_CLIENT_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include <comicvine/error.h>
#include <comicvine/event.h>
#include <comicvine/query.h>

#include "client/call.h"
#include "client/transport.h"
#include "resources/result.h"
#include "stores/stores.h"
#include "support/clock.h"
#include "support/log.h"
#include "support/slice.h"

typedef struct cvi_engine cvi_engine;
typedef struct cvi_flight cvi_flight;
typedef struct cvi_passenger cvi_passenger;

/* One caller's place in the engine; lies in the caller's own memory. The engine links it while it
 * is aboard, and lets it go right before it is delivered. */
struct cvi_passenger {
    cvi_passenger *next;
    cvi_flight *flight; /* NULL: not aboard */
    cv_priority priority;
    cv_mode mode;
    bool is_part;             /* of a request for many: lies in a cvi_part */
    bool looked;              /* the caller has asked the cache already */
    cv_stale stale;           /* CV_STALE_DEFAULT: as CV_STALE_NEVER */
    int64_t max_age_ms;       /* of what the cache may answer; 0: no bound */
    bool joined;              /* set by the engine: others had asked before */
    int64_t boarded_boot_ms;  /* likewise: what was heard before this is so old to it */
    bool is_late;             /* likewise: what its flight is to give may be too old (lateness.h) */
    int64_t max_wait_ms;      /* for quota; CV_NO_WAIT, CV_WAIT_FOREVER */
    int64_t deadline_boot_ms; /* INT64_MAX: none */
    int64_t deadline_ms;      /* what the caller has said, for messages */
    int64_t refused_boot_ms;  /* set by the engine: when it first had to wait, -1: not yet */

    /* Set by the engine: the wait that it was last told of. */
    const char *told_words; /* why; NULL: none */
    int64_t told_until_boot_ms;
};

/* Whether an answer is not older than this passenger wants it. */
static inline bool cvi_is_young_enough(const cvi_passenger *passenger,
                                       const cvi_provenance *provenance, cvi_now now) {
    return passenger->max_age_ms == 0 ||
           provenance->fetched_at_ms > now.wall_ms - passenger->max_age_ms;
}

/* What a passenger gets. */
typedef struct cvi_outcome {
    cvi_result *result; /* NULL: `error` says why; the receiver keeps its own reference */
    cvi_provenance provenance;
    bool revalidates; /* it is stale, and wanted anew: the engine does not see to that itself */
    bool is_recalled; /* of a check of the key: it was known, and nobody was asked */
    cv_error error;
} cvi_outcome;

/* The stores, as functions that tests replace; the real ones are cvi_stores_*. */
typedef struct cvi_store_ops {
    cvi_store_answer (*lookup)(cvi_stores *, const char *hash, const cvi_want *, cvi_now,
                               cvi_cached *, cv_error *);
    cvi_store_answer (*claim)(cvi_stores *, const cvi_claim_spec *, cvi_now, cvi_claim *,
                              cv_error *);
    cvi_store_answer (*watch)(cvi_stores *, const char *hash, const char *job_id, cvi_now,
                              cvi_watch *, cv_error *);
    cvi_store_answer (*complete)(cvi_stores *, const cvi_completion *, cvi_now, bool *owned,
                                 cv_error *);
    cvi_store_answer (*release)(cvi_stores *, const char *hash, const char *job_id, int64_t row_id,
                                const cv_error *failure, int64_t age_ms, cvi_now, cv_error *);
    cvi_store_answer (*renew)(cvi_stores *, const char *hash, const char *job_id, cvi_now,
                              bool *owned, cv_error *);
    cvi_store_answer (*heed)(cvi_stores *, const cvi_heed_spec *, cvi_now, int64_t *left_ms,
                             cv_error *);
    cvi_store_answer (*clean)(cvi_stores *, cvi_now, bool *more, cv_error *);
    cvi_store_answer (*make_room)(cvi_stores *, const cvi_completion *, cvi_now, cv_error *);
} cvi_store_ops;

/* The transport likewise. */
typedef struct cvi_transport_ops {
    cvi_transfer *(*send)(cvi_transport *, const cvi_transfer_spec *);
    bool (*cancel)(cvi_transport *, cvi_transfer *);
} cvi_transport_ops;

typedef struct cvi_engine_options {
    cv_allocator allocator;
    cvi_random random;
    const cvi_store_ops *store_ops;
    cvi_stores *stores;
    const cvi_transport_ops *transport_ops;
    cvi_transport *transport;
    void (*deliver)(void *user, cvi_passenger *passenger, const cvi_outcome *outcome);

    /* Takes what happens on the way, before what is delivered; NULL: nobody wants to know. Of the
     * event it adds what the engine does not know, the moment where that is 0. May not call the
     * engine. */
    void (*tell)(void *user, cvi_passenger *passenger, const cv_event *event);

    /* Takes what each answer of the service says about the key, if it says anything, and how long
     * ago it was heard; NULL: nobody wants to know. May not call the engine. */
    void (*hear_key)(void *user, bool is_accepted, int64_t age_ms, cvi_now now);

    /* What is known of the key, to end a passenger of a call that checks it; false: nothing, or the
     * passenger wants it asked. NULL: nobody knows. May not call the engine. */
    bool (*recall_key)(void *user, const cvi_passenger *passenger, cvi_outcome *outcome);

    /* What the client has in memory of a call's object, for the engine to release; `want` says then
     * that its body need not be read. NULL: nothing. Takes in turn what the cache has given for a
     * call. Both NULL: nothing is kept. */
    cvi_result *(*know)(void *user, const cvi_call *call, cvi_want *want);
    void (*remember)(void *user, cvi_call *call, cvi_result *result, const cvi_cached *row);
    void *user;
    cvi_log *log; /* NULL: none */
    int64_t lease_ms;
    bool is_offline;            /* there is nothing to send with: what is not cached fails */
    bool waits_for_connections; /* an admission without one is taken anew when it is there */
    int64_t fresh_ms;           /* an admission older than this when it is sent is taken anew */
    int64_t told_ms;            /* whatever comes of a request is known within so long */
    int64_t max_retries;        /* CV_NONE: none */
    int64_t clean_interval_ms;  /* CV_NONE: never */
    int64_t negative_ttl_ms;  /* so long it is fresh that there is no such object; 0: not at all */
    bool heeds_cache_control; /* of the service */
} cvi_engine_options;

/* NULL without memory. */
cvi_engine *cvi_engine_open(const cvi_engine_options *options, cvi_now now);

/* Frees the engine. No passenger may be aboard. NULL is fine. */
void cvi_engine_close(cvi_engine *engine);

/* Takes a passenger aboard the flight for this call, which is made if there is none that can still
 * give it what it wants. May deliver at once. */
void cvi_engine_board(cvi_engine *engine, cvi_passenger *passenger, cvi_call *call, cvi_now now);

/* Lets a passenger go without delivering. Fine if it is not aboard. */
void cvi_engine_leave(cvi_engine *engine, cvi_passenger *passenger);

/* Takes every flight as far as it can go, one after the other until the slice is over; the next
 * call goes on with those that have not had their turn. The answer is the boot time at which to
 * call again, INT64_MAX: when something arrives. */
int64_t cvi_engine_step(cvi_engine *engine, cvi_now now, cvi_slice *slice);

/* From now on bodies of more than so many bytes are decoded in parts, one in each step; 0: at once,
 * also the rest of those that are begun. */
void cvi_engine_divide(cvi_engine *engine, size_t piece_bytes);

/* The engine whose flight is the owner of a transfer. */
cvi_engine *cvi_engine_of(const void *owner);

/* Takes a response of the transport's for its owner, a flight. */
void cvi_engine_receive(cvi_engine *engine, void *owner, cvi_response *response, cvi_now now);

/* From now on nothing is begun: the steps that follow store what is here and hand jobs and unused
 * admissions back, then touch neither stores nor transport, and only end what has a deadline. The
 * transport must have been reset, and its responses received; what is being decoded is so at once.
 */
void cvi_engine_suspend(cvi_engine *engine, cvi_now now);

/* Goes on where it was: what waits asks the cache again, and for a new admission. */
void cvi_engine_resume(cvi_engine *engine);

/* Others may have finished what flights here watch, all of them or (hash not NULL) those of this
 * call: the next step looks. */
void cvi_engine_wake_watchers(cvi_engine *engine, const char *hash);

/* Whether any flight watches what others do. */
bool cvi_engine_is_watching(const cvi_engine *engine);

/* Ends everything for a closing client: passengers get `outcome`, what was not sent is given up,
 * what has an answer is still stored by the steps that follow, the rest is dropped. */
void cvi_engine_abandon(cvi_engine *engine, const cvi_outcome *outcome);

/* Whether no flight is left but those that rest while the engine is suspended. */
bool cvi_engine_is_idle(const cvi_engine *engine);

#endif
