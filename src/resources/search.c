/* Owns the rules for searches: words, resources, fields. A field may belong to any resource that
 * can be among the hits, so that fields are looked up in the tables of all of them. Any thread. */
#include "resources/search.h"

#include <string.h>

#include "resources/hits.h"
#include "resources/nearest.h"
#include "resources/piece.h"
#include "resources/registry.h"
#include "support/error.h"

/* Detail paths, sorted: the documented ones, and `episode` and `series`, which the service takes as
 * well. */
static const char *const searchable[] = {
    "character", "concept",   "episode", "issue",     "location", "object", "origin",
    "person",    "publisher", "series",  "story_arc", "team",     "video",  "volume",
};

enum { SEARCHABLE_COUNT = sizeof(searchable) / sizeof(searchable[0]) };

static bool refuse(const char *what, cvi_piece part, const char *reason, cv_error *error) {
    char shown[CVI_PIECE_SHOWN_SIZE];
    cvi_buffer text;
    cvi_buffer_over(&text, shown, sizeof(shown));
    cvi_piece_show(part, &text);
    cvi_error_set(error, CV_ERROR_ARGUMENT, "search: %s \"%s\" %s", what, shown, reason);
    return false;
}

static bool check_text(const char *what, cvi_piece text, cv_error *error) {
    const char *fault = cvi_piece_fault(text);
    return fault == NULL || refuse(what, text, fault, error);
}

bool cvi_check_search_words(const char *words, cvi_buffer *out, cv_error *error) {
    cvi_piece text = cvi_piece_of(words);
    if (!check_text("query", text, error)) {
        return false;
    }
    if (text.text[strspn(text.text, " ")] == '\0') {
        return refuse("query", text, "has no word to look for", error);
    }
    cvi_buffer_add(out, text.text, text.length);
    return cvi_piece_finish(out, cvi_search_resource.list_path, error);
}

/* A name that is not allowed: what may have been meant, and what is. */
static bool refuse_name(const char *what, const cvi_nearest *nearest, const cvi_name_set *allowed,
                        cv_error *error) {
    char line[sizeof(error->message)];
    cvi_buffer message;
    cvi_buffer_over(&message, line, sizeof(line));
    cvi_buffer_add_text(&message, "search: \"");
    cvi_piece_show((cvi_piece){nearest->name, nearest->length}, &message);
    cvi_buffer_add_format(&message, "\" is not among the %s", what);
    if (nearest->found != NULL) {
        cvi_buffer_add_format(&message, " (nearest: %s)", nearest->found);
    }
    cvi_buffer_add_text(&message, ": ");
    cvi_names_show(allowed, &message);
    cvi_error_set(error, CV_ERROR_ARGUMENT, "%s", line);
    return false;
}

/* ---- resources ---- */

/* The detail path of a resource that is named by its list path; else the name itself. */
static cvi_piece detail_path_of(cvi_piece name) {
    size_t count = 0;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        const char *path = resources[i]->detail_path;
        if (path != NULL && cvi_piece_is(name, resources[i]->list_path)) {
            return cvi_piece_of(path);
        }
    }
    return name;
}

static cvi_name_set all_searchable(void) {
    cvi_name_set set = {.count = SEARCHABLE_COUNT};
    for (size_t i = 0; i < SEARCHABLE_COUNT; i++) {
        set.names[i] = cvi_piece_of(searchable[i]);
    }
    return set;
}

static bool refuse_resource(cvi_piece name, const cvi_name_set *allowed, cv_error *error) {
    cvi_nearest nearest = cvi_nearest_to(name.text, name.length);
    for (size_t i = 0; i < SEARCHABLE_COUNT; i++) {
        cvi_nearest_try(&nearest, searchable[i]);
    }
    size_t count = 0;
    const cvi_resource *const *known = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        const char *path = known[i]->detail_path;
        if (path != NULL && cvi_names_have(allowed, cvi_piece_of(path))) {
            cvi_nearest_try(&nearest, known[i]->list_path);
        }
    }
    return refuse_name("resources", &nearest, allowed, error);
}

bool cvi_check_search_resources(const char *resources, bool allows_unknown, cvi_buffer *out,
                                cv_error *error) {
    cvi_piece rest = cvi_piece_of(resources);
    if (!check_text("resources", rest, error)) {
        return false;
    }
    const cvi_name_set allowed = all_searchable();
    cvi_name_set wanted = {.count = 0};
    bool has_more = true;
    while (has_more) {
        cvi_piece given;
        has_more = cvi_piece_cut(&rest, ',', &given);
        given = cvi_piece_trim(given);
        cvi_piece name = detail_path_of(given);
        bool is_let_through = allows_unknown && cvi_piece_is_name(name);
        if (!is_let_through && !cvi_names_have(&allowed, name)) {
            return refuse_resource(given, &allowed, error);
        }
        if (!cvi_names_add(&wanted, name)) {
            return refuse("resource", given, "is one too many", error);
        }
    }
    cvi_names_write(&wanted, out);
    return cvi_piece_finish(out, cvi_search_resource.list_path, error);
}

/* ---- fields ---- */

/* What can be among the hits. */
typedef struct hit_tables {
    const char *resources; /* as they are told; NULL: all that are searched */
    const cvi_shape *shapes[SEARCHABLE_COUNT + 1];
    size_t count;
} hit_tables;

static bool is_among(const char *resources, const char *name) {
    cvi_piece rest = cvi_piece_of(resources);
    bool is_found = false;
    bool has_more = true;
    while (has_more && !is_found) {
        cvi_piece resource;
        has_more = cvi_piece_cut(&rest, ',', &resource);
        is_found = cvi_piece_is(resource, name);
    }
    return is_found;
}

/* The table of all hits, then the resources'; what was let through has none. */
static hit_tables tables_of(const char *resources) {
    hit_tables tables = {.resources = resources, .shapes = {cvi_search_resource.shape}, .count = 1};
    for (size_t i = 0; i < SEARCHABLE_COUNT; i++) {
        const cvi_resource *known = cvi_registry_find(cv_resource_from_name(searchable[i]));
        if (known != NULL && (resources == NULL || is_among(resources, searchable[i]))) {
            tables.shapes[tables.count] = known->shape;
            tables.count++;
        }
    }
    return tables;
}

/* Adds what one table calls its rows with all of `flags`. False: the set is full. */
static bool add_rows(cvi_name_set *set, const cvi_shape *shape, unsigned flags) {
    bool has_room = true;
    for (size_t i = 0; i < shape->row_count && has_room; i++) {
        has_room = (shape->rows[i].flags & flags) != flags ||
                   cvi_names_add(set, cvi_piece_of(shape->rows[i].wire));
    }
    return has_room;
}

static bool refuse_field(const hit_tables *tables, cvi_piece name, cv_error *error) {
    cvi_nearest nearest = cvi_nearest_to(name.text, name.length);
    cvi_name_set allowed = {.count = 0};
    bool has_room = true; /* a message has less of it than the set */
    for (size_t i = 0; i < tables->count; i++) {
        cvi_nearest_try_rows(&nearest, tables->shapes[i], CVI_IN_LIST);
        has_room = has_room && add_rows(&allowed, tables->shapes[i], CVI_IN_LIST);
    }
    char what[sizeof("fields of hits of ") + CVI_PIECE_SHOWN_SIZE];
    cvi_buffer text;
    cvi_buffer_over(&text, what, sizeof(what));
    cvi_buffer_add_text(&text, "fields of hits");
    if (tables->resources != NULL) {
        cvi_buffer_add_text(&text, " of ");
        cvi_piece_show(cvi_piece_of(tables->resources), &text);
    }
    return refuse_name(what, &nearest, &allowed, error);
}

/* Adds what one table calls the field; `*known` becomes true if it does. */
static bool add_of_table(cvi_name_set *set, const cvi_shape *shape, cvi_piece name, unsigned flags,
                         bool *known) {
    const cvi_field *row = cvi_shape_find(shape, name.text, name.length);
    if (row == NULL || (row->flags & flags) != flags) {
        return true;
    }
    *known = true;
    return cvi_names_add(set, cvi_piece_of(row->wire));
}

static bool add_field(cvi_name_set *set, const hit_tables *tables, cvi_piece name,
                      bool allows_unknown, cv_error *error) {
    const unsigned flags = allows_unknown ? 0 : CVI_IN_LIST;
    bool known = false;
    bool has_room = true;
    for (size_t i = 0; has_room && i < tables->count; i++) {
        has_room = add_of_table(set, tables->shapes[i], name, flags, &known);
    }
    if (!known && !(allows_unknown && cvi_piece_is_name(name))) {
        return refuse_field(tables, name, error);
    }
    has_room = has_room && (known || cvi_names_add(set, name));
    return has_room || refuse("field", name, "is one too many", error);
}

bool cvi_check_search_fields(const char *resources, const char *fields, bool allows_unknown,
                             cvi_buffer *out, cv_error *error) {
    cvi_piece rest = cvi_piece_of(fields);
    if (!check_text("fields", rest, error)) {
        return false;
    }
    const hit_tables tables = tables_of(resources);
    cvi_name_set set = {{{"id", 2}, {"resource_type", 13}}, 2};
    bool has_more = true;
    while (has_more) {
        cvi_piece name;
        has_more = cvi_piece_cut(&rest, ',', &name);
        if (!add_field(&set, &tables, cvi_piece_trim(name), allows_unknown, error)) {
            return false;
        }
    }
    cvi_names_write(&set, out);
    return cvi_piece_finish(out, cvi_search_resource.list_path, error);
}
