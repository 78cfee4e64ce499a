/* The file: how it is made, what is taken over from others, what is refused, and who may write. */
#include "support/store_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stores/handle.h"
#include "support/allocator.h"
#include "support/buffer.h"

static mode_t mode_of(const store_world *world, const char *suffix) {
    char path[128];
    struct stat status;
    cvi_buffer text;
    cvi_buffer_over(&text, path, sizeof(path));
    cvi_buffer_add_format(&text, "%s%s", world->database, suffix);
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static int64_t size_of(const char *path) {
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

/* The whole file, to be freed. */
static char *read_file(const char *path, size_t *size) {
    *size = (size_t)size_of(path);
    char *bytes = malloc(*size + 1);
    FILE *file = fopen(path, "rb");
    assert_non_null(bytes);
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Of a folder, with its own name and its parent's. */
static size_t count_files(const char *path) {
    size_t count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

static void check_integrity(const store_world *world) {
    assert_int_equal(world_number(world, "SELECT count(*) FROM pragma_integrity_check"
                                         " WHERE integrity_check = 'ok'"),
                     1);
}

/* ---- making ---- */

static void test_new_file_is_private_and_complete(void **state) {
    store_world *world = *state;
    mode_t mask = umask(0);
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, "{}");
    umask(mask);
    static const char *const suffixes[] = {"", "-wal", "-shm", ".gate"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        assert_int_equal(mode_of(world, suffixes[i]), 0600);
    }
    assert_int_equal(world_number(world, "PRAGMA user_version"), 1005);
    assert_int_equal(world_number(world, "SELECT count(*) FROM sqlite_schema WHERE name IN"
                                         " ('cache', 'dedupe_jobs', 'rate_limits',"
                                         " 'idx_cache_expires_at', 'idx_dedupe_status',"
                                         " 'idx_rate_limit_resource', 'idx_rate_limit_timestamp',"
                                         " 'idx_rate_limit_resource_priority_timestamp')"),
                     8);
    assert_int_equal(world_number(world, "SELECT value FROM settings"), 3602000);
    cvi_stores_close(stores);
    check_integrity(world);
}

static int64_t pragma_of(sqlite3 *connection, const char *text) {
    sqlite3_stmt *handle = NULL;
    cvi_sql sql = {connection, "", &text, &handle, 1};
    int64_t value = 0; /* mmap_size answers nothing where there is no mapping at all */
    cv_error error;
    assert_int_equal(cvi_sql_read(&sql, 0, NULL, 0, &value, &error), CVI_STORE_DONE);
    cvi_sql_finalize(&sql);
    return value;
}

static void test_connection_is_set_up(void **state) {
    static const struct {
        const char *pragma;
        int64_t value;
        bool also_readers; /* on the reading connection too */
    } expected[] = {{"PRAGMA trusted_schema", 0, true}, {"PRAGMA foreign_keys", 1, true},
                    {"PRAGMA mmap_size", 0, true},      {"PRAGMA wal_autocheckpoint", 0, true},
                    {"PRAGMA busy_timeout", 0, true},   {"PRAGMA synchronous", 2, false},
                    {"PRAGMA query_only", 0, false}};
    store_world *world = *state;
    world->options.relaxed_sync = false;
    cvi_stores *stores = world_open(world);
    sqlite3 *reader = NULL;
    cv_error error;
    assert_int_equal(cvi_db_open_reader(&stores->files[0], &reader, &error), CVI_STORE_DONE);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        sqlite3 *connections[] = {stores->files[0].connection, reader};
        for (size_t k = 0; k < (expected[i].also_readers ? 2u : 1u); k++) {
            assert_int_equal(pragma_of(connections[k], expected[i].pragma), expected[i].value);
        }
    }
    assert_int_equal(cvi_sql_execute(reader, "", "DELETE FROM cache", &error), CVI_STORE_FAILED);
    sqlite3_close(reader);
    cvi_stores_close(stores);
    world->options.relaxed_sync = true;
    stores = world_open(world);
    assert_int_equal(pragma_of(stores->files[0].connection, "PRAGMA synchronous"), 1);
    cvi_stores_close(stores);
    size_t size = 0;
    char *bytes = read_file(world->database, &size);
    assert_true(size > 19);
    assert_int_equal(bytes[18], 2); /* the header's word for WAL */
    free(bytes);
}

static void test_opening_again_writes_nothing(void **state) {
    store_world *world = *state;
    cvi_stores_close(world_open(world));
    char wal[128];
    cvi_buffer text;
    cvi_buffer_over(&text, wal, sizeof(wal));
    cvi_buffer_add_format(&text, "%s-wal", world->database);
    int64_t before = size_of(wal);
    cvi_stores_close(world_open(world));
    assert_int_equal(size_of(wal), before);
    world->options.rate_limit.window_ms *= 2;
    cvi_stores_close(world_open(world));
    assert_int_equal(world_number(world, "SELECT value FROM settings"), 7202000);
    world->options.rate_limit.window_ms = 10;
    cvi_stores_close(world_open(world));
    assert_int_equal(world_number(world, "SELECT value FROM settings"), 7202000);
}

/* ---- other programs' files ---- */

static void test_node_files_are_taken_over_without_loss(void **state) {
    static const char *const schemas[] = {
        "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT, resource TEXT NOT NULL,"
        " timestamp INTEGER NOT NULL);",
        "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT, resource TEXT NOT NULL,"
        " timestamp INTEGER NOT NULL, priority TEXT NOT NULL DEFAULT 'background');",
        "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT, resource TEXT NOT NULL,"
        " timestamp INTEGER NOT NULL, priority TEXT);",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        store_world world;
        store_world_init(&world, 1);
        world_execute(&world, NODE_TABLES);
        world_execute(&world, schemas[i]);
        world_execute(&world, "INSERT INTO rate_limits(resource, timestamp)"
                              " VALUES('issue', 1717243200000), ('unknown', 1717243200000)");
        world.options.rate_limit.limit = 2;
        cvi_stores *stores = world_open(&world);
        world_expect(&world, stores, HASH_B, CVI_CLAIM_WATCH);
        world_expect(&world, stores, HASH_A, CVI_CLAIM_ADMITTED);
        world_expect(&world, stores, "c", CVI_CLAIM_WAIT);
        assert_int_equal(world_number(&world, "SELECT count(*) FROM cache WHERE value = x'7b7d'"),
                         1);
        assert_int_equal(world_number(&world, "SELECT count(*) FROM rate_limits"), 3);
        assert_int_equal(world_number(&world, "SELECT count(*) FROM rate_limits WHERE priority ="
                                              " 'user' AND scope = 'scope-1'"),
                         1);
        assert_int_equal(world_number(&world, "PRAGMA user_version"), 1005);
        /* Those programs go on writing by their own statements. */
        world_execute(&world, "INSERT INTO rate_limits(resource, timestamp) VALUES('issue', 1);"
                              "INSERT INTO cache(hash, value, expires_at, created_at)"
                              " VALUES('m', x'00', 1, 1)");
        cvi_stores_close(stores);
        check_integrity(&world);
        store_world_done(&world);
    }
}

/* Opened for the first time while another program, which knows no gate, reads from it. */
static void test_file_in_use_is_taken_over(void **state) {
    static const char *const modes[] = {"PRAGMA journal_mode = WAL",
                                        "PRAGMA journal_mode = DELETE"};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        sqlite3 *other = NULL;
        assert_int_equal(sqlite3_open(world->database, &other), SQLITE_OK);
        assert_int_equal(sqlite3_exec(other, modes[i], NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_exec(other, NODE_TABLES "SELECT * FROM cache", NULL, NULL, NULL),
                         SQLITE_OK);
        cvi_stores *stores = world_open(world);
        world_store(world, stores, HASH_A, "{}");
        assert_int_equal(
            sqlite3_exec(other, "DELETE FROM cache WHERE hash = 'k'", NULL, NULL, NULL), SQLITE_OK);
        cvi_stores_close(stores);
        assert_int_equal(sqlite3_close(other), SQLITE_OK);
        assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 1);
        check_integrity(world);
        assert_true(mode_of(world, ".gate") == 0600);
        store_world_done(world);
        store_world_init(world, 1);
    }
}

/* Refused files stay as they are, byte for byte. */
static void test_files_of_others_are_refused_untouched(void **state) {
    static const struct {
        const char *sql;
        const char *word; /* of the message */
    } cases[] = {
        {"PRAGMA user_version = 2000", "newer"},
        {"PRAGMA user_version = 2147483647; CREATE TABLE cache(hash)", "newer"},
        {"PRAGMA user_version = 7", "another program"},
        {"PRAGMA user_version = 999", "another program"},
        {"PRAGMA user_version = -1", "another program"},
        {"CREATE TABLE cache(id INTEGER, stuff TEXT); INSERT INTO cache VALUES(1, 'x')",
         "table cache has no column hash"},
        {"CREATE TABLE dedupe_waiters(hash)", "table dedupe_waiters has no column address"},
        {NODE_TABLES "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY, resource TEXT)",
         "table rate_limits has no column timestamp"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        store_world world;
        store_world_init(&world, 1);
        world_execute(&world, cases[i].sql);
        size_t before_size = 0;
        size_t after_size = 0;
        const size_t files = count_files(world.folder);
        char *before = read_file(world.database, &before_size);
        cv_error error = world_open_error(&world);
        char *after = read_file(world.database, &after_size);
        assert_int_equal(error.code, CV_ERROR_STORE);
        assert_non_null(strstr(error.message, cases[i].word));
        assert_int_equal(after_size, before_size);
        assert_memory_equal(after, before, before_size);
        assert_int_equal(count_files(world.folder), files);
        free(before);
        free(after);
        store_world_done(&world);
    }
}

static void test_newer_minor_version_opens_and_keeps_its_number(void **state) {
    store_world *world = *state;
    cvi_stores_close(world_open(world));
    world_execute(world, "PRAGMA user_version = 1007");
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, "{}");
    cvi_stores_close(stores);
    assert_int_equal(world_number(world, "PRAGMA user_version"), 1007);
}

static void test_table_of_the_same_name_but_another_kind(void **state) {
    store_world *world = *state;
    world_execute(world, "CREATE TABLE cache(id INTEGER, stuff TEXT)");
    cv_error error = world_open_error(world);
    assert_int_equal(error.code, CV_ERROR_STORE);
    assert_non_null(strstr(error.message, "table cache has no column hash"));
    assert_int_equal(world_number(world, "SELECT count(*) FROM sqlite_schema"), 1);
    assert_int_equal(world_number(world, "PRAGMA user_version"), 0);
}

/* ---- what cannot be opened ---- */

static void check_refused(store_world *world, const char *word) {
    cv_error error = world_open_error(world);
    assert_int_equal(error.code, CV_ERROR_STORE);
    if (strstr(error.message, word) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, word);
    }
    assert_null(strchr(error.message, '\n'));
}

static void test_symbolic_link_is_refused(void **state) {
    store_world *world = *state;
    char target[TEMP_PATH_SIZE + 16];
    cvi_buffer text;
    cvi_buffer_over(&text, target, sizeof(target));
    cvi_buffer_add_format(&text, "%s/other.db", world->folder);
    write_file(target, "");
    assert_int_equal(symlink(target, world->database), 0);
    check_refused(world, "a symbolic link");
    assert_int_equal(size_of(target), 0);
}

static void test_folder_is_refused(void **state) {
    store_world *world = *state;
    assert_int_equal(mkdir(world->database, 0700), 0);
    check_refused(world, "a folder");
}

static void test_file_that_is_no_database_is_refused(void **state) {
    store_world *world = *state;
    static const char text[] =
        "This is the diary of somebody who would be sorry to lose it, and it"
        " is longer than the header of a database file, which has 100 bytes.";
    write_file(world->database, text);
    check_refused(world, "no SQLite database");
    size_t size = 0;
    char *after = read_file(world->database, &size);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(after, text, size);
    free(after);
}

static void test_paths_that_lead_nowhere(void **state) {
    store_world *world = *state;
    char long_path[5000];
    memset(long_path, 'a', sizeof(long_path));
    long_path[0] = '/';
    long_path[sizeof(long_path) - 1] = '\0';
    const struct {
        const char *path;
        const char *word;
    } cases[] = {{"/nowhere/at/all/comics.db", "cannot find the folder"},
                 {"/tmp/", "names a folder"},
                 {"", "names a folder"},
                 {long_path, ""}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world->options.database = cases[i].path;
        check_refused(world, cases[i].word);
    }
}

/* Permissions bind only who is not root. */
static void test_file_that_may_not_be_written_is_refused(void **state) {
    enum { NOBODY = 65534 };
    store_world *world = *state;
    bool is_root = geteuid() == 0;
    static const char *const modes[] = {"PRAGMA journal_mode = DELETE",
                                        "PRAGMA journal_mode = WAL"};
    world_execute(world, "CREATE TABLE other(a)");
    assert_int_equal(chmod(world->folder, 0777), 0);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        world_execute(world, modes[i]);
        assert_int_equal(chmod(world->database, 0444), 0);
        if (is_root) {
            assert_int_equal(seteuid(NOBODY), 0);
        }
        cv_error error = world_open_error(world);
        if (is_root) {
            assert_int_equal(seteuid(0), 0);
        }
        assert_int_equal(chmod(world->database, 0644), 0);
        assert_int_equal(error.code, CV_ERROR_STORE);
        assert_non_null(strstr(error.message, "may not be written"));
        assert_false(error.retryable);
    }
}

/* ---- others that hold the file ---- */

/* Every call that writes answers BUSY, and nothing has changed. */
static void check_all_busy(store_world *world, cvi_stores *stores, const char *job_id) {
    const cvi_claim_spec spec = {.hash = HASH_B, .resource = "issue"};
    const cvi_completion completion = {.hash = HASH_A,
                                       .job_id = job_id,
                                       .body = "{}",
                                       .size = 2,
                                       .keeping = {.ttl_ms = WORLD_TTL_MS}};
    cvi_now now = world->clock.now;
    cv_error error;
    cvi_claim claim;
    bool flag = false;
    assert_int_equal(cvi_stores_claim(stores, &spec, now, &claim, &error), CVI_STORE_BUSY);
    assert_int_equal(cvi_stores_complete(stores, &completion, now, &flag, &error), CVI_STORE_BUSY);
    assert_int_equal(cvi_stores_release(stores, HASH_A, job_id, 1, NULL, 0, now, &error),
                     CVI_STORE_BUSY);
    assert_int_equal(cvi_stores_renew(stores, HASH_A, job_id, now, &flag, &error), CVI_STORE_BUSY);
    assert_int_equal(cvi_stores_clean(stores, now, &flag, &error), CVI_STORE_BUSY);
}

static void check_unchanged(store_world *world, cvi_stores *stores, const char *job_id) {
    assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limits"), 1);
    assert_int_equal(world_number(world, "SELECT count(*) FROM dedupe_jobs"), 1);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 0);
    assert_true(world_complete(world, stores, HASH_A, job_id, "{}"));
}

static void test_held_gate_is_busy(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    cvi_claim claim = world_expect(world, first, HASH_A, CVI_CLAIM_ADMITTED);
    assert_int_equal(cvi_gate_try(&second->files[0].turn.gate, 0), CVI_LOCK_TAKEN);
    check_all_busy(world, first, claim.job_id);
    cvi_cached cached = world_lookup(world, first, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, NULL);
    cvi_gate_release(&second->files[0].turn.gate, 0);
    check_unchanged(world, first, claim.job_id);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_lock_of_a_program_without_the_gate_is_busy(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(world->database, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    check_all_busy(world, stores, claim.job_id);
    /* The gate was given back each time: another handle gets as far. */
    assert_int_equal(cvi_gate_probe(&stores->files[0].turn.gate, 0), CVI_LOCK_TAKEN);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    check_unchanged(world, stores, claim.job_id);
    cvi_stores_close(stores);
}

static void test_opening_gives_up_in_the_end(void **state) {
    store_world *world = *state;
    cvi_stores *holder = world_open(world);
    assert_int_equal(cvi_gate_try(&holder->files[0].turn.gate, 0), CVI_LOCK_TAKEN);
    world->clock.step_ms = 1000;
    cv_error error = world_open_error(world);
    assert_int_equal(error.code, CV_ERROR_STORE);
    assert_true(error.retryable);
    assert_non_null(strstr(error.message, "locked"));
    cvi_gate_release(&holder->files[0].turn.gate, 0);
    sqlite3 *other = NULL;
    world_execute(world, "PRAGMA user_version = 0");
    assert_int_equal(sqlite3_open(world->database, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    error = world_open_error(world);
    assert_true(error.retryable);
    sqlite3_close(other);
    cvi_stores_close(world_open(world));
    cvi_stores_close(holder);
}

/* Another handle writes until the clock has been looked at so often. */
typedef struct leaping {
    cvi_now now;
    int64_t leap_ms; /* at each look */
    int looks_left;
    cvi_db *writing;
} leaping;

static cvi_now leap(void *user) {
    leaping *self = user;
    cv_error error;
    self->now.boot_ms += self->leap_ms;
    if (self->writing != NULL && --self->looks_left == 0) {
        cvi_db_end(self->writing, CVI_STORE_DONE, false, &error);
        self->writing = NULL;
    }
    return self->now;
}

/* A process that hardly ever runs finds its patience over each time that it does. */
static void test_patience_is_more_than_a_few_tries(void **state) {
    store_world *world = *state;
    cv_error error;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    leaping self = {.now = world->clock.now, .looks_left = 20, .writing = &first->files[0]};
    cvi_db *waiting = &second->files[0];
    assert_int_equal(cvi_db_begin(self.writing, 0, &error), CVI_STORE_DONE);
    self.leap_ms = 5000;
    waiting->clock.now = leap;
    waiting->clock.user = &self;
    assert_int_equal(cvi_db_begin(waiting, 5000, &error), CVI_STORE_DONE);
    assert_null(self.writing);
    cvi_db_end(waiting, CVI_STORE_DONE, false, &error);
    waiting->clock = world->clock.clock;
    cvi_stores_close(first);
    cvi_stores_close(second);
}

/* Waits while there is patience, then finds the gate free. */
static void test_patient_begin_waits_for_the_gate(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    cv_error error;
    assert_int_equal(cvi_db_begin(&first->files[0], 0, &error), CVI_STORE_DONE);
    world->clock.step_ms = 1;
    int64_t from_ms = world->clock.now.boot_ms;
    assert_int_equal(cvi_db_begin(&second->files[0], 10, &error), CVI_STORE_BUSY);
    assert_in_range(world->clock.now.boot_ms - from_ms, 5, 12);
    assert_int_equal(cvi_db_end(&first->files[0], CVI_STORE_DONE, false, &error), CVI_STORE_DONE);
    assert_int_equal(cvi_db_begin(&second->files[0], 10, &error), CVI_STORE_DONE);
    assert_int_equal(cvi_db_end(&second->files[0], CVI_STORE_DONE, false, &error), CVI_STORE_DONE);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

/* ---- checkpoints ---- */

static void store_many(store_world *world, cvi_stores *stores, int count) {
    char body[4096];
    memset(body, 'x', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    for (int i = 0; i < count; i++) {
        char hash[24];
        sqlite3_snprintf(sizeof(hash), hash, "hash-%d", i);
        assert_true(world_complete(world, stores, hash, "", body));
    }
}

static void test_wal_is_written_back_and_keeps_its_size(void **state) {
    store_world *world = *state;
    char wal[128];
    cvi_buffer text;
    cvi_buffer_over(&text, wal, sizeof(wal));
    cvi_buffer_add_format(&text, "%s-wal", world->database);
    cvi_stores *stores = world_open(world);
    store_many(world, stores, 600);
    int64_t wal_size = size_of(wal);
    assert_in_range(wal_size, 400 * 4096, 500 * 4120);
    assert_true(size_of(world->database) > INT64_C(300) * 4096);
    store_many(world, stores, 600);
    assert_int_equal(size_of(wal), wal_size);
    cvi_stores_close(stores);
    assert_int_equal(size_of(wal), wal_size);
    check_integrity(world);
}

/* A reader that never ends keeps the WAL from being reused, but not the writer from writing. */
static void test_endless_reader_delays_only_the_reuse(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    sqlite3 *reader = NULL;
    assert_int_equal(sqlite3_open(world->database, &reader), SQLITE_OK);
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM cache", NULL, NULL, NULL),
                     SQLITE_OK);
    store_many(world, stores, 700);
    assert_true(stores->files[0].wal_frames > 1000);
    assert_true(stores->files[0].checkpoint_at > stores->files[0].wal_frames);
    assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(reader);
    store_many(world, stores, 1200);
    assert_in_range(stores->files[0].wal_frames, 0, 1100);
    cvi_stores_close(stores);
    check_integrity(world);
}

#define WITH_WORLD(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_new_file_is_private_and_complete),
        WITH_WORLD(test_connection_is_set_up),
        WITH_WORLD(test_opening_again_writes_nothing),
        cmocka_unit_test(test_node_files_are_taken_over_without_loss),
        WITH_WORLD(test_file_in_use_is_taken_over),
        cmocka_unit_test(test_files_of_others_are_refused_untouched),
        WITH_WORLD(test_newer_minor_version_opens_and_keeps_its_number),
        WITH_WORLD(test_table_of_the_same_name_but_another_kind),
        WITH_WORLD(test_symbolic_link_is_refused),
        WITH_WORLD(test_folder_is_refused),
        WITH_WORLD(test_file_that_is_no_database_is_refused),
        WITH_WORLD(test_paths_that_lead_nowhere),
        WITH_WORLD(test_file_that_may_not_be_written_is_refused),
        WITH_WORLD(test_held_gate_is_busy),
        WITH_WORLD(test_lock_of_a_program_without_the_gate_is_busy),
        WITH_WORLD(test_opening_gives_up_in_the_end),
        WITH_WORLD(test_patience_is_more_than_a_few_tries),
        WITH_WORLD(test_patient_begin_waits_for_the_gate),
        WITH_WORLD(test_wal_is_written_back_and_keeps_its_size),
        WITH_WORLD(test_endless_reader_delays_only_the_reuse),
    };
    return cmocka_run_group_tests_name("database", tests, NULL, NULL);
}
