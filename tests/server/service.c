/* Routes a request to the files of the folder and makes the answer. Holds no state. Any thread. */
#define _POSIX_C_SOURCE 200809L
#include "service.h"

#include "catalog.h"
#include "file.h"
#include "image.h"
#include "list.h"
#include "search.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum view { VIEW_DETAIL, VIEW_LIST, VIEW_SEARCH };

struct route {
    enum view view;
    const char *name; /* of a detail or a list, as in the catalog */
    loopback_span id; /* of a detail: "4000-52" */
};

static bool is_typed_id(loopback_span text) {
    loopback_span type, id;
    int64_t number;
    return loopback_span_cut(text, '-', &type, &id) && loopback_span_number(type, &number) &&
           loopback_span_number(id, &number);
}

static bool parse_path(const char *path, struct route *route) {
    static const char prefix[] = "/api/";
    if (!loopback_has_prefix(path, prefix)) {
        return false;
    }
    loopback_span rest = loopback_span_of(path + sizeof prefix - 1);
    if (rest.length > 0 && rest.start[rest.length - 1] == '/') {
        rest.length--;
    }
    if (loopback_span_is(rest, "search")) {
        route->view = VIEW_SEARCH;
        return true;
    }
    loopback_span name = rest;
    if (!loopback_span_cut(rest, '/', &name, &route->id)) {
        route->view = VIEW_LIST;
        route->name = loopback_catalog_find(name, LOOPBACK_VIEW_LIST);
        return route->name != NULL;
    }
    route->view = VIEW_DETAIL;
    route->name = loopback_catalog_find(name, LOOPBACK_VIEW_DETAIL);
    return route->name && is_typed_id(route->id);
}

static bool reply_unusable(loopback_reply *reply) {
    return loopback_reply_text(reply, 500, "the file of this answer cannot be read or used\n");
}

/* Takes the envelope over. */
static bool reply_dump(loopback_reply *reply, json_t *envelope) {
    /* The service's own encoder escapes slashes and everything beyond ASCII. */
    char *body = json_dumps(envelope, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH);
    json_decref(envelope);
    if (!body) {
        return false;
    }
    loopback_reply_json(reply, body, strlen(body));
    return true;
}

static bool reply_selected_fields(loopback_reply *reply, const loopback_file *file,
                                  const char *field_list) {
    json_t *envelope = json_loadb(file->bytes, file->size, 0, NULL);
    json_t *results = json_object_get(envelope, "results");
    if (!json_is_object(results)) {
        json_decref(envelope);
        return reply_unusable(reply);
    }
    if (json_object_set_new(envelope, "results", loopback_fields(results, field_list)) != 0) {
        json_decref(envelope);
        return false;
    }
    return reply_dump(reply, envelope);
}

static bool reply_file(loopback_reply *reply, loopback_file *file, const char *field_list) {
    switch (file->state) {
    case LOOPBACK_FILE_ABSENT:
        return loopback_reply_error(reply, LOOPBACK_API_NOT_FOUND);
    case LOOPBACK_FILE_FAILED:
        return reply_unusable(reply);
    case LOOPBACK_FILE_READ:
        break;
    }
    if (field_list && *field_list) {
        return reply_selected_fields(reply, file, field_list);
    }
    /* Byte for byte: the file's own escapes and spelling of numbers are what a test may want. */
    loopback_reply_json(reply, file->bytes, file->size);
    file->bytes = NULL;
    return true;
}

static bool reply_detail(const char *folder, const struct route *route, const loopback_query *query,
                         loopback_reply *reply) {
    loopback_file file = loopback_file_read(folder, route->name, route->id);
    bool done = reply_file(reply, &file, query->field_list);
    free(file.bytes);
    return done;
}

/* Takes the items over. */
static bool reply_page(loopback_reply *reply, json_t *items, const loopback_list_query *query) {
    if (!items) {
        return reply_unusable(reply);
    }
    json_t *envelope = NULL;
    loopback_list_result result = loopback_list(items, query, &envelope);
    json_decref(items);
    switch (result) {
    case LOOPBACK_LIST_OK:
        return reply_dump(reply, envelope);
    case LOOPBACK_LIST_SYNTAX:
        return loopback_reply_error(reply, LOOPBACK_API_FILTER);
    case LOOPBACK_LIST_NOMEM:
        break;
    }
    return false;
}

static bool reply_list(const char *folder, const struct route *route, const loopback_query *query,
                       loopback_reply *reply) {
    const loopback_list_query list = {
        .field_list = query->field_list,
        .sort = query->sort,
        .filter = query->filter,
        .limit = loopback_list_limit(query->limit, LOOPBACK_LIST_LIMIT_MAX),
        .offset = loopback_list_offset(query->offset),
    };
    return reply_page(reply, loopback_catalog_items(folder, route->name), &list);
}

static bool reply_search(const char *folder, const struct route *route, const loopback_query *query,
                         loopback_reply *reply) {
    (void)route;
    enum { SEARCH_LIMIT = 10 };
    const loopback_search_query search = {query->query, query->resources, query->field_list};
    loopback_list_query list = {.limit = loopback_list_limit(query->limit, SEARCH_LIMIT),
                                .offset = loopback_list_offset(query->offset)};
    size_t page = loopback_list_offset(query->page);
    if (page > 0) {
        list.offset = (page - 1) * list.limit;
    }
    return reply_page(reply, loopback_search(folder, &search), &list);
}

bool loopback_service_reply(const char *folder, const loopback_query *query,
                            loopback_reply *reply) {
    static bool (*const views[])(const char *, const struct route *, const loopback_query *,
                                 loopback_reply *) = {
        [VIEW_DETAIL] = reply_detail, [VIEW_LIST] = reply_list, [VIEW_SEARCH] = reply_search};
    struct route route;
    if (loopback_is_image(query->path)) {
        return loopback_reply_image(reply, query->path);
    }
    if (!query->key_is_right) {
        return loopback_reply_error(reply, LOOPBACK_API_INVALID_KEY);
    }
    if (!parse_path(query->path, &route) || !query->format || strcmp(query->format, "json") != 0) {
        return loopback_reply_error(reply, LOOPBACK_API_URL_FORMAT);
    }
    return views[route.view](folder, &route, query, reply);
}
