/* max_bytes: the total that the file keeps whoever writes, which rows go and in what order, uses
 * that are noted later, and what is done when the total is lost. */
#include "support/store_world.h"

#include <stdio.h>
#include <string.h>

#include "support/allocator.h"

enum { MAX_BYTES = 1000, BODY_BYTES = 100, MINUTE_MS = 60000, MEBIBYTE = 1 << 20 };

static int64_t total(const store_world *world) {
    return world_number(world, "SELECT total FROM cache_bytes");
}

static int64_t sum(const store_world *world) {
    return world_number(world, "SELECT coalesce(sum(length(value)), 0) FROM cache");
}

static int64_t count(const store_world *world) {
    return world_number(world, "SELECT count(*) FROM cache");
}

static bool has(const store_world *world, int number) {
    char sql[80];
    assert_true(
        snprintf(sql, sizeof(sql), "SELECT count(*) FROM cache WHERE hash = 'h%d'", number) > 0);
    return world_number(world, sql) == 1;
}

static cvi_stores *open_bound(store_world *world, int64_t max_bytes) {
    world->options.cache.max_bytes = max_bytes;
    world->options.cache.max_entry_bytes = CV_NONE;
    return world_open(world);
}

/* Stores `size` bytes under "h<number>", as the owner of no job. */
static void put(store_world *world, cvi_stores *stores, int number, size_t size) {
    static char body[6 * MEBIBYTE];
    char hash[16];
    cv_error error = {0};
    bool owned = false;
    assert_true(size < sizeof(body));
    memset(body, 'x', size);
    assert_true(snprintf(hash, sizeof(hash), "h%d", number) > 0);
    const cvi_completion completion = {.hash = hash,
                                       .job_id = "",
                                       .body = body,
                                       .size = size,
                                       .keeping = {.ttl_ms = WORLD_TTL_MS}};
    assert_int_equal(cvi_stores_complete(stores, &completion, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
    fake_clock_advance(&world->clock, 1);
}

/* Reads "h<number>", which must be there. */
static void use(store_world *world, cvi_stores *stores, int number) {
    char hash[16];
    assert_true(snprintf(hash, sizeof(hash), "h%d", number) > 0);
    cvi_cached cached = world_lookup(world, stores, hash, WORLD_TTL_MS);
    assert_non_null(cached.body);
    cvi_release(&cvi_default_allocator, cached.body);
}

/* Rows of another program, from `first` on, as old as their number says. */
static void put_foreign(const store_world *world, int first, int rows, int64_t size) {
    char sql[400];
    assert_true(snprintf(sql, sizeof(sql),
                         "WITH RECURSIVE n(i) AS (VALUES(%d) UNION ALL SELECT i + 1 FROM n WHERE"
                         " i < %d) INSERT INTO cache(hash, value, expires_at, created_at)"
                         " SELECT 'h' || i, zeroblob(%lld), 9000000000000, i FROM n",
                         first, first + rows - 1, (long long)size) > 0);
    world_execute(world, sql);
}

/* ---- the total ---- */

/* All ways in which SQL can change the rows. */
static void test_total_follows_every_statement(void **state) {
    static const char *const statements[] = {
        "INSERT INTO cache(hash, value, expires_at, created_at) VALUES('a', x'0011', 1, 1),"
        " ('b', x'00', 1, 1)",
        "INSERT OR REPLACE INTO cache(hash, value, expires_at, created_at)"
        " VALUES('a', x'001122', 1, 1)",
        "INSERT INTO cache(hash, value, expires_at, created_at) VALUES('a', x'0011223344', 1, 1)"
        " ON CONFLICT(hash) DO UPDATE SET value = excluded.value",
        "INSERT OR IGNORE INTO cache(hash, value, expires_at, created_at)"
        " VALUES('a', x'00112233445566', 1, 1)",
        "INSERT INTO cache(hash, value, expires_at, created_at) VALUES('c', x'00', 1, 1)",
        "PRAGMA recursive_triggers = ON;"
        "REPLACE INTO cache(hash, value, expires_at, created_at) VALUES('a', x'001122', 1, 1);"
        "REPLACE INTO cache(hash, value, expires_at, created_at) VALUES('d', x'001122', 1, 1)",
        "REPLACE INTO cache(hash, value, expires_at, created_at)"
        " SELECT hash, x'0001', 1, 1 FROM cache",
        "UPDATE cache SET value = x'' WHERE hash = 'b'",
        "UPDATE cache SET hash = 'e', value = zeroblob(5000) WHERE hash = 'c'",
        "UPDATE cache SET expires_at = 9",
        "BEGIN; DELETE FROM cache; ROLLBACK",
        "DELETE FROM cache WHERE hash = 'a'",
        "REPLACE INTO cache(hash, value, expires_at, created_at) VALUES('f', 'text', 1, 1)",
        "DELETE FROM cache",
    };
    store_world *world = *state;
    cvi_stores_close(world_open(world));
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        world_execute(world, statements[i]);
        if (total(world) != sum(world)) {
            fail_msg("%lld instead of %lld after: %s", (long long)total(world),
                     (long long)sum(world), statements[i]);
        }
    }
    assert_int_equal(total(world), 0);
}

static void test_total_counts_what_was_there_before(void **state) {
    store_world *world = *state;
    world_execute(world, NODE_TABLES);
    cvi_stores_close(world_open(world));
    assert_int_equal(total(world), 2);
    cvi_stores_close(world_open(world));
    assert_int_equal(total(world), 2);
}

/* ---- what goes ---- */

static void test_oldest_go_first(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    for (int i = 0; i < 10; i++) {
        put(world, stores, i, BODY_BYTES);
    }
    assert_int_equal(count(world), 10);
    put(world, stores, 10, 1);
    assert_false(has(world, 0));
    assert_int_equal(count(world), 10);
    put(world, stores, 11, 2UL * BODY_BYTES);
    assert_false(has(world, 2));
    assert_true(has(world, 3));
    assert_int_equal(total(world), sum(world));
    assert_in_range(total(world), 1, MAX_BYTES);
    put(world, stores, 12, MAX_BYTES); /* just fits, alone */
    assert_int_equal(count(world), 1);
    assert_true(has(world, 12));
    cvi_stores_close(stores);
}

static void test_replacing_makes_room(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    for (int i = 0; i < 20; i++) {
        put(world, stores, i % 2, MAX_BYTES / 2);
    }
    assert_int_equal(count(world), 2);
    assert_int_equal(total(world), MAX_BYTES);
    cvi_stores_close(stores);
}

static void test_too_large_a_body_is_not_stored(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    put(world, stores, 1, BODY_BYTES);
    put(world, stores, 2, MAX_BYTES + 1);
    assert_true(has(world, 1));
    assert_false(has(world, 2));
    cvi_stores_close(stores);
}

static void test_rows_of_others_count_and_go(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    put_foreign(world, 100, 9, BODY_BYTES);
    put(world, stores, 1, 2UL * BODY_BYTES);
    assert_true(has(world, 1));
    assert_false(has(world, 100));
    assert_true(has(world, 101));
    assert_int_equal(sum(world), MAX_BYTES);
    cvi_stores_close(stores);
}

static void test_without_a_bound_nothing_goes(void **state) {
    store_world *world = *state;
    const int64_t none[] = {CV_NONE, 0};
    for (size_t i = 0; i < 2; i++) {
        cvi_stores *stores = open_bound(world, none[i]);
        put_foreign(world, 100 + 10 * (int)i, 10, BODY_BYTES);
        put(world, stores, 1, BODY_BYTES);
        assert_int_equal(count(world), 11 + 10 * (int64_t)i);
        world_clean(world, stores);
        assert_int_equal(count(world), 11 + 10 * (int64_t)i);
        cvi_stores_close(stores);
    }
}

/* A clock that was ahead for a while leaves rows that nobody may read: they make room first. */
static void test_rows_from_the_future_go_first(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    put(world, stores, 1, BODY_BYTES);
    fake_clock_advance(&world->clock, INT64_C(10) * MINUTE_MS);
    for (int i = 2; i <= 10; i++) {
        put(world, stores, i, BODY_BYTES);
    }
    world->clock.now.wall_ms -= INT64_C(5) * MINUTE_MS;
    for (int i = 11; i <= 19; i++) {
        put(world, stores, i, BODY_BYTES);
        assert_true(has(world, i));
        assert_true(has(world, 1));
        assert_false(has(world, i - 9));
    }
    put(world, stores, 20, BODY_BYTES);
    assert_false(has(world, 1));
    cvi_stores_close(stores);
}

/* One whose cache is off leaves the file's cache alone. */
static void test_disabled_cache_evicts_nothing(void **state) {
    store_world *world = *state;
    world->options.cache.disabled = true;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    put_foreign(world, 100, 20, BODY_BYTES);
    world_clean(world, stores);
    assert_int_equal(count(world), 20);
    cvi_stores_close(stores);
}

/* ---- batches ---- */

static void test_cleaning_goes_by_rows(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    put_foreign(world, 1, 450 + 10, BODY_BYTES);
    const int64_t left[] = {260, 60, 10, 10};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(world_clean(world, stores), i < 3);
        assert_int_equal(count(world), left[i]);
    }
    assert_false(has(world, 450));
    assert_true(has(world, 451));
    cvi_stores_close(stores);
}

/* A mebibyte at a time, or one row; never the whole of it. */
static void test_cleaning_goes_by_bytes(void **state) {
    static const struct {
        int64_t size;
        int64_t first_batch;
    } cases[] = {{MEBIBYTE / 4, 4}, {MEBIBYTE - 1, 2}, {MEBIBYTE, 1}, {INT64_C(3) * MEBIBYTE, 1}};
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put_foreign(world, 1, 6, cases[i].size);
        assert_true(world_clean(world, stores));
        assert_int_equal(count(world), 6 - cases[i].first_batch);
        while (world_clean(world, stores)) {
        }
        assert_int_equal(count(world), 0);
        assert_int_equal(total(world), 0);
    }
    cvi_stores_close(stores);
}

/* The same bound holds for what has expired. */
static void test_expired_bodies_go_by_bytes(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    put_foreign(world, 1, 6, MEBIBYTE / 2);
    world_execute(world, "UPDATE cache SET expires_at = created_at");
    const int64_t left[] = {4, 2, 0, 0};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(world_clean(world, stores), i < 3);
        assert_int_equal(count(world), left[i]);
    }
    cvi_stores_close(stores);
}

/* What is stored makes as much room as it takes: large bodies do not outrun the batches. */
static void test_storing_large_bodies_keeps_pace(void **state) {
    enum { LARGE = 5 * MEBIBYTE, ROOM = 2 * LARGE };
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, ROOM);
    put_foreign(world, 1000, ROOM / (MEBIBYTE / 2), MEBIBYTE / 2);
    for (int i = 0; i < 6; i++) {
        put(world, stores, i, LARGE);
        assert_in_range(sum(world), 1, ROOM);
    }
    cvi_stores_close(stores);
}

/* ---- uses ---- */

/* A use is noted with the next row that is stored, and keeps the row. */
static void test_used_rows_stay(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    for (int i = 0; i < 10; i++) {
        put(world, stores, i, BODY_BYTES);
    }
    fake_clock_advance(&world->clock, MINUTE_MS);
    use(world, stores, 0);
    use(world, stores, 1);
    assert_int_equal(world_number(world, "SELECT count(used_at) FROM cache"), 0);
    put(world, stores, 10, BODY_BYTES);
    assert_int_equal(world_number(world, "SELECT count(used_at) FROM cache"), 2);
    assert_true(has(world, 0));
    assert_true(has(world, 1));
    assert_false(has(world, 2));
    /* Stored anew, it is as old as its body again. */
    put(world, stores, 0, BODY_BYTES);
    assert_int_equal(world_number(world, "SELECT count(used_at) FROM cache"), 1);
    cvi_stores_close(stores);
}

static void test_uses_are_noted_to_the_minute(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    const char *used = "SELECT coalesce(used_at, 0) FROM cache WHERE hash = 'h1'";
    put(world, stores, 1, BODY_BYTES);
    int64_t stored_ms = world->clock.now.wall_ms - 1;
    fake_clock_advance(&world->clock, MINUTE_MS - 2);
    use(world, stores, 1);
    world_clean(world, stores);
    assert_int_equal(world_number(world, used), 0);
    fake_clock_advance(&world->clock, 1);
    use(world, stores, 1);
    world_clean(world, stores);
    assert_int_equal(world_number(world, used), stored_ms + MINUTE_MS);
    fake_clock_advance(&world->clock, MINUTE_MS - 1);
    use(world, stores, 1);
    world_clean(world, stores);
    assert_int_equal(world_number(world, used), stored_ms + MINUTE_MS);
    fake_clock_advance(&world->clock, 1);
    use(world, stores, 1);
    world_clean(world, stores);
    assert_int_equal(world_number(world, used), stored_ms + INT64_C(2) * MINUTE_MS);
    cvi_stores_close(stores);
}

/* A program without a bound pays nothing for those of others. */
static void test_uses_are_noted_only_under_a_bound(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, CV_NONE);
    put(world, stores, 1, BODY_BYTES);
    fake_clock_advance(&world->clock, INT64_C(2) * MINUTE_MS);
    use(world, stores, 1);
    put(world, stores, 2, BODY_BYTES);
    world_clean(world, stores);
    assert_int_equal(world_number(world, "SELECT count(used_at) FROM cache"), 0);
    cvi_stores_close(stores);
}

/* More uses than one transaction notes; all are noted in the end. */
static void test_many_uses_are_noted_in_batches(void **state) {
    enum { ROWS = 150, BATCH = 64 };
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MEBIBYTE);
    for (int i = 0; i < ROWS; i++) {
        put(world, stores, i, 1);
    }
    fake_clock_advance(&world->clock, MINUTE_MS);
    for (int i = 0; i < ROWS; i++) {
        use(world, stores, i);
    }
    const int64_t noted[] = {BATCH, INT64_C(2) * BATCH, ROWS};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(world_clean(world, stores), i < 2);
        assert_int_equal(world_number(world, "SELECT count(used_at) FROM cache"), noted[i]);
    }
    cvi_stores_close(stores);
}

/* A row that was used and is gone, and one whose number another has got: no harm. */
static void test_use_of_a_row_that_is_gone(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    put(world, stores, 1, BODY_BYTES);
    fake_clock_advance(&world->clock, MINUTE_MS);
    use(world, stores, 1);
    world_execute(world, "DELETE FROM cache");
    world_clean(world, stores);
    assert_int_equal(count(world), 0);
    put(world, stores, 2, BODY_BYTES);
    use(world, stores, 2);
    cvi_stores_close(stores);
}

/* ---- a total that is wrong ---- */

static void test_lost_total_is_counted_anew(void **state) {
    static const char *const losses[] = {
        "DELETE FROM cache_bytes",
        "UPDATE cache_bytes SET total = -1",
        "UPDATE cache_bytes SET total = 'much'",
        "UPDATE cache_bytes SET total = 1.5",
    };
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        put_foreign(world, 1, 20, BODY_BYTES);
        world_execute(world, losses[i]);
        assert_true(world_clean(world, stores));
        assert_int_equal(total(world), 20 * BODY_BYTES);
        assert_int_equal(count(world), 20);
        assert_true(world_clean(world, stores));
        assert_int_equal(count(world), 10);
        assert_false(world_clean(world, stores));
        assert_int_equal(total(world), sum(world));
        world_execute(world, "DELETE FROM cache");
    }
    cvi_stores_close(stores);
}

/* One that is far too large costs the rows that there are, and then nothing any more. */
static void test_absurd_total_ends(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    put_foreign(world, 1, 5, BODY_BYTES);
    world_execute(world, "UPDATE cache_bytes SET total = 9223372036854775807");
    for (int i = 0; i < 2; i++) {
        assert_true(world_clean(world, stores));
    }
    assert_int_equal(total(world), 0);
    assert_false(world_clean(world, stores));
    put(world, stores, 1, BODY_BYTES);
    assert_true(has(world, 1));
    assert_int_equal(total(world), BODY_BYTES);
    cvi_stores_close(stores);
}

/* Times of any kind, from others: they are put in some order, and all go in the end. */
/* The clock was put back a little: what has just been stored is the oldest, and stays. */
static void test_what_is_just_stored_stays(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    for (int i = 0; i < 2; i++) {
        put(world, stores, i, 400);
    }
    fake_clock_step_wall(&world->clock, -3000);
    put(world, stores, 2, 400);
    assert_true(has(world, 2));
    assert_int_equal(count(world), 2);
    cvi_stores_close(stores);
}

/* Rows of nobody's in the table of the total change nothing, and cleaning ends. */
static void test_other_rows_beside_the_total(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    world_execute(world, "INSERT INTO cache_bytes VALUES(0, 1000000, 0), (2, 5, 5)");
    put(world, stores, 1, 400);
    put(world, stores, 2, 400);
    assert_int_equal(count(world), 2);
    assert_int_equal(world_number(world, "SELECT total FROM cache_bytes WHERE id = 1"), 800);
    assert_false(world_clean(world, stores));
    assert_int_equal(count(world), 2);
    cvi_stores_close(stores);
}

/* SQLite lets a key of text be NULL: such a row of another program's goes like any other. */
static void test_a_row_without_a_hash_goes_too(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    world_execute(world, "INSERT INTO cache(hash, value, expires_at, created_at)"
                         " VALUES(NULL, zeroblob(20000), 9223372036854775807, 0)");
    for (int i = 0; i < 5; i++) {
        put(world, stores, i, BODY_BYTES);
    }
    assert_int_equal(count(world), 5);
    assert_int_equal(total(world), 5 * BODY_BYTES);
    cvi_stores_close(stores);
}

static void test_hostile_times(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, 1);
    world_execute(world, "INSERT INTO cache(hash, value, expires_at, created_at, used_at) VALUES"
                         "('a', x'0011', 9223372036854775807, -9223372036854775808, NULL),"
                         "('b', x'0011', 9223372036854775807, 'soon', 'late'),"
                         "('c', x'0011', 9223372036854775807, x'00', 9223372036854775807)");
    while (world_clean(world, stores)) {
    }
    assert_int_equal(count(world), 0);
    cvi_stores_close(stores);
}

/* ---- room that is made before ---- */

static cvi_completion of_size(const char *hash, size_t size) {
    static char body[MAX_BYTES];
    return (cvi_completion){.hash = hash,
                            .job_id = "",
                            .body = body,
                            .size = size,
                            .keeping = {.ttl_ms = WORLD_TTL_MS},
                            .has_room = true};
}

static void make_room(store_world *world, cvi_stores *stores, const cvi_completion *coming) {
    cv_error error;
    assert_int_equal(cvi_stores_make_room(stores, coming, world->clock.now, &error),
                     CVI_STORE_DONE);
}

/* The oldest go at once, as many as have to; what comes goes nowhere then. */
static void test_room_is_made_before(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    cv_error error;
    bool owned = false;
    for (int i = 0; i < MAX_BYTES / BODY_BYTES; i++) {
        put(world, stores, i, BODY_BYTES);
    }
    const cvi_completion coming = of_size("new", 3 * BODY_BYTES - 1);
    make_room(world, stores, &coming);
    assert_int_equal(total(world), MAX_BYTES - 3 * BODY_BYTES);
    assert_false(has(world, 2));
    assert_true(has(world, 3));
    assert_int_equal(cvi_stores_complete(stores, &coming, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
    assert_int_equal(total(world), MAX_BYTES - 1);
    assert_int_equal(count(world), MAX_BYTES / BODY_BYTES - 2);
    cvi_stores_close(stores);
}

/* Nothing goes where nothing has to, and for what would not be kept; and what is stored anew stays
 * until then. */
static void test_room_that_need_not_be_made(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    put(world, stores, 1, BODY_BYTES);
    put(world, stores, 2, MAX_BYTES - 2 * BODY_BYTES);
    const cvi_completion fits = of_size("new", BODY_BYTES);
    cvi_completion passing = of_size("new", MAX_BYTES);
    const cvi_completion again = of_size("h1", 2 * BODY_BYTES);
    passing.keeping.no_store = true;
    make_room(world, stores, &fits);
    make_room(world, stores, &passing);
    assert_int_equal(count(world), 2);
    make_room(world, stores, &again);
    assert_true(has(world, 1));
    assert_false(has(world, 2));
    cvi_stores_close(stores);
}

/* What others stored in between goes with what is stored next. */
static void test_others_store_before_the_room_is_used(void **state) {
    store_world *world = *state;
    cvi_stores *stores = open_bound(world, MAX_BYTES);
    cv_error error;
    bool owned = false;
    const cvi_completion coming = of_size("new", MAX_BYTES - BODY_BYTES);
    make_room(world, stores, &coming);
    put(world, stores, 1, 2 * BODY_BYTES);
    assert_int_equal(cvi_stores_complete(stores, &coming, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
    assert_int_equal(total(world), MAX_BYTES + BODY_BYTES);
    put(world, stores, 2, BODY_BYTES);
    assert_true(total(world) <= MAX_BYTES);
    cvi_stores_close(stores);
}

#define IN_WORLD(test)                                                                             \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_total_follows_every_statement),
        IN_WORLD(test_total_counts_what_was_there_before),
        IN_WORLD(test_oldest_go_first),
        IN_WORLD(test_replacing_makes_room),
        IN_WORLD(test_too_large_a_body_is_not_stored),
        IN_WORLD(test_rows_of_others_count_and_go),
        IN_WORLD(test_without_a_bound_nothing_goes),
        IN_WORLD(test_rows_from_the_future_go_first),
        IN_WORLD(test_disabled_cache_evicts_nothing),
        IN_WORLD(test_cleaning_goes_by_rows),
        IN_WORLD(test_cleaning_goes_by_bytes),
        IN_WORLD(test_expired_bodies_go_by_bytes),
        IN_WORLD(test_storing_large_bodies_keeps_pace),
        IN_WORLD(test_used_rows_stay),
        IN_WORLD(test_uses_are_noted_to_the_minute),
        IN_WORLD(test_uses_are_noted_only_under_a_bound),
        IN_WORLD(test_many_uses_are_noted_in_batches),
        IN_WORLD(test_use_of_a_row_that_is_gone),
        IN_WORLD(test_lost_total_is_counted_anew),
        IN_WORLD(test_absurd_total_ends),
        IN_WORLD(test_what_is_just_stored_stays),
        IN_WORLD(test_other_rows_beside_the_total),
        IN_WORLD(test_a_row_without_a_hash_goes_too),
        IN_WORLD(test_hostile_times),
        IN_WORLD(test_room_is_made_before),
        IN_WORLD(test_room_that_need_not_be_made),
        IN_WORLD(test_others_store_before_the_room_is_used),
    };
    return cmocka_run_group_tests_name("bound", tests, NULL, NULL);
}
