/* Owns the way of a stored body to those aboard. What does not decode to what was asked is not
 * believed again by that flight, which goes on as if there were nothing. Used by the engine alone.
 */
#include "client/serving.h"

#include "client/envelope.h"
#include "client/lookup.h"
#include "client/telling.h"
#include "client/unread.h"
#include "support/error.h"

typedef enum serving { SERVED, UNUSABLE, OUT_OF_MEMORY } serving;

/* Gives what the cache has to those for whom it is young enough. */
static void deliver_cached(cvi_engine *engine, cvi_flight *flight, const cvi_outcome *outcome,
                           cvi_now now) {
    cvi_passenger *next = NULL;
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL; passenger = next) {
        next = passenger->next;
        if (cvi_is_young_enough(passenger, &outcome->provenance, now)) {
            cvi_flight_disembark(engine, passenger, outcome);
        }
    }
}

static void remember(const cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding,
                     const cvi_cached *cached) {
    if (engine->options.remember != NULL && finding->result != NULL) {
        engine->options.remember(engine->options.user, flight->call, finding->result, cached);
    }
}

/* All of those aboard have it, if it has been fetched for somebody who asked the same. */
static serving serve(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding,
                     const cvi_cached *cached, cv_source source, cvi_now now) {
    if (finding->result == NULL && finding->error.code != CV_ERROR_NOT_FOUND) {
        flight->distrust_cache = true;
        return finding->error.code == CV_ERROR_NOMEM ? OUT_OF_MEMORY : UNUSABLE;
    }
    cvi_outcome outcome = {.result = finding->result,
                           .error = finding->error,
                           .provenance = {.source = source,
                                          .fetched_at_ms = cached->fetched_at_ms,
                                          .expires_at_ms = cached->expires_at_ms}};
    if (source == CV_SOURCE_CACHE) {
        remember(engine, flight, finding, cached);
        deliver_cached(engine, flight, &outcome, now);
    } else {
        cvi_flight_deliver(engine, flight, &outcome);
    }
    cvi_result_release(finding->result);
    return SERVED;
}

void cvi_serve_finding(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding,
                       const cvi_cached *cached, cv_source source, cvi_now now) {
    cv_error error;
    switch (serve(engine, flight, finding, cached, source, now)) {
    case SERVED:
        if (flight->passengers == NULL) {
            cvi_flight_pass(flight);
        }
        break;
    case UNUSABLE: /* a lookup is made again, to turn away those who ask the cache alone */
        if (flight->stage != CVI_STAGE_LOOKUP && flight->stage != CVI_STAGE_CLAIM) {
            cvi_flight_move(flight, CVI_STAGE_CLAIM);
        }
        break;
    case OUT_OF_MEMORY:
        cvi_error_no_memory(&error);
        cvi_flight_fail(flight, &error);
        break;
    }
}

void cvi_serve(cvi_engine *engine, cvi_flight *flight, const cvi_cached *cached, cv_source source,
               cvi_now now) {
    cvi_finding finding;
    flight->handled_bytes += cached->size;
    if (!cvi_unread_put_off_stored(engine, flight, cached, source)) {
        cvi_body body = {cached->body, cached->size, cached->tape_size};
        flight->call->judge->stored(flight->call, body, cached->is_negative, &finding);
        cvi_serve_finding(engine, flight, &finding, cached, source, now);
    }
}

static cvi_result *know(const cvi_engine *engine, const cvi_call *call, cvi_want *want) {
    return engine->options.know != NULL ? engine->options.know(engine->options.user, call, want)
                                        : NULL;
}

/* Gives what the cache has found to those aboard; `known` is the result of a body that was not read
 * again. False: it has found nothing. */
static bool serve_found(cvi_engine *engine, cvi_flight *flight, const cvi_cached *cached,
                        cvi_result *known, cvi_now now) {
    if (cached->is_known) {
        const cvi_finding finding = {.result = cvi_result_keep(known)};
        cvi_serve_finding(engine, flight, &finding, cached, CV_SOURCE_CACHE, now);
    } else if (cached->body != NULL) {
        cvi_serve(engine, flight, cached, CV_SOURCE_CACHE, now);
    }
    return cached->is_known || cached->body != NULL;
}

/* What a check of the key finds is no body, but what is known of the key. */
static cvi_look serve_known_key(cvi_engine *engine, cvi_flight *flight) {
    cvi_outcome outcome;
    cvi_passenger *next = NULL;
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL; passenger = next) {
        next = passenger->next;
        if (engine->options.recall_key(engine->options.user, passenger, &outcome)) {
            cvi_flight_disembark(engine, passenger, &outcome);
        }
    }
    if (flight->passengers != NULL) {
        return CVI_LOOK_MISSED;
    }
    cvi_flight_pass(flight);
    return CVI_LOOK_SERVED;
}

cvi_look cvi_serve_from_cache(cvi_engine *engine, cvi_flight *flight, cvi_now now,
                              cv_error *failure) {
    cvi_cached cached;
    if (flight->call->is_key_check && engine->options.recall_key != NULL) {
        *failure = (cv_error){.code = CV_OK};
        return serve_known_key(engine, flight);
    }
    cvi_want want = {.ttl_ms = flight->call->ttl_ms, .max_age_ms = cvi_flight_max_age_ms(flight)};
    cvi_result *known = know(engine, flight->call, &want);
    cvi_store_answer answer = cvi_look_up(engine->options.store_ops->lookup, engine->options.stores,
                                          flight->call, &want, now, &cached, failure);
    if (answer == CVI_STORE_FAILED) { /* a miss */
        cvi_tell_failure(engine, CVI_DUTY_LOOKUP, flight->call->label, failure, now);
    } else {
        *failure = (cv_error){.code = CV_OK};
    }
    cvi_look look = answer == CVI_STORE_BUSY ? CVI_LOOK_LOCKED : CVI_LOOK_MISSED;
    if (look == CVI_LOOK_MISSED && serve_found(engine, flight, &cached, known, now)) {
        look = CVI_LOOK_SERVED;
    }
    cvi_result_release(known);
    return look;
}
