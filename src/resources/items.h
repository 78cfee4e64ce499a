/* Structs in a row whose number is not known yet. */
#ifndef CVI_RESOURCES_ITEMS_H
#define CVI_RESOURCES_ITEMS_H

#include <stddef.h>

#include "support/arena.h"

/* Begins as zeros. May be used again for structs of another size after setting `count` to 0. */
typedef struct cvi_items {
    char *items;
    size_t count;
    size_t capacity;       /* bytes */
    size_t expected_count; /* 0: no idea */
} cvi_items;

/* A zeroed struct at the end, good until the next call; NULL without memory. What is outgrown
 * stays behind in the arena. One thread at a time. */
char *cvi_items_add(cvi_items *list, size_t item_size, cvi_arena *arena);

#endif
