/* What the engine says about itself: events for those aboard, lines for the log. For the files of
 * the engine alone. Where nobody wants to know, each of these is a test of a pointer. */
#ifndef CVI_CLIENT_TELLING_H
#define CVI_CLIENT_TELLING_H

#include "client/engine_internal.h"

/* Why and until when a flight waits. */
typedef struct cvi_wait {
    const char *words;    /* static text; the same words are the same reason */
    const char *text;     /* what follows them */
    int64_t ends_boot_ms; /* CVI_NEVER: not known */
    int64_t place;        /* in the line, from 1; 0: there is none */
} cvi_wait;

/* Others have asked for the same before this passenger did. */
void cvi_tell_joined(cvi_engine *engine, cvi_passenger *passenger);

/* Another client works on it: so has everybody aboard joined, who had not yet. */
void cvi_tell_watch(cvi_engine *engine, const cvi_flight *flight);

/* The flight waits. Told to those aboard for whom that, its reason or its end is new. */
void cvi_tell_wait(cvi_engine *engine, const cvi_flight *flight, const cvi_wait *wait, cvi_now now);

/* The database is locked; told when that has gone on for longer than others usually need. */
void cvi_tell_lock(cvi_engine *engine, const cvi_flight *flight, cvi_now now);

/* A request leaves. */
void cvi_tell_sent(cvi_engine *engine, const cvi_flight *flight);

/* What came of it, for the log. */
void cvi_tell_response(cvi_engine *engine, const cvi_flight *flight, const cvi_response *response,
                       cvi_now now);

/* The last try has failed, and the next one comes when its time has. Told to those aboard for whom
 * that is new. */
void cvi_tell_retry(cvi_engine *engine, const cvi_flight *flight, cvi_now now);

/* The flight's failure has made the service's path (or all) pause. Told once for each answer. */
void cvi_tell_cooldown(cvi_engine *engine, cvi_flight *flight, int64_t pause_ms, cvi_now now);

/* The stores have failed at a duty, mostly one that fails no request; `label` says for what, or is
 * NULL. The log hears of each duty once in a while. */
void cvi_tell_failure(cvi_engine *engine, cvi_duty duty, const char *label, const cv_error *failure,
                      cvi_now now);

#endif
