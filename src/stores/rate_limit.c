/* Owns the rows of the table rate_limits: one for each request admitted. A row counts while
 * now - boot_ms < look-back; only rows stamped with the present boot are compared so, and adopting
 * gives the others their stamp by wall clock, once. Callers hold the transaction. */
#include "stores/rate_limit.h"

#include <string.h>

#include "stores/limits.h"
#include "stores/room.h"
#include "support/allocator.h"
#include "support/platform.h"

enum statement {
    MAY_ADOPT,
    ADOPT,
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

/* Rows later than this may count for some user of the file, if not for this one; they are stamped
 * by whoever sees them first, as their wall time is worth less the later one looks. */
#define NEEDED_FROM                                                                                \
    "?3 - max(?4, coalesce((SELECT value FROM main.settings WHERE name = 'longest_look_back_ms'"   \
    " AND typeof(value) = 'integer'), 0))"

/* The first costs five seeks and is nearly always false; the second needs tables of its own. */
#define MAY_ADOPT_TEXT                                                                             \
    "SELECT EXISTS(SELECT 1 FROM main.rate_limits WHERE boot IS NULL AND timestamp > " NEEDED_FROM \
    ")"                                                                                            \
    " OR EXISTS(SELECT 1 FROM main.rate_limits WHERE boot < ?1)"                                   \
    " OR EXISTS(SELECT 1 FROM main.rate_limits WHERE boot > ?1)"                                   \
    " OR EXISTS(SELECT 1 FROM main.rate_limits WHERE boot = ?1 AND boot_ms > ?2 + ?5)"
#define ADOPT_TEXT                                                                                 \
    BOOTS                                                                                          \
    "UPDATE main.rate_limits SET boot = ?1, boot_ms = ?2 - max(0, ?3 - timestamp) WHERE id IN"     \
    " (SELECT id FROM main.rate_limits WHERE boot IN (SELECT b FROM boots WHERE b <> ?1)"          \
    " AND timestamp > " NEEDED_FROM                                                                \
    " UNION ALL SELECT id FROM main.rate_limits WHERE boot IS NULL AND timestamp > " NEEDED_FROM   \
    " UNION ALL SELECT id FROM main.rate_limits WHERE boot = ?1 AND boot_ms > ?2 + ?5)"

static const char *const texts[CVI_RATE_LIMIT_STATEMENTS] = {
    [MAY_ADOPT] = MAY_ADOPT_TEXT,
    [ADOPT] = ADOPT_TEXT,
    [RECORD] =
        "INSERT INTO main.rate_limits(resource, timestamp, priority, scope, boot, boot_ms, connecting,"
        " application, pid) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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

static bool copy_whose(cvi_rate_limit *limit, const cvi_whose *whose) {
    limit->scope = cvi_copy_text(&limit->allocator, whose->scope, strlen(whose->scope));
    limit->origin = cvi_copy_text(&limit->allocator, whose->origin, strlen(whose->origin));
    limit->host = cvi_copy_text(&limit->allocator, whose->host, strlen(whose->host));
    bool has_name = whose->application != NULL && whose->application[0] != '\0';
    if (has_name) {
        limit->application =
            cvi_copy_text(&limit->allocator, whose->application, strlen(whose->application));
    }
    limit->pid = cvi_process_id();
    return limit->scope != NULL && limit->origin != NULL && limit->host != NULL &&
           (limit->application != NULL || !has_name);
}

bool cvi_rate_limit_init(cvi_rate_limit *limit, cvi_db *db, const cv_rate_limit_settings *settings,
                         const cvi_whose *whose) {
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
    bool is_copied = copy_whose(limit, whose);
    limit->is_adaptive = settings->kind == CV_LIMIT_ADAPTIVE;
    cvi_shares_init(&limit->shares, db, &settings->adaptive, limit->scope);
    cvi_waiting_init(&limit->waiting, db, limit->scope);
    cvi_counting_init(&limit->counting, db);
    cvi_circuit_init(&limit->circuit, db, settings, limit->host);
    cvi_cooldowns_init(&limit->cooldowns, db, limit->scope, limit->origin,
                       limit->circuit.failures_max > 0 ? limit->host : NULL);
    return is_copied && copy_paths(limit, settings);
}

void cvi_rate_limit_finalize(cvi_rate_limit *limit) {
    cvi_sql_finalize(&limit->sql);
    cvi_counting_finalize(&limit->counting);
    cvi_shares_finalize(&limit->shares);
    cvi_waiting_finalize(&limit->waiting);
    cvi_cooldowns_finalize(&limit->cooldowns);
    cvi_circuit_finalize(&limit->circuit);
    for (size_t i = 0; i < limit->path_count; i++) {
        cvi_release(&limit->allocator, limit->paths[i].resource);
    }
    cvi_release(&limit->allocator, limit->paths);
    cvi_release(&limit->allocator, limit->scope);
    cvi_release(&limit->allocator, limit->origin);
    cvi_release(&limit->allocator, limit->host);
    cvi_release(&limit->allocator, limit->application);
    limit->paths = NULL;
    limit->path_count = 0;
    limit->scope = NULL;
    limit->origin = NULL;
    limit->host = NULL;
    limit->application = NULL;
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

/* ---- adopting ---- */

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

/* ---- writing ---- */

static cvi_value application_of(const cvi_rate_limit *limit) {
    return limit->application != NULL ? cvi_text(limit->application) : cvi_null();
}

static cvi_store_answer insert_row(cvi_rate_limit *limit, const cvi_claim_spec *spec, cvi_now now,
                                   int64_t *row_id, cv_error *error) {
    bool is_user = spec->priority == CV_PRIORITY_USER;
    bool connects = spec->readiness == CVI_CONNECTING && limit->min_interval_ms > 0;
    cvi_store_answer answer = cvi_sql_run(
        &limit->sql, RECORD,
        CVI_VALUES(cvi_text(spec->resource), cvi_integer(now.wall_ms),
                   cvi_text(is_user ? "user" : "background"), cvi_text(limit->scope),
                   cvi_text(limit->boot), cvi_integer(now.boot_ms), cvi_integer(connects ? 1 : 0),
                   application_of(limit), cvi_integer(limit->pid)),
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
    if (answer != CVI_STORE_DONE || !room->cooling.needs_probe) {
        return answer;
    }
    return cvi_cooldowns_probe(&limit->cooldowns, spec->resource, *row_id, spec->told_ms, now,
                               error);
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
