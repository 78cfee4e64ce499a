/* Owns the blocks behind results and parses: each at least as large as all before it together (up
 * to 1 MiB), so that the number of allocations grows with the logarithm of the size. */
#include "support/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "support/allocator.h"

#define FIRST_BLOCK_BYTES ((size_t)4096)
#define LAST_BLOCK_BYTES  ((size_t)1 << 20)

typedef struct cvi_arena_block {
    struct cvi_arena_block *older;
    size_t capacity;
    alignas(max_align_t) char bytes[];
} cvi_arena_block;

void cvi_arena_init(cvi_arena *arena, const cv_allocator *allocator, size_t first_size) {
    memset(arena, 0, sizeof(*arena));
    arena->allocator = *allocator;
    arena->next_size = first_size > 0 ? first_size : FIRST_BLOCK_BYTES;
}

static bool add_block(cvi_arena *arena, size_t size) {
    size_t capacity = arena->next_size > size ? arena->next_size : size;
    if (capacity > SIZE_MAX - sizeof(cvi_arena_block)) {
        return false;
    }
    const cv_allocator *allocator = &arena->allocator;
    cvi_arena_block *block =
        allocator->allocate(sizeof(cvi_arena_block) + capacity, allocator->user);
    if (block == NULL) {
        return false;
    }
    block->older = arena->blocks;
    block->capacity = capacity;
    arena->blocks = block;
    arena->used = 0;
    size_t doubled = capacity < LAST_BLOCK_BYTES / 2 ? capacity * 2 : LAST_BLOCK_BYTES;
    arena->next_size = doubled > FIRST_BLOCK_BYTES ? doubled : FIRST_BLOCK_BYTES;
    return true;
}

static void *take_aligned(cvi_arena *arena, size_t size, size_t alignment) {
    size_t start = (arena->used + alignment - 1) & ~(alignment - 1);
    cvi_arena_block *block = arena->blocks;
    if (block == NULL || start > block->capacity || size > block->capacity - start) {
        if (!add_block(arena, size)) {
            return NULL;
        }
        start = 0;
    }
    arena->used = start + size;
    return arena->blocks->bytes + start;
}

void *cvi_arena_take(cvi_arena *arena, size_t size) {
    return take_aligned(arena, size, alignof(max_align_t));
}

char *cvi_arena_take_bytes(cvi_arena *arena, size_t size) {
    return take_aligned(arena, size, 1);
}

char *cvi_arena_copy_text(cvi_arena *arena, const char *text, size_t length) {
    char *copy = length < SIZE_MAX ? cvi_arena_take_bytes(arena, length + 1) : NULL;
    if (copy != NULL) {
        if (length > 0) {
            memcpy(copy, text, length);
        }
        copy[length] = '\0';
    }
    return copy;
}

void cvi_arena_clear(cvi_arena *arena) {
    cvi_arena_block *block = arena->blocks;
    while (block != NULL) {
        cvi_arena_block *older = block->older;
        cvi_release(&arena->allocator, block);
        block = older;
    }
    arena->blocks = NULL;
    arena->used = 0;
}
