/* Issues: single comics, by id or as a list.
 *
 * Source of every member: the service's answer to /issue/4000-ID and /issues, under the same name.
 */
#ifndef COMICVINE_ISSUE_H
#define COMICVINE_ISSUE_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An issue; all that it points to belongs to it. Free it with cv_issue_free. */
typedef struct cv_issue {
    cv_record record;

    /* In details and lists. */
    int64_t id;                                 /* number of the issue, the 52 in 4000-52 */
    const char *name;                           /* title; often NULL */
    const char *issue_number;                   /* free text: "12", "½", "1.MU", "-1" */
    const cv_ref *volume;                       /* the volume that it belongs to */
    const char *cover_date;                     /* date on the cover, YYYY-MM-DD */
    const char *store_date;                     /* date of sale, YYYY-MM-DD; often NULL */
    const char *aliases;                        /* other names, one per line ("\n" or "\r\n") */
    const char *deck;                           /* summary in a sentence or two, plain text */
    const char *description;                    /* full text, HTML */
    const cv_image *image;                      /* the cover */
    cv_associated_image_list associated_images; /* further pictures, such as variant covers */
    const cv_ref *has_staff_review;             /* the staff's review; NULL (sent as false): none */
    const char *date_added;                     /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated;              /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;                 /* this record's address in the API */
    const char *site_detail_url;                /* page for people */

    /* In details alone: who and what. */
    cv_person_credit_list person_credits; /* people who made it, with their roles */
    cv_ref_list character_credits;        /* characters who appear */
    cv_ref_list character_died_in;        /* characters who die here */
    cv_ref_list concept_credits;          /* concepts that appear */
    cv_ref_list location_credits;         /* places that appear */
    cv_ref_list object_credits;           /* objects that appear */
    cv_ref_list story_arc_credits;        /* story arcs that it belongs to */
    cv_ref_list team_credits;             /* teams that appear */
    cv_ref_list team_disbanded_in;        /* teams that break up here */

    /* In details alone: who and what is seen here first; null in all answers seen. */
    cv_ref_list first_appearance_characters; /* characters seen here first */
    cv_ref_list first_appearance_concepts;   /* concepts seen here first */
    cv_ref_list first_appearance_locations;  /* places seen here first */
    cv_ref_list first_appearance_objects;    /* objects seen here first */
    cv_ref_list first_appearance_storyarcs;  /* story arcs that begin here */
    cv_ref_list first_appearance_teams;      /* teams seen here first */

    /* Documented by the service, but in no answer seen. */
    cv_ref_list characters_died_in; /* in details; see character_died_in */
    cv_ref_list disbanded_teams;    /* in details; see team_disbanded_in */
    cv_ref_list teams_disbanded_in; /* in details; see team_disbanded_in */
} cv_issue;

/* One page of a list of issues; see cv_page for the members. */
typedef struct cv_issue_page {
    const cv_issue *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_issue_page;

/* The issue with this id, from the cache or the service. Blocks: for a disk read on a hit, else
 * until the answer is there or the call has failed. Free it with cv_issue_free. NULL on failure:
 * cv_last_error() says why. Any thread. */
CV_API const cv_issue *cv_issue_retrieve(cv_client *client, int64_t id, cv_priority priority);

/* The same with options; NULL: defaults. */
CV_API const cv_issue *cv_issue_retrieve_with(cv_client *client, int64_t id,
                                              const cv_request_options *options);

/* One page of issues. `query` may be NULL: the first page of all. Blocks like cv_issue_retrieve.
 * Free it with cv_issue_page_free. NULL on failure: cv_last_error() says why. Any thread. */
CV_API const cv_issue_page *cv_issue_list(cv_client *client, const cv_query *query,
                                          cv_priority priority);

/* The result of a request for one issue or a page of issues; see cv_record_take and cv_page_take.
 * Free it with cv_issue_free or cv_issue_page_free. A result of another type: CV_ERROR_ARGUMENT. */
CV_API const cv_issue *cv_issue_take(cv_request *request);
CV_API const cv_issue_page *cv_issue_page_take(cv_request *request);

/* The next issue of a cursor on issues; see cv_cursor_next. NULL at the end or on failure, and with
 * CV_ERROR_ARGUMENT for a cursor on anything else: cv_cursor_error(). */
CV_API const cv_issue *cv_issue_next(cv_cursor *cursor);

/* NULL is fine. Any thread. */
CV_API void cv_issue_free(const cv_issue *issue);
CV_API void cv_issue_page_free(const cv_issue_page *page);

#ifdef __cplusplus
}
#endif

#endif
