/* What the service has last said to a key, for all programs on the file. */
#ifndef CVI_STORES_KEY_WORD_H
#define CVI_STORES_KEY_WORD_H

#include "stores/stores.h"

typedef enum cvi_key_state { CVI_KEY_UNKNOWN, CVI_KEY_ACCEPTED, CVI_KEY_REFUSED } cvi_key_state;

/* Reads what is noted for the stores' scope, and when that was (Unix milliseconds). Waits some
 * seconds at most while others hold the file. Any thread. */
cvi_store_answer cvi_stores_read_key(cvi_stores *stores, cvi_key_state *state, int64_t *at_ms,
                                     cv_error *error);

/* Notes it, and forgets what is noted of other keys and no longer of use. Waits likewise. Any
 * thread. */
cvi_store_answer cvi_stores_note_key(cvi_stores *stores, cvi_key_state state, cvi_now now,
                                     cv_error *error);

/* Nothing that is noted is believed for longer. */
#define CVI_KEY_WORD_MAX_MS INT64_C(86400000)

#endif
