/* An allocator that counts what is out and can refuse: for tests of what happens without memory. */
#ifndef TESTS_SUPPORT_FAILING_ALLOCATOR_H
#define TESTS_SUPPORT_FAILING_ALLOCATOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <comicvine/memory.h>

/* May be used from any thread; do not move it while `allocator` is in use. */
typedef struct failing_allocator {
    cv_allocator allocator; /* pass this on */
    atomic_size_t calls;    /* allocations and reallocations asked for */
    atomic_size_t live;     /* blocks that are out */
    atomic_size_t bytes;    /* bytes that are out */

    /* May be set while others allocate. */
    atomic_size_t failing_call; /* the number of the call to refuse, from 1; 0: none */
    atomic_bool keeps_failing;  /* refuse all later ones too */
    atomic_bool has_failed;
} failing_allocator;

/* Refuses call `failing_call` (0: never) and, if asked, all after it. */
void failing_allocator_init(failing_allocator *self, size_t failing_call, bool keeps_failing);

#endif
