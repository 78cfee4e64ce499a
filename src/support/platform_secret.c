/* Owns the memory of what nobody else is to see: pages of their own for each text, since a system
 * can keep whole pages alone out of core dumps. Therefore not from an allocator. Any thread. */
#include "support/platform.h"

#include <string.h>
#include <sys/mman.h>

/* A mapping begins with its size; in a child of fork that is 0, and there is no text. */
typedef struct room {
    size_t size;
    char text[];
} room;

/* As far as the system can: a secret that it would show must still be kept somewhere. */
static void hide(room *self) {
#ifdef MADV_DONTDUMP
    madvise(self, self->size, MADV_DONTDUMP);
#elif defined(MADV_NOCORE)
    madvise(self, self->size, MADV_NOCORE);
#endif
#ifdef MADV_WIPEONFORK
    madvise(self, self->size, MADV_WIPEONFORK);
#endif
}

char *cvi_secret_copy(const char *text, size_t length) {
    size_t size = sizeof(room) + length + 1;
    room *self = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (self == MAP_FAILED) {
        return NULL;
    }
    self->size = size;
    hide(self);
    memcpy(self->text, text, length);
    return self->text;
}

/* Wiped at once: the system would do it only when somebody else gets the page. */
void cvi_secret_free(char *secret) {
    if (secret == NULL) {
        return;
    }
    room *self = (room *)(void *)(secret - offsetof(room, text));
    size_t size = self->size;
    if (size > 0) {
        explicit_bzero(self, size);
        munmap(self, size);
    }
}
