/* Stores single values in members, coercing what the service sends into what the member is. */
#ifndef CVI_RESOURCES_VALUE_H
#define CVI_RESOURCES_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "resources/table.h"
#include "resources/text.h"
#include "support/arena.h"

/* What became of a value. Each function below overwrites the member, so that of two equal keys the
 * last one wins. */
typedef enum cvi_value_fate {
    CVI_VALUE_STORED,  /* the member says what was sent */
    CVI_VALUE_COERCED, /* it says much the same: 12 for "12", an empty list for false */
    CVI_VALUE_NONE,    /* false for an object: the member is zero */
    CVI_VALUE_NULL,    /* null: the member is zero */
    CVI_VALUE_LOST,    /* nothing that the member can hold: it is zero and reads as null */
    CVI_VALUE_NO_MEMORY
} cvi_value_fate;

cvi_value_fate cvi_value_clear(const cvi_field *row, char *target);
cvi_value_fate cvi_value_bool(const cvi_field *row, char *target, bool value);
cvi_value_fate cvi_value_number(const cvi_field *row, char *target, const char *spelling,
                                size_t length, cvi_arena *arena);

/* For a member that is no text. */
cvi_value_fate cvi_value_text_as(const cvi_field *row, char *target, const char *text,
                                 size_t length);

/* Inline, as a decoder calls it for every text. */
static inline cvi_value_fate cvi_value_text(const cvi_field *row, char *target, const char *text,
                                            size_t length, cvi_arena *arena) {
    if (row->kind != CVI_KIND_TEXT) {
        return cvi_value_text_as(row, target, text, length);
    }
    const char *stored = cvi_text_store(arena, text, length);
    if (stored == NULL) {
        return CVI_VALUE_NO_MEMORY;
    }
    memcpy(target + row->offset, &stored, sizeof(stored));
    return CVI_VALUE_STORED;
}

/* A struct or list that is already in the arena. */
void cvi_value_object(const cvi_field *row, char *target, const void *object);
void cvi_value_list(const cvi_field *row, char *target, cvi_list list);

#endif
