/* Checked memory from a cv_allocator, and blocks that remember theirs. */
#ifndef CVI_SUPPORT_ALLOCATOR_H
#define CVI_SUPPORT_ALLOCATOR_H

#include <stddef.h>

#include <comicvine/memory.h>

/* malloc and friends. */
extern const cv_allocator cvi_default_allocator;

/* `size` zeroed bytes (a size of 0 counts as 1), or NULL. */
void *cvi_allocate(const cv_allocator *allocator, size_t size);

/* Room for `count` zeroed elements, or NULL, also when the product overflows. */
void *cvi_allocate_array(const cv_allocator *allocator, size_t count, size_t size);

/* Resizes; the old block stays good when this answers NULL. New bytes are not zeroed. */
void *cvi_reallocate(const cv_allocator *allocator, void *block, size_t size);

void cvi_release(const cv_allocator *allocator, void *block);

/* A copy of `length` bytes with a NUL behind them, or NULL. */
char *cvi_copy_text(const cv_allocator *allocator, const char *text, size_t length);

/* The same with `behind_size` bytes of something else behind that NUL. */
char *cvi_copy_text_and(const cv_allocator *allocator, const char *text, size_t length,
                        const char *behind, size_t behind_size);

/* A block for the application, given back with cv_free. */
void *cvi_handout(const cv_allocator *allocator, size_t size);

#endif
