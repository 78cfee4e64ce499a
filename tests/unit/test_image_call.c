/* Calls for images: which address, key of the cache, host and name a caller's words become; and the
 * sizes of a record's image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/image_call.h"
#include "support/failing_allocator.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define URL          "https://Host.example/a/uploads/scale_small/1.jpg"

typedef struct desk {
    failing_allocator memory;
    cvi_settings settings;
} desk;

static int set_up(void **state) {
    static desk self;
    cv_options options = CV_OPTIONS_INIT;
    cv_error error;
    failing_allocator_init(&self.memory, 0, false);
    options.api_key = "0123456789abcdef";
    options.database = "/nowhere/comics.db";
    options.allocator = &self.memory.allocator;
    assert_true(cvi_settings_init(&self.settings, &options, &error));
    *state = &self;
    return 0;
}

static int tear_down(void **state) {
    desk *self = *state;
    cvi_settings_clear(&self->settings);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    return 0;
}

static cvi_call *make(desk *self, const char *url, const cv_image_options *options) {
    cv_error error;
    cv_request_options request;
    cvi_call *call = cvi_call_image(&self->settings, url, options, &request, &error);
    if (call == NULL) {
        fail_msg("%s", error.message);
    }
    return call;
}

static void test_an_address_is_sent_as_one(void **state) {
    static const struct {
        const char *url;
        const char *sent;
        const char *label;
        const char *host;
    } cases[] = {
        {URL, URL, "image 1.jpg", "host.example"},
        {"http://h:81/a.png?b=c#d", "http://h:81/a.png?b=c", "image a.png", "h:81"},
        {"https://h/one two\xC3\xA4.png", "https://h/one%20two%C3%A4.png",
         "image one%20two%C3%A4.png", "h"},
        {"https://h", "https://h", "image ", "h"},
        {"HTTPS://[::1]/x/", "HTTPS://[::1]/x/", "image ", "[::1]"},
    };
    desk *self = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cvi_call *call = make(self, cases[i].url, NULL);
        assert_string_equal(call->url, cases[i].sent);
        assert_string_equal(call->label, cases[i].label);
        assert_string_equal(call->segment, cases[i].host);
        assert_true(call->is_image);
        assert_int_equal(call->ttl_ms, 0);
        assert_int_equal(call->max_body_bytes, 32 << 20);
        assert_null(call->validators);
        cvi_call_release(call);
    }
}

static void test_long_names_are_cut(void **state) {
    desk *self = *state;
    char url[600] = "https://";
    memset(url + 8, 'h', 200);
    url[208] = '/';
    memset(url + 209, 'n', 300);
    cvi_call *call = make(self, url, NULL);
    assert_int_equal(strlen(call->segment), CVI_SEGMENT_SIZE - 1);
    assert_true(strlen(call->label) < sizeof(call->label));
    assert_string_equal(call->url, url);
    cvi_call_release(call);
}

static void hash_of(desk *self, const cv_image_options *options, char hash[CVI_HASH_SIZE]) {
    cvi_call *call = make(self, URL, options);
    memcpy(hash, call->hash, CVI_HASH_SIZE);
    cvi_call_release(call);
}

/* What changes the answer makes another call; what only says who waits how long does not. */
static void test_equal_calls_have_equal_keys(void **state) {
    desk *self = *state;
    cv_image_options options[] = {CV_IMAGE_OPTIONS_INIT, CV_IMAGE_OPTIONS_INIT,
                                  CV_IMAGE_OPTIONS_INIT, CV_IMAGE_OPTIONS_INIT,
                                  CV_IMAGE_OPTIONS_INIT, CV_IMAGE_OPTIONS_INIT};
    char hashes[COUNT(options)][CVI_HASH_SIZE];
    options[1].path = "a.png";
    options[1].deadline_ms = 7;
    options[1].priority = CV_PRIORITY_BACKGROUND;
    options[2].cache = true;
    options[3].max_bytes = 1000;
    options[4].etag = "\"a\"";
    options[5].last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (size_t i = 0; i < COUNT(options); i++) {
        hash_of(self, &options[i], hashes[i]);
        for (size_t j = 0; j < i; j++) {
            bool are_equal = i == 1 && j == 0;
            assert_int_equal(strcmp(hashes[i], hashes[j]) == 0, are_equal);
        }
    }
}

static void test_options_are_taken(void **state) {
    desk *self = *state;
    cv_error error;
    cv_request_options request;
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.priority = CV_PRIORITY_BACKGROUND;
    options.mode = CV_MODE_REFRESH;
    options.cache = true;
    options.max_wait_ms = 11;
    options.deadline_ms = 12;
    options.max_age_s = 13;
    options.stale = CV_STALE_NEVER;
    options.path = "folder/a.png";
    cvi_call *call = cvi_call_image(&self->settings, URL, &options, &request, &error);
    assert_non_null(call);
    assert_int_equal(request.priority, CV_PRIORITY_BACKGROUND);
    assert_int_equal(request.mode, CV_MODE_REFRESH);
    assert_int_equal(request.max_wait_ms, 11);
    assert_int_equal(request.deadline_ms, 12);
    assert_int_equal(request.max_age_s, 13);
    assert_int_equal(request.stale, CV_STALE_NEVER);
    assert_int_equal(call->ttl_ms, INT64_C(604800000));
    assert_string_equal(cvi_image_call_of(call)->path, "folder/a.png");
    cvi_call_release(call);
}

static void test_bad_options_are_refused(void **state) {
    desk *self = *state;
    cv_error error;
    cv_request_options request;
    cv_image_options options[] = {CV_IMAGE_OPTIONS_INIT, CV_IMAGE_OPTIONS_INIT,
                                  CV_IMAGE_OPTIONS_INIT, CV_IMAGE_OPTIONS_INIT,
                                  CV_IMAGE_OPTIONS_INIT};
    options[0].max_bytes = -1;
    options[1].max_bytes = (INT64_C(512) << 20) + 1;
    options[2].mode = (cv_mode)77;
    options[3].reserved[7] = 1;
    options[4].size = 1;
    for (size_t i = 0; i < COUNT(options); i++) {
        assert_null(cvi_call_image(&self->settings, URL, &options[i], &request, &error));
        assert_int_equal(error.code, CV_ERROR_ARGUMENT);
    }
}

/* However it is written there. */
static void test_the_key_is_found_in_an_address(void **state) {
    static const char *const urls[] = {
        "https://h/0123456789abcdef/1.jpg", "https://0123456789abcdef.example/1.jpg",
        "https://h/1.jpg?key=0123456789abcdef", "https://h/1.jpg?key=%30123456789abcdef"};
    desk *self = *state;
    cv_error error;
    cv_request_options request;
    for (size_t i = 0; i < COUNT(urls); i++) {
        assert_null(cvi_call_image(&self->settings, urls[i], NULL, &request, &error));
        assert_int_equal(error.code, CV_ERROR_ARGUMENT);
        assert_null(strstr(error.message, "0123456789abcdef"));
    }
}

static void test_each_allocation_may_fail(void **state) {
    desk *self = *state;
    cv_error error;
    cv_request_options request;
    bool has_failed = true;
    for (size_t call = 1; has_failed; call++) {
        atomic_store(&self->memory.has_failed, false);
        atomic_store(&self->memory.failing_call, atomic_load(&self->memory.calls) + call);
        cvi_call *made = cvi_call_image(&self->settings, URL, NULL, &request, &error);
        has_failed = atomic_load(&self->memory.has_failed);
        assert_int_equal(made == NULL, has_failed);
        assert_true(made != NULL || error.code == CV_ERROR_NOMEM);
        cvi_call_release(made);
    }
    atomic_store(&self->memory.failing_call, 0);
}

static void test_settings_have_defaults(void **state) {
    const desk *self = *state;
    assert_string_equal(self->settings.images.database, "/nowhere/comics.db-images");
    assert_int_equal(self->settings.images.min_interval_ms, 250);
    assert_int_equal(self->settings.images.ttl_s, 604800);
    assert_int_equal(self->settings.images.stale_s, 2592000);
    assert_int_equal(self->settings.images.max_bytes, 256 << 20);
}

/* ---- sizes ---- */

static void test_each_size_has_its_address(void **state) {
    (void)state;
    const cv_image image = {.icon_url = "icon",
                            .medium_url = "medium",
                            .screen_url = "screen",
                            .screen_large_url = "screen_large",
                            .small_url = "small",
                            .super_url = "super",
                            .thumb_url = "thumb",
                            .tiny_url = "tiny",
                            .original_url = "original"};
    static const char *const names[] = {[CV_IMAGE_TINY] = "tiny",
                                        [CV_IMAGE_ICON] = "icon",
                                        [CV_IMAGE_THUMB] = "thumb",
                                        [CV_IMAGE_SMALL] = "small",
                                        [CV_IMAGE_MEDIUM] = "medium",
                                        [CV_IMAGE_SCREEN] = "screen",
                                        [CV_IMAGE_SCREEN_LARGE] = "screen_large",
                                        [CV_IMAGE_SUPER] = "super",
                                        [CV_IMAGE_ORIGINAL] = "original"};
    for (int size = CV_IMAGE_TINY; size <= CV_IMAGE_ORIGINAL; size++) {
        assert_string_equal(cv_image_url(&image, (cv_image_size)size), names[size]);
    }
    assert_null(cv_image_url(&image, (cv_image_size)0));
    assert_null(cv_image_url(&image, (cv_image_size)(CV_IMAGE_ORIGINAL + 1)));
    assert_null(cv_image_url(NULL, CV_IMAGE_SMALL));
}

static void test_the_next_size_stands_in(void **state) {
    (void)state;
    const cv_image none = {.icon_url = ""};
    const cv_image some = {.icon_url = "icon", .medium_url = "", .super_url = "super"};
    assert_null(cv_image_url(&none, CV_IMAGE_MEDIUM));
    assert_string_equal(cv_image_url(&some, CV_IMAGE_TINY), "icon");
    assert_string_equal(cv_image_url(&some, CV_IMAGE_MEDIUM), "super");
    assert_string_equal(cv_image_url(&some, CV_IMAGE_THUMB), "super");
    assert_string_equal(cv_image_url(&some, CV_IMAGE_ORIGINAL), "super");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_an_address_is_sent_as_one),
        TEST(test_long_names_are_cut),
        TEST(test_equal_calls_have_equal_keys),
        TEST(test_options_are_taken),
        TEST(test_bad_options_are_refused),
        TEST(test_the_key_is_found_in_an_address),
        TEST(test_each_allocation_may_fail),
        TEST(test_settings_have_defaults),
        cmocka_unit_test(test_each_size_has_its_address),
        cmocka_unit_test(test_the_next_size_stands_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
