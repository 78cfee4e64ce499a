/* Programs on this library: a client each, all on one file, with one key, as they would be in three
 * processes. The library's clock and network are the day's. */
#include <comicvine.h>
#include <comicvine/sys/clock.h>
#include <comicvine/sys/transport.h>
#include <stdlib.h>
#include <string.h>

#include "day/run.h"
#include "team.h"

enum { DAY_TTL_S = 24 * 3600, KEPT_FOR_USERS = 40 };

#define WHOLE_TURN_US                                                                              \
    INT64_C(1000000000000) /* as long as there is work: nothing hangs on speed                     \
                            */
#define START_BOOT_MS INT64_C(7200000)
#define START_WALL_MS INT64_C(1767571200000) /* 2026-01-05 00:00:00 UTC */
#define TURNS_MAX     1000000

typedef struct shared_call {
    struct shared *home;
    cv_request *request; /* NULL: none under way */
} shared_call;

/* A program's way to the network. */
typedef struct shared_line {
    struct shared *home;
    day_program program;
    cv_client *client;
} shared_line;

typedef struct shared {
    day_run *run;
    shared_line lines[DAY_PROGRAMS];
    shared_call *calls; /* one for each task */
} shared;

/* ---- clock and network ---- */

static cv_now look(void *user) {
    const shared *self = user;
    return (cv_now){START_BOOT_MS + self->run->now_ms, START_WALL_MS + self->run->now_ms};
}

static bool start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    const shared_line *line = user;
    day_run *run = line->home->run;
    day_network_send(&run->network, run->now_ms, line->program, request->url, transfer);
    return true;
}

static void answer(void *user, void *token, int status, const day_text *body) {
    (void)user;
    cv_transfer *transfer = token;
    bool is_taken = cv_transfer_body(transfer, body->bytes, body->length);
    cv_transfer_complete(transfer, is_taken ? CV_TRANSFER_ANSWERED : CV_TRANSFER_BROKEN, status,
                         NULL);
    cv_transfer_release(transfer);
}

/* ---- clients ---- */

static void open_client(shared_line *line, const char *database, int64_t kept_for_users) {
    static const char *const applications[DAY_PROGRAMS] = {"manager/1", "reader/1", "tagger/1"};
    cv_clock clock = CV_CLOCK_INIT;
    cv_transport transport = CV_TRANSPORT_INIT;
    cv_options options = CV_OPTIONS_INIT;
    clock.now = look;
    clock.user = line->home;
    clock.boot_id = "a simulated day";
    transport.start = start;
    transport.user = line;
    options.api_key = "a key that is not checked";
    options.application = applications[line->program];
    options.database = database;
    options.drive = CV_DRIVE_POLL;
    options.max_wait_ms = CV_WAIT_FOREVER;
    options.relaxed_sync = true; /* nothing here waits for the disk */
    options.cache.ttl_s = DAY_TTL_S;
    options.rate_limit.adaptive.min_user_reserved = kept_for_users;
    options.clock = &clock;
    options.transport = &transport;
    line->client = cv_client_open(&options);
    TEAM_DONE(line->client != NULL);
}

static void *open_with(day_run *run, const char *folder, int64_t kept_for_users) {
    char database[TEAM_PATH_MAX];
    shared *self = calloc(1, sizeof(*self));
    team_check(self != NULL, "there is memory for the programs");
    self->run = run;
    self->calls = calloc(run->scenario->task_count, sizeof(*self->calls));
    team_check(self->calls != NULL, "there is memory for the programs");
    for (size_t i = 0; i < run->scenario->task_count; i++) {
        self->calls[i].home = self;
    }
    team_path(database, folder, "comics.db");
    for (int program = 0; program < DAY_PROGRAMS; program++) {
        self->lines[program] = (shared_line){.home = self, .program = (day_program)program};
        open_client(&self->lines[program], database, kept_for_users);
    }
    return self;
}

static void *open_shared(day_run *run, const char *folder) {
    return open_with(run, folder, 0);
}

static void *open_reserved(day_run *run, const char *folder) {
    return open_with(run, folder, KEPT_FOR_USERS);
}

static void close_shared(void *user) {
    shared *self = user;
    for (size_t i = 0; i < self->run->scenario->task_count; i++) {
        cv_request_free(self->calls[i].request);
    }
    for (int program = 0; program < DAY_PROGRAMS; program++) {
        cv_client_close(self->lines[program].client);
    }
    free(self->calls);
    free(self);
}

/* ---- calls ---- */

static void take(cv_request *request, void *user) {
    shared_call *call = user;
    shared *self = call->home;
    size_t task = (size_t)(call - self->calls);
    bool is_answered = cv_request_error(request)->code == CV_OK;
    const cv_issue *issue =
        is_answered ? cv_issue_take(request) : NULL; /* not of lists and others */
    char revision[DAY_TIME_MAX] = "";
    if (issue != NULL && strlen(issue->date_last_updated) < sizeof(revision)) {
        memcpy(revision, issue->date_last_updated, strlen(issue->date_last_updated) + 1);
    }
    cv_issue_free(issue);
    cv_request_free(request);
    call->request = NULL;
    day_run_ended(self->run, task, is_answered, revision);
}

static void begin(void *user, size_t task, const day_access *access) {
    static const cv_resource resources[DAY_RESOURCES] = {CV_ISSUE, CV_VOLUME, CV_CHARACTER};
    shared *self = user;
    const day_task *its = &self->run->scenario->tasks[task];
    cv_client *client = self->lines[its->program].client;
    shared_call *call = &self->calls[task];
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.priority = its->is_users ? CV_PRIORITY_USER : CV_PRIORITY_BACKGROUND;
    options.mode = access->is_refresh ? CV_MODE_REFRESH : CV_MODE_DEFAULT;
    if (access->id != 0) {
        call->request =
            cv_request_retrieve(client, resources[access->resource], access->id, &options);
    } else {
        cv_query query = CV_QUERY_INIT;
        query.filter = access->filter;
        call->request = cv_request_list(client, resources[access->resource], &query, &options);
    }
    cv_request_on_done(call->request, take, call);
}

/* ---- turns ---- */

static bool is_due(const shared *self) {
    for (int program = 0; program < DAY_PROGRAMS; program++) {
        if (cv_client_next_deadline(self->lines[program].client) == 0) {
            return true;
        }
    }
    return false;
}

static void work(void *user) {
    shared *self = user;
    int turns = 0;
    do {
        for (int program = 0; program < DAY_PROGRAMS; program++) {
            cv_client_poll_for(self->lines[program].client, WHOLE_TURN_US);
        }
        team_check(++turns < TURNS_MAX, "work comes to an end");
    } while (is_due(self));
}

static int64_t due_ms(void *user) {
    const shared *self = user;
    int64_t due_ms = DAY_NEVER_MS;
    for (int program = 0; program < DAY_PROGRAMS; program++) {
        int64_t wait_ms = cv_client_next_deadline(self->lines[program].client);
        if (wait_ms >= 0 && self->run->now_ms + wait_ms < due_ms) {
            due_ms = self->run->now_ms + wait_ms;
        }
    }
    return due_ms;
}

const day_way day_shared = {
    .open = open_shared,
    .close = close_shared,
    .begin = begin,
    .answer = answer,
    .work = work,
    .due_ms = due_ms,
};

const day_way day_reserved = {
    .open = open_reserved,
    .close = close_shared,
    .begin = begin,
    .answer = answer,
    .work = work,
    .due_ms = due_ms,
};
