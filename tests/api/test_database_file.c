/* The file: who may read it, where it lies, and which files are refused and left as they are. */
#include "support/api_actor.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ISSUE = 52, MODE_BITS = 0777, PRIVATE_FILE = 0600, PRIVATE_FOLDER = 0700 };

static int mode_of(const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0) {
        fail_msg("there is no %s", path);
    }
    return (int)(status.st_mode & MODE_BITS);
}

static bool exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_file_is(const char *path, const char *text) {
    char read[256] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(read, 1, sizeof(read) - 1, file);
    assert_int_equal(fclose(file), 0);
    read[size] = '\0';
    assert_string_equal(read, text);
}

/* Opening must fail, in one line that names the culprit. */
static void assert_refused(const api *self, const char *path, const char *culprit) {
    cv_options options = api_options(self);
    options.database = path;
    assert_null(cv_client_open(&options));
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_STORE");
    assert_false(cv_last_error()->retryable);
    assert_null(strchr(cv_last_error()->message, '\n'));
    if (strstr(cv_last_error()->message, culprit) == NULL) {
        fail_msg("does not name %s: %s", culprit, cv_last_error()->message);
    }
}

static void assert_unsuitable(const api *self, const char *path) {
    assert_refused(self, path, path);
}

/* ---- who may read it ---- */

static void test_only_its_owner_may_read_it(void **context) {
    api *self = *context;
    mode_t before = umask(0);
    cv_client *client = api_open(self, NULL);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    umask(before);
    static const char *const names[] = {"comics.db", "comics.db-wal", "comics.db-shm",
                                        "comics.db.gate"};
    for (size_t i = 0; i < API_COUNT(names); i++) {
        assert_int_equal(mode_of(scratch_file(&self->scratch, names[i]).text), PRIVATE_FILE);
    }
    cv_client_close(client);
}

static void test_memory_leaves_no_file(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.database = ":memory:";
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    assert_false(exists(":memory:"));
    assert_false(exists(self->database.text));
    cv_client_close(client);
    client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_NETWORK);
    cv_client_close(client);
}

/* ---- where it lies ---- */

static void test_the_default_lies_in_a_private_folder(void **context) {
    api *self = *context;
    process actor;
    char url[128];
    char data_home[SCRATCH_PATH_MAX + 16];
    assert_true(snprintf(url, sizeof(url), "url=%s", server_base_url(self->server)) > 0);
    assert_true(snprintf(data_home, sizeof(data_home), "data_home=%s/data", self->scratch.folder) >
                0);
    const char *const arguments[] = {CVI_PROGRAM_actor, url, data_home, "key=" API_KEY, NULL};
    mode_t before = umask(0);
    actor_launch(&actor, arguments, NULL);
    umask(before);
    actor_hear_line(&actor, ACTOR_READY);
    assert_int_equal(actor_read(&actor, ISSUE).source, CV_SOURCE_NETWORK);
    actor_end(&actor);
    assert_int_equal(mode_of(scratch_file(&self->scratch, "data/comicvine").text), PRIVATE_FOLDER);
    assert_int_equal(mode_of(scratch_file(&self->scratch, "data/comicvine/comicvine.db").text),
                     PRIVATE_FILE);
}

/* ---- what is refused ---- */

static void test_a_folder_is_no_database(void **context) {
    api *self = *context;
    assert_unsuitable(self, self->scratch.folder);
}

static void test_the_folder_must_exist(void **context) {
    api *self = *context;
    scratch_path folder = scratch_file(&self->scratch, "missing");
    assert_refused(self, scratch_file(&self->scratch, "missing/comics.db").text, folder.text);
    assert_false(exists(folder.text));
}

static void test_another_file_is_left_as_it_is(void **context) {
    static const char text[] = "A shopping list, and no database: lamp oil, wicks, 2 herrings.\n"
                               "It is longer than the head of a database would be, which is 100.";
    api *self = *context;
    scratch_path path = scratch_file(&self->scratch, "list.txt");
    write_file(path.text, text);
    assert_unsuitable(self, path.text);
    assert_file_is(path.text, text);
}

static void test_a_symbolic_link_is_not_followed(void **context) {
    api *self = *context;
    scratch_path target = scratch_file(&self->scratch, "target.db");
    scratch_path alias = scratch_file(&self->scratch, "link.db");
    write_file(target.text, "");
    assert_int_equal(symlink(target.text, alias.text), 0);
    assert_unsuitable(self, alias.text);
    assert_file_is(target.text, "");
}

static void test_a_folder_that_may_not_be_written(void **context) {
    api *self = *context;
    if (geteuid() == 0) {
        skip(); /* the superuser may write everywhere */
    }
    scratch_path folder = scratch_file(&self->scratch, "sealed");
    scratch_path path = scratch_file(&self->scratch, "sealed/comics.db");
    assert_int_equal(mkdir(folder.text, S_IRUSR | S_IXUSR), 0);
    assert_unsuitable(self, path.text);
}

static void execute(const char *path, const char *sql) {
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
    assert_int_equal(sqlite3_exec(connection, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

static void test_a_newer_version_is_refused(void **context) {
    api *self = *context;
    cv_client_close(api_open(self, NULL));
    int64_t version = api_query(self, "PRAGMA user_version");
    assert_in_range(version, 1000, 1999);
    execute(self->database.text, "PRAGMA user_version = 1999"); /* a later minor version opens */
    cv_client_close(api_open(self, NULL));
    assert_int_equal(api_query(self, "PRAGMA user_version"), 1999);
    execute(self->database.text, "PRAGMA user_version = 2000");
    assert_unsuitable(self, self->database.text);
    assert_int_equal(api_query(self, "PRAGMA user_version"), 2000);
}

static void test_another_programs_database_is_refused(void **context) {
    api *self = *context;
    execute(self->database.text, "CREATE TABLE cache(key TEXT, lamp TEXT);"
                                 "INSERT INTO cache VALUES('wick', 'brass')");
    assert_unsuitable(self, self->database.text);
    assert_int_equal(api_query(self, "SELECT count(*) FROM sqlite_schema"), 1);
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache WHERE lamp = 'brass'"), 1);
    execute(self->database.text, "DROP TABLE cache; PRAGMA user_version = 7");
    assert_unsuitable(self, self->database.text);
    assert_int_equal(api_query(self, "SELECT count(*) FROM sqlite_schema"), 0);
}

/* ---- what is accepted ---- */

/* As the Node packages leave it: its rows count and serve, and none is lost. */
static void test_a_file_of_the_node_packages_is_taken_over(void **context) {
    api *self = *context;
    execute(self->database.text,
            "CREATE TABLE cache(hash TEXT PRIMARY KEY, value BLOB NOT NULL,"
            " expires_at INTEGER NOT NULL, created_at INTEGER NOT NULL);"
            "CREATE TABLE dedupe_jobs(hash TEXT PRIMARY KEY, job_id TEXT NOT NULL,"
            " status TEXT NOT NULL, result BLOB, error TEXT, created_at INTEGER NOT NULL,"
            " updated_at INTEGER NOT NULL);"
            "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT,"
            " resource TEXT NOT NULL, timestamp INTEGER NOT NULL);"
            "INSERT INTO rate_limits(resource, timestamp)"
            " VALUES('issue', CAST(strftime('%s', 'now') AS INTEGER) * 1000 - 1000)");
    cv_options options = api_options(self);
    options.rate_limit.limit = 2;
    options.max_wait_ms = CV_NO_WAIT;
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_int_equal(api_retrieve(client, 61).code, CV_ERROR_RATE_LIMITED);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), 2);
    cv_client_close(client);
}

/* A damaged body is noticed, thrown away and fetched again. */
static void test_a_damaged_answer_is_fetched_again(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    cv_client_close(client);
    execute(self->database.text,
            "UPDATE cache SET value = CAST(replace(value, 'Wharf', 'Warfe') AS BLOB)");
    client = api_open(self, NULL);
    const cv_issue *issue = cv_issue_retrieve(client, ISSUE, CV_PRIORITY_USER);
    assert_non_null(issue);
    assert_int_equal(issue->record.source, CV_SOURCE_NETWORK);
    assert_string_equal(issue->name, "The Long Night on Wharf Street");
    cv_issue_free(issue);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    cv_client_close(client);
}

/* ---- options ---- */

static void test_bad_options_open_nothing(void **context) {
    api *self = *context;
    cv_options bad[12];
    for (size_t i = 0; i < API_COUNT(bad); i++) {
        bad[i] = api_options(self);
    }
    bad[0].api_key = NULL;
    bad[1].api_key = "";
    bad[2].base_url = "ftp://127.0.0.1/api";
    bad[3].base_url = "http://127.0.0.1/api?x=1";
    bad[4].timeout_ms = -1;
    bad[5].max_retries = 1000;
    bad[6].rate_limit.limit = -1;
    bad[7].dedupe.lease_ms = 1;
    bad[8].drive = (cv_drive)5;
    bad[9].application = "two\nlines";
    bad[10].rate_limit.resource_count = 1;
    bad[11].cache.ttl_s = -5;
    for (size_t i = 0; i < API_COUNT(bad); i++) {
        assert_null(cv_client_open(&bad[i]));
        assert_string_equal(cv_code_name(cv_last_error()->code),
                            i < 2 ? "CV_ERROR_AUTH" : "CV_ERROR_ARGUMENT");
        assert_true(strncmp(cv_last_error()->message, "option", 6) == 0 ||
                    strncmp(cv_last_error()->message, "an option", 9) == 0);
    }
    assert_false(exists(self->database.text));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_only_its_owner_may_read_it),
        API_TEST(test_memory_leaves_no_file),
        API_TEST(test_the_default_lies_in_a_private_folder),
        API_TEST(test_a_folder_is_no_database),
        API_TEST(test_the_folder_must_exist),
        API_TEST(test_another_file_is_left_as_it_is),
        API_TEST(test_a_symbolic_link_is_not_followed),
        API_TEST(test_a_folder_that_may_not_be_written),
        API_TEST(test_a_newer_version_is_refused),
        API_TEST(test_another_programs_database_is_refused),
        API_TEST(test_a_file_of_the_node_packages_is_taken_over),
        API_TEST(test_a_damaged_answer_is_fetched_again),
        API_TEST(test_bad_options_open_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
