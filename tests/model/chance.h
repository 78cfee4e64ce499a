/* What a seed decides: the same draws on every machine. */
#ifndef TESTS_MODEL_CHANCE_H
#define TESTS_MODEL_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct chance {
    uint64_t state;
} chance;

/* Streams of one seed with different numbers are independent of each other. */
void chance_init(chance *self, uint64_t seed, uint64_t stream);

/* An even draw from 0 to `bound` - 1; whether something comes true so often in a hundred. */
int64_t chance_draw(chance *self, int64_t bound);
bool chance_percent(chance *self, int64_t percent);

void chance_fill(chance *self, void *bytes, size_t size);

/* One of a list of numbers. */
#define CHANCE_OF(self, ...)                                                                       \
    (((const int64_t[]){__VA_ARGS__})[chance_draw(                                                 \
        (self), (int64_t)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

#endif
