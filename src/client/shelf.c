/* Owns answers about single objects that came in lists, on their way into the cache. They are
 * stored oldest first, a small batch in each transaction and a pause between two, so that neither a
 * frame nor another process waits for hundreds of them; whoever looks for one meanwhile finds it
 * here. What cannot be stored is dropped: nobody waits for it. The driver's. */
#include "client/shelf.h"

#include <string.h>

#include "client/retry.h"
#include "support/allocator.h"

enum { BATCH_ROWS = 25, BATCH_BYTES = 256 * 1024, BETWEEN_BATCHES_MS = 1 };

void cvi_shelf_init(cvi_shelf *shelf, cvi_stores *stores, cvi_shelf_store *store,
                    const cv_allocator *allocator, const cvi_random *random, cvi_log *log) {
    memset(shelf, 0, sizeof(*shelf));
    shelf->stores = stores;
    shelf->store = store;
    shelf->allocator = *allocator;
    shelf->random = random;
    shelf->log = log;
}

static size_t bucket_of(const char *hash) {
    size_t bucket = 0;
    for (const char *digit = hash; *digit != '\0' && digit < hash + 8; digit++) {
        bucket = bucket * 31 + (unsigned char)*digit;
    }
    return bucket % CVI_SHELF_BUCKETS;
}

/* ---- putting and finding ---- */

void cvi_shelf_put(cvi_shelf *shelf, const char *hash, cvi_result *result,
                   const cvi_provenance *provenance) {
    cvi_shelved *shelved = cvi_allocate(&shelf->allocator, sizeof(*shelved));
    if (shelved == NULL) {
        return;
    }
    cvi_shelved **bucket = &shelf->buckets[bucket_of(hash)];
    memcpy(shelved->hash, hash, sizeof(shelved->hash));
    shelved->result = cvi_result_keep(result);
    shelved->provenance = *provenance;
    if (provenance->source == CV_SOURCE_NETWORK) { /* fetched for another caller */
        shelved->provenance.source = CV_SOURCE_SHARED;
    }
    shelved->next = NULL;
    shelved->bucket_next = *bucket;
    *bucket = shelved;
    *(shelf->last != NULL ? &shelf->last->next : &shelf->first) = shelved;
    shelf->last = shelved;
}

const cvi_shelved *cvi_shelf_find(const cvi_shelf *shelf, const char *hash, cvi_now now) {
    const cvi_shelved *newest = NULL;
    for (const cvi_shelved *shelved = shelf->buckets[bucket_of(hash)]; shelved != NULL;
         shelved = shelved->bucket_next) {
        if (strcmp(shelved->hash, hash) == 0 && now.wall_ms < shelved->provenance.expires_at_ms &&
            (newest == NULL ||
             shelved->provenance.fetched_at_ms > newest->provenance.fetched_at_ms)) {
            newest = shelved;
        }
    }
    return newest;
}

bool cvi_shelf_is_empty(const cvi_shelf *shelf) {
    return shelf->first == NULL;
}

/* ---- storing ---- */

/* The oldest: as many as make a batch, and at least one. */
static size_t gather(const cvi_shelf *shelf, cvi_dated batch[BATCH_ROWS]) {
    size_t count = 0;
    size_t bytes = 0;
    for (const cvi_shelved *shelved = shelf->first; shelved != NULL && count < BATCH_ROWS;
         shelved = shelved->next) {
        size_t size = 0;
        const char *body = cvi_result_body(shelved->result, &size);
        bytes += size;
        if (count > 0 && bytes > BATCH_BYTES) {
            break;
        }
        batch[count++] = (cvi_dated){shelved->hash, body, size, shelved->provenance.fetched_at_ms,
                                     shelved->provenance.expires_at_ms};
    }
    return count;
}

static void drop_first(cvi_shelf *shelf) {
    cvi_shelved *first = shelf->first;
    cvi_shelved **link = &shelf->buckets[bucket_of(first->hash)];
    while (*link != first) {
        link = &(*link)->bucket_next;
    }
    *link = first->bucket_next;
    shelf->first = first->next;
    if (shelf->first == NULL) {
        shelf->last = NULL;
    }
    cvi_result_release(first->result);
    cvi_release(&shelf->allocator, first);
}

/* The first failure is told at once, how many there were when the shelf is empty. */
static void note_lost(cvi_shelf *shelf, size_t count, const cv_error *failure) {
    if (shelf->lost == 0) {
        cvi_log_write(shelf->log, CV_LOG_WARNING, "what a list says cannot be stored: %s",
                      failure->message);
    }
    shelf->lost += count;
}

static void tell_lost(cvi_shelf *shelf) {
    if (shelf->first == NULL && shelf->lost > 0) {
        cvi_log_write(shelf->log, CV_LOG_WARNING, "%zu objects of lists were not stored",
                      shelf->lost);
        shelf->lost = 0;
    }
}

int64_t cvi_shelf_step(cvi_shelf *shelf, cvi_now now) {
    cvi_dated batch[BATCH_ROWS];
    cv_error failure; /* what fails to be stored is fetched again when somebody wants it */
    if (shelf->first == NULL) {
        return INT64_MAX;
    }
    if (now.boot_ms < shelf->due_boot_ms) {
        return shelf->due_boot_ms;
    }
    size_t count = gather(shelf, batch);
    cvi_store_answer answer = shelf->store(shelf->stores, batch, count, now, &failure);
    if (answer == CVI_STORE_BUSY) {
        shelf->due_boot_ms = now.boot_ms + cvi_busy_delay_ms(shelf->random);
        return shelf->due_boot_ms;
    }
    if (answer == CVI_STORE_FAILED) {
        note_lost(shelf, count, &failure);
    }
    for (size_t i = 0; i < count; i++) {
        drop_first(shelf);
    }
    tell_lost(shelf);
    shelf->due_boot_ms = now.boot_ms + BETWEEN_BATCHES_MS;
    return shelf->first != NULL ? shelf->due_boot_ms : INT64_MAX;
}

void cvi_shelf_clear(cvi_shelf *shelf) {
    while (shelf->first != NULL) {
        drop_first(shelf);
    }
}
