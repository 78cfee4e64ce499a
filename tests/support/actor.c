/* A program that asks for issues, for tests that need further processes.
 *
 *     actor name=value...
 *
 * It opens a client and says "ready", or the outcome of that. On each line "retrieve ID" it starts
 * its threads, the i-th of which submits a request for ID + i * step; says "asked" when all have;
 * then each one's outcome, and "done". On "read ID" its only thread makes a blocking call instead,
 * and says the outcome. On "walk SIZE" it walks through all issues in pages of that size, and on
 * "many COUNT" asks for the issues 1 to COUNT at once; both say an outcome whose id is the number
 * of issues that came. At the end of its input it closes the client and ends. */
#include "support/outcome.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 128, MANY_MAX = 200, EXIT_OPEN = 1, EXIT_USAGE = 2, EXIT_BROKEN = 3 };

typedef struct actor {
    cv_options options;
    int64_t threads;
    int64_t step;
    int64_t poll;     /* not 0: CV_DRIVE_POLL */
    int64_t prefetch; /* not 0: walks have the next page fetched ahead */
    int64_t stale;    /* a cv_stale */
    const char *data_home;
    cv_client *client;
    pthread_barrier_t asked;
} actor;

typedef struct caller {
    actor *actor;
    int64_t id;
    pthread_t thread;
    outcome outcome;
} caller;

/* ---- arguments ---- */

typedef struct argument {
    const char *name;
    bool is_text;
    size_t offset;
} argument;

static const argument arguments[] = {
    {"url", true, offsetof(actor, options.base_url)},
    {"database", true, offsetof(actor, options.database)},
    {"application", true, offsetof(actor, options.application)},
    {"key", true, offsetof(actor, options.api_key)},
    {"data_home", true, offsetof(actor, data_home)},
    {"threads", false, offsetof(actor, threads)},
    {"step", false, offsetof(actor, step)},
    {"poll", false, offsetof(actor, poll)},
    {"stale", false, offsetof(actor, stale)},
    {"prefetch", false, offsetof(actor, prefetch)},
    {"limit", false, offsetof(actor, options.rate_limit.limit)},
    {"window_ms", false, offsetof(actor, options.rate_limit.window_ms)},
    {"guard_ms", false, offsetof(actor, options.rate_limit.guard_ms)},
    {"min_interval_ms", false, offsetof(actor, options.rate_limit.min_interval_ms)},
    {"circuit_failures", false, offsetof(actor, options.rate_limit.circuit_failures)},
    {"circuit_open_ms", false, offsetof(actor, options.rate_limit.circuit_open_ms)},
    {"lease_ms", false, offsetof(actor, options.dedupe.lease_ms)},
    {"max_bytes", false, offsetof(actor, options.cache.max_bytes)},
    {"cleanup_interval_ms", false, offsetof(actor, options.cache.cleanup_interval_ms)},
    {"max_wait_ms", false, offsetof(actor, options.max_wait_ms)},
    {"max_retries", false, offsetof(actor, options.max_retries)},
    {"timeout_ms", false, offsetof(actor, options.timeout_ms)},
};

static bool read_number(const char *text, int64_t *number) {
    char *end = NULL;
    *number = strtoll(text, &end, 10);
    return end != text && *end == '\0';
}

static bool set_argument(actor *self, const argument *wanted, const char *value) {
    char *member = (char *)self + wanted->offset;
    if (wanted->is_text) {
        memcpy(member, &value, sizeof(value));
        return true;
    }
    int64_t number = 0;
    bool read = read_number(value, &number);
    memcpy(member, &number, sizeof(number));
    return read;
}

static bool read_argument(actor *self, const char *text) {
    for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
        size_t length = strlen(arguments[i].name);
        if (strncmp(text, arguments[i].name, length) == 0 && text[length] == '=') {
            return set_argument(self, &arguments[i], text + length + 1);
        }
    }
    return false;
}

static bool read_arguments(actor *self, int count, char **texts) {
    const cv_options defaults = CV_OPTIONS_INIT;
    self->options = defaults;
    self->options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    self->threads = 1;
    for (int i = 1; i < count; i++) {
        if (!read_argument(self, texts[i])) {
            return false;
        }
    }
    self->options.cache.stale = (cv_stale)self->stale;
    self->options.drive = self->poll != 0 ? CV_DRIVE_POLL : CV_DRIVE_THREAD;
    return self->threads >= 1 && self->threads <= THREADS_MAX &&
           (self->data_home == NULL || setenv("XDG_DATA_HOME", self->data_home, 1) == 0);
}

/* ---- calling ---- */

static void say(const outcome *said) {
    (void)printf(OUTCOME_PRINT, (int)said->code, (int)said->source, said->id, said->retry_after_ms,
                 said->http_status, said->api_status, said->retryable,
                 said->message[0] != '\0' ? said->message : "-");
}

static void say_line(const char *line) {
    (void)printf("%s\n", line);
    (void)fflush(stdout);
}

static void note_error(outcome *noted, const cv_error *error) {
    noted->code = error->code;
    noted->retry_after_ms = error->retry_after_ms;
    noted->http_status = error->http_status;
    noted->api_status = error->api_status;
    noted->retryable = error->retryable;
    memcpy(noted->message, error->message, sizeof(noted->message));
}

static void note_issue(outcome *noted, const cv_issue *issue) {
    noted->id = issue->id;
    noted->source = issue->record.source;
}

static void *call(void *user) {
    caller *self = user;
    cv_request *request = cv_request_retrieve(self->actor->client, CV_ISSUE, self->id, NULL);
    pthread_barrier_wait(&self->actor->asked);
    cv_request_wait(request, -1);
    note_error(&self->outcome, cv_request_error(request));
    const cv_issue *issue = cv_issue_take(request);
    if (issue != NULL) {
        note_issue(&self->outcome, issue);
    }
    cv_issue_free(issue);
    cv_request_free(request);
    return NULL;
}

static bool start_callers(actor *self, caller *callers, int64_t first_id) {
    for (int64_t i = 0; i < self->threads; i++) {
        callers[i] = (caller){.actor = self, .id = first_id + i * self->step};
        if (pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool retrieve(actor *self, int64_t first_id) {
    static caller callers[THREADS_MAX];
    unsigned parties = (unsigned)self->threads + 1;
    if (pthread_barrier_init(&self->asked, NULL, parties) != 0 ||
        !start_callers(self, callers, first_id)) {
        return false;
    }
    pthread_barrier_wait(&self->asked);
    say_line(ACTOR_ASKED);
    for (int64_t i = 0; i < self->threads; i++) {
        pthread_join(callers[i].thread, NULL);
        say(&callers[i].outcome);
    }
    pthread_barrier_destroy(&self->asked);
    say_line(ACTOR_DONE);
    return true;
}

static bool read_blocking(actor *self, int64_t id) {
    outcome seen = {.code = CV_OK};
    const cv_issue *issue = cv_issue_retrieve(self->client, id, CV_PRIORITY_USER);
    if (issue != NULL) {
        note_issue(&seen, issue);
    } else {
        note_error(&seen, cv_last_error());
    }
    cv_issue_free(issue);
    say(&seen);
    (void)fflush(stdout);
    return true;
}

static bool say_count(int64_t count, const cv_error *error) {
    outcome seen = {.code = CV_OK};
    note_error(&seen, error);
    seen.id = count;
    say(&seen);
    (void)fflush(stdout);
    return true;
}

static bool walk(actor *self, int64_t page_size) {
    cv_query query = CV_QUERY_INIT;
    query.limit = page_size;
    cv_cursor *cursor = cv_cursor_open(self->client, CV_ISSUE, &query, CV_PRIORITY_USER);
    int64_t count = 0;
    cv_cursor_prefetch(cursor, self->prefetch != 0);
    while (cv_cursor_next(cursor) != NULL) {
        count++;
    }
    bool said = say_count(count, cv_cursor_error(cursor));
    cv_cursor_close(cursor);
    return said;
}

static bool ask_for_many(actor *self, int64_t id_count) {
    int64_t ids[MANY_MAX];
    if (id_count > MANY_MAX) {
        return false;
    }
    for (int64_t i = 0; i < id_count; i++) {
        ids[i] = i + 1;
    }
    cv_request *request =
        cv_request_retrieve_many(self->client, CV_ISSUE, ids, (size_t)id_count, NULL);
    cv_request_wait(request, -1);
    const cv_many *many = cv_many_take(request);
    int64_t count = 0;
    for (size_t i = 0; many != NULL && i < many->count; i++) {
        count += many->items[i].record != NULL;
    }
    bool said = say_count(count, cv_request_error(request));
    cv_many_free(many);
    cv_request_free(request);
    return said;
}

/* ---- orders ---- */

static const struct {
    const char *word;
    bool (*obey)(actor *self, int64_t id);
} orders[] = {
    {"retrieve ", retrieve}, {"read ", read_blocking}, {"walk ", walk}, {"many ", ask_for_many}};

static bool obey(actor *self, const char *line) {
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        size_t length = strlen(orders[i].word);
        int64_t id = 0;
        if (strncmp(line, orders[i].word, length) == 0) {
            return read_number(line + length, &id) && orders[i].obey(self, id);
        }
    }
    return false;
}

static int obey_all(actor *self) {
    char line[64];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (!obey(self, line)) {
            return EXIT_BROKEN;
        }
    }
    return EXIT_SUCCESS;
}

int main(int argument_count, char **argument_texts) {
    static actor self;
    if (!read_arguments(&self, argument_count, argument_texts)) {
        return EXIT_USAGE;
    }
    self.client = cv_client_open(&self.options);
    if (self.client == NULL) {
        outcome failure = {.code = CV_OK};
        note_error(&failure, cv_last_error());
        say(&failure);
        return EXIT_OPEN;
    }
    say_line(ACTOR_READY);
    int status = obey_all(&self);
    cv_client_close(self.client);
    return status;
}
