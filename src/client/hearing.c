/* Owns what answers say about the key, and when they said it: an answer may be taken long after it
 * was heard, and another program's was heard there. Used by the engine alone. */
#include "client/hearing.h"

#include "stores/limits.h"

static void hear(const cvi_engine *engine, bool is_accepted, int64_t age_ms, cvi_now now) {
    if (engine->options.hear_key != NULL) {
        engine->options.hear_key(engine->options.user, is_accepted, age_ms, now);
    }
}

/* The service looks at the key before it looks at anything else: whatever it has to say about the
 * request itself, it says to a key that it accepts. */
void cvi_hear_answer(const cvi_engine *engine, const cvi_flight *flight, const cvi_finding *finding,
                     cvi_now now) {
    bool is_refused = finding->error.code == CV_ERROR_AUTH;
    bool is_accepted = finding->result != NULL || finding->denial != NULL ||
                       finding->error.code == CV_ERROR_REQUEST;
    if (is_refused || is_accepted) {
        hear(engine, is_accepted, cvi_flight_age_ms(flight, now), now);
    }
}

/* Other jobs may be those of another key. */
void cvi_hear_shared(const cvi_engine *engine, const cvi_flight *flight, const cvi_watch *watch,
                     cvi_now now) {
    if (!flight->call->is_key_check) {
        return;
    }
    if (watch->state == CVI_WATCH_COMPLETED) {
        hear(engine, true, cvi_age_ms(now.wall_ms, watch->cached.fetched_at_ms), now);
    } else if (watch->state == CVI_WATCH_FAILED && watch->failure.code == CV_ERROR_AUTH) {
        hear(engine, false, cvi_age_ms(now.wall_ms, watch->failed_at_ms), now);
    }
}
