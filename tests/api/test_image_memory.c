/* Images without memory: each allocation fails once, and then all from one on. What fails says so
 * and holds nothing back, and goes well when there is memory again. */
#include "support/memory_scene.h"

#include "support/image.h"

static void open_anew(memory_scene *scene) {
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    settings.min_interval_ms = CV_NO_INTERVAL;
    cv_client_close(scene->client);
    scene->options.images = &settings;
    scene->client = api_open(scene->self, &scene->options);
    scene->options.images = NULL;
}

static const cv_picture *fetch(const memory_scene *scene, bool is_cached) {
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.cache = is_cached;
    return cv_image_fetch(scene->client, url.text, &options);
}

/* With little memory and then, if that failed, with enough. */
static bool fetch_twice(memory_scene *scene, size_t failure, bool keeps_failing, bool is_cached) {
    memory_fail_from(scene, failure, keeps_failing);
    const cv_picture *picture = fetch(scene, is_cached);
    if (picture == NULL) {
        memory_assert_none(cv_last_error());
    }
    bool has_failed = memory_give(scene);
    if (picture == NULL) {
        picture = fetch(scene, is_cached);
    }
    assert_non_null(picture);
    image_assert_bytes(picture, IMAGE_NAME);
    cv_picture_free(picture);
    return has_failed;
}

static bool fetch_cold(memory_scene *scene, size_t failure, bool keeps_failing) {
    open_anew(scene);
    return fetch_twice(scene, failure, keeps_failing, false);
}

static bool fetch_warm(memory_scene *scene, size_t failure, bool keeps_failing) {
    open_anew(scene);
    cv_picture_free(fetch(scene, true));
    size_t requests = image_requests(scene->self);
    bool has_failed = fetch_twice(scene, failure, keeps_failing, true);
    assert_int_equal(image_requests(scene->self), requests);
    return has_failed;
}

/* The host says that the caller's is the present one. */
static bool confirm(memory_scene *scene, size_t failure, bool keeps_failing) {
    open_anew(scene);
    server_set_validators(scene->self->server, true);
    const cv_picture *first = fetch(scene, false);
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.etag = first->etag;
    memory_fail_from(scene, failure, keeps_failing);
    const cv_picture *second = cv_image_fetch(scene->client, url.text, &options);
    if (second == NULL) {
        memory_assert_none(cv_last_error());
    } else {
        assert_true(second->not_modified);
    }
    bool has_failed = memory_give(scene);
    cv_picture_free(first);
    cv_picture_free(second);
    return has_failed;
}

static bool request(memory_scene *scene, size_t failure, bool keeps_failing) {
    open_anew(scene);
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    memory_fail_from(scene, failure, keeps_failing);
    cv_request *asked = cv_request_image(scene->client, url.text, NULL);
    while (!cv_request_done(asked)) {
        cv_client_poll(scene->client, 1);
    }
    bool has_failed = memory_give(scene);
    if (cv_request_error(asked)->code != CV_OK) {
        memory_assert_none(cv_request_error(asked));
    } else {
        const cv_picture *picture = cv_image_take(asked);
        assert_non_null(picture);
        cv_picture_free(picture);
    }
    cv_request_free(asked);
    return has_failed;
}

MEMORY_TESTS(cold_fetch_fails, fetch_cold)
MEMORY_TESTS(warm_fetch_fails, fetch_warm)
MEMORY_TESTS(confirmation_fails, confirm)
MEMORY_TESTS(request_fails, request)

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_cold_fetch_fails_once),   API_TEST(test_cold_fetch_fails_from_then_on),
        API_TEST(test_warm_fetch_fails_once),   API_TEST(test_warm_fetch_fails_from_then_on),
        API_TEST(test_confirmation_fails_once), API_TEST(test_confirmation_fails_from_then_on),
        API_TEST(test_request_fails_once),      API_TEST(test_request_fails_from_then_on),
    };
    return cmocka_run_group_tests_name("image memory", tests, NULL, NULL);
}
