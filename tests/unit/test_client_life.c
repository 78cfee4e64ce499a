/* A whole client against a loopback server, where threads cross: cancelling while the owner frees,
 * closing while others are inside, callbacks that go on and on, descriptors and locks that are
 * somebody else's. Linked with the library's objects, to stop threads at the right places; worth
 * most under AddressSanitizer and ThreadSanitizer. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>
#include <comicvine.h>
#include <sqlite3.h>

#include "client/client.h"
#include "server/server.h"
#include "support/buffer.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"
#include "support/platform.h"

enum { PATIENCE_MS = 20000, ISSUE = 52, OTHER_ISSUE = 61, CANCELLATIONS = 1000, ROUNDS = 20 };

static const cv_drive drives[] = {CV_DRIVE_THREAD, CV_DRIVE_POLL};

typedef struct life {
    char folder[TEMP_PATH_SIZE];
    char database[TEMP_PATH_SIZE + 16];
    server *server;
    failing_allocator memory;
    cv_allocator allocator; /* the gate's */
    cv_options options;
    cv_client *client;

    /* a gate in the allocator, for whoever asks for memory for a request */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool gate_is_shut;
    bool somebody_waits;

    cv_request *slot; /* for another thread to cancel */
    bool slots_end;

    atomic_int poller; /* the id of that thread, once it is there */
    int polled;        /* what another thread's poll delivered, to be read when it has ended */
    bool polled_soon;
} life;

/* ---- the world ---- */

static void stop_at_gate(life *self) {
    pthread_mutex_lock(&self->mutex);
    while (self->gate_is_shut) {
        self->somebody_waits = true;
        pthread_cond_broadcast(&self->changed);
        pthread_cond_wait(&self->changed, &self->mutex);
    }
    pthread_mutex_unlock(&self->mutex);
}

static void *allocate(size_t size, void *user) {
    life *self = user;
    if (size == sizeof(struct cv_request)) {
        stop_at_gate(self);
    }
    return self->memory.allocator.allocate(size, self->memory.allocator.user);
}

static void *reallocate(void *block, size_t size, void *user) {
    life *self = user;
    return self->memory.allocator.reallocate(block, size, self->memory.allocator.user);
}

static void release(void *block, void *user) {
    life *self = user;
    self->memory.allocator.release(block, self->memory.allocator.user);
}

static int set_up(void **state) {
    life *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    temp_folder_make(self->folder);
    cvi_buffer path;
    cvi_buffer_over(&path, self->database, sizeof(self->database));
    cvi_buffer_add_format(&path, "%s/comics.db", self->folder);
    self->server = server_start(&(server_options){.folder = CVI_FIXTURES "/comicvine"});
    assert_non_null(self->server);
    failing_allocator_init(&self->memory, 0, false);
    assert_int_equal(pthread_mutex_init(&self->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&self->changed, NULL), 0);
    self->allocator = (cv_allocator){allocate, reallocate, release, self};
    self->options = (cv_options)CV_OPTIONS_INIT;
    self->options.api_key = "sesame";
    self->options.base_url = server_base_url(self->server);
    self->options.database = self->database;
    self->options.allocator = &self->allocator;
    self->options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    life *self = *state;
    server_stop(self->server);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
    temp_folder_remove(self->folder);
    free(self);
    return 0;
}

static void open_client(life *self, cv_drive drive) {
    self->options.drive = drive;
    self->client = cv_client_open(&self->options);
    if (self->client == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
}

/* Fails the test if closing takes long. */
static void close_client(life *self) {
    cvi_timeout patience = cvi_timeout_start(PATIENCE_MS / 2);
    cv_client_close(self->client);
    assert_true(cvi_timeout_left_ms(patience) > 0);
    self->client = NULL;
}

static pthread_t start_thread(void *(*run)(void *), life *self) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run, self), 0);
    return thread;
}

static void check_retrieved(life *self, int64_t id) {
    const cv_issue *issue = cv_issue_retrieve(self->client, id, CV_PRIORITY_USER);
    if (issue == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    assert_int_equal(issue->id, id);
    cv_issue_free(issue);
}

/* ---- cancelling ---- */

static cv_request *take_slot(life *self) {
    pthread_mutex_lock(&self->mutex);
    while (self->slot == NULL && !self->slots_end) {
        pthread_cond_wait(&self->changed, &self->mutex);
    }
    cv_request *request = self->slot;
    pthread_mutex_unlock(&self->mutex);
    return request;
}

static void set_slot(life *self, cv_request *request, bool end) {
    pthread_mutex_lock(&self->mutex);
    self->slot = request;
    self->slots_end = end;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}

static void wait_for_empty_slot(life *self) {
    pthread_mutex_lock(&self->mutex);
    while (self->slot != NULL) {
        pthread_cond_wait(&self->changed, &self->mutex);
    }
    pthread_mutex_unlock(&self->mutex);
}

/* Cancels first and says so then: the owner may see the end of the request before we do. */
static void *cancel_slots(void *user) {
    life *self = user;
    for (cv_request *request; (request = take_slot(self)) != NULL;) {
        cv_request_cancel(request);
        set_slot(self, NULL, false);
    }
    return NULL;
}

static void test_owner_frees_as_soon_as_it_is_cancelled(void **state) {
    life *self = *state;
    assert_true(server_hold(self->server, NULL));
    for (size_t i = 0; i < 2; i++) {
        open_client(self, drives[i]);
        self->slots_end = false;
        pthread_t thread = start_thread(cancel_slots, self);
        for (int k = 0; k < CANCELLATIONS; k++) {
            cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, ISSUE, NULL);
            assert_non_null(request);
            set_slot(self, request, false);
            assert_true(cv_request_wait(request, -1));
            assert_int_equal(cv_request_error(request)->code, CV_ERROR_CANCELLED);
            cv_request_free(request);
            wait_for_empty_slot(self);
        }
        set_slot(self, NULL, true);
        assert_int_equal(pthread_join(thread, NULL), 0);
        close_client(self);
    }
}

/* ---- closing under others ---- */

static void *retrieve_until_closed(void *user) {
    life *self = user;
    const cv_issue *issue = cv_issue_retrieve(self->client, ISSUE, CV_PRIORITY_USER);
    cv_code code = cv_last_error()->code;
    bool right = issue == NULL && code == CV_ERROR_CLOSED;
    cv_issue_free(issue);
    return right ? self : NULL;
}

static void join_closed(life *self, pthread_t thread) {
    void *right = NULL;
    assert_int_equal(pthread_join(thread, &right), 0);
    assert_ptr_equal(right, self);
    assert_int_equal(atomic_load(&self->memory.live), 0);
}

static void test_closing_while_a_call_waits_for_its_answer(void **state) {
    life *self = *state;
    assert_true(server_hold(self->server, NULL));
    for (size_t i = 0; i < ROUNDS; i++) {
        open_client(self, drives[i % 2]);
        pthread_t thread = start_thread(retrieve_until_closed, self);
        assert_true(server_wait_for(self->server, NULL, i + 1, PATIENCE_MS));
        cvi_timeout patience = cvi_timeout_start(PATIENCE_MS / 2);
        cv_client_close(self->client);
        assert_true(cvi_timeout_left_ms(patience) > 0);
        join_closed(self, thread);
    }
}

static void shut_gate(life *self, bool shut) {
    pthread_mutex_lock(&self->mutex);
    self->gate_is_shut = shut;
    self->somebody_waits = false;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}

static void wait_for_gate(life *self) {
    pthread_mutex_lock(&self->mutex);
    while (!self->somebody_waits) {
        pthread_cond_wait(&self->changed, &self->mutex);
    }
    pthread_mutex_unlock(&self->mutex);
}

/* The call has looked into the cache and is about to make its request when the client goes. */
static void test_closing_while_a_call_makes_its_request(void **state) {
    life *self = *state;
    for (size_t i = 0; i < ROUNDS; i++) {
        open_client(self, drives[i % 2]);
        shut_gate(self, true);
        pthread_t thread = start_thread(retrieve_until_closed, self);
        wait_for_gate(self);
        cv_client_close(self->client);
        shut_gate(self, false);
        join_closed(self, thread);
        assert_int_equal(server_request_count(self->server, NULL), 0);
    }
}

/* ---- callbacks ---- */

typedef struct chain {
    cv_client *client;
    cv_request *last;
    int calls;
} chain;

static void submit_again(cv_request *request, void *user) {
    chain *self = user;
    self->calls++;
    assert_int_equal(cv_request_error(request)->code, CV_ERROR_CLOSED);
    cv_request_free(request);
    self->last = cv_request_retrieve(self->client, CV_ISSUE, ISSUE, NULL);
    cv_request_on_done(self->last, submit_again, self);
}

/* Each callback asks for more: that ends with the second, whose request is done all the same. */
static void test_closing_ends_though_callbacks_go_on(void **state) {
    life *self = *state;
    assert_true(server_hold(self->server, NULL));
    for (size_t i = 0; i < 2; i++) {
        open_client(self, drives[i]);
        chain calls = {.client = self->client};
        calls.last = cv_request_retrieve(self->client, CV_ISSUE, ISSUE, NULL);
        cv_request_on_done(calls.last, submit_again, &calls);
        close_client(self);
        assert_int_equal(calls.calls, 2);
        assert_true(cv_request_done(calls.last));
        assert_int_equal(cv_request_error(calls.last)->code, CV_ERROR_CLOSED);
        cv_request_free(calls.last);
    }
}

static void count_call(cv_request *request, void *user) {
    (void)request;
    ++*(int *)user;
}

static void *poll_for_long(void *user) {
    life *self = user;
    cvi_timeout patience = cvi_timeout_start(PATIENCE_MS / 2);
    atomic_store(&self->poller, gettid());
    self->polled = cv_client_poll(self->client, PATIENCE_MS);
    self->polled_soon = cvi_timeout_left_ms(patience) > 0;
    return NULL;
}

/* Whether the kernel says so. */
static bool sleeps(int thread) {
    char path[64];
    char status[256] = "";
    cvi_buffer text;
    cvi_buffer_over(&text, path, sizeof(path));
    cvi_buffer_add_format(&text, "/proc/self/task/%d/stat", thread);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(status, sizeof(status), file));
    fclose(file);
    return strstr(status, ") S ") != NULL;
}

/* The poller waits for nothing else than what a poll waits for. */
static bool is_polled(life *self) {
    cvi_mutex_lock(&self->client->mutex);
    bool polled = self->client->waiters != NULL;
    cvi_mutex_unlock(&self->client->mutex);
    return polled && sleeps(atomic_load(&self->poller));
}

static void test_callback_set_late_ends_a_poll(void **state) {
    life *self = *state;
    for (size_t i = 0; i < 2; i++) {
        int calls = 0;
        open_client(self, drives[i]);
        cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, ISSUE, NULL);
        assert_true(cv_request_wait(request, -1));
        assert_int_equal(cv_request_error(request)->code, CV_OK);
        pthread_t thread = start_thread(poll_for_long, self);
        while (!is_polled(self)) {
            sched_yield();
        }
        cv_request_on_done(request, count_call, &calls);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(self->polled, 1);
        assert_true(self->polled_soon);
        assert_int_equal(calls, 1);
        cv_request_free(request);
        close_client(self);
    }
}

/* ---- waiting ---- */

/* The longest time that there is counts as no limit, and is added to nothing. */
static void test_longest_times(void **state) {
    life *self = *state;
    for (size_t i = 0; i < 2; i++) {
        int calls = 0;
        open_client(self, drives[i]);
        const cv_request_options options = {.max_wait_ms = CV_WAIT_FOREVER,
                                            .deadline_ms = INT64_MAX / 2};
        cv_request *first = cv_request_retrieve(self->client, CV_ISSUE, ISSUE, &options);
        cv_request_on_done(first, count_call, &calls);
        assert_true(cv_request_wait(first, CV_WAIT_FOREVER));
        assert_int_equal(cv_request_error(first)->code, CV_OK);
        cv_request *second = cv_request_retrieve(self->client, CV_ISSUE, OTHER_ISSUE, &options);
        cv_request_on_done(second, count_call, &calls);
        assert_int_equal(cv_client_poll(self->client, CV_WAIT_FOREVER), 1);
        assert_int_equal(calls, 2);
        cv_request_free(first);
        cv_request_free(second);
        close_client(self);
    }
}

static void test_options_that_make_no_sense(void **state) {
    life *self = *state;
    static const cv_request_options cases[] = {
        {.deadline_ms = INT64_MAX / 2 + 1},
        {.deadline_ms = -1},
        {.size = SIZE_MAX},
        {.size = 1},
        {.reserved = {1}},
    };
    open_client(self, CV_DRIVE_THREAD);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, ISSUE, &cases[i]);
        assert_true(cv_request_done(request));
        assert_int_equal(cv_request_error(request)->code, CV_ERROR_ARGUMENT);
        cv_request_free(request);
    }
    close_client(self);
}

static void test_deadline_under_the_lock_of_another_program(void **state) {
    life *self = *state;
    sqlite3 *other = NULL;
    open_client(self, CV_DRIVE_THREAD);
    assert_int_equal(sqlite3_open(self->database, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    const cv_request_options options = {.deadline_ms = 1000};
    assert_null(cv_issue_retrieve_with(self->client, ISSUE, &options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_STORE);
    assert_true(cv_last_error()->retryable);
    assert_non_null(strstr(cv_last_error()->message, "locked"));
    assert_int_equal(server_request_count(self->server, NULL), 0);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    check_retrieved(self, ISSUE);
    close_client(self);
}

/* ---- descriptors ---- */

enum { DESCRIPTORS = 256 };

/* Takes all that are left of a small number. */
static size_t take_descriptors(int taken[DESCRIPTORS], struct rlimit *before) {
    size_t count = 0;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, before), 0);
    const struct rlimit small = {DESCRIPTORS, before->rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
    for (int descriptor; (descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) {
        assert_in_range(count, 0, DESCRIPTORS - 1);
        taken[count++] = descriptor;
    }
    return count;
}

static void give_descriptors(const int taken[DESCRIPTORS], size_t count,
                             const struct rlimit *before) {
    for (size_t i = 0; i < count; i++) {
        close(taken[i]);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, before), 0);
}

static void test_no_descriptors_at_the_first_miss(void **state) {
    life *self = *state;
    for (size_t i = 0; i < 2; i++) {
        static const int64_t ids[] = {ISSUE, OTHER_ISSUE};
        int taken[DESCRIPTORS];
        struct rlimit before;
        open_client(self, drives[i]);
        size_t count = take_descriptors(taken, &before);
        const cv_issue *issue = cv_issue_retrieve(self->client, ids[i], CV_PRIORITY_USER);
        cv_error error = *cv_last_error();
        give_descriptors(taken, count, &before);
        assert_null(issue);
        assert_string_equal(cv_code_name(error.code), "CV_ERROR_NOMEM");
        check_retrieved(self, ids[i]);
        close_client(self);
    }
}

#define IN_LIFE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_LIFE(test_owner_frees_as_soon_as_it_is_cancelled),
        IN_LIFE(test_closing_while_a_call_waits_for_its_answer),
        IN_LIFE(test_closing_while_a_call_makes_its_request),
        IN_LIFE(test_closing_ends_though_callbacks_go_on),
        IN_LIFE(test_callback_set_late_ends_a_poll),
        IN_LIFE(test_longest_times),
        IN_LIFE(test_options_that_make_no_sense),
        IN_LIFE(test_deadline_under_the_lock_of_another_program),
        IN_LIFE(test_no_descriptors_at_the_first_miss),
    };
    return cmocka_run_group_tests_name("client life", tests, NULL, NULL);
}
