/* Answers of the service, decoded as one of any resource, as a list of it or as hits: whole, in
 * parts and off their tapes the same comes of them, and a record that is written out, or taken by
 * its own text, decodes to the same record. */
#include <stdlib.h>
#include <string.h>

#include <comicvine/memory.h>

#include "resources/hits.h"
#include "resources/registry.h"
#include "support/allocator.h"
#include "support/input.h"
#include "support/story.h"

static void check_tape(const cvi_resource *resource, bool is_list, const input *in,
                       const cvi_buffer *whole) {
    const char *text = (const char *)in->next;
    size_t size = 0;
    char *tape = story_tape(resource, is_list, text, in->left, &size);
    if (tape != NULL) {
        cvi_buffer other =
            story_off_tape(resource, is_list, text, in->left, (cvi_tape){tape, size}, SIZE_MAX);
        REQUIRE(whole->length == other.length);
        REQUIRE(memcmp(whole->data, other.data, whole->length) == 0);
        cvi_buffer_free(&other);
        cvi_release(&cvi_default_allocator, tape);
    }
}

static void check_parts(const cvi_resource *resource, bool is_list, const input *in) {
    static const size_t parts[] = {1, 13, 200};
    const char *text = (const char *)in->next;
    cvi_buffer whole = story_of(resource, is_list, text, in->left, SIZE_MAX);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        cvi_buffer other = story_of(resource, is_list, text, in->left, parts[i]);
        REQUIRE(whole.length == other.length);
        REQUIRE(memcmp(whole.data, other.data, whole.length) == 0);
        cvi_buffer_free(&other);
    }
    check_tape(resource, is_list, in, &whole);
    cvi_buffer_free(&whole);
}

/* The record that stands alone in an answer of this text; cv_free it. */
static char *decoded_again(const cvi_resource *resource, bool is_list, const char *record,
                           size_t length) {
    cvi_buffer text;
    cv_error error = {.code = CV_OK};
    cvi_buffer_init(&text, &cvi_default_allocator, SIZE_MAX / 2);
    cvi_buffer_add_text(&text, is_list ? "{\"status_code\":1,\"results\":["
                                       : "{\"status_code\":1,\"results\":");
    cvi_buffer_add(&text, record, length);
    cvi_buffer_add_text(&text, is_list ? "]}" : "}");
    const cvi_decode_options options = {.resource = resource, .is_list = is_list};
    cvi_result *result =
        cvi_decode(&options, &cvi_default_allocator, story_body(text.data, text.length), &error);
    REQUIRE(result != NULL && cvi_result_count(result) == 1);
    char *json = story_record(result, 0);
    cvi_result_release(result);
    cvi_buffer_free(&text);
    return json;
}

static void check_record(const cvi_resource *resource, cvi_result *result, size_t index) {
    size_t length = 0;
    bool is_list = cvi_result_is_list(result);
    const char *raw = cvi_result_raw(result, index, &length);
    char *json = story_record(result, index);
    char *of_raw = decoded_again(resource, is_list, raw, length);
    char *of_json = decoded_again(resource, is_list, json, strlen(json));
    REQUIRE(strcmp(json, of_raw) == 0);
    REQUIRE(strcmp(json, of_json) == 0);
    cv_free(json);
    cv_free(of_raw);
    cv_free(of_json);
}

static void check_records(const cvi_resource *resource, bool is_list, const input *in) {
    enum { RECORDS = 4 }; /* more of them say nothing new */
    cv_error error = {.code = CV_OK};
    const cvi_decode_options options = {.resource = resource, .is_list = is_list};
    cvi_result *result = cvi_decode(&options, &cvi_default_allocator,
                                    story_body((const char *)in->next, in->left), &error);
    size_t count = result != NULL ? cvi_result_count(result) : 0;
    for (size_t i = 0; i < count && i < RECORDS; i++) {
        check_record(resource, result, i);
    }
    cvi_result_release(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    uint8_t choice = input_byte(&in);
    size_t index = (choice & 0x7F) % (count + 1);
    const cvi_resource *resource = index < count ? resources[index] : &cvi_search_resource;
    bool is_list = (choice & 0x80) != 0 || index == count;
    check_parts(resource, is_list, &in);
    check_records(resource, is_list, &in);
    return 0;
}
