/* Owns the world of the tests on replaced networks and clocks. */
#include "support/sys_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

void sys_begin(sys_world *self, own_manner manner) {
    memset(self, 0, sizeof(*self));
    assert_true(scratch_make(&self->scratch));
    self->database = scratch_file(&self->scratch, "comics.db");
    own_network_init(&self->network, manner);
    self->network.answer = (own_answer){.http_status = 200, .body = SYS_ISSUE(52)};
    self->options = (cv_options)CV_OPTIONS_INIT;
    self->options.api_key = SYS_KEY;
    self->options.base_url = SYS_BASE;
    self->options.database = self->database.text;
    self->options.max_retries = CV_NONE;
    self->options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    self->options.transport = &self->network.table;
}

void sys_end(sys_world *self) {
    own_network_end(&self->network);
    assert_true(scratch_remove(&self->scratch));
}

static cv_now look(void *user) {
    const sys_timed *self = user;
    return self->now;
}

int sys_timed_set_up(void **state, own_manner manner) {
    sys_timed *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    sys_begin(&self->world, manner);
    self->now = SYS_START;
    self->clock = (cv_clock)CV_CLOCK_INIT;
    self->clock.now = look;
    self->clock.user = self;
    self->clock.boot_id = "simulation";
    self->world.options.clock = &self->clock;
    self->world.options.drive = CV_DRIVE_POLL;
    *state = self;
    return 0;
}

int sys_timed_tear_down(void **state) {
    sys_timed *self = *state;
    sys_end(&self->world);
    free(self);
    return 0;
}

cv_client *sys_open(const sys_world *self) {
    cv_client *client = cv_client_open(&self->options);
    if (client == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return client;
}

outcome sys_retrieve(cv_client *client, int64_t id) {
    outcome result = {.code = CV_OK};
    const cv_issue *issue = cv_issue_retrieve(client, id, CV_PRIORITY_USER);
    if (issue != NULL) {
        result.id = issue->id;
        result.source = issue->record.source;
        cv_issue_free(issue);
        return result;
    }
    const cv_error *error = cv_last_error();
    result.code = error->code;
    result.http_status = error->http_status;
    result.retryable = error->retryable;
    result.retry_after_ms = error->retry_after_ms;
    memcpy(result.message, error->message, sizeof(result.message));
    return result;
}

void sys_await_transfers(sys_world *self, cv_request *request, size_t count) {
    while (own_network_count(&self->network) < count) {
        assert_false(cv_request_wait(request, 1));
    }
}

cv_request *sys_begin_request(sys_world *self, cv_client *client) {
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 52, NULL);
    assert_non_null(request);
    sys_await_transfers(self, request, 1);
    return request;
}

outcome sys_fetch(const sys_world *self) {
    cv_client *client = sys_open(self);
    outcome result = sys_retrieve(client, 52);
    cv_client_close(client);
    return result;
}

void sys_check_issue(const outcome *got, cv_source source) {
    assert_string_equal(got->message, "");
    assert_int_equal(got->id, 52);
    assert_int_equal(got->source, source);
}

void sys_check_error(const outcome *got, cv_code code, const char *words) {
    assert_string_equal(cv_code_name(got->code), cv_code_name(code));
    if (strstr(got->message, words) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", words, got->message);
    }
    assert_null(strstr(got->message, SYS_KEY));
}

int64_t sys_query(const sys_world *self, const char *sql) {
    sqlite3 *file = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(self->database.text, &file), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(file, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(file), SQLITE_OK);
    return number;
}

int64_t sys_counted(const sys_world *self) {
    return sys_query(self, "SELECT count(*) FROM rate_limits");
}

void sys_write(const sys_world *self, const char *name, const char *text, size_t size) {
    FILE *file = fopen(scratch_file(&self->scratch, name).text, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}
