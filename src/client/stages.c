/* Owns what happens in each stage of a flight. A stage function either moves the flight and answers
 * true, or sets when to look again and answers false. It never waits: what is locked is tried again
 * 1 to 2 ms later. Used by the engine alone. */
#include "client/engine_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "client/hearing.h"
#include "client/heed.h"
#include "client/lateness.h"
#include "client/quota.h"
#include "client/renewal.h"
#include "client/retry.h"
#include "client/serving.h"
#include "client/stale.h"
#include "client/telling.h"
#include "client/unread.h"
#include "support/allocator.h"
#include "support/error.h"

#define STORE_AGAIN_MS INT64_C(50)    /* after a failure that may pass */
#define LONG_PIECES    4              /* storing so many takes as long as a short turn */
#define KEPT_ALIVE_MS  INT64_C(15000) /* mostly, servers keep an idle connection so long */

#define TO(stage) (1u << CVI_STAGE_##stage)

/* The moves that a flight may make. */
static const unsigned allowed_moves[CVI_STAGE_COUNT] = {
    [CVI_STAGE_LOOKUP] = TO(CLAIM) | TO(DECODE) | TO(STORE) | TO(DONE),
    [CVI_STAGE_CLAIM] = TO(LOOKUP) | TO(WATCH) | TO(SEND) | TO(DECODE) | TO(STORE) | TO(DONE),
    [CVI_STAGE_WATCH] = TO(LOOKUP) | TO(CLAIM) | TO(DECODE) | TO(STORE) | TO(DONE),
    [CVI_STAGE_SEND] = TO(RECEIVE) | TO(STORE),
    [CVI_STAGE_RECEIVE] = TO(CLAIM) | TO(STORE) | TO(BACKOFF) | TO(DECODE) | TO(DONE),
    [CVI_STAGE_STORE] = TO(LOOKUP) | TO(DONE),
    [CVI_STAGE_BACKOFF] = TO(CLAIM) | TO(STORE) | TO(DONE),
    [CVI_STAGE_DECODE] = TO(LOOKUP) | TO(CLAIM) | TO(STORE) | TO(BACKOFF) | TO(DONE),
    [CVI_STAGE_DONE] = 0,
};

void cvi_flight_move(cvi_flight *flight, cvi_stage stage) {
    bool allowed = (allowed_moves[flight->stage] & (1u << stage)) != 0;
    assert(allowed);
    (void)allowed;
    flight->stage = stage;
    flight->due_boot_ms = 0;
    flight->hindrance = CVI_HINDRANCE_NONE;
}

void cvi_flight_pass(cvi_flight *flight) {
    bool holds = flight->job_id[0] != '\0' || flight->row_id != 0 || flight->must_heed;
    flight->ending = CVI_ENDING_PASS;
    cvi_flight_move(flight, holds ? CVI_STAGE_STORE : CVI_STAGE_DONE);
}

void cvi_flight_fail(cvi_flight *flight, const cv_error *error) {
    flight->failure = *error;
    flight->ending = CVI_ENDING_FAIL;
    cvi_flight_move(flight, CVI_STAGE_STORE);
}

static bool pause_until(cvi_flight *flight, int64_t boot_ms) {
    flight->due_boot_ms = boot_ms;
    return false;
}

static void note_lock(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    if (flight->hindrance != CVI_HINDRANCE_LOCK) {
        flight->locked_boot_ms = now.boot_ms;
    }
    flight->hindrance = CVI_HINDRANCE_LOCK;
    cvi_tell_lock(engine, flight, now);
}

static bool pause_for_lock(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    note_lock(engine, flight, now);
    return pause_until(flight, now.boot_ms + cvi_busy_delay_ms(&engine->options.random));
}

/* ---- looking up ---- */

/* With the failure of the look, if that is not CV_OK. False: somebody could not be told yet. */
static bool turn_away_cache_only(cvi_engine *engine, cvi_flight *flight, const cv_error *failure,
                                 cvi_now now) {
    cvi_passenger *next = NULL;
    bool all_told = true;
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL; passenger = next) {
        next = passenger->next;
        if (passenger->mode == CV_MODE_CACHE_ONLY) {
            cv_error error = *failure;
            if (error.code == CV_OK) {
                cvi_error_not_cached(&error, flight->call->label);
            }
            all_told = cvi_stale_or_error(engine, passenger, &error, now) && all_told;
        }
    }
    return all_told;
}

static bool run_lookup(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cv_error failure = {.code = CV_OK};
    if (!flight->refresh && !flight->distrust_cache) {
        cvi_look look = cvi_serve_from_cache(engine, flight, now, &failure);
        if (look != CVI_LOOK_MISSED) {
            return look == CVI_LOOK_SERVED || pause_for_lock(engine, flight, now);
        }
    }
    cvi_stale_give_old(engine, flight, now);
    if (!turn_away_cache_only(engine, flight, &failure, now)) {
        return pause_for_lock(engine, flight, now);
    }
    if (flight->was_refused && cvi_quota_holds_back(engine, flight, now)) {
        return false;
    }
    cvi_flight_move(flight, flight->passengers != NULL ? CVI_STAGE_CLAIM : CVI_STAGE_DONE);
    return true;
}

/* ---- claiming ---- */

static void take_admission(cvi_engine *engine, cvi_flight *flight, const cvi_claim *claim,
                           cvi_now now) {
    memcpy(flight->job_id, claim->job_id, sizeof(flight->job_id));
    flight->lost_job = false;
    flight->row_id = claim->row_id;
    flight->admitted_boot_ms = now.boot_ms;
    flight->renew_boot_ms = now.boot_ms + engine->options.lease_ms / 3;
    flight->probe = claim->is_probe ? claim->row_id : 0;
    flight->follows_failure = claim->has_failed;
    cvi_quota_admitted(engine, flight, claim, now);
}

static bool take_claim(cvi_engine *engine, cvi_flight *flight, cvi_claim *claim, cvi_now now) {
    flight->row_id = 0; /* an unsent admission of before has been taken back */
    switch (claim->verdict) {
    case CVI_CLAIM_ADMITTED:
        take_admission(engine, flight, claim, now);
        cvi_renewal_recall(flight, &claim->recalled);
        cvi_flight_move(flight, CVI_STAGE_SEND);
        return true;
    case CVI_CLAIM_HIT:
        cvi_serve(engine, flight, &claim->cached, CV_SOURCE_CACHE, now);
        return true;
    case CVI_CLAIM_WATCH:
        memcpy(flight->watched_id, claim->job_id, sizeof(flight->watched_id));
        cvi_flight_move(flight, CVI_STAGE_WATCH);
        cvi_tell_watch(engine, flight);
        return true;
    case CVI_CLAIM_WAIT:
        return cvi_quota_refused(engine, flight, claim, now);
    case CVI_CLAIM_LOST:
        flight->job_id[0] = '\0';
        cvi_flight_move(flight, CVI_STAGE_LOOKUP);
        return true;
    }
    return false;
}

/* Whether others than the flight wait for their turn, and are users. */
static bool users_wait(const cvi_engine *engine, const cvi_flight *flight) {
    for (const cvi_flight *other = engine->flights;
         other != NULL && other->priority == CV_PRIORITY_USER; other = other->next) {
        if (other != flight && other->hindrance == CVI_HINDRANCE_INTERVAL) {
            return true;
        }
    }
    return false;
}

static cvi_store_answer claim_for(cvi_engine *engine, const cvi_flight *flight,
                                  cvi_readiness readiness, cvi_now now, cvi_claim *claim,
                                  cv_error *error) {
    bool trusts_cache = !flight->refresh && !flight->distrust_cache;
    bool is_under_way = flight->recalled.body != NULL || readiness == CVI_READY_NOW;
    cvi_claim_spec spec = {
        .hash = flight->call->hash,
        .resource = flight->call->segment,
        .is_list = flight->call->is_list,
        .priority = flight->priority,
        .reread_cache = trusts_cache,
        .recalls = trusts_cache && !is_under_way,
        .ttl_ms = flight->call->ttl_ms,
        .max_age_ms = cvi_flight_max_age_ms(flight),
        .job_id = flight->job_id[0] != '\0' ? flight->job_id : NULL,
        .row_id = flight->row_id,
        .readiness = readiness,
        .users_wait = users_wait(engine, flight),
        .told_ms = engine->options.told_ms,
    };
    bool is_refused = false;
    memset(claim, 0, sizeof(*claim));
    cvi_store_answer answer = cvi_engine_check_unheeded(engine, flight, now, claim, &is_refused);
    if (answer != CVI_STORE_DONE || is_refused) {
        return answer;
    }
    return engine->options.store_ops->claim(engine->options.stores, &spec, now, claim, error);
}

/* Whether a connection is probably there to be used. A wrong guess costs time, not exactness: the
 * admission is looked at once more before it is used. */
static bool has_connection(const cvi_engine *engine, const cvi_flight *flight, cvi_now now) {
    return !flight->fresh_connection && engine->under_way == 0 && engine->answered_boot_ms > 0 &&
           now.boot_ms - engine->answered_boot_ms < KEPT_ALIVE_MS;
}

static void set_offline(const cvi_flight *flight, cv_error *error) {
    cvi_error_set(error, CV_ERROR_NETWORK, "%s: not cached, and %s", flight->call->label,
                  CVI_NO_TRANSPORT);
    error->retryable = false;
}

static bool run_claim(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    if (flight->passengers == NULL) {
        cvi_flight_pass(flight);
        return true;
    }
    cvi_claim claim;
    cv_error error;
    if (engine->options.is_offline) {
        set_offline(flight, &error);
        cvi_flight_fail(flight, &error);
        return true;
    }
    flight->connects =
        engine->options.waits_for_connections && !has_connection(engine, flight, now);
    cvi_readiness readiness = flight->connects ? CVI_CONNECTING : CVI_READY_SOON;
    switch (claim_for(engine, flight, readiness, now, &claim, &error)) {
    case CVI_STORE_DONE:
        return take_claim(engine, flight, &claim, now);
    case CVI_STORE_BUSY:
        return pause_for_lock(engine, flight, now);
    case CVI_STORE_FAILED: /* nothing is ever sent unadmitted */
        cvi_tell_failure(engine, CVI_DUTY_CLAIM, flight->call->label, &error, now);
        cvi_flight_fail(flight, &error);
        return true;
    }
    return false;
}

/* ---- watching ---- */

/* That request had begun before the call that wants a new one: the next is its own. A failure to
 * answer is shared all the same. */
static bool is_too_early(const cvi_flight *flight, const cvi_watch *watch) {
    bool is_denied = watch->state == CVI_WATCH_FAILED && watch->failure.code == CV_ERROR_NOT_FOUND;
    return flight->refresh && (is_denied || watch->state == CVI_WATCH_COMPLETED);
}

static bool take_watch(cvi_engine *engine, cvi_flight *flight, cvi_watch *watch, cvi_now now) {
    cvi_hear_shared(engine, flight, watch, now);
    cvi_late_take_watch(engine, flight, watch, now);
    if (is_too_early(flight, watch)) {
        cvi_release(&flight->call->allocator, watch->cached.body);
        cvi_flight_move(flight, CVI_STAGE_CLAIM);
        return true;
    }
    switch (watch->state) {
    case CVI_WATCH_PENDING:
        return pause_until(flight, now.boot_ms + watch->backstop_ms);
    case CVI_WATCH_COMPLETED:
        cvi_serve(engine, flight, &watch->cached, CV_SOURCE_SHARED, now);
        return true;
    case CVI_WATCH_FAILED:
        cvi_flight_fail(flight, &watch->failure);
        return true;
    case CVI_WATCH_GONE:
        cvi_flight_move(flight, CVI_STAGE_LOOKUP);
        return true;
    }
    return false;
}

static bool run_watch(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cvi_watch watch;
    cv_error error;
    memset(&watch, 0, sizeof(watch));
    switch (engine->options.store_ops->watch(engine->options.stores, flight->call->hash,
                                             flight->watched_id, now, &watch, &error)) {
    case CVI_STORE_DONE:
        return take_watch(engine, flight, &watch, now);
    case CVI_STORE_BUSY:
        return pause_for_lock(engine, flight, now);
    case CVI_STORE_FAILED:
        cvi_flight_fail(flight, &error);
        return true;
    }
    return false;
}

/* ---- sending and receiving ---- */

/* Called by the transport when the connection is ready but the admission has grown old, or was one
 * for connecting: the limits count by the time of the admission, the service by that of the
 * sending. What cannot be admitted now is not sent, and claims again from its own stage. */
static bool readmit(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cvi_claim claim;
    cv_error failure;
    cvi_store_answer answer = claim_for(engine, flight, CVI_READY_NOW, now, &claim, &failure);
    if (answer == CVI_STORE_FAILED) {
        cvi_tell_failure(engine, CVI_DUTY_READMIT, flight->call->label, &failure, now);
    }
    if (answer != CVI_STORE_DONE) {
        return false; /* the old admission is still recorded, and is taken back with the next claim
                       */
    }
    flight->row_id = 0;
    if (claim.verdict == CVI_CLAIM_ADMITTED) {
        take_admission(engine, flight, &claim, now);
        return true;
    }
    cvi_release(&flight->call->allocator, claim.cached.body);
    if (claim.verdict == CVI_CLAIM_LOST) {
        flight->job_id[0] = '\0';
    }
    return false;
}

static bool readmit_owner(void *owner, cvi_now now) {
    cvi_flight *flight = owner;
    return readmit(flight->engine, flight, now);
}

static void note_leaving(void *owner, cvi_now now) {
    cvi_flight *flight = owner;
    flight->sends++;
    flight->sent_boot_ms = now.boot_ms;
    cvi_tell_sent(flight->engine, flight);
}

static bool run_send(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    (void)now;
    cvi_transfer_spec spec = {
        .url = flight->redirect_url != NULL ? flight->redirect_url : flight->call->url,
        .validators =
            flight->recalled.body != NULL ? &flight->recalled.validators : flight->call->validators,
        .is_keyless = flight->call->is_image,
        .max_body_bytes = flight->call->max_body_bytes,
        .fresh_connection = flight->fresh_connection,
        .send_by_boot_ms =
            flight->connects ? 0 : flight->admitted_boot_ms + engine->options.fresh_ms,
        .readmit = readmit_owner,
        .leaves = note_leaving,
        .owner = flight,
    };
    flight->transfer = engine->options.transport_ops->send(engine->options.transport, &spec);
    if (flight->transfer == NULL) {
        cv_error error;
        cvi_error_no_memory(&error);
        cvi_flight_fail(flight, &error);
        return true;
    }
    engine->under_way++;
    cvi_flight_move(flight, CVI_STAGE_RECEIVE);
    return pause_until(flight, CVI_NEVER);
}

static bool run_receive(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    (void)engine;
    (void)now;
    return pause_until(flight, CVI_NEVER);
}

/* Where the service says when to come back, whoever would not wait so long is told at once. False:
 * somebody could not be told yet. */
static bool turn_away_hurried(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    int64_t left_ms = flight->retry_boot_ms - now.boot_ms;
    if (flight->asked_ms > 0 && left_ms > 0) {
        flight->failure.retry_after_ms = left_ms;
        return cvi_quota_turn_away(engine, flight, left_ms, &flight->failure, now);
    }
    return true;
}

/* A pause of the whole path that outlasts the lease is not spent with the job: others who want the
 * same have their own patience. */
static bool gives_job_up(const cvi_engine *engine, const cvi_flight *flight, cvi_now now) {
    return flight->word == CVI_SERVICE_OVERLOADED && flight->job_id[0] != '\0' &&
           flight->retry_boot_ms - now.boot_ms > engine->options.lease_ms;
}

static void wait_without_job(cvi_flight *flight) {
    flight->was_refused = true;
    flight->resume = true;
    flight->resume_boot_ms = flight->retry_boot_ms;
    cvi_flight_pass(flight);
}

static bool run_backoff(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    if (now.boot_ms >= flight->retry_boot_ms) {
        cvi_tell_retry(engine, flight, now); /* a lock may have kept it from that until now */
        cvi_flight_move(flight, CVI_STAGE_CLAIM);
        return true;
    }
    if (!turn_away_hurried(engine, flight, now)) {
        return pause_for_lock(engine, flight, now);
    }
    if (flight->passengers == NULL) { /* others may have more patience */
        cvi_flight_pass(flight);
        return true;
    }
    cvi_tell_retry(engine, flight, now);
    if (gives_job_up(engine, flight, now)) {
        wait_without_job(flight);
        return true;
    }
    return pause_until(flight, flight->retry_boot_ms);
}

/* ---- ending ---- */

/* Errors that would be everybody's; any other end passes the job to the next waiter. A time-out is
 * among them: that of a transfer, after its retries, which each waiter would only sit out anew. */
static bool is_shared(const cv_error *error) {
    switch (error->code) {
    case CV_ERROR_NOT_FOUND:
    case CV_ERROR_REQUEST:
    case CV_ERROR_BLOCKED:
    case CV_ERROR_TIMEOUT:
    case CV_ERROR_SERVER:
    case CV_ERROR_RESPONSE:
    case CV_ERROR_AUTH:
    case CV_ERROR_RATE_LIMITED:
        return true;
    case CV_ERROR_NETWORK: /* not what this program's transport would not send */
        return error->retryable;
    default:
        return false;
    }
}

bool cvi_stage_is_long(const cvi_engine *engine, const cvi_flight *flight) {
    size_t size = 0;
    if (engine->piece_bytes == 0 || flight->stage != CVI_STAGE_STORE || flight->result == NULL) {
        return false;
    }
    cvi_result_body(flight->result, &size);
    return size > LONG_PIECES * engine->piece_bytes;
}

static cvi_completion completion_of(const cvi_flight *flight, cvi_now now) {
    cvi_completion completion = {
        .hash = flight->call->hash,
        .job_id = flight->job_id,
        .tape = flight->tape,
        .tape_size = flight->tape_size,
        .keeping = flight->keeping,
        .age_ms = cvi_flight_age_ms(flight, now),
        .validators = &flight->validators,
        .failure = flight->ending == CVI_ENDING_FAIL ? &flight->failure : NULL,
        .has_room = flight->has_room,
    };
    completion.body = cvi_result_body(flight->result, &completion.size);
    return completion;
}

/* Stores what the service has said, be it that there is no such object. */
static cvi_store_answer store_answer(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cv_error failure; /* a store that fails does not fail an answer that is here */
    bool owned = true;
    if (flight->lost_job) {
        return CVI_STORE_DONE;
    }
    const cvi_completion completion = completion_of(flight, now);
    flight->fetched_at_ms = now.wall_ms - completion.age_ms; /* as its row will say */
    flight->handled_bytes += completion.size;
    cvi_store_answer answer = engine->options.store_ops->complete(
        engine->options.stores, &completion, now, &owned, &failure);
    if (answer == CVI_STORE_FAILED) {
        cvi_tell_failure(engine, CVI_DUTY_STORE, flight->call->label, &failure, now);
    }
    flight->lost_job = answer == CVI_STORE_DONE && !owned;
    return answer;
}

static cvi_store_answer end_job(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cv_error failure; /* as above */
    if (flight->ending != CVI_ENDING_PASS && flight->result != NULL) {
        return store_answer(engine, flight, now);
    }
    if (flight->job_id[0] == '\0' && flight->row_id == 0) {
        return CVI_STORE_DONE;
    }
    bool shared = flight->ending == CVI_ENDING_FAIL && is_shared(&flight->failure);
    cvi_store_answer answer = engine->options.store_ops->release(
        engine->options.stores, flight->call->hash, flight->job_id, flight->row_id,
        shared ? &flight->failure : NULL, cvi_flight_age_ms(flight, now), now, &failure);
    if (answer == CVI_STORE_FAILED) {
        cvi_tell_failure(engine, CVI_DUTY_RELEASE, flight->call->label, &failure, now);
    }
    return answer;
}

/* False: not everybody could be told yet. */
static bool deliver_ending(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cvi_outcome outcome = {.result = NULL};
    cvi_late_part_with_answer(engine, flight);
    if (flight->ending == CVI_ENDING_COMPLETE) {
        outcome.result = flight->result;
        outcome.provenance.source = CV_SOURCE_NETWORK;
        outcome.provenance.fetched_at_ms = flight->fetched_at_ms;
        outcome.provenance.expires_at_ms = flight->fetched_at_ms + flight->keeping.ttl_ms;
        outcome.provenance.is_overtaken = flight->lost_job;
        cvi_flight_deliver(engine, flight, &outcome);
    } else if (flight->ending == CVI_ENDING_FAIL) {
        return cvi_stale_or_error_all(engine, flight, &flight->failure, now);
    }
    return true;
}

/* A step of its own before a long result is stored. That it may fail shows with what follows. */
static bool make_room(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cv_error ignored;
    const cvi_completion completion = completion_of(flight, now);
    flight->handled_bytes += completion.size;
    cvi_store_answer answer =
        engine->options.store_ops->make_room(engine->options.stores, &completion, now, &ignored);
    if (answer == CVI_STORE_BUSY) {
        deliver_ending(engine, flight, now);
        return pause_for_lock(engine, flight, now);
    }
    flight->wanted_room = true;
    flight->has_room = answer == CVI_STORE_DONE;
    return pause_until(flight, 0);
}

/* What could not be let go of is tried until the lease would have ended. */
static bool tries_on(const cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    if (flight->give_up_boot_ms == 0) {
        flight->give_up_boot_ms = now.boot_ms + engine->options.lease_ms;
    }
    return now.boot_ms < flight->give_up_boot_ms;
}

/* The answer goes out after the first try at storing it, however that went: whoever asks again then
 * finds it in the file, or else in this flight, which tries on. */
static bool run_store(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    if (cvi_stage_is_long(engine, flight) && !flight->wanted_room && !flight->lost_job &&
        flight->ending != CVI_ENDING_PASS) {
        return make_room(engine, flight, now);
    }
    cvi_store_answer answer = end_job(engine, flight, now);
    bool all_told = deliver_ending(engine, flight, now);
    if (answer == CVI_STORE_DONE) {
        flight->job_id[0] = '\0';
        flight->row_id = 0;
    }
    if (answer == CVI_STORE_BUSY || !all_told) {
        return pause_for_lock(engine, flight, now);
    }
    if (answer == CVI_STORE_FAILED) {
        if (flight->ending != CVI_ENDING_PASS) {
            flight->ending = CVI_ENDING_PASS; /* a full disk, say: letting go takes less room */
            return true;
        }
        if (tries_on(engine, flight, now)) {
            return pause_until(flight, now.boot_ms + STORE_AGAIN_MS);
        }
        flight->job_id[0] = '\0';
        flight->row_id = 0;
    }
    if (flight->resume) { /* taken back when the last one leaves */
        flight->resume = false;
        cvi_flight_move(flight, CVI_STAGE_LOOKUP);
        flight->due_boot_ms = flight->resume_boot_ms; /* which may have come meanwhile */
        return true;
    }
    cvi_flight_move(flight, CVI_STAGE_DONE);
    return true;
}

static bool (*const stage_functions[CVI_STAGE_COUNT])(cvi_engine *, cvi_flight *, cvi_now) = {
    [CVI_STAGE_LOOKUP] = run_lookup,   [CVI_STAGE_CLAIM] = run_claim,
    [CVI_STAGE_WATCH] = run_watch,     [CVI_STAGE_SEND] = run_send,
    [CVI_STAGE_RECEIVE] = run_receive, [CVI_STAGE_STORE] = run_store,
    [CVI_STAGE_BACKOFF] = run_backoff, [CVI_STAGE_DECODE] = cvi_unread_run,
};

/* What is known keeps nobody waiting, unless it is a refusal that others could not heed yet. */
static void tell_meanwhile(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    if (cvi_flight_keeps_secret(flight)) {
        note_lock(engine, flight, now);
        return;
    }
    if (flight->stage == CVI_STAGE_STORE) {
        deliver_ending(engine, flight, now);
    } else if (flight->stage == CVI_STAGE_BACKOFF) {
        turn_away_hurried(engine, flight, now);
    }
    flight->hindrance = CVI_HINDRANCE_LOCK;
}

bool cvi_stage_run(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    int64_t again_ms = flight->must_heed ? cvi_flight_heed(engine, flight, now) : 0;
    if (again_ms > 0) {
        tell_meanwhile(engine, flight, now);
        return pause_until(flight, now.boot_ms + again_ms);
    }
    return stage_functions[flight->stage](engine, flight, now);
}
