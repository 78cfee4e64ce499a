/* --dry-run: what a run would ask for, and how long the budget makes that take. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "cli.h"

typedef struct cli_plan {
    int64_t cached;   /* answers that the cache has */
    int64_t requests; /* that would be made */
    bool may_be_more; /* how many there are is known only when the first has come */
} cli_plan;

/* Milliseconds until the last of so many requests has left, at most; -1: the limit lets none
 * through. `window_ms` is that of the limit. */
int64_t cli_plan_wait_ms(const cv_rate_limit_status *status, int64_t window_ms, int64_t now_ms,
                         int64_t requests);

/* Writes the plan as the row that the run is about. `path` is that of the limit: "issues". */
cli_status cli_plan_write(cli *self, const char *path, const cli_plan *plan);

#endif
