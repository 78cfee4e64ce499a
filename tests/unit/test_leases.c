/* Leases of programs that are opened with different settings: an owner keeps its job for as long as
 * it has promised to renew it, whoever looks. */
#include "support/store_world.h"

#include "stores/dedupe.h"
#include "stores/handle.h"
#include "stores/limits.h"

enum { SHORT_MS = 100, USUAL_MS = 5000, LONG_MS = 60000, JOB_TIMEOUT_MS = 300000 };

static cvi_stores *open_with(store_world *world, int64_t lease_ms, int64_t job_timeout_ms) {
    world->options.dedupe.lease_ms = lease_ms;
    world->options.dedupe.job_timeout_ms = job_timeout_ms;
    return world_open(world);
}

/* Two programs on one file. */
typedef struct pair {
    store_world *world;
    cvi_stores *owner;
    cvi_stores *reader;
    cvi_claim claim; /* the owner's of HASH_A */
} pair;

static pair open_pair(store_world *world, int64_t owners_ms, int64_t readers_ms) {
    pair both = {.world = world, .owner = open_with(world, owners_ms, JOB_TIMEOUT_MS)};
    both.reader = open_with(world, readers_ms, JOB_TIMEOUT_MS);
    both.claim = world_expect(world, both.owner, HASH_A, CVI_CLAIM_ADMITTED);
    return both;
}

static void close_pair(pair *both) {
    cvi_stores_close(both->owner);
    cvi_stores_close(both->reader);
}

static int64_t count_jobs(const store_world *world) {
    return world_number(world, "SELECT count(*) FROM dedupe_jobs");
}

/* Every way in which the reader may judge the owner. */
static void check_live(pair *both) {
    bool yes = false;
    cv_dedupe_stats stats;
    cv_dedupe_store *jobs = cvi_stores_dedupe_store(both->reader);
    world_expect(both->world, both->reader, HASH_A, CVI_CLAIM_WATCH);
    cvi_watch watch = world_watch(both->world, both->reader, HASH_A, both->claim.job_id);
    assert_int_equal(watch.state, CVI_WATCH_PENDING);
    assert_true(cv_dedupe_store_in_progress(jobs, HASH_A, &yes));
    assert_true(yes);
    assert_true(cv_dedupe_store_stats(jobs, &stats));
    assert_int_equal(stats.expired_jobs, 0);
    assert_false(world_clean(both->world, both->reader));
    assert_int_equal(count_jobs(both->world), 1);
}

static void check_abandoned(pair *both) {
    bool yes = true;
    cv_dedupe_store *jobs = cvi_stores_dedupe_store(both->reader);
    cvi_watch watch = world_watch(both->world, both->reader, HASH_A, both->claim.job_id);
    assert_int_equal(watch.state, CVI_WATCH_GONE);
    assert_true(cv_dedupe_store_in_progress(jobs, HASH_A, &yes));
    assert_false(yes);
    world_expect(both->world, both->reader, HASH_A, CVI_CLAIM_ADMITTED);
}

static void test_the_owners_lease_decides(void **state) {
    static const struct {
        int64_t owners_ms;
        int64_t readers_ms;
    } cases[] = {{LONG_MS, SHORT_MS},
                 {SHORT_MS, LONG_MS},
                 {USUAL_MS, USUAL_MS},
                 {CVI_LEAST_LEASE_MS, USUAL_MS}};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pair both = open_pair(world, cases[i].owners_ms, cases[i].readers_ms);
        fake_clock_advance(&world->clock, cases[i].owners_ms - 1);
        check_live(&both);
        fake_clock_advance(&world->clock, 1);
        check_abandoned(&both);
        close_pair(&both);
    }
}

/* As an owner does that lives and works for longer than the reader's lease. */
static void test_a_renewed_job_is_not_taken_over(void **state) {
    store_world *world = *state;
    pair both = open_pair(world, LONG_MS, SHORT_MS);
    for (int i = 0; i < 3; i++) {
        fake_clock_advance(&world->clock, LONG_MS / 3);
        check_live(&both);
        assert_true(world_renew(world, both.owner, HASH_A, both.claim.job_id));
    }
    fake_clock_advance(&world->clock, LONG_MS - 1);
    check_live(&both);
    assert_true(world_complete(world, both.owner, HASH_A, both.claim.job_id, "{}"));
    close_pair(&both);
}

/* Whoever has the job_id may renew: what holds is what the last one has promised. */
static void test_who_renews_promises_anew(void **state) {
    store_world *world = *state;
    pair both = open_pair(world, USUAL_MS, SHORT_MS);
    cvi_stores *patient = open_with(world, LONG_MS, JOB_TIMEOUT_MS);
    assert_true(world_renew(world, patient, HASH_A, both.claim.job_id));
    fake_clock_advance(&world->clock, LONG_MS - 1);
    check_live(&both);
    assert_true(world_renew(world, both.owner, HASH_A, both.claim.job_id));
    fake_clock_advance(&world->clock, USUAL_MS);
    check_abandoned(&both);
    cvi_stores_close(patient);
    close_pair(&both);
}

/* Of another boot only the wall clock is known. */
static void test_it_decides_across_boots(void **state) {
    store_world *world = *state;
    pair both = open_pair(world, LONG_MS, SHORT_MS);
    world_execute(world, "UPDATE dedupe_jobs SET boot = 'another', boot_ms = 1,"
                         " started_boot_ms = 1");
    fake_clock_advance(&world->clock, LONG_MS - 1);
    check_live(&both);
    fake_clock_advance(&world->clock, 1);
    check_abandoned(&both);
    close_pair(&both);
}

/* What nobody can have promised is no promise: then the reader's own lease holds. */
static void test_hostile_leases(void **state) {
    static const struct {
        const char *value;
        int64_t holds_ms;
    } cases[] = {
        {"NULL", USUAL_MS},
        {"0", USUAL_MS},
        {"-1", USUAL_MS},
        {"99", USUAL_MS},
        {"100", 100},
        {"'60000'", LONG_MS}, /* as the column makes a number of it */
        {"299999", 299999},
        {"3600000", JOB_TIMEOUT_MS}, /* but never for longer than a job may take */
        {"3600001", USUAL_MS},
        {"9223372036854775807", USUAL_MS},
        {"-9223372036854775808", USUAL_MS},
        {"60000.5", USUAL_MS},
        {"1e300", USUAL_MS},
        {"'for ever'", USUAL_MS},
        {"x'ffff'", USUAL_MS},
    };
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pair both = open_pair(world, SHORT_MS, USUAL_MS);
        char *sql = sqlite3_mprintf("UPDATE dedupe_jobs SET lease_ms = %s", cases[i].value);
        world_execute(world, sql);
        sqlite3_free(sql);
        fake_clock_advance(&world->clock, cases[i].holds_ms - 1);
        check_live(&both);
        fake_clock_advance(&world->clock, 1);
        check_abandoned(&both);
        close_pair(&both);
    }
}

/* How long a job may take, alive or not, is the patience of each who looks: an owner that hangs
 * promises what it likes. */
static void test_the_readers_job_timeout_decides(void **state) {
    static const struct {
        int64_t owners_ms;
        int64_t readers_ms;
    } cases[] = {{JOB_TIMEOUT_MS, 20000}, {20000, JOB_TIMEOUT_MS}};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pair both = {.world = world, .owner = open_with(world, LONG_MS, cases[i].owners_ms)};
        both.reader = open_with(world, LONG_MS, cases[i].readers_ms);
        both.claim = world_expect(world, both.owner, HASH_A, CVI_CLAIM_ADMITTED);
        for (int64_t at_ms = 0; at_ms < cases[i].readers_ms; at_ms += 10000) {
            check_live(&both);
            fake_clock_advance(&world->clock, 10000);
            assert_true(world_renew(world, both.owner, HASH_A, both.claim.job_id));
        }
        check_abandoned(&both);
        close_pair(&both);
    }
}

/* ---- programs of version 1004 on the same file ---- */

/* As they write it; they know no column lease_ms. */
static void take_as_before(const store_world *world, const cvi_stores *owner) {
    char *sql = sqlite3_mprintf(
        "INSERT OR REPLACE INTO main.dedupe_jobs(hash, job_id, status, created_at, updated_at,"
        " owner, boot, boot_ms, started_boot_ms)"
        " VALUES('" HASH_A "', 'before', 'pending', %lld, %lld, %lld, '%q', %lld, %lld)",
        (long long)world->clock.now.wall_ms, (long long)world->clock.now.wall_ms,
        (long long)owner->dedupe_db->turn.life, owner->dedupe_db->clock.boot_id,
        (long long)world->clock.now.boot_ms, (long long)world->clock.now.boot_ms);
    world_execute(world, sql);
    sqlite3_free(sql);
}

static void renew_as_before(const store_world *world, const cvi_stores *owner) {
    char *sql =
        sqlite3_mprintf("UPDATE main.dedupe_jobs SET updated_at = %lld, boot = '%q', boot_ms = %lld"
                        " WHERE hash = '" HASH_A "' AND job_id = 'before' AND status = 'pending'",
                        (long long)world->clock.now.wall_ms, owner->dedupe_db->clock.boot_id,
                        (long long)world->clock.now.boot_ms);
    world_execute(world, sql);
    sqlite3_free(sql);
}

/* In the place of a row that had a lease, too. */
static void test_an_older_owner_is_judged_as_before(void **state) {
    store_world *world = *state;
    pair both = open_pair(world, LONG_MS, USUAL_MS);
    assert_int_equal(world_number(world, "SELECT lease_ms FROM dedupe_jobs"), LONG_MS);
    take_as_before(world, both.owner);
    both.claim = (cvi_claim){.job_id = "before"};
    fake_clock_advance(&world->clock, USUAL_MS - 1);
    check_live(&both);
    renew_as_before(world, both.owner);
    fake_clock_advance(&world->clock, USUAL_MS - 1);
    check_live(&both);
    fake_clock_advance(&world->clock, 1);
    check_abandoned(&both);
    assert_int_equal(world_number(world, "SELECT lease_ms FROM dedupe_jobs"), USUAL_MS);
    close_pair(&both);
}

#define WITH_WORLD(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_the_owners_lease_decides),
        WITH_WORLD(test_a_renewed_job_is_not_taken_over),
        WITH_WORLD(test_who_renews_promises_anew),
        WITH_WORLD(test_it_decides_across_boots),
        WITH_WORLD(test_hostile_leases),
        WITH_WORLD(test_the_readers_job_timeout_decides),
        WITH_WORLD(test_an_older_owner_is_judged_as_before),
    };
    return cmocka_run_group_tests_name("leases", tests, NULL, NULL);
}
