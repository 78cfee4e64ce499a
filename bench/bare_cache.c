/* Owns a connection of SQLite's beside the library's. One thread. */
#include "bare_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "bare_json.h"
#include "team.h"

#define DAY_MS INT64_C(86400000)

static void execute(bare_cache *self, const char *sql) {
    team_check(sqlite3_exec(self->connection, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

static sqlite3_stmt *prepare(bare_cache *self, const char *sql) {
    sqlite3_stmt *statement = NULL;
    team_check(sqlite3_prepare_v2(self->connection, sql, -1, &statement, NULL) == SQLITE_OK, sql);
    return statement;
}

void bare_cache_open(bare_cache *self, const char *database) {
    team_check(sqlite3_open_v2(database, &self->connection,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK,
               "the file can be opened bare");
    self->find = prepare(self, "SELECT value FROM cache WHERE hash = ?1");
    self->put = prepare(self, "INSERT INTO cache(hash, created_at, expires_at, checksum, value)"
                              " VALUES(?1, ?2, ?3, ?4, ?5)");
    self->find_checksum = prepare(self, "SELECT checksum FROM cache WHERE hash = ?1");
    self->put_tape =
        prepare(self, "UPDATE cache SET tape_checksum = ?2, tape = ?3 WHERE hash = ?1");
}

void bare_cache_close(bare_cache *self) {
    sqlite3_finalize(self->find);
    sqlite3_finalize(self->put);
    sqlite3_finalize(self->find_checksum);
    sqlite3_finalize(self->put_tape);
    team_check(sqlite3_close(self->connection) == SQLITE_OK, "the bare connection can be closed");
}

void bare_cache_key(char hash[CVI_HASH_SIZE], const char *path, int64_t id) {
    char text[64];
    int length = snprintf(text, sizeof(text), "%s%" PRId64, path, id);
    team_check(length > 0 && (size_t)length < sizeof(text), "a key is short");
    cvi_hash_hex(text, (size_t)length, hash);
}

void bare_cache_begin_filling(bare_cache *self) {
    execute(self, "PRAGMA synchronous = OFF");
    execute(self, "BEGIN IMMEDIATE");
}

void bare_cache_end_filling(bare_cache *self) {
    execute(self, "COMMIT");
    execute(self, "PRAGMA wal_checkpoint(TRUNCATE)");
}

void bare_cache_put(bare_cache *self, const char *hash, const char *body, size_t size) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    sqlite3_bind_text(self->put, 1, hash, -1, SQLITE_STATIC);
    sqlite3_bind_int64(self->put, 2, now_ms);
    sqlite3_bind_int64(self->put, 3, now_ms + DAY_MS);
    sqlite3_bind_int64(self->put, 4, cvi_checksum_under(hash, body, size));
    sqlite3_bind_blob64(self->put, 5, body, size, SQLITE_STATIC);
    team_check(sqlite3_step(self->put) == SQLITE_DONE, "a row can be put");
    sqlite3_reset(self->put);
}

static int64_t checksum_of(bare_cache *self, const char *hash) {
    sqlite3_bind_text(self->find_checksum, 1, hash, -1, SQLITE_STATIC);
    team_check(sqlite3_step(self->find_checksum) == SQLITE_ROW, "the row is there");
    int64_t checksum = sqlite3_column_int64(self->find_checksum, 0);
    sqlite3_reset(self->find_checksum);
    return checksum;
}

void bare_cache_put_tape(bare_cache *self, const char *hash, const char *tape, size_t size) {
    int64_t checksum = cvi_checksum_beside(checksum_of(self, hash), tape, size);
    sqlite3_bind_text(self->put_tape, 1, hash, -1, SQLITE_STATIC);
    sqlite3_bind_int64(self->put_tape, 2, checksum);
    sqlite3_bind_blob64(self->put_tape, 3, tape, size, SQLITE_STATIC);
    team_check(sqlite3_step(self->put_tape) == SQLITE_DONE, "a tape can be put");
    sqlite3_reset(self->put_tape);
}

void bare_cache_touch(bare_cache *self) {
    execute(self, "UPDATE cache_bytes SET replaced = replaced + 1");
}

static void find(bare_cache *self, const char *hash) {
    sqlite3_bind_text(self->find, 1, hash, -1, SQLITE_STATIC);
    team_check(sqlite3_step(self->find) == SQLITE_ROW, "the row is there");
}

void bare_cache_read_and_parse(bare_cache *self, const char *hash) {
    find(self, hash);
    const char *body = sqlite3_column_blob(self->find, 0);
    bare_json_parse(body, (size_t)sqlite3_column_bytes(self->find, 0));
    sqlite3_reset(self->find);
}

size_t bare_cache_read(bare_cache *self, const char *hash) {
    find(self, hash);
    team_check(sqlite3_column_blob(self->find, 0) != NULL, "the body is there");
    size_t size = (size_t)sqlite3_column_bytes(self->find, 0);
    sqlite3_reset(self->find);
    return size;
}
