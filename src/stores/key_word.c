/* Owns the rows of the table settings that begin with "key:". One row for each scope, which is a
 * fingerprint of the key and never the key; its value is the time of the service's word, negative
 * if the key was refused. Any thread. */
#include "stores/key_word.h"

#include <string.h>

#include "stores/handle.h"
#include "stores/sqlite_error.h"

enum statement { READ, NOTE, FORGET, STATEMENT_COUNT };

static const char *const texts[STATEMENT_COUNT] = {
    [READ] = "SELECT value FROM main.settings WHERE name = 'key:' || ?1"
             " AND typeof(value) = 'integer'",
    [NOTE] =
        "INSERT INTO main.settings(name, value) VALUES('key:' || ?1, ?2)"
        " ON CONFLICT(name) DO UPDATE SET value = excluded.value WHERE (value BETWEEN ?3 AND ?4"
        " OR value BETWEEN -?4 AND -?3) IS NOT TRUE", /* a later word, and not of the future */
    [FORGET] = "DELETE FROM main.settings WHERE name >= 'key:' AND name < 'key;'"
               " AND value NOT BETWEEN ?1 AND ?2 AND value NOT BETWEEN -?2 AND -?1",
};

static cvi_sql begin_sql(cvi_stores *stores, sqlite3_stmt *statements[STATEMENT_COUNT]) {
    const cvi_db *db = stores->rate_limit_db;
    return (cvi_sql){db->connection, db->path, texts, statements, STATEMENT_COUNT};
}

static cvi_store_answer read_once(cvi_stores *stores, int64_t *value, cv_error *error) {
    sqlite3_stmt *statements[STATEMENT_COUNT] = {NULL};
    cvi_store_answer answer = cvi_db_enter(stores->rate_limit_db, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    cvi_sql sql = begin_sql(stores, statements);
    answer = cvi_sql_read(&sql, READ, CVI_VALUES(cvi_text(stores->rate_limit.scope)), value, error);
    cvi_sql_finalize(&sql);
    cvi_db_unlock(stores->rate_limit_db);
    return answer;
}

/* Who has waited in vain has an error to show for it. */
static cvi_store_answer fail_if_busy(const cvi_stores *stores, cvi_store_answer answer,
                                     int64_t patience_ms, cv_error *error) {
    if (answer == CVI_STORE_BUSY && patience_ms > 0) {
        cvi_sqlite_locked(stores->rate_limit_db->path, error);
        return CVI_STORE_FAILED;
    }
    return answer;
}

cvi_store_answer cvi_stores_read_key(cvi_stores *stores, int64_t patience_ms, cvi_key_state *state,
                                     int64_t *at_ms, cv_error *error) {
    int64_t value = 0;
    cvi_patience left = cvi_patience_start(stores->rate_limit_db, patience_ms);
    cvi_store_answer answer = read_once(stores, &value, error);
    while (answer == CVI_STORE_BUSY && patience_ms > 0 &&
           cvi_patience_wait(stores->rate_limit_db, &left)) {
        answer = read_once(stores, &value, error);
    }
    *state = value > 0 ? CVI_KEY_ACCEPTED : value < 0 ? CVI_KEY_REFUSED : CVI_KEY_UNKNOWN;
    *at_ms = value < 0 && value > INT64_MIN ? -value : value;
    return fail_if_busy(stores, answer, patience_ms, error);
}

/* What is too old to be believed, or of a time that no clock has said; abs() would fail at some. */
static cvi_store_answer forget(cvi_sql *sql, cvi_now now, cv_error *error) {
    return cvi_sql_run(sql, FORGET,
                       CVI_VALUES(cvi_integer(now.wall_ms - CVI_KEY_WORD_MAX_MS),
                                  cvi_integer(now.wall_ms + CVI_KEY_WORD_MAX_MS)),
                       NULL, error);
}

cvi_store_answer cvi_stores_note_key(cvi_stores *stores, int64_t patience_ms, cvi_key_state state,
                                     int64_t at_ms, cvi_now now, cv_error *error) {
    sqlite3_stmt *statements[STATEMENT_COUNT] = {NULL};
    const int64_t value = state == CVI_KEY_REFUSED ? -at_ms : at_ms;
    cvi_store_answer answer = cvi_db_begin(stores->rate_limit_db, patience_ms, error);
    if (answer != CVI_STORE_DONE) {
        return fail_if_busy(stores, answer, patience_ms, error);
    }
    cvi_sql sql = begin_sql(stores, statements);
    answer = cvi_sql_run(&sql, NOTE,
                         CVI_VALUES(cvi_text(stores->rate_limit.scope), cvi_integer(value),
                                    cvi_integer(at_ms + 1), cvi_integer(now.wall_ms)),
                         NULL, error);
    if (answer == CVI_STORE_DONE) {
        answer = forget(&sql, now, error);
    }
    cvi_sql_finalize(&sql);
    answer = cvi_db_end(stores->rate_limit_db, answer, true, error);
    return fail_if_busy(stores, answer, patience_ms, error);
}
