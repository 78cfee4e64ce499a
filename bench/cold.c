/* What a cold retrieve costs the processor of the process that makes it, with eight under way on
 * the loopback interface; beside libcurl alone with as many, a transaction that admits and one that
 * stores the body for each. What the disk and the service take is nobody's processor time here. */
#include <comicvine.h>
#include <curl/curl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"
#include "service.h"
#include "team.h"

enum {
    RUNS = 7,
    SMOKE_RUNS = 1,
    REQUESTS = 2000,
    SMOKE_REQUESTS = 40,
    UNDER_WAY = 8,
    LIMIT = 1000000,
    LARGEST_BYTES = 1 << 20, /* of every 16th issue, which is left out; the others have 16 kB */
    LONG_EVERY = 16
};

typedef struct scene {
    service service;
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    int requests;  /* of each run */
    double cpu_us; /* of each request of the last run */
} scene;

static int64_t id_of(int number) {
    return (int64_t)number / (LONG_EVERY - 1) * LONG_EVERY + number % (LONG_EVERY - 1) + 1;
}

static int64_t cpu_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- the library ---- */

static cv_client *open_client(const scene *self) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "a key that is not checked";
    options.base_url = self->service.base_url;
    options.database = self->database;
    options.rate_limit.kind = CV_LIMIT_SLIDING;
    options.rate_limit.limit = LIMIT;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    cv_client *client = cv_client_open(&options);
    TEAM_DONE(client != NULL);
    return client;
}

static void end_request(cv_request *request) {
    team_check(cv_request_wait(request, -1), "an answer comes");
    const cv_issue *issue = cv_issue_take(request);
    TEAM_DONE(issue != NULL);
    team_check(issue->record.source == CV_SOURCE_NETWORK, "it was asked for");
    cv_issue_free(issue);
    cv_request_free(request);
}

/* As soon as the oldest is done, the next one begins. */
static void ask_all(cv_client *client, int first, int count) {
    cv_request *requests[UNDER_WAY] = {NULL};
    for (int i = 0; i < count + UNDER_WAY; i++) {
        cv_request **place = &requests[i % UNDER_WAY];
        if (*place != NULL) {
            end_request(*place);
        }
        *place = NULL;
        if (i < count) {
            *place = cv_request_retrieve(client, CV_ISSUE, id_of(first + i), NULL);
            TEAM_DONE(*place != NULL);
        }
    }
}

/* Connections and statements are there before it counts, on either side. */
static void use_client(void *user) {
    scene *self = user;
    cv_client *client = open_client(self);
    ask_all(client, 0, UNDER_WAY);
    int64_t begun_ns = cpu_now_ns();
    ask_all(client, UNDER_WAY, self->requests);
    self->cpu_us = (double)(cpu_now_ns() - begun_ns) / 1000.0 / self->requests;
    cv_client_close(client);
}

/* ---- the same without the library ---- */

typedef struct transfer {
    CURL *easy;
    int64_t id;
    size_t size;
    char body[LARGEST_BYTES / 16];
} transfer;

enum statement { BEGIN, COUNT, ADMIT, STORE, COMMIT, STATEMENTS };

typedef struct bare {
    const scene *scene;
    sqlite3 *connection;
    sqlite3_stmt *statements[STATEMENTS];
    CURLM *multi;
    transfer transfers[UNDER_WAY];
    int started;
    int last;
} bare;

static void open_bare_file(bare *self) {
    static const char *const texts[STATEMENTS] = {
        [BEGIN] = "BEGIN IMMEDIATE",
        [COUNT] = "SELECT count(*) FROM log WHERE resource = 'issue' AND at > ?1",
        [ADMIT] = "INSERT INTO log(resource, at) VALUES('issue', ?1)",
        [STORE] = "INSERT INTO bodies(hash, at, value) VALUES(?1, 1, ?2)",
        [COMMIT] = "COMMIT",
    };
    static const char *const schema =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE log(id INTEGER PRIMARY KEY, resource TEXT, at INTEGER);"
        "CREATE INDEX log_at ON log(resource, at);"
        "CREATE TABLE bodies(hash TEXT PRIMARY KEY, at INTEGER, value BLOB)";
    team_check(sqlite3_open(self->scene->database, &self->connection) == SQLITE_OK &&
                   sqlite3_exec(self->connection, schema, NULL, NULL, NULL) == SQLITE_OK,
               "the bare file can be made");
    for (int i = 0; i < STATEMENTS; i++) {
        team_check(sqlite3_prepare_v2(self->connection, texts[i], -1, &self->statements[i], NULL) ==
                       SQLITE_OK,
                   texts[i]);
    }
}

static void run(const bare *self, enum statement which, int result) {
    team_check(sqlite3_step(self->statements[which]) == result,
               sqlite3_sql(self->statements[which]));
    sqlite3_reset(self->statements[which]);
}

/* Only the last 200 are in the window. */
static void admit(const bare *self, int64_t number) {
    sqlite3_bind_int64(self->statements[COUNT], 1, number - 200);
    sqlite3_bind_int64(self->statements[ADMIT], 1, number);
    run(self, BEGIN, SQLITE_DONE);
    run(self, COUNT, SQLITE_ROW);
    run(self, ADMIT, SQLITE_DONE);
    run(self, COMMIT, SQLITE_DONE);
}

static void store(const bare *self, const transfer *done) {
    char hash[65];
    snprintf(hash, sizeof(hash), "%064llx", (unsigned long long)done->id * 0x9E3779B97F4A7C15ULL);
    sqlite3_bind_text(self->statements[STORE], 1, hash, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(self->statements[STORE], 2, done->body, done->size, SQLITE_STATIC);
    run(self, BEGIN, SQLITE_DONE);
    run(self, STORE, SQLITE_DONE);
    run(self, COMMIT, SQLITE_DONE);
}

static size_t take_bytes(char *bytes, size_t unit, size_t count, void *user) {
    transfer *self = user;
    team_check(unit * count <= sizeof(self->body) - self->size, "the body is short enough");
    memcpy(self->body + self->size, bytes, unit * count);
    self->size += unit * count;
    return unit * count;
}

/* The next request, on a handle that has none. */
static void start(bare *self, transfer *next) {
    char url[SERVICE_URL_MAX + 64];
    next->id = id_of(self->started);
    next->size = 0;
    admit(self, self->started);
    snprintf(url, sizeof(url), "%s/issue/4000-%lld/?format=json", self->scene->service.base_url,
             (long long)next->id);
    team_check(curl_easy_setopt(next->easy, CURLOPT_URL, url) == CURLE_OK &&
                   curl_multi_add_handle(self->multi, next->easy) == CURLM_OK,
               "a transfer can begin");
    self->started++;
}

static void end(bare *self, CURL *easy) {
    transfer *done = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&done);
    curl_multi_remove_handle(self->multi, easy);
    store(self, done);
    if (self->started < self->last) {
        start(self, done);
    }
}

static void fetch_until(bare *self, int last) {
    int running = 1;
    self->last = last;
    for (int i = 0; i < UNDER_WAY; i++) {
        start(self, &self->transfers[i]);
    }
    while (running > 0) {
        int left = 0;
        team_check(curl_multi_perform(self->multi, &running) == CURLM_OK, "it is fetched");
        for (CURLMsg *word; (word = curl_multi_info_read(self->multi, &left)) != NULL;) {
            team_check(word->data.result == CURLE_OK, "an answer comes");
            end(self, word->easy_handle);
            running = 1;
        }
        curl_multi_poll(self->multi, NULL, 0, 1000, NULL);
    }
}

static void use_libraries(void *user) {
    scene *place = user;
    bare *self = calloc(1, sizeof(*self));
    team_check(self != NULL && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK,
               "libcurl can be begun");
    self->scene = place;
    self->multi = curl_multi_init();
    for (int i = 0; i < UNDER_WAY; i++) {
        self->transfers[i].easy = curl_easy_init();
        curl_easy_setopt(self->transfers[i].easy, CURLOPT_WRITEFUNCTION, take_bytes);
        curl_easy_setopt(self->transfers[i].easy, CURLOPT_WRITEDATA, &self->transfers[i]);
        curl_easy_setopt(self->transfers[i].easy, CURLOPT_PRIVATE, &self->transfers[i]);
    }
    open_bare_file(self);
    fetch_until(self, UNDER_WAY);
    int64_t begun_ns = cpu_now_ns();
    fetch_until(self, UNDER_WAY + place->requests);
    place->cpu_us = (double)(cpu_now_ns() - begun_ns) / 1000.0 / place->requests;
    _Exit(0); /* the child is done: nothing of this needs an end of its own */
}

/* ---- runs ---- */

static double measure_run(scene *self, void (*use)(void *)) {
    team_make_folder(self->folder, false);
    team_path(self->database, self->folder, "comics.db");
    team_run(use, self);
    team_remove_folder(self->folder);
    return self->cpu_us;
}

int main(int argument_count, char **arguments) {
    double ours[RUNS];
    double bare_ones[RUNS];
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    size_t runs = is_smoke ? SMOKE_RUNS : RUNS;
    scene *self = team_share(sizeof(*self));
    self->requests = is_smoke ? SMOKE_REQUESTS : REQUESTS;
    self->service.largest_bytes = LARGEST_BYTES;
    service_start(&self->service);
    for (size_t i = 0; i < runs; i++) {
        bare_ones[i] = measure_run(self, use_libraries);
        ours[i] = measure_run(self, use_client);
    }
    service_stop(&self->service);
    measure_print(&(measure_line){"processor time of a cold retrieve, eight under way (P3)", "us",
                                  measure_median(ours, runs), measure_median(bare_ones, runs),
                                  MEASURE_RATIO_BELOW, 2.0});
    return 0;
}
