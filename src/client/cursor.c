/* Owns the records that a cursor gives, one by one, and what it says about itself. A page that has
 * come is never lost: until there is a handle on it, it is kept. */
#include "client/cursor_internal.h"

#include "support/allocator.h"
#include "support/error.h"

static const cv_error no_cursor = {.code = CV_ERROR_ARGUMENT, .message = "the cursor is NULL"};

bool cvi_cursor_is_usable(const cv_cursor *cursor) {
    return cursor != NULL && !cvi_client_is_inherited(cursor->client);
}

bool cvi_cursor_check(const cv_cursor *cursor) {
    bool is_usable = cvi_cursor_is_usable(cursor);
    if (!is_usable) {
        cvi_error_remember(cursor == NULL ? &no_cursor : &cvi_error_inherited);
    }
    return is_usable;
}

/* ---- life ---- */

cv_cursor *cvi_cursor_keep(cv_cursor *cursor) {
    cvi_mutex_lock(&cursor->client->mutex);
    cursor->references++;
    cvi_mutex_unlock(&cursor->client->mutex);
    return cursor;
}

void cvi_cursor_release(cv_cursor *cursor) {
    if (cursor == NULL) {
        return;
    }
    cv_client *client = cursor->client;
    cvi_mutex_lock(&client->mutex);
    bool last = --cursor->references == 0;
    cvi_mutex_unlock(&client->mutex);
    if (last) {
        cvi_arena_clear(&cursor->arena);
        cvi_release(&cursor->allocator, cursor);
        cvi_client_release(client);
    }
}

void cvi_cursor_drop_page(cv_cursor *cursor) {
    cv_page_free(cursor->page);
    cvi_result_release(cursor->coming.result);
    cursor->page = NULL;
    cursor->index = 0;
    cursor->coming = (cvi_outcome){.result = NULL};
}

void cv_cursor_close(cv_cursor *cursor) {
    if (cvi_cursor_is_usable(cursor)) {
        cvi_cursor_drop_page(cursor);
        cvi_cursor_end_ahead(cursor);
        cvi_cursor_release(cursor);
    }
}

/* ---- records ---- */

/* Where on its page a resumed walk goes on. */
static size_t find_entry(const cv_cursor *cursor) {
    const cvi_walk_keys *records = &cursor->walk.at_hand;
    for (size_t i = 0; i < records->count && cursor->last.id != 0; i++) {
        if (records->keys[i].id == cursor->last.id &&
            records->keys[i].resource == cursor->last.resource) {
            return i + 1;
        }
    }
    size_t index = (size_t)cursor->plan.index;
    return index < cursor->page->count ? index : cursor->page->count;
}

/* Makes the page that comes next the one at hand. What has come and could not be taken stays for
 * the next try, as the walk has moved on with it. */
static bool load_page(cv_cursor *cursor) {
    cvi_outcome *coming = &cursor->coming;
    if (coming->result == NULL) {
        cvi_cursor_drop_page(cursor);
        cvi_cursor_fetch_page(cursor);
    }
    if (coming->result == NULL) {
        cursor->error = coming->error;
        return false;
    }
    cursor->page = cvi_result_page(coming->result, &coming->provenance);
    if (cursor->page == NULL) {
        cvi_error_no_memory(&cursor->error); /* a page without a handle has no other reason */
        return false;
    }
    cvi_result_release(coming->result);
    coming->result = NULL;
    cursor->index = cursor->is_resumed ? find_entry(cursor) : 0;
    cursor->is_resumed = false;
    cvi_cursor_fetch_ahead(cursor);
    return true;
}

/* The next record of the page at hand that has not been there before. */
static const cv_record *next_at_hand(cv_cursor *cursor) {
    while (cursor->page != NULL && cursor->index < cursor->page->count) {
        size_t index = cursor->index++;
        if (cvi_walk_repeats(&cursor->walk, index)) {
            cursor->repeated++;
            continue;
        }
        const cvi_walk_keys *records = &cursor->walk.at_hand;
        cursor->last = index < records->count ? records->keys[index] : (cvi_walk_key){0};
        return cursor->page->items[index];
    }
    return NULL;
}

static bool is_at_end(const cv_cursor *cursor) {
    cv_client *client = cursor->client;
    cvi_mutex_lock(&client->mutex);
    bool is_over = cursor->coming.result == NULL && cvi_walk_is_over(&cursor->walk);
    cvi_mutex_unlock(&client->mutex);
    return is_over;
}

const cv_record *cv_cursor_next(cv_cursor *cursor) {
    if (!cvi_cursor_check(cursor)) {
        return NULL;
    }
    cursor->error = (cv_error){.code = CV_OK};
    for (;;) {
        const cv_record *record = next_at_hand(cursor);
        if (record != NULL || is_at_end(cursor)) {
            return record;
        }
        if (!load_page(cursor)) {
            cvi_error_remember(&cursor->error);
            return NULL;
        }
    }
}

const cv_record *cvi_cursor_next_of(cv_cursor *cursor, cv_resource resource) {
    if (cvi_cursor_is_usable(cursor) && cursor->resource->resource != resource) {
        cvi_error_set(&cursor->error, CV_ERROR_ARGUMENT, "the cursor walks through %s",
                      cursor->resource->list_path);
        cvi_error_remember(&cursor->error);
        return NULL;
    }
    return cv_cursor_next(cursor);
}

/* ---- where it stands ---- */

cvi_standing cvi_cursor_standing(const cv_cursor *cursor) {
    int64_t entry = cursor->is_resumed ? cursor->plan.index : 0;
    if (cursor->coming.result != NULL) {
        return (cvi_standing){true, entry};
    }
    if (cursor->page != NULL && cursor->index < cursor->page->count) {
        return (cvi_standing){true, (int64_t)cursor->index};
    }
    return (cvi_standing){false, entry};
}

/* Matches before what comes next. */
static int64_t position_of(const cv_cursor *cursor) {
    const cvi_walk *walk = &cursor->walk;
    cvi_standing standing = cvi_cursor_standing(cursor);
    if (!standing.is_inside) {
        return walk->next_offset + standing.index;
    }
    int64_t position = walk->offset + standing.index;
    return position < walk->next_offset ? position : walk->next_offset;
}

int64_t cv_cursor_position(const cv_cursor *cursor) {
    if (!cvi_cursor_is_usable(cursor)) {
        return 0;
    }
    cvi_mutex_lock(&cursor->client->mutex);
    int64_t position = position_of(cursor);
    cvi_mutex_unlock(&cursor->client->mutex);
    return position;
}

int64_t cv_cursor_total(const cv_cursor *cursor) {
    if (!cvi_cursor_is_usable(cursor)) {
        return -1;
    }
    cvi_mutex_lock(&cursor->client->mutex);
    int64_t total = cvi_walk_total(&cursor->walk);
    cvi_mutex_unlock(&cursor->client->mutex);
    return total;
}

int64_t cv_cursor_repeated(const cv_cursor *cursor) {
    return cvi_cursor_is_usable(cursor) ? cursor->repeated : 0;
}

int64_t cv_cursor_missing(const cv_cursor *cursor) {
    if (!cvi_cursor_is_usable(cursor)) {
        return 0;
    }
    cvi_mutex_lock(&cursor->client->mutex);
    int64_t missing = cursor->walk.missing;
    cvi_mutex_unlock(&cursor->client->mutex);
    return missing;
}

const cv_error *cv_cursor_error(const cv_cursor *cursor) {
    if (cursor == NULL) {
        return &no_cursor;
    }
    return cvi_client_is_inherited(cursor->client) ? &cvi_error_inherited : &cursor->error;
}
