/* Owns what the library says of its own version and of those that it works with. Any thread. */
#include <sqlite3.h>

#include <comicvine/version.h>

#include "client/transfer_face.h"
#include "support/error.h"

const char *cv_version(void) {
    return CV_VERSION;
}

const char *cv_sqlite_version(void) {
    return sqlite3_libversion();
}

const char *cv_curl_version(void) {
    cv_error error;
    const char *version = cvi_transport_version(&error);
    if (version == NULL) {
        cvi_error_remember(&error);
    }
    return version;
}
