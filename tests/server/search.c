/* Searches the lists by name, in the order of the catalog: the service ranks its hits, in a way
 * that nobody knows. Holds no state. Any thread. */
#include "search.h"

#include "catalog.h"
#include "list.h"

static bool is_wanted(const char *resource, const char *resources) {
    loopback_span rest = loopback_span_of(resources), part;
    if (rest.length == 0) {
        return true;
    }
    while (loopback_span_next(&rest, ',', &part)) {
        if (loopback_span_is(part, resource)) {
            return true;
        }
    }
    return false;
}

static bool is_hit(const json_t *item, loopback_span query) {
    const json_t *name = json_object_get(item, "name");
    return query.length > 0 && json_is_string(name) &&
           loopback_span_contains(
               (loopback_span){json_string_value(name), json_string_length(name)}, query);
}

static bool append_hit(json_t *hits, json_t *item, const char *resource, const char *field_list) {
    json_t *selected = loopback_fields(item, field_list);
    json_t *hit = json_copy(selected);
    json_decref(selected);
    if (json_object_set_new(hit, "resource_type", json_string(resource)) != 0) {
        json_decref(hit);
        return false;
    }
    return json_array_append_new(hits, hit) == 0;
}

static bool append_hits(json_t *hits, json_t *items, const char *resource,
                        const loopback_search_query *query) {
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item) {
        if (is_hit(item, loopback_span_of(query->query)) &&
            !append_hit(hits, item, resource, query->field_list)) {
            return false;
        }
    }
    return true;
}

json_t *loopback_search(const char *folder, const loopback_search_query *query) {
    json_t *hits = json_array();
    const char *resource;
    for (size_t i = 0; (resource = loopback_catalog_name(i, LOOPBACK_VIEW_DETAIL)) != NULL; i++) {
        if (!is_wanted(resource, query->resources)) {
            continue;
        }
        json_t *items =
            loopback_catalog_items(folder, loopback_catalog_name(i, LOOPBACK_VIEW_LIST));
        bool done = items && append_hits(hits, items, resource, query);
        json_decref(items);
        if (!done) {
            json_decref(hits);
            return NULL;
        }
    }
    return hits;
}
