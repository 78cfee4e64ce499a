/* Forks in the middle of work: of threads that are in the library just then, from within a
 * callback, by a process that dies while its child lives on. Neither side notices the other. */
#include "support/api.h"
#include "support/child.h"
#include "support/sanitized.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/forked.h"
#include "support/sealed.h"

/* Whether a child of busy threads may allocate: AddressSanitizer's malloc is not made for it, as
 * one of them may have had its lock. */
#ifdef UNDER_ADDRESS_SANITIZER
enum { CHILD_HAS_MALLOC = 0 };
#else
enum { CHILD_HAS_MALLOC = 1 };
#endif

enum { ISSUES = 150, THREADS = 3, FORKS = 40, CALLBACKS = 25, MOST_PAUSE_NS = 2000000 };

typedef struct scene {
    api *self;
    cv_client *client;
    cv_request *requests[ISSUES];
    cv_record const *record;
    int round;
    bool are_others_right;
    sealed memory;
    atomic_bool is_over;
    pthread_t threads[THREADS];
} scene;

static void start_threads(scene *state, void *(*run)(void *)) {
    atomic_store(&state->is_over, false);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&state->threads[i], NULL, run, state), 0);
    }
}

static void join_threads(scene *state) {
    atomic_store(&state->is_over, true);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(state->threads[i], NULL), 0);
    }
}

static void assert_intact(const scene *state) {
    assert_int_equal(
        api_query(state->self, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_int_equal(
        api_query(state->self, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"), 0);
}

/* ---- random points ---- */

static void *read_and_write(void *user) {
    scene *state = user;
    cv_cache_store *cache = cv_client_cache(state->client);
    for (int64_t i = 0; !atomic_load(&state->is_over); i++) {
        api_retrieve(state->client, 1 + i % 10);
        cv_cache_store_set(cache, "another", &i, sizeof(i), 60);
    }
    return NULL;
}

/* A short pause of any length; the same ones in each run. */
static void pause_somewhere(unsigned short seed[3]) {
    const struct timespec pause = {0, nrand48(seed) % MOST_PAUSE_NS};
    nanosleep(&pause, NULL);
}

static const char *use_new(const scene *state) {
    char name[64];
    (void)snprintf(name, sizeof(name), "child-%d.db", state->round);
    scratch_path own = scratch_file(&state->self->scratch, name);
    cv_options options = api_options(state->self);
    options.database = own.text;
    options.drive = CV_DRIVE_POLL;
    cv_client *client = cv_client_open(&options);
    CHILD_CHECK(client != NULL);
    CHILD_CHECK(api_retrieve(client, 1).source == CV_SOURCE_NETWORK);
    CHILD_CHECK(api_retrieve(client, 1).source == CV_SOURCE_CACHE);
    cv_client_close(client);
    return NULL;
}

static const char *use_old_and_new(void *user) {
    const scene *state = user;
    CHILD_CHECK(api_retrieve(state->client, 1).code == CV_ERROR_CLOSED);
    for (int i = 0; i < ISSUES; i++) {
        CHILD_CHECK(cv_request_error(state->requests[i])->code == CV_ERROR_CLOSED);
        cv_request_free(state->requests[i]);
    }
    cv_client_close(state->client);
    CHILD_CHECK(state->record->resource == CV_ISSUE);
    if (!CHILD_HAS_MALLOC) {
        return NULL;
    }
    cv_record_free(state->record);
    return use_new(state);
}

static void fork_at_random_points(scene *state) {
    unsigned short seed[3] = {6, 49, 56};
    for (state->round = 0; state->round < FORKS; state->round++) {
        pause_somewhere(seed);
        child_must_pass(use_old_and_new, state);
    }
}

static void test_fork_at_random_points(void **context) {
    (void)context;
    scene state = {.self = api_new_with_issues(1, ISSUES)};
    cv_options options = api_options(state.self);
    options.rate_limit.limit = ISSUES;
    options.max_wait_ms = CV_NO_WAIT;
    state.client = api_open(state.self, &options);
    for (int i = 0; i < ISSUES; i++) {
        state.requests[i] = cv_request_retrieve(state.client, CV_ISSUE, i + 1, NULL);
    }
    assert_true(cv_request_wait(state.requests[0], API_PATIENCE_MS));
    state.record = cv_record_take(state.requests[0]);
    assert_non_null(state.record);
    start_threads(&state, read_and_write);
    fork_at_random_points(&state);
    join_threads(&state);
    for (int i = 0; i < ISSUES; i++) {
        assert_true(cv_request_wait(state.requests[i], API_PATIENCE_MS));
        assert_string_equal(cv_code_name(cv_request_error(state.requests[i])->code), "CV_OK");
        cv_request_free(state.requests[i]);
    }
    cv_record_free(state.record);
    cv_client_close(state.client);
    assert_int_equal(server_request_count(state.self->server, API_ISSUE),
                     ISSUES + CHILD_HAS_MALLOC * FORKS);
    assert_int_equal(api_query(state.self, "SELECT count(*) FROM rate_limits"), ISSUES);
    assert_int_equal(api_query(state.self, "SELECT count(*) FROM cache"), ISSUES + 1);
    assert_intact(&state);
    api_end(state.self);
}

/* ---- from within a callback ---- */

typedef struct forking {
    child child;
    bool is_child;
    int calls;
    sealed *memory;
} forking;

static void fork_here(cv_request *request, void *user) {
    forking *self = user;
    self->calls++;
    self->is_child = child_split(&self->child);
    if (self->is_child && !sealed_close(self->memory)) {
        child_end(&self->child, "the memory cannot be sealed");
    }
    (void)request;
}

static void count_call(cv_request *request, void *user) {
    (void)request;
    ++*(int *)user;
}

/* Keeps the client's mutex busy, which the child then often inherits locked. */
static void *ask_again_and_again(void *user) {
    scene *state = user;
    while (!atomic_load(&state->is_over)) {
        cv_client_next_deadline(state->client);
    }
    return NULL;
}

static const char *look_around(const scene *state, const forking *self, cv_request *request) {
    CHILD_CHECK(self->calls == 1);
    CHILD_CHECK(state->are_others_right);
    CHILD_CHECK(cv_request_error(request)->code == CV_ERROR_CLOSED);
    CHILD_CHECK(cv_client_poll(state->client, -1) == 0);
    CHILD_CHECK(cv_last_error()->code == CV_ERROR_CLOSED);
    cv_request_free(request);
    cv_client_close(state->client);
    return NULL;
}

static void come_back_by_poll(scene *state, cv_request *request) {
    (void)request;
    while (cv_client_poll(state->client, -1) == 0) {
    }
}

/* Of two callbacks that are due the first one forks: the second is the parent's. */
static void come_back_by_poll_of_two(scene *state, cv_request *request) {
    int calls = 0;
    cv_request *second = cv_request_retrieve(state->client, CV_ISSUE, 1, NULL);
    assert_true(cv_request_wait(second, API_PATIENCE_MS));
    cv_request_on_done(second, count_call, &calls);
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    bool polled = cv_client_poll(state->client, 0) > 0;
    bool is_child = cv_request_error(second)->code == CV_ERROR_CLOSED;
    state->are_others_right = polled && calls == (is_child ? 0 : 1);
    cv_request_free(second);
}

static void come_back_by_wait(scene *state, cv_request *request) {
    (void)state;
    cv_request_wait(request, -1);
}

static void come_back_by_close(scene *state, cv_request *request) {
    cv_request_wait(request, 0);
    cv_client_close(state->client);
}

typedef void way_back(scene *state, cv_request *request);

static void fork_in_callback(scene *state, way_back *come_back) {
    forking self = {.memory = &state->memory};
    cv_request *request = cv_request_retrieve(state->client, CV_ISSUE, 1, NULL);
    if (come_back == come_back_by_poll_of_two) {
        assert_true(cv_request_wait(request, API_PATIENCE_MS));
    }
    cv_request_on_done(request, fork_here, &self);
    state->are_others_right = true;
    come_back(state, request);
    if (self.is_child) {
        child_end(&self.child, look_around(state, &self, request));
    }
    assert_int_equal(self.calls, 1);
    assert_true(state->are_others_right);
    const char *found = child_join(&self.child);
    if (found != NULL) {
        fail_msg("in the child of a callback, %s", found);
    }
    cv_request_free(request);
}

static void run_callbacks(cv_drive drive) {
    scene state = {.self = api_new_with_issues(1, 1)};
    cv_options options = api_options(state.self);
    options.drive = drive;
    sealed_init(&state.memory);
    options.allocator = &state.memory.allocator;
    state.client = api_open(state.self, &options);
    start_threads(&state, ask_again_and_again);
    for (int i = 0; i < CALLBACKS; i++) {
        fork_in_callback(&state, come_back_by_poll);
        fork_in_callback(&state, come_back_by_poll_of_two);
        fork_in_callback(&state, come_back_by_wait);
    }
    join_threads(&state);
    fork_in_callback(&state, come_back_by_close);
    assert_int_equal(server_request_count(state.self->server, NULL), 1);
    assert_intact(&state);
    sealed_free(&state.memory);
    api_end(state.self);
}

static void test_fork_in_a_callback_with_a_thread(void **context) {
    (void)context;
    run_callbacks(CV_DRIVE_THREAD);
}

static void test_fork_in_a_callback_without_a_thread(void **context) {
    (void)context;
    run_callbacks(CV_DRIVE_POLL);
}

/* ---- from within an event ---- */

typedef struct event_scene {
    scene scene;
    child child;
    bool is_armed; /* the next event forks */
    bool is_child;
} event_scene;

static void fork_at_event(const cv_event *event, void *user) {
    event_scene *self = user;
    (void)event;
    if (self->is_armed) {
        self->is_armed = false;
        self->is_child = child_split(&self->child);
    }
}

/* Each is called while the next event forks: true, and the call has failed, if this is the child.
 */
static bool fork_in_retrieve(cv_client *client) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_REFRESH;
    return api_retrieve_with(client, 1, &options).code == CV_ERROR_CLOSED;
}

static bool fork_in_wait(cv_client *client) {
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 1, NULL);
    bool waited = cv_request_wait(request, -1);
    bool failed = cv_request_error(request)->code == CV_ERROR_CLOSED;
    cv_request_free(request);
    return waited && failed;
}

static bool fork_in_poll(cv_client *client) {
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 1, NULL);
    while (cv_client_poll(client, -1) == 0) {
    }
    bool failed = cv_request_error(request)->code == CV_ERROR_CLOSED;
    cv_request_free(request);
    return failed;
}

static bool fork_in_cursor(cv_client *client) {
    cv_cursor *cursor = cv_cursor_open(client, CV_ISSUE, NULL, CV_PRIORITY_USER);
    const cv_record *record = cv_cursor_next(cursor);
    bool failed = record == NULL && cv_cursor_error(cursor)->code == CV_ERROR_CLOSED;
    cv_cursor_close(cursor);
    return failed;
}

static bool fork_in_key_check(cv_client *client) {
    return !cv_client_check_key(client) && cv_last_error()->code == CV_ERROR_CLOSED;
}

typedef bool event_call(cv_client *client);

static void fork_in_event(event_scene *self, event_call *call) {
    self->is_armed = true;
    bool failed = call(self->scene.client);
    if (self->is_child) {
        child_end(&self->child, failed ? NULL : "the call has not failed");
    }
    assert_false(self->is_armed);
    const char *found = child_join(&self->child);
    if (found != NULL) {
        fail_msg("in the child of an event, %s", found);
    }
}

static void test_fork_in_an_event(void **context) {
    static event_call *const calls[] = {fork_in_retrieve, fork_in_wait, fork_in_poll,
                                        fork_in_cursor};
    (void)context;
    event_scene self = {.scene = {.self = api_new()}};
    cv_options options = api_options(self.scene.self);
    options.on_event = fork_at_event;
    options.user = &self;
    self.scene.client = api_open(self.scene.self, &options);
    start_threads(&self.scene, ask_again_and_again);
    fork_in_event(&self, fork_in_key_check); /* the second one would know without asking */
    for (size_t i = 0; i < API_COUNT(calls) * CALLBACKS; i++) {
        fork_in_event(&self, calls[i % API_COUNT(calls)]);
    }
    join_threads(&self.scene);
    cv_client_close(self.scene.client);
    assert_intact(&self.scene);
    api_end(self.scene.self);
}

/* ---- a parent that dies ---- */

static cv_dedupe_store *open_jobs(const api *self) {
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.database = self->database.text;
    options.lease_ms = API_PATIENCE_MS; /* its lock tells, or nothing does */
    return cv_dedupe_store_open(&options);
}

/* Owns a job, and has a child that does nothing and lives. */
static void own_a_job(int said, void *user) {
    char job_id[CV_JOB_ID_SIZE];
    bool owner = false;
    cv_dedupe_store *jobs = open_jobs(user);
    if (jobs == NULL || !cv_dedupe_store_register(jobs, "a job", job_id, &owner) || !owner) {
        _exit(1);
    }
    if (fork() == 0) { /* and says so itself: before it runs, it has all that its parent has */
        pid_t heir = getpid();
        alarm(API_PATIENCE_MS / 1000); /* should the test forget it */
        forked_say(said, &heir, sizeof(heir));
        for (;;) {
            pause();
        }
    }
}

static void test_a_child_keeps_no_lock_of_a_dead_parent(void **context) {
    (void)context;
    api *self = api_new();
    forked owner;
    pid_t heir = 0;
    char job_id[CV_JOB_ID_SIZE];
    bool was_ours = true;
    bool is_ours = false;
    forked_start(&owner, own_a_job, self);
    forked_hear(&owner, &heir, sizeof(heir));
    cv_dedupe_store *jobs = open_jobs(self);
    assert_non_null(jobs);
    bool looked = cv_dedupe_store_register(jobs, "a job", job_id, &was_ours);
    forked_kill(&owner);
    bool heir_lives = kill(heir, 0) == 0;
    looked = cv_dedupe_store_register(jobs, "a job", job_id, &is_ours) && looked;
    kill(heir, SIGKILL);
    forked_bury(&owner);
    assert_true(looked && heir_lives);
    assert_false(was_ours);
    assert_true(is_ours);
    cv_dedupe_store_close(jobs);
    api_end(self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_keeps_no_lock_of_a_dead_parent),
        cmocka_unit_test(test_fork_in_a_callback_with_a_thread),
        cmocka_unit_test(test_fork_in_a_callback_without_a_thread),
        cmocka_unit_test(test_fork_in_an_event),
        cmocka_unit_test(test_fork_at_random_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
