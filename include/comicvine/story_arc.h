/* Story arcs: stories that run through several issues, by id or as a list.
 *
 * Source of every member: the service's answer to /story_arc/4045-ID and /story_arcs, under the
 * same name.
 */
#ifndef COMICVINE_STORY_ARC_H
#define COMICVINE_STORY_ARC_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A story arc; all that it points to belongs to it. Free it with cv_story_arc_free. */
typedef struct cv_story_arc {
    cv_record record;

    /* In details and lists. */
    int64_t id;              /* number of the story arc, the 40800 in 4045-40800 */
    const char *name;        /* title */
    const char *aliases;     /* other names, one per line ("\n" or "\r\n") */
    const cv_ref *publisher; /* the publisher that printed it */
    const cv_issue_apiref *first_appeared_in_issue; /* the issue that begins it */
    const cv_episode_apiref
        *first_appeared_in_episode;     /* the episode that begins it; mostly NULL */
    int64_t count_of_issue_appearances; /* 0 in all answers seen; "isssue" on the wire */
    const char *deck;                   /* summary in a sentence or two, plain text */
    const char *description;            /* full text, HTML */
    const cv_image *image;              /* a cover */
    const char *date_added;             /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated;      /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;         /* this record's address in the API */
    const char *site_detail_url;        /* page for people */

    /* In details alone. */
    cv_ref_list issues;   /* issues that tell it */
    cv_ref_list episodes; /* episodes that tell it */
    cv_ref_list movies;   /* movies that tell it; empty or absent in all answers seen */
} cv_story_arc;

/* One page of a list of story arcs; see cv_page for the members. */
typedef struct cv_story_arc_page {
    const cv_story_arc *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_story_arc_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_story_arc *cv_story_arc_retrieve(cv_client *client, int64_t id,
                                                 cv_priority priority);
CV_API const cv_story_arc *cv_story_arc_retrieve_with(cv_client *client, int64_t id,
                                                      const cv_request_options *options);
CV_API const cv_story_arc_page *cv_story_arc_list(cv_client *client, const cv_query *query,
                                                  cv_priority priority);
CV_API const cv_story_arc *cv_story_arc_take(cv_request *request);
CV_API const cv_story_arc_page *cv_story_arc_page_take(cv_request *request);
CV_API const cv_story_arc *cv_story_arc_next(cv_cursor *cursor);
CV_API void cv_story_arc_free(const cv_story_arc *record);
CV_API void cv_story_arc_page_free(const cv_story_arc_page *page);

#ifdef __cplusplus
}
#endif

#endif
