/* Publishers: companies that print comics, and studios of movies, by id or as a list.
 *
 * Source of every member: the service's answer to /publisher/4010-ID and /publishers, under the
 * same name.
 */
#ifndef COMICVINE_PUBLISHER_H
#define COMICVINE_PUBLISHER_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A publisher; all that it points to belongs to it. Free it with cv_publisher_free. */
typedef struct cv_publisher {
    cv_record record;

    /* In details and lists. */
    int64_t id;                    /* number of the publisher, the 10 in 4010-10 */
    const char *name;              /* name of the company */
    const char *aliases;           /* other names, one per line ("\n" or "\r\n") */
    const char *location_address;  /* street; mostly NULL */
    const char *location_city;     /* town; may be NULL */
    const char *location_state;    /* state or region; may be NULL */
    const char *deck;              /* summary in a sentence or two, plain text */
    const char *description;       /* full text, HTML */
    const cv_image *image;         /* logo */
    const char *date_added;        /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated; /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;    /* this record's address in the API */
    const char *site_detail_url;   /* page for people */

    /* In details alone. */
    cv_ref_list characters; /* characters that it owns */
    cv_ref_list teams;      /* teams that it owns */
    cv_ref_list volumes;    /* volumes that it printed */
    cv_ref_list story_arcs; /* story arcs that it printed; none in all answers seen */
} cv_publisher;

/* One page of a list of publishers; see cv_page for the members. */
typedef struct cv_publisher_page {
    const cv_publisher *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_publisher_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_publisher *cv_publisher_retrieve(cv_client *client, int64_t id,
                                                 cv_priority priority);
CV_API const cv_publisher *cv_publisher_retrieve_with(cv_client *client, int64_t id,
                                                      const cv_request_options *options);
CV_API const cv_publisher_page *cv_publisher_list(cv_client *client, const cv_query *query,
                                                  cv_priority priority);
CV_API const cv_publisher *cv_publisher_take(cv_request *request);
CV_API const cv_publisher_page *cv_publisher_page_take(cv_request *request);
CV_API const cv_publisher *cv_publisher_next(cv_cursor *cursor);
CV_API void cv_publisher_free(const cv_publisher *record);
CV_API void cv_publisher_page_free(const cv_publisher_page *page);

#ifdef __cplusplus
}
#endif

#endif
