/* Owns the event by which any thread ends the wait of another. Any thread. */
#include "support/platform.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

static void close_one(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
    }
    *descriptor = -1;
}

void cvi_event_close(cvi_event *event) {
    close_one(&event->descriptor);
    close_one(&event->other_end);
}

#ifdef __linux__

bool cvi_event_open(cvi_event *event) {
    event->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    event->other_end = -1;
    return event->descriptor >= 0;
}

void cvi_event_set(const cvi_event *event) {
    eventfd_write(event->descriptor, 1); /* that it is full already is as good */
}

static void take(const cvi_event *event) {
    eventfd_t count = 0;
    eventfd_read(event->descriptor, &count);
}

#else

static bool prepare(int descriptor) {
    return fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0;
}

bool cvi_event_open(cvi_event *event) {
    int ends[2] = {-1, -1};
    bool is_open = pipe(ends) == 0 && prepare(ends[0]) && prepare(ends[1]);
    *event = (cvi_event){.descriptor = ends[0], .other_end = ends[1]};
    if (!is_open) {
        cvi_event_close(event);
    }
    return is_open;
}

void cvi_event_set(const cvi_event *event) {
    ssize_t written = write(event->other_end, "!", 1); /* that it is full already is as good */
    (void)written;
}

/* All that was written, as one event; what does not fit in one read ends the next wait at once. */
static void take(const cvi_event *event) {
    char bytes[64];
    ssize_t length = read(event->descriptor, bytes, sizeof(bytes));
    (void)length;
}

#endif

void cvi_event_wait(const cvi_event *event, int other, int64_t timeout_ms) {
    struct pollfd wanted[] = {{.fd = event->descriptor, .events = POLLIN},
                              {.fd = other, .events = POLLIN}}; /* below 0: none */
    poll(wanted, 2, timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX);
    take(event);
}
