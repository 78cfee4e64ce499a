/* Giving what is stored to those aboard a flight. For the files of the engine alone. */
#ifndef CVI_CLIENT_SERVING_H
#define CVI_CLIENT_SERVING_H

#include "client/engine_internal.h"
#include "client/envelope.h"

/* Gives a stored body, or what it means, to those aboard: CV_SOURCE_CACHE to all for whom it is
 * young enough, CV_SOURCE_SHARED to everybody. Then moves the flight: on, if nobody is left; from
 * anywhere but LOOKUP to CLAIM, if the body is unusable; where it is, for those who want something
 * younger; to DECODE, if the body is long and the turn short. Takes the body. */
void cvi_serve(cvi_engine *engine, cvi_flight *flight, const cvi_cached *cached, cv_source source,
               cvi_now now);

/* The same once the body is judged; takes the result. Of `cached` the body is no matter. */
void cvi_serve_finding(cvi_engine *engine, cvi_flight *flight, const cvi_finding *finding,
                       const cvi_cached *cached, cv_source source, cvi_now now);

typedef enum cvi_look { CVI_LOOK_SERVED, CVI_LOOK_LOCKED, CVI_LOOK_MISSED } cvi_look;

/* Looks into the cache for those aboard, and serves them with what it has, of which the body is
 * read only if the client has not got it in memory; or for a check of the key with what is known of
 * that. What cannot be read is missed, with the error; CV_OK otherwise. */
cvi_look cvi_serve_from_cache(cvi_engine *engine, cvi_flight *flight, cvi_now now,
                              cv_error *failure);

#endif
