/* Keys of an answer and the rows of a table. Pure; any thread. The first look is inline, as a
 * decoder does it for every key. */
#ifndef CVI_RESOURCES_MATCH_H
#define CVI_RESOURCES_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "resources/table.h"

/* Two variables, as an array would have its function guard the stack. */
static inline bool cvi_same_8_bytes(const char *one, const char *other) {
    uint64_t one_word;
    uint64_t other_word;
    memcpy(&one_word, one, sizeof(one_word));
    memcpy(&other_word, other, sizeof(other_word));
    return one_word == other_word;
}

static inline bool cvi_same_4_bytes(const char *one, const char *other) {
    uint32_t one_word;
    uint32_t other_word;
    memcpy(&one_word, one, sizeof(one_word));
    memcpy(&other_word, other, sizeof(other_word));
    return one_word == other_word;
}

/* memcmp for names of 2 bytes and more: nearly all have at most 16, which two words that may
 * overlap hold. Comparing keys is what a decoder does most, and a call for each is a tenth of its
 * time. */
static inline bool cvi_same_name(const char *one, const char *other, size_t length) {
    const char *one_end = one + length;
    const char *other_end = other + length;
    if (length > 16) {
        return memcmp(one, other, length) == 0;
    }
    if (length >= 8) {
        return cvi_same_8_bytes(one, other) && cvi_same_8_bytes(one_end - 8, other_end - 8);
    }
    if (length >= 4) {
        return cvi_same_4_bytes(one, other) && cvi_same_4_bytes(one_end - 4, other_end - 4);
    }
    return one[0] == other[0] && one[1] == other[1] && one_end[-1] == other_end[-1];
}

static inline bool cvi_match_is_name(const cvi_field *row, const char *key, size_t length) {
    return length == row->wire_length && cvi_same_name(key, row->wire, length);
}

/* Looks at all wire names, beginning with the one that is expected. */
const cvi_field *cvi_match_search(const cvi_shape *shape, const char *key, size_t length,
                                  size_t *expected);

/* The row with this name on the wire, or NULL. `expected`, 0 at first, is the row that is looked at
 * first, and becomes the one behind the row found. */
static inline const cvi_field *cvi_match_key(const cvi_shape *shape, const char *key, size_t length,
                                             size_t *expected) {
    size_t index = *expected;
    if (index < shape->row_count && cvi_match_is_name(&shape->rows[index], key, length)) {
        *expected = index + 1;
        return &shape->rows[index];
    }
    return cvi_match_search(shape, key, length, expected);
}

#endif
