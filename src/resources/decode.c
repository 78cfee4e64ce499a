/* Owns the way from a body to a result: repair, parse, judge the envelope, move the records where
 * they stay. A body has one owner at any moment: the caller until cvi_decode, then the result. Any
 * thread. */
#include "resources/decode.h"

#include <string.h>

#include "resources/build.h"
#include "resources/hits.h"
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

/* Moves the records from the scratch arena to where they stay. */
static bool take_records(cvi_result *result, const cvi_builder *builder, cvi_arena *scratch) {
    size_t count = builder->records.count;
    if (count > SIZE_MAX / sizeof(cvi_made_record)) {
        return false;
    }
    cvi_made_record *made = cvi_arena_take(scratch, count * sizeof(*made));
    if (made == NULL) {
        return false;
    }
    size_t size = builder->resource->shape->size;
    const cvi_record *details = (const cvi_record *)(const void *)builder->details.items;
    for (size_t i = 0; i < count; i++) {
        made[i] =
            (cvi_made_record){builder->resource, builder->records.items + i * size, details[i]};
    }
    return cvi_result_fill(result, made, count);
}

static bool fill_result(cvi_result *result, const cvi_decode_options *options, cvi_arena *scratch,
                        cv_error *error) {
    const char *body = result->body != NULL ? result->body : ""; /* an empty one may be NULL */
    const char *text = cvi_text_repair_escapes(scratch, body, result->body_size);
    cvi_builder *builder = cvi_arena_take(scratch, sizeof(*builder));
    if (text == NULL || builder == NULL) {
        return fail_without_memory(error);
    }
    bool is_search = options->resource == &cvi_search_resource;
    *builder = (cvi_builder){
        .resource = options->resource,
        .text = text,
        .arena = is_search ? scratch : &result->arena, /* hits are read once more */
        .scratch = scratch,
        .on_unknown = is_search ? NULL : options->on_unknown,
        .user = options->user,
    };
    cvi_json_status status = cvi_json_read(&builder->reader, &cvi_build_events, scratch, text,
                                           result->body_size, options->chunk_size);
    if (!judge_parse(result, status, builder, error) || !judge_envelope(result, builder, error)) {
        return false;
    }
    bool is_taken =
        builder->envelope.status_code != 1 || builder->records.count == 0 ||
        (is_search ? cvi_hits_take(result, builder, text) : take_records(result, builder, scratch));
    if (!is_taken) {
        return fail_without_memory(error);
    }
    result->item_count = builder->records.count + builder->other_items;
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
    cvi_arena_init(&scratch, allocator, sizeof(cvi_builder) + body.size / 16);
    bool is_good = fill_result(result, options, &scratch, error);
    cvi_arena_clear(&scratch);
    if (!is_good) {
        cvi_result_release(result);
        return NULL;
    }
    return result;
}
