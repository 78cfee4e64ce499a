/* An owner that dies, or stops, while it fetches: whoever waits for it gets the answer all the
 * same, at the price of one more request, and what the owner knows late is never written. */
#include "support/api_actor.h"

#include <signal.h>
#include <stdlib.h>

#include <comicvine/sys/clock.h>

enum { ISSUE = 52, MOST_MS = 20000, LEASE_MS = 400 };

#define PENDING_JOBS "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"
#define WAITERS      "SELECT count(*) FROM dedupe_waiters"

typedef struct scene {
    api *self;
    process owner;
    process waiter;
} scene;

static int set_up(void **context) {
    scene *state = calloc(1, sizeof(*state));
    assert_non_null(state);
    state->self = api_new();
    *context = state;
    return 0;
}

/* A test that failed may leave a process stopped, which would stay for ever. */
static int tear_down(void **context) {
    scene *state = *context;
    process_kill(&state->owner);
    process_kill(&state->waiter);
    api_end(state->self);
    free(state);
    return 0;
}

static size_t requests(const scene *state) {
    return server_request_count(state->self->server, NULL);
}

/* The owner's request is at the server, which holds it. */
static void let_owner_fetch(scene *state, const char *const arguments[ACTOR_ARGUMENTS_MAX]) {
    assert_true(server_hold(state->self->server, NULL));
    actor_start(&state->owner, state->self, arguments);
    actor_ask(&state->owner, ISSUE);
    api_await_requests(state->self, 1);
    assert_int_equal(api_query(state->self, PENDING_JOBS), 1);
}

static void assert_taken_over_in_time(const scene *state, int64_t start_ms) {
    int64_t took_ms = api_now_ms() - start_ms;
    print_message("the waiter had its answer %" PRId64 " ms after the owner's death\n", took_ms);
    assert_true(took_ms <= MOST_MS);
    assert_int_equal(requests(state), 2);
    assert_int_equal(api_query(state->self, PENDING_JOBS), 0);
    assert_int_equal(api_query(state->self, "SELECT count(*) FROM rate_limits"), 2);
    assert_int_equal(api_query(state->self, "SELECT count(*) FROM cache"), 1);
    assert_int_equal(
        api_query(state->self, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

/* ---- SIGKILL ---- */

static void test_a_waiter_in_another_process_goes_on(void **context) {
    scene *state = *context;
    let_owner_fetch(state, NULL);
    actor_start(&state->waiter, state->self, NULL);
    actor_ask(&state->waiter, ISSUE);
    api_query_until(state->self, WAITERS, 1);
    assert_int_equal(requests(state), 1);
    int64_t start_ms = api_now_ms();
    assert_true(process_kill(&state->owner));
    server_release(state->self->server, SERVER_ALL);
    outcome seen = actor_hear(&state->waiter);
    assert_string_equal(cv_code_name(seen.code), "CV_OK");
    assert_int_equal(seen.id, ISSUE);
    assert_taken_over_in_time(state, start_ms);
    actor_hear_done(&state->waiter);
    actor_end(&state->waiter);
}

static void wait_in_this_process(scene *state, cv_drive drive) {
    cv_options options = api_options(state->self);
    options.drive = drive;
    cv_client *client = api_open(state->self, &options);
    let_owner_fetch(state, NULL);
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, ISSUE, NULL);
    cv_client_poll(client, 0);
    api_query_until(state->self, WAITERS, 1);
    assert_false(cv_request_done(request));
    if (drive == CV_DRIVE_POLL) { /* an application that sleeps by itself hears of nothing */
        assert_in_range(cv_client_next_deadline(client), 0, 25);
    }
    int64_t start_ms = api_now_ms();
    assert_true(process_kill(&state->owner));
    server_release(state->self->server, SERVER_ALL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_string_equal(cv_code_name(cv_request_error(request)->code), "CV_OK");
    assert_taken_over_in_time(state, start_ms);
    cv_request_free(request);
    cv_client_close(client);
}

static void test_a_waiting_thread_goes_on(void **context) {
    wait_in_this_process(*context, CV_DRIVE_THREAD);
}

static void test_a_waiter_without_thread_goes_on(void **context) {
    wait_in_this_process(*context, CV_DRIVE_POLL);
}

/* Of several waiters one takes over, and the others wait for that one. */
static void test_one_of_many_waiters_takes_over(void **context) {
    scene *state = *context;
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"threads=4"};
    cv_client *client = api_open(state->self, NULL);
    let_owner_fetch(state, NULL);
    actor_start(&state->waiter, state->self, arguments);
    actor_ask(&state->waiter, ISSUE);
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, ISSUE, NULL);
    api_query_until(state->self, WAITERS, 2);
    int64_t start_ms = api_now_ms();
    assert_true(process_kill(&state->owner));
    api_await_requests(state->self, 2);
    server_release(state->self->server, SERVER_ALL);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(cv_code_name(actor_hear(&state->waiter).code), "CV_OK");
    }
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    assert_taken_over_in_time(state, start_ms);
    cv_request_free(request);
    cv_client_close(client);
    actor_hear_done(&state->waiter);
    actor_end(&state->waiter);
}

/* Nobody waited. The leases are long, so that only the system's word can end the owner's. */
static void test_a_dead_owner_keeps_nobody(void **context) {
    scene *state = *context;
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"lease_ms=600000"};
    cv_options options = api_options(state->self);
    options.dedupe.lease_ms = 600000;
    let_owner_fetch(state, arguments);
    assert_true(process_kill(&state->owner));
    server_release(state->self->server, SERVER_ALL);
    cv_client *client = api_open(state->self, &options);
    int64_t start_ms = api_now_ms();
    outcome seen = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_OK");
    assert_int_equal(seen.source, CV_SOURCE_NETWORK);
    assert_taken_over_in_time(state, start_ms);
    cv_client_close(client);
}

/* What a dead owner had been admitted for stays counted: it may have reached the service. */
static void test_a_dead_owners_request_stays_counted(void **context) {
    scene *state = *context;
    let_owner_fetch(state, NULL);
    assert_true(process_kill(&state->owner));
    server_release(state->self->server, SERVER_ALL);
    cv_options options = api_options(state->self);
    options.rate_limit.limit = 1;
    options.max_wait_ms = CV_NO_WAIT;
    cv_client *client = api_open(state->self, &options);
    assert_string_equal(cv_code_name(api_retrieve(client, ISSUE).code), "CV_ERROR_RATE_LIMITED");
    assert_int_equal(requests(state), 1);
    cv_client_close(client);
}

/* ---- SIGSTOP ---- */

static void assert_cached_name(const scene *state, const char *name) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    cv_client *client = api_open(state->self, NULL);
    const cv_issue *issue = cv_issue_retrieve_with(client, ISSUE, &options);
    assert_non_null(issue);
    assert_string_equal(issue->name, name);
    cv_issue_free(issue);
    cv_client_close(client);
}

/* The owner gets an answer of its own, so that one can tell whose lies in the file. Its own lease
 * is long, so that it is not stopped while it renews, with the file locked. */
static void test_a_stopped_owner_writes_nothing_stale(void **context) {
    scene *state = *context;
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"lease_ms=400"};
    char *late = api_issue_text(ISSUE, "What the owner heard");
    const server_fault first_only = {.body = late};
    api_break(state->self, &first_only);
    free(late);
    let_owner_fetch(state, NULL);
    assert_true(process_signal(&state->owner, SIGSTOP));
    actor_start(&state->waiter, state->self, arguments);
    actor_ask(&state->waiter, ISSUE);
    api_await_requests(state->self, 2);
    server_release(state->self->server, SERVER_ALL);
    outcome taken = actor_hear(&state->waiter);
    assert_string_equal(cv_code_name(taken.code), "CV_OK");
    assert_cached_name(state, "The Long Night on Wharf Street");

    assert_true(process_signal(&state->owner, SIGCONT));
    outcome late_answer = actor_hear(&state->owner);
    assert_string_equal(cv_code_name(late_answer.code), "CV_OK");
    assert_int_equal(late_answer.id, ISSUE);
    actor_hear_done(&state->owner);
    actor_end(&state->owner);
    actor_end(&state->waiter);
    assert_cached_name(state, "The Long Night on Wharf Street");
    assert_int_equal(requests(state), 2);
    assert_int_equal(api_query(state->self, PENDING_JOBS), 0);
    assert_int_equal(api_query(state->self, "SELECT count(*) FROM rate_limits"), 2);
}

/* ---- a life ---- */

static cv_now look(void *user) {
    return *(const cv_now *)user;
}

static cv_client *open_at(const scene *state, const cv_clock *clock) {
    cv_options options = api_options(state->self);
    options.drive = CV_DRIVE_POLL;
    options.dedupe.lease_ms = LEASE_MS;
    options.clock = clock;
    return api_open(state->self, &options);
}

/* Polls until the file says this. */
static void poll_until(const scene *state, cv_client *client, const char *sql, int64_t wanted) {
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    while (api_query(state->self, sql) != wanted) {
        assert_true(api_now_ms() < end_ms);
        cv_client_poll(client, 1);
    }
}

static void end_with(cv_request *request, cv_source source) {
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    outcome seen = api_outcome_of(request);
    assert_string_equal(cv_code_name(seen.code), "CV_OK");
    assert_int_equal(seen.source, source);
    cv_request_free(request);
}

/* An owner that works for longer than its lease renews it, and keeps its job. The time is the
 * test's: a machine that is slow would end the lease of an owner that lives. */
static void test_a_live_owner_outlasts_its_lease(void **context) {
    scene *state = *context;
    cv_now now = {5000000, INT64_C(1717243200000)};
    cv_clock clock = CV_CLOCK_INIT;
    clock.now = look;
    clock.user = &now;
    clock.boot_id = "simulation";
    cv_client *owner = open_at(state, &clock);
    cv_client *waiter = open_at(state, &clock);
    assert_true(server_hold(state->self->server, NULL));
    cv_request *owned = cv_request_retrieve(owner, CV_ISSUE, ISSUE, NULL);
    poll_until(state, owner, PENDING_JOBS, 1);
    cv_request *waited = cv_request_retrieve(waiter, CV_ISSUE, ISSUE, NULL);
    poll_until(state, waiter, WAITERS, 1);
    for (int half = 1; half <= 6; half++) {
        now.boot_ms += LEASE_MS / 2;
        now.wall_ms += LEASE_MS / 2;
        poll_until(state, owner, "SELECT boot_ms - started_boot_ms FROM dedupe_jobs",
                   half * LEASE_MS / 2);
        cv_client_poll(waiter, 1);
    }
    assert_int_equal(api_query(state->self, WAITERS), 1);
    server_release(state->self->server, SERVER_ALL);
    end_with(owned, CV_SOURCE_NETWORK);
    end_with(waited, CV_SOURCE_SHARED);
    assert_int_equal(requests(state), 1);
    cv_client_close(waiter);
    cv_client_close(owner);
}

/* ---- a list of many ids ---- */

static const char late_list[] =
    "{\"error\":\"OK\",\"limit\":100,\"offset\":0,\"number_of_page_results\":1,"
    "\"number_of_total_results\":1,\"status_code\":1,"
    "\"results\":[{\"id\":52,\"name\":\"What the owner heard\"}],\"version\":\"1.0\"}";

static cv_request *ask_for_one_of_many(cv_client *client, cv_mode mode) {
    static const int64_t ids[] = {ISSUE};
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = mode;
    return cv_request_retrieve_many(client, CV_ISSUE, ids, 1, &options);
}

static void end_with_name(cv_request *request, const char *name) {
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_many *many = cv_many_take(request);
    assert_non_null(many);
    assert_non_null(many->items[0].record);
    assert_string_equal(((const cv_issue *)many->items[0].record)->name, name);
    cv_many_free(many);
    cv_request_free(request);
}

/* What it says of single objects is kept apart from the list, and may be kept no more than that
 * once the job is another's. */
static void test_a_list_of_who_has_lost_its_job_is_not_kept(void **context) {
    static const char name[] = "The Long Night on Wharf Street";
    scene *state = *context;
    cv_now now = {5000000, INT64_C(1717243200000)};
    cv_clock clock = CV_CLOCK_INIT;
    clock.now = look;
    clock.user = &now;
    clock.boot_id = "simulation";
    cv_client *owner = open_at(state, &clock);
    cv_client *heir = open_at(state, &clock);
    const server_fault first_only = {.body = late_list};
    assert_true(server_fault_add(state->self->server, &first_only));
    assert_true(server_hold(state->self->server, NULL));
    cv_request *owned = ask_for_one_of_many(owner, CV_MODE_DEFAULT);
    poll_until(state, owner, PENDING_JOBS, 1);
    while (requests(state) < 1) {
        cv_client_poll(owner, 1);
    }
    assert_true(server_hold(state->self->server, "/elsewhere")); /* the heir's goes through */
    now.boot_ms += LEASE_MS + 1;
    now.wall_ms += LEASE_MS + 1;
    end_with_name(ask_for_one_of_many(heir, CV_MODE_DEFAULT), name);
    assert_int_equal(requests(state), 2);

    now.boot_ms += 1;
    now.wall_ms += 1;
    server_release(state->self->server, SERVER_ALL);
    end_with_name(owned, "What the owner heard");
    while (cv_client_next_deadline(owner) == 0) { /* what is kept, is kept now */
        cv_client_poll(owner, 0);
    }
    end_with_name(ask_for_one_of_many(heir, CV_MODE_CACHE_ONLY), name);
    end_with_name(ask_for_one_of_many(owner, CV_MODE_CACHE_ONLY), name);
    cv_client_close(owner);
    cv_client_close(heir);
}

#define DEATH_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        DEATH_TEST(test_a_waiter_in_another_process_goes_on),
        DEATH_TEST(test_a_waiting_thread_goes_on),
        DEATH_TEST(test_a_waiter_without_thread_goes_on),
        DEATH_TEST(test_one_of_many_waiters_takes_over),
        DEATH_TEST(test_a_dead_owner_keeps_nobody),
        DEATH_TEST(test_a_dead_owners_request_stays_counted),
        DEATH_TEST(test_a_stopped_owner_writes_nothing_stale),
        DEATH_TEST(test_a_live_owner_outlasts_its_lease),
        DEATH_TEST(test_a_list_of_who_has_lost_its_job_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
