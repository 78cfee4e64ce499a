/* What the public handles of the three stores share: opening, checks of arguments, and calls that
 * wait for others with patience and remember their error for cv_last_error. Any thread. */
#ifndef CVI_STORES_PUBLIC_CALL_H
#define CVI_STORES_PUBLIC_CALL_H

#include "stores/handle.h"

enum { CVI_PUBLIC_PATIENCE_MS = 5000 }; /* for locks of others */

/* The members that all options of handles have. */
typedef struct cvi_public_options {
    const char *database;
    struct sqlite3 *connection;
    const char *scope;
    const cv_allocator *allocator;
    const struct cv_clock *clock;
    int64_t max_memory_bytes;
    const char *origin;
    const char *application;
} cvi_public_options;

/* Opens stores in which every part is switched off but those that `parts` has on; `parts` brings
 * the settings of those, filled in. NULL on failure, remembered. */
cvi_stores *cvi_public_open(const cvi_public_options *options, cvi_stores_options *parts);

/* Copies a struct of options of `known` bytes, whose `count` reserved members lie in the copy;
 * false refuses, remembered. */
bool cvi_public_copy_options(void *copy, size_t known, const void *options, const char *name,
                             const int64_t *reserved, size_t count);

/* Options of stores with every part off. */
cvi_stores_options cvi_public_parts(void);

/* Remembers CV_ERROR_ARGUMENT with one line; always false. */
bool cvi_public_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Refuses stores that are a parent process's. Whoever checks a handle asks this. */
bool cvi_public_check_here(const cvi_stores *stores);

/* A text from 1 to `longest` bytes; else refuses, naming it as `name`. */
bool cvi_public_check_text(const char *name, const char *text, size_t longest);

/* Remembers what a call came to; true: it is done. */
bool cvi_public_end(const cvi_db *db, cvi_store_answer answer, cv_error *error);

/* One step of a call, within a transaction or on the connection. `keep` is set when there is
 * something to commit. It may run again after BUSY, and then starts anew. */
typedef cvi_store_answer cvi_public_step(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                         cv_error *error);

/* Runs a step in a write transaction of `db`, or (read) alone on its connection. */
bool cvi_public_write(cvi_stores *stores, cvi_db *db, cvi_public_step *step, void *context);
bool cvi_public_read(cvi_stores *stores, cvi_db *db, cvi_public_step *step, void *context);

/* Deletes a batch and adds the number of rows changed; `more`: there may be others. */
typedef cvi_store_answer cvi_public_batch(cvi_stores *stores, cvi_now now, int64_t *changed,
                                          bool *more, cv_error *error);

/* Runs batches, each in a transaction of its own, until none is left. In between others get their
 * turn. */
bool cvi_public_delete_all(cvi_stores *stores, cvi_db *db, cvi_public_batch *batch);

/* Within a transaction: runs a batch if `interval_ms` (negative: never) has passed since the last
 * one. */
cvi_store_answer cvi_public_clean_if_due(cvi_stores *stores, int64_t interval_ms,
                                         cvi_public_batch *batch, cvi_now now, cv_error *error);

/* Reads one row of integers with a query of its own, on a connection of its own where there can be
 * one, so that a walk through a whole table holds up nobody. */
bool cvi_public_read_row(cvi_db *db, const char *text, const cvi_value *values, size_t count,
                         int64_t *columns, size_t column_count);

/* A copy that the application frees; NULL without memory. */
bool cvi_public_hand_out(const cvi_db *db, cvi_cached *cached, cv_blob *blob);

#endif
