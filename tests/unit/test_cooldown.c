/* Pauses that the service asked for: how long, for whom, through restarts and steps of the clocks,
 * and the one request that tries whether they are over. */
#include "support/store_world.h"

#include <string.h>

enum { MINUTE_MS = 60000, HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS, LOOK_MS = 250 };

#define ALL_PATHS CVI_SERVICE_BLOCKS
#define ONE_PATH  CVI_SERVICE_LIMITS

/* ---- short ways ---- */

static int64_t heed(store_world *world, cvi_stores *stores, cvi_service_word word, int64_t asked_ms,
                    int64_t probe) {
    const cvi_heed_spec spec = {"issue", word, asked_ms, probe};
    cv_error error;
    int64_t left_ms = -1;
    assert_int_equal(cvi_stores_heed(stores, &spec, world->clock.now, &left_ms, &error),
                     CVI_STORE_DONE);
    return left_ms;
}

static cvi_claim ask(store_world *world, cvi_stores *stores, const char *resource) {
    const cvi_claim_spec spec = {
        .hash = HASH_A, .resource = resource, .priority = CV_PRIORITY_USER};
    return world_claim_spec(world, stores, &spec);
}

static void check_waits(store_world *world, cvi_stores *stores, const char *resource,
                        int64_t wait_ms, cvi_wait_reason reason) {
    cvi_claim claim = ask(world, stores, resource);
    assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
    assert_int_equal(claim.wait_ms, wait_ms);
    assert_int_equal(claim.reason, reason);
}

static int64_t check_admitted(store_world *world, cvi_stores *stores, const char *resource,
                              bool is_probe) {
    cvi_claim claim = ask(world, stores, resource);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    assert_int_equal(claim.is_probe, is_probe);
    return claim.row_id;
}

static int64_t count_pauses(const store_world *world) {
    return world_number(world, "SELECT count(*) FROM rate_limit_cooldowns");
}

static int no_jobs_setup(void **state) {
    store_world_setup(state);
    store_world *world = *state;
    world->options.dedupe.disabled = true;
    return 0;
}

static cvi_stores *open_as(store_world *world, const char *scope, const char *origin) {
    world->options.scope = scope;
    world->options.origin = origin;
    return world_open(world);
}

/* ---- for whom ---- */

static void test_a_path_is_paused_for_everybody_with_the_key(void **state) {
    store_world *world = *state;
    cvi_stores *one = world_open(world);
    cvi_stores *other = world_open(world);
    cvi_stores *stranger = open_as(world, "scope-2", "origin-1");
    assert_int_equal(heed(world, one, ONE_PATH, 0, 0), MINUTE_MS);
    check_waits(world, one, "issue", MINUTE_MS, CVI_WAIT_COOLDOWN);
    check_waits(world, other, "issue", MINUTE_MS, CVI_WAIT_COOLDOWN);
    check_admitted(world, other, "issues", false);
    check_admitted(world, stranger, "issue", false);
    cvi_stores_close(one);
    cvi_stores_close(other);
    cvi_stores_close(stranger);
}

static void test_a_block_is_for_all_paths_and_keys_of_the_service(void **state) {
    store_world *world = *state;
    cvi_stores *one = world_open(world);
    cvi_stores *other_key = open_as(world, "scope-2", "origin-1");
    cvi_stores *other_service = open_as(world, "scope-3", "origin-2");
    assert_int_equal(heed(world, one, ALL_PATHS, 0, 0), MINUTE_MS);
    check_waits(world, one, "issue", MINUTE_MS, CVI_WAIT_BLOCKED);
    check_waits(world, one, "volumes", MINUTE_MS, CVI_WAIT_BLOCKED);
    check_waits(world, other_key, "volumes", MINUTE_MS, CVI_WAIT_BLOCKED);
    check_admitted(world, other_service, "issue", false);
    cvi_stores_close(one);
    cvi_stores_close(other_key);
    cvi_stores_close(other_service);
}

/* The longer of two pauses is the one that is told. */
static void test_a_path_may_be_paused_within_a_block(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ALL_PATHS, 5000, 0);
    heed(world, stores, ONE_PATH, 9000, 0);
    check_waits(world, stores, "issue", 9000, CVI_WAIT_COOLDOWN);
    check_waits(world, stores, "volume", 5000, CVI_WAIT_BLOCKED);
    cvi_stores_close(stores);
}

static void test_a_pause_holds_without_limits_too(void **state) {
    store_world *world = *state;
    world->options.rate_limit.kind = CV_LIMIT_NONE;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ONE_PATH, 0, 0);
    check_waits(world, stores, "issue", MINUTE_MS, CVI_WAIT_COOLDOWN);
    cvi_stores_close(stores);
}

/* ---- how long ---- */

static void test_lengths(void **state) {
    static const struct {
        cvi_service_word word;
        int64_t asked_ms;
        int64_t left_ms;
    } cases[] = {{ONE_PATH, 0, MINUTE_MS},
                 {ONE_PATH, 1, 1},
                 {ONE_PATH, 17000, 17000},
                 {ONE_PATH, HOUR_MS, HOUR_MS},
                 {ONE_PATH, HOUR_MS + 1, HOUR_MS},
                 {ONE_PATH, INT64_MAX, HOUR_MS},
                 {ALL_PATHS, HOUR_MS + 1, HOUR_MS + 1},
                 {ALL_PATHS, DAY_MS, DAY_MS},
                 {ALL_PATHS, INT64_MAX, DAY_MS}};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(heed(world, stores, cases[i].word, cases[i].asked_ms, 0),
                         cases[i].left_ms);
        world_execute(world, "DELETE FROM rate_limit_cooldowns");
    }
    cvi_stores_close(stores);
}

/* Each refusal of a probe doubles the pause, up to its longest. */
static void test_refused_probes_double_the_pause(void **state) {
    static const int64_t path_minutes[] = {1, 2, 4, 8, 16, 32, 60, 60};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    int64_t probe = 0;
    for (size_t i = 0; i < sizeof(path_minutes) / sizeof(path_minutes[0]); i++) {
        int64_t left_ms = heed(world, stores, ONE_PATH, 0, probe);
        assert_int_equal(left_ms, path_minutes[i] * MINUTE_MS);
        fake_clock_advance(&world->clock, left_ms - 1);
        check_waits(world, stores, "issue", 1, CVI_WAIT_COOLDOWN);
        fake_clock_advance(&world->clock, 1);
        probe = check_admitted(world, stores, "issue", true);
    }
    cvi_stores_close(stores);
}

static void test_refusals_of_requests_under_way_count_as_one(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ONE_PATH, 0, 0);
    fake_clock_advance(&world->clock, 100);
    assert_int_equal(heed(world, stores, ONE_PATH, 0, 0), MINUTE_MS);
    assert_int_equal(heed(world, stores, ONE_PATH, 5000, 0), MINUTE_MS); /* never shorter */
    assert_int_equal(heed(world, stores, ONE_PATH, 90000, 0), 90000);
    cvi_stores_close(stores);
}

/* ---- the probe ---- */

static void test_one_request_goes_alone_and_ends_the_pause(void **state) {
    store_world *world = *state;
    cvi_stores *one = world_open(world);
    cvi_stores *other = world_open(world);
    heed(world, one, ONE_PATH, 0, 0);
    fake_clock_advance(&world->clock, MINUTE_MS);
    int64_t probe = check_admitted(world, other, "issue", true);
    check_waits(world, one, "issue", LOOK_MS, CVI_WAIT_COOLDOWN);
    check_waits(world, other, "issue", LOOK_MS, CVI_WAIT_COOLDOWN);
    heed(world, other, CVI_SERVICE_ANSWERS, 0, probe);
    assert_int_equal(count_pauses(world), 0);
    check_admitted(world, one, "issue", false);
    check_admitted(world, one, "issue", false);
    cvi_stores_close(one);
    cvi_stores_close(other);
}

/* Answers to requests of before the pause say nothing about it. */
static void test_only_the_probe_ends_a_pause(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    int64_t earlier = check_admitted(world, stores, "issue", false);
    heed(world, stores, ONE_PATH, 0, 0);
    heed(world, stores, CVI_SERVICE_ANSWERS, 0, earlier);
    check_waits(world, stores, "issue", MINUTE_MS, CVI_WAIT_COOLDOWN);
    cvi_stores_close(stores);
}

static void test_a_probe_without_an_answer_is_followed_by_another(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ALL_PATHS, 0, 0);
    fake_clock_advance(&world->clock, MINUTE_MS);
    int64_t probe = check_admitted(world, stores, "issue", true);
    heed(world, stores, CVI_SERVICE_SILENT, 0, probe);
    check_admitted(world, stores, "volume", true);
    check_waits(world, stores, "issue", LOOK_MS, CVI_WAIT_BLOCKED);
    cvi_stores_close(stores);
}

static void test_a_probe_that_never_left_is_followed_by_another(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ONE_PATH, 0, 0);
    fake_clock_advance(&world->clock, MINUTE_MS);
    int64_t probe = check_admitted(world, stores, "issue", true);
    world_release(world, stores, HASH_A, "", probe, NULL);
    check_admitted(world, stores, "issue", true);
    cvi_stores_close(stores);
}

/* An admission that is taken anew when its connection is ready stays the probe. */
static void test_a_probe_may_be_admitted_anew(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ONE_PATH, 0, 0);
    fake_clock_advance(&world->clock, MINUTE_MS);
    const cvi_claim_spec again = {.hash = HASH_A,
                                  .resource = "issue",
                                  .priority = CV_PRIORITY_USER,
                                  .row_id = check_admitted(world, stores, "issue", true),
                                  .readiness = CVI_READY_NOW};
    cvi_claim claim = world_claim_spec(world, stores, &again);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    assert_true(claim.is_probe);
    check_waits(world, stores, "issue", LOOK_MS, CVI_WAIT_COOLDOWN);
    heed(world, stores, CVI_SERVICE_ANSWERS, 0, claim.row_id);
    check_admitted(world, stores, "issue", false);
    cvi_stores_close(stores);
}

static void test_a_dead_probe_is_followed_by_another_at_once(void **state) {
    store_world *world = *state;
    cvi_stores *one = world_open(world);
    cvi_stores *other = world_open(world);
    heed(world, one, ONE_PATH, 0, 0);
    fake_clock_advance(&world->clock, MINUTE_MS);
    check_admitted(world, one, "issue", true);
    check_waits(world, other, "issue", LOOK_MS, CVI_WAIT_COOLDOWN);
    cvi_stores_close(one);
    check_admitted(world, other, "issue", true);
    cvi_stores_close(other);
}

/* Its owner lives and had nothing to say against the service. */
static void test_a_probe_that_is_never_reported_ends_the_pause(void **state) {
    store_world *world = *state;
    cvi_stores *one = world_open(world);
    heed(world, one, ONE_PATH, 0, 0);
    fake_clock_advance(&world->clock, MINUTE_MS);
    check_admitted(world, one, "issue", true);
    fake_clock_advance(&world->clock, MINUTE_MS - 1);
    check_waits(world, one, "issue", 1, CVI_WAIT_COOLDOWN);
    fake_clock_advance(&world->clock, 1);
    check_admitted(world, one, "issue", false);
    assert_int_equal(count_pauses(world), 0);
    cvi_stores_close(one);
}

static void test_two_pauses_have_one_probe(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ONE_PATH, 1000, 0);
    heed(world, stores, ALL_PATHS, 1000, 0);
    fake_clock_advance(&world->clock, 1000);
    int64_t probe = check_admitted(world, stores, "issue", true);
    check_waits(world, stores, "volume", LOOK_MS, CVI_WAIT_BLOCKED);
    heed(world, stores, CVI_SERVICE_ANSWERS, 0, probe);
    assert_int_equal(count_pauses(world), 0);
    cvi_stores_close(stores);
}

/* ---- clocks ---- */

static void test_a_pause_outlives_a_restart(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ONE_PATH, 0, 0);
    cvi_stores_close(stores);
    fake_clock_advance(&world->clock, 20000);
    stores = world_open(world);
    check_waits(world, stores, "issue", 40000, CVI_WAIT_COOLDOWN);
    cvi_stores_close(stores);
}

static void test_steps_of_the_wall_clock_change_nothing(void **state) {
    static const int64_t steps_ms[] = {-DAY_MS, HOUR_MS, 1000, -1000};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ONE_PATH, 0, 0);
    for (size_t i = 0; i < sizeof(steps_ms) / sizeof(steps_ms[0]); i++) {
        fake_clock_step_wall(&world->clock, steps_ms[i]);
        check_waits(world, stores, "issue", MINUTE_MS, CVI_WAIT_COOLDOWN);
    }
    cvi_stores_close(stores);
}

/* Across boots the wall clock counts once; from then on the boot clock does. */
static void test_a_pause_outlives_a_reboot(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ONE_PATH, 120000, 0);
    cvi_stores_close(stores);
    fake_clock_reboot(&world->clock, "boot-2", 20000);
    stores = world_open(world);
    check_waits(world, stores, "issue", 40000, CVI_WAIT_COOLDOWN);
    fake_clock_step_wall(&world->clock, DAY_MS);
    check_waits(world, stores, "issue", 40000, CVI_WAIT_COOLDOWN);
    cvi_stores_close(stores);
}

/* The block of all paths stays one, and for all: it is not written down as that of a path. */
static void test_a_block_outlives_a_reboot(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ALL_PATHS, 120000, 0);
    cvi_stores_close(stores);
    fake_clock_reboot(&world->clock, "boot-2", 20000);
    stores = world_open(world);
    check_waits(world, stores, "volume", 40000, CVI_WAIT_BLOCKED);
    fake_clock_step_wall(&world->clock, DAY_MS);
    check_waits(world, stores, "issue", 40000, CVI_WAIT_BLOCKED);
    assert_int_equal(count_pauses(world), 1);
    fake_clock_advance(&world->clock, 40000);
    check_admitted(world, stores, "volume", true);
    cvi_stores_close(stores);
}

static void test_a_reboot_under_a_probe(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    heed(world, stores, ONE_PATH, 0, 0);
    fake_clock_advance(&world->clock, MINUTE_MS);
    check_admitted(world, stores, "issue", true);
    cvi_stores_close(stores);
    fake_clock_reboot(&world->clock, "boot-2", 1000);
    stores = world_open(world);
    check_admitted(world, stores, "issue", true);
    check_waits(world, stores, "issue", LOOK_MS, CVI_WAIT_COOLDOWN);
    cvi_stores_close(stores);
}

/* What a file says that somebody has damaged holds nobody up for longer than a pause can be. */
static void test_absurd_times_are_bounded(void **state) {
    static const char *const damages[] = {
        "UPDATE rate_limit_cooldowns SET boot_ms = 9223372036854775807",
        "UPDATE rate_limit_cooldowns SET boot = 'x', timestamp = 9223372036854775807",
        "UPDATE rate_limit_cooldowns SET boot = 'x', timestamp = 'soon', boot_ms = x'00'",
        "UPDATE rate_limit_cooldowns SET boot_ms = -9223372036854775807 - 1, strikes = -5",
        ("UPDATE rate_limit_cooldowns SET boot_ms = 0, probe = 99, owner = -1,"
         " probe_boot_ms = 9223372036854775807"),
        "UPDATE rate_limit_cooldowns SET boot_ms = 0, strikes = 9223372036854775807",
    };
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        heed(world, stores, ONE_PATH, 0, 0);
        world_execute(world, damages[i]);
        cvi_claim claim = ask(world, stores, "issue");
        fake_clock_advance(&world->clock, HOUR_MS);
        if (claim.verdict != CVI_CLAIM_ADMITTED) {
            claim = ask(world, stores, "issue");
        }
        assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
        assert_in_range(heed(world, stores, ONE_PATH, 0, claim.row_id), MINUTE_MS, HOUR_MS);
        world_execute(world, "DELETE FROM rate_limit_cooldowns");
    }
    cvi_stores_close(stores);
}

/* A table without a key may hold any number of rows for one path. */
static void test_a_table_without_a_key(void **state) {
    store_world *world = *state;
    cvi_stores_close(world_open(world));
    world_execute(
        world, "CREATE TABLE copy AS SELECT * FROM rate_limit_cooldowns;"
               "DROP TABLE rate_limit_cooldowns; ALTER TABLE copy RENAME TO rate_limit_cooldowns;"
               "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
               " INSERT INTO rate_limit_cooldowns(scope, resource, boot, boot_ms, timestamp,"
               " strikes, probe, owner, probe_boot_ms)"
               " SELECT 'scope-1', 'issue', 'x', 0, 0, 1, 0, 0, 0 FROM n");
    cvi_stores *stores = world_open(world);
    check_admitted(world, stores, "issue", true);
    cvi_stores_close(stores);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, no_jobs_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_a_path_is_paused_for_everybody_with_the_key),
        WITH_WORLD(test_a_block_is_for_all_paths_and_keys_of_the_service),
        WITH_WORLD(test_a_path_may_be_paused_within_a_block),
        WITH_WORLD(test_a_pause_holds_without_limits_too),
        WITH_WORLD(test_lengths),
        WITH_WORLD(test_refused_probes_double_the_pause),
        WITH_WORLD(test_refusals_of_requests_under_way_count_as_one),
        WITH_WORLD(test_one_request_goes_alone_and_ends_the_pause),
        WITH_WORLD(test_only_the_probe_ends_a_pause),
        WITH_WORLD(test_a_probe_without_an_answer_is_followed_by_another),
        WITH_WORLD(test_a_probe_that_never_left_is_followed_by_another),
        WITH_WORLD(test_a_probe_may_be_admitted_anew),
        WITH_WORLD(test_a_dead_probe_is_followed_by_another_at_once),
        WITH_WORLD(test_a_probe_that_is_never_reported_ends_the_pause),
        WITH_WORLD(test_two_pauses_have_one_probe),
        WITH_WORLD(test_a_pause_outlives_a_restart),
        WITH_WORLD(test_steps_of_the_wall_clock_change_nothing),
        WITH_WORLD(test_a_pause_outlives_a_reboot),
        WITH_WORLD(test_a_block_outlives_a_reboot),
        WITH_WORLD(test_a_reboot_under_a_probe),
        WITH_WORLD(test_absurd_times_are_bounded),
        WITH_WORLD(test_a_table_without_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
