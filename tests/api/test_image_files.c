/* Images in files: whole or not at all, whatever goes wrong, and with nothing left beside them but
 * by a program that is killed, until the next one writes the same file. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/forked.h"
#include "support/image.h"

enum { KILLS = 8, LARGE = 1 << 20, PATH_LENGTH_MAX = 4200 };

/* Files in the folder whose names end so. */
static size_t count_files(const scratch *folder, const char *ending) {
    size_t count = 0;
    DIR *opened = opendir(folder->folder);
    assert_non_null(opened);
    for (const struct dirent *entry; (entry = readdir(opened)) != NULL;) {
        size_t length = strlen(entry->d_name);
        count += length >= strlen(ending) &&
                 strcmp(entry->d_name + length - strlen(ending), ending) == 0;
    }
    assert_int_equal(closedir(opened), 0);
    return count;
}

/* What a file holds, free() it; its size in `size`. */
static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = malloc(2 * LARGE);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (size_t)2 * LARGE, file);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void assert_file(const char *path, const void *bytes, size_t size) {
    size_t found = 0;
    char *content = read_file(path, &found);
    assert_int_equal(found, size);
    assert_memory_equal(content, bytes, size);
    free(content);
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* ---- where all goes well ---- */

static void test_it_is_written_where_it_was_asked_for(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    scratch_path path = scratch_file(&self->scratch, "cover.png");
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.path = path.text;
    write_file(path.text, "what was there before, and is longer than the image is, by far, so that "
                          "something of it would be seen at the end of the file that replaces it");
    const cv_picture *picture = image_get(client, url.text, &options);
    assert_string_equal(picture->path, path.text);
    image_assert_bytes(picture, IMAGE_NAME);
    assert_file(path.text, picture->data, picture->size);
    assert_int_equal(count_files(&self->scratch, ".part"), 0);
    cv_picture_free(picture);
    cv_client_close(client);
}

static void test_a_request_writes_when_it_is_taken(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_POLL);
    image_url url = image_at(self->server, IMAGE_NAME);
    scratch_path path = scratch_file(&self->scratch, "cover.png");
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.path = path.text;
    cv_request *request = cv_request_image(client, url.text, &options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_int_not_equal(access(path.text, F_OK), 0);
    const cv_picture *picture = cv_image_take(request);
    assert_non_null(picture);
    assert_file(path.text, picture->data, picture->size);
    assert_int_equal(unlink(path.text), 0);
    cv_client_close(client); /* which the request and what it has brought outlive */
    const cv_picture *again = cv_image_take(request);
    assert_non_null(again);
    assert_file(path.text, picture->data, picture->size);
    cv_picture_free(picture);
    cv_picture_free(again);
    cv_request_free(request);
}

static void test_not_modified_leaves_the_file_alone(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    scratch_path path = scratch_file(&self->scratch, "cover.png");
    server_set_validators(self->server, true);
    const cv_picture *first = image_get(client, url.text, NULL);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.path = path.text;
    options.etag = first->etag;
    write_file(path.text, "as it was");
    const cv_picture *second = image_get(client, url.text, &options);
    assert_true(second->not_modified);
    assert_file(path.text, "as it was", 9);
    cv_picture_free(first);
    cv_picture_free(second);
    cv_client_close(client);
}

/* ---- where it does not ---- */

static void assert_unsaved(const api *self, const cv_picture *picture, const char *path) {
    assert_false(cv_picture_save(picture, path));
    assert_int_equal(cv_last_error()->code, CV_ERROR_STORE);
    assert_int_equal(count_files(&self->scratch, ".part"), 0);
}

static void test_what_cannot_be_written_leaves_nothing(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    const cv_picture *picture = image_get(client, url.text, NULL);
    scratch_path folder = scratch_file(&self->scratch, "folder");
    char long_name[PATH_LENGTH_MAX];
    memset(long_name, 'a', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    assert_int_equal(mkdir(folder.text, S_IRWXU), 0);
    write_file(scratch_file(&self->scratch, "folder/in_it").text, "");
    assert_unsaved(self, picture, folder.text);
    assert_unsaved(self, picture, scratch_file(&self->scratch, "absent/cover.png").text);
    assert_unsaved(self, picture, long_name);
    assert_false(cv_picture_save(picture, NULL));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_false(cv_picture_save(NULL, folder.text));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    cv_picture_free(picture);
    cv_client_close(client);
}

static void test_a_call_fails_whose_file_cannot_be_written(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    scratch_path path = scratch_file(&self->scratch, "later/cover.png");
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.path = path.text;
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_ERROR_STORE);
    cv_request *request = cv_request_image(client, url.text, &options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    assert_null(cv_image_take(request));
    assert_int_equal(cv_last_error()->code, CV_ERROR_STORE);
    assert_int_equal(mkdir(scratch_file(&self->scratch, "later").text, S_IRWXU), 0);
    const cv_picture *picture = cv_image_take(request);
    assert_non_null(picture);
    assert_file(path.text, picture->data, picture->size);
    cv_picture_free(picture);
    cv_request_free(request);
    options.path = "";
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_ERROR_ARGUMENT);
    cv_client_close(client);
}

/* What never comes is never written, and what was there stays. */
static void test_a_failed_call_leaves_the_file_alone(void **context) {
    const api *self = *context;
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    image_url url = image_at(self->server, IMAGE_NAME);
    scratch_path path = scratch_file(&self->scratch, "cover.png");
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.path = path.text;
    write_file(path.text, "as it was");
    image_break(self, 200, "<html>", 0, "image/png");
    assert_int_equal(image_fetch(client, url.text, &options).code, CV_ERROR_BLOCKED);
    assert_file(path.text, "as it was", 9);
    image_execute(self, "DELETE FROM rate_limit_cooldowns");
    assert_true(server_hold(self->server, IMAGE_FOLDER));
    cv_request *cancelled = cv_request_image(client, url.text, &options);
    cv_request *closed = cv_request_image(client, url.text, &options);
    cv_request_cancel(cancelled);
    cv_client_close(client);
    assert_null(cv_image_take(cancelled));
    assert_null(cv_image_take(closed));
    assert_int_equal(cv_last_error()->code, CV_ERROR_CLOSED);
    assert_file(path.text, "as it was", 9);
    assert_int_equal(count_files(&self->scratch, ".part"), 0);
    cv_request_free(cancelled);
    cv_request_free(closed);
    server_release(self->server, SERVER_ALL);
}

/* ---- kill -9 ---- */

typedef struct writing {
    const api *self;
    scratch_path path;
} writing;

/* Two large images in turn, until it is killed; says so before each. */
static void write_for_ever(int said, void *user) {
    const writing *wanted = user;
    cv_client *client = image_open(wanted->self, CV_DRIVE_POLL);
    const cv_picture *pictures[2];
    for (size_t i = 0; i < API_COUNT(pictures); i++) {
        image_url url = image_at(wanted->self->server, i == 0 ? "a/large.gif" : "b/large.gif");
        pictures[i] = cv_image_fetch(client, url.text, NULL);
    }
    cv_client_close(client);
    for (size_t i = 0; cv_picture_save(pictures[i % 2], wanted->path.text); i++) {
        forked_say(said, "", 1);
    }
}

static char *large_image(char letter) {
    char *bytes = malloc(LARGE);
    assert_non_null(bytes);
    memset(bytes, letter, LARGE);
    memcpy(bytes, "GIF89a", 6);
    return bytes;
}

static void serve_large(const api *self, const char *path, const char *bytes) {
    const server_fault fault = {
        .path = path, .http_status = 200, .body = bytes, .body_size = LARGE, .times = SERVER_ALL};
    api_break(self, &fault);
}

static void assert_one_of(const char *path, char *const images[2]) {
    size_t size = 0;
    char *content = read_file(path, &size);
    assert_int_equal(size, LARGE);
    assert_true(memcmp(content, images[0], LARGE) == 0 || memcmp(content, images[1], LARGE) == 0);
    free(content);
}

/* Two at a time, and what those before have left is gone. */
static void test_killed_programs_leave_whole_files(void **context) {
    const api *self = *context;
    writing wanted = {self, scratch_file(&self->scratch, "cover.gif")};
    char *const images[2] = {large_image('a'), large_image('b')};
    serve_large(self, IMAGE_FOLDER "a/", images[0]);
    serve_large(self, IMAGE_FOLDER "b/", images[1]);
    for (int i = 0; i < KILLS; i++) {
        forked writers[2];
        for (size_t j = 0; j < API_COUNT(writers); j++) {
            char heard = 0;
            forked_start(&writers[j], write_for_ever, &wanted);
            forked_hear(&writers[j], &heard, 1); /* the first is there; the next is under way */
            forked_hear(&writers[j], &heard, 1);
        }
        for (size_t j = 0; j < API_COUNT(writers); j++) {
            forked_kill(&writers[j]);
            forked_bury(&writers[j]);
        }
        assert_one_of(wanted.path.text, images);
        assert_true(count_files(&self->scratch, ".part") <= API_COUNT(writers));
    }
    cv_client *client = image_open(self, CV_DRIVE_THREAD);
    cv_image_options options = CV_IMAGE_OPTIONS_INIT;
    options.path = wanted.path.text;
    cv_picture_free(image_get(client, image_at(self->server, "b/large.gif").text, &options));
    assert_file(wanted.path.text, images[1], LARGE);
    assert_int_equal(count_files(&self->scratch, ".part"), 0);
    cv_client_close(client);
    free(images[0]);
    free(images[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_it_is_written_where_it_was_asked_for),
        API_TEST(test_a_request_writes_when_it_is_taken),
        API_TEST(test_not_modified_leaves_the_file_alone),
        API_TEST(test_what_cannot_be_written_leaves_nothing),
        API_TEST(test_a_call_fails_whose_file_cannot_be_written),
        API_TEST(test_a_failed_call_leaves_the_file_alone),
        API_TEST(test_killed_programs_leave_whole_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
