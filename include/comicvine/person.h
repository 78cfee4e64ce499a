/* People: writers, artists and others who make comics, by id or as a list.
 *
 * Source of every member: the service's answer to /person/4040-ID and /people, under the same name.
 */
#ifndef COMICVINE_PERSON_H
#define COMICVINE_PERSON_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A person; all that it points to belongs to it. Free it with cv_person_free. */
typedef struct cv_person {
    cv_record record;

    /* In details and lists. */
    int64_t id;                  /* number of the person, the 1251 in 4040-1251 */
    const char *name;            /* name that credits use */
    const char *aliases;         /* other names, one per line ("\n" or "\r\n") */
    int64_t gender;              /* 0: other or unknown, 1: male, 2: female; 3 was seen once */
    const char *birth;           /* date of birth, YYYY-MM-DD 00:00:00; may be NULL */
    const cv_date_object *death; /* date of death; NULL: none known */
    const char *country;         /* where they live or lived; may be NULL */
    const char *hometown;        /* town, free text; may be NULL */
    const char *email;           /* address for fans; mostly NULL */
    const char *website;         /* address with http or https; may be NULL */
    int64_t count_of_issue_appearances; /* "isssue" on the wire; issues; null in all answers seen */
    const char *deck;                   /* summary in a sentence or two, plain text */
    const char *description;            /* full text, HTML */
    const cv_image *image;              /* portrait */
    const char *date_added;             /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated;      /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;         /* this record's address in the API */
    const char *site_detail_url;        /* page for people */

    /* In details alone. */
    cv_ref_list created_characters; /* characters whom the person invented */
    cv_ref_list issues;             /* issues that the person worked on */
    cv_ref_list story_arc_credits;  /* story arcs worked on */
    cv_ref_list volume_credits;     /* volumes worked on */

    /* Documented by the service, but in no answer seen. */
    cv_ref_list issue_credits; /* in details; see issues */
} cv_person;

/* One page of a list of people; see cv_page for the members. */
typedef struct cv_person_page {
    const cv_person *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_person_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_person *cv_person_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_person *cv_person_retrieve_with(cv_client *client, int64_t id,
                                                const cv_request_options *options);
CV_API const cv_person_page *cv_person_list(cv_client *client, const cv_query *query,
                                            cv_priority priority);
CV_API const cv_person *cv_person_take(cv_request *request);
CV_API const cv_person_page *cv_person_page_take(cv_request *request);
CV_API const cv_person *cv_person_next(cv_cursor *cursor);
CV_API void cv_person_free(const cv_person *record);
CV_API void cv_person_page_free(const cv_person_page *page);

#ifdef __cplusplus
}
#endif

#endif
