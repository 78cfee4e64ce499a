/* What the admissions in the file add up to, for people who look, and their deletion by hand. */
#ifndef CVI_STORES_BUDGET_H
#define CVI_STORES_BUDGET_H

#include "stores/rate_limit.h"

enum { CVI_BUDGET_STATEMENTS = 5 };

typedef struct cvi_budget {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_BUDGET_STATEMENTS];
    const cvi_rate_limit *limit;
} cvi_budget;

/* `limit` must outlive the budget. Nothing can fail. */
void cvi_budget_init(cvi_budget *budget, const cvi_rate_limit *limit);
void cvi_budget_finalize(cvi_budget *budget);

/* All of these run within a transaction; those that count after cvi_rate_limit_adopt. */

/* The admissions that count for a path. */
typedef struct cvi_used {
    int64_t count;
    int64_t oldest_boot_ms; /* of the first of them that leaves; only with a count above 0 */
} cvi_used;
cvi_store_answer cvi_budget_used(cvi_budget *budget, const char *resource, bool is_list,
                                 cvi_now now, cvi_used *used, cv_error *error);

typedef struct cvi_budget_totals {
    int64_t requests; /* of our scope and of other programs, as long as they are kept */
    int64_t resources;
    int64_t full_resources; /* those without room */
} cvi_budget_totals;

/* Tells whether a path is a list, for totals over all paths. */
typedef bool cvi_is_list(const char *resource);
cvi_store_answer cvi_budget_total(cvi_budget *budget, cvi_is_list *is_list, cvi_now now,
                                  cvi_budget_totals *totals, cv_error *error);

/* Deletes a batch of what counts for a path, or (NULL) for any. Adds to `deleted`; `more` becomes
 * true if there may be others. */
cvi_store_answer cvi_budget_forget(cvi_budget *budget, const char *resource, int64_t *deleted,
                                   bool *more, cv_error *error);

#endif
