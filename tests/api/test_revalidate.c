/* CV_STALE_WHILE_REVALIDATE: the old answer at once, and one request behind it, whoever asked and
 * whatever became of the asker. */
#include "support/api_actor.h"
#include "support/api_drive.h"
#include "support/store_face.h"

#include <stdio.h>

enum { ISSUE = 52, PAST_S = 3660, ACTORS = 3 };

#define FRESH "SELECT count(*) FROM cache WHERE expires_at > strftime('%s', 'now') * 1000"
#define JOBS  "SELECT count(*) FROM dedupe_jobs"

static cv_request_options options_now(void) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.stale = CV_STALE_WHILE_REVALIDATE;
    return options;
}

static void make_old(const drive_scene *scene) {
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    face_age(scene->self, PAST_S);
}

static void check_old(const cv_record *record) {
    assert_non_null(record);
    assert_int_equal(record->source, CV_SOURCE_STALE);
    assert_int_equal(record->stale->reason.code, CV_PENDING);
    assert_true(record->stale->age_ms >= INT64_C(1000) * PAST_S);
}

static void read_old(cv_client *client, const cv_request_options *options) {
    const cv_issue *issue = cv_issue_retrieve_with(client, ISSUE, options);
    check_old(&issue->record);
    cv_issue_free(issue);
}

/* Started and freed before anything can have been sent for it. */
static void ask_and_leave(cv_client *client, const cv_request_options *options) {
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, ISSUE, options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_record *record = cv_record_take(request);
    check_old(record);
    cv_record_free(record);
    cv_request_free(request);
}

static void test_a_blocking_call(void **context) {
    drive_scene *scene = *context;
    const cv_request_options options = options_now();
    make_old(scene);
    read_old(scene->client, &options);
    drive_until(scene, FRESH, 1);
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &options).source, CV_SOURCE_CACHE);
    assert_int_equal(drive_requests(scene), 2);
}

static void test_a_request_that_is_freed_at_once(void **context) {
    drive_scene *scene = *context;
    const cv_request_options options = options_now();
    make_old(scene);
    ask_and_leave(scene->client, &options);
    drive_until(scene, FRESH, 1);
    assert_int_equal(drive_requests(scene), 2);
}

static void test_at_background_priority(void **context) {
    drive_scene *scene = *context;
    const cv_request_options options = options_now();
    make_old(scene);
    read_old(scene->client, &options);
    drive_until(scene, FRESH, 1);
    assert_int_equal(
        api_query(scene->self, "SELECT count(*) FROM rate_limits WHERE priority = 'background'"),
        1);
}

static void test_as_the_client_is_set(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.stale = CV_STALE_WHILE_REVALIDATE;
    make_old(scene);
    cv_client_close(scene->client);
    scene->client = drive_open(scene, &options);
    read_old(scene->client, NULL);
    drive_until(scene, FRESH, 1);
}

/* While the service is slow: every reader is served, and it is asked once. */
static void test_many_readers_and_one_request(void **context) {
    enum { READERS = 20 };
    drive_scene *scene = *context;
    const cv_request_options options = options_now();
    make_old(scene);
    drive_hold(scene);
    for (int i = 0; i < READERS; i++) {
        read_old(scene->client, &options);
        ask_and_leave(scene->client, &options);
    }
    drive_until_sent(scene, 2);
    ask_and_leave(scene->client, &options);
    drive_release(scene);
    drive_until(scene, FRESH, 1);
    assert_int_equal(drive_requests(scene), 2);
}

static void test_readers_in_many_processes(void **context) {
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"stale=3"};
    drive_scene *scene = *context;
    process actors[ACTORS];
    make_old(scene);
    drive_hold(scene);
    for (int i = 0; i < ACTORS; i++) {
        actor_start(&actors[i], scene->self, arguments);
    }
    for (int i = 0; i < ACTORS; i++) {
        outcome seen = actor_read(&actors[i], ISSUE);
        assert_int_equal(seen.code, CV_OK);
        assert_int_equal(seen.source, CV_SOURCE_STALE);
    }
    drive_until(scene, "SELECT count(*) FROM dedupe_waiters", ACTORS - 1);
    drive_release(scene);
    drive_until(scene, FRESH, 1);
    drive_until(scene, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'", 0);
    for (int i = 0; i < ACTORS; i++) {
        assert_int_equal(actor_read(&actors[i], ISSUE).source, CV_SOURCE_CACHE);
        actor_end(&actors[i]);
    }
    assert_int_equal(drive_requests(scene), 2);
}

/* What fails behind the answer is nobody's error, and not tried again by each reader. */
static void test_a_failure_is_nobodys(void **context) {
    drive_scene *scene = *context;
    const cv_request_options options = options_now();
    const server_fault failing = {.http_status = 500, .body = "", .times = SERVER_ALL};
    make_old(scene);
    api_break(scene->self, &failing);
    read_old(scene->client, &options);
    drive_until_sent(scene, 2);
    drive_until(scene, JOBS, 0);
    for (int i = 0; i < 5; i++) {
        ask_and_leave(scene->client, &options);
    }
    assert_int_equal(drive_requests(scene), 2);
}

static void test_nothing_old_is_waited_for(void **context) {
    drive_scene *scene = *context;
    const cv_request_options options = options_now();
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &options).source, CV_SOURCE_NETWORK);
}

static void test_too_old_for_the_call(void **context) {
    enum { YOUNG_S = 100 };
    drive_scene *scene = *context;
    cv_request_options options = options_now();
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    face_age(scene->self, YOUNG_S);
    options.max_age_s = YOUNG_S;
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &options).source, CV_SOURCE_STALE);
    drive_until_sent(scene, 2);
    drive_until(scene,
                "SELECT count(*) FROM cache WHERE created_at > (strftime('%s', 'now') - 50) * 1000",
                1);
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &options).source, CV_SOURCE_CACHE);
}

static void test_pages(void **context) {
    drive_scene *scene = *context;
    const cv_request_options options = options_now();
    cv_page_free(cv_list(scene->client, CV_ISSUE, NULL, CV_PRIORITY_USER));
    face_age(scene->self, PAST_S);
    cv_request *request = cv_request_list(scene->client, CV_ISSUE, NULL, &options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_page *page = cv_page_take(request);
    assert_int_equal(page->source, CV_SOURCE_STALE);
    assert_int_equal(page->stale->reason.code, CV_PENDING);
    cv_page_free(page);
    cv_request_free(request);
    drive_until(scene, FRESH, 1);
}

/* Closing drops what is under way, and leaks nothing (a sanitizer would say so). */
static void test_closing_meanwhile(void **context) {
    drive_scene *scene = *context;
    const cv_request_options options = options_now();
    make_old(scene);
    drive_hold(scene);
    read_old(scene->client, &options);
    cv_client_close(scene->client);
    scene->client = NULL;
    drive_release(scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_a_blocking_call),
        BOTH_DRIVES(test_a_request_that_is_freed_at_once),
        BOTH_DRIVES(test_at_background_priority),
        BOTH_DRIVES(test_as_the_client_is_set),
        BOTH_DRIVES(test_many_readers_and_one_request),
        BOTH_DRIVES(test_readers_in_many_processes),
        BOTH_DRIVES(test_a_failure_is_nobodys),
        BOTH_DRIVES(test_nothing_old_is_waited_for),
        BOTH_DRIVES(test_too_old_for_the_call),
        BOTH_DRIVES(test_pages),
        BOTH_DRIVES(test_closing_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
