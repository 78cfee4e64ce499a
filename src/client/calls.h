/* The public calls for any resource; the typed ones are these with the resource filled in. */
#ifndef CVI_CLIENT_CALLS_H
#define CVI_CLIENT_CALLS_H

#include <comicvine/request.h>

#include "client/client.h"

const cv_record *cvi_fetch_record(cv_client *client, cv_resource resource, int64_t id,
                                  const cv_request_options *options);
const cv_page *cvi_fetch_page(cv_client *client, cv_resource resource, const cv_query *query,
                              const cv_request_options *options);

/* Answers a call, which it takes over, from the cache on the calling thread, or waits for a
 * request. The outcome holds a reference to its result. The client's memory stays until it returns,
 * also if another thread closes it. A call of NULL could not be worked out: nothing happens. */
void cvi_fetch_call(cv_client *client, cvi_call *call, const cv_request_options *options,
                    cvi_outcome *outcome);

/* Copies the caller's options (NULL: defaults) by their size and checks them. */
bool cvi_copy_options(cv_request_options *own, const cv_request_options *options, cv_error *error);

/* Options that only say the priority. */
cv_request_options cvi_options_of(cv_priority priority);

#endif
