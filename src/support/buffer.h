/* The bounded buffer: all text is built here. */
#ifndef CVI_SUPPORT_BUFFER_H
#define CVI_SUPPORT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/memory.h>

/* Text that grows up to a limit. What does not fit is dropped and `failed` says so, for good, so
 * that a caller may append freely and look once at the end. `data` always ends in NUL. */
typedef struct cvi_buffer {
    char *data;
    size_t length;
    size_t capacity;               /* with the NUL */
    size_t limit;                  /* the longest text allowed, without the NUL */
    const cv_allocator *allocator; /* NULL: over a fixed array */
    bool failed;                   /* something did not fit, or there was no memory */
    bool no_memory;                /* it failed though the text would fit */
} cvi_buffer;

/* Over an array of the caller's. `size` at least 1. Needs no freeing. */
void cvi_buffer_over(cvi_buffer *buffer, char *array, size_t size);

/* Over memory of its own, at most `limit` bytes of text. Free with cvi_buffer_free. */
void cvi_buffer_init(cvi_buffer *buffer, const cv_allocator *allocator, size_t limit);

void cvi_buffer_add(cvi_buffer *buffer, const char *bytes, size_t length);
void cvi_buffer_add_text(cvi_buffer *buffer, const char *text);
void cvi_buffer_add_char(cvi_buffer *buffer, char character);
void cvi_buffer_add_int(cvi_buffer *buffer, int64_t number);
void cvi_buffer_add_format(cvi_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Gives the memory back; the buffer is empty then and may be used again. */
void cvi_buffer_free(cvi_buffer *buffer);

#endif
