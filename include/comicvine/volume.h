/* Volumes: series of printed issues under one title, by id or as a list.
 *
 * Source of every member: the service's answer to /volume/4050-ID and /volumes, under the same
 * name.
 */
#ifndef COMICVINE_VOLUME_H
#define COMICVINE_VOLUME_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A volume; all that it points to belongs to it. Free it with cv_volume_free. */
typedef struct cv_volume {
    cv_record record;

    /* In details and lists. */
    int64_t id;                 /* number of the volume, the 796 in 4050-796 */
    const char *name;           /* title */
    const char *aliases;        /* other names, one per line ("\n" or "\r\n") */
    const char *start_year;     /* year of the first issue, as text */
    const cv_apiref *publisher; /* the publisher that prints it */
    int64_t count_of_issues;    /* issues that the service has, may be fewer than were printed */
    const cv_issue_apiref *first_issue; /* the first one */
    const cv_issue_apiref *last_issue;  /* the last one */
    const char *deck;                   /* summary in a sentence or two, plain text */
    const char *description;            /* full text, HTML */
    const cv_image *image;              /* a cover */
    const char *date_added;             /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated;      /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;         /* this record's address in the API */
    const char *site_detail_url;        /* page for people */

    /* In details alone. An answer leaves out what a volume has none of. */
    cv_issue_ref_list issues;     /* all issues, in no order */
    cv_count_ref_list people;     /* who made it, and how many issues */
    cv_count_ref_list characters; /* who appears, and in how many issues */
    cv_count_ref_list concepts;   /* what appears, and in how many issues */
    cv_count_ref_list locations;  /* where it plays, and in how many issues; in no answer seen */
    cv_count_ref_list objects;    /* the characters again, in all answers seen */

    /* Documented by the service, but in no answer seen. */
    cv_count_ref_list character_credits; /* in details; see characters */
    cv_count_ref_list concept_credits;   /* in details; see concepts */
    cv_count_ref_list location_credits;  /* in details; see locations */
    cv_count_ref_list object_credits;    /* in details; see objects */
    cv_count_ref_list person_credits;    /* in details; see people */
    cv_count_ref_list team_credits;      /* in details; teams that appear */
} cv_volume;

/* One page of a list of volumes; see cv_page for the members. */
typedef struct cv_volume_page {
    const cv_volume *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_volume_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_volume *cv_volume_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_volume *cv_volume_retrieve_with(cv_client *client, int64_t id,
                                                const cv_request_options *options);
CV_API const cv_volume_page *cv_volume_list(cv_client *client, const cv_query *query,
                                            cv_priority priority);
CV_API const cv_volume *cv_volume_take(cv_request *request);
CV_API const cv_volume_page *cv_volume_page_take(cv_request *request);
CV_API const cv_volume *cv_volume_next(cv_cursor *cursor);
CV_API void cv_volume_free(const cv_volume *record);
CV_API void cv_volume_page_free(const cv_volume_page *page);

#ifdef __cplusplus
}
#endif

#endif
