/* Owns the distance between words. Pure. */
#include "nearest.h"

#include <string.h>

enum { WORD_MAX = 48, LETTERS_PER_CHANGE = 3 };

static size_t least_of(size_t one, size_t other) {
    return one < other ? one : other;
}

size_t cli_distance(const char *one, const char *other) {
    size_t rows = strlen(one);
    size_t columns = strlen(other);
    if (rows > WORD_MAX || columns > WORD_MAX) {
        return rows > columns ? rows : columns;
    }
    size_t table[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= rows; i++) {
        for (size_t k = 0; k <= columns; k++) {
            if (i == 0 || k == 0) {
                table[i][k] = i + k;
                continue;
            }
            size_t replaced = table[i - 1][k - 1] + (one[i - 1] != other[k - 1] ? 1 : 0);
            table[i][k] = least_of(replaced, least_of(table[i - 1][k], table[i][k - 1]) + 1);
            if (i > 1 && k > 1 && one[i - 1] == other[k - 2] && one[i - 2] == other[k - 1]) {
                table[i][k] = least_of(table[i][k], table[i - 2][k - 2] + 1);
            }
        }
    }
    return table[rows][columns];
}

void cli_nearest_try(cli_nearest *self, const char *candidate) {
    size_t distance = cli_distance(self->word, candidate);
    if (distance > strlen(self->word) / LETTERS_PER_CHANGE + 1) {
        return;
    }
    if (!self->found || distance < self->distance) {
        self->found = candidate;
        self->distance = distance;
    }
}
