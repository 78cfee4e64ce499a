/* Owns the scenes of answers that are old, asked for anew, denied, or wanted from the cache alone.
 */
#include "torture/scene.h"

enum { A_DAY_MS = 86400000 };

static void retrieve(stage *self) {
    stage_retrieve(self, STAGE_ISSUE, NULL);
}

/* What is cached is past its time. */
static void retrieve_and_wait(stage *self) {
    retrieve(self);
    stage_advance(self, A_DAY_MS);
}

static void retrieve_in_mode(stage *self, cv_mode mode) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = mode;
    stage_retrieve(self, STAGE_ISSUE, &options);
}

static void refresh(stage *self) {
    retrieve_in_mode(self, CV_MODE_REFRESH);
}

static void ask_the_cache(stage *self) {
    retrieve_in_mode(self, CV_MODE_CACHE_ONLY);
}

static void ask_an_empty_cache(stage *self) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    const cv_issue *issue = cv_issue_retrieve_with(self->client, STAGE_OTHER_ISSUE, &options);
    stage_refused(self, issue != NULL, cv_last_error(), CV_ERROR_NOT_CACHED);
}

/* Given at once, and fetched anew behind it. */
static void revalidate(stage *self) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.stale = CV_STALE_WHILE_REVALIDATE;
    stage_retrieve(self, STAGE_ISSUE, &options);
    stage_retrieve(self, STAGE_OTHER_ISSUE, NULL);
}

/* The service fails, and an old answer stands in. Where that cannot be read, the call fails with
 * what it would have stood in for. */
static void stand_in(stage *self) {
    const server_fault failing = {.path = API_ISSUE, .http_status = 500, .body = ""};
    api_break(self->world, &failing);
    const cv_issue *issue = cv_issue_retrieve(self->client, STAGE_ISSUE, CV_PRIORITY_USER);
    if (issue != NULL) {
        assert_int_equal(issue->record.source == CV_SOURCE_STALE, issue->record.stale != NULL);
    }
    if (issue == NULL && self->fault != NULL) {
        stage_refused(self, false, cv_last_error(), CV_ERROR_SERVER);
    } else {
        stage_take_issue(self, issue, STAGE_ISSUE);
    }
    server_faults_clear(self->world->server);
}

/* Asks whether what is cached still holds: 304. */
static void validate(stage *self) {
    server_set_validators(self->world->server, true);
    retrieve(self);
    server_set_validators(self->world->server, false);
}

static void retrieve_with_validators(stage *self) {
    server_set_validators(self->world->server, true);
    retrieve_and_wait(self);
}

/* Twice: the second time the cache knows. */
static void ask_for_nothing(stage *self) {
    for (int i = 0; i < 2; i++) {
        const cv_issue *issue = cv_issue_retrieve(self->client, STAGE_NO_ISSUE, CV_PRIORITY_USER);
        stage_refused(self, issue != NULL, cv_last_error(), CV_ERROR_NOT_FOUND);
    }
}

/* The pause before the next try is over as soon as it is told. */
static void skip_the_pause(const cv_event *event, void *user) {
    if (event->kind == CV_EVENT_RETRY) {
        stage_advance(user, event->delay_ms);
    }
}

/* Fails once, and goes well when it is tried again. */
static void try_again(stage *self) {
    enum { SHORT_MS = 10 };
    const server_fault failing = {.path = API_ISSUE, .http_status = 502, .body = ""};
    cv_options options = self->options;
    options.max_retries = 2;
    options.max_wait_ms = 0;
    options.on_event = skip_the_pause;
    self->client = cv_client_open(&options);
    if (!stage_ended(self, self->client != NULL, cv_last_error())) {
        return;
    }
    api_break(self->world, &failing);
    cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, STAGE_ISSUE, NULL);
    while (!cv_request_done(request)) {
        cv_client_poll(self->client, SHORT_MS);
    }
    stage_finish(self, request, STAGE_ISSUE);
    cv_request_free(request);
    server_faults_clear(self->world->server);
    stage_close(self);
}

static const scene scenes[] = {
    {.name = "refresh", .prepare = retrieve, .play = refresh, .drive = CV_DRIVE_POLL},
    {.name = "cache alone", .prepare = retrieve, .play = ask_the_cache, .drive = CV_DRIVE_POLL},
    {.name = "cache alone, empty", .play = ask_an_empty_cache, .drive = CV_DRIVE_POLL},
    {.name = "cache alone, old",
     .prepare = retrieve_and_wait,
     .play = ask_the_cache,
     .drive = CV_DRIVE_POLL},
    {.name = "old and fetched anew",
     .prepare = retrieve_and_wait,
     .play = retrieve,
     .drive = CV_DRIVE_POLL},
    {.name = "old while revalidating",
     .prepare = retrieve_and_wait,
     .play = revalidate,
     .drive = CV_DRIVE_POLL},
    {.name = "old for an error",
     .prepare = retrieve_and_wait,
     .play = stand_in,
     .drive = CV_DRIVE_POLL},
    {.name = "validated",
     .prepare = retrieve_with_validators,
     .play = validate,
     .drive = CV_DRIVE_POLL},
    {.name = "denied", .play = ask_for_nothing, .drive = CV_DRIVE_POLL},
    {.name = "tried again", .play = try_again, .drive = CV_DRIVE_POLL, .opens_itself = true},
};

const scene_list age_scenes = SCENE_LIST(scenes);
