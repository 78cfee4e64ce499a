/* Who has spent what of a path's budget, as the rows of rate_limits say. */
#ifndef CVI_STORES_SPENDERS_H
#define CVI_STORES_SPENDERS_H

#include "stores/rate_limit.h"

enum { CVI_SPENDERS_STATEMENTS = 1 };

typedef struct cvi_spenders {
    cvi_sql sql;
    sqlite3_stmt *statements[CVI_SPENDERS_STATEMENTS];
    const cvi_rate_limit *limit;
} cvi_spenders;

/* `limit` must outlive it. Nothing can fail. */
void cvi_spenders_init(cvi_spenders *spenders, const cvi_rate_limit *limit);
void cvi_spenders_finalize(cvi_spenders *spenders);

/* Fills in those who have spent most, up to `capacity`, and counts all. Within a transaction, after
 * cvi_rate_limit_adopt. */
cvi_store_answer cvi_spenders_find(cvi_spenders *spenders, const char *resource, bool is_list,
                                   cvi_now now, cv_rate_limit_spender *found, size_t capacity,
                                   size_t *count, cv_error *error);

#endif
