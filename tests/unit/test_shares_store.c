/* The kept activity: the same in every handle, after restart, reboot and cleaning; counted anew
 * when it is time and not before; rows of other programs; and a row that somebody has damaged. */
#include "support/priority_world.h"

#define USER       CV_PRIORITY_USER
#define BACKGROUND CV_PRIORITY_BACKGROUND

#define MINUTE_MS    INT64_C(60000)
#define HOUR_MS      INT64_C(3600000)
#define SUSTAINED_MS INT64_C(1800000)

static int64_t counted_at(const store_world *world) {
    return world_number(world, "SELECT boot_ms FROM rate_limit_shares WHERE resource = 'issue'");
}

static int64_t counted_users(const store_world *world) {
    return world_number(world, "SELECT users FROM rate_limit_shares WHERE resource = 'issue'");
}

static cvi_stores *reopen(store_world *world, cvi_stores *stores) {
    cvi_stores_close(stores);
    return world_open(world);
}

/* ---- the same everywhere ---- */

static void test_handles_see_the_same_before_and_after_a_restart(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    admit_some(world, first, USER, 4);
    admit_some(world, second, USER, 6);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
    cvi_claim claim = ask_path(world, first, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    fake_clock_advance(&world->clock, 10000);
    claim = ask_path(world, second, "issue", BACKGROUND);
    check_claim_waits(&claim, 20000, CVI_WAIT_SHARE);
    assert_string_equal(claim.reason_text,
                        "High user activity (10 requests/15min) - prioritizing users");
    first = reopen(world, first);
    claim = ask_path(world, first, "issue", BACKGROUND);
    check_claim_waits(&claim, 20000, CVI_WAIT_SHARE);
    admit_some(world, first, USER, 1);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_background_of_all_handles_has_one_share(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    admit_some(world, first, BACKGROUND, 7);
    admit_until_wait(world, second, BACKGROUND, 7);
    cvi_claim claim = ask_path(world, first, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    first = reopen(world, first);
    claim = ask_path(world, first, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_scopes_have_shares_of_their_own(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    world->options.scope = "scope-2";
    cvi_stores *second = world_open(world);
    admit_some(world, first, USER, 10);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
    cvi_claim claim = ask_path(world, first, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    admit_until_wait(world, second, BACKGROUND, 14);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

/* Kept is what was counted: a handle with another limit shares that one out. */
static void test_handles_with_different_limits_use_one_count(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    world->options.rate_limit.limit = 40;
    cvi_stores *second = world_open(world);
    admit_until_wait(world, first, BACKGROUND, 14);
    int64_t before = counted_at(world);
    fake_clock_advance(&world->clock, 1);
    admit_until_wait(world, second, BACKGROUND, 14);
    assert_int_equal(counted_at(world), before);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

/* ---- when it is counted ---- */

static void test_count_is_written_when_it_is_time(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    int64_t start_ms = world->clock.now.boot_ms;
    admit_some(world, stores, USER, 1);
    assert_int_equal(counted_users(world), 1);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS - 1);
    admit_some(world, stores, USER, 3);
    admit_some(world, stores, BACKGROUND, 1);
    assert_int_equal(counted_at(world), start_ms);
    assert_int_equal(counted_users(world), 1);
    fake_clock_advance(&world->clock, 1);
    admit_some(world, stores, USER, 1);
    assert_int_equal(counted_at(world), start_ms + PRIORITY_INTERVAL_MS);
    assert_int_equal(counted_users(world), 5);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
    ask_path(world, stores, "issue", BACKGROUND);
    assert_int_equal(counted_at(world), start_ms + 2 * PRIORITY_INTERVAL_MS);
    cvi_stores_close(stores);
}

/* A refusal keeps nothing but the count. */
static void test_refusal_keeps_its_count(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 10);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
    ask_path(world, stores, "issue", BACKGROUND);
    assert_int_equal(counted_users(world), 10);
    assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limits"), 10);
    cvi_stores_close(stores);
}

static void test_other_window_is_counted_anew(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    world->options.rate_limit.adaptive.monitoring_window_ms = MINUTE_MS;
    cvi_stores *second = world_open(world);
    admit_some(world, first, USER, 3);
    fake_clock_advance(&world->clock, MINUTE_MS);
    admit_some(world, first, USER, 1);
    assert_int_equal(counted_users(world), 4);
    admit_some(world, second, BACKGROUND, 1);
    assert_int_equal(counted_users(world), 1);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

/* An admission that never left is no activity at the next count. */
static void test_request_taken_back_does_not_count(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 1);
    cvi_claim claim = ask_path(world, stores, "issue", USER);
    world_release(world, stores, HASH_A, "", claim.row_id, NULL);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
    ask_path(world, stores, "issue", BACKGROUND);
    assert_int_equal(counted_users(world), 1);
    cvi_stores_close(stores);
}

/* ---- how long it is remembered ---- */

/* Rows are kept as long as the activity depends on them, even where the window is short. */
static void test_short_window_keeps_the_rows_of_the_activity(void **state) {
    store_world *world = *state;
    world->options.rate_limit.window_ms = 1000;
    world->options.rate_limit.adaptive.sustained_inactivity_threshold_ms = 3 * HOUR_MS;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 1);
    fake_clock_advance(&world->clock, 3 * HOUR_MS - 1);
    world_clean(world, stores);
    assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limits"), 1);
    fake_clock_advance(&world->clock, 1);
    admit_until_wait(world, stores, BACKGROUND, 15);
    cvi_stores_close(stores);
}

static void test_last_user_is_known_after_cleaning(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 2);
    fake_clock_advance(&world->clock, 2 * HOUR_MS);
    world_clean(world, stores);
    assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limits"), 0);
    stores = reopen(world, stores);
    cvi_claim claim = admit_until_wait(world, stores, BACKGROUND, PRIORITY_LIMIT);
    check_claim_waits(&claim, HOUR_MS + 2000, CVI_WAIT_LIMIT);
    cvi_stores_close(stores);
}

static void reboot_after(store_world *world, cvi_stores **stores, int64_t off_ms) {
    cvi_stores_close(*stores);
    fake_clock_reboot(&world->clock, "boot-2", off_ms - MINUTE_MS);
    *stores = world_open(world);
}

static void test_reboot_keeps_the_activity(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 10);
    reboot_after(world, &stores, 2 * MINUTE_MS);
    cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    assert_int_equal(counted_users(world), 10);
    cvi_stores_close(stores);
}

/* The new boot's clock stands a moment after the time of the count, by the old boot's. */
static void test_count_of_another_boot_is_not_used(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    int64_t counted_ms = world->clock.now.boot_ms;
    admit_some(world, stores, USER, 1);
    reboot_after(world, &stores, MINUTE_MS);
    fake_clock_advance(&world->clock, counted_ms + 1000 - world->clock.now.boot_ms);
    admit_until_wait(world, stores, BACKGROUND, PRIORITY_LIMIT - 1);
    cvi_stores_close(stores);
}

/* Rows that are gone or too old to be adopted: only the table knows of the user. From then on the
 * boot clock decides. */
static void test_reboot_keeps_the_last_user(void **state) {
    static const struct {
        int64_t off_ms;
        int64_t admitted;
    } cases[] = {{SUSTAINED_MS, 15}, {SUSTAINED_MS + 1, 20}, {24 * HOUR_MS, 20}, {-HOUR_MS, 15}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        void *own = NULL;
        priority_setup(&own);
        store_world *world = own;
        cvi_stores *stores = world_open(world);
        admit_some(world, stores, USER, 1);
        world_execute(world, "DELETE FROM rate_limits");
        reboot_after(world, &stores, cases[i].off_ms);
        admit_some(world, stores, BACKGROUND, 1);
        fake_clock_step_wall(&world->clock, -24 * HOUR_MS);
        fake_clock_advance(&world->clock, 1000);
        admit_until_wait(world, stores, BACKGROUND, cases[i].admitted - 1);
        cvi_stores_close(stores);
        store_world_teardown(&own);
    }
}

static void test_wall_clock_steps_do_not_age_the_last_user(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 1);
    world_execute(world, "DELETE FROM rate_limits");
    fake_clock_step_wall(&world->clock, 24 * HOUR_MS);
    fake_clock_advance(&world->clock, SUSTAINED_MS);
    admit_until_wait(world, stores, BACKGROUND, 15);
    cvi_stores_close(stores);
}

/* ---- rows of others ---- */

static void test_rows_of_others_count_by_their_priority(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (int i = 0; i < 10; i++) {
        insert_of_others(world, "issue", "user", 1000);
    }
    cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    assert_int_equal(counted_users(world), 10);
    cvi_stores_close(stores);
}

static void test_rows_of_others_without_priority_are_background(void **state) {
    static const char *const tables[] = {
        "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT, resource TEXT NOT NULL,"
        " timestamp INTEGER NOT NULL)",
        "CREATE TABLE rate_limits(id INTEGER PRIMARY KEY AUTOINCREMENT, resource TEXT NOT NULL,"
        " timestamp INTEGER NOT NULL, priority TEXT)"};
    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        void *own = NULL;
        priority_setup(&own);
        store_world *world = own;
        world_execute(world, NODE_TABLES);
        world_execute(world, tables[i]);
        for (int k = 0; k < 10; k++) {
            insert_of_others(world, "issue", NULL, 1000);
        }
        cvi_stores *stores = world_open(world);
        cvi_claim claim = admit_until_wait(world, stores, BACKGROUND, 5);
        assert_string_equal(claim.reason_text,
                            "No user activity yet - a little room kept for users");
        cvi_stores_close(stores);
        store_world_teardown(&own);
    }
}

static void test_lists_count_the_unknown_rows_of_others(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (int i = 0; i < 10; i++) {
        insert_of_others(world, "unknown", "user", 1000);
    }
    cvi_claim claim = ask_path(world, stores, "issues", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    claim = ask_path(world, stores, "issue", BACKGROUND);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    cvi_stores_close(stores);
}

/* A user of a program that wrote no count, whose rows are still there. */
static void test_last_user_of_others_is_seen_in_their_rows(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    insert_of_others(world, "issue", "user", SUSTAINED_MS + 1);
    admit_until_wait(world, stores, BACKGROUND, PRIORITY_LIMIT - 1);
    cvi_stores_close(stores);
}

/* ---- damage ---- */

static void test_damaged_count_blocks_for_one_interval_at_most(void **state) {
    static const char *const updates[] = {
        "UPDATE rate_limit_shares SET boot_ms = 9223372036854775807, users = 10, users_late = 10",
        "UPDATE rate_limit_shares SET boot_ms = -9223372036854775807 - 1",
        "UPDATE rate_limit_shares SET boot_ms = 'late', users = 'many'",
        "UPDATE rate_limit_shares SET boot = x'ff', timestamp = 9223372036854775807",
        "UPDATE rate_limit_shares SET boot = '', timestamp = -9223372036854775807 - 1",
        ("UPDATE rate_limit_shares SET users = 9223372036854775807,"
         " users_late = 9223372036854775807, users_before = -9223372036854775807 - 1"),
        "UPDATE rate_limit_shares SET users = -9223372036854775807 - 1, users_late = -1",
        "UPDATE rate_limit_shares SET boot = '', since_user_ms = 9223372036854775807",
        "UPDATE rate_limit_shares SET since_user_ms = -9223372036854775807 - 1",
        "DELETE FROM rate_limit_shares",
    };
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        cvi_stores *stores = world_open(world);
        world_execute(world, "DELETE FROM rate_limits");
        admit_some(world, stores, USER, 1);
        world_execute(world, updates[i]);
        cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
        assert_true(claim.wait_ms >= 0 && claim.wait_ms <= PRIORITY_INTERVAL_MS);
        world_execute(world, updates[i]);
        admit_some(world, stores, USER, 1);
        fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
        admit_some(world, stores, BACKGROUND, 1);
        cvi_stores_close(stores);
    }
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, priority_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_handles_see_the_same_before_and_after_a_restart),
        WITH_WORLD(test_background_of_all_handles_has_one_share),
        WITH_WORLD(test_scopes_have_shares_of_their_own),
        WITH_WORLD(test_handles_with_different_limits_use_one_count),
        WITH_WORLD(test_count_is_written_when_it_is_time),
        WITH_WORLD(test_refusal_keeps_its_count),
        WITH_WORLD(test_other_window_is_counted_anew),
        WITH_WORLD(test_request_taken_back_does_not_count),
        WITH_WORLD(test_short_window_keeps_the_rows_of_the_activity),
        WITH_WORLD(test_last_user_is_known_after_cleaning),
        WITH_WORLD(test_reboot_keeps_the_activity),
        WITH_WORLD(test_count_of_another_boot_is_not_used),
        cmocka_unit_test(test_reboot_keeps_the_last_user),
        WITH_WORLD(test_wall_clock_steps_do_not_age_the_last_user),
        WITH_WORLD(test_rows_of_others_count_by_their_priority),
        cmocka_unit_test(test_rows_of_others_without_priority_are_background),
        WITH_WORLD(test_lists_count_the_unknown_rows_of_others),
        WITH_WORLD(test_last_user_of_others_is_seen_in_their_rows),
        WITH_WORLD(test_damaged_count_blocks_for_one_interval_at_most),
    };
    return cmocka_run_group_tests_name("shares store", tests, NULL, NULL);
}
