/* Images, seen from the other side: their formats as patterns, and heads that are put together to
 * be measured. Shares nothing with the code that is tried. */
#ifndef TESTS_FUZZ_SUPPORT_PICTURE_H
#define TESTS_FUZZ_SUPPORT_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include <comicvine/image.h>

#include "support/input.h"

enum { PICTURE_HEAD_MAX = 512 };

/* A head that says how large the image is. */
typedef struct picture_head {
    cv_picture_format format;
    int64_t width;
    int64_t height;
    size_t size;
    uint8_t bytes[PICTURE_HEAD_MAX];
} picture_head;

/* By its first bytes; CV_PICTURE_NONE: they are none. */
cv_picture_format picture_format_of(const uint8_t *bytes, size_t size);

/* Of the kind and size that the input says, with what may stand between filled from it. */
void picture_make_head(input *in, picture_head *head);

#endif
