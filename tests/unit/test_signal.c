/* The descriptors that an event loop of the host's watches: readable when they should be, and only
 * then. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/forked.h"
#include "support/platform.h"

enum { PATIENCE_MS = 20000 };

static bool becomes_readable(const cvi_signal *self) {
    struct pollfd wanted = {.fd = self->bundle.descriptor, .events = POLLIN};
    return poll(&wanted, 1, PATIENCE_MS) == 1;
}

static bool is_quiet(const cvi_signal *self) {
    return !is_readable(self->bundle.descriptor);
}

static void test_raised_until_it_is_lowered(void **state) {
    (void)state;
    cvi_signal self;
    assert_true(cvi_signal_open(&self));
    assert_true(is_quiet(&self));
    cvi_signal_lower(&self);
    cvi_signal_raise(&self);
    cvi_signal_raise(&self);
    assert_false(is_quiet(&self));
    assert_false(is_quiet(&self));
    cvi_signal_lower(&self);
    assert_true(is_quiet(&self));
    cvi_signal_raise(&self);
    assert_false(is_quiet(&self));
    cvi_signal_close(&self);
}

static void test_the_timer_comes_and_stays_until_it_is_set_anew(void **state) {
    (void)state;
    cvi_signal self;
    assert_true(cvi_signal_open(&self));
    cvi_signal_set_timer(&self, 0);
    assert_true(becomes_readable(&self));
    assert_false(is_quiet(&self));
    cvi_signal_set_timer(&self, -1);
    assert_true(is_quiet(&self));
    cvi_signal_set_timer(&self, 3600000);
    assert_true(is_quiet(&self));
    cvi_signal_set_timer(&self, 2);
    assert_true(becomes_readable(&self));
    cvi_signal_set_timer(&self, 3600000);
    assert_true(is_quiet(&self));
    cvi_signal_close(&self);
}

static void test_members_are_heard(void **state) {
    (void)state;
    cvi_signal self;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(cvi_signal_open(&self));
    assert_true(cvi_bundle_add(&self.bundle, ends[0]));
    assert_true(is_quiet(&self));
    assert_int_equal(write(ends[1], "!", 1), 1);
    assert_false(is_quiet(&self));
    cvi_bundle_remove(&self.bundle, ends[0]);
    assert_true(is_quiet(&self));
    cvi_signal_close(&self);
    close(ends[0]);
    close(ends[1]);
}

static void test_it_is_all_or_nothing(void **state) {
    (void)state;
    cvi_signal self;
    size_t before = count_descriptors();
    for (int more = 0; more < 3; more++) {
        limit_descriptors(more);
        assert_false(cvi_signal_open(&self));
        lift_limit();
        assert_int_equal(self.bundle.descriptor, -1);
        cvi_signal_raise(&self);
        cvi_signal_set_timer(&self, 1);
        cvi_signal_lower(&self);
        cvi_signal_close(&self);
    }
    assert_true(cvi_signal_open(&self));
    cvi_signal_close(&self);
    assert_int_equal(count_descriptors(), before);
}

/* ---- sockets ---- */

static void watch(const cvi_bundle *bundle, int descriptor, bool reads, bool writes) {
    const cvi_ready wanted = {.descriptor = descriptor, .reads = reads, .writes = writes};
    assert_true(cvi_bundle_watch(bundle, &wanted));
}

static void test_what_is_waited_for_may_change(void **state) {
    (void)state;
    int ends[2];
    cvi_bundle bundle;
    cvi_ready ready;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    cvi_bundle_open(&bundle);
    watch(&bundle, ends[0], true, false);
    assert_false(cvi_bundle_next(&bundle, &ready));
    watch(&bundle, ends[0], true, true);
    assert_true(cvi_bundle_next(&bundle, &ready));
    assert_int_equal(ready.descriptor, ends[0]);
    assert_true(ready.writes && !ready.reads);
    watch(&bundle, ends[0], true, false);
    assert_int_equal(write(ends[1], "!", 1), 1);
    assert_true(cvi_bundle_next(&bundle, &ready));
    assert_true(ready.reads && !ready.writes);
    close(ends[1]);
    assert_true(cvi_bundle_next(&bundle, &ready));
    assert_true(ready.reads && ready.writes); /* whoever waits for either hears of the end */
    cvi_bundle_close(&bundle);
    close(ends[0]);
}

/* Nobody takes in what is there, and yet each is named in turn. */
static void test_each_has_its_turn(void **state) {
    enum { PAIRS = 4 };
    (void)state;
    int ends[PAIRS][2];
    size_t named[PAIRS] = {0};
    cvi_bundle bundle;
    cvi_bundle_open(&bundle);
    for (size_t i = 0; i < PAIRS; i++) {
        assert_int_equal(pipe(ends[i]), 0);
        assert_int_equal(write(ends[i][1], "!", 1), 1);
        watch(&bundle, ends[i][0], true, false);
    }
    for (int round = 0; round < 3 * PAIRS; round++) {
        cvi_ready ready;
        assert_true(cvi_bundle_next(&bundle, &ready));
        for (size_t i = 0; i < PAIRS; i++) {
            named[i] += ready.descriptor == ends[i][0] ? 1 : 0;
        }
    }
    for (size_t i = 0; i < PAIRS; i++) {
        assert_int_equal(named[i], 3);
        close(ends[i][0]);
        close(ends[i][1]);
    }
    cvi_bundle_close(&bundle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raised_until_it_is_lowered),
        cmocka_unit_test(test_the_timer_comes_and_stays_until_it_is_set_anew),
        cmocka_unit_test(test_members_are_heard),
        cmocka_unit_test(test_it_is_all_or_nothing),
        cmocka_unit_test(test_what_is_waited_for_may_change),
        cmocka_unit_test(test_each_has_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
