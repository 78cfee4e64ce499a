/* Several threads on one client that submit, cancel, free, poll and suspend, whose callbacks do the
 * same, until one of the callbacks closes it: each request ends exactly once. Worth most under
 * ThreadSanitizer and AddressSanitizer. Bounded by the number of requests, not by time. */
#include "support/api_drive.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 120, ISSUES = 8, DEPTH = 3 };

typedef struct storm {
    drive_scene *scene;
    atomic_int open;    /* requests that have a callback to come */
    atomic_int called;  /* callbacks that came */
    atomic_int strange; /* ends that should not be */
    atomic_int polling; /* threads that still work */
    pthread_barrier_t start;
} storm;

/* What a callback needs; freed by it, which it is called for exactly once: a second call would be a
 * use after free. */
typedef struct drop {
    storm *storm;
    unsigned number;
    int depth;
} drop;

static int set_up_thread(void **context) {
    return drive_set_up_on(context, CV_DRIVE_THREAD, api_new_with_issues(1, ISSUES));
}

static int set_up_poll(void **context) {
    return drive_set_up_on(context, CV_DRIVE_POLL, api_new_with_issues(1, ISSUES));
}

static bool is_expected(cv_code code) {
    return code == CV_OK || code == CV_ERROR_CANCELLED || code == CV_ERROR_CLOSED ||
           code == CV_ERROR_NOT_CACHED;
}

static cv_request *submit(storm *self, unsigned number, int depth);

static void fall(cv_request *request, void *user) {
    drop *self = user;
    storm *all = self->storm;
    atomic_fetch_add(&all->called, 1);
    if (!is_expected(cv_request_error(request)->code)) {
        atomic_fetch_add(&all->strange, 1);
    }
    if (self->depth < DEPTH && self->number % 3 == 0) {
        cv_request *next = submit(all, self->number * 7 + 1, self->depth + 1);
        if (self->number % 2 == 0) {
            cv_request_cancel(next);
        }
    }
    if (self->number % 5 == 0) {
        cv_client_poll(all->scene->client, 0);
    }
    cv_request_free(request);
    atomic_fetch_sub(&all->open, 1);
    free(self);
}

static cv_request *submit(storm *self, unsigned number, int depth) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    drop *own = malloc(sizeof(*own));
    if (own == NULL) {
        abort();
    }
    *own = (drop){self, number, depth};
    options.mode = number % 4 == 1 ? CV_MODE_REFRESH : CV_MODE_DEFAULT;
    if (number % 4 == 3) {
        options.mode = CV_MODE_CACHE_ONLY;
    }
    atomic_fetch_add(&self->open, 1);
    cv_request *request = cv_request_retrieve(self->scene->client, CV_ISSUE,
                                              1 + (int64_t)(number % ISSUES), &options);
    cv_request_on_done(request, fall, own);
    return request;
}

/* A request without callback, which its thread may treat as it likes. */
static void submit_and_give_up(storm *self, unsigned number) {
    cv_request *request =
        cv_request_retrieve(self->scene->client, CV_ISSUE, 1 + (int64_t)(number % ISSUES), NULL);
    if (number % 2 == 0) {
        cv_request_cancel(request);
    }
    cv_request_free(request);
}

static void *rage(void *user) {
    storm *self = user;
    unsigned number = (unsigned)atomic_fetch_add(&self->polling, 1) * 1000;
    pthread_barrier_wait(&self->start);
    for (int round = 0; round < ROUNDS; round++, number++) {
        submit(self, number, 0);
        if (number % 3 == 1) {
            submit_and_give_up(self, number);
        }
        if (number % 2 == 0) {
            cv_client_poll_for(self->scene->client, 200);
        }
        if (number % 40 == 7) {
            cv_client_suspend(self->scene->client);
            cv_client_resume(self->scene->client);
        }
        if (number % 16 == 5) {
            outcome seen = api_retrieve(self->scene->client, 1 + (int64_t)(number % ISSUES));
            atomic_fetch_add(&self->strange, is_expected(seen.code) ? 0 : 1);
        }
    }
    return NULL;
}

static void start(storm *self, drive_scene *scene, pthread_t threads[THREADS]) {
    *self = (storm){.scene = scene};
    assert_int_equal(pthread_barrier_init(&self->start, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, rage, self), 0);
    }
}

static void join(storm *self, pthread_t threads[THREADS]) {
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    pthread_barrier_destroy(&self->start);
}

static void assert_all_well(const storm *self) {
    assert_int_equal(atomic_load(&self->open), 0);
    assert_int_equal(atomic_load(&self->strange), 0);
    assert_true(atomic_load(&self->called) >= THREADS * ROUNDS);
}

static void test_it_passes(void **context) {
    drive_scene *scene = *context;
    storm self;
    pthread_t threads[THREADS];
    start(&self, scene, threads);
    join(&self, threads);
    while (atomic_load(&self.open) > 0) {
        cv_client_poll(scene->client, API_PATIENCE_MS);
    }
    assert_all_well(&self);
    /* An answer goes out after the first try at storing it, which two threads at once may thwart.
     */
    drive_until(scene, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'", 0);
}

static void test_closing_ends_it(void **context) {
    drive_scene *scene = *context;
    storm self = {.scene = scene};
    drive_hold(scene);
    for (unsigned i = 0; i < ROUNDS; i++) {
        submit(&self, i, DEPTH);
    }
    cv_client_poll(scene->client, 0);
    cv_client_close(scene->client);
    scene->client = NULL;
    assert_int_equal(atomic_load(&self.open), 0);
    assert_int_equal(atomic_load(&self.strange), 0);
    assert_int_equal(atomic_load(&self.called), ROUNDS);
    drive_release(scene);
}

static void close_inside(cv_request *request, void *user) {
    drive_scene *scene = user;
    cv_client_close(scene->client);
    scene->client = NULL;
    cv_request_free(request);
}

/* In the middle of a poll, with others' callbacks before it or still to come: they come then. */
static void test_a_callback_closes(void **context) {
    drive_scene *scene = *context;
    storm self = {.scene = scene};
    submit(&self, 3, DEPTH);
    cv_request *last = cv_request_retrieve(scene->client, CV_ISSUE, 2, NULL);
    cv_request_on_done(last, close_inside, scene);
    submit(&self, 4, DEPTH);
    while (scene->client != NULL) {
        cv_client_poll(scene->client, API_PATIENCE_MS);
    }
    assert_int_equal(atomic_load(&self.open), 0);
    assert_int_equal(atomic_load(&self.called), 2);
    assert_int_equal(atomic_load(&self.strange), 0);
}

#define IN_BOTH(test)                                                                              \
    {#test " (thread)", test, set_up_thread, drive_tear_down, NULL}, {                             \
#test " (poll)", test, set_up_poll, drive_tear_down, NULL                                  \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_BOTH(test_it_passes),
        IN_BOTH(test_closing_ends_it),
        IN_BOTH(test_a_callback_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
