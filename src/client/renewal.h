/* How long answers are kept, and answers that the service confirms instead of sending them again.
 */
#ifndef CVI_CLIENT_RENEWAL_H
#define CVI_CLIENT_RENEWAL_H

#include "client/engine_internal.h"
#include "client/envelope.h"

/* Whether the response confirms what the flight has recalled, or pretends to. */
bool cvi_renewal_is_answer(const cvi_response *response);

/* What such a response comes to: the answer that it confirms, or an error. Takes the response's
 * body, and what was recalled. False: that is unusable, so the whole must be asked for. */
bool cvi_renewal_judge(cvi_flight *flight, cvi_response *response, cvi_finding *finding);

/* Whether a confirmation that was judged can be used. */
bool cvi_renewal_is_useful(const cvi_finding *finding);

/* Notes how the answer that a response brings or confirms is to be kept. */
void cvi_renewal_note(const cvi_engine *engine, cvi_flight *flight, const cvi_response *response);

/* Takes what a claim has recalled. */
void cvi_renewal_recall(cvi_flight *flight, cvi_recalled *recalled);

/* Forgets it. */
void cvi_renewal_forget(cvi_flight *flight);

#endif
