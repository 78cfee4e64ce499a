/* Sorts the items of a list. Pure: works on one array that belongs to the request being
 * answered. */
#include "sort.h"

#include "text.h"

#include <stdlib.h>

struct entry {
    json_t *item;
    const json_t *key; /* NULL: absent */
    size_t position;   /* qsort is not stable; this makes it so */
    int direction;     /* 1 or -1 */
};

enum rank { RANK_NULL, RANK_NUMBER, RANK_TEXT, RANK_OTHER };

static enum rank rank_of(const json_t *key) {
    if (!key || json_is_null(key)) {
        return RANK_NULL;
    }
    if (json_is_number(key)) {
        return RANK_NUMBER;
    }
    return json_is_string(key) ? RANK_TEXT : RANK_OTHER;
}

static int compare_keys(const json_t *left, const json_t *right) {
    enum rank left_rank = rank_of(left), right_rank = rank_of(right);
    if (left_rank != right_rank) {
        return left_rank < right_rank ? -1 : 1;
    }
    if (left_rank == RANK_NUMBER) {
        double a = json_number_value(left), b = json_number_value(right);
        return (a > b) - (a < b);
    }
    if (left_rank == RANK_TEXT) {
        return loopback_span_compare(
            (loopback_span){json_string_value(left), json_string_length(left)},
            (loopback_span){json_string_value(right), json_string_length(right)});
    }
    return 0;
}

static int compare_entries(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    int order = compare_keys(a->key, b->key);
    if (order != 0) {
        return order < 0 ? -a->direction : a->direction;
    }
    return (a->position > b->position) - (a->position < b->position);
}

static bool parse_sort(const char *sort, loopback_span *field, int *direction) {
    loopback_span rest = loopback_span_of(sort), part = rest;
    while (loopback_span_next(&rest, ',', &part)) {
    }
    loopback_span order;
    if (!loopback_span_cut(part, ':', field, &order) || field->length == 0) {
        return false;
    }
    *direction = loopback_span_is(order, "desc") ? -1 : 1;
    return *direction < 0 || loopback_span_is(order, "asc");
}

static bool reorder(json_t *items, const struct entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (json_array_set_new(items, i, json_incref(entries[i].item)) != 0) {
            return false;
        }
    }
    return true;
}

loopback_sort_result loopback_sort(json_t *items, const char *sort) {
    loopback_span field;
    int direction;
    if (!sort || !*sort) {
        return LOOPBACK_SORT_OK;
    }
    if (!parse_sort(sort, &field, &direction)) {
        return LOOPBACK_SORT_SYNTAX;
    }
    size_t count = json_array_size(items);
    struct entry *entries = calloc(count + 1, sizeof *entries);
    if (!entries) {
        return LOOPBACK_SORT_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        /* A reference of its own: while the array is rewritten it drops items it still needs. */
        json_t *item = json_incref(json_array_get(items, i));
        entries[i] =
            (struct entry){item, json_object_getn(item, field.start, field.length), i, direction};
    }
    qsort(entries, count, sizeof *entries, compare_entries);
    bool done = reorder(items, entries, count);
    for (size_t i = 0; i < count; i++) {
        json_decref(entries[i].item);
    }
    free(entries);
    return done ? LOOPBACK_SORT_OK : LOOPBACK_SORT_NOMEM;
}
