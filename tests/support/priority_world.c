/* Owns the short ways of the tests about priorities. */
#include "support/priority_world.h"

#include <string.h>

int priority_setup(void **state) {
    store_world_setup(state);
    store_world *world = *state;
    world->options.cache.disabled = true;
    world->options.dedupe.disabled = true;
    world->options.rate_limit.kind = CV_LIMIT_ADAPTIVE;
    world->options.rate_limit.limit = PRIORITY_LIMIT;
    return 0;
}

cvi_claim ask_path(store_world *world, cvi_stores *stores, const char *resource,
                   cv_priority priority) {
    const cvi_claim_spec spec = {.hash = HASH_A,
                                 .resource = resource,
                                 .is_list = strcmp(resource, "issues") == 0,
                                 .priority = priority};
    return world_claim_spec(world, stores, &spec);
}

void admit_some(store_world *world, cvi_stores *stores, cv_priority priority, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        cvi_claim claim = ask_path(world, stores, "issue", priority);
        if (claim.verdict != CVI_CLAIM_ADMITTED) {
            fail_msg("number %lld waits %lld ms: %s", (long long)i + 1, (long long)claim.wait_ms,
                     claim.reason_text);
        }
    }
}

cvi_claim admit_until_wait(store_world *world, cvi_stores *stores, cv_priority priority,
                           int64_t count) {
    admit_some(world, stores, priority, count);
    cvi_claim claim = ask_path(world, stores, "issue", priority);
    assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
    return claim;
}

void check_claim_waits(const cvi_claim *claim, int64_t wait_ms, cvi_wait_reason reason) {
    assert_int_equal(claim->verdict, CVI_CLAIM_WAIT);
    assert_int_equal(claim->wait_ms, wait_ms);
    assert_int_equal(claim->reason, reason);
    assert_int_equal(claim->row_id, 0);
    assert_int_equal(claim->reason_text[0] != '\0', reason == CVI_WAIT_SHARE);
}

void insert_of_others(const store_world *world, const char *resource, const char *priority,
                      int64_t age_ms) {
    long long wall_ms = (long long)(world->clock.now.wall_ms - age_ms);
    char *sql =
        priority != NULL
            ? sqlite3_mprintf("INSERT INTO rate_limits(resource, timestamp, priority)"
                              " VALUES(%Q, %lld, %Q)",
                              resource, wall_ms, priority)
            : sqlite3_mprintf("INSERT INTO rate_limits(resource, timestamp) VALUES(%Q, %lld)",
                              resource, wall_ms);
    world_execute(world, sql);
    sqlite3_free(sql);
}
