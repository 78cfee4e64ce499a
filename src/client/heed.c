/* Owns what the service says about more than the one request: that it works again after a pause or
 * a failure, that it fails, or that it wants none for a while. The stores keep it for everybody.
 * Until they have it nothing is claimed, and nobody hears of a refusal, as who does might have
 * another program ask. Where they fail, what is refused here holds for this client until the pause
 * would be over. Used by the engine alone. */
#include "client/heed.h"

#include <string.h>

#include "client/retry.h"
#include "client/telling.h"

#define FAILED_AGAIN_MS  INT64_C(50)    /* after a failure that may pass */
#define UNKNOWN_PAUSE_MS INT64_C(60000) /* where neither the service nor the stores can say */

/* A failure that says when to come back is a refusal too. */
static cvi_service_word word_of_failure(const cv_error *error) {
    bool comes_back = error->http_status == 503 && error->retry_after_ms > 0;
    return comes_back ? CVI_SERVICE_OVERLOADED : CVI_SERVICE_FAILS;
}

static cvi_service_word word_of(const cvi_finding *finding) {
    if (finding == NULL) {
        return CVI_SERVICE_SILENT;
    }
    if (finding->result != NULL) {
        return CVI_SERVICE_ANSWERS;
    }
    switch (finding->error.code) {
    case CV_ERROR_RATE_LIMITED:
        return CVI_SERVICE_LIMITS;
    case CV_ERROR_BLOCKED:
        return CVI_SERVICE_BLOCKS;
    case CV_ERROR_SERVER:
        return word_of_failure(&finding->error);
    case CV_ERROR_NETWORK: /* what the transport would not send says nothing of the service */
        return finding->error.retryable ? CVI_SERVICE_UNREACHABLE : CVI_SERVICE_SILENT;
    case CV_ERROR_TIMEOUT:
        return CVI_SERVICE_UNREACHABLE;
    case CV_ERROR_NOT_FOUND:
    case CV_ERROR_REQUEST:
    case CV_ERROR_AUTH:
        return CVI_SERVICE_ANSWERS;
    default:
        return CVI_SERVICE_SILENT;
    }
}

static bool is_refusal(cvi_service_word word) {
    return word == CVI_SERVICE_LIMITS || word == CVI_SERVICE_BLOCKS ||
           word == CVI_SERVICE_OVERLOADED;
}

/* Whether it changes anything for others. */
static bool is_news(const cvi_flight *flight) {
    switch (flight->word) {
    case CVI_SERVICE_SILENT:
        return flight->probe != 0;
    case CVI_SERVICE_ANSWERS:
        return flight->probe != 0 || flight->follows_failure;
    default:
        return true;
    }
}

void cvi_flight_note_word(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding,
                          cvi_now now) {
    flight->word = word_of(finding);
    flight->told_cooldown = false;
    flight->asked_ms = finding != NULL ? finding->error.retry_after_ms : 0;
    flight->must_heed = is_news(flight);
    int64_t pause_ms = flight->asked_ms > 0 ? flight->asked_ms : UNKNOWN_PAUSE_MS;
    flight->heed_until_boot_ms = is_refusal(flight->word) ? now.boot_ms + pause_ms : 0;
    engine->refusals_unheeded += is_refusal(flight->word) ? 1 : 0;
}

static void forget_word(cvi_engine *engine, cvi_flight *flight) {
    engine->refusals_unheeded -= is_refusal(flight->word) ? 1 : 0;
    flight->must_heed = false;
    flight->is_untold = false;
    flight->follows_failure = false;
    flight->probe = 0;
}

/* Once the stores have it, or have failed to take it. */
static void tell_pause(cvi_engine *engine, cvi_flight *flight, cvi_store_answer answer,
                       int64_t left_ms, cvi_now now) {
    if (is_refusal(flight->word)) {
        int64_t rest_ms = flight->heed_until_boot_ms - now.boot_ms;
        flight->failure.retry_after_ms = answer == CVI_STORE_DONE ? left_ms : rest_ms;
        cvi_tell_cooldown(engine, flight, flight->failure.retry_after_ms, now);
    } else if (left_ms > 0) {
        cvi_tell_cooldown(engine, flight, left_ms, now);
    }
}

int64_t cvi_flight_heed(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cvi_heed_spec spec = {flight->call->segment, flight->word, flight->asked_ms, flight->probe};
    cv_error failure; /* nobody's error: claims fail in the same way */
    int64_t left_ms = 0;
    cvi_store_answer answer =
        engine->options.store_ops->heed(engine->options.stores, &spec, now, &left_ms, &failure);
    if (answer == CVI_STORE_BUSY) {
        return cvi_busy_delay_ms(&engine->options.random);
    }
    tell_pause(engine, flight, answer, left_ms, now);
    if (answer == CVI_STORE_FAILED) {
        cvi_tell_failure(engine, CVI_DUTY_HEED, flight->call->label, &failure, now);
    }
    if (answer == CVI_STORE_FAILED && now.boot_ms < flight->heed_until_boot_ms) {
        flight->is_untold = true;
        return FAILED_AGAIN_MS;
    }
    forget_word(engine, flight);
    return 0;
}

bool cvi_flight_keeps_secret(const cvi_flight *flight) {
    return flight->must_heed && is_refusal(flight->word) && !flight->is_untold;
}

/* Whether this refusal holds for a flight. */
static bool holds_for(const cvi_flight *refused, const cvi_flight *flight, cvi_now now) {
    return now.boot_ms < refused->heed_until_boot_ms &&
           (refused->word == CVI_SERVICE_BLOCKS ||
            strcmp(refused->call->segment, flight->call->segment) == 0);
}

/* Of several refusals the longest decides. */
static void refuse_until(const cvi_flight *refused, cvi_now now, cvi_claim *claim) {
    int64_t left_ms = refused->heed_until_boot_ms - now.boot_ms;
    if (left_ms > claim->wait_ms) {
        claim->verdict = CVI_CLAIM_WAIT;
        claim->wait_ms = left_ms;
        claim->reason = refused->word == CVI_SERVICE_BLOCKS ? CVI_WAIT_BLOCKED : CVI_WAIT_COOLDOWN;
    }
}

cvi_store_answer cvi_engine_check_unheeded(const cvi_engine *engine, const cvi_flight *flight,
                                           cvi_now now, cvi_claim *claim, bool *is_refused) {
    int left = engine->refusals_unheeded;
    *is_refused = false;
    for (const cvi_flight *other = engine->flights; left > 0 && other != NULL;
         other = other->next) {
        if (!other->must_heed || !is_refusal(other->word)) {
            continue;
        }
        left--;
        if (!other->is_untold) {
            return CVI_STORE_BUSY;
        }
        if (holds_for(other, flight, now)) {
            *is_refused = true;
            refuse_until(other, now, claim);
        }
    }
    return CVI_STORE_DONE;
}
