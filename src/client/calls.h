/* The public calls for any resource; the typed ones are these with the resource filled in. */
#ifndef CVI_CLIENT_CALLS_H
#define CVI_CLIENT_CALLS_H

#include <comicvine/request.h>

const cv_record *cvi_fetch_record(cv_client *client, cv_resource resource, int64_t id,
                                  const cv_request_options *options);
const cv_page *cvi_fetch_page(cv_client *client, cv_resource resource, const cv_query *query,
                              const cv_request_options *options);

/* Options that only say the priority. */
cv_request_options cvi_options_of(cv_priority priority);

#endif
