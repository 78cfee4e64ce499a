/* The resources that this version knows. */
#ifndef CVI_RESOURCES_REGISTRY_H
#define CVI_RESOURCES_REGISTRY_H

#include <stddef.h>

#include <comicvine/resource.h>

#include "resources/table.h"

/* cvi_issue_resource and so on, one for each line of resources.def. */
#define CVI_RESOURCE(name, NAME) extern const cvi_resource cvi_##name##_resource;
#include "resources/resources.def"

/* The table of a resource, or NULL if this version has none. Any thread. */
const cvi_resource *cvi_registry_find(cv_resource resource);

/* All tables, in the order of the registry. */
const cvi_resource *const *cvi_registry_all(size_t *count);

#endif
