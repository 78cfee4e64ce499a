/* Owns the walk through an answer: a stack of open objects and lists, each key looked up once in
 * the table of its object. Every struct is complete or zero at any moment; a list is copied into
 * the arena when its end has told its size. What a member does not give back is remembered as an
 * oddity of its struct. Events answer 0 only without memory, or when the text is no object at all.
 * One thread at a time. */
#include "resources/build.h"

#include <string.h>

#include "resources/match.h"
#include "resources/text.h"
#include "resources/value.h"

static const cvi_field envelope_rows[] = {
    CVI_TEXT(cvi_envelope, error, 0),
    CVI_INT64(cvi_envelope, limit, 0),
    CVI_INT64(cvi_envelope, offset, 0),
    CVI_INT64_AS(cvi_envelope, page_results, "number_of_page_results", 0),
    CVI_INT64_AS(cvi_envelope, total_results, "number_of_total_results", 0),
    CVI_INT64(cvi_envelope, status_code, 0),
};

static CVI_DEFINE_SHAPE(envelope_shape, "envelope", cvi_envelope, envelope_rows);

static const char results_key[] = "results";

enum { PAGE_ITEMS_MAX = 100 };

static int fail_without_memory(cvi_builder *builder) {
    builder->no_memory = true;
    return 0;
}

/* ---- frames ---- */

static cvi_build_frame *top_frame(cvi_builder *builder) {
    return &builder->frames[builder->frame_count - 1];
}

/* The parser's bound on depth keeps this within `frames`. */
static cvi_build_frame *push_frame(cvi_builder *builder, const cvi_shape *shape, char *target) {
    cvi_build_frame *frame = &builder->frames[builder->frame_count];
    *frame = (cvi_build_frame){.shape = shape, .target = target};
    builder->frame_count++;
    return frame;
}

static size_t waiting_place(const cvi_build_frame *frame) {
    return (size_t)(frame->row - frame->shape->rows);
}

/* Of two equal keys the last one wins: what was odd about the first is forgotten. */
static void mark(cvi_build_frame *frame, bool is_null) {
    size_t place = waiting_place(frame);
    uint64_t bit = UINT64_C(1) << place;
    if ((frame->present & bit) != 0) {
        cvi_oddities_forget(&frame->oddities, place);
    }
    frame->present |= bit;
    frame->null = is_null ? frame->null | bit : frame->null & ~bit;
}

/* A list below a record, as opposed to the list of records. */
static bool is_list_member(const cvi_build_frame *frame) {
    return frame->target == NULL && !frame->is_record;
}

/* ---- oddities ---- */

/* How many items the innermost list has by now. */
static size_t item_count(const cvi_builder *builder) {
    return builder->lists[builder->list_count - 1].count;
}

/* Remembers the text of the value that began at `begin` and ends here. */
static int remember(cvi_builder *builder, size_t begin) {
    cvi_build_frame *frame = top_frame(builder);
    if (frame->shape == &envelope_shape) {
        return 1; /* is not written back */
    }
    size_t place = is_list_member(frame) ? item_count(builder) : waiting_place(frame);
    size_t length = cvi_json_position(&builder->reader) - begin;
    cvi_oddity *oddity = cvi_oddities_add(&frame->oddities, place, builder->arena);
    const char *text = cvi_text_store(builder->arena, builder->text + begin, length);
    if (oddity == NULL || text == NULL) {
        return fail_without_memory(builder);
    }
    oddity->text = text;
    return 1;
}

/* Remembers the single value that ends here. */
static int remember_scalar(cvi_builder *builder) {
    return remember(builder, cvi_json_value_begin(&builder->reader));
}

/* Whether the writer can tell from a zero member alone what was sent. Nested structs remember no
 * nulls: a zero in them is written as what the kind has for it. */
static bool is_told(const cvi_build_frame *frame, cvi_value_fate fate) {
    bool is_pointer = frame->row->kind == CVI_KIND_TEXT || frame->row->kind == CVI_KIND_OBJECT;
    return (fate == CVI_VALUE_NONE && frame->is_record) ||
           (fate == CVI_VALUE_NULL && (frame->is_record || is_pointer));
}

static int settle_oddly(cvi_builder *builder, cvi_build_frame *frame, cvi_value_fate fate) {
    if (fate == CVI_VALUE_NO_MEMORY) {
        return fail_without_memory(builder);
    }
    mark(frame, fate == CVI_VALUE_NULL || fate == CVI_VALUE_LOST);
    return is_told(frame, fate) ? 1 : remember_scalar(builder);
}

/* Nearly every value is stored as it is. */
static inline int settle(cvi_builder *builder, cvi_build_frame *frame, cvi_value_fate fate) {
    if (fate != CVI_VALUE_STORED) {
        return settle_oddly(builder, frame, fate);
    }
    mark(frame, false);
    return 1;
}

/* A single value that no member waits for: it is odd among the items of a list only. */
static int drop_scalar(cvi_builder *builder) {
    bool is_inside = builder->skipped_depth == 0 && builder->frame_count > 0;
    return is_inside && is_list_member(top_frame(builder)) ? remember_scalar(builder) : 1;
}

/* Ignores the object or list that begins. */
static int skip(cvi_builder *builder) {
    builder->skipped_depth = 1;
    builder->skipped_begin = cvi_json_position(&builder->reader) - 1;
    return 1;
}

/* The same where a member waits that cannot hold it. */
static int refuse(cvi_builder *builder, cvi_build_frame *frame) {
    cvi_value_clear(frame->row, frame->target);
    mark(frame, true);
    return skip(builder);
}

/* One that was skipped has ended. That of a key without a row is no oddity. */
static int end_skipped(cvi_builder *builder) {
    builder->skipped_depth--;
    const cvi_build_frame *frame = top_frame(builder);
    bool is_odd = frame->row != NULL || is_list_member(frame);
    return builder->skipped_depth == 0 && is_odd ? remember(builder, builder->skipped_begin) : 1;
}

/* An item of the results that is no record still has its place among them. */
static void count_other_item(cvi_builder *builder, const cvi_build_frame *frame) {
    if (frame->is_record && frame->target == NULL) {
        builder->other_items++;
    }
}

/* The frame with a row that waits for the value at hand, or NULL if nobody wants it. */
static cvi_build_frame *waiting_frame(cvi_builder *builder) {
    if (builder->skipped_depth > 0 || builder->frame_count == 0) {
        return NULL;
    }
    cvi_build_frame *frame = top_frame(builder);
    if (frame->row == NULL) {
        count_other_item(builder, frame);
        return NULL;
    }
    return frame;
}

/* ---- keys ---- */

/* A member by its own name, where the wire has a misspelt one. */
static int remember_key(cvi_builder *builder, cvi_build_frame *frame) {
    if (frame->shape == &envelope_shape) {
        return 1;
    }
    size_t place = CVI_ODDITY_KEY + waiting_place(frame);
    cvi_oddity *oddity = cvi_oddities_add(&frame->oddities, place, builder->arena);
    if (oddity == NULL) {
        return fail_without_memory(builder);
    }
    oddity->text = frame->row->member;
    return 1;
}

static int note_unknown(cvi_builder *builder, const cvi_shape *shape, const char *key,
                        size_t length) {
    if (!builder->notes_unknown || shape == &envelope_shape) {
        return 1;
    }
    cvi_unknown_member *member = cvi_arena_take(builder->scratch, sizeof(*member));
    const char *name = cvi_arena_copy_text(builder->scratch, key, length);
    if (member == NULL || name == NULL) {
        return fail_without_memory(builder);
    }
    *member = (cvi_unknown_member){builder->unknown, shape->name, name};
    builder->unknown = member;
    return 1;
}

static bool is_results_key(const cvi_build_frame *frame, const char *key, size_t length) {
    return frame->shape == &envelope_shape && length == sizeof(results_key) - 1 &&
           memcmp(key, results_key, length) == 0;
}

/* Records of an earlier key of the same name are forgotten. */
static void await_results(cvi_builder *builder) {
    builder->is_at_results = true;
    builder->results = CVI_RESULTS_OTHER;
    builder->records.count = 0;
    builder->details.count = 0;
    builder->other_items = 0;
}

static int on_key(void *context, const unsigned char *text, size_t length) {
    cvi_builder *builder = context;
    if (builder->skipped_depth > 0) {
        return 1;
    }
    const char *key = (const char *)text;
    cvi_build_frame *frame = top_frame(builder);
    frame->row = cvi_match_key(frame->shape, key, length, &frame->next_row);
    builder->is_at_results = false;
    if (frame->row != NULL) {
        return 1;
    }
    frame->row = cvi_shape_find(frame->shape, key, length);
    if (frame->row != NULL) {
        return remember_key(builder, frame);
    }
    if (is_results_key(frame, key, length)) {
        await_results(builder);
        return 1;
    }
    return note_unknown(builder, frame->shape, key, length);
}

/* ---- single values ---- */

static int on_null(void *context) {
    cvi_builder *builder = context;
    cvi_build_frame *frame = waiting_frame(builder);
    if (frame == NULL) {
        return drop_scalar(builder);
    }
    return settle(builder, frame, cvi_value_clear(frame->row, frame->target));
}

static int on_bool(void *context, int value) {
    cvi_builder *builder = context;
    cvi_build_frame *frame = waiting_frame(builder);
    if (frame == NULL) {
        return drop_scalar(builder);
    }
    return settle(builder, frame, cvi_value_bool(frame->row, frame->target, value != 0));
}

static int on_number(void *context, const char *spelling, size_t length) {
    cvi_builder *builder = context;
    cvi_build_frame *frame = waiting_frame(builder);
    if (frame == NULL) {
        return drop_scalar(builder);
    }
    return settle(builder, frame,
                  cvi_value_number(frame->row, frame->target, spelling, length, builder->arena));
}

static int on_string(void *context, const unsigned char *text, size_t length) {
    cvi_builder *builder = context;
    cvi_build_frame *frame = waiting_frame(builder);
    if (frame == NULL) {
        return drop_scalar(builder);
    }
    return settle(
        builder, frame,
        cvi_value_text(frame->row, frame->target, (const char *)text, length, builder->arena));
}

/* ---- objects ---- */

static void expect_records(cvi_builder *builder, size_t count) {
    builder->records.expected_count = count;
    builder->details.expected_count = count;
}

static int begin_record(cvi_builder *builder) {
    const cvi_shape *shape = builder->resource->shape;
    char *target = cvi_items_add(&builder->records, shape->size, builder->scratch);
    char *detail = cvi_items_add(&builder->details, sizeof(cvi_record), builder->scratch);
    if (target == NULL || detail == NULL) {
        return fail_without_memory(builder);
    }
    cvi_record begun = {.raw_begin = cvi_json_position(&builder->reader) - 1};
    memcpy(detail, &begun, sizeof(begun));
    push_frame(builder, shape, target)->is_record = true;
    return 1;
}

static int begin_item(cvi_builder *builder, const cvi_shape *shape) {
    cvi_items *list = &builder->lists[builder->list_count - 1];
    char *target = cvi_items_add(list, shape->size, builder->scratch);
    if (target == NULL) {
        return fail_without_memory(builder);
    }
    push_frame(builder, shape, target);
    return 1;
}

/* An object for the member that waits. */
static int begin_member(cvi_builder *builder, cvi_build_frame *frame) {
    if (frame->row == NULL) {
        return skip(builder);
    }
    if (frame->row->kind != CVI_KIND_OBJECT) {
        return refuse(builder, frame);
    }
    const cvi_shape *shape = frame->row->shape;
    char *target = cvi_arena_take(builder->arena, shape->size);
    if (target == NULL) {
        return fail_without_memory(builder);
    }
    memset(target, 0, shape->size);
    cvi_value_object(frame->row, frame->target, target);
    mark(frame, false);
    push_frame(builder, shape, target);
    return 1;
}

static int on_object_begin(void *context) {
    cvi_builder *builder = context;
    if (builder->skipped_depth > 0) {
        builder->skipped_depth++;
        return 1;
    }
    if (builder->is_at_results) {
        builder->is_at_results = false;
        builder->results = CVI_RESULTS_OBJECT;
        expect_records(builder, 1);
        return begin_record(builder);
    }
    if (builder->frame_count == 0) {
        push_frame(builder, &envelope_shape, (char *)&builder->envelope);
        return 1;
    }
    cvi_build_frame *frame = top_frame(builder);
    if (frame->target != NULL) {
        return begin_member(builder, frame);
    }
    return frame->is_record ? begin_record(builder) : begin_item(builder, frame->shape);
}

static int end_record(cvi_builder *builder) {
    const cvi_build_frame *frame = top_frame(builder);
    cvi_record *details = (cvi_record *)(void *)builder->details.items;
    cvi_record *detail = &details[builder->details.count - 1];
    detail->present = frame->present;
    detail->null = frame->null;
    detail->raw_end = cvi_json_position(&builder->reader);
    detail->oddities = frame->oddities.first;
    builder->frame_count--;
    return 1;
}

static bool has_number(const cvi_build_frame *frame, const char *name) {
    const cvi_field *row = cvi_shape_find(&envelope_shape, name, strlen(name));
    uint64_t bit = UINT64_C(1) << (row - envelope_rows);
    return (frame->present & ~frame->null & bit) != 0;
}

/* Where 0 would mean something, what was not said is -1. */
static int end_envelope(cvi_builder *builder) {
    const cvi_build_frame *frame = top_frame(builder);
    builder->has_status = has_number(frame, "status_code");
    if (!has_number(frame, "offset")) {
        builder->envelope.offset = -1;
    }
    if (!has_number(frame, "number_of_total_results")) {
        builder->envelope.total_results = -1;
    }
    builder->frame_count--;
    return 1;
}

static uint64_t all_rows(const cvi_shape *shape) {
    return UINT64_MAX >> (CVI_ROWS_MAX - shape->row_count);
}

/* A nested struct: whoever has it learns what is odd about it. */
static int end_nested(cvi_builder *builder) {
    const cvi_build_frame *ended = top_frame(builder);
    uint64_t absent = all_rows(ended->shape) & ~ended->present;
    builder->frame_count--;
    if (absent == 0 && ended->oddities.first == NULL) {
        return 1;
    }
    cvi_build_frame *frame = top_frame(builder);
    size_t place = is_list_member(frame) ? item_count(builder) - 1 : waiting_place(frame);
    cvi_oddity *oddity = cvi_oddities_add(&frame->oddities, place, builder->arena);
    if (oddity == NULL) {
        return fail_without_memory(builder);
    }
    oddity->absent = absent;
    oddity->inside = ended->oddities.first;
    return 1;
}

static int on_object_end(void *context) {
    cvi_builder *builder = context;
    if (builder->skipped_depth > 0) {
        return end_skipped(builder);
    }
    const cvi_build_frame *frame = top_frame(builder);
    if (frame->is_record) {
        return end_record(builder);
    }
    return frame->shape == &envelope_shape ? end_envelope(builder) : end_nested(builder);
}

/* ---- lists ---- */

static int begin_results(cvi_builder *builder) {
    builder->is_at_results = false;
    builder->results = CVI_RESULTS_LIST;
    int64_t announced = builder->envelope.page_results; /* zero if it is still to come */
    expect_records(builder, announced > 0 && announced <= PAGE_ITEMS_MAX ? (size_t)announced : 0);
    push_frame(builder, builder->resource->shape, NULL)->is_record = true;
    return 1;
}

static int on_array_begin(void *context) {
    cvi_builder *builder = context;
    if (builder->skipped_depth > 0) {
        builder->skipped_depth++;
        return 1;
    }
    if (builder->frame_count == 0) {
        return 0;
    }
    if (builder->is_at_results) {
        return begin_results(builder);
    }
    cvi_build_frame *frame = top_frame(builder);
    if (frame->row == NULL) { /* among them [] where a list should have an object */
        count_other_item(builder, frame);
        return skip(builder);
    }
    if (frame->row->kind != CVI_KIND_LIST) {
        return refuse(builder, frame);
    }
    builder->lists[builder->list_count].count = 0;
    builder->list_count++;
    push_frame(builder, frame->row->shape, NULL);
    return 1;
}

/* Moves the items of the innermost list to the arena and into the member that waits for them. */
static int end_list(cvi_builder *builder) {
    const cvi_build_frame *ended = top_frame(builder);
    const cvi_shape *shape = ended->shape;
    const cvi_items *list = &builder->lists[builder->list_count - 1];
    cvi_list stored = {NULL, list->count};
    if (list->count > 0) {
        char *items = cvi_arena_take(builder->arena, list->count * shape->size);
        if (items == NULL) {
            return fail_without_memory(builder);
        }
        memcpy(items, list->items, list->count * shape->size);
        stored.items = items;
    }
    builder->list_count--;
    builder->frame_count--;
    cvi_build_frame *frame = top_frame(builder);
    cvi_value_list(frame->row, frame->target, stored);
    mark(frame, false);
    if (ended->oddities.first == NULL) {
        return 1;
    }
    cvi_oddity *oddity = cvi_oddities_add(&frame->oddities, waiting_place(frame), builder->arena);
    if (oddity == NULL) {
        return fail_without_memory(builder);
    }
    oddity->inside = ended->oddities.first;
    return 1;
}

static int on_array_end(void *context) {
    cvi_builder *builder = context;
    if (builder->skipped_depth > 0) {
        return end_skipped(builder);
    }
    if (is_list_member(top_frame(builder))) {
        return end_list(builder);
    }
    builder->frame_count--; /* the list of records */
    return 1;
}

const cvi_json_events cvi_build_events = {
    .on_null = on_null,
    .on_bool = on_bool,
    .on_number = on_number,
    .on_string = on_string,
    .on_key = on_key,
    .on_object_begin = on_object_begin,
    .on_object_end = on_object_end,
    .on_array_begin = on_array_begin,
    .on_array_end = on_array_end,
};
