/* Tables, indexes and their migrations. */
#ifndef CVI_STORES_SCHEMA_H
#define CVI_STORES_SCHEMA_H

#include <sqlite3.h>

#include "stores/stores.h"

/* Refuses a file of a newer major version, or of another program; reads only, changes nothing. */
cvi_store_answer cvi_schema_check(sqlite3 *connection, const char *path, cv_error *error);

/* The version that a file says it has; 0: none of ours. */
cvi_store_answer cvi_schema_version(sqlite3 *connection, const char *path, int64_t *version,
                                    cv_error *error);

/* Brings the schema up to date and raises the file's longest look-back to at least
 * `look_back_ms`: in one transaction, or with nothing written where nothing is missing. Call under
 * the gate; on any answer but DONE nothing has changed. */
cvi_store_answer cvi_schema_migrate(sqlite3 *connection, const char *path, int64_t look_back_ms,
                                    cv_error *error);

/* Raises the file's longest look-back, within a transaction. */
cvi_store_answer cvi_schema_raise_look_back(sqlite3 *connection, const char *path,
                                            int64_t look_back_ms, cv_error *error);

#endif
