/* Owns the sums over the table rate_limits by who wrote the rows: the same rows that the limit
 * counts. Names come from any program that shares the file, so they are bounded and made printable
 * here. Callers hold the transaction. */
#include "stores/spenders.h"

#include <string.h>

#include "stores/path_rows.h"

enum statement { BY_WRITER };

/* A name is cut here already, so that an absurdly long one is never copied as a whole. */
static const char *const texts[CVI_SPENDERS_STATEMENTS] = {
    [BY_WRITER] =
        "SELECT coalesce(substr(application, 1, 128), ''), max(0, CAST(coalesce(pid, 0) AS INTEGER)),"
        " count(*), sum(is_user), max(at) FROM (" CVI_PATH_ROWS(
            "application, pid, priority IS 'user' AS is_user, boot_ms AS at",
            "") ") GROUP BY 1, 2 ORDER BY 3 DESC, 5 DESC, 1, 2",
};

void cvi_spenders_init(cvi_spenders *spenders, const cvi_rate_limit *limit) {
    memset(spenders, 0, sizeof(*spenders));
    spenders->limit = limit;
    spenders->sql = (cvi_sql){limit->sql.connection, limit->sql.path, texts, spenders->statements,
                              CVI_SPENDERS_STATEMENTS};
}

void cvi_spenders_finalize(cvi_spenders *spenders) {
    cvi_sql_finalize(&spenders->sql);
}

/* Ends before a character that would not fit, and holds no control characters. */
static void copy_name(char name[CV_APPLICATION_MAX + 1], const char *text) {
    size_t length = strnlen(text, CV_APPLICATION_MAX + 1);
    if (length > CV_APPLICATION_MAX) {
        length = CV_APPLICATION_MAX;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) {
            length--;
        }
    }
    memcpy(name, text, length);
    name[length] = '\0';
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7F) {
            name[i] = ' ';
        }
    }
}

static void fill_spender(cv_rate_limit_spender *spender, sqlite3_stmt *row, cvi_now now) {
    *spender = (cv_rate_limit_spender){
        .pid = sqlite3_column_int64(row, 1),
        .requests = sqlite3_column_int64(row, 2),
        .user_requests = sqlite3_column_int64(row, 3),
        .last_ms = now.wall_ms - now.boot_ms + sqlite3_column_int64(row, 4),
    };
    copy_name(spender->application, cvi_sql_column_text(row, 0));
}

cvi_store_answer cvi_spenders_find(cvi_spenders *spenders, const char *resource, bool is_list,
                                   cvi_now now, cv_rate_limit_spender *found, size_t capacity,
                                   size_t *count, cv_error *error) {
    const cvi_rate_limit *limit = spenders->limit;
    int64_t look_back_ms = cvi_rate_limit_path(limit, resource)->look_back_ms;
    sqlite3_stmt *row = NULL;
    *count = 0;
    cvi_store_answer answer = cvi_sql_start(
        &spenders->sql, BY_WRITER,
        CVI_VALUES(cvi_text(limit->boot), cvi_text(limit->scope), cvi_text(resource),
                   cvi_integer(now.boot_ms - look_back_ms), cvi_integer(is_list ? 1 : 0)),
        &row, error);
    bool more = answer == CVI_STORE_DONE;
    while (more) {
        answer = cvi_sql_next(&spenders->sql, row, &more, error);
        if (more && *count < capacity) {
            fill_spender(&found[*count], row, now);
        }
        *count += more ? 1 : 0;
    }
    return answer;
}
