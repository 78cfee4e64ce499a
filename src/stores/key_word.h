/* What the service has last said to a key, for all programs on the file. */
#ifndef CVI_STORES_KEY_WORD_H
#define CVI_STORES_KEY_WORD_H

#include "stores/stores.h"

typedef enum cvi_key_state { CVI_KEY_UNKNOWN, CVI_KEY_ACCEPTED, CVI_KEY_REFUSED } cvi_key_state;

/* For those who may wait while others hold the file; with a patience of 0 they are told BUSY. */
#define CVI_KEY_PATIENCE_MS INT64_C(2000)

/* Reads what is noted for the stores' scope, and when that was (Unix milliseconds). Any thread. */
cvi_store_answer cvi_stores_read_key(cvi_stores *stores, int64_t patience_ms, cvi_key_state *state,
                                     int64_t *at_ms, cv_error *error);

/* Notes what was heard at `at_ms` (Unix milliseconds), unless somebody has heard a later word, and
 * forgets what is noted of other keys and no longer of use. Any thread. */
cvi_store_answer cvi_stores_note_key(cvi_stores *stores, int64_t patience_ms, cvi_key_state state,
                                     int64_t at_ms, cvi_now now, cv_error *error);

/* Nothing that is noted is believed for longer. */
#define CVI_KEY_WORD_MAX_MS INT64_C(86400000)

#endif
