/* What a handle remembers of its counts, so that not every admission has to walk through the whole
 * window. */
#ifndef CVI_STORES_HEADROOM_H
#define CVI_STORES_HEADROOM_H

#include "stores/stores.h"

enum { CVI_HEADROOM_COUNTS = 128 }; /* each path of the service, twice, and some */

/* What a count depended on. */
typedef struct cvi_headroom_key {
    char resource[CV_RESOURCE_MAX + 1];
    bool is_list;
    bool is_background; /* its requests alone */
    int64_t look_back_ms;
    int64_t boot_ms; /* when; earlier, rows may have counted that had left by then */
} cvi_headroom_key;

typedef struct cvi_headroom_count {
    cvi_headroom_key key; /* its resource "": unused */
    int64_t highest_id;   /* of any row, when it was counted */
    int64_t count;
} cvi_headroom_count;

typedef struct cvi_headroom {
    cvi_headroom_count counts[CVI_HEADROOM_COUNTS]; /* all zero: nothing is known */
    size_t next;                                    /* the one that is given up for another path */
} cvi_headroom;

/* False for a path that is too long to be remembered. */
bool cvi_headroom_key_of(const cvi_claim_spec *spec, bool is_background, int64_t look_back_ms,
                         cvi_now now, cvi_headroom_key *key);

/* At most so many rows count, as far as is known, when `highest_id` is the highest in the file;
 * INT64_MAX: nothing is known. */
int64_t cvi_headroom_most(const cvi_headroom *headroom, const cvi_headroom_key *key,
                          int64_t highest_id);

/* Remembers a count. Every row of the file must bear the stamp of the present boot: another one may
 * get it later, from anybody, and count under an old id. */
void cvi_headroom_note(cvi_headroom *headroom, const cvi_headroom_key *key, int64_t highest_id,
                       int64_t count);

#endif
