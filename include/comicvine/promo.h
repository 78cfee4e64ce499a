/* Promotions: what the service shows on its front page, by id or as a list.
 *
 * Source of every member: the service's answer to /promo/1700-ID and /promos, under the same name.
 */
#ifndef COMICVINE_PROMO_H
#define COMICVINE_PROMO_H

#include <comicvine/client.h>
#include <comicvine/cursor.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A promo; all that it points to belongs to it. Free it with cv_promo_free. */
typedef struct cv_promo {
    cv_record record;

    /* In details and lists alike. */
    int64_t id;                 /* number of the promotion, the 1781 in 1700-1781 */
    const char *name;           /* headline */
    const char *deck;           /* summary in a sentence or two, plain text */
    const cv_image *image;      /* picture */
    const char *link;           /* page that it leads to */
    const char *resource_type;  /* kind of that page: "article"; no resource of this library */
    const char *user;           /* the author's name as shown; may be blank */
    const char *date_added;     /* entered, YYYY-MM-DD HH:MM:SS */
    const char *guid;           /* type and number: "1700-1781" */
    const char *api_detail_url; /* this record's address in the API */
} cv_promo;

/* One page of a list of promos; see cv_page for the members. */
typedef struct cv_promo_page {
    const cv_promo *const *items;
    size_t count;
    int64_t limit;
    int64_t offset;
    int64_t total;
    cv_source source;
    int64_t fetched_at_ms;
    int64_t expires_at_ms;
    const cv_stale_note *stale;
    int64_t reserved[7];
} cv_promo_page;

/* The functions of every resource: issue.h says what they do, how long they block and who frees. */
CV_API const cv_promo *cv_promo_retrieve(cv_client *client, int64_t id, cv_priority priority);
CV_API const cv_promo *cv_promo_retrieve_with(cv_client *client, int64_t id,
                                              const cv_request_options *options);
CV_API const cv_promo_page *cv_promo_list(cv_client *client, const cv_query *query,
                                          cv_priority priority);
CV_API const cv_promo *cv_promo_take(cv_request *request);
CV_API const cv_promo_page *cv_promo_page_take(cv_request *request);
CV_API const cv_promo *cv_promo_next(cv_cursor *cursor);
CV_API void cv_promo_free(const cv_promo *record);
CV_API void cv_promo_page_free(const cv_promo_page *page);

#ifdef __cplusplus
}
#endif

#endif
