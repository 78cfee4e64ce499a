/* The parts of a cvi_stores, for the files that span them. */
#ifndef CVI_STORES_HANDLE_H
#define CVI_STORES_HANDLE_H

#include <comicvine/stores.h>

#include "stores/budget.h"
#include "stores/cache.h"
#include "stores/dedupe.h"
#include "stores/rate_limit.h"
#include "stores/readers.h"
#include "stores/room.h"
#include "stores/spenders.h"
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

enum { CVI_MOST_FILES = 3 };

struct cvi_stores {
    cvi_db files[CVI_MOST_FILES]; /* each opened once, however many parts lie in it */
    size_t file_count;
    cvi_db *cache_db;
    cvi_db *dedupe_db;
    cvi_db *rate_limit_db;
    cvi_readers readers;
    cvi_cache cache;
    cvi_dedupe dedupe;
    cvi_rate_limit rate_limit;
    cvi_budget budget;
    cvi_spenders spenders;
    struct cv_cache_store cache_store;
    struct cv_dedupe_store dedupe_store;
    struct cv_rate_limit_store rate_limit_store;
    cvi_cap *cap;            /* NULL: none, or the client's */
    cvi_log *log;            /* NULL: none */
    int64_t cleaned_boot_ms; /* when a public handle last cleaned; within a transaction */
};

/* A transaction over all files. They are always begun in one order; ended first is the one whose
 * changes must not be missed by those who see the others'. On any answer but DONE of begin nothing
 * is held. */
cvi_store_answer cvi_stores_begin(cvi_stores *stores, int64_t patience_ms, cv_error *error);
cvi_store_answer cvi_stores_end(cvi_stores *stores, cvi_db *first, cvi_store_answer answer,
                                bool keep, cv_error *error);

/* A row of the cache that `hash` finds on the writing connection. */
static inline cvi_store_answer cvi_stores_find(cvi_stores *stores, const char *hash,
                                               const cvi_cache_demand *demand, cvi_now now,
                                               cvi_cached *cached, bool *is_damaged,
                                               cv_error *error) {
    return cvi_cache_find(&stores->cache.find, &stores->files[0].allocator, hash, demand, now,
                          cached, is_damaged, error);
}

/* A look into the cache, from any thread, which is counted. */
cvi_store_answer cvi_stores_look(cvi_stores *stores, const char *hash,
                                 const cvi_cache_demand *demand, cvi_now now, cvi_cached *cached,
                                 cv_error *error);

/* cvi_stores_watch for any thread, which sets no backstop and lets nobody tell of the owner's end.
 * `owner` gets its life if the job is PENDING; 0: none that can be seen. */
cvi_store_answer cvi_stores_look_after(cvi_stores *stores, const char *hash, const char *job_id,
                                       cvi_now now, cvi_watch *watch, int64_t *owner,
                                       cv_error *error);

/* Frees a body that is not handed on after all. */
static inline void cvi_stores_drop_body(const cvi_stores *stores, cvi_cached *cached) {
    cvi_release(&stores->files[0].allocator, cached->body);
    *cached = (cvi_cached){0};
}

#endif
