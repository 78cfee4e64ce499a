/* Cursors: walk through all pages of a list or a search.
 *
 * The whole query stays on every page: filter, sort, fields, priority; `limit` is the page size,
 * `offset` (or `page`) where the walk begins. A walk ends when it has passed as many matches as the
 * service counts on the page it is at; no request is spent on a page behind the last one. The
 * service's lists move while one walks through them, and what it says of them may be wrong:
 * - a total that changes counts from the page that says so;
 * - a page that says no total leaves the one before. Where none has been said, or a page has more
 *   items than its total allows, the walk goes on until a page is empty, which costs that request
 *   and cannot be told from one that is empty too early; cv_cursor_total is -1 meanwhile;
 * - a short page of a list is followed from where it ends, whatever number of items the service
 *   says it has; the service numbers the pages of a search, so there the next number follows, and
 *   what a short page lacks counts as passed (cv_cursor_missing says how many that were);
 * - a record that was on the page before, or earlier on the same one, is skipped by cv_cursor_next
 *   (cv_cursor_repeated says how many were); what moves further than a page is not noticed, nor is
 *   a record without an id, or a hit of no known resource;
 * - a page that is empty before the total is reached, that says it begins further on than was asked
 *   (of a list: or earlier), or whose records were all on the page before, is an error
 *   (CV_ERROR_RESPONSE), never a silent end. One record alone may come again at the right place,
 *   but not twice where no total ends the walk.
 *
 * Pages are answers like any other: a stale one is given where stale answers are, and marked.
 *
 * After an error the walk stands where it stood: the next call asks for the same page again, and
 * after a page that was not believed it asks the service (CV_MODE_REFRESH).
 *
 * A cursor belongs to one thread at a time. It may outlive its client, whose calls then fail with
 * CV_ERROR_CLOSED. Every function takes NULL. */
#ifndef COMICVINE_CURSOR_H
#define COMICVINE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include <comicvine/client.h>
#include <comicvine/error.h>
#include <comicvine/query.h>
#include <comicvine/record.h>
#include <comicvine/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A walk through all pages of one query. */
typedef struct cv_cursor cv_cursor;

/* A cursor before the first record. Checks the query (copied) and sends nothing. `query` may be
 * NULL: all of the list. Close it with cv_cursor_close. NULL on failure: cv_last_error(). */
CV_API cv_cursor *cv_cursor_open(cv_client *client, cv_resource resource, const cv_query *query,
                                 cv_priority priority);

/* The same for a search, whose records are of several resources; from page 2^31 on none begins. */
CV_API cv_cursor *cv_cursor_open_search(cv_client *client, const cv_search_query *query,
                                        cv_priority priority);

/* How pages are asked for from now on: mode, max_wait_ms, deadline_ms (of each page), max_age_s and
 * `stale` of `options`, whose other members do not count; NULL: as at first, by the defaults. A
 * page that is fetched ahead keeps the defaults, and a token does not hold this. After a page that
 * was not believed the service is asked, but in CV_MODE_CACHE_ONLY. False: CV_ERROR_ARGUMENT, and
 * it stays as it was. */
CV_API bool cv_cursor_set_options(cv_cursor *cursor, const cv_request_options *options);

/* The next record, fetching the next page if need be: then it blocks like cv_list. It belongs to
 * the cursor and is good until the cursor's next call (cv_record_keep keeps it). NULL at the end or
 * on failure: cv_cursor_error() tells which. cv_issue_next and its sisters do the same for a cursor
 * on their own resource. */
CV_API const cv_record *cv_cursor_next(cv_cursor *cursor);

/* Starts to fetch the next page as a whole, for programs that must not block; take it with
 * cv_page_take. Pages come as the service sends them, repeated records included. What
 * cv_cursor_next has not given yet of its page is passed over. The cursor moves on when the request
 * is done and well; one page is under way at a time (CV_ERROR_ARGUMENT otherwise). NULL only
 * without memory or cursor.
 *
 * At the end nothing is sent: a request that is done, with a page of no items, whose `offset` and
 * `total` are cv_cursor_position and cv_cursor_total, and whose `limit`, source and times are those
 * of the last page that has come. Where none has come, as the walk was resumed at its end, these
 * are the limit asked for, CV_SOURCE_CACHE and 0. */
CV_API cv_request *cv_request_next_page(cv_cursor *cursor);

/* For progress: how many matches lie before what comes next, and how many there are. The position
 * may jump over items that are no records. In a search that begins at a later page it is reckoned
 * with the limit asked for until the first page says which one the service has applied. The total
 * is -1 before the first page and while the service says none that can be; at the end of a walk
 * without one it is the position where that has ended. */
CV_API int64_t cv_cursor_position(const cv_cursor *cursor);
CV_API int64_t cv_cursor_total(const cv_cursor *cursor);

/* Records that cv_cursor_next has skipped, as they had been there already. */
CV_API int64_t cv_cursor_repeated(const cv_cursor *cursor);

/* Hits that the pages of a search have lacked so far: the service counts them and sends them on no
 * other page. Not known, and not counted, while there is no total. 0 for a list, which loses none.
 */
CV_API int64_t cv_cursor_missing(const cv_cursor *cursor);

/* Why the last cv_cursor_next gave NULL: CV_OK at the end. CV_OK too after a record. Never NULL
 * (CV_ERROR_ARGUMENT for a cursor that is NULL); good until the cursor's next call. */
CV_API const cv_error *cv_cursor_error(const cv_cursor *cursor);

/* Whether a page that comes, for cv_cursor_next or for cv_request_next_page, has the following one
 * fetched already, at background priority; off at first. Nothing waits for it: in CV_DRIVE_POLL it
 * is fetched by later polls and waits. It arrives in the cache, so without a cache this does
 * nothing. A page that is asked for while on its way gets the cursor's own priority. */
CV_API void cv_cursor_prefetch(cv_cursor *cursor, bool wanted);

/* Where the walk stands, as one line of printable ASCII that holds the query and the position, not
 * the API key; at most 32 768 bytes. Free it with cv_free. NULL without memory: cv_last_error(). */
CV_API char *cv_cursor_token(const cv_cursor *cursor);

/* A cursor that goes on where a token was made, in this program or another, now or later: behind
 * the record that was given last, if its page still has it, else at the same place. Of the page
 * before it knows that record alone, so that others may come again. The total is the token's until
 * a page says another one, so a token made at the end is at the end for good, whatever the list has
 * got since: walk it anew for that. Any client will do; the walk goes on at its service, with its
 * key. What was counted (cv_cursor_repeated, cv_cursor_missing) and cv_cursor_prefetch begin anew.
 * Sends nothing. NULL on failure: cv_last_error(), CV_ERROR_ARGUMENT for what is no token of this
 * version. */
CV_API cv_cursor *cv_cursor_resume(cv_client *client, const char *token);

/* Frees the cursor; a page that is being fetched for cv_request_next_page goes on. */
CV_API void cv_cursor_close(cv_cursor *cursor);

#ifdef __cplusplus
}
#endif

#endif
