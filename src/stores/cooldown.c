/* Owns the pauses in the table rate_limit_cooldowns; circuit.c counts what begins a host's. A pause
 * ends by the boot clock; one that another boot began, or that is longer than any can be, is
 * stamped anew when it is first seen. The probe is an admission, known by its row id; it holds the
 * others back as long as its owner lives, a bounded time. Callers hold the transaction. */
#include "stores/cooldown.h"

#include <inttypes.h>
#include <string.h>

#include "stores/circuit.h"
#include "stores/limits.h"
#include "support/buffer.h"

#define FIRST_PAUSE_MS  INT64_C(60000)                   /* where the service names no time */
#define LONGEST_PATH_MS INT64_C(3600000)                 /* of one path */
#define LONGEST_ALL_MS  INT64_C(86400000)                /* of everything */
#define PROBE_KEPT_MS   INT64_C(60000)                   /* where nobody will tell */
#define LONGEST_KEPT_MS (LONGEST_ALL_MS + PROBE_KEPT_MS) /* no transfer lasts longer */
#define PROBE_LOOK_MS   INT64_C(250)                     /* who waits for a probe looks so often */
#define MOST_DOUBLINGS  INT64_C(16)

enum { MOST_PAUSES = 3 }; /* that hold back one request */

enum statement { FIND, STAMP, BEGIN_PAUSE, MARK_PROBE, DROP_PROBE, END, LIFT, LIFT_ALL };

/* What a pause holds up; in a row the name in place of its path says which. */
typedef enum reach { OF_PATH, OF_ALL, OF_HOST } reach;

#define COLUMNS                                                                                    \
    "resource, boot = ?4, boot_ms, timestamp,"                                                     \
    " strikes, probe, owner, probe_boot_ms, failures, unreachable"

static const char *const texts[CVI_COOLDOWN_STATEMENTS] = {
    [FIND] = "SELECT " COLUMNS " FROM main.rate_limit_cooldowns WHERE scope = ?1 AND resource = ?2"
             " UNION ALL SELECT " COLUMNS
             " FROM main.rate_limit_cooldowns WHERE scope = ?3 AND resource = '' AND ?2 <> ''"
             " UNION ALL SELECT " COLUMNS
             " FROM main.rate_limit_cooldowns WHERE scope = ?5 AND resource = '*'",
    [STAMP] =
        "UPDATE main.rate_limit_cooldowns SET boot = ?3, boot_ms = ?4, timestamp = ?5, probe = 0"
        " WHERE scope = ?1 AND resource = ?2",
    [BEGIN_PAUSE] =
        "INSERT OR REPLACE INTO main.rate_limit_cooldowns(scope, resource, boot, boot_ms,"
        " timestamp, strikes) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [MARK_PROBE] = "UPDATE main.rate_limit_cooldowns SET probe = ?4, owner = ?5, boot = ?6,"
                   " boot_ms = min(boot_ms, ?7), probe_boot_ms = ?8"
                   " WHERE scope = ?1 AND resource = ?2 OR scope = ?3 AND resource = ''"
                   " OR scope = ?9 AND resource = '*' AND strikes > 0",
    [DROP_PROBE] = "UPDATE main.rate_limit_cooldowns SET probe = 0 WHERE probe = ?1",
    [END] = "DELETE FROM main.rate_limit_cooldowns WHERE probe = ?1",
    [LIFT] = "DELETE FROM main.rate_limit_cooldowns WHERE scope = ?1 AND resource = ?2",
    [LIFT_ALL] = "DELETE FROM main.rate_limit_cooldowns"
                 " WHERE scope = ?1 OR scope = ?2 AND resource = ''",
};

typedef struct pause {
    reach reach;
    bool is_of_this_boot;
    int64_t end_boot_ms;
    int64_t end_wall_ms;
    int64_t strikes; /* of a host: 0 while its failures are only counted */
    int64_t probe;   /* a row id; 0: none */
    int64_t owner;   /* the life of the probe's handle, its bits turned where nobody will tell */
    int64_t probe_end_boot_ms;
    int64_t failures;
    bool is_unreachable;
} pause;

typedef struct pauses {
    pause items[MOST_PAUSES];
    size_t count;
} pauses;

void cvi_cooldowns_init(cvi_cooldowns *cooldowns, cvi_db *db, const char *scope, const char *origin,
                        const char *host) {
    memset(cooldowns, 0, sizeof(*cooldowns));
    cooldowns->sql =
        (cvi_sql){db->connection, db->path, texts, cooldowns->statements, CVI_COOLDOWN_STATEMENTS};
    cooldowns->db = db;
    cooldowns->scope = scope;
    cooldowns->origin = origin;
    cooldowns->host = host;
}

void cvi_cooldowns_finalize(cvi_cooldowns *cooldowns) {
    cvi_sql_finalize(&cooldowns->sql);
}

/* ---- the rows ---- */

static const char *boot_of(const cvi_cooldowns *cooldowns) {
    return cooldowns->db->clock.boot_id;
}

static reach reach_of(const char *name) {
    if (strcmp(name, CVI_ALL_HOST) == 0) {
        return OF_HOST;
    }
    return name[0] == '\0' ? OF_ALL : OF_PATH;
}

static cvi_value host_of(const cvi_cooldowns *cooldowns) {
    return cooldowns->host != NULL ? cvi_text(cooldowns->host) : cvi_null();
}

/* Everything is paused for all keys of a service, a path for one. */
static cvi_value scope_of(const cvi_cooldowns *cooldowns, const char *resource) {
    switch (reach_of(resource)) {
    case OF_HOST:
        return host_of(cooldowns);
    case OF_ALL:
        return cvi_text(cooldowns->origin);
    case OF_PATH:
        break;
    }
    return cvi_text(cooldowns->scope);
}

/* What stands in place of the path in the row of a pause that holds up `resource`. */
static const char *name_of(const pause *held, const char *resource) {
    switch (held->reach) {
    case OF_ALL:
        return CVI_ALL_PATHS;
    case OF_HOST:
        return CVI_ALL_HOST;
    case OF_PATH:
        break;
    }
    return resource;
}

/* More rows than the key allows are those of a damaged file. */
static void take_pause(sqlite3_stmt *row, pauses *found) {
    if (found->count == MOST_PAUSES) {
        return;
    }
    found->items[found->count++] = (pause){
        .reach = reach_of(cvi_sql_column_text(row, 0)),
        .is_of_this_boot = sqlite3_column_int(row, 1) != 0,
        .end_boot_ms = sqlite3_column_int64(row, 2),
        .end_wall_ms = sqlite3_column_int64(row, 3),
        .strikes = sqlite3_column_int64(row, 4),
        .probe = sqlite3_column_int64(row, 5),
        .owner = sqlite3_column_int64(row, 6),
        .probe_end_boot_ms = sqlite3_column_int64(row, 7),
        .failures = sqlite3_column_int64(row, 8),
        .is_unreachable = sqlite3_column_int(row, 9) != 0,
    };
}

/* Those of the path, if it is one, of everything, and of the host. */
static cvi_store_answer find_pauses(cvi_cooldowns *cooldowns, const char *resource, pauses *found,
                                    cv_error *error) {
    sqlite3_stmt *row = NULL;
    found->count = 0;
    cvi_store_answer answer = cvi_sql_start(
        &cooldowns->sql, FIND,
        CVI_VALUES(scope_of(cooldowns, resource), cvi_text(resource), cvi_text(cooldowns->origin),
                   cvi_text(boot_of(cooldowns)), host_of(cooldowns)),
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

static int64_t longest_ms(reach of) {
    static const int64_t longest[] = {
        [OF_PATH] = LONGEST_PATH_MS, [OF_ALL] = LONGEST_ALL_MS, [OF_HOST] = CVI_LONGEST_OPEN_MS};
    return longest[of];
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
    return shorter(left, longest_ms(held->reach));
}

/* ---- looking ---- */

/* From now on this boot's clock decides, and the wall clock may step. */
static cvi_store_answer stamp(cvi_cooldowns *cooldowns, const char *resource, int64_t left,
                              cvi_now now, cv_error *error) {
    return cvi_sql_run(&cooldowns->sql, STAMP,
                       CVI_VALUES(scope_of(cooldowns, resource), cvi_text(resource),
                                  cvi_text(boot_of(cooldowns)), cvi_integer(now.boot_ms + left),
                                  cvi_integer(now.wall_ms + left)),
                       NULL, error);
}

static bool needs_stamp(const pause *held, int64_t left, cvi_now now) {
    return left > 0 && (!held->is_of_this_boot || held->end_boot_ms != now.boot_ms + left);
}

/* Clients tell what came of a probe; who asks by hand may. */
static bool will_be_told(const pause *held) {
    return held->owner >= 0;
}

static int64_t life_of(const pause *held) {
    return will_be_told(held) ? held->owner : ~held->owner;
}

/* Whether the answer of a probe is still to come. */
static bool is_probed(const cvi_cooldowns *cooldowns, const pause *held, cvi_now now) {
    return held->probe != 0 && held->is_of_this_boot &&
           until(held->probe_end_boot_ms, now.boot_ms) <= LONGEST_KEPT_MS &&
           cvi_turn_probe_life(&cooldowns->db->turn, life_of(held)) != CVI_LOCK_TAKEN;
}

static cvi_wait_reason reason_of(const pause *held) {
    static const cvi_wait_reason reasons[] = {
        [OF_PATH] = CVI_WAIT_COOLDOWN, [OF_ALL] = CVI_WAIT_BLOCKED, [OF_HOST] = CVI_WAIT_FAILING};
    bool is_silent = held->reach == OF_HOST && held->is_unreachable;
    return is_silent ? CVI_WAIT_UNREACHABLE : reasons[held->reach];
}

static void raise_wait(cvi_cooling *cooling, const pause *held, int64_t wait_ms) {
    if (wait_ms > cooling->wait_ms) {
        cooling->wait_ms = wait_ms;
        cooling->reason = reason_of(held);
    }
}

/* A pause that is over: somebody tries the service, or is to; or has tried by hand, and lives, and
 * had nothing to say against it. A host that fails is not known to work because nobody says
 * anything; nor is one that a client tries which has been stopped meanwhile. */
static cvi_store_answer look_at_probe(cvi_cooldowns *cooldowns, const char *resource,
                                      const pause *held, cvi_now now, cvi_cooling *cooling,
                                      cv_error *error) {
    int64_t probe_ms = until(held->probe_end_boot_ms, now.boot_ms);
    bool was_silent = (held->reach == OF_HOST || will_be_told(held)) && probe_ms == 0;
    if (was_silent || !is_probed(cooldowns, held, now)) {
        cooling->needs_probe = true;
        return CVI_STORE_DONE;
    }
    if (probe_ms > 0) {
        raise_wait(cooling, held, shorter(probe_ms, PROBE_LOOK_MS));
        return CVI_STORE_DONE;
    }
    cooling->has_written = true;
    return cvi_cooldowns_lift(cooldowns, name_of(held, resource), error);
}

static cvi_store_answer look_at(cvi_cooldowns *cooldowns, const char *resource, const pause *held,
                                cvi_now now, cvi_cooling *cooling, cv_error *error) {
    if (held->reach == OF_HOST) {
        cooling->failures = held->failures;
        if (held->strikes <= 0) {
            return CVI_STORE_DONE;
        }
    }
    int64_t left = left_ms(held, now);
    if (left == 0) {
        return look_at_probe(cooldowns, resource, held, now, cooling, error);
    }
    raise_wait(cooling, held, left);
    cooling->left_ms = left > cooling->left_ms ? left : cooling->left_ms;
    if (!needs_stamp(held, left, now)) {
        return CVI_STORE_DONE;
    }
    cooling->has_written = true;
    return stamp(cooldowns, name_of(held, resource), left, now, error);
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

void cvi_cooling_explain(const cvi_cooling *cooling, char text[CVI_REASON_SIZE]) {
    cvi_buffer out;
    cvi_buffer_over(&out, text, CVI_REASON_SIZE);
    if (cooling->reason == CVI_WAIT_UNREACHABLE || cooling->reason == CVI_WAIT_FAILING) {
        bool is_silent = cooling->reason == CVI_WAIT_UNREACHABLE;
        cvi_buffer_add_format(&out, "the service %s (failures in a row: %" PRId64 ")",
                              is_silent ? "does not answer" : "fails", cooling->failures);
    }
}

/* ---- the probe ---- */

cvi_store_answer cvi_cooldowns_probe(cvi_cooldowns *cooldowns, const char *resource, int64_t row_id,
                                     int64_t told_ms, cvi_now now, cv_error *error) {
    int64_t life = cooldowns->db->turn.life;
    int64_t owner = told_ms > 0 ? life : ~life;
    int64_t kept_ms = told_ms > 0 ? shorter(told_ms, LONGEST_KEPT_MS) : PROBE_KEPT_MS;
    return cvi_sql_run(&cooldowns->sql, MARK_PROBE,
                       CVI_VALUES(cvi_text(cooldowns->scope), cvi_text(resource),
                                  cvi_text(cooldowns->origin), cvi_integer(row_id),
                                  cvi_integer(owner), cvi_text(boot_of(cooldowns)),
                                  cvi_integer(now.boot_ms), cvi_integer(now.boot_ms + kept_ms),
                                  host_of(cooldowns)),
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
static const pause *own_pause(const pauses *found, reach of) {
    for (size_t i = 0; i < found->count; i++) {
        if (found->items[i].reach == of) {
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
    reach of = reach_of(resource);
    cvi_store_answer answer = find_pauses(cooldowns, resource, &found, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    const pause *held = own_pause(&found, of);
    int64_t strikes = strikes_after(held, now);
    int64_t length_ms = asked_ms > 0 ? asked_ms : FIRST_PAUSE_MS << (strikes > 0 ? strikes - 1 : 0);
    int64_t before_ms = held != NULL ? left_ms(held, now) : 0;
    *left = shorter(length_ms > before_ms ? length_ms : before_ms, longest_ms(of));
    return cvi_sql_run(&cooldowns->sql, BEGIN_PAUSE,
                       CVI_VALUES(scope_of(cooldowns, resource), cvi_text(resource),
                                  cvi_text(boot_of(cooldowns)), cvi_integer(now.boot_ms + *left),
                                  cvi_integer(now.wall_ms + *left), cvi_integer(strikes)),
                       NULL, error);
}

cvi_store_answer cvi_cooldowns_lift(cvi_cooldowns *cooldowns, const char *resource,
                                    cv_error *error) {
    return cvi_sql_run(&cooldowns->sql, LIFT,
                       CVI_VALUES(scope_of(cooldowns, resource), cvi_text(resource)), NULL, error);
}

cvi_store_answer cvi_cooldowns_lift_all(cvi_cooldowns *cooldowns, cv_error *error) {
    return cvi_sql_run(&cooldowns->sql, LIFT_ALL,
                       CVI_VALUES(cvi_text(cooldowns->scope), cvi_text(cooldowns->origin)), NULL,
                       error);
}
