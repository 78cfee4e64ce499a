/* Types: the service's own list of its resources, with their type ids.
 *
 * Source of every member: the service's answer to /types, under the same name. There are no
 * details: what can be asked for is the list. The service documents it; no answer was seen.
 */
#ifndef COMICVINE_TYPE_H
#define COMICVINE_TYPE_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A type of resource; it belongs to its page. */
typedef struct cv_type {
    cv_record record;

    /* In lists, as types have no details. */
    int64_t id;                       /* the type id, the 4000 in 4000-52 */
    const char *detail_resource_name; /* path of one: "issue" */
    const char *list_resource_name;   /* path of many: "issues"; wrong for series in one report */
} cv_type;

/* The list of types, or a part of it; see cv_page for the members. */
typedef struct cv_type_page {
    const cv_type *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_type_page;

/* The functions of every list: issue.h says what they do, how long they block and who frees. */
CV_API const cv_type_page *cv_type_list(cv_client *client, const cv_query *query,
                                        cv_priority priority);
CV_API const cv_type_page *cv_type_page_take(cv_request *request);
CV_API const cv_type *cv_type_next(cv_cursor *cursor);
CV_API void cv_type_page_free(const cv_type_page *page);

#ifdef __cplusplus
}
#endif

#endif
