/* What the admissions in the file add up to, for people who look, and their deletion by hand. */
#ifndef CVI_STORES_BUDGET_H
#define CVI_STORES_BUDGET_H

#include "stores/rate_limit.h"

enum { CVI_BUDGET_STATEMENTS = 5 };

/* Counts the requests of scope ?1 and of other programs, as long as they are kept: reads the whole
 * table, so not within a transaction. */
extern const char *const cvi_budget_requests_text;

typedef struct cvi_budget {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_BUDGET_STATEMENTS];
    cvi_rate_limit *limit;
} cvi_budget;

/* `limit` must outlive the budget. Nothing can fail. */
void cvi_budget_init(cvi_budget *budget, cvi_rate_limit *limit);
void cvi_budget_finalize(cvi_budget *budget);

/* All of these run within a transaction; those that count after cvi_rate_limit_adopt. */

/* The admissions that count for a path. */
typedef struct cvi_used {
    int64_t count;
    int64_t oldest_boot_ms; /* of the first of them that leaves; only with a count above 0 */
} cvi_used;
cvi_store_answer cvi_budget_used(cvi_budget *budget, const char *resource, bool is_list,
                                 cvi_now now, cvi_used *used, cv_error *error);

/* Sums over the paths with requests that may count. */
typedef struct cvi_budget_totals {
    int64_t resources;
    int64_t full_resources; /* those of them without room */
    int64_t users;          /* user requests lately, as the shares go by */
    int64_t background;     /* background requests that count */
    int64_t background_max; /* what the background could have of all limits */
    int64_t activations;    /* how often users have become highly active */
    bool has_written;       /* shares counted anew: keep the transaction */
} cvi_budget_totals;

/* Tells whether a path is a list, for totals over all paths. */
typedef bool cvi_is_list(const char *resource);
cvi_store_answer cvi_budget_total(cvi_budget *budget, cvi_is_list *is_list, cvi_now now,
                                  cvi_budget_totals *totals, cv_error *error);

/* Deletes a batch of what counts for a path, or for any. Adds to `deleted`; `more` becomes true if
 * there may be others. */
cvi_store_answer cvi_budget_forget(cvi_budget *budget, const char *resource, bool is_list,
                                   int64_t *deleted, bool *more, cv_error *error);
cvi_store_answer cvi_budget_forget_all(cvi_budget *budget, int64_t *deleted, bool *more,
                                       cv_error *error);

#endif
