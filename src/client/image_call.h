/* A call for an image: where it is, what the caller has of it, where it is to be written to. */
#ifndef CVI_CLIENT_IMAGE_CALL_H
#define CVI_CLIENT_IMAGE_CALL_H

#include <comicvine/image.h>

#include "client/call.h"

typedef struct cvi_image_call {
    cvi_call call; /* first: counted and freed as one */
    cvi_validators validators;
    char host[CVI_SEGMENT_SIZE]; /* the call's segment: what is paused together */
    char path[];                 /* "": to be written nowhere */
} cvi_image_call;

/* Checks and works out a call, and what the options say beside it. `options` may be NULL. NULL:
 * CV_ERROR_ARGUMENT or CV_ERROR_NOMEM; `request` is filled in any case. */
cvi_call *cvi_call_image(const cvi_settings *settings, const char *url,
                         const cv_image_options *options, cv_request_options *request,
                         cv_error *error);

/* Of a call with is_image. */
static inline const cvi_image_call *cvi_image_call_of(const cvi_call *call) {
    return (const cvi_image_call *)(const void *)call;
}

#endif
