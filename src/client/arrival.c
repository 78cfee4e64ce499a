/* Owns what a response means for its flight: store it, try again, go where it points, or fail.
 * And the lease, which must be renewed while the answer is on its way. Used by the engine alone. */
#include "client/engine_internal.h"

#include <string.h>

#include "client/envelope.h"
#include "client/hearing.h"
#include "client/heed.h"
#include "client/renewal.h"
#include "client/retry.h"
#include "client/telling.h"
#include "client/unread.h"
#include "support/allocator.h"
#include "support/error.h"

#define MAX_REDIRECTS 3

void cvi_flight_renew(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    if (flight->job_id[0] == '\0' || now.boot_ms < flight->renew_boot_ms) {
        return;
    }
    bool owned = true;
    cv_error failure; /* tried again well before the lease ends */
    cvi_store_answer answer = engine->options.store_ops->renew(
        engine->options.stores, flight->call->hash, flight->job_id, now, &owned, &failure);
    if (answer == CVI_STORE_BUSY) {
        flight->renew_boot_ms = now.boot_ms + cvi_busy_delay_ms(&engine->options.random);
        return;
    }
    if (answer == CVI_STORE_FAILED) {
        cvi_tell_failure(engine, CVI_DUTY_RENEW, flight->call->label, &failure, now);
    }
    flight->renew_boot_ms = now.boot_ms + engine->options.lease_ms / 3;
    if (!owned) {
        flight->job_id[0] = '\0';
        flight->lost_job = true;
    }
}

int64_t cvi_flight_age_ms(const cvi_flight *flight, cvi_now now) {
    int64_t age_ms = now.boot_ms - flight->heard_boot_ms;
    return age_ms > 0 ? age_ms : 0; /* an application's clock may go back */
}

static void complete_flight(cvi_flight *flight, cvi_result *result, cvi_now now) {
    flight->result = result;
    flight->tape = cvi_result_take_tape(result, &flight->tape_size);
    flight->fetched_at_ms = now.wall_ms - cvi_flight_age_ms(flight, now);
    flight->ending = CVI_ENDING_COMPLETE;
    flight->row_id = 0; /* sent: it stays recorded */
    cvi_flight_move(flight, CVI_STAGE_STORE);
}

static bool may_retry(const cvi_engine *engine, const cvi_flight *flight,
                      const cvi_finding *finding) {
    return finding->retry && flight->passengers != NULL &&
           flight->tries <= engine->options.max_retries;
}

static void take_finding(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding,
                         cvi_now now) {
    flight->tries++;
    if (finding->result != NULL) {
        complete_flight(flight, finding->result, now);
    } else if (may_retry(engine, flight, finding)) {
        int64_t delay_ms = cvi_retry_delay_ms(flight->tries, finding->error.retry_after_ms,
                                              &engine->options.random);
        flight->failure = finding->error;
        cvi_flight_move(flight, CVI_STAGE_BACKOFF);
        flight->retry_boot_ms = now.boot_ms + delay_ms;
    } else {
        flight->result = finding->denial;
        cvi_flight_fail(flight, &finding->error);
    }
}

/* A redirect is one more request, and is admitted as such. */
static void take_redirect(cvi_flight *flight, cvi_response *response) {
    cvi_release(&flight->call->allocator, flight->redirect_url);
    flight->redirect_url = response->redirect_url;
    flight->redirects++;
    if (flight->redirects > MAX_REDIRECTS) {
        cv_error error;
        cvi_error_set(&error, CV_ERROR_RESPONSE, "%s: redirected more than %d times",
                      flight->call->label, MAX_REDIRECTS);
        error.http_status = response->http_status;
        cvi_flight_fail(flight, &error);
    } else {
        cvi_flight_move(flight, CVI_STAGE_CLAIM);
    }
}

/* To the claim: at once again, newly admitted. */
static void start_anew(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cvi_flight_note_word(engine, flight, NULL, now);
    cvi_flight_move(flight, CVI_STAGE_CLAIM);
}

static void take_judged(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding,
                        cvi_now now) {
    if (finding == NULL) {
        flight->distrust_cache = true;
        start_anew(engine, flight, now);
        return;
    }
    cvi_hear_answer(engine, flight, finding, now);
    cvi_flight_note_word(engine, flight, finding, now);
    take_finding(engine, flight, finding, now);
}

static void judge(cvi_engine *engine, cvi_flight *flight, cvi_response *response, cvi_now now) {
    cvi_finding finding;
    bool is_useful = true;
    if (cvi_renewal_is_answer(response)) {
        is_useful = cvi_renewal_judge(flight, response, &finding);
    } else {
        flight->call->judge->response(flight->call, response, &finding);
    }
    take_judged(engine, flight, is_useful ? &finding : NULL, now);
}

static void take_response(cvi_engine *engine, cvi_flight *flight, cvi_response *response,
                          cvi_now now) {
    cvi_tell_response(engine, flight, response, now);
    if (response->sent) {
        flight->row_id = 0; /* may have reached the service: the admission stays */
    }
    bool dead = response->kind == CVI_RESPONSE_DEAD_CONNECTION;
    bool is_void =
        response->kind == CVI_RESPONSE_NOT_ADMITTED || response->kind == CVI_RESPONSE_ABORTED;
    if (is_void || (dead && !flight->fresh_connection)) {
        /* Nobody has seen it, a dead connection swallowed it, or we broke it off ourselves. */
        flight->fresh_connection = dead;
        start_anew(engine, flight, now);
        return;
    }
    if (response->kind == CVI_RESPONSE_REDIRECT) {
        cvi_flight_note_word(engine, flight, NULL, now);
        take_redirect(flight, response);
        return;
    }
    cvi_renewal_note(engine, flight, response);
    if (!cvi_unread_put_off(engine, flight, response)) {
        judge(engine, flight, response, now);
    }
}

/* Before anybody else is admitted. */
static void heed_at_once(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    if (flight->must_heed) {
        cvi_flight_heed(engine, flight, now);
    }
}

void cvi_flight_take_finding(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding,
                             cvi_now now) {
    take_judged(engine, flight, finding, now);
    heed_at_once(engine, flight, now);
}

void cvi_flight_take_response(cvi_engine *engine, cvi_flight *flight, cvi_response *response,
                              cvi_now now) {
    flight->heard_boot_ms = now.boot_ms - response->waited_ms;
    take_response(engine, flight, response, now);
    heed_at_once(engine, flight, now);
}
