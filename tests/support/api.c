/* Owns the set-up of the tests on the public headers. */
#include "support/api.h"

#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* ---- set-up ---- */

static api *start(api *self, const char *folder) {
    self->database = scratch_file(&self->scratch, "comics.db");
    const server_options options = {.folder = folder, .api_key = API_KEY};
    self->server = server_start(&options);
    assert_non_null(self->server);
    return self;
}

static api *new_api(void) {
    api *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    assert_true(scratch_make(&self->scratch));
    return self;
}

api *api_new(void) {
    return start(new_api(), CVI_FIXTURES "/comicvine");
}

api *api_new_on(const char *folder) {
    return start(new_api(), folder);
}

char *api_issue_text(int64_t id, const char *name) {
    char *text = NULL;
    int length = asprintf(&text,
                          "{\"error\":\"OK\",\"limit\":1,\"offset\":0,"
                          "\"number_of_page_results\":1,\"number_of_total_results\":1,"
                          "\"status_code\":1,\"results\":{\"id\":%" PRId64 ",\"name\":\"%s\"},"
                          "\"version\":\"1.0\"}",
                          id, name);
    assert_true(length > 0);
    return text;
}

static void write_issue(const scratch *folder, int64_t id) {
    char name[64];
    assert_true(snprintf(name, sizeof(name), "issue/4000-%" PRId64 ".json", id) > 0);
    char *text = api_issue_text(id, "One of many");
    FILE *file = fopen(scratch_file(folder, name).text, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(text);
}

api *api_new_with_issues(int64_t first_id, size_t count) {
    api *self = new_api();
    assert_int_equal(mkdir(scratch_file(&self->scratch, "issue").text, S_IRWXU), 0);
    for (size_t i = 0; i < count; i++) {
        write_issue(&self->scratch, first_id + (int64_t)i);
    }
    return start(self, self->scratch.folder);
}

api *api_new_with_list(size_t count) {
    api *self = new_api();
    FILE *file = fopen(scratch_file(&self->scratch, "issues.json").text, "w");
    assert_non_null(file);
    assert_true(fputs("{\"error\":\"OK\",\"status_code\":1,\"results\":[", file) >= 0);
    for (size_t id = 1; id <= count; id++) {
        assert_true(
            fprintf(file, "%s{\"id\":%zu,\"name\":\"Number %zu\"}", id > 1 ? "," : "", id, id) > 0);
    }
    assert_true(fputs("]}", file) >= 0);
    assert_int_equal(fclose(file), 0);
    return start(self, self->scratch.folder);
}

void api_end(api *self) {
    server_stop(self->server);
    assert_true(scratch_remove(&self->scratch));
    free(self);
}

int api_set_up(void **context) {
    *context = api_new();
    return 0;
}

int api_tear_down(void **context) {
    api_end(*context);
    return 0;
}

/* ---- clients ---- */

cv_options api_options(const api *self) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = API_KEY;
    options.base_url = server_base_url(self->server);
    options.database = self->database.text;
    options.max_retries = CV_NONE;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    return options;
}

cv_client *api_open(const api *self, const cv_options *options) {
    cv_options own = api_options(self);
    cv_client *client = cv_client_open(options != NULL ? options : &own);
    if (client == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return client;
}

static outcome outcome_of(const cv_issue *issue, const cv_error *error) {
    outcome result = {.code = CV_OK};
    if (issue != NULL) {
        result.id = issue->id;
        result.source = issue->record.source;
        return result;
    }
    result.code = error->code;
    result.retry_after_ms = error->retry_after_ms;
    result.http_status = error->http_status;
    result.api_status = error->api_status;
    result.retryable = error->retryable;
    memcpy(result.message, error->message, sizeof(result.message));
    return result;
}

outcome api_retrieve_with(cv_client *client, int64_t id, const cv_request_options *options) {
    const cv_issue *issue = cv_issue_retrieve_with(client, id, options);
    outcome result = outcome_of(issue, cv_last_error());
    cv_issue_free(issue);
    return result;
}

outcome api_retrieve(cv_client *client, int64_t id) {
    return api_retrieve_with(client, id, NULL);
}

outcome api_outcome_of(cv_request *request) {
    const cv_issue *issue = cv_issue_take(request);
    outcome result = outcome_of(issue, cv_request_error(request));
    cv_issue_free(issue);
    return result;
}

/* ---- the file, from outside ---- */

int64_t api_query(const api *self, const char *sql) {
    sqlite3 *connection = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(self->database.text, &connection, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    /* The library's own writers never keep the file for long, but they do not wait for us. */
    assert_int_equal(sqlite3_busy_timeout(connection, API_PATIENCE_MS), SQLITE_OK);
    if (sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    }
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
    return number;
}

void api_execute(const api *self, const char *sql) {
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open_v2(self->database.text, &connection, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(connection, API_PATIENCE_MS), SQLITE_OK);
    if (sqlite3_exec(connection, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    }
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

void api_query_until(const api *self, const char *sql, int64_t wanted) {
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    while (api_query(self, sql) < wanted) {
        assert_true(api_now_ms() < end_ms);
        sched_yield();
    }
}

static void assert_none_pending(const api *self) {
    assert_int_equal(api_query(self, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"),
                     0);
}

void api_lift_pauses(const api *self) {
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open_v2(self->database.text, &connection, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(connection, API_PATIENCE_MS), SQLITE_OK);
    assert_int_equal(sqlite3_exec(connection, "DELETE FROM rate_limit_cooldowns", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

void api_assert_nothing_left(const api *self) {
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache"), 0);
    assert_none_pending(self);
}

void api_assert_denial_left(const api *self) {
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache"), 1);
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache WHERE negative = 1"), 1);
    assert_none_pending(self);
}

void api_forget(const api *self) {
    api_query(self, "DELETE FROM cache RETURNING 1");
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache"), 0);
}

/* ---- the server ---- */

void api_break(const api *self, const server_fault *fault) {
    assert_true(server_fault_add(self->server, fault));
}

void api_await_requests(const api *self, size_t count) {
    assert_true(server_wait_for(self->server, API_ISSUE, count, API_PATIENCE_MS));
}
