/* The shelf: what lists have said of single objects, until it is in the cache. */
#ifndef CVI_CLIENT_SHELF_H
#define CVI_CLIENT_SHELF_H

#include <stdbool.h>
#include <stdint.h>

#include "resources/result.h"
#include "stores/stores.h"
#include "support/clock.h"
#include "support/log.h"

/* cvi_stores_store_dated, or what stands for it. */
typedef cvi_store_answer cvi_shelf_store(cvi_stores *stores, const cvi_dated *dated, size_t count,
                                         cvi_now now, cv_error *error);

enum { CVI_SHELF_BUCKETS = 1024 };

/* One object's answer, under its own key. */
typedef struct cvi_shelved {
    struct cvi_shelved *next;        /* by age */
    struct cvi_shelved *bucket_next; /* newest first */
    char hash[CVI_HASH_SIZE];
    cvi_result *result;
    cvi_provenance provenance; /* as who finds it here is told */
} cvi_shelved;

/* Zeroed, it is empty and must not be put to use. The driver's. */
typedef struct cvi_shelf {
    cvi_stores *stores;
    cvi_shelf_store *store;
    cv_allocator allocator;
    const cvi_random *random;
    cvi_shelved *first; /* the oldest: stored next */
    cvi_shelved *last;
    cvi_shelved *buckets[CVI_SHELF_BUCKETS];
    int64_t due_boot_ms; /* no transaction before */
    cvi_log *log;        /* NULL: none */
    size_t lost;         /* answers that could not be stored, since the shelf was last empty */
} cvi_shelf;

/* An empty shelf; what it is given must outlive it, the log (NULL: none) too. */
void cvi_shelf_init(cvi_shelf *shelf, cvi_stores *stores, cvi_shelf_store *store,
                    const cv_allocator *allocator, const cvi_random *random, cvi_log *log);

/* Puts an answer on the shelf, and keeps it until it is stored. Without memory it is not, which
 * costs somebody a request some time. */
void cvi_shelf_put(cvi_shelf *shelf, const char *hash, cvi_result *result,
                   const cvi_provenance *provenance);

/* The newest answer of this key that has not expired; NULL: none. Good until the next step. */
const cvi_shelved *cvi_shelf_find(const cvi_shelf *shelf, const char *hash, cvi_now now);

/* Stores a small batch, if it is time. The answer is the boot time at which to call again,
 * INT64_MAX: when something has been put. */
int64_t cvi_shelf_step(cvi_shelf *shelf, cvi_now now);

bool cvi_shelf_is_empty(const cvi_shelf *shelf);

/* Drops everything. */
void cvi_shelf_clear(cvi_shelf *shelf);

#endif
