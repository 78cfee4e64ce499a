/* The stores as the engine sees them: cache, dedupe and rate limit over one SQLite file, and the
 * transactions that span them.
 *
 * Nothing here waits for a lock of another process except open and close: where a lock is held the
 * answer is CVI_STORE_BUSY, nothing has changed, and the caller tries again a little later.
 * `now` is the caller's look at the clock; claim, renew, heed and clean, which judge by the boot
 * clock what others wrote, look again within their transaction.
 * All calls but cvi_stores_lookup come from one thread at a time (the driver); lookups may come
 * from any number of threads meanwhile. */
#ifndef CVI_STORES_STORES_H
#define CVI_STORES_STORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/client.h>
#include <comicvine/error.h>
#include <comicvine/stores.h>

#include "stores/adaptive.h"
#include "stores/stamp.h"
#include "support/caching.h"
#include "support/cap.h"
#include "support/clock.h"
#include "support/digest.h"
#include "support/log.h"
#include "support/platform.h"

enum { CVI_JOB_ID_SIZE = 37 };

typedef struct cvi_stores cvi_stores;

typedef enum cvi_store_answer {
    CVI_STORE_DONE,
    CVI_STORE_BUSY,  /* locked by somebody: try again in 1 to 2 ms */
    CVI_STORE_FAILED /* the error says why (CV_ERROR_STORE or CV_ERROR_NOMEM) */
} cvi_store_answer;

/* All settings with their defaults filled in; CV_NONE is left where it stands for "off". Text and
 * arrays are copied. */
typedef struct cvi_stores_options {
    const char *database;       /* path or ":memory:"; a part may name a file of its own */
    struct sqlite3 *connection; /* the application's, in place of `database` */
    const char *scope;          /* fingerprint of API key and base URL */
    const char *origin;         /* fingerprint of the base URL alone */
    const char *host;           /* fingerprint of its host alone */
    const char *application;    /* kept beside what it spends; NULL: it has no name */
    bool relaxed_sync;
    cv_cache_settings cache;
    cv_dedupe_settings dedupe;
    cv_rate_limit_settings rate_limit;
    cv_allocator allocator;
    cvi_cap *cap;    /* before the allocator; closed with the stores. NULL: none */
    cvi_clock clock; /* for the boot id; and for waiting in open and close */
    cvi_random random;
    cvi_log *log; /* NULL: none; outlives the stores */
} cvi_stores_options;

/* Opens the file, makes or migrates its schema. NULL on failure. Blocks for some seconds at most
 * while others hold the file. */
cvi_stores *cvi_stores_open(const cvi_stores_options *options, cv_error *error);

/* Gives up every job that this handle still owns (best effort: waits at most some 50 ms for others)
 * and closes. NULL is fine. */
void cvi_stores_close(cvi_stores *stores);

/* A cached body. `body` is the receiver's, from the allocator of the options; NULL: a miss. What is
 * stored beside it, a tape, lies behind its NUL in the same block. */
typedef struct cvi_cached {
    char *body;
    size_t size;
    size_t tape_size; /* 0: there is none, or none of this body */
    int64_t fetched_at_ms;
    int64_t expires_at_ms; /* min(the row's expiry, fetched + the reader's TTL) */
    bool is_negative;      /* the body says that there is no such object */
    int64_t row_id;        /* of the cache, and when its last use was noted there; for the bound */
    int64_t used_at_ms;
    int64_t row_expires_at_ms; /* the row's expiry, and what the service has said to it (cache.h) */
    int64_t control;
    int64_t checksum;
    bool is_known;  /* the row answers with the body that the reader has: `body` is NULL */
    bool has_stamp; /* `stamp` was the state of the file right before the row was read */
    cvi_stamp stamp;
} cvi_cached;

/* What a reader takes for an answer. */
typedef struct cvi_want {
    int64_t ttl_ms;     /* the reader's; for a negative entry negative_ttl_s is */
    int64_t max_age_ms; /* only what is younger; 0: no bound */
    bool stale_too;     /* past its end, until stale_s after it, and whatever its age; of negative
                           entries still only the fresh ones */
    bool knows;         /* the reader has the body with known_checksum, which need not be read */
    int64_t known_checksum;
} cvi_want;

/* Reads a body: one point read. A row whose checksum fails is a miss (and is deleted by the next
 * claim that would answer from it). Any thread. */
cvi_store_answer cvi_stores_lookup(cvi_stores *stores, const char *hash, const cvi_want *want,
                                   cvi_now now, cvi_cached *cached, cv_error *error);

/* The state of the file that the cache is in. False: it cannot be told from memory. Any thread. */
bool cvi_stores_stamp(const cvi_stores *stores, cvi_stamp *stamp);

/* Judges anew what cvi_stores_lookup has found, whose row has not changed since: true if it answers
 * `want` now, which counts like a look; its expiry is this reader's then. Any thread. */
bool cvi_stores_look_again(cvi_stores *stores, cvi_cached *cached, const cvi_want *want,
                           cvi_now now);

/* How far the caller is from sending. The interval is one between sendings: an admission that still
 * waits for its connection keeps new ones back for a while, but not those whose connection is ready
 * earlier; and it must be confirmed when its own is ready. */
typedef enum cvi_readiness {
    CVI_READY_SOON, /* sends at once, on a connection that is there */
    CVI_CONNECTING, /* connects first, then claims again with CVI_READY_NOW */
    CVI_READY_NOW   /* has a connection that waits: row_id names the admission, taken anew */
} cvi_readiness;

typedef struct cvi_claim_spec {
    const char *hash;
    const char *resource; /* first path segment */
    bool is_list;
    cv_priority priority;
    bool reread_cache;  /* answer from the cache if somebody stored it meanwhile */
    int64_t ttl_ms;     /* for that */
    int64_t max_age_ms; /* likewise; 0: no bound */
    const char *job_id; /* a job that the caller owns already and keeps; NULL or "": none */
    int64_t row_id;     /* an admission that was never sent and is taken back first; 0: none */
    bool recalls;       /* wants to know what the service may be asked to confirm */
    cvi_readiness readiness;
    bool users_wait; /* the caller has users who wait for the interval, behind this claim */
    int64_t told_ms; /* within so long it is told what comes of a probe; 0: it never is */
} cvi_claim_spec;

typedef enum cvi_claim_verdict {
    CVI_CLAIM_ADMITTED, /* job_id is ours (empty with dedupe disabled), row_id is recorded: send */
    CVI_CLAIM_HIT,      /* `cached` holds the body */
    CVI_CLAIM_WATCH,    /* job_id belongs to somebody who fetches it */
    CVI_CLAIM_WAIT,     /* no room for wait_ms */
    CVI_CLAIM_LOST      /* the job named in the spec is no longer ours; nothing was admitted */
} cvi_claim_verdict;

typedef enum cvi_wait_reason {
    CVI_WAIT_INTERVAL,
    CVI_WAIT_LIMIT,
    CVI_WAIT_SHARE,       /* there is room, but not for the background */
    CVI_WAIT_COOLDOWN,    /* the service wants no requests of this path for a while */
    CVI_WAIT_BLOCKED,     /* nor of any path */
    CVI_WAIT_UNREACHABLE, /* the host has not answered the last requests, it is left in peace */
    CVI_WAIT_FAILING      /* or has answered with errors of its own */
} cvi_wait_reason;

/* Whether every path waits for the same, not this one alone. */
static inline bool cvi_wait_is_for_all(cvi_wait_reason reason) {
    return reason != CVI_WAIT_LIMIT && reason != CVI_WAIT_SHARE && reason != CVI_WAIT_COOLDOWN;
}

/* How long an answer is kept, where the service has a say in that. */
typedef struct cvi_keeping {
    int64_t ttl_ms;
    bool is_ordered;      /* the ttl is the service's: no reader's counts */
    bool must_revalidate; /* never to be given when it is old */
    bool no_store;        /* not kept at all, nor what was there before; the ttl is 0 */
} cvi_keeping;

/* An answer that the service may confirm in place of sending it again. `body` is the receiver's;
 * NULL: there is none. */
typedef struct cvi_recalled {
    char *body;
    size_t size;
    cvi_validators validators;
    cvi_keeping keeping; /* as it was kept until now */
} cvi_recalled;

typedef struct cvi_claim {
    cvi_claim_verdict verdict;
    char job_id[CVI_JOB_ID_SIZE];
    int64_t row_id;
    cvi_cached cached;
    int64_t wait_ms; /* WAIT: at least this long; -1: never. ADMITTED: until another
                         request of any path may follow */
    cvi_wait_reason reason;
    char reason_text[CVI_REASON_SIZE]; /* with SHARE, UNREACHABLE and FAILING, else "" */
    cvi_recalled recalled;             /* ADMITTED, if the spec recalls */
    bool is_probe;   /* ADMITTED: everybody waits for what the service says to it; tell with
                        cvi_stores_heed */
    bool has_failed; /* ADMITTED: the last request has failed; if this one does not, tell too */
} cvi_claim;

/* One transaction: rereads the cache, takes the job if nobody works on it, counts, and records the
 * admission; or does none of it. WAIT owns nothing new: a job named in the spec stays owned, an
 * admission taken back stays back. */
cvi_store_answer cvi_stores_claim(cvi_stores *stores, const cvi_claim_spec *spec, cvi_now now,
                                  cvi_claim *claim, cv_error *error);

typedef enum cvi_watch_state {
    CVI_WATCH_PENDING,
    CVI_WATCH_COMPLETED, /* `cached` holds the answer (expiry as stored; not in the cache: none) */
    CVI_WATCH_FAILED,    /* `failure` holds the owner's error */
    CVI_WATCH_GONE       /* the owner died, gave up, or the row moved on: claim again */
} cvi_watch_state;

typedef struct cvi_watch {
    cvi_watch_state state;
    cvi_cached cached;
    cv_error failure;
    int64_t failed_at_ms; /* FAILED: by the wall clock, when the owner heard of it */
    int64_t backstop_ms;  /* PENDING: look again then, whatever the wake descriptor says */
} cvi_watch;

/* Looks after a job of somebody else's: a read, no transaction. Where the system can tell, the wake
 * descriptor also hears of the owner's end for as long as the job is looked after, and the backstop
 * is long. */
cvi_store_answer cvi_stores_watch(cvi_stores *stores, const char *hash, const char *job_id,
                                  cvi_now now, cvi_watch *watch, cv_error *error);

typedef struct cvi_completion {
    const char *hash;
    const char *job_id; /* empty with dedupe disabled */
    const char *body;
    size_t size;
    const char *tape; /* what is stored beside the body, for who reads it; NULL: nothing */
    size_t tape_size;
    cvi_keeping keeping;
    int64_t age_ms;                   /* since the answer came */
    const cvi_validators *validators; /* NULL: none */
    const cv_error *failure;          /* not NULL: the body says that there is no such object */
    bool has_room;                    /* cvi_stores_make_room has made it */
} cvi_completion;

/* One transaction: stores the body in the cache (unless disabled or too large) and completes the
 * job; then wakes its waiters. With a `failure` the body is stored as a negative entry for
 * negative_ttl_s, or if it may not be, what the cache had is forgotten; and the job ends with the
 * failure. What others have heard and stored since stays in the cache, as not everybody looks at
 * jobs. `owned` false: the job is no longer ours, nothing was written. */
cvi_store_answer cvi_stores_complete(cvi_stores *stores, const cvi_completion *completion,
                                     cvi_now now, bool *owned, cv_error *error);

/* A transaction of its own before that of a long body: deletes what would have to make room for it.
 * What others store in between goes with what is stored later. */
cvi_store_answer cvi_stores_make_room(cvi_stores *stores, const cvi_completion *completion,
                                      cvi_now now, cv_error *error);

/* A body with times of its own: a part of an answer, which may have come from the cache itself. */
typedef struct cvi_dated {
    const char *hash;
    const char *body;
    size_t size;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
} cvi_dated;

/* One transaction, without a job: stores each body for which the cache has nothing as new, with the
 * times that it has. The caller keeps it short by asking for few at a time. */
cvi_store_answer cvi_stores_store_dated(cvi_stores *stores, const cvi_dated *dated, size_t count,
                                        cvi_now now, cv_error *error);

/* Ends a job with the error for those who wait, which was heard `age_ms` ago, or (`failure` NULL)
 * passes it to the next waiter; takes back the admission `row_id` (0: none) in the same
 * transaction; wakes the waiters. A job that is no longer ours is left alone. An empty job_id with
 * a row_id only takes back. */
cvi_store_answer cvi_stores_release(cvi_stores *stores, const char *hash, const char *job_id,
                                    int64_t row_id, const cv_error *failure, int64_t age_ms,
                                    cvi_now now, cv_error *error);

/* Renews the lease. `owned` false: somebody has taken over. */
cvi_store_answer cvi_stores_renew(cvi_stores *stores, const char *hash, const char *job_id,
                                  cvi_now now, bool *owned, cv_error *error);

/* What an answer of the service means for all that follow. */
typedef enum cvi_service_word {
    CVI_SERVICE_SILENT,     /* nothing: none came, or a broken one */
    CVI_SERVICE_ANSWERS,    /* it works */
    CVI_SERVICE_LIMITS,     /* it wants no requests of this path */
    CVI_SERVICE_BLOCKS,     /* nor of any path */
    CVI_SERVICE_OVERLOADED, /* it fails, and says for how long this path should be left alone */
    CVI_SERVICE_FAILS,      /* it answers with errors of its own */
    CVI_SERVICE_UNREACHABLE /* it does not answer */
} cvi_service_word;

typedef struct cvi_heed_spec {
    const char *resource; /* first path segment */
    cvi_service_word word;
    int64_t asked_ms; /* for how long, as the service says; 0: it does not */
    int64_t probe;    /* the admission that was the probe, 0: it was none */
} cvi_heed_spec;

/* Begins, prolongs or ends a pause for everybody on the file, counts failures, and lets go of the
 * probe. `left_ms` is what a pause that was asked for came to, or else one that failures have begun
 * or prolonged; 0: there is none, or none that is new. */
cvi_store_answer cvi_stores_heed(cvi_stores *stores, const cvi_heed_spec *spec, cvi_now now,
                                 int64_t *left_ms, cv_error *error);

/* Deletes a bounded batch of what is past its time. `more`: call again soon. */
cvi_store_answer cvi_stores_clean(cvi_stores *stores, cvi_now now, bool *more, cv_error *error);

/* Long work may be done in pieces of its own, so that no call above takes long: from now on commits
 * leave it to cvi_stores_write_back to bring what the logs hold into the files. That does it for
 * one file, if it is due and nobody else writes just now; true: it has. Before the first use of
 * other threads; then the driver's. */
void cvi_stores_write_back_apart(cvi_stores *stores);
bool cvi_stores_write_back(cvi_stores *stores);

/* Whether a fork has brought the stores here. Then nothing else may be called but close, which does
 * nothing. */
bool cvi_stores_are_inherited(const cvi_stores *stores);

/* The public handles that look into these stores; not to be closed. */
cv_cache_store *cvi_stores_cache_store(cvi_stores *stores);
cv_dedupe_store *cvi_stores_dedupe_store(cvi_stores *stores);
cv_rate_limit_store *cvi_stores_rate_limit_store(cvi_stores *stores);

/* A descriptor that becomes readable when a watched job may have ended, or its owner's process has;
 * -1: none on this system. A watch may change it. The driver's thread. */
int cvi_stores_wake_descriptor(const cvi_stores *stores);

/* Fewer than fit into the smallest mailbox that systems have unless told otherwise, which is ten.
 */
enum { CVI_NEWS_MAX = 8 };

/* What came by the descriptor. */
typedef struct cvi_news {
    bool is_about_any; /* any watched job may have ended; else those of the hashes */
    size_t count;
    char hashes[CVI_NEWS_MAX][CVI_HASH_SIZE];
} cvi_news;

/* Takes what has come; false: nothing. The driver's thread. */
bool cvi_stores_wake_drain(cvi_stores *stores, cvi_news *news);

#endif
