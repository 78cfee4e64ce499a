/* Memory that is filled from front to back and freed as a whole. */
#ifndef CVI_SUPPORT_ARENA_H
#define CVI_SUPPORT_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include <comicvine/memory.h>

typedef struct cvi_arena {
    cv_allocator allocator;
    struct cvi_arena_block *blocks; /* the one being filled first */
    char *next;                     /* in that block: what is still free */
    size_t left;                    /* bytes of it */
    size_t next_size;               /* of the block to come */
    size_t step;                    /* size of all but the first; 0: they grow */
} cvi_arena;

/* An empty arena; allocates nothing yet. `first_size` guesses the bytes needed in all (0: no idea).
 */
void cvi_arena_init(cvi_arena *arena, const cv_allocator *allocator, size_t first_size);

/* The same for what is kept for long: further blocks are of `step` bytes, so that little more than
 * a step is left over. For few steps: each is an allocation. */
void cvi_arena_init_tight(cvi_arena *arena, const cv_allocator *allocator, size_t first_size,
                          size_t step);

/* `size` bytes aligned for any type, not zeroed; NULL without memory. One thread at a time. */
void *cvi_arena_take(cvi_arena *arena, size_t size);

/* What cvi_arena_take_bytes does when a block is full. */
char *cvi_arena_take_last_bytes(cvi_arena *arena, size_t size);

/* `size` bytes without alignment, for text. Inline, as a decoder calls it for every text. */
static inline char *cvi_arena_take_bytes(cvi_arena *arena, size_t size) {
    if (size >= arena->left) {
        return cvi_arena_take_last_bytes(arena, size);
    }
    char *taken = arena->next;
    arena->next += size;
    arena->left -= size;
    return taken;
}

/* Makes what was taken last larger where it is. False: something was taken since, or there is no
 * room behind it; nothing has changed then. */
bool cvi_arena_extend(cvi_arena *arena, const void *taken, size_t size, size_t new_size);

/* A copy of `length` bytes with a NUL behind them; NULL without memory. */
char *cvi_arena_copy_text(cvi_arena *arena, const char *text, size_t length);

/* All that the arena holds of its allocator's. */
size_t cvi_arena_held_bytes(const cvi_arena *arena);

/* Frees everything and leaves an empty arena. */
void cvi_arena_clear(cvi_arena *arena);

#endif
