/* What the first bytes of an image say. Pure. */
#ifndef CVI_CLIENT_IMAGE_FORMAT_H
#define CVI_CLIENT_IMAGE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include <comicvine/image.h>

typedef struct cvi_image_format {
    cv_picture_format format;
    const char *content_type;
    const char *extension;
} cvi_image_format;

/* NULL: these are no image of any format that is known. Static. */
const cvi_image_format *cvi_image_format_of(const void *bytes, size_t size);

/* Its width and height, where they stand at a fixed place or are found by a walk along the heads of
 * its parts; else 0 and 0, as for what is no such image. Reads nothing beyond `size`. */
void cvi_image_measure(const void *bytes, size_t size, int64_t *width, int64_t *height);

#endif
