/* Owns the sums over the table rate_limits that no admission needs. What counts is what
 * rate_limit.c counts: rows of our scope and of none, stamped with the present boot. Callers hold
 * the transaction. */
#include "stores/budget.h"

#include <string.h>

#include "stores/limits.h"

enum statement { USED, REQUESTS, RESOURCES, FORGET, FORGET_ALL };

static const char *const texts[CVI_BUDGET_STATEMENTS] = {
    [USED] = "SELECT count(*), min(boot_ms) FROM rate_limits WHERE boot = ?1 AND boot_ms > ?4"
             " AND (scope IN (?2, '') AND resource = ?3"
             " OR scope = '' AND resource = 'unknown' AND ?5)",
    [REQUESTS] = "SELECT count(*) FROM rate_limits WHERE scope IN (?1, '')",
    [RESOURCES] = "SELECT DISTINCT resource FROM rate_limits WHERE scope IN (?1, '')",
    [FORGET] = "DELETE FROM rate_limits WHERE id IN (SELECT id FROM rate_limits"
               " WHERE scope IN (?1, '') AND resource = ?2 LIMIT ?3)",
    [FORGET_ALL] = "DELETE FROM rate_limits WHERE id IN (SELECT id FROM rate_limits"
                   " WHERE scope IN (?1, '') LIMIT ?2)",
};

void cvi_budget_init(cvi_budget *budget, const cvi_rate_limit *limit) {
    memset(budget, 0, sizeof(*budget));
    budget->limit = limit;
    budget->sql = (cvi_sql){limit->sql.connection, limit->sql.path, texts, budget->statements,
                            CVI_BUDGET_STATEMENTS};
}

void cvi_budget_finalize(cvi_budget *budget) {
    cvi_sql_finalize(&budget->sql);
}

cvi_store_answer cvi_budget_used(cvi_budget *budget, const char *resource, bool is_list,
                                 cvi_now now, cvi_used *used, cv_error *error) {
    const cvi_rate_limit *limit = budget->limit;
    int64_t look_back_ms = cvi_rate_limit_path(limit, resource)->look_back_ms;
    sqlite3_stmt *row = NULL;
    bool found = false;
    *used = (cvi_used){0};
    cvi_store_answer answer = cvi_sql_start(
        &budget->sql, USED,
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

/* Adds one path to the totals. */
static cvi_store_answer add_path(cvi_budget *budget, const char *resource, bool is_list,
                                 cvi_now now, cvi_budget_totals *totals, cv_error *error) {
    int64_t most = cvi_rate_limit_path(budget->limit, resource)->limit;
    cvi_used used;
    cvi_store_answer answer = cvi_budget_used(budget, resource, is_list, now, &used, error);
    totals->resources++;
    totals->full_resources += most >= 0 && used.count >= most ? 1 : 0;
    return answer;
}

cvi_store_answer cvi_budget_total(cvi_budget *budget, cvi_is_list *is_list, cvi_now now,
                                  cvi_budget_totals *totals, cv_error *error) {
    const cvi_value scope[] = {cvi_text(budget->limit->scope)};
    sqlite3_stmt *row = NULL;
    *totals = (cvi_budget_totals){0};
    cvi_store_answer answer =
        cvi_sql_read(&budget->sql, REQUESTS, scope, 1, &totals->requests, error);
    if (answer == CVI_STORE_DONE) {
        answer = cvi_sql_start(&budget->sql, RESOURCES, scope, 1, &row, error);
    }
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

cvi_store_answer cvi_budget_forget(cvi_budget *budget, const char *resource, int64_t *deleted,
                                   bool *more, cv_error *error) {
    const cvi_value scope = cvi_text(budget->limit->scope);
    const cvi_value batch = cvi_integer(CVI_CLEAN_BATCH);
    int64_t changes = 0;
    cvi_store_answer answer =
        resource != NULL
            ? cvi_sql_run(&budget->sql, FORGET, CVI_VALUES(scope, cvi_text(resource), batch),
                          &changes, error)
            : cvi_sql_run(&budget->sql, FORGET_ALL, CVI_VALUES(scope, batch), &changes, error);
    *deleted += changes;
    *more = *more || changes == CVI_CLEAN_BATCH;
    return answer;
}
