/* Images as programs get them, in both drives: blocking and as requests, in memory; and that they
 * have nothing to do with the API: no key, no budget, no interval, no pause. */
#include <string.h>

#include "support/api_drive.h"
#include "support/image.h"

enum { ISSUE = 52, HOURS = 3600000 };

/* ---- both drives ---- */

static cv_client *open_in(const drive_scene *scene) {
    return image_open(scene->self, scene->drive);
}

static void test_an_image_comes_whole(void **context) {
    const drive_scene *scene = *context;
    cv_client *client = open_in(scene);
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    const cv_picture *picture = image_get(client, url.text, NULL);
    image_assert_bytes(picture, IMAGE_NAME);
    assert_string_equal(picture->url, url.text);
    assert_int_equal(picture->source, CV_SOURCE_NETWORK);
    assert_true(picture->fetched_at_ms > 0);
    assert_string_equal(picture->etag, "");
    assert_string_equal(picture->last_modified, "");
    assert_null(picture->path);
    assert_null(picture->stale);
    cv_client_close(client);
    image_assert_bytes(picture, IMAGE_NAME); /* also when the client is gone */
    cv_picture_free(picture);
}

/* What is not to be cached is asked for each time. */
static void test_without_cache_each_call_asks(void **context) {
    const drive_scene *scene = *context;
    cv_client *client = open_in(scene);
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(image_fetch(client, url.text, NULL).source, CV_SOURCE_NETWORK);
    }
    cv_client_close(client);
    assert_int_equal(image_requests(scene->self), 3);
    assert_int_equal(image_query(scene->self, "SELECT count(*) FROM cache"), 0);
    assert_int_equal(image_query(scene->self, "SELECT count(*) FROM dedupe_jobs"), 0);
}

static void test_a_request_calls_back(void **context) {
    const drive_scene *scene = *context;
    cv_client *client = open_in(scene);
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    note noted = {0};
    assert_true(server_hold(scene->self->server, IMAGE_FOLDER));
    cv_request *request = cv_request_image(client, url.text, NULL);
    cv_request_on_done(request, note_call, &noted);
    assert_null(cv_image_take(request));
    assert_int_equal(cv_last_error()->code, CV_PENDING);
    server_release(scene->self->server, SERVER_ALL);
    while (noted.calls == 0) {
        cv_client_poll(client, 10);
    }
    assert_int_equal(noted.code, CV_OK);
    for (int i = 0; i < 2; i++) { /* as often as wanted */
        const cv_picture *picture = cv_image_take(request);
        assert_non_null(picture);
        image_assert_bytes(picture, IMAGE_NAME);
        cv_picture_free(picture);
    }
    cv_request_free(request);
    cv_client_close(client);
}

/* Two who want the same at the same time are one request. */
static void test_equal_calls_are_one_request(void **context) {
    const drive_scene *scene = *context;
    cv_client *client = open_in(scene);
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    image_url other = image_at(scene->self->server, "scale_medium/2.png");
    assert_true(server_hold(scene->self->server, IMAGE_FOLDER));
    cv_request *requests[] = {cv_request_image(client, url.text, NULL),
                              cv_request_image(client, url.text, NULL),
                              cv_request_image(client, other.text, NULL)};
    while (image_requests(scene->self) < 2) {
        cv_client_poll(client, 1);
    }
    server_release(scene->self->server, SERVER_ALL);
    for (size_t i = 0; i < API_COUNT(requests); i++) {
        assert_true(cv_request_wait(requests[i], API_PATIENCE_MS));
        const cv_picture *picture = cv_image_take(requests[i]);
        assert_non_null(picture);
        image_assert_bytes(picture, i < 2 ? IMAGE_NAME : "scale_medium/2.png");
        cv_picture_free(picture);
        cv_request_free(requests[i]);
    }
    assert_int_equal(image_requests(scene->self), 2);
    cv_client_close(client);
}

static void test_cancel_ends_at_once(void **context) {
    const drive_scene *scene = *context;
    cv_client *client = open_in(scene);
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    assert_true(server_hold(scene->self->server, IMAGE_FOLDER));
    cv_request *request = cv_request_image(client, url.text, NULL);
    while (image_requests(scene->self) < 1) {
        cv_client_poll(client, 1);
    }
    cv_request_cancel(request);
    assert_ended(request, CV_ERROR_CANCELLED);
    assert_null(cv_image_take(request));
    assert_int_equal(cv_last_error()->code, CV_ERROR_CANCELLED);
    cv_request_free(request);
    server_release(scene->self->server, SERVER_ALL);
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_OK);
    cv_client_close(client);
}

static void test_closing_ends_it(void **context) {
    const drive_scene *scene = *context;
    cv_client *client = open_in(scene);
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    assert_true(server_hold(scene->self->server, IMAGE_FOLDER));
    cv_request *request = cv_request_image(client, url.text, NULL);
    while (image_requests(scene->self) < 1) {
        cv_client_poll(client, 1);
    }
    cv_client_close(client);
    assert_ended(request, CV_ERROR_CLOSED);
    cv_request_free(request);
    server_release(scene->self->server, SERVER_ALL);
    assert_int_equal(
        image_query(scene->self, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"), 0);
}

typedef struct latecomer {
    cv_client *client;
    image_url url;
} latecomer;

static void ask_again(cv_request *request, void *user) {
    const latecomer *self = user;
    (void)request;
    cv_request *late = cv_request_image(self->client, self->url.text, NULL);
    assert_ended(late, CV_ERROR_CLOSED);
    cv_request_free(late);
}

/* When callbacks are called for the last time there is nothing left of what a call needs. */
static void test_a_callback_of_closing_asks_in_vain(void **context) {
    const drive_scene *scene = *context;
    latecomer late = {open_in(scene), image_at(scene->self->server, IMAGE_NAME)};
    assert_true(server_hold(scene->self->server, IMAGE_FOLDER));
    cv_request *request = cv_request_image(late.client, late.url.text, NULL);
    cv_request_on_done(request, ask_again, &late);
    cv_client_close(late.client);
    assert_ended(request, CV_ERROR_CLOSED);
    cv_request_free(request);
    server_release(scene->self->server, SERVER_ALL);
}

static void test_a_deadline_passes(void **context) {
    const drive_scene *scene = *context;
    cv_client *client = open_in(scene);
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.deadline_ms = 20;
    assert_true(server_hold(scene->self->server, IMAGE_FOLDER));
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_ERROR_TIMEOUT);
    server_release(scene->self->server, SERVER_ALL);
    cv_client_close(client);
}

/* At rest nothing leaves; what waits goes on afterwards. */
static void test_suspending_rests_images_too(void **context) {
    const drive_scene *scene = *context;
    cv_client *client = open_in(scene);
    image_url url = image_at(scene->self->server, IMAGE_NAME);
    cv_client_suspend(client);
    cv_request *request = cv_request_image(client, url.text, NULL);
    assert_false(cv_request_wait(request, 20));
    assert_int_equal(image_requests(scene->self), 0);
    cv_client_resume(client);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    cv_client_suspend(client);
    cv_request *second = cv_request_image(client, url.text, NULL);
    assert_false(cv_request_wait(second, 20));
    assert_int_equal(image_requests(scene->self), 1);
    cv_request_free(request);
    cv_request_free(second);
    cv_client_close(client);
}

/* ---- apart from the API ---- */

/* Neither in the address nor as a parameter; the log would say that it was right. */
static void test_the_key_stays_here(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME "?size=2");
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_OK);
    server_request request = image_request_at(self, 0);
    assert_false(request.key_was_right);
    assert_string_equal(request.query, "size=2");
    assert_null(strstr(request.user_agent, API_KEY));
    cv_client_close(client);
}

static void test_an_address_with_the_key_is_refused(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, "1.png?api_key=" API_KEY);
    outcome seen = image_fetch(client, url.text, NULL);
    assert_int_equal(seen.code, CV_ERROR_ARGUMENT);
    assert_null(strstr(seen.message, API_KEY));
    assert_int_equal(server_request_count(self->server, NULL), 0);
    cv_client_close(client);
}

/* Not an admission of the file that the API's are counted in, and none of the client's budget. */
static void test_images_cost_no_budget(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_OK);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), 0);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), 1);
    assert_int_equal(image_query(self, "SELECT count(*) FROM rate_limits"), 1);
    cv_client_close(client);
}

/* With an interval of hours between requests of the API, an image comes before and after one; and
 * with one of hours between images, so does a record. */
static void test_neither_waits_for_the_others_interval(void **context) {
    const api *self = *context;
    cv_options options = api_options(self);
    options.rate_limit.min_interval_ms = HOURS;
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    settings.min_interval_ms = HOURS;
    options.images = &settings;
    options.max_wait_ms = CV_NO_WAIT;
    cv_client *client = api_open(self, &options);
    image_url url = image_at(self->server, IMAGE_NAME);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_OK);
    assert_int_equal(api_retrieve(client, ISSUE + 1).code, CV_ERROR_RATE_LIMITED);
    outcome second = image_fetch(client, url.text, NULL);
    assert_int_equal(second.code, CV_ERROR_RATE_LIMITED);
    assert_in_range(second.retry_after_ms, 1, HOURS);
    assert_int_equal(image_requests(self), 1);
    cv_client_close(client);
}

/* What the API blocks does not block images, nor the reverse. */
static void test_neither_pauses_the_other(void **context) {
    const api *self = *context;
    cv_options options = api_options(self);
    options.max_wait_ms = CV_NO_WAIT;
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    settings.min_interval_ms = CV_NO_INTERVAL;
    options.images = &settings;
    cv_client *client = api_open(self, &options);
    image_url url = image_at(self->server, IMAGE_NAME);
    image_break(self, 403, "no", 2, "text/plain");
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_ERROR_BLOCKED);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_ERROR_RATE_LIMITED);
    cv_client_close(client);
    client = api_open(self, &options);
    const server_fault blocks = {.path = API_ISSUE, .http_status = 403, .body = "no"};
    api_break(self, &blocks);
    assert_int_equal(api_retrieve(client, ISSUE + 1).code, CV_ERROR_BLOCKED);
    image_query(self, "DELETE FROM rate_limit_cooldowns RETURNING 1");
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_OK);
    cv_client_close(client);
}

/* ---- kinds of results ---- */

static void assert_refused(const void *taken, const char *words) {
    assert_null(taken);
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, words));
}

static void test_a_result_is_of_one_kind(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    cv_request *image = cv_request_image(client, url.text, NULL);
    cv_request *issue = cv_request_retrieve(client, CV_ISSUE, ISSUE, NULL);
    assert_true(cv_request_wait(image, API_PATIENCE_MS));
    assert_true(cv_request_wait(issue, API_PATIENCE_MS));
    assert_refused(cv_record_take(image), "cv_image_take");
    assert_refused(cv_page_take(image), "cv_image_take");
    assert_refused(cv_issue_take(image), "cv_image_take");
    assert_refused(cv_many_take(image), "");
    assert_refused(cv_image_take(issue), "no image");
    cv_request_free(image);
    cv_request_free(issue);
    assert_null(cv_image_take(NULL));
    assert_int_equal(cv_last_error()->code, CV_ERROR_NOMEM);
    cv_client_close(client);
}

static void test_bad_arguments_cost_nothing(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    static const char *const urls[] = {NULL,
                                       "",
                                       "1.png",
                                       "ftp://127.0.0.1/1.png",
                                       "http://user@127.0.0.1/1.png",
                                       "http:///1.png",
                                       "http://127.0.0.1/\n1.png"};
    for (size_t i = 0; i < API_COUNT(urls); i++) {
        assert_int_equal(image_fetch(client, urls[i], NULL).code, CV_ERROR_ARGUMENT);
        cv_request *request = cv_request_image(client, urls[i], NULL);
        assert_ended(request, CV_ERROR_ARGUMENT);
        assert_null(cv_image_take(request));
        cv_request_free(request);
    }
    assert_null(cv_image_fetch(NULL, "http://127.0.0.1/1.png", NULL));
    assert_null(cv_request_image(NULL, "http://127.0.0.1/1.png", NULL));
    cv_picture_free(NULL);
    cv_client_close(client);
    assert_int_equal(server_request_count(self->server, NULL), 0);
}

/* ---- events ---- */

typedef struct diary_page {
    cv_event_kind kinds[16];
    size_t count;
    char path[64];
} diary_page;

static void note_event(const cv_event *event, void *user) {
    diary_page *page = user;
    if (page->count < API_COUNT(page->kinds)) {
        page->kinds[page->count++] = event->kind;
    }
    assert_int_equal(event->resource, CV_RESOURCE_NONE);
    strncpy(page->path, event->path, sizeof(page->path) - 1);
}

static void test_events_tell_of_images(void **context) {
    const api *self = *context;
    diary_page page = {.count = 0};
    cv_options options = api_options(self);
    options.drive = CV_DRIVE_POLL;
    options.on_event = note_event;
    options.user = &page;
    cv_client *client = api_open(self, &options);
    image_url url = image_at(self->server, IMAGE_NAME);
    assert_int_equal(image_fetch(client, url.text, NULL).code, CV_OK);
    static const cv_event_kind expected[] = {CV_EVENT_QUEUED, CV_EVENT_SENT, CV_EVENT_DONE};
    assert_int_equal(page.count, API_COUNT(expected));
    assert_memory_equal(page.kinds, expected, sizeof(expected));
    assert_memory_equal(page.path, "127.0.0.1:", 10);
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_an_image_comes_whole),
        BOTH_DRIVES(test_without_cache_each_call_asks),
        BOTH_DRIVES(test_a_request_calls_back),
        BOTH_DRIVES(test_equal_calls_are_one_request),
        BOTH_DRIVES(test_cancel_ends_at_once),
        BOTH_DRIVES(test_closing_ends_it),
        BOTH_DRIVES(test_a_callback_of_closing_asks_in_vain),
        BOTH_DRIVES(test_a_deadline_passes),
        BOTH_DRIVES(test_suspending_rests_images_too),
        API_TEST(test_the_key_stays_here),
        API_TEST(test_an_address_with_the_key_is_refused),
        API_TEST(test_images_cost_no_budget),
        API_TEST(test_neither_waits_for_the_others_interval),
        API_TEST(test_neither_pauses_the_other),
        API_TEST(test_a_result_is_of_one_kind),
        API_TEST(test_bad_arguments_cost_nothing),
        API_TEST(test_events_tell_of_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
