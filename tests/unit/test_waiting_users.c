/* Users who wait in one client go before the background of all: for how long, on which paths, and
 * what becomes of an announcement that nobody renews. */
#include "support/priority_world.h"

#define USER       CV_PRIORITY_USER
#define BACKGROUND CV_PRIORITY_BACKGROUND

enum { INTERVAL_MS = 1000, SLACK_MS = 100, LOOK_MS = 10000, LOOK_BACK_MS = 12000 };

static int paced_setup(void **state) {
    priority_setup(state);
    store_world *world = *state;
    world->options.rate_limit.min_interval_ms = INTERVAL_MS;
    return 0;
}

/* A short window, in which the background may have two beside many users. */
static int short_window_setup(void **state) {
    priority_setup(state);
    store_world *world = *state;
    world->options.rate_limit.window_ms = LOOK_BACK_MS - 2000;
    world->options.rate_limit.adaptive.no_background_pause = true;
    return 0;
}

static void check_admitted(store_world *world, cvi_stores *stores, const char *resource,
                           cv_priority priority) {
    cvi_claim claim = ask_path(world, stores, resource, priority);
    if (claim.verdict != CVI_CLAIM_ADMITTED) {
        fail_msg("%s waits %lld ms: %s", resource, (long long)claim.wait_ms, claim.reason_text);
    }
}

static void check_yields(store_world *world, cvi_stores *stores, const char *resource,
                         int64_t wait_ms) {
    cvi_claim claim = ask_path(world, stores, resource, BACKGROUND);
    check_claim_waits(&claim, wait_ms, CVI_WAIT_SHARE);
    assert_string_equal(claim.reason_text, "Users of this file are waiting - they go first");
}

static int64_t count_announced(const store_world *world) {
    return world_number(world, "SELECT count(*) FROM rate_limit_waiting");
}

/* ---- waiting for the interval ---- */

static void test_user_goes_before_the_background_of_another_client(void **state) {
    store_world *world = *state;
    cvi_stores *crawler = world_open(world);
    cvi_stores *reader = world_open(world);
    check_admitted(world, crawler, "issue", BACKGROUND);
    cvi_claim claim = ask_path(world, reader, "issue", USER);
    check_claim_waits(&claim, INTERVAL_MS, CVI_WAIT_INTERVAL);
    fake_clock_advance(&world->clock, INTERVAL_MS);
    check_yields(world, crawler, "issue", SLACK_MS);
    check_yields(world, crawler, "volume", SLACK_MS);
    check_admitted(world, reader, "issue", USER);
    fake_clock_advance(&world->clock, INTERVAL_MS);
    check_admitted(world, crawler, "issue", BACKGROUND);
    cvi_stores_close(crawler);
    cvi_stores_close(reader);
}

static void test_users_behind_an_admitted_one_go_next(void **state) {
    store_world *world = *state;
    cvi_stores *crawler = world_open(world);
    cvi_stores *reader = world_open(world);
    const cvi_claim_spec spec = {
        .hash = HASH_A, .resource = "issue", .priority = USER, .users_wait = true};
    assert_int_equal(world_claim_spec(world, reader, &spec).verdict, CVI_CLAIM_ADMITTED);
    fake_clock_advance(&world->clock, INTERVAL_MS);
    check_yields(world, crawler, "issue", SLACK_MS);
    check_admitted(world, reader, "issue", USER);
    cvi_stores_close(crawler);
    cvi_stores_close(reader);
}

/* The user has gone away: the background waits a moment longer, not for ever. */
static void test_announcement_ends_by_itself(void **state) {
    store_world *world = *state;
    cvi_stores *crawler = world_open(world);
    check_admitted(world, crawler, "issue", BACKGROUND);
    ask_path(world, crawler, "issue", USER);
    fake_clock_advance(&world->clock, INTERVAL_MS + SLACK_MS - 1);
    check_yields(world, crawler, "issue", 1);
    fake_clock_advance(&world->clock, 1);
    check_admitted(world, crawler, "issue", BACKGROUND);
    cvi_stores_close(crawler);
}

static void test_shorter_announcement_does_not_end_a_longer_one(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    world->options.rate_limit.min_interval_ms = INTERVAL_MS / 2;
    cvi_stores *second = world_open(world);
    check_admitted(world, first, "issue", BACKGROUND);
    ask_path(world, first, "issue", USER);
    ask_path(world, second, "issue", USER);
    fake_clock_advance(&world->clock, INTERVAL_MS);
    check_yields(world, second, "issue", SLACK_MS);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

/* Its admission is older than their waiting. */
static void test_connected_background_goes(void **state) {
    store_world *world = *state;
    cvi_stores *crawler = world_open(world);
    cvi_claim_spec spec = {
        .hash = HASH_A, .resource = "issue", .priority = BACKGROUND, .readiness = CVI_CONNECTING};
    cvi_claim claim = world_claim_spec(world, crawler, &spec);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    ask_path(world, crawler, "issue", USER);
    assert_int_equal(count_announced(world), 1);
    spec.readiness = CVI_READY_NOW;
    spec.row_id = claim.row_id;
    assert_int_equal(world_claim_spec(world, crawler, &spec).verdict, CVI_CLAIM_ADMITTED);
    cvi_stores_close(crawler);
}

/* ---- waiting for the limit ---- */

static void test_waiting_for_a_limit_concerns_its_path(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_claim claim = admit_until_wait(world, stores, USER, PRIORITY_LIMIT);
    check_claim_waits(&claim, LOOK_BACK_MS, CVI_WAIT_LIMIT);
    check_admitted(world, stores, "volume", BACKGROUND);
    fake_clock_advance(&world->clock, LOOK_MS);
    claim = ask_path(world, stores, "issue", USER);
    check_claim_waits(&claim, LOOK_BACK_MS - LOOK_MS, CVI_WAIT_LIMIT);
    fake_clock_advance(&world->clock, LOOK_BACK_MS - LOOK_MS);
    check_yields(world, stores, "issue", SLACK_MS);
    check_admitted(world, stores, "volume", BACKGROUND);
    check_admitted(world, stores, "issue", USER);
    cvi_stores_close(stores);
}

static void test_long_wait_is_announced_until_the_next_look(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit_until_wait(world, stores, USER, PRIORITY_LIMIT);
    fake_clock_advance(&world->clock, LOOK_BACK_MS);
    check_admitted(world, stores, "issue", BACKGROUND);
    cvi_stores_close(stores);
}

/* ---- for whom ---- */

static void test_other_scopes_do_not_yield(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    world->options.scope = "scope-2";
    cvi_stores *second = world_open(world);
    check_admitted(world, first, "issue", USER);
    ask_path(world, first, "issue", USER);
    check_admitted(world, second, "issue", BACKGROUND);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_only_the_adaptive_limit_announces_and_yields(void **state) {
    static const cv_limit_kind kinds[] = {CV_LIMIT_SLIDING, CV_LIMIT_NONE};
    store_world *world = *state;
    cvi_stores *adaptive = world_open(world);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        world->options.rate_limit.kind = kinds[i];
        cvi_stores *plain = world_open(world);
        world_execute(world, "DELETE FROM rate_limit_waiting");
        check_admitted(world, plain, "issue", USER);
        ask_path(world, plain, "issue", USER);
        assert_int_equal(count_announced(world), 0);
        ask_path(world, adaptive, "issue", USER);
        assert_int_equal(count_announced(world), 1);
        fake_clock_advance(&world->clock, INTERVAL_MS);
        check_admitted(world, plain, "issue", BACKGROUND);
        fake_clock_advance(&world->clock, INTERVAL_MS);
        cvi_stores_close(plain);
    }
    cvi_stores_close(adaptive);
}

static void test_refused_background_announces_nothing(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    check_admitted(world, stores, "issue", BACKGROUND);
    ask_path(world, stores, "issue", BACKGROUND);
    assert_int_equal(count_announced(world), 0);
    cvi_stores_close(stores);
}

/* Adopting the other program's row makes the look a writing one; it still promises nobody's return.
 */
static void test_who_only_looks_announces_nothing(void **state) {
    store_world *world = *state;
    cvi_stores *crawler = world_open(world);
    cvi_stores *reader = world_open(world);
    cv_rate_limit_store *looking = cvi_stores_rate_limit_store(reader);
    cv_rate_limit_status status;
    int64_t wait_ms = 0;
    check_admitted(world, crawler, "issue", BACKGROUND);
    insert_of_others(world, "volume", NULL, 0);
    assert_true(cv_rate_limit_store_status(looking, "issue", &status));
    insert_of_others(world, "volume", NULL, 0);
    assert_true(cv_rate_limit_store_wait_time(looking, "issue", USER, &wait_ms));
    assert_int_equal(wait_ms, INTERVAL_MS);
    assert_int_equal(count_announced(world), 0);
    fake_clock_advance(&world->clock, INTERVAL_MS);
    check_admitted(world, crawler, "issue", BACKGROUND);
    cvi_stores_close(crawler);
    cvi_stores_close(reader);
}

/* ---- damage ---- */

static void test_announcements_of_another_boot_or_impossible_ones_are_ignored(void **state) {
    static const char *const updates[] = {
        "UPDATE rate_limit_waiting SET boot = 'boot-0'",
        "UPDATE rate_limit_waiting SET boot = x'ff'",
        "UPDATE rate_limit_waiting SET boot_ms = 9223372036854775807",
        "UPDATE rate_limit_waiting SET boot_ms = -9223372036854775807 - 1",
        "UPDATE rate_limit_waiting SET boot_ms = 'late'",
        "DELETE FROM rate_limit_waiting",
    };
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        check_admitted(world, stores, "volume", BACKGROUND);
        ask_path(world, stores, "issue", USER);
        world_execute(world, updates[i]);
        fake_clock_advance(&world->clock, INTERVAL_MS);
        check_admitted(world, stores, "volume", BACKGROUND);
        ask_path(world, stores, "issue", USER); /* which mends it */
        fake_clock_advance(&world->clock, INTERVAL_MS);
        check_yields(world, stores, "issue", SLACK_MS);
        fake_clock_advance(&world->clock, SLACK_MS);
    }
    cvi_stores_close(stores);
}

#define PACED(test) cmocka_unit_test_setup_teardown(test, paced_setup, store_world_teardown)
#define SHORT_WINDOW(test)                                                                         \
    cmocka_unit_test_setup_teardown(test, short_window_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        PACED(test_user_goes_before_the_background_of_another_client),
        PACED(test_users_behind_an_admitted_one_go_next),
        PACED(test_announcement_ends_by_itself),
        PACED(test_shorter_announcement_does_not_end_a_longer_one),
        PACED(test_connected_background_goes),
        SHORT_WINDOW(test_waiting_for_a_limit_concerns_its_path),
        SHORT_WINDOW(test_long_wait_is_announced_until_the_next_look),
        PACED(test_other_scopes_do_not_yield),
        PACED(test_only_the_adaptive_limit_announces_and_yields),
        PACED(test_refused_background_announces_nothing),
        PACED(test_who_only_looks_announces_nothing),
        PACED(test_announcements_of_another_boot_or_impossible_ones_are_ignored),
    };
    return cmocka_run_group_tests_name("waiting users", tests, NULL, NULL);
}
