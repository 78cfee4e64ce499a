/* The sliding limit: exact at its edges, over clocks that step, boots and other programs' rows. */
#include "support/limit_desk.h"

#include "stores/limits.h"

static void test_limit_is_exact_at_the_edge_of_window_and_guard(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_claim claim = admit(world, stores, "issue");
    assert_int_equal(claim.wait_ms, 0);
    fake_clock_advance(&world->clock, 100);
    claim = admit(world, stores, "issue");
    assert_int_equal(claim.wait_ms, 0);
    fake_clock_advance(&world->clock, 100);
    claim = admit(world, stores, "issue");
    assert_int_equal(claim.wait_ms, 0); /* another path may follow at once */
    check_wait(world, stores, "issue", 900, CVI_WAIT_LIMIT);
    fake_clock_advance(&world->clock, 899);
    check_wait(world, stores, "issue", 1, CVI_WAIT_LIMIT);
    assert_int_equal(count_rows(world), 3);
    fake_clock_advance(&world->clock, 1);
    claim = admit(world, stores, "issue");
    assert_int_equal(claim.wait_ms, 0);
    check_wait(world, stores, "issue", 100, CVI_WAIT_LIMIT);
    admit(world, stores, "volume");
    cvi_stores_close(stores);
}

static void test_row_keeps_the_pinned_columns(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    admit(world, stores, "issue");
    const cvi_claim_spec spec = {
        .hash = HASH_A, .resource = "volume", .priority = CV_PRIORITY_USER};
    assert_int_equal(world_claim_spec(world, stores, &spec).verdict, CVI_CLAIM_ADMITTED);
    assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limits WHERE resource ="
                                         " 'issue' AND priority = 'background' AND timestamp ="
                                         " 1717243200000 AND scope = 'scope-1'"),
                     1);
    assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limits WHERE resource ="
                                         " 'volume' AND priority = 'user'"),
                     1);
    cvi_stores_close(stores);
}

static void test_handles_count_each_other_and_survive_closing(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    admit(world, first, "issue");
    admit(world, second, "issue");
    cvi_stores_close(first);
    first = world_open(world);
    admit(world, first, "issue");
    check_wait(world, first, "issue", 1100, CVI_WAIT_LIMIT);
    check_wait(world, second, "issue", 1100, CVI_WAIT_LIMIT);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_limits_of_zero_one_and_none(void **state) {
    const cv_resource_limit paths[] = {
        {.resource = "never"},
        {.resource = "once", .limit = 1, .window_ms = 5000},
        {.resource = "always", .limit = CV_NONE},
    };
    store_world *world = *state;
    world->options.rate_limit.resources = paths;
    world->options.rate_limit.resource_count = 3;
    cvi_stores *stores = world_open(world);
    check_wait(world, stores, "never", -1, CVI_WAIT_LIMIT);
    cvi_claim claim = admit(world, stores, "once");
    assert_int_equal(claim.wait_ms, 0);
    check_wait(world, stores, "once", 5100, CVI_WAIT_LIMIT);
    for (int i = 0; i < 20; i++) {
        admit(world, stores, "always");
    }
    fake_clock_advance(&world->clock, 5099);
    check_wait(world, stores, "once", 1, CVI_WAIT_LIMIT);
    fake_clock_advance(&world->clock, 1);
    admit(world, stores, "once");
    cvi_stores_close(stores);
}

static void test_kind_none_records_all_the_same(void **state) {
    store_world *world = *state;
    cvi_stores *bounded = world_open(world);
    world->options.rate_limit.kind = CV_LIMIT_NONE;
    cvi_stores *free_of_limit = world_open(world);
    for (int i = 0; i < 5; i++) {
        admit(world, free_of_limit, "issue");
    }
    assert_int_equal(count_rows(world), 5);
    check_wait(world, bounded, "issue", 1100, CVI_WAIT_LIMIT);
    cvi_stores_close(free_of_limit);
    cvi_stores_close(bounded);
}

static void test_interval_holds_over_all_resources(void **state) {
    store_world *world = *state;
    world->options.rate_limit.min_interval_ms = 50;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    cvi_claim claim = admit(world, first, "issue");
    assert_int_equal(claim.wait_ms, 50);
    check_wait(world, second, "volumes", 50, CVI_WAIT_INTERVAL);
    fake_clock_advance(&world->clock, 49);
    check_wait(world, second, "volumes", 1, CVI_WAIT_INTERVAL);
    fake_clock_advance(&world->clock, 1);
    admit(world, second, "volumes");
    for (int i = 0; i < 2; i++) {
        fake_clock_advance(&world->clock, 50);
        admit(world, first, "issue");
    }
    check_wait(world, first, "issue", 950, CVI_WAIT_LIMIT);
    check_wait(world, first, "person", 50, CVI_WAIT_INTERVAL);
    /* The larger of the two waits is told. */
    fake_clock_advance(&world->clock, 940);
    admit(world, first, "person");
    check_wait(world, first, "issue", 50, CVI_WAIT_INTERVAL);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

/* ---- connections that take their time ---- */

static cvi_claim claim_ready(store_world *world, cvi_stores *stores, cvi_readiness readiness,
                             int64_t row_id) {
    const cvi_claim_spec spec = {.hash = HASH_A,
                                 .resource = "issue",
                                 .priority = CV_PRIORITY_USER,
                                 .row_id = row_id,
                                 .readiness = readiness};
    return world_claim_spec(world, stores, &spec);
}

static int64_t admit_ready(store_world *world, cvi_stores *stores, cvi_readiness readiness,
                           int64_t row_id) {
    cvi_claim claim = claim_ready(world, stores, readiness, row_id);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    assert_int_equal(claim.wait_ms, world->options.rate_limit.min_interval_ms);
    return claim.row_id;
}

static void check_paced(store_world *world, cvi_stores *stores, cvi_readiness readiness,
                        int64_t wait_ms) {
    cvi_claim claim = claim_ready(world, stores, readiness, 0);
    assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
    assert_int_equal(claim.wait_ms, wait_ms);
    assert_int_equal(claim.reason, CVI_WAIT_INTERVAL);
}

/* Two handles at 50 ms, with room for many. */
static void open_paced(store_world *world, cvi_stores *handles[2]) {
    world->options.rate_limit.limit = 100;
    world->options.rate_limit.min_interval_ms = 50;
    handles[0] = world_open(world);
    handles[1] = world_open(world);
}

static void close_paced(cvi_stores *handles[2]) {
    cvi_stores_close(handles[0]);
    cvi_stores_close(handles[1]);
}

static void test_slow_connection_holds_new_claims_back_for_a_while(void **state) {
    static const cvi_readiness claims[] = {CVI_READY_SOON, CVI_CONNECTING};
    for (size_t i = 0; i < 2; i++) {
        store_world *world = *state;
        cvi_stores *handles[2];
        open_paced(world, handles);
        world_execute(world, "DELETE FROM rate_limits");
        admit_ready(world, handles[0], CVI_CONNECTING, 0);
        check_paced(world, handles[1], claims[i], 50);
        fake_clock_advance(&world->clock, 50);
        check_paced(world, handles[1], claims[i], CVI_CONNECTING_LOOK_MS);
        check_paced(world, handles[0], claims[i], CVI_CONNECTING_LOOK_MS);
        fake_clock_advance(&world->clock, CVI_CONNECTING_KEPT_MS - 1);
        check_paced(world, handles[1], claims[i], CVI_CONNECTING_LOOK_MS);
        fake_clock_advance(&world->clock, 1);
        admit_ready(world, handles[1], claims[i], 0);
        close_paced(handles);
    }
}

static void test_ready_connection_passes_those_that_connect(void **state) {
    store_world *world = *state;
    cvi_stores *handles[2];
    open_paced(world, handles);
    int64_t slow = admit_ready(world, handles[0], CVI_CONNECTING, 0);
    int64_t quick = admit_ready(world, handles[1], CVI_READY_NOW, 0);
    assert_int_equal(count_rows(world), 2);
    /* What has been sent counts for everybody. */
    check_paced(world, handles[0], CVI_READY_NOW, 50);
    fake_clock_advance(&world->clock, 49);
    check_paced(world, handles[0], CVI_READY_NOW, 1);
    fake_clock_advance(&world->clock, 1);
    assert_int_not_equal(admit_ready(world, handles[0], CVI_READY_NOW, slow), quick);
    assert_int_equal(count_rows(world), 2);
    close_paced(handles);
}

/* The interval runs from the sending, and nobody is held back by a connection that is there. */
static void test_confirming_stamps_the_admission_anew(void **state) {
    store_world *world = *state;
    cvi_stores *handles[2];
    open_paced(world, handles);
    int64_t row = admit_ready(world, handles[0], CVI_CONNECTING, 0);
    fake_clock_advance(&world->clock, 1000);
    check_paced(world, handles[1], CVI_READY_SOON, CVI_CONNECTING_LOOK_MS);
    admit_ready(world, handles[0], CVI_READY_NOW, row);
    assert_int_equal(count_rows(world), 1);
    assert_int_equal(world_number(world, "SELECT boot_ms FROM rate_limits"),
                     world->clock.now.boot_ms);
    check_paced(world, handles[1], CVI_READY_SOON, 50);
    fake_clock_advance(&world->clock, 50);
    admit_ready(world, handles[1], CVI_READY_SOON, 0);
    close_paced(handles);
}

/* A connection of another service's, or of another key's, is nobody's business. */
static void test_slow_connection_of_another_scope_holds_nobody_back(void **state) {
    store_world *world = *state;
    cvi_stores *handles[2];
    open_paced(world, handles);
    world->options.scope = "scope-2";
    cvi_stores *other = world_open(world);
    admit_ready(world, other, CVI_CONNECTING, 0);
    admit_ready(world, handles[0], CVI_READY_SOON, 0);
    cvi_stores_close(other);
    close_paced(handles);
}

static void test_without_an_interval_nobody_waits_for_connections(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world->options.rate_limit.min_interval_ms = 0;
    for (int i = 0; i < 3; i++) {
        admit_ready(world, stores, CVI_CONNECTING, 0);
    }
    assert_int_equal(world_number(world, "SELECT sum(connecting) FROM rate_limits"), 0);
    cvi_stores_close(stores);
}

static void test_interval_longer_than_the_window(void **state) {
    store_world *world = *state;
    world->options.rate_limit.min_interval_ms = 10000;
    cvi_stores *stores = world_open(world);
    insert_foreign(world, "issue", 9999);
    check_wait(world, stores, "volume", 1, CVI_WAIT_INTERVAL);
    fake_clock_advance(&world->clock, 1);
    admit(world, stores, "volume");
    cvi_stores_close(stores);
}

static void test_scopes_are_apart_but_others_rows_count_for_all(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    world->options.scope = "scope-2";
    cvi_stores *second = world_open(world);
    world->options.scope = "";
    cvi_stores *open = world_open(world);
    for (int i = 0; i < 2; i++) {
        admit(world, first, "issue");
        admit(world, second, "issue");
    }
    insert_foreign(world, "issue", 0);
    check_wait(world, first, "issue", 1100, CVI_WAIT_LIMIT);
    check_wait(world, second, "issue", 1100, CVI_WAIT_LIMIT);
    admit(world, open, "issue");
    admit(world, open, "issue");
    check_wait(world, open, "issue", 1100, CVI_WAIT_LIMIT);
    cvi_stores_close(first);
    cvi_stores_close(second);
    cvi_stores_close(open);
}

static void test_lists_count_the_unknown_rows_of_others(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    insert_foreign(world, "unknown", 100);
    insert_foreign(world, "unknown", 200);
    admit(world, stores, "issue");
    cvi_claim claim = claim_path(world, stores, "issues", true);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    assert_int_equal(claim.wait_ms, 0);
    claim = claim_path(world, stores, "issues", true);
    assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
    assert_int_equal(claim.wait_ms, 900);
    claim = claim_path(world, stores, "unknown", true);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    cvi_stores_close(stores);
}

static void test_admission_is_taken_back(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_claim claim = {0};
    for (int i = 0; i < 3; i++) {
        claim = admit(world, stores, "issue");
    }
    const cvi_claim_spec again = {.hash = HASH_A, .resource = "issue", .row_id = claim.row_id};
    cvi_claim second = world_claim_spec(world, stores, &again);
    assert_int_equal(second.verdict, CVI_CLAIM_ADMITTED);
    assert_int_equal(count_rows(world), 3);
    /* Taken back although there is no room for another path. */
    const cv_resource_limit paths[] = {{.resource = "never"}};
    world->options.rate_limit.resources = paths;
    world->options.rate_limit.resource_count = 1;
    cvi_stores *other = world_open(world);
    const cvi_claim_spec never = {.hash = HASH_A, .resource = "never", .row_id = second.row_id};
    assert_int_equal(world_claim_spec(world, other, &never).verdict, CVI_CLAIM_WAIT);
    assert_int_equal(count_rows(world), 2);
    cvi_stores_close(other);
    cvi_stores_close(stores);
}

/* What a claim takes back is there again if its transaction is undone: what was counted without it
 * lets nobody in. */
static void test_a_claim_that_fails_leaves_no_room_behind(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_claim unsent = admit(world, stores, "issue");
    admit(world, stores, "issue");
    admit(world, stores, "issue");
    const cvi_claim_spec again = {.hash = HASH_A, .resource = "issue", .row_id = unsent.row_id};
    cvi_claim claim;
    cv_error error;
    world_execute(world, "CREATE TRIGGER refuse BEFORE INSERT ON rate_limits"
                         " BEGIN SELECT RAISE(ABORT, 'no'); END");
    assert_int_equal(cvi_stores_claim(stores, &again, world->clock.now, &claim, &error),
                     CVI_STORE_FAILED);
    world_execute(world, "DROP TRIGGER refuse");
    assert_int_equal(count_rows(world), 3);
    check_wait(world, stores, "issue", 1100, CVI_WAIT_LIMIT);
    cvi_stores_close(stores);
}

/* A process may be stopped between its look at the clock and its transaction, for as long as it
 * likes: what it is admitted for counts from the transaction on. */
static void test_an_admission_is_of_the_moment_of_its_transaction(void **state) {
    store_world *world = *state;
    world->options.rate_limit.limit = 1;
    cvi_stores *stores = world_open(world);
    const cvi_claim_spec spec = {.hash = HASH_A, .resource = "issue"};
    const cvi_now looked = world->clock.now;
    cvi_claim claim;
    cv_error error;
    fake_clock_advance(&world->clock, 500);
    assert_int_equal(cvi_stores_claim(stores, &spec, looked, &claim, &error), CVI_STORE_DONE);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    check_wait(world, stores, "issue", 1100, CVI_WAIT_LIMIT);
    cvi_stores_close(stores);
}

/* Within a boot no step of the wall clock lifts the limit or blocks. */
static void test_wall_clock_steps_change_nothing(void **state) {
    static const int64_t steps_ms[] = {7200000, -7200000, 1000, -1000, INT64_C(315360000000)};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(steps_ms) / sizeof(steps_ms[0]); i++) {
        for (int k = 0; k < 3; k++) {
            admit(world, stores, "issue");
        }
        fake_clock_step_wall(&world->clock, steps_ms[i]);
        check_wait(world, stores, "issue", 1100, CVI_WAIT_LIMIT);
        fake_clock_advance(&world->clock, 1099);
        check_wait(world, stores, "issue", 1, CVI_WAIT_LIMIT);
        fake_clock_advance(&world->clock, 1);
    }
    admit(world, stores, "issue");
    cvi_stores_close(stores);
}

/* A row of another program is placed by wall clock when it is first seen, and stays there. */
static void test_adopted_row_obeys_the_boot_clock(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (int i = 0; i < 3; i++) {
        insert_foreign(world, "issue", 400);
    }
    check_wait(world, stores, "issue", 700, CVI_WAIT_LIMIT);
    fake_clock_step_wall(&world->clock, 3600000);
    check_wait(world, stores, "issue", 700, CVI_WAIT_LIMIT);
    fake_clock_step_wall(&world->clock, -7200000);
    check_wait(world, stores, "issue", 700, CVI_WAIT_LIMIT);
    fake_clock_advance(&world->clock, 700);
    admit(world, stores, "issue");
    cvi_stores_close(stores);
}

static void test_row_from_the_future_is_stamped_anew_once(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (int i = 0; i < 3; i++) {
        insert_foreign(world, "issue", -INT64_C(3600000));
    }
    check_wait(world, stores, "issue", 1100, CVI_WAIT_LIMIT);
    fake_clock_advance(&world->clock, 500);
    check_wait(world, stores, "issue", 600, CVI_WAIT_LIMIT);
    fake_clock_advance(&world->clock, 600);
    admit(world, stores, "issue");
    cvi_stores_close(stores);
}

static void test_hostile_stamps_block_for_one_window_at_most(void **state) {
    static const char *const updates[] = {
        "UPDATE rate_limits SET boot_ms = 9223372036854775807, timestamp = 9223372036854775807",
        "UPDATE rate_limits SET boot = NULL, timestamp = 9223372036854775807",
        "UPDATE rate_limits SET boot = 'other', timestamp = -9223372036854775807 - 1",
        "UPDATE rate_limits SET boot = x'ff', timestamp = 'late'",
        "UPDATE rate_limits SET boot_ms = 'late'",
        "UPDATE rate_limits SET boot_ms = 1e300",
        "UPDATE rate_limits SET boot_ms = NULL",
        "UPDATE rate_limits SET boot_ms = -9223372036854775807 - 1",
    };
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        cvi_stores *stores = world_open(world);
        world_execute(world, "DELETE FROM rate_limits");
        for (int k = 0; k < 3; k++) {
            admit(world, stores, "issue");
        }
        world_execute(world, updates[i]);
        cvi_claim claim = claim_path(world, stores, "issue", false);
        if (claim.wait_ms < 0 || claim.wait_ms > 1100) {
            fail_msg("waits %lld after %s", (long long)claim.wait_ms, updates[i]);
        }
        fake_clock_advance(&world->clock, 1100);
        admit(world, stores, "issue");
        cvi_stores_close(stores);
    }
}

static void test_reboot_keeps_the_count(void **state) {
    static const struct {
        int64_t off_ms; /* beside a minute up */
        int64_t wait_ms;
    } cases[] = {{-60000, 1100}, {-59500, 600}, {-58901, 1}, {-58900, 0}, {3600000, 0}};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char boot_id[24];
        cvi_stores *stores = world_open(world);
        world_execute(world, "DELETE FROM rate_limits");
        for (int k = 0; k < 3; k++) {
            admit(world, stores, "issue");
        }
        cvi_stores_close(stores);
        sqlite3_snprintf(sizeof(boot_id), boot_id, "boot-%d", (int)i + 2);
        fake_clock_reboot(&world->clock, boot_id, cases[i].off_ms);
        stores = world_open(world);
        if (cases[i].wait_ms > 0) {
            check_wait(world, stores, "issue", cases[i].wait_ms, CVI_WAIT_LIMIT);
            fake_clock_step_wall(&world->clock, 3600000);
            check_wait(world, stores, "issue", cases[i].wait_ms, CVI_WAIT_LIMIT);
        } else {
            admit(world, stores, "issue");
        }
        cvi_stores_close(stores);
    }
}

static void test_first_look_after_a_reboot_stamps_what_others_need(void **state) {
    store_world *world = *state;
    world->options.rate_limit.limit = 1;
    world->options.rate_limit.window_ms = 10000;
    cvi_stores *stores = world_open(world);
    admit(world, stores, "issue");
    cvi_stores_close(stores);
    fake_clock_reboot(&world->clock, "boot-2", -55000);
    world->options.rate_limit.window_ms = 1000;
    stores = world_open(world);
    admit(world, stores, "volume");
    cvi_stores_close(stores);
    fake_clock_step_wall(&world->clock, 3600000);
    world->options.rate_limit.window_ms = 10000;
    stores = world_open(world);
    check_wait(world, stores, "issue", 5100, CVI_WAIT_LIMIT);
    cvi_stores_close(stores);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, limit_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_limit_is_exact_at_the_edge_of_window_and_guard),
        WITH_WORLD(test_row_keeps_the_pinned_columns),
        WITH_WORLD(test_handles_count_each_other_and_survive_closing),
        WITH_WORLD(test_limits_of_zero_one_and_none),
        WITH_WORLD(test_kind_none_records_all_the_same),
        WITH_WORLD(test_interval_holds_over_all_resources),
        WITH_WORLD(test_slow_connection_holds_new_claims_back_for_a_while),
        WITH_WORLD(test_ready_connection_passes_those_that_connect),
        WITH_WORLD(test_confirming_stamps_the_admission_anew),
        WITH_WORLD(test_slow_connection_of_another_scope_holds_nobody_back),
        WITH_WORLD(test_without_an_interval_nobody_waits_for_connections),
        WITH_WORLD(test_interval_longer_than_the_window),
        WITH_WORLD(test_scopes_are_apart_but_others_rows_count_for_all),
        WITH_WORLD(test_lists_count_the_unknown_rows_of_others),
        WITH_WORLD(test_admission_is_taken_back),
        WITH_WORLD(test_a_claim_that_fails_leaves_no_room_behind),
        WITH_WORLD(test_an_admission_is_of_the_moment_of_its_transaction),
        WITH_WORLD(test_wall_clock_steps_change_nothing),
        WITH_WORLD(test_adopted_row_obeys_the_boot_clock),
        WITH_WORLD(test_row_from_the_future_is_stamped_anew_once),
        WITH_WORLD(test_hostile_stamps_block_for_one_window_at_most),
        WITH_WORLD(test_reboot_keeps_the_count),
        WITH_WORLD(test_first_look_after_a_reboot_stamps_what_others_need),
    };
    return cmocka_run_group_tests_name("rate limit store", tests, NULL, NULL);
}
