/* Owns the beginnings of cursors: from a query or from a token, checked before anything is sent;
 * and the making of tokens. The cursor's own thread. */
#include <inttypes.h>
#include <string.h>

#include "client/calls.h"
#include "client/cursor_internal.h"
#include "resources/hits.h"
#include "resources/registry.h"
#include "support/allocator.h"
#include "support/error.h"

static cv_cursor *new_cursor(cv_client *client, cv_error *error) {
    cv_cursor *cursor = cvi_allocate(&client->allocator, sizeof(*cursor));
    if (cursor == NULL) {
        cvi_error_no_memory(error);
        return NULL;
    }
    cvi_client_keep(client);
    cursor->client = client;
    cursor->allocator = client->allocator;
    cursor->references = 1;
    cvi_arena_init(&cursor->arena, &client->allocator, 0);
    return cursor;
}

/* ---- what is walked ---- */

static bool copy_text(cvi_arena *arena, const char **copy, const char *text) {
    *copy = text != NULL ? cvi_arena_copy_text(arena, text, strlen(text)) : NULL;
    return text == NULL || *copy != NULL;
}

static bool copy_plan(cv_cursor *cursor, const cvi_bookmark *plan) {
    cvi_bookmark *own = &cursor->plan;
    cvi_arena *arena = &cursor->arena;
    *own = *plan;
    return copy_text(arena, &own->path, plan->path) && copy_text(arena, &own->query, plan->query) &&
           copy_text(arena, &own->resources, plan->resources) &&
           copy_text(arena, &own->fields, plan->fields) &&
           copy_text(arena, &own->filter, plan->filter) &&
           copy_text(arena, &own->sort, plan->sort) &&
           copy_text(arena, &own->subscriber_only, plan->subscriber_only) &&
           copy_text(arena, &own->video_type, plan->video_type);
}

static bool is_page(int64_t page) {
    return page >= 1 && page <= CVI_WALK_PAGE_MAX;
}

/* Whether a walk may begin there; numbers that come from outside may be anything. */
static bool is_place(const cvi_bookmark *plan) {
    return plan->offset >= 0 && plan->index >= 0 && plan->index <= INT32_MAX &&
           plan->index <= INT64_MAX - plan->offset && is_page(plan->page) && plan->total >= -1;
}

/* Whether the service can be asked for this walk; the first page's call says what is wrong. */
static bool check_plan(cv_cursor *cursor, cv_error *error) {
    const cvi_bookmark *plan = &cursor->plan;
    if (plan->priority != CV_PRIORITY_BACKGROUND && plan->priority != CV_PRIORITY_USER) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "priority has no value %" PRId64, plan->priority);
        return false;
    }
    if (!is_place(plan)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "no walk through %s begins there",
                      cursor->resource->list_path);
        return false;
    }
    cvi_call *call = cvi_cursor_call(cursor, plan->offset, plan->page, error);
    cvi_call_release(call);
    return call != NULL;
}

static const cvi_resource *resource_of(const cvi_bookmark *plan, cv_error *error) {
    if (strcmp(plan->path, cvi_search_resource.list_path) == 0) {
        return &cvi_search_resource;
    }
    const cvi_resource *resource = cvi_registry_find(cv_resource_from_name(plan->path));
    if (resource == NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "version %s of the library has no list %.32s",
                      CV_VERSION, plan->path);
    }
    return resource;
}

/* The page size that a search asks for. */
static int64_t search_size(int64_t limit) {
    return limit > 0 ? limit : CVI_SEARCH_LIMIT;
}

/* Matches before a page of a search, as far as that is known before the first answer. A page or a
 * limit that cannot be has none: its plan is refused. */
static int64_t place_of_page(int64_t page, int64_t limit) {
    return is_page(page) && limit <= CVI_WALK_KEYS_MAX ? (page - 1) * search_size(limit) : 0;
}

static bool begin(cv_cursor *cursor, const cvi_bookmark *plan, cv_error *error) {
    if (!copy_plan(cursor, plan)) {
        cvi_error_no_memory(error);
        return false;
    }
    cursor->resource = resource_of(plan, error);
    if (cursor->resource == NULL || !check_plan(cursor, error)) {
        return false;
    }
    if (cursor->resource == &cvi_search_resource) {
        cvi_walk_start_at_page(&cursor->walk, plan->offset, plan->page, search_size(plan->limit));
    } else {
        cvi_walk_start(&cursor->walk, plan->offset);
    }
    cursor->limit = plan->limit;
    cursor->wishes = cvi_options_of((cv_priority)plan->priority);
    return true;
}

static cv_cursor *open_cursor(cv_client *client, const cvi_bookmark *plan) {
    cv_error error;
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_cursor *cursor = new_cursor(client, &error);
    if (cursor != NULL && begin(cursor, plan, &error)) {
        return cursor;
    }
    cvi_error_remember(&error);
    cv_cursor_close(cursor);
    return NULL;
}

/* NULL, and why. */
static cv_cursor *refuse_to_open(const cv_error *error) {
    cvi_error_remember(error);
    return NULL;
}

cv_cursor *cv_cursor_open(cv_client *client, cv_resource resource, const cv_query *query,
                          cv_priority priority) {
    cv_error error;
    cv_query own = CV_QUERY_INIT;
    const cvi_resource *table = cvi_find_resource(resource, &error);
    if (table == NULL || !cvi_copy_query(&own, query, &error)) {
        return refuse_to_open(&error);
    }
    const cvi_bookmark plan = {
        .path = table->list_path,
        .fields = own.fields,
        .filter = own.filter,
        .sort = own.sort,
        .subscriber_only = own.subscriber_only,
        .video_type = own.video_type,
        .limit = own.limit,
        .allow_unknown = own.allow_unknown,
        .priority = priority,
        .offset = own.offset,
        .page = 1,
        .total = -1,
    };
    return open_cursor(client, &plan);
}

cv_cursor *cv_cursor_open_search(cv_client *client, const cv_search_query *query,
                                 cv_priority priority) {
    cv_error error;
    cv_search_query own = CV_SEARCH_QUERY_INIT;
    if (!cvi_copy_search(&own, query, &error)) {
        return refuse_to_open(&error);
    }
    int64_t first_page = own.page != 0 ? own.page : 1;
    const cvi_bookmark plan = {
        .path = cvi_search_resource.list_path,
        .query = own.query,
        .resources = own.resources,
        .fields = own.fields,
        .subscriber_only = own.subscriber_only,
        .limit = own.limit,
        .allow_unknown = own.allow_unknown,
        .priority = priority,
        .offset = place_of_page(first_page, own.limit),
        .page = first_page,
        .total = -1,
    };
    return open_cursor(client, &plan);
}

/* ---- tokens ---- */

/* Where the walk stands, in words that find it again. */
static cvi_bookmark mark_place(const cv_cursor *cursor) {
    const cvi_walk *walk = &cursor->walk;
    cvi_standing standing = cvi_cursor_standing(cursor);
    cvi_bookmark mark = cursor->plan;
    cvi_walk_key last = cursor->last;
    if (!standing.is_inside && walk->at_hand.count > 0) {
        last = walk->at_hand.keys[walk->at_hand.count - 1];
    }
    mark.offset = standing.is_inside ? walk->offset : walk->next_offset;
    mark.page = standing.is_inside ? walk->page : walk->next_page;
    mark.index = standing.index;
    mark.last_id = last.id;
    mark.last_type = last.resource;
    mark.total = walk->total;
    return mark;
}

char *cv_cursor_token(const cv_cursor *cursor) {
    if (!cvi_cursor_check(cursor)) {
        return NULL;
    }
    cvi_mutex_lock(&cursor->client->mutex);
    cvi_bookmark mark = mark_place(cursor);
    cvi_mutex_unlock(&cursor->client->mutex);
    cvi_buffer text;
    cvi_buffer_init(&text, &cursor->allocator, CVI_TOKEN_BYTES_MAX);
    cvi_token_write(&mark, &text);
    char *token = text.failed ? NULL : cvi_handout(&cursor->allocator, text.length + 1);
    if (token != NULL) {
        memcpy(token, text.data, text.length + 1);
    } else {
        cvi_error_remember_no_memory();
    }
    cvi_buffer_free(&text);
    return token;
}

/* Puts a cursor that begins at the mark's page behind the record that was given last. */
static void go_on(cv_cursor *cursor, const cvi_bookmark *mark) {
    cursor->is_resumed = true;
    cursor->last = (cvi_walk_key){mark->last_id, (cv_resource)mark->last_type, 0};
    cursor->walk.total = mark->total;
    cursor->walk.at_hand.keys[0] = cursor->last;
    cursor->walk.at_hand.count = 1;
}

cv_cursor *cv_cursor_resume(cv_client *client, const char *token) {
    cv_error error;
    cvi_bookmark mark;
    cvi_arena texts;
    if (!cvi_client_check(client)) {
        return NULL;
    }
    if (token == NULL) {
        cvi_error_set(&error, CV_ERROR_ARGUMENT, "the token is NULL");
        return refuse_to_open(&error);
    }
    cvi_arena_init(&texts, &client->allocator, 0);
    cv_cursor *cursor = NULL;
    if (cvi_token_read(token, &texts, &mark, &error)) {
        cursor = open_cursor(client, &mark);
    } else {
        cvi_error_remember(&error);
    }
    cvi_arena_clear(&texts);
    if (cursor != NULL) {
        go_on(cursor, &mark);
    }
    return cursor;
}
