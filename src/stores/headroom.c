/* Owns a handle's memory of its counts. Between two looks rows leave the window, are deleted, or
 * are inserted by anybody; each insertion takes an id above all before, so that what was counted
 * and the ids since then are together an upper bound: where that is below the limit there is room.
 * It is never reason enough to refuse. That ids only grow is AUTOINCREMENT's promise: where the
 * table lacks it nothing is remembered (room.c), and where the highest id has gone back, as in a
 * file put back from a copy, what was remembered is worth nothing. Used under the connection's
 * transaction. */
#include "stores/headroom.h"

#include <string.h>

#include "stores/limits.h"

/* One row may come back if the transaction that counted is undone: the one that it had taken. */
#define UNDONE_ROWS 1

bool cvi_headroom_key_of(const cvi_claim_spec *spec, bool is_background, int64_t look_back_ms,
                         cvi_now now, cvi_headroom_key *key) {
    size_t length = strnlen(spec->resource, sizeof(key->resource));
    if (length == 0 || length == sizeof(key->resource)) {
        return false;
    }
    memset(key, 0, sizeof(*key));
    memcpy(key->resource, spec->resource, length);
    key->is_list = spec->is_list;
    key->is_background = is_background;
    key->look_back_ms = look_back_ms;
    key->boot_ms = now.boot_ms;
    return true;
}

static bool is_same_path(const cvi_headroom_key *a, const cvi_headroom_key *b) {
    return strcmp(a->resource, b->resource) == 0 && a->is_list == b->is_list &&
           a->is_background == b->is_background;
}

static bool is_usable(const cvi_headroom_key *known, const cvi_headroom_key *key) {
    return is_same_path(known, key) && known->look_back_ms == key->look_back_ms &&
           known->boot_ms <= key->boot_ms;
}

int64_t cvi_headroom_most(const cvi_headroom *headroom, const cvi_headroom_key *key,
                          int64_t highest_id) {
    for (size_t i = 0; i < CVI_HEADROOM_COUNTS; i++) {
        const cvi_headroom_count *known = &headroom->counts[i];
        if (is_usable(&known->key, key)) {
            int64_t inserted = highest_id - known->highest_id;
            return inserted < 0 ? INT64_MAX : cvi_time_after(known->count + UNDONE_ROWS, inserted);
        }
    }
    return INT64_MAX;
}

static cvi_headroom_count *place_for(cvi_headroom *headroom, const cvi_headroom_key *key) {
    for (size_t i = 0; i < CVI_HEADROOM_COUNTS; i++) {
        if (is_same_path(&headroom->counts[i].key, key)) {
            return &headroom->counts[i];
        }
    }
    headroom->next = (headroom->next + 1) % CVI_HEADROOM_COUNTS;
    return &headroom->counts[headroom->next];
}

void cvi_headroom_note(cvi_headroom *headroom, const cvi_headroom_key *key, int64_t highest_id,
                       int64_t count) {
    *place_for(headroom, key) = (cvi_headroom_count){*key, highest_id, count};
}
