/* The cache: what is fresh, what is believed, what is stored, what is deleted. */
#include "support/store_world.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/allocator.h"

#define BODY "{\"name\":\"one\"}"

/* Gives the row of a hash other times. */
static void set_times(const store_world *world, int64_t created_ms, int64_t expires_ms) {
    char *sql = sqlite3_mprintf("UPDATE cache SET created_at = %lld, expires_at = %lld",
                                (long long)created_ms, (long long)expires_ms);
    world_execute(world, sql);
    sqlite3_free(sql);
}

static void test_stored_body_is_found(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, NULL);
    world_store(world, stores, HASH_A, BODY);
    cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    assert_int_equal(cached.fetched_at_ms, world->clock.now.wall_ms);
    assert_int_equal(cached.expires_at_ms, world->clock.now.wall_ms + WORLD_TTL_MS);
    world_check_body(&cached, BODY);
    cached = world_lookup(world, stores, HASH_B, WORLD_TTL_MS);
    world_check_body(&cached, NULL);
    cvi_stores_close(stores);
}

static void test_body_survives_closing(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, BODY);
    cvi_stores_close(stores);
    stores = world_open(world);
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, BODY);
    cvi_stores_close(stores);
}

/* Created and expiry as offsets from now; fresh: created <= now + 5 s and
 * now < min(expiry, created + ttl). */
static void test_freshness_edges(void **state) {
    static const struct {
        int64_t created_ms;
        int64_t expires_ms;
        int64_t ttl_ms;
        bool is_fresh;
        int64_t end_ms; /* as told to the reader */
    } cases[] = {
        {0, 1, 1000, true, 1},           {0, 0, 1000, false, 0},
        {0, -1, 1000, false, 0},         {-999, 5000, 1000, true, 1},
        {-1000, 5000, 1000, false, 0},   {-1001, 5000, 1000, false, 0},
        {5000, 9000, 1000, true, 6000},  {5001, 9000, 1000, false, 0},
        {-10, 5000, 0, false, 0},        {1000, 5000, 0, false, 0},
        {1000, 5000, CV_NONE, false, 0}, {-10, 5000, INT64_MAX, true, 5000},
    };
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, BODY);
    int64_t now_ms = world->clock.now.wall_ms;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_times(world, now_ms + cases[i].created_ms, now_ms + cases[i].expires_ms);
        cvi_cached cached = world_lookup(world, stores, HASH_A, cases[i].ttl_ms);
        if ((cached.body != NULL) != cases[i].is_fresh) {
            fail_msg("case %zu: fresh %d", i, cached.body != NULL);
        }
        if (cases[i].is_fresh) {
            assert_int_equal(cached.expires_at_ms, now_ms + cases[i].end_ms);
            world_check_body(&cached, BODY);
        }
    }
    cvi_stores_close(stores);
}

/* One that waited for the file is as old as it is. */
static void test_time_runs_from_the_answer(void **state) {
    enum { AGE_MS = 1000 };
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    const cvi_completion completion = {.hash = HASH_A,
                                       .job_id = "",
                                       .body = BODY,
                                       .size = strlen(BODY),
                                       .keeping = {.ttl_ms = WORLD_TTL_MS},
                                       .age_ms = AGE_MS};
    bool owned = false;
    cv_error error;
    assert_int_equal(cvi_stores_complete(stores, &completion, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
    int64_t heard_ms = world->clock.now.wall_ms - AGE_MS;
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    assert_int_equal(cached.fetched_at_ms, heard_ms);
    assert_int_equal(cached.expires_at_ms, heard_ms + WORLD_TTL_MS);
    world_check_body(&cached, BODY);
    cached = world_lookup(world, stores, HASH_A, AGE_MS);
    assert_null(cached.body);
    cvi_stores_close(stores);
}

static void test_hostile_times_are_a_miss(void **state) {
    static const char *const updates[] = {
        "UPDATE cache SET created_at = 9223372036854775807",
        "UPDATE cache SET created_at = -9223372036854775807 - 1",
        "UPDATE cache SET expires_at = -9223372036854775807 - 1",
        "UPDATE cache SET created_at = 'soon'",
        "UPDATE cache SET expires_at = x'00ff'",
        "UPDATE cache SET checksum = 'text'",
        "UPDATE cache SET checksum = NULL",
        "UPDATE cache SET value = 17",
        "UPDATE cache SET value = zeroblob(0)",
    };
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        cvi_stores *stores = world_open(world);
        world_execute(world, "DELETE FROM cache");
        world_store(world, stores, HASH_A, BODY);
        world_execute(world, updates[i]);
        cvi_cached cached = world_lookup(world, stores, HASH_A, INT64_MAX);
        if (cached.body != NULL) {
            fail_msg("believed after %s", updates[i]);
        }
        cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
        assert_true(world_complete(world, stores, HASH_A, claim.job_id, "{}"));
        cached = world_lookup(world, stores, HASH_A, INT64_MAX);
        world_check_body(&cached, "{}");
        cvi_stores_close(stores);
    }
}

/* Every single bit of the body matters. */
static void test_flipped_bit_is_a_miss(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t bit = 0; bit < 8 * strlen(BODY); bit++) {
        char damaged[] = BODY;
        damaged[bit / 8] = (char)(damaged[bit / 8] ^ (1 << (bit % 8)));
        world_execute(world, "DELETE FROM cache");
        world_store(world, stores, HASH_A, BODY);
        char hex[2 * sizeof(damaged)] = "";
        for (size_t i = 0; i < strlen(BODY); i++) {
            sqlite3_snprintf(3, hex + 2 * i, "%02x", (unsigned char)damaged[i]);
        }
        char *sql = sqlite3_mprintf("UPDATE cache SET value = x'%s'", hex);
        world_execute(world, sql);
        sqlite3_free(sql);
        cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
        world_check_body(&cached, NULL);
    }
    cvi_stores_close(stores);
}

static void test_damaged_row_is_deleted_by_the_next_claim(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, BODY);
    world_execute(world, "UPDATE cache SET value = x'7b7d'");
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, NULL);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 1);
    world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 0);
    cvi_stores_close(stores);
}

static void test_row_of_another_program_is_left_alone(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world_execute(world, "INSERT INTO cache(hash, value, expires_at, created_at)"
                         " VALUES('" HASH_A "', x'7b7d', 9000000000000, 1717243200000)");
    cvi_cached cached = world_lookup(world, stores, HASH_A, INT64_MAX);
    world_check_body(&cached, NULL);
    world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 1);
    cvi_stores_close(stores);
}

static void test_size_bound(void **state) {
    static const struct {
        int64_t bound;
        size_t stored; /* the longest of 9, 10, 11 bytes that is */
    } cases[] = {{10, 10}, {9, 9}, {CV_NONE, 11}, {1, 0}};
    static const char *const bodies[] = {"123456789", "1234567890", "12345678901"};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world->options.cache.max_entry_bytes = cases[i].bound;
        cvi_stores *stores = world_open(world);
        for (size_t k = 0; k < 3; k++) {
            world_execute(world, "DELETE FROM cache");
            world_store(world, stores, HASH_A, bodies[k]);
            cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
            world_check_body(&cached, strlen(bodies[k]) <= cases[i].stored ? bodies[k] : NULL);
        }
        cvi_stores_close(stores);
    }
}

static void test_nothing_is_stored_without_ttl_or_when_disabled(void **state) {
    store_world *world = *state;
    for (int disabled = 0; disabled < 2; disabled++) {
        world->options.cache.disabled = disabled == 1;
        cvi_stores *stores = world_open(world);
        cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
        const cvi_completion completion = {
            .hash = HASH_A,
            .job_id = claim.job_id,
            .body = BODY,
            .size = strlen(BODY),
            .keeping = {.ttl_ms = disabled == 1 ? WORLD_TTL_MS : CV_NONE}};
        cv_error error = {0};
        bool owned = false;
        assert_int_equal(cvi_stores_complete(stores, &completion, world->clock.now, &owned, &error),
                         CVI_STORE_DONE);
        assert_true(owned);
        assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 0);
        cvi_stores_close(stores);
    }
}

/* What is there is not shown either to one who does not want a cache. */
static void test_disabled_cache_reads_nothing(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, BODY);
    cvi_stores_close(stores);
    world->options.cache.disabled = true;
    stores = world_open(world);
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, NULL);
    world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    cvi_stores_close(stores);
}

static void test_storing_again_replaces(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, BODY);
    fake_clock_advance(&world->clock, WORLD_TTL_MS);
    world_store(world, stores, HASH_A, "{\"name\":\"two\"}");
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    assert_int_equal(cached.fetched_at_ms, world->clock.now.wall_ms);
    world_check_body(&cached, "{\"name\":\"two\"}");
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 1);
    cvi_stores_close(stores);
}

static void test_cleaning_keeps_a_week_and_goes_in_batches(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    int64_t edge_ms = world->clock.now.wall_ms - INT64_C(604800000);
    char *sql = sqlite3_mprintf(
        "WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n WHERE i < 449)"
        "INSERT INTO cache(hash, value, expires_at, created_at, checksum)"
        " SELECT 'old' || i, x'00', %lld, 0, 1 FROM n;"
        "INSERT INTO cache(hash, value, expires_at, created_at) VALUES('kept', x'00', %lld, 0)",
        (long long)(edge_ms - 1), (long long)edge_ms);
    world_execute(world, sql);
    sqlite3_free(sql);
    const int64_t left[] = {251, 51, 1, 1};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(world_clean(world, stores), i < 3);
        assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), left[i]);
    }
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache WHERE hash = 'kept'"), 1);
    cvi_stores_close(stores);
}

static void test_each_part_may_leave_cleaning_to_others(void **state) {
    store_world *world = *state;
    const char *cached = "SELECT count(*) FROM cache";
    const char *jobs = "SELECT count(*) FROM dedupe_jobs";
    for (int i = 0; i < 2; i++) {
        world->options.cache.cleanup_interval_ms = i == 0 ? CV_NONE : 60000;
        world->options.dedupe.cleanup_interval_ms = i == 1 ? CV_NONE : 60000;
        cvi_stores *stores = world_open(world);
        world_execute(world, "INSERT OR REPLACE INTO cache(hash, value, expires_at, created_at)"
                             " VALUES('old', x'00', 1, 1);"
                             "INSERT OR REPLACE INTO dedupe_jobs(hash, job_id, status, created_at,"
                             " updated_at) VALUES('old', 'old', 'completed', 1, 1)");
        world_clean(world, stores);
        assert_int_equal(world_number(world, cached), i == 0);
        assert_int_equal(world_number(world, jobs), i == 1);
        cvi_stores_close(stores);
    }
}

static void test_memory_database(void **state) {
    store_world *world = *state;
    world->options.database = ":memory:";
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    world_store(world, first, HASH_A, BODY);
    cvi_cached cached = world_lookup(world, first, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, BODY);
    cached = world_lookup(world, second, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, NULL);
    cvi_stores_close(second);
    cvi_stores_close(first);
}

typedef struct reading {
    cvi_stores *stores;
    cvi_now now; /* the world's clock is the writer's */
    int found;
} reading;

static void *read_often(void *user) {
    reading *self = user;
    for (int i = 0; i < 200; i++) {
        cvi_cached cached;
        cv_error error;
        if (cvi_stores_lookup(self->stores, HASH_A, &(cvi_want){.ttl_ms = WORLD_TTL_MS}, self->now,
                              &cached, &error) == CVI_STORE_DONE &&
            cached.body != NULL && strcmp(cached.body, BODY) == 0) {
            self->found++;
        }
        cvi_release(&cvi_default_allocator, cached.body);
    }
    return NULL;
}

/* Any number of threads read while the driver writes. */
static void read_in_threads(store_world *world) {
    enum { THREADS = 8 };
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, BODY);
    pthread_t threads[THREADS];
    reading readings[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        readings[i] = (reading){stores, world->clock.now, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, &readings[i]), 0);
    }
    for (int i = 0; i < 50; i++) {
        char hash[24];
        sqlite3_snprintf(sizeof(hash), hash, "other-%d", i);
        world_store(world, stores, hash, "{}");
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(readings[i].found, 200);
    }
    cvi_stores_close(stores);
}

static void test_threads_read_a_file(void **state) {
    read_in_threads(*state);
}

static void test_threads_read_memory(void **state) {
    store_world *world = *state;
    world->options.database = ":memory:";
    read_in_threads(world);
}

/* A newer answer that is too large for the cache must not leave the older one to be read. */
static void test_too_large_a_body_takes_the_place_of_an_older_one(void **state) {
    store_world *world = *state;
    world->options.cache.max_entry_bytes = 4;
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, "{}");
    const cvi_claim_spec refresh = {
        .hash = HASH_A, .resource = "issue", .priority = CV_PRIORITY_USER};
    cvi_claim claim = world_claim_spec(world, stores, &refresh);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    assert_true(world_complete(world, stores, HASH_A, claim.job_id, "{\"id\":1}"));
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, NULL);
    cvi_stores_close(stores);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stored_body_is_found, store_world_setup,
                                        store_world_teardown),
        cmocka_unit_test_setup_teardown(test_body_survives_closing, store_world_setup,
                                        store_world_teardown),
        cmocka_unit_test_setup_teardown(test_freshness_edges, store_world_setup,
                                        store_world_teardown),
        cmocka_unit_test_setup_teardown(test_time_runs_from_the_answer, store_world_setup,
                                        store_world_teardown),
        cmocka_unit_test_setup_teardown(test_hostile_times_are_a_miss, store_world_setup,
                                        store_world_teardown),
        cmocka_unit_test_setup_teardown(test_flipped_bit_is_a_miss, store_world_setup,
                                        store_world_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_row_is_deleted_by_the_next_claim,
                                        store_world_setup, store_world_teardown),
        cmocka_unit_test_setup_teardown(test_row_of_another_program_is_left_alone,
                                        store_world_setup, store_world_teardown),
        cmocka_unit_test_setup_teardown(test_too_large_a_body_takes_the_place_of_an_older_one,
                                        store_world_setup, store_world_teardown),
        cmocka_unit_test_setup_teardown(test_size_bound, store_world_setup, store_world_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_stored_without_ttl_or_when_disabled,
                                        store_world_setup, store_world_teardown),
        cmocka_unit_test_setup_teardown(test_disabled_cache_reads_nothing, store_world_setup,
                                        store_world_teardown),
        cmocka_unit_test_setup_teardown(test_storing_again_replaces, store_world_setup,
                                        store_world_teardown),
        cmocka_unit_test_setup_teardown(test_cleaning_keeps_a_week_and_goes_in_batches,
                                        store_world_setup, store_world_teardown),
        cmocka_unit_test_setup_teardown(test_each_part_may_leave_cleaning_to_others,
                                        store_world_setup, store_world_teardown),
        cmocka_unit_test_setup_teardown(test_memory_database, store_world_setup,
                                        store_world_teardown),
        cmocka_unit_test_setup_teardown(test_threads_read_a_file, store_world_setup,
                                        store_world_teardown),
        cmocka_unit_test_setup_teardown(test_threads_read_memory, store_world_setup,
                                        store_world_teardown),
    };
    return cmocka_run_group_tests_name("cache store", tests, NULL, NULL);
}
