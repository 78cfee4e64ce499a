/* Owns the file: creation, connections and their settings, transactions.
 *
 * Always: a write transaction, a migration and a checkpoint run while this handle has its turn, so
 * that among our processes none of them ever overlap. Programs that know no turns can still make
 * SQLite say BUSY: then everything is undone and given back, and the caller tries again.
 *
 * The connection is opened without SQLite's own mutexes; `mutex` guards it. Whatever calls SQLite
 * holds a fork off meanwhile, but on a connection of the application's, whose hooks may fork. */
#include "stores/database.h"

#include <limits.h>
#include <string.h>

#include "stores/schema.h"
#include "stores/sqlite_error.h"
#include "stores/write_back.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

enum {
    OPEN_PATIENCE_MS = 5000,
    CLOSE_PATIENCE_MS = 25,
    SLEEP_US = 200,
    EAGER_SLEEP_US = 50,
    MANY_WAITS = 48,
    MS_PER_WAIT = 100, /* so often at least somebody waits, however busy the machine is */
    OPEN_FLAGS =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
};

enum statement { BEGIN, COMMIT, ROLLBACK };

static const char *const texts[CVI_DB_STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE", [COMMIT] = "COMMIT", [ROLLBACK] = "ROLLBACK"};

/* ---- waiting outside the engine ---- */

cvi_patience cvi_patience_start(const cvi_db *db, int64_t duration_ms) {
    int64_t tries = duration_ms * 1000 / SLEEP_US;
    int64_t until_boot_ms = cvi_clock_now(&db->clock).boot_ms + duration_ms;
    return (cvi_patience){until_boot_ms, tries, duration_ms / MS_PER_WAIT, 0};
}

/* Who was kept from running for so long has not waited: of the few tries that it had, none may have
 * met the moments in which nobody held the lock. */
static bool is_patience_over(const cvi_db *db, const cvi_patience *left) {
    bool is_late = cvi_clock_now(&db->clock).boot_ms >= left->until_boot_ms;
    return left->tries <= 0 || (is_late && left->waits >= left->least_waits);
}

/* A short sleep with jitter, shorter for whoever has waited long: growing ones would starve it. */
bool cvi_patience_wait(const cvi_db *db, cvi_patience *left) {
    if (is_patience_over(db, left)) {
        return false;
    }
    left->tries--;
    left->waits++;
    int64_t sleep_us = left->waits < MANY_WAITS ? SLEEP_US : EAGER_SLEEP_US;
    cvi_platform_sleep_us(sleep_us + cvi_random_below(&db->random, sleep_us));
    return true;
}

/* ---- connections ---- */

static int note_wal_frames(void *user, sqlite3 *connection, const char *name, int frames) {
    (void)connection;
    (void)name;
    cvi_db *db = user;
    db->wal_frames = frames;
    return SQLITE_OK;
}

/* What holds for each connection. Closing never checkpoints: that would not be under the gate, or
 * cost the closing program the time. */
static cvi_store_answer connect(const cvi_db *db, sqlite3 **connection, cv_error *error) {
    int flags = OPEN_FLAGS | (db->is_memory ? SQLITE_OPEN_MEMORY | SQLITE_OPEN_CREATE : 0);
    int result = sqlite3_open_v2(db->path, connection, flags, NULL);
    if (result == SQLITE_OK) {
        sqlite3_db_config(*connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(*connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        return cvi_sql_execute(*connection, db->path,
                               "PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;"
                               "PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0;"
                               "PRAGMA secure_delete = OFF",
                               error);
    }
    return cvi_sqlite_failed(result, db->path, error);
}

cvi_store_answer cvi_db_open_reader(const cvi_db *db, sqlite3 **connection, cv_error *error) {
    *connection = NULL;
    cvi_store_answer answer = connect(db, connection, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_execute(*connection, db->path, "PRAGMA query_only = ON", error);
    }
    if (answer != CVI_STORE_DONE) {
        sqlite3_close(*connection);
        *connection = NULL;
    }
    return answer;
}

/* SQLite opens a file that may not be written for reading, without a word. */
static cvi_store_answer check_writable(const cvi_db *db, cv_error *error) {
    if (sqlite3_db_readonly(db->connection, "main") != 1) {
        return CVI_STORE_DONE;
    }
    return cvi_sqlite_failed(SQLITE_READONLY, db->path, error);
}

static cvi_store_answer set_journal(cvi_db *db, cv_error *error) {
    static const char *const text = "PRAGMA journal_mode = WAL";
    sqlite3_stmt *statement = NULL;
    cvi_sql sql = {db->connection, db->path, &text, &statement, 1};
    bool row = false;
    cvi_store_answer answer = cvi_sql_start(&sql, 0, NULL, 0, &statement, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(&sql, statement, &row, error);
    }
    bool is_wal = row && strcmp(cvi_sql_column_text(statement, 0), "wal") == 0;
    cvi_sql_finalize(&sql);
    if (answer == CVI_STORE_DONE && !is_wal && !db->is_memory) {
        cvi_error_set(error, CV_ERROR_STORE,
                      "the file system cannot share memory, move to a local disk the database %s",
                      db->path);
        return CVI_STORE_FAILED;
    }
    return answer;
}

static cvi_store_answer configure(cvi_db *db, cv_error *error) {
    cvi_store_answer answer = set_journal(db, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_execute(
            db->connection, db->path,
            db->relaxed_sync ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", error);
    }
    return answer;
}

/* After the migration, which would make statements prepared earlier prepare themselves again. A
 * borrowed connection keeps its own hook, and its own checkpoints. */
static cvi_store_answer prepare_transactions(cvi_db *db, cv_error *error) {
    if (!db->is_borrowed) {
        sqlite3_wal_hook(db->connection, note_wal_frames, db);
    }
    db->sql = (cvi_sql){db->connection, db->path, texts, db->statements, CVI_DB_STATEMENTS};
    return cvi_sql_prepare_all(&db->sql, error);
}

static void disconnect(cvi_db *db) {
    cvi_sql_finalize(&db->sql);
    db->stamp_place = NULL;
    if (!db->is_borrowed) {
        sqlite3_close(db->connection);
    }
    db->connection = NULL;
}

/* What the application has begun on its connection is the application's to end: a transaction, or a
 * statement that writes, which our ROLLBACK would undo. */
static cvi_store_answer check_free(const cvi_db *db, cv_error *error) {
    if (!db->is_borrowed || db->is_in_transaction ||
        (sqlite3_get_autocommit(db->connection) != 0 &&
         sqlite3_txn_state(db->connection, NULL) != SQLITE_TXN_WRITE)) {
        return CVI_STORE_DONE;
    }
    cvi_error_set(error, CV_ERROR_STORE,
                  "a transaction of the application's is open on its connection, end it first: %s",
                  db->path);
    return CVI_STORE_FAILED;
}

/* Behind what others have written since it began to read, a connection cannot write. */
static cvi_store_answer explain_busy(const cvi_db *db, cvi_store_answer answer, cv_error *error) {
    if (answer != CVI_STORE_BUSY || !db->is_borrowed ||
        sqlite3_extended_errcode(db->connection) != SQLITE_BUSY_SNAPSHOT) {
        return answer;
    }
    cvi_error_set(error, CV_ERROR_STORE,
                  "a statement of the application's still reads on its connection, finish it "
                  "first: %s",
                  db->path);
    return CVI_STORE_FAILED;
}

/* Before SQLite has the file open, so that no fork finds one that is not listed. */
static bool list_file(cvi_db *db, cv_error *error) {
    if (db->is_memory || db->open_file != NULL) {
        return true;
    }
    db->open_file = cvi_open_files_add(db->files, db->path, error);
    return db->open_file != NULL;
}

static cvi_store_answer connect_for_writing(cvi_db *db, cv_error *error) {
    if (db->is_borrowed) {
        return list_file(db, error) ? check_free(db, error) : CVI_STORE_FAILED;
    }
    if (!db->is_memory && !cvi_file_create_private(db->path, error)) {
        return CVI_STORE_FAILED;
    }
    return list_file(db, error) ? connect(db, &db->connection, error) : CVI_STORE_FAILED;
}

/* With a line in the log if that has changed what the file is. */
static cvi_store_answer migrate_aloud(cvi_db *db, int64_t look_back_ms, cv_error *error) {
    int64_t before = 0;
    int64_t after = 0;
    cvi_store_answer answer = cvi_schema_version(db->connection, db->path, &before, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_schema_migrate(db->connection, db->path, look_back_ms, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = cvi_schema_version(db->connection, db->path, &after, error);
    }
    if (answer == CVI_STORE_DONE && before != after) {
        cvi_log_write(db->log, CV_LOG_INFO, "%s: brought from version %d to %d", db->path,
                      (int)before, (int)after);
    }
    return answer;
}

static cvi_store_answer migrate(cvi_db *db, int64_t look_back_ms, cv_error *error) {
    return cvi_log_wants(db->log, CV_LOG_INFO)
               ? migrate_aloud(db, look_back_ms, error)
               : cvi_schema_migrate(db->connection, db->path, look_back_ms, error);
}

/* Looks before it touches: a file that is refused stays as it was, byte for byte. */
static cvi_store_answer connect_and_migrate(cvi_db *db, sqlite3 *borrowed, int64_t look_back_ms,
                                            cv_error *error) {
    db->connection = borrowed;
    cvi_store_answer answer = connect_for_writing(db, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_schema_check(db->connection, db->path, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = check_writable(db, error);
    }
    if (answer == CVI_STORE_DONE && !db->is_borrowed) {
        answer = configure(db, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = migrate(db, look_back_ms, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = prepare_transactions(db, error);
    }
    if (answer != CVI_STORE_DONE) {
        disconnect(db);
    } else if (db->has_readers) {
        db->stamp_place = cvi_stamp_place(db->connection);
    }
    return answer;
}

static cvi_store_answer try_open(cvi_db *db, sqlite3 *borrowed, int64_t look_back_ms,
                                 cv_error *error) {
    cvi_db_visit(db);
    cvi_store_answer answer = cvi_turn_take(&db->turn, error);
    if (answer == CVI_STORE_DONE) {
        answer = connect_and_migrate(db, borrowed, look_back_ms, error);
        cvi_turn_release(&db->turn);
    }
    cvi_db_depart(db);
    return answer;
}

static bool open_patiently(cvi_db *db, const cvi_db_options *options, cv_error *error) {
    cvi_patience left = cvi_patience_start(db, OPEN_PATIENCE_MS);
    cvi_store_answer answer = try_open(db, options->connection, options->look_back_ms, error);
    while (answer == CVI_STORE_BUSY && cvi_patience_wait(db, &left)) {
        answer = try_open(db, options->connection, options->look_back_ms, error);
    }
    if (answer == CVI_STORE_BUSY) {
        cvi_sqlite_locked(db->path, error);
    }
    return answer == CVI_STORE_DONE;
}

/* ---- paths ---- */

static bool copy_path(cvi_db *db, const char *path, cv_error *error) {
    db->path = cvi_copy_text(&db->allocator, path, strlen(path));
    if (db->path == NULL) {
        cvi_error_no_memory(error);
    }
    return db->path != NULL;
}

static bool fits(const char *path) {
    const sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    return vfs == NULL || strlen(path) <= (size_t)vfs->mxPathname; /* NULL: out of memory, later */
}

/* The path of a file beside the database into `path`, of PATH_MAX bytes. */
static bool path_beside(const cvi_db *db, const char *suffix, char *path, cv_error *error) {
    cvi_buffer text;
    cvi_buffer_over(&text, path, PATH_MAX);
    cvi_buffer_add_text(&text, db->path);
    cvi_buffer_add_text(&text, suffix);
    if (text.failed || !fits(path)) {
        cvi_error_set(error, CV_ERROR_STORE, "the database path is too long: %s", db->path);
        return false;
    }
    return true;
}

/* Whether it may be written is asked first: in exclusive mode SQLite locks for writing what it
 * reads, and takes it for a broken disk that a file opened for reading has no such lock. */
static cvi_store_answer look(cvi_db *db, cv_error *error) {
    cvi_store_answer answer = connect(db, &db->connection, error);
    if (answer == CVI_STORE_DONE) {
        answer = check_writable(db, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer =
            cvi_sql_execute(db->connection, db->path, "PRAGMA locking_mode = EXCLUSIVE", error);
    }
    return answer == CVI_STORE_DONE ? cvi_schema_check(db->connection, db->path, error) : answer;
}

/* A file that has no gate yet is one that we meet for the first time, or another program's. It is
 * looked at before it gets one, so that a file that is refused stays alone: in exclusive mode
 * SQLite makes no index of a log, and it removes the empty log that it makes when it closes. What
 * others use just now is left to the look under the gate. */
static bool look_before_gate(cvi_db *db, cv_error *error) {
    char log[PATH_MAX];
    if (!cvi_file_check_kind(db->path, error) || !path_beside(db, "-wal", log, error)) {
        return false;
    }
    const bool has_log = cvi_file_exists(log);
    cvi_store_answer answer = look(db, error);
    if (!has_log && answer != CVI_STORE_BUSY && db->connection != NULL) {
        sqlite3_db_config(db->connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    }
    disconnect(db);
    return answer != CVI_STORE_FAILED;
}

/* Before anything is made beside it. What the application has open is in use already. */
static bool check_place(cvi_db *db, cv_error *error) {
    char gate[PATH_MAX];
    char journal[PATH_MAX]; /* SQLite's longest name */
    if (!path_beside(db, ".gate", gate, error) || !path_beside(db, "-journal", journal, error)) {
        return false;
    }
    bool is_unknown = !db->is_borrowed && !cvi_file_exists(gate) && cvi_file_exists(db->path);
    return !is_unknown || look_before_gate(db, error);
}

static bool locate(cvi_db *db, const char *database, cv_error *error) {
    char resolved[PATH_MAX];
    const char *kind = NULL;
    if (db->is_memory) {
        cvi_turn_open_without_gate(&db->turn, database, !db->is_borrowed, &db->random);
        return copy_path(db, database, error);
    }
    if (!cvi_path_resolve(database, resolved, sizeof(resolved), error)) {
        return false;
    }
    if (cvi_path_is_remote(resolved, &kind)) {
        cvi_error_set(error, CV_ERROR_STORE,
                      "%s cannot hold a shared database, move to a local disk the database %s",
                      kind, resolved);
        return false;
    }
    return copy_path(db, resolved, error) && cvi_open_files_check(db->files, db->path, error) &&
           check_place(db, error) &&
           cvi_turn_open(&db->turn, db->path, &db->clock, &db->random, error) &&
           cvi_turn_show_copy(&db->turn, cvi_open_files_copy(db->files), error);
}

/* SQLite has a mutex for all its memory: where a fork has torn it from its holder, nothing works.
 */
static bool find_files(cvi_db *db, cv_error *error) {
    if (cvi_fork_was_torn()) {
        cvi_error_set(error, CV_ERROR_STORE,
                      "a database or the network was busy for long when this process was forked "
                      "off, call exec first");
        return false;
    }
    db->files = cvi_open_files_enter();
    if (db->files == NULL) {
        cvi_error_no_memory(error);
        return false;
    }
    db->birth = cvi_open_files_birth(db->files);
    return true;
}

static bool find_place(cvi_db *db, const char *database, cv_error *error) {
    cvi_db_visit(db);
    bool is_found = find_files(db, error) && locate(db, database, error);
    cvi_db_depart(db);
    return is_found;
}

/* The name of the file behind a connection, or ":memory:" where there is none: some of SQLite's
 * file systems keep what they name in memory. */
static const char *name_of(const cvi_db_options *options) {
    if (options->connection == NULL) {
        return options->database;
    }
    const char *name = sqlite3_db_filename(options->connection, "main");
    return name != NULL && name[0] != '\0' && cvi_file_exists(name) ? name : ":memory:";
}

bool cvi_db_open(cvi_db *db, const cvi_db_options *options, cv_error *error) {
    const char *name = name_of(options);
    memset(db, 0, sizeof(*db));
    db->is_memory = strcmp(name, ":memory:") == 0;
    db->is_borrowed = options->connection != NULL;
    db->has_readers = !db->is_memory && !db->is_borrowed;
    db->relaxed_sync = options->relaxed_sync;
    db->turn.gate.descriptor = -1;
    db->allocator = options->allocator;
    db->clock = options->clock;
    db->random = options->random;
    db->log = options->log;
    if (!cvi_fork_heed() || !cvi_mutex_init(&db->mutex)) {
        cvi_error_no_memory(error);
        return false;
    }
    if (find_place(db, name, error) && open_patiently(db, options, error)) {
        return true;
    }
    cvi_db_close(db);
    return false;
}

void cvi_db_close(cvi_db *db) {
    if (db->connection != NULL) {
        cv_error ignored; /* whoever holds the gate for longer only costs tidiness */
        cvi_patience left = cvi_patience_start(db, CLOSE_PATIENCE_MS);
        cvi_store_answer gate = cvi_turn_take(&db->turn, &ignored);
        while (gate == CVI_STORE_BUSY && cvi_patience_wait(db, &left)) {
            gate = cvi_turn_take(&db->turn, &ignored);
        }
        cvi_db_visit(db);
        disconnect(db);
        cvi_db_depart(db);
    }
    if (db->open_file != NULL) {
        cvi_open_files_remove(db->files, db->open_file);
    }
    if (db->files != NULL) {
        cvi_open_files_leave(db->files);
    }
    cvi_turn_close(&db->turn);
    cvi_mutex_destroy(&db->mutex);
    cvi_release(&db->allocator, db->path);
    db->path = NULL;
}

/* ---- transactions ---- */

void cvi_db_visit(const cvi_db *db) {
    if (!db->is_borrowed) {
        cvi_fork_hold_off();
    }
}

void cvi_db_depart(const cvi_db *db) {
    if (!db->is_borrowed) {
        cvi_fork_let();
    }
}

/* The application keeps its connection to one thread at a time: a mutex of ours would only stand in
 * another order to SQLite's where a hook calls us. */
void cvi_db_lock(cvi_db *db) {
    cvi_db_visit(db); /* before the mutex: a fork waits for somebody inside who may want it */
    if (!db->is_borrowed) {
        cvi_mutex_lock(&db->mutex);
    }
    db->is_entered = true;
}

void cvi_db_unlock(cvi_db *db) {
    db->is_entered = false;
    if (!db->is_borrowed) {
        cvi_mutex_unlock(&db->mutex);
    }
    cvi_db_depart(db);
}

/* A connection of the application's is used by one thread: if somebody is in already, it is this
 * thread, by way of a function or hook of the application's. */
cvi_store_answer cvi_db_enter(cvi_db *db, cv_error *error) {
    if (db->is_borrowed && db->is_entered) {
        cvi_error_set(error, CV_ERROR_STORE,
                      "called from a function or hook of SQLite's that runs within another call");
        return CVI_STORE_FAILED;
    }
    cvi_db_lock(db);
    return CVI_STORE_DONE;
}

/* Nothing to do outside a transaction: after some errors SQLite has rolled back by itself. Without
 * memory even this can fail; the next begin makes up for it. */
static void roll_back(cvi_db *db) {
    if (db->is_in_transaction && sqlite3_get_autocommit(db->connection) == 0) {
        cv_error ignored;
        cvi_sql_run(&db->sql, ROLLBACK, NULL, 0, NULL, &ignored);
    }
    db->is_in_transaction = db->is_in_transaction && sqlite3_get_autocommit(db->connection) == 0;
}

static cvi_store_answer begin(cvi_db *db, cv_error *error) {
    roll_back(db);
    cvi_store_answer answer = check_free(db, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_run(&db->sql, BEGIN, NULL, 0, NULL, error);
        answer = explain_busy(db, answer, error);
    }
    db->is_in_transaction = answer == CVI_STORE_DONE;
    return answer;
}

static cvi_store_answer try_begin(cvi_db *db, cv_error *error) {
    cvi_store_answer answer = cvi_db_enter(db, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer =
        check_free(db, error); /* before the gate, which another handle on the connection holds */
    if (answer != CVI_STORE_DONE) {
        cvi_db_unlock(db);
        return answer;
    }
    answer = cvi_turn_take(&db->turn, error);
    if (answer == CVI_STORE_DONE) {
        answer = begin(db, error);
        if (answer == CVI_STORE_DONE) {
            return answer;
        }
        cvi_turn_release(&db->turn);
    }
    cvi_db_unlock(db);
    return answer;
}

cvi_store_answer cvi_db_begin(cvi_db *db, int64_t patience_ms, cv_error *error) {
    cvi_store_answer answer = try_begin(db, error);
    if (answer != CVI_STORE_BUSY || patience_ms <= 0) {
        return answer;
    }
    cvi_patience left = cvi_patience_start(db, patience_ms);
    while (answer == CVI_STORE_BUSY && cvi_patience_wait(db, &left)) {
        answer = try_begin(db, error);
    }
    if (answer == CVI_STORE_BUSY) {
        cvi_db_give_up(db);
    }
    return answer;
}

/* A clock that goes back (an application's may) takes nobody back. */
cvi_now cvi_db_now(const cvi_db *db, cvi_now looked) {
    cvi_now now = cvi_clock_now(&db->clock);
    return now.boot_ms > looked.boot_ms ? now : looked;
}

void cvi_db_give_up(cvi_db *db) {
    cvi_db_lock(db);
    cvi_turn_give_up(&db->turn);
    cvi_db_unlock(db);
}

void cvi_db_offer(cvi_db *db) {
    cvi_db_lock(db);
    cvi_turn_offer(&db->turn);
    cvi_db_unlock(db);
}

cvi_store_answer cvi_db_end(cvi_db *db, cvi_store_answer answer, bool keep, cv_error *error) {
    bool is_committed = false;
    if (answer == CVI_STORE_DONE && keep) {
        answer = cvi_sql_run(&db->sql, COMMIT, NULL, 0, NULL, error);
        is_committed = answer == CVI_STORE_DONE;
    }
    if (is_committed) {
        db->is_in_transaction = false;
        cvi_write_back_after_commit(db);
    } else {
        roll_back(db);
    }
    cvi_turn_release(&db->turn);
    cvi_db_unlock(db);
    return answer;
}
