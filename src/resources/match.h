/* Keys of an answer and the rows of a table. Pure; any thread. */
#ifndef CVI_RESOURCES_MATCH_H
#define CVI_RESOURCES_MATCH_H

#include <stddef.h>

#include "resources/table.h"

/* The row with this name on the wire, or NULL. `expected`, 0 at first, is the row that is looked at
 * first, and becomes the one behind the row found. */
const cvi_field *cvi_match_key(const cvi_shape *shape, const char *key, size_t length,
                               size_t *expected);

#endif
