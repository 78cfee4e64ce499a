/* The service refuses: every client, process and handle on the file heeds it, and a call says why.
 */
#include "support/api_actor.h"
#include "support/store_face.h"

#include <sqlite3.h>
#include <string.h>

#define USER CV_PRIORITY_USER

enum { MINUTE_MS = 60000 };

enum { SOME_LOOKS_MS = 700 }; /* who waits looks each 250 ms */

#define BAN_PAGE "<html><head><title>Abnormal Traffic</title></head><body></body></html>"

static const server_fault limited = {.api_status = 107, .headers = {{"Retry-After", "40"}}};
static const server_fault banned = {.http_status = 403, .body = BAN_PAGE};

static cv_client *open_impatient(api *self) {
    cv_options options = api_options(self);
    options.max_wait_ms = 1000;
    return api_open(self, &options);
}

static void check_refused(const outcome *seen, cv_code code, int64_t longest_ms,
                          const char *words) {
    assert_string_equal(cv_code_name(seen->code), cv_code_name(code));
    assert_in_range(seen->retry_after_ms, longest_ms - 20000, longest_ms);
    assert_true(seen->retryable);
    assert_non_null(strstr(seen->message, words));
}

static size_t requests(const api *self) {
    return server_request_count(self->server, NULL);
}

static cv_code code_of_list(cv_client *client) {
    cv_request *request = cv_request_list(client, CV_ISSUE, NULL, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    cv_code code = cv_request_error(request)->code;
    cv_request_free(request);
    return code;
}

static void test_a_limit_of_the_service_holds_for_all_clients(void **context) {
    api *self = *context;
    cv_client *one = open_impatient(self);
    cv_client *other = open_impatient(self);
    api_break(self, &limited);
    outcome seen = api_retrieve(one, 52);
    check_refused(&seen, CV_ERROR_RATE_LIMITED, 40000, "107");
    seen = api_retrieve(one, 61);
    check_refused(&seen, CV_ERROR_RATE_LIMITED, 40000, "the service has asked for a pause");
    seen = api_retrieve(other, 73);
    check_refused(&seen, CV_ERROR_RATE_LIMITED, 40000, "the service has asked for a pause");
    assert_int_equal(requests(self), 1);
    assert_int_equal(code_of_list(other), CV_OK);
    assert_int_equal(requests(self), 2);
    cv_client_close(one);
    cv_client_close(other);
}

static void test_a_ban_stops_everything(void **context) {
    api *self = *context;
    cv_client *client = open_impatient(self);
    api_break(self, &banned);
    outcome seen = api_retrieve(client, 52);
    check_refused(&seen, CV_ERROR_BLOCKED, MINUTE_MS, "the service blocks us");
    assert_int_equal(code_of_list(client), CV_ERROR_BLOCKED);
    cv_client_close(client);
    cv_options options = api_options(self);
    options.api_key = "another-key-of-the-same-service";
    options.max_wait_ms = CV_NO_WAIT;
    client = api_open(self, &options);
    seen = api_retrieve(client, 61);
    check_refused(&seen, CV_ERROR_BLOCKED, MINUTE_MS, "the service blocks requests");
    assert_int_equal(requests(self), 1);
    cv_client_close(client);
}

static void test_what_is_cached_is_read_all_the_same(void **context) {
    api *self = *context;
    cv_client *client = open_impatient(self);
    assert_int_equal(api_retrieve(client, 52).code, CV_OK);
    api_break(self, &banned);
    assert_int_equal(api_retrieve(client, 61).code, CV_ERROR_BLOCKED);
    assert_int_equal(api_retrieve(client, 52).source, CV_SOURCE_CACHE);
    cv_client_close(client);
}

static sqlite3 *lock_file(const api *self) {
    sqlite3 *locker = NULL;
    assert_int_equal(sqlite3_open(self->database.text, &locker), SQLITE_OK);
    assert_int_equal(sqlite3_exec(locker, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return locker;
}

static void unlock_file(sqlite3 *locker) {
    assert_int_equal(sqlite3_exec(locker, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(locker);
}

/* A locked file has not got the pause: nobody hears of it, lest he has another client ask. */
static void test_the_file_knows_first(void **context) {
    api *self = *context;
    cv_client *one = open_impatient(self);
    cv_client *other = open_impatient(self);
    api_break(self, &limited);
    assert_true(server_hold(self->server, NULL));
    cv_request *request = cv_request_retrieve(one, CV_ISSUE, 52, NULL);
    assert_true(server_wait_for(self->server, NULL, 1, API_PATIENCE_MS));
    sqlite3 *locker = lock_file(self);
    server_release(self->server, SERVER_ALL);
    assert_false(cv_request_wait(request, SOME_LOOKS_MS));
    unlock_file(locker);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    outcome seen = api_retrieve(other, 61);
    check_refused(&seen, CV_ERROR_RATE_LIMITED, 40000, "the service has asked for a pause");
    assert_int_equal(cv_request_error(request)->code, CV_ERROR_RATE_LIMITED);
    assert_int_equal(requests(self), 1);
    cv_request_free(request);
    cv_client_close(one);
    cv_client_close(other);
}

/* ---- processes ---- */

enum { OTHERS = 2 };

typedef struct refusal {
    server_fault fault;
    cv_code code;
} refusal;

static void read_refused(process *actor, int64_t id, cv_code code) {
    outcome seen = actor_read(actor, id);
    assert_string_equal(cv_code_name(seen.code), cv_code_name(code));
    assert_true(seen.retry_after_ms > 0);
}

/* Whoever does not wait so long is told at once, in all programs, and nothing is sent. */
static void test_all_processes_are_refused(void **context) {
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"max_wait_ms=30000"};
    static const refusal refusals[] = {
        {{.api_status = 107, .headers = {{"Retry-After", "600"}}}, CV_ERROR_RATE_LIMITED},
        {{.http_status = 429, .body = "", .headers = {{"Retry-After", "600"}}},
         CV_ERROR_RATE_LIMITED},
        {{.http_status = 403, .body = BAN_PAGE, .headers = {{"Retry-After", "600"}}},
         CV_ERROR_BLOCKED},
        {{.body = BAN_PAGE}, CV_ERROR_BLOCKED}};
    api *self = *context;
    process actors[1 + OTHERS];
    for (int i = 0; i < 1 + OTHERS; i++) {
        actor_start(&actors[i], self, arguments);
    }
    for (size_t i = 0; i < API_COUNT(refusals); i++) {
        api_break(self, &refusals[i].fault);
        for (int j = 0; j < 1 + OTHERS; j++) {
            read_refused(&actors[j], 10 + j, refusals[i].code);
        }
        assert_int_equal(requests(self), i + 1);
        api_lift_pauses(self);
    }
    for (int i = 0; i < 1 + OTHERS; i++) {
        actor_end(&actors[i]);
    }
}

static int64_t received_ms(const api *self, size_t index) {
    server_request request;
    assert_true(server_request_at(self->server, NULL, index, &request));
    return request.received_us / 1000;
}

/* Those who wait send nothing before the time has come; then one of them goes, alone. */
static void test_one_process_goes_first(void **context) {
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {NULL};
    static const refusal refusals[] = {
        {{.api_status = 107, .headers = {{"Retry-After", "1"}}}, CV_ERROR_RATE_LIMITED},
        {{.http_status = 403, .body = BAN_PAGE, .headers = {{"Retry-After", "1"}}},
         CV_ERROR_BLOCKED}};
    api *self = *context;
    process actors[1 + OTHERS];
    for (int i = 0; i < 1 + OTHERS; i++) {
        actor_start(&actors[i], self, arguments);
    }
    for (size_t i = 0; i < API_COUNT(refusals); i++) {
        size_t before = requests(self);
        api_break(self, &refusals[i].fault);
        read_refused(&actors[0], 1, refusals[i].code);
        assert_true(server_hold(self->server, NULL));
        for (int j = 0; j < 1 + OTHERS; j++) {
            actor_ask(&actors[j], 100 * (int64_t)(i + 1) + j);
        }
        assert_true(server_wait_for(self->server, NULL, before + 2, API_PATIENCE_MS));
        assert_in_range(received_ms(self, before + 1) - received_ms(self, before), 1000,
                        API_PATIENCE_MS);
        assert_false(server_wait_for(self->server, NULL, before + 3, SOME_LOOKS_MS));
        server_release(self->server, SERVER_ALL);
        for (int j = 0; j < 1 + OTHERS; j++) {
            assert_string_equal(cv_code_name(actor_hear(&actors[j]).code), "CV_OK");
            actor_hear_done(&actors[j]);
        }
        assert_int_equal(requests(self), before + 2 + OTHERS);
    }
    for (int i = 0; i < 1 + OTHERS; i++) {
        actor_end(&actors[i]);
    }
}

static int set_up_many_issues(void **context) {
    *context = api_new_with_issues(1, 300);
    return 0;
}

/* ---- by hand ---- */

/* Seen and lifted through the lent handle. */
static void test_status_and_reset(void **context) {
    api *self = *context;
    cv_client *client = open_impatient(self);
    cv_rate_limit_store *store = cv_client_rate_limit(client);
    cv_rate_limit_status status;
    assert_done(cv_rate_limit_store_status(store, "issue", &status));
    assert_int_equal(status.cooldown_until_ms, 0);
    api_break(self, &limited);
    assert_int_equal(api_retrieve(client, 52).code, CV_ERROR_RATE_LIMITED);
    assert_done(cv_rate_limit_store_status(store, "issue", &status));
    assert_true(status.cooldown_until_ms > 0);
    assert_true(status.next_slot_ms >= status.cooldown_until_ms);
    assert_done(cv_rate_limit_store_reset(store, "issue"));
    assert_done(cv_rate_limit_store_status(store, "issue", &status));
    assert_int_equal(status.cooldown_until_ms, 0);
    assert_int_equal(api_retrieve(client, 52).code, CV_OK);
    cv_client_close(client);
}

static cv_rate_limit_store *open_store(const api *self) {
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database.text;
    options.min_interval_ms = CV_NO_INTERVAL;
    cv_rate_limit_store *store = cv_rate_limit_store_open(&options);
    assert_non_null(store);
    return store;
}

static int64_t wait_of(cv_rate_limit_store *store, const char *resource) {
    int64_t wait_ms = -2;
    assert_done(cv_rate_limit_store_wait_time(store, resource, USER, &wait_ms));
    return wait_ms;
}

static void test_programs_report_by_hand(void **context) {
    api *self = *context;
    cv_rate_limit_store *one = open_store(self);
    cv_rate_limit_store *other = open_store(self);
    assert_done(cv_rate_limit_store_cool_down(one, "issue", 30000));
    assert_in_range(wait_of(other, "issue"), 10000, 30000);
    assert_int_equal(wait_of(other, "issues"), 0);
    assert_done(cv_rate_limit_store_cool_down(other, "issue", CV_NONE));
    assert_int_equal(wait_of(one, "issue"), 0);
    assert_done(cv_rate_limit_store_cool_down(one, NULL, 0));
    assert_in_range(wait_of(other, "issues"), 40000, MINUTE_MS);
    assert_done(cv_rate_limit_store_clear(other));
    assert_int_equal(wait_of(one, "issues"), 0);
    cv_rate_limit_store_close(one);
    cv_rate_limit_store_close(other);
}

/* A reset of one path is a wish to send there: what stops everything is lifted too. */
static void test_reset_lifts_what_is_in_the_way(void **context) {
    api *self = *context;
    cv_rate_limit_store *store = open_store(self);
    assert_done(cv_rate_limit_store_cool_down(store, NULL, 30000));
    assert_done(cv_rate_limit_store_cool_down(store, "volume", 30000));
    assert_done(cv_rate_limit_store_reset(store, "issue"));
    assert_int_equal(wait_of(store, "issue"), 0);
    assert_in_range(wait_of(store, "volume"), 10000, 30000);
    cv_rate_limit_store_close(store);
}

/* `origin` joins handles of different scopes, as two keys of one service are. */
static void test_a_block_holds_for_all_scopes_of_an_origin(void **context) {
    static const struct {
        const char *origin;
        bool is_blocked;
    } cases[] = {{"service", true}, {"another", false}, {NULL, false}};
    api *self = *context;
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database.text;
    options.scope = "key-1";
    options.origin = "service";
    cv_rate_limit_store *one = cv_rate_limit_store_open(&options);
    assert_done(cv_rate_limit_store_cool_down(one, NULL, 0));
    options.scope = "key-2";
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        options.origin = cases[i].origin;
        cv_rate_limit_store *other = cv_rate_limit_store_open(&options);
        assert_int_equal(wait_of(other, "issue") > 0, cases[i].is_blocked);
        cv_rate_limit_store_close(other);
    }
    cv_rate_limit_store_close(one);
}

static void test_bad_reports_are_refused(void **context) {
    api *self = *context;
    char enormous[CV_RESOURCE_MAX + 2];
    memset(enormous, 'a', sizeof(enormous) - 1);
    enormous[sizeof(enormous) - 1] = '\0';
    cv_rate_limit_store *store = open_store(self);
    assert_false(cv_rate_limit_store_cool_down(NULL, "issue", 0));
    face_assert_error(CV_ERROR_ARGUMENT);
    assert_false(cv_rate_limit_store_cool_down(store, "", 0));
    face_assert_error(CV_ERROR_ARGUMENT);
    assert_false(cv_rate_limit_store_cool_down(store, enormous, 0));
    face_assert_error(CV_ERROR_ARGUMENT);
    assert_false(cv_rate_limit_store_cool_down(store, "issue", -2));
    face_assert_error(CV_ERROR_ARGUMENT);
    assert_int_equal(wait_of(store, "issue"), 0);
    cv_rate_limit_store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_a_limit_of_the_service_holds_for_all_clients),
        API_TEST(test_a_ban_stops_everything),
        API_TEST(test_what_is_cached_is_read_all_the_same),
        API_TEST(test_the_file_knows_first),
        cmocka_unit_test_setup_teardown(test_all_processes_are_refused, set_up_many_issues,
                                        api_tear_down),
        cmocka_unit_test_setup_teardown(test_one_process_goes_first, set_up_many_issues,
                                        api_tear_down),
        API_TEST(test_status_and_reset),
        API_TEST(test_programs_report_by_hand),
        API_TEST(test_reset_lifts_what_is_in_the_way),
        API_TEST(test_a_block_holds_for_all_scopes_of_an_origin),
        API_TEST(test_bad_reports_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
