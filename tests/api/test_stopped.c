/* A client that is stopped right after any of its looks at the clock, by the scheduler or by
 * SIGSTOP, while another one on the file goes on: what that one has written meanwhile is nothing of
 * the future. Both are driven by hand, on a clock that stands until it is moved. */
#include "support/sys_world.h"

#include <stdlib.h>
#include <string.h>

#include <comicvine/sys/clock.h>

enum {
    PAUSE_MS = 1000,
    LOOK_MS = 250, /* who waits for a probe looks so often */
    LOCK_MS = 5,   /* and who found the file locked sooner than that */
    SOME_TURNS = 8,
    TOLD_AFTER_MS = 30000, /* after its time-out */
    LIMIT = 2,
    WINDOW_MS = 60000,
    GUARD_MS = 2000, /* the default */
    STOP_MS = 40000,
    MOST_LOOKS = 6 /* in one turn, at least so many are tried */
};

typedef struct two {
    sys_world world;
    cv_now now;
    cv_clock clock;
    cv_clock stopped_clock;
    cv_client *client;  /* goes on */
    cv_client *stopped; /* is stopped */
    int looks;          /* of that one */
    int stop_after;     /* so many of them; 0: never */
    int64_t stop_ms;
    size_t sent_meanwhile;
} two;

static void advance(two *self, int64_t duration_ms) {
    self->now.boot_ms += duration_ms;
    self->now.wall_ms += duration_ms;
}

static void turn(cv_client *client) {
    for (int i = 0; i < SOME_TURNS; i++) {
        cv_client_poll(client, 0);
    }
}

static cv_now look(void *user) {
    const two *self = user;
    return self->now;
}

/* Time passes, and the other client runs, before this look is used. */
static size_t sent(two *self) {
    return own_network_count(&self->world.network);
}

/* What it returns is used after the other client has run. */
static cv_now look_and_be_stopped(void *user) {
    two *self = user;
    cv_now now = self->now;
    self->looks++;
    if (self->looks == self->stop_after) {
        size_t before = sent(self);
        advance(self, self->stop_ms);
        turn(self->client);
        self->sent_meanwhile = sent(self) - before;
    }
    return now;
}

static cv_client *open_by(two *self, cv_clock *clock, cv_now (*now)(void *)) {
    *clock = (cv_clock)CV_CLOCK_INIT;
    clock->now = now;
    clock->user = self;
    clock->boot_id = "simulation";
    self->world.options.clock = clock;
    return sys_open(&self->world);
}

static int set_up(void **state) {
    two *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    sys_begin(&self->world, OWN_LATER);
    self->now = (cv_now){5000000, INT64_C(1717243200000)};
    self->world.options.drive = CV_DRIVE_POLL;
    self->world.options.cache.disabled = true;
    self->world.options.dedupe.disabled = true;
    self->world.options.max_wait_ms = CV_WAIT_FOREVER;
    self->client = open_by(self, &self->clock, look);
    self->stopped = open_by(self, &self->stopped_clock, look_and_be_stopped);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    two *self = *state;
    cv_client_close(self->client);
    cv_client_close(self->stopped);
    sys_end(&self->world);
    free(self);
    return 0;
}

/* Each call is another issue: equal ones would be joined. */
static cv_request *ask(cv_client *client, int64_t id) {
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, id, NULL);
    assert_non_null(request);
    return request;
}

static void turn_both(two *self) {
    turn(self->client);
    turn(self->stopped);
}

/* The stopped client goes first, and is stopped once. */
static void turn_and_stop(two *self, int stop_after, int64_t stop_ms) {
    self->looks = 0;
    self->stop_after = stop_after;
    self->stop_ms = stop_ms;
    self->sent_meanwhile = 0;
    turn(self->stopped);
    self->stop_after = 0;
    advance(self, LOCK_MS);
    turn(self->client);
}

static void answer(two *self, size_t index) {
    assert_true(own_network_answer(&self->world.network, index, &self->world.network.answer));
    turn_both(self);
}

/* That it is about one of the issues only, and not always the right one, is no matter here. */
static void expect_answer(cv_request *request) {
    assert_true(cv_request_done(request));
    assert_true(cv_request_error(request)->code == CV_OK ||
                cv_request_error(request)->code == CV_ERROR_RESPONSE);
    cv_request_free(request);
}

/* ---- after a pause ---- */

/* The service has asked for a pause, which is over now. */
static void pass_a_pause(two *self) {
    cv_rate_limit_store *store = cv_client_rate_limit(self->client);
    assert_true(cv_rate_limit_store_cool_down(store, "issue", PAUSE_MS));
    advance(self, PAUSE_MS);
}

static void race_for_the_probe(two *self, int stop_after) {
    size_t before = sent(self);
    pass_a_pause(self);
    cv_request *requests[] = {ask(self->client, 52), ask(self->stopped, 52)};
    turn_and_stop(self, stop_after, 1);
    assert_int_equal(sent(self), before + 1);
    answer(self, before);
    advance(self, LOOK_MS);
    turn_both(self);
    assert_int_equal(sent(self), before + 2);
    answer(self, before + 1);
    expect_answer(requests[0]);
    expect_answer(requests[1]);
}

static void test_one_request_goes_first(void **state) {
    two *self = *state;
    int won = 0;
    for (int i = 1; i <= MOST_LOOKS; i++) {
        race_for_the_probe(self, i);
        won += self->sent_meanwhile == 1 ? 1 : 0;
    }
    assert_in_range(won, 1, MOST_LOOKS - 1); /* stops before the lock, and behind it */
}

/* ---- while its request is a trial ---- */

static cv_client *open_with_timeout(two *self, int64_t timeout_ms) {
    self->world.options.timeout_ms = timeout_ms;
    return open_by(self, &self->stopped_clock, look_and_be_stopped);
}

/* Nobody else is sent as long as the answer may come; then one is, alone, which ends the pause. */
static void test_a_silent_trial_is_followed_by_another(void **state) {
    static const int64_t timeouts_ms[] = {30000, 150000};
    two *self = *state;
    for (size_t i = 0; i < sizeof(timeouts_ms) / sizeof(timeouts_ms[0]); i++) {
        size_t before = sent(self);
        cv_client_close(self->stopped);
        self->stopped = open_with_timeout(self, timeouts_ms[i]);
        pass_a_pause(self);
        cv_request *trial = ask(self->stopped, 52);
        turn(self->stopped);
        cv_request *requests[] = {ask(self->client, 52), ask(self->client, 53)};
        advance(self, timeouts_ms[i] + TOLD_AFTER_MS - 1);
        turn(self->client);
        assert_int_equal(sent(self), before + 1);
        advance(self, LOOK_MS);
        turn(self->client);
        assert_int_equal(sent(self), before + 2);
        answer(self, before + 1);
        advance(self, LOOK_MS);
        turn(self->client);
        assert_int_equal(sent(self), before + 3);
        answer(self, before);
        answer(self, before + 2);
        expect_answer(trial);
        expect_answer(requests[0]);
        expect_answer(requests[1]);
    }
}

/* ---- within a limit ---- */

static void limit_requests(cv_client *client) {
    assert_true(
        cv_rate_limit_store_set_resource(cv_client_rate_limit(client), "issue", LIMIT, WINDOW_MS));
}

/* The requests of the other one keep their time, and so their place in the window. */
static void race_for_the_limit(two *self, int stop_after) {
    size_t before = sent(self);
    cv_request *late = ask(self->stopped, 52);
    cv_request *requests[LIMIT];
    for (int i = 0; i < LIMIT; i++) {
        requests[i] = ask(self->client, 53 + i);
    }
    turn_and_stop(self, stop_after, STOP_MS);
    assert_int_equal(sent(self), before + LIMIT);
    advance(self, WINDOW_MS + GUARD_MS - LOCK_MS - 1);
    turn_both(self);
    if (self->sent_meanwhile == LIMIT) {
        assert_int_equal(sent(self), before + LIMIT);
    }
    advance(self, STOP_MS);
    turn_both(self);
    assert_int_equal(sent(self), before + LIMIT + 1);
    for (size_t i = before; i < sent(self); i++) {
        answer(self, i);
    }
    for (int i = 0; i < LIMIT; i++) {
        expect_answer(requests[i]);
    }
    expect_answer(late);
    advance(self, WINDOW_MS + GUARD_MS);
}

static void test_the_limit_holds(void **state) {
    two *self = *state;
    int full = 0;
    limit_requests(self->client);
    limit_requests(self->stopped);
    for (int i = 1; i <= MOST_LOOKS; i++) {
        race_for_the_limit(self, i);
        full += self->sent_meanwhile == LIMIT ? 1 : 0;
    }
    assert_in_range(full, 1, MOST_LOOKS - 1);
}

#define WITH_TWO(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_TWO(test_one_request_goes_first),
        WITH_TWO(test_a_silent_trial_is_followed_by_another),
        WITH_TWO(test_the_limit_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
