/* Videos: the service's own films, by id or as a list.
 *
 * Source of every member: the service's answer to /video/2300-ID and /videos, under the same name.
 */
#ifndef COMICVINE_VIDEO_H
#define COMICVINE_VIDEO_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A video; all that it points to belongs to it. Free it with cv_video_free. */
typedef struct cv_video {
    cv_record record;

    /* In details and lists alike. */
    int64_t id;                   /* number of the video, the 3265 in 2300-3265 */
    const char *name;             /* title */
    const char *deck;             /* summary in a sentence or two, plain text */
    int64_t length_seconds;       /* seconds */
    const char *publish_date;     /* put online, YYYY-MM-DD HH:MM:SS */
    const char *user;             /* login name of who put it online; may be NULL */
    const char *hosts;            /* login names joined by commas; may be NULL */
    const char *crew;             /* login names joined by commas; may be NULL */
    const char *video_type;       /* kinds joined by commas: "Feature"; may be NULL */
    cv_ref_list video_categories; /* see video_category.h */
    const cv_ref *video_show;     /* the show that it is part of; NULL in all answers seen */
    bool premium;                 /* for subscribers alone; false in all answers seen */
    const char *saved_time;       /* where the key's owner paused; NULL in all answers seen */
    const cv_image *image;        /* still */
    const char *youtube_id;       /* its name on YouTube; may be NULL */
    const char *low_url;          /* file in low quality */
    const char *high_url;         /* file in high quality */
    const char *embed_player;     /* page to embed */
    const char *url;              /* name of the file, no address */
    const char *guid;             /* type and number: "2300-3265" */
    const char *api_detail_url;   /* this record's address in the API */
    const char *site_detail_url;  /* page for people */

    /* Documented by the service, but in no answer seen. */
    const char *hd_url; /* in details and lists; file in the highest quality */
} cv_video;

/* One page of a list of videos; see cv_page for the members. */
typedef struct cv_video_page {
    const cv_video *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_video_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_video *cv_video_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_video *cv_video_retrieve_with(cv_client *client, int64_t id,
                                              const cv_request_options *options);
CV_API const cv_video_page *cv_video_list(cv_client *client, const cv_query *query,
                                          cv_priority priority);
CV_API const cv_video *cv_video_take(cv_request *request);
CV_API const cv_video_page *cv_video_page_take(cv_request *request);
CV_API const cv_video *cv_video_next(cv_cursor *cursor);
CV_API void cv_video_free(const cv_video *record);
CV_API void cv_video_page_free(const cv_video_page *page);

#ifdef __cplusplus
}
#endif

#endif
