/* The inside of a cursor, for its four files.
 *
 * A page moves the walk on at one place, when its request is done, on whatever thread that is; so
 * the walk is shared, under the client's mutex. All else belongs to the cursor's own thread. While
 * a page is at hand, no request for another is under way, so that this thread may then read the
 * walk without the mutex. */
#ifndef CVI_CLIENT_CURSOR_INTERNAL_H
#define CVI_CLIENT_CURSOR_INTERNAL_H

#include "client/client.h"
#include "client/cursor.h"
#include "client/token.h"
#include "client/walk.h"

struct cv_cursor {
    /* fixed */
    cv_client *client;
    cv_allocator allocator;
    cvi_arena arena;   /* the texts of the plan */
    cvi_bookmark plan; /* what is walked, and where it began */
    const cvi_resource *resource;

    /* shared */
    int references; /* the owner's, one per request for a page */
    bool is_under_way;
    bool distrusts; /* the last page was not believed: the cache may have it */
    cvi_walk walk;
    int64_t limit;             /* of the last page that was believed; of none: as asked */
    cvi_provenance provenance; /* likewise; of none: without times */
    bool prefetches;
    cv_request *ahead; /* has the following page put into the cache */

    /* the owner's */
    cv_request_options wishes; /* for each page; its priority is the plan's */
    cvi_outcome coming; /* the page that cv_cursor_next needs, with one reference to its result */
    const cv_page *page;
    size_t index; /* of the next record on it */
    bool is_resumed;
    cvi_walk_key last; /* of the record given last */
    int64_t repeated;
    cv_error error;
};

/* ---- cursor.c ---- */

/* Lets go of what cv_cursor_next has of a page. */
void cvi_cursor_drop_page(cv_cursor *cursor);

/* Where the walk is within its page. */
typedef struct cvi_standing {
    bool is_inside; /* of the page at hand, or of the one that has come */
    int64_t index;  /* of what comes next, on that page or on the next one */
} cvi_standing;

cvi_standing cvi_cursor_standing(const cv_cursor *cursor);

/* Whether a public call may touch the cursor: not NULL, and not a parent process's; check also
 * remembers which. */
bool cvi_cursor_is_usable(const cv_cursor *cursor);
bool cvi_cursor_check(const cv_cursor *cursor);

/* ---- cursor_pages.c ---- */

/* The call for the page behind `offset` matches, which is number `page`. NULL: `error`. */
cvi_call *cvi_cursor_call(const cv_cursor *cursor, int64_t offset, int64_t page, cv_error *error);

/* Fetches the next page, blocking, into `coming`, where there is none. At the end there is nothing
 * to fetch: the caller has looked. */
void cvi_cursor_fetch_page(cv_cursor *cursor);

/* ---- cursor_ahead.c ---- */

/* No page is fetched ahead any more, and the one on its way is let go. */
void cvi_cursor_end_ahead(cv_cursor *cursor);

#endif
