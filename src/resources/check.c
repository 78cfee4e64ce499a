/* Owns the rules for what callers may name: fields, filters, sorts. Everything is checked against
 * the resource's table and written with the names of the wire; values pass as they are, as the
 * URL is escaped where it is built. Any thread. */
#include "resources/check.h"

#include <string.h>

#include "resources/nearest.h"
#include "resources/piece.h"
#include "support/error.h"

/* What one kind of argument asks of a field. */
typedef struct demand {
    const cvi_resource *resource;
    const char *what; /* "fields of": the path follows */
    unsigned flags;   /* the row must have them all */
    bool is_list;
    bool allows_unknown;
} demand;

static demand demand_of(const cvi_scope *scope, const char *what, unsigned flags) {
    return (demand){scope->resource, what, flags, true, scope->allows_unknown};
}

static bool is_allowed(const cvi_field *row, const demand *wanted) {
    return (row->flags & wanted->flags) == wanted->flags;
}

static const char *path_of(const demand *wanted) {
    return wanted->is_list ? wanted->resource->list_path : wanted->resource->detail_path;
}

/* Adds the names that the demand allows. */
static void add_allowed(cvi_buffer *out, const demand *wanted) {
    const cvi_shape *shape = wanted->resource->shape;
    cvi_name_set allowed = {.count = 0};
    bool has_room = true;
    for (size_t i = 0; i < shape->row_count && has_room; i++) {
        const cvi_field *row = &shape->rows[i];
        has_room = !is_allowed(row, wanted) ||
                   cvi_names_add(&allowed, (cvi_piece){row->wire, row->wire_length});
    }
    cvi_names_show(&allowed, out);
}

/* `is_typo`: no such name is known at all. */
static bool refuse_name(const demand *wanted, cvi_piece name, bool is_typo, cv_error *error) {
    char line[sizeof(error->message)];
    cvi_buffer message;
    cvi_buffer_over(&message, line, sizeof(line));
    cvi_buffer_add_char(&message, '"');
    cvi_piece_show(name, &message);
    cvi_buffer_add_text(&message, "\" is not among the ");
    cvi_buffer_add_text(&message, wanted->what);
    cvi_buffer_add_text(&message, " /");
    cvi_buffer_add_text(&message, path_of(wanted));
    cvi_nearest nearest = cvi_nearest_to(name.text, name.length);
    if (is_typo) {
        cvi_nearest_try_rows(&nearest, wanted->resource->shape, wanted->flags);
    }
    if (nearest.found != NULL) {
        cvi_buffer_add_format(&message, " (nearest: %s)", nearest.found);
    }
    cvi_buffer_add_text(&message, ": ");
    add_allowed(&message, wanted);
    cvi_error_set(error, CV_ERROR_ARGUMENT, "%s", line);
    return false;
}

/* One line about a part of the text; `reason` follows it. */
static bool refuse_piece(const demand *wanted, cvi_piece part, const char *reason,
                         cv_error *error) {
    char shown[CVI_PIECE_SHOWN_SIZE];
    cvi_buffer text;
    cvi_buffer_over(&text, shown, sizeof(shown));
    cvi_piece_show(part, &text);
    cvi_error_set(error, CV_ERROR_ARGUMENT, "among the %s /%s: \"%s\" %s", wanted->what,
                  path_of(wanted), shown, reason);
    return false;
}

static bool check_text(const demand *wanted, cvi_piece text, cv_error *error) {
    const char *fault = cvi_piece_fault(text);
    return fault == NULL || refuse_piece(wanted, text, fault, error);
}

static const cvi_field *row_of(const demand *wanted, cvi_piece name) {
    return cvi_shape_find(wanted->resource->shape, name.text, name.length);
}

/* Turns a name into that of the wire; false: the demand does not allow it. */
static bool translate(const demand *wanted, cvi_piece *name, cv_error *error) {
    const cvi_field *row = row_of(wanted, *name);
    bool is_let_through = wanted->allows_unknown && cvi_piece_is_name(*name);
    if (!is_let_through && (row == NULL || !is_allowed(row, wanted))) {
        return refuse_name(wanted, *name, row == NULL, error);
    }
    if (row != NULL) {
        *name = (cvi_piece){row->wire, row->wire_length};
    }
    return true;
}

static bool add_name(const demand *wanted, cvi_name_set *set, cvi_piece name, cv_error *error) {
    return cvi_names_add(set, name) || refuse_piece(wanted, name, "is one too many", error);
}

/* ---- checks ---- */

bool cvi_check_fields(const cvi_scope *scope, const char *fields, cvi_buffer *out,
                      cv_error *error) {
    demand wanted = demand_of(scope, "fields of", scope->is_list ? CVI_IN_LIST : 0);
    wanted.is_list = scope->is_list;
    cvi_piece rest = cvi_piece_of(fields);
    if (!check_text(&wanted, rest, error)) {
        return false;
    }
    cvi_name_set names = {{{"id", 2}}, 1}; /* every table has it */
    bool has_more = true;
    while (has_more) {
        cvi_piece name;
        has_more = cvi_piece_cut(&rest, ',', &name);
        name = cvi_piece_trim(name);
        if (!translate(&wanted, &name, error) || !add_name(&wanted, &names, name, error)) {
            return false;
        }
    }
    cvi_names_write(&names, out);
    return cvi_piece_finish(out, path_of(&wanted), error);
}

/* Whether a value can match a number at all: digits, several of them with "|". The service takes
 * what is none for no filter, or for an error: either costs a request. */
static bool check_numbers(const demand *wanted, cvi_piece value, cv_error *error) {
    cvi_piece rest = value;
    bool has_more = true;
    while (has_more) {
        cvi_piece number;
        has_more = cvi_piece_cut(&rest, '|', &number);
        if (!cvi_piece_is_number(number)) {
            return refuse_piece(wanted, value, "is no bare number, nor several (1|2|3)", error);
        }
    }
    return true;
}

/* Blanks around numbers mean nothing; in texts they may. */
static bool check_value(const demand *wanted, cvi_piece name, cvi_piece *value, cv_error *error) {
    if (value->length == 0) {
        return refuse_piece(wanted, name, "has an empty value", error);
    }
    const cvi_field *row = row_of(wanted, name);
    if (row == NULL || (row->kind != CVI_KIND_INT64 && (row->flags & CVI_BY_ID) == 0)) {
        return true;
    }
    *value = cvi_piece_trim(*value);
    return check_numbers(wanted, *value, error);
}

/* Adds one "field:value"; `seen` holds the fields that were there before. */
static bool check_condition(const demand *wanted, cvi_piece condition, cvi_name_set *seen,
                            cvi_buffer *out, cv_error *error) {
    cvi_piece value = condition;
    cvi_piece name;
    if (!cvi_piece_cut(&value, ':', &name)) {
        return refuse_piece(wanted, condition,
                            "lacks a value (field:value; a comma begins the next one)", error);
    }
    name = cvi_piece_trim(name);
    cvi_piece given = name;
    if (!translate(wanted, &name, error)) {
        return false;
    }
    if (!check_value(wanted, given, &value, error)) {
        return false;
    }
    if (cvi_names_have(seen, name)) {
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
    cvi_piece rest = cvi_piece_of(filter);
    if (!check_text(&wanted, rest, error)) {
        return false;
    }
    cvi_name_set seen = {.count = 0};
    bool has_more = true;
    while (has_more) {
        cvi_piece condition;
        has_more = cvi_piece_cut(&rest, ',', &condition);
        if (!check_condition(&wanted, condition, &seen, out, error)) {
            return false;
        }
    }
    return cvi_piece_finish(out, path_of(&wanted), error);
}

bool cvi_check_sort(const cvi_scope *scope, const char *sort, cvi_buffer *out, cv_error *error) {
    const demand wanted = demand_of(scope, "sorts of", CVI_SORTABLE);
    cvi_piece order = cvi_piece_of(sort);
    if (!check_text(&wanted, order, error)) {
        return false;
    }
    cvi_piece name;
    bool has_order = cvi_piece_cut(&order, ':', &name);
    name = cvi_piece_trim(name);
    order = cvi_piece_trim(order);
    if (!translate(&wanted, &name, error)) {
        return false;
    }
    if (has_order && !cvi_piece_is(order, "asc") && !cvi_piece_is(order, "desc")) {
        return refuse_piece(&wanted, order, "is no order (asc, desc)", error);
    }
    cvi_buffer_add(out, name.text, name.length);
    cvi_buffer_add_text(out, !has_order || cvi_piece_is(order, "asc") ? ":asc" : ":desc");
    return cvi_piece_finish(out, path_of(&wanted), error);
}

/* ---- parameters of some lists ---- */

static bool refuse_extra(const cvi_resource *resource, const char *name, cv_error *error) {
    char line[sizeof(error->message)];
    cvi_buffer message;
    cvi_buffer_over(&message, line, sizeof(line));
    cvi_buffer_add_format(&message, "\"%s\" is not among the parameters of /%s: ", name,
                          resource->list_path);
    const char *separator = "";
    for (const char *const *extra = resource->extras; extra != NULL && *extra != NULL; extra++) {
        cvi_buffer_add_format(&message, "%s%s", separator, *extra);
        separator = ", ";
    }
    cvi_buffer_add_text(&message, *separator == '\0' ? "none" : "");
    cvi_error_set(error, CV_ERROR_ARGUMENT, "%s", line);
    return false;
}

static bool takes_extra(const cvi_resource *resource, const char *name) {
    const char *const *extra = resource->extras;
    while (extra != NULL && *extra != NULL && strcmp(*extra, name) != 0) {
        extra++;
    }
    return extra != NULL && *extra != NULL;
}

bool cvi_check_extra(const cvi_resource *resource, const char *name, const char *value,
                     cvi_buffer *out, cv_error *error) {
    if (!takes_extra(resource, name)) {
        return refuse_extra(resource, name, error);
    }
    const demand wanted = {.resource = resource, .what = "parameters of", .is_list = true};
    cvi_piece text = cvi_piece_of(value);
    if (!check_text(&wanted, text, error)) {
        return false;
    }
    text = cvi_piece_trim(text);
    if (text.length == 0) {
        return refuse_piece(&wanted, cvi_piece_of(name), "has an empty value", error);
    }
    cvi_buffer_add(out, text.text, text.length);
    return cvi_piece_finish(out, resource->list_path, error);
}
