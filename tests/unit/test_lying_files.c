/* Files that lie, made one by one from a used file: a byte flipped, cut, a log without its file,
 * rows with values that nobody would write, a schema that lacks something. Whatever lies there,
 * each call ends with a clear error or a right answer, and not more is admitted than the limit
 * (fuzz/support/shelf.h). A flipped byte makes no other answer of a stored one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "support/portion.h"
#include "support/shelf.h"

enum { CUT_BYTES = 512, NAME_SIZE = 64, NAMES_MAX = 160, SQL_SIZE = 512 };

static uint8_t *copy_of(const uint8_t *bytes, size_t size) {
    uint8_t *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}

/* ---- bytes ---- */

/* Another bit for each byte and run, the same ones every time. */
static uint8_t bit_for(size_t place) {
    return (uint8_t)(1U << ((place * 2654435761U >> 7) & 7));
}

static void visit_flipped(const uint8_t *file, size_t size, size_t place) {
    uint8_t *flipped = copy_of(file, size);
    flipped[place] ^= bit_for(place);
    shelf_put(flipped, size);
    shelf_visit(SHELF_BODY);
    free(flipped);
}

static void test_a_flipped_byte(void **state) {
    enum { USUAL = 61 }; /* no multiple of a page: each has its turn at other places */
    (void)state;
    size_t size;
    const uint8_t *file = shelf_used_file(&size);
    const size_t stride = (size_t)portion_stride(USUAL);
    int tried = 0;
    for (size_t place = 0; place < size; place += stride) {
        visit_flipped(file, size, place);
        tried++;
    }
    portion_report("flipped bytes", tried, (int)size);
}

static void visit_flipped_log(const uint8_t *log, size_t size, size_t place) {
    uint8_t *flipped = copy_of(log, size);
    flipped[place] ^= bit_for(place);
    shelf_put((const uint8_t *)"", 0);
    shelf_put_log(flipped, size);
    shelf_visit(SHELF_BODY);
    free(flipped);
}

static void test_a_flipped_byte_of_the_log(void **state) {
    enum { USUAL = 199 };
    (void)state;
    size_t size;
    const uint8_t *log = shelf_used_log(&size);
    const size_t stride = (size_t)portion_stride(USUAL);
    int tried = 0;
    for (size_t place = 0; place < size; place += stride) {
        visit_flipped_log(log, size, place);
        tried++;
    }
    portion_report("flipped bytes of the log", tried, (int)size);
}

static void test_a_cut_file(void **state) {
    (void)state;
    size_t size;
    const uint8_t *file = shelf_used_file(&size);
    for (size_t cut = 0; cut < size; cut += CUT_BYTES) {
        shelf_put(file, cut);
        shelf_visit(SHELF_BODY);
        shelf_put(file, cut + 1);
        shelf_visit(SHELF_BODY);
    }
}

/* A log alone, and one beside a file that is not its own. */
static void test_a_log_without_its_file(void **state) {
    (void)state;
    size_t log_size;
    size_t file_size;
    const uint8_t *log = shelf_used_log(&log_size);
    const uint8_t *file = shelf_used_file(&file_size);
    for (size_t cut = 0; cut <= log_size; cut += CUT_BYTES) {
        shelf_clear();
        shelf_put_log(log, cut);
        shelf_visit(SHELF_BODY);
        shelf_put(file, file_size / 2);
        shelf_put_log(log, cut);
        shelf_visit(SHELF_BODY);
    }
}

static sqlite3 *open_used(void) {
    sqlite3 *connection = NULL;
    size_t size;
    const uint8_t *file = shelf_used_file(&size);
    shelf_put(file, size);
    assert_int_equal(sqlite3_open(shelf_path(), &connection), SQLITE_OK);
    assert_int_equal(sqlite3_exec(connection, "PRAGMA synchronous = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    return connection;
}

/* A file of its bytes as it lies there. */
static uint8_t *read_database(size_t *size) {
    FILE *file = fopen(shelf_path(), "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    uint8_t *bytes = malloc(*size);
    rewind(file);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

/* An index's entry is a hash and the number of its row: one bit makes it that of another answer,
 * which is whole. */
static void test_an_index_that_leads_to_another_row(void **state) {
    enum { THEIRS = 13 };
    static const char entry[] = SHELF_HASH "\x0C";
    (void)state;
    size_t size;
    sqlite3 *connection = open_used();
    assert_int_equal(sqlite3_exec(connection,
                                  "UPDATE cache SET rowid = CASE hash WHEN '" SHELF_HASH
                                  "' THEN 12 ELSE 13 END; PRAGMA wal_checkpoint(TRUNCATE)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
    uint8_t *bytes = read_database(&size);
    uint8_t *found = memmem(bytes, size, entry, sizeof(entry) - 1);
    assert_non_null(found);
    found[sizeof(entry) - 2] = THEIRS;
    shelf_put(bytes, size);
    shelf_visit(SHELF_BODY);
    free(bytes);
}

/* ---- rows ---- */

/* Does this to a used file, and visits it. Answers what SQLite said to it. */
static int visit_changed(const char *sql) {
    sqlite3 *connection = open_used();
    int result = sqlite3_exec(connection, sql, NULL, NULL, NULL);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
    shelf_visit(NULL);
    return result;
}

/* Two texts of each row that a query yields. */
typedef struct name_pair {
    char first[NAME_SIZE];
    char second[NAME_SIZE];
} name_pair;

typedef struct names {
    name_pair items[NAMES_MAX];
    size_t count;
} names;

static void read_names(const char *sql, names *found) {
    sqlite3 *connection = open_used();
    sqlite3_stmt *statement = NULL;
    found->count = 0;
    assert_int_equal(sqlite3_prepare_v2(connection, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        assert_true(found->count < NAMES_MAX);
        name_pair *pair = &found->items[found->count++];
        snprintf(pair->first, NAME_SIZE, "%s", (const char *)sqlite3_column_text(statement, 0));
        snprintf(pair->second, NAME_SIZE, "%s", (const char *)sqlite3_column_text(statement, 1));
    }
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
    assert_true(found->count > 0);
}

static const char *const values[] = {
    "NULL",
    "-1",
    "0",
    "1",
    "9223372036854775807",
    "-9223372036854775808",
    "253402300800000",
    "-62135596800000",
    "1e300",
    "-0.5",
    "''",
    "'x'",
    "'1717243200000'",
    "x'00ff'",
    "zeroblob(3000)",
    "'a' || char(0) || 'b'",
    "char(10) || '%s%n' || char(27)",
    "'''; DROP TABLE cache; --'",
    "replace(hex(zeroblob(2000)), '0', 'y')",
};

enum { VALUE_COUNT = sizeof(values) / sizeof(values[0]) };

/* A number of a row cannot be anything else, as SQLite itself says. */
static void visit_value(const char *table, const char *column, const char *value) {
    char sql[SQL_SIZE];
    snprintf(sql, sizeof(sql), "UPDATE OR IGNORE \"%s\" SET \"%s\" = %s", table, column, value);
    int result = visit_changed(sql);
    assert_true(result == SQLITE_OK || (result == SQLITE_MISMATCH && strcmp(column, "id") == 0));
}

static void test_hostile_values(void **state) {
    enum { USUAL = 5 };
    (void)state;
    static names columns;
    read_names("SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
               " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
               &columns);
    const size_t stride = (size_t)portion_stride(USUAL);
    const size_t count = columns.count * VALUE_COUNT;
    int tried = 0;
    for (size_t i = 0; i < count; i += stride) {
        const name_pair *column = &columns.items[i / VALUE_COUNT];
        visit_value(column->first, column->second, values[i % VALUE_COUNT]);
        tried++;
    }
    portion_report("values of columns", tried, (int)count);
}

/* ---- schemas ---- */

/* A program may have died in the middle of an older way to make them, or somebody has tidied up;
 * whatever number the file bears. */
static void test_a_schema_that_lacks_something(void **state) {
    (void)state;
    static const int versions[] = {0, 1000, 1001, 1002, 1003, 1004, 1005};
    static names parts;
    read_names("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'", &parts);
    for (size_t i = 0; i < parts.count; i++) {
        for (size_t version = 0; version < sizeof(versions) / sizeof(versions[0]); version++) {
            char sql[SQL_SIZE];
            snprintf(sql, sizeof(sql), "DROP %s \"%s\"; PRAGMA user_version = %d",
                     parts.items[i].first, parts.items[i].second, versions[version]);
            assert_int_equal(visit_changed(sql), SQLITE_OK);
        }
    }
}

/* What is called as a table of ours may be something else. */
static void test_a_schema_with_strangers(void **state) {
    (void)state;
    static const char *const changes[] = {
        "DROP TABLE cache; CREATE VIEW cache AS SELECT 'a' hash, 1 expires_at, 1 created_at,"
        " x'00' value, 0 negative, 0 checksum, 0 used_at, '' etag, '' last_modified, 0 control,"
        " 0 headers_of",
        "CREATE TRIGGER echoing AFTER INSERT ON rate_limits BEGIN"
        " INSERT INTO rate_limits(resource, timestamp) VALUES(new.resource, 'now'); END",
        "CREATE TRIGGER refusing BEFORE INSERT ON rate_limits BEGIN"
        " SELECT raise(ABORT, 'no'); END",
        "CREATE TRIGGER ignoring BEFORE INSERT ON dedupe_jobs BEGIN SELECT raise(IGNORE); END",
        "DELETE FROM rate_limits; CREATE UNIQUE INDEX one ON rate_limits(resource)",
        "ALTER TABLE rate_limits ADD COLUMN more TEXT NOT NULL DEFAULT 'x' CHECK(more = 'x')",
        "ALTER TABLE cache RENAME COLUMN value TO body",
        "DROP TABLE settings; CREATE TABLE settings(name TEXT PRIMARY KEY, value BLOB) WITHOUT"
        " ROWID; INSERT INTO settings VALUES('x', x'00')",
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        assert_int_equal(visit_changed(changes[i]), SQLITE_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flipped_byte),
        cmocka_unit_test(test_a_flipped_byte_of_the_log),
        cmocka_unit_test(test_a_cut_file),
        cmocka_unit_test(test_a_log_without_its_file),
        cmocka_unit_test(test_an_index_that_leads_to_another_row),
        cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_a_schema_that_lacks_something),
        cmocka_unit_test(test_a_schema_with_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
