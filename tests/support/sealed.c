/* Owns one stretch of memory, handed out from front to back by any thread. */
#include "support/sealed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { ALL_BYTES = 256 << 20, HEAD_BYTES = 64 };

/* A block's size stands before it. */
static void *take(size_t size, void *user) {
    sealed *self = user;
    size_t whole = HEAD_BYTES + (size + HEAD_BYTES - 1) / HEAD_BYTES * HEAD_BYTES;
    size_t offset = atomic_fetch_add(&self->used, whole);
    if (offset + whole > ALL_BYTES) {
        return NULL;
    }
    memcpy(self->bytes + offset, &size, sizeof(size));
    return self->bytes + offset + HEAD_BYTES;
}

static void *take_more(void *block, size_t size, void *user) {
    size_t old_size = 0;
    void *copy = take(size, user);
    memcpy(&old_size, (char *)block - HEAD_BYTES, sizeof(old_size));
    if (copy != NULL) {
        memcpy(copy, block, size < old_size ? size : old_size);
    }
    return copy;
}

static void leave(void *block, void *user) {
    (void)block;
    (void)user;
}

void sealed_init(sealed *self) {
    self->bytes = mmap(NULL, ALL_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(self->bytes, MAP_FAILED);
    atomic_init(&self->used, 0);
    self->allocator = (cv_allocator){take, take_more, leave, self};
}

void sealed_free(sealed *self) {
    munmap(self->bytes, ALL_BYTES);
}

bool sealed_close(sealed *self) {
    return mprotect(self->bytes, ALL_BYTES, PROT_READ) == 0;
}
