/* Owns the windows that are spent, the library's and the bare one. Used by the main thread. */
#include "admitting.h"

#include <sqlite3.h>

#define WINDOW_MS  INT64_C(3600000)
#define LONG_LIMIT INT64_C(1000000)

enum {
    RESERVED = 5, /* for users, of what is left to the background */
    BUSY_MS = 60000
};

/* ---- the library ---- */

static cv_rate_limit_store *open_limit(const admitting *self) {
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database;
    options.kind = self->kind;
    options.limit = self->limit;
    options.window_ms = WINDOW_MS;
    options.min_interval_ms = CV_NO_INTERVAL;
    options.application = "bench/1.0";
    cv_rate_limit_store *limit = cv_rate_limit_store_open(&options);
    TEAM_DONE(limit != NULL);
    return limit;
}

static void execute(const char *database, const char *sql) {
    sqlite3 *connection = NULL;
    team_check(sqlite3_open(database, &connection) == SQLITE_OK &&
                   sqlite3_exec(connection, sql, NULL, NULL, NULL) == SQLITE_OK,
               sql);
    sqlite3_close(connection);
}

/* One row by the library, as many as are wanted by copying it: all at one time, in the window. */
static void fill_window(void *user) {
    const admitting *self = user;
    cv_rate_limit_store *limit = open_limit(self);
    TEAM_DONE(cv_rate_limit_store_clear(limit));
    if (self->rows > 0) {
        TEAM_DONE(cv_rate_limit_store_record(limit, "issue", self->priority));
    }
    cv_rate_limit_store_close(limit);
    char *sql = sqlite3_mprintf(
        "WITH RECURSIVE n(i) AS (VALUES(2) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " INSERT INTO rate_limits(resource, timestamp, priority, scope, boot, boot_ms)"
        " SELECT resource, timestamp, priority, scope, boot, boot_ms - n.i FROM rate_limits, n"
        " WHERE id = (SELECT max(id) FROM rate_limits) AND n.i <= %d",
        self->rows, self->rows);
    execute(self->database, sql);
    sqlite3_free(sql);
}

static void admit(void *user) {
    admitting *self = user;
    cv_rate_limit_store *limit = open_limit(self);
    measure_samples *times = &self->times[race_begin(&self->race)];
    for (int i = 0; i < self->admissions; i++) {
        int64_t wait_ms = 0;
        int64_t begun_ns = measure_now_ns();
        TEAM_DONE(cv_rate_limit_store_acquire(limit, "issue", self->priority, &wait_ms));
        measure_add(times, measure_now_ns() - begun_ns);
        team_check(wait_ms == 0, "there is room");
    }
    cv_rate_limit_store_close(limit);
}

/* ---- bare SQLite ---- */

static void make_bare_window(void *user) {
    const admitting *self = user;
    char *sql = sqlite3_mprintf(
        "PRAGMA journal_mode = WAL;"
        "CREATE TABLE IF NOT EXISTS log(id INTEGER PRIMARY KEY, resource TEXT, at INTEGER);"
        "CREATE INDEX IF NOT EXISTS log_at ON log(resource, at); DELETE FROM log;"
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " INSERT INTO log(resource, at) SELECT 'issue', i FROM n WHERE i <= %d",
        self->rows, self->rows);
    execute(self->bare_database, sql);
    sqlite3_free(sql);
}

typedef struct bare {
    sqlite3 *connection;
    sqlite3_stmt *begin;
    sqlite3_stmt *count;
    sqlite3_stmt *insert;
    sqlite3_stmt *commit;
} bare;

static sqlite3_stmt *prepare(const bare *self, const char *text) {
    sqlite3_stmt *statement = NULL;
    team_check(sqlite3_prepare_v2(self->connection, text, -1, &statement, NULL) == SQLITE_OK, text);
    return statement;
}

static void run(sqlite3_stmt *statement, int result) {
    team_check(sqlite3_step(statement) == result, sqlite3_sql(statement));
    sqlite3_reset(statement);
}

/* Also the pragma must wait: whoever opens the file first locks it for a moment. */
static void open_bare(bare *self, const char *database) {
    team_check(sqlite3_open(database, &self->connection) == SQLITE_OK &&
                   sqlite3_busy_timeout(self->connection, BUSY_MS) == SQLITE_OK &&
                   sqlite3_exec(self->connection, "PRAGMA synchronous = FULL", NULL, NULL, NULL) ==
                       SQLITE_OK,
               "the bare file can be opened");
    self->begin = prepare(self, "BEGIN IMMEDIATE");
    self->count = prepare(self, "SELECT count(*) FROM log WHERE resource = 'issue' AND at > 0");
    self->insert = prepare(self, "INSERT INTO log(resource, at) VALUES('issue', 1)");
    self->commit = prepare(self, "COMMIT");
}

static void close_bare(bare *self) {
    sqlite3_finalize(self->begin);
    sqlite3_finalize(self->count);
    sqlite3_finalize(self->insert);
    sqlite3_finalize(self->commit);
    sqlite3_close(self->connection);
}

static void insert_bare(void *user) {
    admitting *self = user;
    bare file;
    open_bare(&file, self->bare_database);
    measure_samples *times = &self->times[race_begin(&self->race)];
    for (int i = 0; i < self->admissions; i++) {
        int64_t begun_ns = measure_now_ns();
        run(file.begin, SQLITE_DONE);
        run(file.count, SQLITE_ROW);
        run(file.insert, SQLITE_DONE);
        run(file.commit, SQLITE_DONE);
        measure_add(times, measure_now_ns() - begun_ns);
    }
    close_bare(&file);
}

/* ---- runs ---- */

admitting *admitting_begin(int admissions_max, bool in_memory) {
    admitting *self = team_share(sizeof(*self));
    for (int i = 0; i < RACE_PROCESSES_MAX; i++) {
        self->times[i] = measure_room((size_t)admissions_max);
    }
    team_make_folder(self->folder, in_memory);
    team_path(self->database, self->folder, "comics.db");
    team_path(self->bare_database, self->folder, "bare.db");
    self->limit = LONG_LIMIT;
    self->kind = CV_LIMIT_SLIDING;
    self->priority = CV_PRIORITY_USER;
    self->admissions = admissions_max;
    return self;
}

void admitting_end(const admitting *self) {
    team_remove_folder(self->folder);
}

double admitting_rate(admitting *self, admitting_side side, int processes) {
    static const struct {
        void (*fill)(void *user);
        void (*work)(void *user);
    } sides[] = {[ADMITTING_BARE] = {make_bare_window, insert_bare},
                 [ADMITTING_LIBRARY] = {fill_window, admit}};
    for (int i = 0; i < processes; i++) {
        self->times[i].count = 0;
    }
    team_run(sides[side].fill, self);
    double took_s = (double)race_run(&self->race, processes, sides[side].work, self) / 1e9;
    return (double)processes * (double)self->admissions / took_s;
}

double admitting_cost_us(admitting *self, admitting_side side, int rows) {
    self->rows = rows;
    self->limit = rows + 2 * (int64_t)self->admissions + RESERVED;
    admitting_rate(self, side, 1);
    return measure_percentile(&self->times[0], 50.0);
}
