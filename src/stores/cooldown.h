/* Pauses that the service's refusals and failures amount to: one row of the file for each path of a
 * scope, one for all paths of a service, whoever asks, and one for a host whose failures are
 * counted (circuit.h). When a pause is over the first request goes alone, as a probe: its answer
 * ends the pause or prolongs it. */
#ifndef CVI_STORES_COOLDOWN_H
#define CVI_STORES_COOLDOWN_H

#include "stores/database.h"

enum { CVI_COOLDOWN_STATEMENTS = 8 };

#define CVI_ALL_PATHS ""  /* in place of a path: everything of the service */
#define CVI_ALL_HOST  "*" /* likewise: everything of its host, because it fails */

typedef struct cvi_cooldowns {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_COOLDOWN_STATEMENTS];
    const cvi_db *db;
    const char *scope;  /* the owner's */
    const char *origin; /* of the service, whatever the key; the owner's */
    const char *host;   /* whose failures count, the owner's; NULL: they do not */
} cvi_cooldowns;

/* `db` and the texts must outlive it. */
void cvi_cooldowns_init(cvi_cooldowns *cooldowns, cvi_db *db, const char *scope, const char *origin,
                        const char *host);
void cvi_cooldowns_finalize(cvi_cooldowns *cooldowns);

/* What the pauses of a path, of all paths and of the host mean for a request. */
typedef struct cvi_cooling {
    int64_t left_ms;        /* of the longest pause; 0: none, or over */
    int64_t wait_ms;        /* at least left_ms; more while somebody's probe is under way */
    cvi_wait_reason reason; /* of wait_ms */
    int64_t failures;       /* of the host in a row */
    bool needs_probe;       /* whoever is admitted now is the probe */
    bool has_written;       /* something that others should see: keep the transaction */
} cvi_cooling;

/* All of these run within a transaction. */

cvi_store_answer cvi_cooldowns_look(cvi_cooldowns *cooldowns, const char *resource, cvi_now now,
                                    cvi_cooling *cooling, cv_error *error);

/* Why the host is left in peace, in words; "" if something else is the reason of the wait. */
void cvi_cooling_explain(const cvi_cooling *cooling, char text[CVI_REASON_SIZE]);

/* Makes the admission `row_id` the probe of the pauses that are over. Its owner tells what came of
 * it within `told_ms`, or there will be another one; 0: nobody tells, and silence for a minute is a
 * good sign. */
cvi_store_answer cvi_cooldowns_probe(cvi_cooldowns *cooldowns, const char *resource, int64_t row_id,
                                     int64_t told_ms, cvi_now now, cv_error *error);

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
