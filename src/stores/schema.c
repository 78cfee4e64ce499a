/* Owns the SQL of tables and indexes. A version is reached in one transaction or not at all; what
 * another program's file already has is kept as it is, and only what is missing is added.
 *
 * Beside the pinned columns: checksum tells our bodies from those of others, from damage, and from
 * each other where a damaged index leads to another row;
 * negative marks one that says that there is no such object; used_at is its last use, if that was
 * noted; etag and last_modified are what the service knows it by, control how long it is to be
 * kept as the service says (cache.h), all three only of the body with the checksum headers_of, as
 * who does not know these columns leaves them as they are; tape is what the parser found in the
 * body (resources/tape.h), if tape_checksum says that it is of this one; cache_bytes keeps what all
 * bodies and tapes take, in one row; owner is the byte of the gate that the job's owner keeps
 * locked, lease_ms within what time it renews; boot and boot_ms are the boot clock beside each wall
 * time; connecting marks an admission that still waits for its connection; application and pid say
 * whose it is. rate_limit_shares keeps the activity that the shares were last calculated from,
 * rate_limit_waiting until when users elsewhere wait, and rate_limit_cooldowns until when the
 * service wants no requests, or is left in peace because its host (resource '*') fails. The indexes
 * of ours begin with the boot, as only rows of the present boot can be compared by boot clock. */
#include "stores/schema.h"

#include "stores/cache_rows.h"
#include "stores/sql.h"
#include "stores/sqlite_error.h"
#include "support/error.h"

/* 1001 brought what the service denies, the total of bodies, pauses and activations; 1002 a host's
 * failures and who spent the budget; 1003 what the service says beside a body; 1004 tapes; 1005 the
 * lease that the owner of a job has promised. */
enum { VERSION_FIRST = 1000, VERSION = 1005, VERSION_NEXT_MAJOR = 2000 };

/* The body comes behind the other columns, so that reading those never follows its overflow pages,
 * and the tape behind the body, as it is wanted only with that. */
static const char *const tables[] = {
    "CREATE TABLE IF NOT EXISTS main.cache(hash TEXT PRIMARY KEY, expires_at INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL, checksum INTEGER, negative INTEGER NOT NULL DEFAULT 0,"
    " used_at INTEGER, etag TEXT, last_modified TEXT, control INTEGER, headers_of INTEGER,"
    " tape_checksum INTEGER, value BLOB NOT NULL, tape BLOB)",
    "CREATE TABLE IF NOT EXISTS main.cache_bytes(id INTEGER PRIMARY KEY, total INTEGER NOT NULL,"
    " replaced INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS main.dedupe_jobs(hash TEXT PRIMARY KEY, job_id TEXT NOT NULL,"
    " status TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
    " owner INTEGER, boot TEXT, boot_ms INTEGER, started_boot_ms INTEGER, checksum INTEGER,"
    " lease_ms INTEGER, error TEXT, result BLOB)",
    "CREATE TABLE IF NOT EXISTS main.dedupe_waiters(hash TEXT NOT NULL, address TEXT NOT NULL,"
    " PRIMARY KEY(hash, address)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS main.rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " resource TEXT NOT NULL, timestamp INTEGER NOT NULL,"
    " priority TEXT NOT NULL DEFAULT 'background', scope TEXT NOT NULL DEFAULT '', boot TEXT,"
    " boot_ms INTEGER, connecting INTEGER NOT NULL DEFAULT 0, application TEXT, pid INTEGER)",
    "CREATE TABLE IF NOT EXISTS main.rate_limit_shares(scope TEXT NOT NULL, resource TEXT NOT NULL,"
    " boot TEXT NOT NULL, boot_ms INTEGER NOT NULL, timestamp INTEGER NOT NULL,"
    " monitoring_window_ms INTEGER NOT NULL, users INTEGER NOT NULL, users_late INTEGER NOT NULL,"
    " users_before INTEGER NOT NULL, since_user_ms INTEGER NOT NULL, is_recorded INTEGER NOT NULL,"
    " activations INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(scope, resource)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS main.rate_limit_waiting(scope TEXT NOT NULL, resource TEXT NOT NULL,"
    " boot TEXT NOT NULL, boot_ms INTEGER NOT NULL, PRIMARY KEY(scope, resource)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS main.rate_limit_cooldowns(scope TEXT NOT NULL, resource TEXT NOT NULL,"
    " boot TEXT NOT NULL, boot_ms INTEGER NOT NULL, timestamp INTEGER NOT NULL,"
    " strikes INTEGER NOT NULL, probe INTEGER NOT NULL DEFAULT 0,"
    " owner INTEGER NOT NULL DEFAULT 0, probe_boot_ms INTEGER NOT NULL DEFAULT 0,"
    " failures INTEGER NOT NULL DEFAULT 0, unreachable INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(scope, resource)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS main.settings(name TEXT PRIMARY KEY, value INTEGER)",
};

typedef struct column {
    const char *table;
    const char *name;
    const char *add; /* NULL: without it the table is not ours and not the Node packages' */
} column;

static const column columns[] = {
    {"cache", "hash", NULL},
    {"cache", "value", NULL},
    {"cache", "expires_at", NULL},
    {"cache", "created_at", NULL},
    {"cache", "checksum", "ALTER TABLE main.cache ADD COLUMN checksum INTEGER"},
    {"cache", "negative", "ALTER TABLE main.cache ADD COLUMN negative INTEGER NOT NULL DEFAULT 0"},
    {"cache", "used_at", "ALTER TABLE main.cache ADD COLUMN used_at INTEGER"},
    {"cache", "etag", "ALTER TABLE main.cache ADD COLUMN etag TEXT"},
    {"cache", "last_modified", "ALTER TABLE main.cache ADD COLUMN last_modified TEXT"},
    {"cache", "control", "ALTER TABLE main.cache ADD COLUMN control INTEGER"},
    {"cache", "headers_of", "ALTER TABLE main.cache ADD COLUMN headers_of INTEGER"},
    {"cache", "tape_checksum", "ALTER TABLE main.cache ADD COLUMN tape_checksum INTEGER"},
    {"cache", "tape", "ALTER TABLE main.cache ADD COLUMN tape BLOB"},
    {"cache_bytes", "total", NULL},
    {"cache_bytes", "replaced", NULL},
    {"dedupe_jobs", "hash", NULL},
    {"dedupe_jobs", "job_id", NULL},
    {"dedupe_jobs", "status", NULL},
    {"dedupe_jobs", "result", NULL},
    {"dedupe_jobs", "error", NULL},
    {"dedupe_jobs", "created_at", NULL},
    {"dedupe_jobs", "updated_at", NULL},
    {"dedupe_jobs", "owner", "ALTER TABLE main.dedupe_jobs ADD COLUMN owner INTEGER"},
    {"dedupe_jobs", "boot", "ALTER TABLE main.dedupe_jobs ADD COLUMN boot TEXT"},
    {"dedupe_jobs", "boot_ms", "ALTER TABLE main.dedupe_jobs ADD COLUMN boot_ms INTEGER"},
    {"dedupe_jobs", "started_boot_ms",
     "ALTER TABLE main.dedupe_jobs ADD COLUMN started_boot_ms INTEGER"},
    {"dedupe_jobs", "checksum", "ALTER TABLE main.dedupe_jobs ADD COLUMN checksum INTEGER"},
    {"dedupe_jobs", "lease_ms", "ALTER TABLE main.dedupe_jobs ADD COLUMN lease_ms INTEGER"},
    {"dedupe_waiters", "hash", NULL},
    {"dedupe_waiters", "address", NULL},
    {"rate_limits", "id", NULL},
    {"rate_limits", "resource", NULL},
    {"rate_limits", "timestamp", NULL},
    {"rate_limits", "priority",
     "ALTER TABLE main.rate_limits ADD COLUMN priority TEXT NOT NULL DEFAULT 'background'"},
    {"rate_limits", "scope",
     "ALTER TABLE main.rate_limits ADD COLUMN scope TEXT NOT NULL DEFAULT ''"},
    {"rate_limits", "boot", "ALTER TABLE main.rate_limits ADD COLUMN boot TEXT"},
    {"rate_limits", "boot_ms", "ALTER TABLE main.rate_limits ADD COLUMN boot_ms INTEGER"},
    {"rate_limits", "connecting",
     "ALTER TABLE main.rate_limits ADD COLUMN connecting INTEGER NOT NULL DEFAULT 0"},
    {"rate_limits", "application", "ALTER TABLE main.rate_limits ADD COLUMN application TEXT"},
    {"rate_limits", "pid", "ALTER TABLE main.rate_limits ADD COLUMN pid INTEGER"},
    {"rate_limit_shares", "scope", NULL},
    {"rate_limit_shares", "since_user_ms", NULL},
    {"rate_limit_shares", "activations",
     "ALTER TABLE main.rate_limit_shares ADD COLUMN activations INTEGER NOT NULL DEFAULT 0"},
    {"rate_limit_waiting", "scope", NULL},
    {"rate_limit_waiting", "boot_ms", NULL},
    {"rate_limit_cooldowns", "scope", NULL},
    {"rate_limit_cooldowns", "probe_boot_ms", NULL},
    {"rate_limit_cooldowns", "failures",
     "ALTER TABLE main.rate_limit_cooldowns ADD COLUMN failures INTEGER NOT NULL DEFAULT 0"},
    {"rate_limit_cooldowns", "unreachable",
     "ALTER TABLE main.rate_limit_cooldowns ADD COLUMN unreachable INTEGER NOT NULL DEFAULT 0"},
    {"settings", "name", NULL},
    {"settings", "value", NULL},
};

/* The three last: the window of one path, with all that counting asks for; the newest of all, and
 * what has left every window; and the rows of other boots and programs. */
static const char *const indexes[] = {
    "CREATE INDEX IF NOT EXISTS main.idx_cache_expires_at ON cache(expires_at)",
    "CREATE INDEX IF NOT EXISTS main.idx_cache_used ON cache(coalesce(used_at, created_at))",
    "CREATE INDEX IF NOT EXISTS main.idx_dedupe_status ON dedupe_jobs(status)",
    "CREATE INDEX IF NOT EXISTS main.idx_rate_limit_resource ON rate_limits(resource)",
    "CREATE INDEX IF NOT EXISTS main.idx_rate_limit_timestamp ON rate_limits(timestamp)",
    "CREATE INDEX IF NOT EXISTS main.idx_rate_limit_resource_priority_timestamp"
    " ON rate_limits(resource, priority, timestamp)",
    "CREATE INDEX IF NOT EXISTS main.idx_rate_limit_window"
    " ON rate_limits(boot, scope, resource, boot_ms, priority)",
    "CREATE INDEX IF NOT EXISTS main.idx_rate_limit_boot ON rate_limits(boot, boot_ms)",
    "CREATE INDEX IF NOT EXISTS main.idx_rate_limit_foreign ON rate_limits(boot, timestamp)",
};

/* What all bodies and tapes take, kept true whoever writes. A REPLACE deletes the old row without a
 * trigger, unless recursive_triggers is on: so each insertion first remembers what may be replaced,
 * and counts it only when a row was really inserted. Lengths are read where they are, not from OLD,
 * which would load the whole body; of text, which other programs store, they are characters. */
#define NEW_BYTES "length(NEW.value) + coalesce(length(NEW.tape), 0)"

static const char *const triggers[] = {
    /* Those of earlier versions knew bodies alone. */
    "DROP TRIGGER IF EXISTS main.cache_bytes_before_insert",
    "DROP TRIGGER IF EXISTS main.cache_bytes_after_insert",
    "DROP TRIGGER IF EXISTS main.cache_bytes_before_update",
    "DROP TRIGGER IF EXISTS main.cache_bytes_after_update",
    "DROP TRIGGER IF EXISTS main.cache_bytes_before_delete",
    "INSERT OR IGNORE INTO main.cache_bytes(id, total, replaced)"
    " SELECT 1, coalesce(sum(" CVI_CACHE_ROW_BYTES "), 0), 0 FROM main.cache",
    "CREATE TRIGGER IF NOT EXISTS main.cache_bytes_before_insert BEFORE INSERT ON cache BEGIN"
    " UPDATE cache_bytes SET replaced ="
    " coalesce((SELECT " CVI_CACHE_ROW_BYTES " FROM cache WHERE hash = NEW.hash), 0)"
    " WHERE id = 1"
    " AND (replaced <> 0 OR EXISTS(SELECT 1 FROM cache WHERE hash = NEW.hash)); END",
    "CREATE TRIGGER IF NOT EXISTS main.cache_bytes_after_insert AFTER INSERT ON cache BEGIN"
    " UPDATE cache_bytes SET total = total - replaced + " NEW_BYTES " WHERE id = 1; END",
    "CREATE TRIGGER IF NOT EXISTS main.cache_bytes_before_update BEFORE UPDATE OF value, tape ON cache"
    " BEGIN UPDATE cache_bytes SET total ="
    " total - (SELECT " CVI_CACHE_ROW_BYTES
    " FROM cache WHERE rowid = OLD.rowid) WHERE id = 1; END",
    "CREATE TRIGGER IF NOT EXISTS main.cache_bytes_after_update AFTER UPDATE OF value, tape ON cache"
    " BEGIN UPDATE cache_bytes SET total = total + " NEW_BYTES " WHERE id = 1; END",
    "CREATE TRIGGER IF NOT EXISTS main.cache_bytes_before_delete BEFORE DELETE ON cache BEGIN"
    " UPDATE cache_bytes SET replaced = 0,"
    " total = total - (SELECT " CVI_CACHE_ROW_BYTES " FROM cache WHERE rowid = OLD.rowid)"
    " WHERE id = 1; END",
};

enum statement {
    READ_VERSION,
    READ_LOOK_BACK,
    RAISE_LOOK_BACK,
    HAS_TABLE,
    FIND_COLUMN,
    STATEMENT_COUNT
};

static const char *const texts[STATEMENT_COUNT] = {
    [READ_VERSION] = "PRAGMA main.user_version",
    [READ_LOOK_BACK] = "SELECT value FROM main.settings WHERE name = 'longest_look_back_ms'",
    [RAISE_LOOK_BACK] =
        "INSERT INTO main.settings(name, value) VALUES('longest_look_back_ms', ?1)"
        " ON CONFLICT(name) DO UPDATE SET value = excluded.value"
        " WHERE typeof(settings.value) <> 'integer' OR settings.value < excluded.value",
    [HAS_TABLE] = "SELECT EXISTS(SELECT 1 FROM pragma_table_info(?1, 'main'))",
    [FIND_COLUMN] = "SELECT 1 FROM pragma_table_info(?1, 'main') WHERE name = ?2",
};

static cvi_store_answer run_all(const cvi_sql *sql, const char *const *list, size_t count,
                                cv_error *error) {
    for (size_t i = 0; i < count; i++) {
        cvi_store_answer answer = cvi_sql_execute(sql->connection, sql->path, list[i], error);
        if (answer != CVI_STORE_DONE) {
            return answer;
        }
    }
    return CVI_STORE_DONE;
}

static cvi_store_answer has_column(cvi_sql *sql, const column *wanted, int64_t *found,
                                   cv_error *error) {
    *found = 0;
    return cvi_sql_read(sql, FIND_COLUMN,
                        CVI_VALUES(cvi_text(wanted->table), cvi_text(wanted->name)), found, error);
}

static cvi_store_answer ensure_column(cvi_sql *sql, const column *wanted, cv_error *error) {
    int64_t found = 0;
    cvi_store_answer answer = has_column(sql, wanted, &found, error);
    if (answer != CVI_STORE_DONE || found != 0 || wanted->add == NULL) {
        return answer; /* what cannot be added has been checked before */
    }
    return cvi_sql_execute(sql->connection, sql->path, wanted->add, error);
}

/* A table of one of our names must have the columns that cannot be added. */
static cvi_store_answer check_column(cvi_sql *sql, const column *wanted, cv_error *error) {
    int64_t found = 0;
    int64_t has_table = 0;
    cvi_store_answer answer = CVI_STORE_DONE;
    if (wanted->add == NULL) {
        answer =
            cvi_sql_read(sql, HAS_TABLE, CVI_VALUES(cvi_text(wanted->table)), &has_table, error);
    }
    if (answer == CVI_STORE_DONE && has_table != 0) {
        answer = has_column(sql, wanted, &found, error);
    }
    if (answer != CVI_STORE_DONE || has_table == 0 || found != 0) {
        return answer;
    }
    cvi_error_set(error, CV_ERROR_STORE,
                  "the file belongs to another program (its table %s has no column %s), name "
                  "another file than %s",
                  wanted->table, wanted->name, sql->path);
    return CVI_STORE_FAILED;
}

static cvi_store_answer check_columns(cvi_sql *sql, cv_error *error) {
    cvi_store_answer answer = CVI_STORE_DONE;
    for (size_t i = 0; answer == CVI_STORE_DONE && i < sizeof(columns) / sizeof(columns[0]); i++) {
        answer = check_column(sql, &columns[i], error);
    }
    return answer;
}

static cvi_store_answer ensure_columns(cvi_sql *sql, cv_error *error) {
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        cvi_store_answer answer = ensure_column(sql, &columns[i], error);
        if (answer != CVI_STORE_DONE) {
            return answer;
        }
    }
    return CVI_STORE_DONE;
}

/* From nothing, from a file of the Node packages, or from an earlier version of ours: within a
 * major version tables only grow, so that the same statements serve them all. */
static cvi_store_answer bring_up_to_date(cvi_sql *sql, cv_error *error) {
    cvi_store_answer answer = run_all(sql, tables, sizeof(tables) / sizeof(tables[0]), error);
    if (answer == CVI_STORE_DONE) {
        answer = ensure_columns(sql, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = run_all(sql, indexes, sizeof(indexes) / sizeof(indexes[0]), error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = run_all(sql, triggers, sizeof(triggers) / sizeof(triggers[0]), error);
    }
    if (answer == CVI_STORE_DONE) {
        answer =
            cvi_sql_execute(sql->connection, sql->path, "PRAGMA main.user_version = 1005", error);
    }
    return answer;
}

static cvi_store_answer read_version(cvi_sql *sql, int64_t *version, cv_error *error) {
    return cvi_sql_read(sql, READ_VERSION, NULL, 0, version, error);
}

static cvi_store_answer migrate(cvi_sql *sql, int64_t look_back_ms, cv_error *error) {
    int64_t version = 0;
    cvi_store_answer answer = read_version(sql, &version, error);
    if (answer == CVI_STORE_DONE && version < VERSION) {
        answer = bring_up_to_date(sql, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer =
            cvi_sql_run(sql, RAISE_LOOK_BACK, CVI_VALUES(cvi_integer(look_back_ms)), NULL, error);
    }
    return answer;
}

static cvi_store_answer migrate_or_roll_back(cvi_sql *sql, int64_t look_back_ms,
                                             sqlite3_stmt *rollback, cv_error *error) {
    cvi_store_answer answer = cvi_sql_execute(sql->connection, sql->path, "BEGIN IMMEDIATE", error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    answer = migrate(sql, look_back_ms, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_execute(sql->connection, sql->path, "COMMIT", error);
    }
    if (answer != CVI_STORE_DONE && sqlite3_get_autocommit(sql->connection) == 0) {
        /* Its own failure adds nothing: nothing of ours is done on the connection after it. */
        sqlite3_step(rollback);
    }
    return answer;
}

/* The way back is there before it is needed, when there may be no memory to prepare it: an
 * application's connection would stay in our transaction. Once an index has been created SQLite
 * wants it prepared anew all the same. */
static cvi_store_answer migrate_in_transaction(cvi_sql *sql, int64_t look_back_ms,
                                               cv_error *error) {
    sqlite3_stmt *rollback = NULL;
    int result = sqlite3_prepare_v2(sql->connection, "ROLLBACK", -1, &rollback, NULL);
    cvi_store_answer answer = result == SQLITE_OK
                                  ? migrate_or_roll_back(sql, look_back_ms, rollback, error)
                                  : cvi_sqlite_failed(result, sql->path, error);
    sqlite3_finalize(rollback); /* repeats what its step has told */
    return answer;
}

static cvi_store_answer is_current(cvi_sql *sql, int64_t look_back_ms, bool *current,
                                   cv_error *error) {
    int64_t version = 0;
    int64_t look_back = 0;
    *current = false;
    cvi_store_answer answer = read_version(sql, &version, error);
    if (answer != CVI_STORE_DONE || version < VERSION) {
        return answer;
    }
    answer = cvi_sql_read(sql, READ_LOOK_BACK, NULL, 0, &look_back, error);
    *current = answer == CVI_STORE_DONE && look_back >= look_back_ms;
    return answer;
}

static cvi_store_answer check_version(cvi_sql *sql, cv_error *error) {
    int64_t version = 0;
    cvi_store_answer answer = read_version(sql, &version, error);
    if (answer != CVI_STORE_DONE || (version >= VERSION_FIRST && version < VERSION_NEXT_MAJOR)) {
        return answer;
    }
    if (version == 0) {
        return check_columns(sql, error);
    }
    cvi_error_set(error, CV_ERROR_STORE,
                  version >= VERSION_NEXT_MAJOR
                      ? "a newer libcomicvine made this file (version %lld), update the library or "
                        "name another file than %s"
                      : "the file belongs to another program (version %lld), name another file "
                        "than %s",
                  (long long)version, sql->path);
    return CVI_STORE_FAILED;
}

cvi_store_answer cvi_schema_check(sqlite3 *connection, const char *path, cv_error *error) {
    sqlite3_stmt *statements[STATEMENT_COUNT] = {NULL};
    cvi_sql sql = {connection, path, texts, statements, STATEMENT_COUNT};
    cvi_store_answer answer = check_version(&sql, error);
    cvi_sql_finalize(&sql);
    return answer;
}

cvi_store_answer cvi_schema_version(sqlite3 *connection, const char *path, int64_t *version,
                                    cv_error *error) {
    sqlite3_stmt *statements[STATEMENT_COUNT] = {NULL};
    cvi_sql sql = {connection, path, texts, statements, STATEMENT_COUNT};
    cvi_store_answer answer = read_version(&sql, version, error);
    cvi_sql_finalize(&sql);
    return answer;
}

cvi_store_answer cvi_schema_migrate(sqlite3 *connection, const char *path, int64_t look_back_ms,
                                    cv_error *error) {
    sqlite3_stmt *statements[STATEMENT_COUNT] = {NULL};
    cvi_sql sql = {connection, path, texts, statements, STATEMENT_COUNT};
    bool current = false;
    cvi_store_answer answer = is_current(&sql, look_back_ms, &current, error);
    if (answer == CVI_STORE_DONE && !current) {
        answer = migrate_in_transaction(&sql, look_back_ms, error);
    }
    cvi_sql_finalize(&sql);
    return answer;
}

cvi_store_answer cvi_schema_raise_look_back(sqlite3 *connection, const char *path,
                                            int64_t look_back_ms, cv_error *error) {
    sqlite3_stmt *statements[STATEMENT_COUNT] = {NULL};
    cvi_sql sql = {connection, path, texts, statements, STATEMENT_COUNT};
    cvi_store_answer answer =
        cvi_sql_run(&sql, RAISE_LOOK_BACK, CVI_VALUES(cvi_integer(look_back_ms)), NULL, error);
    cvi_sql_finalize(&sql);
    return answer;
}
