/* Small files as a whole, and the event that ends another thread's wait. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/platform.h"
#include "support/scratch.h"

enum { LONG_WAIT_MS = 60000 };

static int set_up(void **state) {
    scratch *folder = calloc(1, sizeof(*folder));
    assert_non_null(folder);
    assert_true(scratch_make(folder));
    *state = folder;
    return 0;
}

static int tear_down(void **state) {
    assert_true(scratch_remove(*state));
    free(*state);
    return 0;
}

/* ---- files ---- */

static void check_content(const char *path, const char *expected, size_t size) {
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, 1 << 20);
    assert_true(cvi_file_read(path, &text));
    assert_int_equal(text.length, size);
    assert_memory_equal(text.data, expected, size);
    cvi_buffer_free(&text);
}

static void test_file_is_written_and_read(void **state) {
    scratch_path path = scratch_file(*state, "a");
    assert_true(cvi_file_write(path.text, "one\0two", 7));
    check_content(path.text, "one\0two", 7);
    assert_true(cvi_file_write(path.text, "3", 1)); /* replaced, not overwritten */
    check_content(path.text, "3", 1);
    assert_true(cvi_file_write(path.text, "", 0));
    check_content(path.text, "", 0);
    assert_true(cvi_file_remove(path.text));
    assert_false(cvi_file_remove(path.text));
    assert_false(cvi_file_exists(path.text));
}

static void test_large_file(void **state) {
    enum { SIZE = 300000 };
    scratch_path path = scratch_file(*state, "large");
    char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = (char)(i % 127);
    }
    assert_true(cvi_file_write(path.text, bytes, SIZE));
    check_content(path.text, bytes, SIZE);
    cvi_buffer text;
    cvi_buffer_init(&text, &cvi_default_allocator, SIZE - 1);
    assert_false(cvi_file_read(path.text, &text));
    assert_non_null(strstr(cvi_file_trouble(), "large"));
    cvi_buffer_free(&text);
    free(bytes);
}

static void test_files_that_cannot_be_had(void **state) {
    cvi_buffer text;
    char array[8];
    cvi_buffer_over(&text, array, sizeof(array));
    assert_false(cvi_file_read("/nowhere/at/all", &text));
    assert_non_null(strstr(cvi_file_trouble(), "No such file"));
    assert_false(cvi_file_read(((scratch *)*state)->folder, &text));
    assert_non_null(strstr(cvi_file_trouble(), "directory"));
    assert_false(cvi_file_write("/nowhere/at/all", "a", 1));
    assert_non_null(strstr(cvi_file_trouble(), "No such file"));
}

/* What cannot be put in place leaves neither a part nor a change. */
static void test_failed_write_leaves_nothing(void **state) {
    scratch_path folder = scratch_file(*state, "folder");
    scratch_path inside = scratch_file(*state, "folder/file");
    scratch_path part = scratch_file(*state, "folder.part");
    assert_int_equal(mkdir(folder.text, S_IRWXU), 0);
    assert_true(cvi_file_write(inside.text, "a", 1));
    assert_false(cvi_file_write(folder.text, "b", 1)); /* a folder stands in its place */
    assert_false(cvi_file_exists(part.text));
    check_content(inside.text, "a", 1);
}

static void test_overlong_path(void **state) {
    (void)state;
    static char path[5000];
    memset(path, 'a', sizeof(path) - 1);
    assert_false(cvi_file_write(path, "a", 1));
    assert_non_null(strstr(cvi_file_trouble(), "too long"));
}

/* Nobody waits for the other end of a pipe. */
static void test_pipe_in_place_of_a_file(void **state) {
    scratch_path path = scratch_file(*state, "pipe");
    cvi_buffer text;
    char array[8];
    assert_int_equal(mkfifo(path.text, S_IRUSR | S_IWUSR), 0);
    cvi_buffer_over(&text, array, sizeof(array));
    assert_true(cvi_file_read(path.text, &text));
    assert_int_equal(text.length, 0);
}

/* ---- the event ---- */

static void *set_event(void *user) {
    cvi_event_set(user);
    return NULL;
}

static void test_event_ends_a_wait(void **state) {
    (void)state;
    cvi_event event;
    cvi_timeout patience = cvi_timeout_start(LONG_WAIT_MS);
    assert_true(cvi_event_open(&event));
    for (int i = 0; i < 20; i++) {
        cvi_thread thread;
        assert_true(cvi_thread_start(&thread, set_event, &event));
        cvi_event_wait(&event, -1, -1);
        cvi_thread_join(&thread);
    }
    assert_true(cvi_timeout_left_ms(patience) > LONG_WAIT_MS / 2);
    cvi_event_close(&event);
    cvi_event_close(&event);
}

/* Set twice it ends one wait, as the second one says nothing new. */
static void test_event_is_taken(void **state) {
    (void)state;
    cvi_event event;
    assert_true(cvi_event_open(&event));
    cvi_event_set(&event);
    cvi_event_set(&event);
    cvi_event_wait(&event, -1, LONG_WAIT_MS);
    cvi_timeout timeout = cvi_timeout_start(20);
    cvi_event_wait(&event, -1, 30);
    assert_int_equal(cvi_timeout_left_ms(timeout), 0);
    cvi_event_close(&event);
}

static void test_other_descriptor_ends_a_wait(void **state) {
    (void)state;
    cvi_event event;
    int ends[2];
    cvi_timeout patience = cvi_timeout_start(LONG_WAIT_MS);
    assert_true(cvi_event_open(&event));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "!", 1), 1);
    cvi_event_wait(&event, ends[0], -1);
    assert_true(cvi_timeout_left_ms(patience) > LONG_WAIT_MS / 2);
    close(ends[0]);
    close(ends[1]);
    cvi_event_close(&event);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_file_is_written_and_read),
        IN_FOLDER(test_large_file),
        IN_FOLDER(test_files_that_cannot_be_had),
        IN_FOLDER(test_failed_write_leaves_nothing),
        cmocka_unit_test(test_overlong_path),
        IN_FOLDER(test_pipe_in_place_of_a_file),
        cmocka_unit_test(test_event_ends_a_wait),
        cmocka_unit_test(test_event_is_taken),
        cmocka_unit_test(test_other_descriptor_ends_a_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
