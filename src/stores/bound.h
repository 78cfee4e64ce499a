/* The bound on what the cache's bodies take: max_bytes. */
#ifndef CVI_STORES_BOUND_H
#define CVI_STORES_BOUND_H

#include "stores/database.h"

enum { CVI_BOUND_STATEMENTS = 5, CVI_BOUND_USES = 512 };

typedef struct cvi_bound {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_BOUND_STATEMENTS];
    int64_t max_bytes;                    /* negative: no bound, nothing is noted */
    _Atomic int64_t uses[CVI_BOUND_USES]; /* rows used and not yet noted in the file; 0: none */
    size_t next_use;                      /* where noting goes on; within a transaction */
} cvi_bound;

/* `db` must outlive the bound. Nothing can fail. */
void cvi_bound_init(cvi_bound *bound, cvi_db *db, int64_t max_bytes);
void cvi_bound_finalize(cvi_bound *bound);

/* Remembers that a row was used, to be noted with a later transaction. Any thread. */
void cvi_bound_note(cvi_bound *bound, const cvi_cached *cached, cvi_now now);

/* What a transaction has just stored: it stays, and where it is large, so is the batch, which must
 * not fall behind. */
typedef struct cvi_just_stored {
    const char *hash; /* "": nothing */
    int64_t bytes;
} cvi_just_stored;

/* Within a transaction: notes some uses in the file, then deletes a batch of the rows that were not
 * used for the longest time, if there is too much. Adds the number of rows touched to `changed`;
 * `more` becomes true if there is more to do. */
cvi_store_answer cvi_bound_hold(cvi_bound *bound, const cvi_just_stored *stored, cvi_now now,
                                int64_t *changed, bool *more, cv_error *error);

/* Within a transaction of its own, before the one that stores so much: deletes what would have to
 * go then, so that neither takes long. */
cvi_store_answer cvi_bound_make_room(cvi_bound *bound, const cvi_just_stored *coming, cvi_now now,
                                     int64_t *changed, cv_error *error);

#endif
