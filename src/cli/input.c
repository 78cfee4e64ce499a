/* Owns the reading that signals can end. A plain read() would sleep on if the signal came just
 * before it. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "memory.h"

typedef struct source {
    int fd;
} source;

static ssize_t read_block(void *cookie, char *block, size_t size) {
    const source *self = cookie;
    for (;;) {
        struct pollfd looks[] = {{.fd = cli_interrupt_fd(), .events = POLLIN},
                                 {.fd = self->fd, .events = POLLIN}};
        int ready = poll(looks, 2, -1);
        if (cli_interrupt_status() != CLI_DONE) {
            errno = EINTR;
            return -1;
        }
        if (ready < 0 && errno != EINTR) {
            return -1;
        }
        if (ready > 0 && looks[1].revents != 0) {
            return read(self->fd, block, size);
        }
    }
}

static int close_source(void *cookie) {
    source *self = cookie;
    int result = self->fd == STDIN_FILENO ? 0 : close(self->fd);
    free(self);
    return result;
}

FILE *cli_input_open(const char *path) {
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    source *self = cli_allocate(1, sizeof(*self));
    self->fd = fd;
    cookie_io_functions_t functions = {.read = read_block, .close = close_source};
    FILE *file = fopencookie(self, "r", functions);
    if (!file) {
        (void)close_source(self);
    }
    return file;
}
