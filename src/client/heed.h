/* What an answer of the service means for all requests that follow. For the engine alone. */
#ifndef CVI_CLIENT_HEED_H
#define CVI_CLIENT_HEED_H

#include "client/engine_internal.h"
#include "client/envelope.h"

/* Notes what the response means, for cvi_flight_heed; `finding` is NULL if none was made of it. */
void cvi_flight_note_word(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding,
                          cvi_now now);

/* Tells the stores; the flight's error then says how long the pause is. 0: that is done; else they
 * could not take it, call again after so many milliseconds. */
int64_t cvi_flight_heed(cvi_engine *engine, cvi_flight *flight, cvi_now now);

/* Whether it was refused, which nobody may hear before the stores do: a lock keeps them from it. */
bool cvi_flight_keeps_secret(const cvi_flight *flight);

/* What those refusals that the file does not have yet let a flight do that would claim. DONE: it
 * may, unless `is_refused`, in which case `claim` says so as the stores' would; BUSY: not before
 * they have been told. */
cvi_store_answer cvi_engine_check_unheeded(const cvi_engine *engine, const cvi_flight *flight,
                                           cvi_now now, cvi_claim *claim, bool *is_refused);

#endif
