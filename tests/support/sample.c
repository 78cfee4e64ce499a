/* Owns the table of the sample resource. */
#include "support/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/allocator.h"
#include "support/error.h"

static const cvi_field counted_rows[] = {
    CVI_TEXT(cv_counted, name, 0),
    CVI_INT64_TEXT(cv_counted, count, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_counted, "counted", cv_counted, counted_rows);

static const cvi_field part_rows[] = {
    CVI_TEXT(cv_part, name, 0),
    CVI_OBJECT(cv_part, ref, ref, 0),
    CVI_LIST(cv_part, counted, counted, 0),
};

CVI_DEFINE_SHAPE(cvi_shape_part, "part", cv_part, part_rows);

static const cvi_field rows[] = {
    CVI_INT64_AS(cv_sample, appearances, "appearancess", CVI_IN_LIST | CVI_SORTABLE),
    CVI_LIST(cv_sample, counted, counted, 0),
    CVI_BOOL(cv_sample, flag, 0),
    CVI_INT64(cv_sample, id, CVI_IN_LIST | CVI_FILTERABLE),
    CVI_TEXT(cv_sample, name, CVI_IN_LIST),
    CVI_INT64(cv_sample, number, 0),
    CVI_OBJECT(cv_sample, part, part, 0),
    CVI_LIST(cv_sample, parts, part, 0),
    CVI_OBJECT(cv_sample, ref, ref, 0),
    CVI_INT64_TEXT(cv_sample, text_number, 0),
};

static CVI_DEFINE_SHAPE(shape, "sample", cv_sample, rows);

CVI_DEFINE_RESOURCE(sample, CV_CHAT, "sample", "samples", 9000, &shape);

cvi_result *decode_bytes(const cvi_decode_options *options, const cv_allocator *allocator,
                         const char *text, size_t size, cv_error *error) {
    char *copy = cvi_copy_text(allocator, text, size);
    if (copy == NULL) {
        cvi_error_no_memory(error);
        return NULL;
    }
    return cvi_decode(options, allocator, (cvi_body){copy, size, 0}, error);
}

cvi_result *decode_in_parts(const cvi_decode_options *options, const cv_allocator *allocator,
                            const char *text, size_t size, size_t part, cv_error *error) {
    if (part == 0) {
        return decode_bytes(options, allocator, text, size, error);
    }
    char *copy = cvi_copy_text(allocator, text, size);
    cvi_decoding *decoding =
        copy != NULL ? cvi_decoding_begin(options, allocator, (cvi_body){copy, size, 0}) : NULL;
    if (decoding == NULL) {
        cvi_release(allocator, copy);
        cvi_error_no_memory(error);
        return NULL;
    }
    while (!cvi_decoding_step(decoding, part)) {
    }
    return cvi_decoding_end(decoding, NULL, error);
}

cvi_result *decode_text(const cvi_resource *resource, bool is_list, const char *text) {
    const cvi_decode_options options = {.resource = resource, .is_list = is_list};
    cv_error error = {0};
    cvi_result *result = decode_bytes(&options, &cvi_default_allocator, text, strlen(text), &error);
    if (result == NULL) {
        fail_msg("%s: %s", error.message, text);
    }
    return result;
}

const char *refuse_text(const cvi_resource *resource, bool is_list, const char *text,
                        cv_code code) {
    static cv_error error;
    const cvi_decode_options options = {.resource = resource, .is_list = is_list};
    error = (cv_error){0};
    cvi_result *result = decode_bytes(&options, &cvi_default_allocator, text, strlen(text), &error);
    if (result != NULL) {
        cvi_result_release(result);
        fail_msg("was decoded: %s", text);
    }
    assert_string_equal(cv_code_name(error.code), cv_code_name(code));
    return error.message;
}
