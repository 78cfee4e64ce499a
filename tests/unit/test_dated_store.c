/* Bodies that come with times of their own: what they take the place of, and what not. */
#include "support/store_world.h"

#include <string.h>

#include "stores/limits.h"

#define OLD "{\"age\":\"old\"}"
#define NEW "{\"age\":\"new\"}"

#define STORE_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

enum { COUNT = 25 };

/* Of this age, as an answer that was good for WORLD_TTL_MS. */
static cvi_dated dated_of(const store_world *world, const char *hash, const char *body,
                          int64_t age_ms) {
    int64_t fetched_ms = world->clock.now.wall_ms - age_ms;
    return (cvi_dated){hash, body, strlen(body), fetched_ms, fetched_ms + WORLD_TTL_MS};
}

static void store(store_world *world, cvi_stores *stores, const cvi_dated *dated, size_t count) {
    cv_error error;
    assert_int_equal(cvi_stores_store_dated(stores, dated, count, world->clock.now, &error),
                     CVI_STORE_DONE);
}

static void store_one(store_world *world, cvi_stores *stores, const char *body, int64_t age_ms) {
    const cvi_dated dated = dated_of(world, HASH_A, body, age_ms);
    store(world, stores, &dated, 1);
}

static void check(store_world *world, cvi_stores *stores, const char *hash, const char *body) {
    cvi_cached cached = world_lookup(world, stores, hash, WORLD_TTL_MS);
    world_check_body(&cached, body);
}

static void test_times_are_kept(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    store_one(world, stores, OLD, 60000);
    cvi_cached cached = world_lookup(world, stores, HASH_A, INT64_MAX);
    assert_int_equal(cached.fetched_at_ms, world->clock.now.wall_ms - 60000);
    assert_int_equal(cached.expires_at_ms, world->clock.now.wall_ms - 60000 + WORLD_TTL_MS);
    world_check_body(&cached, OLD);
    cvi_stores_close(stores);
}

static void test_only_what_is_older_is_replaced(void **state) {
    static const struct {
        int64_t age_ms; /* against one of 1000 */
        const char *stays;
    } cases[] = {{999, NEW}, {1000, OLD}, {1001, OLD}};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world_execute(world, "DELETE FROM cache");
        store_one(world, stores, OLD, 1000);
        store_one(world, stores, NEW, cases[i].age_ms);
        check(world, stores, HASH_A, cases[i].stays);
    }
    cvi_stores_close(stores);
}

/* Its age says nothing then. */
static void test_a_row_that_answers_nobody_is_replaced(void **state) {
    static const char *const updates[] = {
        "UPDATE cache SET created_at = created_at + 3600000",
        "UPDATE cache SET checksum = NULL",
    };
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        world_execute(world, "DELETE FROM cache");
        store_one(world, stores, NEW, 0);
        world_execute(world, updates[i]);
        store_one(world, stores, OLD, 1000);
        check(world, stores, HASH_A, OLD);
    }
    cvi_stores_close(stores);
}

/* Both are right again when the clock is. */
static void test_of_two_from_the_future_the_newer_stays(void **state) {
    enum { HOUR_MS = 3600000 };
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    store_one(world, stores, NEW, 0);
    world->clock.now.wall_ms -= HOUR_MS;
    store_one(world, stores, OLD, 1000 - HOUR_MS);
    world->clock.now.wall_ms += HOUR_MS;
    check(world, stores, HASH_A, NEW);
    cvi_stores_close(stores);
}

static void test_what_is_past_its_use_is_left_out(void **state) {
    store_world *world = *state;
    world->options.cache.stale_s = 10;
    cvi_stores *stores = world_open(world);
    store_one(world, stores, OLD, WORLD_TTL_MS + 10000);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 0);
    store_one(world, stores, OLD, WORLD_TTL_MS + 9999); /* may still be read as stale */
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 1);
    check(world, stores, HASH_A, NULL);
    cvi_stores_close(stores);
}

/* Times that a file may hold, of a row that a list was read from. */
static void test_hostile_times_do_no_harm(void **state) {
    static const int64_t times[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            const cvi_dated dated = {HASH_A, OLD, strlen(OLD), times[i], times[j]};
            store(world, stores, &dated, 1);
            cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
            world_check_body(&cached, NULL);
        }
    }
    store_one(world, stores, NEW, 0);
    check(world, stores, HASH_A, NEW);
    cvi_stores_close(stores);
}

/* What was there before has been contradicted by what cannot be stored, unless it is newer. */
static void test_what_is_too_large_leaves_nothing_older(void **state) {
    store_world *world = *state;
    world->options.cache.max_entry_bytes = (int64_t)strlen(OLD);
    cvi_stores *stores = world_open(world);
    store_one(world, stores, OLD, 1000);
    store_one(world, stores, OLD "        ", 1000);
    check(world, stores, HASH_A, OLD);
    store_one(world, stores, OLD "        ", 999);
    check(world, stores, HASH_A, NULL);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 0);
    store_one(world, stores, NEW, 0);
    fake_clock_step_wall(&world->clock, -CVI_CLOCK_TOLERANCE_MS - 1);
    store_one(world, stores, OLD "        ", 0); /* the newer one is of the future */
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 0);
    cvi_stores_close(stores);
}

/* All or nothing: who has the file locked keeps all of a batch out. */
static void test_a_batch_is_one_transaction(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    char hashes[COUNT][sizeof(HASH_A)];
    cvi_dated batch[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        memcpy(hashes[i], HASH_A, sizeof(HASH_A));
        hashes[i][0] = (char)('a' + (int)i);
        batch[i] = dated_of(world, hashes[i], OLD, 0);
    }
    world_execute(world, "CREATE TRIGGER seventh BEFORE INSERT ON cache WHEN new.hash LIKE 'g%'"
                         " BEGIN SELECT raise(ABORT, 'no more'); END");
    cv_error error;
    assert_int_equal(cvi_stores_store_dated(stores, batch, COUNT, world->clock.now, &error),
                     CVI_STORE_FAILED);
    assert_int_equal(error.code, CV_ERROR_STORE);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 0);
    world_execute(world, "DROP TRIGGER seventh");
    store(world, stores, batch, COUNT);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), COUNT);
    cvi_stores_close(stores);
}

static void test_the_bound_holds(void **state) {
    store_world *world = *state;
    world->options.cache.max_bytes = 4 * (int64_t)strlen(OLD);
    cvi_stores *stores = world_open(world);
    for (int i = 0; i < COUNT; i++) {
        char hash[sizeof(HASH_A)] = HASH_A;
        hash[0] = (char)('a' + i);
        const cvi_dated dated = dated_of(world, hash, OLD, COUNT - i);
        store(world, stores, &dated, 1);
        assert_true(world_number(world, "SELECT sum(length(value)) FROM cache") <=
                    world->options.cache.max_bytes);
        check(world, stores, hash, OLD);
    }
    cvi_stores_close(stores);
}

static void test_a_cache_that_is_off_stores_nothing(void **state) {
    store_world *world = *state;
    world->options.cache.disabled = true;
    cvi_stores *stores = world_open(world);
    store_one(world, stores, OLD, 0);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 0);
    cvi_stores_close(stores);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_times_are_kept),
        STORE_TEST(test_only_what_is_older_is_replaced),
        STORE_TEST(test_a_row_that_answers_nobody_is_replaced),
        STORE_TEST(test_of_two_from_the_future_the_newer_stays),
        STORE_TEST(test_what_is_past_its_use_is_left_out),
        STORE_TEST(test_hostile_times_do_no_harm),
        STORE_TEST(test_what_is_too_large_leaves_nothing_older),
        STORE_TEST(test_a_batch_is_one_transaction),
        STORE_TEST(test_the_bound_holds),
        STORE_TEST(test_a_cache_that_is_off_stores_nothing),
    };
    return cmocka_run_group_tests_name("dated store", tests, NULL, NULL);
}
