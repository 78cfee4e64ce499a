/* Powers: what characters can do, such as flight, by id or as a list.
 *
 * Source of every member: the service's answer to /power/4035-ID and /powers, under the same name.
 */
#ifndef COMICVINE_POWER_H
#define COMICVINE_POWER_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A power; all that it points to belongs to it. Free it with cv_power_free. */
typedef struct cv_power {
    cv_record record;

    /* In details and lists. */
    int64_t id;                    /* number of the power, the 23 in 4035-23 */
    const char *name;              /* what it is called */
    const char *aliases;           /* other names, one per line ("\n" or "\r\n"); NULL so far */
    const char *description;       /* full text, HTML */
    const char *date_added;        /* entered, YYYY-MM-DD HH:MM:SS */
    const char *date_last_updated; /* last edited, YYYY-MM-DD HH:MM:SS */
    const char *api_detail_url;    /* this record's address in the API */
    const char *site_detail_url;   /* page for people: a search for characters who have it */

    /* In details alone. */
    cv_ref_list characters; /* all who have it, thousands for some */
} cv_power;

/* One page of a list of powers; see cv_page for the members. */
typedef struct cv_power_page {
    const cv_power *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_power_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_power *cv_power_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_power *cv_power_retrieve_with(cv_client *client, int64_t id,
                                              const cv_request_options *options);
CV_API const cv_power_page *cv_power_list(cv_client *client, const cv_query *query,
                                          cv_priority priority);
CV_API const cv_power *cv_power_take(cv_request *request);
CV_API const cv_power_page *cv_power_page_take(cv_request *request);
CV_API const cv_power *cv_power_next(cv_cursor *cursor);
CV_API void cv_power_free(const cv_power *record);
CV_API void cv_power_page_free(const cv_power_page *page);

#ifdef __cplusplus
}
#endif

#endif
