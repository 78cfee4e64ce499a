/* Negative entries in the stores: how they come into the file, how long they hold, what they
 * replace, and what the job that brought them ends with. */
#include "support/store_world.h"

#include <string.h>

#include "stores/handle.h"

#define BODY   "{\"id\":1}"
#define DENIAL "{\"status_code\":101}"

enum { TTL_MS = 300000, TOLERANCE_MS = 5000 };

static const cv_error no_such_object = {
    .code = CV_ERROR_NOT_FOUND, .api_status = 101, .message = "issue/4000-1: no such object"};

/* Ends a job (or none) with the word that there is no such object. */
static void deny_as(store_world *world, cvi_stores *stores, const char *job_id, const char *body) {
    const cvi_completion completion = {.hash = HASH_A,
                                       .job_id = job_id,
                                       .body = body,
                                       .size = strlen(body),
                                       .keeping = {.ttl_ms = WORLD_TTL_MS},
                                       .failure = &no_such_object};
    cv_error error = {0};
    bool owned = false;
    assert_int_equal(cvi_stores_complete(stores, &completion, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
    assert_true(owned);
}

static void deny(store_world *world, cvi_stores *stores) {
    deny_as(world, stores, "", DENIAL);
}

/* What a lookup with this TTL of the reader's finds: a denial, or nothing. */
static bool is_denied(store_world *world, cvi_stores *stores, int64_t ttl_ms) {
    cvi_cached cached = world_lookup(world, stores, HASH_A, ttl_ms);
    if (cached.body == NULL) {
        return false;
    }
    assert_true(cached.is_negative);
    world_check_body(&cached, DENIAL);
    return true;
}

static int64_t rows(const store_world *world) {
    return world_number(world, "SELECT count(*) FROM cache");
}

static void test_denial_ends_the_job_and_stays(void **state) {
    store_world *world = *state;
    cvi_stores *owner = world_open(world);
    cvi_stores *waiter = world_open(world);
    cvi_claim claim = world_expect(world, owner, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, waiter, HASH_A, CVI_CLAIM_WATCH);
    deny_as(world, owner, claim.job_id, DENIAL);
    cvi_watch watch = world_watch(world, waiter, HASH_A, claim.job_id);
    assert_int_equal(watch.state, CVI_WATCH_FAILED);
    assert_int_equal(watch.failure.code, CV_ERROR_NOT_FOUND);
    assert_int_equal(watch.failure.api_status, 101);
    assert_null(watch.cached.body);
    assert_true(is_denied(world, waiter, WORLD_TTL_MS));
    claim = world_expect(world, waiter, HASH_A, CVI_CLAIM_HIT);
    assert_true(claim.cached.is_negative);
    world_check_body(&claim.cached, DENIAL);
    cvi_stores_close(waiter);
    cvi_stores_close(owner);
}

static void test_denial_of_a_lost_job_is_not_written(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cv_error error = {0};
    bool owned = true;
    const cvi_completion completion = {.hash = HASH_A,
                                       .job_id = "not-mine",
                                       .body = DENIAL,
                                       .size = strlen(DENIAL),
                                       .keeping = {.ttl_ms = WORLD_TTL_MS},
                                       .failure = &no_such_object};
    assert_int_equal(cvi_stores_complete(stores, &completion, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
    assert_false(owned);
    assert_int_equal(rows(world), 0);
    cvi_stores_close(stores);
}

static void test_freshness_edges(void **state) {
    static const struct {
        int64_t writers_ttl_s;
        int64_t readers_ttl_s;
        int64_t later_ms;
        bool is_denied;
    } cases[] = {
        {300, 300, 0, true},
        {300, 300, TTL_MS - 1, true},
        {300, 300, TTL_MS, false},
        {600, 300, TTL_MS - 1, true},
        {600, 300, TTL_MS, false},
        {60, 300, 59999, true},
        {60, 300, 60000, false},
        {300, CV_NONE, 0, false},
        {300, 300, -TOLERANCE_MS, true},
        {300, 300, -TOLERANCE_MS - 1, false},
        {31536000, 31536000, INT64_C(31536000) * 1000 - 1, true},
    };
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world->options.cache.negative_ttl_s = cases[i].writers_ttl_s;
        cvi_stores *stores = world_open(world);
        deny(world, stores);
        cvi_stores_close(stores);
        world->options.cache.negative_ttl_s = cases[i].readers_ttl_s;
        stores = world_open(world);
        int64_t then_ms = world->clock.now.wall_ms;
        world->clock.now.wall_ms += cases[i].later_ms;
        const int64_t ttls_ms[] = {WORLD_TTL_MS, 1, 0, INT64_MAX}; /* of answers: no matter */
        for (size_t k = 0; k < sizeof(ttls_ms) / sizeof(ttls_ms[0]); k++) {
            assert_int_equal(is_denied(world, stores, ttls_ms[k]), cases[i].is_denied);
        }
        world->clock.now.wall_ms = then_ms;
        cvi_stores_close(stores);
    }
}

/* The long time for which answers are kept for stale reads is not for denials. */
static void test_denial_is_never_stale(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cv_cache_store *handle = cvi_stores_cache_store(stores);
    deny(world, stores);
    for (int i = 0; i < 2; i++) {
        cv_blob blob;
        assert_true(cv_cache_store_get(handle, HASH_A, &blob));
        assert_null(blob.data);
        assert_true(cv_cache_store_get_stale(handle, HASH_A, &blob, NULL));
        assert_null(blob.data);
        fake_clock_advance(&world->clock, TTL_MS);
    }
    cvi_stores_close(stores);
}

/* Not even for a reader who would take both. */
static void test_stale_time_is_for_answers_alone(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    const cvi_cache_demand demand = {.created_from_ms = INT64_MIN,
                                     .ttl_ms = TTL_MS,
                                     .negative_ttl_ms = TTL_MS,
                                     .stale_ms = TTL_MS};
    for (int is_negative = 0; is_negative < 2; is_negative++) {
        assert_true(world_complete(world, stores, HASH_A, "", BODY));
        if (is_negative == 1) {
            deny(world, stores);
        }
        cvi_now later = world->clock.now;
        later.wall_ms += TTL_MS + 1;
        cvi_cached cached;
        cv_error error = {0};
        assert_int_equal(cvi_stores_look(stores, HASH_A, &demand, later, &cached, &error),
                         CVI_STORE_DONE);
        world_check_body(&cached, is_negative == 1 ? NULL : BODY);
    }
    cvi_stores_close(stores);
}

static void test_answers_and_denials_replace_each_other(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (int i = 0; i < 2; i++) {
        assert_true(world_complete(world, stores, HASH_A, "", BODY));
        cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
        assert_false(cached.is_negative);
        world_check_body(&cached, BODY);
        deny(world, stores);
        assert_true(is_denied(world, stores, WORLD_TTL_MS));
        assert_int_equal(rows(world), 1);
    }
    cvi_stores_close(stores);
}

/* What may not be stored is not stored, but what it denies is not kept either. */
static void test_denial_that_is_not_stored_forgets(void **state) {
    static const struct {
        int64_t negative_ttl_s;
        int64_t max_entry_bytes;
        int64_t max_bytes;
    } cases[] = {{CV_NONE, 100, 100}, {300, 10, 100}, {300, 100, 10}};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world->options.cache.negative_ttl_s = cases[i].negative_ttl_s;
        world->options.cache.max_entry_bytes = cases[i].max_entry_bytes;
        world->options.cache.max_bytes = cases[i].max_bytes;
        cvi_stores *stores = world_open(world);
        assert_true(world_complete(world, stores, HASH_A, "", BODY));
        assert_int_equal(rows(world), 1);
        deny(world, stores);
        assert_int_equal(rows(world), 0);
        cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
        deny_as(world, stores, claim.job_id, DENIAL);
        cvi_watch watch = world_watch(world, stores, HASH_A, claim.job_id);
        assert_true(watch.state == CVI_WATCH_FAILED || watch.state == CVI_WATCH_GONE);
        assert_int_equal(rows(world), 0);
        cvi_stores_close(stores);
    }
}

static void test_disabled_cache_neither_stores_nor_forgets(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    assert_true(world_complete(world, stores, HASH_A, "", BODY));
    cvi_stores_close(stores);
    world->options.cache.disabled = true;
    stores = world_open(world);
    deny(world, stores);
    cvi_stores_close(stores);
    world->options.cache.disabled = false;
    stores = world_open(world);
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, BODY);
    cvi_stores_close(stores);
}

/* Another program that stores under the same hash does not know of the mark. */
static void test_rows_of_others_are_no_denials(void **state) {
    static const char *const statements[] = {
        "REPLACE INTO cache(hash, value, expires_at, created_at)"
        " VALUES('" HASH_A "', x'7b7d', 9000000000000, 1)",
        "INSERT INTO cache(hash, value, expires_at, created_at)"
        " VALUES('" HASH_A "', x'7b7d', 9000000000000, 1)"
        " ON CONFLICT(hash) DO UPDATE SET value = excluded.value",
    };
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        deny(world, stores);
        world_execute(world, statements[i]);
        assert_false(is_denied(world, stores, WORLD_TTL_MS));
    }
    cvi_stores_close(stores);
}

#define IN_WORLD(test)                                                                             \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_denial_ends_the_job_and_stays),
        IN_WORLD(test_denial_of_a_lost_job_is_not_written),
        IN_WORLD(test_freshness_edges),
        IN_WORLD(test_denial_is_never_stale),
        IN_WORLD(test_stale_time_is_for_answers_alone),
        IN_WORLD(test_answers_and_denials_replace_each_other),
        IN_WORLD(test_denial_that_is_not_stored_forgets),
        IN_WORLD(test_disabled_cache_neither_stores_nor_forgets),
        IN_WORLD(test_rows_of_others_are_no_denials),
    };
    return cmocka_run_group_tests_name("negative entries", tests, NULL, NULL);
}
