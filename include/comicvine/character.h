/* Characters: who appears in issues, by id or as a list.
 *
 * Source of every member: the service's answer to /character/4005-ID and /characters, under the
 * same name.
 */
#ifndef COMICVINE_CHARACTER_H
#define COMICVINE_CHARACTER_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A character; all that it points to belongs to it. Free it with cv_character_free. */
typedef struct cv_character {
    cv_record record;

    /* In details and lists. */
    int64_t id;              /* number of the character, the 1253 in 4005-1253 */
    const char *name;        /* the name best known by */
    const char *real_name;   /* civil name; often NULL */
    const char *aliases;     /* other names, one per line ("\n" or "\r\n") */
    int64_t gender;          /* 0: other or unknown, 1: male, 2: female */
    const char *birth;       /* date of birth, "Dec 4, 1920", years before 1900 too; mostly NULL */
    const cv_apiref *origin; /* what the character is: human, mutant, god; may be NULL */
    const cv_apiref *publisher;                     /* the publisher that owns the character */
    const cv_issue_apiref *first_appeared_in_issue; /* the issue of the first appearance */
    int64_t count_of_issue_appearances;             /* issues that the character is in */
    const char *deck;                               /* summary in a sentence or two, plain text */
    const char *description;                        /* full text, HTML */
    const cv_image *image;                          /* portrait */
    const char *date_added;                         /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated;                  /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;                     /* this record's address in the API */
    const char *site_detail_url;                    /* page for people */

    /* In details alone: who and what is close to the character. */
    cv_ref_list creators;          /* people who invented the character */
    cv_apiref_list powers;         /* what the character can do */
    cv_ref_list character_friends; /* allies */
    cv_ref_list character_enemies; /* foes */
    cv_ref_list teams;             /* teams that the character is or was in */
    cv_ref_list team_friends;      /* teams on the same side */
    cv_ref_list team_enemies;      /* teams on the other side */

    /* In details alone: where the character appears. */
    cv_ref_list issue_credits;  /* issues that the character is in; popular ones have thousands */
    cv_ref_list issues_died_in; /* issues in which the character dies */
    cv_ref_list volume_credits; /* volumes that the character is in; one alone in all answers */
    cv_ref_list story_arc_credits; /* story arcs that the character is in */
    cv_ref_list movies;            /* movies that the character is in */
} cv_character;

/* One page of a list of characters; see cv_page for the members. */
typedef struct cv_character_page {
    const cv_character *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_character_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_character *cv_character_retrieve(cv_client *client, int64_t id,
                                                 cv_priority priority);
CV_API const cv_character *cv_character_retrieve_with(cv_client *client, int64_t id,
                                                      const cv_request_options *options);
CV_API const cv_character_page *cv_character_list(cv_client *client, const cv_query *query,
                                                  cv_priority priority);
CV_API const cv_character *cv_character_take(cv_request *request);
CV_API const cv_character_page *cv_character_page_take(cv_request *request);
CV_API const cv_character *cv_character_next(cv_cursor *cursor);
CV_API void cv_character_free(const cv_character *record);
CV_API void cv_character_page_free(const cv_character_page *page);

#ifdef __cplusplus
}
#endif

#endif
