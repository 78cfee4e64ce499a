/* Owns the public handle of the cache: checks what the application passes, and calls cache.c. */
#include <comicvine/stores.h>

#include <string.h>

#include "stores/cache_face.h"
#include "stores/cache_rows.h"
#include "stores/limits.h"
#include "stores/settings.h"
#include "support/error.h"
#include "support/options.h"

#define LARGEST_TTL_S (CVI_MAX_TIME_MS / 1000)

/* ---- opening and closing ---- */

static bool read_options(cv_cache_options *own, const cv_cache_options *options,
                         cv_cache_settings *settings) {
    cv_error error;
    if (!cvi_public_copy_options(own, sizeof(*own), options, "cv_cache_options", own->reserved,
                                 sizeof(own->reserved) / sizeof(own->reserved[0]))) {
        return false;
    }
    *settings = (cv_cache_settings){.ttl_s = own->ttl_s,
                                    .stale_s = own->stale_s,
                                    .max_entry_bytes = own->max_entry_bytes,
                                    .max_bytes = own->max_bytes,
                                    .cleanup_interval_ms = own->cleanup_interval_ms};
    if (cvi_cache_settings_fill(settings, "", &error)) {
        return true;
    }
    cvi_error_remember(&error);
    return false;
}

static int64_t reader_ttl_ms(int64_t ttl_s) {
    if (ttl_s == 0) {
        return INT64_MAX;
    }
    return ttl_s == CV_NONE ? 0 : ttl_s * 1000;
}

cv_cache_store *cv_cache_store_open(const cv_cache_options *options) {
    cv_cache_options own;
    cvi_stores_options parts = cvi_public_parts();
    if (!read_options(&own, options, &parts.cache)) {
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
    stores->cache_store.is_lent = false;
    stores->cache_store.reader_ttl_ms = reader_ttl_ms(own.ttl_s);
    return &stores->cache_store;
}

void cv_cache_store_close(cv_cache_store *store) {
    if (store != NULL && !store->is_lent) {
        cvi_stores_close(store->stores);
    }
}

/* ---- reading ---- */

bool cvi_cache_check_store(const cv_cache_store *store) {
    if (store == NULL) {
        return cvi_public_refuse("the cache store is NULL");
    }
    return cvi_public_check_here(store->stores);
}

bool cvi_cache_check_key(const cv_cache_store *store, const char *hash) {
    return cvi_cache_check_store(store) && cvi_public_check_text("hash", hash, CV_HASH_MAX);
}

static bool look(cv_cache_store *store, const char *hash, int64_t stale_ms, cv_blob *value,
                 int64_t *age_ms) {
    cvi_db *db = store->stores->cache_db;
    cvi_cache_demand demand = {
        .created_from_ms = INT64_MIN, .ttl_ms = store->reader_ttl_ms, .stale_ms = stale_ms};
    cvi_cached cached;
    cv_error error;
    cvi_patience left = cvi_patience_start(db, CVI_PUBLIC_PATIENCE_MS);
    cvi_now now = cvi_clock_now(&db->clock);
    cvi_store_answer answer = cvi_stores_look(store->stores, hash, &demand, now, &cached, &error);
    while (answer == CVI_STORE_BUSY && cvi_patience_wait(db, &left)) {
        now = cvi_clock_now(&db->clock);
        answer = cvi_stores_look(store->stores, hash, &demand, now, &cached, &error);
    }
    if (cached.body != NULL && age_ms != NULL) {
        *age_ms = cvi_age_ms(now.wall_ms, cached.fetched_at_ms);
    }
    return cvi_public_end(db, answer, &error) && cvi_public_hand_out(db, &cached, value);
}

bool cv_cache_store_get(cv_cache_store *store, const char *hash, cv_blob *value) {
    if (value == NULL) {
        return cvi_public_refuse("the value is NULL");
    }
    *value = (cv_blob){NULL, 0};
    return cvi_cache_check_key(store, hash) && look(store, hash, 0, value, NULL);
}

bool cv_cache_store_get_stale(cv_cache_store *store, const char *hash, cv_blob *value,
                              int64_t *age_ms) {
    if (value == NULL) {
        return cvi_public_refuse("the value is NULL");
    }
    *value = (cv_blob){NULL, 0};
    if (age_ms != NULL) {
        *age_ms = 0;
    }
    return cvi_cache_check_key(store, hash) &&
           look(store, hash, store->stores->cache.stale_ms, value, age_ms);
}

/* ---- writing ---- */

static cvi_store_answer clean_batch(cvi_stores *stores, cvi_now now, int64_t *deleted, bool *more,
                                    cv_error *error) {
    return cvi_cache_clean(&stores->cache, now, deleted, more, error);
}

static cvi_store_answer clear_batch(cvi_stores *stores, cvi_now now, int64_t *deleted, bool *more,
                                    cv_error *error) {
    (void)now;
    return cvi_cache_clear(&stores->cache, deleted, more, error);
}

static cvi_store_answer put_entry(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                  cv_error *error) {
    *keep = true;
    cvi_store_answer answer = cvi_cache_store(&stores->cache, context, now, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    int64_t interval_ms = stores->cache_store.is_lent ? -1 : stores->cache.cleanup_interval_ms;
    return cvi_public_clean_if_due(stores, interval_ms, clean_batch, now, error);
}

bool cv_cache_store_set(cv_cache_store *store, const char *hash, const void *data, size_t size,
                        int64_t ttl_s) {
    if (data == NULL && size > 0) {
        return cvi_public_refuse("the data is NULL but has a size");
    }
    if (ttl_s < 0 || ttl_s > LARGEST_TTL_S) {
        return cvi_public_refuse("the ttl_s is negative, or more than a year");
    }
    if (!cvi_cache_check_key(store, hash)) {
        return false;
    }
    cvi_cache_entry entry = {
        .hash = hash,
        .body = data != NULL ? data : "",
        .size = size,
        .keeping = {.ttl_ms = ttl_s > 0 ? ttl_s * 1000 : store->default_ttl_ms},
    };
    return cvi_public_write(store->stores, store->stores->cache_db, put_entry, &entry);
}

bool cv_cache_store_delete(cv_cache_store *store, const char *hash) {
    if (!cvi_cache_check_key(store, hash)) {
        return false;
    }
    cvi_cache_entry nothing = {.hash = hash};
    return cvi_public_write(store->stores, store->stores->cache_db, put_entry, &nothing);
}

/* ---- the whole ---- */

bool cv_cache_store_stats(cv_cache_store *store, cv_cache_stats *stats) {
    enum { TOTAL, EXPIRED, NEGATIVE, BYTES, FILE_BYTES, COLUMNS };
    static const char text[] =
        "SELECT count(*), count(*) FILTER (WHERE expires_at <= ?1),"
        " count(*) FILTER (WHERE negative <> 0), coalesce(sum(" CVI_CACHE_ROW_BYTES "), 0),"
        " (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) FROM main.cache";
    int64_t columns[COLUMNS] = {0};
    if (stats == NULL) {
        return cvi_public_refuse("the stats are NULL");
    }
    memset(stats, 0, sizeof(*stats));
    if (!cvi_cache_check_store(store)) {
        return false;
    }
    cvi_db *db = store->stores->cache_db;
    if (!cvi_public_read_row(db, text, CVI_VALUES(cvi_integer(cvi_clock_now(&db->clock).wall_ms)),
                             columns, COLUMNS)) {
        return false;
    }
    stats->total_items = columns[TOTAL];
    stats->expired_items = columns[EXPIRED];
    stats->negative_items = columns[NEGATIVE];
    stats->bytes = columns[BYTES];
    stats->database_size_kb = columns[FILE_BYTES] / 1024;
    stats->hits = store->stores->cache.hits;
    stats->misses = store->stores->cache.misses;
    stats->stale_hits = store->stores->cache.stale_hits;
    stats->negative_hits = store->stores->cache.negative_hits;
    return true;
}

bool cv_cache_store_cleanup(cv_cache_store *store) {
    return cvi_cache_check_store(store) &&
           cvi_public_delete_all(store->stores, store->stores->cache_db, clean_batch);
}

bool cv_cache_store_clear(cv_cache_store *store) {
    return cvi_cache_check_store(store) &&
           cvi_public_delete_all(store->stores, store->stores->cache_db, clear_batch);
}
