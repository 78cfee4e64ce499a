/* Stamps: which writes change them, and where there are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "stores/stamp.h"
#include "support/fake_clock.h"

#define STAMP_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

typedef struct desk {
    char folder[TEMP_PATH_SIZE];
    char path[TEMP_PATH_SIZE + 16];
    sqlite3 *looker;
    sqlite3 *writer;
} desk;

static void execute(sqlite3 *connection, const char *sql) {
    assert_int_equal(sqlite3_exec(connection, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int set_up(void **state) {
    static desk self;
    temp_folder_make(self.folder);
    assert_true(snprintf(self.path, sizeof(self.path), "%s/comics.db", self.folder) > 0);
    assert_int_equal(sqlite3_open(self.path, &self.looker), SQLITE_OK);
    execute(self.looker, "PRAGMA journal_mode = WAL; CREATE TABLE t(n INTEGER)");
    assert_int_equal(sqlite3_open(self.path, &self.writer), SQLITE_OK);
    *state = &self;
    return 0;
}

static int tear_down(void **state) {
    desk *self = *state;
    assert_int_equal(sqlite3_close(self->looker), SQLITE_OK);
    assert_int_equal(sqlite3_close(self->writer), SQLITE_OK);
    temp_folder_remove(self->folder);
    return 0;
}

static cvi_stamp stamp_of(const desk *self) {
    cvi_stamp stamp;
    const volatile uint32_t *place = cvi_stamp_place(self->looker);
    assert_non_null(place);
    assert_true(cvi_stamp_read(place, &stamp));
    return stamp;
}

static bool changes(const desk *self, sqlite3 *connection, const char *sql) {
    cvi_stamp before = stamp_of(self);
    execute(connection, sql);
    cvi_stamp after = stamp_of(self);
    return !cvi_stamp_is_same(&before, &after);
}

static void test_a_commit_changes_it(void **state) {
    const desk *self = *state;
    assert_true(changes(self, self->looker, "INSERT INTO t VALUES(1)"));
    assert_true(changes(self, self->writer, "INSERT INTO t VALUES(2)"));
    assert_true(changes(self, self->writer, "UPDATE t SET n = n + 1"));
    assert_true(changes(self, self->writer, "DELETE FROM t"));
}

static void test_so_does_the_first_after_a_checkpoint(void **state) {
    const desk *self = *state;
    execute(self->writer, "INSERT INTO t VALUES(1)");
    cvi_stamp before = stamp_of(self);
    execute(self->writer, "PRAGMA wal_checkpoint(TRUNCATE)");
    execute(self->writer, "INSERT INTO t VALUES(1)");
    cvi_stamp after = stamp_of(self);
    assert_false(cvi_stamp_is_same(&before, &after));
}

static void test_what_is_not_committed_does_not(void **state) {
    const desk *self = *state;
    assert_false(changes(self, self->writer, "SELECT * FROM t"));
    assert_false(changes(self, self->writer, "BEGIN IMMEDIATE; INSERT INTO t VALUES(1)"));
    assert_true(changes(self, self->writer, "COMMIT"));
    assert_false(changes(self, self->writer, "BEGIN; DELETE FROM t; ROLLBACK"));
}

static void test_one_that_is_being_written_is_none(void **state) {
    (void)state;
    uint32_t place[2 * CVI_STAMP_WORDS];
    cvi_stamp stamp;
    for (uint32_t i = 0; i < 2 * CVI_STAMP_WORDS; i++) {
        place[i] = i % CVI_STAMP_WORDS;
    }
    assert_true(cvi_stamp_read(place, &stamp));
    assert_int_equal(stamp.words[CVI_STAMP_WORDS - 1], CVI_STAMP_WORDS - 1);
    for (size_t i = 0; i < 2 * CVI_STAMP_WORDS; i++) {
        place[i]++;
        assert_false(cvi_stamp_read(place, &stamp));
        place[i]--;
    }
}

static void test_memory_of_its_own_has_none(void **state) {
    (void)state;
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(":memory:", &connection), SQLITE_OK);
    execute(connection, "CREATE TABLE t(n)");
    assert_null(cvi_stamp_place(connection));
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

/* A map made before SQLite has opened its WAL would be left when the connection is closed. */
static void test_a_connection_that_has_not_read_has_none(void **state) {
    const desk *self = *state;
    sqlite3 *fresh = NULL;
    assert_int_equal(sqlite3_open(self->path, &fresh), SQLITE_OK);
    assert_null(cvi_stamp_place(fresh));
    execute(fresh, "SELECT count(*) FROM sqlite_schema");
    assert_non_null(cvi_stamp_place(fresh));
    assert_int_equal(sqlite3_close(fresh), SQLITE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAMP_TEST(test_a_commit_changes_it),
        STAMP_TEST(test_so_does_the_first_after_a_checkpoint),
        STAMP_TEST(test_what_is_not_committed_does_not),
        STAMP_TEST(test_one_that_is_being_written_is_none),
        STAMP_TEST(test_memory_of_its_own_has_none),
        STAMP_TEST(test_a_connection_that_has_not_read_has_none),
    };
    return cmocka_run_group_tests_name("stamp", tests, NULL, NULL);
}
