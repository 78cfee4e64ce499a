/* Owns the stage and the judgement on errors. */
#include "torture/stage.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 200 };

static server *start_server(void) {
    server *started =
        server_start(&(server_options){.folder = CVI_FIXTURES "/comicvine", .api_key = API_KEY});
    assert_non_null(started);
    return started;
}

void stage_begin(stage *self) {
    memset(self, 0, sizeof(*self));
    self->world = api_new();
    self->elsewhere = start_server();
    self->companion_server = start_server();
    assert_true(shared_clock_open(&self->clock, stage_file(self, "clock").text));
    failing_allocator_init(&self->memory, 0, false);
}

void stage_end(stage *self) {
    shared_clock_close(&self->clock);
    server_stop(self->elsewhere);
    server_stop(self->companion_server);
    api_end(self->world);
}

scratch_path stage_file(const stage *self, const char *name) {
    return scratch_file(&self->world->scratch, name);
}

static void lead_astray(stage *self, size_t n) {
    assert_true(detour_open(&self->detour, self->fault->detour, n));
    self->detour.end = self->fault->end;
    self->detour.keeps_failing = self->fault->keeps_failing;
    self->options.transport = &self->detour.table;
}

void stage_set_options(stage *self, cv_drive drive, size_t n) {
    self->options = api_options(self->world);
    (void)snprintf(self->application, sizeof(self->application), "torture/%u", ++self->plays);
    self->options.application = self->application;
    self->options.drive = drive;
    self->options.allocator = &self->memory.allocator;
    self->options.clock = &self->clock.table;
    self->options.user = self;
    if (self->fault == NULL) {
        return;
    }
    self->options.max_wait_ms = CV_NO_WAIT;
    if (self->fault->is_slow) {
        self->options.timeout_ms = TIMEOUT_MS;
    }
    if (self->fault->seam == SEAM_TRANSFER) {
        lead_astray(self, n);
    }
}

void stage_open(stage *self) {
    self->client = api_open(self->world, &self->options);
}

void stage_close(stage *self) {
    cv_client_close(self->client);
    self->client = NULL;
}

void stage_advance(stage *self, int64_t duration_ms) {
    shared_clock_advance(&self->clock, duration_ms);
}

/* ---- judgement ---- */

static void check_message(const cv_error *error) {
    if (error->message[0] == '\0' || strpbrk(error->message, "\r\n") != NULL ||
        strstr(error->message, API_KEY) != NULL) {
        fail_msg("a bad message: %s", error->message);
    }
}

bool stage_ended(stage *self, bool is_well, const cv_error *error) {
    self->ends++;
    if (is_well) {
        return true;
    }
    if (!fault_explains(self->fault, error)) {
        fail_msg("%s: %s", cv_code_name(error->code), error->message);
    }
    self->keys_refused += error->code == CV_ERROR_AUTH ? 1 : 0;
    check_message(error);
    return false;
}

void stage_refused(stage *self, bool is_well, const cv_error *error, cv_code code) {
    if (is_well) {
        fail_msg("went well instead of ending with %s", cv_code_name(code));
    }
    if (error->code == code) {
        self->ends++;
        check_message(error);
        return;
    }
    stage_ended(self, false, error);
}

/* ---- issues ---- */

void stage_take_issue(stage *self, const cv_issue *issue, int64_t id) {
    if (stage_ended(self, issue != NULL, cv_last_error())) {
        assert_int_equal(issue->id, id);
        if (id == STAGE_ISSUE) {
            assert_string_equal(issue->name, STAGE_NAME);
        }
        cv_issue_free(issue);
    }
}

void stage_retrieve(stage *self, int64_t id, const cv_request_options *options) {
    stage_take_issue(self, cv_issue_retrieve_with(self->client, id, options), id);
}

void stage_finish(stage *self, cv_request *request, int64_t id) {
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_issue *issue = cv_issue_take(request);
    if (cv_request_error(request)->code == CV_OK) {
        stage_take_issue(self, issue, id);
        return;
    }
    assert_null(issue);
    stage_ended(self, false, cv_request_error(request));
}

/* ---- callbacks ---- */

static void note_call(cv_request *request, void *user) {
    stage *self = user;
    assert_true(cv_request_done(request));
    assert_true(self->calls_due > 0);
    self->calls_due--;
}

void stage_expect_call(stage *self, cv_request *request) {
    if (request != NULL) {
        self->calls_due++;
        cv_request_on_done(request, note_call, self);
    }
}
