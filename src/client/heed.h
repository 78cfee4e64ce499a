/* What an answer of the service means for all requests that follow. For the engine alone. */
#ifndef CVI_CLIENT_HEED_H
#define CVI_CLIENT_HEED_H

#include "client/engine_internal.h"
#include "client/envelope.h"

/* Notes what the response means, for cvi_flight_heed; `finding` is NULL if none was made of it. */
void cvi_flight_note_word(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding);

/* Tells the stores, once. The flight's error then says how long the pause is. On BUSY it is to be
 * called again; a store that fails is told no more. */
cvi_store_answer cvi_flight_heed(cvi_engine *engine, cvi_flight *flight, cvi_now now);

#endif
