/* This library beside the npm packages: the same bodies from the same loopback service, files in
 * the same folder, by turns. The packages' figures stand where floors do. Where there are no
 * packages (scripts/peer installs them) it says so and ends with 77.
 *
 *     bench_peer --read FILE BASE_URL     reads the cached issue 1, and ends: one start */
#include <comicvine.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "node.h"
#include "service.h"
#include "team.h"

enum { RUNS = 5, SMOKE_RUNS = 1, ISSUE_BYTES = 16000, UNDER_WAY = 8, EXIT_SKIPPED = 77 };

typedef enum job { WALK, AGAIN, FETCH, ADMIT, JOBS } job;

typedef struct cost {
    double wall_us;
    double cpu_us;
} cost;

typedef struct scene {
    service service;
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];     /* ours */
    char npm_database[TEAM_PATH_MAX]; /* theirs */
    node node;
    int runs;
    int counts[JOBS]; /* of calls in a run */
    int starts;
    int64_t next_id; /* no issue from here on has been asked for */

    /* What a child is to do, and what that took in all. */
    job job;
    int64_t first;
    int count;
    cost spent;
} scene;

/* ---- the library's side: a child for each run ---- */

static cv_client *open_client(const char *database, const char *base_url) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "a key that is not checked";
    options.base_url = base_url;
    options.database = database;
    options.rate_limit.kind = CV_LIMIT_SLIDING;
    options.rate_limit.limit = 1000000;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    cv_client *client = cv_client_open(&options);
    TEAM_DONE(client != NULL);
    return client;
}

static void retrieve(cv_client *client, int64_t id) {
    const cv_issue *issue = cv_issue_retrieve(client, id, CV_PRIORITY_USER);
    TEAM_DONE(issue != NULL);
    team_check(issue->id == id, "it is the issue that was asked for");
    cv_issue_free(issue);
}

static void walk(cv_client *client, int64_t first, int count) {
    for (int i = 0; i < count; i++) {
        retrieve(client, first + i);
    }
}

static void read_again(cv_client *client, int64_t id, int count) {
    for (int i = 0; i < count; i++) {
        retrieve(client, id);
    }
}

typedef struct fetching {
    cv_client *client;
    int64_t next;
    int64_t end;
    int under_way;
} fetching;

static void fetch_next(fetching *self);

static void take(cv_request *request, void *user) {
    fetching *self = user;
    const cv_issue *issue = cv_issue_take(request);
    TEAM_DONE(issue != NULL);
    cv_issue_free(issue);
    cv_request_free(request);
    self->under_way--;
    fetch_next(self);
}

static void fetch_next(fetching *self) {
    if (self->next < self->end) {
        cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, self->next++, NULL);
        self->under_way++;
        cv_request_on_done(request, take, self);
    }
}

static void fetch(cv_client *client, int64_t first, int count) {
    fetching self = {.client = client, .next = first, .end = first + count};
    for (int i = 0; i < UNDER_WAY; i++) {
        fetch_next(&self);
    }
    while (self.under_way > 0) {
        cv_client_poll(client, -1);
    }
}

static void admit(cv_client *client, int64_t first, int count) {
    (void)first; /* places have no names */
    cv_rate_limit_store *limit = cv_client_rate_limit(client);
    for (int i = 0; i < count; i++) {
        int64_t wait_ms = 0;
        TEAM_DONE(cv_rate_limit_store_acquire(limit, "issue", CV_PRIORITY_USER, &wait_ms));
        team_check(wait_ms == 0, "there is room");
    }
}

static const struct {
    const char *order; /* theirs */
    void (*work)(cv_client *client, int64_t first, int count);
} jobs[JOBS] = {
    [WALK] = {"walk", walk},
    [AGAIN] = {"again", read_again},
    [FETCH] = {"fetch", fetch},
    [ADMIT] = {"admit", admit},
};

/* Of all threads of this process. */
static double cpu_now_us(void) {
    struct rusage usage;
    team_check(getrusage(RUSAGE_SELF, &usage) == 0, "the kernel says what a process has used");
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void do_job(void *user) {
    scene *self = user;
    cv_client *client = open_client(self->database, self->service.base_url);
    double cpu_us = cpu_now_us();
    int64_t begun_ns = measure_now_ns();
    jobs[self->job].work(client, self->first, self->count);
    self->spent.wall_us = (double)(measure_now_ns() - begun_ns) / 1000.0;
    self->spent.cpu_us = cpu_now_us() - cpu_us;
    cv_client_close(client);
}

static cost ask_library(scene *self, job wanted, int64_t first, int count) {
    self->job = wanted;
    self->first = first;
    self->count = count;
    team_run(do_job, self);
    return (cost){self->spent.wall_us / count, self->spent.cpu_us / count};
}

/* ---- the packages' side: one process, which stays warm ---- */

static cost hear_cost(scene *self, int count) {
    node_send(&self->node);
    const char *line = node_hear(&self->node);
    char *end = NULL;
    double wall_us = strtod(line, &end);
    double cpu_us = strtod(end, &end);
    team_check(*end == '\0', line);
    return (cost){wall_us / count, cpu_us / count};
}

static cost ask_packages(scene *self, job wanted, int64_t first, int count) {
    fprintf(self->node.orders, "%s", jobs[wanted].order);
    if (wanted != ADMIT) {
        fprintf(self->node.orders, " %" PRId64, first);
    }
    fprintf(self->node.orders, " %d\n", count);
    return hear_cost(self, count);
}

/* ---- figures ---- */

typedef struct figure_names {
    const char *cpu;
    const char *wall;
    double cpu_bound; /* of the ratio; 0: none */
} figure_names;

/* Both do the same, on the same issues, by turns. */
static void measure_job(scene *self, job wanted, const figure_names *names) {
    double own_cpu[RUNS];
    double own_wall[RUNS];
    double npm_cpu[RUNS];
    double npm_wall[RUNS];
    int count = self->counts[wanted];
    size_t runs = (size_t)self->runs;
    for (size_t i = 0; i < runs; i++) {
        int64_t first = wanted == FETCH ? self->next_id : 1;
        self->next_id += wanted == FETCH ? count : 0;
        cost npm = ask_packages(self, wanted, first, count);
        cost own = ask_library(self, wanted, first, count);
        own_cpu[i] = own.cpu_us;
        own_wall[i] = own.wall_us;
        npm_cpu[i] = npm.cpu_us;
        npm_wall[i] = npm.wall_us;
    }
    measure_print(&(measure_line){
        .name = names->cpu,
        .unit = "us",
        .figure = measure_median(own_cpu, runs),
        .floor = measure_median(npm_cpu, runs),
        .goal = names->cpu_bound > 0.0 ? MEASURE_RATIO_BELOW : MEASURE_NO_GOAL,
        .bound = names->cpu_bound,
    });
    measure_print(&(measure_line){.name = names->wall,
                                  .unit = "us",
                                  .figure = measure_median(own_wall, runs),
                                  .floor = measure_median(npm_wall, runs)});
}

/* ---- a process that reads one issue and ends ---- */

extern char **environ;

typedef struct start_cost {
    double wall_ms;
    double resident_mb; /* the most that it had */
} start_cost;

static start_cost start_once(char *const arguments[]) {
    pid_t process = 0;
    int status = 0;
    struct rusage usage;
    int64_t begun_ns = measure_now_ns();
    team_check(posix_spawnp(&process, arguments[0], NULL, NULL, arguments, environ) == 0,
               "a program can be started");
    team_check(wait4(process, &status, 0, &usage) == process && status == 0, "it ends well");
    return (start_cost){(double)(measure_now_ns() - begun_ns) / 1e6,
                        (double)usage.ru_maxrss / 1024.0};
}

static start_cost start_often(char *const arguments[], int count) {
    start_cost sum = {0};
    for (int i = 0; i < count; i++) {
        start_cost one = start_once(arguments);
        sum.wall_ms += one.wall_ms;
        sum.resident_mb += one.resident_mb;
    }
    return (start_cost){sum.wall_ms / count, sum.resident_mb / count};
}

static void measure_starts(scene *self, char *program) {
    char *const own[] = {program, (char[]){"--read"}, self->database, self->service.base_url, NULL};
    char *const npm[] = {(char[]){"node"},    (char[]){BENCH_PEER_PROGRAM},
                         self->node.packages, self->npm_database,
                         (char[]){"read"},    NULL};
    double figures[4][RUNS];
    size_t runs = (size_t)self->runs;
    for (size_t i = 0; i < runs; i++) {
        start_cost theirs = start_often(npm, self->starts);
        start_cost ours = start_often(own, self->starts);
        figures[0][i] = ours.wall_ms;
        figures[1][i] = theirs.wall_ms;
        figures[2][i] = ours.resident_mb;
        figures[3][i] = theirs.resident_mb;
    }
    measure_print(
        &(measure_line){.name = "a process that reads one cached issue, beside the npm packages",
                        .unit = "ms",
                        .figure = measure_median(figures[0], runs),
                        .floor = measure_median(figures[1], runs)});
    measure_print(&(measure_line){.name = "the most memory that it had, beside the npm packages",
                                  .unit = "MB",
                                  .figure = measure_median(figures[2], runs),
                                  .floor = measure_median(figures[3], runs)});
}

static void read_one(const char *database, const char *base_url) {
    cv_client *client = open_client(database, base_url);
    retrieve(client, 1);
    cv_client_close(client);
}

/* ---- the whole ---- */

static void measure_all(scene *self, char *program) {
    static const figure_names names[JOBS] = {
        [WALK] = {"cached retrieve beside the npm packages, processor time (P1)",
                  "cached retrieve beside the npm packages, wall time", 1.0 / 3.5},
        [AGAIN] = {"the same issue again beside the npm packages, processor time (P2)",
                   "the same issue again beside the npm packages, wall time", 1.0 / 100.0},
        [FETCH] = {"cold retrieve, eight under way, beside the npm packages, processor time (P3)",
                   "cold retrieve, eight under way, beside the npm packages, wall time",
                   1.0 / 20.0},
        [ADMIT] = {"admission beside the npm packages, processor time",
                   "admission beside the npm packages, wall time", 0.0},
    };
    for (int i = 0; i < JOBS; i++) {
        measure_job(self, (job)i, &names[i]);
    }
    measure_starts(self, program);
}

/* The issues that are walked through later, in both files: which also warms the packages' code. */
static void fill_files(scene *self) {
    int count = self->counts[WALK];
    fprintf(self->node.orders, "serve %s/\n", self->service.base_url);
    hear_cost(self, 1);
    ask_packages(self, FETCH, 1, count);
    ask_library(self, FETCH, 1, count);
    ask_packages(self, WALK, 1, count);
    self->next_id = 1 + count;
}

int main(int argument_count, char **arguments) {
    if (argument_count == 4 && strcmp(arguments[1], "--read") == 0) {
        read_one(arguments[2], arguments[3]);
        return 0;
    }
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    scene *self = team_share(sizeof(*self));
    self->runs = is_smoke ? SMOKE_RUNS : RUNS;
    self->starts = is_smoke ? 1 : 10;
    self->counts[WALK] = is_smoke ? 10 : 1000;
    self->counts[AGAIN] = is_smoke ? 10 : 20000;
    self->counts[FETCH] = is_smoke ? 10 : 1000;
    self->counts[ADMIT] = is_smoke ? 10 : 400;
    team_make_folder(self->folder, false);
    team_path(self->database, self->folder, "own.db");
    team_path(self->npm_database, self->folder, "npm.db");
    bool is_there = node_start(&self->node, BENCH_PEER_PROGRAM, self->npm_database);
    if (is_there) {
        self->service.issue_bytes = ISSUE_BYTES;
        service_start(&self->service);
        fill_files(self);
        measure_all(self, arguments[0]);
        node_end(&self->node);
        service_stop(&self->service);
    } else {
        fprintf(stderr, "the npm packages are not here: scripts/peer installs them\n");
    }
    team_remove_folder(self->folder);
    return is_there ? 0 : EXIT_SKIPPED;
}
