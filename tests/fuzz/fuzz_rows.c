/* Rows that another program has written into a sound file: each column with values of any type,
 * among them those that would do it most harm. Bodies and tapes may have the checksums that fit
 * them, as nobody reads what is behind a wrong one. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/digest.h"
#include "support/input.h"
#include "support/shelf.h"

enum { COLUMNS_MAX = 13, ROWS_MAX = 8 };

typedef struct table {
    const char *name;
    const char *columns[COLUMNS_MAX + 1];
} table;

static const table tables[] = {
    {"cache",
     {"hash", "expires_at", "created_at", "checksum", "negative", "used_at", "etag",
      "last_modified", "control", "headers_of", "value", "tape_checksum", "tape"}},
    {"cache_bytes", {"id", "total", "replaced"}},
    {"dedupe_jobs",
     {"hash", "job_id", "status", "created_at", "updated_at", "owner", "boot", "boot_ms",
      "started_boot_ms", "checksum", "error", "result"}},
    {"dedupe_waiters", {"hash", "address"}},
    {"rate_limits",
     {"id", "resource", "timestamp", "priority", "scope", "boot", "boot_ms", "connecting",
      "application", "pid"}},
    {"rate_limit_shares",
     {"scope", "resource", "boot", "boot_ms", "timestamp", "monitoring_window_ms", "users",
      "users_late", "users_before", "since_user_ms", "is_recorded", "activations"}},
    {"rate_limit_waiting", {"scope", "resource", "boot", "boot_ms"}},
    {"rate_limit_cooldowns",
     {"scope", "resource", "boot", "boot_ms", "timestamp", "strikes", "probe", "owner",
      "probe_boot_ms", "failures", "unreachable"}},
    {"settings", {"name", "value"}},
};

static size_t column_count(const table *of) {
    size_t count = 0;
    while (of->columns[count] != NULL) {
        count++;
    }
    return count;
}

static sqlite3_stmt *prepare(sqlite3 *connection, const table *into) {
    char sql[1024];
    sqlite3_stmt *statement = NULL;
    size_t count = column_count(into);
    int length = snprintf(sql, sizeof(sql), "INSERT OR REPLACE INTO %s(", into->name);
    for (size_t i = 0; i < count; i++) {
        length += snprintf(sql + length, sizeof(sql) - (size_t)length, "%s%s", i > 0 ? "," : "",
                           into->columns[i]);
    }
    length += snprintf(sql + length, sizeof(sql) - (size_t)length, ") VALUES(?");
    for (size_t i = 1; i < count; i++) {
        length += snprintf(sql + length, sizeof(sql) - (size_t)length, ",?");
    }
    snprintf(sql + length, sizeof(sql) - (size_t)length, ")");
    REQUIRE(sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) == SQLITE_OK);
    return statement;
}

/* What the library itself would look for. */
static const char *const words[] = {
    SHELF_HASH,   SHELF_DENIED, SHELF_SCOPE, SHELF_BOOT, "issue",     "*",
    "origin-1",   "host-1",     "pending",   "failed",   "completed", "user",
    "background", SHELF_BODY,   "",          "job-1",    "-",         "comicvine-error-1",
};

static void bind_bytes(sqlite3_stmt *statement, int place, input *in, bool as_text) {
    size_t size = input_byte(in);
    size = size < in->left ? size : in->left;
    const char *bytes = (const char *)in->next;
    if (as_text) {
        sqlite3_bind_text(statement, place, bytes, (int)size, SQLITE_TRANSIENT);
    } else {
        sqlite3_bind_blob(statement, place, bytes, (int)size, SQLITE_TRANSIENT);
    }
    in->next += size;
    in->left -= size;
}

static void bind_value(sqlite3_stmt *statement, int place, input *in) {
    enum { KINDS = 8, WORDS = sizeof(words) / sizeof(words[0]) };
    switch (input_below(in, KINDS)) {
    case 0:
    case 1:
        sqlite3_bind_text(statement, place, words[input_below(in, WORDS)], -1, SQLITE_STATIC);
        return;
    case 2:
    case 3:
        sqlite3_bind_int64(statement, place, input_odd_number(in));
        return;
    case 4:
        sqlite3_bind_null(statement, place);
        return;
    case 5:
        sqlite3_bind_double(statement, place, (double)input_odd_number(in) * 1e9);
        return;
    case 6:
        bind_bytes(statement, place, in, true);
        return;
    default:
        bind_bytes(statement, place, in, false);
        return;
    }
}

static size_t value_size(sqlite3_value *value) {
    return (size_t)sqlite3_value_bytes(value);
}

static void checksum_of_body(sqlite3_context *context, int count, sqlite3_value **values) {
    const char *hash = (const char *)sqlite3_value_text(values[0]);
    const void *body = sqlite3_value_blob(values[1]);
    (void)count;
    sqlite3_result_int64(context, cvi_checksum_under(hash, body, value_size(values[1])));
}

static void checksum_of_tape(sqlite3_context *context, int count, sqlite3_value **values) {
    int64_t checksum = sqlite3_value_int64(values[0]);
    const void *tape = sqlite3_value_blob(values[1]);
    (void)count;
    sqlite3_result_int64(context, cvi_checksum_beside(checksum, tape, value_size(values[1])));
}

static void define(sqlite3 *connection, const char *name,
                   void (*function)(sqlite3_context *, int, sqlite3_value **)) {
    REQUIRE(sqlite3_create_function(connection, name, 2, SQLITE_UTF8, NULL, function, NULL, NULL) ==
            SQLITE_OK);
}

/* Gives the row that was inserted last the checksum of its body, and perhaps that of its tape. */
static void make_fit(sqlite3 *connection, input *in) {
    static const char *const texts[] = {
        "UPDATE cache SET checksum = checksum_of_body(hash, value)"
        " WHERE rowid = last_insert_rowid() AND typeof(hash) = 'text'",
        "UPDATE cache SET tape_checksum = checksum_of_tape(checksum, tape)"
        " WHERE rowid = last_insert_rowid()"};
    enum { CHOICES = 4 };
    size_t fitting = input_below(in, CHOICES);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && i < fitting; i++) {
        REQUIRE(sqlite3_exec(connection, texts[i], NULL, NULL, NULL) == SQLITE_OK);
    }
}

/* A row that the table's constraints refuse is no row. */
static void insert(sqlite3 *connection, input *in) {
    const table *into = &tables[input_below(in, sizeof(tables) / sizeof(tables[0]))];
    sqlite3_stmt *statement = prepare(connection, into);
    for (size_t i = 0; i < column_count(into); i++) {
        bind_value(statement, (int)i + 1, in);
    }
    bool is_row = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    if (is_row && strcmp(into->name, "cache") == 0) {
        make_fit(connection, in);
    }
}

static void insert_all(input *in) {
    sqlite3 *connection = NULL;
    REQUIRE(sqlite3_open(shelf_path(), &connection) == SQLITE_OK);
    REQUIRE(sqlite3_exec(connection, "PRAGMA synchronous = OFF; BEGIN", NULL, NULL, NULL) ==
            SQLITE_OK);
    define(connection, "checksum_of_body", checksum_of_body);
    define(connection, "checksum_of_tape", checksum_of_tape);
    for (int i = 0; i < ROWS_MAX && in->left > 0; i++) {
        insert(connection, in);
    }
    REQUIRE(sqlite3_exec(connection, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    REQUIRE(sqlite3_close(connection) == SQLITE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    size_t used_size;
    const uint8_t *used = shelf_used_file(&used_size);
    shelf_put(used, used_size);
    insert_all(&in);
    shelf_visit(NULL);
    return 0;
}
