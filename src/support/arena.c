/* Owns the blocks behind results and parses: each at least as large as all before it together (up
 * to 1 MiB), so that the number of allocations grows with the logarithm of the size; or, where
 * memory counts more, all of one size. What is too large for the next block gets one of its own,
 * while the open one stays open. */
#include "support/arena.h"

#include <stdalign.h>
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

void cvi_arena_init_tight(cvi_arena *arena, const cv_allocator *allocator, size_t first_size,
                          size_t step) {
    cvi_arena_init(arena, allocator, first_size);
    arena->step = step;
}

static size_t size_behind(const cvi_arena *arena, size_t capacity) {
    if (arena->step > 0) {
        return arena->step;
    }
    size_t doubled = capacity < LAST_BLOCK_BYTES / 2 ? capacity * 2 : LAST_BLOCK_BYTES;
    return doubled > FIRST_BLOCK_BYTES ? doubled : FIRST_BLOCK_BYTES;
}

/* The block with more room left stays the one being filled. */
static void link_block(cvi_arena *arena, cvi_arena_block *block, size_t taken) {
    size_t left = block->capacity - taken;
    if (arena->blocks != NULL && left < arena->left) {
        block->older = arena->blocks->older;
        arena->blocks->older = block;
        return;
    }
    block->older = arena->blocks;
    arena->blocks = block;
    arena->next = block->bytes + taken;
    arena->left = left;
}

static void *take_from_new_block(cvi_arena *arena, size_t size) {
    size_t capacity = arena->next_size > size ? arena->next_size : size;
    if (capacity > SIZE_MAX - sizeof(cvi_arena_block)) {
        return NULL;
    }
    const cv_allocator *allocator = &arena->allocator;
    cvi_arena_block *block =
        allocator->allocate(sizeof(cvi_arena_block) + capacity, allocator->user);
    if (block == NULL) {
        return NULL;
    }
    block->capacity = capacity;
    link_block(arena, block, size);
    arena->next_size = size_behind(arena, capacity);
    return block->bytes;
}

static void *take_aligned(cvi_arena *arena, size_t size, size_t alignment) {
    size_t gap = (alignment - (uintptr_t)arena->next % alignment) % alignment;
    if (arena->blocks == NULL || gap > arena->left || size > arena->left - gap) {
        return take_from_new_block(arena, size);
    }
    char *taken = arena->next + gap;
    arena->next = taken + size;
    arena->left -= gap + size;
    return taken;
}

void *cvi_arena_take(cvi_arena *arena, size_t size) {
    return take_aligned(arena, size, alignof(max_align_t));
}

char *cvi_arena_take_last_bytes(cvi_arena *arena, size_t size) {
    return take_aligned(arena, size, 1);
}

bool cvi_arena_extend(cvi_arena *arena, const void *taken, size_t size, size_t new_size) {
    if ((const char *)taken + size != arena->next || new_size - size > arena->left) {
        return false;
    }
    arena->next += new_size - size;
    arena->left -= new_size - size;
    return true;
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

size_t cvi_arena_held_bytes(const cvi_arena *arena) {
    size_t bytes = 0;
    for (const cvi_arena_block *block = arena->blocks; block != NULL; block = block->older) {
        bytes += sizeof(*block) + block->capacity;
    }
    return bytes;
}

void cvi_arena_clear(cvi_arena *arena) {
    cvi_arena_block *block = arena->blocks;
    while (block != NULL) {
        cvi_arena_block *older = block->older;
        cvi_release(&arena->allocator, block);
        block = older;
    }
    arena->blocks = NULL;
    arena->next = NULL;
    arena->left = 0;
}
