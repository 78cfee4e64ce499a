/* Owns what the tests of images have in common. */
#include "support/image.h"

#include <stdio.h>
#include <string.h>

image_url image_at_path(const server *host, const char *path) {
    image_url url;
    int length =
        snprintf(url.text, sizeof(url.text), "http://127.0.0.1:%u%s", server_port(host), path);
    assert_in_range(length, 1, IMAGE_URL_MAX - 1);
    return url;
}

image_url image_at(const server *host, const char *name) {
    char path[IMAGE_URL_MAX / 2];
    int length = snprintf(path, sizeof(path), IMAGE_FOLDER "%s", name);
    assert_in_range(length, 1, sizeof(path) - 1);
    return image_at_path(host, path);
}

cv_client *image_open_with(const api *self, cv_drive drive, const cv_image_settings *settings) {
    cv_options options = api_options(self);
    options.drive = drive;
    options.images = settings;
    return api_open(self, &options);
}

cv_client *image_open(const api *self, cv_drive drive) {
    cv_image_settings settings = CV_IMAGE_SETTINGS_INIT;
    settings.min_interval_ms = CV_NO_INTERVAL;
    return image_open_with(self, drive, &settings);
}

size_t image_requests(const api *self) {
    return server_request_count(self->server, IMAGE_FOLDER);
}

server_request image_request_at(const api *self, size_t index) {
    server_request request;
    assert_true(server_request_at(self->server, IMAGE_FOLDER, index, &request));
    return request;
}

outcome image_fetch(cv_client *client, const char *url, const cv_image_options *options) {
    const cv_picture *picture = cv_image_fetch(client, url, options);
    outcome result = {.code = CV_OK};
    if (picture != NULL) {
        result.source = picture->source;
        cv_picture_free(picture);
        return result;
    }
    const cv_error *error = cv_last_error();
    result.code = error->code;
    result.http_status = error->http_status;
    result.retry_after_ms = error->retry_after_ms;
    result.retryable = error->retryable;
    memcpy(result.message, error->message, sizeof(result.message));
    return result;
}

const cv_picture *image_get(cv_client *client, const char *url, const cv_image_options *options) {
    const cv_picture *picture = cv_image_fetch(client, url, options);
    if (picture == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return picture;
}

void image_assert_bytes(const cv_picture *picture, const char *name) {
    char path[IMAGE_URL_MAX];
    int length = snprintf(path, sizeof(path), IMAGE_FOLDER "%s", name);
    assert_int_equal(picture->format, CV_PICTURE_PNG);
    assert_string_equal(picture->content_type, "image/png");
    assert_string_equal(picture->extension, "png");
    assert_int_equal(picture->width, 2);
    assert_int_equal(picture->height, 3);
    assert_false(picture->not_modified);
    assert_true(picture->size > (size_t)length);
    assert_memory_equal((const char *)picture->data + picture->size - (size_t)length, path,
                        (size_t)length);
}

void image_break(const api *self, unsigned http_status, const char *body, size_t size,
                 const char *content_type) {
    const server_fault fault = {.path = IMAGE_FOLDER,
                                .http_status = http_status,
                                .body = body,
                                .body_size = size,
                                .content_type = content_type};
    api_break(self, &fault);
}

static api with_file_of_images(const api *self) {
    api file = *self;
    int length =
        snprintf(file.database.text, sizeof(file.database.text), "%s-images", self->database.text);
    assert_in_range(length, 1, SCRATCH_PATH_MAX - 1);
    return file;
}

int64_t image_query(const api *self, const char *sql) {
    const api file = with_file_of_images(self);
    return api_query(&file, sql);
}

void image_query_until(const api *self, const char *sql, int64_t wanted) {
    const api file = with_file_of_images(self);
    api_query_until(&file, sql, wanted);
}

void image_execute(const api *self, const char *sql) {
    const api file = with_file_of_images(self);
    api_execute(&file, sql);
}
