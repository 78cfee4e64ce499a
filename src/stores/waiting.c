/* Owns the table rate_limit_waiting: for each path of a scope the end of the latest lease. A lease
 * is never longer than users wait between two looks, so that one whose client has died, or that is
 * damaged, holds the background back for seconds at most. Callers hold the transaction. */
#include "stores/waiting.h"

#include <string.h>

#include "stores/limits.h"

enum statement { ANNOUNCE, FIND };

#define LONGEST_LEASE_MS (CVI_WAITING_LOOK_MS + CVI_WAITING_SLACK_MS)

static const char *const texts[CVI_WAITING_STATEMENTS] = {
    [ANNOUNCE] = "INSERT INTO main.rate_limit_waiting(scope, resource, boot, boot_ms)"
                 " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(scope, resource) DO UPDATE"
                 " SET boot = excluded.boot, boot_ms = excluded.boot_ms"
                 " WHERE boot <> excluded.boot OR boot_ms < excluded.boot_ms OR boot_ms > ?5",
    [FIND] = "SELECT max(boot_ms) FROM main.rate_limit_waiting WHERE scope = ?1"
             " AND resource IN (?2, '') AND boot = ?3 AND boot_ms > ?4 AND boot_ms <= ?5",
};

void cvi_waiting_init(cvi_waiting *waiting, cvi_db *db, const char *scope) {
    memset(waiting, 0, sizeof(*waiting));
    waiting->sql =
        (cvi_sql){db->connection, db->path, texts, waiting->statements, CVI_WAITING_STATEMENTS};
    waiting->boot = db->clock.boot_id;
    waiting->scope = scope;
}

void cvi_waiting_finalize(cvi_waiting *waiting) {
    cvi_sql_finalize(&waiting->sql);
}

/* Two processes may read the clock and get the lock in different orders. */
static int64_t latest_end_ms(cvi_now now) {
    return now.boot_ms + LONGEST_LEASE_MS + CVI_CLOCK_TOLERANCE_MS;
}

cvi_store_answer cvi_waiting_announce(cvi_waiting *waiting, const char *resource, int64_t wait_ms,
                                      cvi_now now, cv_error *error) {
    int64_t look_ms = wait_ms < CVI_WAITING_LOOK_MS ? wait_ms : CVI_WAITING_LOOK_MS;
    return cvi_sql_run(&waiting->sql, ANNOUNCE,
                       CVI_VALUES(cvi_text(waiting->scope), cvi_text(resource),
                                  cvi_text(waiting->boot),
                                  cvi_integer(now.boot_ms + look_ms + CVI_WAITING_SLACK_MS),
                                  cvi_integer(latest_end_ms(now))),
                       NULL, error);
}

cvi_store_answer cvi_waiting_left_ms(cvi_waiting *waiting, const char *resource, cvi_now now,
                                     int64_t *left_ms, cv_error *error) {
    int64_t end_ms = now.boot_ms;
    cvi_store_answer answer = cvi_sql_read(
        &waiting->sql, FIND,
        CVI_VALUES(cvi_text(waiting->scope), cvi_text(resource), cvi_text(waiting->boot),
                   cvi_integer(now.boot_ms), cvi_integer(latest_end_ms(now))),
        &end_ms, error);
    *left_ms = end_ms - now.boot_ms;
    return answer;
}
