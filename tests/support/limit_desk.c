/* Owns the short ways of the limit's tests. */
#include "support/limit_desk.h"

/* Small figures, so that edges are near: 3 requests in 1 000 + 100 ms. */
int limit_setup(void **state) {
    store_world_setup(state);
    store_world *world = *state;
    world->options.cache.disabled = true;
    world->options.dedupe.disabled = true;
    world->options.rate_limit.limit = 3;
    world->options.rate_limit.window_ms = 1000;
    world->options.rate_limit.guard_ms = 100;
    return 0;
}

cvi_claim claim_path(store_world *world, cvi_stores *stores, const char *resource, bool is_list) {
    const cvi_claim_spec spec = {.hash = HASH_A,
                                 .resource = resource,
                                 .is_list = is_list,
                                 .priority = CV_PRIORITY_BACKGROUND};
    return world_claim_spec(world, stores, &spec);
}

cvi_claim admit(store_world *world, cvi_stores *stores, const char *resource) {
    cvi_claim claim = claim_path(world, stores, resource, false);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    assert_true(claim.row_id > 0);
    return claim;
}

void check_wait(store_world *world, cvi_stores *stores, const char *resource, int64_t wait_ms,
                cvi_wait_reason reason) {
    cvi_claim claim = claim_path(world, stores, resource, false);
    assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
    assert_int_equal(claim.wait_ms, wait_ms);
    assert_int_equal(claim.reason, reason);
    assert_int_equal(claim.row_id, 0);
}

int64_t count_rows(const store_world *world) {
    return world_number(world, "SELECT count(*) FROM rate_limits");
}

void insert_foreign(const store_world *world, const char *resource, int64_t age_ms) {
    char *sql = sqlite3_mprintf("INSERT INTO rate_limits(resource, timestamp) VALUES(%Q, %lld)",
                                resource, (long long)(world->clock.now.wall_ms - age_ms));
    world_execute(world, sql);
    sqlite3_free(sql);
}
