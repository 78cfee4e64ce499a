/* Series: shows on television, by id or as a list. Series of printed issues are volumes.
 *
 * Source of every member: the service's answer to /series/4075-ID and /series_list, under the same
 * name.
 */
#ifndef COMICVINE_SERIES_H
#define COMICVINE_SERIES_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A series; all that it points to belongs to it. Free it with cv_series_free. */
typedef struct cv_series {
    cv_record record;

    /* In details and lists. */
    int64_t id;                 /* number of the series, the 13 in 4075-13 */
    const char *name;           /* title */
    const char *aliases;        /* other names, one per line ("\n" or "\r\n") */
    const char *start_year;     /* text: a year "2013", or a range "2012-2017", "1993 - 1999" */
    const cv_apiref *publisher; /* the publisher behind it; may be NULL */
    int64_t count_of_episodes;  /* episodes that the service has */
    const cv_episode_apiref *first_episode; /* the first one shown */
    const cv_episode_apiref *last_episode;  /* the last one shown */
    const char *deck;                       /* summary in a sentence or two, plain text */
    const char *description;                /* full text, HTML */
    const cv_image *image;                  /* poster or scene */
    const char *date_added;                 /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated;          /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;             /* this record's address in the API */
    const char *site_detail_url;            /* page for people */

    /* In details alone. */
    cv_episode_ref_list episodes; /* all of them */
    cv_count_ref_list characters; /* who appears, and in how many episodes */

    /* Documented by the service, but in no answer seen. */
    cv_count_ref_list character_credits; /* in details; see characters */
    cv_count_ref_list location_credits;  /* in details; places that appear */
} cv_series;

/* One page of a list of series; see cv_page for the members. */
typedef struct cv_series_page {
    const cv_series *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_series_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_series *cv_series_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_series *cv_series_retrieve_with(cv_client *client, int64_t id,
                                                const cv_request_options *options);
CV_API const cv_series_page *cv_series_list(cv_client *client, const cv_query *query,
                                            cv_priority priority);
CV_API const cv_series *cv_series_take(cv_request *request);
CV_API const cv_series_page *cv_series_page_take(cv_request *request);
CV_API const cv_series *cv_series_next(cv_cursor *cursor);
CV_API void cv_series_free(const cv_series *record);
CV_API void cv_series_page_free(const cv_series_page *page);

#ifdef __cplusplus
}
#endif

#endif
