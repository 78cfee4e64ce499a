/* A store world with an adaptive limit, and short ways to ask as a user or as the background. */
#ifndef TESTS_SUPPORT_PRIORITY_WORLD_H
#define TESTS_SUPPORT_PRIORITY_WORLD_H

#include "support/store_world.h"

/* 20 requests an hour. Apart for users: 6 while nothing is known of them, or little happens; 5 when
 * there are none; 18 at the height. */
enum { PRIORITY_LIMIT = 20, PRIORITY_INTERVAL_MS = 30000 };

/* Neither cache nor jobs, no interval. For cmocka; teardown is the store world's. */
int priority_setup(void **state);

cvi_claim ask_path(store_world *world, cvi_stores *stores, const char *resource,
                   cv_priority priority);

/* Admits exactly so many of "issue": the next one has to wait, and its claim is the answer. */
cvi_claim admit_until_wait(store_world *world, cvi_stores *stores, cv_priority priority,
                           int64_t count);

/* Admits so many of "issue" and asks for no more. */
void admit_some(store_world *world, cvi_stores *stores, cv_priority priority, int64_t count);

/* Fails unless the claim waits so long, for that reason. */
void check_claim_waits(const cvi_claim *claim, int64_t wait_ms, cvi_wait_reason reason);

/* A request that another program has recorded, so old; `priority` NULL: its column's default. */
void insert_of_others(const store_world *world, const char *resource, const char *priority,
                      int64_t age_ms);

#endif
