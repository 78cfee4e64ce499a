/* Owns a client and a bare connection on one file. One thread. */
#include "issue_file.h"

#include <stdlib.h>

#include "issue_body.h"
#include "measure.h"
#include "team.h"

static const char path[] = "issue/4000-";

void issue_file_open(issue_file *self, const char *database) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "a key that is not needed";
    options.database = database;
    options.cache.memory_bytes = CV_NONE; /* what is measured is the file */
    self->database = database;
    self->client = cv_client_open(&options);
    TEAM_DONE(self->client != NULL);
    bare_cache_open(&self->bare, database);
}

void issue_file_close(issue_file *self) {
    bare_cache_close(&self->bare);
    cv_client_close(self->client);
}

void issue_file_fill(issue_file *self, int64_t first, int64_t last, size_t size) {
    static const char room[] = "PRAGMA cache_size = -1000000"; /* else its index is written often */
    char hash[CVI_HASH_SIZE];
    bare_cache filling;
    char *body = malloc(size);
    team_check(body != NULL, "there is memory for a body");
    bare_cache_open(&filling, self->database);
    team_check(sqlite3_exec(filling.connection, room, NULL, NULL, NULL) == SQLITE_OK, room);
    bare_cache_begin_filling(&filling);
    for (int64_t id = first; id <= last; id++) {
        bare_cache_key(hash, path, id);
        issue_body_write(body, size, id);
        bare_cache_put(&filling, hash, body, size);
    }
    bare_cache_end_filling(&filling);
    bare_cache_close(&filling);
    free(body);
}

void issue_file_retrieve(issue_file *self, int64_t id) {
    const cv_issue *issue = cv_issue_retrieve(self->client, id, CV_PRIORITY_USER);
    TEAM_DONE(issue != NULL);
    team_check(issue->id == id && issue->record.source == CV_SOURCE_CACHE, "it is in the cache");
    cv_issue_free(issue);
}

void issue_file_read(issue_file *self, int64_t id) {
    char hash[CVI_HASH_SIZE];
    bare_cache_key(hash, path, id);
    team_check(bare_cache_read(&self->bare, hash) > 0, "there is a body");
}

void issue_file_read_and_parse(issue_file *self, int64_t id) {
    char hash[CVI_HASH_SIZE];
    bare_cache_key(hash, path, id);
    bare_cache_read_and_parse(&self->bare, hash);
}

/* A step that shares no factor with any number of issues here, so that each comes once in a round;
 * the keys, and with them the places in the file, are scattered anyway. */
double issue_file_time_us(issue_file *self, issue_file_call *call, const issue_file_walk *walk) {
    enum { STEP = 7919, START = 104729 };
    int64_t issues = walk->last - walk->first + 1;
    int64_t at = walk->turn * (int64_t)START % issues;
    int64_t begun_ns = measure_busy_now_ns();
    for (int i = 0; i < walk->count; i++) {
        call(self, walk->first + at);
        at = (at + STEP) % issues;
    }
    return (double)(measure_busy_now_ns() - begun_ns) / 1000.0 / walk->count;
}
