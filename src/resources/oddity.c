/* Owns the chains of oddities. A struct has at most two for each of its rows, so that looking them
 * through is cheap; those of a list are only ever walked in order. */
#include "resources/oddity.h"

cvi_oddity *cvi_oddities_add(cvi_oddities *oddities, size_t place, cvi_arena *arena) {
    cvi_oddity *added = cvi_arena_take(arena, sizeof(*added));
    if (added == NULL) {
        return NULL;
    }
    *added = (cvi_oddity){.place = place};
    if (oddities->first == NULL) {
        oddities->first = added;
    } else {
        oddities->last->next = added;
    }
    oddities->last = added;
    return added;
}

void cvi_oddities_forget(cvi_oddities *oddities, size_t row) {
    cvi_oddities kept = {NULL, NULL};
    cvi_oddity **end = &kept.first;
    for (cvi_oddity *oddity = oddities->first; oddity != NULL; oddity = oddity->next) {
        if (oddity->place != row && oddity->place != CVI_ODDITY_KEY + row) {
            *end = oddity;
            end = &oddity->next;
            kept.last = oddity;
        }
    }
    *end = NULL;
    *oddities = kept;
}

const cvi_oddity *cvi_oddity_at(const cvi_oddity *first, size_t place) {
    const cvi_oddity *oddity = first;
    while (oddity != NULL && oddity->place != place) {
        oddity = oddity->next;
    }
    return oddity;
}
