/* Keeps the requests in the order of arrival. Entries are only ever added, so that the texts
 * handed out stay good until the server ends. */
#define _POSIX_C_SOURCE 200809L
#include "log.h"

#include "clock.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct loopback_log_entry {
    server_request request;
    char *path;
    char *query;
    char *user_agent;
    char *accept_encoding;
    char *if_none_match;
    char *if_modified_since;
};

char *loopback_log_masked_query(const char *query) {
    static const char key[] = "api_key=";
    char *masked = NULL;
    size_t size;
    FILE *out = open_memstream(&masked, &size);
    if (!out) {
        return NULL;
    }
    loopback_span rest = loopback_span_of(query), part;
    const char *separator = "";
    while (loopback_span_next(&rest, '&', &part)) {
        bool is_key = part.length >= sizeof key - 1 && memcmp(part.start, key, sizeof key - 1) == 0;
        (void)fputs(separator, out);
        (void)fwrite(part.start, 1, is_key ? sizeof key - 1 : part.length, out);
        (void)fputs(is_key ? "***" : "", out);
        separator = "&";
    }
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(masked);
        return NULL;
    }
    return masked;
}

static void free_entry(loopback_log_entry *entry) {
    if (entry) {
        free(entry->path);
        free(entry->query);
        free(entry->user_agent);
        free(entry->accept_encoding);
        free(entry->if_none_match);
        free(entry->if_modified_since);
        free(entry);
    }
}

static bool copy_text(char **copy, const char *text) {
    *copy = text ? strdup(text) : NULL;
    return *copy || !text;
}

static loopback_log_entry *new_entry(const server_request *request) {
    loopback_log_entry *entry = calloc(1, sizeof *entry);
    if (!entry) {
        return NULL;
    }
    if (!copy_text(&entry->path, request->path) || !copy_text(&entry->query, request->query) ||
        !copy_text(&entry->user_agent, request->user_agent) ||
        !copy_text(&entry->accept_encoding, request->accept_encoding) ||
        !copy_text(&entry->if_none_match, request->if_none_match) ||
        !copy_text(&entry->if_modified_since, request->if_modified_since)) {
        free_entry(entry);
        return NULL;
    }
    entry->request = *request;
    entry->request.path = entry->path;
    entry->request.query = entry->query;
    entry->request.user_agent = entry->user_agent;
    entry->request.accept_encoding = entry->accept_encoding;
    entry->request.if_none_match = entry->if_none_match;
    entry->request.if_modified_since = entry->if_modified_since;
    return entry;
}

static bool reserve_one(server *self) {
    if (self->log_count < self->log_capacity) {
        return true;
    }
    size_t capacity = self->log_capacity ? self->log_capacity * 2 : 64;
    loopback_log_entry **log = realloc(self->log, capacity * sizeof(loopback_log_entry *));
    if (!log) {
        return false;
    }
    self->log = log;
    self->log_capacity = capacity;
    return true;
}

loopback_log_entry *loopback_log_add(server *self, const server_request *request) {
    loopback_log_entry *entry = reserve_one(self) ? new_entry(request) : NULL;
    if (entry) {
        entry->request.received_us = loopback_boot_time_us();
        self->log[self->log_count++] = entry;
        entry->request.number = self->log_count;
        pthread_cond_broadcast(&self->changed);
    }
    return entry;
}

void loopback_log_answer(server *self, loopback_log_entry *entry, unsigned http_status) {
    pthread_mutex_lock(&self->mutex);
    entry->request.http_status = http_status;
    entry->request.answered_us = loopback_boot_time_us();
    if (self->log_file) {
        const server_request *request = &entry->request;
        (void)fprintf(self->log_file, "%" PRId64 " connection=%zu key=%s status=%u GET %s%s%s\n",
                      request->received_us, request->connection,
                      request->key_was_right ? "right" : "wrong", http_status, request->path,
                      *request->query ? "?" : "", request->query);
        (void)fflush(self->log_file);
    }
    pthread_mutex_unlock(&self->mutex);
}

size_t loopback_log_number(const loopback_log_entry *entry) {
    return entry->request.number;
}

void loopback_log_free(server *self) {
    for (size_t i = 0; i < self->log_count; i++) {
        free_entry(self->log[i]);
    }
    free(self->log);
}

static size_t count_matching(const server *self, const char *path) {
    size_t count = 0;
    for (size_t i = 0; i < self->log_count; i++) {
        count += loopback_has_prefix(self->log[i]->path, path);
    }
    return count;
}

size_t server_request_count(server *self, const char *path) {
    pthread_mutex_lock(&self->mutex);
    size_t count = count_matching(self, path);
    pthread_mutex_unlock(&self->mutex);
    return count;
}

static const loopback_log_entry *find_matching(const server *self, const char *path, size_t index) {
    for (size_t i = 0; i < self->log_count; i++) {
        if (loopback_has_prefix(self->log[i]->path, path) && index-- == 0) {
            return self->log[i];
        }
    }
    return NULL;
}

bool server_request_at(server *self, const char *path, size_t index, server_request *request) {
    pthread_mutex_lock(&self->mutex);
    const loopback_log_entry *entry = find_matching(self, path, index);
    if (entry) {
        *request = entry->request;
    }
    pthread_mutex_unlock(&self->mutex);
    return entry != NULL;
}

bool server_wait_for(server *self, const char *path, size_t count, int timeout_ms) {
    struct timespec deadline = loopback_deadline(timeout_ms > 0 ? (unsigned)timeout_ms : 0);
    bool in_time = true;
    pthread_mutex_lock(&self->mutex);
    while (count_matching(self, path) < count && in_time) {
        in_time = pthread_cond_timedwait(&self->changed, &self->mutex, &deadline) == 0;
    }
    bool arrived = count_matching(self, path) >= count;
    pthread_mutex_unlock(&self->mutex);
    return arrived;
}
