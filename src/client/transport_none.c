/* Owns the want of a built-in network, in a build with COMICVINE_TRANSPORT_CURL=OFF. */
#include "client/transfer_face.h"
#include "client/transport.h"

#include "support/error.h"

bool cvi_transport_is_built_in(void) {
    return false;
}

const char *cvi_transport_version(cv_error *error) {
    cvi_error_set(error, CV_ERROR_ARGUMENT, "this library was built without libcurl");
    return NULL;
}

bool cvi_transport_built_in(cv_transport *transport, const cv_curl_options *options,
                            const cv_allocator *allocator, cv_error *error) {
    (void)transport;
    (void)options;
    (void)allocator;
    cvi_error_set(error, CV_ERROR_ARGUMENT, CVI_NO_TRANSPORT);
    return false;
}
