/* The name that was probably meant. */
#ifndef CVI_RESOURCES_NEAREST_H
#define CVI_RESOURCES_NEAREST_H

#include <stddef.h>

#include "resources/table.h"

/* The search for it. A name is near with at most one change in three letters, where a change adds,
 * drops or replaces a letter or swaps two neighbours. Pure; any thread. */
typedef struct cvi_nearest {
    const char *name; /* what was written; ends in no NUL */
    size_t length;
    size_t least;      /* changes; only fewer are nearer */
    const char *found; /* the nearest of what was tried; NULL: none is near */
} cvi_nearest;

cvi_nearest cvi_nearest_to(const char *name, size_t length);

void cvi_nearest_try(cvi_nearest *nearest, const char *text);

/* Tries both names of each row with all of `flags`; what is found is the member. */
void cvi_nearest_try_rows(cvi_nearest *nearest, const cvi_shape *shape, unsigned flags);

#endif
