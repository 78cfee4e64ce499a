/* A host that fails again and again is left in peace by every client and program on the file, until
 * one request of one of them finds that it works. */
#include "support/api_actor.h"
#include "support/store_face.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 3, FIRST_ID = 1, IDS = 40 };

enum { SOME_LOOKS_MS = 700 }; /* who waits looks each 250 ms */

static const server_fault failing = {.http_status = 502, .body = "", .times = SERVER_ALL};

static int world_of_many(void **context) {
    *context = api_new_with_issues(FIRST_ID, IDS);
    return 0;
}

#define CIRCUIT_TEST(test) cmocka_unit_test_setup_teardown(test, world_of_many, api_tear_down)

static cv_options impatient(const api *self, int64_t open_ms) {
    cv_options options = api_options(self);
    options.max_wait_ms = CV_NO_WAIT;
    options.rate_limit.circuit_failures = MOST;
    options.rate_limit.circuit_open_ms = open_ms;
    return options;
}

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

static int64_t failures(const api *self) {
    return api_query(self, "SELECT count(*) FROM rate_limit_cooldowns WHERE resource = '*'");
}

/* Fails often enough, each time with an error of its own. */
static void fail_on(const api *self, cv_client *client, cv_code code) {
    size_t before = requests(self);
    for (int64_t i = 0; i < MOST; i++) {
        outcome seen = api_retrieve(client, FIRST_ID + i);
        assert_string_equal(cv_code_name(seen.code), cv_code_name(code));
    }
    assert_true(requests(self) == before || requests(self) == before + MOST);
}

static void check_left_in_peace(const outcome *seen, cv_code code, const char *words) {
    assert_string_equal(cv_code_name(seen->code), cv_code_name(code));
    assert_in_range(seen->retry_after_ms, 1, 300000);
    assert_int_equal(seen->http_status, 0);
    assert_true(seen->retryable);
    assert_non_null(strstr(seen->message, "not sent: "));
    assert_non_null(strstr(seen->message, words));
    assert_non_null(strstr(seen->message, "next request in "));
}

/* Nothing is sent to it, by any client, key or path; and the calls say why. */
static void test_a_failing_host_is_left_in_peace(void **context) {
    api *self = *context;
    cv_options options = impatient(self, 300000);
    cv_client *one = api_open(self, &options);
    options.api_key = "another-key-of-the-same-service";
    cv_client *other = api_open(self, &options);
    api_break(self, &failing);
    fail_on(self, one, CV_ERROR_SERVER);
    outcome seen = api_retrieve(one, FIRST_ID);
    check_left_in_peace(&seen, CV_ERROR_SERVER, "the service fails (failures in a row: 3)");
    seen = api_retrieve(other, FIRST_ID);
    check_left_in_peace(&seen, CV_ERROR_SERVER, "the service fails (failures in a row: 3)");
    assert_null(cv_issue_list(other, NULL, CV_PRIORITY_USER));
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_SERVER");
    assert_int_equal(requests(self), MOST);
    cv_client_close(one);
    cv_client_close(other);
}

/* Nobody listens: nothing was sent, and no budget is spent, but that counts too. */
static void test_a_host_that_is_gone(void **context) {
    api *self = *context;
    server *gone = server_start(&(server_options){.folder = CVI_FIXTURES "/comicvine"});
    assert_non_null(gone);
    char *url = strdup(server_base_url(gone));
    assert_non_null(url);
    server_stop(gone);
    cv_options options = impatient(self, 300000);
    options.base_url = url;
    cv_client *client = api_open(self, &options);
    fail_on(self, client, CV_ERROR_NETWORK);
    outcome seen = api_retrieve(client, FIRST_ID);
    check_left_in_peace(&seen, CV_ERROR_NETWORK, "does not answer (failures in a row: 3)");
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limits"), 0);
    cv_client *elsewhere = api_open(self, NULL);
    assert_string_equal(cv_code_name(api_retrieve(elsewhere, FIRST_ID).code), "CV_OK");
    cv_client_close(elsewhere);
    cv_client_close(client);
    free(url);
}

/* A base URL of another path, and another spelling of the host's name, are the same host. */
static void test_a_host_has_many_base_urls(void **context) {
    api *self = *context;
    char *url = NULL;
    cv_options options = impatient(self, 300000);
    cv_client *one = api_open(self, &options);
    api_break(self, &failing);
    fail_on(self, one, CV_ERROR_SERVER);
    const char *end = strstr(options.base_url, "/api");
    assert_non_null(end);
    assert_true(asprintf(&url, "HTTP%.*s/mirror/api/", (int)(end - options.base_url) - 4,
                         options.base_url + 4) > 0);
    options.base_url = url;
    cv_client *other = api_open(self, &options);
    outcome seen = api_retrieve(other, FIRST_ID);
    check_left_in_peace(&seen, CV_ERROR_SERVER, "the service fails");
    cv_client_close(one);
    cv_client_close(other);
    free(url);
}

/* An answer in between, whatever it says, begins the count anew. */
static void test_only_failures_in_a_row_count(void **context) {
    api *self = *context;
    cv_options options = impatient(self, 300000);
    cv_client *client = api_open(self, &options);
    for (int64_t i = 0; i < 2 * MOST; i++) {
        const server_fault once = {.http_status = 500, .body = "", .times = MOST - 1};
        api_break(self, &once);
        for (int tries = 1; tries < MOST; tries++) {
            assert_int_equal(api_retrieve(client, FIRST_ID + i).code, CV_ERROR_SERVER);
        }
        assert_int_equal(failures(self), 1);
        bool is_denied = i % 2 == 1;
        assert_int_equal(api_retrieve(client, is_denied ? 9000 + i : FIRST_ID + i).code,
                         is_denied ? CV_ERROR_NOT_FOUND : CV_OK);
        assert_int_equal(failures(self), 0);
    }
    cv_client_close(client);
}

static void test_retries_count_each(void **context) {
    api *self = *context;
    cv_options options = impatient(self, 300000);
    options.max_retries = 1;
    cv_client *client = api_open(self, &options);
    api_break(self, &failing);
    assert_int_equal(api_retrieve(client, FIRST_ID).code, CV_ERROR_SERVER);
    assert_int_equal(api_query(self, "SELECT failures FROM rate_limit_cooldowns"), 2);
    outcome seen = api_retrieve(client, FIRST_ID); /* its second try is not sent any more */
    check_left_in_peace(&seen, CV_ERROR_SERVER, "the service fails (failures in a row: 3)");
    assert_int_equal(requests(self), MOST);
    cv_client_close(client);
}

/* Who waits is served by the request that tries, or behind it. */
static void test_patient_calls_wait_for_it(void **context) {
    api *self = *context;
    cv_options options = impatient(self, 100);
    options.max_wait_ms = API_PATIENCE_MS;
    cv_client *client = api_open(self, &options);
    const server_fault thrice = {.http_status = 503, .body = "", .times = MOST};
    api_break(self, &thrice);
    fail_on(self, client, CV_ERROR_SERVER);
    for (int64_t i = 0; i < MOST; i++) {
        assert_string_equal(cv_code_name(api_retrieve(client, FIRST_ID + i).code), "CV_OK");
    }
    assert_int_equal(failures(self), 0);
    assert_int_equal(requests(self), (size_t)2 * MOST);
    cv_client_close(client);
}

static void test_it_can_be_switched_off(void **context) {
    api *self = *context;
    cv_options options = impatient(self, 300000);
    cv_client *one = api_open(self, &options);
    options.rate_limit.circuit_failures = CV_NONE;
    cv_client *other = api_open(self, &options);
    api_break(self, &failing);
    fail_on(self, one, CV_ERROR_SERVER);
    for (int64_t i = 0; i < 2 * MOST; i++) {
        assert_int_equal(api_retrieve(other, FIRST_ID + i).http_status, 502);
    }
    assert_int_equal(requests(self), 3 * MOST);
    cv_client_close(one);
    cv_client_close(other);
}

/* ---- seen and lifted ---- */

static void test_status_shows_it_and_reset_lifts_it(void **context) {
    api *self = *context;
    cv_options options = impatient(self, 300000);
    cv_client *client = api_open(self, &options);
    cv_rate_limit_store *store = cv_client_rate_limit(client);
    cv_rate_limit_status status;
    api_break(self, &failing);
    fail_on(self, client, CV_ERROR_SERVER);
    assert_done(cv_rate_limit_store_status(store, "volumes", &status));
    assert_true(status.cooldown_until_ms > 0);
    assert_true(status.next_slot_ms >= status.cooldown_until_ms);
    assert_string_equal(status.reason, "the service fails (failures in a row: 3)");
    server_faults_clear(self->server);
    assert_done(cv_rate_limit_store_reset(store, "issue"));
    assert_done(cv_rate_limit_store_status(store, "volumes", &status));
    assert_int_equal(status.cooldown_until_ms, 0);
    assert_null(strstr(status.reason, "fails"));
    assert_string_equal(cv_code_name(api_retrieve(client, FIRST_ID).code), "CV_OK");
    cv_client_close(client);
}

static void test_other_ways_to_lift_it(void **context) {
    api *self = *context;
    cv_options options = impatient(self, 300000);
    cv_client *client = api_open(self, &options);
    cv_rate_limit_store *store = cv_client_rate_limit(client);
    api_break(self, &failing);
    fail_on(self, client, CV_ERROR_SERVER);
    assert_done(cv_rate_limit_store_cool_down(store, "volume", CV_NONE));
    assert_int_equal(failures(self), 0);
    fail_on(self, client, CV_ERROR_SERVER);
    assert_done(cv_rate_limit_store_clear(store));
    assert_int_equal(failures(self), 0);
    cv_client_close(client);
}

/* ---- processes ---- */

enum { ACTORS = 3 };

/* All wait; when the time is over, one of them sends, alone; its answer lets the others go. */
static void test_one_process_tries_for_all(void **context) {
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {
        "min_interval_ms=-1", "circuit_failures=3", "circuit_open_ms=300"};
    api *self = *context;
    process actors[ACTORS];
    for (int i = 0; i < ACTORS; i++) {
        actor_start(&actors[i], self, arguments);
    }
    api_break(self, &(server_fault){.http_status = 500, .body = "", .times = MOST});
    for (int i = 0; i < ACTORS; i++) {
        assert_string_equal(cv_code_name(actor_read(&actors[i], 10 + i).code), "CV_ERROR_SERVER");
    }
    assert_int_equal(requests(self), MOST);
    assert_true(server_hold(self->server, NULL));
    for (int i = 0; i < ACTORS; i++) {
        actor_ask(&actors[i], 20 + i);
    }
    assert_true(server_wait_for(self->server, NULL, MOST + 1, API_PATIENCE_MS));
    assert_false(server_wait_for(self->server, NULL, MOST + 2, SOME_LOOKS_MS));
    server_release(self->server, SERVER_ALL);
    for (int i = 0; i < ACTORS; i++) {
        assert_string_equal(cv_code_name(actor_hear(&actors[i]).code), "CV_OK");
        actor_hear_done(&actors[i]);
        actor_end(&actors[i]);
    }
    assert_int_equal(requests(self), MOST + ACTORS);
    assert_int_equal(failures(self), 0);
}

/* Whoever tries is killed: another one tries at once. */
static void test_a_killed_prober_holds_nobody_up(void **context) {
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {
        "min_interval_ms=-1", "circuit_failures=3", "circuit_open_ms=300"};
    api *self = *context;
    process prober;
    actor_start(&prober, self, arguments);
    api_break(self, &(server_fault){.http_status = 500, .body = "", .times = MOST});
    for (int i = 0; i < MOST; i++) {
        assert_string_equal(cv_code_name(actor_read(&prober, 10 + i).code), "CV_ERROR_SERVER");
    }
    assert_true(server_hold(self->server, NULL));
    actor_ask(&prober, 20);
    assert_true(server_wait_for(self->server, NULL, MOST + 1, API_PATIENCE_MS));
    assert_true(process_kill(&prober));
    process_end(&prober, API_PATIENCE_MS);
    server_release(self->server, SERVER_ALL);
    cv_options options = impatient(self, 300000);
    options.max_wait_ms = API_PATIENCE_MS;
    cv_client *client = api_open(self, &options);
    int64_t begun_ms = api_now_ms();
    assert_string_equal(cv_code_name(api_retrieve(client, 21).code), "CV_OK");
    assert_true(api_now_ms() - begun_ms < 30000); /* a probe of the living is kept for 60 s */
    cv_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CIRCUIT_TEST(test_a_failing_host_is_left_in_peace),
        CIRCUIT_TEST(test_a_host_that_is_gone),
        CIRCUIT_TEST(test_a_host_has_many_base_urls),
        CIRCUIT_TEST(test_only_failures_in_a_row_count),
        CIRCUIT_TEST(test_retries_count_each),
        CIRCUIT_TEST(test_patient_calls_wait_for_it),
        CIRCUIT_TEST(test_it_can_be_switched_off),
        CIRCUIT_TEST(test_status_shows_it_and_reset_lifts_it),
        CIRCUIT_TEST(test_other_ways_to_lift_it),
        CIRCUIT_TEST(test_one_process_tries_for_all),
        CIRCUIT_TEST(test_a_killed_prober_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
