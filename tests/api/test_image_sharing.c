/* Images in several programs on one file: the interval and pauses are everybody's, and what one
 * fetches the others need not. */
#include <string.h>

#include "support/child.h"
#include "support/image.h"

enum { HOURS = 3600000 };

/* ---- one fetches for all ---- */

/* In a program of its own, without a thread: asks, and gets the same as the other one. */
static const char *ask_too(void *user) {
    const api *self = user;
    cv_client *client = image_open(self, CV_DRIVE_POLL);
    image_url url = image_at(self->server, IMAGE_NAME);
    const cv_picture *picture = cv_image_fetch(client, url.text, NULL);
    CHILD_CHECK(picture != NULL);
    CHILD_CHECK(picture->format == CV_PICTURE_PNG);
    cv_picture_free(picture);
    cv_client_close(client);
    return NULL;
}

static void test_two_programs_fetch_once(void **context) {
    api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_POLL); /* so that there is a file */
    image_url other = image_at(self->server, "icon/first.png");
    assert_int_equal(image_fetch(client, other.text, NULL).code, CV_OK);
    cv_client_close(client);
    assert_true(server_hold(self->server, IMAGE_FOLDER));
    child first = child_start(ask_too, self);
    child second = child_start(ask_too, self);
    image_query_until(self, "SELECT count(*) FROM dedupe_waiters", 1);
    assert_true(server_wait_for(self->server, IMAGE_FOLDER, 2, API_PATIENCE_MS));
    server_release(self->server, SERVER_ALL);
    const char *found[] = {child_join(&first), child_join(&second)};
    assert_null(found[0]);
    assert_null(found[1]);
    assert_int_equal(image_requests(self), 2);
}

/* ---- they wait for each other ---- */

static cv_client *open_slow(const api *self, cv_drive drive) {
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    settings.min_interval_ms = HOURS;
    return image_open_with(self, drive, &settings);
}

static const char *find_no_room(void *user) {
    const api *self = user;
    cv_client *client = open_slow(self, CV_DRIVE_POLL);
    image_url url = image_at(self->server, IMAGE_NAME);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.max_wait_ms = CV_NO_WAIT;
    outcome seen = image_fetch(client, url.text, &options);
    CHILD_CHECK(seen.code == CV_ERROR_RATE_LIMITED);
    CHILD_CHECK(seen.retry_after_ms > 0 && seen.retry_after_ms <= HOURS);
    options.mode = CV_MODE_CACHE_ONLY;
    options.cache = true;
    CHILD_CHECK(image_fetch(client, url.text, &options).source == CV_SOURCE_CACHE);
    cv_client_close(client);
    return NULL;
}

static void test_the_interval_is_for_all_programs(void **context) {
    api *self = *context;
    cv_client *client = open_slow(self, CV_DRIVE_POLL);
    image_url url = image_at(self->server, IMAGE_NAME);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.cache = true;
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_OK);
    cv_client_close(client);
    child_must_pass(find_no_room, self);
    assert_int_equal(image_requests(self), 1);
}

/* ---- files ---- */

static void test_the_file_has_a_name_of_its_own(void **context) {
    const api *self = *context;
    scratch_path path = scratch_file(&self->scratch, "pictures.db");
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    settings.database = path.text;
    settings.min_interval_ms = CV_NO_INTERVAL;
    cv_client *client = image_open_with(self, CV_DRIVE_THREAD, &settings);
    image_url url = image_at(self->server, IMAGE_NAME);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.cache = true;
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_OK);
    api named = *self;
    named.database = path;
    assert_int_equal(api_query(&named, "SELECT count(*) FROM cache"), 1);
    cv_client_close(client);
}

/* A database without a name has images without one. */
static void test_in_memory_nothing_stays(void **context) {
    const api *self = *context;
    cv_options options = api_options(self);
    options.database = ":memory:";
    image_url url = image_at(self->server, IMAGE_NAME);
    cv_image_options wanted = CV_IMAGE_OPTIONS_INIT;
    wanted.cache = true;
    for (int i = 0; i < 2; i++) {
        cv_client *client = api_open(self, &options);
        assert_int_equal(image_fetch(client, url.text, &wanted).source, CV_SOURCE_NETWORK);
        assert_int_equal(image_fetch(client, url.text, &wanted).source, CV_SOURCE_CACHE);
        cv_client_close(client);
    }
}

static void test_a_file_that_cannot_be_opened_fails_the_call(void **context) {
    const api *self = *context;
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    scratch_path path = scratch_file(&self->scratch, "absent/images.db");
    settings.database = path.text;
    cv_client *client = image_open_with(self, CV_DRIVE_THREAD, &settings);
    image_url url = image_at(self->server, IMAGE_NAME);
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_ERROR_STORE);
    cv_request *request = cv_request_image(client, url.text, NULL);
    assert_int_equal(cv_request_error(request)->code, CV_ERROR_STORE);
    cv_request_free(request);
    cv_client_close(client);
    assert_int_equal(image_requests(self), 0);
}

static void test_settings_are_checked(void **context) {
    const api *self = *context;
    cv_options options = api_options(self);
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    options.images = &settings;
    settings.database = self->database.text;
    assert_null(cv_client_open(&options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    settings.database = NULL;
    settings.ttl_s = -2;
    assert_null(cv_client_open(&options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, "images.ttl_s"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_two_programs_fetch_once),
        API_TEST(test_the_interval_is_for_all_programs),
        API_TEST(test_the_file_has_a_name_of_its_own),
        API_TEST(test_in_memory_nothing_stays),
        API_TEST(test_a_file_that_cannot_be_opened_fails_the_call),
        API_TEST(test_settings_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
