/* Owns the handle: opening and closing of the parts, lookups, cleaning and wake-ups. The
 * transactions that span the parts are in claim.c and finish.c. */
#include "stores/stores.h"

#include <string.h>

#include "stores/handle.h"
#include "stores/write_back.h"
#include "support/allocator.h"
#include "support/error.h"

enum { CLOSE_PATIENCE_MS = 25 };

static bool open_parts(cvi_stores *stores, const cvi_stores_options *options) {
    cvi_cache_init(&stores->cache, stores->cache_db, &options->cache);
    bool has_dedupe =
        cvi_dedupe_init(&stores->dedupe, stores->dedupe_db, &options->dedupe, options->scope);
    const cvi_whose whose = {options->scope, options->origin, options->host, options->application};
    bool has_limit = cvi_rate_limit_init(&stores->rate_limit, stores->rate_limit_db,
                                         &options->rate_limit, &whose);
    cvi_budget_init(&stores->budget, &stores->rate_limit);
    cvi_spenders_init(&stores->spenders, &stores->rate_limit);
    return has_dedupe && has_limit;
}

static void close_files(cvi_stores *stores) {
    while (stores->file_count > 0) {
        cvi_db_close(&stores->files[--stores->file_count]);
    }
}

static void close_parts(cvi_stores *stores) {
    cvi_fork_hold_off();
    cvi_cache_finalize(&stores->cache);
    cvi_dedupe_finalize(&stores->dedupe);
    cvi_budget_finalize(&stores->budget);
    cvi_spenders_finalize(&stores->spenders);
    cvi_rate_limit_finalize(&stores->rate_limit);
    cvi_fork_let();
    close_files(stores);
}

/* The file that a part lies in: one that is open already under this name, or a new one. */
static bool open_file(cvi_stores *stores, const cvi_stores_options *options, const char *database,
                      cvi_db **opened, cv_error *error) {
    cvi_db *file = &stores->files[stores->file_count];
    cvi_db_options db_options = {
        .database = database != NULL ? database : options->database,
        .connection = database != NULL ? NULL : options->connection,
        .relaxed_sync = options->relaxed_sync,
        .look_back_ms = cvi_rate_limit_longest_ms(&options->rate_limit),
        .allocator = options->allocator,
        .clock = options->clock,
        .random = options->random,
        .log = options->log,
    };
    if (!cvi_db_open(file, &db_options, error)) {
        return false;
    }
    for (size_t i = 0; i < stores->file_count && !file->is_memory; i++) {
        if (strcmp(stores->files[i].path, file->path) == 0) {
            cvi_db_close(file);
            *opened = &stores->files[i];
            return true;
        }
    }
    stores->file_count++;
    *opened = file;
    return true;
}

/* Parts without a name of their own lie together. Their file comes first: a part that names it too
 * then uses it as it is, over the application's connection if that is what it is. */
static bool open_files(cvi_stores *stores, const cvi_stores_options *options, cv_error *error) {
    const struct {
        const char *database;
        cvi_db **opened;
    } parts[] = {{options->cache.database, &stores->cache_db},
                 {options->dedupe.database, &stores->dedupe_db},
                 {options->rate_limit.database, &stores->rate_limit_db}};
    const size_t count = sizeof(parts) / sizeof(parts[0]);
    cvi_db *common = NULL;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].database != NULL) {
            continue;
        }
        if (common == NULL && !open_file(stores, options, NULL, &common, error)) {
            return false;
        }
        *parts[i].opened = common;
    }
    for (size_t i = 0; i < count; i++) {
        if (parts[i].database != NULL &&
            !open_file(stores, options, parts[i].database, parts[i].opened, error)) {
            return false;
        }
    }
    return true;
}

static void lend_handles(cvi_stores *stores, const cvi_stores_options *options) {
    int64_t ttl_ms = options->cache.ttl_s > 0 ? options->cache.ttl_s * 1000 : 0;
    stores->cache_store = (cv_cache_store){stores, true, ttl_ms, INT64_MAX};
    stores->dedupe_store = (cv_dedupe_store){stores, true};
    stores->rate_limit_store = (cv_rate_limit_store){stores, true};
    stores->cleaned_boot_ms = cvi_clock_now(&options->clock).boot_ms;
}

cvi_stores *cvi_stores_open(const cvi_stores_options *options, cv_error *error) {
    cvi_stores *stores = cvi_allocate(&options->allocator, sizeof(*stores));
    if (stores == NULL) {
        cvi_error_no_memory(error);
        return NULL;
    }
    stores->log = options->log;
    if (!open_files(stores, options, error)) {
        close_files(stores);
        cvi_release(&options->allocator, stores);
        return NULL;
    }
    if (open_parts(stores, options) && cvi_readers_init(&stores->readers, stores->cache_db)) {
        lend_handles(stores, options);
        stores->cap = options->cap; /* only now: what fails leaves it with the caller */
        return stores;
    }
    cvi_error_no_memory(error);
    close_parts(stores);
    cvi_release(&options->allocator, stores);
    return NULL;
}

/* Deletes the jobs still owned, so that others need not find out. Best effort: the lock that falls
 * next says the same. */
static void abandon_jobs(cvi_stores *stores) {
    cv_error ignored;
    bool any = false;
    cvi_db_visit(stores->dedupe_db);
    cvi_store_answer answer = cvi_dedupe_owns_any(&stores->dedupe, &any, &ignored);
    cvi_db_depart(stores->dedupe_db);
    if (answer != CVI_STORE_DONE || !any ||
        cvi_db_begin(stores->dedupe_db, CLOSE_PATIENCE_MS, &ignored) != CVI_STORE_DONE) {
        return;
    }
    cvi_buffer waiters;
    cvi_dedupe_waiters_init(&stores->dedupe, &waiters);
    answer = cvi_dedupe_abandon(&stores->dedupe, &waiters, &ignored);
    if (cvi_db_end(stores->dedupe_db, answer, true, &ignored) == CVI_STORE_DONE) {
        cvi_dedupe_wake(&stores->dedupe, &waiters);
    }
    cvi_buffer_free(&waiters);
}

void cvi_stores_close(cvi_stores *stores) {
    if (stores == NULL || cvi_stores_are_inherited(stores)) {
        return; /* the parent's: even to finalize a statement would want its mutexes */
    }
    cv_allocator allocator = stores->files[0].allocator;
    cvi_cap *cap = stores->cap;
    abandon_jobs(stores);
    cvi_readers_close(&stores->readers);
    close_parts(stores);
    cvi_release(&allocator, stores);
    cvi_cap_close(cap);
}

cvi_store_answer cvi_stores_begin(cvi_stores *stores, int64_t patience_ms, cv_error *error) {
    cvi_store_answer answer = CVI_STORE_DONE;
    size_t begun = 0;
    while (answer == CVI_STORE_DONE && begun < stores->file_count) {
        answer = cvi_db_begin(&stores->files[begun], patience_ms, error);
        begun += answer == CVI_STORE_DONE ? 1 : 0;
    }
    while (answer != CVI_STORE_DONE && begun > 0) {
        cvi_db_end(&stores->files[--begun], answer, false, error);
    }
    return answer;
}

cvi_store_answer cvi_stores_end(cvi_stores *stores, cvi_db *first, cvi_store_answer answer,
                                bool keep, cv_error *error) {
    answer = cvi_db_end(first, answer, keep, error);
    for (size_t i = 0; i < stores->file_count; i++) {
        if (&stores->files[i] != first) {
            answer = cvi_db_end(&stores->files[i], answer, keep, error);
        }
    }
    return answer;
}

static void count_hit(cvi_cache *cache, const cvi_cached *cached, cvi_now now) {
    if (cached->is_negative) {
        cache->negative_hits++;
    } else if (now.wall_ms < cached->expires_at_ms) {
        cache->hits++;
    } else {
        cache->stale_hits++;
    }
    cvi_bound_note(&cache->bound, cached, now);
}

cvi_store_answer cvi_stores_look(cvi_stores *stores, const char *hash,
                                 const cvi_cache_demand *demand, cvi_now now, cvi_cached *cached,
                                 cv_error *error) {
    memset(cached, 0, sizeof(*cached));
    if (stores->cache.disabled) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer =
        cvi_readers_find(&stores->readers, &stores->cache, hash, demand, now, cached, error);
    if (answer == CVI_STORE_DONE && cached->body == NULL && !cached->is_known) {
        stores->cache.misses++;
    } else if (answer == CVI_STORE_DONE) {
        count_hit(&stores->cache, cached, now);
    }
    return answer;
}

cvi_store_answer cvi_stores_lookup(cvi_stores *stores, const char *hash, const cvi_want *want,
                                   cvi_now now, cvi_cached *cached, cv_error *error) {
    cvi_cache_demand demand = cvi_cache_demand_of(&stores->cache, want, now);
    return cvi_stores_look(stores, hash, &demand, now, cached, error);
}

bool cvi_stores_stamp(const cvi_stores *stores, cvi_stamp *stamp) {
    const cvi_db *db = stores->cache_db;
    return db->stamp_place != NULL && cvi_stamp_read(db->stamp_place, stamp);
}

bool cvi_stores_look_again(cvi_stores *stores, cvi_cached *cached, const cvi_want *want,
                           cvi_now now) {
    cvi_cache_demand demand = cvi_cache_demand_of(&stores->cache, want, now);
    if (!cvi_cache_meets(&demand, cached, now)) {
        return false;
    }
    count_hit(&stores->cache, cached, now);
    return true;
}

/* What is never cleaned by interval is not cleaned because another part is. */
static cvi_store_answer clean_parts(cvi_stores *stores, cvi_now now, int64_t *changed, bool *more,
                                    cv_error *error) {
    cvi_store_answer answer = CVI_STORE_DONE;
    if (stores->cache.cleanup_interval_ms >= 0) {
        answer = cvi_cache_clean(&stores->cache, now, changed, more, error);
    }
    if (answer == CVI_STORE_DONE && stores->dedupe.cleanup_interval_ms >= 0) {
        answer = cvi_dedupe_clean(&stores->dedupe, now, changed, more, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = cvi_rate_limit_clean(&stores->rate_limit, now, changed, more, error);
    }
    return answer;
}

cvi_store_answer cvi_stores_clean(cvi_stores *stores, cvi_now now, bool *more, cv_error *error) {
    int64_t changed = 0;
    *more = false;
    cvi_deaths_forget(&stores->dedupe.deaths, now);
    cvi_store_answer answer = cvi_stores_begin(stores, 0, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer = clean_parts(stores, cvi_db_now(stores->cache_db, now), &changed, more, error);
    return cvi_stores_end(stores, stores->cache_db, answer, changed > 0, error);
}

void cvi_stores_write_back_apart(cvi_stores *stores) {
    for (size_t i = 0; i < stores->file_count; i++) {
        cvi_write_back_apart(&stores->files[i]);
    }
}

bool cvi_stores_write_back(cvi_stores *stores) {
    bool is_done = false;
    for (size_t i = 0; i < stores->file_count && !is_done; i++) {
        is_done = cvi_write_back(&stores->files[i]);
    }
    return is_done;
}

bool cvi_stores_are_inherited(const cvi_stores *stores) {
    return !cvi_birth_is_here(&stores->files[0].birth);
}

cv_cache_store *cvi_stores_cache_store(cvi_stores *stores) {
    return &stores->cache_store;
}

cv_dedupe_store *cvi_stores_dedupe_store(cvi_stores *stores) {
    return &stores->dedupe_store;
}

cv_rate_limit_store *cvi_stores_rate_limit_store(cvi_stores *stores) {
    return &stores->rate_limit_store;
}

int cvi_stores_wake_descriptor(const cvi_stores *stores) {
    return cvi_deaths_descriptor(&stores->dedupe.deaths);
}

bool cvi_stores_wake_drain(cvi_stores *stores) {
    bool has_ended = cvi_deaths_drain(&stores->dedupe.deaths);
    return cvi_wake_drain(&stores->dedupe.wake) || has_ended;
}
