/* What is stored beside a body: it comes with exactly that body or not at all, whatever others have
 * done to the row, and it counts for what the cache may hold. To the stores a tape is any bytes. */
#include "support/store_world.h"

#include <stdio.h>
#include <string.h>

#include "support/allocator.h"

#define BODY  "{\"id\":1}"
#define OTHER "{\"id\":2}"
#define TAPE  "a\0tape"

enum { TAPE_BYTES = sizeof(TAPE), BODY_BYTES = sizeof(BODY) - 1 };

static void store_with(store_world *world, cvi_stores *stores, const char *hash, const char *body,
                       const char *tape) {
    const cvi_completion completion = {.hash = hash,
                                       .job_id = "",
                                       .body = body,
                                       .size = strlen(body),
                                       .tape = tape,
                                       .tape_size = tape != NULL ? TAPE_BYTES : 0,
                                       .keeping = {.ttl_ms = WORLD_TTL_MS}};
    cv_error error = {0};
    bool owned = false;
    assert_int_equal(cvi_stores_complete(stores, &completion, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
}

static void check_cached(cvi_cached *cached, const char *body, const char *tape) {
    assert_non_null(cached->body);
    assert_int_equal(cached->tape_size, tape != NULL ? TAPE_BYTES : 0);
    if (tape != NULL) {
        assert_memory_equal(cached->body + cached->size + 1, tape, TAPE_BYTES);
    }
    world_check_body(cached, body);
}

static void check_found(store_world *world, cvi_stores *stores, const char *body,
                        const char *tape) {
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    check_cached(&cached, body, tape);
}

static void test_it_comes_with_its_body(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    store_with(world, stores, HASH_A, BODY, TAPE);
    check_found(world, stores, BODY, TAPE);
    const cvi_claim_spec spec = {
        .hash = HASH_A, .resource = "issue", .reread_cache = true, .ttl_ms = WORLD_TTL_MS};
    cvi_claim claim = world_claim_spec(world, stores, &spec);
    assert_int_equal(claim.verdict, CVI_CLAIM_HIT);
    check_cached(&claim.cached, BODY, TAPE);
    store_with(world, stores, HASH_A, OTHER, NULL); /* in its place, without one */
    check_found(world, stores, OTHER, NULL);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache WHERE tape IS NULL"), 1);
    cvi_stores_close(stores);
}

/* Who has waited for the answer reads it from the cache. */
static void test_it_comes_to_who_waits(void **state) {
    store_world *world = *state;
    cvi_stores *owner = world_open(world);
    cvi_stores *waiter = world_open(world);
    cvi_claim claim = world_expect(world, owner, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, waiter, HASH_A, CVI_CLAIM_WATCH);
    const cvi_completion completion = {.hash = HASH_A,
                                       .job_id = claim.job_id,
                                       .body = BODY,
                                       .size = BODY_BYTES,
                                       .tape = TAPE,
                                       .tape_size = TAPE_BYTES,
                                       .keeping = {.ttl_ms = WORLD_TTL_MS}};
    cv_error error = {0};
    bool owned = false;
    assert_int_equal(cvi_stores_complete(owner, &completion, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
    cvi_watch watch = world_watch(world, waiter, HASH_A, claim.job_id);
    assert_int_equal(watch.state, CVI_WATCH_COMPLETED);
    check_cached(&watch.cached, BODY, TAPE);
    cvi_stores_close(owner);
    cvi_stores_close(waiter);
}

/* What is not this body's tape, as it was stored, is none; and costs the body nothing. */
static void test_a_damaged_one_is_none(void **state) {
    store_world *world = *state;
    static const char *const changes[] = {
        "UPDATE cache SET tape = NULL",
        "UPDATE cache SET tape = x''",
        "UPDATE cache SET tape = x'6100746170'",
        "UPDATE cache SET tape = 'a tape'",
        "UPDATE cache SET tape = 7",
        "UPDATE cache SET tape = zeroblob(100000)",
        "UPDATE cache SET tape_checksum = NULL",
        "UPDATE cache SET tape_checksum = tape_checksum + 1",
        "UPDATE cache SET tape_checksum = 'x'",
        "UPDATE cache SET tape_checksum = x'00'",
        "UPDATE cache SET tape_checksum = checksum",
    };
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        store_with(world, stores, HASH_A, BODY, TAPE);
        check_found(world, stores, BODY, TAPE);
        world_execute(world, changes[i]);
        check_found(world, stores, BODY, NULL);
        assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 1);
    }
    cvi_stores_close(stores);
}

/* Each bit of it, and of its checksum. */
static void test_a_flipped_bit(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (int bit = 0; bit < 64; bit++) {
        char sql[120];
        store_with(world, stores, HASH_A, BODY, TAPE);
        assert_true(snprintf(sql, sizeof(sql),
                             "UPDATE cache SET tape_checksum = (tape_checksum | (1 << %d)) -"
                             " (tape_checksum & (1 << %d))",
                             bit, bit) > 0);
        world_execute(world, sql);
        check_found(world, stores, BODY, NULL);
    }
    for (int place = 0; place < TAPE_BYTES; place++) {
        char sql[160];
        store_with(world, stores, HASH_A, BODY, TAPE);
        assert_true(snprintf(sql, sizeof(sql),
                             "UPDATE cache SET tape = CAST(substr(tape, 1, %d) || x'F0' ||"
                             " substr(tape, %d) AS BLOB)",
                             place, place + 2) > 0);
        world_execute(world, sql);
        assert_int_equal(world_number(world, "SELECT length(tape) FROM cache"), TAPE_BYTES);
        check_found(world, stores, BODY, NULL);
    }
    cvi_stores_close(stores);
}

/* A tape of another body, of the same body under another hash, or one that was left behind by a
 * version that knows no tapes when it stored another body. */
static void test_that_of_another_is_none(void **state) {
    store_world *world = *state;
    static const char *const takes_other[] = {
        "UPDATE cache SET (tape_checksum, tape) ="
        " (SELECT tape_checksum, tape FROM cache WHERE hash = '" HASH_B "') WHERE hash = '" HASH_A
        "'",
        "UPDATE cache SET tape = (SELECT tape FROM cache WHERE hash = '" HASH_B
        "'), tape_checksum ="
        " (SELECT tape_checksum FROM cache WHERE hash = '" HASH_B "') WHERE hash = '" HASH_A "'",
    };
    cvi_stores *stores = world_open(world);
    store_with(world, stores, HASH_B, BODY, TAPE);
    for (size_t i = 0; i < sizeof(takes_other) / sizeof(takes_other[0]); i++) {
        store_with(world, stores, HASH_A, BODY, TAPE);
        world_execute(world, takes_other[i]);
        check_found(world, stores, BODY, NULL);
    }
    store_with(world, stores, HASH_A, OTHER, NULL);
    world_execute(
        world, "CREATE TABLE kept AS SELECT value, checksum FROM cache WHERE hash = '" HASH_A "'");
    store_with(world, stores, HASH_A, BODY, TAPE);
    world_execute(world, "UPDATE cache SET value = (SELECT value FROM kept), checksum ="
                         " (SELECT checksum FROM kept) WHERE hash = '" HASH_A "'");
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache WHERE tape IS NOT NULL"), 2);
    check_found(world, stores, OTHER, NULL);
    cvi_stores_close(stores);
}

/* ---- what it counts for ---- */

static int64_t total(const store_world *world) {
    return world_number(world, "SELECT total FROM cache_bytes");
}

static int64_t sum(const store_world *world) {
    return world_number(world, "SELECT coalesce(sum(length(value) + coalesce(length(tape), 0)), 0)"
                               " FROM cache");
}

/* All ways in which rows with tapes come, change and go. */
static void test_the_total_has_it(void **state) {
    store_world *world = *state;
    static const char *const changes[] = {
        "UPDATE cache SET tape = zeroblob(100) WHERE hash = '" HASH_A "'",
        "UPDATE cache SET value = zeroblob(50) WHERE hash = '" HASH_A "'",
        "UPDATE cache SET value = zeroblob(60), tape = NULL WHERE hash = '" HASH_A "'",
        "UPDATE cache SET tape = x'00'",
        "UPDATE cache SET expires_at = expires_at + 1",
        "REPLACE INTO cache(hash, value, expires_at, created_at) VALUES('" HASH_A "', x'00', 1, 1)",
        "REPLACE INTO cache(hash, value, tape, expires_at, created_at) VALUES('c', x'', x'00', 1, 1)",
        "DELETE FROM cache WHERE hash = 'c'",
        "DELETE FROM cache",
    };
    cvi_stores *stores = world_open(world);
    store_with(world, stores, HASH_A, BODY, TAPE);
    store_with(world, stores, HASH_B, BODY, NULL);
    assert_int_equal(total(world), 2 * BODY_BYTES + TAPE_BYTES);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        world_execute(world, changes[i]);
        assert_int_equal(total(world), sum(world));
    }
    cvi_stores_close(stores);
}

/* Where a body fits and the two do not, the body is stored. */
static void test_the_body_goes_first(void **state) {
    store_world *world = *state;
    static const struct {
        int64_t max_bytes;
        int64_t max_entry_bytes;
        const char *tape;
    } rows[] = {
        {BODY_BYTES + TAPE_BYTES, CV_NONE, TAPE},
        {BODY_BYTES + TAPE_BYTES - 1, CV_NONE, NULL},
        {CV_NONE, BODY_BYTES + TAPE_BYTES, TAPE},
        {CV_NONE, BODY_BYTES + TAPE_BYTES - 1, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        world->options.cache.max_bytes = rows[i].max_bytes;
        world->options.cache.max_entry_bytes = rows[i].max_entry_bytes;
        cvi_stores *stores = world_open(world);
        store_with(world, stores, HASH_A, BODY, TAPE);
        check_found(world, stores, BODY, rows[i].tape);
        cvi_stores_close(stores);
    }
}

/* Tapes push out what was not used for the longest time, as bodies do. */
static void test_the_bound_has_it(void **state) {
    store_world *world = *state;
    world->options.cache.max_bytes = 2 * (BODY_BYTES + TAPE_BYTES);
    cvi_stores *stores = world_open(world);
    static const char *const hashes[] = {HASH_B, "c", HASH_A};
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        store_with(world, stores, hashes[i], BODY, TAPE);
        fake_clock_advance(&world->clock, 1);
    }
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 2);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache WHERE hash = '" HASH_B "'"),
                     0);
    assert_int_equal(total(world), world->options.cache.max_bytes);
    check_found(world, stores, BODY, TAPE);
    cvi_stores_close(stores);
}

/* Room for what is stored: not for a tape that is left out. */
static void test_no_room_for_what_is_left_out(void **state) {
    store_world *world = *state;
    world->options.cache.max_bytes = 3 * BODY_BYTES;
    world->options.cache.max_entry_bytes = BODY_BYTES + TAPE_BYTES - 1;
    cvi_stores *stores = world_open(world);
    const cvi_completion coming = {.hash = HASH_A,
                                   .job_id = "",
                                   .body = BODY,
                                   .size = BODY_BYTES,
                                   .tape = TAPE,
                                   .tape_size = TAPE_BYTES,
                                   .keeping = {.ttl_ms = WORLD_TTL_MS}};
    cv_error error = {0};
    store_with(world, stores, HASH_B, BODY, NULL);
    store_with(world, stores, "c", BODY, NULL);
    assert_int_equal(cvi_stores_make_room(stores, &coming, world->clock.now, &error),
                     CVI_STORE_DONE);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 2);
    store_with(world, stores, HASH_A, BODY, TAPE);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 3);
    assert_int_equal(total(world), world->options.cache.max_bytes);
    cvi_stores_close(stores);
}

#define TAPE_TEST(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TAPE_TEST(test_it_comes_with_its_body),       TAPE_TEST(test_it_comes_to_who_waits),
        TAPE_TEST(test_a_damaged_one_is_none),        TAPE_TEST(test_a_flipped_bit),
        TAPE_TEST(test_that_of_another_is_none),      TAPE_TEST(test_the_total_has_it),
        TAPE_TEST(test_the_body_goes_first),          TAPE_TEST(test_the_bound_has_it),
        TAPE_TEST(test_no_room_for_what_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
