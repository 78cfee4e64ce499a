/* Answering calls from memory. */
#ifndef CVI_CLIENT_RECENT_ANSWER_H
#define CVI_CLIENT_RECENT_ANSWER_H

#include "client/client.h"

/* Answers a call for one object from what was read of it last, if that is still what the cache has
 * and fresh: then its events are told, and the outcome holds a reference to its result. `options`
 * are checked. False: nothing has happened. Any thread. */
bool cvi_recent_answer(cv_client *client, cv_resource resource, int64_t id,
                       const cv_request_options *options, cvi_outcome *outcome);

/* Answers a request that the driver has taken in, in the same way; it may be gone then. False: it
 * is to board. The driver's. */
bool cvi_recent_serve(cv_request *request);

/* What is remembered of a call's object, whatever has been written since, for the caller to
 * release; `want` says then that its body need not be read. NULL: nothing. `user` is the client,
 * whose stores stay meanwhile; any thread. */
cvi_result *cvi_recent_know(void *user, const cvi_call *call, cvi_want *want);

/* Remembers what has just been read from the cache for a call, if nobody has written since. The
 * same holds. */
void cvi_recent_remember(void *user, cvi_call *call, cvi_result *result, const cvi_cached *row);

#endif
