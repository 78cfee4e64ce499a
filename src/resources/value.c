/* Owns the rules by which a value fits a member: text for numbers and numbers for text, the many
 * ways to say "none" for objects and lists. Nothing here is an error: what cannot be held reads as
 * null, and the raw text keeps the truth. Any thread. */
#include "resources/value.h"

#include <stdint.h>
#include <string.h>

#include "resources/number.h"
#include "resources/text.h"

/* A member that a number fits; for a bool, any but 0 is true. */
static bool is_number(const cvi_field *row) {
    return row->kind == CVI_KIND_INT64 || row->kind == CVI_KIND_INT64_TEXT ||
           row->kind == CVI_KIND_BOOL;
}

cvi_value_fate cvi_value_clear(const cvi_field *row, char *target) {
    memset(target + row->offset, 0, cvi_kind_size(row->kind));
    return CVI_VALUE_NULL;
}

/* The member is zero, but not null: `false` for an object, an empty list. */
static cvi_value_fate store_none(const cvi_field *row, char *target) {
    cvi_value_clear(row, target);
    return CVI_VALUE_STORED;
}

static cvi_value_fate store_int64(const cvi_field *row, char *target, int64_t number) {
    memcpy(target + row->offset, &number, sizeof(number));
    return CVI_VALUE_STORED;
}

static cvi_value_fate store_bool(const cvi_field *row, char *target, bool value) {
    memcpy(target + row->offset, &value, sizeof(value));
    return CVI_VALUE_STORED;
}

static cvi_value_fate store_spelling(const cvi_field *row, char *target, const char *spelling,
                                     size_t length) {
    int64_t number;
    if (!cvi_number_read(spelling, length, &number)) {
        return cvi_value_clear(row, target);
    }
    return row->kind == CVI_KIND_BOOL ? store_bool(row, target, number != 0)
                                      : store_int64(row, target, number);
}

static cvi_value_fate store_text(const cvi_field *row, char *target, const char *text,
                                 size_t length, cvi_arena *arena) {
    const char *stored = cvi_text_store(arena, text, length);
    if (stored == NULL) {
        return CVI_VALUE_NO_MEMORY;
    }
    memcpy(target + row->offset, &stored, sizeof(stored));
    return CVI_VALUE_STORED;
}

cvi_value_fate cvi_value_bool(const cvi_field *row, char *target, bool value) {
    if (row->kind == CVI_KIND_BOOL) {
        return store_bool(row, target, value);
    }
    if (is_number(row)) {
        return store_int64(row, target, value);
    }
    bool says_none = !value && (row->kind == CVI_KIND_OBJECT || row->kind == CVI_KIND_LIST);
    return says_none ? store_none(row, target) : cvi_value_clear(row, target);
}

cvi_value_fate cvi_value_number(const cvi_field *row, char *target, const char *spelling,
                                size_t length, cvi_arena *arena) {
    if (row->kind == CVI_KIND_TEXT) {
        return store_text(row, target, spelling, length, arena);
    }
    if (is_number(row)) {
        return store_spelling(row, target, spelling, length);
    }
    return cvi_value_clear(row, target);
}

cvi_value_fate cvi_value_text(const cvi_field *row, char *target, const char *text, size_t length,
                              cvi_arena *arena) {
    if (row->kind == CVI_KIND_TEXT) {
        return store_text(row, target, text, length, arena);
    }
    if (is_number(row)) {
        return store_spelling(row, target, text, length);
    }
    if (row->kind == CVI_KIND_LIST && length == 0) {
        return store_none(row, target);
    }
    return cvi_value_clear(row, target);
}

void cvi_value_object(const cvi_field *row, char *target, const void *object) {
    memcpy(target + row->offset, &object, sizeof(object));
}

void cvi_value_list(const cvi_field *row, char *target, cvi_list list) {
    memcpy(target + row->offset, &list, sizeof(list));
}
