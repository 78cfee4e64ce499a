/* Makes a page of a list. Pure: works on one array that belongs to the request being answered. */
#include "list.h"

#include "filter.h"
#include "sort.h"
#include "text.h"

static bool is_listed(const char *name, const char *field_list) {
    loopback_span rest = loopback_span_of(field_list), part;
    while (loopback_span_next(&rest, ',', &part)) {
        if (loopback_span_is(part, name)) {
            return true;
        }
    }
    return false;
}

json_t *loopback_fields(json_t *object, const char *field_list) {
    if (!json_is_object(object) || !field_list || !*field_list) {
        return json_incref(object);
    }
    json_t *selected = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        if (is_listed(name, field_list) && json_object_set(selected, name, value) != 0) {
            json_decref(selected);
            return NULL;
        }
    }
    return selected;
}

size_t loopback_list_limit(const char *text, size_t default_limit) {
    int64_t limit;
    if (!loopback_span_number(loopback_span_of(text), &limit) || limit == 0) {
        return default_limit;
    }
    return limit < LOOPBACK_LIST_LIMIT_MAX ? (size_t)limit : LOOPBACK_LIST_LIMIT_MAX;
}

size_t loopback_list_offset(const char *text) {
    int64_t offset;
    return loopback_span_number(loopback_span_of(text), &offset) ? (size_t)offset : 0;
}

static json_t *page_of(json_t *items, size_t offset, size_t limit, const char *field_list) {
    json_t *page = json_array();
    size_t count = json_array_size(items);
    for (size_t i = 0; i < limit && offset < count && i < count - offset; i++) {
        json_t *item = loopback_fields(json_array_get(items, offset + i), field_list);
        if (json_array_append_new(page, item) != 0) {
            json_decref(page);
            return NULL;
        }
    }
    return page;
}

/* Takes the page over; NULL if memory is short, here or before. */
static json_t *envelope_of(json_t *page, size_t offset, size_t limit, size_t total) {
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:i, s:o, s:s}", /* in the service's order */
                     "error", "OK", "limit", (json_int_t)limit, "offset", (json_int_t)offset,
                     "number_of_page_results", (json_int_t)json_array_size(page),
                     "number_of_total_results", (json_int_t)total, "status_code", 1, "results",
                     page, "version", "1.0");
}

loopback_list_result loopback_list(json_t *items, const loopback_list_query *query,
                                   json_t **envelope) {
    if (!loopback_filter(items, query->filter)) {
        return LOOPBACK_LIST_SYNTAX;
    }
    switch (loopback_sort(items, query->sort)) {
    case LOOPBACK_SORT_OK:
        break;
    case LOOPBACK_SORT_SYNTAX:
        return LOOPBACK_LIST_SYNTAX;
    case LOOPBACK_SORT_NOMEM:
        return LOOPBACK_LIST_NOMEM;
    }
    json_t *page = page_of(items, query->offset, query->limit, query->field_list);
    *envelope = envelope_of(page, query->offset, query->limit, json_array_size(items));
    return *envelope ? LOOPBACK_LIST_OK : LOOPBACK_LIST_NOMEM;
}
