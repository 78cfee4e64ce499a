/* Owns what the service says about more than the one request: that it works again after a pause, or
 * that it wants none for a while. The stores keep it for everybody; until they have it the engine
 * claims nothing. Used by the engine alone. */
#include "client/heed.h"

#define UNKNOWN_PAUSE_MS INT64_C(60000) /* told to the caller where the stores cannot say */

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
    case CV_ERROR_NOT_FOUND:
    case CV_ERROR_REQUEST:
    case CV_ERROR_AUTH:
        return CVI_SERVICE_ANSWERS;
    default:
        return CVI_SERVICE_SILENT;
    }
}

static bool is_refusal(cvi_service_word word) {
    return word == CVI_SERVICE_LIMITS || word == CVI_SERVICE_BLOCKS;
}

void cvi_flight_note_word(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding) {
    flight->word = word_of(finding);
    flight->asked_ms = finding != NULL ? finding->error.retry_after_ms : 0;
    flight->must_heed = is_refusal(flight->word) || flight->probe != 0;
    engine->refusals_unheeded += is_refusal(flight->word) ? 1 : 0;
}

cvi_store_answer cvi_flight_heed(cvi_engine *engine, cvi_flight *flight, cvi_now now) {
    cvi_heed_spec spec = {flight->call->segment, flight->word, flight->asked_ms, flight->probe};
    cv_error ignored; /* what cannot be written now is nobody's error; claims fail likewise */
    int64_t left_ms = 0;
    cvi_store_answer answer =
        engine->options.store_ops->heed(engine->options.stores, &spec, now, &left_ms, &ignored);
    if (answer == CVI_STORE_BUSY) {
        return answer;
    }
    if (is_refusal(flight->word)) {
        engine->refusals_unheeded--;
        flight->failure.retry_after_ms = answer == CVI_STORE_DONE ? left_ms : UNKNOWN_PAUSE_MS;
    }
    flight->must_heed = false;
    flight->probe = 0;
    return answer;
}
