/* Owns the way from a body to a result: repair, parse, judge the envelope, move the records where
 * they stay. A body has one owner at any moment: the caller until cvi_decode, then the result. Any
 * thread. */
#include "resources/decode.h"

#include <string.h>

#include "resources/build.h"
#include "resources/inside.h"
#include "resources/json.h"
#include "resources/text.h"
#include "support/allocator.h"
#include "support/error.h"

static const char *asked_path(const cvi_result *result) {
    return result->is_list ? result->resource->list_path : result->resource->detail_path;
}

static bool refuse(const cvi_result *result, cv_error *error, const char *reason) {
    cvi_error_set(error, CV_ERROR_RESPONSE, "the answer for /%s %s (%zu bytes)", asked_path(result),
                  reason, result->body_size);
    return false;
}

static bool fail_without_memory(cv_error *error) {
    cvi_error_no_memory(error);
    return false;
}

/* Answers whether the parser took the whole text. */
static bool judge_parse(const cvi_result *result, cvi_json_status status,
                        const cvi_builder *builder, cv_error *error) {
    static const char *const reasons[] = {
        [CVI_JSON_BROKEN] = "is cut or not JSON",
        [CVI_JSON_TOO_DEEP] = "is nested too deep",
        [CVI_JSON_TOO_MANY] = "has too many objects",
        [CVI_JSON_STOPPED] = "is no envelope",
    };
    if (status == CVI_JSON_NO_MEMORY || builder->no_memory) {
        return fail_without_memory(error);
    }
    return status == CVI_JSON_DONE || refuse(result, error, reasons[status]);
}

/* Answers whether the envelope is one, and holds what was asked for unless it reports an error. */
static bool judge_envelope(const cvi_result *result, const cvi_builder *builder, cv_error *error) {
    if (!builder->has_status) {
        return refuse(result, error, "has no status_code");
    }
    cvi_build_results wanted = result->is_list ? CVI_RESULTS_LIST : CVI_RESULTS_OBJECT;
    if (builder->envelope.status_code == 1 && builder->results != wanted) {
        return refuse(result, error,
                      result->is_list ? "holds no list of results" : "holds no single result");
    }
    return true;
}

/* Moves the records from the scratch arena into blocks of exactly their size. */
static bool take_records(cvi_result *result, const cvi_builder *builder) {
    size_t size = result->resource->shape->size;
    size_t count = builder->records.count;
    if (builder->envelope.status_code != 1 || count == 0) {
        return true;
    }
    result->records = cvi_allocate_array(&result->allocator, count, size);
    result->details = cvi_allocate_array(&result->allocator, count, sizeof(cvi_record));
    if (result->records == NULL || result->details == NULL) {
        return false;
    }
    memcpy(result->records, builder->records.items, count * size);
    memcpy(result->details, builder->details.items, count * sizeof(cvi_record));
    result->count = count;
    for (size_t i = 0; i < count; i++) {
        cv_record *record = (cv_record *)(void *)(result->records + i * size);
        result->details[i].result = result;
        record->resource = result->resource->resource;
        record->detail = &result->details[i];
    }
    return true;
}

static bool fill_result(cvi_result *result, const cvi_decode_options *options, cvi_arena *scratch,
                        cv_error *error) {
    const char *body = result->body != NULL ? result->body : ""; /* an empty one may be NULL */
    const char *text = cvi_text_repair_escapes(scratch, body, result->body_size);
    cvi_builder *builder = cvi_arena_take(scratch, sizeof(*builder));
    if (text == NULL || builder == NULL) {
        return fail_without_memory(error);
    }
    *builder = (cvi_builder){
        .resource = options->resource,
        .arena = &result->arena,
        .scratch = scratch,
        .on_unknown = options->on_unknown,
        .user = options->user,
    };
    cvi_json_status status = cvi_json_read(&builder->reader, &cvi_build_events, scratch, text,
                                           result->body_size, options->chunk_size);
    if (!judge_parse(result, status, builder, error) || !judge_envelope(result, builder, error)) {
        return false;
    }
    if (!take_records(result, builder)) {
        return fail_without_memory(error);
    }
    result->envelope = builder->envelope;
    if (result->envelope.error == NULL) {
        result->envelope.error = "";
    }
    return true;
}

cvi_result *cvi_decode(const cvi_decode_options *options, const cv_allocator *allocator,
                       cvi_body body, cv_error *error) {
    cvi_result *result =
        cvi_result_new(allocator, options->resource, options->is_list, body.data, body.size);
    if (result == NULL) {
        cvi_release(allocator, body.data);
        cvi_error_no_memory(error);
        return NULL;
    }
    cvi_arena scratch;
    cvi_arena_init(&scratch, allocator, sizeof(cvi_builder) + body.size / 4);
    bool is_good = fill_result(result, options, &scratch, error);
    cvi_arena_clear(&scratch);
    if (!is_good) {
        cvi_result_release(result);
        return NULL;
    }
    return result;
}
