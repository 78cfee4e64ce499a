/* Owns the table from SQLite's results to answers and messages. SQLite's own messages are not used:
 * they may quote names and values of a file that lies. Any thread. */
#include "stores/sqlite_error.h"

#include <sqlite3.h>

#include "support/error.h"

/* The path comes last, so that a cut costs the end of the path and not the advice. */
static const struct {
    int result;
    const char *message;
} failures[] = {
    {SQLITE_ERROR, "the tables are not what they should be, restore or delete the database"},
    {SQLITE_FULL, "the disk is full, make room for the database"},
    {SQLITE_IOERR, "reading or writing failed, check the disk that holds the database"},
    {SQLITE_CORRUPT, "the file is damaged, restore or delete the database"},
    {SQLITE_NOTADB, "the file is no SQLite database, name another file than"},
    {SQLITE_READONLY, "the file may not be written, check the permissions of the database"},
    {SQLITE_CANTOPEN, "the file cannot be opened, check folder and permissions of the database"},
    {SQLITE_PERM, "access is refused, check the permissions of the database"},
    {SQLITE_TOOBIG, "the answer is larger than a row may be in the database"},
};

static bool is_busy(int primary) {
    return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL;
}

cvi_store_answer cvi_sqlite_failed(int result, const char *path, cv_error *error) {
    int primary = result & 0xFF;
    if (is_busy(primary)) {
        return CVI_STORE_BUSY;
    }
    if (primary == SQLITE_NOMEM || result == SQLITE_IOERR_NOMEM) {
        cvi_error_no_memory(error);
        return CVI_STORE_FAILED;
    }
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (failures[i].result == primary) {
            cvi_error_set(error, CV_ERROR_STORE, "%s %s", failures[i].message, path);
            return CVI_STORE_FAILED;
        }
    }
    cvi_error_set(error, CV_ERROR_STORE, "SQLite refused (result %d) to work on the database %s",
                  result, path);
    return CVI_STORE_FAILED;
}

void cvi_sqlite_locked(const char *path, cv_error *error) {
    cvi_error_set(error, CV_ERROR_STORE,
                  "another program has locked the database for too long, try again later: %s",
                  path);
    if (error != NULL) {
        error->retryable = true;
    }
}
