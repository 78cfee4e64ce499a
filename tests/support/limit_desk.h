/* A store world with a small sliding limit, and short ways to ask it. */
#ifndef TESTS_SUPPORT_LIMIT_DESK_H
#define TESTS_SUPPORT_LIMIT_DESK_H

#include "support/store_world.h"

/* Neither cache nor jobs; 3 requests in 1 000 + 100 ms, so that edges are near. For cmocka;
 * teardown is the store world's. */
int limit_setup(void **state);

/* Asks as the background. */
cvi_claim claim_path(store_world *world, cvi_stores *stores, const char *resource, bool is_list);

/* Fail unless the detail path is admitted, or waits so long for that reason. */
cvi_claim admit(store_world *world, cvi_stores *stores, const char *resource);
void check_wait(store_world *world, cvi_stores *stores, const char *resource, int64_t wait_ms,
                cvi_wait_reason reason);

/* The rows of the table. */
int64_t count_rows(const store_world *world);

/* A request of another program's, so old. */
void insert_foreign(const store_world *world, const char *resource, int64_t age_ms);

#endif
