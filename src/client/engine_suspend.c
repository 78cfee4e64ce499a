/* Owns what suspending means for flights: none keeps a job or an admission meanwhile, all of them
 * go on later as if they had just come. Used by the engine alone. */
#include "client/engine_internal.h"
#include "client/unread.h"

/* What has an answer is stored as ever; what holds a job or an admission hands it back, and looks
 * into the cache again when all goes on. */
static void hand_back(cvi_flight *flight) {
    bool may_hold = flight->stage == CVI_STAGE_CLAIM || flight->stage == CVI_STAGE_BACKOFF;
    bool holds = flight->job_id[0] != '\0' || flight->row_id != 0;
    if (!may_hold || !holds) {
        return;
    }
    cvi_flight_pass(flight);
    flight->resume = flight->passengers != NULL;
    flight->resume_boot_ms = 0;
}

void cvi_engine_suspend(cvi_engine *engine, cvi_now now) {
    engine->is_suspended = true;
    cvi_engine_divide(engine, 0);
    for (cvi_flight *flight = engine->flights; flight != NULL; flight = flight->next) {
        if (flight->stage == CVI_STAGE_DECODE) {
            cvi_unread_run(engine, flight, now);
        }
        hand_back(flight);
    }
}

void cvi_engine_resume(cvi_engine *engine) {
    engine->is_suspended = false;
}
