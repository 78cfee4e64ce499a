/* Memory for the library that a child of fork can seal: whoever writes to what it inherited there,
 * as locking a mutex does, is killed. Nothing is ever given back. */
#ifndef TESTS_SUPPORT_SEALED_H
#define TESTS_SUPPORT_SEALED_H

#include <stdatomic.h>
#include <stdbool.h>

#include <comicvine.h>

typedef struct sealed {
    char *bytes;
    atomic_size_t used;
    cv_allocator allocator;
} sealed;

/* Fails the test without memory. Stays where it is. */
void sealed_init(sealed *self);
void sealed_free(sealed *self);

/* In the child. */
bool sealed_close(sealed *self);

#endif
