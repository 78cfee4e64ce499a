/* Requests: one handle per call, for programs that must not block.
 *
 * A call that starts a request only enqueues. It returns NULL only without memory (or without a
 * client of this process), and every function here takes NULL (CV_ERROR_NOMEM), so one check is
 * enough: the request's error. A request belongs to one thread at a time; cv_request_cancel may be
 * called from any. From the moment that it is done until its callback has returned, a request with
 * a callback belongs to the thread that polls or waits: free it there, or afterwards.
 *
 * Callbacks run on the thread that is inside cv_client_poll, or inside a wait or blocking call for
 * its own request, or inside cv_client_close; with no lock held; exactly once for each request.
 * Inside one, everything is allowed: free, submit, cancel, wait, poll, close. */
#ifndef COMICVINE_REQUEST_H
#define COMICVINE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/client.h>
#include <comicvine/error.h>
#include <comicvine/query.h>
#include <comicvine/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One call that does not block. */
typedef struct cv_request cv_request;

/* Told that a request is done (cv_request_on_done). */
typedef void cv_request_fn(cv_request *request, void *user);

/* Starts to retrieve one object. `options` may be NULL: defaults, user priority. A bad argument
 * gives a request that is done with CV_ERROR_ARGUMENT. Any thread. */
CV_API cv_request *cv_request_retrieve(cv_client *client, cv_resource resource, int64_t id,
                                       const cv_request_options *options);

/* Starts to retrieve objects of one resource, at most 10 000, in as few requests as possible: what
 * the cache has is taken from there, be it a full entry or what a list has said; the rest is asked
 * for in lists of up to 100 ids, each of which is one request of the list's path, a few at once.
 * What comes so holds what lists hold (cv_record_has), and is cached apart from full entries, with
 * the age of its list. What a list leaves out of those that match is asked for again, as long as
 * each answer tells something new: an id is CV_ERROR_NOT_FOUND only if a list that has all that
 * match does not have it, and that for cache.negative_ttl_s; else it is CV_ERROR_RESPONSE.
 * The service's lists of video_type, video_category and chat cannot be asked by id: of these, what
 * is not in the cache is retrieved one by one, each a request of the detail path, a few at once;
 * such records are full entries. Types cannot be had by id at all: CV_ERROR_ARGUMENT.
 * `ids` (copied) may repeat themselves. In `options`, `fields` are those of lists; mode, priority,
 * max_wait_ms and deadline_ms hold for each request to the service, max_age_s and `stale` for each
 * id: for what a request fails to bring an old entry is given in its place, a full one or what a
 * list has said (CV_STALE_WHILE_REVALIDATE means the same here). The request is done and well
 * when each id has come to an end; take them with cv_many_take. In CV_DRIVE_POLL each turn of
 * cv_client_poll does a bounded part of the work; cv_client_next_deadline says 0 while there is
 * more. */
CV_API cv_request *cv_request_retrieve_many(cv_client *client, cv_resource resource,
                                            const int64_t *ids, size_t count,
                                            const cv_request_options *options);

/* Starts to fetch one page of a list. `query` may be NULL: the first page of all. */
CV_API cv_request *cv_request_list(cv_client *client, cv_resource resource, const cv_query *query,
                                   const cv_request_options *options);

/* Starts a search for one page of hits; the result is taken with cv_page_take. (An image has
 * cv_request_image, in image.h.) */
CV_API cv_request *cv_request_search(cv_client *client, const cv_search_query *query,
                                     const cv_request_options *options);

/* Starts to ask whether the service accepts the key, like cv_client_check_key: what is known is not
 * asked again, but with CV_MODE_REFRESH; while the client is suspended it waits, for what is known
 * when that goes on. The request is done with CV_OK if it is accepted, with CV_ERROR_AUTH if it is
 * refused; with any other error it is not known. It has no other result, and `options` may name no
 * fields. A file that others hold keeps it from what they have noted, which may cost a request;
 * what it learns is noted when they let go. */
CV_API cv_request *cv_request_check_key(cv_client *client, const cv_request_options *options);

/* Whether the request has ended, well or not; true for NULL. Never blocks. */
CV_API bool cv_request_done(const cv_request *request);

/* Waits until the request is done, at most `timeout_ms` (-1: no limit; 0: just looks). In
 * CV_DRIVE_POLL this does the client's work meanwhile. Delivers this request's events as they come,
 * and its callback. False: not done yet. True at once for NULL. */
CV_API bool cv_request_wait(cv_request *request, int64_t timeout_ms);

/* Completes the request with CV_ERROR_CANCELLED at once, if it is not done. What others asked for
 * goes on. Any thread. */
CV_API void cv_request_cancel(cv_request *request);

/* CV_PENDING while under way, CV_OK or what failed afterwards. Never NULL; belongs to the request
 * and does not change once it is done. */
CV_API const cv_error *cv_request_error(const cv_request *request);

/* Sets what to call when the request is done (also if it already is: then at the next poll or
 * wait). NULL takes it back. A later call replaces an undelivered earlier one; after a callback has
 * been delivered it does nothing. */
CV_API void cv_request_on_done(cv_request *request, cv_request_fn *callback, void *user);

/* Gives the handle back: a running request is cancelled, what is undelivered is dropped. Results
 * that were taken stay good. Also after cv_client_close. */
CV_API void cv_request_free(cv_request *request);

/* The result of a request that is done and well, as often as wanted; each is the caller's, to be
 * freed with cv_record_free or cv_page_free. NULL if the request is not done or failed, or its
 * result is a page instead of a record or the reverse (CV_ERROR_ARGUMENT), or without memory:
 * cv_last_error() says which. */
CV_API const cv_record *cv_record_take(cv_request *request);
CV_API const cv_page *cv_page_take(cv_request *request);

/* What became of one id. */
typedef struct cv_many_item {
    int64_t id;              /* as it was asked for */
    const cv_record *record; /* NULL: missing or failed; may be cast to its type (cv_issue) */
    cv_error error;          /* CV_OK with a record; CV_ERROR_NOT_FOUND: there is no such object, as
                                far as the service says */
    int64_t reserved[8];
} cv_many_item;

/* The result of cv_request_retrieve_many: as many items as ids, in their order. */
typedef struct cv_many {
    const cv_many_item *items;
    size_t count;
    int64_t reserved[8];
} cv_many;

/* The result of a request for many, like cv_record_take; each is the caller's. */
CV_API const cv_many *cv_many_take(cv_request *request);

/* Frees it with its records (cv_record_keep keeps one). NULL is fine. Any thread. */
CV_API void cv_many_free(const cv_many *many);

/* The blocking calls for programs that learn the resource as they run; as cv_issue_retrieve and
 * cv_issue_list, freed with cv_record_free and cv_page_free. */
CV_API const cv_record *cv_retrieve(cv_client *client, cv_resource resource, int64_t id,
                                    cv_priority priority);
CV_API const cv_page *cv_list(cv_client *client, cv_resource resource, const cv_query *query,
                              cv_priority priority);

#ifdef __cplusplus
}
#endif

#endif
