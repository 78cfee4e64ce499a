/* Owns the scenes of requests, callbacks, events and cancelling. */
#include <string.h>

#include "torture/scene.h"

enum { EVENTS_MAX = 64 };

static cv_request *ask(stage *self, int64_t id) {
    return cv_request_retrieve(self->client, CV_ISSUE, id, NULL);
}

static void call_back(stage *self) {
    cv_request *first = ask(self, STAGE_ISSUE);
    cv_request *second = ask(self, STAGE_OTHER_ISSUE);
    stage_expect_call(self, first);
    stage_expect_call(self, second);
    while (self->calls_due > 0) {
        cv_client_poll(self->client, API_PATIENCE_MS);
    }
    stage_finish(self, first, STAGE_ISSUE);
    stage_finish(self, second, STAGE_OTHER_ISSUE);
    cv_request_free(first);
    cv_request_free(second);
}

/* Two who ask for the same travel together, and one of them leaves; the answer waits for that. */
static void cancel_one_of_two(stage *self) {
    assert_true(server_hold(self->world->server, NULL));
    cv_request *first = ask(self, STAGE_ISSUE);
    cv_request *second = ask(self, STAGE_ISSUE);
    stage_expect_call(self, first);
    stage_expect_call(self, second);
    cv_request_cancel(first);
    assert_true(cv_request_wait(first, API_PATIENCE_MS));
    stage_refused(self, cv_request_error(first)->code == CV_OK, cv_request_error(first),
                  CV_ERROR_CANCELLED);
    server_release(self->world->server, SERVER_ALL);
    stage_finish(self, second, STAGE_ISSUE);
    cv_request_free(first);
    cv_request_free(second);
}

/* Freed while the answer is on its way. Nobody is called back for it. */
static void leave_under_way(stage *self) {
    assert_true(server_hold(self->world->server, NULL));
    cv_request *request = ask(self, STAGE_ISSUE);
    cv_client_poll(self->client, 0);
    cv_client_poll(self->client, 0);
    cv_request_free(request);
    server_release(self->world->server, SERVER_ALL);
    stage_retrieve(self, STAGE_OTHER_ISSUE, NULL);
}

/* Whether the answer or the deadline is first is not said; one of them is. */
static void ask_with_a_deadline(stage *self) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.deadline_ms = 1;
    cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, STAGE_ISSUE, &options);
    stage_advance(self, 1);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_issue *issue = cv_issue_take(request);
    if (cv_request_error(request)->code == CV_OK) {
        stage_take_issue(self, issue, STAGE_ISSUE);
    } else {
        assert_null(issue);
        stage_refused(self, false, cv_request_error(request), CV_ERROR_TIMEOUT);
    }
    cv_request_free(request);
}

/* ---- events and log ---- */

typedef struct audience {
    size_t done; /* requests whose end was told */
    size_t events;
    size_t bad_lines; /* those that a worker writes cannot fail the test by themselves */
} audience;

static void hear(const cv_event *event, void *user) {
    audience *self = user;
    assert_true(event->reason != NULL);
    self->events++;
    self->done += event->kind == CV_EVENT_DONE;
}

static void take_line(cv_log_level level, const char *line, void *user) {
    audience *self = user;
    self->bad_lines += level == CV_LOG_DEFAULT || strstr(line, API_KEY) != NULL;
}

/* An event may be lost without memory, but not the last one of a request. */
static void tell(stage *self) {
    audience heard = {0};
    cv_options options = self->options;
    options.on_event = hear;
    options.on_log = take_line;
    options.log_level = CV_LOG_DEBUG;
    options.user = &heard;
    self->client = cv_client_open(&options);
    if (!stage_ended(self, self->client != NULL, cv_last_error())) {
        return;
    }
    cv_request *request = ask(self, STAGE_ISSUE);
    stage_expect_call(self, request);
    stage_finish(self, request, STAGE_ISSUE);
    assert_int_equal(heard.done, request != NULL ? 1 : 0);
    assert_in_range(heard.events, heard.done, EVENTS_MAX);
    cv_request_free(request);
    stage_close(self);
    assert_int_equal(heard.done, request != NULL ? 1 : 0);
    assert_int_equal(heard.bad_lines, 0);
}

static const scene scenes[] = {
    {.name = "callbacks", .play = call_back, .drive = CV_DRIVE_POLL},
    {.name = "callbacks with a worker", .play = call_back, .drive = CV_DRIVE_THREAD},
    {.name = "cancel one of two", .play = cancel_one_of_two, .drive = CV_DRIVE_POLL},
    {.name = "cancel with a worker", .play = cancel_one_of_two, .drive = CV_DRIVE_THREAD},
    {.name = "free under way", .play = leave_under_way, .drive = CV_DRIVE_POLL},
    {.name = "deadline", .play = ask_with_a_deadline, .drive = CV_DRIVE_POLL},
    {.name = "events and log", .play = tell, .drive = CV_DRIVE_POLL, .opens_itself = true},
    {.name = "events with a worker", .play = tell, .drive = CV_DRIVE_THREAD, .opens_itself = true},
};

const scene_list request_scenes = SCENE_LIST(scenes);
