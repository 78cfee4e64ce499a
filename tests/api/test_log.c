/* The log as an application sees it: which lines, at which level, and what is not held while one is
 * taken. Addresses and times differ from run to run: lines are compared without their numbers. */
#include "support/api_drive.h"

#include <ctype.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUE = 52, OTHER_ISSUE = 61, NO_ISSUE = 999999 };

typedef struct scene {
    drive_scene drive; /* first: the set-up's helpers take it */
    cv_options options;
    pthread_mutex_t mutex;
    char text[16384];
    bool holds_nothing; /* while lines were taken */
} scene;

/* Numbers become "#", the folder of the database goes. */
static void add_line(scene *self, cv_log_level level, const char *line) {
    static const char letters[] = "?EWID";
    const char *folder = self->drive.self->scratch.folder;
    size_t length = strlen(self->text);
    self->text[length++] = letters[level];
    self->text[length++] = ' ';
    while (*line != '\0') {
        assert_true(length + 4 < sizeof(self->text));
        if (strncmp(line, folder, strlen(folder)) == 0) {
            line += strlen(folder);
        } else if (isdigit((unsigned char)*line)) {
            line += strspn(line, "0123456789.");
            self->text[length++] = '#';
        } else {
            self->text[length++] = *line++;
        }
    }
    self->text[length++] = '\n';
    self->text[length] = '\0';
}

/* Another connection can write, if need be when another thread of the client has written. */
static bool can_write(const scene *self) {
    sqlite3 *connection = NULL;
    bool can = sqlite3_open(self->drive.self->database.text, &connection) == SQLITE_OK &&
               sqlite3_busy_timeout(connection, API_PATIENCE_MS) == SQLITE_OK &&
               sqlite3_exec(connection, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(connection);
    return can;
}

static void take(cv_log_level level, const char *line, void *user) {
    scene *self = user;
    pthread_mutex_lock(&self->mutex);
    cv_client_next_deadline(self->drive.client); /* would wait for ever if its lock were held */
    self->holds_nothing = self->holds_nothing && can_write(self);
    add_line(self, level, line);
    pthread_mutex_unlock(&self->mutex);
}

static int set_up(void **context, cv_drive drive) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    assert_int_equal(pthread_mutex_init(&self->mutex, NULL), 0);
    self->holds_nothing = true;
    self->drive.self = api_new();
    self->drive.drive = drive;
    self->options = api_options(self->drive.self);
    self->options.on_log = take;
    self->options.user = self;
    self->options.log_level = CV_LOG_DEBUG;
    *context = self;
    return 0;
}

static int set_up_thread(void **context) {
    return set_up(context, CV_DRIVE_THREAD);
}

static int set_up_poll(void **context) {
    return set_up(context, CV_DRIVE_POLL);
}

static void close_client(scene *self) {
    pthread_mutex_lock(&self->mutex);
    cv_client *client = self->drive.client;
    self->drive.client = NULL;
    pthread_mutex_unlock(&self->mutex);
    cv_client_close(client);
}

static int tear_down(void **context) {
    scene *self = *context;
    close_client(self);
    assert_true(self->holds_nothing);
    api_end(self->drive.self);
    pthread_mutex_destroy(&self->mutex);
    free(self);
    return 0;
}

static void start(scene *self) {
    self->drive.client = drive_open(&self->drive, &self->options);
}

/* What was said since the last look. */
static void check(scene *self, const char *expected) {
    char said[sizeof(self->text)];
    pthread_mutex_lock(&self->mutex); /* a failure must not end the test with the lock held */
    memcpy(said, self->text, sizeof(said));
    self->text[0] = '\0';
    pthread_mutex_unlock(&self->mutex);
    assert_string_equal(said, expected);
}

static void forget(scene *self) {
    pthread_mutex_lock(&self->mutex);
    self->text[0] = '\0';
    pthread_mutex_unlock(&self->mutex);
}

#define URL(id) "D issue/#-#: request #, GET http://#:#/api/issue/#-#/?format=json\n"
#define SENT    URL(52)

static void test_a_file_is_made_then_opened(void **context) {
    scene *self = *context;
    start(self);
    check(self, "I /comics.db: brought from version # to #\nI libcomicvine #: opened /comics.db\n");
    close_client(self);
    check(self, "D closed\n");
    start(self);
    check(self, "I libcomicvine #: opened /comics.db\n");
}

static void test_a_request_and_its_answer(void **context) {
    scene *self = *context;
    start(self);
    forget(self);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    close_client(self);
    check(self, SENT "I issue/#-#: HTTP #, # bytes, # ms\nD closed\n");
}

static void test_levels_hold_back(void **context) {
    scene *self = *context;
    self->options.log_level = CV_LOG_WARNING;
    start(self);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    close_client(self);
    check(self, "");
    self->options.log_level = CV_LOG_DEFAULT;
    start(self);
    assert_int_equal(api_retrieve(self->drive.client, OTHER_ISSUE).code, CV_OK);
    close_client(self);
    check(self, "I libcomicvine #: opened /comics.db\nI issue/#-#: HTTP #, # bytes, # ms\n");
    self->options.log_level = (cv_log_level)(CV_LOG_DEBUG + 1);
    self->options.drive = self->drive.drive;
    assert_null(cv_client_open(&self->options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
}

static void test_retries(void **context) {
    scene *self = *context;
    const server_fault failing = {.http_status = 503, .body = ""};
    self->options.max_retries = 1;
    start(self);
    forget(self);
    api_break(self->drive.self, &failing);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    close_client(self);
    check(self, SENT "I issue/#-#: HTTP #, # bytes, # ms\n"
                     "W issue/#-#: the service failed (HTTP #); try # follows in # ms\n" SENT
                     "I issue/#-#: HTTP #, # bytes, # ms\nD closed\n");
}

static void test_pauses(void **context) {
    scene *self = *context;
    const server_fault limited = {
        .http_status = 429, .body = "", .headers = {{"Retry-After", "9"}}};
    start(self);
    forget(self);
    api_break(self->drive.self, &limited);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_ERROR_RATE_LIMITED);
    close_client(self);
    check(self, SENT "I issue/#-#: HTTP #, # bytes, # ms\n"
                     "W issue/#-#: the service's rate limit is exceeded (HTTP #); a pause of # ms "
                     "begins\nD closed\n");
}

static void test_no_answer(void **context) {
    scene *self = *context;
    const server_fault reset = {.kind = SERVER_FAULT_CLOSE};
    start(self);
    forget(self);
    api_break(self->drive.self, &reset);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_ERROR_NETWORK);
    close_client(self);
    check(self, SENT "W issue/#-#: no good answer after # ms: Server returned nothing (no headers, "
                     "no data)\nD closed\n");
}

static void test_redirects(void **context) {
    scene *self = *context;
    const server_fault moved = {
        .http_status = 302,
        .body = "",
        .headers = {{"Location", "/api/issue/4000-52/?format=json&api_key=" API_KEY}}};
    start(self);
    forget(self);
    api_break(self->drive.self, &moved);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    close_client(self);
    check(self, SENT "I issue/#-#: HTTP #, redirected to "
                     "http://#:#/api/issue/#-#/?format=json\n" SENT
                     "I issue/#-#: HTTP #, # bytes, # ms\nD closed\n");
}

static void test_damage_in_the_cache(void **context) {
    scene *self = *context;
    start(self);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    close_client(self); /* a worker says the last of it after the answer */
    api_execute(self->drive.self, "UPDATE cache SET value = x'00'");
    start(self);
    forget(self);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).source, CV_SOURCE_NETWORK);
    close_client(self);
    check(self, "W an entry of the cache was damaged: deleted\n" SENT
                "I issue/#-#: HTTP #, # bytes, # ms\nD closed\n");
}

/* The caller has an answer; that it could not be kept, only the log says. */
static void test_failures_that_fail_no_call(void **context) {
    scene *self = *context;
    start(self);
    api_execute(self->drive.self, "CREATE TRIGGER refuse BEFORE INSERT ON cache BEGIN"
                                  " SELECT RAISE(ABORT, 'no room'); END");
    forget(self);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    assert_int_equal(api_retrieve(self->drive.client, OTHER_ISSUE).code, CV_OK);
    close_client(self);
    assert_non_null(strstr(self->text, "W issue/#-#: an answer cannot be stored: "));
    const char *first = strstr(self->text, "cannot be stored");
    assert_null(strstr(first + 1, "cannot be stored")); /* once in ten seconds */
}

static void test_nobody_reads(void **context) {
    scene *self = *context;
    self->options.on_log = NULL;
    start(self);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    close_client(self);
    check(self, "");
}

int main(void) {
#define BOTH(test)                                                                                 \
    {#test " (thread)", test, set_up_thread, tear_down, NULL}, {                                   \
#test " (poll)", test, set_up_poll, tear_down, NULL                                        \
    }
    const struct CMUnitTest tests[] = {
        BOTH(test_a_file_is_made_then_opened),
        BOTH(test_a_request_and_its_answer),
        BOTH(test_levels_hold_back),
        BOTH(test_retries),
        BOTH(test_pauses),
        BOTH(test_no_answer),
        BOTH(test_redirects),
        BOTH(test_damage_in_the_cache),
        BOTH(test_failures_that_fail_no_call),
        BOTH(test_nobody_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
