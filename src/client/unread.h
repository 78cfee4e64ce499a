/* Answers that are here and not yet decoded: their bodies are long and the driver's turns short.
 * For the files of the engine alone. */
#ifndef CVI_CLIENT_UNREAD_H
#define CVI_CLIENT_UNREAD_H

#include "client/engine_internal.h"

/* Puts the reading of a response off, whose body it takes then: the flight moves to DECODE. False:
 * the body is short or the turn is long, or there is no memory, and nothing has happened. */
bool cvi_unread_put_off(const cvi_engine *engine, cvi_flight *flight, cvi_response *response);

/* The same for what is stored; once it is read it goes on as in cvi_serve, whose parameters these
 * are. */
bool cvi_unread_put_off_stored(const cvi_engine *engine, cvi_flight *flight,
                               const cvi_cached *cached, cv_source source);

/* Whether what the flight reads is an answer to its request, which is worth storing though nobody
 * waits for it any more. */
bool cvi_unread_is_answer(const cvi_flight *flight);

/* The stage DECODE: reads a part, or without bound the rest, after which the flight goes on as if
 * it had been read at once. True: it has moved. */
bool cvi_unread_run(cvi_engine *engine, cvi_flight *flight, cvi_now now);

/* Frees it. None is fine. */
void cvi_unread_drop(cvi_flight *flight);

#endif
