/* The engine through a simulated hour of everything at once: callers who come, wait, leave and run
 * out of time, stores that are locked, fail, and hold jobs of others, a limit that is nearly always
 * used up, and a network that does whatever it likes. A seed reproduces every run.
 *
 * What must hold: each caller is delivered exactly once, or left before; in time; nothing is sent
 * without an admission of its own, and none that was sent is taken back; none is left over; no
 * refresh is answered by a request that had begun before it; no step asks to be called at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/engine.h"
#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"

enum {
    HOUR_MS = 3600000,
    OBJECTS = 24,
    CALLERS = 2000,
    ROWS_MAX = 40000,
    TRANSFERS_MAX = 256,
    LIMIT = 20,
    WINDOW_MS = 60000,
    INTERVAL_MS = 50,
    CACHED_MS = 60000,
    LEASE_MS = 5000
};

typedef enum row_state { ROW_RECORDED, ROW_HANDED_OVER, ROW_SENT, ROW_TAKEN_BACK } row_state;

typedef struct job {
    char id[CVI_JOB_ID_SIZE];
    bool live;
    bool foreign;
    int64_t ends_boot_ms; /* of a foreign one */
    cvi_watch_state end;  /* what those who watch see afterwards */
} job;

typedef struct object {
    cvi_call *call;
    job job;
    int64_t stored_boot_ms; /* -1: never */
    int64_t begun_boot_ms;  /* when the request of what is stored was made */
} object;

typedef struct caller {
    cvi_passenger passenger; /* first: the engine hands it back */
    size_t object;
    int64_t comes_boot_ms;
    int64_t leaves_boot_ms;
    bool has_come;
    bool has_left;
    int deliveries;
} caller;

typedef struct run run;

struct cvi_transfer {
    cvi_transfer_spec spec;
    size_t object;
    int64_t row;
    int64_t begun_boot_ms;
    int64_t next_boot_ms; /* leaves, or is answered */
    bool open;
    bool sent;
};

struct cvi_stores {
    run *run;
};

struct cvi_transport {
    run *run;
};

struct run {
    failing_allocator memory;
    fake_clock clock;
    cvi_settings settings;
    struct cvi_stores stores;
    struct cvi_transport transport;
    cvi_engine *engine;
    object objects[OBJECTS];
    caller callers[CALLERS];
    size_t next_caller;
    row_state rows[ROWS_MAX];
    int64_t row_boot_ms[ROWS_MAX];
    int64_t row_count; /* row 0 is none */
    int64_t last_row;
    struct cvi_transfer transfers[TRANSFERS_MAX];
    int jobs;
    size_t store_calls;
    size_t results[CV_ERROR_CLOSED + 1];
};

static int64_t draw(run *self, int64_t bound) {
    return cvi_random_below(&self->clock.random, bound);
}

static bool chance(run *self, int64_t percent) {
    return draw(self, 100) < percent;
}

static int64_t present(const run *self) {
    return self->clock.now.boot_ms;
}

static object *find_object(run *self, const char *hash) {
    for (size_t i = 0; i < OBJECTS; i++) {
        if (strcmp(self->objects[i].call->hash, hash) == 0) {
            return &self->objects[i];
        }
    }
    fail_msg("nobody asked for this");
    return NULL;
}

/* ---- the stores ---- */

static cvi_store_answer trouble(run *self, bool may_fail, cv_error *error) {
    self->store_calls++;
    if (chance(self, 15)) {
        return CVI_STORE_BUSY;
    }
    if (may_fail && draw(self, 500) == 0) {
        cvi_error_set(error, CV_ERROR_STORE, "chance says so");
        return CVI_STORE_FAILED;
    }
    return CVI_STORE_DONE;
}

static bool is_cached(const run *self, const object *wanted) {
    return wanted->stored_boot_ms >= 0 && present(self) - wanted->stored_boot_ms < CACHED_MS;
}

/* A body that tells when its request was made. */
static char *make_body(run *self, const object *wanted, int64_t begun_boot_ms, size_t *size) {
    char text[160];
    cvi_buffer body;
    cvi_buffer_over(&body, text, sizeof(text));
    cvi_buffer_add_format(
        &body, "{\"status_code\":1,\"results\":{\"id\":%lld,\"name\":\"begun %lld\"}}",
        (long long)wanted->call->id, (long long)begun_boot_ms);
    *size = body.length;
    return cvi_copy_text(&self->memory.allocator, text, body.length);
}

static void fill_cached(run *self, const object *wanted, cvi_cached *cached) {
    cached->body = make_body(self, wanted, wanted->begun_boot_ms, &cached->size);
}

static cvi_store_answer lookup(cvi_stores *stores, const char *hash, int64_t ttl_ms, cvi_now now,
                               cvi_cached *cached, cv_error *error) {
    (void)ttl_ms;
    (void)now;
    run *self = stores->run;
    cvi_store_answer answer = trouble(self, true, error);
    const object *wanted = find_object(self, hash);
    if (answer == CVI_STORE_DONE && is_cached(self, wanted)) {
        fill_cached(self, wanted, cached);
    }
    return answer;
}

static void take_back(run *self, int64_t row) {
    if (row != 0) {
        assert_int_not_equal(self->rows[row], ROW_SENT);
        self->rows[row] = ROW_TAKEN_BACK;
    }
}

/* How long the limits forbid a request; 0: not at all. */
static int64_t find_wait(const run *self, cvi_wait_reason *reason) {
    int64_t seen = 0;
    int64_t now_ms = present(self);
    *reason = CVI_WAIT_INTERVAL;
    for (int64_t row = self->row_count; row > 0; row--) {
        int64_t age_ms = now_ms - self->row_boot_ms[row];
        if (self->rows[row] == ROW_TAKEN_BACK) {
            continue;
        }
        if (age_ms >= WINDOW_MS) {
            return 0;
        }
        if (seen == 0 && age_ms < INTERVAL_MS) {
            return INTERVAL_MS - age_ms;
        }
        if (++seen == LIMIT) {
            *reason = CVI_WAIT_LIMIT;
            return WINDOW_MS - age_ms;
        }
    }
    return 0;
}

static void name_job(run *self, job *taken, bool foreign) {
    cvi_buffer id;
    cvi_buffer_over(&id, taken->id, sizeof(taken->id));
    cvi_buffer_add_format(&id, "%s-%d", foreign ? "foreign" : "own", ++self->jobs);
    taken->live = true;
    taken->foreign = foreign;
    taken->ends_boot_ms = present(self) + 50 + draw(self, 3000);
    static const cvi_watch_state ends[] = {CVI_WATCH_COMPLETED, CVI_WATCH_FAILED, CVI_WATCH_GONE};
    taken->end = ends[draw(self, 3)];
}

/* What others have done meanwhile. */
static void catch_up(run *self, object *wanted) {
    job *theirs = &wanted->job;
    if (theirs->live && theirs->foreign && present(self) >= theirs->ends_boot_ms) {
        theirs->live = false;
        if (theirs->end == CVI_WATCH_COMPLETED) {
            wanted->stored_boot_ms = theirs->ends_boot_ms;
            wanted->begun_boot_ms = theirs->ends_boot_ms - 50;
        }
    }
}

static void admit(run *self, object *wanted, const cvi_claim_spec *spec, cvi_claim *claim) {
    if (spec->job_id == NULL) {
        name_job(self, &wanted->job, false);
    }
    assert_true(self->row_count + 1 < ROWS_MAX);
    self->last_row = ++self->row_count;
    self->rows[self->last_row] = ROW_RECORDED;
    self->row_boot_ms[self->last_row] = present(self);
    claim->verdict = CVI_CLAIM_ADMITTED;
    claim->row_id = self->last_row;
    claim->wait_ms = INTERVAL_MS;
    memcpy(claim->job_id, wanted->job.id, sizeof(claim->job_id));
}

static void decide(run *self, object *wanted, const cvi_claim_spec *spec, cvi_claim *claim) {
    take_back(self, spec->row_id);
    catch_up(self, wanted);
    if (spec->job_id != NULL) {
        if (strcmp(spec->job_id, wanted->job.id) != 0) {
            claim->verdict = CVI_CLAIM_LOST;
            return;
        }
    } else if (spec->reread_cache && is_cached(self, wanted)) {
        claim->verdict = CVI_CLAIM_HIT;
        fill_cached(self, wanted, &claim->cached);
        return;
    } else {
        if (!wanted->job.live && chance(self, 10)) {
            name_job(self, &wanted->job, true);
        }
        if (wanted->job.live) {
            claim->verdict = CVI_CLAIM_WATCH;
            memcpy(claim->job_id, wanted->job.id, sizeof(claim->job_id));
            return;
        }
    }
    claim->wait_ms = find_wait(self, &claim->reason);
    if (claim->wait_ms > 0) {
        claim->verdict = CVI_CLAIM_WAIT;
        return;
    }
    admit(self, wanted, spec, claim);
}

static cvi_store_answer claim_it(cvi_stores *stores, const cvi_claim_spec *spec, cvi_now now,
                                 cvi_claim *claim, cv_error *error) {
    (void)now;
    run *self = stores->run;
    cvi_store_answer answer = trouble(self, true, error);
    if (answer == CVI_STORE_DONE) {
        decide(self, find_object(self, spec->hash), spec, claim);
    }
    return answer;
}

static cvi_store_answer watch(cvi_stores *stores, const char *hash, const char *job_id,
                              cvi_now now, cvi_watch *seen, cv_error *error) {
    (void)now;
    run *self = stores->run;
    object *wanted = find_object(self, hash);
    cvi_store_answer answer = trouble(self, true, error);
    catch_up(self, wanted);
    seen->state = CVI_WATCH_GONE;
    if (strcmp(job_id, wanted->job.id) == 0) {
        seen->state = wanted->job.live ? CVI_WATCH_PENDING : wanted->job.end;
    }
    if (answer == CVI_STORE_DONE && seen->state == CVI_WATCH_COMPLETED) {
        fill_cached(self, wanted, &seen->cached);
    }
    if (seen->state == CVI_WATCH_FAILED) {
        cvi_error_set(&seen->failure, CV_ERROR_SERVER, "the owner's");
    }
    return answer;
}

static bool owns(const object *wanted, const char *job_id) {
    return wanted->job.live && strcmp(wanted->job.id, job_id) == 0;
}

static cvi_store_answer complete(cvi_stores *stores, const cvi_completion *completion, cvi_now now,
                                 bool *owned, cv_error *error) {
    (void)now;
    run *self = stores->run;
    object *wanted = find_object(self, completion->hash);
    cvi_store_answer answer = trouble(self, false, error);
    assert_memory_equal(completion->job_id, "own-", 4);
    *owned = owns(wanted, completion->job_id);
    if (answer == CVI_STORE_DONE && *owned) {
        wanted->job.live = false;
        wanted->job.end = CVI_WATCH_COMPLETED;
        wanted->stored_boot_ms = present(self);
        wanted->begun_boot_ms = strtoll(strstr(completion->body, "begun") + 5, NULL, 10);
    }
    return answer;
}

static cvi_store_answer release(cvi_stores *stores, const char *hash, const char *job_id,
                                int64_t row_id, const cv_error *failure, cvi_now now,
                                cv_error *error) {
    (void)now;
    run *self = stores->run;
    object *wanted = find_object(self, hash);
    cvi_store_answer answer = trouble(self, false, error);
    if (answer == CVI_STORE_DONE) {
        take_back(self, row_id);
        if (owns(wanted, job_id)) {
            wanted->job.live = false;
            wanted->job.end = failure != NULL ? CVI_WATCH_FAILED : CVI_WATCH_GONE;
        }
    }
    return answer;
}

static cvi_store_answer renew(cvi_stores *stores, const char *hash, const char *job_id,
                              cvi_now now, bool *owned, cv_error *error) {
    (void)now;
    run *self = stores->run;
    object *wanted = find_object(self, hash);
    cvi_store_answer answer = trouble(self, true, error);
    if (answer == CVI_STORE_DONE && owns(wanted, job_id) && chance(self, 5)) {
        name_job(self, &wanted->job, true); /* somebody took us for dead */
    }
    *owned = owns(wanted, job_id);
    return answer;
}

static cvi_store_answer clean(cvi_stores *stores, cvi_now now, bool *more, cv_error *error) {
    (void)now;
    *more = chance(stores->run, 10);
    return trouble(stores->run, true, error);
}

static const cvi_store_ops store_ops = {lookup, claim_it, watch, complete, release, renew, clean};

/* ---- the network ---- */

static cvi_transfer *send_it(cvi_transport *transport, const cvi_transfer_spec *spec) {
    run *self = transport->run;
    assert_int_equal(self->rows[self->last_row], ROW_RECORDED);
    self->rows[self->last_row] = ROW_HANDED_OVER;
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        struct cvi_transfer *transfer = &self->transfers[i];
        if (!transfer->open) {
            *transfer = (struct cvi_transfer){.spec = *spec, .row = self->last_row, .open = true};
            const char *id = strstr(spec->url, "4000-") + 5;
            transfer->object = (size_t)strtoll(id, NULL, 10) - 1;
            transfer->begun_boot_ms = present(self);
            transfer->next_boot_ms = present(self) + draw(self, 120);
            return transfer;
        }
    }
    fail_msg("too many transfers under way");
    return NULL;
}

static bool cancel(cvi_transport *transport, cvi_transfer *transfer) {
    (void)transport;
    assert_true(transfer->open);
    transfer->open = transfer->sent;
    return !transfer->sent;
}

static const cvi_transport_ops transport_ops = {send_it, cancel};

static void respond(run *self, struct cvi_transfer *transfer, cvi_response *response) {
    transfer->open = false;
    response->sent = transfer->sent;
    cvi_engine_receive(self->engine, transfer->spec.owner, response, self->clock.now);
}

static void let_out(run *self, struct cvi_transfer *transfer) {
    cvi_response response = {.kind = CVI_RESPONSE_NETWORK};
    int64_t rows = self->row_count;
    if (chance(self, 5)) {
        respond(self, transfer, &response);
        return;
    }
    if (present(self) > transfer->spec.send_by_boot_ms &&
        !transfer->spec.readmit(transfer->spec.owner, self->clock.now)) {
        response.kind = CVI_RESPONSE_NOT_ADMITTED;
        respond(self, transfer, &response);
        return;
    }
    if (self->row_count > rows) {
        transfer->row = self->last_row;
        self->rows[transfer->row] = ROW_HANDED_OVER;
    }
    assert_int_equal(self->rows[transfer->row], ROW_HANDED_OVER);
    self->rows[transfer->row] = ROW_SENT;
    transfer->sent = true;
    transfer->next_boot_ms = present(self) + 10 + draw(self, 5000);
}

static void answer_it(run *self, struct cvi_transfer *transfer) {
    static const cvi_response_kind failures[] = {
        CVI_RESPONSE_NETWORK, CVI_RESPONSE_TIMEOUT, CVI_RESPONSE_BROKEN,
        CVI_RESPONSE_DEAD_CONNECTION, CVI_RESPONSE_REDIRECT, CVI_RESPONSE_TOO_LARGE};
    static const int statuses[] = {200, 200, 200, 404, 500, 502, 429};
    cvi_response response = {.kind = CVI_RESPONSE_ANSWER};
    const object *wanted = &self->objects[transfer->object];
    if (chance(self, 25)) {
        response.kind = failures[draw(self, 6)];
    }
    if (response.kind == CVI_RESPONSE_REDIRECT) {
        response.redirect_url =
            cvi_copy_text(&self->memory.allocator, wanted->call->url, strlen(wanted->call->url));
    } else if (response.kind == CVI_RESPONSE_ANSWER) {
        response.http_status = statuses[draw(self, 7)];
        response.retry_after_ms = chance(self, 20) ? draw(self, 20000) : 0;
        if (response.http_status == 200) {
            response.body = make_body(self, wanted, transfer->begun_boot_ms, &response.size);
        }
    }
    respond(self, transfer, &response);
}

static void run_transfers(run *self) {
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        struct cvi_transfer *transfer = &self->transfers[i];
        if (!transfer->open || transfer->next_boot_ms > present(self)) {
            continue;
        }
        if (transfer->sent) {
            answer_it(self, transfer);
        } else {
            let_out(self, transfer);
        }
    }
}

/* ---- the callers ---- */

static void deliver(void *user, cvi_passenger *passenger, const cvi_outcome *outcome) {
    run *self = user;
    caller *one = (caller *)passenger;
    assert_true(one->has_come && !one->has_left);
    assert_int_equal(one->deliveries++, 0);
    assert_true(passenger->deadline_boot_ms >= present(self));
    self->results[outcome->error.code]++;
    if (outcome->result == NULL) {
        assert_int_not_equal(outcome->error.code, CV_OK);
        return;
    }
    size_t size = 0;
    const char *body = cvi_result_body(outcome->result, &size);
    assert_int_equal(cvi_result_id(outcome->result, 0), one->object + 1);
    if (passenger->mode == CV_MODE_REFRESH) {
        assert_true(strtoll(strstr(body, "begun") + 5, NULL, 10) >= one->comes_boot_ms);
    }
}

static void plan_callers(run *self) {
    static const int64_t patience_ms[] = {CV_NO_WAIT, 100, 5000, 60000, CV_WAIT_FOREVER};
    int64_t time_ms = present(self);
    for (size_t i = 0; i < CALLERS; i++) {
        caller *one = &self->callers[i];
        time_ms += draw(self, 2 * HOUR_MS / CALLERS);
        one->object = (size_t)draw(self, OBJECTS);
        one->comes_boot_ms = time_ms;
        one->leaves_boot_ms = chance(self, 20) ? time_ms + draw(self, 8000) : INT64_MAX;
        one->passenger.priority = chance(self, 40) ? CV_PRIORITY_USER : CV_PRIORITY_BACKGROUND;
        one->passenger.mode = chance(self, 70)   ? CV_MODE_DEFAULT
                              : chance(self, 50) ? CV_MODE_REFRESH
                                                 : CV_MODE_CACHE_ONLY;
        one->passenger.max_wait_ms = patience_ms[draw(self, 5)];
        one->passenger.deadline_boot_ms =
            chance(self, 20) ? time_ms + 1 + draw(self, 10000) : INT64_MAX;
    }
}

static void run_callers(run *self) {
    while (self->next_caller < CALLERS &&
           self->callers[self->next_caller].comes_boot_ms <= present(self)) {
        caller *one = &self->callers[self->next_caller++];
        one->has_come = true;
        cvi_engine_board(self->engine, &one->passenger, self->objects[one->object].call);
    }
    for (size_t i = 0; i < self->next_caller; i++) {
        caller *one = &self->callers[i];
        if (one->leaves_boot_ms <= present(self) && !one->has_left && one->deliveries == 0) {
            cvi_engine_leave(self->engine, &one->passenger);
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
    int64_t next = INT64_MAX;
    if (self->next_caller < CALLERS) {
        next = self->callers[self->next_caller].comes_boot_ms;
    }
    for (size_t i = 0; i < self->next_caller; i++) {
        const caller *one = &self->callers[i];
        if (!one->has_left && one->deliveries == 0) {
            next = smaller(next, one->leaves_boot_ms);
        }
    }
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        if (self->transfers[i].open) {
            next = smaller(next, self->transfers[i].next_boot_ms);
        }
    }
    return next;
}

static void start(run *self, uint64_t seed) {
    cv_options options = CV_OPTIONS_INIT;
    cv_error error;
    failing_allocator_init(&self->memory, 0, false);
    fake_clock_init(&self->clock, seed);
    options.api_key = "key";
    options.database = ":memory:";
    options.allocator = &self->memory.allocator;
    assert_true(cvi_settings_init(&self->settings, &options, &error));
    for (size_t i = 0; i < OBJECTS; i++) {
        self->objects[i].stored_boot_ms = -1;
        self->objects[i].call =
            cvi_call_detail(&self->settings, CV_ISSUE, (int64_t)i + 1, NULL, &error);
        assert_non_null(self->objects[i].call);
    }
    self->stores.run = self;
    self->transport.run = self;
    const cvi_engine_options engine = {.allocator = self->memory.allocator,
                                       .random = self->clock.random,
                                       .store_ops = &store_ops,
                                       .stores = &self->stores,
                                       .transport_ops = &transport_ops,
                                       .transport = &self->transport,
                                       .deliver = deliver,
                                       .user = self,
                                       .lease_ms = LEASE_MS,
                                       .fresh_ms = 50,
                                       .valid_ms = 1000,
                                       .max_retries = 2,
                                       .clean_interval_ms = 60000};
    self->engine = cvi_engine_open(&engine, self->clock.now);
    assert_non_null(self->engine);
    plan_callers(self);
}

static void finish(run *self) {
    cvi_engine_close(self->engine);
    for (size_t i = 0; i < OBJECTS; i++) {
        assert_false(self->objects[i].job.live && !self->objects[i].job.foreign);
        cvi_call_release(self->objects[i].call);
    }
    cvi_settings_clear(&self->settings);
    assert_int_equal(atomic_load(&self->memory.live), 0);
}

/* Until the last caller has an answer and the last flight has ended. */
static void play(run *self) {
    size_t steps = 0;
    while (self->next_caller < CALLERS || !cvi_engine_is_idle(self->engine)) {
        run_callers(self);
        run_transfers(self);
        int64_t due = cvi_engine_step(self->engine, self->clock.now);
        assert_true(due > present(self));
        int64_t next = smaller(due, next_event(self));
        fake_clock_advance(&self->clock, next > present(self) ? next - present(self) : 0);
        assert_in_range(++steps, 1, 2000000);
    }
}

static void check_everybody(const run *self) {
    for (size_t i = 0; i < CALLERS; i++) {
        const caller *one = &self->callers[i];
        assert_int_equal(one->deliveries, one->has_left ? 0 : 1);
    }
    for (int64_t row = 1; row <= self->row_count; row++) {
        assert_true(self->rows[row] == ROW_SENT || self->rows[row] == ROW_TAKEN_BACK);
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
    assert_true(self->row_count > 100);
}

static void test_an_hour_of_everything(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        run *self = calloc(1, sizeof(*self));
        assert_non_null(self);
        start(self, seed);
        play(self);
        check_everybody(self);
        check_variety(self);
        assert_in_range(self->store_calls, 1000, 400 * CALLERS);
        finish(self);
        free(self);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_an_hour_of_everything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
