/* Owns the rules for what callers may name: fields, filters, sorts. Everything is checked against
 * the resource's table and written with the names of the wire; values pass as they are, as the
 * URL is escaped where it is built. Any thread. */
#include "resources/check.h"

#include <string.h>

#include "support/error.h"

enum { LENGTH_MAX = 2048, SHOWN_MAX = 48 };

/* A part of the caller's text. */
typedef struct piece {
    const char *text;
    size_t length;
} piece;

/* What one kind of argument asks of a field. */
typedef struct demand {
    const char *what; /* "fields of": the path follows */
    unsigned flags;   /* the row must have them all */
    bool is_list;
} demand;

static const demand filters = {"filters of", CVI_FILTERABLE, true};
static const demand sorts = {"sorts of", CVI_SORTABLE, true};

static bool is_allowed(const cvi_field *row, const demand *wanted) {
    return (row->flags & wanted->flags) == wanted->flags;
}

static const char *path_of(const cvi_resource *resource, const demand *wanted) {
    return wanted->is_list ? resource->list_path : resource->detail_path;
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
static void add_allowed(cvi_buffer *out, const cvi_resource *resource, const demand *wanted) {
    const char *separator = "";
    for (size_t i = 0; i < resource->shape->row_count; i++) {
        const cvi_field *row = &resource->shape->rows[i];
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

static bool refuse_name(const cvi_resource *resource, const demand *wanted, piece name,
                        cv_error *error) {
    char line[sizeof(error->message)];
    cvi_buffer message;
    cvi_buffer_over(&message, line, sizeof(line));
    cvi_buffer_add_char(&message, '"');
    add_shown(&message, name);
    cvi_buffer_add_text(&message, "\" is not among the ");
    cvi_buffer_add_text(&message, wanted->what);
    cvi_buffer_add_text(&message, " /");
    cvi_buffer_add_text(&message, path_of(resource, wanted));
    cvi_buffer_add_text(&message, ": ");
    add_allowed(&message, resource, wanted);
    cvi_error_set(error, CV_ERROR_ARGUMENT, "%s", line);
    return false;
}

/* One line about a part of the text; `reason` follows it. */
static bool refuse_piece(const demand *wanted, const cvi_resource *resource, piece part,
                         const char *reason, cv_error *error) {
    char shown[SHOWN_MAX + sizeof("...")];
    cvi_buffer text;
    cvi_buffer_over(&text, shown, sizeof(shown));
    add_shown(&text, part);
    cvi_error_set(error, CV_ERROR_ARGUMENT, "among the %s /%s: \"%s\" %s", wanted->what,
                  path_of(resource, wanted), shown, reason);
    return false;
}

static bool check_text(const demand *wanted, const cvi_resource *resource, piece text,
                       cv_error *error) {
    if (text.length > LENGTH_MAX) {
        return refuse_piece(wanted, resource, text, "is longer than 2048 bytes", error);
    }
    for (size_t i = 0; i < text.length; i++) {
        unsigned char character = (unsigned char)text.text[i];
        if (character < 0x20 || character == 0x7F) {
            return refuse_piece(wanted, resource, text, "holds a control character", error);
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

/* The row of a name that the demand allows; NULL: the error is set. */
static const cvi_field *find_allowed(const cvi_resource *resource, const demand *wanted, piece name,
                                     cv_error *error) {
    const cvi_field *row = cvi_shape_find(resource->shape, name.text, name.length);
    if (row == NULL || !is_allowed(row, wanted)) {
        refuse_name(resource, wanted, name, error);
        return NULL;
    }
    return row;
}

static uint64_t bit_of(const cvi_resource *resource, const cvi_field *row) {
    return UINT64_C(1) << (row - resource->shape->rows);
}

/* The row with the least name among those of `mask`, which is not 0. */
static const cvi_field *least_name(const cvi_resource *resource, uint64_t mask) {
    const cvi_field *least = NULL;
    for (size_t i = 0; i < resource->shape->row_count; i++) {
        const cvi_field *row = &resource->shape->rows[i];
        if ((mask >> i & 1) != 0 && (least == NULL || strcmp(row->wire, least->wire) < 0)) {
            least = row;
        }
    }
    return least;
}

static void add_sorted(cvi_buffer *out, const cvi_resource *resource, uint64_t mask) {
    const char *separator = "";
    while (mask != 0) {
        const cvi_field *row = least_name(resource, mask);
        cvi_buffer_add_text(out, separator);
        cvi_buffer_add(out, row->wire, row->wire_length);
        separator = ",";
        mask &= ~bit_of(resource, row);
    }
}

/* The end of each check: what was added may not have found memory. */
static bool finish(const cvi_buffer *out, cv_error *error) {
    if (out->failed) {
        cvi_error_no_memory(error);
        return false;
    }
    return true;
}

bool cvi_check_fields(const cvi_resource *resource, bool is_list, const char *fields,
                      cvi_buffer *out, cv_error *error) {
    const demand wanted = {"fields of", is_list ? CVI_IN_LIST : 0, is_list};
    piece rest = {fields, strlen(fields)};
    if (!check_text(&wanted, resource, rest, error)) {
        return false;
    }
    const cvi_field *id = cvi_shape_find(resource->shape, "id", 2);
    uint64_t mask = id != NULL ? bit_of(resource, id) : 0;
    bool has_more = true;
    while (has_more) {
        piece name;
        has_more = cut(&rest, ',', &name);
        const cvi_field *row = find_allowed(resource, &wanted, name, error);
        if (row == NULL) {
            return false;
        }
        mask |= bit_of(resource, row);
    }
    add_sorted(out, resource, mask);
    return finish(out, error);
}

/* Adds one "field:value"; `*seen` holds the fields that were there before. */
static bool check_condition(const cvi_resource *resource, piece condition, uint64_t *seen,
                            cvi_buffer *out, cv_error *error) {
    piece value = condition;
    piece name;
    if (!cut(&value, ':', &name)) {
        return refuse_piece(&filters, resource, condition,
                            "lacks a value (field:value; a comma begins the next one)", error);
    }
    const cvi_field *row = find_allowed(resource, &filters, name, error);
    if (row == NULL) {
        return false;
    }
    if (value.length == 0) {
        return refuse_piece(&filters, resource, name, "has an empty value", error);
    }
    if ((*seen & bit_of(resource, row)) != 0) {
        return refuse_piece(&filters, resource, name, "stands twice", error);
    }
    cvi_buffer_add_text(out, *seen != 0 ? "," : "");
    *seen |= bit_of(resource, row);
    cvi_buffer_add(out, row->wire, row->wire_length);
    cvi_buffer_add_char(out, ':');
    cvi_buffer_add(out, value.text, value.length);
    return true;
}

bool cvi_check_filter(const cvi_resource *resource, const char *filter, cvi_buffer *out,
                      cv_error *error) {
    piece rest = {filter, strlen(filter)};
    if (!check_text(&filters, resource, rest, error)) {
        return false;
    }
    uint64_t seen = 0;
    bool has_more = true;
    while (has_more) {
        piece condition;
        has_more = cut(&rest, ',', &condition);
        if (!check_condition(resource, condition, &seen, out, error)) {
            return false;
        }
    }
    return finish(out, error);
}

static bool piece_is(piece part, const char *text) {
    return part.length == strlen(text) && memcmp(part.text, text, part.length) == 0;
}

bool cvi_check_sort(const cvi_resource *resource, const char *sort, cvi_buffer *out,
                    cv_error *error) {
    piece order = {sort, strlen(sort)};
    if (!check_text(&sorts, resource, order, error)) {
        return false;
    }
    piece name;
    bool has_order = cut(&order, ':', &name);
    const cvi_field *row = find_allowed(resource, &sorts, name, error);
    if (row == NULL) {
        return false;
    }
    if (has_order && !piece_is(order, "asc") && !piece_is(order, "desc")) {
        return refuse_piece(&sorts, resource, order, "is no order (asc, desc)", error);
    }
    cvi_buffer_add(out, row->wire, row->wire_length);
    cvi_buffer_add_text(out, !has_order || piece_is(order, "asc") ? ":asc" : ":desc");
    return finish(out, error);
}
