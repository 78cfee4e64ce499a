/* Memory: the allocator hook, and how handed-out blocks are given back. */
#ifndef COMICVINE_MEMORY_H
#define COMICVINE_MEMORY_H

#include <stddef.h>

#include <comicvine/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the library gets its own memory from, all of it that belongs to a client, a handle of a
 * store or what they have handed out: each block goes back to the allocator that it came from, so
 * that clients may have different ones. The JSON parser's memory is among it. SQLite, libcurl and
 * the C library (threads, sorting) take theirs from malloc, or from where the application has set
 * them to: they know one allocator for the whole process, which is not for a library to change. So
 * do cv_aliases and cv_transport_record, which have no client. All three functions are
 * needed; they are called from any thread that uses the client or one of its results, and must stay
 * valid until the last result, request and block is freed. `allocate` and `reallocate` answer NULL
 * when there is no memory: that becomes CV_ERROR_NOMEM. Sizes are never 0; blocks must be aligned
 * as malloc's are. */
typedef struct cv_allocator {
    void *(*allocate)(size_t size, void *user);                /* as malloc */
    void *(*reallocate)(void *block, size_t size, void *user); /* as realloc */
    void (*release)(void *block, void *user);                  /* as free */
    void *user;                                                /* handed to all three */
} cv_allocator;

/* Frees a block that a function of this library handed out with "cv_free" in its description.
 * The block remembers its allocator. NULL is fine. Any thread. */
CV_API void cv_free(void *block);

#ifdef __cplusplus
}
#endif

#endif
