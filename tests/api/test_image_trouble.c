/* Images that do not come as they should: other bytes, refusals, pauses of one host, redirects, cut
 * and endless answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/image.h"

#define PAGE "<!DOCTYPE html><html><title>Abnormal Traffic Detected</title></html>"

enum { ISSUE = 52, LOCATION_MAX = 600 };

/* ---- what comes is no image ---- */

static void test_the_bytes_decide(void **context) {
    const api *self = *context;
    static const struct {
        unsigned http_status;
        const char *body;
        const char *content_type;
        cv_code code;
    } answers[] = {
        {200, "GIF89a..........", "text/html", CV_OK},
        {200, "\xFF\xD8\xFF\xE0 and so on", "application/json", CV_OK},
        {200, PAGE, "image/png", CV_ERROR_BLOCKED},
        {200, "  \r\n<html>", "text/html", CV_ERROR_BLOCKED},
        {200, "{\"error\":\"OK\"}", "image/png", CV_ERROR_RESPONSE},
        {200, "GIF", "image/gif", CV_ERROR_RESPONSE},
        {200, "", "image/png", CV_ERROR_RESPONSE},
        {206, "GIF89a..........", "image/gif", CV_ERROR_RESPONSE},
        {304, "", "image/gif", CV_ERROR_RESPONSE},
        {401, "no", "text/plain", CV_ERROR_REQUEST},
        {403, PAGE, "text/html", CV_ERROR_BLOCKED},
        {404, "GIF89a..........", "image/gif", CV_ERROR_NOT_FOUND},
        {410, "", "text/plain", CV_ERROR_NOT_FOUND},
        {418, "", "text/plain", CV_ERROR_REQUEST},
        {420, "", "text/plain", CV_ERROR_RATE_LIMITED},
        {429, "", "text/plain", CV_ERROR_RATE_LIMITED},
        {429, PAGE, "text/html", CV_ERROR_BLOCKED},
        {500, "", "text/plain", CV_ERROR_SERVER},
        {503, PAGE, "text/html", CV_ERROR_BLOCKED},
    };
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    for (size_t i = 0; i < API_COUNT(answers); i++) {
        image_break(self, answers[i].http_status, answers[i].body, 0, answers[i].content_type);
        outcome seen = image_fetch(client, url.text, NULL);
        if (seen.code != answers[i].code) {
            fail_msg("%zu: %s: %s", i, cv_code_name(seen.code), seen.message);
        }
        assert_int_equal(seen.http_status, seen.code == CV_OK ? 0 : answers[i].http_status);
        cv_client_close(client);
        image_execute(self, "DELETE FROM rate_limit_cooldowns");
        client = image_open(self, CV_DRIVE_THREAD);
    }
    assert_int_equal(image_requests(self), API_COUNT(answers));
    cv_client_close(client);
}

/* ---- pauses ---- */

static cv_image_options hurried(void) {
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.max_wait_ms = CV_NO_WAIT;
    return options;
}

static void assert_paused(cv_client *client, const char *url, int64_t at_most_ms) {
    const cv_image_options options = hurried();
    outcome seen = image_fetch(client, url, &options);
    assert_int_equal(seen.code, CV_ERROR_RATE_LIMITED);
    assert_in_range(seen.retry_after_ms, 1, at_most_ms);
}

/* For as long as it says, for all clients on the file; but another host is not meant. */
static void test_a_refusal_pauses_its_host(void **context) {
    const api *self = *context;
    static const struct {
        unsigned http_status;
        const char *retry_after_s;
        int64_t pause_ms;
    } refusals[] = {{429, "100", 100000}, {403, "200", 200000}, {503, "300", 300000}};
    const server_options other_options = {.folder = CVI_FIXTURES "/comicvine"};
    server *other = server_start(&other_options);
    assert_non_null(other);
    image_url url = image_at(self->server, IMAGE_NAME);
    image_url elsewhere = image_at(other, IMAGE_NAME);
    const cv_image_options options = hurried();
    for (size_t i = 0; i < API_COUNT(refusals); i++) {
        cv_client *client = image_open(self, CV_DRIVE_THREAD);
        const server_fault fault = {.path = IMAGE_FOLDER,
                                    .http_status = refusals[i].http_status,
                                    .body = "no",
                                    .headers = {{"Retry-After", refusals[i].retry_after_s}}};
        api_break(self, &fault);
        outcome seen = image_fetch(client, url.text, &options);
        assert_in_range(seen.retry_after_ms, 1, refusals[i].pause_ms);
        assert_paused(client, url.text, refusals[i].pause_ms);
        cv_client *second = image_open(self, CV_DRIVE_POLL);
        assert_paused(second, url.text, refusals[i].pause_ms);
        assert_int_equal(image_fetch(second, elsewhere.text, &options).code, CV_OK);
        assert_int_equal(image_fetch(client, elsewhere.text, &options).code, CV_OK);
        cv_client_close(second);
        cv_client_close(client);
        assert_int_equal(image_requests(self), i + 1);
        image_execute(self, "DELETE FROM rate_limit_cooldowns");
    }
    server_stop(other);
}

/* ---- retries ---- */

static void test_a_server_in_trouble_is_asked_again(void **context) {
    const api *self = *context;
    cv_options options = api_options(self);
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    settings.min_interval_ms = CV_NO_INTERVAL;
    options.images = &settings;
    options.max_retries = 1;
    cv_client *client = api_open(self, &options);
    image_url url = image_at(self->server, IMAGE_NAME);
    image_break(self, 500, "", 0, "text/plain");
    const cv_picture *picture = image_get(client, url.text, NULL);
    image_assert_bytes(picture, IMAGE_NAME);
    cv_picture_free(picture);
    assert_int_equal(image_requests(self), 2);
    cv_client_close(client);
}

/* ---- cut, endless, too large ---- */

static void test_what_is_cut_is_no_image(void **context) {
    const api *self = *context;
    static const server_fault_kind kinds[] = {SERVER_FAULT_TRUNCATE, SERVER_FAULT_TRUNCATE_CHUNKED,
                                              SERVER_FAULT_RESET_BODY};
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    for (size_t i = 0; i < API_COUNT(kinds); i++) {
        const server_fault fault = {.kind = kinds[i], .path = IMAGE_FOLDER, .cut_at = 20};
        api_break(self, &fault);
        outcome seen = image_fetch(client, url.text, NULL);
        assert_true(seen.code == CV_ERROR_RESPONSE || seen.code == CV_ERROR_NETWORK);
    }
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_OK);
    cv_client_close(client);
}

static void test_too_large_is_not_read(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.max_bytes = 20;
    outcome seen = image_fetch(client, url.text, &options);
    assert_int_equal(seen.code, CV_ERROR_RESPONSE);
    assert_non_null(strstr(seen.message, "too large"));
    const server_fault endless = {.kind = SERVER_FAULT_ENDLESS, .path = IMAGE_FOLDER};
    api_break(self, &endless);
    options.max_bytes = 100000;
    seen = image_fetch(client, url.text, &options);
    assert_int_equal(seen.code, CV_ERROR_RESPONSE);
    assert_non_null(strstr(seen.message, "too large"));
    cv_client_close(client);
}

/* Records are bounded as ever, images by their own options: here by more than a record may have. */
static void test_an_image_may_be_larger_than_any_record(void **context) {
    const api *self = *context;
    const size_t size = (size_t)33 << 20;
    char *body = calloc(1, size);
    assert_non_null(body);
    memcpy(body, "GIF89a\x02\x00\x03\x00", 10);
    image_break(self, 200, body, size, "image/gif");
    image_break(self, 200, body, size, "image/gif");
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_ERROR_RESPONSE);
    options.max_bytes = (int64_t)size;
    const cv_picture *picture = image_get(client, url.text, &options);
    assert_int_equal(picture->size, size);
    assert_memory_equal(picture->data, body, size);
    cv_picture_free(picture);
    cv_client_close(client);
    free(body);
}

/* ---- redirects ---- */

static void redirect(const api *self, const char *to, size_t times) {
    const server_fault fault = {.path = IMAGE_FOLDER,
                                .http_status = 302,
                                .body = "",
                                .times = times,
                                .headers = {{"Location", to}}};
    api_break(self, &fault);
}

/* Where the key would not go, an image may lead: to another host. */
static void test_a_redirect_leads_to_any_host(void **context) {
    const api *self = *context;
    const server_options other_options = {.folder = CVI_FIXTURES "/comicvine", .api_key = API_KEY};
    server *other = server_start(&other_options);
    assert_non_null(other);
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    image_url elsewhere = image_at(other, "original/9.png?a=b");
    redirect(self, elsewhere.text, 1);
    const cv_picture *picture = image_get(client, url.text, NULL);
    image_assert_bytes(picture, "original/9.png");
    assert_string_equal(picture->url, url.text);
    cv_picture_free(picture);
    server_request arrived;
    assert_true(server_request_at(other, NULL, 0, &arrived));
    assert_false(arrived.key_was_right);
    assert_string_equal(arrived.query, "a=b");
    cv_client_close(client);
    server_stop(other);
}

static void test_three_redirects_and_no_more(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    redirect(self, url.text, 3);
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_OK);
    assert_int_equal(image_requests(self), 4);
    redirect(self, url.text, 4);
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_ERROR_RESPONSE);
    assert_int_equal(image_requests(self), 8);
    cv_client_close(client);
}

static void test_redirects_to_other_schemes_are_refused(void **context) {
    const api *self = *context;
    static const char *const targets[] = {"ftp://127.0.0.1/1.png", "file:///etc/hostname",
                                          "data:image/gif;base64,R0lGODlh",
                                          "http://user:word@127.0.0.1/1.png"};
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    for (size_t i = 0; i < API_COUNT(targets); i++) {
        redirect(self, targets[i], 1);
        assert_int_equal(image_fetch(client, url.text, NULL).code, CV_ERROR_RESPONSE);
    }
    assert_int_equal(image_requests(self), API_COUNT(targets));
    cv_client_close(client);
}

/* Whoever knows the key might want it sent on. */
static void test_a_redirect_with_the_key_is_refused(void **context) {
    const api *self = *context;
    char to[LOCATION_MAX];
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    assert_true(snprintf(to, sizeof(to), "%s?word=%s", url.text, API_KEY) > 0);
    redirect(self, to, 1);
    outcome seen = image_fetch(client, url.text, NULL);
    assert_int_equal(seen.code, CV_ERROR_RESPONSE);
    assert_null(strstr(seen.message, API_KEY));
    assert_int_equal(image_requests(self), 1);
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_the_bytes_decide),
        API_TEST(test_a_refusal_pauses_its_host),
        API_TEST(test_a_server_in_trouble_is_asked_again),
        API_TEST(test_what_is_cut_is_no_image),
        API_TEST(test_too_large_is_not_read),
        API_TEST(test_an_image_may_be_larger_than_any_record),
        API_TEST(test_a_redirect_leads_to_any_host),
        API_TEST(test_three_redirects_and_no_more),
        API_TEST(test_redirects_to_other_schemes_are_refused),
        API_TEST(test_a_redirect_with_the_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
