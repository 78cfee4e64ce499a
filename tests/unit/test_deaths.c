/* The end of other processes: numbers that name them, descriptors that tell of it, and the table of
 * those that a handle wants to hear of. The processes are real. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "stores/deaths.h"
#include "support/fake_clock.h"
#include "support/forked.h"

enum { KEPT_MS = 2000, BEYOND = CVI_MOST_DEATHS + 1 };

/* A child, and the number by which it knows itself. */
typedef struct other {
    forked child;
    int64_t number;
} other;

static void say_number(int said, void *user) {
    int64_t number = cvi_process_number();
    (void)user;
    forked_say(said, &number, sizeof(number));
}

static void start(other *self) {
    forked_start(&self->child, say_number, NULL);
    forked_hear(&self->child, &self->number, sizeof(self->number));
}

static void end(other *self) {
    forked_kill(&self->child);
    forked_bury(&self->child);
}

/* ---- numbers and descriptors ---- */

static void test_numbers(void **state) {
    other first;
    other second;
    (void)state;
    int64_t own = cvi_process_number();
    assert_true(own > 0 && own >> CVI_PROCESS_BITS == 0);
    assert_int_equal(cvi_process_number(), own);
    start(&first);
    start(&second);
    assert_true(first.number != own && second.number != own && first.number != second.number);
    end(&first);
    end(&second);
}

static void test_an_end_is_told(void **state) {
    other owner;
    (void)state;
    size_t before = count_descriptors();
    start(&owner);
    int descriptor = cvi_process_open(owner.number);
    assert_true(descriptor >= 0);
    assert_int_equal(fcntl(descriptor, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_false(cvi_process_has_ended(descriptor));
    forked_kill(&owner.child);
    await_readable(descriptor);
    assert_true(cvi_process_has_ended(descriptor));
    assert_int_equal(cvi_process_open(owner.number), -1); /* not buried yet */
    forked_bury(&owner.child);
    assert_int_equal(cvi_process_open(owner.number), -1);
    cvi_process_close(descriptor);
    cvi_process_close(-1);
    assert_int_equal(count_descriptors(), before);
}

/* Of another namespace, as far as the number says, or no number at all. */
static void test_strangers_are_not_opened(void **state) {
    (void)state;
    int64_t own = cvi_process_number();
    const int64_t numbers[] = {0,
                               -1,
                               INT64_MIN,
                               INT64_MAX,
                               1,
                               own ^ 1,
                               own ^ 2048,
                               -own,
                               own & 4095,
                               (own >> 12) << 12,
                               own | (INT64_C(1) << CVI_PROCESS_BITS)};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_int_equal(cvi_process_open(numbers[i]), -1);
    }
    int descriptor = cvi_process_open(own);
    assert_true(descriptor >= 0);
    cvi_process_close(descriptor);
}

static void test_a_bundle_names_its_ready_members(void **state) {
    cvi_bundle bundle;
    int ends[2];
    int quiet[2];
    int ready[2] = {-1, -1};
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pipe2(quiet, O_CLOEXEC), 0);
    cvi_bundle_open(&bundle);
    assert_int_equal(fcntl(bundle.descriptor, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_true(cvi_bundle_add(&bundle, ends[0]) && cvi_bundle_add(&bundle, quiet[0]));
    assert_false(cvi_bundle_add(&bundle, ends[0]));
    assert_false(cvi_bundle_add(&bundle, -1));
    assert_false(is_readable(bundle.descriptor));
    assert_int_equal(write(ends[1], "!", 1), 1);
    assert_true(is_readable(bundle.descriptor));
    assert_int_equal(cvi_bundle_ready(&bundle, ready, 2), 1);
    assert_int_equal(ready[0], ends[0]);
    cvi_bundle_remove(&bundle, ends[0]);
    assert_false(is_readable(bundle.descriptor));
    assert_int_equal(cvi_bundle_ready(&bundle, ready, 2), 0);
    cvi_bundle_close(&bundle);
    assert_int_equal(bundle.descriptor, -1);
    for (int i = 0; i < 2; i++) {
        close(ends[i]);
        close(quiet[i]);
    }
}

/* ---- the table ---- */

typedef struct table {
    fake_clock clock;
    cvi_wake mailbox;
    cvi_deaths deaths;
    size_t descriptors; /* before anything was expected */
} table;

static int set_up(void **state) {
    static table self;
    cvi_random random;
    fake_clock_init(&self.clock, 5);
    assert_true(cvi_platform_random(&random));
    cvi_wake_open(&self.mailbox, &random);
    cvi_deaths_init(&self.deaths, self.mailbox.descriptor);
    self.descriptors = count_descriptors();
    *state = &self;
    return 0;
}

/* Nothing is left open, whatever was expected. */
static int tear_down(void **state) {
    table *self = *state;
    cvi_deaths_close(&self->deaths);
    bool is_clean = count_descriptors() == self->descriptors;
    cvi_wake_close(&self->mailbox);
    return is_clean ? 0 : 1;
}

static cvi_death_notice expect(table *self, const other *owner) {
    return cvi_deaths_expect(&self->deaths, owner->number, self->clock.now);
}

static bool is_told(const table *self) {
    return is_readable(cvi_deaths_descriptor(&self->deaths)) != 0;
}

static void test_an_expected_end_is_heard_once(void **state) {
    table *self = *state;
    other owner;
    other heir; /* has copies of our descriptors: what we close is not closed for good */
    start(&owner);
    assert_int_equal(expect(self, &owner), CVI_DEATH_TOLD_SINCE);
    start(&heir);
    assert_int_equal(expect(self, &owner), CVI_DEATH_TOLD);
    assert_int_equal(expect(self, &heir), CVI_DEATH_TOLD_SINCE);
    assert_false(is_told(self));
    assert_false(cvi_deaths_drain(&self->deaths));
    forked_kill(&owner.child);
    await_readable(cvi_deaths_descriptor(&self->deaths));
    assert_true(cvi_deaths_drain(&self->deaths));
    assert_false(is_told(self));
    assert_false(cvi_deaths_drain(&self->deaths));
    assert_int_equal(expect(self, &owner), CVI_DEATH_UNTOLD);
    forked_bury(&owner.child);
    assert_int_equal(expect(self, &owner), CVI_DEATH_UNTOLD);
    assert_int_equal(expect(self, &heir), CVI_DEATH_TOLD);
    end(&heir);
    assert_true(cvi_deaths_drain(&self->deaths));
    close(owner.child.heard);
}

static void test_messages_come_the_same_way(void **state) {
    table *self = *state;
    other owner;
    start(&owner);
    assert_int_equal(cvi_deaths_descriptor(&self->deaths), self->mailbox.descriptor);
    for (int round = 0; round < 2; round++) {
        cvi_wake_send(&self->mailbox, self->mailbox.address, "");
        assert_true(is_told(self));
        assert_false(cvi_deaths_drain(&self->deaths));
        assert_true(cvi_wake_drain(&self->mailbox));
        assert_false(is_told(self));
        expect(self, &owner);
    }
    assert_int_not_equal(cvi_deaths_descriptor(&self->deaths), self->mailbox.descriptor);
    end(&owner);
}

static void test_without_a_mailbox_nothing_is_told(void **state) {
    table *self = *state;
    cvi_deaths deaths;
    other owner;
    start(&owner);
    cvi_deaths_init(&deaths, -1);
    assert_int_equal(cvi_deaths_expect(&deaths, owner.number, self->clock.now), CVI_DEATH_UNTOLD);
    assert_int_equal(cvi_deaths_descriptor(&deaths), -1);
    assert_false(cvi_deaths_drain(&deaths));
    cvi_deaths_close(&deaths);
    end(&owner);
}

/* Neither the bundle nor the process gets a descriptor, or only the bundle. */
static void test_without_descriptors_nothing_is_told(void **state) {
    table *self = *state;
    other owner;
    start(&owner);
    for (int more = 0; more < 2; more++) {
        limit_descriptors(more);
        assert_int_equal(expect(self, &owner), CVI_DEATH_UNTOLD);
        lift_limit();
        assert_false(is_told(self));
    }
    assert_int_equal(expect(self, &owner), CVI_DEATH_TOLD_SINCE);
    end(&owner);
    assert_true(cvi_deaths_drain(&self->deaths));
}

static void test_who_is_not_asked_for_is_let_go(void **state) {
    table *self = *state;
    other wanted;
    other past;
    start(&wanted);
    start(&past);
    expect(self, &wanted);
    expect(self, &past);
    size_t both = count_descriptors();
    fake_clock_advance(&self->clock, KEPT_MS - 1);
    cvi_deaths_forget(&self->deaths, self->clock.now);
    assert_int_equal(count_descriptors(), both);
    assert_int_equal(expect(self, &wanted), CVI_DEATH_TOLD);
    fake_clock_advance(&self->clock, 1);
    cvi_deaths_forget(&self->deaths, self->clock.now);
    assert_int_equal(count_descriptors(), both - 1);
    end(&past);
    assert_false(cvi_deaths_drain(&self->deaths));
    assert_int_equal(expect(self, &wanted), CVI_DEATH_TOLD);
    end(&wanted);
    assert_true(cvi_deaths_drain(&self->deaths));
}

/* Those that are wanted stay; room comes when some of them are not any more, or end. */
static void test_the_table_has_an_end(void **state) {
    table *self = *state;
    other owners[BEYOND];
    for (size_t i = 0; i < BEYOND; i++) {
        start(&owners[i]);
    }
    for (size_t i = 0; i < CVI_MOST_DEATHS; i++) {
        assert_int_equal(expect(self, &owners[i]), CVI_DEATH_TOLD_SINCE);
    }
    other *last = &owners[CVI_MOST_DEATHS];
    assert_int_equal(expect(self, last), CVI_DEATH_UNTOLD);
    fake_clock_advance(&self->clock, KEPT_MS);
    assert_int_equal(expect(self, &owners[0]), CVI_DEATH_TOLD);
    assert_int_equal(expect(self, last), CVI_DEATH_TOLD_SINCE);
    assert_int_equal(self->deaths.count, 2);
    for (size_t i = 1; i < CVI_MOST_DEATHS; i++) {
        expect(self, &owners[i]);
    }
    assert_int_equal(self->deaths.count, CVI_MOST_DEATHS);
    for (size_t i = 0; i < BEYOND; i++) {
        end(&owners[i]);
    }
    assert_true(cvi_deaths_drain(&self->deaths));
    assert_int_equal(self->deaths.count, 0);
}

#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_an_end_is_told),
        cmocka_unit_test(test_strangers_are_not_opened),
        cmocka_unit_test(test_a_bundle_names_its_ready_members),
        WITH_TABLE(test_an_expected_end_is_heard_once),
        WITH_TABLE(test_messages_come_the_same_way),
        WITH_TABLE(test_without_a_mailbox_nothing_is_told),
        WITH_TABLE(test_without_descriptors_nothing_is_told),
        WITH_TABLE(test_who_is_not_asked_for_is_let_go),
        WITH_TABLE(test_the_table_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
