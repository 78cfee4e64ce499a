/* What the adaptive limit promises: the background is held to its share and paused while users come
 * more often, a user is never refused while the window has room, and after inactivity the
 * background gets everything. */
#include "support/priority_world.h"

#include <string.h>

#define USER       CV_PRIORITY_USER
#define BACKGROUND CV_PRIORITY_BACKGROUND

#define MONITORING_MS INT64_C(900000)
#define THIRD_MS      INT64_C(300000)
#define SUSTAINED_MS  INT64_C(1800000)
#define LOOK_BACK_MS  INT64_C(3602000)

static void test_background_is_held_to_its_share_and_users_get_the_rest(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_claim claim = admit_until_wait(world, stores, BACKGROUND, 14);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    assert_string_equal(claim.reason_text, "Nothing recorded yet - some room kept for users");
    claim = admit_until_wait(world, stores, USER, 6);
    check_claim_waits(&claim, LOOK_BACK_MS, CVI_WAIT_LIMIT);
    cvi_stores_close(stores);
}

/* Room that the background leaves is never refused to a user, whatever the shares are. */
static void test_users_may_take_all(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, BACKGROUND, 3);
    cvi_claim claim = admit_until_wait(world, stores, USER, 17);
    check_claim_waits(&claim, LOOK_BACK_MS, CVI_WAIT_LIMIT);
    claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, LOOK_BACK_MS, CVI_WAIT_LIMIT);
    cvi_stores_close(stores);
}

static void test_background_without_users_leaves_the_least(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_until_wait(world, stores, BACKGROUND, 14);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS - 1);
    cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, 1, CVI_WAIT_SHARE);
    fake_clock_advance(&world->clock, 1);
    claim = admit_until_wait(world, stores, BACKGROUND, 1);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    assert_string_equal(claim.reason_text, "No user activity yet - a little room kept for users");
    cvi_stores_close(stores);
}

/* The first user is noticed at once, not at the next recalculation. */
static void test_first_user_narrows_the_share_at_once(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, BACKGROUND, 13);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
    admit_some(world, stores, BACKGROUND, 1);
    admit_some(world, stores, USER, 1);
    cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    assert_string_equal(claim.reason_text,
                        "Low user activity (1 request/15min) - some room kept for users");
    cvi_stores_close(stores);
}

static void test_wait_ends_when_a_background_row_leaves(void **state) {
    store_world *world = *state;
    world->options.rate_limit.window_ms = 10000;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 1);
    admit_some(world, stores, BACKGROUND, 1);
    fake_clock_advance(&world->clock, 500);
    cvi_claim claim = admit_until_wait(world, stores, BACKGROUND, 13);
    check_claim_waits(&claim, 11500, CVI_WAIT_SHARE);
    fake_clock_advance(&world->clock, 11499);
    claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, 1, CVI_WAIT_SHARE);
    fake_clock_advance(&world->clock, 1);
    claim = admit_until_wait(world, stores, BACKGROUND, 1);
    check_claim_waits(&claim, 500, CVI_WAIT_SHARE);
    cvi_stores_close(stores);
}

/* ---- the pause ---- */

static void test_rising_activity_pauses_the_background(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 10);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
    cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    assert_string_equal(claim.reason_text,
                        "High user activity (10 requests/15min) - prioritizing users");
    claim = admit_until_wait(world, stores, USER, 10);
    check_claim_waits(&claim, LOOK_BACK_MS - PRIORITY_INTERVAL_MS, CVI_WAIT_LIMIT);
    cvi_stores_close(stores);
}

/* The ten lie in the last third, then in the one before: the trend falls, the activity stays. */
static void test_pause_ends_with_the_trend(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 10);
    fake_clock_advance(&world->clock, THIRD_MS - 1);
    cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
    claim = admit_until_wait(world, stores, BACKGROUND, 2);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    assert_string_equal(claim.reason_text,
                        "High user activity (10 requests/15min) - prioritizing users");
    cvi_stores_close(stores);
}

static void test_trend_ends_at_the_edge_of_the_third(void **state) {
    store_world *world = *state;
    world->options.rate_limit.adaptive.recalculation_interval_ms = 1;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 10);
    fake_clock_advance(&world->clock, THIRD_MS - 1);
    cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, 1, CVI_WAIT_SHARE);
    fake_clock_advance(&world->clock, 1);
    admit_some(world, stores, BACKGROUND, 1);
    cvi_stores_close(stores);
}

static void test_activity_ends_at_the_edge_of_the_window(void **state) {
    store_world *world = *state;
    world->options.rate_limit.adaptive.recalculation_interval_ms = 1;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 10);
    fake_clock_advance(&world->clock, MONITORING_MS - 1);
    admit_until_wait(world, stores, BACKGROUND, 2);
    fake_clock_advance(&world->clock, 1);
    cvi_claim claim = admit_until_wait(world, stores, BACKGROUND, 8);
    check_claim_waits(&claim, LOOK_BACK_MS - MONITORING_MS, CVI_WAIT_LIMIT);
    cvi_stores_close(stores);
}

static void test_pause_can_be_switched_off(void **state) {
    store_world *world = *state;
    world->options.rate_limit.adaptive.no_background_pause = true;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 10);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
    admit_until_wait(world, stores, BACKGROUND, 2);
    cvi_stores_close(stores);
}

/* ---- inactivity ---- */

static void test_after_inactivity_the_background_gets_everything(void **state) {
    store_world *world = *state;
    world->options.rate_limit.window_ms = 60000;
    world->options.rate_limit.adaptive.recalculation_interval_ms = 1;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 1);
    fake_clock_advance(&world->clock, SUSTAINED_MS);
    cvi_claim claim = admit_until_wait(world, stores, BACKGROUND, 15);
    check_claim_waits(&claim, 1, CVI_WAIT_SHARE);
    assert_string_equal(claim.reason_text,
                        "No recent user activity - a little room kept for users");
    fake_clock_advance(&world->clock, 1);
    claim = admit_until_wait(world, stores, BACKGROUND, 5);
    check_claim_waits(&claim, 61999, CVI_WAIT_LIMIT);
    cvi_stores_close(stores);
}

static void test_user_after_inactivity_is_heeded_at_once(void **state) {
    store_world *world = *state;
    world->options.rate_limit.window_ms = 60000;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 1);
    fake_clock_advance(&world->clock, SUSTAINED_MS + 1);
    admit_some(world, stores, BACKGROUND, 16);
    admit_some(world, stores, USER, 1);
    cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    cvi_stores_close(stores);
}

/* ---- bounds ---- */

static void test_shares_are_of_each_path(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, USER, 10);
    fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
    cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    claim = ask_path(world, stores, "volume", BACKGROUND);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    cvi_stores_close(stores);
}

static void test_limits_of_paths_are_shared_out_too(void **state) {
    const cv_resource_limit paths[] = {{.resource = "never"},
                                       {.resource = "issue", .limit = 10, .window_ms = 1000},
                                       {.resource = "few", .limit = 5},
                                       {.resource = "always", .limit = CV_NONE}};
    store_world *world = *state;
    world->options.rate_limit.resources = paths;
    world->options.rate_limit.resource_count = 4;
    cvi_stores *stores = world_open(world);
    cvi_claim claim = ask_path(world, stores, "never", BACKGROUND);
    check_claim_waits(&claim, -1, CVI_WAIT_LIMIT);
    claim = admit_until_wait(world, stores, BACKGROUND, 5);
    check_claim_waits(&claim, 3000, CVI_WAIT_SHARE);
    claim = ask_path(world, stores, "few", BACKGROUND); /* all five are kept for users */
    check_claim_waits(&claim, PRIORITY_INTERVAL_MS, CVI_WAIT_SHARE);
    for (int i = 0; i < 30; i++) {
        claim = ask_path(world, stores, "always", i % 2 == 0 ? BACKGROUND : USER);
        assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    }
    cvi_stores_close(stores);
}

static void test_longest_wait_is_told(void **state) {
    store_world *world = *state;
    world->options.rate_limit.min_interval_ms = 20000;
    world->options.rate_limit.adaptive.recalculation_interval_ms = 30000;
    world->options.rate_limit.limit = 6;
    cvi_stores *stores = world_open(world);
    admit_some(world, stores, BACKGROUND, 1);
    cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, 30000, CVI_WAIT_SHARE);
    fake_clock_advance(&world->clock, 15000);
    claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, 15000, CVI_WAIT_SHARE);
    fake_clock_advance(&world->clock, 5000);
    admit_some(world, stores, USER, 1);
    fake_clock_advance(&world->clock, 15000);
    claim = ask_path(world, stores, "volume", USER);
    check_claim_waits(&claim, 5000, CVI_WAIT_INTERVAL);
    claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, 15000, CVI_WAIT_SHARE);
    fake_clock_advance(&world->clock, 5000);
    admit_some(world, stores, USER, 1);
    claim = ask_path(world, stores, "issue", BACKGROUND);
    check_claim_waits(&claim, 20000, CVI_WAIT_INTERVAL);
    cvi_stores_close(stores);
}

static void test_sliding_and_none_share_nothing_out(void **state) {
    static const cv_limit_kind kinds[] = {CV_LIMIT_SLIDING, CV_LIMIT_NONE};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        world->options.rate_limit.kind = kinds[i];
        cvi_stores *stores = world_open(world);
        world_execute(world, "DELETE FROM rate_limits");
        admit_some(world, stores, USER, 10);
        fake_clock_advance(&world->clock, PRIORITY_INTERVAL_MS);
        admit_some(world, stores, BACKGROUND, 10);
        cvi_claim claim = ask_path(world, stores, "issue", BACKGROUND);
        assert_int_equal(claim.verdict,
                         kinds[i] == CV_LIMIT_NONE ? CVI_CLAIM_ADMITTED : CVI_CLAIM_WAIT);
        assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limit_shares"), 0);
        cvi_stores_close(stores);
    }
}

/* Whatever has happened: a user is refused if and only if the window is full, the window is never
 * fuller than that, and no wait is empty. */
static void run_mixture(store_world *world, uint64_t seed) {
    enum { STEPS = 600 };
    cvi_stores *stores = world_open(world);
    int64_t rows_ms[STEPS];
    int64_t count = 0;
    int refused[2] = {0, 0};
    for (int i = 0; i < STEPS; i++) {
        fake_clock_advance(&world->clock, cvi_random_below(&world->clock.random, 60000));
        int64_t now_ms = world->clock.now.boot_ms;
        cv_priority priority = cvi_random_below(&world->clock.random, 3) == 0 ? BACKGROUND : USER;
        cvi_claim claim = ask_path(world, stores, "issue", priority);
        int64_t full = 0;
        for (int64_t k = 0; k < count; k++) {
            full += now_ms - rows_ms[k] < 602000 ? 1 : 0;
        }
        if (claim.verdict == CVI_CLAIM_ADMITTED) {
            assert_true(full < PRIORITY_LIMIT);
            rows_ms[count++] = now_ms;
            continue;
        }
        refused[priority]++;
        assert_true(claim.wait_ms > 0);
        bool is_share = claim.reason == CVI_WAIT_SHARE;
        assert_true(is_share ? priority == BACKGROUND : full >= PRIORITY_LIMIT);
    }
    if (refused[BACKGROUND] == 0 || refused[USER] == 0) {
        fail_msg("seed %d tests nothing", (int)seed);
    }
    cvi_stores_close(stores);
}

static void test_user_is_never_refused_while_the_window_has_room(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        void *own = NULL;
        priority_setup(&own);
        store_world *world = own;
        world->options.rate_limit.window_ms = 600000;
        fake_clock_init(&world->clock, seed);
        run_mixture(world, seed);
        store_world_teardown(&own);
    }
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, priority_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_background_is_held_to_its_share_and_users_get_the_rest),
        WITH_WORLD(test_users_may_take_all),
        WITH_WORLD(test_background_without_users_leaves_the_least),
        WITH_WORLD(test_first_user_narrows_the_share_at_once),
        WITH_WORLD(test_wait_ends_when_a_background_row_leaves),
        WITH_WORLD(test_rising_activity_pauses_the_background),
        WITH_WORLD(test_pause_ends_with_the_trend),
        WITH_WORLD(test_trend_ends_at_the_edge_of_the_third),
        WITH_WORLD(test_activity_ends_at_the_edge_of_the_window),
        WITH_WORLD(test_pause_can_be_switched_off),
        WITH_WORLD(test_after_inactivity_the_background_gets_everything),
        WITH_WORLD(test_user_after_inactivity_is_heeded_at_once),
        WITH_WORLD(test_shares_are_of_each_path),
        WITH_WORLD(test_limits_of_paths_are_shared_out_too),
        WITH_WORLD(test_longest_wait_is_told),
        WITH_WORLD(test_sliding_and_none_share_nothing_out),
        cmocka_unit_test(test_user_is_never_refused_while_the_window_has_room),
    };
    return cmocka_run_group_tests_name("priorities", tests, NULL, NULL);
}
