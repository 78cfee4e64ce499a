/* Owns the scenes of opening, closing and driving a client. */
#include <poll.h>
#include <sqlite3.h>

#include "torture/scene.h"

enum { CALLS_UNDER_WAY = 3 };

static cv_client *open_with(stage *self, const cv_options *options) {
    cv_client *client = cv_client_open(options);
    stage_ended(self, client != NULL, cv_last_error());
    return client;
}

static void open_and_close(stage *self) {
    cv_client_close(open_with(self, &self->options));
}

static void open_with_a_bound(stage *self) {
    cv_options options = self->options;
    options.max_memory_bytes = 1 << 20;
    cv_client_close(open_with(self, &options));
}

/* Cache, jobs and limit each have a file. */
static void open_three_files(stage *self) {
    const scratch_path cache = stage_file(self, STAGE_CACHE_FILE);
    const scratch_path jobs = stage_file(self, STAGE_JOBS_FILE);
    cv_options options = self->options;
    options.cache.database = cache.text;
    options.dedupe.database = jobs.text;
    self->client = open_with(self, &options);
    if (self->client != NULL) {
        stage_retrieve(self, STAGE_ISSUE, NULL);
    }
    stage_close(self);
}

static void live_in_memory(stage *self) {
    cv_options options = self->options;
    options.database = ":memory:";
    self->client = open_with(self, &options);
    if (self->client != NULL) {
        stage_retrieve(self, STAGE_ISSUE, NULL);
        stage_retrieve(self, STAGE_ISSUE, NULL);
    }
    stage_close(self);
}

/* In no transaction of ours; but SQLite cannot end one without memory, if there is none to the end.
 */
static void check_given_back(const stage *self, sqlite3 *connection) {
    bool has_memory = self->fault == NULL || self->fault->seam != SEAM_SQLITE_MEMORY ||
                      !self->fault->keeps_failing;
    assert_true(sqlite3_get_autocommit(connection) == 1 || !has_memory);
}

/* The application's own connection is what may not come about here, without our doing. */
static void borrow_a_connection(stage *self) {
    sqlite3 *connection = NULL;
    cv_options options = self->options;
    if (sqlite3_open(self->world->database.text, &connection) == SQLITE_OK) {
        options.database = NULL;
        options.connection = connection;
        self->client = open_with(self, &options);
        if (self->client != NULL) {
            stage_retrieve(self, STAGE_ISSUE, NULL);
        }
        stage_close(self);
        check_given_back(self, connection);
    }
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

/* ---- closing ---- */

static void note_closed(cv_request *request, void *user) {
    stage *self = user;
    assert_true(cv_request_done(request));
    assert_true(self->calls_due > 0);
    self->calls_due--;
}

/* They wait at the server until the client is gone. */
static void close_under_way(stage *self) {
    cv_request *requests[CALLS_UNDER_WAY];
    assert_true(server_hold(self->world->server, NULL));
    for (size_t i = 0; i < CALLS_UNDER_WAY; i++) {
        requests[i] = i == 0 ? cv_request_list(self->client, CV_ISSUE, NULL, NULL)
                             : cv_request_retrieve(self->client, CV_ISSUE, STAGE_ISSUE, NULL);
        if (requests[i] != NULL) {
            self->calls_due++;
            cv_request_on_done(requests[i], note_closed, self);
        }
    }
    for (int i = 0; i < CALLS_UNDER_WAY; i++) {
        cv_client_poll(self->client, 0);
    }
    stage_close(self);
    server_release(self->world->server, SERVER_ALL);
    for (size_t i = 0; i < CALLS_UNDER_WAY; i++) {
        assert_true(cv_request_done(requests[i]));
        stage_refused(self, cv_request_error(requests[i])->code == CV_OK,
                      cv_request_error(requests[i]), CV_ERROR_CLOSED);
        cv_request_free(requests[i]);
    }
}

/* ---- driving ---- */

static bool all_are_done(cv_request *const *requests, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!cv_request_done(requests[i])) {
            return false;
        }
    }
    return true;
}

/* The descriptor says when to poll; where there is none, the next deadline does. */
static void wait_for_work(const stage *self) {
    int descriptor = cv_client_fd(self->client);
    int64_t due_ms = cv_client_next_deadline(self->client);
    int timeout_ms = due_ms < 0 || due_ms > API_PATIENCE_MS ? API_PATIENCE_MS : (int)due_ms;
    struct pollfd watched = {.fd = descriptor, .events = POLLIN};
    if (descriptor >= 0) {
        assert_int_equal(poll(&watched, 1, API_PATIENCE_MS), 1);
    } else {
        assert_true(poll(NULL, 0, timeout_ms) >= 0);
    }
}

static void drive_by_the_descriptor(stage *self) {
    cv_request *requests[] = {
        cv_request_retrieve(self->client, CV_ISSUE, STAGE_ISSUE, NULL),
        cv_request_retrieve(self->client, CV_ISSUE, STAGE_OTHER_ISSUE, NULL),
    };
    while (!all_are_done(requests, API_COUNT(requests))) {
        wait_for_work(self);
        cv_client_poll(self->client, 0);
    }
    stage_finish(self, requests[0], STAGE_ISSUE);
    stage_finish(self, requests[1], STAGE_OTHER_ISSUE);
    cv_request_free(requests[0]);
    cv_request_free(requests[1]);
}

/* Each call brings the work on by one piece. */
static void drive_in_slices(stage *self) {
    cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, STAGE_ISSUE, NULL);
    while (!cv_request_done(request)) {
        cv_client_poll_for(self->client, 0);
    }
    stage_finish(self, request, STAGE_ISSUE);
    cv_request_free(request);
}

static void suspend_and_resume(stage *self) {
    cv_request *before = cv_request_retrieve(self->client, CV_ISSUE, STAGE_ISSUE, NULL);
    cv_client_poll(self->client, 0);
    cv_client_suspend(self->client);
    cv_request *meanwhile = cv_request_retrieve(self->client, CV_ISSUE, STAGE_OTHER_ISSUE, NULL);
    cv_client_poll(self->client, 0);
    cv_client_resume(self->client);
    stage_finish(self, before, STAGE_ISSUE);
    stage_finish(self, meanwhile, STAGE_OTHER_ISSUE);
    cv_request_free(before);
    cv_request_free(meanwhile);
}

/* Two clients of one program ask for the same; one of them asks the service. */
static void share_between_clients(stage *self) {
    cv_options options = self->options;
    options.transport = NULL; /* which belongs to one client */
    cv_client *second = open_with(self, &options);
    if (second == NULL) {
        return;
    }
    cv_request *requests[] = {cv_request_retrieve(self->client, CV_ISSUE, STAGE_ISSUE, NULL),
                              cv_request_retrieve(second, CV_ISSUE, STAGE_ISSUE, NULL)};
    while (!all_are_done(requests, API_COUNT(requests))) {
        cv_client_poll(self->client, 1);
        cv_client_poll(second, 1);
    }
    stage_finish(self, requests[0], STAGE_ISSUE);
    stage_finish(self, requests[1], STAGE_ISSUE);
    cv_request_free(requests[0]);
    cv_client_close(second);
    cv_request_free(requests[1]);
}

static const scene scenes[] = {
    {.name = "open a new file", .play = open_and_close, .opens_itself = true, .is_alone = true},
    {.name = "open", .play = open_and_close, .opens_itself = true},
    {.name = "open with a bound", .play = open_with_a_bound, .opens_itself = true},
    {.name = "three files", .play = open_three_files, .opens_itself = true, .is_alone = true},
    {.name = "in memory", .play = live_in_memory, .opens_itself = true, .is_alone = true},
    {.name = "borrowed connection", .play = borrow_a_connection, .opens_itself = true},
    {.name = "close under way", .play = close_under_way, .drive = CV_DRIVE_POLL},
    {.name = "drive by descriptor", .play = drive_by_the_descriptor, .drive = CV_DRIVE_POLL},
    {.name = "drive in slices", .play = drive_in_slices, .drive = CV_DRIVE_POLL},
    {.name = "suspend and resume", .play = suspend_and_resume, .drive = CV_DRIVE_POLL},
    {.name = "two clients", .play = share_between_clients, .drive = CV_DRIVE_POLL},
};

const scene_list life_scenes = SCENE_LIST(scenes);
