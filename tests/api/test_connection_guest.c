/* On a connection of the application's that is in the middle of something, or is not what it seems:
 * nothing of the application's is undone, and no promise is broken. */
#include "support/store_face.h"

#include <sqlite3.h>
#include <string.h>

enum { ISSUE = 52, HOUR_S = 3600 };

static void run(sqlite3 *connection, const char *sql) {
    if (sqlite3_exec(connection, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    }
}

static sqlite3_stmt *prepare(sqlite3 *connection, const char *sql) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    }
    return statement;
}

static int64_t number(sqlite3 *connection, const char *sql) {
    sqlite3_stmt *statement = prepare(connection, sql);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    return value;
}

static sqlite3 *connect_to(const char *name, const char *vfs) {
    sqlite3 *connection = NULL;
    assert_int_equal(
        sqlite3_open_v2(name, &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs),
        SQLITE_OK);
    run(connection, "CREATE TABLE IF NOT EXISTS theirs(x)");
    return connection;
}

static cv_cache_store *open_cache(sqlite3 *connection) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.connection = connection;
    cv_cache_store *store = cv_cache_store_open(&options);
    if (store == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return store;
}

static cv_dedupe_store *open_jobs(sqlite3 *connection) {
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.connection = connection;
    cv_dedupe_store *store = cv_dedupe_store_open(&options);
    assert_non_null(store);
    return store;
}

static bool set(cv_cache_store *store) {
    return cv_cache_store_set(store, STORE_HASH, "body", 4, HOUR_S);
}

/* ---- in the middle of a statement ---- */

/* Its rows are not committed before it ends, and would go with a rollback of ours. */
static void test_a_statement_that_writes_is_left_alone(void **context) {
    api *self = *context;
    sqlite3 *connection = connect_to(self->database.text, NULL);
    cv_cache_store *store = open_cache(connection);
    sqlite3_stmt *statement = prepare(connection, "INSERT INTO theirs VALUES(7), (8) RETURNING x");
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_refused(set(store), CV_ERROR_STORE);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(number(connection, "SELECT count(*) FROM theirs"), 2);
    assert_done(set(store));
    cv_cache_store_close(store);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

/* A reader is no obstacle until somebody else has written. */
static void test_a_statement_that_reads_an_old_state_is_named(void **context) {
    api *self = *context;
    sqlite3 *connection = connect_to(self->database.text, NULL);
    run(connection, "PRAGMA journal_mode = WAL; INSERT INTO theirs VALUES(1), (2)");
    cv_cache_store *store = open_cache(connection);
    sqlite3_stmt *statement = prepare(connection, "SELECT x FROM theirs");
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_done(set(store));
    sqlite3_reset(statement);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    face_execute(self, "INSERT INTO theirs VALUES(3)");
    assert_refused(cv_cache_store_delete(store, STORE_HASH), CV_ERROR_STORE);
    assert_non_null(strstr(cv_last_error()->message, "still reads"));
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_done(cv_cache_store_delete(store, STORE_HASH));
    cv_cache_store_close(store);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

typedef struct hooked {
    cv_cache_store *cache;
    cv_dedupe_store *jobs;
    cv_rate_limit_store *limit;
    bool is_in;
    int refused;
    int calls;
} hooked;

static void count_refusal(hooked *self, bool done) {
    self->calls++;
    self->refused += !done && cv_last_error()->code == CV_ERROR_STORE ? 1 : 0;
}

static void call_all(hooked *self) {
    cv_blob blob;
    cv_cache_stats cache_stats;
    cv_dedupe_stats job_stats;
    cv_rate_limit_status status;
    cv_rate_limit_stats limit_stats;
    char id[CV_JOB_ID_SIZE];
    bool yes = false;
    int64_t number = 0;
    count_refusal(self, set(self->cache));
    count_refusal(self, cv_cache_store_get(self->cache, STORE_HASH, &blob));
    cv_free(blob.data);
    count_refusal(self, cv_cache_store_get_stale(self->cache, STORE_HASH, &blob, NULL));
    cv_free(blob.data);
    count_refusal(self, cv_cache_store_delete(self->cache, STORE_HASH));
    count_refusal(self, cv_cache_store_stats(self->cache, &cache_stats));
    count_refusal(self, cv_cache_store_cleanup(self->cache));
    count_refusal(self, cv_cache_store_clear(self->cache));
    count_refusal(self, cv_dedupe_store_register(self->jobs, STORE_HASH, id, &yes));
    count_refusal(self, cv_dedupe_store_in_progress(self->jobs, STORE_HASH, &yes));
    count_refusal(self, cv_dedupe_store_wait(self->jobs, STORE_HASH, STORE_HASH, 0, &blob, NULL));
    cv_free(blob.data);
    count_refusal(self, cv_dedupe_store_stats(self->jobs, &job_stats));
    count_refusal(self, cv_dedupe_store_cleanup(self->jobs));
    count_refusal(self,
                  cv_rate_limit_store_acquire(self->limit, "issue", CV_PRIORITY_USER, &number));
    count_refusal(self, cv_rate_limit_store_status(self->limit, "issue", &status));
    count_refusal(self, cv_rate_limit_store_stats(self->limit, &limit_stats));
    count_refusal(self, cv_rate_limit_store_get_resource(self->limit, "issue", &number, &number));
    count_refusal(self, cv_rate_limit_store_reset(self->limit, "issue"));
}

static void call_again(void *user, int kind, const char *database, const char *table,
                       sqlite3_int64 row) {
    hooked *self = user;
    (void)kind;
    (void)database;
    (void)table;
    (void)row;
    if (!self->is_in) {
        self->is_in = true;
        call_all(self);
        self->is_in = false;
    }
}

/* Each handle within a call of its own; a second handle on the connection is within the first's
 * transaction. */
static void test_a_hook_that_calls_again_is_refused(void **context) {
    api *self = *context;
    sqlite3 *connection = connect_to(self->database.text, NULL);
    cv_rate_limit_options limit_options = CV_RATE_LIMIT_OPTIONS_INIT;
    limit_options.connection = connection;
    hooked hook = {.cache = open_cache(connection),
                   .jobs = open_jobs(connection),
                   .limit = cv_rate_limit_store_open(&limit_options)};
    char id[CV_JOB_ID_SIZE];
    bool owner = false;
    int64_t wait_ms = 0;
    sqlite3_update_hook(connection, call_again, &hook);
    assert_done(set(hook.cache));
    assert_done(cv_dedupe_store_register(hook.jobs, STORE_HASH, id, &owner));
    assert_done(cv_rate_limit_store_acquire(hook.limit, "issue", CV_PRIORITY_USER, &wait_ms));
    sqlite3_update_hook(connection, NULL, NULL);
    assert_true(hook.calls >= 3 * 17);
    assert_true(hook.refused > 0);
    assert_done(cv_cache_store_delete(hook.cache, STORE_HASH));
    cv_cache_store_close(hook.cache);
    cv_dedupe_store_close(hook.jobs);
    cv_rate_limit_store_close(hook.limit);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

/* The answer came while a transaction was open: the job is given up when that has ended. */
static void test_a_job_is_not_left_behind_by_a_transaction(void **context) {
    api *self = *context;
    sqlite3 *connection = connect_to(self->database.text, NULL);
    cv_options options = api_options(self);
    options.database = NULL;
    options.connection = connection;
    cv_client *client = api_open(self, &options);
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, ISSUE, NULL);
    assert_true(server_hold(self->server, NULL));
    while (server_request_count(self->server, API_ISSUE) == 0) {
        cv_client_poll(client, 1);
    }
    run(connection, "BEGIN IMMEDIATE");
    server_release(self->server, SERVER_ALL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_int_equal(api_outcome_of(request).code, CV_OK);
    cv_request_free(request);
    run(connection, "COMMIT");
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    while (number(connection, "SELECT count(*) FROM dedupe_jobs") > 0) {
        assert_true(api_now_ms() < end_ms);
        cv_client_poll(client, 1);
    }
    cv_client_close(client);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

/* ---- what a connection may be ---- */

/* Two handles on one database in memory cannot see each other's lives, but the leases. */
static void test_handles_in_memory_have_one_owner(void **context) {
    (void)context;
    sqlite3 *connection = connect_to(":memory:", NULL);
    cv_dedupe_store *one = open_jobs(connection);
    cv_dedupe_store *other = open_jobs(connection);
    char first[CV_JOB_ID_SIZE];
    char second[CV_JOB_ID_SIZE];
    bool owner = false;
    assert_done(cv_dedupe_store_register(one, STORE_HASH, first, &owner));
    assert_true(owner);
    assert_done(cv_dedupe_store_register(other, STORE_HASH, second, &owner));
    assert_false(owner);
    assert_string_equal(first, second);
    assert_done(cv_dedupe_store_complete(one, STORE_HASH, first, "x", 1));
    cv_dedupe_store_close(one);
    cv_dedupe_store_close(other);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

/* SQLite's file systems may name what is no file. */
static void test_a_file_system_in_memory(void **context) {
    (void)context;
    sqlite3 *connection = connect_to("/nowhere/at-all.db", "memdb");
    cv_cache_store *store = open_cache(connection);
    assert_done(set(store));
    cv_cache_store_close(store);
    assert_int_equal(number(connection, "SELECT count(*) FROM cache"), 1);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

/* The application has tables of our names, but not in the main database. */
static void test_tables_of_the_same_names_elsewhere(void **context) {
    static const char *const elsewhere[] = {"temp", "attached"};
    api *self = *context;
    sqlite3 *connection = connect_to(self->database.text, NULL);
    run(connection, "ATTACH ':memory:' AS attached");
    run(connection, "CREATE TEMP TABLE cache(mine); INSERT INTO temp.cache VALUES(1);"
                    "CREATE TABLE attached.dedupe_jobs(mine); CREATE TABLE attached.settings(mine);"
                    "CREATE TEMP TABLE rate_limits(mine)");
    cv_cache_store *store = open_cache(connection);
    cv_dedupe_store *jobs = open_jobs(connection);
    bool yes = true;
    run(connection, "CREATE TEMP TABLE dedupe_jobs(mine)");
    assert_done(set(store));
    assert_done(cv_dedupe_store_in_progress(jobs, STORE_HASH, &yes));
    assert_int_equal(number(connection, "SELECT count(*) FROM main.cache"), 1);
    assert_done(cv_cache_store_clear(store));
    assert_int_equal(number(connection, "SELECT count(*) FROM main.cache"), 0);
    assert_int_equal(number(connection, "SELECT count(*) FROM temp.cache"), 1);
    cv_cache_store_close(store);
    cv_dedupe_store_close(jobs);
    for (size_t i = 0; i < API_COUNT(elsewhere); i++) {
        char *sql = sqlite3_mprintf(
            "SELECT count(*) FROM %s.sqlite_schema WHERE sql LIKE '%%hash%%'", elsewhere[i]);
        assert_int_equal(number(connection, sql), 0);
        sqlite3_free(sql);
    }
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

/* A part in memory is apart from a connection in memory; a part that names the connection's file is
 * not. */
static void test_parts_beside_a_connection(void **context) {
    api *self = *context;
    sqlite3 *connection = connect_to(":memory:", NULL);
    cv_options options = api_options(self);
    options.database = NULL;
    options.connection = connection;
    options.cache.database = ":memory:";
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_int_equal(number(connection, "SELECT count(*) FROM cache"), 0);
    assert_int_equal(number(connection, "SELECT count(*) FROM rate_limits"), 1);
    cv_client_close(client);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
    connection = connect_to(self->database.text, NULL);
    options.connection = connection;
    options.cache.database = self->database.text;
    client = api_open(self, &options);
    run(connection, "BEGIN IMMEDIATE");
    assert_refused(set(cv_client_cache(client)), CV_ERROR_STORE);
    assert_non_null(strstr(cv_last_error()->message, "application's"));
    run(connection, "ROLLBACK");
    assert_done(set(cv_client_cache(client)));
    cv_client_close(client);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_a_statement_that_writes_is_left_alone),
        API_TEST(test_a_statement_that_reads_an_old_state_is_named),
        API_TEST(test_a_hook_that_calls_again_is_refused),
        API_TEST(test_a_job_is_not_left_behind_by_a_transaction),
        API_TEST(test_handles_in_memory_have_one_owner),
        API_TEST(test_a_file_system_in_memory),
        API_TEST(test_tables_of_the_same_names_elsewhere),
        API_TEST(test_parts_beside_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
