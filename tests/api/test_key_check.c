/* Whether the key is accepted: asked once, remembered in the client and in the file, by key and
 * service, and learnt from any other answer too. */
#include "support/api_drive.h"

#include <string.h>

#include <sqlite3.h>

#include <comicvine/sys/clock.h>

enum { ISSUE = 52, NEGATIVE_TTL_MS = 300000 };

#define START_MS INT64_C(1717243200000)
#define PROMOS   "/api/promos/"
#define KEYS     "SELECT count(*) FROM settings WHERE name LIKE 'key:%'"
#define OF_KEYS  "WHERE name LIKE 'key:%'"
#define AGED                                                                                       \
    "UPDATE settings SET value = value - sign(value) * 86400001"                                   \
    " WHERE name LIKE 'key:%'"
#define AHEAD                                                                                      \
    "UPDATE settings SET value = value + sign(value) * 86400001"                                   \
    " WHERE name LIKE 'key:%'"

static size_t asked(const drive_scene *scene) {
    return server_request_count(scene->self->server, PROMOS);
}

static void expect_accepted(const drive_scene *scene, cv_client *client, size_t requests) {
    if (!cv_client_check_key(client)) {
        fail_msg("%s", cv_last_error()->message);
    }
    assert_int_equal(asked(scene), requests);
}

static void expect(const drive_scene *scene, cv_client *client, cv_code code, size_t requests) {
    assert_false(cv_client_check_key(client));
    assert_string_equal(cv_code_name(cv_last_error()->code), cv_code_name(code));
    assert_null(strstr(cv_last_error()->message, API_KEY));
    assert_int_equal(asked(scene), requests);
}

static cv_client *open_with_key(const drive_scene *scene, const char *key) {
    cv_options options = api_options(scene->self);
    options.api_key = key;
    return drive_open(scene, &options);
}

static void reopen(drive_scene *scene) {
    cv_client_close(scene->client);
    scene->client = open_with_key(scene, API_KEY);
}

/* ---- asked once ---- */

static void test_it_is_asked_once(void **context) {
    drive_scene *scene = *context;
    expect_accepted(scene, scene->client, 1);
    expect_accepted(scene, scene->client, 1);
    assert_int_equal(api_query(scene->self, KEYS), 1);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM cache"), 0);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), 1);
    server_request request;
    assert_true(server_request_at(scene->self->server, PROMOS, 0, &request));
    assert_true(request.key_was_right);
    assert_non_null(strstr(request.query, "limit=1"));
}

static void test_the_file_remembers(void **context) {
    drive_scene *scene = *context;
    expect_accepted(scene, scene->client, 1);
    reopen(scene);
    expect_accepted(scene, scene->client, 1);
}

static void test_a_refusal_is_remembered_too(void **context) {
    drive_scene *scene = *context;
    cv_client *wrong = open_with_key(scene, "a-key-that-nobody-has");
    expect(scene, wrong, CV_ERROR_AUTH, 1);
    expect(scene, wrong, CV_ERROR_AUTH, 1);
    assert_in_range(cv_last_error()->retry_after_ms, 1, NEGATIVE_TTL_MS);
    cv_client_close(wrong);
    wrong = open_with_key(scene, "a-key-that-nobody-has");
    expect(scene, wrong, CV_ERROR_AUTH, 1);
    cv_client_close(wrong);
}

static void test_keys_are_told_apart(void **context) {
    drive_scene *scene = *context;
    cv_client *wrong = open_with_key(scene, "a-key-that-nobody-has");
    expect_accepted(scene, scene->client, 1);
    expect(scene, wrong, CV_ERROR_AUTH, 2);
    expect_accepted(scene, scene->client, 2);
    assert_int_equal(api_query(scene->self, KEYS), 2);
    cv_client_close(wrong);
}

/* ---- times ---- */

static void test_what_is_old_is_asked_anew(void **context) {
    static const char *const changes[] = {AGED, AHEAD};
    drive_scene *scene = *context;
    expect_accepted(scene, scene->client, 1);
    for (size_t i = 0; i < API_COUNT(changes); i++) {
        api_execute(scene->self, changes[i]);
        reopen(scene);
        expect_accepted(scene, scene->client, i + 2);
    }
}

static void test_a_refusal_that_is_not_remembered(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.api_key = "a-key-that-nobody-has";
    options.cache.negative_ttl_s = CV_NONE;
    cv_client *wrong = drive_open(scene, &options);
    expect(scene, wrong, CV_ERROR_AUTH, 1);
    expect(scene, wrong, CV_ERROR_AUTH, 2);
    cv_client_close(wrong);
}

static void test_words_of_other_keys_are_forgotten_in_time(void **context) {
    drive_scene *scene = *context;
    expect_accepted(scene, scene->client, 1);
    api_execute(scene->self, AGED);
    cv_client *wrong = open_with_key(scene, "a-key-that-nobody-has");
    expect(scene, wrong, CV_ERROR_AUTH, 2);
    cv_client_close(wrong);
    assert_int_equal(api_query(scene->self, KEYS), 1);
    assert_int_equal(
        api_query(scene->self, "SELECT value < 0 FROM settings WHERE name LIKE 'key:%'"), 1);
}

/* Nor do they stay that no clock has said, however they came into the file. */
static void test_words_of_no_time_are_forgotten(void **context) {
    drive_scene *scene = *context;
    api_execute(scene->self, "INSERT INTO settings(name, value)"
                             " VALUES('key:a', -9223372036854775807 - 1), ('key:b', 1),"
                             " ('key:c', 9223372036854775807), ('key:d', 0)");
    expect_accepted(scene, scene->client, 1);
    assert_int_equal(api_query(scene->self, KEYS), 1);
    reopen(scene);
    expect_accepted(scene, scene->client, 1);
}

/* ---- other answers ---- */

static void test_any_answer_proves_it(void **context) {
    drive_scene *scene = *context;
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    expect_accepted(scene, scene->client, 0);
}

static void test_so_does_a_denial(void **context) {
    drive_scene *scene = *context;
    assert_int_equal(api_retrieve(scene->client, 999999).code, CV_ERROR_NOT_FOUND);
    expect_accepted(scene, scene->client, 0);
}

static void test_an_answer_of_the_cache_proves_nothing(void **context) {
    drive_scene *scene = *context;
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    reopen(scene);
    assert_int_equal(api_retrieve(scene->client, ISSUE).source, CV_SOURCE_CACHE);
    expect_accepted(scene, scene->client, 1);
}

static void test_a_refused_call_says_the_contrary(void **context) {
    const server_fault refused = {.api_status = 100};
    drive_scene *scene = *context;
    expect_accepted(scene, scene->client, 1);
    api_break(scene->self, &refused);
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_ERROR_AUTH);
    expect(scene, scene->client, CV_ERROR_AUTH, 1);
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    expect_accepted(scene, scene->client, 1);
}

/* What was noted before does not undo what this client has heard since. */
static void test_the_later_word_counts(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.negative_ttl_s = CV_NONE;
    cv_client *client = drive_open(scene, &options);
    const server_fault refused = {.api_status = 100};
    expect_accepted(scene, scene->client, 1);
    api_break(scene->self, &refused);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_ERROR_AUTH);
    expect_accepted(scene, client, 2);
    cv_client_close(client);
}

/* ---- not known ---- */

static void test_trouble_is_no_answer(void **context) {
    static const struct {
        server_fault fault;
        cv_code code;
    } troubles[] = {
        {{.http_status = 500, .body = ""}, CV_ERROR_SERVER},
        {{.api_status = 107}, CV_ERROR_RATE_LIMITED},
        {{.http_status = 403, .body = "<html>"}, CV_ERROR_BLOCKED},
        {{.body = "no JSON"}, CV_ERROR_RESPONSE},
    };
    drive_scene *scene = *context;
    for (size_t i = 0; i < API_COUNT(troubles); i++) {
        api_break(scene->self, &troubles[i].fault);
        expect(scene, scene->client, troubles[i].code, i + 1);
        api_lift_pauses(scene->self);
    }
    assert_int_equal(api_query(scene->self, KEYS), 0);
    expect_accepted(scene, scene->client, API_COUNT(troubles) + 1);
}

/* The file is for others; this client knows. */
static void test_what_cannot_be_noted_is_known(void **context) {
    drive_scene *scene = *context;
    api_execute(scene->self, "CREATE TRIGGER refuse BEFORE INSERT ON settings BEGIN"
                             " SELECT RAISE(ABORT, 'no room'); END");
    expect_accepted(scene, scene->client, 1);
    expect_accepted(scene, scene->client, 1);
    assert_int_equal(api_query(scene->self, KEYS), 0);
}

static void test_it_needs_room(void **context) {
    drive_scene *scene = *context;
    const cv_resource_limit none = {.resource = "promos", .limit = 0};
    cv_options options = api_options(scene->self);
    options.rate_limit.resources = &none;
    options.rate_limit.resource_count = 1;
    cv_client *client = drive_open(scene, &options);
    expect(scene, client, CV_ERROR_RATE_LIMITED, 0);
    cv_client_close(client);
}

static void test_without_a_client(void **context) {
    drive_scene *scene = *context;
    expect(scene, NULL, CV_ERROR_ARGUMENT, 0);
}

/* ---- as a request ---- */

static void expect_end(const drive_scene *scene, cv_client *client,
                       const cv_request_options *options, cv_code code, size_t requests) {
    cv_request *request = cv_request_check_key(client, options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, code);
    assert_null(strstr(cv_request_error(request)->message, API_KEY));
    assert_int_equal(asked(scene), requests);
    cv_request_free(request);
}

static void test_a_request_knows_what_is_known(void **context) {
    drive_scene *scene = *context;
    expect_end(scene, scene->client, NULL, CV_OK, 1);
    expect_end(scene, scene->client, NULL, CV_OK, 1);
    drive_until(scene, KEYS, 1);
    reopen(scene);
    expect_end(scene, scene->client, NULL, CV_OK, 1);
    expect_accepted(scene, scene->client, 1);
    api_execute(scene->self, AGED);
    reopen(scene);
    expect_end(scene, scene->client, NULL, CV_OK, 2);
}

static void test_a_request_is_refused(void **context) {
    drive_scene *scene = *context;
    cv_client *wrong = open_with_key(scene, "a-key-that-nobody-has");
    expect_end(scene, wrong, NULL, CV_ERROR_AUTH, 1);
    expect_end(scene, wrong, NULL, CV_ERROR_AUTH, 1);
    cv_client_close(wrong);
    assert_int_equal(
        api_query(scene->self, "SELECT value < 0 FROM settings WHERE name LIKE 'key:%'"), 1);
    wrong = open_with_key(scene, "a-key-that-nobody-has");
    expect_end(scene, wrong, NULL, CV_ERROR_AUTH, 1);
    expect(scene, wrong, CV_ERROR_AUTH, 1);
    cv_client_close(wrong);
}

static void test_a_request_has_options(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "id";
    expect_end(scene, scene->client, &options, CV_ERROR_ARGUMENT, 0);
    options = (cv_request_options)CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    expect_end(scene, scene->client, &options, CV_ERROR_NOT_CACHED, 0);
    expect_accepted(scene, scene->client, 1);
    expect_end(scene, scene->client, &options, CV_OK, 1);
    options.mode = CV_MODE_REFRESH;
    expect_end(scene, scene->client, &options, CV_OK, 2);
}

static void test_a_request_that_finds_trouble(void **context) {
    const server_fault fault = {.http_status = 500, .body = ""};
    drive_scene *scene = *context;
    api_break(scene->self, &fault);
    expect_end(scene, scene->client, NULL, CV_ERROR_SERVER, 1);
    assert_int_equal(api_query(scene->self, KEYS), 0);
}

static void test_a_request_has_no_result(void **context) {
    drive_scene *scene = *context;
    cv_request *request = cv_request_check_key(scene->client, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_null(cv_page_take(request));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, "check of the key"));
    assert_null(cv_record_take(request));
    assert_null(cv_many_take(request));
    cv_request_free(request);
}

static void test_a_request_is_cancelled(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    drive_hold(scene);
    cv_request *request = cv_request_check_key(scene->client, NULL);
    cv_request_on_done(request, note_call, &noted);
    drive_until_sent(scene, 1);
    assert_false(cv_request_done(request));
    cv_request_cancel(request);
    drive_until_called(scene, &noted);
    assert_called_once(&noted, CV_ERROR_CANCELLED);
    cv_request_free(request);
    drive_release(scene);
}

/* It does not wait for who holds the file, and is noted when that lets go. */
static void test_a_request_does_not_wait_for_the_file(void **context) {
    drive_scene *scene = *context;
    sqlite3 *other = NULL;
    drive_hold(scene);
    cv_request *request = cv_request_check_key(scene->client, NULL);
    drive_until_sent(scene, 1);
    assert_int_equal(sqlite3_open(scene->self->database.text, &other), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(other, API_PATIENCE_MS), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    drive_release(scene);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_OK);
    assert_int_equal(api_query(scene->self, KEYS), 0);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    drive_until(scene, KEYS, 1);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    cv_request_free(request);
}

/* ---- at rest ---- */

/* A check that waits at rest ends like this when the client goes on, after so many requests. */
static void expect_at_rest(const drive_scene *scene, cv_client *client, cv_request *request,
                           cv_code code, size_t requests) {
    cv_client_poll(client, 0);
    assert_false(cv_request_done(request));
    cv_client_resume(client);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, code);
    assert_int_equal(asked(scene), requests);
    cv_request_free(request);
}

static void test_a_request_at_rest_knows_what_the_client_knows(void **context) {
    drive_scene *scene = *context;
    expect_accepted(scene, scene->client, 1);
    cv_client_suspend(scene->client);
    cv_request *request = cv_request_check_key(scene->client, NULL);
    expect_at_rest(scene, scene->client, request, CV_OK, 1);
}

static void test_a_request_at_rest_knows_what_others_learn(void **context) {
    drive_scene *scene = *context;
    cv_client *other = open_with_key(scene, API_KEY);
    cv_client_suspend(scene->client);
    cv_request *request = cv_request_check_key(scene->client, NULL);
    expect_accepted(scene, other, 1);
    expect_at_rest(scene, scene->client, request, CV_OK, 1);
    cv_client_close(other);
}

/* What it did not hear itself is not noted as its own word: that would take the place of any. */
static void test_a_request_at_rest_knows_a_refusal(void **context) {
    drive_scene *scene = *context;
    cv_client *wrong = open_with_key(scene, "a-key-that-nobody-has");
    cv_client *other = open_with_key(scene, "a-key-that-nobody-has");
    cv_client_suspend(wrong);
    cv_request *request = cv_request_check_key(wrong, NULL);
    expect(scene, other, CV_ERROR_AUTH, 1);
    api_execute(scene->self, "CREATE TRIGGER erase BEFORE INSERT ON settings BEGIN"
                             " DELETE FROM settings WHERE name = new.name; END");
    int64_t noted = api_query(scene->self, "SELECT value FROM settings " OF_KEYS);
    expect_at_rest(scene, wrong, request, CV_ERROR_AUTH, 1);
    cv_client_close(wrong);
    cv_client_close(other);
    assert_int_equal(api_query(scene->self, "SELECT value FROM settings " OF_KEYS), noted);
}

/* What was under way has been broken off. */
static void test_a_request_that_is_broken_off_for_a_rest(void **context) {
    drive_scene *scene = *context;
    cv_client *other = open_with_key(scene, API_KEY);
    drive_hold(scene);
    cv_request *request = cv_request_check_key(scene->client, NULL);
    drive_until_sent(scene, 1);
    cv_client_suspend(scene->client);
    drive_release(scene);
    expect_accepted(scene, other, 2);
    expect_at_rest(scene, scene->client, request, CV_OK, 2);
    cv_client_close(other);
}

static void test_a_request_at_rest_that_must_ask(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    cv_client_suspend(scene->client);
    cv_request *request = cv_request_check_key(scene->client, NULL);
    expect_at_rest(scene, scene->client, request, CV_OK, 1);
    cv_client_suspend(scene->client);
    options.mode = CV_MODE_REFRESH;
    request = cv_request_check_key(scene->client, &options);
    expect_at_rest(scene, scene->client, request, CV_OK, 2);
}

static void test_a_request_at_rest_that_may_not_ask(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    cv_client_suspend(scene->client);
    cv_request *request = cv_request_check_key(scene->client, &options);
    expect_at_rest(scene, scene->client, request, CV_ERROR_NOT_CACHED, 0);
    expect_accepted(scene, scene->client, 1);
    cv_client_suspend(scene->client);
    request = cv_request_check_key(scene->client, &options);
    expect_at_rest(scene, scene->client, request, CV_OK, 1);
}

/* ---- noted late ---- */

static cv_now look_at_clock(void *user) {
    const cv_now *now = user;
    return *now;
}

static void pass_ms(cv_now *now, int64_t duration_ms) {
    now->boot_ms += duration_ms;
    now->wall_ms += duration_ms;
}

static sqlite3 *hold_file(const drive_scene *scene, const char *change) {
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(scene->self->database.text, &other), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(other, API_PATIENCE_MS), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, change, NULL, NULL, NULL), SQLITE_OK);
    return other;
}

static void let_file(sqlite3 *other) {
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

/* The key is accepted at 0 s and, while others hold the file and change the word in it, at 10 s;
 * they let go at 20 s. What the file says then. */
static int64_t note_beside(drive_scene *scene, const char *change) {
    cv_now now = {5000000, START_MS};
    cv_clock clock = CV_CLOCK_INIT;
    cv_options options = api_options(scene->self);
    cv_request_options refresh = CV_REQUEST_OPTIONS_INIT;
    clock.now = look_at_clock;
    clock.user = &now;
    options.clock = &clock;
    refresh.mode = CV_MODE_REFRESH;
    scene->client = drive_open(scene, &options);
    assert_true(cv_client_check_key(scene->client));
    pass_ms(&now, 10000);
    drive_hold(scene);
    cv_request *request = cv_request_check_key(scene->client, &refresh);
    drive_until_sent(scene, drive_requests(scene) + 1);
    sqlite3 *other = hold_file(scene, change);
    drive_release(scene);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_OK);
    cv_request_free(request);
    pass_ms(&now, 10000);
    let_file(other);
    cv_client_close(scene->client);
    scene->client = NULL;
    return api_query(scene->self, "SELECT value FROM settings " OF_KEYS);
}

/* What it learns while others hold the file is as old as it is once it is noted: a word that they
 * have heard meanwhile stays, unless it is of the future. */
static void test_what_is_noted_late_is_as_old_as_it_is(void **context) {
    static const struct {
        const char *change;
        int64_t noted_ms;
    } cases[] = {
        {"SELECT 1", START_MS + 10000},
        {"UPDATE settings SET value = -(value + 5000) " OF_KEYS, START_MS + 10000},
        {"UPDATE settings SET value = -(value + 15000) " OF_KEYS, -(START_MS + 15000)},
        {"UPDATE settings SET value = value + 15000 " OF_KEYS, START_MS + 15000},
        {"UPDATE settings SET value = -(value + 25000) " OF_KEYS, START_MS + 10000},
    };
    drive_scene *scene = *context;
    cv_client_close(scene->client);
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        assert_int_equal(note_beside(scene, cases[i].change), cases[i].noted_ms);
        api_execute(scene->self, "DELETE FROM settings " OF_KEYS);
    }
}

static void test_a_request_without_a_client(void **context) {
    (void)context;
    assert_null(cv_request_check_key(NULL, NULL));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_it_is_asked_once),
        BOTH_DRIVES(test_the_file_remembers),
        BOTH_DRIVES(test_a_refusal_is_remembered_too),
        BOTH_DRIVES(test_keys_are_told_apart),
        BOTH_DRIVES(test_what_is_old_is_asked_anew),
        BOTH_DRIVES(test_a_refusal_that_is_not_remembered),
        BOTH_DRIVES(test_words_of_other_keys_are_forgotten_in_time),
        BOTH_DRIVES(test_words_of_no_time_are_forgotten),
        BOTH_DRIVES(test_any_answer_proves_it),
        BOTH_DRIVES(test_so_does_a_denial),
        BOTH_DRIVES(test_an_answer_of_the_cache_proves_nothing),
        BOTH_DRIVES(test_a_refused_call_says_the_contrary),
        BOTH_DRIVES(test_the_later_word_counts),
        BOTH_DRIVES(test_trouble_is_no_answer),
        BOTH_DRIVES(test_what_cannot_be_noted_is_known),
        BOTH_DRIVES(test_it_needs_room),
        BOTH_DRIVES(test_without_a_client),
        BOTH_DRIVES(test_a_request_knows_what_is_known),
        BOTH_DRIVES(test_a_request_is_refused),
        BOTH_DRIVES(test_a_request_has_options),
        BOTH_DRIVES(test_a_request_that_finds_trouble),
        BOTH_DRIVES(test_a_request_has_no_result),
        BOTH_DRIVES(test_a_request_is_cancelled),
        BOTH_DRIVES(test_a_request_does_not_wait_for_the_file),
        BOTH_DRIVES(test_a_request_at_rest_knows_what_the_client_knows),
        BOTH_DRIVES(test_a_request_at_rest_knows_what_others_learn),
        BOTH_DRIVES(test_a_request_at_rest_knows_a_refusal),
        BOTH_DRIVES(test_a_request_that_is_broken_off_for_a_rest),
        BOTH_DRIVES(test_a_request_at_rest_that_must_ask),
        BOTH_DRIVES(test_a_request_at_rest_that_may_not_ask),
        POLL_ONLY(test_what_is_noted_late_is_as_old_as_it_is),
        BOTH_DRIVES(test_a_request_without_a_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
