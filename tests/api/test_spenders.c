/* Who spent the budget: by application and process, for each path in its window, whatever other
 * programs have written beside it. */
#include "support/api_actor.h"
#include "support/store_face.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define USER       CV_PRIORITY_USER
#define BACKGROUND CV_PRIORITY_BACKGROUND

enum { LIMIT = 50, MOST = 8 };

static cv_rate_limit_store *open_as(const api *self, const char *application, const char *scope) {
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database.text;
    options.kind = CV_LIMIT_SLIDING;
    options.limit = LIMIT;
    options.min_interval_ms = CV_NO_INTERVAL;
    options.application = application;
    options.scope = scope;
    cv_rate_limit_store *store = cv_rate_limit_store_open(&options);
    if (store == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return store;
}

static void spend(cv_rate_limit_store *store, const char *resource, cv_priority priority,
                  int times) {
    for (int i = 0; i < times; i++) {
        assert_done(cv_rate_limit_store_record(store, resource, priority));
    }
}

static size_t spenders_of(cv_rate_limit_store *store, const char *resource,
                          cv_rate_limit_spender found[MOST]) {
    size_t count = 99;
    cv_rate_limit_status status;
    int64_t sum = 0;
    assert_done(cv_rate_limit_store_spenders(store, resource, found, MOST, &count));
    assert_in_range(count, 0, MOST);
    for (size_t i = 0; i < count; i++) {
        sum += found[i].requests;
        assert_true(i == 0 || found[i].requests <= found[i - 1].requests);
        assert_in_range(found[i].user_requests, 0, found[i].requests);
    }
    assert_done(cv_rate_limit_store_status(store, resource, &status));
    assert_int_equal(sum, status.used);
    return count;
}

static void check_spender(const cv_rate_limit_spender *spender, const char *application,
                          int64_t pid, int64_t requests, int64_t user_requests) {
    assert_string_equal(spender->application, application);
    assert_int_equal(spender->pid, pid);
    assert_int_equal(spender->requests, requests);
    assert_int_equal(spender->user_requests, user_requests);
    for (size_t i = 0; i < API_COUNT(spender->reserved); i++) {
        assert_int_equal(spender->reserved[i], 0);
    }
}

/* A row such as other programs write, or an earlier version of this library did. */
static void insert_row(const api *self, const char *resource, const char *age_ms,
                       const char *columns, const char *values) {
    char *sql = sqlite3_mprintf("INSERT INTO rate_limits(resource, timestamp%s)"
                                " VALUES('%s', unixepoch() * 1000 - %s%s)",
                                columns, resource, age_ms, values);
    assert_non_null(sql);
    face_execute(self, sql);
    sqlite3_free(sql);
}

/* ---- who ---- */

static void test_each_application_by_itself(void **context) {
    api *self = *context;
    cv_rate_limit_spender found[MOST];
    cv_rate_limit_store *reader = open_as(self, "reader/1.0", NULL);
    cv_rate_limit_store *tagger = open_as(self, "tagger/2.1", NULL);
    cv_rate_limit_store *nameless = open_as(self, NULL, NULL);
    assert_int_equal(spenders_of(reader, "issue", found), 0);
    spend(reader, "issue", USER, 2);
    spend(tagger, "issue", BACKGROUND, 4);
    spend(tagger, "issue", USER, 1);
    spend(nameless, "issue", USER, 1);
    assert_int_equal(spenders_of(nameless, "issue", found), 3);
    check_spender(&found[0], "tagger/2.1", getpid(), 5, 1);
    check_spender(&found[1], "reader/1.0", getpid(), 2, 2);
    check_spender(&found[2], "", getpid(), 1, 1);
    cv_rate_limit_store_close(reader);
    cv_rate_limit_store_close(tagger);
    cv_rate_limit_store_close(nameless);
}

static void test_each_process_by_itself(void **context) {
    static const char *const arguments[][ACTOR_ARGUMENTS_MAX] = {
        {"application=reader/1.0"}, {"application=reader/1.0"}, {"application=tagger/2.1"}};
    api *self = *context;
    process actors[API_COUNT(arguments)];
    pid_t pids[API_COUNT(arguments)];
    cv_rate_limit_spender found[MOST];
    size_t count = 0;
    static const int64_t ids[] = {52, 61, 73};
    for (size_t i = 0; i < API_COUNT(arguments); i++) {
        actor_start(&actors[i], self, arguments[i]);
        pids[i] = actors[i].pid;
        assert_string_equal(cv_code_name(actor_read(&actors[i], ids[i]).code), "CV_OK");
    }
    assert_string_equal(cv_code_name(actor_read(&actors[2], 88).code), "CV_OK");
    cv_client *client = api_open(self, NULL);
    assert_done(
        cv_rate_limit_store_spenders(cv_client_rate_limit(client), "issue", found, MOST, &count));
    assert_int_equal(count, 3);
    check_spender(&found[0], "tagger/2.1", pids[2], 2, 2);
    for (size_t i = 1; i < 3; i++) {
        assert_true(found[i].pid == pids[0] || found[i].pid == pids[1]);
        check_spender(&found[i], "reader/1.0", found[i].pid, 1, 1);
    }
    assert_int_not_equal(found[1].pid, found[2].pid);
    cv_client_close(client);
    for (size_t i = 0; i < API_COUNT(arguments); i++) {
        actor_end(&actors[i]);
    }
}

static void test_clients_are_named_too(void **context) {
    api *self = *context;
    cv_rate_limit_spender found[MOST];
    cv_options options = api_options(self);
    options.application = "shelf/0.3";
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, 52).code, CV_OK);
    assert_int_equal(api_retrieve(client, 52).source, CV_SOURCE_CACHE);
    cv_rate_limit_store *store = cv_client_rate_limit(client);
    assert_int_equal(spenders_of(store, "issue", found), 1);
    check_spender(&found[0], "shelf/0.3", getpid(), 1, 1);
    cv_client_close(client);
}

/* ---- what counts ---- */

static void test_each_path_and_scope_by_itself(void **context) {
    api *self = *context;
    cv_rate_limit_spender found[MOST];
    cv_rate_limit_store *one = open_as(self, "one", "key-1");
    cv_rate_limit_store *other = open_as(self, "other", "key-2");
    cv_rate_limit_store *shared = open_as(self, "shared", NULL);
    spend(one, "issue", USER, 1);
    spend(other, "issue", USER, 2);
    spend(one, "volume", USER, 3);
    spend(shared, "issue", USER, 4);
    assert_int_equal(spenders_of(one, "issue", found), 2);
    check_spender(&found[0], "shared", getpid(), 4, 4);
    check_spender(&found[1], "one", getpid(), 1, 1);
    assert_int_equal(spenders_of(one, "volume", found), 1);
    check_spender(&found[0], "one", getpid(), 3, 3);
    assert_int_equal(spenders_of(other, "volume", found), 0);
    assert_int_equal(spenders_of(other, "issue", found), 2);
    cv_rate_limit_store_close(one);
    cv_rate_limit_store_close(other);
    cv_rate_limit_store_close(shared);
}

/* Only what is within the window of the path, for this handle. */
static void test_each_window_by_itself(void **context) {
    api *self = *context;
    cv_rate_limit_spender found[MOST];
    cv_rate_limit_store *store = open_as(self, "now", NULL);
    insert_row(self, "issue", "4000000", ", application, pid", ", 'gone', 7");
    insert_row(self, "issue", "1800000", ", application, pid", ", 'earlier', 8");
    spend(store, "issue", USER, 2);
    assert_int_equal(spenders_of(store, "issue", found), 2);
    check_spender(&found[0], "now", getpid(), 2, 2);
    check_spender(&found[1], "earlier", 8, 1, 0);
    assert_in_range(found[0].last_ms - found[1].last_ms, 1790000, 1900000);
    assert_done(cv_rate_limit_store_set_resource(store, "issue", LIMIT, 900000));
    assert_int_equal(spenders_of(store, "issue", found), 1);
    assert_done(cv_rate_limit_store_reset(store, "issue"));
    assert_int_equal(spenders_of(store, "issue", found), 0);
    cv_rate_limit_store_close(store);
}

/* Other programs, and earlier versions of this library, do not say who they are; those count for
 * every list that file all of them under one name. */
static void test_rows_of_others(void **context) {
    api *self = *context;
    cv_rate_limit_spender found[MOST];
    cv_rate_limit_store *store = open_as(self, "ours", "");
    insert_row(self, "issue", "5", "", "");
    insert_row(self, "issue", "5", ", priority", ", 'user'");
    insert_row(self, "issue", "5", ", priority, scope, boot, boot_ms, connecting",
               ", 'user', '', 'another boot', 1, 0");
    insert_row(self, "unknown", "5", "", "");
    assert_int_equal(spenders_of(store, "issue", found), 1);
    check_spender(&found[0], "", 0, 3, 2);
    assert_int_equal(spenders_of(store, "issues", found), 1);
    check_spender(&found[0], "", 0, 1, 0);
    cv_rate_limit_store_close(store);
}

/* The file may hold anything: bounded, printable, and each apart from the others. */
static void test_hostile_names_in_the_file(void **context) {
    static const struct {
        const char *values;
        const char *application; /* its beginning */
        size_t length;
        int64_t pid;
    } cases[] = {
        {", printf('%.*c', 200000, 'x'), 1", "xxxx", CV_APPLICATION_MAX, 1},
        {", 'a' || char(10, 13, 27, 127) || 'b', 2", "a    b", 6, 2},
        {", x'6100620063', 3", "a", 1, 3},
        {", zeroblob(100000), 4", "", 0, 4},
        {", 5, 'many'", "5", 1, 0},
        {", 'q', -9223372036854775807 - 1", "q", 1, 0},
        {", replace(printf('%.*c', 64, 'y'), 'y', char(8364)), 1e300", "\xE2\x82\xAC\xE2\x82\xAC",
         126, INT64_MAX},
        {", NULL, NULL", "", 0, 0},
    };
    api *self = *context;
    cv_rate_limit_spender found[MOST];
    cv_rate_limit_store *store = open_as(self, "ours", NULL);
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        insert_row(self, "issue", "5", ", application, pid", cases[i].values);
        assert_int_equal(spenders_of(store, "issue", found), 1);
        assert_int_equal(strnlen(found[0].application, sizeof(found[0].application)),
                         cases[i].length);
        assert_memory_equal(found[0].application, cases[i].application,
                            strlen(cases[i].application));
        check_spender(&found[0], found[0].application, cases[i].pid, 1, 0);
        assert_done(cv_rate_limit_store_clear(store));
    }
    cv_rate_limit_store_close(store);
}

/* A name is a value, never a part of a statement. */
static void test_hostile_names_of_applications(void **context) {
    static const char *const names[] = {"'); DELETE FROM rate_limits; --", "\"a\" || 'b' ?1 :n %s",
                                        "\xFF\xFE\xC0", "%n%s%p"};
    api *self = *context;
    cv_rate_limit_spender found[MOST];
    for (size_t i = 0; i < API_COUNT(names); i++) {
        cv_rate_limit_store *store = open_as(self, names[i], NULL);
        spend(store, "issue", USER, 1);
        spend(store, "issue", BACKGROUND, 1);
        assert_int_equal(spenders_of(store, "issue", found), 1);
        check_spender(&found[0], names[i], getpid(), 2, 1);
        assert_done(cv_rate_limit_store_clear(store));
        cv_rate_limit_store_close(store);
    }
}

/* ---- arguments ---- */

static void test_as_many_as_fit(void **context) {
    api *self = *context;
    cv_rate_limit_spender found[MOST];
    size_t count = 0;
    cv_rate_limit_store *store = open_as(self, "most", NULL);
    spend(store, "issue", USER, 9);
    for (int i = 1; i <= 2 * MOST; i++) {
        char values[64];
        assert_true(snprintf(values, sizeof(values), ", 'few', %d", i) > 0);
        insert_row(self, "issue", "5", ", application, pid", values);
    }
    for (size_t capacity = 0; capacity <= MOST; capacity++) {
        memset(found, 0x55, sizeof(found));
        assert_done(cv_rate_limit_store_spenders(store, "issue", capacity > 0 ? found : NULL,
                                                 capacity, &count));
        assert_int_equal(count, 2 * MOST + 1);
        if (capacity > 0) {
            check_spender(&found[0], "most", getpid(), 9, 9);
        }
        if (capacity < MOST) {
            assert_int_equal(found[capacity].pid, 0x5555555555555555);
        }
    }
    cv_rate_limit_store_close(store);
}

static void test_bad_arguments_are_refused(void **context) {
    api *self = *context;
    cv_rate_limit_spender found[MOST];
    size_t count = 7;
    cv_rate_limit_store *store = open_as(self, NULL, NULL);
    assert_refused(cv_rate_limit_store_spenders(NULL, "issue", found, MOST, &count),
                   CV_ERROR_ARGUMENT);
    assert_int_equal(count, 0);
    assert_refused(cv_rate_limit_store_spenders(store, NULL, found, MOST, &count),
                   CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_spenders(store, "a/b", found, MOST, &count),
                   CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_spenders(store, "issue", NULL, 1, &count),
                   CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_spenders(store, "issue", found, MOST, NULL),
                   CV_ERROR_ARGUMENT);
    cv_rate_limit_store_close(store);
}

static void test_bad_names_are_refused(void **context) {
    static const struct {
        const char *name;
        bool is_good;
    } cases[] = {{"a\nb", false}, {"a\x7F", false}, {"", true}};
    api *self = *context;
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database.text;
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        options.application = cases[i].name;
        cv_rate_limit_store *store = cv_rate_limit_store_open(&options);
        assert_int_equal(store != NULL, cases[i].is_good);
        cv_rate_limit_store_close(store);
    }
    options.application = face_long_text(CV_APPLICATION_MAX + 1);
    assert_null(cv_rate_limit_store_open(&options));
    face_assert_error(CV_ERROR_ARGUMENT);
    options.application = face_long_text(CV_APPLICATION_MAX);
    cv_rate_limit_store *store = cv_rate_limit_store_open(&options);
    assert_non_null(store);
    cv_rate_limit_store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_each_application_by_itself),
        API_TEST(test_each_process_by_itself),
        API_TEST(test_clients_are_named_too),
        API_TEST(test_each_path_and_scope_by_itself),
        API_TEST(test_each_window_by_itself),
        API_TEST(test_rows_of_others),
        API_TEST(test_hostile_names_in_the_file),
        API_TEST(test_hostile_names_of_applications),
        API_TEST(test_as_many_as_fit),
        API_TEST(test_bad_arguments_are_refused),
        API_TEST(test_bad_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
