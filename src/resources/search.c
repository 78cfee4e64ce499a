/* Owns the rules for searches: words, resources, fields. A field may belong to any resource that
 * can be among the hits, so that fields are looked up in all tables. Any thread. */
#include "resources/search.h"

#include <string.h>

#include "resources/hits.h"
#include "resources/registry.h"
#include "support/error.h"

enum { LENGTH_MAX = 2048, SHOWN_MAX = 48, FIELDS_MAX = 128 };

/* Detail paths, sorted: the documented ones, and `episode` and `series`, which the service takes as
 * well. */
static const char *const searchable[] = {
    "character", "concept",   "episode", "issue",     "location", "object", "origin",
    "person",    "publisher", "series",  "story_arc", "team",     "video",  "volume",
};

enum { SEARCHABLE_COUNT = sizeof(searchable) / sizeof(searchable[0]) };

/* A part of the caller's text. */
typedef struct piece {
    const char *text;
    size_t length;
} piece;

static bool refuse(const char *what, piece part, const char *reason, cv_error *error) {
    char shown[SHOWN_MAX + 1];
    cvi_buffer text;
    cvi_buffer_over(&text, shown, sizeof(shown));
    for (size_t i = 0; i < part.length && i < SHOWN_MAX; i++) {
        bool is_plain = part.text[i] >= ' ' && part.text[i] <= '~';
        cvi_buffer_add(&text, is_plain ? &part.text[i] : "?", 1);
    }
    cvi_error_set(error, CV_ERROR_ARGUMENT, "search: %s \"%s\" %s", what, shown, reason);
    return false;
}

static bool check_text(const char *what, piece text, cv_error *error) {
    if (text.length > LENGTH_MAX) {
        return refuse(what, text, "is longer than 2048 bytes", error);
    }
    for (size_t i = 0; i < text.length; i++) {
        unsigned char character = (unsigned char)text.text[i];
        if (character < 0x20 || character == 0x7F) {
            return refuse(what, text, "holds a control character", error);
        }
    }
    return true;
}

/* Moves the part before the next comma (or all) from `rest` to `part`; false: it was the last. */
static bool cut(piece *rest, piece *part) {
    const char *end = memchr(rest->text, ',', rest->length);
    *part = *rest;
    if (end == NULL) {
        return false;
    }
    part->length = (size_t)(end - rest->text);
    *rest = (piece){end + 1, rest->length - part->length - 1};
    return true;
}

static bool finish(const cvi_buffer *out, cv_error *error) {
    if (out->failed) {
        cvi_error_no_memory(error);
        return false;
    }
    return true;
}

bool cvi_check_search_words(const char *words, cvi_buffer *out, cv_error *error) {
    piece text = {words, strlen(words)};
    if (!check_text("query", text, error)) {
        return false;
    }
    if (text.text[strspn(text.text, " ")] == '\0') {
        return refuse("query", text, "has no word to look for", error);
    }
    cvi_buffer_add(out, text.text, text.length);
    return finish(out, error);
}

/* ---- resources ---- */

/* SEARCHABLE_COUNT: it is none. */
static size_t find_searchable(piece name) {
    size_t i = 0;
    while (i < SEARCHABLE_COUNT && (strlen(searchable[i]) != name.length ||
                                    memcmp(searchable[i], name.text, name.length) != 0)) {
        i++;
    }
    return i;
}

static bool refuse_resource(piece name, cv_error *error) {
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
    piece rest = {resources, strlen(resources)};
    if (!check_text("resources", rest, error)) {
        return false;
    }
    bool is_wanted[SEARCHABLE_COUNT] = {false};
    bool has_more = true;
    while (has_more) {
        piece name;
        has_more = cut(&rest, &name);
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
    return finish(out, error);
}

/* ---- fields ---- */

/* Wire names, sorted, without repeats. */
typedef struct name_set {
    const char *names[FIELDS_MAX];
    size_t count;
} name_set;

/* False: the set is full. */
static bool add_name(name_set *set, const char *name) {
    size_t place = 0;
    while (place < set->count && strcmp(set->names[place], name) < 0) {
        place++;
    }
    if (place < set->count && strcmp(set->names[place], name) == 0) {
        return true;
    }
    if (set->count == FIELDS_MAX) {
        return false;
    }
    memmove(&set->names[place + 1], &set->names[place],
            (set->count - place) * sizeof(set->names[0]));
    set->names[place] = name;
    set->count++;
    return true;
}

/* Adds what one table calls the field; `*known` becomes true if it does. */
static bool add_of_table(name_set *set, const cvi_resource *resource, piece name, bool *known) {
    const cvi_field *row = cvi_shape_find(resource->shape, name.text, name.length);
    if (row == NULL || (row->flags & CVI_IN_LIST) == 0) {
        return true;
    }
    *known = true;
    return add_name(set, row->wire);
}

static bool add_field(name_set *set, piece name, cv_error *error) {
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

static void write_names(const name_set *set, cvi_buffer *out) {
    for (size_t i = 0; i < set->count; i++) {
        cvi_buffer_add_text(out, i > 0 ? "," : "");
        cvi_buffer_add_text(out, set->names[i]);
    }
}

bool cvi_check_search_fields(const char *fields, cvi_buffer *out, cv_error *error) {
    piece rest = {fields, strlen(fields)};
    if (!check_text("fields", rest, error)) {
        return false;
    }
    name_set set = {{"id", "resource_type"}, 2};
    bool has_more = true;
    while (has_more) {
        piece name;
        has_more = cut(&rest, &name);
        if (!add_field(&set, name, error)) {
            return false;
        }
    }
    write_names(&set, out);
    return finish(out, error);
}
