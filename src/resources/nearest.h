/* The name that was probably meant. */
#ifndef CVI_RESOURCES_NEAREST_H
#define CVI_RESOURCES_NEAREST_H

#include <stddef.h>

#include "resources/table.h"

/* The row with all of `flags` whose member or wire name is nearest to `name`, or NULL if none is
 * near: at most one change in three letters, where a change adds, drops or replaces a letter or
 * swaps two neighbours. Pure; any thread. */
const cvi_field *cvi_nearest(const cvi_shape *shape, unsigned flags, const char *name,
                             size_t length);

#endif
