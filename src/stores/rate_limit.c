/* Owns the rows of the table rate_limits: one for each request admitted. A row counts while
 * now - boot_ms < look-back; only rows stamped with the present boot are compared so, and adopting
 * gives the others their stamp by wall clock, once. Callers hold the transaction. */
#include "stores/rate_limit.h"

#include <string.h>

#include "stores/limits.h"
#include "stores/path_rows.h"
#include "support/allocator.h"

enum statement {
    MAY_ADOPT,
    ADOPT,
    NTH_NEWEST,
    NTH_NEWEST_BACKGROUND,
    NEWEST,
    CONNECTING,
    RECORD,
    TAKE_BACK,
    READ_LOOK_BACK,
    CLEAN_OWN_BOOT,
    CLEAN_OTHERS,
};

/* All boots in the file, at one seek each. */
#define BOOTS                                                                                      \
    "WITH RECURSIVE boots(b) AS (SELECT min(boot) FROM main.rate_limits UNION ALL"                 \
    " SELECT (SELECT min(boot) FROM main.rate_limits WHERE boot > b) FROM boots WHERE b IS NOT NULL) "

/* The first costs four seeks and is nearly always false; the second needs tables of its own. */
#define MAY_ADOPT_TEXT                                                                             \
    "SELECT EXISTS(SELECT 1 FROM main.rate_limits WHERE boot IS NULL AND timestamp > ?3 - ?4)"     \
    " OR EXISTS(SELECT 1 FROM main.rate_limits WHERE boot < ?1)"                                   \
    " OR EXISTS(SELECT 1 FROM main.rate_limits WHERE boot > ?1)"                                   \
    " OR EXISTS(SELECT 1 FROM main.rate_limits WHERE boot = ?1 AND boot_ms > ?2 + ?5)"
#define ADOPT_TEXT                                                                                 \
    BOOTS                                                                                          \
    "UPDATE main.rate_limits SET boot = ?1, boot_ms = ?2 - max(0, ?3 - timestamp) WHERE id IN"     \
    " (SELECT id FROM main.rate_limits WHERE boot IN (SELECT b FROM boots WHERE b <> ?1)"          \
    " AND timestamp > ?3 - ?4"                                                                     \
    " UNION ALL SELECT id FROM main.rate_limits WHERE boot IS NULL AND timestamp > ?3 - ?4"        \
    " UNION ALL SELECT id FROM main.rate_limits WHERE boot = ?1 AND boot_ms > ?2 + ?5)"

static const char users_wait[] = "Users of this file are waiting - they go first";

#define NTH_FROM_NEWEST " ORDER BY boot_ms DESC LIMIT 1 OFFSET ?6"

static const char *const texts[CVI_RATE_LIMIT_STATEMENTS] = {
    [MAY_ADOPT] = MAY_ADOPT_TEXT,
    [ADOPT] = ADOPT_TEXT,
    [NTH_NEWEST] = CVI_PATH_ROWS("boot_ms", "") NTH_FROM_NEWEST,
    [NTH_NEWEST_BACKGROUND] =
        CVI_PATH_ROWS("boot_ms", " AND priority IS NOT 'user'") NTH_FROM_NEWEST,
    [NEWEST] = "SELECT boot_ms FROM main.rate_limits WHERE boot = ?1 AND boot_ms > ?3"
               " AND scope IN (?2, '') AND connecting <= ?4 ORDER BY boot_ms DESC LIMIT 1",
    [CONNECTING] = "SELECT EXISTS(SELECT 1 FROM main.rate_limits WHERE boot = ?1 AND boot_ms > ?3"
                   " AND scope = ?2 AND connecting > 0)",
    [RECORD] =
        "INSERT INTO main.rate_limits(resource, timestamp, priority, scope, boot, boot_ms, connecting)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [TAKE_BACK] = "DELETE FROM main.rate_limits WHERE id = ?1",
    [READ_LOOK_BACK] = "SELECT value FROM main.settings WHERE name = 'longest_look_back_ms'",
    [CLEAN_OWN_BOOT] = "DELETE FROM main.rate_limits WHERE id IN (SELECT id FROM main.rate_limits"
                       " WHERE boot = ?1 AND boot_ms <= ?2 LIMIT ?3)",
    [CLEAN_OTHERS] = BOOTS
    "DELETE FROM main.rate_limits WHERE id IN"
    " (SELECT id FROM main.rate_limits WHERE boot IN (SELECT b FROM boots WHERE b <> ?1)"
    " AND timestamp <= ?2"
    " UNION ALL SELECT id FROM main.rate_limits WHERE boot IS NULL AND timestamp <= ?2 LIMIT ?3)",
};

/* ---- settings ---- */

static int64_t look_back_ms(const cv_rate_limit_settings *settings, int64_t window_ms) {
    int64_t window = cvi_span(window_ms > 0 ? window_ms : settings->window_ms, 0);
    return window + cvi_span(settings->guard_ms, 0);
}

int64_t cvi_rate_limit_longest_ms(const cv_rate_limit_settings *settings) {
    int64_t longest_ms = look_back_ms(settings, 0);
    for (size_t i = 0; i < settings->resource_count; i++) {
        int64_t own_ms = look_back_ms(settings, settings->resources[i].window_ms);
        longest_ms = own_ms > longest_ms ? own_ms : longest_ms;
    }
    if (settings->kind == CV_LIMIT_ADAPTIVE) {
        int64_t shares_ms = cvi_shares_longest_ms(&settings->adaptive);
        longest_ms = shares_ms > longest_ms ? shares_ms : longest_ms;
    }
    int64_t interval_ms = cvi_span(settings->min_interval_ms, 0) + CVI_CONNECTING_KEPT_MS;
    return interval_ms > longest_ms ? interval_ms : longest_ms;
}

static bool copy_paths(cvi_rate_limit *limit, const cv_rate_limit_settings *settings) {
    limit->paths =
        cvi_allocate_array(&limit->allocator, settings->resource_count, sizeof(*limit->paths));
    if (limit->paths == NULL) {
        return false;
    }
    limit->path_count = settings->resource_count;
    for (size_t i = 0; i < limit->path_count; i++) {
        const cv_resource_limit *from = &settings->resources[i];
        cvi_path_limit *path = &limit->paths[i];
        path->resource = cvi_copy_text(&limit->allocator, from->resource, strlen(from->resource));
        path->limit = settings->kind == CV_LIMIT_NONE ? -1 : from->limit;
        path->look_back_ms = look_back_ms(settings, from->window_ms);
        if (path->resource == NULL) {
            return false;
        }
    }
    return true;
}

bool cvi_rate_limit_init(cvi_rate_limit *limit, cvi_db *db, const cv_rate_limit_settings *settings,
                         const char *scope, const char *origin) {
    memset(limit, 0, sizeof(*limit));
    limit->sql =
        (cvi_sql){db->connection, db->path, texts, limit->statements, CVI_RATE_LIMIT_STATEMENTS};
    limit->allocator = db->allocator;
    limit->boot = db->clock.boot_id;
    limit->common.limit = settings->kind == CV_LIMIT_NONE ? -1 : settings->limit;
    limit->common.look_back_ms = look_back_ms(settings, 0);
    limit->guard_ms = cvi_span(settings->guard_ms, 0);
    limit->min_interval_ms = cvi_span(settings->min_interval_ms, 0);
    limit->longest_ms = cvi_rate_limit_longest_ms(settings);
    limit->scope = cvi_copy_text(&limit->allocator, scope, strlen(scope));
    limit->origin = cvi_copy_text(&limit->allocator, origin, strlen(origin));
    limit->is_adaptive = settings->kind == CV_LIMIT_ADAPTIVE;
    cvi_shares_init(&limit->shares, db, &settings->adaptive, limit->scope);
    cvi_waiting_init(&limit->waiting, db, limit->scope);
    cvi_cooldowns_init(&limit->cooldowns, db, limit->scope, limit->origin);
    return limit->scope != NULL && limit->origin != NULL && copy_paths(limit, settings);
}

void cvi_rate_limit_finalize(cvi_rate_limit *limit) {
    cvi_sql_finalize(&limit->sql);
    cvi_shares_finalize(&limit->shares);
    cvi_waiting_finalize(&limit->waiting);
    cvi_cooldowns_finalize(&limit->cooldowns);
    for (size_t i = 0; i < limit->path_count; i++) {
        cvi_release(&limit->allocator, limit->paths[i].resource);
    }
    cvi_release(&limit->allocator, limit->paths);
    cvi_release(&limit->allocator, limit->scope);
    cvi_release(&limit->allocator, limit->origin);
    limit->paths = NULL;
    limit->path_count = 0;
    limit->scope = NULL;
    limit->origin = NULL;
}

/* NULL: the common limit holds. */
static cvi_path_limit *find_path(const cvi_rate_limit *limit, const char *resource) {
    for (size_t i = 0; i < limit->path_count; i++) {
        if (strcmp(limit->paths[i].resource, resource) == 0) {
            return &limit->paths[i];
        }
    }
    return NULL;
}

const cvi_path_limit *cvi_rate_limit_path(const cvi_rate_limit *limit, const char *resource) {
    const cvi_path_limit *own = find_path(limit, resource);
    return own != NULL ? own : &limit->common;
}

static cvi_path_limit *add_path(cvi_rate_limit *limit, const char *resource) {
    char *copy = cvi_copy_text(&limit->allocator, resource, strlen(resource));
    cvi_path_limit *paths = copy == NULL ? NULL
                                         : cvi_reallocate(&limit->allocator, limit->paths,
                                                          (limit->path_count + 1) * sizeof(*paths));
    if (paths == NULL) {
        cvi_release(&limit->allocator, copy);
        return NULL;
    }
    limit->paths = paths;
    paths[limit->path_count].resource = copy;
    return &paths[limit->path_count++];
}

bool cvi_rate_limit_set_path(cvi_rate_limit *limit, const char *resource, int64_t requests,
                             int64_t window_ms) {
    cvi_path_limit *path = find_path(limit, resource);
    if (path == NULL) {
        path = add_path(limit, resource);
    }
    if (path == NULL) {
        return false;
    }
    path->limit = requests;
    path->look_back_ms = window_ms + limit->guard_ms;
    if (path->look_back_ms > limit->longest_ms) {
        limit->longest_ms = path->look_back_ms;
    }
    return true;
}

/* ---- counting ---- */

cvi_store_answer cvi_rate_limit_adopt(cvi_rate_limit *limit, cvi_now now, int64_t *adopted,
                                      cv_error *error) {
    const cvi_value values[] = {cvi_text(limit->boot), cvi_integer(now.boot_ms),
                                cvi_integer(now.wall_ms), cvi_integer(limit->longest_ms),
                                cvi_integer(CVI_CLOCK_TOLERANCE_MS)};
    const size_t count = sizeof(values) / sizeof(values[0]);
    int64_t any = 0;
    *adopted = 0;
    cvi_store_answer answer = cvi_sql_read(&limit->sql, MAY_ADOPT, values, count, &any, error);
    if (answer != CVI_STORE_DONE || any == 0) {
        return answer;
    }
    return cvi_sql_run(&limit->sql, ADOPT, values, count, adopted, error);
}

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

/* Looks for the `most`-th newest row within the look-back: without it there is room (`wait_ms`
 * becomes 0), with it there will be when that row has left. */
static cvi_store_answer wait_for_row(cvi_rate_limit *limit, enum statement nth_newest,
                                     const cvi_claim_spec *spec, int64_t most, cvi_now now,
                                     int64_t *wait_ms, cv_error *error) {
    const cvi_path_limit *path = cvi_rate_limit_path(limit, spec->resource);
    int64_t left_ms = now.boot_ms - path->look_back_ms; /* rows of then have just left */
    int64_t row_ms = left_ms;
    cvi_store_answer answer = cvi_sql_read(
        &limit->sql, nth_newest,
        CVI_VALUES(cvi_text(limit->boot), cvi_text(limit->scope), cvi_text(spec->resource),
                   cvi_integer(left_ms), cvi_integer(spec->is_list ? 1 : 0), cvi_integer(most - 1)),
        &row_ms, error);
    *wait_ms = row_ms > left_ms ? until_old(row_ms, path->look_back_ms, now) : 0;
    return answer;
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
    cvi_store_answer answer = wait_for_row(limit, NTH_NEWEST, spec, most, now, &wait_ms, error);
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
        answer = wait_for_row(limit, NTH_NEWEST_BACKGROUND, spec, share.background_max, now,
                              &wait_ms, error);
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
        &limit->sql, NEWEST,
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
        &limit->sql, CONNECTING,
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
    cvi_cooling cooling;
    cvi_store_answer answer =
        cvi_cooldowns_look(&limit->cooldowns, spec->resource, now, &cooling, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    room->has_written = room->has_written || cooling.has_written;
    room->cooldown_ms = cooling.left_ms;
    room->needs_probe = cooling.needs_probe;
    if (room->wait_ms >= 0) {
        raise_wait(room, cooling.wait_ms, cooling.is_of_all ? CVI_WAIT_BLOCKED : CVI_WAIT_COOLDOWN);
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

static cvi_store_answer announce_user(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                      cvi_now now, cvi_room *room, cv_error *error) {
    if (room->wait_ms <= 0 || spec->only_looks) {
        return CVI_STORE_DONE;
    }
    room->has_written = true;
    bool is_for_all = room->reason == CVI_WAIT_INTERVAL || room->reason == CVI_WAIT_BLOCKED;
    const char *path = is_for_all ? CVI_ANY_PATH : spec->resource;
    return cvi_waiting_announce(&limit->waiting, path, room->wait_ms, now, error);
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
    if (answer != CVI_STORE_DONE || !limit->is_adaptive) {
        return answer;
    }
    return spec->priority == CV_PRIORITY_USER ? announce_user(limit, spec, now, room, error)
                                              : yield_to_users(limit, spec, now, room, error);
}

/* ---- writing ---- */

static cvi_store_answer insert_row(cvi_rate_limit *limit, const cvi_claim_spec *spec, cvi_now now,
                                   int64_t *row_id, cv_error *error) {
    bool is_user = spec->priority == CV_PRIORITY_USER;
    bool connects = spec->readiness == CVI_CONNECTING && limit->min_interval_ms > 0;
    cvi_store_answer answer = cvi_sql_run(
        &limit->sql, RECORD,
        CVI_VALUES(cvi_text(spec->resource), cvi_integer(now.wall_ms),
                   cvi_text(is_user ? "user" : "background"), cvi_text(limit->scope),
                   cvi_text(limit->boot), cvi_integer(now.boot_ms), cvi_integer(connects ? 1 : 0)),
        NULL, error);
    if (answer == CVI_STORE_DONE) {
        *row_id = sqlite3_last_insert_rowid(limit->sql.connection);
    }
    return answer;
}

cvi_store_answer cvi_rate_limit_record(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                       cvi_now now, int64_t *row_id, cv_error *error) {
    const cvi_path_limit *path = cvi_rate_limit_path(limit, spec->resource);
    cvi_store_answer answer = insert_row(limit, spec, now, row_id, error);
    if (answer != CVI_STORE_DONE || !limit->is_adaptive) {
        return answer;
    }
    if (spec->priority == CV_PRIORITY_USER && path->limit > 0) {
        answer = cvi_shares_note_user(&limit->shares, spec, path->look_back_ms, now, error);
    }
    if (answer == CVI_STORE_DONE && spec->users_wait && limit->min_interval_ms > 0) {
        answer =
            cvi_waiting_announce(&limit->waiting, CVI_ANY_PATH, limit->min_interval_ms, now, error);
    }
    return answer;
}

cvi_store_answer cvi_rate_limit_admit(cvi_rate_limit *limit, const cvi_claim_spec *spec,
                                      const cvi_room *room, cvi_now now, int64_t *row_id,
                                      cv_error *error) {
    cvi_store_answer answer = cvi_rate_limit_record(limit, spec, now, row_id, error);
    if (answer != CVI_STORE_DONE || !room->needs_probe) {
        return answer;
    }
    return cvi_cooldowns_probe(&limit->cooldowns, spec->resource, *row_id, now, error);
}

cvi_store_answer cvi_rate_limit_take_back(cvi_rate_limit *limit, int64_t row_id, cv_error *error) {
    cvi_store_answer answer =
        cvi_sql_run(&limit->sql, TAKE_BACK, CVI_VALUES(cvi_integer(row_id)), NULL, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    return cvi_cooldowns_drop_probe(&limit->cooldowns, row_id, error);
}

/* How long rows are kept: what any user of the file has asked for, this one too, and the default
 * window of programs that cannot ask. */
static cvi_store_answer read_kept_ms(cvi_rate_limit *limit, int64_t *kept_ms, cv_error *error) {
    int64_t stored_ms = 0;
    cvi_store_answer answer = cvi_sql_read(&limit->sql, READ_LOOK_BACK, NULL, 0, &stored_ms, error);
    stored_ms = cvi_span(stored_ms, 0);
    *kept_ms = stored_ms > limit->longest_ms ? stored_ms : limit->longest_ms;
    *kept_ms = *kept_ms > CVI_RATE_KEPT_MS ? *kept_ms : CVI_RATE_KEPT_MS;
    return answer;
}

cvi_store_answer cvi_rate_limit_clean(cvi_rate_limit *limit, cvi_now now, int64_t *deleted,
                                      bool *more, cv_error *error) {
    const struct {
        enum statement statement;
        int64_t now_ms;
    } parts[] = {{CLEAN_OWN_BOOT, now.boot_ms}, {CLEAN_OTHERS, now.wall_ms}};
    int64_t kept_ms = 0;
    cvi_store_answer answer = read_kept_ms(limit, &kept_ms, error);
    for (size_t i = 0; answer == CVI_STORE_DONE && i < sizeof(parts) / sizeof(parts[0]); i++) {
        int64_t changes = 0;
        answer =
            cvi_sql_run(&limit->sql, parts[i].statement,
                        CVI_VALUES(cvi_text(limit->boot), cvi_integer(parts[i].now_ms - kept_ms),
                                   cvi_integer(CVI_CLEAN_BATCH)),
                        &changes, error);
        *deleted += changes;
        *more = *more || changes == CVI_CLEAN_BATCH;
    }
    return answer;
}
