/* The limit is exact: what the server's own log shows is never more than was allowed, whoever asks
 * and however. */
#include "support/api_actor.h"
#include "support/crowd.h"

#include <stdio.h>

enum {
    FIRST_ISSUE = 1000,
    ISSUES = 80,
    LIMIT = 20,
    PROCESSES = 4,
    HOUR_MS = 3600000,
    DEFAULT_GUARD_MS = 2000
};

static int set_up(void **context) {
    *context = api_new_with_issues(FIRST_ISSUE, ISSUES);
    return 0;
}

/* Many calls, each of an issue of its own, so that neither cache nor sharing spares a request. */
static cv_options options_without_patience(const api *self, int64_t limit) {
    cv_options options = api_options(self);
    options.max_wait_ms = CV_NO_WAIT;
    options.rate_limit.limit = limit;
    return options;
}

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

static int64_t received_us(const api *self, size_t index) {
    server_request request;
    assert_true(server_request_at(self->server, NULL, index, &request));
    return request.received_us;
}

static int64_t admitted_ms(const api *self, size_t index) {
    char sql[96];
    assert_true(snprintf(sql, sizeof(sql),
                         "SELECT boot_ms FROM rate_limits ORDER BY boot_ms LIMIT 1 OFFSET %zu",
                         index) > 0);
    return api_query(self, sql);
}

/* By the file's own record no two requests that are so many apart were admitted sooner after each
 * other; and however many the server had seen, as many had been admitted. How soon after that one
 * comes there, the machine has a say in too. */
static void assert_apart(const api *self, size_t requests_apart, int64_t least_ms) {
    size_t count = requests(self);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), count);
    for (size_t i = 0; i < count; i++) {
        assert_true(received_us(self, i) >= admitted_ms(self, i) * 1000);
        if (i >= requests_apart) {
            assert_true(admitted_ms(self, i) - admitted_ms(self, i - requests_apart) >= least_ms);
        }
    }
}

static void assert_refused(const outcome *seen, int64_t longest_ms) {
    assert_string_equal(cv_code_name(seen->code), "CV_ERROR_RATE_LIMITED");
    assert_in_range(seen->retry_after_ms, 1, longest_ms);
    assert_true(seen->retryable);
    assert_int_equal(seen->http_status, 0);
}

/* ---- a full window ---- */

static void assert_20_of_80(const api *self, const outcome *outcomes) {
    for (size_t i = 0; i < ISSUES; i++) {
        if (outcomes[i].code != CV_OK) {
            assert_refused(&outcomes[i], HOUR_MS + DEFAULT_GUARD_MS);
        }
    }
    assert_int_equal(outcomes_with(outcomes, ISSUES, CV_OK), LIMIT);
    assert_int_equal(outcomes_from(outcomes, ISSUES, CV_SOURCE_NETWORK), LIMIT);
    assert_int_equal(requests(self), LIMIT);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), LIMIT);
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache"), LIMIT);
    assert_int_equal(api_query(self, "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"),
                     0);
}

static void test_4_processes_with_20_calls_send_20(void **context) {
    api *self = *context;
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"threads=20", "step=1", "limit=20",
                                                               "max_wait_ms=-1"};
    process actors[PROCESSES];
    outcome outcomes[ISSUES];
    for (size_t i = 0; i < PROCESSES; i++) {
        actor_start(&actors[i], self, arguments);
    }
    /* Held, so that no process has its answers before all have asked. */
    assert_true(server_hold(self->server, NULL));
    for (size_t i = 0; i < PROCESSES; i++) {
        actor_ask(&actors[i], FIRST_ISSUE + (int64_t)i * LIMIT);
    }
    server_release(self->server, SERVER_ALL);
    for (size_t i = 0; i < ISSUES; i++) {
        outcomes[i] = actor_hear(&actors[i / LIMIT]);
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        actor_hear_done(&actors[i]);
        actor_end(&actors[i]);
    }
    assert_20_of_80(self, outcomes);
}

static void test_80_threads_send_20(void **context) {
    api *self = *context;
    static crowd threads;
    outcome outcomes[ISSUES];
    cv_options options = options_without_patience(self, LIMIT);
    cv_client *client = api_open(self, &options);
    threads = (crowd){.size = 0};
    for (int64_t i = 0; i < ISSUES; i++) {
        crowd_add(&threads, client, FIRST_ISSUE + i);
    }
    crowd_start(&threads);
    crowd_join(&threads);
    for (size_t i = 0; i < ISSUES; i++) {
        outcomes[i] = threads.members[i].outcome;
    }
    assert_20_of_80(self, outcomes);
    cv_client_close(client);
}

static void test_the_budget_outlives_the_client(void **context) {
    api *self = *context;
    cv_options options = options_without_patience(self, 2);
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, FIRST_ISSUE).code, CV_OK);
    assert_int_equal(api_retrieve(client, FIRST_ISSUE + 1).code, CV_OK);
    cv_client_close(client);
    client = api_open(self, &options);
    outcome seen = api_retrieve(client, FIRST_ISSUE + 2);
    assert_refused(&seen, HOUR_MS + DEFAULT_GUARD_MS);
    assert_int_equal(api_retrieve(client, FIRST_ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(requests(self), 2);
    cv_client_close(client);
}

/* A wait that max_wait_ms does not cover is not begun. */
static void test_a_wait_that_is_too_long_fails_at_once(void **context) {
    api *self = *context;
    cv_options options = options_without_patience(self, 1);
    options.max_wait_ms = 0; /* the default, a minute */
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, FIRST_ISSUE).code, CV_OK);
    int64_t start_ms = api_now_ms();
    outcome seen = api_retrieve(client, FIRST_ISSUE + 1);
    assert_refused(&seen, HOUR_MS + DEFAULT_GUARD_MS);
    assert_true(seen.retry_after_ms > HOUR_MS / 2);
    assert_true(api_now_ms() - start_ms < 30000);
    cv_client_close(client);
}

static void test_failures_count(void **context) {
    api *self = *context;
    cv_options options = options_without_patience(self, 3);
    cv_client *client = api_open(self, &options);
    const server_fault failing = {.http_status = 500, .body = "", .times = SERVER_ALL};
    api_break(self, &failing);
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(api_retrieve(client, FIRST_ISSUE + i).code, CV_ERROR_SERVER);
    }
    outcome seen = api_retrieve(client, FIRST_ISSUE + 3);
    assert_refused(&seen, HOUR_MS + DEFAULT_GUARD_MS);
    assert_int_equal(requests(self), 3);
    cv_client_close(client);
}

/* ---- limits of paths ---- */

static void test_a_limit_of_0_admits_nothing(void **context) {
    api *self = *context;
    const cv_resource_limit limits[] = {{.resource = "issue", .limit = 0},
                                        {.resource = "issues", .limit = 1}};
    cv_options options = options_without_patience(self, LIMIT);
    options.max_wait_ms = CV_WAIT_FOREVER; /* waiting would not help, so nobody waits */
    options.rate_limit.resources = limits;
    options.rate_limit.resource_count = API_COUNT(limits);
    cv_client *client = api_open(self, &options);
    outcome seen = api_retrieve(client, FIRST_ISSUE);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_RATE_LIMITED");
    assert_false(seen.retryable);
    assert_int_equal(seen.retry_after_ms, 0);
    assert_int_equal(requests(self), 0);
    const cv_issue_page *page = cv_issue_list(client, NULL, CV_PRIORITY_USER);
    assert_non_null(page);
    cv_issue_page_free(page);
    assert_int_equal(requests(self), 1);
    cv_client_close(client);
}

static void test_paths_have_budgets_of_their_own(void **context) {
    api *self = *context;
    const cv_resource_limit limits[] = {{.resource = "issues", .limit = 1}};
    cv_options options = options_without_patience(self, 3);
    options.rate_limit.resources = limits;
    options.rate_limit.resource_count = API_COUNT(limits);
    options.cache.disabled = true;
    cv_client *client = api_open(self, &options);
    const cv_issue_page *page = cv_issue_list(client, NULL, CV_PRIORITY_USER);
    assert_non_null(page);
    cv_issue_page_free(page);
    assert_null(cv_issue_list(client, NULL, CV_PRIORITY_USER));
    assert_int_equal(cv_last_error()->code, CV_ERROR_RATE_LIMITED);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(api_retrieve(client, FIRST_ISSUE).code, CV_OK);
    }
    assert_int_equal(api_retrieve(client, FIRST_ISSUE).code, CV_ERROR_RATE_LIMITED);
    assert_int_equal(requests(self), 4);
    cv_client_close(client);
}

static void test_no_limit_counts_nothing(void **context) {
    api *self = *context;
    cv_options options = options_without_patience(self, 1);
    options.rate_limit.kind = CV_LIMIT_NONE;
    cv_client *client = api_open(self, &options);
    for (int64_t i = 0; i < LIMIT; i++) {
        assert_int_equal(api_retrieve(client, FIRST_ISSUE + i).code, CV_OK);
    }
    assert_int_equal(requests(self), LIMIT);
    cv_client_close(client);
}

/* ---- waiting ---- */

/* 16 requests at 5 a window: three waits. In no window is a sixth admitted. */
static void test_waiting_keeps_to_the_limit(void **context) {
    enum { EACH = 8, CALLS = 2 * EACH, BUDGET = 5, WINDOW_MS = 800, GUARD_MS = 200 };
    api *self = *context;
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {
        "threads=8", "step=1", "limit=5", "window_ms=800", "guard_ms=200", "max_wait_ms=60000"};
    process actors[2];
    for (size_t i = 0; i < API_COUNT(actors); i++) {
        actor_start(&actors[i], self, arguments);
    }
    for (size_t i = 0; i < API_COUNT(actors); i++) {
        actor_ask(&actors[i], FIRST_ISSUE + (int64_t)i * EACH);
    }
    for (size_t i = 0; i < CALLS; i++) {
        assert_string_equal(cv_code_name(actor_hear(&actors[i / EACH]).code), "CV_OK");
    }
    for (size_t i = 0; i < API_COUNT(actors); i++) {
        actor_hear_done(&actors[i]);
        actor_end(&actors[i]);
    }
    assert_int_equal(requests(self), CALLS);
    assert_apart(self, BUDGET, WINDOW_MS + GUARD_MS);
}

/* Admissions are at least the interval apart, to the millisecond. */
static void test_the_interval_holds_between_any_two(void **context) {
    enum { CALLS = 8, INTERVAL_MS = 200 };
    api *self = *context;
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {
        "threads=4", "step=1", "min_interval_ms=200", "guard_ms=200", "max_wait_ms=60000"};
    process actors[2];
    for (size_t i = 0; i < API_COUNT(actors); i++) {
        actor_start(&actors[i], self, arguments);
    }
    for (size_t i = 0; i < API_COUNT(actors); i++) {
        actor_ask(&actors[i], FIRST_ISSUE + (int64_t)i * CALLS / 2);
    }
    for (size_t i = 0; i < CALLS; i++) {
        assert_string_equal(cv_code_name(actor_hear(&actors[i * 2 / CALLS]).code), "CV_OK");
    }
    for (size_t i = 0; i < API_COUNT(actors); i++) {
        actor_hear_done(&actors[i]);
        actor_end(&actors[i]);
    }
    assert_int_equal(requests(self), CALLS);
    assert_apart(self, 1, INTERVAL_MS);
}

/* The interval refuses with its time too. */
static void test_the_interval_refuses_who_will_not_wait(void **context) {
    enum { INTERVAL_MS = 600000 };
    api *self = *context;
    cv_options options = options_without_patience(self, LIMIT);
    options.rate_limit.kind = CV_LIMIT_NONE;
    options.rate_limit.min_interval_ms = INTERVAL_MS;
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, FIRST_ISSUE).code, CV_OK);
    outcome seen = api_retrieve(client, FIRST_ISSUE + 1);
    assert_refused(&seen, INTERVAL_MS);
    assert_int_equal(requests(self), 1);
    cv_client_close(client);
}

#define LIMIT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, api_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        LIMIT_TEST(test_4_processes_with_20_calls_send_20),
        LIMIT_TEST(test_80_threads_send_20),
        LIMIT_TEST(test_the_budget_outlives_the_client),
        LIMIT_TEST(test_a_wait_that_is_too_long_fails_at_once),
        LIMIT_TEST(test_failures_count),
        LIMIT_TEST(test_a_limit_of_0_admits_nothing),
        LIMIT_TEST(test_paths_have_budgets_of_their_own),
        LIMIT_TEST(test_no_limit_counts_nothing),
        LIMIT_TEST(test_waiting_keeps_to_the_limit),
        LIMIT_TEST(test_the_interval_holds_between_any_two),
        LIMIT_TEST(test_the_interval_refuses_who_will_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
