/* What a client at rest takes of the machine, above what SQLite and libcurl take in a program that
 * uses them bare for the same: the file open and read once, then one answer fetched. Each program
 * is a process of its own, begun alike. */
#include <comicvine.h>
#include <curl/curl.h>
#include <sqlite3.h>
#include <stdio.h>

#include "measure.h"
#include "resident.h"
#include "service.h"
#include "team.h"

enum { RUNS = 5, ISSUES = 200, FIRST_ID = 1, GOAL_KB = 1024 };

typedef struct measured {
    double anonymous_kb; /* memory that is no file's */
    double resident_kb;  /* all, with what is in memory of program and libraries */
} measured;

typedef enum moment {
    BEGUN,   /* nothing done yet */
    OPEN,    /* the file is open, one row was read */
    FETCHED, /* and an answer has come from the service */
    MOMENTS
} moment;

typedef struct scene {
    service service;
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    int run;
    measured bare[RUNS][MOMENTS];
    measured client[RUNS][MOMENTS];
} scene;

static measured measure(void) {
    return (measured){resident_kb("RssAnon"), resident_kb("VmRSS")};
}

/* ---- the client ---- */

static cv_client *open_client(const scene *self) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "a key that is not checked";
    options.base_url = self->service.base_url;
    options.database = self->database;
    options.rate_limit.kind = CV_LIMIT_NONE;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    cv_client *client = cv_client_open(&options);
    team_check_done(client != NULL, "cv_client_open");
    return client;
}

static void retrieve(cv_client *client, int64_t id) {
    const cv_issue *issue = cv_issue_retrieve(client, id, CV_PRIORITY_USER);
    team_check_done(issue != NULL, "cv_issue_retrieve");
    cv_issue_free(issue);
}

static void fill_file(void *user) {
    cv_client *client = open_client(user);
    for (int64_t id = FIRST_ID; id < FIRST_ID + ISSUES; id++) {
        retrieve(client, id);
    }
    cv_client_close(client);
}

static void use_client(void *user) {
    scene *self = user;
    measured *seen = self->client[self->run];
    seen[BEGUN] = measure();
    cv_client *client = open_client(self);
    retrieve(client, FIRST_ID);
    seen[OPEN] = measure();
    retrieve(client, FIRST_ID + ISSUES + self->run);
    seen[FETCHED] = measure();
    cv_client_close(client);
}

/* ---- the same without the library ---- */

static void read_row(sqlite3 *connection) {
    sqlite3_stmt *statement = NULL;
    team_check(sqlite3_prepare_v2(connection, "SELECT value FROM cache LIMIT 1", -1, &statement,
                                  NULL) == SQLITE_OK &&
                   sqlite3_step(statement) == SQLITE_ROW &&
                   sqlite3_finalize(statement) == SQLITE_OK,
               "the file can be read");
}

static size_t ignore_bytes(char *bytes, size_t unit, size_t count, void *user) {
    (void)bytes;
    (void)user;
    return unit * count;
}

static void fetch(CURLM *multi, CURL *easy, const char *url) {
    int running = 1;
    team_check(curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
                   curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore_bytes) == CURLE_OK &&
                   curl_multi_add_handle(multi, easy) == CURLM_OK,
               "an address can be fetched");
    while (running > 0) {
        team_check(curl_multi_perform(multi, &running) == CURLM_OK &&
                       curl_multi_poll(multi, NULL, 0, 1000, NULL) == CURLM_OK,
                   "it is fetched");
    }
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
}

static void use_libraries(void *user) {
    scene *self = user;
    measured *seen = self->bare[self->run];
    char url[SERVICE_URL_MAX + 32];
    sqlite3 *connection = NULL;
    seen[BEGUN] = measure();
    team_check(sqlite3_open(self->database, &connection) == SQLITE_OK, "the file can be opened");
    read_row(connection);
    seen[OPEN] = measure();
    snprintf(url, sizeof(url), "%s/issue/4000-%d/", self->service.base_url, FIRST_ID);
    team_check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl can be begun");
    CURLM *multi = curl_multi_init();
    fetch(multi, curl_easy_init(), url);
    seen[FETCHED] = measure();
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    sqlite3_close(connection);
}

/* ---- figures ---- */

/* Medians of the runs; what each has above what it had when it began. */
static measured middle(measured (*runs)[MOMENTS], moment at) {
    double anonymous_kb[RUNS];
    double resident_kb[RUNS];
    for (int i = 0; i < RUNS; i++) {
        anonymous_kb[i] = runs[i][at].anonymous_kb - runs[i][BEGUN].anonymous_kb;
        resident_kb[i] = runs[i][at].resident_kb;
    }
    return (measured){measure_median(anonymous_kb, RUNS), measure_median(resident_kb, RUNS)};
}

static void print_moment(scene *self, moment at, const char *name) {
    char line[128];
    measured client = middle(self->client, at);
    measured bare = middle(self->bare, at);
    snprintf(line, sizeof(line), "memory of a client at rest, %s (P11)", name);
    measure_print(&(measure_line){
        .name = line, .unit = "kB", .figure = client.anonymous_kb, .floor = bare.anonymous_kb});
    snprintf(line, sizeof(line), "the client's above its libraries, %s (P11)", name);
    measure_print(&(measure_line){.name = line,
                                  .unit = "kB",
                                  .figure = client.anonymous_kb - bare.anonymous_kb,
                                  .goal = MEASURE_FIGURE_BELOW,
                                  .bound = GOAL_KB});
    snprintf(line, sizeof(line), "all that is resident, program and libraries too, %s (P11)", name);
    measure_print(&(measure_line){
        .name = line, .unit = "kB", .figure = client.resident_kb, .floor = bare.resident_kb});
}

int main(void) {
    scene *self = team_share(sizeof(*self));
    service_start(&self->service);
    team_make_folder(self->folder, true);
    team_path(self->database, self->folder, "comics.db");
    team_run(fill_file, self);
    for (self->run = 0; self->run < RUNS; self->run++) {
        team_run(use_libraries, self);
        team_run(use_client, self);
    }
    print_moment(self, OPEN, "a hit behind it");
    print_moment(self, FETCHED, "an answer of the service behind it");
    service_stop(&self->service);
    team_remove_folder(self->folder);
    return 0;
}
