/* Making and migrating the file while processes die and others do the same. */
#include "support/store_world.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void check_integrity(const store_world *world) {
    assert_int_equal(world_number(world, "SELECT count(*) FROM pragma_integrity_check"
                                         " WHERE integrity_check = 'ok'"),
                     1);
}

static int kill_at_statement(unsigned event, void *user, void *statement, void *text) {
    int *left = user;
    (void)event;
    (void)statement;
    (void)text;
    if (--*left == 0) {
        raise(SIGKILL);
    }
    return 0;
}

static int statements_left;

/* Each new connection of the child counts its statements. */
static int watch_connection(sqlite3 *connection, char **message, const void *api) {
    (void)message;
    (void)api;
    return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, kill_at_statement, &statements_left);
}

/* Opens in a child that dies at its n-th statement. True if it got to the end. */
static bool open_and_die(store_world *world, int n) {
    pid_t child = fork();
    if (child == 0) {
        cv_error error;
        statements_left = n;
        sqlite3_auto_extension((void (*)(void))watch_connection);
        world->options.clock = world->clock.clock;
        _exit(cvi_stores_open(&world->options, &error) != NULL ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL);
    return WIFEXITED(status);
}

static void check_killed_migration(const char *before, int64_t kept_rows) {
    bool is_done = false;
    int n = 0;
    while (!is_done) {
        store_world world;
        store_world_init(&world, 1);
        world_execute(&world, before);
        is_done = open_and_die(&world, ++n);
        /* All or nothing of it stands there, and whoever comes next completes it. */
        int64_t version = world_number(&world, "PRAGMA user_version");
        assert_true(version == 0 || version == 1000);
        assert_int_equal(world_number(&world, "SELECT count(*) FROM sqlite_schema WHERE name ="
                                              " 'dedupe_waiters'"),
                         version == 1000);
        cvi_stores *stores = world_open(&world);
        world_expect(&world, stores, HASH_A, CVI_CLAIM_ADMITTED);
        assert_int_equal(world_number(&world, "SELECT count(*) FROM rate_limits"), kept_rows + 1);
        cvi_stores_close(stores);
        check_integrity(&world);
        store_world_done(&world);
    }
    assert_in_range(n, 20, 400);
}

static void test_migration_killed_at_any_statement(void **state) {
    (void)state;
    check_killed_migration("", 0);
}

static void test_takeover_killed_at_any_statement(void **state) {
    (void)state;
    check_killed_migration(NODE_TABLES
                           "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT,"
                           " resource TEXT NOT NULL, timestamp INTEGER NOT NULL);"
                           "INSERT INTO rate_limits(resource, timestamp) VALUES('issue', 1)",
                           1);
}

/* Many processes make one file at the same time. */
static void test_first_run_stampede(void **state) {
    enum { PROCESSES = 8 };
    store_world *world = *state;
    pid_t children[PROCESSES];
    for (size_t i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            cv_error error;
            fake_clock_init(&world->clock, 100 + i);
            world->options.clock = world->clock.clock;
            world->options.random = world->clock.random;
            cvi_stores *stores = cvi_stores_open(&world->options, &error);
            _exit(stores != NULL ? 0 : 1);
        }
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    cvi_stores_close(world_open(world));
    check_integrity(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_migration_killed_at_any_statement),
        cmocka_unit_test(test_takeover_killed_at_any_statement),
        cmocka_unit_test_setup_teardown(test_first_run_stampede, store_world_setup,
                                        store_world_teardown),
    };
    return cmocka_run_group_tests_name("migration", tests, NULL, NULL);
}
