/* What an SQLite result means for a caller of the stores. */
#ifndef CVI_STORES_SQLITE_ERROR_H
#define CVI_STORES_SQLITE_ERROR_H

#include "stores/stores.h"

/* Turns a result that is not OK into an answer: BUSY leaves `error` alone, FAILED fills it with one
 * line that names `path` and what to do, and never holds a bound value. Any thread. */
cvi_store_answer cvi_sqlite_failed(int result, const char *path, cv_error *error);

/* The error of a caller who has lost patience: BUSY for too long. */
void cvi_sqlite_locked(const char *path, cv_error *error);

#endif
