/* Admissions a second, of one process and of four, beside the bare transaction that counts and
 * inserts; the longest wait of any of four; and what a long window costs. */
#include <comicvine.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "team.h"

enum {
    RUNS = 5,
    MANY = 4,
    FEW_ROWS = 200,
    MANY_ROWS = 20000,
    LONG_LIMIT = 1000000,
    LONGEST_WAIT_US = 100000
};

#define WINDOW_MS INT64_C(3600000)

typedef struct scene {
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    char bare_database[TEAM_PATH_MAX];
    int rows;
    int64_t limit;
    cv_limit_kind kind;
    cv_priority priority;
    int admissions; /* of each process */
    int processes;
    atomic_int ready;
    atomic_int go;
    measure_samples times[MANY];
    atomic_int next_process;
} scene;

/* ---- the library ---- */

static cv_rate_limit_store *open_limit(const scene *self) {
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
    const scene *self = user;
    cv_rate_limit_store *limit = open_limit(self);
    TEAM_DONE(cv_rate_limit_store_clear(limit));
    TEAM_DONE(cv_rate_limit_store_record(limit, "issue", self->priority));
    cv_rate_limit_store_close(limit);
    char *sql = sqlite3_mprintf(
        "WITH RECURSIVE n(i) AS (VALUES(2) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " INSERT INTO rate_limits(resource, timestamp, priority, scope, boot, boot_ms)"
        " SELECT resource, timestamp, priority, scope, boot, boot_ms - n.i FROM rate_limits, n"
        " WHERE id = (SELECT max(id) FROM rate_limits)",
        self->rows);
    execute(self->database, sql);
    sqlite3_free(sql);
}

static void admit(void *user) {
    scene *self = user;
    measure_samples *times = &self->times[atomic_fetch_add(&self->next_process, 1)];
    cv_rate_limit_store *limit = open_limit(self);
    atomic_fetch_add(&self->ready, 1);
    team_await(&self->go, 1);
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
    const scene *self = user;
    char *sql = sqlite3_mprintf(
        "PRAGMA journal_mode = WAL;"
        "CREATE TABLE IF NOT EXISTS log(id INTEGER PRIMARY KEY, resource TEXT, at INTEGER);"
        "CREATE INDEX IF NOT EXISTS log_at ON log(resource, at); DELETE FROM log;"
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " INSERT INTO log(resource, at) SELECT 'issue', i FROM n",
        self->rows);
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

static void open_bare(bare *self, const char *database) {
    team_check(sqlite3_open(database, &self->connection) == SQLITE_OK &&
                   sqlite3_exec(self->connection, "PRAGMA synchronous = FULL", NULL, NULL, NULL) ==
                       SQLITE_OK,
               "the bare file can be opened");
    sqlite3_busy_timeout(self->connection, 60000);
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
    scene *self = user;
    bare file;
    measure_samples *times = &self->times[atomic_fetch_add(&self->next_process, 1)];
    open_bare(&file, self->bare_database);
    atomic_fetch_add(&self->ready, 1);
    team_await(&self->go, 1);
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

/* Transactions a second of so many processes that begin together. */
static double rate_of(scene *self, void (*fill)(void *), void (*work)(void *), int processes) {
    pid_t children[MANY];
    team_run(fill, self);
    atomic_store(&self->ready, 0);
    atomic_store(&self->go, 0);
    atomic_store(&self->next_process, 0);
    for (int i = 0; i < processes; i++) {
        self->times[i].count = 0;
        children[i] = team_start(work, self);
    }
    team_await(&self->ready, processes);
    int64_t begun_ns = measure_now_ns();
    atomic_store(&self->go, 1);
    for (int i = 0; i < processes; i++) {
        team_join(children[i]);
    }
    double took_s = (double)(measure_now_ns() - begun_ns) / 1e9;
    return (double)processes * (double)self->admissions / took_s;
}

static void collect(scene *self, int processes, measure_samples *all) {
    for (int i = 0; i < processes; i++) {
        for (size_t j = 0; j < self->times[i].count; j++) {
            measure_add(all, self->times[i].ns[j]);
        }
    }
}

/* Library and floor by turns, so that both see the same machine. */
static void measure_rates(scene *self, int processes, const char *name) {
    double ours[RUNS];
    double floors[RUNS];
    size_t all = (size_t)(RUNS * processes * self->admissions);
    measure_samples bare_times = measure_room(all);
    measure_samples times = measure_room(all);
    for (int i = 0; i < RUNS; i++) {
        floors[i] = rate_of(self, make_bare_window, insert_bare, processes);
        collect(self, processes, &bare_times);
        ours[i] = rate_of(self, fill_window, admit, processes);
        collect(self, processes, &times);
    }
    measure_print(&(measure_line){name, "/s", measure_median(ours, RUNS),
                                  measure_median(floors, RUNS), MEASURE_RATIO_ABOVE, 0.8});
    if (processes > 1) {
        char text[96];
        snprintf(text, sizeof(text), "wait in %zu admissions of %d processes (P4)", all, processes);
        measure_print_distribution(&(measure_distribution){
            text, &times, &bare_times, {[MEASURE_LONGEST] = LONGEST_WAIT_US}});
    }
}

static double cost_us(scene *self, int rows, int64_t limit) {
    self->rows = rows;
    self->limit = limit;
    rate_of(self, fill_window, admit, 1);
    return measure_percentile(&self->times[0], 50.0);
}

/* With a limit just above the rows and what is reserved for users, as it is when the window is
 * nearly full. */
static void measure_windows(scene *self, cv_limit_kind kind, cv_priority priority,
                            const char *name) {
    enum { RESERVED = 5 };
    self->kind = kind;
    self->priority = priority;
    double few[RUNS];
    double many[RUNS];
    for (int i = 0; i < RUNS; i++) {
        few[i] = cost_us(self, FEW_ROWS, FEW_ROWS + self->admissions + 1 + RESERVED);
        many[i] = cost_us(self, MANY_ROWS, MANY_ROWS + self->admissions + 1 + RESERVED);
    }
    measure_print(&(measure_line){name, "us", measure_median(many, RUNS), measure_median(few, RUNS),
                                  MEASURE_RATIO_BELOW, 3.0});
}

int main(int argument_count, char **arguments) {
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    scene *self = team_share(sizeof(*self));
    int most = is_smoke ? 10 : 5000;
    for (int i = 0; i < MANY; i++) {
        self->times[i] = measure_room((size_t)most);
    }
    team_make_folder(self->folder, false);
    team_path(self->database, self->folder, "comics.db");
    team_path(self->bare_database, self->folder, "bare.db");
    self->admissions = most;
    self->rows = FEW_ROWS;
    self->limit = LONG_LIMIT;
    self->kind = CV_LIMIT_SLIDING;
    self->priority = CV_PRIORITY_USER;
    measure_rates(self, 1, "admissions, 1 process (P4)");
    measure_rates(self, MANY, "admissions, 4 processes (P4)");
    self->admissions = is_smoke ? 10 : 500;
    measure_windows(self, CV_LIMIT_SLIDING, CV_PRIORITY_USER,
                    "admission, 20 000 rows in the window beside 200, p50 (P5)");
    measure_windows(self, CV_LIMIT_ADAPTIVE, CV_PRIORITY_BACKGROUND,
                    "background's admission, 20 000 rows beside 200, shared out, p50 (P5)");
    team_remove_folder(self->folder);
    return 0;
}
