/* Fetching anew, in the background, what was given although it was stale. */
#ifndef CVI_CLIENT_REVALIDATE_H
#define CVI_CLIENT_REVALIDATE_H

#include "client/client.h"

/* Starts a request of the client's own for this call, unless one is under way, has failed a moment
 * ago, or too many are; the next stale answer tries again then. What the cache has is fresh enough
 * up to `max_age_ms` (0: its time to live). Keeps the call. Not with the mutex held; any thread. */
void cvi_revalidate(cv_client *client, cvi_call *call, int64_t max_age_ms);

/* Such a request has its outcome. */
void cvi_revalidation_end_locked(const cv_request *request);

#endif
