/* Answers past their time: who gets one instead of an error, or before the service is asked. */
#ifndef CVI_CLIENT_STALE_H
#define CVI_CLIENT_STALE_H

#include "client/engine_internal.h"
#include "client/lookup.h"

/* What the cache has for a call, past its time or not; `result` NULL: nothing of use, else one
 * reference. BUSY is `lookup`'s; FAILED, with the error: it cannot be read, or there is no memory
 * to decode it. Any thread. */
cvi_store_answer cvi_stale_read(cvi_lookup *lookup, cvi_stores *stores, const cvi_call *call,
                                cvi_now now, cvi_result **result, cvi_provenance *provenance,
                                cv_error *error);

/* Marks what cvi_stale_read has found as given for this reason. */
void cvi_stale_mark(cvi_provenance *provenance, const cv_error *reason, cvi_now now);

/* Why an answer is given that is fetched anew behind the caller's back. */
void cvi_stale_set_pending(cv_error *reason, const cvi_call *call);

/* Whether such a caller takes a stale answer instead of this error. Any thread. */
bool cvi_stale_stands_in(cv_stale stale, cv_code code);

/* The following are the engine's alone. */

/* Lets a passenger go with a stale answer, if it takes one and there is one, else with the error;
 * with that of the cache instead of CV_ERROR_NOT_CACHED, if it cannot be read. False: the cache is
 * locked, and the passenger stays; to be tried again 1 to 2 ms later. */
bool cvi_stale_or_error(cvi_engine *engine, cvi_passenger *passenger, const cv_error *error,
                        cvi_now now);

/* Lets a passenger go with a stale answer, if it takes one and there is one; else it stays. */
void cvi_stale_if_any(cvi_engine *engine, cvi_passenger *passenger, const cv_error *reason,
                      cvi_now now);

/* cvi_stale_or_error for all aboard. */
bool cvi_stale_or_error_all(cvi_engine *engine, cvi_flight *flight, const cv_error *error,
                            cvi_now now);

/* The same for a passenger who can stay no longer, whatever the error. */
void cvi_stale_expire(cvi_engine *engine, cvi_passenger *passenger, const cv_error *error,
                      cvi_now now);

/* Lets those go who take an old answer at once, if there is one. False: nobody went. */
bool cvi_stale_give_old(cvi_engine *engine, cvi_flight *flight, cvi_now now);

#endif
