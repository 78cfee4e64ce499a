/* Owns the requests for a cursor's pages: which call each is, that one is under way at a time, and
 * how an answer moves the walk on. Requests complete on any thread; the rest runs on the cursor's
 * own. */
#include <inttypes.h>

#include "client/calls.h"
#include "client/cursor_internal.h"
#include "client/request_start.h"
#include "resources/decode.h"
#include "resources/hits.h"
#include "support/digest.h"
#include "support/error.h"

/* ---- asking ---- */

cvi_call *cvi_cursor_call(const cv_cursor *cursor, int64_t offset, int64_t page, cv_error *error) {
    const cvi_settings *settings = &cursor->client->settings;
    const cvi_bookmark *plan = &cursor->plan;
    if (cursor->resource == &cvi_search_resource) {
        cv_search_query search = CV_SEARCH_QUERY_INIT;
        search.query = plan->query;
        search.resources = plan->resources;
        search.fields = plan->fields;
        search.limit = plan->limit;
        search.page = page;
        search.subscriber_only = plan->subscriber_only;
        search.allow_unknown = plan->allow_unknown;
        return cvi_call_search(settings, &search, error);
    }
    cv_query query = CV_QUERY_INIT;
    query.fields = plan->fields;
    query.filter = plan->filter;
    query.sort = plan->sort;
    query.limit = plan->limit;
    query.offset = offset;
    query.subscriber_only = plan->subscriber_only;
    query.video_type = plan->video_type;
    query.allow_unknown = plan->allow_unknown;
    return cvi_call_list(settings, cursor->resource->resource, &query, error);
}

/* ---- arriving ---- */

/* Hits of unknown types may have ids in common, and some records have none. */
static cvi_walk_key key_of(const cvi_result *result, size_t index) {
    cv_resource type = cvi_result_type(result, index);
    int64_t id = type != CV_RESOURCE_NONE ? cvi_result_id(result, index) : 0;
    if (id != 0) {
        return (cvi_walk_key){id, type, 0};
    }
    size_t length;
    const char *text = cvi_result_raw(result, index, &length);
    return (cvi_walk_key){0, type, cvi_checksum(text, length)};
}

static void describe(const cvi_result *result, cvi_walk_page *page) {
    const cvi_envelope *envelope = cvi_result_envelope(result);
    *page = (cvi_walk_page){
        .limit = envelope->limit,
        .offset = envelope->offset,
        .total = envelope->total_results,
        .items = (int64_t)cvi_result_item_count(result),
    };
    size_t count = cvi_result_count(result);
    cvi_walk_keys *records = &page->records;
    while (records->count < count && records->count < CVI_WALK_KEYS_MAX) {
        records->keys[records->count] = key_of(result, records->count);
        records->count++;
    }
}

void cvi_cursor_arrive_locked(cv_cursor *cursor, cvi_outcome *outcome) {
    cursor->is_under_way = false;
    if (outcome->result == NULL) {
        return;
    }
    cvi_walk_page page;
    cv_error why;
    describe(outcome->result, &page);
    cursor->distrusts = !cvi_walk_take(&cursor->walk, &page, &why);
    if (cursor->distrusts) {
        cvi_result_release(outcome->result);
        outcome->result = NULL;
        cvi_error_set(&outcome->error, why.code, "%s: %s", cursor->resource->list_path,
                      why.message);
        return;
    }
    cursor->limit = page.limit;
    cursor->provenance = outcome->provenance;
}

/* ---- requests ---- */

/* What a request for a page finds. */
typedef struct place {
    int64_t offset;
    int64_t page;
    bool is_busy; /* another one is under way */
    bool is_over;
    bool distrusts;
    /* of the end */
    int64_t limit;
    int64_t total;
    cvi_provenance provenance;
} place;

static place find_place_locked(const cv_cursor *cursor) {
    const cvi_walk *walk = &cursor->walk;
    return (place){
        .offset = walk->next_offset,
        .page = walk->next_page,
        .is_busy = cursor->is_under_way,
        .is_over = cvi_walk_is_over(walk),
        .distrusts = cursor->distrusts,
        .limit = cursor->limit,
        .total = cvi_walk_total(walk),
        .provenance = cursor->provenance,
    };
}

/* Takes the one right to fetch the next page, unless there is none. */
static place reserve_page(cv_cursor *cursor) {
    cvi_mutex_lock(&cursor->client->mutex);
    place found = find_place_locked(cursor);
    if (!found.is_over) {
        cursor->is_under_way = true;
    }
    cvi_mutex_unlock(&cursor->client->mutex);
    return found;
}

static void give_up_page(cv_cursor *cursor) {
    cvi_mutex_lock(&cursor->client->mutex);
    cursor->is_under_way = false;
    cvi_mutex_unlock(&cursor->client->mutex);
}

static cv_request_options options_for(const cv_cursor *cursor, const place *found) {
    cv_request_options options = cursor->wishes;
    if (found->distrusts && options.mode != CV_MODE_CACHE_ONLY) {
        options.mode = CV_MODE_REFRESH;
    }
    return options;
}

bool cv_cursor_set_options(cv_cursor *cursor, const cv_request_options *options) {
    if (!cvi_cursor_check(cursor)) {
        return false;
    }
    cv_error error;
    cv_request_options wishes;
    if (!cvi_copy_options(&wishes, options, &error)) {
        cvi_error_remember(&error);
        return false;
    }
    wishes.priority = (cv_priority)cursor->plan.priority;
    wishes.fields = NULL; /* the plan has those */
    wishes.allow_unknown = 0;
    cursor->wishes = wishes;
    return true;
}

static void set_busy(const cv_cursor *cursor, cv_error *error) {
    cvi_error_set(error, CV_ERROR_ARGUMENT, "%s: the page before is still under way",
                  cursor->resource->list_path);
}

void cvi_cursor_fetch_page(cv_cursor *cursor) {
    cvi_outcome *outcome = &cursor->coming;
    place found = reserve_page(cursor);
    if (found.is_busy) {
        set_busy(cursor, &outcome->error);
        return;
    }
    cv_request_options options = options_for(cursor, &found);
    cvi_call *call = cvi_cursor_call(cursor, found.offset, found.page, &outcome->error);
    cvi_fetch_call(cursor->client, call, &options, outcome);
    if (cvi_client_is_inherited(cursor->client)) {
        *outcome = (cvi_outcome){.error = cvi_error_inherited}; /* an event has forked */
        return;
    }
    cvi_mutex_lock(&cursor->client->mutex);
    cvi_cursor_arrive_locked(cursor, outcome);
    cvi_mutex_unlock(&cursor->client->mutex);
}

static cv_request *start_page(cv_cursor *cursor, const place *found) {
    cv_error error;
    cvi_order order = {
        .call = cvi_cursor_call(cursor, found->offset, found->page, &error),
        .error = &error,
        .options = options_for(cursor, found),
        .cursor = cursor,
    };
    bool is_asked = order.call != NULL;
    cv_request *request = cvi_request_start(cursor->client, &order);
    if (!is_asked || request == NULL) {
        give_up_page(cursor);
    }
    return request;
}

/* The answer behind the last page: an envelope of our own without items. */
static cvi_result *make_end(const cv_cursor *cursor, const place *end, cv_error *error) {
    cvi_buffer body;
    cvi_buffer_init(&body, &cursor->allocator, 256);
    cvi_buffer_add_format(&body,
                          "{\"status_code\":1,\"limit\":%" PRId64 ",\"offset\":%" PRId64
                          ",\"number_of_total_results\":%" PRId64 ",\"results\":[]}",
                          end->limit, end->offset, end->total);
    if (body.failed) {
        cvi_buffer_free(&body);
        cvi_error_no_memory(error);
        return NULL;
    }
    const cvi_decode_options options = {.resource = cursor->resource, .is_list = true};
    return cvi_decode(&options, &cursor->allocator, (cvi_body){body.data, body.length, 0}, error);
}

/* A request that is done from the first, with a page of no items. */
static cv_request *start_end(const cv_cursor *cursor, const place *end) {
    cvi_outcome outcome = {.provenance = end->provenance};
    outcome.result = make_end(cursor, end, &outcome.error);
    const cvi_order order = {.error = &outcome.error, .answer = &outcome};
    cv_request *request = cvi_request_start(cursor->client, &order);
    if (request == NULL) {
        cvi_result_release(outcome.result);
    }
    return request;
}

static cv_request *refuse_second(const cv_cursor *cursor) {
    cv_error error;
    const cvi_order order = {.error = &error};
    set_busy(cursor, &error);
    return cvi_request_start(cursor->client, &order);
}

cv_request *cv_request_next_page(cv_cursor *cursor) {
    if (!cvi_cursor_check(cursor)) {
        return NULL;
    }
    cvi_cursor_drop_page(cursor);
    cursor->is_resumed = false; /* pages are given whole */
    place found = reserve_page(cursor);
    if (found.is_busy) {
        return refuse_second(cursor);
    }
    return found.is_over ? start_end(cursor, &found) : start_page(cursor, &found);
}
