/* Owns the count of what one client holds. One number says both how much that is and who still
 * needs the cap: it counts the cap's own memory until it is closed, and each block until it is
 * released, so that it comes to nothing once, when nobody is left. It is never above the bound. Any
 * thread. */
#include "support/cap.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#include "support/allocator.h"

struct cvi_cap {
    cv_allocator backing;
    size_t max_bytes;
    atomic_size_t held_bytes;
};

/* Stands before each block, as releasing one does not tell its size. */
typedef struct block_head {
    alignas(max_align_t) size_t bytes; /* with the head */
} block_head;

/* For the words of an error, which is made far from the allocation that failed. */
static _Thread_local bool has_refused;

bool cvi_cap_has_refused(void) {
    return has_refused;
}

static bool reserve(cvi_cap *cap, size_t bytes) {
    size_t held = atomic_load_explicit(&cap->held_bytes, memory_order_relaxed);
    do {
        has_refused = bytes > cap->max_bytes - held;
    } while (!has_refused &&
             !atomic_compare_exchange_weak_explicit(&cap->held_bytes, &held, held + bytes,
                                                    memory_order_relaxed, memory_order_relaxed));
    return !has_refused;
}

static void give_back(cvi_cap *cap, size_t bytes) {
    if (atomic_fetch_sub_explicit(&cap->held_bytes, bytes, memory_order_acq_rel) == bytes) {
        cv_allocator backing = cap->backing;
        cvi_release(&backing, cap);
    }
}

/* Too many bytes to count are too many for any cap. */
static size_t with_head(size_t size) {
    return size > SIZE_MAX - sizeof(block_head) ? SIZE_MAX : size + sizeof(block_head);
}

static void *allocate(size_t size, void *user) {
    cvi_cap *cap = user;
    size_t bytes = with_head(size);
    if (!reserve(cap, bytes)) {
        return NULL;
    }
    block_head *head = cap->backing.allocate(bytes, cap->backing.user);
    if (head == NULL) {
        give_back(cap, bytes);
        return NULL;
    }
    head->bytes = bytes;
    return head + 1;
}

static void *reallocate(void *block, size_t size, void *user) {
    cvi_cap *cap = user;
    block_head *head = (block_head *)block - 1;
    size_t old_bytes = head->bytes;
    size_t bytes = with_head(size);
    if (bytes > old_bytes && !reserve(cap, bytes - old_bytes)) {
        return NULL;
    }
    head = cap->backing.reallocate(head, bytes, cap->backing.user);
    if (head == NULL) {
        if (bytes > old_bytes) {
            give_back(cap, bytes - old_bytes);
        }
        return NULL;
    }
    head->bytes = bytes;
    if (bytes < old_bytes) {
        give_back(cap, old_bytes - bytes);
    }
    return head + 1;
}

static void release(void *block, void *user) {
    cvi_cap *cap = user;
    block_head *head = (block_head *)block - 1;
    size_t bytes = head->bytes;
    cap->backing.release(head, cap->backing.user);
    give_back(cap, bytes);
}

cvi_cap *cvi_cap_open(const cv_allocator *backing, size_t max_bytes) {
    has_refused = max_bytes < sizeof(cvi_cap);
    cvi_cap *cap = has_refused ? NULL : cvi_allocate(backing, sizeof(*cap));
    if (cap != NULL) {
        cap->backing = *backing;
        cap->max_bytes = max_bytes;
        atomic_init(&cap->held_bytes, sizeof(*cap));
    }
    return cap;
}

void cvi_cap_close(cvi_cap *cap) {
    if (cap != NULL) {
        give_back(cap, sizeof(*cap));
    }
}

cv_allocator cvi_cap_allocator(cvi_cap *cap) {
    return (cv_allocator){allocate, reallocate, release, cap};
}
