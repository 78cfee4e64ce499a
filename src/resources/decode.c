/* Owns the way from a body to a result: repair, parse, judge the envelope, move the records where
 * they stay. Each is a phase that can stop behind any part of the body and go on there. A tape
 * takes the place of repair and parser; if anything but a good result comes of it, the body is
 * decoded without. A body has one owner at any moment: the caller until it is decoded, then the
 * result. Any thread. */
#include "resources/decode.h"

#include <string.h>

#include "resources/build.h"
#include "resources/hits.h"
#include "resources/inside.h"
#include "resources/json.h"
#include "resources/tape.h"
#include "resources/text.h"
#include "support/allocator.h"
#include "support/error.h"

typedef enum phase { REPAIR, PARSE, TAKE_HITS, OVER } phase;

struct cvi_decoding {
    cvi_decode_options options;
    cvi_result *result;
    cvi_arena scratch;
    phase phase;
    cvi_text_repair repair;
    bool had_tape; /* behind its body */
    cvi_tape tape; /* empty: there is none, or it was not good */
    cvi_tape_reading reading;
    cvi_tape_writing writing;
    cvi_builder *builder;
    cvi_hits_taking hits;
    bool is_good; /* once it is over; else `error` says why */
    bool is_cut;
    cv_error error;
};

static bool is_search(const cvi_decoding *decoding) {
    return decoding->options.resource == &cvi_search_resource;
}

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
static bool judge_parse(cvi_decoding *decoding, cvi_json_status status) {
    static const char *const reasons[] = {
        [CVI_JSON_BROKEN] = "is cut or not JSON",
        [CVI_JSON_TOO_DEEP] = "is nested too deep",
        [CVI_JSON_TOO_MANY] = "has too many objects",
        [CVI_JSON_STOPPED] = "is no envelope",
    };
    if (status == CVI_JSON_DONE) {
        return true;
    }
    if (status == CVI_JSON_NO_MEMORY || decoding->builder->no_memory) {
        return fail_without_memory(&decoding->error);
    }
    decoding->is_cut = cvi_json_is_cut(decoding->repair.text, decoding->repair.size);
    return refuse(decoding->result, &decoding->error, reasons[status]);
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

/* ---- phases ---- */

static void end(cvi_decoding *decoding, bool is_good) {
    decoding->is_good = is_good;
    decoding->phase = OVER;
}

static void end_without_memory(cvi_decoding *decoding) {
    end(decoding, fail_without_memory(&decoding->error));
}

/* On a tape texts are said to be where they stand in the body: where something was repaired they
 * are not. */
static cvi_json_status begin_parser(cvi_decoding *decoding) {
    const cvi_text_repair *repair = &decoding->repair;
    cvi_json_reader *reader = &decoding->builder->reader;
    const cvi_json_events *events = &cvi_build_events;
    if (decoding->options.makes_tape && repair->text == repair->json && !is_search(decoding)) {
        cvi_tape_write_begin(&decoding->writing, events, &decoding->result->allocator, repair->text,
                             repair->size);
        reader->notes = &decoding->writing;
        events = &cvi_tape_events;
    }
    return cvi_json_begin(reader, events, &decoding->scratch, repair->text, repair->size);
}

static bool is_on_tape(const cvi_decoding *decoding) {
    return decoding->tape.size > 0;
}

static void begin_parse(cvi_decoding *decoding) {
    cvi_result *result = decoding->result;
    cvi_arena *scratch = &decoding->scratch;
    cvi_builder *builder = cvi_arena_take(scratch, sizeof(*builder));
    if (builder == NULL) {
        end_without_memory(decoding);
        return;
    }
    *builder = (cvi_builder){
        .resource = decoding->options.resource,
        .text = decoding->repair.text,
        .arena = is_search(decoding) ? scratch : &result->arena, /* hits are read once more */
        .scratch = scratch,
        .notes_unknown = decoding->options.on_unknown != NULL && !is_search(decoding),
    };
    decoding->builder = builder;
    decoding->phase = PARSE;
    if (is_on_tape(decoding)) {
        cvi_tape_begin(&decoding->reading, &builder->reader, &cvi_build_events, scratch,
                       decoding->repair.text, decoding->repair.size, decoding->tape);
    } else if (begin_parser(decoding) != CVI_JSON_MORE) {
        end_without_memory(decoding);
    }
}

static void repair(cvi_decoding *decoding, size_t bytes) {
    if (!cvi_text_repair_step(&decoding->repair, &decoding->scratch, bytes)) {
        end_without_memory(decoding);
    } else if (decoding->repair.done == decoding->repair.size) {
        begin_parse(decoding);
    }
}

/* Of a search all but the hits lies in the scratch arena. */
static bool keep_error_text(cvi_decoding *decoding, cvi_envelope *envelope) {
    if (envelope->error == NULL) {
        envelope->error = "";
    } else if (is_search(decoding)) {
        envelope->error =
            cvi_arena_copy_text(&decoding->result->arena, envelope->error, strlen(envelope->error));
    }
    return envelope->error != NULL;
}

/* Once nothing is read a second time; in the order in which they stand. */
static void tell_unknown(const cvi_decoding *decoding) {
    cvi_unknown_member *first = NULL;
    cvi_unknown_member *next = NULL;
    for (cvi_unknown_member *member = decoding->builder->unknown; member != NULL; member = next) {
        next = member->next;
        member->next = first;
        first = member;
    }
    for (const cvi_unknown_member *member = first; member != NULL; member = member->next) {
        decoding->options.on_unknown(decoding->options.user, member->shape, member->name);
    }
}

static void complete_result(cvi_decoding *decoding) {
    const cvi_builder *builder = decoding->builder;
    cvi_result *result = decoding->result;
    result->item_count = builder->records.count + builder->other_items;
    result->envelope = builder->envelope;
    if (keep_error_text(decoding, &result->envelope)) {
        tell_unknown(decoding);
        end(decoding, true);
    } else {
        end_without_memory(decoding);
    }
}

static void begin_hits(cvi_decoding *decoding) {
    decoding->phase = TAKE_HITS;
    if (!cvi_hits_begin(&decoding->hits, decoding->builder)) {
        end_without_memory(decoding);
    }
}

static void take_hits(cvi_decoding *decoding, size_t bytes) {
    bool is_over = false;
    if (!cvi_hits_step(&decoding->hits, decoding->result, bytes, &is_over)) {
        end_without_memory(decoding);
    } else if (is_over) {
        complete_result(decoding);
    }
}

/* The answer is no good, unless only the tape says so: then all that came off it is forgotten. */
static void give_up(cvi_decoding *decoding) {
    if (!is_on_tape(decoding) || decoding->error.code == CV_ERROR_NOMEM) {
        end(decoding, false);
        return;
    }
    cvi_arena_clear(&decoding->scratch);
    cvi_arena_clear(&decoding->result->arena);
    decoding->tape = (cvi_tape){NULL, 0};
    decoding->is_cut = false;
    decoding->phase = REPAIR;
}

/* Behind a whole text. */
static void take(cvi_decoding *decoding) {
    const cvi_builder *builder = decoding->builder;
    bool has_records = builder->envelope.status_code == 1 && builder->records.count > 0;
    if (!judge_envelope(decoding->result, builder, &decoding->error)) {
        give_up(decoding);
    } else if (has_records && is_search(decoding)) {
        begin_hits(decoding);
    } else if (has_records && !take_records(decoding->result, builder, &decoding->scratch)) {
        end_without_memory(decoding);
    } else {
        complete_result(decoding);
    }
}

static void parse(cvi_decoding *decoding, size_t bytes) {
    cvi_json_status status = is_on_tape(decoding)
                                 ? cvi_tape_step(&decoding->reading, bytes)
                                 : cvi_json_step(&decoding->builder->reader, bytes);
    if (status == CVI_JSON_MORE) {
        return;
    }
    if (judge_parse(decoding, status)) {
        take(decoding);
    } else {
        give_up(decoding);
    }
}

static void (*const phases[])(cvi_decoding *, size_t) = {
    [REPAIR] = repair,
    [PARSE] = parse,
    [TAKE_HITS] = take_hits,
};

/* ---- the whole ---- */

/* False: no memory, and the body stays the caller's. */
static bool begin(cvi_decoding *decoding, const cvi_decode_options *options,
                  const cv_allocator *allocator, cvi_body body) {
    cvi_result *result =
        cvi_result_new(allocator, options->resource, options->is_list, body.data, body.size);
    if (result == NULL) {
        return false;
    }
    decoding->options = *options;
    decoding->result = result;
    cvi_arena_init(&decoding->scratch, allocator, sizeof(cvi_builder) + body.size / 16);
    const char *text = body.data != NULL ? body.data : ""; /* an empty one may be NULL */
    decoding->repair = cvi_text_repair_begin(text, body.size);
    decoding->had_tape = body.tape_size > 0;
    if (decoding->had_tape && !is_search(decoding)) {
        decoding->tape = (cvi_tape){text + body.size + 1, body.tape_size};
        begin_parse(decoding);
    }
    return true;
}

/* What was written of a tape becomes the result's if the answer is good, and goes if it is not. */
static void end_writing(cvi_decoding *decoding) {
    cvi_result *result = decoding->result;
    if (decoding->is_good) {
        result->tape = cvi_tape_write_end(&decoding->writing, &result->tape_size);
    } else {
        cvi_tape_write_drop(&decoding->writing);
    }
}

/* A result holds the body alone. */
static void drop_tape(cvi_result *result) {
    char *body = cvi_reallocate(&result->allocator, result->body, result->body_size + 1);
    if (body != NULL) {
        result->body = body;
    }
}

/* Does what is left, and takes the result out. */
static cvi_result *finish(cvi_decoding *decoding, cv_error *error) {
    while (decoding->phase != OVER) {
        phases[decoding->phase](decoding, SIZE_MAX);
    }
    cvi_result *result = decoding->result;
    cvi_arena_clear(&decoding->scratch);
    end_writing(decoding);
    decoding->result = NULL;
    if (!decoding->is_good) {
        *error = decoding->error;
        cvi_result_release(result);
        return NULL;
    }
    if (decoding->had_tape) {
        drop_tape(result);
    }
    return result;
}

cvi_result *cvi_decode(const cvi_decode_options *options, const cv_allocator *allocator,
                       cvi_body body, cv_error *error) {
    cvi_decoding decoding = {.phase = REPAIR};
    if (!begin(&decoding, options, allocator, body)) {
        cvi_release(allocator, body.data);
        cvi_error_no_memory(error);
        return NULL;
    }
    return finish(&decoding, error);
}

cvi_decoding *cvi_decoding_begin(const cvi_decode_options *options, const cv_allocator *allocator,
                                 cvi_body body) {
    cvi_decoding *decoding = cvi_allocate(allocator, sizeof(*decoding));
    if (decoding != NULL && !begin(decoding, options, allocator, body)) {
        cvi_release(allocator, decoding);
        return NULL;
    }
    return decoding;
}

bool cvi_decoding_step(cvi_decoding *decoding, size_t bytes) {
    if (decoding->phase != OVER) {
        phases[decoding->phase](decoding, bytes > 0 ? bytes : 1);
    }
    return decoding->phase == OVER;
}

cvi_result *cvi_decoding_end(cvi_decoding *decoding, bool *is_cut, cv_error *error) {
    cv_allocator allocator = decoding->scratch.allocator;
    cvi_result *result = finish(decoding, error);
    if (is_cut != NULL) {
        *is_cut = decoding->is_cut;
    }
    cvi_release(&allocator, decoding);
    return result;
}

void cvi_decoding_drop(cvi_decoding *decoding) {
    if (decoding != NULL) {
        cv_allocator allocator = decoding->scratch.allocator;
        cvi_arena_clear(&decoding->scratch);
        cvi_tape_write_drop(&decoding->writing);
        cvi_result_release(decoding->result);
        cvi_release(&allocator, decoding);
    }
}
