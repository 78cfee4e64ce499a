/* Owns the observer's connection. Nothing goes wrong under it, and nobody pauses in it. */
#include "model/look.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "model/foreign.h"
#include "model/network.h"
#include "stores/turn.h"

enum { CACHED, JOBS, RECORDED, PAUSED };

#define RECORDED_TEXT                                                                              \
    "SELECT resource, count(*) FROM rate_limits WHERE scope <> '' AND"                             \
    " ((boot = ?1 AND boot_ms > ?2) OR (boot IS NOT ?1 AND timestamp > ?3)) GROUP BY resource"
#define PAUSED_TEXT                                                                                \
    "SELECT resource, boot, boot_ms, timestamp FROM rate_limit_cooldowns WHERE strikes > 0"

static const char *const texts[LOOKS] = {
    [CACHED] = "SELECT hash, value FROM cache",
    [JOBS] = "SELECT hash, job_id, boot_ms, owner FROM dedupe_jobs WHERE status = 'pending'",
    [RECORDED] = RECORDED_TEXT,
    [PAUSED] = PAUSED_TEXT,
};

void look_close(world *self) {
    for (int i = 0; i < LOOKS; i++) {
        sqlite3_finalize(self->looks[i]);
        self->looks[i] = NULL;
    }
    sqlite3_close(self->observer);
    self->observer = NULL;
}

static bool open_file(world *self) {
    bool opened = self->observer != NULL ||
                  sqlite3_open_v2(self->given.database, &self->observer,
                                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
    if (opened) { /* what was not synced must stay so */
        sqlite3_db_config(self->observer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    for (int i = 0; opened && i < LOOKS; i++) {
        opened = self->looks[i] != NULL || sqlite3_prepare_v2(self->observer, texts[i], -1,
                                                              &self->looks[i], NULL) == SQLITE_OK;
    }
    if (!opened) {
        look_close(self);
    }
    return opened;
}

static const char *text_of(sqlite3_stmt *row, int column) {
    return (const char *)sqlite3_column_text(row, column);
}

static void take_cached(world *self, sqlite3_stmt *row, look *seen) {
    int object = object_of_hash(self->given.objects, text_of(row, 0));
    if (object < 0) {
        return;
    }
    int mark = network_find_mark(sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1));
    seen->kept[object].is_foreign = mark == FOREIGN_MARK;
    seen->kept[object].sending = mark == FOREIGN_MARK ? -1 : mark;
}

static void take_job(world *self, sqlite3_stmt *row, look *seen) {
    int object = object_of_hash(self->given.objects, text_of(row, 0));
    if (object >= 0) {
        seen->kept[object].is_pending = true;
        seen->kept[object].renewed_ms = sqlite3_column_int64(row, 2);
        seen->kept[object].owner = cvi_turn_process_of(sqlite3_column_int64(row, 3));
        (void)snprintf(seen->kept[object].job_id, sizeof(seen->kept[object].job_id), "%s",
                       text_of(row, 1));
    }
}

/* Nothing else counts there, pictures least of all. */
static void take_recorded(world *self, sqlite3_stmt *row, look *seen) {
    bool is_known = false;
    for (int i = 0; i < PATHS; i++) {
        if (strcmp(path_names[i], text_of(row, 0)) == 0) {
            seen->recorded[i] = sqlite3_column_int64(row, 1);
            is_known = true;
        }
    }
    if (!is_known) {
        world_break(self, "a request of %s counts among those of the service", text_of(row, 0));
    }
}

/* By the boot clock, or, if another boot has written it, by the wall clock. */
static int64_t end_of(const world *self, sqlite3_stmt *row) {
    cv_now now = world_now(self);
    int64_t left_ms = strcmp(text_of(row, 1), self->boot_id) == 0
                          ? sqlite3_column_int64(row, 2) - now.boot_ms
                          : sqlite3_column_int64(row, 3) - now.wall_ms;
    return self->true_ms + left_ms;
}

static const char *name_of(int reach) {
    if (reach == REACH_ALL) {
        return "";
    }
    return reach == REACH_HOST ? "*" : path_names[reach];
}

static void take_pause(world *self, sqlite3_stmt *row, look *seen) {
    for (int i = 0; i < REACHES; i++) {
        if (strcmp(name_of(i), text_of(row, 0)) == 0) {
            seen->held[i] = (held){.is_there = true, .end_ms = end_of(self, row)};
        }
    }
}

static void bind_window(const world *self) {
    sqlite3_stmt *recorded = self->looks[RECORDED];
    int64_t back_ms = self->plan.window_ms + self->plan.guard_ms;
    cv_now now = world_now(self);
    sqlite3_bind_text(recorded, 1, self->boot_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(recorded, 2, now.boot_ms - back_ms);
    sqlite3_bind_int64(recorded, 3, now.wall_ms - back_ms);
}

static bool read_all(world *self, look *seen) {
    static void (*const take[])(world *, sqlite3_stmt *, look *) = {take_cached, take_job,
                                                                    take_recorded, take_pause};
    bind_window(self);
    bool is_read = true;
    for (int i = 0; is_read && i < LOOKS; i++) {
        sqlite3_stmt *row = self->looks[i];
        int result = SQLITE_ROW;
        while ((result = sqlite3_step(row)) == SQLITE_ROW) {
            take[i](self, row, seen);
        }
        is_read = result == SQLITE_DONE;
        sqlite3_reset(row);
    }
    return is_read;
}

bool look_at_file(world *self, look *seen) {
    process *running = self->running;
    self->running = NULL;
    *seen = (look){.recorded = {0}};
    for (int i = 0; i < OBJECTS; i++) {
        seen->kept[i] = (kept){.sending = -1};
    }
    bool is_read = open_file(self) && read_all(self, seen);
    self->running = running;
    return is_read;
}
