/* Owns what is seen of an answer. */
#include "support/story.h"

#include <inttypes.h>
#include <stdint.h>

#include <comicvine/record.h>

#include "resources/inside.h"
#include "support/allocator.h"
#include "support/input.h"

enum { STORY_BYTES_MAX = 256 << 20 };

cvi_body story_body(const char *text, size_t size) {
    char *copy = cvi_copy_text(&cvi_default_allocator, text, size);
    REQUIRE(copy != NULL);
    return (cvi_body){copy, size, 0};
}

static char *written(const cv_record *record) {
    char *json = cv_record_json(record);
    REQUIRE(json != NULL);
    return json;
}

char *story_record(cvi_result *result, size_t index) {
    const cvi_provenance provenance = {.source = CV_SOURCE_CACHE};
    const cv_page *page = cvi_result_page(result, &provenance);
    const cv_record *record = cvi_result_record(result, &provenance);
    REQUIRE((page != NULL) != (record != NULL));
    char *json = written(page != NULL ? page->items[index] : record);
    cv_page_free(page);
    cv_record_free(record);
    return json;
}

/* Its text lies within the body, and all its members can be read. */
static void tell_record(cvi_result *result, size_t index, cvi_buffer *out) {
    size_t length = 0;
    size_t size = 0;
    const char *body = cvi_result_body(result, &size);
    const char *raw = cvi_result_raw(result, index, &length);
    const cvi_record *detail = &result->details[index];
    char *json = story_record(result, index);
    REQUIRE(raw >= body && length <= size && (size_t)(raw - body) <= size - length);
    cvi_buffer_add_format(out, "\n%zu %zu %d %" PRId64 " %" PRIx64 " %" PRIx64 "\n",
                          (size_t)(raw - body), length, (int)cvi_result_type(result, index),
                          cvi_result_id(result, index), detail->present, detail->null);
    cvi_buffer_add_text(out, json);
    cv_free(json);
}

static void tell_result(cvi_result *result, cvi_buffer *out) {
    const cvi_envelope *envelope = cvi_result_envelope(result);
    size_t count = cvi_result_count(result);
    REQUIRE(count <= cvi_result_item_count(result));
    cvi_buffer_add_format(out, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %zu\n",
                          envelope->status_code, envelope->limit, envelope->offset,
                          envelope->page_results, envelope->total_results,
                          cvi_result_item_count(result));
    cvi_buffer_add_text(out, envelope->error);
    for (size_t i = 0; i < count; i++) {
        tell_record(result, i, out);
    }
}

static void note_unknown(void *user, const char *shape, const char *member) {
    cvi_buffer_add_text(user, shape);
    cvi_buffer_add_char(user, '.');
    cvi_buffer_add_text(user, member);
    cvi_buffer_add_char(user, '\n');
}

char *story_tape(const cvi_resource *resource, bool is_list, const char *text, size_t size,
                 size_t *tape_size) {
    cv_error error;
    const cvi_decode_options options = {
        .resource = resource, .is_list = is_list, .makes_tape = true};
    cvi_result *result =
        cvi_decode(&options, &cvi_default_allocator, story_body(text, size), &error);
    if (result == NULL) {
        return NULL;
    }
    char *tape = cvi_result_take_tape(result, tape_size);
    cvi_result_release(result);
    return tape;
}

cvi_buffer story_of(const cvi_resource *resource, bool is_list, const char *text, size_t size,
                    size_t part) {
    return story_off_tape(resource, is_list, text, size, (cvi_tape){NULL, 0}, part);
}

cvi_buffer story_off_tape(const cvi_resource *resource, bool is_list, const char *text, size_t size,
                          cvi_tape tape, size_t part) {
    cvi_buffer out;
    cv_error error = {.code = CV_OK};
    bool is_cut = false;
    cvi_buffer_init(&out, &cvi_default_allocator, STORY_BYTES_MAX);
    const cvi_decode_options options = {
        .resource = resource, .is_list = is_list, .on_unknown = note_unknown, .user = &out};
    char *body = cvi_copy_text_and(&cvi_default_allocator, text, size, tape.bytes, tape.size);
    REQUIRE(body != NULL);
    cvi_decoding *decoding =
        cvi_decoding_begin(&options, &cvi_default_allocator, (cvi_body){body, size, tape.size});
    REQUIRE(decoding != NULL);
    while (!cvi_decoding_step(decoding, part)) {
    }
    cvi_result *result = cvi_decoding_end(decoding, &is_cut, &error);
    if (result != NULL) {
        tell_result(result, &out);
        cvi_result_release(result);
    } else {
        REQUIRE(error.code == CV_ERROR_RESPONSE);
        cvi_buffer_add_format(&out, "%s%s", error.message, is_cut ? ", cut" : "");
    }
    REQUIRE(!out.failed);
    return out;
}
