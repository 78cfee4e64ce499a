/* Owns the rows of the table cache: freshness, checksums, size and age bounds. A body is believed
 * only with its checksum; rows without one are other programs' and are left alone. Callers hold the
 * transaction (writing) or the connection (reading). */
#include "stores/cache.h"

#include <string.h>

#include "stores/cache_rows.h"
#include "stores/limits.h"
#include "stores/sqlite_error.h"
#include "support/allocator.h"
#include "support/digest.h"
#include "support/error.h"

enum statement { PUT, DELETE, DELETE_OLDER, CLEAN, CLEAR };

enum column {
    CREATED_AT,
    EXPIRES_AT,
    CHECKSUM,
    NEGATIVE,
    ROW_ID,
    USED_AT,
    CONTROL,
    TAPE_CHECKSUM,
    VALUE,
    TAPE
};

/* For who knows the body there is a statement of its own, as the choice in it costs a copy of it.
 */
enum find { FIND, FIND_UNLESS_KNOWN };

#define FIND_COLUMNS                                                                               \
    "SELECT created_at, expires_at, checksum, negative, rowid, used_at,"                           \
    " CASE WHEN headers_of = checksum THEN control END, tape_checksum, "

const char *const cvi_cache_find_texts[CVI_CACHE_FINDS] = {
    [FIND] = FIND_COLUMNS "value, tape FROM main.cache WHERE hash = ?1",
    [FIND_UNLESS_KNOWN] = FIND_COLUMNS
    "CASE WHEN checksum = ?2 THEN NULL ELSE value END, CASE WHEN checksum = ?2 THEN NULL ELSE tape"
    " END FROM main.cache WHERE hash = ?1",
};

/* A row that is as new as what comes, or newer, stays. One that answers nobody is not newer,
 * whatever it says: one from the future, or, if something is stored in its place, not ours. */
static const char *const texts[CVI_CACHE_STATEMENTS] = {
    [PUT] =
        "INSERT INTO main.cache(hash, created_at, expires_at, checksum, negative, value, etag,"
        " last_modified, control, headers_of, tape_checksum, tape)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        " ON CONFLICT(hash) DO UPDATE SET created_at = excluded.created_at,"
        " expires_at = excluded.expires_at, checksum = excluded.checksum,"
        " negative = excluded.negative, used_at = NULL, value = excluded.value,"
        " etag = excluded.etag, last_modified = excluded.last_modified, control = excluded.control,"
        " headers_of = excluded.headers_of, tape_checksum = excluded.tape_checksum,"
        " tape = excluded.tape"
        " WHERE (cache.created_at BETWEEN excluded.created_at AND ?13) IS NOT TRUE"
        " OR cache.checksum IS NULL",
    [DELETE] = "DELETE FROM main.cache WHERE hash = ?1",
    [DELETE_OLDER] = "DELETE FROM main.cache WHERE hash = ?1"
                     " AND (created_at BETWEEN ?2 AND ?3) IS NOT TRUE",
    [CLEAN] = CVI_CACHE_DELETE("expires_at", "WHERE expires_at < ?3"),
    [CLEAR] = CVI_CACHE_DELETE("rowid", ""),
};

void cvi_cache_init(cvi_cache *cache, cvi_db *db, const cv_cache_settings *settings) {
    memset(cache, 0, sizeof(*cache));
    cache->db = db;
    cache->find = (cvi_sql){db->connection, db->path, cvi_cache_find_texts, cache->find_statements,
                            CVI_CACHE_FINDS};
    cache->recall =
        (cvi_sql){db->connection, db->path, &cvi_cache_recall_text, &cache->recall_statement, 1};
    cache->sql =
        (cvi_sql){db->connection, db->path, texts, cache->statements, CVI_CACHE_STATEMENTS};
    bool is_bound = !settings->disabled && settings->max_bytes > 0;
    cvi_bound_init(&cache->bound, db, is_bound ? settings->max_bytes : -1);
    cache->disabled = settings->disabled;
    cache->heeds_control = settings->heed_cache_control;
    cache->max_entry_bytes = settings->max_entry_bytes;
    cache->cleanup_interval_ms = settings->cleanup_interval_ms;
    cache->negative_ttl_ms = settings->negative_ttl_s < 0 ? 0 : settings->negative_ttl_s * 1000;
    cache->stale_ms = cvi_span(settings->stale_s < 0 ? -1 : settings->stale_s * 1000, 0);
}

void cvi_cache_finalize(cvi_cache *cache) {
    cvi_sql_finalize(&cache->find);
    cvi_sql_finalize(&cache->recall);
    cvi_sql_finalize(&cache->sql);
    cvi_bound_finalize(&cache->bound);
}

cvi_cache_demand cvi_cache_demand_of(const cvi_cache *cache, const cvi_want *want, cvi_now now) {
    bool is_bound = want->max_age_ms > 0 && !want->stale_too;
    return (cvi_cache_demand){
        .created_from_ms = is_bound ? now.wall_ms - want->max_age_ms + 1 : INT64_MIN,
        .ttl_ms = want->ttl_ms,
        .negative_ttl_ms = cache->negative_ttl_ms,
        .stale_ms = want->stale_too ? cache->stale_ms : 0,
        .heeds_control = cache->heeds_control,
        .knows = want->knows,
        .known_checksum = want->known_checksum,
    };
}

/* A row with a checksum and times that are numbers. */
static bool is_ours(sqlite3_stmt *row) {
    for (int column = CREATED_AT; column <= CHECKSUM; column++) {
        if (sqlite3_column_type(row, column) != SQLITE_INTEGER) {
            return false;
        }
    }
    return true;
}

bool cvi_cache_meets(const cvi_cache_demand *demand, cvi_cached *cached, cvi_now now) {
    cached->expires_at_ms = cached->row_expires_at_ms;
    if (cached->fetched_at_ms < demand->created_from_ms) {
        return false;
    }
    if (demand->any_expiry) {
        return true;
    }
    int64_t ttl_ms = cached->is_negative ? demand->negative_ttl_ms : demand->ttl_ms;
    bool is_never_stale =
        cached->is_negative || (cached->control & CVI_CONTROL_MUST_REVALIDATE) != 0;
    int64_t stale_ms = is_never_stale ? 0 : demand->stale_ms;
    if (ttl_ms <= 0 || cached->fetched_at_ms > now.wall_ms + CVI_CLOCK_TOLERANCE_MS) {
        return false;
    }
    int64_t own_end_ms = cvi_time_after(cached->fetched_at_ms, ttl_ms);
    bool is_ordered = demand->heeds_control && (cached->control & CVI_CONTROL_ORDERED) != 0;
    if (!is_ordered && own_end_ms < cached->expires_at_ms) {
        cached->expires_at_ms = own_end_ms;
    }
    return now.wall_ms < cvi_time_after(cached->expires_at_ms, stale_ms);
}

/* What is stored beside a body, but only if it was made of that: who knows nothing of tapes leaves
 * an older one where it is. Whatever else is wrong with it counts for nothing, too. */
static const char *find_tape(const cvi_row_place *place, int64_t checksum, size_t *size) {
    *size = 0;
    if (place->tape == 0 || sqlite3_column_type(place->row, place->tape) != SQLITE_BLOB) {
        return NULL;
    }
    const char *tape = sqlite3_column_blob(place->row, place->tape);
    size_t there = tape != NULL ? (size_t)sqlite3_column_bytes(place->row, place->tape) : 0;
    int64_t tape_checksum = sqlite3_column_int64(place->row, place->tape_checksum);
    if (cvi_checksum_beside(checksum, tape, there) != tape_checksum) {
        return NULL;
    }
    *size = there;
    return tape;
}

cvi_store_answer cvi_cache_copy_body(const cvi_sql *find, const cvi_row_place *place,
                                     const cv_allocator *allocator, cvi_row_body *body,
                                     cv_error *error) {
    const void *bytes = sqlite3_column_blob(place->row, place->value);
    size_t size = (size_t)sqlite3_column_bytes(place->row, place->value);
    memset(body, 0, sizeof(*body));
    if (bytes == NULL && sqlite3_errcode(find->connection) == SQLITE_NOMEM) {
        return cvi_sqlite_failed(SQLITE_NOMEM, find->path, error);
    }
    int64_t checksum = sqlite3_column_int64(place->row, place->checksum);
    body->is_damaged = cvi_checksum_under(place->hash, bytes, size) != checksum;
    if (body->is_damaged || allocator == NULL) {
        return CVI_STORE_DONE;
    }
    const char *tape = find_tape(place, checksum, &body->tape_size);
    body->text = cvi_copy_text_and(allocator, bytes, size, tape, body->tape_size);
    body->size = size;
    if (body->text == NULL) {
        cvi_error_no_memory(error);
        return CVI_STORE_FAILED;
    }
    return CVI_STORE_DONE;
}

static void read_row(sqlite3_stmt *row, cvi_cached *cached) {
    cached->fetched_at_ms = sqlite3_column_int64(row, CREATED_AT);
    cached->row_expires_at_ms = sqlite3_column_int64(row, EXPIRES_AT);
    cached->is_negative = sqlite3_column_int64(row, NEGATIVE) != 0;
    cached->row_id = sqlite3_column_int64(row, ROW_ID);
    cached->used_at_ms = sqlite3_column_int64(row, USED_AT);
    cached->control = sqlite3_column_int64(row, CONTROL);
    cached->checksum = sqlite3_column_int64(row, CHECKSUM);
}

/* Whether the statement has left the body out. */
static bool is_known(const cvi_cache_demand *demand, const cvi_cached *cached) {
    return demand->knows && cached->checksum == demand->known_checksum && !cached->is_negative;
}

cvi_store_answer cvi_cache_find(cvi_sql *find, const cv_allocator *allocator, const char *hash,
                                const cvi_cache_demand *demand, cvi_now now, cvi_cached *cached,
                                bool *is_damaged, cv_error *error) {
    sqlite3_stmt *row = NULL;
    bool found = false;
    cvi_row_body body = {.text = NULL};
    memset(cached, 0, sizeof(*cached));
    cvi_store_answer answer =
        demand->knows
            ? cvi_sql_start(find, FIND_UNLESS_KNOWN,
                            CVI_VALUES(cvi_text(hash), cvi_integer(demand->known_checksum)), &row,
                            error)
            : cvi_sql_start(find, FIND, CVI_VALUES(cvi_text(hash)), &row, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(find, row, &found, error);
    }
    if (answer == CVI_STORE_DONE && found) {
        read_row(row, cached);
        bool is_answer = is_ours(row) && cvi_cache_meets(demand, cached, now);
        cached->is_known = is_answer && is_known(demand, cached);
        if (is_answer && !cached->is_known) {
            const cvi_row_place place = {row, hash, CHECKSUM, VALUE, TAPE_CHECKSUM, TAPE};
            answer = cvi_cache_copy_body(find, &place, allocator, &body, error);
        }
        cvi_sql_finish(row);
    }
    cached->body = body.text;
    cached->size = body.size;
    cached->tape_size = body.tape_size;
    if (is_damaged != NULL) {
        *is_damaged = body.is_damaged;
    }
    return answer;
}

static bool is_within(int64_t bound, size_t size) {
    return bound < 0 || size <= (uint64_t)bound;
}

static bool has_room_for(const cvi_cache *cache, size_t size) {
    return is_within(cache->max_entry_bytes, size) && is_within(cache->bound.max_bytes, size);
}

bool cvi_cache_accepts(const cvi_cache *cache, const cvi_cache_entry *entry) {
    bool has_time = entry->keeping.ttl_ms > 0 || entry->keeping.is_ordered;
    return !cache->disabled && entry->body != NULL && has_time && !entry->keeping.no_store &&
           has_room_for(cache, entry->size);
}

/* Without it a body is read as well, only slower. */
static bool takes_tape(const cvi_cache *cache, const cvi_cache_entry *entry) {
    return entry->tape != NULL && has_room_for(cache, entry->size + entry->tape_size);
}

cvi_just_stored cvi_cache_stored(const cvi_cache *cache, const cvi_cache_entry *entry) {
    size_t size = entry->size + (takes_tape(cache, entry) ? entry->tape_size : 0);
    return (cvi_just_stored){entry->hash, (int64_t)size};
}

static cvi_value text_or_null(const char *text) {
    return text[0] != '\0' ? cvi_text(text) : cvi_null();
}

/* The last time that a row may say and be newer than something heard earlier. */
static cvi_value newest_of(cvi_now now) {
    return cvi_integer(now.wall_ms + CVI_CLOCK_TOLERANCE_MS);
}

/* The same for an entry: what was heard just now is newer than any row, whatever the clocks say. */
static cvi_value newest_beside(const cvi_cache_entry *entry, cvi_now now) {
    return entry->age_ms > 0 ? newest_of(now) : cvi_integer(INT64_MIN);
}

/* And for what has a date of its own: if the clock was set back since, that is of the future, too,
 * and every later one is newer. */
static cvi_value newest_beside_dated(const cvi_dated *dated, cvi_now now) {
    bool is_ahead = dated->fetched_at_ms > cvi_time_after(now.wall_ms, CVI_CLOCK_TOLERANCE_MS);
    return is_ahead ? cvi_integer(INT64_MAX) : newest_of(now);
}

static cvi_store_answer put(cvi_cache *cache, const cvi_cache_entry *entry, cvi_now now,
                            cv_error *error) {
    static const cvi_validators none = {.etag = ""};
    const cvi_validators *validators = entry->validators != NULL ? entry->validators : &none;
    const cvi_keeping *keeping = &entry->keeping;
    int control = (keeping->is_ordered ? CVI_CONTROL_ORDERED : 0) |
                  (keeping->must_revalidate ? CVI_CONTROL_MUST_REVALIDATE : 0);
    bool has_headers = control != 0 || cvi_validators_are_any(validators);
    int64_t body_checksum = cvi_checksum_under(entry->hash, entry->body, entry->size);
    cvi_value checksum = cvi_integer(body_checksum);
    bool has_tape = takes_tape(cache, entry);
    int64_t fetched_at_ms = now.wall_ms - entry->age_ms;
    return cvi_sql_run(
        &cache->sql, PUT,
        CVI_VALUES(
            cvi_text(entry->hash), cvi_integer(fetched_at_ms),
            cvi_integer(cvi_time_after(fetched_at_ms, keeping->ttl_ms)), checksum,
            cvi_integer(entry->is_negative ? 1 : 0), cvi_blob(entry->body, entry->size),
            text_or_null(validators->etag), text_or_null(validators->last_modified),
            has_headers ? cvi_integer(control) : cvi_null(), has_headers ? checksum : cvi_null(),
            has_tape
                ? cvi_integer(cvi_checksum_beside(body_checksum, entry->tape, entry->tape_size))
                : cvi_null(),
            has_tape ? cvi_blob(entry->tape, entry->tape_size) : cvi_null(),
            newest_beside(entry, now)),
        NULL, error);
}

static cvi_store_answer delete_older(cvi_cache *cache, const char *hash, int64_t fetched_at_ms,
                                     cvi_value newest, int64_t *touched, cv_error *error) {
    return cvi_sql_run(&cache->sql, DELETE_OLDER,
                       CVI_VALUES(cvi_text(hash), cvi_integer(fetched_at_ms), newest), touched,
                       error);
}

cvi_store_answer cvi_cache_store(cvi_cache *cache, const cvi_cache_entry *entry, cvi_now now,
                                 cv_error *error) {
    int64_t changed = 0;
    bool more = false; /* goes on with what is stored next, or with the next cleaning */
    if (!cvi_cache_accepts(cache, entry)) {
        return delete_older(cache, entry->hash, now.wall_ms - entry->age_ms,
                            newest_beside(entry, now), NULL, error);
    }
    cvi_store_answer answer = put(cache, entry, now, error);
    if (answer != CVI_STORE_DONE || entry->has_room) {
        return answer;
    }
    const cvi_just_stored stored = cvi_cache_stored(cache, entry);
    return cvi_bound_hold(&cache->bound, &stored, now, &changed, &more, error);
}

static cvi_store_answer put_newer(cvi_cache *cache, const cvi_dated *dated, cvi_now now,
                                  int64_t *touched, cv_error *error) {
    return cvi_sql_run(
        &cache->sql, PUT,
        CVI_VALUES(cvi_text(dated->hash), cvi_integer(dated->fetched_at_ms),
                   cvi_integer(dated->expires_at_ms),
                   cvi_integer(cvi_checksum_under(dated->hash, dated->body, dated->size)),
                   cvi_integer(0), cvi_blob(dated->body, dated->size), cvi_null(), cvi_null(),
                   cvi_null(), cvi_null(), cvi_null(), cvi_null(), newest_beside_dated(dated, now)),
        touched, error);
}

cvi_store_answer cvi_cache_store_dated(cvi_cache *cache, const cvi_dated *dated, cvi_now now,
                                       int64_t *changed, cv_error *error) {
    int64_t touched = 0;
    cvi_store_answer answer = CVI_STORE_DONE;
    if (now.wall_ms >= cvi_time_after(dated->expires_at_ms, cache->stale_ms)) {
        return CVI_STORE_DONE;
    }
    if (has_room_for(cache, dated->size)) {
        answer = put_newer(cache, dated, now, &touched, error);
    } else {
        answer = delete_older(cache, dated->hash, dated->fetched_at_ms,
                              newest_beside_dated(dated, now), &touched, error);
    }
    *changed += touched;
    return answer;
}

cvi_store_answer cvi_cache_delete(cvi_cache *cache, const char *hash, cv_error *error) {
    return cvi_sql_run(&cache->sql, DELETE, CVI_VALUES(cvi_text(hash)), NULL, error);
}

static cvi_store_answer delete_batch(cvi_cache *cache, enum statement statement,
                                     const cvi_value *values, size_t count, int64_t *changed,
                                     bool *more, cv_error *error) {
    int64_t deleted = 0;
    cvi_store_answer answer = cvi_sql_run(&cache->sql, statement, values, count, &deleted, error);
    *changed += deleted;
    *more = *more || deleted > 0;
    return answer;
}

cvi_store_answer cvi_cache_clear(cvi_cache *cache, int64_t *changed, bool *more, cv_error *error) {
    return delete_batch(cache, CLEAR,
                        CVI_VALUES(cvi_integer(CVI_CLEAN_BATCH), cvi_integer(CVI_CLEAN_BYTES)),
                        changed, more, error);
}

cvi_store_answer cvi_cache_clean(cvi_cache *cache, cvi_now now, int64_t *changed, bool *more,
                                 cv_error *error) {
    cvi_store_answer answer =
        delete_batch(cache, CLEAN,
                     CVI_VALUES(cvi_integer(CVI_CLEAN_BATCH), cvi_integer(CVI_CLEAN_BYTES),
                                cvi_integer(now.wall_ms - cache->stale_ms)),
                     changed, more, error);
    if (answer == CVI_STORE_DONE) {
        answer =
            cvi_bound_hold(&cache->bound, &(cvi_just_stored){"", 0}, now, changed, more, error);
    }
    return answer;
}
