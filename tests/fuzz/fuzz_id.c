/* Ids as users give them: bare, with a type, in an address. What is read is an id of what it is
 * said to be of, and reads the same in its own spelling. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <comicvine/help.h>

#include "resources/registry.h"
#include "support/input.h"

/* "4000-52" of what was read says the same again. */
static void check_spelling(const cvi_resource *resource, int64_t id) {
    char text[64];
    int64_t again = 0;
    snprintf(text, sizeof(text), "%" PRId64 "-%" PRId64, resource->type_id, id);
    REQUIRE(cv_id_parse(text, resource->resource, &again) && again == id);
    REQUIRE(cv_id_parse(text, CV_RESOURCE_NONE, &again) && again == id);
}

static void check_resource(const char *text, const cvi_resource *resource) {
    int64_t id = -7;
    int64_t of_any = -7;
    if (!cv_id_parse(text, resource->resource, &id)) {
        REQUIRE(id == -7);
        return;
    }
    REQUIRE(id >= 1 && id <= CVI_ID_MAX);
    REQUIRE(cv_id_parse(text, CV_RESOURCE_NONE, &of_any) && of_any == id);
    check_spelling(resource, id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    char *text = input_rest(&in);
    int64_t id = -7;
    size_t count;
    const cvi_resource *const *resources = cvi_registry_all(&count);
    for (size_t i = 0; i < count; i++) {
        check_resource(text, resources[i]);
    }
    bool is_id = cv_id_parse(text, CV_RESOURCE_NONE, &id);
    cv_resource resource = cv_id_resource(text);
    REQUIRE(is_id || (id == -7 && resource == CV_RESOURCE_NONE));
    if (resource != CV_RESOURCE_NONE) {
        int64_t of_it = 0;
        REQUIRE(cv_id_parse(text, resource, &of_it) && of_it == id);
    }
    free(text);
    return 0;
}
