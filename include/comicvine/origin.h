/* Origins: what characters are, such as mutant or robot, by id or as a list.
 *
 * Source of every member: the service's answer to /origin/4030-ID and /origins, under the same
 * name.
 */
#ifndef COMICVINE_ORIGIN_H
#define COMICVINE_ORIGIN_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An origin; all that it points to belongs to it. Free it with cv_origin_free. */
typedef struct cv_origin {
    cv_record record;

    /* In details and lists. */
    int64_t id;                  /* number of the origin, the 6 in 4030-6 */
    const char *name;            /* what it is called */
    const char *api_detail_url;  /* this record's address in the API */
    const char *site_detail_url; /* page for people */

    /* In details alone. */
    cv_apiref_list characters; /* all characters of this origin, over 10 000 for some */
    const char *character_set; /* meaning not documented; NULL in all answers seen */
    cv_ref_list profiles;      /* meaning not documented; empty in all answers seen */
} cv_origin;

/* One page of a list of origins; see cv_page for the members. */
typedef struct cv_origin_page {
    const cv_origin *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_origin_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_origin *cv_origin_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_origin *cv_origin_retrieve_with(cv_client *client, int64_t id,
                                                const cv_request_options *options);
CV_API const cv_origin_page *cv_origin_list(cv_client *client, const cv_query *query,
                                            cv_priority priority);
CV_API const cv_origin *cv_origin_take(cv_request *request);
CV_API const cv_origin_page *cv_origin_page_take(cv_request *request);
CV_API const cv_origin *cv_origin_next(cv_cursor *cursor);
CV_API void cv_origin_free(const cv_origin *record);
CV_API void cv_origin_page_free(const cv_origin_page *page);

#ifdef __cplusplus
}
#endif

#endif
