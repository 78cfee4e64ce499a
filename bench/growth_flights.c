/* What a client's poll costs while more and more requests are under way, one to a thousand: its own
 * at a service that says nothing, beside bare libcurl with as many; and such as wait for another
 * process's jobs. Then how soon one of these is told of its job's end, beside a datagram. */
#include <comicvine.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "issue_body.h"
#include "measure.h"
#include "support/digest.h"
#include "team.h"

enum {
    RUNS = 5,
    POLLS = 300, /* of each run */
    SMOKE_POLLS = 5,
    POLL_PAUSE_US = 1000,
    WAKES = 40, /* of each run */
    SMOKE_WAKES = 2,
    SETTLE_US = 3000,
    SMOKE_STEPS = 2,
    FLIGHTS_MAX = 1000,
    BACKLOG = 2048,
    PATIENCE_MS = 60000
};

static const int steps[] = {1, 3, 10, 30, 100, 300, FLIGHTS_MAX};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

enum { OWNER_END, WAITER_END, ENDS };

/* Shared by all processes. */
typedef struct scene {
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    char base_url[64];
    int flights;
    int polls;
    int wakes;
    int run;
    double own_us[RUNS]; /* processor time of a poll */
    double bare_us[RUNS];
    double waiting_us[RUNS];
    measure_samples woken;
    measure_samples floor;
    int floor_sockets[ENDS];
    atomic_int owned;
    atomic_int asleep; /* wakes that the waiter is ready for */
    atomic_int awake;
    _Atomic int64_t begun_ns;
} scene;

/* ---- polls ---- */

/* Processor time of each, with pauses between, so that what is done now and then is in it. */
static double time_polls_us(const scene *self, void (*poll_once)(void *user), void *user) {
    int64_t busy_ns = 0;
    for (int i = 0; i < self->polls; i++) {
        measure_sleep_us(POLL_PAUSE_US);
        int64_t begun_ns = measure_busy_now_ns();
        poll_once(user);
        busy_ns += measure_busy_now_ns() - begun_ns;
    }
    return (double)busy_ns / 1000.0 / self->polls;
}

static void settle(void (*poll_once)(void *user), void *user) {
    for (int i = 0; i < 50; i++) {
        poll_once(user);
        measure_sleep_us(POLL_PAUSE_US);
    }
}

/* ---- the client ---- */

static cv_client *open_client(const scene *self) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "a key that is not checked";
    options.base_url = self->base_url;
    options.database = self->database;
    options.drive = CV_DRIVE_POLL;
    options.relaxed_sync = true;
    options.rate_limit.kind = CV_LIMIT_NONE;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    options.dedupe.lease_ms = PATIENCE_MS;
    options.timeout_ms = PATIENCE_MS;
    options.max_wait_ms = CV_WAIT_FOREVER;
    options.cache.disabled = true; /* else one that was woken would be a hit the next time */
    cv_client *client = cv_client_open(&options);
    TEAM_DONE(client != NULL);
    return client;
}

static void poll_client(void *user) {
    cv_client_poll(user, 0);
}

static cv_request *ask(cv_client *client, int64_t id) {
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, id, NULL);
    TEAM_DONE(request != NULL);
    return request;
}

static void ask_all(cv_client *client, cv_request **requests, int count) {
    for (int i = 0; i < count; i++) {
        requests[i] = ask(client, i + 1);
    }
    settle(poll_client, client);
    for (int i = 0; i < count; i++) {
        team_check(!cv_request_done(requests[i]), "nobody answers");
    }
}

static void free_all(cv_request **requests, int count) {
    for (int i = 0; i < count; i++) {
        cv_request_free(requests[i]);
    }
}

/* Requests of its own, which are sent and not answered. */
static void poll_own(void *user) {
    scene *self = user;
    static cv_request *requests[FLIGHTS_MAX];
    cv_client *client = open_client(self);
    ask_all(client, requests, self->flights);
    self->own_us[self->run] = time_polls_us(self, poll_client, client);
    free_all(requests, self->flights);
    cv_client_close(client);
}

/* ---- the same without the library ---- */

static void poll_curl(void *user) {
    int running;
    team_check(curl_multi_perform(user, &running) == CURLM_OK && running > 0, "they go on");
}

static void poll_bare(void *user) {
    scene *self = user;
    static CURL *requests[FLIGHTS_MAX];
    CURLM *multi = curl_multi_init();
    team_check(multi != NULL, "libcurl can be begun");
    for (int i = 0; i < self->flights; i++) {
        requests[i] = curl_easy_init();
        team_check(curl_easy_setopt(requests[i], CURLOPT_URL, self->base_url) == CURLE_OK &&
                       curl_multi_add_handle(multi, requests[i]) == CURLM_OK,
                   "an address can be fetched");
    }
    settle(poll_curl, multi);
    self->bare_us[self->run] = time_polls_us(self, poll_curl, multi);
    for (int i = 0; i < self->flights; i++) {
        curl_multi_remove_handle(multi, requests[i]);
        curl_easy_cleanup(requests[i]);
    }
    curl_multi_cleanup(multi);
}

/* ---- jobs of another process ---- */

typedef struct job {
    char hash[CVI_HASH_SIZE];
    char id[CV_JOB_ID_SIZE];
} job;

/* The key of an issue at an address that is not the service's own. */
static void name_job(const scene *self, job *named, int64_t id) {
    char text[128];
    int length = snprintf(text, sizeof(text), "%s\nissue/4000-%lld", self->base_url, (long long)id);
    cvi_hash_hex(text, (size_t)length, named->hash);
}

static cv_dedupe_store *own_all(const scene *self, job *jobs, int count) {
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.database = self->database;
    options.lease_ms = PATIENCE_MS;
    cv_dedupe_store *store = cv_dedupe_store_open(&options);
    TEAM_DONE(store != NULL);
    for (int i = 0; i < count; i++) {
        bool is_ours = false;
        name_job(self, &jobs[i], i + 1);
        TEAM_DONE(cv_dedupe_store_register(store, jobs[i].hash, jobs[i].id, &is_ours));
        team_check(is_ours, "nobody else works on it");
    }
    return store;
}

/* Owns a job for each request and each wake, ends one for each wake, and drops the others. */
static void own(void *user) {
    scene *self = user;
    static job jobs[FLIGHTS_MAX + WAKES];
    char body[ISSUE_BODY_LEAST];
    cv_dedupe_store *store = own_all(self, jobs, self->flights + self->wakes);
    atomic_store(&self->owned, 1);
    for (int i = 0; i < self->wakes; i++) {
        team_await(&self->asleep, i + 1);
        measure_sleep_us(SETTLE_US);
        issue_body_write(body, sizeof(body), i + 1);
        atomic_store(&self->begun_ns, measure_now_ns());
        TEAM_DONE(cv_dedupe_store_complete(store, jobs[i].hash, jobs[i].id, body, sizeof(body)));
        team_await(&self->awake, i + 1);
    }
    team_await(&self->asleep, self->wakes + 1); /* the client is closed */
    cv_dedupe_store_close(store);
}

static void wait_for_one(scene *self, cv_request *request, int wake) {
    atomic_store(&self->asleep, wake + 1);
    team_check(cv_request_wait(request, PATIENCE_MS), "its job ends");
    measure_add(&self->woken, measure_now_ns() - atomic_load(&self->begun_ns));
    team_check(cv_request_error(request)->code == CV_OK, cv_request_error(request)->message);
    atomic_store(&self->awake, wake + 1);
}

/* As many requests wait at each wake: for one that was told of its job's end there is a new one. */
static void wait_for_jobs(void *user) {
    scene *self = user;
    static cv_request *requests[FLIGHTS_MAX + WAKES];
    cv_client *client = open_client(self);
    team_await(&self->owned, 1);
    ask_all(client, requests, self->flights);
    self->waiting_us[self->run] = time_polls_us(self, poll_client, client);
    for (int i = 0; i < self->wakes; i++) {
        wait_for_one(self, requests[i], i);
        requests[self->flights + i] = ask(client, self->flights + i + 1);
        cv_client_poll(client, 0);
    }
    free_all(requests, self->flights + self->wakes);
    cv_client_close(client);
    atomic_store(&self->asleep, self->wakes + 1);
}

/* ---- a datagram ---- */

static void wait_for_datagrams(void *user) {
    scene *self = user;
    struct pollfd wanted = {.fd = self->floor_sockets[WAITER_END], .events = POLLIN};
    for (int i = 0; i < self->wakes; i++) {
        char message;
        atomic_store(&self->asleep, i + 1);
        poll(&wanted, 1, -1);
        team_check(recv(wanted.fd, &message, 1, 0) == 1, "a datagram has come");
        measure_add(&self->floor, measure_now_ns() - atomic_load(&self->begun_ns));
        atomic_store(&self->awake, i + 1);
    }
}

static void send_datagrams(void *user) {
    scene *self = user;
    for (int i = 0; i < self->wakes; i++) {
        team_await(&self->asleep, i + 1);
        measure_sleep_us(SETTLE_US);
        atomic_store(&self->begun_ns, measure_now_ns());
        team_check(send(self->floor_sockets[OWNER_END], "!", 1, 0) == 1, "a datagram can be sent");
        team_await(&self->awake, i + 1);
    }
}

/* ---- the whole ---- */

static void run_pair(scene *self, void (*owner)(void *), void (*waiter)(void *)) {
    atomic_store(&self->owned, 0);
    atomic_store(&self->asleep, 0);
    atomic_store(&self->awake, 0);
    pid_t owning = team_start(owner, self);
    pid_t waiting = team_start(waiter, self);
    team_join(waiting);
    team_join(owning);
}

/* Connections are taken by the kernel, and nobody ever reads from them. */
static int listen_silently(scene *self) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    team_check(bind(descriptor, (const struct sockaddr *)&address, size) == 0 &&
                   listen(descriptor, BACKLOG) == 0 &&
                   getsockname(descriptor, (struct sockaddr *)&address, &size) == 0,
               "there is a port");
    snprintf(self->base_url, sizeof(self->base_url), "http://127.0.0.1:%u/api",
             (unsigned)ntohs(address.sin_port));
    return descriptor;
}

/* A fresh server and a fresh file for each run: what was asked before is not in the way. */
static void with_server(scene *self, void (*run)(void *)) {
    int server = listen_silently(self);
    team_make_folder(self->folder, true);
    team_path(self->database, self->folder, "comics.db");
    team_run(run, self);
    close(server);
    team_remove_folder(self->folder);
}

static void run_jobs(void *user) {
    run_pair(user, own, wait_for_jobs);
}

static void print_step(scene *self) {
    double x = self->flights;
    measure_print_point(&(measure_point){"flights", "poll, own requests", x, "us",
                                         measure_median(self->own_us, RUNS),
                                         measure_median(self->bare_us, RUNS)});
    measure_print_point(&(measure_point){"flights", "poll, waiting for others", x, "us",
                                         measure_median(self->waiting_us, RUNS), 0.0});
    measure_print_point(&(measure_point){"wakes", "wake-up of one", x, "us",
                                         measure_percentile(&self->woken, 50.0),
                                         measure_percentile(&self->floor, 50.0)});
}

static void measure_step(scene *self, int flights) {
    self->flights = flights;
    self->woken.count = 0;
    self->floor.count = 0;
    for (self->run = 0; self->run < RUNS; self->run++) {
        with_server(self, poll_bare);
        with_server(self, poll_own);
        run_pair(self, send_datagrams, wait_for_datagrams);
        with_server(self, run_jobs);
    }
    print_step(self);
}

int main(int argument_count, char **arguments) {
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    size_t count = is_smoke ? SMOKE_STEPS : STEPS;
    scene *self = team_share(sizeof(*self));
    self->polls = is_smoke ? SMOKE_POLLS : POLLS;
    self->wakes = is_smoke ? SMOKE_WAKES : WAKES;
    self->woken = measure_room(RUNS * WAKES);
    self->floor = measure_room(RUNS * WAKES);
    team_check(socketpair(AF_UNIX, SOCK_DGRAM, 0, self->floor_sockets) == 0, "there are sockets");
    for (size_t i = 0; i < count; i++) {
        measure_step(self, steps[i]);
    }
    return 0;
}
