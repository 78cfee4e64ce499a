/* Owns the life of results and the handles over them. A result never changes once it is decoded,
 * so that any number of handles and threads may read it; the last owner frees it. A handle is a
 * shallow copy of a record with the provenance of its call, or of all records of a page in one
 * block; it holds one share of the result. Any thread. */
#include "resources/result.h"

#include <string.h>

#include "resources/inside.h"
#include "support/allocator.h"

/* A page and what cv_page_free needs; pointers to its items and the items stand behind it. */
typedef struct page_block {
    cvi_result *result;
    cv_page page;
} page_block;

cvi_result *cvi_result_new(const cv_allocator *allocator, const cvi_resource *resource,
                           bool is_list, char *body, size_t body_size) {
    cvi_result *result = cvi_allocate(allocator, sizeof(*result));
    if (result == NULL) {
        return NULL;
    }
    atomic_init(&result->owners, 1);
    result->allocator = *allocator;
    result->body = body;
    result->body_size = body_size;
    result->resource = resource;
    result->is_list = is_list;
    result->envelope.error = "";
    /* What records point to is smaller than their text, so that one block holds it. */
    cvi_arena_init(&result->arena, allocator, body_size);
    return result;
}

cvi_result *cvi_result_keep(cvi_result *result) {
    atomic_fetch_add_explicit(&result->owners, 1, memory_order_relaxed);
    return result;
}

void cvi_result_release(cvi_result *result) {
    if (result == NULL || atomic_fetch_sub_explicit(&result->owners, 1, memory_order_acq_rel) > 1) {
        return;
    }
    cv_allocator allocator = result->allocator;
    cvi_arena_clear(&result->arena);
    cvi_release(&allocator, result->records);
    cvi_release(&allocator, result->details);
    cvi_release(&allocator, result->body);
    cvi_release(&allocator, result);
}

const cvi_envelope *cvi_result_envelope(const cvi_result *result) {
    return &result->envelope;
}

const cvi_resource *cvi_result_resource(const cvi_result *result) {
    return result->resource;
}

bool cvi_result_is_list(const cvi_result *result) {
    return result->is_list;
}

size_t cvi_result_count(const cvi_result *result) {
    return result->count;
}

int64_t cvi_result_id(const cvi_result *result, size_t index) {
    const cvi_shape *shape = result->resource->shape;
    const cvi_field *row = cvi_shape_find(shape, "id", 2);
    int64_t id = 0;
    if (index < result->count && row != NULL && row->kind == CVI_KIND_INT64) {
        memcpy(&id, result->records + index * shape->size + row->offset, sizeof(id));
    }
    return id;
}

const char *cvi_result_body(const cvi_result *result, size_t *size) {
    *size = result->body_size;
    return result->body;
}

/* Copies records into a handle's memory and stamps each with where it came from. */
static void copy_records(const cvi_result *result, const cvi_provenance *provenance, char *copies) {
    size_t size = result->resource->shape->size;
    memcpy(copies, result->records, result->count * size);
    for (size_t i = 0; i < result->count; i++) {
        cv_record *record = (cv_record *)(void *)(copies + i * size);
        record->source = provenance->source;
        record->fetched_at_ms = provenance->fetched_at_ms;
        record->expires_at_ms = provenance->expires_at_ms;
    }
}

const cv_record *cvi_result_record(cvi_result *result, const cvi_provenance *provenance) {
    if (result->is_list || result->count != 1) {
        return NULL;
    }
    char *copy = cvi_allocate(&result->allocator, result->resource->shape->size);
    if (copy == NULL) {
        return NULL;
    }
    copy_records(result, provenance, copy);
    cvi_result_keep(result);
    return (cv_record *)(void *)copy;
}

static void fill_page(page_block *block, cvi_result *result, const cvi_provenance *provenance) {
    const cv_record **items = (const cv_record **)(void *)(block + 1);
    char *copies = (char *)(items + result->count);
    if (result->count > 0) {
        copy_records(result, provenance, copies);
    }
    for (size_t i = 0; i < result->count; i++) {
        items[i] = (cv_record *)(void *)(copies + i * result->resource->shape->size);
    }
    block->result = cvi_result_keep(result);
    block->page = (cv_page){
        .items = items,
        .count = result->count,
        .limit = result->envelope.limit,
        .offset = result->envelope.offset,
        .total = result->envelope.total_results,
        .source = provenance->source,
        .fetched_at_ms = provenance->fetched_at_ms,
        .expires_at_ms = provenance->expires_at_ms,
    };
}

const cv_page *cvi_result_page(cvi_result *result, const cvi_provenance *provenance) {
    if (!result->is_list || result->envelope.status_code != 1) {
        return NULL;
    }
    size_t item_size = sizeof(cv_record *) + result->resource->shape->size;
    if (result->count > (SIZE_MAX - sizeof(page_block)) / item_size) {
        return NULL;
    }
    size_t size = sizeof(page_block) + result->count * item_size;
    page_block *block = cvi_allocate(&result->allocator, size);
    if (block == NULL) {
        return NULL;
    }
    fill_page(block, result, provenance);
    return &block->page;
}

void cv_page_free(const cv_page *page) {
    if (page == NULL) {
        return;
    }
    page_block *block = (page_block *)(void *)((char *)page - offsetof(page_block, page));
    cvi_result *result = block->result;
    cvi_release(&result->allocator, block);
    cvi_result_release(result);
}
