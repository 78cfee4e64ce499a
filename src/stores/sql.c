/* Owns prepared statements. A statement is bound only between start and finish, so that no value
 * and no read lock outlives the call that needed it. Serialised by the connection's user. */
#include "stores/sql.h"

#include "stores/sqlite_error.h"

void cvi_sql_finalize(cvi_sql *sql) {
    for (size_t i = 0; i < sql->count; i++) {
        sqlite3_finalize(sql->statements[i]);
        sql->statements[i] = NULL;
    }
}

static cvi_store_answer prepare(cvi_sql *sql, size_t which, cv_error *error) {
    if (sql->statements[which] != NULL) {
        return CVI_STORE_DONE;
    }
    int result = sqlite3_prepare_v3(sql->connection, sql->texts[which], -1,
                                    SQLITE_PREPARE_PERSISTENT, &sql->statements[which], NULL);
    return result == SQLITE_OK ? CVI_STORE_DONE : cvi_sqlite_failed(result, sql->path, error);
}

cvi_store_answer cvi_sql_prepare_all(cvi_sql *sql, cv_error *error) {
    for (size_t i = 0; i < sql->count; i++) {
        cvi_store_answer answer = prepare(sql, i, error);
        if (answer != CVI_STORE_DONE) {
            return answer;
        }
    }
    return CVI_STORE_DONE;
}

static int bind(sqlite3_stmt *statement, int index, const cvi_value *value) {
    switch (value->kind) {
    case CVI_SQL_INTEGER:
        return sqlite3_bind_int64(statement, index, value->number);
    case CVI_SQL_TEXT:
        return sqlite3_bind_text(statement, index, value->bytes, -1, SQLITE_STATIC);
    case CVI_SQL_BLOB:
        return sqlite3_bind_blob64(statement, index, value->bytes, value->size, SQLITE_STATIC);
    case CVI_SQL_NULL:
        break;
    }
    return sqlite3_bind_null(statement, index);
}

cvi_store_answer cvi_sql_start(cvi_sql *sql, size_t which, const cvi_value *values, size_t count,
                               sqlite3_stmt **statement, cv_error *error) {
    cvi_store_answer answer = prepare(sql, which, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    *statement = sql->statements[which];
    for (size_t i = 0; i < count; i++) {
        int result = bind(*statement, (int)i + 1, &values[i]);
        if (result != SQLITE_OK) {
            cvi_sql_finish(*statement);
            return cvi_sqlite_failed(result, sql->path, error);
        }
    }
    return CVI_STORE_DONE;
}

cvi_store_answer cvi_sql_next(cvi_sql *sql, sqlite3_stmt *statement, bool *row, cv_error *error) {
    int result = sqlite3_step(statement);
    *row = result == SQLITE_ROW;
    if (*row) {
        return CVI_STORE_DONE;
    }
    cvi_sql_finish(statement);
    return result == SQLITE_DONE ? CVI_STORE_DONE : cvi_sqlite_failed(result, sql->path, error);
}

void cvi_sql_finish(sqlite3_stmt *statement) {
    /* Both repeat or cannot fail: the step has told its error already. */
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

cvi_store_answer cvi_sql_run(cvi_sql *sql, size_t which, const cvi_value *values, size_t count,
                             int64_t *changes, cv_error *error) {
    sqlite3_stmt *statement = NULL;
    cvi_store_answer answer = cvi_sql_start(sql, which, values, count, &statement, error);
    bool row = true;
    while (answer == CVI_STORE_DONE && row) {
        answer = cvi_sql_next(sql, statement, &row, error);
    }
    if (answer == CVI_STORE_DONE && changes != NULL) {
        *changes = sqlite3_changes64(sql->connection);
    }
    return answer;
}

cvi_store_answer cvi_sql_read(cvi_sql *sql, size_t which, const cvi_value *values, size_t count,
                              int64_t *value, cv_error *error) {
    sqlite3_stmt *statement = NULL;
    cvi_store_answer answer = cvi_sql_start(sql, which, values, count, &statement, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    bool row = false;
    answer = cvi_sql_next(sql, statement, &row, error);
    if (answer != CVI_STORE_DONE || !row) {
        return answer;
    }
    if (sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        *value = sqlite3_column_int64(statement, 0);
    }
    cvi_sql_finish(statement);
    return CVI_STORE_DONE;
}

cvi_store_answer cvi_sql_execute(sqlite3 *connection, const char *path, const char *text,
                                 cv_error *error) {
    int result = sqlite3_exec(connection, text, NULL, NULL, NULL);
    return result == SQLITE_OK ? CVI_STORE_DONE : cvi_sqlite_failed(result, path, error);
}

const char *cvi_sql_column_text(sqlite3_stmt *statement, int column) {
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text != NULL ? (const char *)text : "";
}
