/* Owns the rules for searches: words, resources, fields. A field may belong to any resource that
 * can be among the hits, so that fields are looked up in all tables. Any thread. */
#include "resources/search.h"

#include <string.h>

#include "resources/hits.h"
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

/* ---- resources ---- */

/* SEARCHABLE_COUNT: it is none. */
static size_t find_searchable(cvi_piece name) {
    size_t i = 0;
    while (i < SEARCHABLE_COUNT && (strlen(searchable[i]) != name.length ||
                                    memcmp(searchable[i], name.text, name.length) != 0)) {
        i++;
    }
    return i;
}

static bool refuse_resource(cvi_piece name, cv_error *error) {
    char reason[200];
    cvi_buffer text;
    cvi_buffer_over(&text, reason, sizeof(reason));
    cvi_buffer_add_text(&text, "is not searched; there are ");
    for (size_t i = 0; i < SEARCHABLE_COUNT; i++) {
        cvi_buffer_add_text(&text, i > 0 ? ", " : "");
        cvi_buffer_add_text(&text, searchable[i]);
    }
    return refuse("resource", name, reason, error);
}

bool cvi_check_search_resources(const char *resources, cvi_buffer *out, cv_error *error) {
    cvi_piece rest = cvi_piece_of(resources);
    if (!check_text("resources", rest, error)) {
        return false;
    }
    bool is_wanted[SEARCHABLE_COUNT] = {false};
    bool has_more = true;
    while (has_more) {
        cvi_piece name;
        has_more = cvi_piece_cut(&rest, ',', &name);
        size_t found = find_searchable(name);
        if (found == SEARCHABLE_COUNT) {
            return refuse_resource(name, error);
        }
        is_wanted[found] = true;
    }
    const char *separator = "";
    for (size_t i = 0; i < SEARCHABLE_COUNT; i++) {
        if (is_wanted[i]) {
            cvi_buffer_add_text(out, separator);
            cvi_buffer_add_text(out, searchable[i]);
            separator = ",";
        }
    }
    return cvi_piece_finish(out, cvi_search_resource.list_path, error);
}

/* ---- fields ---- */

/* Adds what one table calls the field; `*known` becomes true if it does. */
static bool add_of_table(cvi_name_set *set, const cvi_resource *resource, cvi_piece name,
                         bool *known) {
    const cvi_field *row = cvi_shape_find(resource->shape, name.text, name.length);
    if (row == NULL || (row->flags & CVI_IN_LIST) == 0) {
        return true;
    }
    *known = true;
    return cvi_names_add(set, cvi_piece_of(row->wire));
}

static bool add_field(cvi_name_set *set, cvi_piece name, cv_error *error) {
    size_t count = 0;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    bool known = false;
    bool has_room = add_of_table(set, &cvi_search_resource, name, &known);
    for (size_t i = 0; i < count && has_room; i++) {
        has_room = add_of_table(set, resources[i], name, &known);
    }
    if (!has_room) {
        return refuse("field", name, "is one too many", error);
    }
    return known || refuse("field", name, "is in the lists of no resource", error);
}

bool cvi_check_search_fields(const char *fields, cvi_buffer *out, cv_error *error) {
    cvi_piece rest = cvi_piece_of(fields);
    if (!check_text("fields", rest, error)) {
        return false;
    }
    cvi_name_set set = {{{"id", 2}, {"resource_type", 13}}, 2};
    bool has_more = true;
    while (has_more) {
        cvi_piece name;
        has_more = cvi_piece_cut(&rest, ',', &name);
        if (!add_field(&set, name, error)) {
            return false;
        }
    }
    cvi_names_write(&set, out);
    return cvi_piece_finish(out, cvi_search_resource.list_path, error);
}
