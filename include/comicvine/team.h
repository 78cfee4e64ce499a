/* Teams: groups of characters, by id or as a list.
 *
 * Source of every member: the service's answer to /team/4060-ID and /teams, under the same name.
 */
#ifndef COMICVINE_TEAM_H
#define COMICVINE_TEAM_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A team; all that it points to belongs to it. Free it with cv_team_free. */
typedef struct cv_team {
    cv_record record;

    /* In details and lists. */
    int64_t id;                                     /* number of the team, the 3775 in 4060-3775 */
    const char *name;                               /* what it is called */
    const char *aliases;                            /* other names, one per line ("\n" or "\r\n") */
    const cv_apiref *publisher;                     /* the publisher that owns it */
    const cv_issue_apiref *first_appeared_in_issue; /* the issue of the first appearance */
    int64_t count_of_issue_appearances; /* 0 in all answers seen; "isssue" on the wire */
    int64_t count_of_team_members;      /* members past and present */
    const char *deck;                   /* summary in a sentence or two, plain text */
    const char *description;            /* full text, HTML */
    const cv_image *image;              /* group picture */
    const char *date_added;             /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated;      /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;         /* this record's address in the API */
    const char *site_detail_url;        /* page for people */

    /* In details alone: who belongs to it or opposes it. */
    cv_ref_list characters;        /* members past and present */
    cv_ref_list character_friends; /* allies */
    cv_ref_list character_enemies; /* foes */

    /* In details alone: where it appears. */
    cv_ref_list issue_credits;       /* issues that it is in; popular ones have thousands */
    cv_ref_list disbanded_in_issues; /* issues in which it breaks up */
    cv_ref_list issues_disbanded_in; /* the same again; "isssues" on the wire */
    cv_ref_list volume_credits;      /* volumes that it is in */
    cv_ref_list story_arc_credits;   /* story arcs that it is in */
    cv_ref_list movies;              /* movies that it is in */
} cv_team;

/* One page of a list of teams; see cv_page for the members. */
typedef struct cv_team_page {
    const cv_team *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_team_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_team *cv_team_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_team *cv_team_retrieve_with(cv_client *client, int64_t id,
                                            const cv_request_options *options);
CV_API const cv_team_page *cv_team_list(cv_client *client, const cv_query *query,
                                        cv_priority priority);
CV_API const cv_team *cv_team_take(cv_request *request);
CV_API const cv_team_page *cv_team_page_take(cv_request *request);
CV_API const cv_team *cv_team_next(cv_cursor *cursor);
CV_API void cv_team_free(const cv_team *record);
CV_API void cv_team_page_free(const cv_team_page *page);

#ifdef __cplusplus
}
#endif

#endif
