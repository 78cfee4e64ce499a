/* What stands behind a cv_transfer: a client's own, or that of a transport which wraps another. */
#ifndef CVI_CLIENT_TRANSFER_FACE_H
#define CVI_CLIENT_TRANSFER_FACE_H

#include <stddef.h>

#include <comicvine/error.h>
#include <comicvine/memory.h>
#include <comicvine/sys/transport.h>

/* Of the headers of one answer, interim ones and their line ends too where they are seen. Nobody
 * needs as many, and libcurl keeps them all until the end. */
#define CVI_MAX_HEADER_BYTES ((size_t)262144)
#define CVI_TOO_MANY_HEADERS "too many headers"

/* One function for each cv_transfer_* of the public header, and for who stands between: */
typedef struct cvi_transfer_face {
    bool (*may_send)(cv_transfer *transfer);
    void (*header)(cv_transfer *transfer, const char *name, const char *value);
    bool (*body)(cv_transfer *transfer, const void *bytes, size_t size);
    bool (*complete)(cv_transfer *transfer, cv_transfer_end end, int http_status,
                     const char *reason);
    void (*release)(cv_transfer *transfer);

    /* Puts in place of an end what the library takes it for, before it is told: an answer may have
     * been too large or found no memory, or nobody waits any more (CV_TRANSFER_NOT_SENT). */
    void (*judge)(cv_transfer *transfer, cv_transfer_end *end, int *http_status);
} cvi_transfer_face;

struct cv_transfer {
    const cvi_transfer_face *face;
};

/* The built-in network, with memory from `allocator`; NULL options: none. False: CV_ERROR_ARGUMENT
 * in a build without one or for options that are not good, else CV_ERROR_NOMEM or
 * CV_ERROR_NETWORK. May load libcurl: to be called with no lock held. */
bool cvi_transport_built_in(cv_transport *network, const cv_curl_options *options,
                            const cv_allocator *allocator, cv_error *error);

/* Whether this build has one. */
bool cvi_transport_is_built_in(void);

/* Which libcurl it is of. Static text. NULL: CV_ERROR_ARGUMENT in a build without one, else
 * CV_ERROR_NETWORK or CV_ERROR_NOMEM. May load libcurl: to be called with no lock held. */
const char *cvi_transport_version(cv_error *error);

/* Copies a table by its size and checks it. */
bool cvi_transport_copy(cv_transport *copy, const cv_transport *network, cv_error *error);

#endif
