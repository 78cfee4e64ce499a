/* Owns the rows of dedupe_jobs and dedupe_waiters, and this handle's wake-up socket. A row changes
 * only while it bears the caller's job_id (the fence), so that an owner who was taken for dead
 * writes nothing. Whether an owner lives, the kernel says: it keeps its byte of the gate locked.
 * How long it may be silent is what it has promised itself, whatever lease the reader has; how long
 * a job may take at all is each reader's own patience, as an owner that hangs may renew for ever.
 * Callers hold the transaction, or the connection for reading. */
#include "stores/dedupe.h"

#include <string.h>

#include "stores/dedupe_error.h"
#include "stores/limits.h"
#include "stores/sqlite_error.h"
#include "support/allocator.h"
#include "support/digest.h"
#include "support/error.h"

/* Addresses of waiters: far more than can wait, far less than hurts. */
#define WAITERS_LIMIT ((size_t)16 << 20)

enum statement {
    FIND,
    FIND_PENDING,
    RESULT,
    FAILURE,
    TAKE,
    RENEW,
    JOIN,
    WAITERS,
    LEAVE,
    KEEP,
    DROP,
    DROP_ROW,
    OWNS_ANY,
    OWN_WAITERS,
    OWN_LEAVE,
    OWN_DROP,
    CLEAN_FINISHED,
    CLEAN_WAITERS,
    LEAVE_ONE,
    CLEAR_JOBS,
    CLEAR_WAITERS,
};

#define JOB_COLUMNS                                                                                \
    "rowid, job_id, status, owner, boot IS ?2, boot_ms, started_boot_ms, updated_at, created_at,"  \
    " lease_ms"
#define OUR_PENDING "(SELECT hash FROM main.dedupe_jobs WHERE status = 'pending' AND owner = ?1)"

static const char *const texts[CVI_DEDUPE_STATEMENTS] = {
    [FIND] = "SELECT " JOB_COLUMNS " FROM main.dedupe_jobs WHERE hash = ?1",
    [FIND_PENDING] = "SELECT " JOB_COLUMNS " FROM main.dedupe_jobs"
                     " WHERE status = 'pending' AND rowid > ?1 ORDER BY rowid LIMIT 1",
    [RESULT] = "SELECT updated_at, checksum, result FROM main.dedupe_jobs"
               " WHERE hash = ?1 AND job_id = ?2 AND checksum IS NOT NULL AND result IS NOT NULL",
    [FAILURE] = "SELECT error FROM main.dedupe_jobs WHERE hash = ?1 AND job_id = ?2",
    [TAKE] = "INSERT OR REPLACE INTO main.dedupe_jobs(hash, job_id, status, created_at, updated_at,"
             " owner, boot, boot_ms, started_boot_ms, lease_ms)"
             " VALUES(?1, ?2, 'pending', ?3, ?3, ?4, ?5, ?6, ?6, ?7)",
    [RENEW] = "UPDATE main.dedupe_jobs SET updated_at = ?3, boot = ?4, boot_ms = ?5,"
              " lease_ms = ?6"
              " WHERE hash = ?1 AND job_id = ?2 AND status = 'pending'",
    [JOIN] = "INSERT OR IGNORE INTO main.dedupe_waiters(hash, address) VALUES(?1, ?2)",
    [WAITERS] = "SELECT address FROM main.dedupe_waiters WHERE hash = ?1",
    [LEAVE] = "DELETE FROM main.dedupe_waiters WHERE hash = ?1",
    [KEEP] = "UPDATE main.dedupe_jobs SET status = ?3, updated_at = ?4, result = ?5, checksum = ?6,"
             " error = ?7, boot_ms = ?8"
             " WHERE hash = ?1 AND job_id = ?2 AND status = 'pending'",
    [DROP] = "DELETE FROM main.dedupe_jobs WHERE hash = ?1 AND job_id = ?2 AND status = 'pending'",
    [DROP_ROW] = "DELETE FROM main.dedupe_jobs WHERE rowid = ?1",
    [OWNS_ANY] = "SELECT EXISTS" OUR_PENDING,
    [OWN_WAITERS] = "SELECT DISTINCT address FROM main.dedupe_waiters WHERE hash IN " OUR_PENDING,
    [OWN_LEAVE] = "DELETE FROM main.dedupe_waiters WHERE hash IN " OUR_PENDING,
    [OWN_DROP] = "DELETE FROM main.dedupe_jobs WHERE status = 'pending' AND owner = ?1",
    [CLEAN_FINISHED] =
        "DELETE FROM main.dedupe_jobs WHERE rowid IN (SELECT rowid FROM main.dedupe_jobs"
        " WHERE status <> 'pending' AND updated_at NOT BETWEEN ?1 AND ?2"
        " AND (boot = ?3 AND boot_ms BETWEEN ?4 AND ?5) IS NOT TRUE LIMIT ?6)",
    [CLEAN_WAITERS] =
        "DELETE FROM main.dedupe_waiters WHERE hash IN (SELECT hash FROM main.dedupe_waiters"
        " WHERE hash NOT IN"
        " (SELECT hash FROM main.dedupe_jobs WHERE status = 'pending') LIMIT ?1)",
    [LEAVE_ONE] = "DELETE FROM main.dedupe_waiters WHERE hash = ?1 AND address = ?2",
    [CLEAR_JOBS] = "DELETE FROM main.dedupe_jobs WHERE rowid IN"
                   " (SELECT rowid FROM main.dedupe_jobs LIMIT ?1)",
    [CLEAR_WAITERS] = "DELETE FROM main.dedupe_waiters WHERE hash IN"
                      " (SELECT hash FROM main.dedupe_waiters LIMIT ?1)",
};

bool cvi_dedupe_init(cvi_dedupe *dedupe, cvi_db *db, const cv_dedupe_settings *settings,
                     const char *scope) {
    memset(dedupe, 0, sizeof(*dedupe));
    dedupe->db = db;
    dedupe->sql =
        (cvi_sql){db->connection, db->path, texts, dedupe->statements, CVI_DEDUPE_STATEMENTS};
    dedupe->disabled = settings->disabled;
    dedupe->cleanup_interval_ms = settings->cleanup_interval_ms;
    dedupe->job_timeout_ms = cvi_span(settings->job_timeout_ms, CVI_LONGEST_MS);
    dedupe->lease_ms = cvi_span(settings->lease_ms, CVI_LONGEST_MS);
    dedupe->wake.descriptor = -1;
    if (!dedupe->disabled) { /* for ":memory:" too: other threads may wait */
        cvi_wake_open(&dedupe->wake, &db->random);
    }
    cvi_deaths_init(&dedupe->deaths, dedupe->wake.descriptor);
    dedupe->scope = cvi_copy_text(&db->allocator, scope, strlen(scope));
    return dedupe->scope != NULL;
}

void cvi_dedupe_finalize(cvi_dedupe *dedupe) {
    cvi_sql_finalize(&dedupe->sql);
    cvi_deaths_close(&dedupe->deaths);
    cvi_wake_close(&dedupe->wake);
    cvi_release(&dedupe->db->allocator, dedupe->scope);
    dedupe->scope = NULL;
}

/* ---- reading ---- */

static cvi_job_status read_status(const char *text) {
    static const struct {
        const char *text;
        cvi_job_status status;
    } known[] = {
        {"pending", CVI_JOB_PENDING}, {"completed", CVI_JOB_COMPLETED}, {"failed", CVI_JOB_FAILED}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].text, text) == 0) {
            return known[i].status;
        }
    }
    return CVI_JOB_OTHER;
}

/* What the owner has promised. Rows of earlier versions do not say it, and what nobody can promise
 * is not believed: then it is the reader's own. */
static int64_t read_lease_ms(const cvi_dedupe *dedupe, sqlite3_stmt *row) {
    int64_t lease_ms = sqlite3_column_int64(row, 9);
    bool is_promised = sqlite3_column_type(row, 9) == SQLITE_INTEGER &&
                       lease_ms >= CVI_LEAST_LEASE_MS && lease_ms <= CVI_LONGEST_LEASE_MS;
    return is_promised ? lease_ms : dedupe->lease_ms;
}

static void read_job(const cvi_dedupe *dedupe, sqlite3_stmt *row, cvi_job *job) {
    cvi_buffer job_id;
    job->row = sqlite3_column_int64(row, 0);
    cvi_buffer_over(&job_id, job->job_id, sizeof(job->job_id));
    cvi_buffer_add_text(&job_id, cvi_sql_column_text(row, 1));
    if (job_id.failed) {
        job->job_id[0] = '\0';
    }
    job->status = read_status(cvi_sql_column_text(row, 2));
    job->has_owner = sqlite3_column_type(row, 3) == SQLITE_INTEGER;
    job->owner = sqlite3_column_int64(row, 3);
    job->is_same_boot = sqlite3_column_int(row, 4) != 0;
    job->lease_boot_ms = sqlite3_column_int64(row, 5);
    job->started_boot_ms = sqlite3_column_int64(row, 6);
    job->updated_ms = sqlite3_column_int64(row, 7);
    job->created_ms = sqlite3_column_int64(row, 8);
    job->lease_ms = read_lease_ms(dedupe, row);
}

static cvi_store_answer find_job(cvi_dedupe *dedupe, enum statement statement, cvi_value key,
                                 cvi_job *job, cv_error *error) {
    sqlite3_stmt *row = NULL;
    bool found = false;
    memset(job, 0, sizeof(*job));
    cvi_store_answer answer = cvi_sql_start(
        &dedupe->sql, statement, CVI_VALUES(key, cvi_text(dedupe->db->clock.boot_id)), &row, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(&dedupe->sql, row, &found, error);
    }
    if (found) {
        read_job(dedupe, row, job);
        cvi_sql_finish(row);
    }
    return answer;
}

cvi_store_answer cvi_dedupe_find(cvi_dedupe *dedupe, const char *hash, cvi_job *job,
                                 cv_error *error) {
    return find_job(dedupe, FIND, cvi_text(hash), job, error);
}

/* Younger than `span_ms`, and not from the future. */
static bool is_recent(int64_t now_ms, int64_t then_ms, int64_t span_ms) {
    return then_ms <= now_ms + CVI_CLOCK_TOLERANCE_MS && then_ms > now_ms - span_ms;
}

bool cvi_dedupe_is_live(const cvi_dedupe *dedupe, const cvi_job *job, cvi_now now) {
    if (job->status != CVI_JOB_PENDING || job->job_id[0] == '\0') {
        return false;
    }
    if (!job->has_owner) {
        return is_recent(now.wall_ms, job->created_ms, dedupe->job_timeout_ms);
    }
    if (cvi_turn_probe_life(&dedupe->db->turn, job->owner) == CVI_LOCK_TAKEN) {
        return false;
    }
    if (job->is_same_boot) {
        return is_recent(now.boot_ms, job->lease_boot_ms, job->lease_ms) &&
               is_recent(now.boot_ms, job->started_boot_ms, dedupe->job_timeout_ms);
    }
    return is_recent(now.wall_ms, job->updated_ms, job->lease_ms) &&
           is_recent(now.wall_ms, job->created_ms, dedupe->job_timeout_ms);
}

static cvi_store_answer read_result(cvi_dedupe *dedupe, sqlite3_stmt *row, cvi_cached *cached,
                                    cv_error *error) {
    const void *bytes = sqlite3_column_blob(row, 2);
    size_t size = (size_t)sqlite3_column_bytes(row, 2);
    if (bytes == NULL && sqlite3_errcode(dedupe->db->connection) == SQLITE_NOMEM) {
        return cvi_sqlite_failed(SQLITE_NOMEM, dedupe->db->path, error);
    }
    if (cvi_checksum(bytes, size) != sqlite3_column_int64(row, 1)) {
        return CVI_STORE_DONE;
    }
    cached->body = cvi_copy_text(&dedupe->db->allocator, bytes, size);
    if (cached->body == NULL) {
        cvi_error_no_memory(error);
        return CVI_STORE_FAILED;
    }
    cached->size = size;
    cached->fetched_at_ms = sqlite3_column_int64(row, 0);
    cached->expires_at_ms = cached->fetched_at_ms; /* it serves those who wait, nobody later */
    return CVI_STORE_DONE;
}

cvi_store_answer cvi_dedupe_result(cvi_dedupe *dedupe, const char *hash, const char *job_id,
                                   cvi_cached *cached, cv_error *error) {
    sqlite3_stmt *row = NULL;
    bool found = false;
    memset(cached, 0, sizeof(*cached));
    cvi_store_answer answer = cvi_sql_start(
        &dedupe->sql, RESULT, CVI_VALUES(cvi_text(hash), cvi_text(job_id)), &row, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(&dedupe->sql, row, &found, error);
    }
    if (found) {
        answer = read_result(dedupe, row, cached, error);
        cvi_sql_finish(row);
    }
    return answer;
}

cvi_store_answer cvi_dedupe_failure(cvi_dedupe *dedupe, const char *hash, const char *job_id,
                                    cv_error *failure, bool *has_failure, cv_error *error) {
    sqlite3_stmt *row = NULL;
    bool found = false;
    *has_failure = false;
    cvi_store_answer answer = cvi_sql_start(
        &dedupe->sql, FAILURE, CVI_VALUES(cvi_text(hash), cvi_text(job_id)), &row, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(&dedupe->sql, row, &found, error);
    }
    if (found) {
        *has_failure = cvi_dedupe_error_read(cvi_sql_column_text(row, 0), dedupe->scope, failure);
        cvi_sql_finish(row);
    }
    return answer;
}

/* ---- claiming ---- */

/* A random UUID (version 4). */
static void make_job_id(const cvi_random *random, char job_id[CVI_JOB_ID_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[16] = {0};
    random->fill(random->user, bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    char *next = job_id;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *next++ = '-';
        }
        *next++ = digits[bytes[i] >> 4];
        *next++ = digits[bytes[i] & 15];
    }
    *next = '\0';
}

cvi_store_answer cvi_dedupe_take(cvi_dedupe *dedupe, const char *hash, cvi_now now,
                                 char job_id[CVI_JOB_ID_SIZE], cv_error *error) {
    make_job_id(&dedupe->db->random, job_id);
    dedupe->has_taken = true;
    return cvi_sql_run(&dedupe->sql, TAKE,
                       CVI_VALUES(cvi_text(hash), cvi_text(job_id), cvi_integer(now.wall_ms),
                                  cvi_integer(dedupe->db->turn.life),
                                  cvi_text(dedupe->db->clock.boot_id), cvi_integer(now.boot_ms),
                                  cvi_integer(dedupe->lease_ms)),
                       NULL, error);
}

cvi_store_answer cvi_dedupe_renew(cvi_dedupe *dedupe, const char *hash, const char *job_id,
                                  cvi_now now, bool *owned, cv_error *error) {
    int64_t changes = 0;
    cvi_store_answer answer =
        cvi_sql_run(&dedupe->sql, RENEW,
                    CVI_VALUES(cvi_text(hash), cvi_text(job_id), cvi_integer(now.wall_ms),
                               cvi_text(dedupe->db->clock.boot_id), cvi_integer(now.boot_ms),
                               cvi_integer(dedupe->lease_ms)),
                    &changes, error);
    *owned = changes > 0;
    return answer;
}

cvi_store_answer cvi_dedupe_join_as(cvi_dedupe *dedupe, const char *hash, const char *address,
                                    bool *added, cv_error *error) {
    int64_t changes = 0;
    cvi_store_answer answer = cvi_sql_run(
        &dedupe->sql, JOIN, CVI_VALUES(cvi_text(hash), cvi_text(address)), &changes, error);
    *added = changes > 0;
    return answer;
}

cvi_store_answer cvi_dedupe_join(cvi_dedupe *dedupe, const char *hash, bool *added,
                                 cv_error *error) {
    return cvi_dedupe_join_as(dedupe, hash, dedupe->wake.address, added, error);
}

cvi_store_answer cvi_dedupe_leave(cvi_dedupe *dedupe, const char *hash, const char *address,
                                  cv_error *error) {
    return cvi_sql_run(&dedupe->sql, LEAVE_ONE, CVI_VALUES(cvi_text(hash), cvi_text(address)), NULL,
                       error);
}

/* ---- ending ---- */

void cvi_dedupe_waiters_init(const cvi_dedupe *dedupe, cvi_buffer *waiters) {
    cvi_buffer_init(waiters, &dedupe->db->allocator, WAITERS_LIMIT);
}

/* Adds the addresses that a statement finds, each with its NUL. */
static cvi_store_answer collect(cvi_dedupe *dedupe, enum statement statement, cvi_value key,
                                cvi_buffer *waiters, cv_error *error) {
    sqlite3_stmt *row = NULL;
    cvi_store_answer answer = cvi_sql_start(&dedupe->sql, statement, CVI_VALUES(key), &row, error);
    bool more = answer == CVI_STORE_DONE;
    while (more) {
        answer = cvi_sql_next(&dedupe->sql, row, &more, error);
        if (more) {
            const char *address = cvi_sql_column_text(row, 0);
            cvi_buffer_add(waiters, address, strlen(address) + 1);
        }
    }
    if (answer == CVI_STORE_DONE && waiters->failed) {
        cvi_error_no_memory(error);
        return CVI_STORE_FAILED;
    }
    return answer;
}

void cvi_dedupe_wake(const cvi_dedupe *dedupe, const cvi_buffer *waiters, const char *hash) {
    const char *word =
        strlen(hash) == CVI_HASH_LENGTH ? hash : ""; /* else it may be of any length */
    for (size_t at = 0; at < waiters->length; at += strlen(waiters->data + at) + 1) {
        cvi_wake_send(&dedupe->wake, waiters->data + at, word);
    }
}

static cvi_store_answer keep_row(cvi_dedupe *dedupe, const cvi_ending *ending, cvi_now now,
                                 int64_t *changes, cv_error *error) {
    char failure[CVI_ERROR_TEXT_SIZE];
    bool has_failure = ending->end == CVI_END_FAILED &&
                       cvi_dedupe_error_write(ending->failure, dedupe->scope, failure);
    bool has_body = ending->body != NULL;
    return cvi_sql_run(
        &dedupe->sql, KEEP,
        CVI_VALUES(cvi_text(ending->hash), cvi_text(ending->job_id),
                   cvi_text(ending->end == CVI_END_FAILED ? "failed" : "completed"),
                   cvi_integer(now.wall_ms - ending->age_ms),
                   has_body ? cvi_blob(ending->body, ending->size) : cvi_null(),
                   has_body ? cvi_integer(cvi_checksum(ending->body, ending->size)) : cvi_null(),
                   has_failure ? cvi_text(failure) : cvi_null(), cvi_integer(now.boot_ms)),
        changes, error);
}

cvi_store_answer cvi_dedupe_end(cvi_dedupe *dedupe, const cvi_ending *ending, cvi_now now,
                                cvi_buffer *waiters, bool *owned, cv_error *error) {
    int64_t changes = 0;
    cvi_store_answer answer = collect(dedupe, WAITERS, cvi_text(ending->hash), waiters, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    bool keep = waiters->length > 0 || dedupe->keeps_results;
    if (keep && ending->end != CVI_END_PASSED) {
        answer = keep_row(dedupe, ending, now, &changes, error);
    } else {
        answer = cvi_sql_run(&dedupe->sql, DROP,
                             CVI_VALUES(cvi_text(ending->hash), cvi_text(ending->job_id)), &changes,
                             error);
    }
    *owned = answer == CVI_STORE_DONE && changes > 0;
    if (!*owned) {
        return answer;
    }
    return cvi_sql_run(&dedupe->sql, LEAVE, CVI_VALUES(cvi_text(ending->hash)), NULL, error);
}

cvi_store_answer cvi_dedupe_owns_any(cvi_dedupe *dedupe, bool *any, cv_error *error) {
    int64_t exists = 0;
    *any = false;
    if (!dedupe->has_taken) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = cvi_sql_read(
        &dedupe->sql, OWNS_ANY, CVI_VALUES(cvi_integer(dedupe->db->turn.life)), &exists, error);
    *any = exists != 0;
    return answer;
}

cvi_store_answer cvi_dedupe_abandon(cvi_dedupe *dedupe, cvi_buffer *waiters, cv_error *error) {
    cvi_value owner = cvi_integer(dedupe->db->turn.life);
    cvi_store_answer answer = collect(dedupe, OWN_WAITERS, owner, waiters, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_run(&dedupe->sql, OWN_LEAVE, CVI_VALUES(owner), NULL, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_run(&dedupe->sql, OWN_DROP, CVI_VALUES(owner), NULL, error);
    }
    return answer;
}

/* ---- cleaning ---- */

/* Goes through some pending jobs, from where the last call ended, and deletes the abandoned. */
static cvi_store_answer clean_pending(cvi_dedupe *dedupe, cvi_now now, int64_t *deleted, bool *more,
                                      cv_error *error) {
    for (int64_t i = 0; i < CVI_CLEAN_BATCH; i++) {
        cvi_job job;
        cvi_store_answer answer =
            find_job(dedupe, FIND_PENDING, cvi_integer(dedupe->cleaned_to), &job, error);
        if (answer != CVI_STORE_DONE) {
            return answer;
        }
        if (job.status == CVI_JOB_NONE) {
            dedupe->cleaned_to = 0;
            return CVI_STORE_DONE;
        }
        dedupe->cleaned_to = job.row;
        if (!cvi_dedupe_is_live(dedupe, &job, now)) {
            int64_t changes = 0;
            answer = cvi_sql_run(&dedupe->sql, DROP_ROW, CVI_VALUES(cvi_integer(job.row)), &changes,
                                 error);
            *deleted += changes;
        }
        if (answer != CVI_STORE_DONE) {
            return answer;
        }
    }
    *more = true;
    return CVI_STORE_DONE;
}

static cvi_store_answer run_batch(cvi_dedupe *dedupe, enum statement statement,
                                  const cvi_value *values, size_t count, int64_t *deleted,
                                  bool *more, cv_error *error) {
    int64_t changes = 0;
    cvi_store_answer answer = cvi_sql_run(&dedupe->sql, statement, values, count, &changes, error);
    *deleted += changes;
    *more = *more || changes >= CVI_CLEAN_BATCH;
    return answer;
}

/* When a job ended the boot clock tells. updated_at, which is all that other programs and other
 * boots say, is of when its answer came: that may have been long before. */
static cvi_store_answer clean_finished(cvi_dedupe *dedupe, cvi_now now, int64_t *deleted,
                                       bool *more, cv_error *error) {
    return run_batch(dedupe, CLEAN_FINISHED,
                     CVI_VALUES(cvi_integer(now.wall_ms - dedupe->job_timeout_ms),
                                cvi_integer(now.wall_ms + CVI_CLOCK_TOLERANCE_MS),
                                cvi_text(dedupe->db->clock.boot_id),
                                cvi_integer(now.boot_ms - dedupe->job_timeout_ms),
                                cvi_integer(now.boot_ms + CVI_CLOCK_TOLERANCE_MS),
                                cvi_integer(CVI_CLEAN_BATCH)),
                     deleted, more, error);
}

void cvi_dedupe_clean_from_start(cvi_dedupe *dedupe) {
    dedupe->cleaned_to = 0;
}

cvi_store_answer cvi_dedupe_clean(cvi_dedupe *dedupe, cvi_now now, int64_t *deleted, bool *more,
                                  cv_error *error) {
    cvi_store_answer answer = clean_finished(dedupe, now, deleted, more, error);
    if (answer == CVI_STORE_DONE) {
        answer = clean_pending(dedupe, now, deleted, more, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = run_batch(dedupe, CLEAN_WAITERS, CVI_VALUES(cvi_integer(CVI_CLEAN_BATCH)), deleted,
                           more, error);
    }
    return answer;
}

cvi_store_answer cvi_dedupe_clear(cvi_dedupe *dedupe, int64_t *deleted, bool *more,
                                  cv_error *error) {
    const cvi_value batch[] = {cvi_integer(CVI_CLEAN_BATCH)};
    cvi_store_answer answer = run_batch(dedupe, CLEAR_JOBS, batch, 1, deleted, more, error);
    if (answer == CVI_STORE_DONE) {
        answer = run_batch(dedupe, CLEAR_WAITERS, batch, 1, deleted, more, error);
    }
    return answer;
}

cvi_store_answer cvi_dedupe_count_abandoned(cvi_dedupe *dedupe, cvi_now now, int64_t *count,
                                            cv_error *error) {
    cvi_job job = {.row = 0};
    *count = 0;
    for (;;) {
        cvi_store_answer answer = find_job(dedupe, FIND_PENDING, cvi_integer(job.row), &job, error);
        if (answer != CVI_STORE_DONE || job.status == CVI_JOB_NONE) {
            return answer;
        }
        *count += cvi_dedupe_is_live(dedupe, &job, now) ? 0 : 1;
    }
}
