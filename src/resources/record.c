/* Owns what can be asked of a record of any resource. All of it reads the immutable result; only
 * keeping and freeing count its owners. Any thread. */
#include <comicvine/record.h>

#include <string.h>

#include "resources/inside.h"
#include "support/allocator.h"

bool cv_record_has(const cv_record *record, const char *field) {
    if (record == NULL || field == NULL) {
        return false;
    }
    const cvi_shape *shape = record->detail->result->resource->shape;
    const cvi_field *row = cvi_shape_find(shape, field, strlen(field));
    return row != NULL && (record->detail->present >> (row - shape->rows) & 1) != 0;
}

const char *cv_record_raw(const cv_record *record, size_t *length) {
    if (record == NULL) {
        *length = 0;
        return NULL;
    }
    const cvi_record *detail = record->detail;
    *length = detail->raw_end - detail->raw_begin;
    return detail->result->body + detail->raw_begin;
}

const cv_record *cv_record_keep(const cv_record *record) {
    if (record == NULL) {
        return NULL;
    }
    cvi_result *result = record->detail->result;
    size_t size = result->resource->shape->size;
    cv_record *copy = cvi_allocate(&result->allocator, size);
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, record, size);
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
