/* The objects that were read last, decoded. */
#ifndef CVI_CLIENT_RECENT_H
#define CVI_CLIENT_RECENT_H

#include <comicvine/request.h>

#include "client/call.h"
#include "client/settings.h"
#include "resources/result.h"
#include "stores/stores.h"

enum { CVI_RECENT_BUCKETS = 256 };

/* One object, as a row of the cache had it in a state of the file. */
typedef struct cvi_remembered {
    struct cvi_remembered *older;
    struct cvi_remembered *newer;
    struct cvi_remembered *bucket_next;
    cvi_call *call;
    cvi_result *result;
    size_t bytes;
    cvi_cached row; /* without its body */
    cvi_stamp stamp;
} cvi_remembered;

/* Used under the client's mutex. */
typedef struct cvi_recent {
    int64_t max_bytes; /* negative: nothing is remembered */
    int64_t bytes;
    cvi_remembered *newest;
    cvi_remembered *oldest;
    cvi_remembered *buckets[CVI_RECENT_BUCKETS];
    cv_allocator allocator;
} cvi_recent;

/* Empty; `settings` say how much fits. */
void cvi_recent_init(cvi_recent *recent, const cvi_settings *settings);

/* Forgets everything. */
void cvi_recent_clear(cvi_recent *recent);

/* What is remembered of an object without `fields`, used last from now on; NULL: nothing. Good as
 * long as the mutex is held. */
const cvi_remembered *cvi_recent_find(cvi_recent *recent, const cvi_resource *resource, int64_t id);

/* Whether the answer to such a call may be remembered at all. */
bool cvi_recent_takes(const cvi_recent *recent, const cvi_call *call);

/* Remembers a call, its result and the row that it was read from, in place of what was there of
 * them; nothing without memory for it, or where it is too large. */
void cvi_recent_put(cvi_recent *recent, cvi_call *call, cvi_result *result, const cvi_cached *row,
                    const cvi_stamp *stamp);

#endif
