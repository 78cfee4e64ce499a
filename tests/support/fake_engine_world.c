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
        return (sim_reply){CVI_STORE_DONE};
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
static bool fill_cached(sim_world *world, const char *body, cvi_now now, cvi_cached *cached) {
    if (body == NULL) {
        return true;
    }
    cached->size = strlen(body);
    cached->body = cvi_copy_text(&world->memory.allocator, body, cached->size);
    cached->fetched_at_ms = now.wall_ms - 1000;
    cached->expires_at_ms = now.wall_ms + 1000;
    return cached->body != NULL;
}

static cvi_store_answer no_memory(cv_error *error) {
    cvi_error_no_memory(error);
    return CVI_STORE_FAILED;
}

static cvi_store_answer fake_lookup(cvi_stores *stores, const char *hash, int64_t ttl_ms,
                                    cvi_now now, cvi_cached *cached, cv_error *error) {
    note_job(stores, SIM_LOOKUP, hash, NULL, now)->ttl_ms = ttl_ms;
    sim_reply reply = next_reply(stores->world, SIM_LOOKUP);
    if (reply.answer == CVI_STORE_DONE && !fill_cached(stores->world, reply.body, now, cached)) {
        return no_memory(error);
    }
    return answer_with(&reply, error);
}

/* An admission whose request has left stays. */
static void check_unsent(const sim_world *world, int64_t row_id) {
    for (size_t i = 0; i < world->transfer_count; i++) {
        assert_false(row_id != 0 && world->transfers[i].row_id == row_id &&
                     world->transfers[i].sent);
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

static cvi_store_answer fake_claim(cvi_stores *stores, const cvi_claim_spec *spec, cvi_now now,
                                   cvi_claim *claim, cv_error *error) {
    sim_world *world = stores->world;
    sim_call *call = note_job(stores, SIM_CLAIM, spec->hash, spec->job_id, now);
    copy_into(call->resource, sizeof(call->resource), spec->resource);
    call->row_id = spec->row_id;
    call->priority = spec->priority;
    call->reread_cache = spec->reread_cache;
    call->ttl_ms = spec->ttl_ms;
    check_unsent(world, spec->row_id);
    sim_reply reply = next_reply(world, SIM_CLAIM);
    if (reply.answer != CVI_STORE_DONE) {
        return answer_with(&reply, error);
    }
    claim->verdict = reply.verdict;
    claim->wait_ms = reply.wait_ms;
    claim->reason = reply.reason;
    if (reply.verdict == CVI_CLAIM_ADMITTED) {
        admit(world, spec, claim);
    } else if (reply.verdict == CVI_CLAIM_WATCH) {
        copy_into(claim->job_id, sizeof(claim->job_id), "job-of-others");
    } else if (reply.verdict == CVI_CLAIM_HIT &&
               !fill_cached(world, reply.body, now, &claim->cached)) {
        return no_memory(error);
    }
    return CVI_STORE_DONE;
}

static cvi_store_answer fake_watch(cvi_stores *stores, const char *hash, const char *job_id,
                                   cvi_now now, cvi_watch *watch, cv_error *error) {
    note_job(stores, SIM_WATCH, hash, job_id, now);
    sim_reply reply = next_reply(stores->world, SIM_WATCH);
    watch->state = reply.state;
    if (reply.state == CVI_WATCH_FAILED) {
        cvi_error_set(&watch->failure, reply.failure, "the owner's error");
    }
    if (reply.answer == CVI_STORE_DONE &&
        !fill_cached(stores->world, reply.body, now, &watch->cached)) {
        return no_memory(error);
    }
    return answer_with(&reply, error);
}

static cvi_store_answer fake_complete(cvi_stores *stores, const cvi_completion *completion,
                                      cvi_now now, bool *owned, cv_error *error) {
    sim_call *call =
        note_job(stores, SIM_COMPLETE, completion->hash, completion->job_id, now);
    call->size = completion->size;
    call->ttl_ms = completion->ttl_ms;
    sim_reply reply = next_reply(stores->world, SIM_COMPLETE);
    *owned = !reply.lost;
    return answer_with(&reply, error);
}

static cvi_store_answer fake_release(cvi_stores *stores, const char *hash, const char *job_id,
                                     int64_t row_id, const cv_error *failure, cvi_now now,
                                     cv_error *error) {
    sim_call *call = note_job(stores, SIM_RELEASE, hash, job_id, now);
    call->row_id = row_id;
    call->failure = failure != NULL ? failure->code : CV_OK;
    check_unsent(stores->world, row_id);
    sim_reply reply = next_reply(stores->world, SIM_RELEASE);
    return answer_with(&reply, error);
}

static cvi_store_answer fake_renew(cvi_stores *stores, const char *hash, const char *job_id,
                                   cvi_now now, bool *owned, cv_error *error) {
    note_job(stores, SIM_RENEW, hash, job_id, now);
    sim_reply reply = next_reply(stores->world, SIM_RENEW);
    *owned = !reply.lost;
    return answer_with(&reply, error);
}

static cvi_store_answer fake_clean(cvi_stores *stores, cvi_now now, bool *more, cv_error *error) {
    note(stores, SIM_CLEAN, now);
    sim_reply reply = next_reply(stores->world, SIM_CLEAN);
    *more = reply.more;
    return answer_with(&reply, error);
}

static const cvi_store_ops fake_store_ops = {fake_lookup,  fake_claim, fake_watch, fake_complete,
                                             fake_release, fake_renew, fake_clean};

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
        transfer->row_id = world->rows;
        world->used_rows = world->rows;
    }
    transfer->sent = true;
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
        own.body = cvi_copy_text(&cvi_default_allocator, body, own.size);
        world->memory.allocator.release(
            world->memory.allocator.allocate(1, world->memory.allocator.user),
            world->memory.allocator.user);
    }
    cvi_engine_receive(world->engine, transfer->spec.owner, &own, world->clock.now);
    return sim_step(world);
}
