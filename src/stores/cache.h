/* The cache: bodies by hash, with expiry and checksum. */
#ifndef CVI_STORES_CACHE_H
#define CVI_STORES_CACHE_H

#include "stores/database.h"

enum { CVI_CACHE_STATEMENTS = 4 };

typedef struct cvi_cache {
    cvi_sql find; /* one statement, cvi_cache_find_text */
    cvi_sql sql;
    sqlite3_stmt *find_statement;
    sqlite3_stmt *statements[CVI_CACHE_STATEMENTS];
    bool disabled;
    int64_t max_entry_bytes; /* negative: no bound */
    int64_t stale_ms;        /* so long an expired row is kept */
    int64_t cleanup_interval_ms;
    _Atomic int64_t hits; /* of looks from any thread */
    _Atomic int64_t misses;
    _Atomic int64_t stale_hits;
} cvi_cache;

/* The point read, for connections beside the writing one. */
extern const char *const cvi_cache_find_text;

/* `db` must outlive the cache. Nothing can fail. */
void cvi_cache_init(cvi_cache *cache, cvi_db *db, const cv_cache_settings *settings);
void cvi_cache_finalize(cvi_cache *cache);

/* What a reader accepts. */
typedef struct cvi_cache_demand {
    int64_t created_from_ms; /* rows made before are not wanted */
    int64_t ttl_ms;          /* of the reader; its end and the row's expiry bound freshness */
    int64_t stale_ms;        /* so long after its end a row will still do */
    bool any_expiry;         /* fresh or not */
} cvi_cache_demand;

/* Reads a row with `find`, whose connection the caller may use. A miss leaves the body NULL;
 * `is_damaged` (NULL: not wanted) then tells a row that failed its checksum. The body is the
 * caller's, from `allocator`, with a NUL behind it. */
cvi_store_answer cvi_cache_find(cvi_sql *find, const cv_allocator *allocator, const char *hash,
                                const cvi_cache_demand *demand, cvi_now now, cvi_cached *cached,
                                bool *is_damaged, cv_error *error);

/* Whether a body of this size and TTL is to be stored at all. */
bool cvi_cache_accepts(const cvi_cache *cache, size_t size, int64_t ttl_ms);

/* Within a transaction: stores, replacing what was there. */
cvi_store_answer cvi_cache_put(cvi_cache *cache, const char *hash, const char *body, size_t size,
                               int64_t ttl_ms, cvi_now now, cv_error *error);

/* Within a transaction: forgets a row. */
cvi_store_answer cvi_cache_delete(cvi_cache *cache, const char *hash, cv_error *error);

/* Within a transaction: deletes a batch of any rows. Adds as cleaning does. */
cvi_store_answer cvi_cache_clear(cvi_cache *cache, int64_t *deleted, bool *more, cv_error *error);

/* Within a transaction: deletes a batch of rows long expired. Adds their number to `deleted`;
 * `more` becomes true if there may be others. */
cvi_store_answer cvi_cache_clean(cvi_cache *cache, cvi_now now, int64_t *deleted, bool *more,
                                 cv_error *error);

#endif
