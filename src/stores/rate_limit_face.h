/* What the files of the rate limit's public handle share. Any thread. */
#ifndef CVI_STORES_RATE_LIMIT_FACE_H
#define CVI_STORES_RATE_LIMIT_FACE_H

#include "stores/public_call.h"

/* A handle, and with it the name of a path; else refuses. */
bool cvi_limit_check_store(const cv_rate_limit_store *store);
bool cvi_limit_check_resource(const cv_rate_limit_store *store, const char *resource);

/* Whether others may have filed requests for the path under "unknown". */
bool cvi_limit_is_list(const char *resource);

/* A request for the path that is sent at once. */
cvi_claim_spec cvi_limit_spec_of(const char *resource, cv_priority priority);

/* Within a transaction, before anything is counted; `keep` is set if rows were stamped. */
cvi_store_answer cvi_limit_adopt(cvi_stores *stores, cvi_now now, bool *keep, cv_error *error);

/* A batch for cvi_public_delete_all. */
cvi_store_answer cvi_limit_clean_batch(cvi_stores *stores, cvi_now now, int64_t *deleted,
                                       bool *more, cv_error *error);

#endif
