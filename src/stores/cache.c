/* Owns the rows of the table cache: freshness, checksums, size and age bounds. A body is believed
 * only with its checksum; rows without one are other programs' and are left alone. Callers hold the
 * transaction (writing) or the connection (reading). */
#include "stores/cache.h"

#include <string.h>

#include "stores/limits.h"
#include "stores/sqlite_error.h"
#include "support/allocator.h"
#include "support/digest.h"
#include "support/error.h"

enum statement { PUT, DELETE, CLEAN, CLEAR };

const char *const cvi_cache_find_text =
    "SELECT created_at, expires_at, checksum, value FROM cache WHERE hash = ?1";

#define CLEAN_TEXT                                                                                 \
    "DELETE FROM cache WHERE rowid IN (SELECT rowid FROM cache WHERE expires_at < ?1 LIMIT ?2)"

static const char *const texts[CVI_CACHE_STATEMENTS] = {
    [PUT] = "INSERT INTO cache(hash, created_at, expires_at, checksum, value)"
            " VALUES(?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT(hash) DO UPDATE SET created_at = excluded.created_at,"
            " expires_at = excluded.expires_at, checksum = excluded.checksum,"
            " value = excluded.value",
    [DELETE] = "DELETE FROM cache WHERE hash = ?1",
    [CLEAN] = CLEAN_TEXT,
    [CLEAR] = "DELETE FROM cache WHERE rowid IN (SELECT rowid FROM cache LIMIT ?1)",
};

void cvi_cache_init(cvi_cache *cache, cvi_db *db, const cv_cache_settings *settings) {
    memset(cache, 0, sizeof(*cache));
    cache->find =
        (cvi_sql){db->connection, db->path, &cvi_cache_find_text, &cache->find_statement, 1};
    cache->sql =
        (cvi_sql){db->connection, db->path, texts, cache->statements, CVI_CACHE_STATEMENTS};
    cache->disabled = settings->disabled;
    cache->max_entry_bytes = settings->max_entry_bytes;
    cache->cleanup_interval_ms = settings->cleanup_interval_ms;
    cache->stale_ms = cvi_span(settings->stale_s < 0 ? -1 : settings->stale_s * 1000, 0);
}

void cvi_cache_finalize(cvi_cache *cache) {
    cvi_sql_finalize(&cache->find);
    cvi_sql_finalize(&cache->sql);
}

/* A row with a checksum and times that are numbers. */
static bool is_ours(sqlite3_stmt *row) {
    for (int column = 0; column <= 2; column++) {
        if (sqlite3_column_type(row, column) != SQLITE_INTEGER) {
            return false;
        }
    }
    return true;
}

/* The times of a row, and how long it may be used. */
static bool meets(const cvi_cache_demand *demand, cvi_cached *cached, cvi_now now) {
    if (cached->fetched_at_ms < demand->created_from_ms) {
        return false;
    }
    if (demand->any_expiry) {
        return true;
    }
    if (demand->ttl_ms <= 0 || cached->fetched_at_ms > now.wall_ms + CVI_CLOCK_TOLERANCE_MS) {
        return false;
    }
    int64_t own_end_ms = cvi_time_after(cached->fetched_at_ms, demand->ttl_ms);
    if (own_end_ms < cached->expires_at_ms) {
        cached->expires_at_ms = own_end_ms;
    }
    return now.wall_ms < cvi_time_after(cached->expires_at_ms, demand->stale_ms);
}

/* Copies the body of the present row, if its checksum says that it is what was stored. */
static cvi_store_answer copy_body(const cvi_sql *find, sqlite3_stmt *row,
                                  const cv_allocator *allocator, cvi_cached *cached,
                                  bool *is_damaged, cv_error *error) {
    const void *bytes = sqlite3_column_blob(row, 3);
    size_t size = (size_t)sqlite3_column_bytes(row, 3);
    if (bytes == NULL && sqlite3_errcode(find->connection) == SQLITE_NOMEM) {
        return cvi_sqlite_failed(SQLITE_NOMEM, find->path, error);
    }
    if (cvi_checksum(bytes, size) != sqlite3_column_int64(row, 2)) {
        *is_damaged = true;
        return CVI_STORE_DONE;
    }
    cached->body = cvi_copy_text(allocator, bytes, size);
    cached->size = size;
    if (cached->body == NULL) {
        cvi_error_no_memory(error);
        return CVI_STORE_FAILED;
    }
    return CVI_STORE_DONE;
}

cvi_store_answer cvi_cache_find(cvi_sql *find, const cv_allocator *allocator, const char *hash,
                                const cvi_cache_demand *demand, cvi_now now, cvi_cached *cached,
                                bool *is_damaged, cv_error *error) {
    sqlite3_stmt *row = NULL;
    bool found = false;
    bool damaged = false;
    memset(cached, 0, sizeof(*cached));
    cvi_store_answer answer = cvi_sql_start(find, 0, CVI_VALUES(cvi_text(hash)), &row, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(find, row, &found, error);
    }
    if (answer == CVI_STORE_DONE && found) {
        cached->fetched_at_ms = sqlite3_column_int64(row, 0);
        cached->expires_at_ms = sqlite3_column_int64(row, 1);
        if (is_ours(row) && meets(demand, cached, now)) {
            answer = copy_body(find, row, allocator, cached, &damaged, error);
        }
        cvi_sql_finish(row);
    }
    if (is_damaged != NULL) {
        *is_damaged = damaged;
    }
    return answer;
}

bool cvi_cache_accepts(const cvi_cache *cache, size_t size, int64_t ttl_ms) {
    if (cache->disabled || ttl_ms <= 0) {
        return false;
    }
    return cache->max_entry_bytes < 0 || size <= (uint64_t)cache->max_entry_bytes;
}

cvi_store_answer cvi_cache_put(cvi_cache *cache, const char *hash, const char *body, size_t size,
                               int64_t ttl_ms, cvi_now now, cv_error *error) {
    return cvi_sql_run(&cache->sql, PUT,
                       CVI_VALUES(cvi_text(hash), cvi_integer(now.wall_ms),
                                  cvi_integer(cvi_time_after(now.wall_ms, ttl_ms)),
                                  cvi_integer(cvi_checksum(body, size)), cvi_blob(body, size)),
                       NULL, error);
}

cvi_store_answer cvi_cache_delete(cvi_cache *cache, const char *hash, cv_error *error) {
    return cvi_sql_run(&cache->sql, DELETE, CVI_VALUES(cvi_text(hash)), NULL, error);
}

static cvi_store_answer delete_batch(cvi_cache *cache, enum statement statement,
                                     const cvi_value *values, size_t count, int64_t *deleted,
                                     bool *more, cv_error *error) {
    int64_t changes = 0;
    cvi_store_answer answer = cvi_sql_run(&cache->sql, statement, values, count, &changes, error);
    *deleted += changes;
    *more = *more || changes == CVI_CLEAN_BODIES;
    return answer;
}

cvi_store_answer cvi_cache_clear(cvi_cache *cache, int64_t *deleted, bool *more, cv_error *error) {
    return delete_batch(cache, CLEAR, CVI_VALUES(cvi_integer(CVI_CLEAN_BODIES)), deleted, more,
                        error);
}

cvi_store_answer cvi_cache_clean(cvi_cache *cache, cvi_now now, int64_t *deleted, bool *more,
                                 cv_error *error) {
    return delete_batch(
        cache, CLEAN,
        CVI_VALUES(cvi_integer(now.wall_ms - cache->stale_ms), cvi_integer(CVI_CLEAN_BODIES)),
        deleted, more, error);
}
