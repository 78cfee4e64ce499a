/* The tail behind an image: what is put there comes back, and what is no tail is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/image_tail.h"
#include "support/allocator.h"
#include "support/failing_allocator.h"

#define LONGEST 255

static char *copy_of(const char *bytes, size_t size) {
    char *copy = cvi_copy_text(&cvi_default_allocator, bytes, size);
    assert_non_null(copy);
    return copy;
}

static void check_there_and_back(const char *image, size_t size, const cvi_validators *validators) {
    size_t body_size = 0;
    cvi_image_parts parts;
    char *body =
        cvi_image_tail_add(&cvi_default_allocator, image != NULL ? copy_of(image, size) : NULL,
                           size, validators, &body_size);
    assert_non_null(body);
    assert_int_equal(body[body_size], '\0');
    assert_true(cvi_image_tail_read(body, body_size, &parts));
    assert_int_equal(parts.image_size, size);
    assert_string_equal(parts.validators.etag, validators->etag);
    assert_string_equal(parts.validators.last_modified, validators->last_modified);
    if (size > 0) {
        assert_memory_equal(body, image, size);
    }
    cvi_release(&cvi_default_allocator, body);
}

static void test_what_is_put_comes_back(void **state) {
    (void)state;
    cvi_validators validators = {.etag = ""};
    check_there_and_back("image", 5, &validators);
    check_there_and_back(NULL, 0, &validators);
    check_there_and_back("i\0m\0cvi1", 8, &validators);
    memcpy(validators.etag, "\"abc\"", 6);
    check_there_and_back("image", 5, &validators);
    memcpy(validators.last_modified, "Sun, 06 Nov 1994 08:49:37 GMT", 30);
    check_there_and_back("image", 5, &validators);
    check_there_and_back(NULL, 0, &validators);
    memset(validators.etag, 'x', LONGEST);
    validators.etag[LONGEST] = '\0';
    check_there_and_back("image", 5, &validators);
}

/* What lies in a file may be anything. */
static void test_what_is_no_tail_is_none(void **state) {
    (void)state;
    static const struct {
        const char *body;
        size_t size;
    } others[] = {
        {"", 0},          {"cvi1", 4},       {"\0cvi1", 5}, {"image\0\0cvi2", 11}, {"\1\0cvi1", 6},
        {"a\1\1cvi1", 7}, {"\0\377cvi1", 6}, {"image", 5},  {"a\0\50cvi1", 7},
    };
    cvi_image_parts parts;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(cvi_image_tail_read(others[i].body, others[i].size, &parts));
    }
    assert_false(cvi_image_tail_read(NULL, 0, &parts));
    assert_true(cvi_image_tail_read("image\0\0cvi1", 11, &parts));
    assert_int_equal(parts.image_size, 5);
}

static void test_without_memory_the_image_stays(void **state) {
    (void)state;
    failing_allocator memory;
    const cvi_validators none = {.etag = ""};
    size_t body_size = 7;
    failing_allocator_init(&memory, 2, false);
    char *image = cvi_copy_text(&memory.allocator, "image", 5);
    assert_non_null(image);
    assert_null(cvi_image_tail_add(&memory.allocator, image, 5, &none, &body_size));
    assert_string_equal(image, "image");
    assert_int_equal(body_size, 7);
    cvi_release(&memory.allocator, image);
    assert_int_equal(atomic_load(&memory.live), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_put_comes_back),
        cmocka_unit_test(test_what_is_no_tail_is_none),
        cmocka_unit_test(test_without_memory_the_image_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
