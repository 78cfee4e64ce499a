/* Parks requests. A ticket is drawn under the same lock that makes the request visible in the log,
 * so a test that has seen a request can be sure that releasing it has an effect. */
#define _POSIX_C_SOURCE 200809L
#include "gate.h"

#include "clock.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

size_t loopback_gate_draw(server *self, const char *path) {
    if (!self->holding || !loopback_has_prefix(path, self->hold_path)) {
        return LOOPBACK_TICKET_NONE;
    }
    return self->tickets_drawn++;
}

bool loopback_gate_wait(server *self, size_t ticket) {
    if (ticket == LOOPBACK_TICKET_NONE) {
        return true;
    }
    pthread_mutex_lock(&self->mutex);
    while (ticket >= self->tickets_called && !self->stopping) {
        pthread_cond_wait(&self->changed, &self->mutex);
    }
    bool called = !self->stopping;
    pthread_mutex_unlock(&self->mutex);
    return called;
}

bool loopback_gate_pause(server *self, unsigned pause_ms) {
    if (pause_ms == 0) {
        return true;
    }
    struct timespec deadline = loopback_deadline(pause_ms);
    bool waiting = true;
    pthread_mutex_lock(&self->mutex);
    while (waiting && !self->stopping) {
        waiting = pthread_cond_timedwait(&self->changed, &self->mutex, &deadline) == 0;
    }
    bool passed = !self->stopping;
    pthread_mutex_unlock(&self->mutex);
    return passed;
}

bool server_hold(server *self, const char *path) {
    char *copy = path ? strdup(path) : NULL;
    if (path && !copy) {
        return false;
    }
    pthread_mutex_lock(&self->mutex);
    free(self->hold_path);
    self->hold_path = copy;
    self->holding = true;
    pthread_mutex_unlock(&self->mutex);
    return true;
}

void server_release(server *self, size_t count) {
    pthread_mutex_lock(&self->mutex);
    size_t parked = self->tickets_drawn - self->tickets_called;
    self->tickets_called += count < parked ? count : parked;
    if (count == SERVER_ALL) {
        self->holding = false;
    }
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}
