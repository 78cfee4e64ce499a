/* Whether a request may leave now, and if not, why and how long not. */
#ifndef CVI_STORES_ROOM_H
#define CVI_STORES_ROOM_H

#include "stores/rate_limit.h"

/* For the rate limit that owns it. `db` must outlive it. */
void cvi_counting_init(cvi_counting *counting, cvi_db *db);
void cvi_counting_finalize(cvi_counting *counting);

/* All of these run within a transaction. */

/* Counts; adopt comes first. */
cvi_store_answer cvi_rate_limit_room(cvi_rate_limit *limit, const cvi_claim_spec *spec, cvi_now now,
                                     cvi_room *room, cv_error *error);

/* Announces a user who has to wait, as `room` says. Not for those who only look: whoever does not
 * come back would keep the background waiting for nobody. */
cvi_store_answer cvi_rate_limit_announce(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                         cvi_now now, cvi_room *room, cv_error *error);

/* How the path of `spec` is shared out now; all zero if it is not. `counted->is_new`: keep the
 * transaction. */
cvi_store_answer cvi_rate_limit_share(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                      cvi_now now, cvi_counted *counted, cvi_share *share,
                                      cv_error *error);

#endif
