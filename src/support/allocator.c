/* Owns the meeting point of the library with the application's allocator: every byte that the
 * library itself allocates passes here. Any thread. */
#include "support/allocator.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *default_allocate(size_t size, void *user) {
    (void)user;
    return malloc(size);
}

static void *default_reallocate(void *block, size_t size, void *user) {
    (void)user;
    return realloc(block, size);
}

static void default_release(void *block, void *user) {
    (void)user;
    free(block);
}

const cv_allocator cvi_default_allocator = {default_allocate, default_reallocate, default_release,
                                            NULL};

void *cvi_allocate(const cv_allocator *allocator, size_t size) {
    if (size == 0) {
        size = 1;
    }
    void *block = allocator->allocate(size, allocator->user);
    if (block != NULL) {
        memset(block, 0, size);
    }
    return block;
}

void *cvi_allocate_array(const cv_allocator *allocator, size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    return cvi_allocate(allocator, count * size);
}

void *cvi_reallocate(const cv_allocator *allocator, void *block, size_t size) {
    if (size == 0) {
        size = 1;
    }
    if (block == NULL) {
        return allocator->allocate(size, allocator->user);
    }
    return allocator->reallocate(block, size, allocator->user);
}

void cvi_release(const cv_allocator *allocator, void *block) {
    if (block != NULL) {
        allocator->release(block, allocator->user);
    }
}

char *cvi_copy_text_and(const cv_allocator *allocator, const char *text, size_t length,
                        const char *behind, size_t behind_size) {
    if (length == SIZE_MAX || behind_size > SIZE_MAX - length - 1) {
        return NULL;
    }
    char *copy = allocator->allocate(length + 1 + behind_size, allocator->user);
    if (copy == NULL) {
        return NULL;
    }
    if (length > 0) {
        memcpy(copy, text, length);
    }
    copy[length] = '\0';
    if (behind_size > 0) {
        memcpy(copy + length + 1, behind, behind_size);
    }
    return copy;
}

char *cvi_copy_text(const cv_allocator *allocator, const char *text, size_t length) {
    return cvi_copy_text_and(allocator, text, length, NULL, 0);
}

/* Stands before each handed-out block, so that cv_free needs no client. */
typedef union handout_head {
    cv_allocator allocator;
    max_align_t alignment;
} handout_head;

void *cvi_handout(const cv_allocator *allocator, size_t size) {
    if (size > SIZE_MAX - sizeof(handout_head)) {
        return NULL;
    }
    handout_head *head = allocator->allocate(sizeof(handout_head) + size, allocator->user);
    if (head == NULL) {
        return NULL;
    }
    head->allocator = *allocator;
    return head + 1;
}

void cv_free(void *block) {
    if (block == NULL) {
        return;
    }
    handout_head *head = (handout_head *)block - 1;
    cv_allocator allocator = head->allocator;
    allocator.release(head, allocator.user);
}
