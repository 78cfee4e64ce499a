/* A client at rest: what it hands to others, what still works meanwhile, and how it goes on. */
#include "support/api_actor.h"
#include "support/api_drive.h"

#include <poll.h>
#include <sched.h>

enum { ISSUE = 52, OTHER_ISSUE = 61, SHORT_MS = 100 };

#define PENDING "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"
#define COUNTED "SELECT count(*) FROM rate_limits"

static void poll_some(const drive_scene *scene) {
    for (int i = 0; i < 20; i++) {
        cv_client_poll(scene->client, 0);
        poll(NULL, 0, 1);
    }
}

static void test_what_was_sent_is_asked_again(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    drive_until_sent(scene, 1);
    assert_int_equal(api_query(scene->self, PENDING), 1);
    cv_client_suspend(scene->client);
    assert_int_equal(api_query(scene->self, PENDING), 0);
    assert_int_equal(api_query(scene->self, COUNTED), 1);
    drive_release(scene);
    poll_some(scene);
    assert_false(cv_request_done(request));
    cv_client_resume(scene->client);
    drive_until_called(scene, &noted);
    assert_called_once(&noted, CV_OK);
    assert_int_equal(drive_requests(scene), 2);
    assert_int_equal(api_query(scene->self, COUNTED), 2);
    cv_request_free(request);
}

/* Another program takes the job at once, and we get its answer when we are back. */
static void test_another_process_takes_over(void **context) {
    drive_scene *scene = *context;
    process other;
    note noted = {.calls = 0};
    const char *const arguments[ACTOR_ARGUMENTS_MAX] = {NULL};
    actor_start(&other, scene->self, arguments);
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    drive_until_sent(scene, 1);
    cv_client_suspend(scene->client);
    actor_ask(&other, ISSUE);
    assert_true(server_wait_for(scene->self->server, NULL, 2, API_PATIENCE_MS));
    drive_release(scene);
    outcome theirs = actor_hear(&other);
    assert_int_equal(theirs.code, CV_OK);
    assert_int_equal(theirs.source, CV_SOURCE_NETWORK);
    actor_hear_done(&other);
    actor_end(&other);
    cv_client_resume(scene->client);
    drive_until_called(scene, &noted);
    assert_called_once(&noted, CV_OK);
    assert_int_equal(drive_requests(scene), 2);
    cv_request_free(request);
}

static void test_nothing_is_sent_at_rest(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_client_suspend(scene->client);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    poll_some(scene);
    assert_false(cv_request_done(request));
    assert_int_equal(drive_requests(scene), 0);
    assert_int_equal(api_query(scene->self, COUNTED), 0);
    cv_client_resume(scene->client);
    drive_until_called(scene, &noted);
    assert_called_once(&noted, CV_OK);
    cv_request_free(request);
}

static void test_blocking_calls_have_the_cache(void **context) {
    drive_scene *scene = *context;
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    cv_client_suspend(scene->client);
    assert_int_equal(api_retrieve(scene->client, ISSUE).source, CV_SOURCE_CACHE);
    cv_client_resume(scene->client);
}

static void test_deadlines_end_at_rest(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.deadline_ms = SHORT_MS;
    cv_client_suspend(scene->client);
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &options).code, CV_ERROR_TIMEOUT);
    assert_int_equal(drive_requests(scene), 0);
    cv_client_resume(scene->client);
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
}

static void test_cancel_and_free_at_rest(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    cv_request *freed = drive_ask(scene, OTHER_ISSUE, NULL);
    drive_until_sent(scene, 2);
    cv_client_suspend(scene->client);
    cv_request_free(freed);
    cv_request_cancel(request);
    drive_until_called(scene, &noted);
    assert_called_once(&noted, CV_ERROR_CANCELLED);
    cv_request_free(request);
    drive_release(scene);
    cv_client_resume(scene->client);
    poll_some(scene);
    assert_int_equal(drive_requests(scene), 2);
    assert_int_equal(api_query(scene->self, PENDING), 0);
}

static void test_close_at_rest(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    drive_until_sent(scene, 1);
    cv_client_suspend(scene->client);
    cv_client_close(scene->client);
    scene->client = NULL;
    assert_called_once(&noted, CV_ERROR_CLOSED);
    cv_request_free(request);
    drive_release(scene);
}

static void test_to_and_fro(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_client_resume(scene->client);
    cv_client_suspend(scene->client);
    cv_client_suspend(scene->client);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    for (int i = 0; i < 50; i++) {
        cv_client_resume(scene->client);
        cv_client_suspend(scene->client);
    }
    assert_int_equal(api_query(scene->self, PENDING), 0);
    cv_client_resume(scene->client);
    drive_until_called(scene, &noted);
    assert_called_once(&noted, CV_OK);
    cv_request_free(request);
    cv_client_suspend(NULL);
    cv_client_resume(NULL);
}

static void suspend_inside(cv_request *request, void *user) {
    drive_scene *scene = user;
    cv_client_suspend(scene->client);
    cv_client_resume(scene->client);
    cv_request_free(request);
}

static void test_inside_a_callback(void **context) {
    drive_scene *scene = *context;
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    cv_request_on_done(request, suspend_inside, scene);
    while (cv_client_poll(scene->client, API_PATIENCE_MS) == 0) {
    }
    assert_int_equal(api_retrieve(scene->client, OTHER_ISSUE).code, CV_OK);
}

static void *rest_often(void *user) {
    drive_scene *scene = user;
    for (int i = 0; i < 40; i++) {
        cv_client_suspend(scene->client);
        cv_client_resume(scene->client);
    }
    return NULL;
}

/* Two threads at once, beside calls that block. */
static void test_beside_calls(void **context) {
    drive_scene *scene = *context;
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, rest_often, scene), 0);
    }
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    assert_int_equal(api_retrieve(scene->client, OTHER_ISSUE).code, CV_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    drive_until(scene, PENDING, 0); /* an answer goes out after the first try at storing it */
}

static void *rest_once(void *user) {
    cv_client_suspend(user);
    return NULL;
}

/* Whoever waits for a rest that another has called off meanwhile must not wait for ever: the worker
 * may never have seen that it was wanted. */
static void test_a_rest_called_off(void **context) {
    drive_scene *scene = *context;
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    for (int i = 0; i < 500; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, rest_once, scene->client), 0);
        cv_client_resume(scene->client);
        for (int spins = 0; spins < i % 25; spins++) {
            sched_yield();
        }
        cv_client_resume(scene->client);
        assert_int_equal(pthread_join(thread, NULL), 0);
        cv_client_resume(scene->client);
    }
    assert_int_equal(api_retrieve(scene->client, OTHER_ISSUE).code, CV_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_what_was_sent_is_asked_again),
        BOTH_DRIVES(test_another_process_takes_over),
        BOTH_DRIVES(test_nothing_is_sent_at_rest),
        BOTH_DRIVES(test_blocking_calls_have_the_cache),
        BOTH_DRIVES(test_deadlines_end_at_rest),
        BOTH_DRIVES(test_cancel_and_free_at_rest),
        BOTH_DRIVES(test_close_at_rest),
        BOTH_DRIVES(test_to_and_fro),
        BOTH_DRIVES(test_inside_a_callback),
        BOTH_DRIVES(test_beside_calls),
        BOTH_DRIVES(test_a_rest_called_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
