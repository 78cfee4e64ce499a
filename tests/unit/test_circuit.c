/* A host that fails is left in peace: after how many failures of all programs together, for how
 * long, for whom, and the one request that tries it, whatever the clocks and the owners do. */
#include "support/store_world.h"

#include <string.h>

enum { MOST = 5, OPEN_MS = 10000, LONGEST_MS = 300000, LOOK_MS = 250, KEPT_MS = 60000 };

#define FAILS       CVI_SERVICE_FAILS
#define UNREACHABLE CVI_SERVICE_UNREACHABLE
#define ANSWERS     CVI_SERVICE_ANSWERS

/* ---- short ways ---- */

static int circuit_setup(void **state) {
    store_world_setup(state);
    store_world *world = *state;
    world->options.dedupe.disabled = true;
    world->options.rate_limit.circuit_failures = MOST;
    world->options.rate_limit.circuit_open_ms = OPEN_MS;
    return 0;
}

static void tell(store_world *world, cvi_stores *stores, cvi_service_word word, int64_t asked_ms,
                 int64_t probe) {
    const cvi_heed_spec spec = {"issue", word, asked_ms, probe};
    cv_error error;
    int64_t left_ms = -1;
    assert_int_equal(cvi_stores_heed(stores, &spec, world->clock.now, &left_ms, &error),
                     CVI_STORE_DONE);
}

static void tell_times(store_world *world, cvi_stores *stores, cvi_service_word word, int times) {
    for (int i = 0; i < times; i++) {
        tell(world, stores, word, 0, 0);
    }
}

static cvi_claim ask(store_world *world, cvi_stores *stores, const char *resource) {
    const cvi_claim_spec spec = {
        .hash = HASH_A, .resource = resource, .priority = CV_PRIORITY_USER};
    return world_claim_spec(world, stores, &spec);
}

static int64_t check_admitted(store_world *world, cvi_stores *stores, bool is_probe) {
    cvi_claim claim = ask(world, stores, "issue");
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    assert_int_equal(claim.is_probe, is_probe);
    return claim.row_id;
}

/* Answers how long. */
static int64_t check_waits(store_world *world, cvi_stores *stores, const char *words) {
    cvi_claim claim = ask(world, stores, "issue");
    assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
    assert_int_equal(claim.reason,
                     strstr(words, "not answer") != NULL ? CVI_WAIT_UNREACHABLE : CVI_WAIT_FAILING);
    assert_string_equal(claim.reason_text, words);
    return claim.wait_ms;
}

#define FAILED_5 "the service fails (failures in a row: 5)"
#define SILENT_5 "the service does not answer (failures in a row: 5)"
#define FAILED_6 "the service fails (failures in a row: 6)"
#define CIRCUITS "SELECT count(*) FROM rate_limit_cooldowns WHERE resource = '*'"
#define FAILURES "SELECT failures FROM rate_limit_cooldowns WHERE resource = '*'"

/* Lengths are drawn from the last quarter of what they may be. */
static void check_length(int64_t wait_ms, int64_t longest_ms) {
    assert_in_range(wait_ms, longest_ms - longest_ms / 4, longest_ms);
}

/* Opens the circuit; its time has just gone by. */
static void open_until_over(store_world *world, cvi_stores *stores) {
    tell_times(world, stores, FAILS, MOST);
    fake_clock_advance(&world->clock, check_waits(world, stores, FAILED_5));
}

/* ---- counting ---- */

static void test_failures_of_all_handles_count(void **state) {
    store_world *world = *state;
    cvi_stores *one = world_open(world);
    cvi_stores *other = world_open(world);
    tell_times(world, one, FAILS, 2);
    tell_times(world, other, UNREACHABLE, 2);
    check_admitted(world, one, false);
    tell(world, one, FAILS, 0, 0);
    check_length(check_waits(world, one, FAILED_5), OPEN_MS);
    check_waits(world, other, FAILED_5);
    cvi_claim claim = ask(world, other, "volumes");
    assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
    cvi_stores_close(one);
    cvi_stores_close(other);
}

static void test_silence_is_told_apart(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    tell_times(world, stores, FAILS, MOST - 1);
    tell(world, stores, UNREACHABLE, 0, 0);
    check_waits(world, stores, SILENT_5);
    cvi_stores_close(stores);
}

/* Any word of the host in between begins the count anew; a broken answer says nothing. */
static void test_only_failures_in_a_row_count(void **state) {
    static const cvi_service_word words[] = {ANSWERS, CVI_SERVICE_LIMITS, CVI_SERVICE_BLOCKS};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        tell_times(world, stores, FAILS, MOST - 1);
        tell(world, stores, CVI_SERVICE_SILENT, 0, 0);
        assert_int_equal(world_number(world, FAILURES), MOST - 1);
        tell(world, stores, words[i], 1, 0);
        assert_int_equal(world_number(world, CIRCUITS), 0);
        fake_clock_advance(&world->clock, 1);
    }
    cvi_stores_close(stores);
}

/* Whoever is admitted learns that the last request failed, and whether to say that this did not. */
static void test_a_claim_says_that_the_last_one_failed(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    assert_false(ask(world, stores, "issue").has_failed);
    tell(world, stores, FAILS, 0, 0);
    assert_true(ask(world, stores, "issues").has_failed);
    tell(world, stores, ANSWERS, 0, 0);
    assert_false(ask(world, stores, "issue").has_failed);
    cvi_stores_close(stores);
}

/* It asks for a pause of the path and has failed: both hold. */
static void test_an_overloaded_service_is_paused_and_counted(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (int i = 0; i < MOST; i++) {
        tell(world, stores, CVI_SERVICE_OVERLOADED, 60000, 0);
        assert_int_equal(world_number(world, FAILURES), i + 1);
        cvi_claim claim = ask(world, stores, "issue");
        assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
        assert_int_equal(claim.wait_ms, 60000);
        assert_int_equal(claim.reason, CVI_WAIT_COOLDOWN);
        assert_int_equal(ask(world, stores, "volume").verdict == CVI_CLAIM_WAIT, i + 1 == MOST);
    }
    cvi_stores_close(stores);
}

static void test_a_threshold_of_one(void **state) {
    store_world *world = *state;
    world->options.rate_limit.circuit_failures = 1;
    cvi_stores *stores = world_open(world);
    tell(world, stores, UNREACHABLE, 0, 0);
    check_waits(world, stores, "the service does not answer (failures in a row: 1)");
    cvi_stores_close(stores);
}

/* ---- for whom ---- */

static void test_who_switched_it_off_neither_counts_nor_waits(void **state) {
    store_world *world = *state;
    cvi_stores *one = world_open(world);
    world->options.rate_limit.circuit_failures = CV_NONE;
    cvi_stores *other = world_open(world);
    tell_times(world, other, FAILS, 2 * MOST);
    assert_int_equal(world_number(world, CIRCUITS), 0);
    tell_times(world, one, FAILS, MOST);
    check_waits(world, one, FAILED_5);
    assert_false(ask(world, other, "issue").has_failed);
    check_admitted(world, other, false);
    cvi_stores_close(one);
    cvi_stores_close(other);
}

/* Another key and another path below it are the same host. */
static void test_a_host_is_one_for_all_keys_and_base_urls(void **state) {
    static const struct {
        const char *host;
        bool waits;
    } cases[] = {{"host-1", true}, {"host-2", false}};
    store_world *world = *state;
    cvi_stores *one = world_open(world);
    tell_times(world, one, FAILS, MOST);
    world->options.scope = "scope-2";
    world->options.origin = "origin-2";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world->options.host = cases[i].host;
        cvi_stores *other = world_open(world);
        assert_int_equal(ask(world, other, "issue").verdict == CVI_CLAIM_WAIT, cases[i].waits);
        cvi_stores_close(other);
    }
    cvi_stores_close(one);
}

static void test_it_holds_without_limits_too(void **state) {
    store_world *world = *state;
    world->options.rate_limit.kind = CV_LIMIT_NONE;
    cvi_stores *stores = world_open(world);
    tell_times(world, stores, FAILS, MOST);
    check_waits(world, stores, FAILED_5);
    cvi_stores_close(stores);
}

/* ---- the probe ---- */

static void test_one_request_tries_and_closes_it(void **state) {
    store_world *world = *state;
    cvi_stores *one = world_open(world);
    cvi_stores *other = world_open(world);
    open_until_over(world, one);
    int64_t probe = check_admitted(world, other, true);
    assert_int_equal(check_waits(world, one, FAILED_5), LOOK_MS);
    assert_int_equal(check_waits(world, other, FAILED_5), LOOK_MS);
    tell(world, other, ANSWERS, 0, probe);
    assert_int_equal(world_number(world, CIRCUITS), 0);
    check_admitted(world, one, false);
    check_admitted(world, other, false);
    tell_times(world, one, FAILS, MOST); /* it opens for the first time again */
    check_length(check_waits(world, one, FAILED_5), OPEN_MS);
    cvi_stores_close(one);
    cvi_stores_close(other);
}

/* A host that refuses works; what it refuses is paused. */
static void test_a_refused_probe_closes_it_too(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    open_until_over(world, stores);
    tell(world, stores, CVI_SERVICE_LIMITS, 5000, check_admitted(world, stores, true));
    assert_int_equal(world_number(world, CIRCUITS), 0);
    assert_int_equal(ask(world, stores, "issue").reason, CVI_WAIT_COOLDOWN);
    assert_int_equal(ask(world, stores, "volume").verdict, CVI_CLAIM_ADMITTED);
    cvi_stores_close(stores);
}

static void test_failing_probes_double_the_time(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    open_until_over(world, stores);
    for (int64_t open_ms = 2 * OPEN_MS; open_ms < 4 * LONGEST_MS; open_ms *= 2) {
        tell(world, stores, FAILS, 0, check_admitted(world, stores, true));
        cvi_claim claim = ask(world, stores, "issue");
        assert_int_equal(claim.verdict, CVI_CLAIM_WAIT);
        check_length(claim.wait_ms, open_ms < LONGEST_MS ? open_ms : LONGEST_MS);
        fake_clock_advance(&world->clock, claim.wait_ms - 1);
        assert_int_equal(ask(world, stores, "issue").wait_ms, 1);
        fake_clock_advance(&world->clock, 1);
    }
    cvi_stores_close(stores);
}

/* Requests that were under way when it opened say nothing new, nor may they end it. */
static void test_only_its_probe_moves_an_open_circuit(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    int64_t earlier = check_admitted(world, stores, false);
    tell_times(world, stores, FAILS, MOST);
    int64_t wait_ms = check_waits(world, stores, FAILED_5);
    tell(world, stores, FAILS, 0, 0);
    assert_int_equal(check_waits(world, stores, FAILED_6), wait_ms);
    tell(world, stores, ANSWERS, 0, 0);
    tell(world, stores, ANSWERS, 0, earlier);
    assert_int_equal(check_waits(world, stores, FAILED_6), wait_ms);
    fake_clock_advance(&world->clock, wait_ms);
    int64_t probe = check_admitted(world, stores, true);
    tell(world, stores, UNREACHABLE, 0, 0); /* and while the probe is under way */
    assert_int_equal(
        check_waits(world, stores, "the service does not answer (failures in a row: 7)"), LOOK_MS);
    tell(world, stores, ANSWERS, 0, probe);
    check_admitted(world, stores, false);
    cvi_stores_close(stores);
}

static void test_a_dead_probe_is_followed_by_another_at_once(void **state) {
    store_world *world = *state;
    cvi_stores *one = world_open(world);
    cvi_stores *other = world_open(world);
    open_until_over(world, one);
    check_admitted(world, one, true);
    assert_int_equal(check_waits(world, other, FAILED_5), LOOK_MS);
    cvi_stores_close(one);
    check_admitted(world, other, true);
    cvi_stores_close(other);
}

/* That nobody complains does not say that it works: another one tries. */
static void test_a_silent_probe_is_followed_by_another(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    open_until_over(world, stores);
    int64_t first = check_admitted(world, stores, true);
    fake_clock_advance(&world->clock, KEPT_MS - 1);
    assert_int_equal(check_waits(world, stores, FAILED_5), 1);
    fake_clock_advance(&world->clock, 1);
    int64_t second = check_admitted(world, stores, true);
    tell(world, stores, FAILS, 0, first); /* too late to matter */
    assert_int_equal(check_waits(world, stores, FAILED_6), LOOK_MS);
    tell(world, stores, ANSWERS, 0, second);
    check_admitted(world, stores, false);
    cvi_stores_close(stores);
}

static void test_a_probe_that_learned_nothing_is_followed_by_another(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    open_until_over(world, stores);
    tell(world, stores, CVI_SERVICE_SILENT, 0, check_admitted(world, stores, true));
    int64_t unsent = check_admitted(world, stores, true);
    world_release(world, stores, HASH_A, "", unsent, NULL);
    check_admitted(world, stores, true);
    cvi_stores_close(stores);
}

/* The pause of a path and the circuit have one probe; it may answer for one and not the other. */
static void test_a_probe_of_two_pauses(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    tell(world, stores, CVI_SERVICE_LIMITS, 1000, 0);
    open_until_over(world, stores);
    int64_t probe = check_admitted(world, stores, true);
    tell(world, stores, FAILS, 0, probe);
    fake_clock_advance(&world->clock, check_waits(world, stores, FAILED_6));
    probe = check_admitted(world, stores, true);
    tell(world, stores, ANSWERS, 0, probe);
    assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limit_cooldowns"), 0);
    cvi_stores_close(stores);
}

/* ---- clocks ---- */

static void test_it_outlives_restarts_and_steps_of_the_wall_clock(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    tell_times(world, stores, FAILS, MOST);
    int64_t wait_ms = check_waits(world, stores, FAILED_5);
    cvi_stores_close(stores);
    fake_clock_step_wall(&world->clock, -86400000);
    fake_clock_advance(&world->clock, 1000);
    stores = world_open(world);
    assert_int_equal(check_waits(world, stores, FAILED_5), wait_ms - 1000);
    fake_clock_step_wall(&world->clock, 2 * 86400000);
    assert_int_equal(check_waits(world, stores, FAILED_5), wait_ms - 1000);
    cvi_stores_close(stores);
}

static void test_it_outlives_a_reboot(void **state) {
    enum { OFF_MS = 61000 }; /* booting takes a minute */
    store_world *world = *state;
    world->options.rate_limit.circuit_open_ms = LONGEST_MS;
    cvi_stores *stores = world_open(world);
    tell_times(world, stores, FAILS, MOST);
    int64_t wait_ms = check_waits(world, stores, FAILED_5);
    cvi_stores_close(stores);
    fake_clock_reboot(&world->clock, "boot-2", 1000);
    stores = world_open(world);
    assert_int_equal(check_waits(world, stores, FAILED_5), wait_ms - OFF_MS);
    fake_clock_step_wall(&world->clock, 86400000);
    assert_int_equal(check_waits(world, stores, FAILED_5), wait_ms - OFF_MS);
    fake_clock_advance(&world->clock, wait_ms - OFF_MS);
    check_admitted(world, stores, true);
    cvi_stores_close(stores);
    fake_clock_reboot(&world->clock, "boot-3", 0); /* the prober has died with its boot */
    stores = world_open(world);
    check_admitted(world, stores, true);
    cvi_stores_close(stores);
}

/* Whatever a damaged file says, it holds nobody up for longer than a pause can be. */
static void test_absurd_rows_are_bounded(void **state) {
    static const char *const damages[] = {
        "UPDATE rate_limit_cooldowns SET boot_ms = 9223372036854775807",
        "UPDATE rate_limit_cooldowns SET boot = 'x', timestamp = 9223372036854775807",
        "UPDATE rate_limit_cooldowns SET strikes = 9223372036854775807, boot_ms = 0",
        "UPDATE rate_limit_cooldowns SET strikes = -9223372036854775807 - 1",
        "UPDATE rate_limit_cooldowns SET failures = 9223372036854775807, strikes = 'many'",
        "UPDATE rate_limit_cooldowns SET failures = -1, unreachable = x'00'",
        ("UPDATE rate_limit_cooldowns SET boot_ms = 0, probe = 99, owner = -1,"
         " probe_boot_ms = 9223372036854775807"),
    };
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        tell_times(world, stores, FAILS, MOST);
        world_execute(world, damages[i]);
        cvi_claim claim = ask(world, stores, "issue");
        assert_true(claim.verdict == CVI_CLAIM_ADMITTED || claim.wait_ms <= LONGEST_MS);
        fake_clock_advance(&world->clock, LONGEST_MS);
        claim = ask(world, stores, "issue");
        assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
        tell(world, stores, FAILS, 0, claim.row_id);
        fake_clock_advance(&world->clock, LONGEST_MS);
        claim = ask(world, stores, "issue");
        assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
        tell(world, stores, ANSWERS, 0, claim.row_id);
        assert_int_equal(world_number(world, CIRCUITS), 0);
    }
    cvi_stores_close(stores);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, circuit_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_failures_of_all_handles_count),
        WITH_WORLD(test_silence_is_told_apart),
        WITH_WORLD(test_only_failures_in_a_row_count),
        WITH_WORLD(test_a_claim_says_that_the_last_one_failed),
        WITH_WORLD(test_an_overloaded_service_is_paused_and_counted),
        WITH_WORLD(test_a_threshold_of_one),
        WITH_WORLD(test_who_switched_it_off_neither_counts_nor_waits),
        WITH_WORLD(test_a_host_is_one_for_all_keys_and_base_urls),
        WITH_WORLD(test_it_holds_without_limits_too),
        WITH_WORLD(test_one_request_tries_and_closes_it),
        WITH_WORLD(test_a_refused_probe_closes_it_too),
        WITH_WORLD(test_failing_probes_double_the_time),
        WITH_WORLD(test_only_its_probe_moves_an_open_circuit),
        WITH_WORLD(test_a_dead_probe_is_followed_by_another_at_once),
        WITH_WORLD(test_a_silent_probe_is_followed_by_another),
        WITH_WORLD(test_a_probe_that_learned_nothing_is_followed_by_another),
        WITH_WORLD(test_a_probe_of_two_pauses),
        WITH_WORLD(test_it_outlives_restarts_and_steps_of_the_wall_clock),
        WITH_WORLD(test_it_outlives_a_reboot),
        WITH_WORLD(test_absurd_rows_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
