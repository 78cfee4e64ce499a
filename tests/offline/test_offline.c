/* A build without libcurl, and a client without a network: what is cached is there, and what is not
 * fails, saying what is missing. */
#include "support/sys_world.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const cv_drive drives[] = {CV_DRIVE_THREAD, CV_DRIVE_POLL};

/* Opens without a network on the file that a client with one has filled. */
static cv_client *open_offline(sys_world *world) {
    outcome got = sys_fetch(world);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    world->options.transport = NULL;
    return sys_open(world);
}

static void test_what_is_cached_is_there(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(drives); i++) {
        sys_world world;
        sys_begin(&world, OWN_AT_ONCE);
        world.options.drive = drives[i];
        cv_client *client = open_offline(&world);
        outcome got = sys_retrieve(client, 52);
        cv_client_close(client);
        sys_check_issue(&got, CV_SOURCE_CACHE);
        sys_end(&world);
    }
}

static void test_what_is_not_cached_says_what_is_missing(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(drives); i++) {
        sys_world world;
        sys_begin(&world, OWN_AT_ONCE);
        world.options.drive = drives[i];
        world.options.max_retries = 5;
        cv_client *client = open_offline(&world);
        for (int times = 0; times < 7; times++) {
            outcome got = sys_retrieve(client, 53);
            sys_check_error(&got, CV_ERROR_NETWORK, "option transport is not set");
            assert_false(got.retryable);
        }
        cv_client_close(client);
        assert_int_equal(sys_counted(&world), 1);
        sys_end(&world);
    }
}

static void test_images_say_it_too(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_AT_ONCE);
    cv_client *client = open_offline(&world);
    assert_null(cv_image_fetch(client, "https://nowhere.example/1.png", NULL));
    assert_int_equal(cv_last_error()->code, CV_ERROR_NETWORK);
    assert_non_null(strstr(cv_last_error()->message, "option transport is not set"));
    assert_false(cv_last_error()->retryable);
    cv_client_close(client);
    sys_end(&world);
}

static void test_stale_answer_stands_in(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_AT_ONCE);
    cv_client *client = open_offline(&world);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_REFRESH;
    options.stale = CV_STALE_IF_ERROR;
    const cv_issue *issue = cv_issue_retrieve_with(client, 52, &options);
    assert_non_null(issue);
    assert_int_equal(issue->record.source, CV_SOURCE_STALE);
    cv_issue_free(issue);
    cv_client_close(client);
    sys_end(&world);
}

static void test_cache_only_needs_no_network(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_AT_ONCE);
    cv_client *client = open_offline(&world);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 53, &options);
    assert_true(cv_request_wait(request, -1));
    assert_int_equal(cv_request_error(request)->code, CV_ERROR_NOT_CACHED);
    cv_request_free(request);
    cv_client_close(client);
    sys_end(&world);
}

static void test_there_is_no_built_in_network(void **state) {
    (void)state;
    cv_transport transport = CV_TRANSPORT_INIT;
    assert_false(cv_transport_curl(&transport));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, "without libcurl"));
    const cv_curl_options options = CV_CURL_OPTIONS_INIT;
    assert_false(cv_transport_curl_with(&transport, &options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, "without libcurl"));
}

static void test_there_is_no_version_of_it(void **state) {
    (void)state;
    assert_null(cv_curl_version());
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, "without libcurl"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_cached_is_there),
        cmocka_unit_test(test_what_is_not_cached_says_what_is_missing),
        cmocka_unit_test(test_images_say_it_too),
        cmocka_unit_test(test_stale_answer_stands_in),
        cmocka_unit_test(test_cache_only_needs_no_network),
        cmocka_unit_test(test_there_is_no_built_in_network),
        cmocka_unit_test(test_there_is_no_version_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
