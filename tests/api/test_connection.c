/* The stores and the client on a connection of the application's. */
#include "support/store_face.h"

#include <sqlite3.h>

enum { ISSUE = 52, OTHER_ISSUE = 61, HOUR_S = 3600 };

static void run(sqlite3 *connection, const char *sql) {
    if (sqlite3_exec(connection, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    }
}

static int64_t number(sqlite3 *connection, const char *sql) {
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(connection, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    return value;
}

/* With a table, and settings unlike those of the library. */
static sqlite3 *connect_own(const api *self) {
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(self->database.text, &connection), SQLITE_OK);
    run(connection, "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF;"
                    "PRAGMA foreign_keys = OFF; CREATE TABLE theirs(x)");
    return connection;
}

static void assert_as_before(sqlite3 *connection) {
    assert_int_equal(number(connection, "PRAGMA synchronous"), 0);
    assert_int_equal(number(connection, "PRAGMA foreign_keys"), 0);
    assert_int_equal(number(connection, "SELECT journal_mode = 'truncate'"
                                        " FROM pragma_journal_mode"),
                     1);
    assert_int_equal(sqlite3_get_autocommit(connection), 1);
    run(connection, "INSERT INTO theirs VALUES(1)");
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

static void assert_get(cv_cache_store *store, const char *text) {
    cv_blob blob;
    assert_done(cv_cache_store_get(store, STORE_HASH, &blob));
    face_check_blob(&blob, text);
}

static void test_a_cache_on_a_connection(void **context) {
    api *self = *context;
    sqlite3 *connection = connect_own(self);
    cv_cache_store *store = open_cache(connection);
    cv_cache_stats stats;
    assert_done(cv_cache_store_set(store, STORE_HASH, "body", 4, HOUR_S));
    assert_get(store, "body");
    assert_done(cv_cache_store_stats(store, &stats));
    assert_int_equal(stats.total_items, 1);
    assert_as_before(connection);
    cv_cache_store_close(store);
    assert_as_before(connection);
    assert_int_equal(number(connection, "SELECT count(*) FROM cache"), 1);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

static void test_jobs_and_limit_on_a_connection(void **context) {
    sqlite3 *connection = connect_own(*context);
    cv_dedupe_options dedupe = CV_DEDUPE_OPTIONS_INIT;
    cv_rate_limit_options limit = CV_RATE_LIMIT_OPTIONS_INIT;
    dedupe.connection = connection;
    limit.connection = connection;
    cv_dedupe_store *jobs = cv_dedupe_store_open(&dedupe);
    cv_rate_limit_store *budget = cv_rate_limit_store_open(&limit);
    assert_non_null(jobs);
    assert_non_null(budget);
    char id[CV_JOB_ID_SIZE];
    bool owner = false;
    cv_blob blob;
    int64_t wait_ms = -1;
    assert_done(cv_dedupe_store_register(jobs, STORE_HASH, id, &owner));
    assert_true(owner);
    assert_done(cv_dedupe_store_complete(jobs, STORE_HASH, id, "x", 1));
    assert_done(cv_dedupe_store_wait(jobs, STORE_HASH, id, -1, &blob, NULL));
    face_check_blob(&blob, "x");
    assert_done(cv_rate_limit_store_acquire(budget, "issue", CV_PRIORITY_USER, &wait_ms));
    assert_int_equal(wait_ms, 0);
    cv_rate_limit_store_close(budget);
    cv_dedupe_store_close(jobs);
    assert_as_before(connection);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

static void test_a_connection_in_memory(void **context) {
    (void)context;
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(":memory:", &connection), SQLITE_OK);
    cv_cache_store *store = open_cache(connection);
    assert_done(cv_cache_store_set(store, STORE_HASH, "body", 4, HOUR_S));
    assert_get(store, "body");
    cv_cache_store_close(store);
    assert_int_equal(number(connection, "SELECT count(*) FROM cache"), 1);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

static void test_an_open_transaction_is_respected(void **context) {
    sqlite3 *connection = connect_own(*context);
    cv_cache_store *store = open_cache(connection);
    assert_done(cv_cache_store_set(store, STORE_HASH, "body", 4, HOUR_S));
    run(connection, "BEGIN; INSERT INTO theirs VALUES(1)");
    assert_refused(cv_cache_store_set(store, STORE_HASH, "other", 5, HOUR_S), CV_ERROR_STORE);
    assert_refused(cv_cache_store_delete(store, STORE_HASH), CV_ERROR_STORE);
    assert_refused(cv_cache_store_clear(store), CV_ERROR_STORE);
    assert_get(store, "body");
    assert_int_equal(sqlite3_get_autocommit(connection), 0);
    run(connection, "COMMIT");
    assert_int_equal(number(connection, "SELECT count(*) FROM theirs"), 1);
    assert_done(cv_cache_store_set(store, STORE_HASH, "other", 5, HOUR_S));
    assert_get(store, "other");
    cv_cache_store_close(store);
    run(connection, "BEGIN");
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.connection = connection;
    assert_null(cv_cache_store_open(&options));
    face_assert_error(CV_ERROR_STORE);
    assert_int_equal(sqlite3_get_autocommit(connection), 0);
    run(connection, "ROLLBACK");
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

static void test_a_client_on_a_connection(void **context) {
    api *self = *context;
    sqlite3 *connection = connect_own(self);
    cv_options options = api_options(self);
    options.database = NULL;
    options.connection = connection;
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    run(connection, "BEGIN");
    assert_int_equal(api_retrieve(client, OTHER_ISSUE).code, CV_ERROR_STORE);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    run(connection, "COMMIT");
    assert_int_equal(api_retrieve(client, OTHER_ISSUE).source, CV_SOURCE_NETWORK);
    cv_client_close(client);
    assert_as_before(connection);
    assert_int_equal(number(connection, "SELECT count(*) FROM cache"), 2);
    assert_int_equal(number(connection, "SELECT count(*) FROM rate_limits"), 2);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

static void test_a_connection_and_a_path_exclude_each_other(void **context) {
    api *self = *context;
    sqlite3 *connection = connect_own(self);
    cv_options options = api_options(self);
    options.connection = connection;
    assert_null(cv_client_open(&options));
    face_assert_error(CV_ERROR_ARGUMENT);
    cv_cache_options cache = CV_CACHE_OPTIONS_INIT;
    cache.connection = connection;
    cache.database = self->database.text;
    assert_null(cv_cache_store_open(&cache));
    face_assert_error(CV_ERROR_ARGUMENT);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_a_cache_on_a_connection),
        API_TEST(test_jobs_and_limit_on_a_connection),
        API_TEST(test_a_connection_in_memory),
        API_TEST(test_an_open_transaction_is_respected),
        API_TEST(test_a_client_on_a_connection),
        API_TEST(test_a_connection_and_a_path_exclude_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
