/* Polls with a budget: each brings the work on, none waits, and in the end all is done. */
#include "support/api_drive.h"

#include <poll.h>

#include <sqlite3.h>

enum { FIRST = 1, ISSUES = 40, MOST_POLLS = 20000 };

static int set_up_thread(void **context) {
    return drive_set_up_on(context, CV_DRIVE_THREAD, api_new_with_issues(FIRST, ISSUES));
}

static int set_up_poll(void **context) {
    return drive_set_up_on(context, CV_DRIVE_POLL, api_new_with_issues(FIRST, ISSUES));
}

static void ask_for_all(const drive_scene *scene, cv_request *requests[ISSUES],
                        note noted[ISSUES]) {
    for (int i = 0; i < ISSUES; i++) {
        noted[i] = (note){.calls = 0};
        requests[i] = drive_ask(scene, FIRST + i, &noted[i]);
    }
}

static void free_all(cv_request *requests[ISSUES]) {
    for (int i = 0; i < ISSUES; i++) {
        cv_request_free(requests[i]);
    }
}

/* Watches until a poll is due, and polls; the answer is what was delivered. */
static int watch_and_poll_for(const drive_scene *scene, int64_t budget_us) {
    struct pollfd watched = {.fd = cv_client_fd(scene->client), .events = POLLIN};
    assert_int_equal(poll(&watched, 1, API_PATIENCE_MS), 1);
    return cv_client_poll_for(scene->client, budget_us);
}

/* With no time at all each poll delivers one thing at most, and yet all come, in their order. */
static void test_no_budget_is_enough_in_the_end(void **context) {
    drive_scene *scene = *context;
    cv_request *requests[ISSUES];
    note noted[ISSUES];
    int delivered = 0;
    ask_for_all(scene, requests, noted);
    for (int polls = 0; delivered < ISSUES; polls++) {
        assert_true(polls < MOST_POLLS);
        int count = watch_and_poll_for(scene, 0);
        assert_in_range(count, 0, 2); /* an event, of which there are none, and a callback */
        delivered += count;
    }
    for (int i = 0; i < ISSUES; i++) {
        assert_called_once(&noted[i], CV_OK);
    }
    free_all(requests);
}

/* A large budget does in one poll all that can be done without waiting. */
static void test_a_large_budget_leaves_nothing(void **context) {
    drive_scene *scene = *context;
    cv_request *requests[ISSUES];
    note noted[ISSUES];
    ask_for_all(scene, requests, noted);
    for (int i = 0; i < ISSUES; i++) {
        assert_true(cv_request_wait(requests[i], API_PATIENCE_MS));
    }
    free_all(requests);
    ask_for_all(scene, requests, noted); /* the cache has them all */
    assert_int_equal(cv_client_poll_for(scene->client, INT64_C(60000000)), ISSUES);
    free_all(requests);
}

/* While work is left the client wants to be polled at once. */
static void test_what_is_left_is_due(void **context) {
    drive_scene *scene = *context;
    cv_request *requests[ISSUES];
    note noted[ISSUES];
    ask_for_all(scene, requests, noted);
    assert_int_equal(cv_client_next_deadline(scene->client), 0);
    for (int i = 0; i < ISSUES / 2; i++) {
        cv_client_poll_for(scene->client, -1);
        assert_int_equal(cv_client_next_deadline(scene->client), 0);
    }
    free_all(requests);
}

static sqlite3 *lock_file(const drive_scene *scene) {
    sqlite3 *locker = NULL;
    assert_int_equal(sqlite3_open(scene->self->database.text, &locker), SQLITE_OK);
    assert_int_equal(sqlite3_exec(locker, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return locker;
}

/* Polls come back while another connection keeps the file locked, however long that is. */
static void test_a_locked_file_keeps_no_poll(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    sqlite3 *locker = lock_file(scene);
    cv_request *request = drive_ask(scene, FIRST, &noted);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(cv_client_poll_for(scene->client, 500), 0);
        assert_int_equal(cv_client_poll(scene->client, 0), 0);
    }
    assert_int_equal(drive_requests(scene), 0);
    assert_int_equal(sqlite3_exec(locker, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(locker);
    drive_until_called(scene, &noted);
    assert_called_once(&noted, CV_OK);
    cv_request_free(request);
}

static void test_nothing_to_do_is_nothing_done(void **context) {
    drive_scene *scene = *context;
    assert_int_equal(cv_client_poll_for(scene->client, 1000), 0);
    assert_int_equal(cv_client_poll_for(NULL, 1000), 0);
    assert_int_equal(api_retrieve(scene->client, FIRST).code, CV_OK);
    assert_int_equal(cv_client_poll_for(scene->client, 1000), 0);
}

#define IN_BOTH(test)                                                                              \
    {#test " (thread)", test, set_up_thread, drive_tear_down, NULL}, {                             \
#test " (poll)", test, set_up_poll, drive_tear_down, NULL                                  \
    }
#define IN_POLL(test)                                                                              \
    { #test " (poll)", test, set_up_poll, drive_tear_down, NULL }

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_BOTH(test_no_budget_is_enough_in_the_end),
        IN_POLL(test_a_large_budget_leaves_nothing),
        IN_POLL(test_what_is_left_is_due),
        IN_BOTH(test_a_locked_file_keeps_no_poll),
        IN_BOTH(test_nothing_to_do_is_nothing_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
