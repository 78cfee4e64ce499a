/* Waiting for room under the limits. For the files of the engine alone. */
#ifndef CVI_CLIENT_QUOTA_H
#define CVI_CLIENT_QUOTA_H

#include "client/engine_internal.h"

/* Why a flight may not go yet. `text` is the claim's reason_text, borrowed. */
typedef struct cvi_refusal {
    cvi_wait_reason reason;
    const char *text;
    int64_t ends_boot_ms; /* as far as known */
} cvi_refusal;

/* Whether the flight has to wait behind those of better rank, as refusals of before say; it is then
 * due at their end. Whoever aboard has not the patience leaves. */
bool cvi_quota_holds_back(cvi_engine *engine, cvi_flight *flight, cvi_now now);

/* The stores have no room: whoever would not wait so long leaves, the others wait. Answers as a
 * stage does. */
bool cvi_quota_refused(cvi_engine *engine, cvi_flight *flight, const cvi_claim *claim, cvi_now now);

/* Tells `error` to those who would not wait so long, or gives them something stale; the others
 * stay. False: the cache is locked, and somebody could not be told yet. */
bool cvi_quota_turn_away(cvi_engine *engine, cvi_flight *flight, int64_t wait_ms,
                         const cv_error *error, cvi_now now);

/* The stores have admitted the flight: the next one comes after the interval. */
void cvi_quota_admitted(cvi_engine *engine, const cvi_flight *flight, const cvi_claim *claim,
                        cvi_now now);

/* The line of those who wait, counted in the order of rank while a step goes through the flights;
 * only for those who are told their place in it. */
void cvi_quota_begin_line(cvi_engine *engine);
void cvi_quota_count_in_line(cvi_engine *engine, const cvi_flight *flight);

/* Why the background of the flight's path was last held back; "" if it never was. */
const char *cvi_quota_share_text(const cvi_engine *engine, const cvi_flight *flight);

#endif
