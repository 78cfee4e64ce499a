/* The circuit of a host: how often in a row it has failed, as all programs on the file have seen
 * it. From a number of failures on it is left in peace, which is a pause like those that it asks
 * for: one request tries whether it is over. */
#ifndef CVI_STORES_CIRCUIT_H
#define CVI_STORES_CIRCUIT_H

#include "stores/database.h"

enum { CVI_CIRCUIT_STATEMENTS = 5 };

#define CVI_LONGEST_OPEN_MS INT64_C(300000) /* a host is left in peace at most so long */

typedef struct cvi_circuit {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_CIRCUIT_STATEMENTS];
    const cvi_db *db;
    const char *host;     /* the owner's */
    int64_t failures_max; /* in a row; 0: they do not count */
    int64_t open_ms;      /* the first pause */
} cvi_circuit;

/* `db` and `host` must outlive it. */
void cvi_circuit_init(cvi_circuit *circuit, cvi_db *db, const cv_rate_limit_settings *settings,
                      const char *host);
void cvi_circuit_finalize(cvi_circuit *circuit);

/* All of these run within a transaction. */

/* A request has failed, which was the probe `probe` (0: none). Enough failures in a row begin a
 * pause; after that only its probes prolong it, each to twice the length. `pause_ms` is how long
 * one is that has begun or been prolonged, 0 if none has. */
cvi_store_answer cvi_circuit_fail(cvi_circuit *circuit, bool is_unreachable, int64_t probe,
                                  cvi_now now, int64_t *pause_ms, cv_error *error);

/* The host has answered: it has failed no times in a row. A pause that has begun ends with the
 * answer to its probe alone. */
cvi_store_answer cvi_circuit_succeed(cvi_circuit *circuit, int64_t probe, cv_error *error);

/* Forgets all failures, and ends the pause. */
cvi_store_answer cvi_circuit_close(cvi_circuit *circuit, cv_error *error);

#endif
