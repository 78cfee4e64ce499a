/* Owns the bookkeeping of the failing allocator: a size before each block, counters beside. */
#include "support/failing_allocator.h"

#include <stdlib.h>

typedef union block_head {
    size_t size;
    max_align_t alignment;
} block_head;

/* Counts a call and tells whether it is to fail. */
static bool refuses(failing_allocator *self) {
    size_t call = atomic_fetch_add(&self->calls, 1) + 1;
    size_t failing_call = atomic_load(&self->failing_call);
    bool keeps_failing = atomic_load(&self->keeps_failing);
    bool fails = failing_call != 0 && (keeps_failing ? call >= failing_call : call == failing_call);
    if (fails) {
        atomic_store(&self->has_failed, true);
    }
    return fails;
}

static void *take(size_t size, void *user) {
    failing_allocator *self = user;
    block_head *head = refuses(self) ? NULL : malloc(sizeof(block_head) + size);
    if (head == NULL) {
        return NULL;
    }
    head->size = size;
    atomic_fetch_add(&self->live, 1);
    atomic_fetch_add(&self->bytes, size);
    return head + 1;
}

static void *resize(void *block, size_t size, void *user) {
    failing_allocator *self = user;
    block_head *head = (block_head *)block - 1;
    size_t old_size = head->size;
    head = refuses(self) ? NULL : realloc(head, sizeof(block_head) + size);
    if (head == NULL) {
        return NULL;
    }
    head->size = size;
    atomic_fetch_sub(&self->bytes, old_size);
    atomic_fetch_add(&self->bytes, size);
    return head + 1;
}

static void release(void *block, void *user) {
    failing_allocator *self = user;
    block_head *head = (block_head *)block - 1;
    atomic_fetch_sub(&self->live, 1);
    atomic_fetch_sub(&self->bytes, head->size);
    free(head);
}

void failing_allocator_init(failing_allocator *self, size_t failing_call, bool keeps_failing) {
    self->allocator = (cv_allocator){take, resize, release, self};
    atomic_init(&self->calls, 0);
    atomic_init(&self->live, 0);
    atomic_init(&self->bytes, 0);
    atomic_init(&self->failing_call, failing_call);
    atomic_init(&self->keeps_failing, keeps_failing);
    atomic_init(&self->has_failed, false);
}
