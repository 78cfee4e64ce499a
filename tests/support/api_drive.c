/* Owns scenes of either drive. All of it runs on the test's own thread, but note_call, which runs
 * where the library calls it. */
#include "support/api_drive.h"

#include <stdlib.h>

int drive_set_up_on(void **context, cv_drive drive, api *self) {
    drive_scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    scene->self = self;
    scene->drive = drive;
    cv_options options = api_options(scene->self);
    scene->client = drive_open(scene, &options);
    *context = scene;
    return 0;
}

int drive_set_up_thread(void **context) {
    return drive_set_up_on(context, CV_DRIVE_THREAD, api_new());
}

int drive_set_up_poll(void **context) {
    return drive_set_up_on(context, CV_DRIVE_POLL, api_new());
}

int drive_tear_down(void **context) {
    drive_scene *scene = *context;
    cv_client_close(scene->client);
    api_end(scene->self);
    free(scene);
    return 0;
}

cv_client *drive_open(const drive_scene *scene, cv_options *options) {
    options->drive = scene->drive;
    return api_open(scene->self, options);
}

void note_call(cv_request *request, void *user) {
    note *noted = user;
    noted->calls++;
    noted->thread = pthread_self();
    noted->code = cv_request_error(request)->code;
    noted->done = cv_request_done(request);
}

cv_request *drive_ask(const drive_scene *scene, int64_t id, note *noted) {
    cv_request *request = cv_request_retrieve(scene->client, CV_ISSUE, id, NULL);
    assert_non_null(request);
    if (noted != NULL) {
        cv_request_on_done(request, note_call, noted);
    }
    return request;
}

void drive_until_sent(const drive_scene *scene, size_t count) {
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    while (drive_requests(scene) < count) {
        assert_true(api_now_ms() < end_ms);
        cv_client_poll(scene->client, 1);
    }
}

void drive_until_called(const drive_scene *scene, const note *noted) {
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    while (noted->calls == 0) {
        assert_true(api_now_ms() < end_ms);
        cv_client_poll(scene->client, API_PATIENCE_MS);
    }
}

void drive_until(const drive_scene *scene, const char *sql, int64_t wanted) {
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    while (api_query(scene->self, sql) != wanted) {
        assert_true(api_now_ms() < end_ms);
        cv_client_poll(scene->client, 1);
    }
}

void drive_hold(const drive_scene *scene) {
    assert_true(server_hold(scene->self->server, NULL));
}

void drive_release(const drive_scene *scene) {
    server_release(scene->self->server, SERVER_ALL);
}

size_t drive_requests(const drive_scene *scene) {
    return server_request_count(scene->self->server, NULL);
}

void assert_ended(const cv_request *request, cv_code code) {
    assert_true(cv_request_done(request));
    assert_string_equal(cv_code_name(cv_request_error(request)->code), cv_code_name(code));
}

void assert_called_once(const note *noted, cv_code code) {
    assert_int_equal(noted->calls, 1);
    assert_true(pthread_equal(noted->thread, pthread_self()));
    assert_string_equal(cv_code_name(noted->code), cv_code_name(code));
    assert_true(noted->done);
}
