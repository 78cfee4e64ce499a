/* Owns what can be asked of a record of any resource. All of it reads the immutable result; only
 * keeping and freeing count its owners. Any thread. */
#include <comicvine/record.h>

#include <string.h>

#include "resources/hits.h"
#include "resources/inside.h"
#include "support/allocator.h"
#include "support/error.h"

bool cv_record_has(const cv_record *record, const char *field) {
    if (record == NULL || field == NULL) {
        return false;
    }
    const cvi_shape *shape = record->detail->shape;
    const cvi_field *row = cvi_shape_find(shape, field, strlen(field));
    if (row == NULL) {
        return strcmp(field, "resource_type") == 0 && cvi_hit_type(record) != NULL;
    }
    return (record->detail->present >> (row - shape->rows) & 1) != 0;
}

const char *cv_record_raw(const cv_record *record, size_t *length) {
    const cvi_record *detail = record != NULL ? record->detail : NULL;
    if (length != NULL) {
        *length = detail != NULL ? detail->raw_end - detail->raw_begin : 0;
    }
    return detail != NULL ? detail->result->body + detail->raw_begin : NULL;
}

const cv_record *cv_record_keep(const cv_record *record) {
    if (record == NULL) {
        return NULL;
    }
    cvi_result *result = record->detail->result;
    size_t size = record->detail->shape->size;
    size_t note_size = record->stale != NULL ? sizeof(*record->stale) : 0;
    cv_record *copy = cvi_allocate(&result->allocator, size + note_size);
    if (copy == NULL) {
        cvi_error_remember_no_memory();
        return NULL;
    }
    memcpy(copy, record, size);
    if (record->stale != NULL) {
        copy->stale = memcpy((char *)copy + size, record->stale, note_size);
    }
    cvi_result_keep(result);
    return copy;
}

void cv_record_free(const cv_record *record) {
    if (record == NULL) {
        return;
    }
    cvi_result *result = record->detail->result;
    cvi_release(&result->allocator, (cv_record *)record);
    cvi_result_release(result);
}
