/* Owns the scripted stores, the idle transport and the book-keeping of the engine's tests. */
#include "support/fake_engine_world.h"

#include <stdlib.h>
#include <string.h>

#include "support/allocator.h"
#include "support/buffer.h"
#include "support/error.h"

static void copy_into(char *target, size_t size, const char *text) {
    cvi_buffer out;
    cvi_buffer_over(&out, target, size);
    cvi_buffer_add_text(&out, text);
}

/* ---- the stores ---- */

static sim_call *note(cvi_stores *stores, sim_op op, cvi_now now) {
    sim_world *world = stores->world;
    assert_in_range(world->log_length, 0, SIM_LOG_MAX - 1);
    sim_call *call = &world->log[world->log_length++];
    *call = (sim_call){.op = op, .boot_ms = now.boot_ms};
    return call;
}

static sim_call *note_job(cvi_stores *stores, sim_op op, const char *hash, const char *job_id,
                          cvi_now now) {
    sim_call *call = note(stores, op, now);
    copy_into(call->hash, sizeof(call->hash), hash);
    copy_into(call->job_id, sizeof(call->job_id), job_id != NULL ? job_id : "");
    return call;
}

static sim_reply next_reply(sim_world *world, sim_op op) {
    if (world->script_next[op] == world->script_length[op]) {
        return (sim_reply){.answer = CVI_STORE_DONE};
    }
    return world->scripts[op][world->script_next[op]++];
}

static cvi_store_answer answer_with(const sim_reply *reply, cv_error *error) {
    if (reply->answer == CVI_STORE_FAILED) {
        cvi_error_set(error, CV_ERROR_STORE, "the script says so");
    }
    return reply->answer;
}

/* A body for the engine, which frees it. False without memory. */
static bool fill_cached(sim_world *world, const sim_reply *reply, cvi_now now, cvi_cached *cached) {
    if (reply->body == NULL) {
        return true;
    }
    cached->size = strlen(reply->body);
    cached->body = cvi_copy_text(&world->memory.allocator, reply->body, cached->size);
    cached->is_negative = reply->is_negative;
    int64_t age_ms = reply->age_ms != 0 ? reply->age_ms : 1000;
    cached->fetched_at_ms = now.wall_ms - age_ms;
    cached->expires_at_ms = reply->is_stale ? now.wall_ms - 1 : now.wall_ms + 1000;
    return cached->body != NULL;
}

static cvi_store_answer no_memory(cv_error *error) {
    cvi_error_no_memory(error);
    return CVI_STORE_FAILED;
}

static cvi_store_answer fake_lookup(cvi_stores *stores, const char *hash, const cvi_want *want,
                                    cvi_now now, cvi_cached *cached, cv_error *error) {
    sim_call *call = note_job(stores, SIM_LOOKUP, hash, NULL, now);
    call->ttl_ms = want->ttl_ms;
    call->max_age_ms = want->max_age_ms;
    call->stale_too = want->stale_too;
    sim_reply reply = next_reply(stores->world, SIM_LOOKUP);
    if (reply.answer == CVI_STORE_DONE && !fill_cached(stores->world, &reply, now, cached)) {
        return no_memory(error);
    }
    return answer_with(&reply, error);
}

/* An admission is taken back once, and not if its request has left. */
static void take_back(sim_world *world, int64_t row_id) {
    if (row_id == 0) {
        return;
    }
    assert_in_range(row_id, 1, SIM_ROWS_MAX - 1);
    assert_false(world->taken_back[row_id]);
    world->taken_back[row_id] = true;
    for (size_t i = 0; i < world->transfer_count; i++) {
        assert_false(world->transfers[i].row_id == row_id && world->transfers[i].sent);
    }
}

static void admit(sim_world *world, const cvi_claim_spec *spec, cvi_claim *claim) {
    cvi_buffer job;
    cvi_buffer_over(&job, claim->job_id, sizeof(claim->job_id));
    if (spec->job_id != NULL) {
        cvi_buffer_add_text(&job, spec->job_id);
    } else {
        cvi_buffer_add_format(&job, "job-%d", ++world->jobs);
    }
    claim->row_id = ++world->rows;
}

/* False without memory. */
static bool fill_recalled(sim_world *world, const sim_reply *reply, cvi_recalled *recalled) {
    if (reply->recalled == NULL) {
        return true;
    }
    recalled->size = strlen(reply->recalled);
    recalled->body = cvi_copy_text(&world->memory.allocator, reply->recalled, recalled->size);
    recalled->keeping = reply->keeping;
    cvi_validators_take_etag(&recalled->validators, SIM_ETAG);
    return recalled->body != NULL;
}

static cvi_store_answer fake_claim(cvi_stores *stores, const cvi_claim_spec *spec, cvi_now now,
                                   cvi_claim *claim, cv_error *error) {
    sim_world *world = stores->world;
    sim_call *call = note_job(stores, SIM_CLAIM, spec->hash, spec->job_id, now);
    copy_into(call->resource, sizeof(call->resource), spec->resource);
    call->row_id = spec->row_id;
    call->priority = spec->priority;
    call->reread_cache = spec->reread_cache;
    call->readiness = spec->readiness;
    call->users_wait = spec->users_wait;
    call->recalls = spec->recalls;
    call->ttl_ms = spec->ttl_ms;
    call->max_age_ms = spec->max_age_ms;
    sim_reply reply = next_reply(world, SIM_CLAIM);
    if (reply.answer != CVI_STORE_DONE) {
        return answer_with(&reply, error);
    }
    take_back(world, spec->row_id);
    claim->verdict = reply.verdict;
    claim->wait_ms = reply.wait_ms;
    claim->reason = reply.reason;
    if (reply.reason_text != NULL) {
        copy_into(claim->reason_text, sizeof(claim->reason_text), reply.reason_text);
    }
    if (reply.verdict == CVI_CLAIM_ADMITTED) {
        admit(world, spec, claim);
        claim->is_probe = reply.is_probe;
        claim->has_failed = reply.has_failed;
        if (spec->recalls && !fill_recalled(world, &reply, &claim->recalled)) {
            return no_memory(error);
        }
    } else if (reply.verdict == CVI_CLAIM_WATCH) {
        copy_into(claim->job_id, sizeof(claim->job_id), "job-of-others");
    } else if (reply.verdict == CVI_CLAIM_HIT && !fill_cached(world, &reply, now, &claim->cached)) {
        return no_memory(error);
    }
    return CVI_STORE_DONE;
}

static cvi_store_answer fake_watch(cvi_stores *stores, const char *hash, const char *job_id,
                                   cvi_now now, cvi_watch *watch, cv_error *error) {
    note_job(stores, SIM_WATCH, hash, job_id, now);
    sim_reply reply = next_reply(stores->world, SIM_WATCH);
    watch->state = reply.state;
    watch->backstop_ms = reply.backstop_ms != 0 ? reply.backstop_ms : SIM_BACKSTOP_MS;
    if (reply.state == CVI_WATCH_FAILED) {
        cvi_error_set(&watch->failure, reply.failure, "the owner's error");
        watch->failed_at_ms = now.wall_ms - reply.age_ms;
    }
    if (reply.answer == CVI_STORE_DONE &&
        !fill_cached(stores->world, &reply, now, &watch->cached)) {
        return no_memory(error);
    }
    return answer_with(&reply, error);
}

static cvi_store_answer fake_complete(cvi_stores *stores, const cvi_completion *completion,
                                      cvi_now now, bool *owned, cv_error *error) {
    sim_call *call = note_job(stores, SIM_COMPLETE, completion->hash, completion->job_id, now);
    call->size = completion->size;
    call->age_ms = completion->age_ms;
    call->keeping = completion->keeping;
    call->validators = *completion->validators;
    call->failure = completion->failure != NULL ? completion->failure->code : CV_OK;
    call->ttl_ms = completion->keeping.ttl_ms;
    sim_reply reply = next_reply(stores->world, SIM_COMPLETE);
    *owned = !reply.lost;
    return answer_with(&reply, error);
}

static cvi_store_answer fake_release(cvi_stores *stores, const char *hash, const char *job_id,
                                     int64_t row_id, const cv_error *failure, int64_t age_ms,
                                     cvi_now now, cv_error *error) {
    sim_call *call = note_job(stores, SIM_RELEASE, hash, job_id, now);
    call->row_id = row_id;
    call->age_ms = age_ms;
    call->failure = failure != NULL ? failure->code : CV_OK;
    sim_reply reply = next_reply(stores->world, SIM_RELEASE);
    if (reply.answer == CVI_STORE_DONE) {
        take_back(stores->world, row_id);
    }
    return answer_with(&reply, error);
}

static cvi_store_answer fake_renew(cvi_stores *stores, const char *hash, const char *job_id,
                                   cvi_now now, bool *owned, cv_error *error) {
    note_job(stores, SIM_RENEW, hash, job_id, now);
    sim_reply reply = next_reply(stores->world, SIM_RENEW);
    *owned = !reply.lost;
    return answer_with(&reply, error);
}

static cvi_store_answer fake_heed(cvi_stores *stores, const cvi_heed_spec *spec, cvi_now now,
                                  int64_t *left_ms, cv_error *error) {
    sim_call *call = note(stores, SIM_HEED, now);
    copy_into(call->resource, sizeof(call->resource), spec->resource);
    call->row_id = spec->probe;
    call->word = spec->word;
    call->asked_ms = spec->asked_ms;
    sim_reply reply = next_reply(stores->world, SIM_HEED);
    *left_ms = reply.left_ms;
    return answer_with(&reply, error);
}

static cvi_store_answer fake_clean(cvi_stores *stores, cvi_now now, bool *more, cv_error *error) {
    note(stores, SIM_CLEAN, now);
    sim_reply reply = next_reply(stores->world, SIM_CLEAN);
    *more = reply.more;
    return answer_with(&reply, error);
}

static cvi_store_answer fake_make_room(cvi_stores *stores, const cvi_completion *completion,
                                       cvi_now now, cv_error *error) {
    note(stores, SIM_MAKE_ROOM, now)->size = completion->size;
    sim_reply reply = next_reply(stores->world, SIM_MAKE_ROOM);
    return answer_with(&reply, error);
}

static const cvi_store_ops fake_store_ops = {fake_lookup,   fake_claim,   fake_watch,
                                             fake_complete, fake_release, fake_renew,
                                             fake_heed,     fake_clean,   fake_make_room};

/* ---- the transport ---- */

static cvi_transfer *fake_send(cvi_transport *transport, const cvi_transfer_spec *spec) {
    sim_world *world = transport->world;
    assert_in_range(world->transfer_count, 0, SIM_TRANSFERS_MAX - 1);
    assert_true(world->used_rows < world->rows);
    if (world->transport_without_memory) {
        return NULL;
    }
    struct cvi_transfer *transfer = &world->transfers[world->transfer_count++];
    *transfer = (struct cvi_transfer){.spec = *spec, .row_id = world->rows, .open = true};
    copy_into(transfer->url, sizeof(transfer->url), spec->url);
    if (spec->validators != NULL) {
        copy_into(transfer->etag, sizeof(transfer->etag), spec->validators->etag);
    }
    world->used_rows = world->rows;
    return transfer;
}

static bool fake_cancel(cvi_transport *transport, cvi_transfer *transfer) {
    (void)transport;
    assert_true(transfer->open);
    if (transfer->sent) {
        return false;
    }
    transfer->open = false;
    transfer->cancelled = true;
    return true;
}

static const cvi_transport_ops fake_transport_ops = {fake_send, fake_cancel};

bool sim_let_out(sim_world *world, size_t index) {
    assert_in_range(index, 0, world->transfer_count - 1);
    struct cvi_transfer *transfer = &world->transfers[index];
    assert_true(transfer->open && !transfer->sent);
    cvi_now now = world->clock.now;
    if (now.boot_ms > transfer->spec.send_by_boot_ms) {
        if (!transfer->spec.readmit(transfer->spec.owner, now)) {
            return false;
        }
        if (world->rows != world->used_rows) {
            transfer->row_id = world->rows;
            world->used_rows = world->rows;
        }
    }
    transfer->sent = true;
    transfer->spec.leaves(transfer->spec.owner, now);
    return true;
}

int64_t sim_respond(sim_world *world, size_t index, const cvi_response *response,
                    const char *body) {
    struct cvi_transfer *transfer = &world->transfers[index];
    cvi_response own = *response;
    assert_true(transfer->open);
    transfer->open = false;
    own.sent = transfer->sent;
    if (own.kind == CVI_RESPONSE_ANSWER && body != NULL) {
        own.size = strlen(body);
        own.body = cvi_copy_text(&world->memory.allocator, body, own.size);
        own.kind = own.body != NULL ? CVI_RESPONSE_ANSWER : CVI_RESPONSE_NO_MEMORY;
    }
    cvi_engine_receive(world->engine, transfer->spec.owner, &own, world->clock.now);
    return sim_step(world);
}

int64_t sim_answer(sim_world *world, size_t index, const char *body) {
    const cvi_response response = {.kind = CVI_RESPONSE_ANSWER, .http_status = 200};
    assert_true(world->transfers[index].sent || sim_let_out(world, index));
    return sim_respond(world, index, &response, body);
}

int64_t sim_break(sim_world *world, size_t index, cvi_response_kind kind) {
    const cvi_response response = {.kind = kind};
    assert_true(world->transfers[index].sent || sim_let_out(world, index));
    return sim_respond(world, index, &response, NULL);
}

int64_t sim_break_unsent(sim_world *world, size_t index, cvi_response_kind kind) {
    const cvi_response response = {.kind = kind};
    assert_false(world->transfers[index].sent);
    return sim_respond(world, index, &response, NULL);
}

int64_t sim_redirect(sim_world *world, size_t index, const char *url) {
    cvi_response response = {.kind = CVI_RESPONSE_REDIRECT, .http_status = 301};
    response.redirect_url = cvi_copy_text(&world->memory.allocator, url, strlen(url));
    if (response.redirect_url == NULL) {
        response.kind = CVI_RESPONSE_NO_MEMORY;
    }
    assert_true(world->transfers[index].sent || sim_let_out(world, index));
    return sim_respond(world, index, &response, NULL);
}

int64_t sim_answer_status(sim_world *world, size_t index, int http_status, int64_t retry_after_ms) {
    const cvi_response response = {
        .kind = CVI_RESPONSE_ANSWER, .http_status = http_status, .retry_after_ms = retry_after_ms};
    assert_true(world->transfers[index].sent || sim_let_out(world, index));
    return sim_respond(world, index, &response, "...");
}

/* ---- callers ---- */

static void take_delivery(void *user, cvi_passenger *passenger, const cvi_outcome *outcome) {
    sim_world *world = user;
    sim_caller *caller = (sim_caller *)passenger;
    assert_int_equal(caller->deliveries, 0);
    assert_null(passenger->flight);
    caller->deliveries++;
    caller->order = ++world->deliveries;
    caller->boot_ms = world->clock.now.boot_ms;
    caller->provenance = outcome->provenance;
    caller->revalidates = outcome->revalidates;
    if (outcome->result != NULL) {
        caller->id = cvi_result_id(outcome->result, 0);
        assert_int_equal(outcome->error.code, CV_OK);
    } else {
        caller->error = outcome->error;
        assert_int_not_equal(outcome->error.code, CV_OK);
    }
    if (world->options.tell != NULL) {
        diary_add(&world->told, "%d given %s", (int)(caller - world->callers),
                  cv_code_name(outcome->error.code));
    }
}

static void take_event(void *user, cvi_passenger *passenger, const cv_event *event) {
    sim_world *world = user;
    char who[16];
    cvi_buffer name;
    cvi_buffer_over(&name, who, sizeof(who));
    cvi_buffer_add_int(&name, (sim_caller *)passenger - world->callers);
    assert_int_equal(((sim_caller *)passenger)->deliveries, 0);
    diary_note(&world->told, who, event);
    world->last_event = *event;
}

static cvi_call *make_call(sim_world *world, const sim_wish *wish) {
    cv_error error;
    if (wish->is_list) {
        cv_query query = CV_QUERY_INIT;
        query.offset = wish->id;
        return cvi_call_list(&world->settings, CV_ISSUE, &query, &error);
    }
    const cv_request_options options = {.fields = wish->fields};
    return cvi_call_detail(&world->settings, CV_ISSUE, wish->id, &options, &error);
}

sim_caller *sim_board(sim_world *world, const sim_wish *wish) {
    assert_in_range(world->caller_count, 0, SIM_CALLERS_MAX - 1);
    sim_caller *caller = &world->callers[world->caller_count];
    cvi_call *call = make_call(world, wish);
    if (call == NULL) {
        return NULL;
    }
    world->caller_count++;
    *caller = (sim_caller){0};
    caller->passenger.priority = wish->priority;
    caller->passenger.mode = wish->mode;
    caller->passenger.looked = wish->looked;
    caller->passenger.stale = wish->stale;
    caller->passenger.max_age_ms = wish->max_age_ms;
    caller->passenger.max_wait_ms = wish->max_wait_ms != 0 ? wish->max_wait_ms : CV_WAIT_FOREVER;
    caller->passenger.deadline_boot_ms =
        wish->deadline_boot_ms != 0 ? wish->deadline_boot_ms : INT64_MAX;
    cvi_engine_board(world->engine, &caller->passenger, call, world->clock.now);
    cvi_call_release(call);
    return caller;
}

void sim_leave(sim_world *world, sim_caller *caller) {
    cvi_engine_leave(world->engine, &caller->passenger);
    assert_null(caller->passenger.flight);
}

/* ---- time and scripts ---- */

int64_t sim_step(sim_world *world) {
    cvi_slice whole = cvi_slice_start(-1);
    int64_t due = cvi_engine_step(world->engine, world->clock.now, &whole);
    if (due == INT64_MAX) {
        return INT64_MAX;
    }
    return due > world->clock.now.boot_ms ? due - world->clock.now.boot_ms : 0;
}

int64_t sim_advance(sim_world *world, int64_t duration_ms) {
    fake_clock_advance(&world->clock, duration_ms);
    return sim_step(world);
}

void sim_script(sim_world *world, sim_op op, const sim_reply *reply) {
    assert_in_range(world->script_length[op], 0, SIM_SCRIPT_MAX - 1);
    world->scripts[op][world->script_length[op]++] = *reply;
}

void sim_busy(sim_world *world, sim_op op, int times) {
    for (int i = 0; i < times; i++) {
        sim_script(world, op, &(sim_reply){.answer = CVI_STORE_BUSY});
    }
}

void sim_fail(sim_world *world, sim_op op) {
    sim_script(world, op, &(sim_reply){.answer = CVI_STORE_FAILED});
}

/* ---- looking ---- */

size_t sim_count(const sim_world *world, sim_op op) {
    size_t count = 0;
    for (size_t i = 0; i < world->log_length; i++) {
        count += world->log[i].op == op ? 1 : 0;
    }
    return count;
}

const sim_call *sim_call_at(const sim_world *world, sim_op op, size_t index) {
    for (size_t i = 0; i < world->log_length; i++) {
        if (world->log[i].op == op && index-- == 0) {
            return &world->log[i];
        }
    }
    fail_msg("there was no such call");
    return NULL;
}

const sim_call *sim_last(const sim_world *world, sim_op op) {
    size_t count = sim_count(world, op);
    assert_true(count > 0);
    return sim_call_at(world, op, count - 1);
}

void sim_check_source(const sim_caller *caller, int64_t id, cv_source source) {
    assert_string_equal(caller->error.message, "");
    assert_int_equal(caller->deliveries, 1);
    assert_int_equal(caller->id, id);
    assert_int_equal(caller->provenance.source, source);
}

void sim_check_error(const sim_caller *caller, cv_code code) {
    assert_int_equal(caller->deliveries, 1);
    assert_string_equal(cv_code_name(caller->error.code), cv_code_name(code));
    assert_int_equal(caller->id, 0);
}

void sim_check_waiting(const sim_caller *caller) {
    assert_int_equal(caller->deliveries, 0);
    assert_non_null(caller->passenger.flight);
}

/* ---- the world ---- */

static void open_engine(sim_world *world) {
    world->engine = cvi_engine_open(&world->options, world->clock.now);
    assert_non_null(world->engine);
}

static void init_settings(sim_world *world) {
    cv_options options = CV_OPTIONS_INIT;
    cv_error error;
    options.api_key = "key";
    options.database = ":memory:";
    options.allocator = &world->memory.allocator;
    assert_true(cvi_settings_init(&world->settings, &options, &error));
}

sim_world *sim_new(size_t failing_call, bool keeps_failing) {
    sim_world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    failing_allocator_init(&world->memory, 0, keeps_failing);
    fake_clock_init(&world->clock, 1);
    init_settings(world);
    diary_init(&world->told);
    world->stores.world = world;
    world->transport.world = world;
    world->options = (cvi_engine_options){
        .allocator = world->memory.allocator,
        .random = world->clock.random,
        .store_ops = &fake_store_ops,
        .stores = &world->stores,
        .transport_ops = &fake_transport_ops,
        .transport = &world->transport,
        .deliver = take_delivery,
        .user = world,
        .lease_ms = SIM_LEASE_MS,
        .fresh_ms = SIM_FRESH_MS,
        .max_retries = 2,
        .clean_interval_ms = CV_NONE,
        .negative_ttl_ms = SIM_NEGATIVE_TTL_MS,
    };
    open_engine(world);
    if (failing_call > 0) {
        world->memory.failing_call = atomic_load(&world->memory.calls) + failing_call;
    }
    return world;
}

void sim_reopen(sim_world *world) {
    cvi_engine_close(world->engine);
    open_engine(world);
}

void sim_listen(sim_world *world) {
    world->options.tell = take_event;
    sim_reopen(world);
}

void sim_free(sim_world *world) {
    for (size_t i = 0; i < world->caller_count; i++) {
        sim_leave(world, &world->callers[i]);
    }
    cvi_engine_close(world->engine);
    cvi_settings_clear(&world->settings);
    assert_int_equal(atomic_load(&world->memory.live), 0);
    diary_end(&world->told);
    free(world);
}

int sim_setup(void **state) {
    *state = sim_new(0, false);
    return 0;
}

int sim_teardown(void **state) {
    sim_free(*state);
    return 0;
}
