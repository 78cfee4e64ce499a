/* What the service has said of the key counts from when it was heard, however late it is taken and
 * by whomever; by a clock that the test moves, over a network that answers when the test says so.
 */
#include "support/sys_world.h"

#include <sqlite3.h>

#define DAY_MS INT64_C(86400000)

/* Less than the lease of a job. */
enum { EARLY_MS = 1000, LATE_MS = 2000, NEGATIVE_TTL_S = 300 };

static const own_answer accepted = {
    .http_status = 200,
    .body = "{\"error\":\"OK\",\"status_code\":1,\"offset\":0,\"limit\":1,"
            "\"number_of_page_results\":0,\"number_of_total_results\":0,\"results\":[]}"};
static const own_answer issue_52 = {.http_status = 200, .body = SYS_ISSUE(52)};
static const own_answer refused = {.http_status = 401};

static int set_up(void **state) {
    sys_timed_set_up(state, OWN_LATER);
    sys_timed *self = *state;
    self->world.options.cache.negative_ttl_s = NEGATIVE_TTL_S;
    return 0;
}

/* So long after the start. */
static void go_to(sys_timed *self, int64_t at_ms) {
    self->now.boot_ms += at_ms - (self->now.wall_ms - SYS_START_MS);
    self->now.wall_ms = SYS_START_MS + at_ms;
}

static void answer(sys_timed *self, size_t index, const own_answer *with) {
    assert_true(own_network_answer(&self->world.network, index, with));
}

/* A check of the key whose request has begun, as the last of so many. */
static cv_request *begin_check(sys_timed *self, cv_client *client, size_t count) {
    cv_request *request = cv_request_check_key(client, NULL);
    assert_non_null(request);
    sys_await_transfers(&self->world, request, count);
    return request;
}

/* A request that ends without another being sent. */
static void end(sys_timed *self, cv_client *client, cv_request *request, cv_code code) {
    size_t asked = own_network_count(&self->world.network);
    while (!cv_request_done(request)) {
        cv_client_poll(client, 0);
        assert_int_equal(own_network_count(&self->world.network), asked);
    }
    const cv_error *error = cv_request_error(request);
    assert_string_equal(cv_code_name(error != NULL ? error->code : CV_OK), cv_code_name(code));
    cv_request_free(request);
}

/* A check of the key that is answered without asking. */
static void check_known(sys_timed *self, cv_client *client, cv_code code) {
    end(self, client, cv_request_check_key(client, NULL), code);
}

/* It must be asked. */
static void check_unknown(sys_timed *self, cv_client *client) {
    size_t asked = own_network_count(&self->world.network);
    cv_request *request = begin_check(self, client, asked + 1);
    answer(self, asked, &accepted);
    end(self, client, request, CV_OK);
}

/* Known until that long after the start, and no longer. */
static void check_known_until(sys_timed *self, cv_client *client, cv_code code, int64_t until_ms) {
    go_to(self, until_ms - 1);
    check_known(self, client, code);
    go_to(self, until_ms);
    check_unknown(self, client);
}

/* The word in the file; 0: none. */
static int64_t noted_ms(const sys_timed *self) {
    return sys_query(&self->world,
                     "SELECT coalesce(sum(value), 0) FROM settings WHERE name LIKE 'key:%'");
}

static void forget_noted(const sys_timed *self) {
    sqlite3 *file = NULL;
    assert_int_equal(sqlite3_open(self->world.database.text, &file), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(file, "DELETE FROM settings WHERE name LIKE 'key:%'", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(file), SQLITE_OK);
}

/* ---- one's own ---- */

static void test_a_check_that_is_taken_late(void **state) {
    static const struct {
        const own_answer *answer;
        cv_code code;
        int64_t noted_ms;
        int64_t until_ms;
    } cases[] = {
        {&accepted, CV_OK, SYS_START_MS, DAY_MS},
        {&refused, CV_ERROR_AUTH, -SYS_START_MS, NEGATIVE_TTL_S * 1000},
    };
    sys_timed *self = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        self->now = SYS_START;
        self->world.options.api_key = i == 0 ? SYS_KEY : "another key";
        cv_client *client = sys_open(&self->world);
        size_t asked = own_network_count(&self->world.network);
        cv_request *request = begin_check(self, client, asked + 1);
        answer(self, asked, cases[i].answer);
        go_to(self, LATE_MS);
        end(self, client, request, cases[i].code);
        check_known_until(self, client, cases[i].code, cases[i].until_ms);
        cv_client_close(client);
    }
}

static void test_any_answer_that_is_taken_late(void **state) {
    sys_timed *self = *state;
    cv_client *client = sys_open(&self->world);
    cv_request *request = sys_begin_request(&self->world, client);
    answer(self, 0, &issue_52);
    go_to(self, LATE_MS);
    end(self, client, request, CV_OK);
    check_known_until(self, client, CV_OK, DAY_MS);
    cv_client_close(client);
}

static void test_the_file_has_the_same_time(void **state) {
    sys_timed *self = *state;
    cv_client *client = sys_open(&self->world);
    cv_request *request = begin_check(self, client, 1);
    answer(self, 0, &accepted);
    go_to(self, LATE_MS);
    end(self, client, request, CV_OK);
    assert_int_equal(noted_ms(self), SYS_START_MS);
    cv_client_close(client);
}

/* What is known is of the future then: it must be asked, and what comes of that counts. */
static void test_a_clock_that_goes_back(void **state) {
    sys_timed *self = *state;
    cv_client *client = sys_open(&self->world);
    check_unknown(self, client);
    go_to(self, -LATE_MS);
    check_unknown(self, client);
    check_known(self, client, CV_OK);
    check_known_until(self, client, CV_OK, DAY_MS - LATE_MS);
    cv_client_close(client);
}

/* ---- another client's ---- */

/* Two clients on the file: what one fetches, and takes late, the other waits for. */
typedef struct pair {
    cv_client *owner;
    cv_client *waiter;
    cv_request *owners;
    cv_request *waiters;
} pair;

static pair begin_pair(sys_timed *self) {
    pair both = {.owner = sys_open(&self->world), .waiter = sys_open(&self->world)};
    both.owners = begin_check(self, both.owner, 1);
    both.waiters = cv_request_check_key(both.waiter, NULL);
    assert_non_null(both.waiters);
    cv_client_poll(both.waiter, 0);
    assert_int_equal(own_network_count(&self->world.network), 1);
    return both;
}

static void end_pair(sys_timed *self, const pair *both, cv_code code) {
    end(self, both->owner, both->owners, code);
    end(self, both->waiter, both->waiters, code);
}

static void close_pair(const pair *both) {
    cv_client_close(both->waiter);
    cv_client_close(both->owner);
}

static void test_a_shared_acceptance(void **state) {
    sys_timed *self = *state;
    const pair both = begin_pair(self);
    answer(self, 0, &accepted);
    go_to(self, LATE_MS);
    end_pair(self, &both, CV_OK);
    assert_int_equal(noted_ms(self), SYS_START_MS);
    check_known_until(self, both.waiter, CV_OK, DAY_MS);
    close_pair(&both);
}

/* By the wall clock, which is all that both have said, it may have been before this boot. */
static void test_a_shared_word_of_before_the_boot(void **state) {
    sys_timed *self = *state;
    self->now.boot_ms = LATE_MS;
    const pair both = begin_pair(self);
    answer(self, 0, &accepted);
    end(self, both.owner, both.owners, CV_OK);
    forget_noted(self);
    self->now.wall_ms += 2 * LATE_MS;
    end(self, both.waiter, both.waiters, CV_OK);
    check_known_until(self, both.waiter, CV_OK, DAY_MS);
    close_pair(&both);
}

static void test_a_shared_refusal(void **state) {
    sys_timed *self = *state;
    const pair both = begin_pair(self);
    answer(self, 0, &refused);
    go_to(self, LATE_MS);
    end_pair(self, &both, CV_ERROR_AUTH);
    assert_int_equal(noted_ms(self), -SYS_START_MS);
    check_known_until(self, both.waiter, CV_ERROR_AUTH, NEGATIVE_TTL_S * 1000);
    close_pair(&both);
}

/* What the waiter has heard itself meanwhile is newer. */
static void test_an_older_word_does_not_count(void **state) {
    sys_timed *self = *state;
    const pair both = begin_pair(self);
    answer(self, 0, &accepted);
    cv_request *own = cv_request_retrieve(both.waiter, CV_ISSUE, 52, NULL);
    assert_non_null(own);
    sys_await_transfers(&self->world, own, 2);
    go_to(self, EARLY_MS);
    answer(self, 1, &refused);
    end(self, both.waiter, own, CV_ERROR_AUTH);
    go_to(self, LATE_MS);
    end_pair(self, &both, CV_OK);
    check_known(self, both.waiter, CV_ERROR_AUTH);
    check_known_until(self, both.waiter, CV_ERROR_AUTH, EARLY_MS + NEGATIVE_TTL_S * 1000);
    close_pair(&both);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_check_that_is_taken_late, set_up,
                                        sys_timed_tear_down),
        cmocka_unit_test_setup_teardown(test_any_answer_that_is_taken_late, set_up,
                                        sys_timed_tear_down),
        cmocka_unit_test_setup_teardown(test_the_file_has_the_same_time, set_up,
                                        sys_timed_tear_down),
        cmocka_unit_test_setup_teardown(test_a_clock_that_goes_back, set_up, sys_timed_tear_down),
        cmocka_unit_test_setup_teardown(test_a_shared_acceptance, set_up, sys_timed_tear_down),
        cmocka_unit_test_setup_teardown(test_a_shared_word_of_before_the_boot, set_up,
                                        sys_timed_tear_down),
        cmocka_unit_test_setup_teardown(test_a_shared_refusal, set_up, sys_timed_tear_down),
        cmocka_unit_test_setup_teardown(test_an_older_word_does_not_count, set_up,
                                        sys_timed_tear_down),
    };
    return cmocka_run_group_tests_name("times of words about the key", tests, NULL, NULL);
}
