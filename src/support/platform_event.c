/* Owns the event by which any thread ends the wait of another. Any thread. */
#include "support/platform.h"

#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool cvi_event_open(cvi_event *event) {
    event->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return event->descriptor >= 0;
}

void cvi_event_close(cvi_event *event) {
    if (event->descriptor >= 0) {
        close(event->descriptor);
    }
    event->descriptor = -1;
}

void cvi_event_set(const cvi_event *event) {
    eventfd_write(event->descriptor, 1); /* that it is full already is as good */
}

void cvi_event_wait(const cvi_event *event, int other, int64_t timeout_ms) {
    struct pollfd wanted[] = {{.fd = event->descriptor, .events = POLLIN},
                              {.fd = other, .events = POLLIN}}; /* below 0: none */
    eventfd_t count = 0;
    poll(wanted, 2, timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX);
    eventfd_read(event->descriptor, &count);
}
