/* Owns the way from a public function of a store to its part: no public function waits, locks or
 * remembers an error but through here. Any thread. */
#include "stores/public_call.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stores/settings.h"
#include "stores/sqlite_error.h"
#include "support/allocator.h"
#include "support/cap.h"
#include "support/error.h"
#include "support/options.h"
#include "support/platform.h"

#define LEAST_MEMORY INT64_C(65536)

/* ---- opening ---- */

cvi_stores_options cvi_public_parts(void) {
    cvi_stores_options parts = {.scope = "", .origin = "", .host = ""};
    parts.cache.disabled = true;
    parts.dedupe.disabled = true;
    parts.rate_limit.kind = CV_LIMIT_NONE;
    return parts;
}

bool cvi_public_copy_options(void *copy, size_t known, const void *options, const char *name,
                             const int64_t *reserved, size_t count) {
    cv_error error;
    if (options == NULL) {
        return cvi_public_refuse("options is NULL");
    }
    if (cvi_copy_sized(copy, known, options, name, &error) &&
        cvi_check_reserved(reserved, count, name, &error)) {
        return true;
    }
    cvi_error_remember(&error);
    return false;
}

static bool check_options(const cvi_public_options *options, cv_error *error) {
    if (options->connection != NULL && options->database != NULL) {
        cvi_error_set(error, CV_ERROR_ARGUMENT, "options database and connection are both set");
        return false;
    }
    return cvi_check_allocator(options->allocator, error) &&
           (options->database == NULL ||
            cvi_check_text("database", options->database, CVI_LONGEST_PATH, error)) &&
           (options->scope == NULL ||
            cvi_check_text("scope", options->scope, CV_SCOPE_MAX, error)) &&
           (options->origin == NULL ||
            cvi_check_text("origin", options->origin, CV_SCOPE_MAX, error)) &&
           (options->application == NULL ||
            cvi_check_text("application", options->application, CV_APPLICATION_MAX, error));
}

static bool fill_platform(cvi_stores_options *parts, const cv_clock *clock, cv_error *error) {
    if (clock == NULL) {
        cvi_platform_clock(&parts->clock);
    } else if (!cvi_clock_copy(&parts->clock, clock, error)) {
        return false;
    }
    if (!cvi_platform_random(&parts->random)) {
        cvi_error_set(error, CV_ERROR_STORE, "the system gives no random numbers");
        return false;
    }
    return true;
}

/* The application's allocator, with the cap before it. */
static bool fill_memory(cvi_stores_options *parts, const cvi_public_options *options,
                        cv_error *error) {
    parts->allocator = options->allocator != NULL ? *options->allocator : cvi_default_allocator;
    if (options->max_memory_bytes == 0 || options->max_memory_bytes == CV_NONE) {
        return true;
    }
    if (options->max_memory_bytes < LEAST_MEMORY) {
        cvi_error_set(error, CV_ERROR_ARGUMENT,
                      "option max_memory_bytes is %" PRId64 ", below %" PRId64,
                      options->max_memory_bytes, LEAST_MEMORY);
        return false;
    }
    uint64_t max_bytes = (uint64_t)options->max_memory_bytes;
    parts->cap =
        cvi_cap_open(&parts->allocator, max_bytes < SIZE_MAX ? (size_t)max_bytes : SIZE_MAX);
    if (parts->cap == NULL) {
        cvi_error_no_memory(error);
        return false;
    }
    parts->allocator = cvi_cap_allocator(parts->cap);
    return true;
}

static cvi_stores *open_or_fail(const cvi_public_options *options, cvi_stores_options *parts,
                                cv_error *error) {
    char path[CVI_LONGEST_PATH];
    if (!check_options(options, error) || !fill_platform(parts, options->clock, error) ||
        !fill_memory(parts, options, error)) {
        return NULL;
    }
    if (parts->database == NULL && parts->connection == NULL) {
        if (!cvi_default_database(path, error)) {
            cvi_cap_close(parts->cap);
            return NULL;
        }
        parts->database = path;
    }
    cvi_stores *stores = cvi_stores_open(parts, error);
    if (stores == NULL) {
        cvi_cap_close(parts->cap);
    }
    return stores;
}

cvi_stores *cvi_public_open(const cvi_public_options *options, cvi_stores_options *parts) {
    cv_error error;
    parts->database = options->database;
    parts->connection = options->connection;
    parts->scope = options->scope != NULL ? options->scope : "";
    parts->origin = options->origin != NULL ? options->origin : parts->scope;
    parts->host = parts->origin;
    parts->application = options->application;
    cvi_stores *stores = open_or_fail(options, parts, &error);
    if (stores == NULL) {
        cvi_error_remember(&error);
    }
    return stores;
}

/* ---- arguments and answers ---- */

bool cvi_public_refuse(const char *format, ...) {
    char message[128];
    cv_error error;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    cvi_error_set(&error, CV_ERROR_ARGUMENT, "%s", length < 0 ? "an argument is wrong" : message);
    cvi_error_remember(&error);
    return false;
}

bool cvi_public_check_here(const cvi_stores *stores) {
    if (cvi_stores_are_inherited(stores)) {
        cvi_error_remember(&cvi_error_inherited);
        return false;
    }
    return true;
}

bool cvi_public_check_text(const char *name, const char *text, size_t longest) {
    if (text == NULL || text[0] == '\0') {
        return cvi_public_refuse("the %s is %s", name, text == NULL ? "NULL" : "empty");
    }
    if (strnlen(text, longest + 1) > longest) {
        return cvi_public_refuse("the %s is longer than %zu bytes", name, longest);
    }
    return true;
}

bool cvi_public_end(const cvi_db *db, cvi_store_answer answer, cv_error *error) {
    if (answer == CVI_STORE_DONE) {
        return true;
    }
    if (answer == CVI_STORE_BUSY) {
        cvi_sqlite_locked(db->path, error);
    }
    cvi_error_remember(error);
    return false;
}

bool cvi_public_hand_out(const cvi_db *db, cvi_cached *cached, cv_blob *blob) {
    if (cached->body == NULL) {
        return true;
    }
    blob->data = cvi_handout(&db->allocator, cached->size + 1);
    if (blob->data != NULL) {
        memcpy(blob->data, cached->body, cached->size + 1);
        blob->size = cached->size;
    } else {
        cvi_error_remember_no_memory();
    }
    cvi_release(&db->allocator, cached->body);
    cached->body = NULL;
    return blob->data != NULL;
}

/* ---- running ---- */

static cvi_store_answer write_once(cvi_stores *stores, cvi_db *db, cvi_public_step *step,
                                   void *context, cv_error *error) {
    bool keep = false;
    cvi_store_answer answer = cvi_db_begin(db, 0, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer = step(stores, context, cvi_clock_now(&db->clock), &keep, error);
    return cvi_db_end(db, answer, keep, error);
}

static cvi_store_answer read_once(cvi_stores *stores, cvi_db *db, cvi_public_step *step,
                                  void *context, cv_error *error) {
    bool keep = false;
    cvi_store_answer answer = cvi_db_enter(db, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer = step(stores, context, cvi_clock_now(&db->clock), &keep, error);
    cvi_db_unlock(db);
    return answer;
}

typedef cvi_store_answer once_function(cvi_stores *, cvi_db *, cvi_public_step *, void *,
                                       cv_error *);

static bool run_patiently(cvi_stores *stores, cvi_db *db, once_function *once,
                          cvi_public_step *step, void *context) {
    cv_error error;
    cvi_patience left = cvi_patience_start(db, CVI_PUBLIC_PATIENCE_MS);
    cvi_store_answer answer = once(stores, db, step, context, &error);
    while (answer == CVI_STORE_BUSY && cvi_patience_wait(db, &left)) {
        answer = once(stores, db, step, context, &error);
    }
    if (answer == CVI_STORE_BUSY) {
        cvi_db_give_up(db);
    }
    return cvi_public_end(db, answer, &error);
}

bool cvi_public_write(cvi_stores *stores, cvi_db *db, cvi_public_step *step, void *context) {
    return run_patiently(stores, db, write_once, step, context);
}

bool cvi_public_read(cvi_stores *stores, cvi_db *db, cvi_public_step *step, void *context) {
    return run_patiently(stores, db, read_once, step, context);
}

/* ---- deleting ---- */

typedef struct deleting {
    cvi_public_batch *batch;
    bool more;
} deleting;

static cvi_store_answer delete_batch(cvi_stores *stores, void *context, cvi_now now, bool *keep,
                                     cv_error *error) {
    deleting *run = context;
    int64_t changed = 0;
    run->more = false;
    cvi_store_answer answer = run->batch(stores, now, &changed, &run->more, error);
    *keep = changed > 0;
    return answer;
}

bool cvi_public_delete_all(cvi_stores *stores, cvi_db *db, cvi_public_batch *batch) {
    deleting run = {batch, false};
    bool is_done = cvi_public_write(stores, db, delete_batch, &run);
    while (is_done && run.more) {
        cvi_db_offer(db);
        is_done = cvi_public_write(stores, db, delete_batch, &run);
    }
    return is_done;
}

cvi_store_answer cvi_public_clean_if_due(cvi_stores *stores, int64_t interval_ms,
                                         cvi_public_batch *batch, cvi_now now, cv_error *error) {
    bool more = false;
    int64_t changed = 0;
    if (interval_ms < 0 || now.boot_ms - stores->cleaned_boot_ms < interval_ms) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = batch(stores, now, &changed, &more, error);
    if (answer == CVI_STORE_DONE && !more) {
        stores->cleaned_boot_ms = now.boot_ms;
    }
    return answer;
}

/* ---- reading a row ---- */

static cvi_store_answer read_row(cvi_sql *sql, const cvi_value *values, size_t count,
                                 int64_t *columns, size_t column_count, cv_error *error) {
    sqlite3_stmt *row = NULL;
    bool found = false;
    cvi_store_answer answer = cvi_sql_start(sql, 0, values, count, &row, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(sql, row, &found, error);
    }
    for (size_t i = 0; found && i < column_count; i++) {
        columns[i] = sqlite3_column_int64(row, (int)i);
    }
    cvi_sql_finalize(sql);
    return answer;
}

static cvi_store_answer read_row_aside(const cvi_db *db, cvi_sql *sql, const cvi_value *values,
                                       size_t count, int64_t *columns, size_t column_count,
                                       cv_error *error) {
    cvi_db_visit(db);
    cvi_store_answer answer = cvi_db_open_reader(db, &sql->connection, error);
    if (answer == CVI_STORE_DONE) {
        answer = read_row(sql, values, count, columns, column_count, error);
        sqlite3_close(sql->connection);
    }
    cvi_db_depart(db);
    return answer;
}

static cvi_store_answer read_row_once(cvi_db *db, const char *text, const cvi_value *values,
                                      size_t count, int64_t *columns, size_t column_count,
                                      cv_error *error) {
    sqlite3_stmt *statement = NULL;
    cvi_sql sql = {db->connection, db->path, &text, &statement, 1};
    if (db->has_readers) {
        return read_row_aside(db, &sql, values, count, columns, column_count, error);
    }
    cvi_store_answer answer = cvi_db_enter(db, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer = read_row(&sql, values, count, columns, column_count, error);
    cvi_db_unlock(db);
    return answer;
}

bool cvi_public_read_row(cvi_db *db, const char *text, const cvi_value *values, size_t count,
                         int64_t *columns, size_t column_count) {
    cv_error error;
    cvi_patience left = cvi_patience_start(db, CVI_PUBLIC_PATIENCE_MS);
    cvi_store_answer answer = read_row_once(db, text, values, count, columns, column_count, &error);
    while (answer == CVI_STORE_BUSY && cvi_patience_wait(db, &left)) {
        answer = read_row_once(db, text, values, count, columns, column_count, &error);
    }
    return cvi_public_end(db, answer, &error);
}
