/* What the transport believes of a network, and what not: one transfer on a table of functions that
 * a test calls back as it likes, on a clock of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/transport.h"
#include "support/allocator.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"
#include "support/platform.h"

#define KEY          "0123456789abcdef"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LASTS_MS     1000
#define URL          "http://h/api/issue/4000-1/?format=json"

typedef struct world {
    failing_allocator memory;
    fake_clock clock;
    cvi_transport_options options;
    cvi_transport *transport;
    cv_transfer *started; /* the last one */
    cvi_transfer *transfer;
    int starts;
    int cancels;
    int readmissions;
    int leavings;
    bool refuses; /* to admit anew */
} world;

/* ---- the network ---- */

static bool start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    world *self = user;
    self->started = transfer;
    self->starts++;
    return strcmp(request->url, URL "&api_key=" KEY) == 0 && request->size == sizeof(*request);
}

static void cancel(void *user, cv_transfer *transfer) {
    world *self = user;
    assert_ptr_equal(transfer, self->started);
    self->cancels++;
}

static void turn(void *user, int64_t timeout_ms, int descriptor) {
    (void)user;
    (void)timeout_ms;
    (void)descriptor;
}

static void wake(void *user) {
    (void)user;
}

/* ---- the world ---- */

static void open_transport(world *self, bool asks) {
    cv_error error;
    self->options.network.asks_before_sending = asks;
    self->options.network.turn = asks ? turn : NULL;
    self->options.network.wake = asks ? wake : NULL;
    self->transport = cvi_transport_open(&self->options, &error);
    assert_non_null(self->transport);
}

static int set_up(void **state) {
    world *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    failing_allocator_init(&self->memory, 0, false);
    fake_clock_init(&self->clock, 1);
    self->options = (cvi_transport_options){
        .api_key = KEY,
        .user_agent = "agent",
        .connect_timeout_ms = 60000,
        .timeout_ms = 60000,
        .max_body_bytes = 100,
        .network = {.size = sizeof(cv_transport), .user = self, .start = start, .cancel = cancel},
        .allocator = self->memory.allocator,
        .clock = self->clock.clock,
    };
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    world *self = *state;
    cvi_transport_close(self->transport);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    free(self);
    return 0;
}

static bool readmit(void *owner, cvi_now now) {
    world *self = owner;
    assert_int_equal(now.boot_ms, self->clock.now.boot_ms);
    self->readmissions++;
    return !self->refuses;
}

static void leaves(void *owner, cvi_now now) {
    world *self = owner;
    (void)now;
    self->leavings++;
}

static void send(world *self, bool asks) {
    if (self->transport == NULL) {
        open_transport(self, asks);
    }
    const cvi_transfer_spec spec = {
        .url = URL,
        .send_by_boot_ms = self->clock.now.boot_ms + LASTS_MS,
        .readmit = readmit,
        .leaves = leaves,
        .owner = self,
    };
    self->transfer = cvi_transport_send(self->transport, &spec);
    assert_non_null(self->transfer);
}

/* The network ends the last transfer so; the answer is what the library makes of it. */
static cvi_response end(world *self, cv_transfer_end how, int http_status) {
    cvi_response response;
    assert_true(cv_transfer_complete(self->started, how, http_status, NULL));
    cv_transfer_release(self->started);
    assert_ptr_equal(cvi_transport_next(self->transport, &response), self);
    return response;
}

static void check(world *self, cv_transfer_end how, int http_status, cvi_response_kind kind,
                  bool sent) {
    cvi_response response = end(self, how, http_status);
    assert_int_equal(response.kind, kind);
    assert_int_equal(response.sent, sent);
    cvi_release(&self->memory.allocator, response.body);
    assert_false(cvi_transport_is_busy(self->transport));
}

/* ---- a network that asks ---- */

static void test_fresh_admission_is_leave(void **state) {
    world *self = *state;
    send(self, true);
    fake_clock_advance(&self->clock, LASTS_MS);
    assert_int_equal(self->leavings, 0);
    assert_true(cv_transfer_may_send(self->started));
    assert_int_equal(self->leavings, 1);
    assert_int_equal(self->readmissions, 0);
    check(self, CV_TRANSFER_ANSWERED, 200, CVI_RESPONSE_ANSWER, true);
}

static void test_old_admission_is_taken_anew(void **state) {
    world *self = *state;
    send(self, true);
    fake_clock_advance(&self->clock, LASTS_MS + 1);
    assert_true(cv_transfer_may_send(self->started));
    assert_int_equal(self->readmissions, 1);
    check(self, CV_TRANSFER_FAILED, 0, CVI_RESPONSE_NETWORK, true);
}

static void test_refused_leave_is_not_sent(void **state) {
    world *self = *state;
    self->refuses = true;
    send(self, true);
    fake_clock_advance(&self->clock, LASTS_MS + 1);
    assert_false(cv_transfer_may_send(self->started));
    assert_int_equal(self->leavings, 0);
    check(self, CV_TRANSFER_NOT_SENT, 0, CVI_RESPONSE_NOT_ADMITTED, false);
}

static void test_end_before_the_question_is_not_sent(void **state) {
    world *self = *state;
    static const struct {
        cv_transfer_end end;
        cvi_response_kind kind;
    } cases[] = {{CV_TRANSFER_FAILED, CVI_RESPONSE_NETWORK},
                 {CV_TRANSFER_TIMED_OUT, CVI_RESPONSE_TIMEOUT},
                 {CV_TRANSFER_REFUSED, CVI_RESPONSE_UNSENDABLE},
                 {CV_TRANSFER_NO_MEMORY, CVI_RESPONSE_NO_MEMORY},
                 {CV_TRANSFER_NOT_SENT, CVI_RESPONSE_NETWORK}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        send(self, true);
        check(self, cases[i].end, 0, cases[i].kind, false);
    }
    assert_int_equal(self->leavings, 0);
}

static void test_silent_retry_is_stopped(void **state) {
    world *self = *state;
    send(self, true);
    assert_true(cv_transfer_may_send(self->started));
    assert_false(cv_transfer_may_send(self->started));
    assert_int_equal(self->leavings, 1);
    check(self, CV_TRANSFER_NOT_SENT, 0, CVI_RESPONSE_DEAD_CONNECTION, true);
}

static void test_unsent_transfer_can_be_cancelled(void **state) {
    world *self = *state;
    cvi_response response;
    send(self, true);
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
    world *self = *state;
    send(self, true);
    assert_true(cv_transfer_may_send(self->started));
    assert_false(cvi_transport_cancel(self->transport, self->transfer));
    assert_int_equal(self->cancels, 0);
    check(self, CV_TRANSFER_ANSWERED, 404, CVI_RESPONSE_ANSWER, true);
}

/* ---- a network that does not ---- */

static void test_start_is_the_sending(void **state) {
    world *self = *state;
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
        send(self, false);
        assert_int_equal(self->leavings, (int)i + 1);
        assert_false(cvi_transport_cancel(self->transport, self->transfer));
        check(self, cases[i].end, 200, cases[i].kind, cases[i].sent);
    }
}

/* On a thread of the network's nothing can be admitted anew, so age alone decides. */
static void test_age_decides_without_readmission(void **state) {
    world *self = *state;
    send(self, false);
    fake_clock_advance(&self->clock, LASTS_MS);
    assert_true(cv_transfer_may_send(self->started));
    check(self, CV_TRANSFER_ANSWERED, 200, CVI_RESPONSE_ANSWER, true);
    send(self, false);
    fake_clock_advance(&self->clock, LASTS_MS + 1);
    assert_false(cv_transfer_may_send(self->started));
    check(self, CV_TRANSFER_NOT_SENT, 0, CVI_RESPONSE_NOT_ADMITTED, false);
    assert_int_equal(self->readmissions, 0);
}

static void *complete_elsewhere(void *user) {
    world *self = user;
    cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, NULL);
    cv_transfer_release(self->started);
    return NULL;
}

static void test_completion_elsewhere_ends_the_wait(void **state) {
    world *self = *state;
    for (int i = 0; i < 50; i++) {
        cvi_thread thread;
        cvi_response response;
        cvi_timeout patience = cvi_timeout_start(60000);
        send(self, false);
        assert_true(cvi_thread_start(&thread, complete_elsewhere, self));
        void *owner = NULL;
        while ((owner = cvi_transport_next(self->transport, &response)) == NULL) {
            cvi_transport_turn(self->transport, -1, -1);
        }
        cvi_thread_join(&thread);
        assert_ptr_equal(owner, self);
        assert_true(cvi_timeout_left_ms(patience) > 30000);
    }
}

static void test_wake_ends_the_librarys_own_wait(void **state) {
    world *self = *state;
    open_transport(self, false);
    cvi_timeout patience = cvi_timeout_start(60000);
    cvi_transport_wake(self->transport);
    cvi_transport_turn(self->transport, -1, -1);
    assert_true(cvi_timeout_left_ms(patience) > 30000);
    cvi_transport_turn(self->transport, 0, -1);
}

/* ---- what arrives ---- */

static void test_body_is_capped_for_good(void **state) {
    world *self = *state;
    char bytes[101] = {0};
    send(self, false);
    assert_true(cv_transfer_body(self->started, bytes, 60));
    assert_true(cv_transfer_body(self->started, NULL, 0));
    assert_true(cv_transfer_body(self->started, bytes, 40));
    check(self, CV_TRANSFER_ANSWERED, 200, CVI_RESPONSE_ANSWER, true);
    send(self, false);
    assert_false(cv_transfer_body(self->started, bytes, 101));
    assert_false(cv_transfer_body(self->started, bytes, 1));
    check(self, CV_TRANSFER_ANSWERED, 200, CVI_RESPONSE_TOO_LARGE, true);
    send(self, false);
    assert_true(cv_transfer_body(self->started, bytes, 1));
    assert_false(cv_transfer_body(self->started, bytes, SIZE_MAX));
    check(self, CV_TRANSFER_FAILED, 200, CVI_RESPONSE_TOO_LARGE, true);
}

/* What is said beforehand is enough to know that it is too much; less than it is harms nothing. */
static void test_length_that_is_said_beforehand(void **state) {
    world *self = *state;
    static const struct {
        const char *length;
        bool fits;
    } cases[] = {{"100", true},  {"101", false}, {"99999999999999999999999", false},
                 {"3", true},    {"0", true},    {"-1", true},
                 {"many", true}, {"", true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        send(self, false);
        cv_transfer_header(self->started, "Content-Length", cases[i].length);
        assert_int_equal(cv_transfer_body(self->started, "abcdef", 6), cases[i].fits);
        check(self, CV_TRANSFER_ANSWERED, 200,
              cases[i].fits ? CVI_RESPONSE_ANSWER : CVI_RESPONSE_TOO_LARGE, true);
    }
}

static void test_each_allocation_may_fail(void **state) {
    world *self = *state;
    open_transport(self, false);
    for (size_t failing_call = 1; failing_call <= 4; failing_call++) {
        const cvi_transfer_spec spec = {.url = URL, .owner = self};
        self->memory.failing_call = atomic_load(&self->memory.calls) + failing_call;
        cvi_transfer *transfer = cvi_transport_send(self->transport, &spec);
        assert_int_equal(transfer == NULL, failing_call <= 2); /* the transfer and its URL */
        if (transfer != NULL) {
            cv_transfer_header(self->started, "Location", "/api/b");
            assert_int_equal(cv_transfer_body(self->started, "a", 1), false);
            check(self, CV_TRANSFER_ANSWERED, 302, CVI_RESPONSE_NO_MEMORY, true);
        }
        self->memory.failing_call = 0;
    }
}

static void test_pauses_that_headers_ask_for(void **state) {
    world *self = *state;
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
        send(self, false);
        cv_transfer_header(self->started, cases[i].name, cases[i].value);
        cvi_response response = end(self, CV_TRANSFER_ANSWERED, 503);
        assert_int_equal(response.retry_after_ms, cases[i].pause_ms);
    }
}

static void test_headers_that_hold_the_key_or_too_much(void **state) {
    world *self = *state;
    static char overlong[5000];
    memset(overlong, 'a', sizeof(overlong) - 1);
    send(self, false);
    cv_transfer_header(self->started, "ETag", "\"" KEY "\"");
    cv_transfer_header(self->started, "Last-Modified", "yesterday");
    cv_transfer_header(self->started, "Cache-Control", overlong);
    cv_transfer_header(self->started, overlong, "a");
    cvi_response response = end(self, CV_TRANSFER_ANSWERED, 200);
    assert_false(cvi_validators_are_any(&response.caching.validators));
    assert_false(response.caching.control.is_said);
    send(self, false);
    cv_transfer_header(self->started, "Location", overlong);
    response = end(self, CV_TRANSFER_ANSWERED, 301);
    assert_string_equal(response.reason, "redirected to nowhere");
}

static void test_reason_is_one_line_without_the_key(void **state) {
    world *self = *state;
    cvi_response response;
    static char overlong[1000];
    memset(overlong, 'a', sizeof(overlong) - 1);
    send(self, false);
    assert_true(cv_transfer_complete(self->started, CV_TRANSFER_FAILED, 0, "a\nb " KEY "\x01"));
    cv_transfer_release(self->started);
    assert_non_null(cvi_transport_next(self->transport, &response));
    assert_string_equal(response.reason, "a?b ****************?");
    send(self, false);
    assert_true(cv_transfer_complete(self->started, CV_TRANSFER_FAILED, 0, overlong));
    cv_transfer_release(self->started);
    assert_non_null(cvi_transport_next(self->transport, &response));
    assert_in_range(strlen(response.reason), 100, 200);
}

/* ---- lives ---- */

static void test_transfer_outlives_the_transport(void **state) {
    world *self = *state;
    send(self, false);
    assert_true(cv_transfer_body(self->started, "a", 1));
    cvi_transport_close(self->transport);
    self->transport = NULL;
    assert_int_equal(self->cancels, 1);
    assert_true(atomic_load(&self->memory.live) > 0);
    assert_false(cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, KEY));
    cv_transfer_release(self->started);
    assert_int_equal(atomic_load(&self->memory.live), 0);
}

static void test_patience_ends(void **state) {
    world *self = *state;
    cvi_response response;
    self->options.timeout_ms = 1;
    send(self, false);
    while (cvi_transport_next(self->transport, &response) == NULL) {
        cvi_transport_turn(self->transport, -1, -1);
    }
    assert_int_equal(response.kind, CVI_RESPONSE_TIMEOUT);
    assert_true(response.sent);
    assert_int_equal(self->cancels, 1);
    assert_false(cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, NULL));
    cv_transfer_release(self->started);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_fresh_admission_is_leave),
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
        IN_WORLD(test_reason_is_one_line_without_the_key),
        IN_WORLD(test_transfer_outlives_the_transport),
        IN_WORLD(test_patience_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
