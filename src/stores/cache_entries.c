/* Owns the part of the public handle of the cache that is about rows as rows: walking through them,
 * reading one whatever its age, and storing one with times of its own. Any thread. */
#include <comicvine/stores.h>

#include <string.h>

#include "stores/cache_face.h"
#include "stores/limits.h"
#include "support/options.h"

static const char list_text[] =
    "SELECT hash, length(value), created_at, expires_at, negative, checksum IS NULL"
    " FROM main.cache WHERE hash > ?1 AND typeof(hash) = 'text'"
    " AND length(CAST(hash AS BLOB)) BETWEEN 1 AND ?2 ORDER BY hash LIMIT ?3";

enum column { HASH, SIZE, CREATED_AT, EXPIRES_AT, NEGATIVE, FOREIGN };

/* The hash has at most CV_HASH_MAX bytes. */
static void name_entry(cv_cache_entry *entry, const char *hash) {
    memcpy(entry->hash, hash, strlen(hash) + 1);
}

/* ---- walking ---- */

typedef struct walk {
    const char *after;
    cv_cache_entry *entries;
    size_t capacity;
    size_t count;
} walk;

static void fill_entry(cv_cache_entry *entry, sqlite3_stmt *row) {
    *entry = (cv_cache_entry){.size = sqlite3_column_int64(row, SIZE),
                              .created_at_ms = sqlite3_column_int64(row, CREATED_AT),
                              .expires_at_ms = sqlite3_column_int64(row, EXPIRES_AT),
                              .is_negative = sqlite3_column_int64(row, NEGATIVE) != 0,
                              .is_foreign = sqlite3_column_int(row, FOREIGN) != 0};
    name_entry(entry, cvi_sql_column_text(row, HASH));
}

static cvi_store_answer list_rows(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                  cv_error *error) {
    walk *run = context;
    const cvi_db *db = stores->cache_db;
    const char *text = list_text;
    sqlite3_stmt *statement = NULL;
    sqlite3_stmt *row = NULL;
    cvi_sql sql = {db->connection, db->path, &text, &statement, 1};
    (void)now;
    (void)keep;
    run->count = 0;
    cvi_store_answer answer =
        cvi_sql_start(&sql, 0,
                      CVI_VALUES(cvi_text(run->after), cvi_integer(CV_HASH_MAX),
                                 cvi_integer((int64_t)run->capacity)),
                      &row, error);
    bool more = answer == CVI_STORE_DONE;
    while (more) {
        answer = cvi_sql_next(&sql, row, &more, error);
        if (more) {
            fill_entry(&run->entries[run->count++], row);
        }
    }
    cvi_sql_finalize(&sql);
    return answer;
}

bool cv_cache_store_list(cv_cache_store *store, const char *after, cv_cache_entry *entries,
                         size_t capacity, size_t *count) {
    if (count == NULL || entries == NULL || capacity == 0 || capacity > INT32_MAX) {
        return cvi_public_refuse("the entries or their count are NULL, or have no room");
    }
    *count = 0;
    if (!cvi_cache_check_store(store) ||
        (after != NULL && !cvi_public_check_text("hash", after, CV_HASH_MAX))) {
        return false;
    }
    walk run = {.after = after != NULL ? after : "", .entries = entries, .capacity = capacity};
    if (!cvi_public_read(store->stores, store->stores->cache_db, list_rows, &run)) {
        return false;
    }
    *count = run.count;
    return true;
}

/* ---- reading one ---- */

typedef struct reading {
    const char *hash;
    cvi_cached cached;
    bool is_damaged;
} reading;

/* Not by cvi_stores_look, which counts and deletes. */
static cvi_store_answer read_entry(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                   cv_error *error) {
    static const cvi_cache_demand anything = {.created_from_ms = INT64_MIN, .any_expiry = true};
    reading *run = context;
    (void)keep;
    return cvi_cache_find(&stores->cache.find, &stores->cache_db->allocator, run->hash, &anything,
                          now, &run->cached, &run->is_damaged, error);
}

bool cv_cache_store_read(cv_cache_store *store, const char *hash, cv_cache_entry *entry,
                         cv_blob *value) {
    cv_blob unwanted;
    cv_blob *body = value != NULL ? value : &unwanted;
    *body = (cv_blob){NULL, 0};
    if (entry == NULL) {
        return cvi_public_refuse("the entry is NULL");
    }
    *entry = (cv_cache_entry){.size = 0};
    if (!cvi_cache_check_key(store, hash)) {
        return false;
    }
    reading run = {.hash = hash};
    const cvi_db *db = store->stores->cache_db;
    if (!cvi_public_read(store->stores, store->stores->cache_db, read_entry, &run)) {
        return false;
    }
    const cvi_cached *cached = &run.cached;
    if (cached->row_id != 0) {
        *entry = (cv_cache_entry){.size = (int64_t)cached->size,
                                  .created_at_ms = cached->fetched_at_ms,
                                  .expires_at_ms = cached->row_expires_at_ms,
                                  .is_negative = cached->is_negative,
                                  .is_foreign = cached->body == NULL && !run.is_damaged,
                                  .is_damaged = run.is_damaged};
        name_entry(entry, hash);
    }
    bool is_done = cvi_public_hand_out(db, &run.cached, body);
    if (value == NULL) {
        cv_free(unwanted.data);
    }
    return is_done;
}

/* ---- storing one ---- */

typedef struct putting {
    cvi_dated dated;
    bool stored;
} putting;

static cvi_store_answer put_row(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                cv_error *error) {
    putting *run = context;
    int64_t changed = 0;
    bool more = false; /* goes on with what is stored next, or with the next cleaning */
    cvi_cache *cache = &stores->cache;
    cvi_store_answer answer = cvi_cache_store_dated(cache, &run->dated, now, &changed, error);
    run->stored = changed > 0;
    if (answer == CVI_STORE_DONE && run->stored) {
        const cvi_just_stored stored = {run->dated.hash, (int64_t)run->dated.size};
        answer = cvi_bound_hold(&cache->bound, &stored, now, &changed, &more, error);
    }
    *keep = changed > 0;
    return answer;
}

bool cv_cache_store_put(cv_cache_store *store, const char *hash, const void *data, size_t size,
                        int64_t created_at_ms, int64_t expires_at_ms, bool *stored) {
    if (stored != NULL) {
        *stored = false;
    }
    if (data == NULL && size > 0) {
        return cvi_public_refuse("the data is NULL but has a size");
    }
    if (!cvi_cache_check_key(store, hash)) {
        return false;
    }
    cvi_db *db = store->stores->cache_db;
    int64_t latest_ms = cvi_clock_now(&db->clock).wall_ms + CVI_CLOCK_TOLERANCE_MS;
    if (created_at_ms < 0 || created_at_ms > latest_ms || expires_at_ms < created_at_ms ||
        expires_at_ms > CVI_MAX_TIME_MS + latest_ms) {
        return cvi_public_refuse("the times of the entry are below 0, in the wrong order, or later "
                                 "than can be");
    }
    putting run = {.dated = {.hash = hash,
                             .body = data != NULL ? data : "",
                             .size = size,
                             .fetched_at_ms = created_at_ms,
                             .expires_at_ms = expires_at_ms}};
    if (!cvi_public_write(store->stores, db, put_row, &run)) {
        return false;
    }
    if (stored != NULL) {
        *stored = run.stored;
    }
    return true;
}
