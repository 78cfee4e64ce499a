/* Answering blocking calls from memory. */
#ifndef CVI_CLIENT_RECENT_ANSWER_H
#define CVI_CLIENT_RECENT_ANSWER_H

#include "client/client.h"

/* Answers a call for one object from what was read of it last, if that is still what the cache has
 * and fresh: then its events are told, and the outcome holds a reference to its result. `options`
 * are checked. False: nothing has happened. Any thread. */
bool cvi_recent_answer(cv_client *client, cv_resource resource, int64_t id,
                       const cv_request_options *options, cvi_outcome *outcome);

/* What is remembered of a call's object, whatever has been written since, for the caller to
 * release; `want` says then that its body need not be read. NULL: nothing. */
cvi_result *cvi_recent_know(cv_client *client, const cvi_call *call, cvi_want *want);

/* Remembers what a call has just read from the cache, if nobody has written to it since `before`.
 * The caller is between cvi_client_enter and cvi_client_leave. */
void cvi_recent_remember(cv_client *client, cvi_call *call, cvi_result *result,
                         const cvi_cached *row, const cvi_stamp *before);

#endif
