/* The limit: a log of admissions, counted exactly, and shared out where that is wanted. */
#ifndef CVI_STORES_RATE_LIMIT_H
#define CVI_STORES_RATE_LIMIT_H

#include "stores/circuit.h"
#include "stores/cooldown.h"
#include "stores/database.h"
#include "stores/headroom.h"
#include "stores/shares.h"
#include "stores/waiting.h"

enum { CVI_RATE_LIMIT_STATEMENTS = 7, CVI_COUNTING_STATEMENTS = 7 };

typedef struct cvi_path_limit {
    char *resource;
    int64_t limit; /* negative: none */
    int64_t look_back_ms;
} cvi_path_limit;

/* What finding room needs, and remembers of it. */
typedef struct cvi_counting {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_COUNTING_STATEMENTS];
    cvi_headroom headroom;
    bool has_looked; /* at what the table is */
    bool ids_grow;   /* no row ever gets an id that another one had: headroom can be used */
} cvi_counting;

typedef struct cvi_rate_limit {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_RATE_LIMIT_STATEMENTS];
    cv_allocator allocator;
    const char *boot; /* the clock's boot id */
    char *scope;
    cvi_path_limit common; /* for paths without a row of their own */
    cvi_path_limit *paths;
    size_t path_count;
    int64_t guard_ms;
    int64_t min_interval_ms; /* 0: none */
    int64_t longest_ms;      /* the longest time back that any answer depends on */
    cvi_counting counting;   /* room.c's */
    bool is_adaptive;
    cvi_shares shares; /* these in use if adaptive */
    cvi_waiting waiting;
    char *origin; /* of the service, whatever the key */
    char *host;   /* of the service, whatever the path below it */
    cvi_cooldowns cooldowns;
    cvi_circuit circuit;
    char *application; /* NULL: it has no name */
    int64_t pid;
} cvi_rate_limit;

/* How far back these settings look at most, over all paths. */
int64_t cvi_rate_limit_longest_ms(const cv_rate_limit_settings *settings);

/* Whose requests are counted, what service they are for, and who writes them down. */
typedef struct cvi_whose {
    const char *scope;
    const char *origin;
    const char *host;
    const char *application; /* NULL: it has no name */
} cvi_whose;

/* `db` must outlive the limit; the texts are copied. False without memory; finalize then frees what
 * there is. */
bool cvi_rate_limit_init(cvi_rate_limit *limit, cvi_db *db, const cv_rate_limit_settings *settings,
                         const cvi_whose *whose);
void cvi_rate_limit_finalize(cvi_rate_limit *limit);

/* The limit that holds for a path. */
const cvi_path_limit *cvi_rate_limit_path(const cvi_rate_limit *limit, const char *resource);

/* Gives a path a limit of its own, or another one. False without memory; nothing has changed then.
 * The caller has the connection, and has seen to it that the file keeps rows for so long. */
bool cvi_rate_limit_set_path(cvi_rate_limit *limit, const char *resource, int64_t requests,
                             int64_t window_ms);

/* Whether a request may leave now. */
typedef struct cvi_room {
    int64_t wait_ms; /* 0: yes; -1: never */
    cvi_wait_reason reason;
    char reason_text[CVI_REASON_SIZE]; /* as in cvi_claim */
    cvi_cooling cooling;               /* what the service's own pauses have to do with it */
    bool has_written;                  /* something for others: keep the transaction */
} cvi_room;

/* All of these run within a transaction. */

/* Stamps the rows of other boots and other programs that still count with this boot's clock, which
 * from then on decides. `adopted` counts them. */
cvi_store_answer cvi_rate_limit_adopt(cvi_rate_limit *limit, cvi_now now, int64_t *adopted,
                                      cv_error *error);

/* Records an admission, and announces the users who wait behind it. */
cvi_store_answer cvi_rate_limit_record(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                       cvi_now now, int64_t *row_id, cv_error *error);

/* The same for one that `room` was found for, which may be the probe of a pause. */
cvi_store_answer cvi_rate_limit_admit(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                      const cvi_room *room, cvi_now now, int64_t *row_id,
                                      cv_error *error);

/* Takes back an admission whose request never left; if it was a probe, the next one is. */
cvi_store_answer cvi_rate_limit_take_back(cvi_rate_limit *limit, int64_t row_id, cv_error *error);

/* Deletes a batch of rows that no user of the file needs. Adds to `deleted`; `more` becomes true if
 * there may be others. */
cvi_store_answer cvi_rate_limit_clean(cvi_rate_limit *limit, cvi_now now, int64_t *deleted,
                                      bool *more, cv_error *error);

#endif
