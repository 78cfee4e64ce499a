/* One database file: its connection for writing, its gate, and transactions under both. */
#ifndef CVI_STORES_DATABASE_H
#define CVI_STORES_DATABASE_H

#include <sqlite3.h>

#include "stores/open_files.h"
#include "stores/sql.h"
#include "stores/stamp.h"
#include "stores/turn.h"
#include "support/log.h"
#include "support/platform.h"

enum { CVI_DB_STATEMENTS = 3 };

typedef struct cvi_db_options {
    const char *database; /* path or ":memory:" */
    sqlite3 *connection;  /* the application's, in place of `database`; NULL: none */
    bool relaxed_sync;
    int64_t look_back_ms; /* rows of the rate limit are kept at least this long */
    cv_allocator allocator;
    cvi_clock clock;
    cvi_random random;
    cvi_log *log; /* NULL: none */
} cvi_db_options;

typedef struct cvi_db {
    sqlite3 *connection; /* used under `mutex` */
    cvi_mutex mutex;
    char *path;       /* resolved, or ":memory:" */
    bool is_memory;   /* no gate, no WAL */
    bool is_borrowed; /* the application's connection: its settings stay, it stays open */
    bool has_readers; /* further connections may read */
    const volatile uint32_t *stamp_place; /* NULL: nothing can be told from memory */
    bool is_in_transaction;               /* one of ours is open */
    bool is_entered;                      /* between lock and unlock */
    bool relaxed_sync;
    cvi_birth birth; /* where it was opened */
    cvi_open_files *files;
    cvi_open_file *open_file; /* NULL: not listed */
    cvi_turn turn;            /* used under `mutex` */
    int wal_frames;           /* after the last commit */
    int checkpoint_at;        /* frames from which on a checkpoint is due (write_back.c) */
    bool writes_back_apart;   /* not behind commits */
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_DB_STATEMENTS];
    cv_allocator allocator;
    cvi_clock clock;
    cvi_random random;
    cvi_log *log;
} cvi_db;

/* Opens or creates the file and brings its schema up to date. Waits at most some seconds for others
 * that hold it. On failure nothing is left open. */
bool cvi_db_open(cvi_db *db, const cvi_db_options *options, cv_error *error);

/* Closes. Statements on the connection must be finalized, further connections closed. Not for what
 * a child of fork inherited. */
void cvi_db_close(cvi_db *db);

/* A further connection to the same file that can only read. Close it with sqlite3_close. Not for
 * ":memory:". Any thread. */
cvi_store_answer cvi_db_open_reader(const cvi_db *db, sqlite3 **connection, cv_error *error);

/* How long a caller outside the engine waits for locks of others: bounded by the clock and by
 * tries, so that a clock that stands still ends it too, and one that leaps does not end it at once.
 */
typedef struct cvi_patience {
    int64_t until_boot_ms;
    int64_t tries;
    int64_t least_waits;
    int64_t waits;
} cvi_patience;
cvi_patience cvi_patience_start(const cvi_db *db, int64_t duration_ms);

/* Sleeps a little before the next try. False: it is over. */
bool cvi_patience_wait(const cvi_db *db, cvi_patience *left);

/* Whoever works with a connection beside the writing one, or makes or ends one, does so between
 * these: they hold a fork off. */
void cvi_db_visit(const cvi_db *db);
void cvi_db_depart(const cvi_db *db);

/* Reads on the writing connection outside a transaction go between these. */
void cvi_db_lock(cvi_db *db);

/* The same for calls of the application's, which may come from within one of ours: FAILED then, and
 * nothing is held. */
cvi_store_answer cvi_db_enter(cvi_db *db, cv_error *error);
void cvi_db_unlock(cvi_db *db);

/* Takes mutex and gate and begins a write transaction. With `patience_ms` 0 never waits for another
 * process; else tries again, sleeping, for about that long. On any answer but DONE nothing is held.
 */
cvi_store_answer cvi_db_begin(cvi_db *db, int64_t patience_ms, cv_error *error);

/* Within a transaction: the time that counts in it. Whoever was stopped between its own look at the
 * clock and the lock would take what others have written meanwhile for something of the future. */
cvi_now cvi_db_now(const cvi_db *db, cvi_now looked);

/* Ends the transaction and gives everything back: commits if `answer` is DONE and there is
 * something to `keep`, else rolls back. Answers what has become of it. */
cvi_store_answer cvi_db_end(cvi_db *db, cvi_store_answer answer, bool keep, cv_error *error);

/* Whoever was told BUSY and does not try again says so, that nobody makes way for nothing. */
void cvi_db_give_up(cvi_db *db);

/* Lets others write, if any wait, before this handle does so again: between the parts of long work.
 */
void cvi_db_offer(cvi_db *db);

#endif
