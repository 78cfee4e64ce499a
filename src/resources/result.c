/* Owns the life of results and the handles over them. A result never changes once it is decoded,
 * so that any number of handles and threads may read it; the last owner frees it. A handle is a
 * shallow copy of a record with the provenance of its call, or of all records of a page in one
 * block; it holds one share of the result. Any thread. */
#include "resources/result.h"

#include <string.h>

#include "resources/inside.h"
#include "support/allocator.h"

enum { ARENA_STEP_MIN_BYTES = 256 };

/* A page and what cv_page_free needs; pointers to its items and the items stand behind it. */
typedef struct page_block {
    cvi_result *result;
    cv_stale_note note;
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
    /* What records point to is most of their text, but how much is known in the end only. */
    size_t step = body_size / 64 > ARENA_STEP_MIN_BYTES ? body_size / 64 : ARENA_STEP_MIN_BYTES;
    cvi_arena_init_tight(&result->arena, allocator, body_size / 4 * 3, step);
    return result;
}

cvi_result *cvi_result_of_bytes(const cv_allocator *allocator, const cvi_resource *resource,
                                char *body, size_t size) {
    return cvi_result_new(allocator, resource, false, body, size);
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
    cvi_release(&allocator, result->tape);
    cvi_release(&allocator, result);
}

/* One record more: copied, and linked with what is known of it. */
static void place(cvi_result *result, const cvi_made_record *made) {
    cvi_record *detail = &result->details[result->count];
    cv_record *record = (cv_record *)(void *)(result->records + result->records_size);
    *detail = made->detail;
    detail->result = result;
    detail->shape = made->resource->shape;
    detail->offset = result->records_size;
    memcpy(record, made->record, detail->shape->size);
    record->resource = made->resource->resource;
    record->detail = detail;
    result->records_size += detail->shape->size;
    result->count++;
}

bool cvi_result_fill(cvi_result *result, const cvi_made_record *made, size_t count) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (made[i].resource->shape->size > SIZE_MAX - size) {
            return false;
        }
        size += made[i].resource->shape->size;
    }
    result->records = cvi_allocate(&result->allocator, size);
    result->details = cvi_allocate_array(&result->allocator, count, sizeof(cvi_record));
    if (result->records == NULL || result->details == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        place(result, &made[i]);
    }
    return true;
}

char *cvi_result_take_tape(cvi_result *result, size_t *size) {
    char *tape = result->tape;
    *size = result->tape_size;
    result->tape = NULL;
    result->tape_size = 0;
    return tape;
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

size_t cvi_result_item_count(const cvi_result *result) {
    return result->item_count;
}

int64_t cvi_result_id(const cvi_result *result, size_t index) {
    int64_t id = 0;
    if (index >= result->count) {
        return id;
    }
    const cvi_record *detail = &result->details[index];
    const cvi_field *row = cvi_shape_find(detail->shape, "id", 2);
    if (row != NULL && row->kind == CVI_KIND_INT64) {
        memcpy(&id, result->records + detail->offset + row->offset, sizeof(id));
    }
    return id;
}

bool cvi_result_is_about(const cvi_result *result, int64_t id) {
    const cvi_shape *shape = result->resource->shape;
    const cvi_field *row = cvi_shape_find(shape, "id", 2);
    if (result->count != 1 || row == NULL) {
        return false;
    }
    bool has_id = (result->details[0].present >> (row - shape->rows) & 1) != 0;
    if (!has_id && (row->flags & CVI_MAY_LACK) != 0) {
        return true;
    }
    return cvi_result_id(result, 0) == id;
}

cv_resource cvi_result_type(const cvi_result *result, size_t index) {
    const void *record = result->records + result->details[index].offset;
    return ((const cv_record *)record)->resource;
}

const char *cvi_result_raw(const cvi_result *result, size_t index, size_t *length) {
    const cvi_record *detail = &result->details[index];
    *length = detail->raw_end - detail->raw_begin;
    return result->body + detail->raw_begin;
}

const char *cvi_result_body(const cvi_result *result, size_t *size) {
    *size = result->body_size;
    return result->body;
}

size_t cvi_result_held_bytes(const cvi_result *result) {
    return sizeof(*result) + cvi_arena_held_bytes(&result->arena) + result->body_size +
           result->records_size + result->count * sizeof(cvi_record);
}

/* Copies records into a handle's memory and stamps each with where it came from. `note` is the
 * handle's, or NULL. */
static void copy_records(const cvi_result *result, const cvi_provenance *provenance,
                         const cv_stale_note *note, char *copies) {
    memcpy(copies, result->records, result->records_size);
    for (size_t i = 0; i < result->count; i++) {
        cv_record *record = (cv_record *)(void *)(copies + result->details[i].offset);
        record->source = provenance->source;
        record->fetched_at_ms = provenance->fetched_at_ms;
        record->expires_at_ms = provenance->expires_at_ms;
        record->stale = note;
    }
}

const cv_record *cvi_result_record(cvi_result *result, const cvi_provenance *provenance) {
    if (result->is_list || result->count != 1) {
        return NULL;
    }
    bool is_stale = provenance->source == CV_SOURCE_STALE;
    size_t size = result->records_size + (is_stale ? sizeof(cv_stale_note) : 0);
    char *copy = cvi_reallocate(&result->allocator, NULL, size); /* not zeroed: all is written */
    if (copy == NULL) {
        return NULL;
    }
    cv_stale_note *note = NULL;
    if (is_stale) {
        note = (cv_stale_note *)(void *)(copy + result->records_size);
        *note = provenance->note;
    }
    copy_records(result, provenance, note, copy);
    cvi_result_keep(result);
    return (cv_record *)(void *)copy;
}

/* A place or a number of matches: what cannot be one has not been said. */
static int64_t said(int64_t number) {
    return number >= 0 ? number : -1;
}

static void fill_page(page_block *block, cvi_result *result, const cvi_provenance *provenance) {
    const cv_record **items = (const cv_record **)(void *)(block + 1);
    char *copies = (char *)(items + result->count);
    const cv_stale_note *note = NULL;
    if (provenance->source == CV_SOURCE_STALE) {
        block->note = provenance->note;
        note = &block->note;
    }
    if (result->count > 0) {
        copy_records(result, provenance, note, copies);
    }
    for (size_t i = 0; i < result->count; i++) {
        items[i] = (cv_record *)(void *)(copies + result->details[i].offset);
    }
    block->result = cvi_result_keep(result);
    block->page = (cv_page){
        .items = items,
        .count = result->count,
        .limit = result->envelope.limit,
        .offset = said(result->envelope.offset),
        .total = said(result->envelope.total_results),
        .source = provenance->source,
        .fetched_at_ms = provenance->fetched_at_ms,
        .expires_at_ms = provenance->expires_at_ms,
        .stale = note,
    };
}

const cv_page *cvi_result_page(cvi_result *result, const cvi_provenance *provenance) {
    if (!result->is_list || result->envelope.status_code != 1) {
        return NULL;
    }
    size_t fixed_size = sizeof(page_block) + result->records_size; /* of blocks that exist */
    if (result->count > (SIZE_MAX - fixed_size) / sizeof(cv_record *)) {
        return NULL;
    }
    size_t size = fixed_size + result->count * sizeof(cv_record *);
    page_block *block = cvi_reallocate(&result->allocator, NULL, size); /* as above */
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
