/* Owns the way from a caller's words to a checked, canonical call: fields, filter and sort go
 * through the resource's table before anything else sees them. Any thread. */
#include "client/call.h"

#include <inttypes.h>
#include <string.h>

#include "client/envelope.h"
#include "client/url.h"
#include "resources/check.h"
#include "resources/hits.h"
#include "resources/piece.h"
#include "resources/registry.h"
#include "resources/search.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

#define MAX_LIST_LENGTH 100
#define LONGEST_URL     7000 /* leaves room for the key */

const cvi_resource *cvi_find_resource(cv_resource resource, cv_error *error) {
    const cvi_resource *table = cvi_registry_find(resource);
    if (table == NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "version %s of the library has no resource %d",
                      CV_VERSION, (int)resource);
    }
    return table;
}

/* Fills in what only depends on the target: URL and cache key. */
static bool aim(cvi_call *call, const cvi_target *target, cv_error *error) {
    char text[LONGEST_URL + 1];
    cvi_buffer url;
    cvi_buffer_over(&url, text, sizeof(text));
    cvi_url_write(target, &url);
    if (url.failed) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "%s: the query makes a URL beyond %d bytes",
                      call->label, LONGEST_URL);
        return false;
    }
    call->url = cvi_copy_text(&call->allocator, text, url.length);
    if (call->url == NULL) {
        cvi_error_no_memory(error);
        return false;
    }
    cvi_url_hash(target, call->hash);
    return true;
}

static cvi_call *new_call(const cvi_settings *settings, const cvi_resource *resource,
                          cv_error *error) {
    const cv_allocator *allocator = &settings->arena.allocator;
    cvi_call *call = cvi_allocate(allocator, sizeof(*call));
    if (call == NULL) {
        cvi_error_no_memory(error);
        return NULL;
    }
    atomic_init(&call->references, 1);
    call->allocator = *allocator;
    call->judge = &cvi_envelope_judge;
    call->resource = resource;
    call->ttl_ms = cvi_settings_ttl_ms(settings, resource->resource);
    return call;
}

static bool aim_detail(const cvi_settings *settings, cvi_call *call,
                       const cv_request_options *options, cv_error *error) {
    char list[CVI_CHECKED_SIZE];
    cvi_buffer field_list;
    cvi_buffer_over(&field_list, list, sizeof(list));
    cvi_parameter parameter = {"field_list", NULL};
    cvi_target target = {settings->options.base_url, call->label, &parameter, 1};
    if (options != NULL && options->fields != NULL) {
        const cvi_scope scope = {call->resource, false, options->allow_unknown != 0};
        if (!cvi_check_fields(&scope, options->fields, &field_list, error)) {
            return false;
        }
        cvi_url_hash(&target, call->full_hash);
        parameter.value = list;
    }
    return aim(call, &target, error);
}

bool cvi_check_id(const cvi_resource *resource, int64_t id, cv_error *error) {
    if (resource->detail_path == NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "%s: a list, whose items are not to be had alone",
                      resource->list_path);
        return false;
    }
    if (id < 1 || id > CVI_ID_MAX) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "%s: %" PRId64 " is no id (1 or more)",
                      resource->detail_path, id);
        return false;
    }
    return true;
}

static void write_object_path(const char *path, const cvi_resource *resource, int64_t id,
                              char *text, size_t size) {
    cvi_buffer out;
    cvi_buffer_over(&out, text, size);
    cvi_buffer_add_text(&out, path);
    cvi_buffer_add_char(&out, '/');
    cvi_buffer_add_int(&out, resource->type_id);
    cvi_buffer_add_char(&out, '-');
    cvi_buffer_add_int(&out, id);
}

cvi_call *cvi_call_detail(const cvi_settings *settings, cv_resource resource, int64_t id,
                          const cv_request_options *options, cv_error *error) {
    const cvi_resource *table = cvi_find_resource(resource, error);
    if (table == NULL) {
        return NULL;
    }
    if (!cvi_check_id(table, id, error)) {
        return NULL;
    }
    cvi_call *call = new_call(settings, table, error);
    if (call == NULL) {
        return NULL;
    }
    call->segment = table->detail_path;
    call->id = id;
    write_object_path(table->detail_path, table, id, call->label, sizeof(call->label));
    if (!aim_detail(settings, call, options, error)) {
        cvi_call_release(call);
        return NULL;
    }
    return call;
}

cvi_call *cvi_call_item(const cvi_settings *settings, const cvi_resource *resource, int64_t id,
                        const cv_request_options *options, cv_error *error) {
    char list[CVI_CHECKED_SIZE];
    char path[sizeof(((cvi_call *)NULL)->label)];
    cvi_buffer field_list;
    cvi_buffer_over(&field_list, list, sizeof(list));
    const cvi_scope scope = {resource, true, options->allow_unknown != 0};
    if (options->fields != NULL && !cvi_check_fields(&scope, options->fields, &field_list, error)) {
        return NULL;
    }
    cvi_call *call = new_call(settings, resource, error);
    if (call == NULL) {
        return NULL;
    }
    call->segment = resource->list_path;
    call->id = id;
    write_object_path(resource->detail_path, resource, id, call->label, sizeof(call->label));
    write_object_path(resource->list_path, resource, id, path, sizeof(path));
    cvi_parameter parameter = {"field_list", options->fields != NULL ? list : NULL};
    cvi_target target = {settings->options.base_url, path, &parameter, 1};
    cvi_url_hash(&target, call->hash);
    parameter.value = NULL;
    target.path = call->label;
    cvi_url_hash(&target, call->full_hash);
    return call;
}

/* The texts of a list's parameters; empty where there is none. */
typedef struct list_texts {
    char fields[CVI_CHECKED_SIZE];
    char filter[CVI_CHECKED_SIZE];
    char sort[CVI_CHECKED_SIZE];
    char subscriber_only[CVI_CHECKED_SIZE];
    char video_type[CVI_CHECKED_SIZE];
    char limit[24];
    char offset[24];
} list_texts;

static bool check_range(const cvi_resource *resource, const cv_query *query, cv_error *error) {
    if (query->limit < 0 || query->limit > MAX_LIST_LENGTH) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "%s: limit %" PRId64 " is not from 1 to %d",
                      resource->list_path, query->limit, MAX_LIST_LENGTH);
        return false;
    }
    if (query->offset < 0) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "%s: offset %" PRId64 " is negative",
                      resource->list_path, query->offset);
        return false;
    }
    return true;
}

bool cvi_copy_query(cv_query *own, const cv_query *query, cv_error *error) {
    return query == NULL ||
           (cvi_copy_sized(own, sizeof(*own), query, "cv_query", error) &&
            cvi_check_reserved(own->reserved, sizeof(own->reserved) / sizeof(own->reserved[0]),
                               "cv_query", error));
}

static void write_number(char *text, size_t size, int64_t number) {
    cvi_buffer out;
    cvi_buffer_over(&out, text, size);
    if (number > 0) {
        cvi_buffer_add_int(&out, number);
    }
}

/* The value of a parameter that only some lists take; `value` NULL: none. */
static bool write_extra(const cvi_resource *resource, const char *name, const char *value,
                        char text[CVI_CHECKED_SIZE], cv_error *error) {
    cvi_buffer out;
    cvi_buffer_over(&out, text, CVI_CHECKED_SIZE);
    return value == NULL || cvi_check_extra(resource, name, value, &out, error);
}

static bool write_list_texts(const cvi_resource *resource, const cv_query *query, list_texts *texts,
                             cv_error *error) {
    cvi_buffer fields;
    cvi_buffer filter;
    cvi_buffer sort;
    cvi_buffer_over(&fields, texts->fields, sizeof(texts->fields));
    cvi_buffer_over(&filter, texts->filter, sizeof(texts->filter));
    cvi_buffer_over(&sort, texts->sort, sizeof(texts->sort));
    write_number(texts->limit, sizeof(texts->limit), query->limit);
    write_number(texts->offset, sizeof(texts->offset), query->offset);
    const cvi_scope scope = {resource, true, query->allow_unknown != 0};
    return check_range(resource, query, error) &&
           (query->fields == NULL || cvi_check_fields(&scope, query->fields, &fields, error)) &&
           (query->filter == NULL || cvi_check_filter(&scope, query->filter, &filter, error)) &&
           (query->sort == NULL || cvi_check_sort(&scope, query->sort, &sort, error)) &&
           write_extra(resource, "subscriber_only", query->subscriber_only, texts->subscriber_only,
                       error) &&
           write_extra(resource, "video_type", query->video_type, texts->video_type, error);
}

static const char *or_null(const char *text) {
    return text[0] != '\0' ? text : NULL;
}

cvi_call *cvi_call_list(const cvi_settings *settings, cv_resource resource, const cv_query *query,
                        cv_error *error) {
    const cvi_resource *table = cvi_find_resource(resource, error);
    cv_query own = CV_QUERY_INIT;
    list_texts texts;
    if (table == NULL || !cvi_copy_query(&own, query, error) ||
        !write_list_texts(table, &own, &texts, error)) {
        return NULL;
    }
    cvi_call *call = new_call(settings, table, error);
    if (call == NULL) {
        return NULL;
    }
    call->segment = table->list_path;
    call->is_list = true;
    cvi_buffer label;
    cvi_buffer_over(&label, call->label, sizeof(call->label));
    cvi_buffer_add_format(&label, "%s offset %" PRId64, table->list_path, own.offset);
    const cvi_parameter parameters[] = {
        {"field_list", or_null(texts.fields)},
        {"filter", or_null(texts.filter)},
        {"limit", or_null(texts.limit)},
        {"offset", or_null(texts.offset)},
        {"sort", or_null(texts.sort)},
        {"subscriber_only", or_null(texts.subscriber_only)},
        {"video_type", or_null(texts.video_type)},
    };
    cvi_target target = {settings->options.base_url, table->list_path, parameters,
                         sizeof(parameters) / sizeof(parameters[0])};
    if (!aim(call, &target, error)) {
        cvi_call_release(call);
        return NULL;
    }
    return call;
}

/* The texts of a search's parameters. */
typedef struct search_texts {
    char fields[2 * CVI_CHECKED_SIZE]; /* a name may have several spellings */
    char words[CVI_CHECKED_SIZE];
    char resources[CVI_CHECKED_SIZE];
    char subscriber_only[CVI_CHECKED_SIZE];
    char limit[24];
    char page[24];
} search_texts;

bool cvi_copy_search(cv_search_query *own, const cv_search_query *query, cv_error *error) {
    if (query == NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "search: the query is NULL");
        return false;
    }
    return cvi_copy_sized(own, sizeof(*own), query, "cv_search_query", error) &&
           cvi_check_reserved(own->reserved, sizeof(own->reserved) / sizeof(own->reserved[0]),
                              "cv_search_query", error);
}

static bool check_search_range(const cv_search_query *query, cv_error *error) {
    if (query->limit < 0 || query->limit > MAX_LIST_LENGTH) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "search: limit %" PRId64 " is not from 1 to %d",
                      query->limit, MAX_LIST_LENGTH);
        return false;
    }
    if (query->page < 0) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "search: page %" PRId64 " is negative",
                      query->page);
        return false;
    }
    return true;
}

static bool write_search_texts(const cv_search_query *query, search_texts *texts, cv_error *error) {
    cvi_buffer fields;
    cvi_buffer words;
    cvi_buffer resources;
    cvi_buffer_over(&fields, texts->fields, sizeof(texts->fields));
    cvi_buffer_over(&words, texts->words, sizeof(texts->words));
    cvi_buffer_over(&resources, texts->resources, sizeof(texts->resources));
    write_number(texts->limit, sizeof(texts->limit), query->limit);
    write_number(texts->page, sizeof(texts->page), query->page > 1 ? query->page : 0);
    const bool allows_unknown = query->allow_unknown != 0;
    return check_search_range(query, error) &&
           cvi_check_search_words(query->query != NULL ? query->query : "", &words, error) &&
           (query->resources == NULL ||
            cvi_check_search_resources(query->resources, allows_unknown, &resources, error)) &&
           (query->fields == NULL ||
            cvi_check_search_fields(or_null(texts->resources), query->fields, allows_unknown,
                                    &fields, error)) &&
           write_extra(&cvi_search_resource, "subscriber_only", query->subscriber_only,
                       texts->subscriber_only, error);
}

cvi_call *cvi_call_search(const cvi_settings *settings, const cv_search_query *query,
                          cv_error *error) {
    cv_search_query own = CV_SEARCH_QUERY_INIT;
    search_texts texts;
    if (!cvi_copy_search(&own, query, error) || !write_search_texts(&own, &texts, error)) {
        return NULL;
    }
    cvi_call *call = new_call(settings, &cvi_search_resource, error);
    if (call == NULL) {
        return NULL;
    }
    call->segment = cvi_search_resource.list_path;
    call->is_list = true;
    cvi_buffer label;
    cvi_buffer_over(&label, call->label, sizeof(call->label));
    cvi_buffer_add_format(&label, "search page %" PRId64, own.page > 0 ? own.page : 1);
    const cvi_parameter parameters[] = {
        {"field_list", or_null(texts.fields)},
        {"limit", or_null(texts.limit)},
        {"page", or_null(texts.page)},
        {"query", texts.words},
        {"resources", or_null(texts.resources)},
        {"subscriber_only", or_null(texts.subscriber_only)},
    };
    cvi_target target = {settings->options.base_url, cvi_search_resource.list_path, parameters,
                         sizeof(parameters) / sizeof(parameters[0])};
    if (!aim(call, &target, error)) {
        cvi_call_release(call);
        return NULL;
    }
    return call;
}

cvi_call *cvi_call_key_check(const cvi_settings *settings, cv_error *error) {
    cv_query query = CV_QUERY_INIT;
    query.fields = "id";
    query.limit = 1;
    cvi_call *call = cvi_call_list(settings, CV_PROMO, &query, error);
    if (call != NULL) {
        const cvi_parameter parameter = {"key", settings->scope};
        const cvi_target target = {settings->options.base_url, "check_key", &parameter, 1};
        cvi_url_hash(&target, call->hash);
        call->ttl_ms = 0;
        call->is_key_check = true;
    }
    return call;
}

void cvi_error_not_cached(cv_error *error, const char *label) {
    cvi_error_set(error, CV_ERROR_NOT_CACHED, "%s: not in the cache, and only that was asked",
                  label);
}

cvi_call *cvi_call_keep(cvi_call *call) {
    atomic_fetch_add_explicit(&call->references, 1, memory_order_relaxed);
    return call;
}

void cvi_call_release(cvi_call *call) {
    if (call != NULL &&
        atomic_fetch_sub_explicit(&call->references, 1, memory_order_acq_rel) == 1) {
        cv_allocator allocator = call->allocator;
        cvi_release(&allocator, call->url);
        cvi_release(&allocator, call);
    }
}
