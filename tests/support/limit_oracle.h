/* What the rate limit must answer, counted by brute force over all rows of a simulated world; and
 * the judgement of its service's log. */
#ifndef TESTS_SUPPORT_LIMIT_ORACLE_H
#define TESTS_SUPPORT_LIMIT_ORACLE_H

#include "support/limit_world.h"

/* The first look of a process stamps the rows that have only a wall time. */
void oracle_adopt(limit_world *self, int process, cvi_now now);

/* Rows that nobody looks back to any more are gone after a cleaning. */
void oracle_clean(limit_world *self, cvi_now now);

/* How many rows count for a path now; of the background alone if `only_background`. */
int64_t oracle_count(const limit_world *self, int process, int path, bool only_background,
                     cvi_now now);

/* How long a user waits; 0: not at all, -1: for ever. */
int64_t oracle_wait(const limit_world *self, int process, int path, cvi_readiness readiness,
                    cvi_now now);

/* Users who wait are announced, and how long the background lets them go first. */
void oracle_announce(limit_world *self, int process, int path, const cvi_claim *claim, cvi_now now);
int64_t oracle_yield(const limit_world *self, int process, int path, cvi_now now);

/* Looks at every window of the service's log, for each path and scope, and at every pair of
 * requests that followed each other: fails if more arrived than the limit, or sooner than the
 * interval. */
void oracle_judge_log(const limit_world *self);

#endif
