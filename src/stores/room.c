/* Owns the answer whether a request may leave now: it needs room under the limit and, in the
 * background, under its share; its turn after the interval; a service that wants requests; and no
 * users who wait. Each may make it wait, and the longest wait is told. Callers hold the
 * transaction, in which rows of others have been adopted. */
#include "stores/room.h"

#include <string.h>

#include "stores/limits.h"
#include "stores/path_rows.h"

enum statement {
    NEWEST_ROWS,
    NEWEST_BACKGROUND_ROWS,
    HIGHEST_ID,
    IDS_GROW,
    ANY_WITHOUT_STAMP,
    NEWEST,
    CONNECTING,
};

static const char users_wait[] = "Users of this file are waiting - they go first";

/* How many of the ?6 newest rows there are, and the last of those. */
#define NEWEST_OF(rows)                                                                            \
    "SELECT count(*), min(boot_ms) FROM (" rows " ORDER BY boot_ms DESC LIMIT ?6)"

static const char *const texts[CVI_COUNTING_STATEMENTS] = {
    [NEWEST_ROWS] = NEWEST_OF(CVI_PATH_ROWS("boot_ms", "")),
    [NEWEST_BACKGROUND_ROWS] = NEWEST_OF(CVI_PATH_ROWS("boot_ms", " AND priority IS NOT 'user'")),
    [HIGHEST_ID] = "SELECT max(id) FROM main.rate_limits",
    [IDS_GROW] = "SELECT EXISTS(SELECT 1 FROM main.sqlite_schema WHERE type = 'table'"
                 " AND name = 'rate_limits' AND sql LIKE '%AUTOINCREMENT%')",
    [ANY_WITHOUT_STAMP] = "SELECT EXISTS(SELECT 1 FROM main.rate_limits WHERE boot IS NULL)"
                          " OR EXISTS(SELECT 1 FROM main.rate_limits WHERE boot < ?1)"
                          " OR EXISTS(SELECT 1 FROM main.rate_limits WHERE boot > ?1)",
    [NEWEST] = "SELECT boot_ms FROM main.rate_limits WHERE boot = ?1 AND boot_ms > ?3"
               " AND scope IN (?2, '') AND connecting <= ?4 ORDER BY boot_ms DESC LIMIT 1",
    [CONNECTING] = "SELECT EXISTS(SELECT 1 FROM main.rate_limits WHERE boot = ?1 AND boot_ms > ?3"
                   " AND scope = ?2 AND connecting > 0)",
};

void cvi_counting_init(cvi_counting *counting, cvi_db *db) {
    memset(counting, 0, sizeof(*counting));
    counting->sql =
        (cvi_sql){db->connection, db->path, texts, counting->statements, CVI_COUNTING_STATEMENTS};
}

void cvi_counting_finalize(cvi_counting *counting) {
    cvi_sql_finalize(&counting->sql);
}

/* ---- the limit ---- */

/* How long until a row of `row_ms` is `span_ms` old. */
static int64_t until_old(int64_t row_ms, int64_t span_ms, cvi_now now) {
    return row_ms - now.boot_ms + span_ms;
}

/* The longest wait is told. */
static void raise_wait(cvi_room *room, int64_t wait_ms, cvi_wait_reason reason) {
    if (wait_ms > room->wait_ms) {
        room->wait_ms = wait_ms;
        room->reason = reason;
        room->reason_text[0] = '\0';
    }
}

typedef struct newest_rows {
    int64_t count;
    int64_t last_boot_ms; /* of the oldest among them */
} newest_rows;

static cvi_store_answer find_newest(cvi_rate_limit *limit, enum statement newest,
                                    const cvi_claim_spec *spec, int64_t most, int64_t after_ms,
                                    newest_rows *rows, cv_error *error) {
    sqlite3_stmt *row = NULL;
    bool found = false;
    *rows = (newest_rows){0, 0};
    cvi_store_answer answer = cvi_sql_start(
        &limit->counting.sql, newest,
        CVI_VALUES(cvi_text(limit->boot), cvi_text(limit->scope), cvi_text(spec->resource),
                   cvi_integer(after_ms), cvi_integer(spec->is_list ? 1 : 0), cvi_integer(most)),
        &row, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(&limit->counting.sql, row, &found, error);
    }
    if (found) {
        *rows = (newest_rows){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)};
        cvi_sql_finish(row);
    }
    return answer;
}

/* Looks for the `most`-th newest row within the look-back: without it there is room (`wait_ms`
 * becomes 0), with it there will be when that row has left. `count`: the rows up to it. */
static cvi_store_answer wait_for_row(cvi_rate_limit *limit, enum statement newest,
                                     const cvi_claim_spec *spec, int64_t most, cvi_now now,
                                     int64_t *count, int64_t *wait_ms, cv_error *error) {
    const cvi_path_limit *path = cvi_rate_limit_path(limit, spec->resource);
    int64_t left_ms = now.boot_ms - path->look_back_ms; /* rows of then have just left */
    newest_rows rows;
    cvi_store_answer answer = find_newest(limit, newest, spec, most, left_ms, &rows, error);
    *count = rows.count;
    *wait_ms = rows.count >= most ? until_old(rows.last_boot_ms, path->look_back_ms, now) : 0;
    return answer;
}

/* A table of another program's making may give ids again. */
static cvi_store_answer look_at_ids(cvi_counting *counting, cv_error *error) {
    int64_t grow = 0;
    if (counting->has_looked) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = cvi_sql_read(&counting->sql, IDS_GROW, NULL, 0, &grow, error);
    counting->has_looked = answer == CVI_STORE_DONE;
    counting->ids_grow = grow != 0;
    return answer;
}

/* Whether what is known of the last count says that there is room. */
static cvi_store_answer knows_room(cvi_counting *counting, const cvi_headroom_key *key,
                                   int64_t most, int64_t *highest_id, bool *has_room,
                                   cv_error *error) {
    cvi_store_answer answer = look_at_ids(counting, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_read(&counting->sql, HIGHEST_ID, NULL, 0, highest_id, error);
    }
    *has_room = answer == CVI_STORE_DONE && counting->ids_grow &&
                cvi_headroom_most(&counting->headroom, key, *highest_id) < most;
    return answer;
}

/* One that was cut off at `most` is not worth knowing; nor one beside rows without a stamp. */
static cvi_store_answer remember_count(cvi_rate_limit *limit, const cvi_headroom_key *key,
                                       int64_t highest_id, int64_t count, cv_error *error) {
    cvi_counting *counting = &limit->counting;
    int64_t strangers = 0;
    cvi_store_answer answer = cvi_sql_read(&counting->sql, ANY_WITHOUT_STAMP,
                                           CVI_VALUES(cvi_text(limit->boot)), &strangers, error);
    if (answer == CVI_STORE_DONE && strangers == 0) {
        cvi_headroom_note(&counting->headroom, key, highest_id, count);
    }
    return answer;
}

/* Counts, unless there is known to be room. */
static cvi_store_answer wait_for_count(cvi_rate_limit *limit, bool is_background,
                                       const cvi_claim_spec *spec, int64_t most, cvi_now now,
                                       int64_t *wait_ms, cv_error *error) {
    int64_t highest_id = 0;
    int64_t count = 0;
    bool has_room = false;
    cvi_headroom_key key;
    int64_t look_back_ms = cvi_rate_limit_path(limit, spec->resource)->look_back_ms;
    bool has_key = cvi_headroom_key_of(spec, is_background, look_back_ms, now, &key);
    cvi_store_answer answer = CVI_STORE_DONE;
    *wait_ms = 0;
    if (has_key) {
        answer = knows_room(&limit->counting, &key, most, &highest_id, &has_room, error);
    }
    if (answer != CVI_STORE_DONE || has_room) {
        return answer;
    }
    answer = wait_for_row(limit, is_background ? NEWEST_BACKGROUND_ROWS : NEWEST_ROWS, spec, most,
                          now, &count, wait_ms, error);
    if (answer != CVI_STORE_DONE || !has_key || count >= most) {
        return answer;
    }
    return remember_count(limit, &key, highest_id, count, error);
}

/* A path without a limit has room, one with a limit of 0 never. */
static cvi_store_answer wait_for_limit(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                       int64_t most, cvi_now now, cvi_room *room, cv_error *error) {
    int64_t wait_ms = 0;
    if (most < 0) {
        return CVI_STORE_DONE;
    }
    if (most == 0) {
        room->wait_ms = -1;
        room->reason = CVI_WAIT_LIMIT;
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = wait_for_count(limit, false, spec, most, now, &wait_ms, error);
    raise_wait(room, wait_ms, CVI_WAIT_LIMIT);
    return answer;
}

cvi_store_answer cvi_rate_limit_share(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                      cvi_now now, cvi_counted *counted, cvi_share *share,
                                      cv_error *error) {
    const cvi_path_limit *path = cvi_rate_limit_path(limit, spec->resource);
    memset(counted, 0, sizeof(*counted));
    memset(share, 0, sizeof(*share));
    if (!limit->is_adaptive || path->limit <= 0) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer =
        cvi_shares_count(&limit->shares, spec, path->look_back_ms, now, counted, error);
    if (answer == CVI_STORE_DONE) {
        cvi_adaptive_share(&limit->shares.settings, path->limit, &counted->activity, share);
    }
    return answer;
}

/* Holds the background to its share: until the row leaves that fills it, or the share is calculated
 * anew, whichever is earlier. */
static cvi_store_answer wait_for_share(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                       cvi_now now, cvi_room *room, cv_error *error) {
    cvi_counted counted;
    cvi_share share;
    cvi_store_answer answer = cvi_rate_limit_share(limit, spec, now, &counted, &share, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    room->has_written = counted.is_new;
    int64_t wait_ms = counted.valid_ms;
    if (!share.background_paused && share.background_max > 0) {
        answer = wait_for_count(limit, true, spec, share.background_max, now, &wait_ms, error);
    }
    wait_ms = wait_ms < counted.valid_ms ? wait_ms : counted.valid_ms;
    if (answer == CVI_STORE_DONE && wait_ms > room->wait_ms) {
        raise_wait(room, wait_ms, CVI_WAIT_SHARE);
        memcpy(room->reason_text, share.reason, sizeof(room->reason_text));
    }
    return answer;
}

static cvi_store_answer wait_for_room(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                      cvi_now now, cvi_room *room, cv_error *error) {
    const cvi_path_limit *path = cvi_rate_limit_path(limit, spec->resource);
    cvi_store_answer answer = wait_for_limit(limit, spec, path->limit, now, room, error);
    bool is_shared = limit->is_adaptive && path->limit > 0;
    if (answer != CVI_STORE_DONE || !is_shared || spec->priority == CV_PRIORITY_USER) {
        return answer;
    }
    return wait_for_share(limit, spec, now, room, error);
}

/* Counts from the newest row. One whose connection is ready does not count those that still
 * connect: they must come here again before they send. */
static cvi_store_answer wait_for_interval(cvi_rate_limit *limit, cvi_readiness readiness,
                                          cvi_now now, cvi_room *room, cv_error *error) {
    int64_t earliest_ms = now.boot_ms - limit->min_interval_ms;
    int64_t newest_ms = earliest_ms;
    cvi_store_answer answer = cvi_sql_read(
        &limit->counting.sql, NEWEST,
        CVI_VALUES(cvi_text(limit->boot), cvi_text(limit->scope), cvi_integer(earliest_ms),
                   cvi_integer(readiness == CVI_READY_NOW ? 0 : 1)),
        &newest_ms, error);
    raise_wait(room, until_old(newest_ms, limit->min_interval_ms, now), CVI_WAIT_INTERVAL);
    return answer;
}

/* A slow connection would be overtaken for ever by those that have one: new admissions wait for it,
 * a bounded time. */
static cvi_store_answer wait_for_connecting(cvi_rate_limit *limit, cvi_now now, cvi_room *room,
                                            cv_error *error) {
    int64_t connecting = 0;
    cvi_store_answer answer = cvi_sql_read(
        &limit->counting.sql, CONNECTING,
        CVI_VALUES(cvi_text(limit->boot), cvi_text(limit->scope),
                   cvi_integer(now.boot_ms - limit->min_interval_ms - CVI_CONNECTING_KEPT_MS)),
        &connecting, error);
    if (connecting != 0) {
        raise_wait(room, CVI_CONNECTING_LOOK_MS, CVI_WAIT_INTERVAL);
    }
    return answer;
}

static cvi_store_answer wait_for_turn(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                      cvi_now now, cvi_room *room, cv_error *error) {
    if (room->wait_ms < 0 || limit->min_interval_ms == 0) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer = wait_for_interval(limit, spec->readiness, now, room, error);
    if (answer == CVI_STORE_DONE && spec->readiness != CVI_READY_NOW && room->wait_ms == 0) {
        answer = wait_for_connecting(limit, now, room, error);
    }
    return answer;
}

/* What the service asked for holds whatever the limits are, CV_LIMIT_NONE included. */
static cvi_store_answer wait_for_service(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                         cvi_now now, cvi_room *room, cv_error *error) {
    cvi_cooling *cooling = &room->cooling;
    cvi_store_answer answer =
        cvi_cooldowns_look(&limit->cooldowns, spec->resource, now, cooling, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    room->has_written = room->has_written || cooling->has_written;
    if (room->wait_ms >= 0 && cooling->wait_ms > room->wait_ms) {
        raise_wait(room, cooling->wait_ms, cooling->reason);
        cvi_cooling_explain(cooling, room->reason_text);
    }
    return CVI_STORE_DONE;
}

/* Lets users of any client go first who are waiting for what the background could have now. One
 * that was admitted before they came, and has connected meanwhile, goes. */
static cvi_store_answer yield_to_users(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                       cvi_now now, cvi_room *room, cv_error *error) {
    int64_t left_ms = 0;
    if (room->wait_ms != 0 || spec->readiness == CVI_READY_NOW) {
        return CVI_STORE_DONE;
    }
    cvi_store_answer answer =
        cvi_waiting_left_ms(&limit->waiting, spec->resource, now, &left_ms, error);
    if (answer == CVI_STORE_DONE && left_ms > 0) {
        raise_wait(room, left_ms, CVI_WAIT_SHARE);
        memcpy(room->reason_text, users_wait, sizeof(users_wait));
    }
    return answer;
}

cvi_store_answer cvi_rate_limit_room(cvi_rate_limit *limit, const cvi_claim_spec *spec, cvi_now now,
                                     cvi_room *room, cv_error *error) {
    memset(room, 0, sizeof(*room));
    cvi_store_answer answer = wait_for_room(limit, spec, now, room, error);
    if (answer == CVI_STORE_DONE) {
        answer = wait_for_turn(limit, spec, now, room, error);
    }
    if (answer == CVI_STORE_DONE) {
        answer = wait_for_service(limit, spec, now, room, error);
    }
    if (answer != CVI_STORE_DONE || !limit->is_adaptive || spec->priority == CV_PRIORITY_USER) {
        return answer;
    }
    return yield_to_users(limit, spec, now, room, error);
}

cvi_store_answer cvi_rate_limit_announce(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                         cvi_now now, cvi_room *room, cv_error *error) {
    if (!limit->is_adaptive || spec->priority != CV_PRIORITY_USER || room->wait_ms <= 0) {
        return CVI_STORE_DONE;
    }
    room->has_written = true;
    const char *path = cvi_wait_is_for_all(room->reason) ? CVI_ANY_PATH : spec->resource;
    return cvi_waiting_announce(&limit->waiting, path, room->wait_ms, now, error);
}
