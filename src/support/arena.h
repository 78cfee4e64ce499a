/* Memory that is filled from front to back and freed as a whole. */
#ifndef CVI_SUPPORT_ARENA_H
#define CVI_SUPPORT_ARENA_H

#include <stddef.h>

#include <comicvine/memory.h>

typedef struct cvi_arena {
    cv_allocator allocator;
    struct cvi_arena_block *blocks; /* newest first */
    size_t used;                    /* of the newest block */
    size_t next_size;               /* of the block to come */
} cvi_arena;

/* An empty arena; allocates nothing yet. `first_size` guesses the bytes needed in all (0: no idea).
 */
void cvi_arena_init(cvi_arena *arena, const cv_allocator *allocator, size_t first_size);

/* `size` bytes aligned for any type, not zeroed; NULL without memory. One thread at a time. */
void *cvi_arena_take(cvi_arena *arena, size_t size);

/* `size` bytes without alignment, for text. */
char *cvi_arena_take_bytes(cvi_arena *arena, size_t size);

/* A copy of `length` bytes with a NUL behind them; NULL without memory. */
char *cvi_arena_copy_text(cvi_arena *arena, const char *text, size_t length);

/* Frees everything and leaves an empty arena. */
void cvi_arena_clear(cvi_arena *arena);

#endif
