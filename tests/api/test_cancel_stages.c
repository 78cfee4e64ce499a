/* Leaving in every stage: a table of ways in which a request can be stuck for much longer than a
 * test has patience, and of ways to end it early. Nothing here waits for the stage's own end, so
 * that it ends at all shows that it ends at once. A machine that stops for seconds is told from a
 * client that is late by trying again: it does not stop each time. */
#include "support/api_drive.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ISSUE = 52, OTHER_ISSUE = 61, PROMPT_MS = 5000, LONG_S = 600, FILLERS = 8, MOST_TRIES = 4 };

typedef struct scene {
    drive_scene drive;
    cv_options options;
    sqlite3 *lock;        /* holds the database, or NULL */
    cv_client *neighbour; /* another client on the file, or NULL */
    cv_request *owner;    /* its request */
    int plug;             /* a socket that listens and takes no connection, or -1 */
    int fillers[FILLERS]; /* those that wait to be taken */
    bool is_late;         /* it has not ended at once */
} scene;

static void start(scene *self) {
    self->drive.client = drive_open(&self->drive, &self->options);
}

static cv_request *ask(const scene *self, int64_t id, int64_t deadline_ms) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.deadline_ms = deadline_ms;
    options.max_wait_ms = CV_WAIT_FOREVER;
    cv_request *request = cv_request_retrieve(self->drive.client, CV_ISSUE, id, &options);
    assert_non_null(request);
    return request;
}

/* ---- the stages ---- */

/* Somebody else has the database, from before the request's first look at it. */
static void begin_locked(scene *self) {
    start(self);
    assert_int_equal(sqlite3_open(self->drive.self->database.text, &self->lock), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(self->lock, API_PATIENCE_MS), SQLITE_OK);
    assert_int_equal(sqlite3_exec(self->lock, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
}

static void end_locked(scene *self) {
    assert_int_equal(sqlite3_exec(self->lock, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(self->lock), SQLITE_OK);
    self->lock = NULL;
}

/* Another client fetches it, and the service takes its time. */
static void begin_watching(scene *self) {
    start(self);
    drive_hold(&self->drive);
    self->neighbour = drive_open(&self->drive, &self->options);
    self->owner = cv_request_retrieve(self->neighbour, CV_ISSUE, ISSUE, NULL);
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    while (drive_requests(&self->drive) < 1) {
        assert_true(api_now_ms() < end_ms);
        cv_client_poll(self->neighbour, 1);
    }
}

static void end_watching(scene *self) {
    drive_release(&self->drive);
    assert_true(cv_request_wait(self->owner, API_PATIENCE_MS));
    cv_request_free(self->owner);
    cv_client_close(self->neighbour);
    self->neighbour = NULL;
}

static void use_up(scene *self) {
    assert_int_equal(api_retrieve(self->drive.client, OTHER_ISSUE).code, CV_OK);
}

static void begin_limit(scene *self) {
    self->options.rate_limit.limit = 1;
    self->options.rate_limit.kind = CV_LIMIT_SLIDING;
    start(self);
    use_up(self);
}

static void begin_interval(scene *self) {
    self->options.rate_limit.min_interval_ms = LONG_S * 1000;
    start(self);
    use_up(self);
}

/* The service has answered another call so. */
static void begin_refused(scene *self, const server_fault *refusal, cv_code code) {
    start(self);
    api_break(self->drive.self, refusal);
    assert_int_equal(api_retrieve(self->drive.client, OTHER_ISSUE).code, code);
}

static void begin_cooldown(scene *self) {
    const server_fault limited = {
        .http_status = 429, .body = "", .headers = {{"Retry-After", "600"}}};
    begin_refused(self, &limited, CV_ERROR_RATE_LIMITED);
}

static void begin_blocked(scene *self) {
    const server_fault banned = {
        .http_status = 403, .body = "", .headers = {{"Retry-After", "600"}}};
    begin_refused(self, &banned, CV_ERROR_BLOCKED);
}

static void end_refused(scene *self) {
    api_lift_pauses(self->drive.self);
}

static void begin_backoff(scene *self) {
    const server_fault failing = {
        .http_status = 500, .body = "", .headers = {{"Retry-After", "600"}}};
    self->options.max_retries = 2;
    start(self);
    api_break(self->drive.self, &failing);
}

/* The kernel drops the knocks at a door behind which nobody takes those who stand there. */
static void begin_connecting(scene *self) {
    char url[64];
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    self->plug = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(self->plug >= 0);
    assert_int_equal(bind(self->plug, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(self->plug, 0), 0);
    assert_int_equal(getsockname(self->plug, (struct sockaddr *)&address, &size), 0);
    for (size_t i = 0; i < FILLERS; i++) {
        self->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        assert_true(self->fillers[i] >= 0);
        int connected = connect(self->fillers[i], (struct sockaddr *)&address, sizeof(address));
        assert_true(connected == 0 || connected == -1); /* it goes on by itself */
    }
    assert_true(snprintf(url, sizeof(url), "http://127.0.0.1:%d/api", ntohs(address.sin_port)) > 0);
    self->options.base_url = url;
    self->options.connect_timeout_ms = LONG_S * 1000;
    self->options.timeout_ms = LONG_S * 1000;
    start(self);
    self->options.base_url = server_base_url(self->drive.self->server);
}

static void begin_receiving(scene *self) {
    self->options.timeout_ms = LONG_S * 1000;
    start(self);
    drive_hold(&self->drive);
}

static void end_receiving(scene *self) {
    drive_release(&self->drive);
}

static void begin_dripping(scene *self) {
    const server_fault drip = {.kind = SERVER_FAULT_DRIP, .piece_size = 1, .interval_ms = 10000};
    self->options.timeout_ms = LONG_S * 1000;
    start(self);
    api_break(self->drive.self, &drip);
}

typedef struct stage {
    const char *name;
    void (*begin)(scene *self);
    void (*end)(scene *self); /* lets those go on who have stayed; NULL: nothing does, in time */
    size_t sent;              /* requests that the server has seen when it is stuck */
    cv_code expired;          /* what a deadline makes of it */
} stage;

static const stage stages[] = {
    {"locked database", begin_locked, end_locked, 0, CV_ERROR_STORE},
    {"another's job", begin_watching, end_watching, 1, CV_ERROR_TIMEOUT},
    {"limit", begin_limit, NULL, 1, CV_ERROR_TIMEOUT},
    {"interval", begin_interval, NULL, 1, CV_ERROR_TIMEOUT},
    {"cool-down", begin_cooldown, end_refused, 1, CV_ERROR_TIMEOUT},
    {"blocked", begin_blocked, end_refused, 1, CV_ERROR_TIMEOUT},
    {"back-off", begin_backoff, NULL, 1, CV_ERROR_TIMEOUT},
    {"connecting", begin_connecting, NULL, 0, CV_ERROR_TIMEOUT},
    {"receiving", begin_receiving, end_receiving, 1, CV_ERROR_TIMEOUT},
    {"receiving the body", begin_dripping, NULL, 1, CV_ERROR_TIMEOUT},
};

/* ---- set-up ---- */

static void set_up(scene *self, cv_drive drive) {
    memset(self, 0, sizeof(*self));
    self->plug = -1;
    self->drive.self = api_new();
    self->drive.drive = drive;
    self->options = api_options(self->drive.self);
}

static void close_plug(scene *self) {
    if (self->plug < 0) {
        return;
    }
    for (size_t i = 0; i < FILLERS; i++) {
        assert_int_equal(close(self->fillers[i]), 0);
    }
    assert_int_equal(close(self->plug), 0);
}

/* What was under way is broken off with the client. */
static void tear_down(scene *self) {
    cv_client_close(self->drive.client);
    drive_release(&self->drive);
    close_plug(self);
    api_end(self->drive.self);
}

/* Lets the client come as far as it can. */
static void get_stuck(const scene *self, const stage *in, const cv_request *request) {
    drive_until_sent(&self->drive, in->sent);
    for (int i = 0; i < 20; i++) {
        cv_client_poll(self->drive.client, 5);
    }
    if (cv_request_done(request)) {
        fail_msg("%s: %s", in->name, cv_request_error(request)->message);
    }
}

static void note_promptness(scene *self, const stage *in, int64_t start_ms) {
    int64_t took_ms = api_now_ms() - start_ms;
    if (took_ms >= PROMPT_MS) {
        print_message("%s: %d ms\n", in->name, (int)took_ms);
        self->is_late = true;
    }
}

static void check_code(const stage *in, const cv_request *request, cv_code code) {
    if (cv_request_error(request)->code != code) {
        fail_msg("%s: %s", in->name, cv_request_error(request)->message);
    }
}

/* No job is left behind for others to wait for, unless its request has been sent. */
static void check_nothing_kept(const scene *self) {
    drive_until(&self->drive, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'", 0);
}

/* ---- ways to leave ---- */

static void leave_by_cancel(scene *self, const stage *in) {
    cv_request *request = ask(self, ISSUE, 0);
    get_stuck(self, in, request);
    int64_t start_ms = api_now_ms();
    cv_request_cancel(request);
    assert_true(cv_request_done(request));
    note_promptness(self, in, start_ms);
    check_code(in, request, CV_ERROR_CANCELLED);
    cv_request_free(request);
}

static void *cancel_it(void *request) {
    cv_request_cancel(request);
    return NULL;
}

/* The owner is inside a wait without end, or about to be. */
static void leave_by_another_thread(scene *self, const stage *in) {
    pthread_t thread;
    cv_request *request = ask(self, ISSUE, 0);
    get_stuck(self, in, request);
    int64_t start_ms = api_now_ms();
    assert_int_equal(pthread_create(&thread, NULL, cancel_it, request), 0);
    assert_true(cv_request_wait(request, -1));
    assert_int_equal(pthread_join(thread, NULL), 0);
    note_promptness(self, in, start_ms);
    check_code(in, request, CV_ERROR_CANCELLED);
    cv_request_free(request);
}

/* Asks with this deadline, one way or the other, and answers what the call came to. */
typedef cv_code deadline_call(const scene *self, int64_t deadline_ms);

static cv_code wait_for_deadline(const scene *self, int64_t deadline_ms) {
    cv_request *request = ask(self, ISSUE, deadline_ms);
    assert_true(cv_request_wait(request, -1));
    cv_code code = cv_request_error(request)->code;
    cv_request_free(request);
    return code;
}

static cv_code block_until_deadline(const scene *self, int64_t deadline_ms) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.deadline_ms = deadline_ms;
    options.max_wait_ms = CV_WAIT_FOREVER;
    return api_retrieve_with(self->drive.client, ISSUE, &options).code;
}

/* On a slow machine a short deadline is over before the client has come to the stage at all, which
 * is a time-out of its own: a longer one then. */
static void expire(scene *self, const stage *in, deadline_call *call) {
    cv_code code = CV_ERROR_TIMEOUT;
    int64_t deadline_ms = 50;
    do {
        deadline_ms *= 2;
        assert_true(deadline_ms < API_PATIENCE_MS);
        int64_t start_ms = api_now_ms();
        code = call(self, deadline_ms);
        note_promptness(self, in, start_ms + deadline_ms);
        assert_true(api_now_ms() - start_ms >= deadline_ms);
    } while (code != in->expired && code == CV_ERROR_TIMEOUT);
    assert_string_equal(cv_code_name(code), cv_code_name(in->expired));
}

static void leave_by_deadline(scene *self, const stage *in) {
    expire(self, in, wait_for_deadline);
}

static void leave_by_blocking_deadline(scene *self, const stage *in) {
    expire(self, in, block_until_deadline);
}

static void leave_by_close(scene *self, const stage *in) {
    cv_request *request = ask(self, ISSUE, 0);
    get_stuck(self, in, request);
    int64_t start_ms = api_now_ms();
    cv_client_close(self->drive.client);
    self->drive.client = NULL;
    note_promptness(self, in, start_ms);
    check_code(in, request, CV_ERROR_CLOSED);
    cv_request_free(request);
}

/* One of two leaves: the other one stays where it is, and has its answer when it can be had. */
static void one_of_two_leaves(scene *self, const stage *in) {
    cv_request *leaving = ask(self, ISSUE, 0);
    cv_request *staying = ask(self, ISSUE, 0);
    get_stuck(self, in, leaving);
    cv_request_cancel(leaving);
    cv_request_free(leaving);
    get_stuck(self, in, staying);
    if (in->end != NULL) {
        in->end(self);
        assert_true(cv_request_wait(staying, API_PATIENCE_MS));
        check_code(in, staying, CV_OK);
        assert_int_equal(server_request_count(self->drive.self->server, "/api/issue/4000-52/"), 1);
    }
    cv_request_free(staying);
}

typedef void way_to_leave(scene *self, const stage *in);

/* False: it was late. */
static bool leaves_promptly(cv_drive drive, const stage *in, way_to_leave *leave) {
    scene self;
    set_up(&self, drive);
    in->begin(&self);
    leave(&self, in);
    if (self.lock != NULL || self.neighbour != NULL) {
        in->end(&self);
    }
    tear_down(&self);
    return !self.is_late;
}

static void in_every_stage(cv_drive drive, way_to_leave *leave) {
    for (size_t i = 0; i < API_COUNT(stages); i++) {
        for (int tries = 1; !leaves_promptly(drive, &stages[i], leave); tries++) {
            assert_true(tries < MOST_TRIES);
        }
    }
}

#define LEAVING(leave)                                                                             \
    static void test_##leave##_thread(void **context) {                                            \
        (void)context;                                                                             \
        in_every_stage(CV_DRIVE_THREAD, leave);                                                    \
    }                                                                                              \
    static void test_##leave##_poll(void **context) {                                              \
        (void)context;                                                                             \
        in_every_stage(CV_DRIVE_POLL, leave);                                                      \
    }

LEAVING(leave_by_cancel)
LEAVING(leave_by_another_thread)
LEAVING(leave_by_deadline)
LEAVING(leave_by_blocking_deadline)
LEAVING(leave_by_close)
LEAVING(one_of_two_leaves)

/* ---- between clients ---- */

static void wait_for_watcher(const scene *self) {
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    while (api_query(self->drive.self, "SELECT count(*) FROM dedupe_waiters") == 0) {
        assert_true(api_now_ms() < end_ms);
        cv_client_poll(self->neighbour, 1);
        cv_client_poll(self->drive.client, 1);
    }
}

/* The owner of a job gives up between two tries: whoever waits for it takes it over. */
static void owner_leaves(cv_drive drive) {
    scene self;
    set_up(&self, drive);
    begin_backoff(&self);
    cv_request *request = ask(&self, ISSUE, 0);
    drive_until_sent(&self.drive, 1);
    self.neighbour = drive_open(&self.drive, &self.options);
    self.owner = cv_request_retrieve(self.neighbour, CV_ISSUE, ISSUE, NULL);
    wait_for_watcher(&self);
    assert_false(cv_request_done(self.owner));
    cv_request_cancel(request);
    cv_client_poll(self.drive.client, 0);
    assert_true(cv_request_wait(self.owner, API_PATIENCE_MS));
    assert_ended(self.owner, CV_OK);
    assert_int_equal(drive_requests(&self.drive), 2);
    check_nothing_kept(&self);
    cv_request_free(self.owner);
    cv_request_free(request);
    cv_client_close(self.neighbour);
    tear_down(&self);
}

static void test_the_job_of_who_leaves_goes_to_the_next(void **context) {
    (void)context;
    owner_leaves(CV_DRIVE_THREAD);
    owner_leaves(CV_DRIVE_POLL);
}

/* Whoever only waits for a job leaves without a trace in it. */
static void test_a_watcher_that_leaves_changes_nothing(void **context) {
    (void)context;
    scene self;
    set_up(&self, CV_DRIVE_POLL);
    begin_watching(&self);
    cv_request *request = ask(&self, ISSUE, 0);
    wait_for_watcher(&self);
    cv_request_cancel(request);
    cv_request_free(request);
    cv_client_poll(self.drive.client, 0);
    drive_release(&self.drive);
    assert_true(cv_request_wait(self.owner, API_PATIENCE_MS));
    assert_ended(self.owner, CV_OK);
    assert_int_equal(drive_requests(&self.drive), 1);
    end_watching(&self);
    tear_down(&self);
}

int main(void) {
#define BOTH(leave) cmocka_unit_test(test_##leave##_thread), cmocka_unit_test(test_##leave##_poll)
    const struct CMUnitTest tests[] = {
        BOTH(leave_by_cancel),
        BOTH(leave_by_another_thread),
        BOTH(leave_by_deadline),
        BOTH(leave_by_blocking_deadline),
        BOTH(leave_by_close),
        BOTH(one_of_two_leaves),
        cmocka_unit_test(test_the_job_of_who_leaves_goes_to_the_next),
        cmocka_unit_test(test_a_watcher_that_leaves_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
