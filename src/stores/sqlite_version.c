/* Owns what the library says of SQLite's version. Any thread. */
#include <comicvine/version.h>

#include "stores/sql.h"

const char *cv_sqlite_version(void) {
    return sqlite3_libversion();
}
