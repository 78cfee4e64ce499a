/* What is kept of an image behind its bytes: its validators, which the next call may need. The body
 * of a result of an image, and of an entry in the file of images, is image and tail. Pure. */
#ifndef CVI_CLIENT_IMAGE_TAIL_H
#define CVI_CLIENT_IMAGE_TAIL_H

#include <stdbool.h>
#include <stddef.h>

#include <comicvine/memory.h>

#include "support/caching.h"

/* A body taken apart. An image of no bytes is one that the host has confirmed. */
typedef struct cvi_image_parts {
    size_t image_size; /* from the body's start */
    cvi_validators validators;
} cvi_image_parts;

/* A body of image and tail, with a NUL behind it; `image` (NULL: none), which must come from the
 * allocator, becomes that. NULL without memory; the image stays as it was then. `body_size` gets
 * its size. */
char *cvi_image_tail_add(const cv_allocator *allocator, char *image, size_t image_size,
                         const cvi_validators *validators, size_t *body_size);

/* False: the body has no tail. */
bool cvi_image_tail_read(const char *body, size_t size, cvi_image_parts *parts);

#endif
