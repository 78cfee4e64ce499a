/* Tapes of any kind behind answers of any kind: what decodes without a tape decodes with it, in
 * parts as in one, and what comes of it can be read. */
#include <stdlib.h>
#include <string.h>

#include "resources/registry.h"
#include "support/allocator.h"
#include "support/input.h"
#include "support/story.h"

static bool decodes(const cvi_resource *resource, bool is_list, const char *text, size_t size) {
    cv_error error = {.code = CV_OK};
    const cvi_decode_options options = {.resource = resource, .is_list = is_list};
    cvi_result *result =
        cvi_decode(&options, &cvi_default_allocator, story_body(text, size), &error);
    cvi_result_release(result);
    return result != NULL;
}

static void check_result(const cvi_resource *resource, bool is_list, const char *text, size_t size,
                         cvi_tape tape) {
    cv_error error = {.code = CV_OK};
    const cvi_decode_options options = {.resource = resource, .is_list = is_list};
    char *body = cvi_copy_text_and(&cvi_default_allocator, text, size, tape.bytes, tape.size);
    REQUIRE(body != NULL);
    cvi_result *result =
        cvi_decode(&options, &cvi_default_allocator, (cvi_body){body, size, tape.size}, &error);
    REQUIRE(result != NULL || !decodes(resource, is_list, text, size));
    cvi_result_release(result);
}

static void check_parts(const cvi_resource *resource, bool is_list, const char *text, size_t size,
                        cvi_tape tape) {
    static const size_t parts[] = {1, 13, 200};
    cvi_buffer whole = story_off_tape(resource, is_list, text, size, tape, SIZE_MAX);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        cvi_buffer other = story_off_tape(resource, is_list, text, size, tape, parts[i]);
        REQUIRE(whole.length == other.length);
        REQUIRE(memcmp(whole.data, other.data, whole.length) == 0);
        cvi_buffer_free(&other);
    }
    cvi_buffer_free(&whole);
}

/* Resource, whether it is a list of it, the tape's length in two bytes, the tape, the answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    uint8_t choice = input_byte(&in);
    size_t tape_size = input_byte(&in);
    tape_size |= (size_t)input_byte(&in) << 8;
    tape_size = tape_size < in.left ? tape_size : in.left;
    const cvi_resource *resource = resources[(choice & 0x7F) % count];
    bool is_list = (choice & 0x80) != 0;
    cvi_tape tape = {(const char *)in.next, tape_size};
    const char *text = tape.bytes + tape_size;
    check_result(resource, is_list, text, in.left - tape_size, tape);
    check_parts(resource, is_list, text, in.left - tape_size, tape);
    return 0;
}
