/* Owns the list of resources, made from resources.def. Constant; any thread. */
#include "resources/registry.h"

#include <string.h>

static const cvi_resource *const resources[] = {
#define CVI_RESOURCE(name, NAME) &cvi_##name##_resource,
#include "resources/resources.def"
};

enum { RESOURCE_COUNT = sizeof(resources) / sizeof(resources[0]) };

static const cvi_resource *const resources_by_number[] = {
#define CVI_RESOURCE(name, NAME) [CV_##NAME] = &cvi_##name##_resource,
#include "resources/resources.def"
};

enum { NUMBER_COUNT = sizeof(resources_by_number) / sizeof(resources_by_number[0]) };

const cvi_resource *cvi_registry_find(cv_resource resource) {
    return (unsigned)resource < NUMBER_COUNT ? resources_by_number[resource] : NULL;
}

const cvi_resource *const *cvi_registry_all(size_t *count) {
    *count = RESOURCE_COUNT;
    return resources;
}

cv_resource cv_resource_from_name(const char *name) {
    if (name == NULL) {
        return CV_RESOURCE_NONE;
    }
    for (size_t i = 0; i < RESOURCE_COUNT; i++) {
        const cvi_resource *known = resources[i];
        if (strcmp(name, known->list_path) == 0 ||
            (known->detail_path != NULL && strcmp(name, known->detail_path) == 0)) {
            return known->resource;
        }
    }
    return CV_RESOURCE_NONE;
}

const char *cv_resource_name(cv_resource resource) {
    const cvi_resource *known = cvi_registry_find(resource);
    if (known == NULL) {
        return NULL;
    }
    return known->detail_path != NULL ? known->detail_path : known->list_path;
}

const char *cv_resource_list_name(cv_resource resource) {
    const cvi_resource *known = cvi_registry_find(resource);
    return known != NULL ? known->list_path : NULL;
}
