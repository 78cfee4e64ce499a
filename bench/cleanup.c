/* How long others wait while a process deletes very many expired rows: the distribution of their
 * calls, beside the same calls with nobody cleaning.
 *   bench_cleanup [--smoke | ROWS]    100 000 rows in each run without */
#include <comicvine.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "team.h"

enum {
    RUNS = 5,
    ROWS = 100000,
    ROWS_MAX = 1000000,
    SMOKE_ROWS = 500,
    FRESH_ROWS = 1000,
    BODY_BYTES = 2048,
    PATHS = 50,
    SAMPLES = 4000000,
    GOAL_US = 50000,
    FLOOR_MS = 2000,
    SMOKE_FLOOR_MS = 50
};

typedef struct distribution {
    measure_samples get;
    measure_samples acquire;
} distribution;

typedef struct scene {
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    int expired_rows; /* of each run */
    int run;
    int64_t floor_ns;
    atomic_int is_working; /* the one who reads and admits */
    atomic_int is_cleaning;
    atomic_int is_clean;
    double took_s[RUNS];
    distribution alone;
    distribution beside;
} scene;

static void hash_of(char hash[32], int number) {
    snprintf(hash, 32, "fresh-%d", number);
}

static cv_cache_store *open_cache(const scene *self) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->database;
    options.cleanup_interval_ms = CV_NONE;
    cv_cache_store *cache = cv_cache_store_open(&options);
    TEAM_DONE(cache != NULL);
    return cache;
}

static cv_rate_limit_store *open_limit(const scene *self) {
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database;
    options.kind = CV_LIMIT_SLIDING;
    options.limit = 1000000;
    options.min_interval_ms = CV_NO_INTERVAL;
    cv_rate_limit_store *limit = cv_rate_limit_store_open(&options);
    TEAM_DONE(limit != NULL);
    return limit;
}

/* ---- the file ---- */

static void store_fresh_rows(const scene *self) {
    char body[BODY_BYTES];
    cv_cache_store *cache = open_cache(self);
    memset(body, 'x', sizeof(body));
    for (int i = 0; i < FRESH_ROWS; i++) {
        char hash[32];
        hash_of(hash, i);
        TEAM_DONE(cv_cache_store_set(cache, hash, body, sizeof(body), 86400));
    }
    cv_cache_store_close(cache);
}

/* With bare SQLite, as setting half a million rows one by one would take minutes. They expired in
 * 1970, too long ago for a stale read. */
static void insert_expired_rows(const scene *self) {
    sqlite3 *connection = NULL;
    char *sql = sqlite3_mprintf(
        "PRAGMA synchronous = OFF; BEGIN;"
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " INSERT INTO cache(hash, expires_at, created_at, value)"
        " SELECT lower(hex(randomblob(32))), i, 1, randomblob(%d) FROM n; COMMIT;"
        "PRAGMA wal_checkpoint(TRUNCATE)",
        self->expired_rows, BODY_BYTES);
    team_check(sqlite3_open(self->database, &connection) == SQLITE_OK &&
                   sqlite3_exec(connection, sql, NULL, NULL, NULL) == SQLITE_OK,
               "the rows can be inserted");
    sqlite3_free(sql);
    sqlite3_close(connection);
}

static void make_file(void *user) {
    const scene *self = user;
    store_fresh_rows(self);
    insert_expired_rows(self);
    sync(); /* else the first who waits for the disk waits for all of this */
}

/* ---- the one who cleans ---- */

static void clean(void *user) {
    scene *self = user;
    cv_cache_store *cache = open_cache(self);
    team_await(&self->is_working, 1);
    atomic_store(&self->is_cleaning, 1);
    int64_t begun_ns = measure_now_ns();
    TEAM_DONE(cv_cache_store_cleanup(cache));
    self->took_s[self->run] = (double)(measure_now_ns() - begun_ns) / 1e9;
    atomic_store(&self->is_clean, 1);
    cv_cache_store_close(cache);
}

/* ---- the one who reads and admits ---- */

typedef struct worker {
    cv_cache_store *cache;
    cv_rate_limit_store *limit;
    int rounds;
} worker;

static void read_and_admit(worker *self, distribution *times) {
    char hash[32];
    char path[32];
    cv_blob value;
    int64_t wait_ms = 0;
    hash_of(hash, self->rounds % FRESH_ROWS);
    snprintf(path, sizeof(path), "path-%d", self->rounds % PATHS);
    self->rounds++;
    int64_t begun_ns = measure_now_ns();
    TEAM_DONE(cv_cache_store_get(self->cache, hash, &value));
    int64_t read_ns = measure_now_ns();
    TEAM_DONE(cv_rate_limit_store_acquire(self->limit, path, CV_PRIORITY_USER, &wait_ms));
    measure_add(&times->acquire, measure_now_ns() - read_ns);
    measure_add(&times->get, read_ns - begun_ns);
    team_check(value.size == BODY_BYTES && wait_ms == 0, "it was a hit, and there was room");
    cv_free(value.data);
}

static void work_for(worker *self, int64_t duration_ns, distribution *times) {
    int64_t end_ns = measure_now_ns() + duration_ns;
    while (measure_now_ns() < end_ns) {
        read_and_admit(self, times);
    }
}

/* Alone before and afterwards: floor and figure by turns. */
static void work(void *user) {
    scene *self = user;
    worker working = {open_cache(self), open_limit(self), 0};
    work_for(&working, self->floor_ns / 2, &self->alone);
    atomic_store(&self->is_working, 1);
    team_await(&self->is_cleaning, 1);
    while (atomic_load(&self->is_clean) == 0) {
        read_and_admit(&working, &self->beside);
    }
    work_for(&working, self->floor_ns / 2, &self->alone);
    cv_rate_limit_store_close(working.limit);
    cv_cache_store_close(working.cache);
}

/* ---- the whole ---- */

static void print_call(const char *call, measure_samples *beside, measure_samples *alone) {
    char name[96];
    snprintf(name, sizeof(name), "%s beside a cleanup", call);
    measure_print_distribution(
        &(measure_distribution){name, beside, alone, {GOAL_US, GOAL_US, GOAL_US, GOAL_US}});
}

static void print_results(scene *self) {
    char name[96];
    snprintf(name, sizeof(name), "cleanup of %d expired rows, whole", self->expired_rows);
    measure_print(
        &(measure_line){.name = name, .unit = "s", .figure = measure_median(self->took_s, RUNS)});
    print_call("cached read", &self->beside.get, &self->alone.get);
    print_call("admission", &self->beside.acquire, &self->alone.acquire);
}

static void measure_cleanup(scene *self) {
    atomic_store(&self->is_working, 0);
    atomic_store(&self->is_cleaning, 0);
    atomic_store(&self->is_clean, 0);
    team_make_folder(self->folder, false);
    team_path(self->database, self->folder, "comics.db");
    team_run(make_file, self);
    pid_t cleaner = team_start(clean, self);
    pid_t working = team_start(work, self);
    team_join(cleaner);
    team_join(working);
    team_remove_folder(self->folder);
}

static int rows_wanted(int argument_count, char **arguments) {
    if (measure_is_smoke(argument_count, arguments)) {
        return SMOKE_ROWS;
    }
    long rows = argument_count > 1 ? strtol(arguments[1], NULL, 10) : ROWS;
    team_check(rows >= SMOKE_ROWS && rows <= ROWS_MAX, "500 to 1 000 000 rows can be cleaned");
    return (int)rows;
}

int main(int argument_count, char **arguments) {
    scene *self = team_share(sizeof(*self));
    self->expired_rows = rows_wanted(argument_count, arguments);
    self->floor_ns =
        (int64_t)(self->expired_rows == SMOKE_ROWS ? SMOKE_FLOOR_MS : FLOOR_MS) * 1000000;
    self->alone = (distribution){measure_room(SAMPLES), measure_room(SAMPLES)};
    self->beside = (distribution){measure_room(SAMPLES), measure_room(SAMPLES)};
    for (self->run = 0; self->run < RUNS; self->run++) {
        measure_cleanup(self);
    }
    print_results(self);
    return 0;
}
