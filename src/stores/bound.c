/* Owns max_bytes: what all bodies take, which rows were used lately, and which go first.
 *
 * The file itself keeps the total, by triggers (schema.c), so that it is known without a walk and
 * also counts what other programs write. A use is not written when it happens: a hit stays one
 * read. It is remembered here and noted in a later transaction of this handle, at most once a
 * minute for a row. What is forgotten meanwhile (two rows in one place, a transaction undone, the
 * handle closed) makes the order less exact and nothing wrong. */
#include "stores/bound.h"

#include <stdatomic.h>
#include <string.h>

#include "stores/cache_rows.h"
#include "stores/limits.h"

#define USE_GRAIN_MS INT64_C(60000)

enum { USES_BATCH = 64 };

enum statement { NOTE_USE, READ_TOTAL, EVICT_FUTURE, EVICT, RECOUNT };

/* The last use that is known; idx_cache_used follows it. */
#define USED "coalesce(used_at, created_at)"

#define RECOUNT_TEXT                                                                               \
    "INSERT OR REPLACE INTO main.cache_bytes(id, total, replaced)"                                 \
    " SELECT 1, coalesce(sum(" CVI_CACHE_ROW_BYTES "), 0), 0 FROM main.cache"

static const char *const texts[CVI_BOUND_STATEMENTS] = {
    [NOTE_USE] = "UPDATE main.cache SET used_at = ?2 WHERE rowid = ?1",
    [READ_TOTAL] =
        "SELECT total FROM main.cache_bytes WHERE id = 1 AND typeof(total) = 'integer' AND total >= 0",
    [EVICT_FUTURE] = CVI_CACHE_DELETE(USED, "WHERE " USED " > ?3 AND hash IS NOT ?4"),
    [EVICT] = CVI_CACHE_DELETE(USED, "WHERE " USED " <= ?3 AND hash IS NOT ?4"),
    [RECOUNT] = RECOUNT_TEXT,
};

void cvi_bound_init(cvi_bound *bound, cvi_db *db, int64_t max_bytes) {
    memset(bound, 0, sizeof(*bound));
    bound->sql =
        (cvi_sql){db->connection, db->path, texts, bound->statements, CVI_BOUND_STATEMENTS};
    bound->max_bytes = max_bytes;
}

void cvi_bound_finalize(cvi_bound *bound) {
    cvi_sql_finalize(&bound->sql);
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* ---- uses ---- */

void cvi_bound_note(cvi_bound *bound, const cvi_cached *cached, cvi_now now) {
    int64_t known_ms = larger(cached->fetched_at_ms, cached->used_at_ms);
    if (bound->max_bytes >= 0 && cvi_age_ms(now.wall_ms, known_ms) >= USE_GRAIN_MS) {
        bound->uses[(uint64_t)cached->row_id % CVI_BOUND_USES] = cached->row_id;
    }
}

static cvi_store_answer note_uses(cvi_bound *bound, cvi_now now, int64_t *changed, bool *more,
                                  cv_error *error) {
    int noted = 0;
    for (size_t i = 0; i < CVI_BOUND_USES && noted < USES_BATCH; i++) {
        bound->next_use = (bound->next_use + 1) % CVI_BOUND_USES;
        int64_t row_id = atomic_exchange(&bound->uses[bound->next_use], 0);
        if (row_id == 0) {
            continue;
        }
        cvi_store_answer answer =
            cvi_sql_run(&bound->sql, NOTE_USE,
                        CVI_VALUES(cvi_integer(row_id), cvi_integer(now.wall_ms)), NULL, error);
        if (answer != CVI_STORE_DONE) {
            return answer;
        }
        noted++;
    }
    *changed += noted;
    *more = *more || noted == USES_BATCH;
    return CVI_STORE_DONE;
}

/* ---- bytes ---- */

/* The total is lost, or has nothing to do with the rows: somebody has switched triggers off, or has
 * made the table anew. */
static cvi_store_answer recount(cvi_bound *bound, int64_t known, int64_t *changed, bool *more,
                                cv_error *error) {
    int64_t total = known;
    cvi_store_answer answer = cvi_sql_run(&bound->sql, RECOUNT, NULL, 0, NULL, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_read(&bound->sql, READ_TOTAL, NULL, 0, &total, error);
    }
    *changed += total != known ? 1 : 0;
    *more = *more || total != known;
    return answer;
}

/* Rows from the future go first: they were stamped by a clock that was wrong. Nobody takes them for
 * fresh, and in their place they would push out whatever is stored now. */
static cvi_store_answer delete_batch(cvi_bound *bound, const char *spared, int64_t bytes,
                                     cvi_now now, int64_t *deleted, cv_error *error) {
    static const enum statement order[] = {EVICT_FUTURE, EVICT};
    cvi_store_answer answer = CVI_STORE_DONE;
    *deleted = 0;
    for (size_t i = 0; i < 2 && answer == CVI_STORE_DONE && *deleted == 0; i++) {
        answer = cvi_sql_run(&bound->sql, order[i],
                             CVI_VALUES(cvi_integer(CVI_CLEAN_BATCH), cvi_integer(bytes),
                                        cvi_integer(now.wall_ms + CVI_CLOCK_TOLERANCE_MS),
                                        cvi_text(spared)),
                             deleted, error);
    }
    return answer;
}

/* Where nothing can go, the total is wrong. */
static cvi_store_answer evict(cvi_bound *bound, const cvi_just_stored *stored, int64_t total,
                              cvi_now now, int64_t *changed, bool *more, cv_error *error) {
    int64_t excess = total - bound->max_bytes;
    int64_t most = larger(stored->bytes, CVI_CLEAN_BYTES);
    int64_t deleted = 0;
    cvi_store_answer answer =
        delete_batch(bound, stored->hash, excess < most ? excess : most, now, &deleted, error);
    if (answer == CVI_STORE_DONE && deleted == 0) {
        return recount(bound, total, changed, more, error);
    }
    *changed += deleted;
    *more = true;
    return answer;
}

cvi_store_answer cvi_bound_hold(cvi_bound *bound, const cvi_just_stored *stored, cvi_now now,
                                int64_t *changed, bool *more, cv_error *error) {
    int64_t total = -1;
    if (bound->max_bytes < 0) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = note_uses(bound, now, changed, more, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_read(&bound->sql, READ_TOTAL, NULL, 0, &total, error);
    }
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    if (total < 0) {
        return recount(bound, total, changed, more, error);
    }
    if (total <= bound->max_bytes) {
        return CVI_STORE_DONE;
    }
    return evict(bound, stored, total, now, changed, more, error);
}

/* A total that is lost is found when it is held. */
cvi_store_answer cvi_bound_make_room(cvi_bound *bound, const cvi_just_stored *coming, cvi_now now,
                                     int64_t *changed, cv_error *error) {
    int64_t total = -1;
    if (bound->max_bytes < 0) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = cvi_sql_read(&bound->sql, READ_TOTAL, NULL, 0, &total, error);
    int64_t excess = total - (bound->max_bytes - coming->bytes);
    if (answer != CVI_STORE_DONE || total < 0 || excess <= 0) {
        return answer;
    }
    int64_t most = larger(coming->bytes, CVI_CLEAN_BYTES);
    return delete_batch(bound, coming->hash, excess < most ? excess : most, now, changed, error);
}
