/* Kinds of videos, the older name for categories, by id or as a list. Both have the type id 2320.
 *
 * Source of every member: the service's answer to /video_type/2320-ID and /video_types, under the
 * same name.
 */
#ifndef COMICVINE_VIDEO_TYPE_H
#define COMICVINE_VIDEO_TYPE_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A type of videos; all that it points to belongs to it. Free it with cv_video_type_free. */
typedef struct cv_video_type {
    cv_record record;

    /* In details and lists alike. */
    int64_t id;                  /* number of the kind, the 7 in 2320-7 */
    const char *name;            /* what it is called */
    const char *deck;            /* summary in a sentence or two, plain text; may be NULL */
    const char *api_detail_url;  /* this record's address in the API, without the 2320- */
    const char *site_detail_url; /* page for people */
} cv_video_type;

/* One page of a list of video types; see cv_page for the members. */
typedef struct cv_video_type_page {
    const cv_video_type *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_video_type_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_video_type *cv_video_type_retrieve(cv_client *client, int64_t id,
                                                   cv_priority priority);
CV_API const cv_video_type *cv_video_type_retrieve_with(cv_client *client, int64_t id,
                                                        const cv_request_options *options);
CV_API const cv_video_type_page *cv_video_type_list(cv_client *client, const cv_query *query,
                                                    cv_priority priority);
CV_API const cv_video_type *cv_video_type_take(cv_request *request);
CV_API const cv_video_type_page *cv_video_type_page_take(cv_request *request);
CV_API const cv_video_type *cv_video_type_next(cv_cursor *cursor);
CV_API void cv_video_type_free(const cv_video_type *record);
CV_API void cv_video_type_page_free(const cv_video_type_page *page);

#ifdef __cplusplus
}
#endif

#endif
