/* The jobs: who fetches what, and who waits for it. */
#ifndef CVI_STORES_DEDUPE_H
#define CVI_STORES_DEDUPE_H

#include "stores/database.h"
#include "stores/deaths.h"
#include "support/buffer.h"

enum { CVI_DEDUPE_STATEMENTS = 21 };

typedef struct cvi_dedupe {
    cvi_db *db;
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_DEDUPE_STATEMENTS];
    cvi_wake wake;
    cvi_deaths deaths; /* of owners; the driver's thread */
    bool disabled;
    bool keeps_results; /* what a job leaves stays until it is cleaned, also if nobody waits */
    int64_t cleanup_interval_ms;
    int64_t job_timeout_ms; /* of anybody's job, as seen from here */
    int64_t lease_ms;       /* of our jobs, and of those that do not say theirs */
    char *scope;
    int64_t cleaned_to; /* cleaning goes on behind this row */
    bool has_taken;     /* else it has never owned a job */
} cvi_dedupe;

typedef enum cvi_job_status {
    CVI_JOB_NONE, /* no row */
    CVI_JOB_PENDING,
    CVI_JOB_COMPLETED,
    CVI_JOB_FAILED,
    CVI_JOB_OTHER /* a status that only other programs know */
} cvi_job_status;

/* A row as read. Times may be any number. */
typedef struct cvi_job {
    cvi_job_status status;
    int64_t row;
    char job_id[CVI_JOB_ID_SIZE]; /* "" for an id that is too long to be one */
    bool has_owner;               /* else another program's */
    int64_t owner;                /* byte of the gate */
    bool is_same_boot;
    int64_t lease_boot_ms; /* last sign of life and start, by both clocks */
    int64_t started_boot_ms;
    int64_t updated_ms; /* of a job that has ended: when its answer came */
    int64_t created_ms;
    int64_t lease_ms; /* as promised; else the reader's own */
} cvi_job;

/* `db` must outlive the jobs. False without memory. */
bool cvi_dedupe_init(cvi_dedupe *dedupe, cvi_db *db, const cv_dedupe_settings *settings,
                     const char *scope);
void cvi_dedupe_finalize(cvi_dedupe *dedupe);

/* Reads the row of a hash; its status is NONE without one. The caller may use the connection. */
cvi_store_answer cvi_dedupe_find(cvi_dedupe *dedupe, const char *hash, cvi_job *job,
                                 cv_error *error);

/* Whether somebody works on the job: pending, its owner alive, its lease running, not too old, and
 * not from the future. */
bool cvi_dedupe_is_live(const cvi_dedupe *dedupe, const cvi_job *job, cvi_now now);

/* What a finished job left for those who waited: the answer (body NULL: none that can be believed),
 * or the owner's error (`has_failure` false: none that is the reader's). */
cvi_store_answer cvi_dedupe_result(cvi_dedupe *dedupe, const char *hash, const char *job_id,
                                   cvi_cached *cached, cv_error *error);
cvi_store_answer cvi_dedupe_failure(cvi_dedupe *dedupe, const char *hash, const char *job_id,
                                    cv_error *failure, bool *has_failure, cv_error *error);

/* The following run within a transaction. */

/* Makes the job ours under a new id. The caller has seen that it is not live. */
cvi_store_answer cvi_dedupe_take(cvi_dedupe *dedupe, const char *hash, cvi_now now,
                                 char job_id[CVI_JOB_ID_SIZE], cv_error *error);

cvi_store_answer cvi_dedupe_renew(cvi_dedupe *dedupe, const char *hash, const char *job_id,
                                  cvi_now now, bool *owned, cv_error *error);

/* Registers this handle among those to be woken; `added` false: it was already. */
cvi_store_answer cvi_dedupe_join(cvi_dedupe *dedupe, const char *hash, bool *added,
                                 cv_error *error);

/* The same for another address than the handle's, and its end. */
cvi_store_answer cvi_dedupe_join_as(cvi_dedupe *dedupe, const char *hash, const char *address,
                                    bool *added, cv_error *error);
cvi_store_answer cvi_dedupe_leave(cvi_dedupe *dedupe, const char *hash, const char *address,
                                  cv_error *error);

typedef enum cvi_job_end {
    CVI_END_COMPLETED, /* the answer is in `body`, or with body NULL in the cache */
    CVI_END_FAILED,    /* with `failure` */
    CVI_END_PASSED     /* to whoever claims next */
} cvi_job_end;

typedef struct cvi_ending {
    cvi_job_end end;
    const char *hash;
    const char *job_id;
    const char *body;
    size_t size;
    const cv_error *failure;
    int64_t age_ms; /* since the answer, or what denies the object, was heard */
} cvi_ending;

/* Ends a job if it still bears the job_id (`owned`), keeps what it leaves only if somebody waits,
 * and adds the addresses of those to `waiters`: to be woken after the commit. */
cvi_store_answer cvi_dedupe_end(cvi_dedupe *dedupe, const cvi_ending *ending, cvi_now now,
                                cvi_buffer *waiters, bool *owned, cv_error *error);

/* Gives up all jobs of this handle. */
cvi_store_answer cvi_dedupe_abandon(cvi_dedupe *dedupe, cvi_buffer *waiters, cv_error *error);

/* Deletes a batch of finished and abandoned jobs, and waiters for jobs that are no more. Adds to
 * `deleted`; `more` becomes true if there may be others. */
void cvi_dedupe_clean_from_start(cvi_dedupe *dedupe);
cvi_store_answer cvi_dedupe_clean(cvi_dedupe *dedupe, cvi_now now, int64_t *deleted, bool *more,
                                  cv_error *error);

/* Deletes a batch of any jobs and waiters; those who wait find out by their next look. */
cvi_store_answer cvi_dedupe_clear(cvi_dedupe *dedupe, int64_t *deleted, bool *more,
                                  cv_error *error);

/* Counts the pending jobs on which nobody works. The caller may use the connection. */
cvi_store_answer cvi_dedupe_count_abandoned(cvi_dedupe *dedupe, cvi_now now, int64_t *count,
                                            cv_error *error);

/* Outside transactions: whether this handle has a pending job (a read; the caller may use the
 * connection), and the waking of collected waiters: the job of `hash` has ended; "": several. */
cvi_store_answer cvi_dedupe_owns_any(cvi_dedupe *dedupe, bool *any, cv_error *error);
void cvi_dedupe_waiters_init(const cvi_dedupe *dedupe, cvi_buffer *waiters);
void cvi_dedupe_wake(const cvi_dedupe *dedupe, const cvi_buffer *waiters, const char *hash);

#endif
