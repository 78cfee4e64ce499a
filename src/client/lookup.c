/* Owns which entry of the cache answers a call. Any thread. */
#include "client/lookup.h"

#include <string.h>

#include "support/allocator.h"

static cvi_store_answer read_full(cvi_lookup *lookup, cvi_stores *stores, const cvi_call *call,
                                  const cvi_want *want, cvi_now now, cvi_cached *cached,
                                  cv_error *error) {
    cvi_cached full;
    memset(&full, 0, sizeof(full));
    cvi_store_answer answer = lookup(stores, call->full_hash, want, now, &full, error);
    bool is_newer = cached->body == NULL || full.fetched_at_ms > cached->fetched_at_ms;
    if (full.body != NULL && is_newer) {
        cvi_release(&call->allocator, cached->body);
        *cached = full;
    } else {
        cvi_release(&call->allocator, full.body);
    }
    return cached->body != NULL ? CVI_STORE_DONE : answer;
}

cvi_store_answer cvi_look_up(cvi_lookup *lookup, cvi_stores *stores, const cvi_call *call,
                             const cvi_want *want, cvi_now now, cvi_cached *cached,
                             cv_error *error) {
    memset(cached, 0, sizeof(*cached));
    cvi_store_answer answer = lookup(stores, call->hash, want, now, cached, error);
    bool is_answered = (cached->body != NULL || cached->is_known) && !cached->is_negative;
    if (answer != CVI_STORE_DONE || is_answered || call->full_hash[0] == '\0') {
        return answer;
    }
    return read_full(lookup, stores, call, want, now, cached, error);
}
