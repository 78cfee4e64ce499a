/* Users who wait for their turn, announced to the background of all clients on the file. */
#ifndef CVI_STORES_WAITING_H
#define CVI_STORES_WAITING_H

#include "stores/database.h"

enum { CVI_WAITING_STATEMENTS = 2 };

#define CVI_ANY_PATH "" /* who waits for the interval waits for every path */

typedef struct cvi_waiting {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_WAITING_STATEMENTS];
    const char *boot;  /* the clock's boot id */
    const char *scope; /* the owner's */
} cvi_waiting;

/* `db` and `scope` must outlive it. */
void cvi_waiting_init(cvi_waiting *waiting, cvi_db *db, const char *scope);
void cvi_waiting_finalize(cvi_waiting *waiting);

/* These run within a transaction. */

/* Announces users who ask for the path again in `wait_ms`, or earlier to renew it. Nobody takes it
 * back: it ends soon after they have asked. */
cvi_store_answer cvi_waiting_announce(cvi_waiting *waiting, const char *resource, int64_t wait_ms,
                                      cvi_now now, cv_error *error);

/* For how long the background of a path should let others go first; 0: nobody waits. */
cvi_store_answer cvi_waiting_left_ms(cvi_waiting *waiting, const char *resource, cvi_now now,
                                     int64_t *left_ms, cv_error *error);

#endif
