/* Owns what a cursor has fetched before it is asked for: one request at background priority for the
 * page behind the last one that has come; its answer waits in the cache. That it fails is nobody's
 * error. Runs where a page comes, on the cursor's own thread or on the driver's, and never waits.
 */
#include "client/calls.h"
#include "client/cursor_internal.h"
#include "client/request_start.h"

typedef struct next_page {
    int64_t offset;
    int64_t number;
} next_page;

/* False: there is none, nobody wants it early, or the cursor itself is fetching it. */
static bool find_next(cv_cursor *cursor, next_page *next) {
    cvi_mutex_lock(&cursor->client->mutex);
    const cvi_walk *walk = &cursor->walk;
    bool is_wanted = cursor->prefetches && !cursor->is_under_way && !cvi_walk_is_over(walk);
    *next = (next_page){walk->next_offset, walk->next_page};
    cvi_mutex_unlock(&cursor->client->mutex);
    return is_wanted && !cursor->client->settings.options.cache.disabled;
}

/* NULL where the answer would be kept nowhere, or the page cannot be asked for: that shows when it
 * is needed. */
static cv_request *start(const cv_cursor *cursor, const next_page *next) {
    cv_error ignored;
    cvi_order order = {
        .call = cvi_cursor_call(cursor, next->offset, next->number, &ignored),
        .options = cvi_options_of(CV_PRIORITY_BACKGROUND),
        .asker = CVI_ASKER_LIBRARY,
    };
    if (order.call == NULL || order.call->ttl_ms <= 0) {
        cvi_call_release(order.call);
        return NULL;
    }
    return cvi_request_start(cursor->client, &order);
}

/* Keeps the request in place of the one before, unless the cursor has gone on meanwhile or been
 * closed. */
static void keep(cv_cursor *cursor, cv_request *ahead, const next_page *next) {
    cv_request *dropped = ahead;
    cvi_mutex_lock(&cursor->client->mutex);
    const cvi_walk *walk = &cursor->walk;
    if (cursor->prefetches && walk->next_offset == next->offset &&
        walk->next_page == next->number) {
        dropped = cursor->ahead;
        cursor->ahead = ahead;
    }
    cvi_mutex_unlock(&cursor->client->mutex);
    cv_request_free(dropped);
}

static void drop(cv_cursor *cursor) {
    cvi_mutex_lock(&cursor->client->mutex);
    cv_request *dropped = cursor->ahead;
    cursor->ahead = NULL;
    cvi_mutex_unlock(&cursor->client->mutex);
    cv_request_free(dropped);
}

void cvi_cursor_fetch_ahead(cv_cursor *cursor) {
    next_page next;
    if (find_next(cursor, &next)) {
        keep(cursor, start(cursor, &next), &next);
    } else {
        drop(cursor);
    }
}

void cvi_cursor_end_ahead(cv_cursor *cursor) {
    cv_cursor_prefetch(cursor, false);
    drop(cursor);
}

void cv_cursor_prefetch(cv_cursor *cursor, bool wanted) {
    if (cvi_cursor_is_usable(cursor)) {
        cvi_mutex_lock(&cursor->client->mutex);
        cursor->prefetches = wanted;
        cvi_mutex_unlock(&cursor->client->mutex);
    }
}
