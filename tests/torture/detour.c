/* Owns the wrapper. Its functions run where the library calls them, one at a time. */
#include "torture/detour.h"

#include <stdio.h>
#include <string.h>

/* A label has at most 63 characters. */
#define NO_HOST "0123456789012345678901234567890123456789012345678901234567890123"

/* What the part up to the path becomes; NULL: the scheme alone. */
static const char *const origins[] = {
    [DETOUR_REFUSED] = "http://127.0.0.1:1",
    [DETOUR_NO_SUCH_HOST] = "http://" NO_HOST,
    [DETOUR_NO_TLS] = NULL,
};

static void write_url(detour *self, const char *url) {
    const char *authority = strstr(url, "://");
    const char *path = authority != NULL ? strchr(authority + 3, '/') : NULL;
    const char *origin = origins[self->kind];
    (void)snprintf(self->url, sizeof(self->url), "%s%s", origin != NULL ? origin : "https",
                   origin != NULL ? path : authority);
}

static bool astray(detour *self) {
    self->starts++;
    return self->starts == self->failing_start ||
           (self->keeps_failing && self->starts > self->failing_start);
}

static bool start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    detour *self = user;
    if (!astray(self)) {
        return self->inner.start(self->inner.user, transfer, request);
    }
    if (self->kind == DETOUR_NO_MEMORY) {
        return false;
    }
    if (self->kind == DETOUR_END) {
        cv_transfer_complete(transfer, self->end, 0, "led astray");
        cv_transfer_release(transfer);
        return true;
    }
    cv_transfer_request led = *request;
    write_url(self, request->url);
    led.url = self->url;
    return self->inner.start(self->inner.user, transfer, &led);
}

static void cancel(void *user, cv_transfer *transfer) {
    const detour *self = user;
    self->inner.cancel(self->inner.user, transfer);
}

static void turn(void *user, cv_transport_turn *turn) {
    const detour *self = user;
    self->inner.turn(self->inner.user, turn);
}

static void wake(void *user) {
    const detour *self = user;
    self->inner.wake(self->inner.user);
}

static void close_inner(void *user) {
    const detour *self = user;
    self->inner.close(self->inner.user);
}

static int descriptor(void *user) {
    const detour *self = user;
    return self->inner.descriptor(self->inner.user);
}

static int64_t due_ms(void *user) {
    const detour *self = user;
    return self->inner.due_ms(self->inner.user);
}

static void reset(void *user) {
    const detour *self = user;
    self->inner.reset(self->inner.user);
}

bool detour_open(detour *self, detour_kind kind, size_t failing_start) {
    memset(self, 0, sizeof(*self));
    if (!cv_transport_curl(&self->inner)) {
        return false;
    }
    self->kind = kind;
    self->failing_start = failing_start;
    self->table = self->inner;
    self->table.user = self;
    self->table.start = start;
    self->table.cancel = cancel;
    self->table.turn = turn;
    self->table.wake = wake;
    self->table.close = close_inner;
    self->table.descriptor = descriptor;
    self->table.due_ms = due_ms;
    self->table.reset = reset;
    return true;
}
