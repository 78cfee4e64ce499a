/* The engine through a simulated hour of everything at once: callers who come, wait, leave and run
 * out of time, stores that are locked, fail, and hold jobs of others, a limit that is nearly always
 * used up, and a network that does whatever it likes. A seed reproduces every run.
 *
 * What must hold: each caller is delivered exactly once, or left before; in time; nothing is sent
 * without an admission of its own, and none that was sent is taken back; none is left over; no
 * refresh is answered by a request that had begun before it, and nobody by anything older than they
 * want, unless they take it and it is marked; no step asks to be called at once. */
#include "support/model_world.h"

#include <stdlib.h>

enum { HOUR_MS = 3600000, CALLERS = 2000, LEASE_MS = 5000, SEEDS = 8, PIECE_BYTES = 16 };

typedef struct caller {
    cvi_passenger passenger; /* first: the engine hands it back */
    size_t object;
    int64_t comes_boot_ms;
    int64_t leaves_boot_ms;
    bool has_come;
    bool has_left;
    int deliveries;
} caller;

typedef struct run {
    model_world model;
    caller callers[CALLERS];
    size_t next_caller;
    size_t results[CV_ERROR_CLOSED + 1];
    size_t stale; /* answers, for all reasons but the next */
    size_t stale_at_once;
} run;

/* ---- the callers ---- */

static void check_stale(run *self, const cvi_passenger *passenger, const cvi_outcome *outcome) {
    const cvi_provenance *provenance = &outcome->provenance;
    bool is_at_once = provenance->note.reason.code == CV_PENDING;
    assert_true(passenger->stale != CV_STALE_NEVER && passenger->stale != CV_STALE_DEFAULT);
    assert_int_equal(provenance->note.age_ms,
                     self->model.clock.now.wall_ms - provenance->fetched_at_ms);
    assert_true(provenance->note.reason.code != CV_OK);
    assert_int_equal(outcome->revalidates, is_at_once);
    if (is_at_once) {
        assert_int_equal(passenger->stale, CV_STALE_WHILE_REVALIDATE);
        assert_int_equal(passenger->mode, CV_MODE_DEFAULT);
        self->stale_at_once++;
    } else {
        self->stale++;
    }
}

static void check_fresh(const run *self, const caller *one, const cvi_outcome *outcome) {
    const cvi_passenger *passenger = &one->passenger;
    int64_t age_ms = self->model.clock.now.wall_ms - outcome->provenance.fetched_at_ms;
    size_t size = 0;
    const char *body = cvi_result_body(outcome->result, &size);
    assert_false(outcome->revalidates);
    if (passenger->mode == CV_MODE_REFRESH) {
        assert_true(model_begun_boot_ms(body) >= one->comes_boot_ms);
    }
    if (outcome->provenance.source == CV_SOURCE_CACHE) {
        assert_true(age_ms < MODEL_CACHED_MS);
        assert_true(passenger->max_age_ms == 0 || age_ms < passenger->max_age_ms);
    }
}

static void deliver(void *user, cvi_passenger *passenger, const cvi_outcome *outcome) {
    run *self = user;
    caller *one = (caller *)passenger;
    assert_true(one->has_come && !one->has_left);
    assert_int_equal(one->deliveries++, 0);
    assert_true(passenger->deadline_boot_ms >= model_present(&self->model));
    self->results[outcome->error.code]++;
    if (outcome->result == NULL) {
        assert_int_not_equal(outcome->error.code, CV_OK);
        return;
    }
    assert_int_equal(cvi_result_id(outcome->result, 0), one->object + 1);
    if (outcome->provenance.source == CV_SOURCE_STALE) {
        check_stale(self, passenger, outcome);
    } else {
        check_fresh(self, one, outcome);
    }
}

static void plan_callers(run *self) {
    static const int64_t patience_ms[] = {CV_NO_WAIT, 100, 5000, 60000, CV_WAIT_FOREVER};
    static const cv_stale stale[] = {CV_STALE_NEVER, CV_STALE_NEVER, CV_STALE_IF_ERROR,
                                     CV_STALE_WHILE_REVALIDATE};
    static const int64_t max_age_ms[] = {0, 0, 1000, 30000};
    int64_t time_ms = model_present(&self->model);
    for (size_t i = 0; i < CALLERS; i++) {
        caller *one = &self->callers[i];
        time_ms += model_draw(&self->model, 2 * HOUR_MS / CALLERS);
        one->object = (size_t)model_draw(&self->model, MODEL_OBJECTS);
        one->comes_boot_ms = time_ms;
        one->leaves_boot_ms =
            model_chance(&self->model, 20) ? time_ms + model_draw(&self->model, 8000) : INT64_MAX;
        one->passenger.priority =
            model_chance(&self->model, 40) ? CV_PRIORITY_USER : CV_PRIORITY_BACKGROUND;
        one->passenger.mode = model_chance(&self->model, 70)   ? CV_MODE_DEFAULT
                              : model_chance(&self->model, 50) ? CV_MODE_REFRESH
                                                               : CV_MODE_CACHE_ONLY;
        one->passenger.stale = stale[model_draw(&self->model, 4)];
        one->passenger.max_age_ms = max_age_ms[model_draw(&self->model, 4)];
        one->passenger.max_wait_ms = patience_ms[model_draw(&self->model, 5)];
        one->passenger.deadline_boot_ms = model_chance(&self->model, 20)
                                              ? time_ms + 1 + model_draw(&self->model, 10000)
                                              : INT64_MAX;
    }
}

static void run_callers(run *self) {
    while (self->next_caller < CALLERS &&
           self->callers[self->next_caller].comes_boot_ms <= model_present(&self->model)) {
        caller *one = &self->callers[self->next_caller++];
        one->has_come = true;
        cvi_engine_board(self->model.engine, &one->passenger, self->model.objects[one->object].call,
                         self->model.clock.now);
    }
    for (size_t i = 0; i < self->next_caller; i++) {
        caller *one = &self->callers[i];
        if (one->leaves_boot_ms <= model_present(&self->model) && !one->has_left &&
            one->deliveries == 0) {
            cvi_engine_leave(self->model.engine, &one->passenger);
            one->has_left = true;
        }
    }
}

/* ---- a run ---- */

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* When the world next does something by itself. */
static int64_t next_event(const run *self) {
    int64_t next = model_next_transfer(&self->model);
    if (self->next_caller < CALLERS) {
        next = smaller(next, self->callers[self->next_caller].comes_boot_ms);
    }
    for (size_t i = 0; i < self->next_caller; i++) {
        const caller *one = &self->callers[i];
        if (!one->has_left && one->deliveries == 0) {
            next = smaller(next, one->leaves_boot_ms);
        }
    }
    return next;
}

static void start(run *self, uint64_t seed) {
    model_init(&self->model, seed);
    const cvi_engine_options engine = {.allocator = self->model.memory.allocator,
                                       .random = self->model.clock.random,
                                       .store_ops = &model_store_ops,
                                       .stores = &self->model.stores,
                                       .transport_ops = &model_transport_ops,
                                       .transport = &self->model.transport,
                                       .deliver = deliver,
                                       .user = self,
                                       .lease_ms = LEASE_MS,
                                       .waits_for_connections = true,
                                       .fresh_ms = 50,
                                       .max_retries = 2,
                                       .clean_interval_ms = 60000};
    self->model.engine = cvi_engine_open(&engine, self->model.clock.now);
    assert_non_null(self->model.engine);
    cvi_engine_divide(self->model.engine, seed % 2 == 0 ? PIECE_BYTES : 0);
    plan_callers(self);
}

/* As often as something is due at once: where bodies are read in pieces, mostly that is. */
static int64_t step_on(run *self) {
    int64_t due = 0;
    for (int steps = 0; due <= model_present(&self->model); steps++) {
        cvi_slice whole = cvi_slice_start(-1);
        due = cvi_engine_step(self->model.engine, self->model.clock.now, &whole);
        assert_in_range(steps, 0, 100);
    }
    return due;
}

/* Until the last caller has an answer and the last flight has ended. */
static void play(run *self) {
    size_t steps = 0;
    while (self->next_caller < CALLERS || !cvi_engine_is_idle(self->model.engine)) {
        run_callers(self);
        model_run_transfers(&self->model);
        int64_t next = smaller(step_on(self), next_event(self));
        fake_clock_advance(&self->model.clock, next > model_present(&self->model)
                                                   ? next - model_present(&self->model)
                                                   : 0);
        assert_in_range(++steps, 1, 2000000);
    }
}

static void check_everybody(const run *self) {
    for (size_t i = 0; i < CALLERS; i++) {
        const caller *one = &self->callers[i];
        assert_int_equal(one->deliveries, one->has_left ? 0 : 1);
    }
}

/* A world in which something never happens would prove nothing about it. */
static void check_variety(const run *self) {
    static const cv_code codes[] = {CV_OK,           CV_ERROR_RATE_LIMITED, CV_ERROR_TIMEOUT,
                                    CV_ERROR_SERVER, CV_ERROR_NOT_FOUND,    CV_ERROR_NOT_CACHED};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_true(self->results[codes[i]] > 5);
    }
    assert_true(self->results[CV_OK] > CALLERS / 4);
    assert_int_equal(self->results[CV_ERROR_NOMEM], 0);
    assert_true(self->stale > 20 && self->stale_at_once > 20);
    assert_true(self->model.row_count > 100);
}

static void test_an_hour_of_everything(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run *self = calloc(1, sizeof(*self));
        assert_non_null(self);
        start(self, seed);
        play(self);
        check_everybody(self);
        check_variety(self);
        assert_in_range(self->model.store_calls, 1000, 400 * CALLERS);
        cvi_engine_close(self->model.engine);
        model_done(&self->model);
        free(self);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_an_hour_of_everything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
