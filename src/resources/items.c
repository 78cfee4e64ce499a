/* Owns the growing of rows of structs: each time to twice the size, so that no struct is moved more
 * than once on average. One thread at a time. */
#include "resources/items.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { FIRST_COUNT = 16 };

static bool grow(cvi_items *list, size_t needed, size_t item_size, cvi_arena *arena) {
    size_t first_count = list->expected_count > 0 ? list->expected_count : FIRST_COUNT;
    size_t capacity = first_count * item_size;
    if (capacity < list->capacity) {
        capacity = list->capacity;
    }
    while (capacity < needed) {
        if (capacity > SIZE_MAX / 2) {
            return false;
        }
        capacity *= 2;
    }
    if (list->items != NULL && cvi_arena_extend(arena, list->items, list->capacity, capacity)) {
        list->capacity = capacity;
        return true;
    }
    char *items = cvi_arena_take(arena, capacity);
    if (items == NULL) {
        return false;
    }
    if (list->items != NULL) {
        memcpy(items, list->items, list->count * item_size);
    }
    list->items = items;
    list->capacity = capacity;
    return true;
}

char *cvi_items_add(cvi_items *list, size_t item_size, cvi_arena *arena) {
    if (list->count >= SIZE_MAX / item_size) {
        return NULL;
    }
    size_t needed = (list->count + 1) * item_size;
    if (needed > list->capacity && !grow(list, needed, item_size, arena)) {
        return NULL;
    }
    char *item = list->items + list->count * item_size;
    list->count++;
    memset(item, 0, item_size);
    return item;
}
