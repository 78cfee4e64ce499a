/* Owns the table rate_limit_cooldowns. A pause ends by the boot clock; one that another boot began,
 * or that is longer than any can be, is stamped anew when it is first seen. The probe is an
 * admission, known by its row id; it holds the others back as long as its owner lives, a bounded
 * time. Callers hold the transaction. */
#include "stores/cooldown.h"

#include <string.h>

#include "stores/limits.h"

#define FIRST_PAUSE_MS  INT64_C(60000)    /* where the service names no time */
#define LONGEST_PATH_MS INT64_C(3600000)  /* of one path */
#define LONGEST_ALL_MS  INT64_C(86400000) /* of everything */
#define PROBE_KEPT_MS   INT64_C(60000)    /* longer than a transfer, by default */
#define PROBE_LOOK_MS   INT64_C(250)      /* who waits for a probe looks so often */
#define MOST_DOUBLINGS  INT64_C(16)

enum { MOST_PAUSES = 2 }; /* that hold back one request */

enum statement { FIND, STAMP, BEGIN_PAUSE, MARK_PROBE, DROP_PROBE, END, LIFT, LIFT_ALL };

#define COLUMNS                                                                                    \
    "scope = ?3 AND resource = '', boot = ?4, boot_ms, timestamp, strikes, probe, owner,"          \
    " probe_boot_ms"

static const char *const texts[CVI_COOLDOWN_STATEMENTS] = {
    [FIND] = "SELECT " COLUMNS " FROM main.rate_limit_cooldowns WHERE scope = ?1 AND resource = ?2"
             " UNION ALL SELECT " COLUMNS
             " FROM main.rate_limit_cooldowns WHERE scope = ?3 AND resource = '' AND ?2 <> ''",
    [STAMP] =
        "UPDATE main.rate_limit_cooldowns SET boot = ?3, boot_ms = ?4, timestamp = ?5, probe = 0"
        " WHERE scope = ?1 AND resource = ?2",
    [BEGIN_PAUSE] =
        "INSERT OR REPLACE INTO main.rate_limit_cooldowns(scope, resource, boot, boot_ms,"
        " timestamp, strikes) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [MARK_PROBE] = "UPDATE main.rate_limit_cooldowns SET probe = ?4, owner = ?5, boot = ?6,"
                   " boot_ms = min(boot_ms, ?7), probe_boot_ms = ?8"
                   " WHERE scope = ?1 AND resource = ?2 OR scope = ?3 AND resource = ''",
    [DROP_PROBE] = "UPDATE main.rate_limit_cooldowns SET probe = 0 WHERE probe = ?1",
    [END] = "DELETE FROM main.rate_limit_cooldowns WHERE probe = ?1",
    [LIFT] = "DELETE FROM main.rate_limit_cooldowns WHERE scope = ?1 AND resource = ?2",
    [LIFT_ALL] = "DELETE FROM main.rate_limit_cooldowns"
                 " WHERE scope = ?1 OR scope = ?2 AND resource = ''",
};

typedef struct pause {
    bool is_of_all;
    bool is_of_this_boot;
    int64_t end_boot_ms;
    int64_t end_wall_ms;
    int64_t strikes;
    int64_t probe; /* a row id; 0: none */
    int64_t owner; /* the life of the probe's handle */
    int64_t probe_end_boot_ms;
} pause;

typedef struct pauses {
    pause items[MOST_PAUSES];
    size_t count;
} pauses;

void cvi_cooldowns_init(cvi_cooldowns *cooldowns, cvi_db *db, const char *scope,
                        const char *origin) {
    memset(cooldowns, 0, sizeof(*cooldowns));
    cooldowns->sql =
        (cvi_sql){db->connection, db->path, texts, cooldowns->statements, CVI_COOLDOWN_STATEMENTS};
    cooldowns->db = db;
    cooldowns->scope = scope;
    cooldowns->origin = origin;
}

void cvi_cooldowns_finalize(cvi_cooldowns *cooldowns) {
    cvi_sql_finalize(&cooldowns->sql);
}

/* ---- the rows ---- */

static const char *boot_of(const cvi_cooldowns *cooldowns) {
    return cooldowns->db->clock.boot_id;
}

/* Everything is paused for all keys of a service, a path for one. */
static const char *scope_of(const cvi_cooldowns *cooldowns, const char *resource) {
    return resource[0] == '\0' ? cooldowns->origin : cooldowns->scope;
}

/* More rows than the key allows are those of a damaged file. */
static void take_pause(sqlite3_stmt *row, pauses *found) {
    if (found->count == MOST_PAUSES) {
        return;
    }
    found->items[found->count++] = (pause){
        .is_of_all = sqlite3_column_int(row, 0) != 0,
        .is_of_this_boot = sqlite3_column_int(row, 1) != 0,
        .end_boot_ms = sqlite3_column_int64(row, 2),
        .end_wall_ms = sqlite3_column_int64(row, 3),
        .strikes = sqlite3_column_int64(row, 4),
        .probe = sqlite3_column_int64(row, 5),
        .owner = sqlite3_column_int64(row, 6),
        .probe_end_boot_ms = sqlite3_column_int64(row, 7),
    };
}

/* Those of the path, if it is one, and of everything. */
static cvi_store_answer find_pauses(cvi_cooldowns *cooldowns, const char *resource, pauses *found,
                                    cv_error *error) {
    sqlite3_stmt *row = NULL;
    found->count = 0;
    cvi_store_answer answer =
        cvi_sql_start(&cooldowns->sql, FIND,
                      CVI_VALUES(cvi_text(scope_of(cooldowns, resource)), cvi_text(resource),
                                 cvi_text(cooldowns->origin), cvi_text(boot_of(cooldowns))),
                      &row, error);
    bool more = answer == CVI_STORE_DONE;
    while (more) {
        answer = cvi_sql_next(&cooldowns->sql, row, &more, error);
        if (more) {
            take_pause(row, found);
        }
    }
    return answer;
}

static int64_t longest_ms(bool is_of_all) {
    return is_of_all ? LONGEST_ALL_MS : LONGEST_PATH_MS;
}

static int64_t shorter(int64_t one_ms, int64_t other_ms) {
    return one_ms < other_ms ? one_ms : other_ms;
}

/* How long until then: nothing for a time that has gone by. */
static int64_t until(int64_t end_ms, int64_t now_ms) {
    return cvi_age_ms(end_ms, now_ms);
}

static int64_t left_ms(const pause *held, cvi_now now) {
    int64_t left = held->is_of_this_boot ? until(held->end_boot_ms, now.boot_ms)
                                         : until(held->end_wall_ms, now.wall_ms);
    return shorter(left, longest_ms(held->is_of_all));
}

/* ---- looking ---- */

/* From now on this boot's clock decides, and the wall clock may step. */
static cvi_store_answer stamp(cvi_cooldowns *cooldowns, const char *resource, int64_t left,
                              cvi_now now, cv_error *error) {
    return cvi_sql_run(&cooldowns->sql, STAMP,
                       CVI_VALUES(cvi_text(scope_of(cooldowns, resource)), cvi_text(resource),
                                  cvi_text(boot_of(cooldowns)), cvi_integer(now.boot_ms + left),
                                  cvi_integer(now.wall_ms + left)),
                       NULL, error);
}

static bool needs_stamp(const pause *held, int64_t left, cvi_now now) {
    return left > 0 && (!held->is_of_this_boot || held->end_boot_ms != now.boot_ms + left);
}

/* Whether the answer of a probe is still to come. */
static bool is_probed(const cvi_cooldowns *cooldowns, const pause *held, cvi_now now) {
    return held->probe != 0 && held->is_of_this_boot &&
           until(held->probe_end_boot_ms, now.boot_ms) <= PROBE_KEPT_MS &&
           cvi_turn_probe_life(&cooldowns->db->turn, held->owner) != CVI_LOCK_TAKEN;
}

static void raise_wait(cvi_cooling *cooling, const pause *held, int64_t wait_ms) {
    if (wait_ms > cooling->wait_ms) {
        cooling->wait_ms = wait_ms;
        cooling->is_of_all = held->is_of_all;
    }
}

/* A pause that is over: somebody tries the service, or is to; or has tried, and lives, and had
 * nothing to say against it. */
static cvi_store_answer look_at_probe(cvi_cooldowns *cooldowns, const pause *held, cvi_now now,
                                      cvi_cooling *cooling, cv_error *error) {
    if (!is_probed(cooldowns, held, now)) {
        cooling->needs_probe = true;
        return CVI_STORE_DONE;
    }
    int64_t probe_ms = until(held->probe_end_boot_ms, now.boot_ms);
    if (probe_ms > 0) {
        raise_wait(cooling, held, shorter(probe_ms, PROBE_LOOK_MS));
        return CVI_STORE_DONE;
    }
    cooling->has_written = true;
    return cvi_cooldowns_end(cooldowns, held->probe, error);
}

static cvi_store_answer look_at(cvi_cooldowns *cooldowns, const char *resource, const pause *held,
                                cvi_now now, cvi_cooling *cooling, cv_error *error) {
    int64_t left = left_ms(held, now);
    if (left == 0) {
        return look_at_probe(cooldowns, held, now, cooling, error);
    }
    raise_wait(cooling, held, left);
    cooling->left_ms = left > cooling->left_ms ? left : cooling->left_ms;
    if (!needs_stamp(held, left, now)) {
        return CVI_STORE_DONE;
    }
    cooling->has_written = true;
    return stamp(cooldowns, held->is_of_all ? CVI_ALL_PATHS : resource, left, now, error);
}

cvi_store_answer cvi_cooldowns_look(cvi_cooldowns *cooldowns, const char *resource, cvi_now now,
                                    cvi_cooling *cooling, cv_error *error) {
    pauses found;
    memset(cooling, 0, sizeof(*cooling));
    cvi_store_answer answer = find_pauses(cooldowns, resource, &found, error);
    for (size_t i = 0; answer == CVI_STORE_DONE && i < found.count; i++) {
        answer = look_at(cooldowns, resource, &found.items[i], now, cooling, error);
    }
    return answer;
}

/* ---- the probe ---- */

cvi_store_answer cvi_cooldowns_probe(cvi_cooldowns *cooldowns, const char *resource, int64_t row_id,
                                     cvi_now now, cv_error *error) {
    return cvi_sql_run(&cooldowns->sql, MARK_PROBE,
                       CVI_VALUES(cvi_text(cooldowns->scope), cvi_text(resource),
                                  cvi_text(cooldowns->origin), cvi_integer(row_id),
                                  cvi_integer(cooldowns->db->turn.life),
                                  cvi_text(boot_of(cooldowns)), cvi_integer(now.boot_ms),
                                  cvi_integer(now.boot_ms + PROBE_KEPT_MS)),
                       NULL, error);
}

cvi_store_answer cvi_cooldowns_drop_probe(cvi_cooldowns *cooldowns, int64_t row_id,
                                          cv_error *error) {
    return cvi_sql_run(&cooldowns->sql, DROP_PROBE, CVI_VALUES(cvi_integer(row_id)), NULL, error);
}

cvi_store_answer cvi_cooldowns_end(cvi_cooldowns *cooldowns, int64_t row_id, cv_error *error) {
    return cvi_sql_run(&cooldowns->sql, END, CVI_VALUES(cvi_integer(row_id)), NULL, error);
}

/* ---- beginning and lifting ---- */

/* The pause of exactly this path, or of everything; NULL: none. */
static const pause *own_pause(const pauses *found, bool is_of_all) {
    for (size_t i = 0; i < found->count; i++) {
        if (found->items[i].is_of_all == is_of_all) {
            return &found->items[i];
        }
    }
    return NULL;
}

/* Refusals of requests that were under way together count as one. */
static int64_t strikes_after(const pause *held, cvi_now now) {
    if (held == NULL || held->strikes < 0) {
        return 1;
    }
    int64_t strikes = shorter(held->strikes, MOST_DOUBLINGS);
    return left_ms(held, now) > 0 ? strikes : strikes + 1;
}

cvi_store_answer cvi_cooldowns_begin(cvi_cooldowns *cooldowns, const char *resource,
                                     int64_t asked_ms, cvi_now now, int64_t *left,
                                     cv_error *error) {
    pauses found;
    bool is_of_all = resource[0] == '\0';
    cvi_store_answer answer = find_pauses(cooldowns, resource, &found, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    const pause *held = own_pause(&found, is_of_all);
    int64_t strikes = strikes_after(held, now);
    int64_t length_ms = asked_ms > 0 ? asked_ms : FIRST_PAUSE_MS << (strikes > 0 ? strikes - 1 : 0);
    int64_t before_ms = held != NULL ? left_ms(held, now) : 0;
    *left = shorter(length_ms > before_ms ? length_ms : before_ms, longest_ms(is_of_all));
    return cvi_sql_run(&cooldowns->sql, BEGIN_PAUSE,
                       CVI_VALUES(cvi_text(scope_of(cooldowns, resource)), cvi_text(resource),
                                  cvi_text(boot_of(cooldowns)), cvi_integer(now.boot_ms + *left),
                                  cvi_integer(now.wall_ms + *left), cvi_integer(strikes)),
                       NULL, error);
}

cvi_store_answer cvi_cooldowns_lift(cvi_cooldowns *cooldowns, const char *resource,
                                    cv_error *error) {
    return cvi_sql_run(&cooldowns->sql, LIFT,
                       CVI_VALUES(cvi_text(scope_of(cooldowns, resource)), cvi_text(resource)),
                       NULL, error);
}

cvi_store_answer cvi_cooldowns_lift_all(cvi_cooldowns *cooldowns, cv_error *error) {
    return cvi_sql_run(&cooldowns->sql, LIFT_ALL,
                       CVI_VALUES(cvi_text(cooldowns->scope), cvi_text(cooldowns->origin)), NULL,
                       error);
}
