/* What a network says of its turns, or leaves to the transport to find out; and what is left when
 * the transport is reset. */
#include "support/table_world.h"

#include <poll.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int descriptor_of(void *user) {
    (void)user;
    return 77;
}

static int64_t due_ms(void *user) {
    const table_world *self = user;
    return self->due_ms;
}

/* What was under way has been cancelled by then. */
static void reset(void *user) {
    table_world *self = user;
    assert_int_equal(self->cancels, self->starts);
    self->resets++;
}

static int64_t nought(void *user) {
    (void)user;
    return 0;
}

static void test_turn_lasts_as_long_as_the_slice(void **state) {
    table_world *self = *state;
    const struct {
        int64_t end_us;
        int64_t work_us;
    } cases[] = {{INT64_MAX, -1}, {7, 7}, {0, 0}, {-5, 0}};
    table_open(self, true);
    self->pieces = 3;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cvi_slice slice = {.now_us = nought, .end_us = cases[i].end_us, .least = 1};
        cvi_transport_turn(self->transport, 5, 9, &slice);
        assert_int_equal(self->turn.work_us, cases[i].work_us);
        assert_int_equal(self->turn.timeout_ms, 5);
        assert_int_equal(self->turn.descriptor, 9);
        assert_int_equal(slice.units, 3);
    }
    self->pieces = -1;
    cvi_slice slice = cvi_slice_start(-1);
    cvi_transport_turn(self->transport, 0, -1, &slice);
    assert_int_equal(slice.units, 0);
}

/* Else nobody would take it before the next time that something is due. */
static void test_what_completes_in_a_turn_is_work(void **state) {
    table_world *self = *state;
    table_send(self, false);
    assert_true(cv_transfer_complete(self->started, CV_TRANSFER_FAILED, 0, NULL));
    cv_transfer_release(self->started);
    assert_int_equal(cvi_transport_due_ms(self->transport), 0);
    cvi_transport_close(self->transport);
    self->transport = NULL;
    self->options.timeout_ms = -1000; /* the patience is over at once */
    table_send(self, false);
    cvi_slice slice = cvi_slice_start(-1);
    cvi_transport_turn(self->transport, 0, -1, &slice);
    assert_int_equal(slice.units, 1);
    cvi_response response;
    assert_ptr_equal(cvi_transport_next(self->transport, &response), self);
    cv_transfer_release(self->started);
}

static void test_who_turns_says_when_a_turn_is_due(void **state) {
    table_world *self = *state;
    self->options.network.due_ms = due_ms;
    self->due_ms = 40;
    table_open(self, true);
    assert_int_equal(cvi_transport_descriptor(self->transport), -1);
    assert_int_equal(cvi_transport_due_ms(self->transport), 40);
    cvi_transport_close(self->transport);
    self->transport = NULL;
    self->options.network.descriptor = descriptor_of;
    self->due_ms = -1;
    table_send(self, true);
    assert_int_equal(cvi_transport_descriptor(self->transport), 77);
    assert_in_range(cvi_transport_due_ms(self->transport), 1, 61000); /* the patience */
    cv_transfer_release(self->started);
}

static void test_who_does_not_turn_is_heard_all_the_same(void **state) {
    table_world *self = *state;
    self->options.network.descriptor = descriptor_of;
    self->options.network.due_ms = due_ms;
    table_send(self, false);
    struct pollfd wanted = {.fd = cvi_transport_descriptor(self->transport), .events = POLLIN};
    assert_int_equal(poll(&wanted, 1, 0), 0);
    assert_in_range(cvi_transport_due_ms(self->transport), 1, 61000);
    assert_true(cv_transfer_complete(self->started, CV_TRANSFER_FAILED, 0, NULL));
    assert_int_equal(poll(&wanted, 1, 0), 1);
    table_turn(self, 0);
    assert_int_equal(poll(&wanted, 1, 0), 0);
    cv_transfer_release(self->started);
}

static void check_reset(table_world *self, bool asks, bool leaves_first) {
    cvi_response response;
    table_send(self, asks);
    if (leaves_first) {
        assert_true(cv_transfer_may_send(self->started));
        assert_true(cv_transfer_body(self->started, "half", 4));
    }
    cvi_transport_reset(self->transport);
    assert_false(cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, NULL));
    cv_transfer_release(self->started);
    assert_ptr_equal(cvi_transport_next(self->transport, &response), self);
    assert_int_equal(response.kind, CVI_RESPONSE_ABORTED);
    assert_int_equal(response.sent, leaves_first || !asks);
    assert_null(response.body);
    assert_false(cvi_transport_is_busy(self->transport));
}

static void test_reset_cancels_and_then_resets(void **state) {
    table_world *self = *state;
    self->options.network.reset = reset;
    check_reset(self, true, false);
    check_reset(self, true, true);
    assert_int_equal(self->resets, 2);
    cvi_transport_close(self->transport);
    self->transport = NULL;
    check_reset(self, false, false);
    assert_int_equal(self->resets, 3);
}

static void test_reset_leaves_what_has_ended(void **state) {
    table_world *self = *state;
    cvi_response response;
    table_send(self, false);
    assert_true(cv_transfer_complete(self->started, CV_TRANSFER_ANSWERED, 200, NULL));
    cv_transfer_release(self->started);
    cvi_transport_reset(self->transport);
    assert_int_equal(self->cancels, 0);
    assert_ptr_equal(cvi_transport_next(self->transport, &response), self);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, table_set_up, table_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_turn_lasts_as_long_as_the_slice),
        IN_WORLD(test_what_completes_in_a_turn_is_work),
        IN_WORLD(test_who_turns_says_when_a_turn_is_due),
        IN_WORLD(test_who_does_not_turn_is_heard_all_the_same),
        IN_WORLD(test_reset_cancels_and_then_resets),
        IN_WORLD(test_reset_leaves_what_has_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
