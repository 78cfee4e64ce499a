/* The parts of a cvi_stores, for the files that span them. */
#ifndef CVI_STORES_HANDLE_H
#define CVI_STORES_HANDLE_H

#include <comicvine/stores.h>

#include "stores/budget.h"
#include "stores/cache.h"
#include "stores/dedupe.h"
#include "stores/rate_limit.h"
#include "stores/readers.h"
#include "support/allocator.h"

/* The public handle of a part. A lent one belongs to a client and is not closed. */
struct cv_cache_store {
    cvi_stores *stores;
    bool is_lent;
    int64_t default_ttl_ms;
    int64_t reader_ttl_ms; /* bounds what counts as fresh; INT64_MAX: rows say it, 0: nothing is */
};

struct cv_dedupe_store {
    cvi_stores *stores;
    bool is_lent;
};

struct cv_rate_limit_store {
    cvi_stores *stores;
    bool is_lent;
};

struct cvi_stores {
    cvi_db db;
    cvi_readers readers;
    cvi_cache cache;
    cvi_dedupe dedupe;
    cvi_rate_limit rate_limit;
    cvi_budget budget;
    struct cv_cache_store cache_store;
    struct cv_dedupe_store dedupe_store;
    struct cv_rate_limit_store rate_limit_store;
    int64_t cleaned_boot_ms; /* when a public handle last cleaned; within a transaction */
};

/* A row of the cache that `hash` finds on the writing connection. */
static inline cvi_store_answer cvi_stores_find(cvi_stores *stores, const char *hash,
                                               const cvi_cache_demand *demand, cvi_now now,
                                               cvi_cached *cached, bool *is_damaged,
                                               cv_error *error) {
    return cvi_cache_find(&stores->cache.find, &stores->db.allocator, hash, demand, now, cached,
                          is_damaged, error);
}

/* A look into the cache, from any thread, which is counted. */
cvi_store_answer cvi_stores_look(cvi_stores *stores, const char *hash,
                                 const cvi_cache_demand *demand, cvi_now now, cvi_cached *cached,
                                 cv_error *error);

/* Frees a body that is not handed on after all. */
static inline void cvi_stores_drop_body(const cvi_stores *stores, cvi_cached *cached) {
    cvi_release(&stores->db.allocator, cached->body);
    *cached = (cvi_cached){0};
}

#endif
