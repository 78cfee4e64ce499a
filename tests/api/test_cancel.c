/* Ends that come early: cancelling, freeing and closing while a request is under way. Whoever asked
 * for the same thing goes on, and what has been sent is paid for, so its answer is stored. */
#include "support/api_drive.h"
#include "support/crowd.h"

enum { ISSUE = 52, OTHER_ISSUE = 61, PROMPT_MS = 20000 };

#define CACHED "SELECT count(*) FROM cache"

static void assert_stored(const drive_scene *scene) {
    drive_until(scene, CACHED, 1);
    assert_int_equal(api_retrieve(scene->client, ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(drive_requests(scene), 1);
    assert_int_equal(
        api_query(scene->self, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"), 0);
}

/* ---- cancelling ---- */

static void test_cancel_ends_at_once(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    drive_until_sent(scene, 1);
    cv_request_cancel(request);
    assert_ended(request, CV_ERROR_CANCELLED);
    assert_int_equal(noted.calls, 0);
    assert_true(cv_request_wait(request, -1));
    assert_called_once(&noted, CV_ERROR_CANCELLED);
    cv_request_cancel(request);
    assert_ended(request, CV_ERROR_CANCELLED);
    assert_null(cv_issue_take(request));
    cv_request_free(request);
    drive_release(scene);
}

static void test_others_go_on(void **context) {
    drive_scene *scene = *context;
    note of_cancelled = {.calls = 0};
    note of_other = {.calls = 0};
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, &of_cancelled);
    drive_until_sent(scene, 1);
    cv_request *other = drive_ask(scene, ISSUE, &of_other);
    cv_client_poll(scene->client, 0);
    cv_request_cancel(request);
    assert_ended(request, CV_ERROR_CANCELLED);
    assert_false(cv_request_done(other));
    drive_release(scene);
    drive_until_called(scene, &of_other);
    assert_called_once(&of_other, CV_OK);
    assert_called_once(&of_cancelled, CV_ERROR_CANCELLED);
    assert_int_equal(drive_requests(scene), 1);
    cv_request_free(request);
    cv_request_free(other);
}

static void test_what_was_sent_is_stored(void **context) {
    drive_scene *scene = *context;
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    drive_until_sent(scene, 1);
    cv_request_cancel(request);
    cv_request_free(request);
    drive_release(scene);
    assert_stored(scene);
}

static void test_free_cancels_and_drops_the_callback(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    drive_until_sent(scene, 1);
    cv_request_free(request);
    drive_release(scene);
    assert_stored(scene);
    assert_int_equal(cv_client_poll(scene->client, 0), 0);
    assert_int_equal(noted.calls, 0);
}

static void test_free_drops_a_callback_that_is_due(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_request *request = drive_ask(scene, 0, &noted);
    assert_ended(request, CV_ERROR_ARGUMENT);
    cv_request_free(request);
    assert_int_equal(cv_client_poll(scene->client, 0), 0);
    assert_int_equal(noted.calls, 0);
}

static void test_cancel_changes_nothing_that_is_done(void **context) {
    drive_scene *scene = *context;
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    cv_request_cancel(request);
    assert_ended(request, CV_OK);
    const cv_issue *issue = cv_issue_take(request);
    assert_non_null(issue);
    cv_issue_free(issue);
    cv_request_free(request);
}

/* Nobody has driven the client yet, so nothing has left it. */
static void test_what_was_not_sent_is_never_sent(void **context) {
    drive_scene *scene = *context;
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    cv_request_cancel(request);
    assert_ended(request, CV_ERROR_CANCELLED);
    cv_request_free(request);
    assert_int_equal(api_retrieve(scene->client, OTHER_ISSUE).code, CV_OK);
    assert_int_equal(drive_requests(scene), 1);
    assert_int_equal(server_request_count(scene->self->server, "/api/issue/4000-52/"), 0);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), 1);
}

static void test_a_wait_for_quota_can_be_cancelled(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.rate_limit.limit = 1;
    options.max_wait_ms = CV_WAIT_FOREVER;
    cv_client_close(scene->client);
    scene->client = drive_open(scene, &options);
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    cv_request *request = drive_ask(scene, OTHER_ISSUE, NULL);
    assert_false(cv_request_wait(request, 50));
    cv_request_cancel(request);
    assert_ended(request, CV_ERROR_CANCELLED);
    cv_request_free(request);
    cv_client_poll(scene->client, 0);
    assert_int_equal(drive_requests(scene), 1);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), 1);
    assert_int_equal(
        api_query(scene->self, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"), 0);
}

typedef struct canceller {
    const drive_scene *scene;
    cv_request *request;
    pthread_t thread;
    bool was_sent;
} canceller;

static void *cancel_when_sent(void *user) {
    canceller *self = user;
    self->was_sent = server_wait_for(self->scene->self->server, NULL, 1, API_PATIENCE_MS);
    cv_request_cancel(self->request);
    return NULL;
}

static void test_cancel_on_another_thread_ends_a_wait(void **context) {
    drive_scene *scene = *context;
    drive_hold(scene);
    canceller other = {.scene = scene, .request = drive_ask(scene, ISSUE, NULL)};
    assert_int_equal(pthread_create(&other.thread, NULL, cancel_when_sent, &other), 0);
    assert_true(cv_request_wait(other.request, -1));
    assert_ended(other.request, CV_ERROR_CANCELLED);
    assert_int_equal(pthread_join(other.thread, NULL), 0);
    assert_true(other.was_sent);
    cv_request_free(other.request);
    drive_release(scene);
}

/* ---- closing ---- */

static void close_promptly(drive_scene *scene) {
    int64_t start_ms = api_now_ms();
    cv_client_close(scene->client);
    scene->client = NULL;
    assert_true(api_now_ms() - start_ms < PROMPT_MS);
}

static void test_close_completes_what_is_under_way(void **context) {
    static const int64_t ids[] = {52, 61, 73, 52};
    drive_scene *scene = *context;
    cv_request *requests[API_COUNT(ids)];
    note notes[API_COUNT(ids)] = {{.calls = 0}};
    drive_hold(scene);
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        requests[i] = drive_ask(scene, ids[i], &notes[i]);
    }
    drive_until_sent(scene, 3);
    close_promptly(scene);
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        assert_ended(requests[i], CV_ERROR_CLOSED);
        assert_called_once(&notes[i], CV_ERROR_CLOSED);
        assert_true(cv_request_wait(requests[i], -1));
        cv_request_cancel(requests[i]);
        assert_ended(requests[i], CV_ERROR_CLOSED);
        assert_null(cv_issue_take(requests[i]));
        cv_request_free(requests[i]);
    }
    api_assert_nothing_left(scene->self);
    drive_release(scene);
}

static void test_close_ends_what_was_never_driven(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    close_promptly(scene);
    assert_ended(request, CV_ERROR_CLOSED);
    assert_called_once(&noted, CV_ERROR_CLOSED);
    cv_request_free(request);
    api_assert_nothing_left(scene->self);
    drive_release(scene);
}

static void test_what_is_done_stays_good_after_close(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    cv_request_on_done(request, note_call, &noted);
    close_promptly(scene);
    assert_called_once(&noted, CV_OK);
    assert_ended(request, CV_OK);
    const cv_issue *issue = cv_issue_take(request);
    assert_non_null(issue);
    assert_int_equal(issue->id, ISSUE);
    cv_request_free(request);
    char *json = cv_record_json(&issue->record);
    assert_non_null(json);
    cv_free(json);
    cv_issue_free(issue);
}

/* The next client does not wait for what the closed one had begun. */
static void test_the_next_client_asks_anew(void **context) {
    drive_scene *scene = *context;
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    drive_until_sent(scene, 1);
    close_promptly(scene);
    cv_request_free(request);
    drive_release(scene);
    cv_options options = api_options(scene->self);
    scene->client = drive_open(scene, &options);
    outcome seen = api_retrieve(scene->client, ISSUE);
    assert_int_equal(seen.code, CV_OK);
    assert_int_equal(seen.source, CV_SOURCE_NETWORK);
    assert_int_equal(drive_requests(scene), 2);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), 2);
}

static void test_close_ends_blocking_calls(void **context) {
    static const int64_t ids[] = {52, 61, 73, 88};
    drive_scene *scene = *context;
    static crowd threads;
    threads = (crowd){.size = 0};
    for (size_t i = 0; i < API_COUNT(ids); i++) {
        crowd_add(&threads, scene->client, ids[i]);
    }
    drive_hold(scene);
    crowd_start(&threads);
    /* Each asks for another issue, so that each can be seen to be inside its call. */
    assert_true(server_wait_for(scene->self->server, NULL, API_COUNT(ids), API_PATIENCE_MS));
    close_promptly(scene);
    crowd_join(&threads);
    assert_int_equal(crowd_with(&threads, CV_ERROR_CLOSED), API_COUNT(ids));
    drive_release(scene);
}

static void test_close_of_nothing(void **context) {
    drive_scene *scene = *context;
    cv_client_close(NULL);
    assert_int_equal(cv_client_poll(NULL, 0), 0);
    assert_int_equal(cv_client_next_deadline(NULL), -1);
    close_promptly(scene);
    assert_int_equal(drive_requests(scene), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_cancel_ends_at_once),
        BOTH_DRIVES(test_others_go_on),
        BOTH_DRIVES(test_what_was_sent_is_stored),
        BOTH_DRIVES(test_free_cancels_and_drops_the_callback),
        BOTH_DRIVES(test_free_drops_a_callback_that_is_due),
        BOTH_DRIVES(test_cancel_changes_nothing_that_is_done),
        POLL_ONLY(test_what_was_not_sent_is_never_sent),
        BOTH_DRIVES(test_a_wait_for_quota_can_be_cancelled),
        BOTH_DRIVES(test_cancel_on_another_thread_ends_a_wait),
        BOTH_DRIVES(test_close_completes_what_is_under_way),
        BOTH_DRIVES(test_close_ends_what_was_never_driven),
        BOTH_DRIVES(test_what_is_done_stays_good_after_close),
        BOTH_DRIVES(test_the_next_client_asks_anew),
        BOTH_DRIVES(test_close_ends_blocking_calls),
        BOTH_DRIVES(test_close_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
