/* Owns descriptors that an event loop of the host's may watch: readable for as long as there is
 * something to do, and only then. Its user sees to it that one thread at a time is in here. */
#include "support/platform.h"

#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#endif

static void close_one(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
    }
    *descriptor = -1;
}

void cvi_signal_close(cvi_signal *self) {
    cvi_bundle_close(&self->bundle);
    close_one(&self->flag);
    close_one(&self->timer);
    self->is_raised = false;
}

#ifdef __linux__

bool cvi_signal_open(cvi_signal *self) {
    cvi_bundle_open(&self->bundle);
    self->flag = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    self->is_raised = false;
    bool is_whole = self->bundle.descriptor >= 0 && self->flag >= 0 && self->timer >= 0 &&
                    cvi_bundle_add(&self->bundle, self->flag) &&
                    cvi_bundle_add(&self->bundle, self->timer);
    if (!is_whole) {
        cvi_signal_close(self);
    }
    return is_whole;
}

void cvi_signal_raise(cvi_signal *self) {
    if (!self->is_raised && self->flag >= 0) {
        self->is_raised = eventfd_write(self->flag, 1) == 0;
    }
}

void cvi_signal_lower(cvi_signal *self) {
    eventfd_t count = 0;
    if (self->is_raised) {
        self->is_raised = eventfd_read(self->flag, &count) != 0;
    }
}

/* All zero would mean never. */
void cvi_signal_set_timer(const cvi_signal *self, int64_t delay_ms) {
    struct itimerspec time = {.it_value = {.tv_nsec = delay_ms == 0 ? 1 : 0}};
    if (delay_ms > 0) {
        time.it_value.tv_sec = (time_t)(delay_ms / 1000);
        time.it_value.tv_nsec = (long)(delay_ms % 1000) * 1000000;
    }
    if (self->timer >= 0) {
        timerfd_settime(self->timer, 0, &time, NULL);
    }
}

#else

bool cvi_signal_open(cvi_signal *self) {
    *self = (cvi_signal){.bundle = {-1}, .flag = -1, .timer = -1};
    return false;
}

void cvi_signal_raise(cvi_signal *self) {
    (void)self;
}

void cvi_signal_lower(cvi_signal *self) {
    (void)self;
}

void cvi_signal_set_timer(const cvi_signal *self, int64_t delay_ms) {
    (void)self;
    (void)delay_ms;
}

#endif
