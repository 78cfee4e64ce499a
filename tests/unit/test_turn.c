/* Whose turn it is: nobody keeps the gate from those who wait for it. */
#include "support/store_world.h"

#include <string.h>

#include "stores/turn.h"

enum { IN_A_ROW = 4, STEP_BACK_MS = 3, MANY_TRIES = 50 };

typedef struct turns {
    store_world world;
    cvi_turn busy;
    cvi_turn other;
    cvi_turn crowd[17];
} turns;

static void open_turn(turns *self, cvi_turn *turn) {
    cv_error error;
    assert_true(cvi_turn_open(turn, self->world.database, &self->world.clock.clock,
                              &self->world.clock.random, &error));
}

static int setup(void **state) {
    static turns self;
    store_world_init(&self.world, 3);
    open_turn(&self, &self.busy);
    open_turn(&self, &self.other);
    *state = &self;
    return 0;
}

static int teardown(void **state) {
    turns *self = *state;
    cvi_turn_close(&self->busy);
    cvi_turn_close(&self->other);
    store_world_done(&self->world);
    return 0;
}

static cvi_store_answer take(cvi_turn *turn) {
    cv_error error;
    return cvi_turn_take(turn, &error);
}

static void take_and_release(cvi_turn *turn, int count) {
    for (int i = 0; i < count; i++) {
        assert_int_equal(take(turn), CVI_STORE_DONE);
        cvi_turn_release(turn);
    }
}

/* The other one has been refused and waits. */
static void make_wait(turns *self) {
    assert_int_equal(take(&self->busy), CVI_STORE_DONE);
    assert_int_equal(take(&self->other), CVI_STORE_BUSY);
    cvi_turn_release(&self->busy);
}

static void test_alone_nobody_steps_back(void **state) {
    turns *self = *state;
    take_and_release(&self->busy, 10 * IN_A_ROW);
}

static void test_the_busy_one_steps_back_for_who_waits(void **state) {
    turns *self = *state;
    make_wait(self);
    take_and_release(&self->busy, IN_A_ROW - 1);
    assert_int_equal(take(&self->busy), CVI_STORE_BUSY);
    take_and_release(&self->other, 1);
    take_and_release(&self->busy, 2 * IN_A_ROW);
}

/* It may come late, and be gone again at once: the mark decides, not the number of tries. */
static void test_the_busy_one_goes_on_when_nobody_waits_any_more(void **state) {
    turns *self = *state;
    for (int round = 0; round < 5; round++) {
        make_wait(self);
        take_and_release(&self->busy, IN_A_ROW - 1);
        for (int i = 0; i < MANY_TRIES; i++) {
            assert_int_equal(take(&self->busy), CVI_STORE_BUSY);
        }
        fake_clock_advance(&self->world.clock, 2);
        take_and_release(&self->other, 1);
        take_and_release(&self->busy, IN_A_ROW);
        cvi_turn_offer(&self->other);
    }
}

/* Who waits may have been stopped: the gate is not left unused for it. */
static void test_stepping_back_ends(void **state) {
    turns *self = *state;
    make_wait(self);
    int in_a_row = IN_A_ROW - 1;
    for (int round = 0; round < 5; round++) {
        take_and_release(&self->busy, in_a_row);
        for (int i = 0; i < MANY_TRIES; i++) { /* of many threads, or of one in a hurry */
            assert_int_equal(take(&self->busy), CVI_STORE_BUSY);
        }
        fake_clock_advance(&self->world.clock, STEP_BACK_MS - 1);
        assert_int_equal(take(&self->busy), CVI_STORE_BUSY);
        fake_clock_advance(&self->world.clock, 1);
        in_a_row = IN_A_ROW << (round + 1); /* who never comes costs less and less */
    }
    take_and_release(&self->busy, 1);
    /* Somebody does come: all is as before. */
    take_and_release(&self->other, 1);
    assert_int_equal(take(&self->other), CVI_STORE_DONE);
    assert_int_equal(take(&self->busy), CVI_STORE_BUSY);
    cvi_turn_release(&self->other);
    make_wait(self);
    take_and_release(&self->busy, IN_A_ROW - 1);
    assert_int_equal(take(&self->busy), CVI_STORE_BUSY);
}

static void test_who_gives_up_is_not_waited_for(void **state) {
    turns *self = *state;
    make_wait(self);
    cvi_turn_give_up(&self->other);
    take_and_release(&self->busy, 3 * IN_A_ROW);
}

static void test_who_dies_is_not_waited_for(void **state) {
    turns *self = *state;
    make_wait(self);
    cvi_turn_close(&self->other);
    take_and_release(&self->busy, 3 * IN_A_ROW);
    open_turn(self, &self->other);
}

static void test_an_offer_is_for_who_waits(void **state) {
    turns *self = *state;
    cvi_turn_offer(&self->busy);
    take_and_release(&self->busy, 1);
    make_wait(self);
    cvi_turn_offer(&self->busy);
    assert_int_equal(take(&self->busy), CVI_STORE_BUSY);
    take_and_release(&self->other, 1);
    take_and_release(&self->busy, 1);
}

/* Whoever has just stepped back and been refused does not do so again at once. */
static void test_both_get_turns(void **state) {
    turns *self = *state;
    int got[2] = {0, 0};
    cvi_turn *both[2] = {&self->busy, &self->other};
    for (int i = 0; i < 200; i++) {
        cvi_turn *turn = both[i % 2];
        bool holds = take(turn) == CVI_STORE_DONE;
        got[i % 2] += holds ? 1 : 0;
        if (holds) {
            assert_int_equal(take(both[(i + 1) % 2]), CVI_STORE_BUSY);
            cvi_turn_release(turn);
        }
    }
    assert_in_range(got[0], 40, 100);
    assert_in_range(got[1], 40, 100);
}

static void test_lives(void **state) {
    turns *self = *state;
    cvi_turn memory;
    assert_int_equal(cvi_turn_probe_life(&self->busy, self->busy.life), CVI_LOCK_HELD);
    assert_int_equal(cvi_turn_probe_life(&self->busy, self->other.life), CVI_LOCK_HELD);
    assert_int_equal(cvi_turn_probe_life(&self->busy, self->other.life + 1), CVI_LOCK_TAKEN);
    cvi_turn_open_without_gate(&memory, ":memory:", true, &self->world.clock.random);
    assert_int_equal(cvi_turn_probe_life(&memory, memory.life), CVI_LOCK_HELD);
    assert_int_equal(cvi_turn_probe_life(&memory, memory.life + 1), CVI_LOCK_TAKEN);
    assert_int_equal(take(&memory), CVI_STORE_DONE);
    cvi_turn_release(&memory);
    cvi_turn_open_without_gate(&memory, ":memory:", false, &self->world.clock.random);
    assert_int_equal(cvi_turn_probe_life(&memory, memory.life + 1), CVI_LOCK_FAILED);
    cvi_turn_close(&memory);
}

/* Others find the process by the life alone. */
static void test_a_life_names_its_process(void **state) {
    static const int64_t none[] = {0, -1, INT64_MIN, 1, (INT64_C(1) << 28) - 1};
    turns *self = *state;
    cvi_turn memory;
    int64_t process = cvi_process_number();
    assert_true(process > 0);
    assert_int_equal(cvi_turn_process_of(self->busy.life), process);
    assert_int_equal(cvi_turn_process_of(self->other.life), process);
    assert_true(self->busy.life != self->other.life);
    assert_true(self->busy.life > 0 && self->busy.life <= INT64_C(1) << 62);
    cvi_turn_open_without_gate(&memory, ":memory:", true, &self->world.clock.random);
    assert_int_equal(cvi_turn_process_of(memory.life), process);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(cvi_turn_process_of(none[i]), 0);
    }
}

/* Each draw that hits a life already shown is followed by another, up to sixteen. */
static void test_a_life_that_is_taken_is_drawn_anew(void **state) {
    enum { TRIES = 16 };
    turns *self = *state;
    fake_clock same;
    cv_error error;
    for (int taken = 0; taken <= TRIES; taken++) {
        fake_clock_init(&same, 99); /* the draws of all before, and one more */
        bool opened = cvi_turn_open(&self->crowd[taken], self->world.database,
                                    &self->world.clock.clock, &same.random, &error);
        assert_int_equal(opened, taken < TRIES);
    }
    for (int taken = 0; taken <= TRIES; taken++) {
        cvi_turn_close(&self->crowd[taken]);
    }
}

/* A copy of SQLite may come again and again; another one stays out as long as it is there. */
static void test_two_copies_of_sqlite_keep_apart(void **state) {
    static const int64_t others[] = {1, 6, 8, (INT64_C(1) << 27) - 1};
    turns *self = *state;
    cv_error error;
    assert_true(cvi_turn_show_copy(&self->busy, 7, &error));
    assert_true(cvi_turn_show_copy(&self->other, 7, &error));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        cvi_turn *late = &self->crowd[0];
        open_turn(self, late);
        assert_false(cvi_turn_show_copy(late, others[i], &error));
        assert_int_equal(error.code, CV_ERROR_STORE);
        assert_non_null(strstr(error.message, "libsqlite3"));
        assert_non_null(strstr(error.message, self->world.database));
        cvi_turn_close(late);
    }
    cvi_turn_close(&self->busy);
    cvi_turn_close(&self->other);
    open_turn(self, &self->busy);
    open_turn(self, &self->other);
    assert_true(cvi_turn_show_copy(&self->busy, 8, &error));
}

#define WITH_TURNS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_TURNS(test_alone_nobody_steps_back),
        WITH_TURNS(test_the_busy_one_steps_back_for_who_waits),
        WITH_TURNS(test_the_busy_one_goes_on_when_nobody_waits_any_more),
        WITH_TURNS(test_stepping_back_ends),
        WITH_TURNS(test_who_gives_up_is_not_waited_for),
        WITH_TURNS(test_who_dies_is_not_waited_for),
        WITH_TURNS(test_an_offer_is_for_who_waits),
        WITH_TURNS(test_both_get_turns),
        WITH_TURNS(test_lives),
        WITH_TURNS(test_a_life_names_its_process),
        WITH_TURNS(test_a_life_that_is_taken_is_drawn_anew),
        WITH_TURNS(test_two_copies_of_sqlite_keep_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
