/* Owns the distance between names: the number of letters to add, drop, replace or swap. Pure; any
 * thread. */
#include "resources/nearest.h"

#include <string.h>

enum { NAME_MAX_LENGTH = 48, LETTERS_PER_CHANGE = 3 };

/* Names as they are compared. */
typedef struct letters {
    const char *text;
    size_t length;
} letters;

static size_t least_of(size_t one, size_t other) {
    return one < other ? one : other;
}

/* Rows of the table of distances between beginnings: of the letter at hand and the two before. */
typedef struct distances {
    size_t before_last[NAME_MAX_LENGTH + 1];
    size_t last[NAME_MAX_LENGTH + 1];
    size_t row[NAME_MAX_LENGTH + 1];
} distances;

static void fill_row(distances *known, letters one, letters other, size_t i) {
    known->row[0] = i;
    for (size_t k = 1; k <= other.length; k++) {
        size_t replaced = known->last[k - 1] + (one.text[i - 1] != other.text[k - 1] ? 1 : 0);
        size_t changed = least_of(known->last[k], known->row[k - 1]) + 1;
        known->row[k] = least_of(replaced, changed);
        if (i > 1 && k > 1 && one.text[i - 1] == other.text[k - 2] &&
            one.text[i - 2] == other.text[k - 1]) {
            known->row[k] = least_of(known->row[k], known->before_last[k - 2] + 1);
        }
    }
}

/* Both at most NAME_MAX_LENGTH long. */
static size_t distance(letters one, letters other) {
    distances known = {{0}, {0}, {0}};
    for (size_t k = 0; k <= other.length; k++) {
        known.last[k] = k;
    }
    for (size_t i = 1; i <= one.length; i++) {
        fill_row(&known, one, other, i);
        memcpy(known.before_last, known.last, sizeof(known.last));
        memcpy(known.last, known.row, sizeof(known.row));
    }
    return known.last[other.length];
}

/* `found` is what the candidate is called. */
static void compare(cvi_nearest *nearest, letters candidate, const char *found) {
    if (nearest->length > NAME_MAX_LENGTH || candidate.length > NAME_MAX_LENGTH) {
        return;
    }
    size_t changes = distance((letters){nearest->name, nearest->length}, candidate);
    if (changes < nearest->least) {
        nearest->least = changes;
        nearest->found = found;
    }
}

cvi_nearest cvi_nearest_to(const char *name, size_t length) {
    return (cvi_nearest){name, length, length / LETTERS_PER_CHANGE + 1, NULL};
}

void cvi_nearest_try(cvi_nearest *nearest, const char *text) {
    compare(nearest, (letters){text, strlen(text)}, text);
}

void cvi_nearest_try_rows(cvi_nearest *nearest, const cvi_shape *shape, unsigned flags) {
    for (size_t i = 0; i < shape->row_count; i++) {
        const cvi_field *row = &shape->rows[i];
        if ((row->flags & flags) == flags) {
            compare(nearest, (letters){row->member, row->member_length}, row->member);
            compare(nearest, (letters){row->wire, row->wire_length}, row->member);
        }
    }
}
