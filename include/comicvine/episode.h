/* Episodes: parts of a series on television, by id or as a list.
 *
 * Source of every member: the service's answer to /episode/4070-ID and /episodes, under the same
 * name.
 */
#ifndef COMICVINE_EPISODE_H
#define COMICVINE_EPISODE_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An episode; all that it points to belongs to it. Free it with cv_episode_free. */
typedef struct cv_episode {
    cv_record record;

    /* In details and lists. */
    int64_t id;                     /* number of the episode, the 15 in 4070-15 */
    const char *name;               /* title; outer blanks happen */
    const char *episode_number;     /* free text: "101", "S02", "101/102" */
    const cv_ref *series;           /* the series that it belongs to */
    const char *air_date;           /* first shown, YYYY-MM-DD; may be NULL */
    const char *aliases;            /* other names, one per line ("\n" or "\r\n"); NULL so far */
    const char *deck;               /* summary in a sentence or two, plain text */
    const char *description;        /* full text, HTML */
    const cv_image *image;          /* a scene */
    const cv_ref *has_staff_review; /* the staff's review; NULL (sent as false): none */
    const char *date_added;         /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated;  /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;     /* this record's address in the API */
    const char *site_detail_url;    /* page for people */

    /* In details alone: who and what. */
    cv_ref_list character_credits; /* characters who appear */
    cv_ref_list character_died_in; /* characters who die here */
    cv_ref_list concept_credits;   /* concepts that appear */
    cv_ref_list location_credits;  /* places that appear */
    cv_ref_list object_credits;    /* objects that appear */
    cv_ref_list story_arc_credits; /* story arcs that it tells */
    cv_ref_list team_credits;      /* teams that appear */

    /* In details alone: who and what is seen here first; null in all answers seen. */
    cv_ref_list first_appearance_characters; /* characters seen here first */
    cv_ref_list first_appearance_concepts;   /* concepts seen here first */
    cv_ref_list first_appearance_locations;  /* places seen here first */
    cv_ref_list first_appearance_objects;    /* objects seen here first */
    cv_ref_list first_appearance_storyarcs;  /* story arcs that begin here */
    cv_ref_list first_appearance_teams;      /* teams seen here first */

    /* Documented by the service, but in no answer seen. */
    const char *issue_number;             /* in lists; see episode_number */
    cv_ref_list characters_died_in;       /* in details; see character_died_in */
    cv_person_credit_list person_credits; /* in details; people and what they did */
} cv_episode;

/* One page of a list of episodes; see cv_page for the members. */
typedef struct cv_episode_page {
    const cv_episode *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_episode_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_episode *cv_episode_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_episode *cv_episode_retrieve_with(cv_client *client, int64_t id,
                                                  const cv_request_options *options);
CV_API const cv_episode_page *cv_episode_list(cv_client *client, const cv_query *query,
                                              cv_priority priority);
CV_API const cv_episode *cv_episode_take(cv_request *request);
CV_API const cv_episode_page *cv_episode_page_take(cv_request *request);
CV_API const cv_episode *cv_episode_next(cv_cursor *cursor);
CV_API void cv_episode_free(const cv_episode *record);
CV_API void cv_episode_page_free(const cv_episode_page *page);

#ifdef __cplusplus
}
#endif

#endif
