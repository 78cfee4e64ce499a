/* Owns the rules by which a value fits a member: text for numbers and numbers for text, the many
 * ways to say "none" for objects and lists. Nothing here is an error: what cannot be held reads as
 * null, and the caller learns that the member is not what was sent. Any thread. */
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

static cvi_value_fate clear_as(const cvi_field *row, char *target, cvi_value_fate fate) {
    cvi_value_clear(row, target);
    return fate;
}

static void store_int64(const cvi_field *row, char *target, int64_t number) {
    memcpy(target + row->offset, &number, sizeof(number));
}

static void store_bool(const cvi_field *row, char *target, bool value) {
    memcpy(target + row->offset, &value, sizeof(value));
}

/* `exact_kind`: what the member must be for the spelling to come back as it is. */
static cvi_value_fate store_spelling(const cvi_field *row, char *target, const char *spelling,
                                     size_t length, cvi_kind exact_kind) {
    int64_t number;
    if (row->kind == exact_kind && cvi_number_read_digits(spelling, length, &number)) {
        store_int64(row, target, number);
        return CVI_VALUE_STORED;
    }
    if (!cvi_number_read(spelling, length, &number)) {
        return clear_as(row, target, CVI_VALUE_LOST);
    }
    if (row->kind == CVI_KIND_BOOL) {
        store_bool(row, target, number != 0);
        return CVI_VALUE_COERCED;
    }
    store_int64(row, target, number);
    bool is_exact = row->kind == exact_kind && cvi_number_is_plain(spelling, length);
    return is_exact ? CVI_VALUE_STORED : CVI_VALUE_COERCED;
}

cvi_value_fate cvi_value_bool(const cvi_field *row, char *target, bool value) {
    if (row->kind == CVI_KIND_BOOL) {
        store_bool(row, target, value);
        return CVI_VALUE_STORED;
    }
    if (is_number(row)) {
        store_int64(row, target, value);
        return CVI_VALUE_COERCED;
    }
    if (!value && row->kind == CVI_KIND_OBJECT) {
        return clear_as(row, target, CVI_VALUE_NONE);
    }
    bool is_empty = !value && row->kind == CVI_KIND_LIST;
    return clear_as(row, target, is_empty ? CVI_VALUE_COERCED : CVI_VALUE_LOST);
}

cvi_value_fate cvi_value_number(const cvi_field *row, char *target, const char *spelling,
                                size_t length, cvi_arena *arena) {
    if (row->kind == CVI_KIND_TEXT) {
        cvi_value_fate fate = cvi_value_text(row, target, spelling, length, arena);
        return fate == CVI_VALUE_STORED ? CVI_VALUE_COERCED : fate;
    }
    if (is_number(row)) {
        return store_spelling(row, target, spelling, length, CVI_KIND_INT64);
    }
    return clear_as(row, target, CVI_VALUE_LOST);
}

cvi_value_fate cvi_value_text_as(const cvi_field *row, char *target, const char *text,
                                 size_t length) {
    if (is_number(row)) {
        return store_spelling(row, target, text, length, CVI_KIND_INT64_TEXT);
    }
    bool is_empty = length == 0 && row->kind == CVI_KIND_LIST;
    return clear_as(row, target, is_empty ? CVI_VALUE_COERCED : CVI_VALUE_LOST);
}

void cvi_value_object(const cvi_field *row, char *target, const void *object) {
    memcpy(target + row->offset, &object, sizeof(object));
}

void cvi_value_list(const cvi_field *row, char *target, cvi_list list) {
    memcpy(target + row->offset, &list, sizeof(list));
}
