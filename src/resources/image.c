/* Owns the sizes in which the service has a picture. Pure. */
#include "resources/image.h"

#include <stddef.h>

#include <comicvine/image.h>

const cvi_resource cvi_image_resource = {
    .resource = CV_RESOURCE_NONE, .detail_path = "image", .list_path = "image"};

/* From the smallest to the largest. */
static const size_t members[] = {
    [CV_IMAGE_TINY] = offsetof(cv_image, tiny_url),
    [CV_IMAGE_ICON] = offsetof(cv_image, icon_url),
    [CV_IMAGE_THUMB] = offsetof(cv_image, thumb_url),
    [CV_IMAGE_SMALL] = offsetof(cv_image, small_url),
    [CV_IMAGE_MEDIUM] = offsetof(cv_image, medium_url),
    [CV_IMAGE_SCREEN] = offsetof(cv_image, screen_url),
    [CV_IMAGE_SCREEN_LARGE] = offsetof(cv_image, screen_large_url),
    [CV_IMAGE_SUPER] = offsetof(cv_image, super_url),
    [CV_IMAGE_ORIGINAL] = offsetof(cv_image, original_url),
};

static const char *url_of(const cv_image *image, int size) {
    const char *member = (const char *)image + members[size];
    const char *url = *(const char *const *)(const void *)member;
    return url != NULL && url[0] != '\0' ? url : NULL;
}

const char *cv_image_url(const cv_image *image, cv_image_size size) {
    int wanted = (int)size;
    if (image == NULL || wanted < CV_IMAGE_TINY || wanted > CV_IMAGE_ORIGINAL) {
        return NULL;
    }
    const char *url = NULL;
    for (int next = wanted; url == NULL && next <= CV_IMAGE_ORIGINAL; next++) {
        url = url_of(image, next);
    }
    for (int next = wanted - 1; url == NULL && next >= CV_IMAGE_TINY; next--) {
        url = url_of(image, next);
    }
    return url;
}
