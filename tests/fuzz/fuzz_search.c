/* What callers search for: words, the resources to look in, and the fields of hits. */
#include <stdlib.h>

#include "resources/search.h"
#include "support/checked.h"
#include "support/input.h"

typedef struct search_scope {
    const char *resources; /* NULL: all */
    bool allows_unknown;
} search_scope;

static bool check_words(const void *scope, const char *text, cvi_buffer *out, cv_error *error) {
    (void)scope;
    return cvi_check_search_words(text, out, error);
}

static bool check_resources(const void *scope, const char *text, cvi_buffer *out, cv_error *error) {
    const search_scope *of = scope;
    return cvi_check_search_resources(text, of->allows_unknown, out, error);
}

static bool check_fields(const void *scope, const char *text, cvi_buffer *out, cv_error *error) {
    const search_scope *of = scope;
    return cvi_check_search_fields(of->resources, text, of->allows_unknown, out, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    search_scope scope = {.allows_unknown = (input_byte(&in) & 1) != 0};
    char *words = input_text(&in);
    char *resources = input_text(&in);
    char *fields = input_text(&in);
    char checked_resources[CVI_CHECKED_SIZE];
    char checked[CVI_CHECKED_SIZE];
    cvi_buffer out;
    cvi_buffer_over(&out, checked, sizeof(checked));
    check_text(check_words, &scope, words, true, &out);
    cvi_buffer_over(&out, checked_resources, sizeof(checked_resources));
    if (check_text(check_resources, &scope, resources, true, &out)) {
        scope.resources = checked_resources;
    }
    cvi_buffer_over(&out, checked, sizeof(checked));
    check_text(check_fields, &scope, fields, true, &out);
    free(words);
    free(resources);
    free(fields);
    return 0;
}
