/* Owns the public side of requests for many objects: checking and copying what is asked for on the
 * caller's thread, and handing out what came of it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/calls.h"
#include "client/many.h"
#include "client/request_start.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

/* ---- asking ---- */

static bool check_ids(const cvi_resource *resource, const int64_t *ids, size_t count,
                      cv_error *error) {
    if (count > CVI_MANY_IDS_MAX || (ids == NULL && count > 0)) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "%s: %zu ids, where there may be %d at most%s",
                      resource->list_path, count, CVI_MANY_IDS_MAX,
                      ids == NULL ? ", and they are NULL" : "");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!cvi_check_id(resource, ids[i], error)) {
            return false;
        }
    }
    return true;
}

static int compare_ids(const void *a, const void *b) {
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* Sorts ids and leaves each once. Answers how many there are then. */
static size_t sort_distinct(int64_t *ids, size_t count) {
    size_t distinct = 0;
    if (count > 0) {
        qsort(ids, count, sizeof(ids[0]), compare_ids);
    }
    for (size_t i = 0; i < count; i++) {
        if (distinct == 0 || ids[distinct - 1] != ids[i]) {
            ids[distinct++] = ids[i];
        }
    }
    return distinct;
}

static bool copy_ids(cvi_many *many, const int64_t *ids, size_t count) {
    int64_t *copy = cvi_arena_take(&many->arena, count * sizeof(*copy));
    int64_t *sorted = cvi_arena_take(&many->arena, count * sizeof(*sorted));
    if (copy == NULL || sorted == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        copy[i] = ids[i];
        sorted[i] = ids[i];
    }
    size_t distinct = sort_distinct(sorted, count);
    many->ids = copy;
    many->id_count = count;
    many->entries = cvi_arena_take(&many->arena, distinct * sizeof(*many->entries));
    if (many->entries == NULL) {
        return false;
    }
    memset(many->entries, 0, distinct * sizeof(*many->entries));
    for (size_t i = 0; i < distinct; i++) {
        many->entries[i].id = sorted[i];
    }
    many->entry_count = distinct;
    return true;
}

static cvi_many *new_many(const cv_client *client, const cvi_resource *resource, const int64_t *ids,
                          size_t count, const cv_request_options *options) {
    cvi_arena arena;
    cvi_arena_init(&arena, &client->allocator,
                   sizeof(cvi_many) + count * (2 * sizeof(int64_t) + sizeof(cvi_many_entry)));
    cvi_many *many = cvi_arena_take(&arena, sizeof(*many));
    if (many == NULL) {
        cvi_arena_clear(&arena);
        return NULL;
    }
    memset(many, 0, sizeof(*many));
    many->arena = arena;
    many->resource = resource;
    many->has_id_lists = cvi_many_has_id_lists(resource);
    many->allow_unknown = options->allow_unknown;
    const char *fields = options->fields;
    if (fields != NULL) {
        many->fields = cvi_arena_copy_text(&many->arena, fields, strlen(fields));
    }
    if ((fields != NULL && many->fields == NULL) || !copy_ids(many, ids, count)) {
        cvi_many_free(many);
        return NULL;
    }
    return many;
}

/* The call that stands for all in messages, and whose making shows whether lists of the resource
 * carry those fields. */
static cvi_call *call_for_all(const cv_client *client, const cvi_resource *resource, size_t count,
                              const cv_request_options *options, cv_error *error) {
    cv_query query = CV_QUERY_INIT;
    query.fields = options->fields;
    query.allow_unknown = options->allow_unknown;
    cvi_call *call = cvi_call_list(&client->settings, resource->resource, &query, error);
    if (call != NULL) {
        cvi_buffer label;
        cvi_buffer_over(&label, call->label, sizeof(call->label));
        cvi_buffer_add_format(&label, "%zu %s", count, resource->list_path);
    }
    return call;
}

/* Fills in call and many; false: `error`, and nothing is held. */
static bool prepare(cv_client *client, cv_resource resource, const int64_t *ids, size_t count,
                    cvi_order *order, cv_error *error) {
    const cvi_resource *table = cvi_find_resource(resource, error);
    if (table == NULL || !check_ids(table, ids, count, error)) {
        return false;
    }
    order->call = call_for_all(client, table, count, &order->options, error);
    if (order->call == NULL) {
        return false;
    }
    order->many = new_many(client, table, ids, count, &order->options);
    if (order->many == NULL) {
        cvi_call_release(order->call);
        order->call = NULL;
        cvi_error_no_memory(error);
        return false;
    }
    return true;
}

cv_request *cv_request_retrieve_many(cv_client *client, cv_resource resource, const int64_t *ids,
                                     size_t count, const cv_request_options *options) {
    if (!cvi_client_check(client)) {
        return NULL;
    }
    cv_error error;
    cvi_order order = {.error = &error};
    if (cvi_copy_options(&order.options, options, &error)) {
        prepare(client, resource, ids, count, &order, &error);
    }
    return cvi_request_start(client, &order);
}

/* ---- handing out ---- */

/* What is handed out, and what cv_many_free needs; the items stand behind it. */
typedef struct many_block {
    cv_allocator allocator;
    cv_many many;
} many_block;

static cv_many_item *items_of(many_block *block) {
    return (cv_many_item *)(void *)(block + 1);
}

/* False: no memory. */
static bool fill_item(cv_many_item *item, const cvi_many_entry *entry) {
    item->id = entry->id;
    item->error = entry->error;
    if (entry->result != NULL) {
        item->record = cvi_result_record(entry->result, &entry->provenance);
    }
    return entry->result == NULL || item->record != NULL;
}

static many_block *new_block(const cvi_many *many, const cv_allocator *allocator) {
    size_t size = sizeof(many_block) + many->id_count * sizeof(cv_many_item); /* at most 10 000 */
    many_block *block = cvi_allocate(allocator, size);
    if (block != NULL) {
        block->allocator = *allocator;
        block->many.items = items_of(block);
        block->many.count = many->id_count;
    }
    return block;
}

static const cv_many *hand_out(const cvi_many *many, const cv_allocator *allocator) {
    many_block *block = new_block(many, allocator);
    for (size_t i = 0; block != NULL && i < many->id_count; i++) {
        if (!fill_item(&items_of(block)[i], cvi_many_find(many, many->ids[i]))) {
            cv_many_free(&block->many);
            block = NULL;
        }
    }
    if (block == NULL) {
        cvi_error_remember_no_memory();
        return NULL;
    }
    return &block->many;
}

const cv_many *cv_many_take(cv_request *request) {
    const cv_error *error = cv_request_error(request);
    cv_error wrong;
    if (error->code != CV_OK) {
        cvi_error_remember(error);
        return NULL;
    }
    if (request->many == NULL) {
        cvi_error_set(&wrong, CV_ERROR_ARGUMENT, "the result is not one of a request for many");
        cvi_error_remember(&wrong);
        return NULL;
    }
    return hand_out(request->many, &request->client->allocator);
}

void cv_many_free(const cv_many *many) {
    if (many == NULL) {
        return;
    }
    many_block *block = (many_block *)(void *)((char *)many - offsetof(many_block, many));
    for (size_t i = 0; i < many->count; i++) {
        cv_record_free(many->items[i].record);
    }
    cv_allocator allocator = block->allocator;
    cvi_release(&allocator, block);
}
