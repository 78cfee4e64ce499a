/* Cached images: answered from a file of their own, confirmed by the host when they are old, given
 * old where it fails, bounded by themselves; and images that the caller has kept. */
#include <stdio.h>
#include <string.h>

#include "support/image.h"

enum { ISSUE = 52 };

static cv_image_options cached(void) {
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.cache = true;
    return options;
}

/* As if it had been stored longer ago. */
static void age(const api *self, int64_t by_s) {
    char sql[160];
    assert_true(snprintf(sql, sizeof(sql),
                         "UPDATE cache SET created_at = created_at - %" PRId64
                         ", expires_at = expires_at - %" PRId64,
                         by_s * 1000, by_s * 1000) > 0);
    image_execute(self, sql);
}

enum { WEEK_S = 604800, MONTH_S = 2592000 };

static void test_a_cached_image_is_not_asked_for(void **context) {
    const api *self = *context;
    const cv_image_options options = cached();
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    server_set_validators(self->server, true);
    const cv_picture *first = image_get(client, url.text, &options);
    assert_int_equal(first->source, CV_SOURCE_NETWORK);
    assert_true(first->etag[0] != '\0');
    assert_true(first->last_modified[0] != '\0');
    cv_client_close(client);
    client = image_open(self, CV_DRIVE_POLL);
    const cv_picture *second = image_get(client, url.text, &options);
    assert_int_equal(second->source, CV_SOURCE_CACHE);
    image_assert_bytes(second, IMAGE_NAME);
    assert_int_equal(second->size, first->size);
    assert_string_equal(second->etag, first->etag);
    assert_string_equal(second->last_modified, first->last_modified);
    assert_int_equal(second->fetched_at_ms, first->fetched_at_ms);
    assert_int_equal(second->expires_at_ms - second->fetched_at_ms, INT64_C(1000) * WEEK_S);
    cv_picture_free(first);
    cv_picture_free(second);
    cv_client_close(client);
    assert_int_equal(image_requests(self), 1);
}

/* Records and images are in files of their own. */
static void test_images_are_in_no_records_way(void **context) {
    const api *self = *context;
    const cv_image_options options = cached();
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_OK);
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache"), 0);
    assert_int_equal(image_query(self, "SELECT count(*) FROM cache"), 1);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache"), 1);
    assert_int_equal(image_query(self, "SELECT count(*) FROM cache"), 1);
    cv_client_close(client);
}

static void test_an_old_one_is_confirmed(void **context) {
    const api *self = *context;
    const cv_image_options options = cached();
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    server_set_validators(self->server, true);
    const cv_picture *first = image_get(client, url.text, &options);
    age(self, WEEK_S + 1);
    const cv_picture *second = image_get(client, url.text, &options);
    assert_int_equal(second->source, CV_SOURCE_NETWORK);
    assert_false(second->not_modified);
    image_assert_bytes(second, IMAGE_NAME);
    assert_string_equal(second->etag, first->etag);
    assert_int_equal(image_requests(self), 2);
    server_request request = image_request_at(self, 1);
    assert_string_equal(request.if_none_match, first->etag);
    assert_string_equal(request.if_modified_since, first->last_modified);
    assert_int_equal(request.http_status, 304);
    assert_int_equal(image_fetch(client, url.text, &options).source, CV_SOURCE_CACHE);
    cv_picture_free(first);
    cv_picture_free(second);
    cv_client_close(client);
}

static void test_an_old_one_that_has_changed_is_replaced(void **context) {
    const api *self = *context;
    const cv_image_options options = cached();
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    server_set_validators(self->server, true);
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_OK);
    age(self, WEEK_S + 1);
    image_break(self, 200, "GIF89a\x07\x00\x09\x00...", 13, "image/gif");
    for (int i = 0; i < 2; i++) {
        const cv_picture *picture = image_get(client, url.text, &options);
        assert_int_equal(picture->format, CV_PICTURE_GIF);
        assert_int_equal(picture->size, 13);
        assert_int_equal(picture->width, 7);
        assert_int_equal(picture->height, 9);
        cv_picture_free(picture);
    }
    assert_int_equal(image_requests(self), 2);
    cv_client_close(client);
}

static void test_modes_and_ages_hold(void **context) {
    const api *self = *context;
    cv_image_options options = cached();
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    options.mode = CV_MODE_CACHE_ONLY;
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_ERROR_NOT_CACHED);
    assert_int_equal(image_requests(self), 0);
    options.mode = CV_MODE_DEFAULT;
    assert_int_equal(image_fetch(client, url.text, &options).source, CV_SOURCE_NETWORK);
    options.mode = CV_MODE_CACHE_ONLY;
    assert_int_equal(image_fetch(client, url.text, &options).source, CV_SOURCE_CACHE);
    options.mode = CV_MODE_REFRESH;
    assert_int_equal(image_fetch(client, url.text, &options).source, CV_SOURCE_NETWORK);
    age(self, 100);
    options.mode = CV_MODE_DEFAULT;
    assert_int_equal(image_fetch(client, url.text, &options).source, CV_SOURCE_CACHE);
    options.max_age_s = 50;
    assert_int_equal(image_fetch(client, url.text, &options).source, CV_SOURCE_NETWORK);
    assert_int_equal(image_requests(self), 3);
    cv_client_close(client);
}

static void test_an_old_one_stands_in_for_an_error(void **context) {
    const api *self = *context;
    cv_image_options options = cached();
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_OK);
    age(self, WEEK_S + 100);
    image_break(self, 500, "", 0, "text/plain");
    const cv_picture *picture = image_get(client, url.text, &options);
    assert_int_equal(picture->source, CV_SOURCE_STALE);
    assert_non_null(picture->stale);
    assert_int_equal(picture->stale->reason.code, CV_ERROR_SERVER);
    image_assert_bytes(picture, IMAGE_NAME);
    cv_picture_free(picture);
    options.stale = CV_STALE_NEVER;
    image_break(self, 500, "", 0, "text/plain");
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_ERROR_SERVER);
    age(self, MONTH_S);
    options.stale = CV_STALE_IF_ERROR;
    image_break(self, 500, "", 0, "text/plain");
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_ERROR_SERVER);
    cv_client_close(client);
}

static void test_records_need_not_be_cached(void **context) {
    const api *self = *context;
    cv_options options = api_options(self);
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    settings.min_interval_ms = CV_NO_INTERVAL;
    options.images = &settings;
    options.cache.disabled = true;
    cv_client *client = api_open(self, &options);
    const cv_image_options wanted = cached();
    image_url url = image_at(self->server, IMAGE_NAME);
    assert_int_equal(image_fetch(client, url.text, &wanted).source, CV_SOURCE_NETWORK);
    assert_int_equal(image_fetch(client, url.text, &wanted).source, CV_SOURCE_CACHE);
    age(self, WEEK_S + 100);
    image_break(self, 500, "", 0, "text/plain");
    assert_int_equal(image_fetch(client, url.text, &wanted).source, CV_SOURCE_STALE);
    cv_client_close(client);
}

/* A flipped bit within a stored image is not given out. */
static void test_a_damaged_one_is_fetched_anew(void **context) {
    const api *self = *context;
    const cv_image_options options = cached();
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_OK);
    image_execute(self, "UPDATE cache SET value = substr(value, 1, 40) || x'55' ||"
                        " substr(value, 42)");
    const cv_picture *picture = image_get(client, url.text, &options);
    assert_int_equal(picture->source, CV_SOURCE_NETWORK);
    image_assert_bytes(picture, IMAGE_NAME);
    cv_picture_free(picture);
    cv_client_close(client);
}

/* The bound is the images' own: those go that were not used for the longest time. */
static void test_the_bound_holds(void **context) {
    const api *self = *context;
    const cv_image_options options = cached();
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    settings.min_interval_ms = CV_NO_INTERVAL;
    settings.max_bytes = 450;
    cv_client *client = image_open_with(self, CV_DRIVE_THREAD, &settings);
    char name[32];
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    for (int i = 0; i < 8; i++) {
        assert_true(snprintf(name, sizeof(name), "icon/%d.png", i) > 0);
        image_url url = image_at(self->server, name);
        assert_int_equal(image_fetch(client, url.text, &options).code, CV_OK);
        assert_in_range(image_query(self, "SELECT sum(length(value)) FROM cache"), 1, 450);
    }
    cv_image_options present = cached();
    present.mode = CV_MODE_CACHE_ONLY;
    image_url last = image_at(self->server, "icon/7.png");
    image_url first = image_at(self->server, "icon/0.png");
    assert_int_equal(image_fetch(client, last.text, &present).code, CV_OK);
    assert_int_equal(image_fetch(client, first.text, &present).code, CV_ERROR_NOT_CACHED);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    cv_client_close(client);
}

/* ---- what the caller has kept ---- */

static void test_what_the_caller_has_is_not_sent_again(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    server_set_validators(self->server, true);
    const cv_picture *first = image_get(client, url.text, NULL);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.etag = first->etag;
    options.last_modified = first->last_modified;
    const cv_picture *second = image_get(client, url.text, &options);
    assert_true(second->not_modified);
    assert_null(second->data);
    assert_int_equal(second->size, 0);
    assert_int_equal(second->format, CV_PICTURE_NONE);
    assert_string_equal(second->content_type, "");
    assert_string_equal(second->etag, first->etag);
    assert_string_equal(second->last_modified, first->last_modified);
    assert_int_equal(image_request_at(self, 1).http_status, 304);
    image_break(self, 200, "GIF89a..........", 16, "image/gif");
    const cv_picture *third = image_get(client, url.text, &options);
    assert_false(third->not_modified);
    assert_int_equal(third->format, CV_PICTURE_GIF);
    cv_picture_free(first);
    cv_picture_free(second);
    cv_picture_free(third);
    cv_client_close(client);
    assert_int_equal(image_query(self, "SELECT count(*) FROM cache"), 0);
}

static void test_kept_and_cached_exclude_each_other(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    cv_image_options options = cached();
    options.etag = "\"a\"";
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_ERROR_ARGUMENT);
    options.etag = "";
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_OK);
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_a_cached_image_is_not_asked_for),
        API_TEST(test_images_are_in_no_records_way),
        API_TEST(test_an_old_one_is_confirmed),
        API_TEST(test_an_old_one_that_has_changed_is_replaced),
        API_TEST(test_modes_and_ages_hold),
        API_TEST(test_an_old_one_stands_in_for_an_error),
        API_TEST(test_records_need_not_be_cached),
        API_TEST(test_a_damaged_one_is_fetched_anew),
        API_TEST(test_the_bound_holds),
        API_TEST(test_what_the_caller_has_is_not_sent_again),
        API_TEST(test_kept_and_cached_exclude_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
