/* Keeps the faults. One that is used up stays in the list until the end, because an answer that
 * is still under way may point at it; only the two counters ever change. */
#define _POSIX_C_SOURCE 200809L
#include "fault.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { FAULT_TEXTS = 3 + 2 * SERVER_HEADERS_MAX };

struct loopback_fault {
    server_fault fault; /* its pointers are into `texts` */
    size_t skip_left;
    size_t times_left;
    char *texts[FAULT_TEXTS];
    size_t text_count;
    loopback_fault *next;
};

static void free_fault(loopback_fault *self) {
    for (size_t i = 0; i < self->text_count; i++) {
        free(self->texts[i]);
    }
    free(self);
}

static bool own_bytes(loopback_fault *self, const char **bytes, size_t size) {
    if (!*bytes) {
        return true;
    }
    char *copy = malloc(size + 1);
    if (!copy) {
        return false;
    }
    memcpy(copy, *bytes, size);
    copy[size] = '\0';
    self->texts[self->text_count++] = copy;
    *bytes = copy;
    return true;
}

static bool own_text(loopback_fault *self, const char **text) {
    return own_bytes(self, text, *text ? strlen(*text) : 0);
}

static bool own_all(loopback_fault *self) {
    server_fault *fault = &self->fault;
    for (size_t i = 0; i < SERVER_HEADERS_MAX && fault->headers[i].name; i++) {
        if (!own_text(self, &fault->headers[i].name) || !own_text(self, &fault->headers[i].value)) {
            return false;
        }
    }
    return own_text(self, &fault->path) && own_text(self, &fault->content_type) &&
           own_bytes(self, &fault->body, fault->body_size);
}

static loopback_fault *copy_fault(const server_fault *fault) {
    loopback_fault *copy = calloc(1, sizeof *copy);
    if (!copy) {
        return NULL;
    }
    copy->fault = *fault;
    copy->skip_left = fault->skip;
    copy->times_left = fault->times ? fault->times : 1;
    if (fault->body && fault->body_size == 0) {
        copy->fault.body_size = strlen(fault->body);
    }
    if (!own_all(copy)) {
        free_fault(copy);
        return NULL;
    }
    return copy;
}

bool server_fault_add(server *self, const server_fault *fault) {
    loopback_fault *copy = copy_fault(fault);
    if (!copy) {
        return false;
    }
    pthread_mutex_lock(&self->mutex);
    loopback_fault **end = &self->faults;
    while (*end) {
        end = &(*end)->next;
    }
    *end = copy;
    pthread_mutex_unlock(&self->mutex);
    return true;
}

void server_faults_clear(server *self) {
    pthread_mutex_lock(&self->mutex);
    for (loopback_fault *each = self->faults; each; each = each->next) {
        each->times_left = 0;
    }
    pthread_mutex_unlock(&self->mutex);
}

const server_fault *loopback_fault_take(server *self, const char *path) {
    for (loopback_fault *each = self->faults; each; each = each->next) {
        if (each->times_left == 0 || !loopback_has_prefix(path, each->fault.path)) {
            continue;
        }
        if (each->skip_left > 0) {
            each->skip_left--;
            continue;
        }
        if (each->times_left != SERVER_ALL) {
            each->times_left--;
        }
        return &each->fault;
    }
    return NULL;
}

void loopback_faults_free(server *self) {
    while (self->faults) {
        loopback_fault *next = self->faults->next;
        free_fault(self->faults);
        self->faults = next;
    }
}
