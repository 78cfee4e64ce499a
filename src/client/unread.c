/* Owns what a flight must remember between the parts of a long body: where the decoding stands and
 * what the body is. It has one exit, DECODE's, so that deadlines, leaving and closing treat a
 * flight that reads like one that waits. Used by the engine alone. */
#include "client/unread.h"

#include "client/envelope.h"
#include "client/lateness.h"
#include "client/renewal.h"
#include "client/serving.h"
#include "support/allocator.h"

struct cvi_unread {
    cvi_decoding *decoding;
    bool is_stored;        /* else it is what the service has sent, or has confirmed */
    cvi_response response; /* without its body */
    cvi_cached cached;     /* likewise */
    cv_source source;
    cvi_stage from; /* where what is stored was found */
};

static bool is_long(const cvi_engine *engine, const cvi_flight *flight, size_t size) {
    return flight->call->judge->reads_in_parts && engine->piece_bytes > 0 &&
           size > engine->piece_bytes;
}

/* Takes the body if there is memory; else it stays the caller's. */
static cvi_unread *begin(const cvi_flight *flight, cvi_body body, bool makes_tape) {
    const cv_allocator *allocator = &flight->call->allocator;
    cvi_unread *unread = cvi_allocate(allocator, sizeof(*unread));
    if (unread == NULL) {
        return NULL;
    }
    unread->decoding = cvi_judge_begin(flight->call, body, makes_tape);
    if (unread->decoding == NULL) {
        cvi_release(allocator, unread);
        return NULL;
    }
    return unread;
}

static bool put_off(cvi_flight *flight, cvi_unread *unread) {
    if (unread == NULL) {
        return false;
    }
    flight->unread = unread;
    cvi_flight_move(flight, CVI_STAGE_DECODE);
    return true;
}

static bool put_off_renewal(const cvi_engine *engine, cvi_flight *flight, cvi_response *response) {
    cvi_recalled *recalled = &flight->recalled;
    if (recalled->body == NULL || !is_long(engine, flight, recalled->size)) {
        return false;
    }
    cvi_unread *unread = begin(flight, (cvi_body){recalled->body, recalled->size, 0}, true);
    if (unread == NULL) {
        return false;
    }
    recalled->body = NULL;
    cvi_release(&flight->call->allocator, response->body);
    response->body = NULL;
    response->size = 0;
    unread->response = *response;
    return put_off(flight, unread);
}

bool cvi_unread_put_off(const cvi_engine *engine, cvi_flight *flight, cvi_response *response) {
    if (cvi_renewal_is_answer(response)) {
        return put_off_renewal(engine, flight, response);
    }
    if (!is_long(engine, flight, response->size) || !cvi_judge_decodes(response)) {
        return false;
    }
    cvi_unread *unread = begin(flight, (cvi_body){response->body, response->size, 0},
                               cvi_judge_makes_tape(response));
    if (unread == NULL) {
        return false;
    }
    response->body = NULL;
    response->size = 0; /* nobody looks for a title in what is gone */
    unread->response = *response;
    unread->response.reason = NULL; /* is good until the next response */
    return put_off(flight, unread);
}

bool cvi_unread_put_off_stored(const cvi_engine *engine, cvi_flight *flight,
                               const cvi_cached *cached, cv_source source) {
    if (!is_long(engine, flight, cached->size)) {
        return false;
    }
    const cvi_body body = {cached->body, cached->size, cached->tape_size};
    cvi_unread *unread = begin(flight, body, false);
    if (unread == NULL) {
        return false;
    }
    unread->is_stored = true;
    unread->cached = *cached;
    unread->cached.body = NULL;
    unread->source = source;
    unread->from = flight->stage;
    return put_off(flight, unread);
}

bool cvi_unread_is_answer(const cvi_flight *flight) {
    return flight->unread != NULL && !flight->unread->is_stored;
}

static void go_on_with_stored(cvi_engine *engine, cvi_flight *flight, const cvi_unread *unread,
                              cvi_now now) {
    cvi_finding finding;
    cvi_judge_decoded_stored(flight->call, unread->decoding, unread->cached.is_negative, &finding);
    cvi_flight_move(flight, unread->from == CVI_STAGE_CLAIM ? CVI_STAGE_CLAIM : CVI_STAGE_LOOKUP);
    cvi_serve_finding(engine, flight, &finding, &unread->cached, unread->source, now);
}

static void go_on_with_answer(cvi_engine *engine, cvi_flight *flight, const cvi_unread *unread,
                              cvi_now now) {
    cvi_finding finding;
    bool is_useful = true;
    if (cvi_renewal_is_answer(&unread->response)) {
        cvi_judge_decoded_stored(flight->call, unread->decoding, false, &finding);
        is_useful = cvi_renewal_is_useful(&finding);
    } else {
        cvi_judge_decoded(flight->call, &unread->response, unread->decoding, &finding);
    }
    cvi_flight_take_finding(engine, flight, is_useful ? &finding : NULL, now);
}

bool cvi_unread_run(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cvi_unread *unread = flight->unread;
    size_t part = engine->piece_bytes;
    flight->handled_bytes += part;
    if (part > 0 && !cvi_decoding_step(unread->decoding, part)) {
        flight->due_boot_ms = 0;
        return false;
    }
    flight->unread = NULL;
    if (unread->is_stored) {
        cvi_late_part(engine, flight);
        go_on_with_stored(engine, flight, unread, now);
    } else {
        go_on_with_answer(engine, flight, unread, now);
    }
    cvi_release(&flight->call->allocator, unread);
    return true;
}

void cvi_unread_drop(cvi_flight *flight) {
    cvi_unread *unread = flight->unread;
    if (unread != NULL) {
        cvi_decoding_drop(unread->decoding);
        cvi_release(&flight->call->allocator, unread);
        flight->unread = NULL;
    }
}
