/* Pauses that the service's refusals amount to: one row of the file for each path of a scope, and
 * one for all paths of a service, whoever asks. When a pause is over the first request goes alone,
 * as a probe: its answer ends the pause or prolongs it. */
#ifndef CVI_STORES_COOLDOWN_H
#define CVI_STORES_COOLDOWN_H

#include "stores/database.h"

enum { CVI_COOLDOWN_STATEMENTS = 8 };

#define CVI_ALL_PATHS "" /* in place of a path: everything of the service */

typedef struct cvi_cooldowns {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_COOLDOWN_STATEMENTS];
    const cvi_db *db;
    const char *scope;  /* the owner's */
    const char *origin; /* of the service, whatever the key; the owner's */
} cvi_cooldowns;

/* `db`, `scope` and `origin` must outlive it. */
void cvi_cooldowns_init(cvi_cooldowns *cooldowns, cvi_db *db, const char *scope,
                        const char *origin);
void cvi_cooldowns_finalize(cvi_cooldowns *cooldowns);

/* What the pauses of a path and of all paths mean for a request. */
typedef struct cvi_cooling {
    int64_t left_ms;  /* of the longer pause; 0: none, or over */
    int64_t wait_ms;  /* at least left_ms; more while somebody's probe is under way */
    bool is_of_all;   /* the longer wait is that of all paths */
    bool needs_probe; /* whoever is admitted now is the probe */
    bool has_written; /* something that others should see: keep the transaction */
} cvi_cooling;

/* All of these run within a transaction. */

cvi_store_answer cvi_cooldowns_look(cvi_cooldowns *cooldowns, const char *resource, cvi_now now,
                                    cvi_cooling *cooling, cv_error *error);

/* Makes the admission `row_id` the probe of the pauses that are over. */
cvi_store_answer cvi_cooldowns_probe(cvi_cooldowns *cooldowns, const char *resource, int64_t row_id,
                                     cvi_now now, cv_error *error);

/* The probe has not learned anything: the next request is one. Nothing happens if it was none. */
cvi_store_answer cvi_cooldowns_drop_probe(cvi_cooldowns *cooldowns, int64_t row_id,
                                          cv_error *error);

/* The service has answered the probe: its pauses are over. Nothing happens if it was none. */
cvi_store_answer cvi_cooldowns_end(cvi_cooldowns *cooldowns, int64_t row_id, cv_error *error);

/* The service has refused: begins a pause of `resource` (CVI_ALL_PATHS: of everything), or prolongs
 * it. `asked_ms` is what the service asked for; 0: nothing, and each pause in a row is twice as
 * long as the one before. `left_ms` is what it came to. */
cvi_store_answer cvi_cooldowns_begin(cvi_cooldowns *cooldowns, const char *resource,
                                     int64_t asked_ms, cvi_now now, int64_t *left_ms,
                                     cv_error *error);

/* Forgets the pause of a path (CVI_ALL_PATHS: that of everything). */
cvi_store_answer cvi_cooldowns_lift(cvi_cooldowns *cooldowns, const char *resource,
                                    cv_error *error);

/* Forgets every pause of the scope, and that of everything. */
cvi_store_answer cvi_cooldowns_lift_all(cvi_cooldowns *cooldowns, cv_error *error);

#endif
