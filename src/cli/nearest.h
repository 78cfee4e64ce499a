/* What somebody who mistyped a word may have meant. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include <stddef.h>

/* Letters to add, drop, replace or swap to make one word of the other. */
size_t cli_distance(const char *one, const char *other);

/* A search for the nearest word: start with {word, NULL, 0}, then try candidates. */
typedef struct cli_nearest {
    const char *word;
    const char *found; /* the candidate, if one is near enough to be meant; else NULL */
    size_t distance;
} cli_nearest;

void cli_nearest_try(cli_nearest *self, const char *candidate);

#endif
