/* The three stores as handles of their own: cache, jobs (dedupe) and rate limit, for programs that
 * want them without the client, or that look into the stores of a client.
 *
 * A handle is opened on a file, which clients, other handles and other programs may have open at
 * the same time, or on ":memory:". cv_client_cache and its sisters lend the handles of a client.
 *
 * Every function here may be called from any thread, and from many at once, and may block: for a
 * moment for the disk, for some seconds at most while others hold the file. Failure is NULL or
 * false, and cv_last_error() says why: CV_ERROR_ARGUMENT (a NULL, an empty or too long text, a
 * number out of range), CV_ERROR_STORE (the file), CV_ERROR_NOMEM, and what a function names. What
 * a function hands out by pointer is then zero or NULL, unless it says otherwise. A handle that is
 * closed is gone: to use it is as wrong as to use freed memory. One that a child of fork inherited
 * fails with CV_ERROR_CLOSED there (see cv_client). Times are milliseconds, and times of the day
 * Unix time, unless a name ends in _s (seconds).
 *
 * On a connection of the application's (`connection` in the options) a handle is for one thread at
 * a time, that which may use the connection just now, and must be closed before it. Nothing of the
 * connection is changed: no pragma, no hook, no busy handler. While a transaction of the
 * application's is open, a statement of its writes, or the call comes from within a function or
 * hook of SQLite's, calls that write fail with CV_ERROR_STORE and change nothing; within a call on
 * the same handle those that read fail too. In the connection's main database the tables cache,
 * cache_bytes, dedupe_jobs, dedupe_waiters, rate_limits, rate_limit_shares, rate_limit_waiting,
 * rate_limit_cooldowns and settings become ours, its user_version too, and a file
 * `<database>.gate` is made beside it. */
#ifndef COMICVINE_STORES_H
#define COMICVINE_STORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/client.h>
#include <comicvine/error.h>
#include <comicvine/memory.h>
#include <comicvine/query.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sqlite3;
struct cv_clock;

/* What all three handles may be told beside. `clock` (sys/clock.h) decides all that a handle
 * decides by time, as it does for a client; who shares a file shares one notion of time. What
 * sleeps takes the system's: the time-out of cv_dedupe_store_wait, and patience with who holds the
 * file. `max_memory_bytes`, from 65 536, bounds what goes through `allocator` at a time: the
 * handle, and blobs that it has handed out, also after it was closed. A call that needs more fails
 * with CV_ERROR_NOMEM. What SQLite holds is not counted, its pages in memory neither. */

/* Bytes, with a NUL behind them that `size` does not count. `data` is yours: cv_free. NULL:
 * nothing. */
typedef struct cv_blob {
    void *data; /* NULL: nothing */
    size_t size;
} cv_blob;

/* The longest hash, path of a resource and scope, in bytes without the NUL. */
#define CV_HASH_MAX     256
#define CV_RESOURCE_MAX 64
#define CV_SCOPE_MAX    64

/* The three handles. */
typedef struct cv_cache_store cv_cache_store;
typedef struct cv_dedupe_store cv_dedupe_store;
typedef struct cv_rate_limit_store cv_rate_limit_store;

/* The stores of a client, lent until it is closed: do not close them, and do not use them after
 * cv_client_close has begun. What they do is shared with the client's own calls. NULL only for a
 * client that is NULL or closed. */
CV_API cv_cache_store *cv_client_cache(cv_client *client);
CV_API cv_dedupe_store *cv_client_dedupe(cv_client *client);
CV_API cv_rate_limit_store *cv_client_rate_limit(cv_client *client);

/* ---- cache ---- */

/* Start from CV_CACHE_OPTIONS_INIT. 0 or NULL in a member means its default; all is copied. */
typedef struct cv_cache_options {
    size_t size;
    const char *database;          /* path or ":memory:"; NULL: the file that clients use */
    struct sqlite3 *connection;    /* the application's, in place of `database`: see above */
    const char *scope;             /* rows of the cache have none: not used */
    const cv_allocator *allocator; /* NULL: malloc */

    /* As in cv_cache_settings, but for ttl_s: with 0 a row says how long it is fresh, and
     * cv_cache_store_set without a TTL gives it 3 600 s; any other value bounds what this handle
     * takes for fresh, whatever the row says. */
    int64_t ttl_s;
    int64_t stale_s;
    int64_t max_entry_bytes;
    int64_t cleanup_interval_ms; /* a call that writes cleans a batch when this has passed */
    int64_t max_bytes;
    const struct cv_clock *clock; /* see above; NULL: the system's; copied */
    int64_t max_memory_bytes;     /* see above; 0 or CV_NONE: no bound */
    int64_t reserved[13];
} cv_cache_options;

/* clang-format off */
#define CV_CACHE_OPTIONS_INIT                                                                      \
    {                                                                                              \
        sizeof(cv_cache_options), NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL, 0, {0}              \
    }
/* clang-format on */

/* Opens the file, which is made if there is none (mode 0600). NULL on failure. Close the handle
 * with cv_cache_store_close. */
CV_API cv_cache_store *cv_cache_store_open(const cv_cache_options *options);

/* Closes a handle that cv_cache_store_open made; no other thread may be using it. A handle that a
 * client lends is left alone. NULL is fine. */
CV_API void cv_cache_store_close(cv_cache_store *store);

/* Reads a fresh body. A miss is a success that leaves value->data NULL: no row, one that has
 * expired, one whose checksum fails, one of another program, without a checksum, or a client's note
 * that there is no such object. */
CV_API bool cv_cache_store_get(cv_cache_store *store, const char *hash, cv_blob *value);

/* The same, but an expired body will do until stale_s after its end, unless a client has stored it
 * with the service's word against that (heed_cache_control). `age_ms` (NULL: not wanted) is
 * the time since it was stored. */
CV_API bool cv_cache_store_get_stale(cv_cache_store *store, const char *hash, cv_blob *value,
                                     int64_t *age_ms);

/* Stores a body for `ttl_s` seconds (0: the default), in place of what the hash had. A body above
 * max_entry_bytes or max_bytes is not stored, and the hash is then empty; that is a success too.
 * `data` may be NULL if `size` is 0. A negative `ttl_s` is CV_ERROR_ARGUMENT. */
CV_API bool cv_cache_store_set(cv_cache_store *store, const char *hash, const void *data,
                               size_t size, int64_t ttl_s);

/* Forgets a hash. A success also if there was nothing. */
CV_API bool cv_cache_store_delete(cv_cache_store *store, const char *hash);

/* What cv_cache_store_stats counts. */
typedef struct cv_cache_stats {
    int64_t total_items;      /* rows, fresh or not */
    int64_t expired_items;    /* those of them that are no longer fresh by their own expiry */
    int64_t bytes;            /* of all bodies, with what the client keeps beside them */
    int64_t database_size_kb; /* of the file, all stores in it */

    /* What this handle's looks came to since it was opened; a lent one counts its client's too. */
    int64_t hits;
    int64_t misses;
    int64_t stale_hits;
    int64_t negative_hits; /* calls of the client that were told of no such object from the cache */

    int64_t negative_items; /* those of total_items that say so */
    int64_t reserved[6];
} cv_cache_stats;

/* Reads the whole table: milliseconds for thousands of rows. */
CV_API bool cv_cache_store_stats(cv_cache_store *store, cv_cache_stats *stats);

/* Deletes all rows that nobody may read any more, even stale, and what is above max_bytes, in small
 * batches: others get their turn in between. */
CV_API bool cv_cache_store_cleanup(cv_cache_store *store);

/* Deletes all rows, those of other programs too, in small batches. */
CV_API bool cv_cache_store_clear(cv_cache_store *store);

/* One row of the cache, without its body. */
typedef struct cv_cache_entry {
    char hash[CV_HASH_MAX + 1]; /* of the request; "" where there is no row */
    int64_t size;               /* bytes of its body; when read, 0 if that is not believed */
    int64_t created_at_ms;      /* when the service answered */
    int64_t expires_at_ms;      /* until when its writer calls it fresh */
    bool is_negative;           /* a client's note that there is no such object */
    bool is_foreign;            /* another program's, without a checksum: never believed */
    bool is_damaged;            /* its body fails its checksum; cv_cache_store_list does not look */
    int64_t reserved[6];
} cv_cache_entry;

/* Fills in up to `capacity` rows, of any age and any program, in the order of their hashes, behind
 * `after` (NULL: from the first on). A `count` of 0: there are no more. Each call is a look of its
 * own, so that a walk through a large cache holds up nobody; what others store meanwhile comes if
 * its hash does. Rows whose hash is no text of at most CV_HASH_MAX bytes are passed over. */
CV_API bool cv_cache_store_list(cv_cache_store *store, const char *after, cv_cache_entry *entries,
                                size_t capacity, size_t *count);

/* Reads a row as it is, whatever its age; counts as no hit or miss, and deletes nothing.
 * `entry->hash` is "" if there is none. `value` (NULL: the body is looked at, not handed out) stays
 * NULL where there is nothing to be believed: no row, a foreign or a damaged one. */
CV_API bool cv_cache_store_read(cv_cache_store *store, const char *hash, cv_cache_entry *entry,
                                cv_blob *value);

/* Stores a body with the times that it has had elsewhere, as in another file. Nothing happens, and
 * `stored` (NULL: not wanted) is false, if what is there is as new, if the body is too large, or if
 * it is past any use. CV_ERROR_ARGUMENT for times below 0, one that ends before it begins, or that
 * begins more than 5 s from now. */
CV_API bool cv_cache_store_put(cv_cache_store *store, const char *hash, const void *data,
                               size_t size, int64_t created_at_ms, int64_t expires_at_ms,
                               bool *stored);

/* ---- jobs ---- */

#define CV_JOB_ID_SIZE 37 /* of a job_id, with its NUL */

/* Start from CV_DEDUPE_OPTIONS_INIT. 0 or NULL in a member means its default; all is copied. */
typedef struct cv_dedupe_options {
    size_t size;
    const char *database;       /* path or ":memory:"; NULL: the file that clients use */
    struct sqlite3 *connection; /* the application's, in place of `database`: see above */

    /* Whose errors AUTH and RATE_LIMITED are: waiters of another scope do not get them. NULL: "".
     */
    const char *scope;

    const cv_allocator *allocator; /* NULL: malloc */

    /* As in cv_dedupe_settings. */
    int64_t job_timeout_ms;
    int64_t lease_ms;
    int64_t cleanup_interval_ms;  /* a register cleans a batch when this has passed */
    const struct cv_clock *clock; /* see above; NULL: the system's; copied */
    int64_t max_memory_bytes;     /* see above; 0 or CV_NONE: no bound */
    int64_t reserved[14];
} cv_dedupe_options;

/* clang-format off */
#define CV_DEDUPE_OPTIONS_INIT                                                                     \
    {                                                                                              \
        sizeof(cv_dedupe_options), NULL, NULL, NULL, NULL, 0, 0, 0, NULL, 0, {0}                   \
    }
/* clang-format on */

/* Opens the file, which is made if there is none (mode 0600). NULL on failure. Close the handle
 * with cv_dedupe_store_close. */
CV_API cv_dedupe_store *cv_dedupe_store_open(const cv_dedupe_options *options);

/* Gives up the jobs that the handle still owns and closes it; no other thread may be using it, in
 * a wait neither. A handle that a client lends is left alone. NULL is fine. */
CV_API void cv_dedupe_store_close(cv_dedupe_store *store);

/* Says who works on `hash`. `owner` true: the caller does from now on, under a new job_id, as
 * nobody did: there was no job, or it had ended, or its owner died, fell silent for its lease_ms
 * or took longer than this handle's job_timeout_ms. `owner` false: somebody else does, under
 * `job_id`: wait for it. An owner renews the job well within each lease_ms, and ends it with
 * complete, fail or release. */
CV_API bool cv_dedupe_store_register(cv_dedupe_store *store, const char *hash,
                                     char job_id[CV_JOB_ID_SIZE], bool *owner);

/* The four ways to go on with a job of one's own. A job that is no longer the caller's, because it
 * has ended or was taken over, is left alone: CV_ERROR_CANCELLED.
 *
 * renew: still at work. */
CV_API bool cv_dedupe_store_renew(cv_dedupe_store *store, const char *hash, const char *job_id);

/* Gives the job up; who waits for it wakes, and may register to become the owner. */
CV_API bool cv_dedupe_store_release(cv_dedupe_store *store, const char *hash, const char *job_id);

/* Ends the job with a result, for all who wait for this job_id, now or until it is cleaned up. A
 * handle that a client lends keeps the result only if somebody waits already. */
CV_API bool cv_dedupe_store_complete(cv_dedupe_store *store, const char *hash, const char *job_id,
                                     const void *data, size_t size);

/* The same with an error; its code must be one of CV_ERROR_*. */
CV_API bool cv_dedupe_store_fail(cv_dedupe_store *store, const char *hash, const char *job_id,
                                 const cv_error *error);

/* Waits until the job has ended, at most `timeout_ms` (0: only looks, -1: no limit). True: `result`
 * holds what its owner left. False: `error` (NULL: not wanted) and cv_last_error() say why: the
 * owner's error; CV_ERROR_TIMEOUT, it still runs; or CV_ERROR_CANCELLED, the owner gave it up or
 * died, or the job_id is no longer known: register again. */
CV_API bool cv_dedupe_store_wait(cv_dedupe_store *store, const char *hash, const char *job_id,
                                 int64_t timeout_ms, cv_blob *result, cv_error *error);

/* Whether somebody works on `hash`. */
CV_API bool cv_dedupe_store_in_progress(cv_dedupe_store *store, const char *hash, bool *yes);

/* What cv_dedupe_store_stats counts. */
typedef struct cv_dedupe_stats {
    int64_t total_jobs;     /* rows of any status, those of other programs too */
    int64_t pending_jobs;   /* those of them that somebody works on, or has abandoned */
    int64_t completed_jobs; /* ended with a result */
    int64_t failed_jobs;    /* ended with an error */
    int64_t expired_jobs;   /* those among the pending on which nobody works any more */
    int64_t reserved[8];
} cv_dedupe_stats;

/* Reads the whole table, as it is now. */
CV_API bool cv_dedupe_store_stats(cv_dedupe_store *store, cv_dedupe_stats *stats);

/* Deletes abandoned jobs, and those that ended more than job_timeout_ms ago, in small batches. */
CV_API bool cv_dedupe_store_cleanup(cv_dedupe_store *store);

/* Deletes all jobs, those of other programs and those under way too: their owners lose them. */
CV_API bool cv_dedupe_store_clear(cv_dedupe_store *store);

/* ---- rate limit ---- */

/* Start from CV_RATE_LIMIT_OPTIONS_INIT. 0 or NULL in a member means its default; all is copied. */
typedef struct cv_rate_limit_options {
    size_t size;
    const char *database;       /* path or ":memory:"; NULL: the file that clients use */
    struct sqlite3 *connection; /* the application's, in place of `database`: see above */

    /* Whose requests these are. A request counts those of its own scope and those without one (""),
     * which other programs write. NULL: "". Clients use a fingerprint of key and base URL. */
    const char *scope;

    const cv_allocator *allocator; /* NULL: malloc */

    /* As in cv_rate_limit_settings, but that `resources` may name any path. */
    cv_limit_kind kind;
    int64_t limit;
    int64_t window_ms;
    int64_t guard_ms;
    int64_t min_interval_ms;
    const cv_resource_limit *resources;
    size_t resource_count;
    cv_adaptive_settings adaptive;

    /* The service, whatever the key: a pause of everything holds for all scopes with the same
     * origin. NULL: the scope. Clients use a fingerprint of the base URL. */
    const char *origin;

    const char *application;      /* as in cv_options: who spends; NULL: no name */
    const struct cv_clock *clock; /* see above; NULL: the system's; copied */
    int64_t max_memory_bytes;     /* see above; 0 or CV_NONE: no bound */
    int64_t reserved[12];
} cv_rate_limit_options;

/* clang-format off */
#define CV_RATE_LIMIT_OPTIONS_INIT                                                                 \
    {                                                                                              \
        sizeof(cv_rate_limit_options), NULL, NULL, NULL, NULL, CV_LIMIT_ADAPTIVE, 0, 0, 0, 0,      \
        NULL, 0, {0, 0, 0, 0, 0, 0.0, 0, false, {0}}, NULL, NULL, NULL, 0, {0}                     \
    }
/* clang-format on */

/* Opens the file, which is made if there is none (mode 0600). NULL on failure. Close the handle
 * with cv_rate_limit_store_close. */
CV_API cv_rate_limit_store *cv_rate_limit_store_open(const cv_rate_limit_options *options);

/* Closes a handle that cv_rate_limit_store_open made; no other thread may be using it. A handle
 * that a client lends is left alone. NULL is fine. */
CV_API void cv_rate_limit_store_close(cv_rate_limit_store *store);

/* `resource` is the first segment of a path ("issue", "issues"): from 1 to CV_RESOURCE_MAX letters,
 * digits, '_', '-' or '.'; whether the service has it is not looked at.
 * What programs that do not tell lists apart file under "unknown" counts for every path that is not
 * known to be a detail.
 *
 * Counts, decides and records in one transaction. `wait_ms` 0: admitted and recorded, send now;
 * above: not admitted, room comes in so many milliseconds at the earliest; -1: never (limit 0), and
 * after a failure. */
CV_API bool cv_rate_limit_store_acquire(cv_rate_limit_store *store, const char *resource,
                                        cv_priority priority, int64_t *wait_ms);

/* Whether acquire would admit now. Nothing is recorded, and somebody else may be quicker. */
CV_API bool cv_rate_limit_store_can_proceed(cv_rate_limit_store *store, const char *resource,
                                            cv_priority priority, bool *yes);

/* Records a request that was sent without acquire, whatever the limit says. */
CV_API bool cv_rate_limit_store_record(cv_rate_limit_store *store, const char *resource,
                                       cv_priority priority);

/* What acquire would answer now in `wait_ms`, without recording; -1 after a failure too. */
CV_API bool cv_rate_limit_store_wait_time(cv_rate_limit_store *store, const char *resource,
                                          cv_priority priority, int64_t *wait_ms);

/* What cv_rate_limit_store_status says of a resource. */
typedef struct cv_rate_limit_status {
    int64_t remaining;         /* requests that still fit into the window; CV_NONE: no limit */
    int64_t limit;             /* CV_NONE: no limit */
    int64_t reset_at_ms;       /* when the oldest request that counts leaves; 0: none counts */
    int64_t next_slot_ms;      /* Unix time when the next user request may leave; -1: never */
    int64_t cooldown_until_ms; /* until when the service wants no request, or is left in peace as
                                  it fails (circuit_failures); 0: no such pause */

    /* Shares of CV_LIMIT_ADAPTIVE, as they were last reckoned (recalculation_interval_ms), and so
     * behind what cv_rate_limit_store_spenders counts; 0 and "" without. */
    int64_t user_reserved;
    int64_t background_max;
    bool background_paused;
    int64_t recent_user_activity; /* user requests in monitoring_window_ms */

    /* Why the shares are so; while the service is left in peace, that, and how often it failed. */
    char reason[128];

    int64_t used; /* requests in the window that count, other programs' too; more than `limit` if
                     some did not ask */
    int64_t reserved[7];
} cv_rate_limit_status;

/* What holds for a resource right now. Nothing is recorded. */
CV_API bool cv_rate_limit_store_status(cv_rate_limit_store *store, const char *resource,
                                       cv_rate_limit_status *status);

/* One process among those whose requests count for a resource. */
typedef struct cv_rate_limit_spender {
    char application[CV_APPLICATION_MAX + 1]; /* control characters as blanks; "": no name, or not
                                                 known, as with other programs */
    int64_t pid;                              /* as that process saw it; 0: not known */
    int64_t requests;                         /* of this resource in its window */
    int64_t user_requests;                    /* those of them that were a user's */
    int64_t last_ms;                          /* when the last of them was admitted */
    int64_t reserved[4];
} cv_rate_limit_spender;

/* Says who has made the requests that `used` of the status counts: fills in those who
 * made most, up to `capacity`. `count` is how many there are in all; `spenders` may be NULL if
 * `capacity` is 0. */
CV_API bool cv_rate_limit_store_spenders(cv_rate_limit_store *store, const char *resource,
                                         cv_rate_limit_spender *spenders, size_t capacity,
                                         size_t *count);

/* Reports a refusal of the service (its status 107, HTTP 420 or 429, or 503 with a time: a limit;
 * 403, or a web page in place of an answer that has no status of its own for it: a block): nobody
 * of the scope is admitted to `resource` for `for_ms`, restarts or not; with NULL nobody of the
 * origin to anything. 0: the service named no time; 60 s then, and twice as long with each refusal
 * in a row. At most an hour for a resource, a day for everything. CV_NONE: the service answers
 * again, this pause is over, and failures are forgotten; one of everything is not, if it was for a
 * resource. Clients report by themselves, and calls that wait for the end of a pause look every
 * second whether it was lifted.
 *
 * When the time is over one request is admitted alone, as a trial. The pause ends when it is
 * reported to be over, or nothing is reported for 60 s; it goes on where the one who tries dies, or
 * reports another refusal. Of a client that has said nothing 30 s after its timeout_ms (stopped, or
 * not polled) the next request is the trial. */
CV_API bool cv_rate_limit_store_cool_down(cv_rate_limit_store *store, const char *resource,
                                          int64_t for_ms);

/* Forgets the requests of a resource that count for this handle, its pause, that of everything, and
 * that the service fails: the service has not, so it is for one's own mirror, or after a change of
 * keys. */
CV_API bool cv_rate_limit_store_reset(cv_rate_limit_store *store, const char *resource);

/* Gives a resource a limit of its own, for this handle and as long as it is open: at most `limit`
 * requests (0: none at all) in `window_ms` (from 1). */
CV_API bool cv_rate_limit_store_set_resource(cv_rate_limit_store *store, const char *resource,
                                             int64_t limit, int64_t window_ms);

/* The limit that holds for a resource, its own or the common one; `limit` CV_NONE: none. */
CV_API bool cv_rate_limit_store_get_resource(cv_rate_limit_store *store, const char *resource,
                                             int64_t *limit, int64_t *window_ms);

/* What cv_rate_limit_store_stats counts. */
typedef struct cv_rate_limit_stats {
    int64_t total_requests;         /* of this scope and without one, as long as they are kept */
    int64_t unique_resources;       /* with requests that still may count */
    int64_t rate_limited_resources; /* those of them without room now */

    /* Of CV_LIMIT_ADAPTIVE, over these resources; 0 without. */
    double average_user_activity;      /* user requests in monitoring_window_ms, for a resource */
    double background_utilization;     /* requests of the background in the window, as a part of all
                                          that it may have now: above 1 if users have come since */
    int64_t priority_mode_activations; /* how often users have become highly active, since the last
                                          reset */
    int64_t reserved[13];
} cv_rate_limit_stats;

/* Reads all requests that still may count. */
CV_API bool cv_rate_limit_store_stats(cv_rate_limit_store *store, cv_rate_limit_stats *stats);

/* Deletes requests that no user of the file counts any more, in small batches. */
CV_API bool cv_rate_limit_store_cleanup(cv_rate_limit_store *store);

/* Forgets all requests that count for this handle, and all pauses; see
 * cv_rate_limit_store_reset. */
CV_API bool cv_rate_limit_store_clear(cv_rate_limit_store *store);

#ifdef __cplusplus
}
#endif

#endif
