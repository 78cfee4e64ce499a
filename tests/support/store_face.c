/* Owns the short ways of the tests of the public store handles. */
#include "support/store_face.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static sqlite3 *connect_to(const api *self) {
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(self->database.text, &connection), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(connection, API_PATIENCE_MS), SQLITE_OK);
    return connection;
}

static void run(sqlite3 *connection, const char *sql) {
    if (sqlite3_exec(connection, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    }
}

void face_execute(const api *self, const char *sql) {
    sqlite3 *connection = connect_to(self);
    run(connection, sql);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

void face_age(const api *self, int64_t seconds) {
    char sql[160];
    assert_true(snprintf(sql, sizeof(sql),
                         "UPDATE cache SET created_at = created_at - %" PRId64
                         ", expires_at = expires_at - %" PRId64,
                         seconds * 1000, seconds * 1000) > 0);
    face_execute(self, sql);
}

void face_assert_error(cv_code code) {
    const cv_error *error = cv_last_error();
    if (error->code != code) {
        fail_msg("%s instead of %s: %s", cv_code_name(error->code), cv_code_name(code),
                 error->message);
    }
    assert_true(error->message[0] != '\0');
    assert_null(strchr(error->message, '\n'));
}

void face_check(bool done, const char *call) {
    if (!done) {
        fail_msg("%s: %s", call, cv_last_error()->message);
    }
}

const char *face_long_text(size_t length) {
    static char text[4096];
    assert_true(length < sizeof(text));
    memset(text, 'f', length);
    text[length] = '\0';
    return text;
}

void face_check_blob(cv_blob *blob, const char *text) {
    if (text == NULL) {
        assert_null(blob->data);
        assert_int_equal(blob->size, 0);
        return;
    }
    assert_non_null(blob->data);
    assert_int_equal(blob->size, strlen(text));
    assert_string_equal((const char *)blob->data, text);
    cv_free(blob->data);
    *blob = (cv_blob){NULL, 0};
}

sqlite3 *face_lock(const api *self) {
    sqlite3 *connection = connect_to(self);
    run(connection, "BEGIN IMMEDIATE");
    return connection;
}

void face_unlock(sqlite3 *connection) {
    run(connection, "ROLLBACK");
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}
