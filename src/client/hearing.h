/* What an answer of the service says about the key. For the engine alone. */
#ifndef CVI_CLIENT_HEARING_H
#define CVI_CLIENT_HEARING_H

#include "client/engine_internal.h"
#include "client/envelope.h"

/* Tells what the flight's own answer says, as of when that was heard. */
void cvi_hear_answer(const cvi_engine *engine, const cvi_flight *flight, const cvi_finding *finding,
                     cvi_now now);

/* The same of what the job that the flight watches has come to, if that was asked to learn it. */
void cvi_hear_shared(const cvi_engine *engine, const cvi_flight *flight, const cvi_watch *watch,
                     cvi_now now);

#endif
