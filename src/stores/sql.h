/* Running SQL: a table of texts, prepared when first used and kept. */
#ifndef CVI_STORES_SQL_H
#define CVI_STORES_SQL_H

#include <sqlite3.h>

#include "stores/stores.h"

typedef enum cvi_value_kind {
    CVI_SQL_NULL,
    CVI_SQL_INTEGER,
    CVI_SQL_TEXT,
    CVI_SQL_BLOB
} cvi_value_kind;

/* A value to bind. Text and bytes are borrowed until the statement is finished. */
typedef struct cvi_value {
    cvi_value_kind kind;
    int64_t number;
    const void *bytes;
    size_t size;
} cvi_value;

static inline cvi_value cvi_null(void) {
    return (cvi_value){CVI_SQL_NULL, 0, NULL, 0};
}

static inline cvi_value cvi_integer(int64_t number) {
    return (cvi_value){CVI_SQL_INTEGER, number, NULL, 0};
}

static inline cvi_value cvi_text(const char *text) {
    return (cvi_value){CVI_SQL_TEXT, 0, text, 0};
}

static inline cvi_value cvi_blob(const void *bytes, size_t size) {
    return (cvi_value){CVI_SQL_BLOB, 0, bytes, size};
}

/* The values ?1, ?2, ... of a statement and their number, as two arguments. */
#define CVI_VALUES(...)                                                                            \
    (const cvi_value[]){__VA_ARGS__}, sizeof((cvi_value[]){__VA_ARGS__}) / sizeof(cvi_value)

/* Statements of one connection: used by whoever may use the connection. `statements` has room for
 * `count` handles, all NULL at first; `path` serves messages. */
typedef struct cvi_sql {
    sqlite3 *connection;
    const char *path;
    const char *const *texts;
    sqlite3_stmt **statements;
    size_t count;
} cvi_sql;

/* Gives the statements back; before the connection is closed. */
void cvi_sql_finalize(cvi_sql *sql);

/* Prepares all texts now, so that running them later needs no memory of its own. */
cvi_store_answer cvi_sql_prepare_all(cvi_sql *sql, cv_error *error);

/* Prepares if need be and binds. Each success must be followed by cvi_sql_next until it finds no
 * row or fails, or by cvi_sql_finish. */
cvi_store_answer cvi_sql_start(cvi_sql *sql, size_t which, const cvi_value *values, size_t count,
                               sqlite3_stmt **statement, cv_error *error);

/* Moves to the next row. Without one (`row` false) and on failure the statement is finished. */
cvi_store_answer cvi_sql_next(cvi_sql *sql, sqlite3_stmt *statement, bool *row, cv_error *error);

/* Lets go of locks and borrowed values. */
void cvi_sql_finish(sqlite3_stmt *statement);

/* Runs a statement without rows. `changes` (NULL: not wanted) counts the rows it changed. */
cvi_store_answer cvi_sql_run(cvi_sql *sql, size_t which, const cvi_value *values, size_t count,
                             int64_t *changes, cv_error *error);

/* Reads the first column of the first row; `value` keeps what it was without a row or with NULL. */
cvi_store_answer cvi_sql_read(cvi_sql *sql, size_t which, const cvi_value *values, size_t count,
                              int64_t *value, cv_error *error);

/* Runs a text once, without values and results. */
cvi_store_answer cvi_sql_execute(sqlite3 *connection, const char *path, const char *text,
                                 cv_error *error);

/* A column as text; "" for NULL. Valid until the statement moves on. */
const char *cvi_sql_column_text(sqlite3_stmt *statement, int column);

#endif
