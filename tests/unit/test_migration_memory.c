/* SQLite runs out of memory for good while an application's connection brings its file up to date:
 * the application gets its connection back in no transaction of ours. From the first index on that
 * cannot be kept (docs/torture.md), and the application can end the transaction itself. */
#include "support/store_world.h"

#include <string.h>

#include "support/faulty_vfs.h"
#include "support/portion.h"

enum { STRIDE = 101, TURNS = 3 };

static const struct {
    const char *what;
    const char *sql;
} states[TURNS] = {
    {"nothing", ""},
    {"the Node packages",
     NODE_TABLES "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT,"
                 " resource TEXT NOT NULL, timestamp INTEGER NOT NULL)"},
    {"some columns and tables of ours",
     NODE_TABLES "ALTER TABLE cache ADD COLUMN checksum INTEGER;"
                 "CREATE TABLE settings(name TEXT PRIMARY KEY, value INTEGER)"},
};

static faulty_plan files;
static faulty_plan memory;

/* What an opening has come to, as far as its statements tell. */
typedef struct progress {
    bool has_begun;
    bool is_at_indexes;
} progress;

static int note_statement(unsigned event, void *user, void *statement, void *text) {
    progress *self = user;
    const char *sql = sqlite3_sql(statement);
    (void)event;
    (void)text;
    self->has_begun = self->has_begun || strcmp(sql, "BEGIN IMMEDIATE") == 0;
    self->is_at_indexes = self->is_at_indexes || strncmp(sql, "CREATE INDEX", 12) == 0;
    return 0;
}

/* The application's connection to a file in that state. */
static sqlite3 *connect_to(store_world *world, size_t state, progress *seen) {
    sqlite3 *connection = NULL;
    store_world_init(world, 1);
    assert_int_equal(sqlite3_open(world->database, &connection), SQLITE_OK);
    /* A test's machine does not lose power; its disk may be slow. */
    assert_int_equal(sqlite3_exec(connection, "PRAGMA synchronous = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(connection, states[state].sql, NULL, NULL, NULL), SQLITE_OK);
    *seen = (progress){false, false};
    assert_int_equal(sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, note_statement, seen),
                     SQLITE_OK);
    world->options.clock = world->clock.clock;
    world->options.connection = connection;
    return connection;
}

static void disconnect(store_world *world, sqlite3 *connection) {
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
    world->options.connection = NULL;
}

/* How many allocations an opening takes when none fails. */
static int count_allocations(size_t state) {
    store_world world;
    progress seen;
    sqlite3 *connection = connect_to(&world, state, &seen);
    faulty_plan_fail(&memory, 0, 0, false);
    cvi_stores *stores = world_open(&world);
    int count = memory.calls;
    cvi_stores_close(stores);
    disconnect(&world, connection);
    store_world_done(&world);
    assert_true(seen.has_begun && seen.is_at_indexes);
    return count;
}

/* Opens while all allocations from the n-th on fail, if it comes to that. */
static void open_short_of_memory(const store_world *world, int n) {
    cv_error error = {0};
    faulty_plan_fail(&memory, n, 0, true);
    cvi_stores *stores = cvi_stores_open(&world->options, &error);
    assert_true(faulty_plan_mend(&memory));
    assert_true(stores != NULL || error.code == CV_ERROR_NOMEM || error.code == CV_ERROR_STORE);
    if (stores != NULL) {
        cvi_stores_close(stores);
    }
}

static void give_back(sqlite3 *connection, const progress *seen) {
    if (sqlite3_get_autocommit(connection) == 0) {
        assert_true(seen->is_at_indexes);
        assert_int_equal(sqlite3_exec(connection, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    }
}

/* Answers whether it failed where our transaction was open and could be ended. */
static bool try_point(size_t state, int n) {
    store_world world;
    progress seen;
    sqlite3 *connection = connect_to(&world, state, &seen);
    open_short_of_memory(&world, n);
    give_back(connection, &seen);
    disconnect(&world, connection);
    world_execute(&world, "BEGIN IMMEDIATE; ROLLBACK");
    cvi_stores_close(world_open(&world));
    store_world_done(&world);
    return seen.has_begun && !seen.is_at_indexes;
}

static void test_a_connection_is_given_back_without_memory(void **state) {
    const int stride = portion_stride(STRIDE);
    (void)state;
    for (int i = 0; i < TURNS; i++) {
        const int count = count_allocations((size_t)i);
        int tried = 0;
        int in_transaction = 0;
        for (int n = portion_first(stride, i, TURNS, count); n <= count; n += stride) {
            in_transaction += try_point((size_t)i, n) ? 1 : 0;
            tried++;
        }
        assert_true(in_transaction > 0);
        portion_report(states[i].what, tried, count);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connection_is_given_back_without_memory),
    };
    faulty_vfs_install(&files, &memory);
    return cmocka_run_group_tests_name("migration without memory", tests, NULL, NULL);
}
