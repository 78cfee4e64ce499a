/* A program whose threads ask for one issue after another, each for one that nobody has asked for,
 * until its time is over: for tests of the limit under contention.
 *
 *     actor_rush URL DATABASE KEY KIND LIMIT WINDOW_MS GUARD_MS FIRST_ID
 *
 * KIND is a number of cv_limit_kind. It opens a client and says "ready". On a line "MILLISECONDS"
 * it lets its threads go, half of them users; when all have ended it says how many of their calls
 * were answered and how many had failed, those that the end has cut off left out. At the end of
 * its input it ends. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <comicvine.h>

enum { THREADS = 6, EXIT_OPEN = 1, EXIT_USAGE = 2, EXIT_BROKEN = 3 };
enum { URL = 1, DATABASE, KEY, KIND, LIMIT, WINDOW_MS, GUARD_MS, FIRST_ID, ARGUMENTS };

typedef struct rush {
    cv_client *client;
    int64_t end_ms;
    atomic_int_least64_t next_id;
    atomic_int_least64_t answered;
    atomic_int_least64_t failed;
} rush;

typedef struct caller {
    rush *rush;
    cv_priority priority;
    pthread_t thread;
} caller;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t number(const char *text) {
    return strtoll(text, NULL, 10);
}

/* Whether it was the end that came in between: at a deadline, the error says what the call was
 * waiting for just then, which is the store where somebody else is writing. */
static bool is_cut_off(const rush *self, const cv_error *error) {
    bool is_wait =
        error->code == CV_ERROR_TIMEOUT || (error->code == CV_ERROR_STORE && error->retryable);
    return is_wait && now_ms() >= self->end_ms;
}

/* False: the time is over. */
static bool call_once(rush *self, cv_priority priority) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.priority = priority;
    options.deadline_ms = self->end_ms - now_ms();
    if (options.deadline_ms <= 0) {
        return false;
    }
    const cv_issue *issue =
        cv_issue_retrieve_with(self->client, atomic_fetch_add(&self->next_id, 1), &options);
    if (issue != NULL) {
        atomic_fetch_add(&self->answered, 1);
    } else if (!is_cut_off(self, cv_last_error())) {
        atomic_fetch_add(&self->failed, 1);
        (void)fprintf(stderr, "%s\n", cv_last_error()->message);
    }
    cv_issue_free(issue);
    return true;
}

static void *call_on(void *user) {
    caller *self = user;
    while (call_once(self->rush, self->priority)) {
    }
    return NULL;
}

static bool run(rush *self, int64_t duration_ms) {
    caller callers[THREADS];
    self->end_ms = now_ms() + duration_ms;
    for (size_t i = 0; i < THREADS; i++) {
        callers[i] = (caller){self, i % 2 == 0 ? CV_PRIORITY_USER : CV_PRIORITY_BACKGROUND, 0};
        if (pthread_create(&callers[i].thread, NULL, call_on, &callers[i]) != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(callers[i].thread, NULL);
    }
    (void)printf("%" PRId64 " answered, %" PRId64 " failed\n", atomic_load(&self->answered),
                 atomic_load(&self->failed));
    (void)fflush(stdout);
    return true;
}

static cv_client *open_client(char **arguments) {
    cv_options options = CV_OPTIONS_INIT;
    options.base_url = arguments[URL];
    options.database = arguments[DATABASE];
    options.api_key = arguments[KEY];
    options.max_wait_ms = CV_WAIT_FOREVER;
    options.max_retries = CV_NONE;
    options.rate_limit.kind = (cv_limit_kind)number(arguments[KIND]);
    options.rate_limit.limit = number(arguments[LIMIT]);
    options.rate_limit.window_ms = number(arguments[WINDOW_MS]);
    options.rate_limit.guard_ms = number(arguments[GUARD_MS]);
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    return cv_client_open(&options);
}

int main(int count, char **arguments) {
    static rush self;
    if (count != ARGUMENTS) {
        return EXIT_USAGE;
    }
    self.client = open_client(arguments);
    if (self.client == NULL) {
        (void)fprintf(stderr, "%s\n", cv_last_error()->message);
        return EXIT_OPEN;
    }
    atomic_store(&self.next_id, number(arguments[FIRST_ID]));
    (void)puts("ready");
    (void)fflush(stdout);
    char line[64];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (!run(&self, number(line))) {
            return EXIT_BROKEN;
        }
    }
    cv_client_close(self.client);
    return EXIT_SUCCESS;
}
