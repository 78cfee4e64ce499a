/* Owns the storing of what came as a part of another answer: many small bodies in one transaction,
 * each with the times of the answer that it was in. Nobody waits for them. The driver's thread. */
#include "stores/handle.h"

static cvi_store_answer store_all(cvi_cache *cache, const cvi_dated *dated, size_t count,
                                  cvi_now now, int64_t *changed, cv_error *error) {
    cvi_store_answer answer = CVI_STORE_DONE;
    cvi_just_stored stored = {"", 0};
    bool more = false; /* goes on with what is stored next, or with the next cleaning */
    for (size_t i = 0; i < count && answer == CVI_STORE_DONE; i++) {
        answer = cvi_cache_store_dated(cache, &dated[i], now, changed, error);
        stored = (cvi_just_stored){dated[i].hash, stored.bytes + (int64_t)dated[i].size};
    }
    if (answer != CVI_STORE_DONE || *changed == 0) {
        return answer;
    }
    return cvi_bound_hold(&cache->bound, &stored, now, changed, &more, error);
}

cvi_store_answer cvi_stores_store_dated(cvi_stores *stores, const cvi_dated *dated, size_t count,
                                        cvi_now now, cv_error *error) {
    int64_t changed = 0;
    if (stores->cache.disabled) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = cvi_db_begin(stores->cache_db, 0, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer = store_all(&stores->cache, dated, count, now, &changed, error);
    return cvi_db_end(stores->cache_db, answer, changed > 0, error);
}
