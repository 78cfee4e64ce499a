/* Owns the model of stores and network behind the engine's random test. */
#include "support/model_world.h"

#include <stdlib.h>
#include <string.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

enum {
    LIMIT = 20,
    WINDOW_MS = 60000,
    INTERVAL_MS = 50,
    COOL_MS = 3000,
    PROBE_LOOK_MS = 250,
    UNTOLD_LOOK_MS = 25,
    TOLD_LOOK_MS = 240
};

int64_t model_draw(model_world *self, int64_t bound) {
    return cvi_random_below(&self->clock.random, bound);
}

bool model_chance(model_world *self, int64_t percent) {
    return model_draw(self, 100) < percent;
}

int64_t model_present(const model_world *self) {
    return self->clock.now.boot_ms;
}

static model_object *find_object(model_world *self, const char *hash) {
    for (size_t i = 0; i < MODEL_OBJECTS; i++) {
        if (strcmp(self->objects[i].call->hash, hash) == 0) {
            return &self->objects[i];
        }
    }
    fail_msg("nobody asked for this");
    return NULL;
}

int64_t model_begun_boot_ms(const char *body) {
    return strtoll(strstr(body, "begun") + 5, NULL, 10);
}

/* ---- the stores ---- */

static cvi_store_answer trouble(model_world *self, bool may_fail, cv_error *error) {
    self->store_calls++;
    if (model_chance(self, 15)) {
        return CVI_STORE_BUSY;
    }
    if (may_fail && model_draw(self, 500) == 0) {
        cvi_error_set(error, CV_ERROR_STORE, "chance says so");
        return CVI_STORE_FAILED;
    }
    return CVI_STORE_DONE;
}

static bool is_cached(const model_world *self, const model_object *wanted, int64_t max_age_ms) {
    int64_t age_ms = model_present(self) - wanted->stored_boot_ms;
    return wanted->stored_boot_ms >= 0 && age_ms < MODEL_CACHED_MS &&
           (max_age_ms == 0 || age_ms < max_age_ms);
}

/* A body that tells when its request was made. */
static char *make_body(model_world *self, const model_object *wanted, int64_t begun_boot_ms,
                       size_t *size) {
    char text[160];
    cvi_buffer body;
    cvi_buffer_over(&body, text, sizeof(text));
    cvi_buffer_add_format(&body,
                          "{\"status_code\":1,\"results\":{\"id\":%lld,\"name\":\"begun %lld\"}}",
                          (long long)wanted->call->id, (long long)begun_boot_ms);
    *size = body.length;
    return cvi_copy_text(&self->memory.allocator, text, body.length);
}

static void fill_cached(model_world *self, const model_object *wanted, cvi_cached *cached) {
    int64_t age_ms = model_present(self) - wanted->stored_boot_ms;
    cached->body = make_body(self, wanted, wanted->begun_boot_ms, &cached->size);
    cached->fetched_at_ms = self->clock.now.wall_ms - age_ms;
    cached->expires_at_ms = cached->fetched_at_ms + MODEL_CACHED_MS;
}

static cvi_store_answer lookup(cvi_stores *stores, const char *hash, const cvi_want *want,
                               cvi_now now, cvi_cached *cached, cv_error *error) {
    (void)now;
    model_world *self = stores->world;
    cvi_store_answer answer = trouble(self, true, error);
    const model_object *wanted = find_object(self, hash);
    bool is_there =
        want->stale_too ? wanted->stored_boot_ms >= 0 : is_cached(self, wanted, want->max_age_ms);
    if (answer == CVI_STORE_DONE && is_there) {
        fill_cached(self, wanted, cached);
    }
    return answer;
}

static void take_back(model_world *self, int64_t row) {
    if (row != 0) {
        assert_int_not_equal(self->rows[row], MODEL_SENT);
        assert_int_not_equal(self->rows[row], MODEL_TAKEN_BACK);
        self->rows[row] = MODEL_TAKEN_BACK;
        self->probe = self->probe == row ? 0 : self->probe;
    }
}

/* How long the limits forbid a request; 0: not at all. Whoever has a connection is not kept back by
 * those who still wait for theirs. */
static int64_t find_wait(const model_world *self, cvi_readiness readiness,
                         cvi_wait_reason *reason) {
    int64_t seen = 0;
    bool paced = false;
    int64_t now_ms = model_present(self);
    *reason = CVI_WAIT_INTERVAL;
    for (int64_t row = self->row_count; row > 0; row--) {
        int64_t age_ms = now_ms - self->row_boot_ms[row];
        if (self->rows[row] == MODEL_TAKEN_BACK) {
            continue;
        }
        if (age_ms >= WINDOW_MS) {
            return 0;
        }
        bool paces = readiness != CVI_READY_NOW || !self->row_connects[row];
        if (!paced && paces && age_ms < INTERVAL_MS) {
            return INTERVAL_MS - age_ms;
        }
        paced = paced || paces;
        if (++seen == LIMIT) {
            *reason = CVI_WAIT_LIMIT;
            return WINDOW_MS - age_ms;
        }
    }
    return 0;
}

static void name_job(model_world *self, model_job *taken, bool foreign) {
    cvi_buffer id;
    cvi_buffer_over(&id, taken->id, sizeof(taken->id));
    cvi_buffer_add_format(&id, "%s-%d", foreign ? "foreign" : "own", ++self->jobs);
    taken->live = true;
    taken->foreign = foreign;
    taken->ends_boot_ms = model_present(self) + 50 + model_draw(self, 3000);
    static const cvi_watch_state ends[] = {CVI_WATCH_COMPLETED, CVI_WATCH_FAILED, CVI_WATCH_GONE};
    taken->end = ends[model_draw(self, 3)];
}

/* What others have done meanwhile. */
static void catch_up(model_world *self, model_object *wanted) {
    model_job *theirs = &wanted->job;
    if (theirs->live && theirs->foreign && model_present(self) >= theirs->ends_boot_ms) {
        theirs->live = false;
        if (theirs->end == CVI_WATCH_COMPLETED) {
            wanted->stored_boot_ms = theirs->ends_boot_ms;
            wanted->begun_boot_ms = theirs->ends_boot_ms - 50;
        }
    }
}

static void admit(model_world *self, model_object *wanted, const cvi_claim_spec *spec,
                  cvi_claim *claim) {
    if (spec->job_id == NULL) {
        name_job(self, &wanted->job, false);
    }
    assert_true(self->row_count + 1 < MODEL_ROWS_MAX);
    self->last_row = ++self->row_count;
    self->rows[self->last_row] = MODEL_RECORDED;
    self->row_boot_ms[self->last_row] = model_present(self);
    self->row_connects[self->last_row] = spec->readiness == CVI_CONNECTING;
    claim->verdict = CVI_CLAIM_ADMITTED;
    claim->row_id = self->last_row;
    claim->wait_ms = INTERVAL_MS;
    memcpy(claim->job_id, wanted->job.id, sizeof(claim->job_id));
    claim->is_probe = self->cool_boot_ms > 0;
    self->probe = claim->is_probe ? self->last_row : 0;
}

/* A pause, and then the one who tries whether it is over, hold everybody back. */
static int64_t find_pause(const model_world *self) {
    int64_t left_ms = self->cool_boot_ms - model_present(self);
    return left_ms > 0 ? left_ms : self->probe != 0 ? PROBE_LOOK_MS : 0;
}

static void decide(model_world *self, model_object *wanted, const cvi_claim_spec *spec,
                   cvi_claim *claim) {
    take_back(self, spec->row_id);
    catch_up(self, wanted);
    if (spec->job_id != NULL) {
        if (strcmp(spec->job_id, wanted->job.id) != 0) {
            claim->verdict = CVI_CLAIM_LOST;
            return;
        }
    } else if (spec->reread_cache && is_cached(self, wanted, spec->max_age_ms)) {
        claim->verdict = CVI_CLAIM_HIT;
        fill_cached(self, wanted, &claim->cached);
        return;
    } else {
        if (!wanted->job.live && model_chance(self, 10)) {
            name_job(self, &wanted->job, true);
        }
        if (wanted->job.live) {
            claim->verdict = CVI_CLAIM_WATCH;
            memcpy(claim->job_id, wanted->job.id, sizeof(claim->job_id));
            return;
        }
    }
    claim->wait_ms = find_wait(self, spec->readiness, &claim->reason);
    if (find_pause(self) > claim->wait_ms) {
        claim->wait_ms = find_pause(self);
        claim->reason = CVI_WAIT_COOLDOWN;
    }
    if (claim->wait_ms > 0) {
        claim->verdict = CVI_CLAIM_WAIT;
        return;
    }
    admit(self, wanted, spec, claim);
}

static cvi_store_answer claim_it(cvi_stores *stores, const cvi_claim_spec *spec, cvi_now now,
                                 cvi_claim *claim, cv_error *error) {
    (void)now;
    model_world *self = stores->world;
    cvi_store_answer answer = trouble(self, true, error);
    if (answer == CVI_STORE_DONE) {
        decide(self, find_object(self, spec->hash), spec, claim);
    }
    return answer;
}

static cvi_store_answer watch(cvi_stores *stores, const char *hash, const char *job_id, cvi_now now,
                              cvi_watch *seen, cv_error *error) {
    (void)now;
    model_world *self = stores->world;
    model_object *wanted = find_object(self, hash);
    cvi_store_answer answer = trouble(self, true, error);
    catch_up(self, wanted);
    seen->state = CVI_WATCH_GONE;
    seen->backstop_ms = model_draw(self, 2) == 0 ? UNTOLD_LOOK_MS : TOLD_LOOK_MS;
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

static bool owns(const model_object *wanted, const char *job_id) {
    return wanted->job.live && strcmp(wanted->job.id, job_id) == 0;
}

static cvi_store_answer complete(cvi_stores *stores, const cvi_completion *completion, cvi_now now,
                                 bool *owned, cv_error *error) {
    (void)now;
    model_world *self = stores->world;
    model_object *wanted = find_object(self, completion->hash);
    cvi_store_answer answer = trouble(self, false, error);
    assert_memory_equal(completion->job_id, "own-", 4);
    *owned = owns(wanted, completion->job_id);
    if (answer == CVI_STORE_DONE && *owned) {
        wanted->job.live = false;
        wanted->job.end = CVI_WATCH_COMPLETED;
        wanted->stored_boot_ms = model_present(self);
        wanted->begun_boot_ms = model_begun_boot_ms(completion->body);
    }
    return answer;
}

static cvi_store_answer release(cvi_stores *stores, const char *hash, const char *job_id,
                                int64_t row_id, const cv_error *failure, int64_t age_ms,
                                cvi_now now, cv_error *error) {
    (void)age_ms;
    (void)now;
    model_world *self = stores->world;
    model_object *wanted = find_object(self, hash);
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

static cvi_store_answer renew(cvi_stores *stores, const char *hash, const char *job_id, cvi_now now,
                              bool *owned, cv_error *error) {
    (void)now;
    model_world *self = stores->world;
    model_object *wanted = find_object(self, hash);
    cvi_store_answer answer = trouble(self, true, error);
    if (answer == CVI_STORE_DONE && owns(wanted, job_id) && model_chance(self, 5)) {
        name_job(self, &wanted->job, true); /* somebody took us for dead */
    }
    *owned = owns(wanted, job_id);
    return answer;
}

static cvi_store_answer heed(cvi_stores *stores, const cvi_heed_spec *spec, cvi_now now,
                             int64_t *left_ms, cv_error *error) {
    (void)now;
    model_world *self = stores->world;
    cvi_store_answer answer = trouble(self, false, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    if (spec->probe != 0 &&
        spec->probe == self->probe) { /* a refusal since then has ended others */
        self->probe = 0;
        self->cool_boot_ms = spec->word == CVI_SERVICE_ANSWERS ? 0 : self->cool_boot_ms;
    }
    if (spec->word == CVI_SERVICE_LIMITS || spec->word == CVI_SERVICE_BLOCKS ||
        spec->word == CVI_SERVICE_OVERLOADED) {
        *left_ms = spec->asked_ms > 0 ? spec->asked_ms : COOL_MS;
        self->cool_boot_ms = model_present(self) + *left_ms;
        self->probe = 0;
    }
    return answer;
}

static cvi_store_answer clean(cvi_stores *stores, cvi_now now, bool *more, cv_error *error) {
    (void)now;
    *more = model_chance(stores->world, 10);
    return trouble(stores->world, true, error);
}

static cvi_store_answer make_room(cvi_stores *stores, const cvi_completion *completion, cvi_now now,
                                  cv_error *error) {
    (void)completion;
    (void)now;
    return trouble(stores->world, true, error);
}

const cvi_store_ops model_store_ops = {lookup, claim_it, watch, complete, release,
                                       renew,  heed,     clean, make_room};

/* ---- the network ---- */

static cvi_transfer *send_it(cvi_transport *transport, const cvi_transfer_spec *spec) {
    model_world *self = transport->world;
    assert_int_equal(self->rows[self->last_row], MODEL_RECORDED);
    self->rows[self->last_row] = MODEL_HANDED_OVER;
    for (size_t i = 0; i < MODEL_TRANSFERS_MAX; i++) {
        struct cvi_transfer *transfer = &self->transfers[i];
        if (!transfer->open) {
            *transfer = (struct cvi_transfer){.spec = *spec, .row = self->last_row, .open = true};
            const char *id = strstr(spec->url, "4000-") + 5;
            transfer->object = (size_t)strtoll(id, NULL, 10) - 1;
            transfer->begun_boot_ms = model_present(self);
            transfer->next_boot_ms = model_present(self) + model_draw(self, 120);
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

const cvi_transport_ops model_transport_ops = {send_it, cancel};

static void respond(model_world *self, struct cvi_transfer *transfer, cvi_response *response) {
    transfer->open = false;
    response->sent = transfer->sent;
    cvi_engine_receive(self->engine, transfer->spec.owner, response, self->clock.now);
}

static void let_out(model_world *self, struct cvi_transfer *transfer) {
    cvi_response response = {.kind = CVI_RESPONSE_NETWORK};
    int64_t rows = self->row_count;
    if (model_chance(self, 5)) {
        respond(self, transfer, &response);
        return;
    }
    if (model_present(self) > transfer->spec.send_by_boot_ms &&
        !transfer->spec.readmit(transfer->spec.owner, self->clock.now)) {
        response.kind = CVI_RESPONSE_NOT_ADMITTED;
        respond(self, transfer, &response);
        return;
    }
    if (self->row_count > rows) {
        transfer->row = self->last_row;
        self->rows[transfer->row] = MODEL_HANDED_OVER;
    }
    assert_int_equal(self->rows[transfer->row], MODEL_HANDED_OVER);
    self->rows[transfer->row] = MODEL_SENT;
    transfer->sent = true;
    transfer->next_boot_ms = model_present(self) + 10 + model_draw(self, 5000);
}

static void answer_it(model_world *self, struct cvi_transfer *transfer) {
    static const cvi_response_kind failures[] = {
        CVI_RESPONSE_NETWORK,         CVI_RESPONSE_TIMEOUT,  CVI_RESPONSE_BROKEN,
        CVI_RESPONSE_DEAD_CONNECTION, CVI_RESPONSE_REDIRECT, CVI_RESPONSE_TOO_LARGE};
    static const int statuses[] = {200, 200, 200, 404, 500, 502, 429};
    cvi_response response = {.kind = CVI_RESPONSE_ANSWER};
    const model_object *wanted = &self->objects[transfer->object];
    if (model_chance(self, 25)) {
        response.kind = failures[model_draw(self, 6)];
    }
    if (response.kind == CVI_RESPONSE_REDIRECT) {
        response.redirect_url =
            cvi_copy_text(&self->memory.allocator, wanted->call->url, strlen(wanted->call->url));
    } else if (response.kind == CVI_RESPONSE_ANSWER) {
        response.http_status = statuses[model_draw(self, 7)];
        response.retry_after_ms = model_chance(self, 20) ? model_draw(self, 20000) : 0;
        if (response.http_status == 200) {
            response.body = make_body(self, wanted, transfer->begun_boot_ms, &response.size);
        }
    }
    respond(self, transfer, &response);
}

void model_run_transfers(model_world *self) {
    for (size_t i = 0; i < MODEL_TRANSFERS_MAX; i++) {
        struct cvi_transfer *transfer = &self->transfers[i];
        if (!transfer->open || transfer->next_boot_ms > model_present(self)) {
            continue;
        }
        if (transfer->sent) {
            answer_it(self, transfer);
        } else {
            let_out(self, transfer);
        }
    }
}

int64_t model_next_transfer(const model_world *self) {
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < MODEL_TRANSFERS_MAX; i++) {
        const struct cvi_transfer *transfer = &self->transfers[i];
        if (transfer->open && transfer->next_boot_ms < next) {
            next = transfer->next_boot_ms;
        }
    }
    return next;
}

/* ---- life ---- */

void model_init(model_world *self, uint64_t seed) {
    cv_options options = CV_OPTIONS_INIT;
    cv_error error;
    failing_allocator_init(&self->memory, 0, false);
    fake_clock_init(&self->clock, seed);
    options.api_key = "key";
    options.database = ":memory:";
    options.allocator = &self->memory.allocator;
    assert_true(cvi_settings_init(&self->settings, &options, &error));
    for (size_t i = 0; i < MODEL_OBJECTS; i++) {
        self->objects[i].stored_boot_ms = -1;
        self->objects[i].call =
            cvi_call_detail(&self->settings, CV_ISSUE, (int64_t)i + 1, NULL, &error);
        assert_non_null(self->objects[i].call);
    }
    self->stores.world = self;
    self->transport.world = self;
}

void model_done(model_world *self) {
    for (size_t i = 0; i < MODEL_OBJECTS; i++) {
        assert_false(self->objects[i].job.live && !self->objects[i].job.foreign);
        cvi_call_release(self->objects[i].call);
    }
    for (int64_t row = 1; row <= self->row_count; row++) {
        assert_true(self->rows[row] == MODEL_SENT || self->rows[row] == MODEL_TAKEN_BACK);
    }
    assert_int_equal(self->probe, 0);
    cvi_settings_clear(&self->settings);
    assert_int_equal(atomic_load(&self->memory.live), 0);
}
