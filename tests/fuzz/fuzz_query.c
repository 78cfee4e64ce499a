/* Field lists, filters and sorts of callers, for each resource: what passes is spelled in one way,
 * asks for nothing else than was asked for, and names only what the table has. */
#include <stdlib.h>
#include <string.h>

#include <comicvine/help.h>

#include "resources/check.h"
#include "resources/registry.h"
#include "support/checked.h"
#include "support/input.h"

static bool check_fields(const void *scope, const char *text, cvi_buffer *out, cv_error *error) {
    return cvi_check_fields(scope, text, out, error);
}

static bool check_filter(const void *scope, const char *text, cvi_buffer *out, cv_error *error) {
    return cvi_check_filter(scope, text, out, error);
}

static bool check_sort(const void *scope, const char *text, cvi_buffer *out, cv_error *error) {
    return cvi_check_sort(scope, text, out, error);
}

static bool is_known(const cvi_scope *scope, cvi_piece name) {
    return scope->allows_unknown
               ? cvi_piece_is_name(name)
               : cvi_shape_find(scope->resource->shape, name.text, name.length) != NULL;
}

/* Sorted, each name once, and each one that may stand there. */
static void check_names(const cvi_scope *scope, const char *names) {
    cvi_piece rest = cvi_piece_of(names);
    cvi_piece before = {"", 0};
    cvi_piece name;
    bool has_more = true;
    while (has_more) {
        has_more = cvi_piece_cut(&rest, ',', &name);
        size_t common = name.length < before.length ? name.length : before.length;
        int order = memcmp(before.text, name.text, common);
        REQUIRE(order < 0 || (order == 0 && before.length < name.length));
        REQUIRE(is_known(scope, name));
        before = name;
    }
}

/* As many values as commas part, each with its name. */
static void check_pairs(const cvi_scope *scope, const char *filter) {
    cvi_piece rest = cvi_piece_of(filter);
    cvi_piece pair;
    cvi_piece name;
    bool has_more = true;
    while (has_more) {
        has_more = cvi_piece_cut(&rest, ',', &pair);
        REQUIRE(cvi_piece_cut(&pair, ':', &name));
        REQUIRE(is_known(scope, name) && pair.length > 0);
    }
}

static void check_order(const cvi_scope *scope, const char *sort) {
    cvi_piece rest = cvi_piece_of(sort);
    cvi_piece name;
    REQUIRE(cvi_piece_cut(&rest, ':', &name) && is_known(scope, name));
    REQUIRE(cvi_piece_is(rest, "asc") || cvi_piece_is(rest, "desc"));
}

static const struct {
    checker_fn *check;
    void (*look)(const cvi_scope *scope, const char *text);
} texts[] = {
    {check_fields, check_names},
    {check_filter, check_pairs},
    {check_sort, check_order},
};

/* A field and a value from a user, added to what there is: never a second condition. */
static void check_added(const char *field, const char *value) {
    char filter[256] = "id:1";
    if (!cv_filter_add(filter, sizeof(filter), field, value)) {
        REQUIRE(strcmp(filter, "id:1") == 0);
        return;
    }
    REQUIRE(strlen(filter) < sizeof(filter));
    REQUIRE(strncmp(filter, "id:1,", 5) == 0);
    REQUIRE(strchr(strchr(filter, ',') + 1, ',') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    uint8_t mode = input_byte(&in);
    const cvi_resource *resource = resources[input_below(&in, count)];
    const cvi_scope scope = {.resource = resource,
                             .is_list = (mode & 1) != 0 || resource->detail_path == NULL,
                             .allows_unknown = (mode & 2) != 0};
    char array[CVI_CHECKED_SIZE];
    cvi_buffer out;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *text = input_text(&in);
        cvi_buffer_over(&out, array, sizeof(array));
        if (check_text(texts[i].check, &scope, text, true, &out)) {
            texts[i].look(&scope, out.data);
        }
        free(text);
    }
    char *field = input_text(&in);
    char *value = input_text(&in);
    check_added(field, value);
    free(field);
    free(value);
    return 0;
}
