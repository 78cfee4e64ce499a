/* What a text says that the members made of it do not: a number where text belongs, a null in a
 * nested struct, a list's item that is no object. Kept beside the members so that a record can be
 * written back as it was received; where nothing is odd, nothing is kept. */
#ifndef CVI_RESOURCES_ODDITY_H
#define CVI_RESOURCES_ODDITY_H

#include <stddef.h>
#include <stdint.h>

#include "resources/table.h"
#include "support/arena.h"

/* Added to the index of a row it is the place of the row's key: its text is the member's name, by
 * which the answer had it though the wire misspells it. */
enum { CVI_ODDITY_KEY = CVI_ROWS_MAX };

/* One place of a struct or list at which its members do not tell everything. Constant once the
 * struct or list is complete. */
typedef struct cvi_oddity {
    struct cvi_oddity *next;         /* of the same struct or list */
    size_t place;                    /* index of the row, or count of the items before */
    const char *text;                /* valid JSON that stands here; NULL: what is here is odd */
    uint64_t absent;                 /* rows of the struct here that the answer did not have */
    const struct cvi_oddity *inside; /* of the struct or list here */
} cvi_oddity;

/* All of one struct, or of one list: there in the order of their places, a text before the item
 * that it precedes. Begins as zeros. */
typedef struct cvi_oddities {
    cvi_oddity *first;
    cvi_oddity *last;
} cvi_oddities;

/* One more, at the end and zero but for its place; NULL without memory. One thread at a time. */
cvi_oddity *cvi_oddities_add(cvi_oddities *oddities, size_t place, cvi_arena *arena);

/* Forgets what was odd at a row of a struct, key and value, as its key has come again. */
void cvi_oddities_forget(cvi_oddities *oddities, size_t row);

/* That at a place of a struct, or NULL. Any thread. */
const cvi_oddity *cvi_oddity_at(const cvi_oddity *first, size_t place);

#endif
