/* The cache: bodies by hash, with expiry and checksum. */
#ifndef CVI_STORES_CACHE_H
#define CVI_STORES_CACHE_H

#include "stores/bound.h"
#include "stores/database.h"

enum { CVI_CACHE_STATEMENTS = 5, CVI_CACHE_FINDS = 2 };

/* The bits of the column control. */
enum { CVI_CONTROL_ORDERED = 1, CVI_CONTROL_MUST_REVALIDATE = 2 };

typedef struct cvi_cache {
    cvi_db *db;
    cvi_sql find; /* of cvi_cache_find_texts */
    cvi_sql sql;
    sqlite3_stmt *find_statements[CVI_CACHE_FINDS];
    sqlite3_stmt *statements[CVI_CACHE_STATEMENTS];
    cvi_bound bound;
    cvi_sql recall; /* one statement too */
    sqlite3_stmt *recall_statement;
    bool disabled;
    bool heeds_control;      /* believes the service about how long an answer is fresh */
    int64_t max_entry_bytes; /* negative: no bound */
    int64_t negative_ttl_ms; /* 0: there are no negative entries */
    int64_t stale_ms;        /* so long an expired row is kept */
    int64_t cleanup_interval_ms;
    _Atomic int64_t hits; /* of looks from any thread */
    _Atomic int64_t misses;
    _Atomic int64_t stale_hits;
    _Atomic int64_t negative_hits;
} cvi_cache;

/* The point reads, for connections beside the writing one. */
extern const char *const cvi_cache_find_texts[CVI_CACHE_FINDS];

/* What cvi_cache_recall reads. */
extern const char *const cvi_cache_recall_text;

/* `db` must outlive the cache. Nothing can fail. */
void cvi_cache_init(cvi_cache *cache, cvi_db *db, const cv_cache_settings *settings);
void cvi_cache_finalize(cvi_cache *cache);

/* What a reader accepts. */
typedef struct cvi_cache_demand {
    int64_t created_from_ms; /* rows made before are not wanted */
    int64_t ttl_ms;          /* of the reader; its end and the row's expiry bound freshness */
    int64_t negative_ttl_ms; /* the same for negative entries, which are never stale; 0: unwanted */
    int64_t stale_ms;        /* so long after its end a row will still do */
    bool heeds_control;      /* a row's expiry counts alone if the service has ordered it */
    bool any_expiry;         /* fresh or not, negative or not */
    bool knows;              /* the body with known_checksum is not read again */
    int64_t known_checksum;
} cvi_cache_demand;

/* What the client's calls accept. */
cvi_cache_demand cvi_cache_demand_of(const cvi_cache *cache, const cvi_want *want, cvi_now now);

/* Whether a row may be used for that, by the times that `cached` has of it; its expiry becomes the
 * reader's. Pure. */
bool cvi_cache_meets(const cvi_cache_demand *demand, cvi_cached *cached, cvi_now now);

/* Reads a row with `find`, whose connection the caller may use. A miss leaves the body NULL;
 * `is_damaged` (NULL: not wanted) then tells a row that failed its checksum. The body is the
 * caller's, from `allocator`, with a NUL behind it. */
cvi_store_answer cvi_cache_find(cvi_sql *find, const cv_allocator *allocator, const char *hash,
                                const cvi_cache_demand *demand, cvi_now now, cvi_cached *cached,
                                bool *is_damaged, cv_error *error);

/* A body as a row has it. */
typedef struct cvi_row_body {
    char *text; /* the receiver's; NULL: not copied */
    size_t size;
    size_t tape_size; /* of what lies behind its NUL */
    bool is_damaged;  /* its checksum says that it is not what was stored under the hash */
} cvi_row_body;

/* Where it is: the present row, the hash that it was asked for by, and columns. */
typedef struct cvi_row_place {
    sqlite3_stmt *row;
    const char *hash;
    int checksum;
    int value;
    int tape_checksum; /* as is the next: 0: not wanted */
    int tape;
} cvi_row_place;

/* For the files of the cache: looks at a body, and copies it if it is whole. `allocator` NULL: only
 * looks. */
cvi_store_answer cvi_cache_copy_body(const cvi_sql *find, const cvi_row_place *place,
                                     const cv_allocator *allocator, cvi_row_body *body,
                                     cv_error *error);

/* What is to be stored; all borrowed. A body of NULL is none: the hash is to be forgotten. */
typedef struct cvi_cache_entry {
    const char *hash;
    const char *body;
    size_t size;
    const char *tape; /* left out where there is no room for both; NULL: none */
    size_t tape_size;
    cvi_keeping keeping;
    int64_t age_ms;                   /* its time runs since then */
    const cvi_validators *validators; /* NULL: none */
    bool is_negative;
    bool has_room; /* was made before */
} cvi_cache_entry;

/* Whether a body of this size and TTL is to be stored at all. */
bool cvi_cache_accepts(const cvi_cache *cache, const cvi_cache_entry *entry);

/* What an entry that is accepted adds to the file. */
cvi_just_stored cvi_cache_stored(const cvi_cache *cache, const cvi_cache_entry *entry);

/* Within a transaction, for a cache that is in use: stores, replacing what was there; of what is
 * not accepted remains that nothing is there any more. What others have stored of since the entry
 * was heard stays. Holds the bound. */
cvi_store_answer cvi_cache_store(cvi_cache *cache, const cvi_cache_entry *entry, cvi_now now,
                                 cv_error *error);

/* Within a transaction: what the service may be asked to confirm. A row that fails its checksum is
 * deleted: `has_deleted`. */
cvi_store_answer cvi_cache_recall(cvi_cache *cache, const char *hash, cvi_recalled *recalled,
                                  bool *has_deleted, cv_error *error);

/* Within a transaction, for a cache that is in use: stores a body with its own times, unless what
 * is there is as new. What is past any use is left out; of what may not be stored remains at least
 * nothing older. Adds the rows touched to `changed`. The bound is the caller's to hold, after all
 * that it stores. */
cvi_store_answer cvi_cache_store_dated(cvi_cache *cache, const cvi_dated *dated, cvi_now now,
                                       int64_t *changed, cv_error *error);

/* Within a transaction: forgets a row. */
cvi_store_answer cvi_cache_delete(cvi_cache *cache, const char *hash, cv_error *error);

/* Within a transaction: deletes a batch of any rows. Adds as cleaning does. */
cvi_store_answer cvi_cache_clear(cvi_cache *cache, int64_t *changed, bool *more, cv_error *error);

/* Within a transaction: deletes a batch of rows long expired, and holds the bound. Adds the number
 * of rows that it deleted or noted the use of to `changed`; `more` becomes true if there may be
 * others. */
cvi_store_answer cvi_cache_clean(cvi_cache *cache, cvi_now now, int64_t *changed, bool *more,
                                 cv_error *error);

#endif
