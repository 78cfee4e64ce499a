/* Owns the foreign program's connection and its notes. It goes by the wall clock, which in its
 * worlds nobody sets. Nothing goes wrong under it. */
#include "model/foreign.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "model/process.h"

#define JOB_PREFIX "foreign-"

enum { SQL_SIZE = 768 };

static bool run(world *self, const char *text) {
    return sqlite3_exec(self->foreign.connection, text, NULL, NULL, NULL) == SQLITE_OK;
}

static bool open_file(world *self) {
    foreign *own = &self->foreign;
    bool opened = own->connection != NULL ||
                  sqlite3_open_v2(self->given.database, &own->connection,
                                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
    if (!opened) {
        foreign_close(self);
        return false;
    }
    sqlite3_db_config(own->connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return true;
}

void foreign_close(world *self) {
    sqlite3_close(self->foreign.connection);
    self->foreign.connection = NULL;
}

/* ---- what it writes ---- */

/* Lists go by one name there; the older of these programs know no priorities. */
static bool write_request(world *self, char text[SQL_SIZE]) {
    static const char *const names[PATHS] = {"issue", "volume", "unknown", "search"};
    foreign *own = &self->foreign;
    if (own->request_count == FOREIGN_REQUESTS) {
        return false;
    }
    int path = (int)chance_draw(&self->chance, PATHS);
    if (chance_percent(&self->chance, 50)) {
        (void)snprintf(text, SQL_SIZE,
                       "INSERT INTO rate_limits(resource, timestamp) VALUES('%s', %lld)",
                       names[path], (long long)self->wall_ms);
    } else {
        (void)snprintf(
            text, SQL_SIZE,
            "INSERT INTO rate_limits(resource, timestamp, priority) VALUES('%s', %lld, 'user')",
            names[path], (long long)self->wall_ms);
    }
    if (!run(self, text)) {
        return false;
    }
    own->requests[own->request_count++] = (foreign_request){.path = path, .left_ms = self->true_ms};
    return true;
}

/* In the place of the row that is there, or over it, where our own columns of it stay. */
static bool write_answer(world *self, char text[SQL_SIZE]) {
    int object = (int)chance_draw(&self->chance, SINGLES);
    const char *over = chance_percent(&self->chance, 50)
                           ? "ON CONFLICT(hash) DO UPDATE SET value = excluded.value,"
                             " expires_at = excluded.expires_at, created_at = excluded.created_at"
                           : "";
    (void)snprintf(text, SQL_SIZE,
                   "INSERT%s INTO cache(hash, value, expires_at, created_at) VALUES('%s', CAST('"
                   "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":%lld,"
                   "\"name\":\"sent as number %d\"}}' AS BLOB), %lld, %lld) %s",
                   over[0] == '\0' ? " OR REPLACE" : "", self->given.objects[object].hash,
                   (long long)object_ids[object], FOREIGN_MARK, (long long)self->wall_ms + 3600000,
                   (long long)self->wall_ms, over);
    return run(self, text);
}

static bool begin_job(world *self, char text[SQL_SIZE]) {
    const char *hash = self->given.objects[chance_draw(&self->chance, SINGLES)].hash;
    (void)snprintf(text, SQL_SIZE,
                   "DELETE FROM dedupe_jobs WHERE hash = '%s' AND status <> 'pending';"
                   "INSERT OR IGNORE INTO dedupe_jobs(hash, job_id, status, created_at, updated_at)"
                   " VALUES('%s', '" JOB_PREFIX "%d', 'pending', %lld, %lld)",
                   hash, hash, ++self->foreign.jobs, (long long)self->wall_ms,
                   (long long)self->wall_ms);
    return run(self, text);
}

static bool end_jobs(world *self, char text[SQL_SIZE]) {
    static const char *const ends[] = {
        "UPDATE dedupe_jobs SET status = 'completed', result = CAST('{}' AS BLOB)",
        "UPDATE dedupe_jobs SET status = 'failed', error = 'it went wrong'",
        "DELETE FROM dedupe_jobs"};
    (void)snprintf(text, SQL_SIZE, "%s WHERE status = 'pending' AND job_id LIKE '" JOB_PREFIX "%%'",
                   ends[chance_draw(&self->chance, 3)]);
    return run(self, text);
}

/* ---- when ---- */

static process *draw_ready(world *self) {
    process *one = &self->processes[chance_draw(&self->chance, self->plan.processes)];
    return process_is_ready(one) ? one : NULL;
}

void foreign_step(world *self) {
    static bool (*const works[])(world *, char *) = {write_request, write_request, write_answer,
                                                     begin_job, end_jobs};
    char text[SQL_SIZE];
    if (!open_file(self) || !run(self, "BEGIN IMMEDIATE")) {
        return; /* somebody is in the middle of a transaction */
    }
    bool is_written = works[chance_draw(&self->chance, 5)](self, text);
    process *one = chance_percent(&self->chance, 30) ? draw_ready(self) : NULL;
    if (one != NULL) {
        process_step(one);
    }
    if (!is_written || !run(self, "COMMIT")) {
        world_break(self, "the other program cannot write: %s",
                    sqlite3_errmsg(self->foreign.connection));
    }
    world_trace(self, "the other program: %s", text);
}

void foreign_end_jobs(world *self) {
    char text[SQL_SIZE];
    if (self->plan.has_foreign && (!open_file(self) || !end_jobs(self, text))) {
        world_break(self, "the other program cannot end its jobs");
    }
}

/* ---- what it has done ---- */

bool foreign_owns(const char *job_id) {
    return strncmp(job_id, JOB_PREFIX, strlen(JOB_PREFIX)) == 0;
}

int64_t foreign_count(const world *self, int path, int64_t since_ms, int64_t until_ms) {
    int64_t count = 0;
    for (int i = 0; i < self->foreign.request_count; i++) {
        const foreign_request *one = &self->foreign.requests[i];
        count += one->path == path && one->left_ms > since_ms && one->left_ms <= until_ms ? 1 : 0;
    }
    return count;
}
