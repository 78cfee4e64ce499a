/* Searching for words across resources. */
#ifndef COMICVINE_SEARCH_H
#define COMICVINE_SEARCH_H

#include <comicvine/client.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One page of hits. Each item is a record of its own resource: look at `resource`, then cast
 * (CV_ISSUE: const cv_issue *). Hits carry what lists carry, and their `resource_type`, which
 * cv_record_json writes from `resource`. One of a kind that this version of the
 * library does not know has CV_RESOURCE_NONE and is read with cv_record_raw. Blocks like
 * cv_retrieve. Cached like lists, under the words, resources, fields, limit and page. Free it with
 * cv_page_free. NULL on failure: cv_last_error() says why. Any thread. */
CV_API const cv_page *cv_search(cv_client *client, const cv_search_query *query,
                                cv_priority priority);

#ifdef __cplusplus
}
#endif

#endif
