/* Owns the public handle of the jobs: checks what the application passes, and calls dedupe.c; and
 * the wait, which sleeps on a socket of its own so that no two waits take each other's message. */
#include <comicvine/stores.h>

#include <string.h>

#include "stores/public_call.h"
#include "stores/settings.h"
#include "support/error.h"
#include "support/platform.h"

/* A killed owner sends no message. Where the kernel does not tell of its end, its lock is looked
 * for, which is quickly done; looking at the row costs more, and is only for what was lost. */
enum { PROBE_MS = 40, PROBES_PER_LOOK = CVI_TOLD_LOOK_MS / PROBE_MS };

_Static_assert(CV_JOB_ID_SIZE == CVI_JOB_ID_SIZE, "one size for a job_id");

/* ---- opening and closing ---- */

static bool read_options(cv_dedupe_options *own, const cv_dedupe_options *options,
                         cv_dedupe_settings *settings) {
    cv_error error;
    if (!cvi_public_copy_options(own, sizeof(*own), options, "cv_dedupe_options", own->reserved,
                                 sizeof(own->reserved) / sizeof(own->reserved[0]))) {
        return false;
    }
    *settings = (cv_dedupe_settings){.job_timeout_ms = own->job_timeout_ms,
                                     .lease_ms = own->lease_ms,
                                     .cleanup_interval_ms = own->cleanup_interval_ms};
    if (cvi_dedupe_settings_fill(settings, "", &error)) {
        return true;
    }
    cvi_error_remember(&error);
    return false;
}

cv_dedupe_store *cv_dedupe_store_open(const cv_dedupe_options *options) {
    cv_dedupe_options own;
    cvi_stores_options parts = cvi_public_parts();
    if (!read_options(&own, options, &parts.dedupe)) {
        return NULL;
    }
    cvi_public_options common = {.database = own.database,
                                 .connection = own.connection,
                                 .scope = own.scope,
                                 .allocator = own.allocator,
                                 .clock = own.clock,
                                 .max_memory_bytes = own.max_memory_bytes};
    cvi_stores *stores = cvi_public_open(&common, &parts);
    if (stores == NULL) {
        return NULL;
    }
    stores->dedupe_store.is_lent = false;
    stores->dedupe.keeps_results = true;
    return &stores->dedupe_store;
}

void cv_dedupe_store_close(cv_dedupe_store *store) {
    if (store != NULL && !store->is_lent) {
        cvi_stores_close(store->stores);
    }
}

/* ---- arguments ---- */

static bool check_store(const cv_dedupe_store *store) {
    if (store == NULL) {
        cvi_public_refuse("the dedupe store is NULL");
        return false;
    }
    return cvi_public_check_here(store->stores);
}

static bool check_hash(const cv_dedupe_store *store, const char *hash) {
    return check_store(store) && cvi_public_check_text("hash", hash, CV_HASH_MAX);
}

static bool check_job(const cv_dedupe_store *store, const char *hash, const char *job_id) {
    return check_hash(store, hash) && cvi_public_check_text("job_id", job_id, CVI_JOB_ID_SIZE - 1);
}

static bool lost_job(void) {
    cv_error error;
    cvi_error_set(&error, CV_ERROR_CANCELLED,
                  "the job has ended or was taken over: it is no longer the caller's");
    cvi_error_remember(&error);
    return false;
}

/* ---- registering ---- */

typedef struct registering {
    const char *hash;
    char *job_id;
    bool *owner;
} registering;

static cvi_store_answer clean_batch(cvi_stores *stores, cvi_now now, int64_t *deleted, bool *more,
                                    cv_error *error) {
    return cvi_dedupe_clean(&stores->dedupe, now, deleted, more, error);
}

static cvi_store_answer register_job(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                     cv_error *error) {
    const registering *run = context;
    cvi_dedupe *dedupe = &stores->dedupe;
    cvi_job job;
    cvi_store_answer answer = cvi_dedupe_find(dedupe, run->hash, &job, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    *run->owner = !cvi_dedupe_is_live(dedupe, &job, now);
    if (!*run->owner) {
        memcpy(run->job_id, job.job_id, sizeof(job.job_id));
        return CVI_STORE_DONE;
    }
    *keep = true;
    answer = cvi_dedupe_take(dedupe, run->hash, now, run->job_id, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    int64_t interval_ms = stores->dedupe_store.is_lent ? -1 : dedupe->cleanup_interval_ms;
    return cvi_public_clean_if_due(stores, interval_ms, clean_batch, now, error);
}

bool cv_dedupe_store_register(cv_dedupe_store *store, const char *hash, char job_id[CV_JOB_ID_SIZE],
                              bool *owner) {
    if (job_id == NULL || owner == NULL) {
        return cvi_public_refuse("the place for job_id or owner is NULL");
    }
    job_id[0] = '\0';
    *owner = false;
    if (!check_hash(store, hash)) {
        return false;
    }
    registering run = {hash, job_id, owner};
    bool done = cvi_public_write(store->stores, store->stores->dedupe_db, register_job, &run);
    if (!done) {
        job_id[0] = '\0';
        *owner = false;
    }
    return done;
}

/* ---- going on with a job of one's own ---- */

typedef struct renewing {
    const char *hash;
    const char *job_id;
    bool owned;
} renewing;

static cvi_store_answer renew_job(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                  cv_error *error) {
    renewing *run = context;
    cvi_store_answer answer =
        cvi_dedupe_renew(&stores->dedupe, run->hash, run->job_id, now, &run->owned, error);
    *keep = run->owned;
    return answer;
}

bool cv_dedupe_store_renew(cv_dedupe_store *store, const char *hash, const char *job_id) {
    if (!check_job(store, hash, job_id)) {
        return false;
    }
    renewing run = {hash, job_id, false};
    if (!cvi_public_write(store->stores, store->stores->dedupe_db, renew_job, &run)) {
        return false;
    }
    return run.owned || lost_job();
}

typedef struct ending {
    cvi_ending ending;
    cvi_buffer waiters;
    bool owned;
} ending;

static cvi_store_answer end_in_transaction(cvi_stores *stores, void *context, cvi_now now,
                                           bool *keep, cv_error *error) {
    ending *run = context;
    cvi_buffer_free(&run->waiters);
    cvi_dedupe_waiters_init(&stores->dedupe, &run->waiters);
    cvi_store_answer answer =
        cvi_dedupe_end(&stores->dedupe, &run->ending, now, &run->waiters, &run->owned, error);
    *keep = run->owned;
    return answer;
}

/* Whoever waits is woken after the commit: the row must say what the waking means. */
static bool end_job(cv_dedupe_store *store, const cvi_ending *wanted) {
    cvi_stores *stores = store->stores;
    ending run = {.ending = *wanted, .owned = false};
    cvi_dedupe_waiters_init(&stores->dedupe, &run.waiters);
    bool done = cvi_public_write(stores, stores->dedupe_db, end_in_transaction, &run);
    if (done && run.owned) {
        cvi_dedupe_wake(&stores->dedupe, &run.waiters, wanted->hash);
    }
    cvi_buffer_free(&run.waiters);
    return done && (run.owned || lost_job());
}

bool cv_dedupe_store_release(cv_dedupe_store *store, const char *hash, const char *job_id) {
    const cvi_ending wanted = {CVI_END_PASSED, hash, job_id, NULL, 0, NULL, 0};
    return check_job(store, hash, job_id) && end_job(store, &wanted);
}

bool cv_dedupe_store_complete(cv_dedupe_store *store, const char *hash, const char *job_id,
                              const void *data, size_t size) {
    if (data == NULL && size > 0) {
        return cvi_public_refuse("the data is NULL but has a size");
    }
    const cvi_ending wanted = {
        CVI_END_COMPLETED, hash, job_id, data != NULL ? data : "", size, NULL, 0};
    return check_job(store, hash, job_id) && end_job(store, &wanted);
}

bool cv_dedupe_store_fail(cv_dedupe_store *store, const char *hash, const char *job_id,
                          const cv_error *error) {
    if (error == NULL || error->code < CV_ERROR_ARGUMENT || error->code > CV_ERROR_CLOSED ||
        error->http_status < 0 || error->api_status < 0 || error->retry_after_ms < 0 ||
        memchr(error->message, '\0', sizeof(error->message)) == NULL) {
        return cvi_public_refuse("the error is NULL, or holds what no error holds");
    }
    const cvi_ending wanted = {CVI_END_FAILED, hash, job_id, NULL, 0, error, 0};
    return check_job(store, hash, job_id) && end_job(store, &wanted);
}

/* ---- waiting ---- */

typedef struct waiting {
    cv_dedupe_store *store;
    const char *hash;
    const char *job_id;
    cvi_wake wake;
    int64_t owner; /* its life; 0: none that can be seen */
    int death;     /* readable when the owner's process ends; -1: nobody tells */
    cvi_watch watch;
    cvi_store_answer answer;
    cv_error error;
} waiting;

/* Looks at the job; true: it still runs. */
static bool is_pending(waiting *run) {
    cvi_db *db = run->store->stores->dedupe_db;
    cvi_patience left = cvi_patience_start(db, CVI_PUBLIC_PATIENCE_MS);
    do {
        run->answer =
            cvi_stores_look_after(run->store->stores, run->hash, run->job_id,
                                  cvi_clock_now(&db->clock), &run->watch, &run->owner, &run->error);
    } while (run->answer == CVI_STORE_BUSY && cvi_patience_wait(db, &left));
    return run->answer == CVI_STORE_DONE && run->watch.state == CVI_WATCH_PENDING;
}

/* Only while the job runs: a finished one would not take the address away again. */
static cvi_store_answer join_job(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                 cv_error *error) {
    waiting *run = context;
    cvi_job job;
    cvi_store_answer answer = cvi_dedupe_find(&stores->dedupe, run->hash, &job, error);
    if (answer != CVI_STORE_DONE || strcmp(job.job_id, run->job_id) != 0 ||
        !cvi_dedupe_is_live(&stores->dedupe, &job, now)) {
        return answer;
    }
    return cvi_dedupe_join_as(&stores->dedupe, run->hash, run->wake.address, keep, error);
}

static cvi_store_answer leave_job(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                  cv_error *error) {
    const waiting *run = context;
    (void)now;
    *keep = true;
    return cvi_dedupe_leave(&stores->dedupe, run->hash, run->wake.address, error);
}

/* Without a mailbox it would not do: completion is not told then either. */
static void open_death(waiting *run) {
    if (run->wake.descriptor >= 0) {
        run->death = cvi_process_open(cvi_turn_process_of(run->owner));
    }
}

static void close_death(waiting *run) {
    cvi_process_close(run->death);
    run->death = -1;
}

/* Sleeps for one probe, or where the owner's end is told for longer; true: the row is worth a
 * look. An end that was told counts once: what shares the dead one's lock may go on. */
static bool sleep_until_sign(waiting *run, int64_t left_ms) {
    int64_t most_ms = run->death >= 0 ? CVI_TOLD_LOOK_MS : PROBE_MS;
    cvi_wake_wait(&run->wake, run->death, left_ms < 0 || left_ms > most_ms ? most_ms : left_ms);
    if (run->death >= 0) {
        if (!cvi_wake_drain(&run->wake) && cvi_process_has_ended(run->death)) {
            close_death(run);
        }
        return true;
    }
    return cvi_wake_drain(&run->wake) || run->wake.descriptor < 0 || run->owner == 0 ||
           cvi_turn_probe_life(&run->store->stores->dedupe_db->turn, run->owner) != CVI_LOCK_HELD;
}

static bool sleep_until_ended(waiting *run, cvi_timeout timeout) {
    while (is_pending(run)) {
        bool is_worth_it = false;
        for (int i = 0; i < PROBES_PER_LOOK && !is_worth_it; i++) {
            int64_t left_ms = cvi_timeout_left_ms(timeout);
            if (left_ms == 0) {
                return false;
            }
            is_worth_it = sleep_until_sign(run, left_ms);
        }
    }
    return true;
}

/* Waits with an address among the job's waiters; true: it has ended, or could not be looked at. */
static bool wait_awake(waiting *run, int64_t timeout_ms) {
    cvi_stores *stores = run->store->stores;
    cvi_timeout timeout = cvi_timeout_start(timeout_ms);
    cvi_wake_open(&run->wake, &stores->dedupe_db->random);
    if (!cvi_public_write(stores, stores->dedupe_db, join_job, run)) {
        run->answer = CVI_STORE_FAILED;
        run->error = *cv_last_error();
        cvi_wake_close(&run->wake);
        return true;
    }
    open_death(run); /* before the next look: who lives then was no stranger when it was found */
    bool ended = sleep_until_ended(run, timeout);
    close_death(run);
    if (!ended) {
        cvi_public_write(stores, stores->dedupe_db, leave_job, run); /* else cleaning does it */
    }
    cvi_wake_close(&run->wake);
    return ended;
}

static bool end_wait(waiting *run, bool ended, cv_blob *result) {
    const cvi_db *db = run->store->stores->dedupe_db;
    if (run->answer != CVI_STORE_DONE) {
        return cvi_public_end(db, run->answer, &run->error);
    }
    if (run->watch.state == CVI_WATCH_COMPLETED) {
        return cvi_public_hand_out(db, &run->watch.cached, result);
    }
    if (!ended) {
        cvi_error_set(&run->error, CV_ERROR_TIMEOUT, "the job was not ended in time");
    } else if (run->watch.state == CVI_WATCH_FAILED) {
        run->error = run->watch.failure;
    } else {
        cvi_error_set(&run->error, CV_ERROR_CANCELLED,
                      "the job was given up, or its owner died: register again");
    }
    cvi_error_remember(&run->error);
    return false;
}

bool cv_dedupe_store_wait(cv_dedupe_store *store, const char *hash, const char *job_id,
                          int64_t timeout_ms, cv_blob *result, cv_error *error) {
    bool done = false;
    if (result != NULL) {
        *result = (cv_blob){NULL, 0};
    }
    if (result == NULL || timeout_ms < -1) {
        cvi_public_refuse("the result is NULL, or the timeout_ms is below -1");
    } else if (check_job(store, hash, job_id)) {
        waiting run = {.store = store, .hash = hash, .job_id = job_id, .death = -1};
        bool ended = !is_pending(&run) || (timeout_ms != 0 && wait_awake(&run, timeout_ms));
        done = end_wait(&run, ended, result);
    }
    if (error != NULL) {
        cv_error none = {.code = CV_OK};
        *error = done ? none : *cv_last_error();
    }
    return done;
}

/* ---- looking ---- */

typedef struct progress {
    const char *hash;
    bool *yes;
} progress;

static cvi_store_answer read_progress(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                      cv_error *error) {
    const progress *run = context;
    cvi_job job;
    (void)keep;
    cvi_store_answer answer = cvi_dedupe_find(&stores->dedupe, run->hash, &job, error);
    *run->yes = answer == CVI_STORE_DONE && cvi_dedupe_is_live(&stores->dedupe, &job, now);
    return answer;
}

bool cv_dedupe_store_in_progress(cv_dedupe_store *store, const char *hash, bool *yes) {
    if (yes == NULL) {
        return cvi_public_refuse("the place for the answer is NULL");
    }
    *yes = false;
    progress run = {hash, yes};
    return check_hash(store, hash) &&
           cvi_public_read(store->stores, store->stores->dedupe_db, read_progress, &run);
}

static cvi_store_answer count_abandoned(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                        cv_error *error) {
    (void)keep;
    return cvi_dedupe_count_abandoned(&stores->dedupe, now, context, error);
}

bool cv_dedupe_store_stats(cv_dedupe_store *store, cv_dedupe_stats *stats) {
    enum { TOTAL, PENDING, COMPLETED, FAILED, COLUMNS };
    static const char text[] = "SELECT count(*), count(*) FILTER (WHERE status = 'pending'),"
                               " count(*) FILTER (WHERE status = 'completed'),"
                               " count(*) FILTER (WHERE status = 'failed') FROM main.dedupe_jobs";
    int64_t columns[COLUMNS] = {0};
    int64_t abandoned = 0;
    if (stats == NULL) {
        return cvi_public_refuse("the stats are NULL");
    }
    memset(stats, 0, sizeof(*stats));
    if (!check_store(store) ||
        !cvi_public_read_row(store->stores->dedupe_db, text, NULL, 0, columns, COLUMNS) ||
        !cvi_public_read(store->stores, store->stores->dedupe_db, count_abandoned, &abandoned)) {
        return false;
    }
    stats->total_jobs = columns[TOTAL];
    stats->pending_jobs = columns[PENDING];
    stats->completed_jobs = columns[COMPLETED];
    stats->failed_jobs = columns[FAILED];
    stats->expired_jobs = abandoned;
    return true;
}

/* ---- deleting ---- */

static cvi_store_answer clear_batch(cvi_stores *stores, cvi_now now, int64_t *deleted, bool *more,
                                    cv_error *error) {
    (void)now;
    return cvi_dedupe_clear(&stores->dedupe, deleted, more, error);
}

/* The batches of before may have ended in the middle. */
static cvi_store_answer clean_from_start(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                         cv_error *error) {
    (void)context;
    (void)now;
    (void)keep;
    (void)error;
    cvi_dedupe_clean_from_start(&stores->dedupe);
    return CVI_STORE_DONE;
}

bool cv_dedupe_store_cleanup(cv_dedupe_store *store) {
    return check_store(store) &&
           cvi_public_read(store->stores, store->stores->dedupe_db, clean_from_start, NULL) &&
           cvi_public_delete_all(store->stores, store->stores->dedupe_db, clean_batch);
}

bool cv_dedupe_store_clear(cv_dedupe_store *store) {
    return check_store(store) &&
           cvi_public_delete_all(store->stores, store->stores->dedupe_db, clear_batch);
}
