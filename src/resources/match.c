/* Owns the finding of keys in a table. Keys come in the order of the rows, with gaps in lists, so
 * that the first look finds nearly all. Pure; any thread. */
#include "resources/match.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool same_8_bytes(const char *one, const char *other) {
    uint64_t words[2];
    memcpy(&words[0], one, sizeof(words[0]));
    memcpy(&words[1], other, sizeof(words[1]));
    return words[0] == words[1];
}

static bool same_4_bytes(const char *one, const char *other) {
    uint32_t words[2];
    memcpy(&words[0], one, sizeof(words[0]));
    memcpy(&words[1], other, sizeof(words[1]));
    return words[0] == words[1];
}

/* memcmp for names of 2 bytes and more: nearly all have at most 16, which two words that may
 * overlap hold. Comparing keys is what a decoder does most, and a call for each is a tenth of its
 * time. */
static bool same_name(const char *one, const char *other, size_t length) {
    const char *one_end = one + length;
    const char *other_end = other + length;
    if (length > 16) {
        return memcmp(one, other, length) == 0;
    }
    if (length >= 8) {
        return same_8_bytes(one, other) && same_8_bytes(one_end - 8, other_end - 8);
    }
    if (length >= 4) {
        return same_4_bytes(one, other) && same_4_bytes(one_end - 4, other_end - 4);
    }
    return one[0] == other[0] && one[1] == other[1] && one_end[-1] == other_end[-1];
}

static bool is_wire_name(const cvi_field *row, const char *key, size_t length) {
    return length == row->wire_length && same_name(key, row->wire, length);
}

/* Looks at all wire names, beginning with the one that is expected. */
static const cvi_field *search(const cvi_shape *shape, const char *key, size_t length,
                               size_t *expected) {
    size_t index = *expected;
    for (size_t tried = 0; tried < shape->row_count; tried++, index++) {
        if (index >= shape->row_count) {
            index = 0;
        }
        if (is_wire_name(&shape->rows[index], key, length)) {
            *expected = index + 1;
            return &shape->rows[index];
        }
    }
    return NULL;
}

const cvi_field *cvi_match_key(const cvi_shape *shape, const char *key, size_t length,
                               size_t *expected) {
    size_t index = *expected;
    if (index < shape->row_count && is_wire_name(&shape->rows[index], key, length)) {
        *expected = index + 1;
        return &shape->rows[index];
    }
    return search(shape, key, length, expected);
}
