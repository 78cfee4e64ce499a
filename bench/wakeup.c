/* How soon a waiter of another process wakes when the owner completes the job, and what it costs
 * while it waits. The time is taken from before the owner's call, so that the owner's whole
 * transaction is in it; the file lies in memory where there is such a place, as the disk's part in
 * a commit is not what is measured. */
#include <comicvine.h>
#include <netinet/in.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"
#include "team.h"

enum { RUNS = 5, ROUNDS = 400, SMOKE_ROUNDS = 2, SETTLE_US = 2000 }; /* rounds of each run */
enum { IDLE_MS = 2400, SMOKE_IDLE_MS = 10 };

/* How often a waiter looks to whom the owner's end is told, and one to whom it is not. */
enum { TOLD_LOOK_MS = 240, UNTOLD_LOOK_MS = 40 };

enum { OWNER_END, WAITER_END, ENDS };

#define HASH_SIZE 65
#define ISSUE_ID  7

static const char body[] =
    "{\"error\":\"OK\",\"limit\":1,\"offset\":0,\"number_of_page_results\":1,"
    "\"number_of_total_results\":1,\"status_code\":1,"
    "\"results\":{\"id\":7,\"name\":\"The Long Night\"}}";

typedef struct scene {
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    char base_url[64];
    char call_hash[HASH_SIZE]; /* of the issue that clients ask for */
    int rounds;
    int64_t idle_ms;
    int64_t poll_ms; /* of the floor of idle waiting */
    int floor_sockets[ENDS];
    atomic_int owned;   /* rounds whose job is owned */
    atomic_int waiting; /* rounds in which the waiter is about to wait */
    atomic_int woken;
    char job_id[CV_JOB_ID_SIZE];
    _Atomic int64_t woken_ns;
    _Atomic int64_t idle_cpu_us;
    measure_samples *times; /* of what is being measured */
} scene;

static cv_dedupe_store *open_jobs(const scene *self) {
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.database = self->database;
    options.lease_ms = 60000;
    cv_dedupe_store *jobs = cv_dedupe_store_open(&options);
    TEAM_DONE(jobs != NULL);
    return jobs;
}

static cv_client *open_client(const scene *self, cv_drive drive) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "bench-key";
    options.base_url = self->base_url;
    options.database = self->database;
    options.drive = drive;
    options.cache.disabled = true; /* else only the first round would have to wait */
    options.dedupe.lease_ms = 60000;
    cv_client *client = cv_client_open(&options);
    TEAM_DONE(client != NULL);
    return client;
}

/* ---- rounds ---- */

typedef void act(scene *self, void *user);

typedef struct round_of {
    act *begin;
    act *await_waiter;
    act *wake;
} round_of;

/* The owner's side: when the waiter sleeps, `wake` ends that; the time until it has returned. */
static void drive_rounds(scene *self, const round_of *acts, void *user) {
    for (int round = 1; round <= self->rounds; round++) {
        acts->begin(self, user);
        atomic_store(&self->owned, round);
        team_await(&self->waiting, round);
        acts->await_waiter(self, user);
        measure_sleep_us(SETTLE_US);
        int64_t begun_ns = measure_now_ns();
        acts->wake(self, user);
        team_await(&self->woken, round);
        measure_add(self->times, atomic_load(&self->woken_ns) - begun_ns);
    }
}

/* The other side. */
static void wait_rounds(scene *self, act *wait, void *user) {
    for (int round = 1; round <= self->rounds; round++) {
        team_await(&self->owned, round);
        atomic_store(&self->waiting, round);
        wait(self, user);
        atomic_store(&self->woken_ns, measure_now_ns());
        atomic_store(&self->woken, round);
    }
}

/* ---- the floor: a datagram from one process to another ---- */

static void do_nothing(scene *self, void *user) {
    (void)self;
    (void)user;
}

static void send_datagram(scene *self, void *user) {
    (void)user;
    team_check(send(self->floor_sockets[OWNER_END], "!", 1, 0) == 1, "a datagram can be sent");
}

static void wait_for_datagram(scene *self, void *user) {
    char message[4];
    struct pollfd wanted = {.fd = self->floor_sockets[WAITER_END], .events = POLLIN};
    (void)user;
    poll(&wanted, 1, -1);
    team_check(recv(wanted.fd, message, sizeof(message), 0) == 1, "a datagram has come");
}

static void drive_floor(void *user) {
    const round_of datagrams = {do_nothing, do_nothing, send_datagram};
    drive_rounds(user, &datagrams, NULL);
}

static void wait_floor(void *user) {
    wait_rounds(user, wait_for_datagram, NULL);
}

/* ---- cv_dedupe_store_wait ---- */

/* To see who waits. */
typedef struct waiter_count {
    sqlite3 *connection;
    sqlite3_stmt *statement;
} waiter_count;

static void open_count(const scene *self, waiter_count *waiters) {
    team_check(sqlite3_open(self->database, &waiters->connection) == SQLITE_OK &&
                   sqlite3_prepare_v2(waiters->connection, "SELECT count(*) FROM dedupe_waiters",
                                      -1, &waiters->statement, NULL) == SQLITE_OK,
               "the waiters can be counted");
}

static void close_count(waiter_count *waiters) {
    sqlite3_finalize(waiters->statement);
    sqlite3_close(waiters->connection);
}

static void await_one(const waiter_count *waiters) {
    int count = 0;
    while (count == 0) {
        team_check(sqlite3_step(waiters->statement) == SQLITE_ROW, "the waiters can be counted");
        count = sqlite3_column_int(waiters->statement, 0);
        sqlite3_reset(waiters->statement);
        measure_sleep_us(100);
    }
}

typedef struct job_owner {
    cv_dedupe_store *jobs;
    waiter_count waiters;
} job_owner;

static void open_owner(const scene *self, job_owner *owner) {
    owner->jobs = open_jobs(self);
    open_count(self, &owner->waiters);
}

static void close_owner(job_owner *owner) {
    close_count(&owner->waiters);
    cv_dedupe_store_close(owner->jobs);
}

static void await_waiter(scene *self, void *user) {
    const job_owner *owner = user;
    (void)self;
    await_one(&owner->waiters);
}

static void own_job(scene *self, void *user) {
    const job_owner *owner = user;
    bool is_ours = false;
    TEAM_DONE(cv_dedupe_store_register(owner->jobs, self->call_hash, self->job_id, &is_ours));
    team_check(is_ours, "nobody else works on it");
}

static void complete_job(scene *self, void *user) {
    const job_owner *owner = user;
    TEAM_DONE(
        cv_dedupe_store_complete(owner->jobs, self->call_hash, self->job_id, body, strlen(body)));
}

static void wait_for_job(scene *self, void *user) {
    cv_blob result;
    TEAM_DONE(cv_dedupe_store_wait(user, self->call_hash, self->job_id, -1, &result, NULL));
    team_check(result.size == strlen(body), "the result is the owner's");
    cv_free(result.data);
}

static void drive_jobs(void *user) {
    scene *self = user;
    const round_of jobs = {own_job, await_waiter, complete_job};
    job_owner owner;
    open_owner(self, &owner);
    drive_rounds(self, &jobs, &owner);
    close_owner(&owner);
}

static void wait_jobs(void *user) {
    scene *self = user;
    cv_dedupe_store *jobs = open_jobs(self);
    wait_rounds(self, wait_for_job, jobs);
    cv_dedupe_store_close(jobs);
}

/* ---- a client's call ---- */

static void wait_for_issue(scene *self, void *user) {
    (void)self;
    const cv_issue *issue = cv_issue_retrieve(user, ISSUE_ID, CV_PRIORITY_USER);
    TEAM_DONE(issue != NULL);
    team_check(issue->record.source == CV_SOURCE_SHARED, "it is the owner's answer");
    cv_issue_free(issue);
}

static void wait_calls(void *user) {
    scene *self = user;
    cv_client *client = open_client(self, CV_DRIVE_THREAD);
    wait_rounds(self, wait_for_issue, client);
    cv_client_close(client);
}

/* ---- idle waiting ---- */

static int64_t cpu_us(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
           used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

/* The floor: wakes as often as a waiter does, and does nothing. */
static void poll_idly(void *user) {
    scene *self = user;
    struct pollfd quiet = {.fd = self->floor_sockets[WAITER_END], .events = POLLIN};
    team_await(&self->owned, 1);
    atomic_store(&self->waiting, 1);
    int64_t begun_us = cpu_us();
    for (int64_t left_ms = self->idle_ms; left_ms > 0; left_ms -= self->poll_ms) {
        poll(&quiet, 1, (int)(left_ms < self->poll_ms ? left_ms : self->poll_ms));
    }
    atomic_store(&self->idle_cpu_us, cpu_us() - begun_us);
    atomic_store(&self->woken, 1);
}

static void wait_idle_job(void *user) {
    scene *self = user;
    cv_blob result;
    cv_dedupe_store *jobs = open_jobs(self);
    team_await(&self->owned, 1);
    atomic_store(&self->waiting, 1);
    int64_t begun_us = cpu_us();
    team_check(
        !cv_dedupe_store_wait(jobs, self->call_hash, self->job_id, self->idle_ms, &result, NULL) &&
            cv_last_error()->code == CV_ERROR_TIMEOUT,
        "nobody has ended the job");
    atomic_store(&self->idle_cpu_us, cpu_us() - begun_us);
    atomic_store(&self->woken, 1);
    cv_dedupe_store_close(jobs);
}

static void wait_idle_call(void *user) {
    scene *self = user;
    waiter_count waiters;
    cv_client *client = open_client(self, CV_DRIVE_THREAD);
    team_await(&self->owned, 1);
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, ISSUE_ID, NULL);
    TEAM_DONE(request != NULL);
    open_count(self, &waiters); /* not to be counted, nor the start of the thread */
    await_one(&waiters);
    close_count(&waiters);
    atomic_store(&self->waiting, 1);
    int64_t begun_us = cpu_us();
    measure_sleep_us(self->idle_ms * 1000);
    atomic_store(&self->idle_cpu_us, cpu_us() - begun_us);
    team_check(!cv_request_done(request), "nobody has ended the job");
    atomic_store(&self->woken, 1);
    cv_request_wait(request, -1);
    cv_request_free(request);
    cv_client_close(client);
}

static void own_for_a_while(void *user) {
    scene *self = user;
    job_owner owner;
    open_owner(self, &owner);
    own_job(self, &owner);
    atomic_store(&self->owned, 1);
    team_await(&self->woken, 1);
    complete_job(self, &owner);
    close_owner(&owner);
}

/* ---- what a call is known by ---- */

/* A server that accepts connections and never says a word. */
static int listen_silently(scene *self) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    team_check(bind(descriptor, (struct sockaddr *)&address, size) == 0 &&
                   listen(descriptor, 8) == 0 &&
                   getsockname(descriptor, (struct sockaddr *)&address, &size) == 0,
               "there is a port");
    snprintf(self->base_url, sizeof(self->base_url), "http://127.0.0.1:%d/api",
             ntohs(address.sin_port));
    return descriptor;
}

/* Lets a client begin the call, and reads from the file what its job is called. */
static void find_hash(void *user) {
    scene *self = user;
    sqlite3 *connection = NULL;
    sqlite3_stmt *statement = NULL;
    cv_client *client = open_client(self, CV_DRIVE_POLL);
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, ISSUE_ID, NULL);
    TEAM_DONE(request != NULL);
    team_check(sqlite3_open(self->database, &connection) == SQLITE_OK &&
                   sqlite3_prepare_v2(connection, "SELECT hash FROM dedupe_jobs", -1, &statement,
                                      NULL) == SQLITE_OK,
               "jobs can be read");
    while (sqlite3_step(statement) != SQLITE_ROW) {
        team_check(sqlite3_reset(statement) == SQLITE_OK, "jobs can be read");
        cv_client_poll(client, 10);
    }
    snprintf(self->call_hash, sizeof(self->call_hash), "%s",
             (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    cv_request_free(request);
    cv_client_close(client);
}

/* ---- the whole ---- */

static void run_pair(scene *self, void (*owner)(void *), void (*waiter)(void *)) {
    atomic_store(&self->owned, 0);
    atomic_store(&self->waiting, 0);
    atomic_store(&self->woken, 0);
    pid_t waiting = team_start(waiter, self);
    pid_t owning = team_start(owner, self);
    team_join(owning);
    team_join(waiting);
}

typedef struct pair {
    void (*owner)(void *);
    void (*waiter)(void *);
} pair;

/* The floor's first. */
static void measure_wakeups(scene *self) {
    static const pair pairs[] = {
        {drive_floor, wait_floor}, {drive_jobs, wait_jobs}, {drive_jobs, wait_calls}};
    enum { PAIRS = sizeof(pairs) / sizeof(pairs[0]) };
    static const char *const names[PAIRS] = {NULL, "wake-up of cv_dedupe_store_wait (P6)",
                                             "wake-up of a client's call (P6)"};
    measure_samples *times = team_share(PAIRS * sizeof(times[0])); /* with the counts */
    for (int i = 0; i < PAIRS; i++) {
        times[i] = measure_room((size_t)(RUNS * self->rounds));
    }
    for (int i = 0; i < RUNS * PAIRS; i++) {
        self->times = &times[i % PAIRS];
        run_pair(self, pairs[i % PAIRS].owner, pairs[i % PAIRS].waiter);
    }
    for (int i = 1; i < PAIRS; i++) {
        measure_print_distribution(&(measure_distribution){
            names[i], &times[i], &times[0], {[MEASURE_P50] = 100.0, [MEASURE_P99] = 2000.0}});
    }
}

static double measure_idle(scene *self, void (*waiter)(void *)) {
    run_pair(self, own_for_a_while, waiter);
    return (double)atomic_load(&self->idle_cpu_us) / ((double)self->idle_ms * 1000.0) * 100.0;
}

static double measure_idle_floor(scene *self, int64_t poll_ms) {
    self->poll_ms = poll_ms;
    return measure_idle(self, poll_idly);
}

static void print_idle(const char *name, double *percents, double floor, measure_goal goal) {
    measure_print(
        &(measure_line){name, "% of a core", measure_median(percents, RUNS), floor, goal, 0.1});
}

static void measure_all_idle(scene *self) {
    double floors[RUNS];
    double jobs[RUNS];
    double calls[RUNS];
    double polls[RUNS];
    for (int i = 0; i < RUNS; i++) {
        floors[i] = measure_idle_floor(self, TOLD_LOOK_MS);
        jobs[i] = measure_idle(self, wait_idle_job);
        calls[i] = measure_idle(self, wait_idle_call);
        polls[i] = measure_idle_floor(self, UNTOLD_LOOK_MS);
    }
    double floor = measure_median(floors, RUNS);
    print_idle("idle cv_dedupe_store_wait (P6)", jobs, floor, MEASURE_FIGURE_BELOW);
    print_idle("idle client's call (P6)", calls, floor, MEASURE_FIGURE_BELOW);
    print_idle("a bare poll every 40 ms (P6)", polls, floor, MEASURE_NO_GOAL);
}

int main(int argument_count, char **arguments) {
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    scene *self = team_share(sizeof(*self));
    self->rounds = is_smoke ? SMOKE_ROUNDS : ROUNDS;
    self->idle_ms = is_smoke ? SMOKE_IDLE_MS : IDLE_MS;
    team_check(socketpair(AF_UNIX, SOCK_DGRAM, 0, self->floor_sockets) == 0, "there are sockets");
    team_make_folder(self->folder, true);
    team_path(self->database, self->folder, "comics.db");
    int server = listen_silently(self);
    team_run(find_hash, self);
    measure_wakeups(self);
    measure_all_idle(self);
    close(server);
    team_remove_folder(self->folder);
    return 0;
}
