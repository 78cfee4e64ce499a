/* Two processes whose wall clocks disagree by 5 s, as when one has looked just before the clock was
 * set: limits, pauses and leases go by the boot clock, which they share, and what the one has
 * stored is fresh to the other. */
#include "support/store_world.h"

#include <stdlib.h>

enum { APART_MS = 5000, PAUSE_MS = 60000 };

typedef struct pair {
    store_world world; /* first: that of the process which is right */
    fake_clock behind;
    cvi_stores *right;
    cvi_stores *late; /* its wall clock is behind */
} pair;

static int set_up(void **state) {
    pair *self = calloc(1, sizeof(*self));
    cv_error error;
    assert_non_null(self);
    store_world_init(&self->world, 1);
    self->world.options.rate_limit.limit = 2;
    fake_clock_init(&self->behind, 2);
    fake_clock_step_wall(&self->behind, -APART_MS);
    self->right = world_open(&self->world);
    cvi_stores_options options = self->world.options;
    options.clock = self->behind.clock;
    self->late = cvi_stores_open(&options, &error);
    assert_non_null(self->late);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    pair *self = *state;
    cvi_stores_close(self->late);
    cvi_stores_close(self->right);
    store_world_done(&self->world);
    free(self);
    return 0;
}

static void pass(pair *self, int64_t duration_ms) {
    fake_clock_advance(&self->world.clock, duration_ms);
    fake_clock_advance(&self->behind, duration_ms);
}

static cvi_claim claim_late(pair *self, const char *hash) {
    const cvi_claim_spec spec = {.hash = hash, .resource = "issue", .reread_cache = true};
    cvi_claim claim;
    cv_error error;
    assert_int_equal(cvi_stores_claim(self->late, &spec, self->behind.now, &claim, &error),
                     CVI_STORE_DONE);
    return claim;
}

static cvi_cached look_up_late(pair *self, const char *hash) {
    const cvi_want want = {.ttl_ms = WORLD_TTL_MS};
    cvi_cached cached;
    cv_error error;
    assert_int_equal(cvi_stores_lookup(self->late, hash, &want, self->behind.now, &cached, &error),
                     CVI_STORE_DONE);
    return cached;
}

static void test_the_limit_is_one(void **state) {
    pair *self = *state;
    world_expect(&self->world, self->right, HASH_A, CVI_CLAIM_ADMITTED);
    pass(self, 100);
    assert_int_equal(claim_late(self, HASH_B).verdict, CVI_CLAIM_ADMITTED);
    int64_t look_back_ms =
        self->world.options.rate_limit.window_ms + self->world.options.rate_limit.guard_ms;
    cvi_claim claim = claim_late(self, "third");
    assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
    assert_int_equal(claim.wait_ms, look_back_ms - 100);
    claim = world_expect(&self->world, self->right, "third", CVI_CLAIM_WAIT);
    assert_int_equal(claim.wait_ms, look_back_ms - 100);
    pass(self, look_back_ms - 101);
    assert_int_equal(claim_late(self, "third").wait_ms, 1);
    pass(self, 1);
    assert_int_equal(claim_late(self, "third").verdict, CVI_CLAIM_ADMITTED);
    world_expect(&self->world, self->right, "fourth", CVI_CLAIM_WAIT);
}

static void test_an_answer_is_fresh_to_both(void **state) {
    pair *self = *state;
    world_store(&self->world, self->right, HASH_A, "{}");
    cvi_cached cached = look_up_late(self, HASH_A);
    world_check_body(&cached, "{}");
    pass(self, WORLD_TTL_MS - 1);
    cached = world_lookup(&self->world, self->right, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, "{}");
    pass(self, 1);
    cached = world_lookup(&self->world, self->right, HASH_A, WORLD_TTL_MS);
    assert_null(cached.body);
    pass(self, APART_MS);
    cached = look_up_late(self, HASH_A);
    assert_null(cached.body);
}

static void test_a_job_has_one_owner(void **state) {
    pair *self = *state;
    cvi_claim owner = world_expect(&self->world, self->right, HASH_A, CVI_CLAIM_ADMITTED);
    pass(self, self->world.options.dedupe.lease_ms - 1);
    cvi_claim claim = claim_late(self, HASH_A);
    assert_int_equal(claim.verdict, CVI_CLAIM_WATCH);
    assert_string_equal(claim.job_id, owner.job_id);
}

static void test_a_pause_is_as_long_for_both(void **state) {
    pair *self = *state;
    const cvi_heed_spec refused = {"issue", CVI_SERVICE_LIMITS, PAUSE_MS, 0};
    int64_t left_ms = 0;
    cv_error error;
    assert_int_equal(
        cvi_stores_heed(self->right, &refused, self->world.clock.now, &left_ms, &error),
        CVI_STORE_DONE);
    pass(self, 1);
    cvi_claim claim = claim_late(self, HASH_A);
    assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
    assert_int_equal(claim.reason, CVI_WAIT_COOLDOWN);
    assert_int_equal(claim.wait_ms, PAUSE_MS - 1);
}

#define APART_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        APART_TEST(test_the_limit_is_one),
        APART_TEST(test_an_answer_is_fresh_to_both),
        APART_TEST(test_a_job_has_one_owner),
        APART_TEST(test_a_pause_is_as_long_for_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
