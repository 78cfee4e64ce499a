/* A service that echoes the key in every form that text takes on its way, in bodies and headers:
 * nothing of it is in the files, in messages, events, lines of the log, records, raw texts, error
 * rows or tokens. All that the program is told goes into a file beside the database, and then every
 * byte of every file is looked through. */
#include "support/api.h"
#include "support/byte_search.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ID = 1000, FORMS = 7, FORM_BYTES = 512 };

/* One that needs escapes nearly everywhere, and one as the service's own are. */
#define ODD_KEY   "odd/key+with=signs&100%/of:\"them\""
#define PLAIN_KEY API_KEY

typedef struct scene {
    api *self;
    const char *key;
    cv_client *client;
    pthread_mutex_t mutex;
    FILE *told;
    size_t lines;
    char forms[FORMS][FORM_BYTES];
} scene;

/* ---- the forms ---- */

typedef void write_byte(char *out, unsigned byte);

static void as_is(char *out, unsigned byte) {
    assert_true(snprintf(out, 16, "%c", (int)byte) > 0);
}

static void as_upper_percent(char *out, unsigned byte) {
    assert_true(snprintf(out, 16, "%%%02X", byte) > 0);
}

static void as_lower_percent(char *out, unsigned byte) {
    assert_true(snprintf(out, 16, "%%%02x", byte) > 0);
}

static void as_percent_twice(char *out, unsigned byte) {
    assert_true(snprintf(out, 16, "%%25%02X", byte) > 0);
}

static void as_json_unicode(char *out, unsigned byte) {
    assert_true(snprintf(out, 16, "\\u%04x", byte) > 0);
}

static void as_json_short(char *out, unsigned byte) {
    const char *escape = byte == '/' || byte == '"' || byte == '\\' ? "\\" : "";
    assert_true(snprintf(out, 16, "%s%c", escape, (int)byte) > 0);
}

static void as_html(char *out, unsigned byte) {
    assert_true(snprintf(out, 16, "&#x%X;", byte) > 0);
}

static write_byte *const writers[FORMS] = {
    as_is,           as_upper_percent, as_lower_percent, as_percent_twice,
    as_json_unicode, as_json_short,    as_html};

static void write_forms(scene *self) {
    for (size_t form = 0; form < FORMS; form++) {
        char *out = self->forms[form];
        for (const char *next = self->key; *next != '\0'; next++) {
            writers[form](out, (unsigned char)*next);
            out += strlen(out);
        }
    }
}

/* ---- what is told ---- */

static void tell(scene *self, const char *what, const char *text) {
    pthread_mutex_lock(&self->mutex);
    assert_true(fprintf(self->told, "%s: %s\n", what, text != NULL ? text : "") > 0);
    self->lines++;
    pthread_mutex_unlock(&self->mutex);
}

/* The worker may be telling more. */
static size_t lines_told(scene *self) {
    pthread_mutex_lock(&self->mutex);
    size_t lines = self->lines;
    pthread_mutex_unlock(&self->mutex);
    return lines;
}

static void take_event(const cv_event *event, void *user) {
    tell(user, cv_event_name(event->kind), event->reason);
}

static void take_line(cv_log_level level, const char *line, void *user) {
    (void)level;
    tell(user, "log", line);
}

static void tell_record(scene *self, const cv_record *record) {
    size_t length = 0;
    char *json = cv_record_json(record);
    assert_non_null(json);
    tell(self, "json", json);
    cv_free(json);
    const char *raw = cv_record_raw(record, &length);
    assert_non_null(raw);
    tell(self, "raw", raw);
}

/* ---- set-up ---- */

static int set_up(void **context, const char *key) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    self->self = api_new();
    self->key = key;
    server_stop(self->self->server);
    self->self->server =
        server_start(&(server_options){.folder = CVI_FIXTURES "/comicvine", .api_key = key});
    assert_non_null(self->self->server);
    assert_int_equal(pthread_mutex_init(&self->mutex, NULL), 0);
    self->told = fopen(scratch_file(&self->self->scratch, "told").text, "w");
    assert_non_null(self->told);
    write_forms(self);
    cv_options options = api_options(self->self);
    options.api_key = key;
    options.rate_limit.circuit_failures = CV_NONE;
    options.on_event = take_event;
    options.on_log = take_line;
    options.log_level = CV_LOG_DEBUG;
    options.user = self;
    self->client = api_open(self->self, &options);
    *context = self;
    return 0;
}

static int set_up_plain(void **context) {
    return set_up(context, PLAIN_KEY);
}

static int set_up_odd(void **context) {
    return set_up(context, ODD_KEY);
}

static int tear_down(void **context) {
    scene *self = *context;
    cv_client_close(self->client);
    if (self->told != NULL) {
        assert_int_equal(fclose(self->told), 0);
    }
    api_end(self->self);
    pthread_mutex_destroy(&self->mutex);
    free(self);
    return 0;
}

/* ---- searching ---- */

static void look_through(const scene *self) {
    size_t files = 0;
    for (size_t form = 0; form < FORMS; form++) {
        if (byte_search_files(&self->self->scratch, self->forms[form], &files) != 0) {
            fail_msg("a file holds %s", self->forms[form]);
        }
    }
}

/* While the client is open, with log and index beside the file, and afterwards. What is known to be
 * there must be found, or the search would prove nothing. */
static void check_bytes(scene *self, const char *known) {
    size_t files = 0;
    assert_int_equal(fflush(self->told), 0);
    assert_true(byte_search_files(&self->self->scratch, known, &files) > 0);
    assert_true(files >= 5); /* database, -wal, -shm, .gate, what was told */
    look_through(self);
    cv_client_close(self->client);
    self->client = NULL;
    assert_int_equal(fflush(self->told), 0);
    look_through(self);
}

/* ---- the tests ---- */

static char *print(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *print(const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    assert_true(vasprintf(&text, format, arguments) > 0);
    va_end(arguments);
    return text;
}

static void break_with(const scene *self, const char *body, unsigned http_status,
                       const char *location) {
    const server_fault fault = {.http_status = http_status,
                                .body = body,
                                .headers = {{"ETag", body},
                                            {"Last-Modified", body},
                                            {"X-Echo", body},
                                            {location != NULL ? "Location" : NULL, location}}};
    api_break(self->self, &fault);
}

/* Within quotes of JSON a quote must be escaped, or the answer is none. */
static bool is_json_text(const char *form) {
    return strchr(form, '"') == NULL || strstr(form, "\\\"") != NULL;
}

/* As good answers: what is stored and decoded. */
static void test_in_answers(void **context) {
    scene *self = *context;
    size_t good = 0;
    for (size_t form = 0; form < FORMS; form++) {
        int64_t id = FIRST_ID + (int64_t)form;
        char *body = print("{\"error\":\"OK %s\",\"limit\":1,\"offset\":0,"
                           "\"number_of_page_results\":1,\"number_of_total_results\":1,"
                           "\"status_code\":1,\"results\":{\"id\":%d,\"name\":\"Echo of %s\","
                           "\"unheard_of\":\"known text %s\"},\"version\":\"1.0\"}",
                           self->forms[form], (int)id, self->forms[form], self->forms[form]);
        break_with(self, body, 0, NULL);
        const cv_issue *issue = cv_issue_retrieve(self->client, id, CV_PRIORITY_USER);
        assert_true(issue != NULL || !is_json_text(self->forms[form]));
        if (issue != NULL) {
            tell_record(self, &issue->record);
            good++;
        } else {
            tell(self, "error", cv_last_error()->message);
        }
        cv_issue_free(issue);
        free(body);
    }
    assert_true(good >= FORMS - 1);
    check_bytes(self, "known text");
}

static void expect_failure(scene *self, int64_t id) {
    const cv_issue *issue = cv_issue_retrieve(self->client, id, CV_PRIORITY_USER);
    assert_null(issue);
    tell(self, "error", cv_last_error()->message);
    api_lift_pauses(self->self);
}

/* In what the service refuses with: messages, error rows, remembered denials. */
static void test_in_refusals(void **context) {
    static const struct {
        unsigned http_status;
        const char *body;
    } refusals[] = {
        {401, "{\"error\":\"known text %s\",\"status_code\":100,\"results\":[]}"},
        {200, "{\"error\":\"known text %s\",\"status_code\":101,\"results\":[]}"},
        {200, "{\"error\":\"known text %s\",\"status_code\":104,\"results\":[]}"},
        {420, "{\"error\":\"known text %s\",\"status_code\":107,\"results\":[]}"},
        {200, "{\"error\":\"known text %s\",\"status_code\":999,\"results\":[]}"},
        {403, "<html><head><title>known text %s</title></head><body>%1$s</body></html>"},
        {200, "<html><head><title>known text %s</title></head><body>%1$s</body></html>"},
        {500, "known text %s"},
        {200, "known text %s"},
        {200, "{\"%s\":\"%1$s"},
    };
    scene *self = *context;
    for (size_t form = 0; form < FORMS; form++) {
        for (size_t i = 0; i < API_COUNT(refusals); i++) {
            char *body = NULL;
            assert_true(asprintf(&body, refusals[i].body, self->forms[form]) > 0);
            break_with(self, body, refusals[i].http_status, NULL);
            expect_failure(self, FIRST_ID + (int64_t)(form * API_COUNT(refusals) + i));
            free(body);
        }
    }
    assert_true(lines_told(self) > FORMS * API_COUNT(refusals));
    check_bytes(self, "known text");
}

/* In addresses that it redirects to: the key is taken out as a parameter of its own name, and an
 * address that holds it elsewhere is not followed, nor told. */
static void test_in_redirects(void **context) {
    static const char *const locations[] = {
        "/api/issue/4000-52/?format=json&api_key=%s",
        "http://127.0.0.2:1/api/issue/4000-52/?api_key=%s",
        "/api/%s/issue/4000-52/",
        "/api/issue/4000-52/?next=%s",
    };
    scene *self = *context;
    for (size_t form = 0; form < FORMS; form++) {
        for (size_t i = 0; i < API_COUNT(locations); i++) {
            char *location = NULL;
            assert_true(asprintf(&location, locations[i], self->forms[form]) > 0);
            break_with(self, "", 302, location);
            cv_request_options options = CV_REQUEST_OPTIONS_INIT;
            options.mode = CV_MODE_REFRESH;
            const cv_issue *issue = cv_issue_retrieve_with(self->client, 52, &options);
            tell(self, "redirected", issue != NULL ? issue->name : cv_last_error()->message);
            assert_true(i == 0 || issue == NULL);
            cv_issue_free(issue);
            free(location);
        }
    }
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_REFRESH;
    assert_int_equal(api_retrieve_with(self->client, 52, &options).code, CV_OK);
    check_bytes(self, "The Long Night on Wharf Street");
}

/* A walk whose pages hold it, and its token. */
static void test_in_walks(void **context) {
    scene *self = *context;
    for (size_t form = 0; form < FORMS; form++) {
        if (!is_json_text(self->forms[form])) {
            continue;
        }
        char *body = print("{\"error\":\"OK\",\"limit\":1,\"offset\":0,"
                           "\"number_of_page_results\":1,\"number_of_total_results\":2,"
                           "\"status_code\":1,\"results\":[{\"id\":%d,\"name\":\"known text %s\"}],"
                           "\"version\":\"1.0\"}",
                           FIRST_ID, self->forms[form]);
        cv_query query = CV_QUERY_INIT;
        query.limit = 1;
        query.fields = form % 2 == 0 ? "name" : "name,deck";
        break_with(self, body, 0, NULL);
        cv_cursor *cursor = cv_cursor_open(self->client, CV_ISSUE, &query, CV_PRIORITY_USER);
        assert_non_null(cursor);
        const cv_issue *issue = cv_issue_next(cursor);
        assert_non_null(issue);
        tell_record(self, &issue->record);
        char *token = cv_cursor_token(cursor);
        assert_non_null(token);
        tell(self, "token", token);
        cv_free(token);
        cv_cursor_close(cursor);
        api_forget(self->self);
        free(body);
    }
    check_bytes(self, "known text");
}

int main(void) {
#define BOTH_KEYS(test)                                                                            \
    {#test " (plain)", test, set_up_plain, tear_down, NULL}, {                                     \
#test " (odd)", test, set_up_odd, tear_down, NULL                                          \
    }
    const struct CMUnitTest tests[] = {
        BOTH_KEYS(test_in_answers),
        BOTH_KEYS(test_in_refusals),
        BOTH_KEYS(test_in_redirects),
        BOTH_KEYS(test_in_walks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
