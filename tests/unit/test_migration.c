/* Making and migrating the file: from every state in which it may be found, while processes die at
 * every step, and while others do the same. */
#include "support/store_world.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/faulty_vfs.h"
#include "support/portion.h"

enum { TEXT_MAX = 16384, VERSION = 1005, STEPS_MAX = 2000 };

#define REQUESTS                                                                                   \
    "INSERT INTO rate_limits(resource, timestamp) VALUES('issue', 1717243100000),"                 \
    " ('unknown', 1717243200000);"
#define LEGACY                                                                                     \
    NODE_TABLES "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT,"                   \
                " resource TEXT NOT NULL, timestamp INTEGER NOT NULL);" REQUESTS

/* What may be there before. */
typedef struct earlier {
    const char *what;
    const char *sql;
    bool is_ours; /* ours before `sql` */
} earlier;

static const earlier states[] = {
    {"nothing", "", false},
    {"the Node packages, without priorities", LEGACY, false},
    {"the Node packages, with priorities",
     NODE_TABLES "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT,"
                 " resource TEXT NOT NULL, timestamp INTEGER NOT NULL,"
                 " priority TEXT NOT NULL DEFAULT 'background');" REQUESTS,
     false},
    {"the Node packages, with priorities added",
     LEGACY
     "ALTER TABLE rate_limits ADD COLUMN priority TEXT DEFAULT 'background';"
     "INSERT INTO rate_limits(resource, timestamp, priority) VALUES('issue', 1717243250000, NULL)",
     false},
    {"the Node packages, their indexes, WAL",
     "PRAGMA journal_mode = WAL;" LEGACY "CREATE INDEX idx_cache_expires_at ON cache(expires_at);"
     "CREATE INDEX idx_dedupe_status ON dedupe_jobs(status);"
     "CREATE INDEX idx_rate_limit_resource ON rate_limits(resource)",
     false},
    {"some columns and tables of ours",
     LEGACY "ALTER TABLE cache ADD COLUMN checksum INTEGER;"
            "ALTER TABLE rate_limits ADD COLUMN boot TEXT;"
            "CREATE TABLE settings(name TEXT PRIMARY KEY, value INTEGER)",
     false},
    {"ours, with a shorter look-back", "UPDATE settings SET value = 1000", true},
    {"ours, without a look-back", "DELETE FROM settings", true},
    {"ours, version 1000",
     "DROP TRIGGER cache_bytes_before_insert; DROP TRIGGER cache_bytes_after_insert;"
     "DROP TRIGGER cache_bytes_before_update; DROP TRIGGER cache_bytes_after_update;"
     "DROP TRIGGER cache_bytes_before_delete; DROP TABLE cache_bytes; DROP INDEX idx_cache_used;"
     "ALTER TABLE cache DROP COLUMN negative; ALTER TABLE cache DROP COLUMN used_at;"
     "ALTER TABLE cache DROP COLUMN etag; ALTER TABLE cache DROP COLUMN last_modified;"
     "ALTER TABLE cache DROP COLUMN control; ALTER TABLE cache DROP COLUMN headers_of;"
     "DROP TABLE rate_limit_cooldowns; ALTER TABLE rate_limit_shares DROP COLUMN activations;"
     "ALTER TABLE rate_limits DROP COLUMN application; ALTER TABLE rate_limits DROP COLUMN pid;"
     "INSERT INTO cache(hash, value, expires_at, created_at) VALUES('k', x'7b7d', 9, 1);"
     "PRAGMA user_version = 1000",
     true},
    {"ours, version 1003",
     "DROP TRIGGER cache_bytes_before_insert; DROP TRIGGER cache_bytes_after_insert;"
     "DROP TRIGGER cache_bytes_before_update; DROP TRIGGER cache_bytes_after_update;"
     "DROP TRIGGER cache_bytes_before_delete;"
     "ALTER TABLE cache DROP COLUMN tape; ALTER TABLE cache DROP COLUMN tape_checksum;"
     "CREATE TRIGGER cache_bytes_after_insert AFTER INSERT ON cache BEGIN"
     " UPDATE cache_bytes SET total = total - replaced + length(NEW.value) WHERE id = 1; END;"
     "CREATE TRIGGER cache_bytes_before_delete BEFORE DELETE ON cache BEGIN"
     " UPDATE cache_bytes SET replaced = 0,"
     " total = total - (SELECT length(value) FROM cache WHERE rowid = OLD.rowid) WHERE id = 1; END;"
     "INSERT INTO cache(hash, value, expires_at, created_at) VALUES('k', x'7b7d', 9, 1);"
     "PRAGMA user_version = 1003",
     true},
    {"ours, version 1004, with a job",
     "ALTER TABLE dedupe_jobs DROP COLUMN lease_ms;"
     "INSERT INTO dedupe_jobs(hash, job_id, status, created_at, updated_at, owner, boot, boot_ms,"
     " started_boot_ms) VALUES('k', 'theirs', 'pending', 1717243200000, 1717243200000, 12345,"
     " 'boot-1', 3600000, 3600000);"
     "PRAGMA user_version = 1004",
     true},
    {"ours, version 1002",
     "ALTER TABLE cache DROP COLUMN etag; ALTER TABLE cache DROP COLUMN last_modified;"
     "ALTER TABLE cache DROP COLUMN control; ALTER TABLE cache DROP COLUMN headers_of;"
     "INSERT INTO cache(hash, value, expires_at, created_at) VALUES('k', x'7b7d', 9, 1);"
     "PRAGMA user_version = 1002",
     true},
    {"ours, version 1001, with a pause",
     "ALTER TABLE cache DROP COLUMN etag; ALTER TABLE cache DROP COLUMN last_modified;"
     "ALTER TABLE cache DROP COLUMN control; ALTER TABLE cache DROP COLUMN headers_of;"
     "ALTER TABLE rate_limit_cooldowns DROP COLUMN failures;"
     "ALTER TABLE rate_limit_cooldowns DROP COLUMN unreachable;"
     "ALTER TABLE rate_limits DROP COLUMN application; ALTER TABLE rate_limits DROP COLUMN pid;"
     "INSERT INTO rate_limits(resource, timestamp, priority, scope, boot, boot_ms, connecting)"
     " VALUES('issue', 1, 'user', 'scope-1', 'boot-0', 1, 0);"
     "INSERT INTO rate_limit_cooldowns(scope, resource, boot, boot_ms, timestamp, strikes)"
     " VALUES('scope-1', 'issue', 'boot-0', 1, 1, 3);"
     "PRAGMA user_version = 1001",
     true},
};

enum { STATES = sizeof(states) / sizeof(states[0]) };

static faulty_plan files;
static faulty_plan memory;

/* ---- what is in the file ---- */

static void read_text(const store_world *world, const char *sql, char text[TEXT_MAX]) {
    sqlite3 *connection = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(world->database, &connection), SQLITE_OK);
    if (sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    }
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *value = (const char *)sqlite3_column_text(statement, 0);
    int length = snprintf(text, TEXT_MAX, "%s", value != NULL ? value : "");
    assert_in_range(length, 0, TEXT_MAX - 1);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
}

/* The rows of the packages' tables, as far as there are such tables. */
static void read_rows(const store_world *world, char text[TEXT_MAX]) {
    static const struct {
        const char *table;
        const char *sql;
    } parts[] = {
        {"cache", "SELECT group_concat(hash || hex(value) || expires_at || created_at)"
                  " FROM (SELECT * FROM cache ORDER BY hash)"},
        {"dedupe_jobs",
         "SELECT group_concat(hash || job_id || status || quote(result) || quote(error)"
         " || created_at || updated_at) FROM (SELECT * FROM dedupe_jobs ORDER BY hash)"},
        {"rate_limits", "SELECT group_concat(id || resource || timestamp)"
                        " FROM (SELECT * FROM rate_limits ORDER BY id)"},
    };
    size_t size = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char found[128];
        char part[TEXT_MAX] = "";
        assert_true(snprintf(found, sizeof(found),
                             "SELECT count(*) FROM sqlite_schema WHERE name = '%s'",
                             parts[i].table) > 0);
        if (world_number(world, found) != 0) {
            read_text(world, parts[i].sql, part);
        }
        int length = snprintf(text + size, TEXT_MAX - size, "%s;", part);
        assert_in_range(length, 1, TEXT_MAX - size - 1);
        size += (size_t)length;
    }
}

static void read_schema(const store_world *world, char text[TEXT_MAX]) {
    read_text(world,
              "SELECT group_concat(sql, '; ') FROM (SELECT sql FROM sqlite_schema ORDER BY name)",
              text);
}

/* Tables with their columns, indexes and triggers, whatever the order they were made in. */
#define SHAPE                                                                                      \
    "SELECT group_concat(part) FROM (SELECT m.name || '.' || c.name AS part FROM sqlite_schema m," \
    " pragma_table_info(m.name) c WHERE m.type = 'table' UNION ALL SELECT"                         \
    " CASE type WHEN 'trigger' THEN sql ELSE name END FROM sqlite_schema WHERE type <> 'table'"    \
    " ORDER BY part)"

/* The file has the shape of one that was made in one go. */
static void check_shape(const store_world *world) {
    static char complete[TEXT_MAX];
    char text[TEXT_MAX];
    if (complete[0] == '\0') {
        store_world made;
        store_world_init(&made, 1);
        cvi_stores_close(world_open(&made));
        read_text(&made, SHAPE, complete);
        store_world_done(&made);
    }
    read_text(world, SHAPE, text);
    assert_string_equal(text, complete);
}

static void check_integrity(const store_world *world) {
    assert_int_equal(world_number(world, "SELECT count(*) FROM pragma_integrity_check"
                                         " WHERE integrity_check = 'ok'"),
                     1);
}

/* ---- a state, and what must become of it ---- */

typedef struct scene {
    store_world world;
    int64_t version;
    char schema[TEXT_MAX]; /* before */
    char rows[TEXT_MAX];   /* before */
} scene;

static void set_scene(scene *self, const earlier *before) {
    store_world_init(&self->world, 1);
    if (before->is_ours) {
        cvi_stores *stores = world_open(&self->world);
        world_store(&self->world, stores, HASH_A, "{}");
        cvi_stores_close(stores);
    }
    world_execute(&self->world, before->sql);
    self->version = world_number(&self->world, "PRAGMA user_version");
    read_schema(&self->world, self->schema);
    read_rows(&self->world, self->rows);
}

/* All or nothing of a migration stands there. */
static void check_not_halfway(const scene *self) {
    static char text[TEXT_MAX];
    int64_t version = world_number(&self->world, "PRAGMA user_version");
    assert_true(version == VERSION || version == self->version);
    if (version != VERSION) {
        read_schema(&self->world, text);
        assert_string_equal(text, self->schema);
    } else {
        check_shape(&self->world);
    }
    read_rows(&self->world, text);
    assert_string_equal(text, self->rows);
}

/* Whoever comes next completes it, and it works. */
static void check_opens(scene *self) {
    static char text[TEXT_MAX];
    cvi_stores *stores = world_open(&self->world);
    read_rows(&self->world, text);
    assert_string_equal(text, self->rows);
    world_store(&self->world, stores, "fresh", "{}");
    cvi_stores_close(stores);
    check_shape(&self->world);
    assert_int_equal(world_number(&self->world, "PRAGMA user_version"), VERSION);
    assert_int_equal(world_number(&self->world, "SELECT value FROM settings"), 3602000);
    check_integrity(&self->world);
}

static void test_every_earlier_state(void **state) {
    (void)state;
    for (size_t i = 0; i < STATES; i++) {
        scene self;
        set_scene(&self, &states[i]);
        check_opens(&self);
        store_world_done(&self.world);
    }
}

/* ---- tables missing ---- */

/* Those of the Node packages first. */
static const char *const tables[] = {
    "cache",          "dedupe_jobs",       "rate_limits",        "cache_bytes",
    "dedupe_waiters", "rate_limit_shares", "rate_limit_waiting", "rate_limit_cooldowns",
    "settings",
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static void drop_tables(const store_world *world, size_t count, unsigned subset) {
    for (size_t i = 0; i < count; i++) {
        char sql[64];
        if ((subset >> i & 1) != 0) {
            assert_true(snprintf(sql, sizeof(sql), "DROP TABLE %s", tables[i]) > 0);
            world_execute(world, sql);
        }
    }
}

/* A file of version 0 with any of our tables, as if a program had made them one by one. */
static void test_any_of_our_tables_missing(void **state) {
    enum { STRIDE = 5 };
    (void)state;
    scene whole;
    set_scene(&whole, &(earlier){"", "", true});
    assert_int_equal(world_number(&whole.world, "SELECT count(*) FROM sqlite_schema WHERE type ="
                                                " 'table' AND name NOT LIKE 'sqlite%'"),
                     TABLES);
    store_world_done(&whole.world);
    /* An odd stride: each table is there and missing in turn. */
    const unsigned stride = (unsigned)portion_stride(STRIDE) | 1u;
    int tried = 0;
    for (unsigned subset = 0; subset < 1u << TABLES; subset += stride) {
        scene self;
        set_scene(&self, &(earlier){"", "PRAGMA user_version = 0; DELETE FROM settings", true});
        drop_tables(&self.world, TABLES, subset);
        read_rows(&self.world, self.rows);
        check_opens(&self);
        store_world_done(&self.world);
        tried++;
    }
    portion_report("tables missing", tried, 1 << TABLES);
}

/* The packages' stores make their tables each on its own. */
static void test_any_of_their_tables_missing(void **state) {
    enum { THEIRS = 3 };
    (void)state;
    for (size_t i = 0; i < STATES; i++) {
        for (unsigned subset = 1; subset < 1u << THEIRS && states[i].sql[0] != '\0'; subset++) {
            scene self;
            if (states[i].is_ours) {
                continue;
            }
            set_scene(&self, &states[i]);
            drop_tables(&self.world, THEIRS, subset);
            read_rows(&self.world, self.rows);
            check_opens(&self);
            store_world_done(&self.world);
        }
    }
}

/* A file that says it is complete and is not: an error when it is opened, or when it is used. */
static void test_a_damaged_schema_of_ours(void **state) {
    static const char *const needed[] = {"cache", "dedupe_jobs", "rate_limits", "settings"};
    (void)state;
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        store_world world;
        char sql[64];
        cv_error error = {0};
        cvi_claim claim;
        const cvi_claim_spec spec = {.hash = HASH_A, .resource = "issue", .reread_cache = true};
        store_world_init(&world, 1);
        cvi_stores_close(world_open(&world));
        assert_true(snprintf(sql, sizeof(sql), "DROP TABLE %s", needed[i]) > 0);
        world_execute(&world, sql);
        cvi_stores *stores = cvi_stores_open(&world.options, &error);
        if (stores != NULL) {
            assert_int_equal(cvi_stores_claim(stores, &spec, world.clock.now, &claim, &error),
                             CVI_STORE_FAILED);
        }
        assert_int_equal(error.code, CV_ERROR_STORE);
        assert_non_null(strstr(error.message, "tables are not what they should be"));
        cvi_stores_close(stores);
        store_world_done(&world);
    }
}

/* ---- death ---- */

static int statements_left;

/* A death before a statement that only reads is one before the next that writes. */
static int kill_at_statement(unsigned event, void *user, void *statement, void *text) {
    int *left = user;
    (void)event;
    (void)text;
    if (sqlite3_stmt_readonly(statement) == 0 && --*left == 0) {
        (void)raise(SIGKILL);
    }
    return 0;
}

/* Each new connection of the child counts its statements. */
static int watch_connection(sqlite3 *connection, char **message, const void *api) {
    (void)message;
    (void)api;
    return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, kill_at_statement, &statements_left);
}

static void die_at_statement(int n) {
    statements_left = n;
    sqlite3_auto_extension((void (*)(void))watch_connection);
}

static void die_at_file_operation(int n) {
    files = (faulty_plan){.failing_call = n, .result = FAULTY_KILL};
}

/* How many statements and operations opening takes: places to die at. */
static int count_statements(scene *self) {
    die_at_statement(INT_MAX);
    cvi_stores *stores = world_open(&self->world);
    int count = INT_MAX - statements_left;
    sqlite3_reset_auto_extension();
    cvi_stores_close(stores);
    return count;
}

static int count_operations(scene *self, int result) {
    files = (faulty_plan){.failing_call = 0, .result = result};
    cvi_stores *stores = world_open(&self->world);
    int count = files.calls;
    cvi_stores_close(stores);
    return count;
}

static int count_operations_to_die_at(scene *self) {
    return count_operations(self, FAULTY_KILL);
}

/* Opens in a child that dies at its n-th step. True if it got to the end. */
static bool open_and_die(store_world *world, void (*die_at)(int n), int n) {
    pid_t child = fork();
    if (child == 0) {
        cv_error error;
        die_at(n);
        world->options.clock = world->clock.clock;
        _exit(cvi_stores_open(&world->options, &error) != NULL ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL);
    return WIFEXITED(status);
}

/* Unless somebody looks at the file in between, what SQLite has to clear up after a death is left
 * to the next open. */
static void kill_at(const earlier *before, void (*die_at)(int n), int n, bool is_last, bool looks) {
    scene self;
    set_scene(&self, before);
    assert_int_equal(open_and_die(&self.world, die_at, n), is_last);
    if (looks) {
        check_not_halfway(&self);
    }
    check_opens(&self);
    store_world_done(&self.world);
}

/* How many steps there are from a state of the file to an open one. */
static int count_steps(const earlier *before, int (*count)(scene *self)) {
    scene self;
    set_scene(&self, before);
    int steps = count(&self);
    store_world_done(&self.world);
    assert_in_range(steps, 2, STEPS_MAX);
    return steps;
}

/* States begin with steps of their own, so that together they meet all. */
static void kill_everywhere(void (*die_at)(int n), int (*count)(scene *self)) {
    enum { STRIDE = 5 };
    const int stride = portion_stride(STRIDE);
    for (int i = 0; i < STATES; i++) {
        const int steps = count_steps(&states[i], count);
        int tried = 0;
        for (int n = portion_first(stride, i, STATES, steps); n <= steps; n += stride) {
            kill_at(&states[i], die_at, n, false, tried++ % 2 == 0);
        }
        kill_at(&states[i], die_at, steps + 1, true, false);
        portion_report(states[i].what, tried + 1, steps + 1);
    }
}

static void test_killed_at_any_statement(void **state) {
    (void)state;
    kill_everywhere(die_at_statement, count_statements);
}

static void test_killed_at_any_file_operation(void **state) {
    (void)state;
    kill_everywhere(die_at_file_operation, count_operations_to_die_at);
}

/* ---- failure ---- */

static int count_operations_to_fail(scene *self) {
    return count_operations(self, SQLITE_IOERR);
}

/* The n-th operation fails: opening does too, or does without. */
static void open_and_fail(scene *self, int result, int n) {
    cv_error error = {0};
    self->world.options.clock = self->world.clock.clock;
    files = (faulty_plan){.failing_call = n, .result = result};
    cvi_stores *stores = cvi_stores_open(&self->world.options, &error);
    assert_true(files.has_failed);
    files = (faulty_plan){.failing_call = 0};
    if (stores != NULL) {
        cvi_stores_close(stores);
    } else {
        assert_true(error.code == CV_ERROR_STORE || error.code == CV_ERROR_NOMEM);
    }
}

static void test_any_file_operation_fails(void **state) {
    static const int results[] = {SQLITE_IOERR, SQLITE_FULL};
    enum { STRIDE = 21, RESULTS = sizeof(results) / sizeof(results[0]) };
    const int stride = portion_stride(STRIDE);
    (void)state;
    for (int i = 0; i < STATES * RESULTS; i++) {
        const earlier *before = &states[i / RESULTS];
        const int steps = count_steps(before, count_operations_to_fail);
        int tried = 0;
        for (int n = portion_first(stride, i, STATES * RESULTS, steps); n <= steps; n += stride) {
            scene self;
            set_scene(&self, before);
            open_and_fail(&self, results[i % RESULTS], n);
            check_not_halfway(&self);
            check_opens(&self);
            store_world_done(&self.world);
            tried++;
        }
        portion_report(before->what, tried, steps);
    }
}

/* ---- others at the same time ---- */

/* Many processes make one file, or take one over, at the same time. */
static void test_stampede(void **state) {
    enum { PROCESSES = 8 };
    (void)state;
    for (size_t i = 0; i < STATES; i++) {
        scene self;
        pid_t children[PROCESSES];
        set_scene(&self, &states[i]);
        for (size_t k = 0; k < PROCESSES; k++) {
            children[k] = fork();
            if (children[k] == 0) {
                cv_error error;
                fake_clock_init(&self.world.clock, 100 + k);
                self.world.options.clock = self.world.clock.clock;
                self.world.options.random = self.world.clock.random;
                _exit(cvi_stores_open(&self.world.options, &error) != NULL ? 0 : 1);
            }
        }
        for (size_t k = 0; k < PROCESSES; k++) {
            int status = 0;
            assert_int_equal(waitpid(children[k], &status, 0), children[k]);
            assert_int_equal(status, 0);
        }
        check_opens(&self);
        store_world_done(&self.world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_earlier_state),
        cmocka_unit_test(test_any_of_our_tables_missing),
        cmocka_unit_test(test_any_of_their_tables_missing),
        cmocka_unit_test(test_a_damaged_schema_of_ours),
        cmocka_unit_test(test_killed_at_any_statement),
        cmocka_unit_test(test_killed_at_any_file_operation),
        cmocka_unit_test(test_any_file_operation_fails),
        cmocka_unit_test(test_stampede),
    };
    faulty_vfs_install(&files, &memory);
    return cmocka_run_group_tests_name("migration", tests, NULL, NULL);
}
