/* A body that the reader has already is not read again: when that is said, and when not. */
#include "support/store_world.h"

#include <string.h>

#define WORLD_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

static const char body[] = "{\"status_code\":1}";

/* Reads, with a body in mind. */
static cvi_cached look(store_world *world, cvi_stores *stores, int64_t known_checksum) {
    const cvi_want want = {.ttl_ms = WORLD_TTL_MS, .knows = true, .known_checksum = known_checksum};
    cvi_cached cached;
    cv_error error;
    assert_int_equal(cvi_stores_lookup(stores, HASH_A, &want, world->clock.now, &cached, &error),
                     CVI_STORE_DONE);
    return cached;
}

/* A row, and its checksum. */
static int64_t store(store_world *world, cvi_stores *stores) {
    world_store(world, stores, HASH_A, body);
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    int64_t checksum = cached.checksum;
    assert_false(cached.is_known);
    world_check_body(&cached, body);
    return checksum;
}

static void test_it_is_left_out(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    int64_t checksum = store(world, stores);
    int64_t fetched_at_ms = world->clock.now.wall_ms;
    fake_clock_advance(&world->clock, WORLD_TTL_MS - 1);
    cvi_cached cached = look(world, stores, checksum);
    assert_true(cached.is_known);
    assert_null(cached.body);
    assert_int_equal(cached.fetched_at_ms, fetched_at_ms);
    assert_int_equal(cached.expires_at_ms, fetched_at_ms + WORLD_TTL_MS);
    cvi_stores_close(stores);
}

static void test_another_one_is_read(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    int64_t checksum = store(world, stores);
    cvi_cached cached = look(world, stores, checksum + 1);
    assert_false(cached.is_known);
    world_check_body(&cached, body);
    cvi_stores_close(stores);
}

static void test_nor_is_it_given_when_it_is_old(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    int64_t checksum = store(world, stores);
    fake_clock_advance(&world->clock, WORLD_TTL_MS);
    cvi_cached cached = look(world, stores, checksum);
    assert_false(cached.is_known);
    world_check_body(&cached, NULL);
    cvi_stores_close(stores);
}

static void test_rows_that_deny_or_are_not_ours(void **state) {
    static const char *const updates[] = {
        "UPDATE cache SET negative = 1",
        "UPDATE cache SET checksum = NULL",
        "UPDATE cache SET created_at = 'long ago'",
    };
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        cvi_stores *stores = world_open(world);
        world_execute(world, "DELETE FROM cache");
        int64_t checksum = store(world, stores);
        world_execute(world, updates[i]);
        cvi_cached cached = look(world, stores, checksum);
        if (cached.is_known) {
            fail_msg("known after %s", updates[i]);
        }
        world_check_body(&cached, NULL);
        cvi_stores_close(stores);
    }
}

static void test_a_state_that_has_not_changed_is_judged_again(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_stamp before;
    cvi_stamp after;
    store(world, stores);
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    const cvi_want want = {.ttl_ms = WORLD_TTL_MS / 2};
    assert_true(cvi_stores_stamp(stores, &before));
    assert_true(cvi_stores_look_again(stores, &cached, &want, world->clock.now));
    assert_int_equal(cached.expires_at_ms, world->clock.now.wall_ms + WORLD_TTL_MS / 2);
    fake_clock_advance(&world->clock, WORLD_TTL_MS / 2);
    assert_false(cvi_stores_look_again(stores, &cached, &want, world->clock.now));
    assert_true(cvi_stores_stamp(stores, &after));
    assert_true(cvi_stamp_is_same(&before, &after));
    world_execute(world, "DELETE FROM cache");
    assert_true(cvi_stores_stamp(stores, &after));
    assert_false(cvi_stamp_is_same(&before, &after));
    world_check_body(&cached, body);
    cvi_stores_close(stores);
}

static void test_memory_has_no_state(void **state) {
    store_world *world = *state;
    cvi_stamp stamp;
    world->options.database = ":memory:";
    cvi_stores *stores = world_open(world);
    assert_false(cvi_stores_stamp(stores, &stamp));
    cvi_stores_close(stores);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_it_is_left_out),
        WORLD_TEST(test_another_one_is_read),
        WORLD_TEST(test_nor_is_it_given_when_it_is_old),
        WORLD_TEST(test_rows_that_deny_or_are_not_ours),
        WORLD_TEST(test_a_state_that_has_not_changed_is_judged_again),
        WORLD_TEST(test_memory_has_no_state),
    };
    return cmocka_run_group_tests_name("known_body", tests, NULL, NULL);
}
