/* Concepts: ideas that stories share, such as time travel, by id or as a list.
 *
 * Source of every member: the service's answer to /concept/4015-ID and /concepts, under the same
 * name.
 */
#ifndef COMICVINE_CONCEPT_H
#define COMICVINE_CONCEPT_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A concept; all that it points to belongs to it. Free it with cv_concept_free. */
typedef struct cv_concept {
    cv_record record;

    /* In details and lists. */
    int64_t id;             /* number of the concept, the 35070 in 4015-35070 */
    const char *name;       /* what it is called */
    const char *aliases;    /* other names, one per line ("\n" or "\r\n") */
    const char *start_year; /* year of the first appearance, as text; may be NULL */
    const cv_issue_apiref *first_appeared_in_issue; /* where it was seen first; may be NULL */
    int64_t count_of_issue_appearances;             /* issues that it is in; "isssue" on the wire */
    const char *deck;                               /* summary in a sentence or two, plain text */
    const char *description;                        /* full text, HTML */
    const cv_image *image;                          /* picture */
    const char *date_added;                         /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated;                  /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;                     /* this record's address in the API */
    const char *site_detail_url;                    /* page for people */

    /* In details alone. */
    cv_ref_list issue_credits;  /* issues that it is in; common ones have thousands */
    cv_ref_list volume_credits; /* volumes that it is in; one alone in all answers seen */
    cv_ref_list movies;         /* movies that it is in */
} cv_concept;

/* One page of a list of concepts; see cv_page for the members. */
typedef struct cv_concept_page {
    const cv_concept *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_concept_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_concept *cv_concept_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_concept *cv_concept_retrieve_with(cv_client *client, int64_t id,
                                                  const cv_request_options *options);
CV_API const cv_concept_page *cv_concept_list(cv_client *client, const cv_query *query,
                                              cv_priority priority);
CV_API const cv_concept *cv_concept_take(cv_request *request);
CV_API const cv_concept_page *cv_concept_page_take(cv_request *request);
CV_API const cv_concept *cv_concept_next(cv_cursor *cursor);
CV_API void cv_concept_free(const cv_concept *record);
CV_API void cv_concept_page_free(const cv_concept_page *page);

#ifdef __cplusplus
}
#endif

#endif
