/* Owns what the library says of its own version and of libcurl's; SQLite's is known to the stores.
 * Any thread. */
#include <comicvine/version.h>

#include "client/transfer_face.h"
#include "support/error.h"

const char *cv_version(void) {
    return CV_VERSION;
}

const char *cv_curl_version(void) {
    cv_error error;
    const char *version = cvi_transport_version(&error);
    if (version == NULL) {
        cvi_error_remember(&error);
    }
    return version;
}
