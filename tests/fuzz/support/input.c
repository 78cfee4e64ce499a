/* Owns the way in which bytes become numbers and texts: none is refused, so that each change of an
 * input says something new. */
#include "support/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void require_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

uint8_t input_byte(input *self) {
    if (self->left == 0) {
        return 0;
    }
    self->left--;
    return *self->next++;
}

size_t input_below(input *self, size_t below) {
    return input_byte(self) % below;
}

int64_t input_number(input *self) {
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) {
        number = number << 8 | input_byte(self);
    }
    return (int64_t)number;
}

int64_t input_odd_number(input *self) {
    static const int64_t edges[] = {0,
                                    1,
                                    -1,
                                    INT64_MAX,
                                    INT64_MIN,
                                    INT64_MAX - 1,
                                    INT64_C(1) << 53,
                                    INT64_C(4294967296),
                                    INT64_C(1717243200000), /* the present of the fake clock */
                                    INT64_C(-62135596800000),
                                    INT64_C(253402300800000),
                                    3600000};
    enum { EDGES = sizeof(edges) / sizeof(edges[0]) };
    uint8_t kind = input_byte(self);
    if (kind < EDGES) {
        return edges[kind];
    }
    return kind < 128 ? edges[kind % EDGES] / 2 + input_byte(self) : input_number(self);
}

static char *copy(const uint8_t *bytes, size_t size) {
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    if (size > 0) {
        memcpy(text, bytes, size);
    }
    text[size] = '\0';
    return text;
}

char *input_text(input *self) {
    const uint8_t *end = self->left > 0 ? memchr(self->next, '\0', self->left) : NULL;
    size_t size = end != NULL ? (size_t)(end - self->next) : self->left;
    char *text = copy(self->next, size);
    size_t taken = end != NULL ? size + 1 : size;
    self->next += taken;
    self->left -= taken;
    return text;
}

char *input_rest(const input *self) {
    return copy(self->next, self->left);
}
