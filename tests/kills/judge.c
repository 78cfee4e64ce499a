/* Owns the evidence: the server's log, and the admissions as they lie in the file. Both say which
 * life a request belongs to, one in the User-Agent, the other as the application. */
#include "kills/judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

const char *const judge_paths[PATHS] = {"issue", "volume", "issues", "volumes", "search"};

void judge_wrong(evidence *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("WRONG: ", stdout);
    (void)vprintf(format, arguments);
    (void)putchar('\n');
    va_end(arguments);
    self->wrongs++;
}

/* -1: it is none of the workers'. */
static int64_t find_life(const char *text) {
    const char *mark = text != NULL ? strstr(text, APPLICATION_MARK) : NULL;
    return mark != NULL ? strtoll(mark + strlen(APPLICATION_MARK), NULL, 10) : -1;
}

static int find_path(const char *text, size_t length) {
    for (int i = 0; i < PATHS; i++) {
        if (strlen(judge_paths[i]) == length && strncmp(judge_paths[i], text, length) == 0) {
            return i;
        }
    }
    return -1;
}

/* ---- the server's log ---- */

static bool take_arrival(arrival *taken, const server_request *request) {
    static const char root[] = "/api/";
    const char *segment = request->path + strlen(root);
    char *target = NULL;
    if (asprintf(&target, "%s?%s", request->path, request->query) < 0) {
        return false;
    }
    *taken = (arrival){.path = find_path(segment, strcspn(segment, "/")),
                       .life = find_life(request->user_agent),
                       .target = target,
                       .received_us = request->received_us,
                       .answered_us = request->answered_us};
    return true;
}

static bool read_log(evidence *self, server *asked) {
    size_t count = server_request_count(asked, NULL);
    self->arrivals = calloc(count + 1, sizeof(*self->arrivals));
    if (self->arrivals == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        server_request request;
        if (!server_request_at(asked, NULL, i, &request) ||
            !take_arrival(&self->arrivals[i], &request)) {
            return false;
        }
        self->arrival_count++;
        if (self->arrivals[i].path < 0 || self->arrivals[i].life < 0) {
            judge_wrong(self, "nobody's request: %s", self->arrivals[i].target);
            return false;
        }
    }
    return true;
}

/* ---- the file's admissions ---- */

static bool take_rows(evidence *self, sqlite3_stmt *rows) {
    size_t capacity = 0;
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(rows)) == SQLITE_ROW) {
        if (self->admission_count == capacity) {
            capacity = capacity * 2 + 1024;
            admission *larger = realloc(self->admissions, capacity * sizeof(*larger));
            if (larger == NULL) {
                return false;
            }
            self->admissions = larger;
        }
        const char *resource = (const char *)sqlite3_column_text(rows, 0);
        self->admissions[self->admission_count++] =
            (admission){.path = find_path(resource, strlen(resource)),
                        .life = find_life((const char *)sqlite3_column_text(rows, 1)),
                        .boot_ms = sqlite3_column_int64(rows, 2),
                        .is_connecting = sqlite3_column_int(rows, 3) != 0};
    }
    return result == SQLITE_DONE;
}

static bool read_admissions(evidence *self) {
    static const char text[] = "SELECT resource, application, boot_ms, connecting FROM rate_limits"
                               " ORDER BY boot_ms, id";
    sqlite3 *database = NULL;
    sqlite3_stmt *rows = NULL;
    bool is_read =
        sqlite3_open_v2(self->database, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(database, text, -1, &rows, NULL) == SQLITE_OK && take_rows(self, rows);
    if (!is_read) {
        judge_wrong(self, "the admissions cannot be read: %s", sqlite3_errmsg(database));
    }
    sqlite3_finalize(rows);
    sqlite3_close(database);
    return is_read;
}

/* ---- both ---- */

bool judge_gather(evidence *self, server *asked) {
    return read_log(self, asked) && read_admissions(self);
}

void judge_clear(evidence *self) {
    for (size_t i = 0; i < self->arrival_count; i++) {
        free(self->arrivals[i].target);
    }
    free(self->arrivals);
    free(self->admissions);
}
