/* Owns the form of the tail: both texts, their lengths in a byte each, and a mark. It stands behind
 * the image, so that this is read where it lies. */
#include "client/image_tail.h"

#include <string.h>

#include "support/allocator.h"

static const char mark[] = {'c', 'v', 'i', '1'};

enum { LENGTHS = 2, FIXED_SIZE = LENGTHS + sizeof(mark) };

_Static_assert(CVI_ETAG_SIZE <= 256 && CVI_LAST_MODIFIED_SIZE <= 256, "lengths fit in a byte");

static char *put(char *at, const void *bytes, size_t size) {
    if (size > 0) {
        memcpy(at, bytes, size);
    }
    return at + size;
}

char *cvi_image_tail_add(const cv_allocator *allocator, char *image, size_t image_size,
                         const cvi_validators *validators, size_t *body_size) {
    const unsigned char lengths[LENGTHS] = {(unsigned char)strlen(validators->etag),
                                            (unsigned char)strlen(validators->last_modified)};
    size_t size = image_size + lengths[0] + lengths[1] + FIXED_SIZE;
    char *body = cvi_reallocate(allocator, image, size + 1);
    if (body == NULL) {
        return NULL;
    }
    char *at = put(body + image_size, validators->etag, lengths[0]);
    at = put(at, validators->last_modified, lengths[1]);
    at = put(at, lengths, sizeof(lengths));
    at = put(at, mark, sizeof(mark));
    *at = '\0';
    *body_size = size;
    return body;
}

bool cvi_image_tail_read(const char *body, size_t size, cvi_image_parts *parts) {
    memset(parts, 0, sizeof(*parts));
    if (body == NULL || size < FIXED_SIZE ||
        memcmp(body + size - sizeof(mark), mark, sizeof(mark)) != 0) {
        return false;
    }
    size_t rest = size - FIXED_SIZE;
    size_t etag_length = (unsigned char)body[rest];
    size_t date_length = (unsigned char)body[rest + 1];
    if (etag_length >= CVI_ETAG_SIZE || date_length >= CVI_LAST_MODIFIED_SIZE ||
        rest < etag_length + date_length) {
        return false;
    }
    parts->image_size = rest - etag_length - date_length;
    memcpy(parts->validators.etag, body + parts->image_size, etag_length);
    memcpy(parts->validators.last_modified, body + parts->image_size + etag_length, date_length);
    return true;
}
