/* One request for all who ask for the same thing: threads, clients and processes. The server holds
 * the answer back until all have asked, so that none of them can find it in the cache by luck. */
#include "support/api_actor.h"
#include "support/crowd.h"

enum { ISSUE = 52, UNKNOWN_ISSUE = 999, THREADS = 32, PROCESSES = 4, THREADS_EACH = 8 };
enum { WAITERS = 1000 };

static void hold(const api *self) {
    assert_true(server_hold(self->server, "/api/"));
}

static void release(const api *self) {
    server_release(self->server, SERVER_ALL);
}

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

/* ---- threads ---- */

static void test_32_threads_make_one_request(void **context) {
    api *self = *context;
    static crowd threads;
    threads = (crowd){.size = 0};
    cv_client *client = api_open(self, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        crowd_add(&threads, client, ISSUE);
    }
    hold(self);
    crowd_start(&threads);
    api_await_requests(self, 1);
    release(self);
    crowd_join(&threads);
    assert_int_equal(requests(self), 1);
    assert_int_equal(crowd_from(&threads, CV_SOURCE_NETWORK), 1);
    assert_int_equal(crowd_from(&threads, CV_SOURCE_SHARED) + crowd_from(&threads, CV_SOURCE_CACHE),
                     THREADS - 1);
    cv_client_close(client);
}

typedef struct submitter {
    cv_client *client;
    pthread_barrier_t *submitted;
    pthread_t thread;
    outcome outcome;
} submitter;

static void *submit(void *user) {
    submitter *self = user;
    cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, ISSUE, NULL);
    pthread_barrier_wait(self->submitted);
    cv_request_wait(request, -1);
    self->outcome = api_outcome_of(request);
    cv_request_free(request);
    return NULL;
}

/* Here all have asked before the answer is let go. */
static void share_submitted(const api *self, cv_client *const clients[], size_t client_count) {
    submitter submitters[THREADS];
    outcome outcomes[THREADS];
    pthread_barrier_t submitted;
    assert_int_equal(pthread_barrier_init(&submitted, NULL, THREADS + 1), 0);
    hold(self);
    for (size_t i = 0; i < THREADS; i++) {
        submitters[i] = (submitter){.client = clients[i % client_count], .submitted = &submitted};
        assert_int_equal(pthread_create(&submitters[i].thread, NULL, submit, &submitters[i]), 0);
    }
    pthread_barrier_wait(&submitted);
    api_await_requests(self, 1);
    release(self);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(submitters[i].thread, NULL), 0);
        outcomes[i] = submitters[i].outcome;
    }
    pthread_barrier_destroy(&submitted);
    assert_int_equal(requests(self), 1);
    assert_int_equal(outcomes_with(outcomes, THREADS, CV_OK), THREADS);
    assert_int_equal(outcomes_from(outcomes, THREADS, CV_SOURCE_NETWORK), 1);
}

static void test_requests_of_32_threads_share(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    share_submitted(self, &client, 1);
    cv_client_close(client);
}

static void test_two_clients_of_a_process_share(void **context) {
    api *self = *context;
    cv_client *clients[] = {api_open(self, NULL), api_open(self, NULL)};
    share_submitted(self, clients, API_COUNT(clients));
    cv_client_close(clients[0]);
    cv_client_close(clients[1]);
}

/* One of the clients owns the job, the other waits for it in the file, and all the rest with them.
 */
static void test_a_thousand_wait_for_one_request(void **context) {
    api *self = *context;
    cv_client *clients[] = {api_open(self, NULL), api_open(self, NULL)};
    cv_request *waiting[WAITERS];
    hold(self);
    for (size_t i = 0; i < WAITERS; i++) {
        waiting[i] = cv_request_retrieve(clients[i % 2], CV_ISSUE, ISSUE, NULL);
    }
    api_query_until(self, "SELECT count(*) FROM dedupe_waiters", 1);
    release(self);
    for (size_t i = 0; i < WAITERS; i++) {
        assert_true(cv_request_wait(waiting[i], API_PATIENCE_MS));
        assert_int_equal(api_outcome_of(waiting[i]).id, ISSUE);
        cv_request_free(waiting[i]);
    }
    assert_int_equal(requests(self), 1);
    assert_int_equal(api_query(self, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"),
                     0);
    cv_client_close(clients[0]);
    cv_client_close(clients[1]);
}

/* ---- processes ---- */

static void test_4_processes_with_8_threads_make_one_request(void **context) {
    api *self = *context;
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"threads=8"};
    process actors[PROCESSES];
    outcome outcomes[PROCESSES * THREADS_EACH];
    hold(self);
    for (size_t i = 0; i < PROCESSES; i++) {
        actor_start(&actors[i], self, arguments);
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        actor_ask(&actors[i], ISSUE);
    }
    api_query_until(self, "SELECT count(*) FROM dedupe_waiters", PROCESSES - 1);
    release(self);
    for (size_t i = 0; i < API_COUNT(outcomes); i++) {
        outcomes[i] = actor_hear(&actors[i / THREADS_EACH]);
        assert_string_equal(cv_code_name(outcomes[i].code), "CV_OK");
        assert_int_equal(outcomes[i].id, ISSUE);
    }
    assert_int_equal(requests(self), 1);
    assert_int_equal(outcomes_from(outcomes, API_COUNT(outcomes), CV_SOURCE_NETWORK), 1);
    /* A thread that is slow to start may come when the answer is there already. */
    const size_t shared = outcomes_from(outcomes, API_COUNT(outcomes), CV_SOURCE_SHARED);
    assert_in_range(shared, PROCESSES - 1, API_COUNT(outcomes) - 1);
    assert_int_equal(shared + outcomes_from(outcomes, API_COUNT(outcomes), CV_SOURCE_CACHE),
                     API_COUNT(outcomes) - 1);
    for (size_t i = 0; i < PROCESSES; i++) {
        actor_end(&actors[i]);
    }
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), 1);
}

static void test_what_one_process_fetched_another_finds(void **context) {
    api *self = *context;
    process actor;
    actor_start(&actor, self, NULL);
    actor_ask(&actor, ISSUE);
    assert_int_equal(actor_hear(&actor).source, CV_SOURCE_NETWORK);
    actor_hear_done(&actor);
    actor_end(&actor);
    cv_client *client = api_open(self, NULL);
    outcome seen = api_retrieve(client, ISSUE);
    assert_int_equal(seen.code, CV_OK);
    assert_int_equal(seen.source, CV_SOURCE_CACHE);
    assert_int_equal(requests(self), 1);
    cv_client_close(client);
}

/* ---- errors ---- */

/* Two clients without threads, so that each step is ours: one asks, the other waits for it. */
static void test_an_error_is_shared_too(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.drive = CV_DRIVE_POLL;
    cv_client *owner = api_open(self, &options);
    cv_client *waiter = api_open(self, &options);
    hold(self);
    cv_request *first = cv_request_retrieve(owner, CV_ISSUE, UNKNOWN_ISSUE, NULL);
    cv_client_poll(owner, 0);
    api_query_until(self, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'", 1);
    cv_request *second = cv_request_retrieve(waiter, CV_ISSUE, UNKNOWN_ISSUE, NULL);
    cv_client_poll(waiter, 0);
    api_query_until(self, "SELECT count(*) FROM dedupe_waiters", 1);
    release(self);
    assert_true(cv_request_wait(first, API_PATIENCE_MS));
    assert_true(cv_request_wait(second, API_PATIENCE_MS));
    assert_string_equal(cv_code_name(cv_request_error(first)->code), "CV_ERROR_NOT_FOUND");
    assert_string_equal(cv_code_name(cv_request_error(second)->code), "CV_ERROR_NOT_FOUND");
    assert_int_equal(cv_request_error(second)->api_status, 101);
    assert_int_equal(requests(self), 1);
    cv_request_free(first);
    cv_request_free(second);
    cv_client_close(owner);
    cv_client_close(waiter);
    api_assert_denial_left(self);
}

/* ---- priorities ---- */

static cv_request *ask(cv_client *client, int64_t id, cv_priority priority) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.priority = priority;
    return cv_request_retrieve(client, CV_ISSUE, id, &options);
}

static void assert_asked_for(const api *self, size_t index, const char *path) {
    server_request request;
    assert_true(server_request_at(self->server, NULL, index, &request));
    assert_string_equal(request.path, path);
}

/* 52 is let through at once; the others wait for the interval, in the order of arrival until a
 * user asks for what the background asked for last. */
static void test_a_user_raises_a_background_request(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.drive = CV_DRIVE_POLL;
    options.rate_limit.min_interval_ms = 700;
    cv_client *client = api_open(self, &options);
    cv_request *requests_made[] = {
        ask(client, 52, CV_PRIORITY_BACKGROUND), ask(client, 61, CV_PRIORITY_BACKGROUND),
        ask(client, 73, CV_PRIORITY_BACKGROUND), ask(client, 73, CV_PRIORITY_USER)};
    for (size_t i = 0; i < API_COUNT(requests_made); i++) {
        assert_true(cv_request_wait(requests_made[i], API_PATIENCE_MS));
        assert_int_equal(cv_request_error(requests_made[i])->code, CV_OK);
        cv_request_free(requests_made[i]);
    }
    assert_int_equal(requests(self), 3);
    assert_asked_for(self, 0, "/api/issue/4000-73/");
    assert_asked_for(self, 1, "/api/issue/4000-52/");
    assert_asked_for(self, 2, "/api/issue/4000-61/");
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits WHERE priority = 'user'"),
                     1);
    cv_client_close(client);
}

/* The same where the background has been told to wait already. */
static void test_a_user_raises_a_waiting_request(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.drive = CV_DRIVE_POLL;
    options.rate_limit.min_interval_ms = 700;
    cv_client *client = api_open(self, &options);
    cv_request *first = ask(client, 52, CV_PRIORITY_BACKGROUND);
    cv_request *second = ask(client, 61, CV_PRIORITY_BACKGROUND);
    cv_request *third = ask(client, 73, CV_PRIORITY_BACKGROUND);
    cv_client_poll(client, 0);
    cv_request *raised = ask(client, 73, CV_PRIORITY_USER);
    assert_true(cv_request_wait(raised, API_PATIENCE_MS));
    assert_true(cv_request_done(third));
    assert_false(cv_request_done(second));
    assert_true(cv_request_wait(second, API_PATIENCE_MS));
    assert_int_equal(requests(self), 3);
    assert_asked_for(self, 1, "/api/issue/4000-73/");
    assert_asked_for(self, 2, "/api/issue/4000-61/");
    cv_request_free(first);
    cv_request_free(second);
    cv_request_free(third);
    cv_request_free(raised);
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_32_threads_make_one_request),
        API_TEST(test_requests_of_32_threads_share),
        API_TEST(test_two_clients_of_a_process_share),
        API_TEST(test_a_thousand_wait_for_one_request),
        API_TEST(test_4_processes_with_8_threads_make_one_request),
        API_TEST(test_what_one_process_fetched_another_finds),
        API_TEST(test_an_error_is_shared_too),
        API_TEST(test_a_user_raises_a_background_request),
        API_TEST(test_a_user_raises_a_waiting_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
