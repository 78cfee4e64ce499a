/* Owns answers past their time: the cache is read for them only when somebody is to get one, and
 * once for all who are to get it at the same instant. They come by the same way as fresh ones, and
 * what denies an object is never among them. */
#include "client/stale.h"

#include <string.h>

#include "client/envelope.h"
#include "support/allocator.h"
#include "support/error.h"

/* ---- any thread ---- */

cvi_store_answer cvi_stale_read(cvi_lookup *lookup, cvi_stores *stores, const cvi_call *call,
                                cvi_now now, cvi_result **result, cvi_provenance *provenance,
                                cv_error *error) {
    const cvi_want want = {.ttl_ms = call->ttl_ms, .stale_too = true};
    cvi_cached cached;
    *result = NULL;
    cvi_store_answer answer = cvi_look_up(lookup, stores, call, &want, now, &cached, error);
    if (answer != CVI_STORE_DONE || cached.body == NULL || cached.is_negative) {
        cvi_release(&call->allocator, cached.body);
        return answer;
    }
    cvi_finding finding;
    cvi_body body = {cached.body, cached.size, cached.tape_size};
    call->judge->stored(call, body, false, &finding);
    if (finding.error.code == CV_ERROR_NOMEM) {
        *error = finding.error;
        return CVI_STORE_FAILED;
    }
    *result = finding.result;
    *provenance = (cvi_provenance){.source = CV_SOURCE_CACHE,
                                   .fetched_at_ms = cached.fetched_at_ms,
                                   .expires_at_ms = cached.expires_at_ms};
    return CVI_STORE_DONE;
}

void cvi_stale_mark(cvi_provenance *provenance, const cv_error *reason, cvi_now now) {
    int64_t age_ms = now.wall_ms - provenance->fetched_at_ms;
    provenance->source = CV_SOURCE_STALE;
    provenance->note = (cv_stale_note){.age_ms = age_ms > 0 ? age_ms : 0, .reason = *reason};
}

void cvi_stale_set_pending(cv_error *reason, const cvi_call *call) {
    cvi_error_set(reason, CV_PENDING, "%s: fetched anew behind this answer", call->label);
}

static bool takes_stale(cv_stale stale) {
    return stale == CV_STALE_IF_ERROR || stale == CV_STALE_WHILE_REVALIDATE;
}

bool cvi_stale_stands_in(cv_stale stale, cv_code code) {
    static const cv_code codes[] = {
        CV_ERROR_NETWORK, CV_ERROR_TIMEOUT,      CV_ERROR_SERVER,     CV_ERROR_RESPONSE,
        CV_ERROR_BLOCKED, CV_ERROR_RATE_LIMITED, CV_ERROR_NOT_CACHED,
    };
    bool is_excused = false;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        is_excused = is_excused || codes[i] == code;
    }
    return is_excused && takes_stale(stale);
}

/* ---- the engine's ---- */

/* Has the flight know what there is at this instant. */
static cvi_store_answer look(cvi_engine *engine, cvi_flight *flight, cvi_now now, cv_error *error) {
    if (flight->stale_boot_ms == now.boot_ms) {
        return CVI_STORE_DONE;
    }
    cvi_result *result = NULL;
    cvi_store_answer answer =
        cvi_stale_read(engine->options.store_ops->lookup, engine->options.stores, flight->call, now,
                       &result, &flight->stale_provenance, error);
    if (answer == CVI_STORE_DONE) {
        cvi_result_release(flight->stale);
        flight->stale = result;
        flight->stale_boot_ms = now.boot_ms;
    }
    return answer;
}

/* Whether what the cache has is good enough without a mark: somebody has stored it meanwhile. */
static bool is_fresh_for(const cvi_passenger *passenger, const cvi_provenance *found, cvi_now now) {
    return passenger->mode != CV_MODE_REFRESH && cvi_is_young_enough(passenger, found, now) &&
           now.wall_ms < found->expires_at_ms;
}

/* False: there is none. */
static bool give(cvi_engine *engine, cvi_passenger *passenger, const cv_error *reason,
                 cvi_now now) {
    const cvi_flight *flight = passenger->flight;
    if (flight->stale == NULL) {
        return false;
    }
    cvi_outcome outcome = {.result = flight->stale, .provenance = flight->stale_provenance};
    if (!is_fresh_for(passenger, &flight->stale_provenance, now)) {
        cvi_stale_mark(&outcome.provenance, reason, now);
        outcome.revalidates = reason->code == CV_PENDING;
    }
    cvi_flight_disembark(engine, passenger, &outcome);
    return true;
}

static void give_error(cvi_engine *engine, cvi_passenger *passenger, const cv_error *error) {
    const cvi_outcome outcome = {.error = *error};
    cvi_flight_disembark(engine, passenger, &outcome);
}

/* Whether a locked cache is worth another try. */
static bool tries_on(const cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    if (flight->stale_by_boot_ms == 0) {
        flight->stale_by_boot_ms = now.boot_ms + engine->options.lease_ms;
    }
    return now.boot_ms < flight->stale_by_boot_ms;
}

/* What cannot be read is not what is not there. */
static const cv_error *error_without(const cv_error *error, cvi_store_answer answer,
                                     const cv_error *failure) {
    bool is_unread = answer == CVI_STORE_FAILED && error->code == CV_ERROR_NOT_CACHED;
    return is_unread ? failure : error;
}

bool cvi_stale_or_error(cvi_engine *engine, cvi_passenger *passenger, const cv_error *error,
                        cvi_now now) {
    cv_error failure;
    if (!cvi_stale_stands_in(passenger->stale, error->code)) {
        give_error(engine, passenger, error);
        return true;
    }
    cvi_store_answer answer = look(engine, passenger->flight, now, &failure);
    if (answer == CVI_STORE_BUSY && tries_on(engine, passenger->flight, now)) {
        return false;
    }
    if (answer != CVI_STORE_DONE || !give(engine, passenger, error, now)) {
        give_error(engine, passenger, error_without(error, answer, &failure));
    }
    return true;
}

void cvi_stale_if_any(cvi_engine *engine, cvi_passenger *passenger, const cv_error *reason,
                      cvi_now now) {
    cv_error ignored; /* it stays, and is told when nothing else is left */
    if (cvi_stale_stands_in(passenger->stale, reason->code) &&
        look(engine, passenger->flight, now, &ignored) == CVI_STORE_DONE) {
        give(engine, passenger, reason, now);
    }
}

bool cvi_stale_or_error_all(cvi_engine *engine, cvi_flight *flight, const cv_error *error,
                            cvi_now now) {
    cvi_passenger *next = NULL;
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL; passenger = next) {
        next = passenger->next;
        cvi_stale_or_error(engine, passenger, error, now);
    }
    return flight->passengers == NULL;
}

void cvi_stale_expire(cvi_engine *engine, cvi_passenger *passenger, const cv_error *error,
                      cvi_now now) {
    cv_error ignored; /* why it can stay no longer is what matters */
    if (!takes_stale(passenger->stale) ||
        look(engine, passenger->flight, now, &ignored) != CVI_STORE_DONE ||
        !give(engine, passenger, error, now)) {
        give_error(engine, passenger, error);
    }
}

static bool wants_old(const cvi_passenger *passenger) {
    return passenger->stale == CV_STALE_WHILE_REVALIDATE && passenger->mode == CV_MODE_DEFAULT &&
           !passenger->looked;
}

/* Whoever finds the cache locked waits like the others. */
static bool give_old(cvi_engine *engine, cvi_passenger *passenger, cvi_now now) {
    cvi_flight *flight = passenger->flight;
    cv_error reason;
    cv_error ignored; /* what cannot be read is fetched */
    passenger->looked = true;
    cvi_stale_set_pending(&reason, flight->call);
    return look(engine, flight, now, &ignored) == CVI_STORE_DONE &&
           give(engine, passenger, &reason, now);
}

bool cvi_stale_give_old(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cvi_passenger *next = NULL;
    bool any = false;
    for (cvi_passenger *passenger = flight->passengers; passenger != NULL; passenger = next) {
        next = passenger->next;
        if (wants_old(passenger)) {
            any = give_old(engine, passenger, now) || any;
        }
    }
    return any;
}
