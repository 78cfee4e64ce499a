/* Reading the cache from any thread. */
#ifndef CVI_STORES_READERS_H
#define CVI_STORES_READERS_H

#include "stores/cache.h"

typedef struct cvi_reader cvi_reader;

typedef struct cvi_readers {
    cvi_db *db;
    cvi_mutex mutex;  /* guards idle and idle_count */
    cvi_reader *idle; /* connections waiting for their next use, newest first */
    int idle_count;
} cvi_readers;

/* False without resources. `db` must outlive the readers. */
bool cvi_readers_init(cvi_readers *readers, cvi_db *db);

/* No read may be under way. */
void cvi_readers_close(cvi_readers *readers);

/* One point read, like cvi_cache_find. Any thread; of ":memory:" there is one connection, and the
 * reads take turns with the writes. */
cvi_store_answer cvi_readers_find(cvi_readers *readers, cvi_cache *cache, const char *hash,
                                  const cvi_cache_demand *demand, cvi_now now, cvi_cached *cached,
                                  cv_error *error);

#endif
