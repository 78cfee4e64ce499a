/* Movies: films after comics, by id or as a list.
 *
 * Source of every member: the service's answer to /movie/4025-ID and /movies, under the same name.
 */
#ifndef COMICVINE_MOVIE_H
#define COMICVINE_MOVIE_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A movie; all that it points to belongs to it. Free it with cv_movie_free. */
typedef struct cv_movie {
    cv_record record;

    /* In details and lists. */
    int64_t id;          /* number of the movie, the 31 in 4025-31 */
    const char *name;    /* title */
    const char *rating;  /* for which ages: "PG-13", "R", or digits such as "4"; may be NULL */
    const char *runtime; /* minutes as text, "117"; rarely hours, "2:24:00" */
    const char *budget;  /* US dollars as typed: "130000000", "$39 million", "23,000,000" */
    const char *box_office_revenue; /* US dollars as typed, like budget; may be NULL */
    const char *total_revenue;      /* US dollars as typed, like budget; may be NULL */
    const char *release_date;       /* no release: date_last_updated again, in all answers seen */
    const char *deck;               /* summary in a sentence or two, plain text */
    const char *description;        /* full text, HTML */
    const cv_image *image;          /* poster */
    cv_ref_list producers;          /* people who produced it; null if none */
    cv_ref_list studios;            /* companies, publishers on the service; null if none */
    cv_ref_list writers;            /* people who wrote it; null if none */
    const char *distributor;        /* company that brought it out; NULL in all answers seen */
    const cv_ref *has_staff_review; /* the staff's review; NULL: none, as in all answers seen */
    const char *date_added;         /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated;  /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;     /* this record's address in the API */
    const char *site_detail_url;    /* page for people */

    /* In details alone: who and what. */
    cv_ref_list characters; /* characters who appear */
    cv_ref_list concepts;   /* concepts that appear */
    cv_ref_list locations;  /* places that appear */
    cv_ref_list objects;    /* objects that appear */
    cv_ref_list teams;      /* teams that appear */

    /* Documented by the service, but in no answer seen. */
    cv_ref_list things; /* in details; see objects */
} cv_movie;

/* One page of a list of movies; see cv_page for the members. */
typedef struct cv_movie_page {
    const cv_movie *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_movie_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_movie *cv_movie_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_movie *cv_movie_retrieve_with(cv_client *client, int64_t id,
                                              const cv_request_options *options);
CV_API const cv_movie_page *cv_movie_list(cv_client *client, const cv_query *query,
                                          cv_priority priority);
CV_API const cv_movie *cv_movie_take(cv_request *request);
CV_API const cv_movie_page *cv_movie_page_take(cv_request *request);
CV_API const cv_movie *cv_movie_next(cv_cursor *cursor);
CV_API void cv_movie_free(const cv_movie *record);
CV_API void cv_movie_page_free(const cv_movie_page *page);

#ifdef __cplusplus
}
#endif

#endif
