/* Owns the rules for what callers may name: fields, filters, sorts. Everything is checked against
 * the resource's table and written with the names of the wire; values pass as they are, as the
 * URL is escaped where it is built. Any thread. */
#include "resources/check.h"

#include <string.h>

#include "resources/nearest.h"
#include "support/error.h"

enum { LENGTH_MAX = 2048, SHOWN_MAX = 48, NAMES_MAX = 128 };

/* A part of the caller's text. */
typedef struct piece {
    const char *text;
    size_t length;
} piece;

/* What one kind of argument asks of a field. */
typedef struct demand {
    const cvi_resource *resource;
    const char *what; /* "fields of": the path follows */
    unsigned flags;   /* the row must have them all */
    bool is_list;
    bool allows_unknown;
} demand;

/* Different names, sorted. */
typedef struct name_set {
    piece names[NAMES_MAX];
    size_t count;
} name_set;

static demand demand_of(const cvi_scope *scope, const char *what, unsigned flags) {
    return (demand){scope->resource, what, flags, true, scope->allows_unknown};
}

static bool is_allowed(const cvi_field *row, const demand *wanted) {
    return (row->flags & wanted->flags) == wanted->flags;
}

static const char *path_of(const demand *wanted) {
    return wanted->is_list ? wanted->resource->list_path : wanted->resource->detail_path;
}

/* Writes the caller's text fit to be shown: short, one line, ASCII. */
static void add_shown(cvi_buffer *out, piece name) {
    for (size_t i = 0; i < name.length && i < SHOWN_MAX; i++) {
        bool is_plain = name.text[i] >= ' ' && name.text[i] <= '~';
        cvi_buffer_add(out, is_plain ? &name.text[i] : "?", 1);
    }
    cvi_buffer_add_text(out, name.length > SHOWN_MAX ? "..." : "");
}

/* Appends the names that the demand allows, as many as leave room for "..." at the end. */
static void add_allowed(cvi_buffer *out, const demand *wanted) {
    const cvi_shape *shape = wanted->resource->shape;
    const char *separator = "";
    for (size_t i = 0; i < shape->row_count; i++) {
        const cvi_field *row = &shape->rows[i];
        if (!is_allowed(row, wanted)) {
            continue;
        }
        size_t needed = strlen(separator) + row->wire_length + sizeof(", ...");
        if (needed > out->limit - out->length) {
            cvi_buffer_add_text(out, ", ...");
            return;
        }
        cvi_buffer_add_text(out, separator);
        cvi_buffer_add(out, row->wire, row->wire_length);
        separator = ", ";
    }
}

/* `is_typo`: no such name is known at all. */
static bool refuse_name(const demand *wanted, piece name, bool is_typo, cv_error *error) {
    char line[sizeof(error->message)];
    cvi_buffer message;
    cvi_buffer_over(&message, line, sizeof(line));
    cvi_buffer_add_char(&message, '"');
    add_shown(&message, name);
    cvi_buffer_add_text(&message, "\" is not among the ");
    cvi_buffer_add_text(&message, wanted->what);
    cvi_buffer_add_text(&message, " /");
    cvi_buffer_add_text(&message, path_of(wanted));
    const cvi_field *nearest =
        is_typo ? cvi_nearest(wanted->resource->shape, wanted->flags, name.text, name.length)
                : NULL;
    if (nearest != NULL) {
        cvi_buffer_add_format(&message, " (nearest: %s)", nearest->member);
    }
    cvi_buffer_add_text(&message, ": ");
    add_allowed(&message, wanted);
    cvi_error_set(error, CV_ERROR_ARGUMENT, "%s", line);
    return false;
}

/* One line about a part of the text; `reason` follows it. */
static bool refuse_piece(const demand *wanted, piece part, const char *reason, cv_error *error) {
    char shown[SHOWN_MAX + sizeof("...")];
    cvi_buffer text;
    cvi_buffer_over(&text, shown, sizeof(shown));
    add_shown(&text, part);
    cvi_error_set(error, CV_ERROR_ARGUMENT, "among the %s /%s: \"%s\" %s", wanted->what,
                  path_of(wanted), shown, reason);
    return false;
}

static bool check_text(const demand *wanted, piece text, cv_error *error) {
    if (text.length > LENGTH_MAX) {
        return refuse_piece(wanted, text, "is longer than 2048 bytes", error);
    }
    for (size_t i = 0; i < text.length; i++) {
        unsigned char character = (unsigned char)text.text[i];
        if (character < 0x20 || character == 0x7F) {
            return refuse_piece(wanted, text, "holds a control character", error);
        }
    }
    return true;
}

/* Moves the part before the next `separator` (or all) from `rest` to `part`; false: it was the last
 * one, no separator followed. */
static bool cut(piece *rest, char separator, piece *part) {
    const char *end = memchr(rest->text, separator, rest->length);
    *part = *rest;
    if (end == NULL) {
        *rest = (piece){rest->text + rest->length, 0};
        return false;
    }
    part->length = (size_t)(end - rest->text);
    *rest = (piece){end + 1, rest->length - part->length - 1};
    return true;
}

static bool is_plain_name(piece name) {
    for (size_t i = 0; i < name.length; i++) {
        char character = name.text[i];
        bool is_letter =
            (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
        if (!is_letter && character != '_' && (character < '0' || character > '9')) {
            return false;
        }
    }
    return name.length > 0;
}

/* Turns a name into that of the wire; false: the demand does not allow it. */
static bool translate(const demand *wanted, piece *name, cv_error *error) {
    const cvi_field *row = cvi_shape_find(wanted->resource->shape, name->text, name->length);
    bool is_let_through = wanted->allows_unknown && is_plain_name(*name);
    if (!is_let_through && (row == NULL || !is_allowed(row, wanted))) {
        return refuse_name(wanted, *name, row == NULL, error);
    }
    if (row != NULL) {
        *name = (piece){row->wire, row->wire_length};
    }
    return true;
}

/* ---- sets of names ---- */

static int compare_pieces(piece one, piece other) {
    size_t common = one.length < other.length ? one.length : other.length;
    int order = memcmp(one.text, other.text, common);
    return order != 0 ? order : (one.length > other.length) - (one.length < other.length);
}

/* Where the name stands, or belongs. */
static size_t place_of(const name_set *set, piece name) {
    size_t place = 0;
    while (place < set->count && compare_pieces(set->names[place], name) < 0) {
        place++;
    }
    return place;
}

static bool has_name(const name_set *set, piece name) {
    size_t place = place_of(set, name);
    return place < set->count && compare_pieces(set->names[place], name) == 0;
}

static bool add_name(const demand *wanted, name_set *set, piece name, cv_error *error) {
    if (has_name(set, name)) {
        return true;
    }
    if (set->count == NAMES_MAX) {
        return refuse_piece(wanted, name, "is one too many", error);
    }
    size_t place = place_of(set, name);
    memmove(&set->names[place + 1], &set->names[place],
            (set->count - place) * sizeof(set->names[0]));
    set->names[place] = name;
    set->count++;
    return true;
}

static void write_names(const name_set *set, cvi_buffer *out) {
    for (size_t i = 0; i < set->count; i++) {
        cvi_buffer_add_text(out, i > 0 ? "," : "");
        cvi_buffer_add(out, set->names[i].text, set->names[i].length);
    }
}

/* ---- checks ---- */

/* The end of each check: what was added may not have found memory. */
static bool finish(const cvi_buffer *out, cv_error *error) {
    if (out->failed) {
        cvi_error_no_memory(error);
        return false;
    }
    return true;
}

bool cvi_check_fields(const cvi_scope *scope, const char *fields, cvi_buffer *out,
                      cv_error *error) {
    demand wanted = demand_of(scope, "fields of", scope->is_list ? CVI_IN_LIST : 0);
    wanted.is_list = scope->is_list;
    piece rest = {fields, strlen(fields)};
    if (!check_text(&wanted, rest, error)) {
        return false;
    }
    name_set names = {{{"id", 2}}, 1}; /* every table has it */
    bool has_more = true;
    while (has_more) {
        piece name;
        has_more = cut(&rest, ',', &name);
        if (!translate(&wanted, &name, error) || !add_name(&wanted, &names, name, error)) {
            return false;
        }
    }
    write_names(&names, out);
    return finish(out, error);
}

/* Adds one "field:value"; `seen` holds the fields that were there before. */
static bool check_condition(const demand *wanted, piece condition, name_set *seen, cvi_buffer *out,
                            cv_error *error) {
    piece value = condition;
    piece name;
    if (!cut(&value, ':', &name)) {
        return refuse_piece(wanted, condition,
                            "lacks a value (field:value; a comma begins the next one)", error);
    }
    piece given = name;
    if (!translate(wanted, &name, error)) {
        return false;
    }
    if (value.length == 0) {
        return refuse_piece(wanted, given, "has an empty value", error);
    }
    if (has_name(seen, name)) {
        return refuse_piece(wanted, given, "stands twice", error);
    }
    cvi_buffer_add_text(out, seen->count > 0 ? "," : "");
    cvi_buffer_add(out, name.text, name.length);
    cvi_buffer_add_char(out, ':');
    cvi_buffer_add(out, value.text, value.length);
    return add_name(wanted, seen, name, error);
}

bool cvi_check_filter(const cvi_scope *scope, const char *filter, cvi_buffer *out,
                      cv_error *error) {
    const demand wanted = demand_of(scope, "filters of", CVI_FILTERABLE);
    piece rest = {filter, strlen(filter)};
    if (!check_text(&wanted, rest, error)) {
        return false;
    }
    name_set seen = {.count = 0};
    bool has_more = true;
    while (has_more) {
        piece condition;
        has_more = cut(&rest, ',', &condition);
        if (!check_condition(&wanted, condition, &seen, out, error)) {
            return false;
        }
    }
    return finish(out, error);
}

static bool piece_is(piece part, const char *text) {
    return part.length == strlen(text) && memcmp(part.text, text, part.length) == 0;
}

bool cvi_check_sort(const cvi_scope *scope, const char *sort, cvi_buffer *out, cv_error *error) {
    const demand wanted = demand_of(scope, "sorts of", CVI_SORTABLE);
    piece order = {sort, strlen(sort)};
    if (!check_text(&wanted, order, error)) {
        return false;
    }
    piece name;
    bool has_order = cut(&order, ':', &name);
    if (!translate(&wanted, &name, error)) {
        return false;
    }
    if (has_order && !piece_is(order, "asc") && !piece_is(order, "desc")) {
        return refuse_piece(&wanted, order, "is no order (asc, desc)", error);
    }
    cvi_buffer_add(out, name.text, name.length);
    cvi_buffer_add_text(out, !has_order || piece_is(order, "asc") ? ":asc" : ":desc");
    return finish(out, error);
}
