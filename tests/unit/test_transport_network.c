/* What the transport believes of a network, and what not: one transfer on a table of functions that
 * a test calls back as it likes, on a clock of its own. */
#include "support/table_world.h"

#include <stdlib.h>
#include <string.h>

#include "client/transfer_face.h"
#include "support/allocator.h"
#include "support/platform.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The network ends the last transfer so; the answer is what the library makes of it. */
static cvi_response end(table_world *self, cv_transfer_end how, int http_status) {
    cvi_response response;
    assert_true(cv_transfer_complete(self->started, how, http_status, NULL));
    cv_transfer_release(self->started);
    assert_ptr_equal(cvi_transport_next(self->transport, &response), self);
    return response;
}

static void check(table_world *self, cv_transfer_end how, int http_status, cvi_response_kind kind,
                  bool sent) {
    cvi_response response = end(self, how, http_status);
    assert_int_equal(response.kind, kind);
    assert_int_equal(response.sent, sent);
    cvi_release(&self->memory.allocator, response.body);
    assert_false(cvi_transport_is_busy(self->transport));
}

/* ---- a network that asks ---- */

static void test_fresh_admission_is_leave(void **state) {
    table_world *self = *state;
    table_send(self, true);
    fake_clock_advance(&self->clock, TABLE_LASTS_MS);
    assert_int_equal(self->leavings, 0);
    assert_true(cv_transfer_may_send(self->started));
    assert_int_equal(self->leavings, 1);
    assert_int_equal(self->readmissions, 0);
    check(self, CV_TRANSFER_ANSWERED, 200, CVI_RESPONSE_ANSWER, true);
}

/* Its threads may end it long before the application turns again. */
static void test_an_answer_ages_until_it_is_taken(void **state) {
    table_world *self = *state;
    cvi_response response;
    table_send(self, true);
    fake_clock_advance(&self->clock, TABLE_LASTS_MS);
    assert_true(cv_transfer_may_send(self->started));
    assert_true(cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, NULL));
    cv_transfer_release(self->started);
    fake_clock_advance(&self->clock, 3600000);
    assert_ptr_equal(cvi_transport_next(self->transport, &response), self);
    assert_int_equal(response.waited_ms, 3600000);
}

static void test_old_admission_is_taken_anew(void **state) {
    table_world *self = *state;
    table_send(self, true);
    fake_clock_advance(&self->clock, TABLE_LASTS_MS + 1);
    assert_true(cv_transfer_may_send(self->started));
    assert_int_equal(self->readmissions, 1);
    check(self, CV_TRANSFER_FAILED, 0, CVI_RESPONSE_NETWORK, true);
}

static void test_refused_leave_is_not_sent(void **state) {
    table_world *self = *state;
    self->refuses = true;
    table_send(self, true);
    fake_clock_advance(&self->clock, TABLE_LASTS_MS + 1);
    assert_false(cv_transfer_may_send(self->started));
    assert_int_equal(self->leavings, 0);
    check(self, CV_TRANSFER_NOT_SENT, 0, CVI_RESPONSE_NOT_ADMITTED, false);
}

static void test_end_before_the_question_is_not_sent(void **state) {
    table_world *self = *state;
    static const struct {
        cv_transfer_end end;
        cvi_response_kind kind;
    } cases[] = {{CV_TRANSFER_FAILED, CVI_RESPONSE_NETWORK},
                 {CV_TRANSFER_TIMED_OUT, CVI_RESPONSE_TIMEOUT},
                 {CV_TRANSFER_REFUSED, CVI_RESPONSE_UNSENDABLE},
                 {CV_TRANSFER_NO_MEMORY, CVI_RESPONSE_NO_MEMORY},
                 {CV_TRANSFER_TOO_LARGE, CVI_RESPONSE_TOO_LARGE},
                 {CV_TRANSFER_NOT_SENT, CVI_RESPONSE_NETWORK}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        table_send(self, true);
        check(self, cases[i].end, 0, cases[i].kind, false);
    }
    assert_int_equal(self->leavings, 0);
}

static void test_silent_retry_is_stopped(void **state) {
    table_world *self = *state;
    table_send(self, true);
    assert_true(cv_transfer_may_send(self->started));
    assert_false(cv_transfer_may_send(self->started));
    assert_int_equal(self->leavings, 1);
    check(self, CV_TRANSFER_NOT_SENT, 0, CVI_RESPONSE_DEAD_CONNECTION, true);
}

static void test_unsent_transfer_can_be_cancelled(void **state) {
    table_world *self = *state;
    cvi_response response;
    table_send(self, true);
    assert_true(cvi_transport_cancel(self->transport, self->transfer));
    assert_int_equal(self->cancels, 1);
    assert_false(cvi_transport_is_busy(self->transport));
    assert_false(cv_transfer_may_send(self->started));
    assert_false(cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, NULL));
    assert_false(cv_transfer_body(self->started, "a", 1));
    cv_transfer_header(self->started, "Location", "/");
    cv_transfer_release(self->started);
    assert_null(cvi_transport_next(self->transport, &response));
}

static void test_sent_transfer_cannot_be_cancelled(void **state) {
    table_world *self = *state;
    table_send(self, true);
    assert_true(cv_transfer_may_send(self->started));
    assert_false(cvi_transport_cancel(self->transport, self->transfer));
    assert_int_equal(self->cancels, 0);
    check(self, CV_TRANSFER_ANSWERED, 404, CVI_RESPONSE_ANSWER, true);
}

/* ---- a network that does not ---- */

static void test_start_is_the_sending(void **state) {
    table_world *self = *state;
    static const struct {
        cv_transfer_end end;
        cvi_response_kind kind;
        bool sent;
    } cases[] = {{CV_TRANSFER_ANSWERED, CVI_RESPONSE_ANSWER, true},
                 {CV_TRANSFER_FAILED, CVI_RESPONSE_NETWORK, true},
                 {CV_TRANSFER_DEAD_CONNECTION, CVI_RESPONSE_DEAD_CONNECTION, true},
                 {CV_TRANSFER_NOT_SENT, CVI_RESPONSE_NETWORK, true},
                 {CV_TRANSFER_REFUSED, CVI_RESPONSE_UNSENDABLE, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        table_send(self, false);
        assert_int_equal(self->leavings, (int)i + 1);
        assert_false(cvi_transport_cancel(self->transport, self->transfer));
        check(self, cases[i].end, 200, cases[i].kind, cases[i].sent);
    }
}

/* On a thread of the network's nothing can be admitted anew, so age alone decides. */
static void test_age_decides_without_readmission(void **state) {
    table_world *self = *state;
    table_send(self, false);
    fake_clock_advance(&self->clock, TABLE_LASTS_MS);
    assert_true(cv_transfer_may_send(self->started));
    check(self, CV_TRANSFER_ANSWERED, 200, CVI_RESPONSE_ANSWER, true);
    table_send(self, false);
    fake_clock_advance(&self->clock, TABLE_LASTS_MS + 1);
    assert_false(cv_transfer_may_send(self->started));
    check(self, CV_TRANSFER_NOT_SENT, 0, CVI_RESPONSE_NOT_ADMITTED, false);
    assert_int_equal(self->readmissions, 0);
}

static void *complete_elsewhere(void *user) {
    table_world *self = user;
    cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, NULL);
    cv_transfer_release(self->started);
    return NULL;
}

static void test_completion_elsewhere_ends_the_wait(void **state) {
    table_world *self = *state;
    for (int i = 0; i < 50; i++) {
        cvi_thread thread;
        cvi_response response;
        cvi_timeout patience = cvi_timeout_start(60000);
        table_send(self, false);
        assert_true(cvi_thread_start(&thread, complete_elsewhere, self));
        void *owner = NULL;
        while ((owner = cvi_transport_next(self->transport, &response)) == NULL) {
            table_turn(self, -1);
        }
        cvi_thread_join(&thread);
        assert_ptr_equal(owner, self);
        assert_true(cvi_timeout_left_ms(patience) > 30000);
    }
}

static void test_wake_ends_the_librarys_own_wait(void **state) {
    table_world *self = *state;
    table_open(self, false);
    cvi_timeout patience = cvi_timeout_start(60000);
    cvi_transport_wake(self->transport);
    table_turn(self, -1);
    assert_true(cvi_timeout_left_ms(patience) > 30000);
    table_turn(self, 0);
}

/* ---- what arrives ---- */

static void test_body_is_capped_for_good(void **state) {
    table_world *self = *state;
    char bytes[101] = {0};
    table_send(self, false);
    assert_true(cv_transfer_body(self->started, bytes, 60));
    assert_true(cv_transfer_body(self->started, NULL, 0));
    assert_true(cv_transfer_body(self->started, bytes, 40));
    check(self, CV_TRANSFER_ANSWERED, 200, CVI_RESPONSE_ANSWER, true);
    table_send(self, false);
    assert_false(cv_transfer_body(self->started, bytes, 101));
    assert_false(cv_transfer_body(self->started, bytes, 1));
    check(self, CV_TRANSFER_ANSWERED, 200, CVI_RESPONSE_TOO_LARGE, true);
    table_send(self, false);
    assert_true(cv_transfer_body(self->started, bytes, 1));
    assert_false(cv_transfer_body(self->started, bytes, SIZE_MAX));
    check(self, CV_TRANSFER_FAILED, 200, CVI_RESPONSE_TOO_LARGE, true);
}

/* What is said beforehand is enough to know that it is too much; less than it is harms nothing. */
static void test_length_that_is_said_beforehand(void **state) {
    table_world *self = *state;
    static const struct {
        const char *length;
        bool fits;
    } cases[] = {{"100", true},  {"101", false}, {"99999999999999999999999", false},
                 {"3", true},    {"0", true},    {"-1", true},
                 {"many", true}, {"", true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        table_send(self, false);
        cv_transfer_header(self->started, "Content-Length", cases[i].length);
        assert_int_equal(cv_transfer_body(self->started, "abcdef", 6), cases[i].fits);
        check(self, CV_TRANSFER_ANSWERED, 200,
              cases[i].fits ? CVI_RESPONSE_ANSWER : CVI_RESPONSE_TOO_LARGE, true);
    }
}

static void test_each_allocation_may_fail(void **state) {
    table_world *self = *state;
    table_open(self, false);
    for (size_t failing_call = 1; failing_call <= 4; failing_call++) {
        const cvi_transfer_spec spec = {.url = TABLE_URL, .owner = self};
        self->memory.failing_call = atomic_load(&self->memory.calls) + failing_call;
        cvi_transfer *transfer = cvi_transport_send(self->transport, &spec);
        assert_int_equal(transfer == NULL, failing_call <= 2); /* the transfer and its TABLE_URL */
        if (transfer != NULL) {
            cv_transfer_header(self->started, "Location", "/api/b");
            assert_int_equal(cv_transfer_body(self->started, "a", 1), false);
            check(self, CV_TRANSFER_ANSWERED, 302, CVI_RESPONSE_NO_MEMORY, true);
        }
        self->memory.failing_call = 0;
    }
}

static void test_pauses_that_headers_ask_for(void **state) {
    table_world *self = *state;
    static const struct {
        const char *name;
        const char *value;
        int64_t pause_ms;
    } cases[] = {
        {"Retry-After", "7", 7000},
        {"RETRY-AFTER", "100000000000000000000000", 86400000},
        {"Retry-After", "Sat, 01 Jun 2024 12:00:30 GMT", 30000},
        {"Retry-After", "Sat, 01 Jun 2024 11:59:30 GMT", 0},
        {"Retry-After", "Sat, 01 Jun 2034 12:00:30 GMT", 86400000},
        {"Retry-After", "-7", 0},
        {"Retry-After", "+7", 0},
        {"Retry-After", " 7", 0},
        {"Retry-After", "7 ", 0},
        {"Retry-After", "7.5", 0},
        {"Retry-After", "", 0},
        {"Retry-After", "7\n", 0},
        {"X-RateLimit-Reset", "9", 9000},
        {"X-RateLimit-Reset", "1717243260", 60000},
        {"X-RateLimit-Reset", "x", 0},
        {"Retry", "7", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        table_send(self, false);
        cv_transfer_header(self->started, cases[i].name, cases[i].value);
        cvi_response response = end(self, CV_TRANSFER_ANSWERED, 503);
        assert_int_equal(response.retry_after_ms, cases[i].pause_ms);
    }
}

static void test_headers_that_hold_the_key_or_too_much(void **state) {
    table_world *self = *state;
    static char overlong[5000];
    memset(overlong, 'a', sizeof(overlong) - 1);
    table_send(self, false);
    cv_transfer_header(self->started, "ETag", "\"" TABLE_KEY "\"");
    cv_transfer_header(self->started, "Last-Modified", "yesterday");
    cv_transfer_header(self->started, "Cache-Control", overlong);
    cv_transfer_header(self->started, overlong, "a");
    cvi_response response = end(self, CV_TRANSFER_ANSWERED, 200);
    assert_false(cvi_validators_are_any(&response.caching.validators));
    assert_false(response.caching.control.is_said);
    table_send(self, false);
    cv_transfer_header(self->started, "Location", overlong);
    response = end(self, CV_TRANSFER_ANSWERED, 301);
    assert_string_equal(response.reason, "redirected to nowhere");
}

/* The network is told to end what would go on for ever; what it says later is passed over. */
static void test_headers_without_end_end_the_transfer(void **state) {
    table_world *self = *state;
    cvi_response response;
    static char long_value[1025];
    memset(long_value, 'a', sizeof(long_value) - 1);
    const size_t line = sizeof("X") - 1 + sizeof(long_value) - 1;
    table_send(self, false);
    for (size_t sent = line; sent <= CVI_MAX_HEADER_BYTES; sent += line) {
        cv_transfer_header(self->started, "X", long_value);
        assert_null(cvi_transport_next(self->transport, &response));
    }
    cv_transfer_header(self->started, "X", long_value);
    assert_false(cv_transfer_body(self->started, "a", 1));
    assert_int_equal(self->cancels, 0);
    assert_non_null(cvi_transport_next(self->transport, &response));
    assert_int_equal(response.kind, CVI_RESPONSE_TOO_LARGE);
    assert_string_equal(response.reason, CVI_TOO_MANY_HEADERS);
    assert_true(response.sent);
    assert_int_equal(self->cancels, 1);
    cv_transfer_header(self->started, "X", long_value);
    assert_false(cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, NULL));
    cv_transfer_release(self->started);
}

static void test_reason_is_one_line_without_the_key(void **state) {
    table_world *self = *state;
    cvi_response response;
    static char overlong[1000];
    memset(overlong, 'a', sizeof(overlong) - 1);
    table_send(self, false);
    assert_true(
        cv_transfer_complete(self->started, CV_TRANSFER_FAILED, 0, "a\nb " TABLE_KEY "\x01"));
    cv_transfer_release(self->started);
    assert_non_null(cvi_transport_next(self->transport, &response));
    assert_string_equal(response.reason, "a?b ****************?");
    table_send(self, false);
    assert_true(cv_transfer_complete(self->started, CV_TRANSFER_FAILED, 0, overlong));
    cv_transfer_release(self->started);
    assert_non_null(cvi_transport_next(self->transport, &response));
    assert_in_range(strlen(response.reason), 100, 200);
}

/* ---- lives ---- */

static void test_transfer_outlives_the_transport(void **state) {
    table_world *self = *state;
    table_send(self, false);
    assert_true(cv_transfer_body(self->started, "a", 1));
    cvi_transport_close(self->transport);
    self->transport = NULL;
    assert_int_equal(self->cancels, 1);
    assert_true(atomic_load(&self->memory.live) > 0);
    assert_false(cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, TABLE_KEY));
    cv_transfer_release(self->started);
    assert_int_equal(atomic_load(&self->memory.live), 0);
}

static void test_patience_ends(void **state) {
    table_world *self = *state;
    cvi_response response;
    self->options.timeout_ms = 1;
    table_send(self, false);
    while (cvi_transport_next(self->transport, &response) == NULL) {
        table_turn(self, -1);
    }
    assert_int_equal(response.kind, CVI_RESPONSE_TIMEOUT);
    assert_true(response.sent);
    assert_int_equal(self->cancels, 1);
    assert_false(cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, NULL));
    cv_transfer_release(self->started);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, table_set_up, table_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_fresh_admission_is_leave),
        IN_WORLD(test_an_answer_ages_until_it_is_taken),
        IN_WORLD(test_old_admission_is_taken_anew),
        IN_WORLD(test_refused_leave_is_not_sent),
        IN_WORLD(test_end_before_the_question_is_not_sent),
        IN_WORLD(test_silent_retry_is_stopped),
        IN_WORLD(test_unsent_transfer_can_be_cancelled),
        IN_WORLD(test_sent_transfer_cannot_be_cancelled),
        IN_WORLD(test_start_is_the_sending),
        IN_WORLD(test_age_decides_without_readmission),
        IN_WORLD(test_completion_elsewhere_ends_the_wait),
        IN_WORLD(test_wake_ends_the_librarys_own_wait),
        IN_WORLD(test_body_is_capped_for_good),
        IN_WORLD(test_length_that_is_said_beforehand),
        IN_WORLD(test_each_allocation_may_fail),
        IN_WORLD(test_pauses_that_headers_ask_for),
        IN_WORLD(test_headers_that_hold_the_key_or_too_much),
        IN_WORLD(test_headers_without_end_end_the_transfer),
        IN_WORLD(test_reason_is_one_line_without_the_key),
        IN_WORLD(test_transfer_outlives_the_transport),
        IN_WORLD(test_patience_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
