/* Owns the decoding of hits. A hit's type may stand anywhere in it, so that its table is known only
 * behind its end: the first pass finds types and texts, the second decodes each text by its table.
 * One thread at a time. */
#include "resources/hits.h"

#include "resources/registry.h"

static const char type_key[] = "resource_type";

/* What every hit carries. */
typedef struct cvi_hit {
    cv_record record;
    int64_t id;
    const char *name;
    const char *resource_type; /* detail path of its resource */
} cvi_hit;

static const cvi_field rows[] = {
    CVI_INT64(cvi_hit, id, CVI_IN_LIST),
    CVI_TEXT(cvi_hit, name, CVI_IN_LIST),
    CVI_TEXT(cvi_hit, resource_type, CVI_IN_LIST),
};

static CVI_DEFINE_SHAPE(shape, "hit", cvi_hit, rows);

static const char *const extras[] = {"subscriber_only", NULL};

const cvi_resource cvi_search_resource = {
    .resource = CV_RESOURCE_NONE,
    .detail_path = "search",
    .list_path = "search",
    .shape = &shape,
    .extras = extras,
};

static const cvi_resource *table_of(const cvi_hit *hit) {
    const cvi_resource *table = cvi_registry_find(cv_resource_from_name(hit->resource_type));
    return table != NULL ? table : &cvi_search_resource;
}

const char *cvi_hit_type(const cv_record *record) {
    const cvi_record *detail = record->detail;
    bool is_hit = detail->result->resource == &cvi_search_resource;
    if (!is_hit || cvi_shape_find(detail->shape, type_key, sizeof(type_key) - 1) != NULL) {
        return NULL;
    }
    return cv_resource_name(record->resource);
}

/* Decodes the text of the next hit. It has been parsed before, so only memory can be missing. */
static bool decode_next(cvi_hits_taking *taking, cvi_result *result, const cvi_resource *table,
                        const cvi_record *found) {
    cvi_builder *builder = taking->again;
    cvi_arena *scratch = taking->found->scratch;
    *builder = (cvi_builder){
        .resource = table,
        .text = taking->found->text + found->raw_begin,
        .arena = &result->arena,
        .scratch = scratch,
        .is_at_results = true,
    };
    cvi_json_status status = cvi_json_read(&builder->reader, &cvi_build_events, scratch,
                                           builder->text, found->raw_end - found->raw_begin);
    if (status != CVI_JSON_DONE || builder->records.count != 1) {
        return false;
    }
    cvi_made_record *made = &taking->made[taking->count++];
    *made = (cvi_made_record){table, builder->records.items,
                              *(const cvi_record *)(const void *)builder->details.items};
    made->detail.raw_begin = found->raw_begin;
    made->detail.raw_end = found->raw_end;
    return true;
}

bool cvi_hits_begin(cvi_hits_taking *taking, const cvi_builder *builder) {
    size_t count = builder->records.count;
    *taking = (cvi_hits_taking){.found = builder};
    if (count > SIZE_MAX / sizeof(cvi_made_record)) {
        return false;
    }
    taking->again = cvi_arena_take(builder->scratch, sizeof(cvi_builder));
    taking->made = cvi_arena_take(builder->scratch, count * sizeof(cvi_made_record));
    return taking->again != NULL && taking->made != NULL;
}

bool cvi_hits_step(cvi_hits_taking *taking, cvi_result *result, size_t bytes, bool *is_over) {
    const cvi_builder *found = taking->found;
    const cvi_hit *hits = (const cvi_hit *)(const void *)found->records.items;
    const cvi_record *details = (const cvi_record *)(const void *)found->details.items;
    size_t done = 0;
    do {
        const cvi_record *detail = &details[taking->count];
        if (!decode_next(taking, result, table_of(&hits[taking->count]), detail)) {
            return false;
        }
        done += detail->raw_end - detail->raw_begin;
    } while (taking->count < found->records.count && done < bytes);
    *is_over = taking->count == found->records.count;
    return !*is_over || cvi_result_fill(result, taking->made, taking->count);
}
