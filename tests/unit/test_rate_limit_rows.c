/* The rows of the limit over time: what is cleaned away and what is kept, and tables and rows of
 * others. */
#include "support/limit_desk.h"

#include "stores/limits.h"

/* Another program may have made the table so that ids of deleted rows are given again. */
static void test_ids_that_come_again(void **state) {
    store_world *world = *state;
    world_execute(world, NODE_TABLES "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY,"
                                     " resource TEXT NOT NULL, timestamp INTEGER NOT NULL)");
    cvi_stores *stores = world_open(world);
    for (int i = 0; i < 50; i++) {
        insert_foreign(world, "volume", 0);
    }
    admit(world, stores, "issue");
    world_execute(world, "DELETE FROM rate_limits");
    for (int i = 0; i < 3; i++) {
        insert_foreign(world, "issue", 0);
    }
    check_wait(world, stores, "issue", 1100, CVI_WAIT_LIMIT);
    cvi_stores_close(stores);
}

/* ---- cleaning ---- */

static void insert_old(const store_world *world, const char *boot, int count, int64_t boot_ms,
                       int64_t wall_ms) {
    char *sql = sqlite3_mprintf(
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        "INSERT INTO rate_limits(resource, timestamp, boot, boot_ms)"
        " SELECT 'issue', %lld, %Q, %lld FROM n",
        count, (long long)wall_ms, boot, (long long)boot_ms);
    world_execute(world, sql);
    sqlite3_free(sql);
}

static void test_cleaning_keeps_what_anybody_needs(void **state) {
    store_world *world = *state;
    world->clock.now.boot_ms = 20 * CVI_RATE_KEPT_MS;
    world->options.rate_limit.window_ms = 2 * CVI_RATE_KEPT_MS - 100;
    cvi_stores_close(world_open(world));
    world->options.rate_limit.window_ms = 1000;
    cvi_stores *stores = world_open(world);
    cvi_now now = world->clock.now;
    int64_t kept_ms = 2 * CVI_RATE_KEPT_MS;
    insert_old(world, "boot-1", 1, now.boot_ms - kept_ms, now.wall_ms);
    insert_old(world, "boot-1", 1, now.boot_ms - kept_ms + 1, 0);
    insert_old(world, "boot-0", 1, now.boot_ms, now.wall_ms - kept_ms);
    insert_old(world, "boot-0", 1, 0, now.wall_ms - kept_ms + 1);
    insert_old(world, NULL, 1, 0, now.wall_ms - kept_ms);
    insert_old(world, NULL, 1, 0, now.wall_ms - kept_ms + 1);
    assert_false(world_clean(world, stores));
    assert_int_equal(count_rows(world), 3);
    fake_clock_advance(&world->clock, 1);
    assert_false(world_clean(world, stores));
    assert_int_equal(count_rows(world), 0);
    cvi_stores_close(stores);
}

/* A short window of ours does not delete what other programs count for an hour. */
static void test_cleaning_keeps_an_hour_for_programs_that_cannot_ask(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world_execute(world, "UPDATE settings SET value = 'much'");
    insert_foreign(world, "issue", CVI_RATE_KEPT_MS - 1);
    insert_foreign(world, "issue", CVI_RATE_KEPT_MS);
    assert_false(world_clean(world, stores));
    assert_int_equal(count_rows(world), 1);
    cvi_stores_close(stores);
}

static void test_cleaning_goes_in_batches(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    insert_old(world, "boot-0", 450, 0, 0);
    insert_old(world, "boot-1", 450, -CVI_LONGEST_MS, 0);
    int calls = 1;
    while (world_clean(world, stores)) {
        calls++;
        assert_in_range(calls, 2, 4);
    }
    assert_int_equal(calls, 3);
    assert_int_equal(count_rows(world), 0);
    cvi_stores_close(stores);
}

/* Old rows that nobody has cleaned yet neither count nor are written again. */
static void test_old_rows_of_another_boot_are_not_touched(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    insert_old(world, "boot-0", 5000, 3600000, world->clock.now.wall_ms - CVI_CONNECTING_KEPT_MS);
    insert_old(world, "boot-0", 2, 0, world->clock.now.wall_ms - 1099);
    admit(world, stores, "issue");
    check_wait(world, stores, "issue", 1, CVI_WAIT_LIMIT);
    assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limits WHERE boot = 'boot-0'"),
                     5000);
    cvi_stores_close(stores);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, limit_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_ids_that_come_again),
        WITH_WORLD(test_cleaning_keeps_what_anybody_needs),
        WITH_WORLD(test_cleaning_keeps_an_hour_for_programs_that_cannot_ask),
        WITH_WORLD(test_cleaning_goes_in_batches),
        WITH_WORLD(test_old_rows_of_another_boot_are_not_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
