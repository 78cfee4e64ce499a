/* Owns the sums over the table rate_limits that no admission needs. What counts is what
 * rate_limit.c counts: rows of our scope and of none, stamped with the present boot. Callers hold
 * the transaction. */
#include "stores/budget.h"

#include <string.h>

#include "stores/limits.h"
#include "stores/path_rows.h"
#include "stores/room.h"

enum statement { USED, BACKGROUND, RESOURCES, FORGET, FORGET_ALL };

const char *const cvi_budget_requests_text =
    "SELECT count(*) FROM main.rate_limits WHERE scope IN (?1, '')";

/* All paths of a scope, at one seek each. */
#define PATHS(name, scope)                                                                                 \
    name                                                                                                   \
        "(r) AS (SELECT min(resource) FROM main.rate_limits WHERE boot = ?1 AND scope = " scope            \
        " UNION ALL SELECT (SELECT min(resource) FROM main.rate_limits WHERE boot = ?1 AND scope = " scope \
        " AND resource > r) FROM " name " WHERE r IS NOT NULL)"

static const char *const texts[CVI_BUDGET_STATEMENTS] = {
    [USED] = "SELECT count(*), min(boot_ms) FROM (" CVI_PATH_ROWS("boot_ms", "") ")",
    [BACKGROUND] =
        "SELECT count(*) FROM (" CVI_PATH_ROWS("boot_ms", " AND priority IS NOT 'user'") ")",
    [RESOURCES] = "WITH RECURSIVE " PATHS("ours", "?2") ", " PATHS(
        "others", "''") " SELECT r FROM ours WHERE r IS NOT NULL"
                        " UNION SELECT r FROM others WHERE r IS NOT NULL",
    [FORGET] = "DELETE FROM main.rate_limits WHERE id IN (SELECT id FROM main.rate_limits"
               " WHERE scope IN (?1, '') AND resource = ?2"
               " OR scope = '' AND resource = 'unknown' AND ?4 LIMIT ?3)",
    [FORGET_ALL] = ("DELETE FROM main.rate_limits WHERE id IN (SELECT id FROM main.rate_limits"
                    " WHERE scope IN (?1, '') LIMIT ?2)"),
};

void cvi_budget_init(cvi_budget *budget, cvi_rate_limit *limit) {
    memset(budget, 0, sizeof(*budget));
    budget->limit = limit;
    budget->sql = (cvi_sql){limit->sql.connection, limit->sql.path, texts, budget->statements,
                            CVI_BUDGET_STATEMENTS};
}

void cvi_budget_finalize(cvi_budget *budget) {
    cvi_sql_finalize(&budget->sql);
}

/* ---- one path ---- */

/* Reads a statement over the rows of a path that count. */
static cvi_store_answer read_path(cvi_budget *budget, enum statement which, const char *resource,
                                  bool is_list, cvi_now now, cvi_used *used, cv_error *error) {
    const cvi_rate_limit *limit = budget->limit;
    int64_t look_back_ms = cvi_rate_limit_path(limit, resource)->look_back_ms;
    sqlite3_stmt *row = NULL;
    bool found = false;
    *used = (cvi_used){0};
    cvi_store_answer answer = cvi_sql_start(
        &budget->sql, which,
        CVI_VALUES(cvi_text(limit->boot), cvi_text(limit->scope), cvi_text(resource),
                   cvi_integer(now.boot_ms - look_back_ms), cvi_integer(is_list ? 1 : 0)),
        &row, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_next(&budget->sql, row, &found, error);
    }
    if (found) {
        used->count = sqlite3_column_int64(row, 0);
        used->oldest_boot_ms = sqlite3_column_int64(row, 1);
        cvi_sql_finish(row);
    }
    return answer;
}

cvi_store_answer cvi_budget_used(cvi_budget *budget, const char *resource, bool is_list,
                                 cvi_now now, cvi_used *used, cv_error *error) {
    return read_path(budget, USED, resource, is_list, now, used, error);
}

/* ---- all paths ---- */

/* What the shares of a path add; nothing where it is not shared out. */
static cvi_store_answer add_share(cvi_budget *budget, const cvi_claim_spec *spec, cvi_now now,
                                  cvi_budget_totals *totals, cv_error *error) {
    cvi_counted counted;
    cvi_share share;
    cvi_used background;
    cvi_store_answer answer =
        cvi_rate_limit_share(budget->limit, spec, now, &counted, &share, error);
    if (answer == CVI_STORE_DONE) {
        answer =
            read_path(budget, BACKGROUND, spec->resource, spec->is_list, now, &background, error);
    }
    if (answer == CVI_STORE_DONE) {
        totals->users += share.recent_user_activity;
        totals->background += background.count;
        totals->background_max += share.background_max;
        totals->has_written = totals->has_written || counted.is_new;
    }
    return answer;
}

static cvi_store_answer add_path(cvi_budget *budget, const char *resource, bool is_list,
                                 cvi_now now, cvi_budget_totals *totals, cv_error *error) {
    const cvi_claim_spec spec = {.resource = resource, .is_list = is_list};
    int64_t most = cvi_rate_limit_path(budget->limit, resource)->limit;
    cvi_used used;
    cvi_store_answer answer = cvi_budget_used(budget, resource, is_list, now, &used, error);
    if (answer != CVI_STORE_DONE || used.count == 0) {
        return answer;
    }
    totals->resources++;
    totals->full_resources += most >= 0 && used.count >= most ? 1 : 0;
    if (!budget->limit->is_adaptive) {
        return CVI_STORE_DONE;
    }
    return add_share(budget, &spec, now, totals, error);
}

static cvi_store_answer add_paths(cvi_budget *budget, cvi_is_list *is_list, cvi_now now,
                                  cvi_budget_totals *totals, cv_error *error) {
    const cvi_rate_limit *limit = budget->limit;
    sqlite3_stmt *row = NULL;
    cvi_store_answer answer =
        cvi_sql_start(&budget->sql, RESOURCES,
                      CVI_VALUES(cvi_text(limit->boot), cvi_text(limit->scope)), &row, error);
    bool more = answer == CVI_STORE_DONE;
    while (more) {
        answer = cvi_sql_next(&budget->sql, row, &more, error);
        if (!more) {
            break;
        }
        const char *resource = cvi_sql_column_text(row, 0);
        answer = add_path(budget, resource, is_list(resource), now, totals, error);
        if (answer != CVI_STORE_DONE) {
            cvi_sql_finish(row);
            break;
        }
    }
    return answer;
}

cvi_store_answer cvi_budget_total(cvi_budget *budget, cvi_is_list *is_list, cvi_now now,
                                  cvi_budget_totals *totals, cv_error *error) {
    *totals = (cvi_budget_totals){0};
    cvi_store_answer answer = add_paths(budget, is_list, now, totals, error);
    if (answer != CVI_STORE_DONE) {
        return answer;
    }
    return cvi_shares_activations(&budget->limit->shares, &totals->activations, error);
}

/* ---- deleting ---- */

static cvi_store_answer forget(cvi_budget *budget, enum statement which, const cvi_value *values,
                               size_t count, int64_t *deleted, bool *more, cv_error *error) {
    int64_t changes = 0;
    cvi_store_answer answer = cvi_sql_run(&budget->sql, which, values, count, &changes, error);
    *deleted += changes;
    *more = *more || changes == CVI_CLEAN_BATCH;
    return answer;
}

cvi_store_answer cvi_budget_forget(cvi_budget *budget, const char *resource, bool is_list,
                                   int64_t *deleted, bool *more, cv_error *error) {
    return forget(budget, FORGET,
                  CVI_VALUES(cvi_text(budget->limit->scope), cvi_text(resource),
                             cvi_integer(CVI_CLEAN_BATCH), cvi_integer(is_list ? 1 : 0)),
                  deleted, more, error);
}

cvi_store_answer cvi_budget_forget_all(cvi_budget *budget, int64_t *deleted, bool *more,
                                       cv_error *error) {
    return forget(budget, FORGET_ALL,
                  CVI_VALUES(cvi_text(budget->limit->scope), cvi_integer(CVI_CLEAN_BATCH)), deleted,
                  more, error);
}
