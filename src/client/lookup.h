/* The look into the cache that a call begins with. */
#ifndef CVI_CLIENT_LOOKUP_H
#define CVI_CLIENT_LOOKUP_H

#include "client/call.h"
#include "stores/stores.h"

/* cvi_stores_lookup, or what stands for it. */
typedef cvi_store_answer cvi_lookup(cvi_stores *stores, const char *hash, const cvi_want *want,
                                    cvi_now now, cvi_cached *cached, cv_error *error);

/* Reads the entry of exactly this call or, for some fields of an object, a full entry of it: that
 * answers where the exact one does not, and where it was denied earlier than the full one was
 * fetched. The body is the caller's, NULL on a miss. Any answer but DONE is `lookup`'s, as is
 * the error; a cache that fails is a miss: the network can answer. */
cvi_store_answer cvi_look_up(cvi_lookup *lookup, cvi_stores *stores, const cvi_call *call,
                             const cvi_want *want, cvi_now now, cvi_cached *cached,
                             cv_error *error);

#endif
