/* What a finished job has left stays for those who wait from the moment in which the job ended,
 * however old the answer was by then. */
#include "support/store_world.h"

#include <string.h>

#define BODY "{\"name\":\"one\"}"

#define STORE_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

enum { JOB_TIMEOUT_MS = 300000, HOUR_MS = 3600000 };

static const cv_error no_such_object = {.code = CV_ERROR_NOT_FOUND, .message = "no such object"};

/* Of two programs on a file: one fetches what the other waits for. */
typedef struct pair {
    store_world *world;
    cvi_stores *owner;
    cvi_stores *waiter;
    cvi_claim claim; /* the owner's */
} pair;

static pair open_pair(store_world *world) {
    world->options.dedupe.job_timeout_ms = JOB_TIMEOUT_MS;
    pair both = {.world = world, .owner = world_open(world), .waiter = world_open(world)};
    both.claim = world_expect(world, both.owner, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, both.waiter, HASH_A, CVI_CLAIM_WATCH);
    return both;
}

static void close_pair(const pair *both) {
    cvi_stores_close(both->waiter);
    cvi_stores_close(both->owner);
}

/* Ends the job with what is not cached, and was heard so long ago. */
static void end(const pair *both, const cv_error *failure, int64_t age_ms) {
    const cvi_completion completion = {.hash = HASH_A,
                                       .job_id = both->claim.job_id,
                                       .body = BODY,
                                       .size = strlen(BODY),
                                       .failure = failure,
                                       .age_ms = age_ms};
    cv_error error;
    bool owned = false;
    assert_int_equal(
        cvi_stores_complete(both->owner, &completion, both->world->clock.now, &owned, &error),
        CVI_STORE_DONE);
    assert_true(owned);
}

static void clean(const pair *both) {
    assert_false(world_clean(both->world, both->owner));
}

static cvi_watch watch(const pair *both) {
    return world_watch(both->world, both->waiter, HASH_A, both->claim.job_id);
}

static void check_left(const pair *both, int64_t heard_ms) {
    cvi_watch seen = watch(both);
    assert_int_equal(seen.state, CVI_WATCH_COMPLETED);
    assert_int_equal(seen.cached.fetched_at_ms, heard_ms);
    world_check_body(&seen.cached, BODY);
}

static void check_gone(const pair *both) {
    cvi_watch seen = watch(both);
    assert_int_equal(seen.state, CVI_WATCH_GONE);
}

static void test_an_old_answer_stays_as_long_as_a_new_one(void **state) {
    static const int64_t ages_ms[] = {0, 1, JOB_TIMEOUT_MS, JOB_TIMEOUT_MS + 1, HOUR_MS};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(ages_ms) / sizeof(ages_ms[0]); i++) {
        const pair both = open_pair(world);
        int64_t heard_ms = world->clock.now.wall_ms;
        fake_clock_advance(&world->clock, ages_ms[i]);
        end(&both, NULL, ages_ms[i]);
        fake_clock_advance(&world->clock, JOB_TIMEOUT_MS);
        clean(&both);
        check_left(&both, heard_ms);
        fake_clock_advance(&world->clock, 1);
        clean(&both);
        check_gone(&both);
        close_pair(&both);
    }
}

static void test_so_does_a_denial(void **state) {
    store_world *world = *state;
    world->options.cache.negative_ttl_s = CV_NONE;
    const pair both = open_pair(world);
    int64_t heard_ms = world->clock.now.wall_ms;
    fake_clock_advance(&world->clock, HOUR_MS);
    end(&both, &no_such_object, HOUR_MS);
    clean(&both);
    cvi_watch seen = watch(&both);
    assert_int_equal(seen.state, CVI_WATCH_FAILED);
    assert_int_equal(seen.failure.code, CV_ERROR_NOT_FOUND);
    assert_int_equal(seen.failed_at_ms, heard_ms);
    fake_clock_advance(&world->clock, JOB_TIMEOUT_MS + 1);
    clean(&both);
    check_gone(&both);
    close_pair(&both);
}

static void test_so_does_a_failure(void **state) {
    const cv_error refused = {.code = CV_ERROR_AUTH, .message = "the API key is refused"};
    store_world *world = *state;
    const pair both = open_pair(world);
    int64_t heard_ms = world->clock.now.wall_ms;
    cv_error error;
    fake_clock_advance(&world->clock, HOUR_MS);
    assert_int_equal(cvi_stores_release(both.owner, HASH_A, both.claim.job_id, 0, &refused, HOUR_MS,
                                        world->clock.now, &error),
                     CVI_STORE_DONE);
    clean(&both);
    cvi_watch seen = watch(&both);
    assert_int_equal(seen.state, CVI_WATCH_FAILED);
    assert_int_equal(seen.failure.code, CV_ERROR_AUTH);
    assert_int_equal(seen.failed_at_ms, heard_ms);
    close_pair(&both);
}

/* Who sets the wall clock takes nothing from those who wait, and leaves nothing for ever. */
static void test_the_wall_clock_is_set(void **state) {
    static const int64_t steps_ms[] = {HOUR_MS, -HOUR_MS};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(steps_ms) / sizeof(steps_ms[0]); i++) {
        const pair both = open_pair(world);
        int64_t heard_ms = world->clock.now.wall_ms;
        end(&both, NULL, 0);
        fake_clock_step_wall(&world->clock, steps_ms[i]);
        clean(&both);
        check_left(&both, heard_ms);
        fake_clock_advance(&world->clock, JOB_TIMEOUT_MS + 1);
        clean(&both);
        check_gone(&both);
        close_pair(&both);
    }
}

/* Another boot's clock says nothing: then the wall clock does. */
static void test_the_machine_has_started_anew(void **state) {
    static const struct {
        int64_t off_ms;
        int64_t left;
    } cases[] = {{0, 1}, {JOB_TIMEOUT_MS, 0}};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const pair both = open_pair(world);
        end(&both, NULL, 0);
        close_pair(&both);
        fake_clock_reboot(&world->clock, i == 0 ? "boot-2" : "boot-3", cases[i].off_ms);
        cvi_stores *after = world_open(world);
        assert_false(world_clean(world, after));
        assert_int_equal(world_number(world, "SELECT count(*) FROM dedupe_jobs"), cases[i].left);
        cvi_stores_close(after);
    }
}

/* Times that a file may hold keep no row in it for ever. */
static void test_hostile_times_are_cleaned(void **state) {
    static const char *const updates[] = {
        "UPDATE dedupe_jobs SET updated_at = 1, boot_ms = 9223372036854775807",
        "UPDATE dedupe_jobs SET updated_at = 1, boot_ms = -9223372036854775807 - 1",
        "UPDATE dedupe_jobs SET updated_at = 1, boot_ms = NULL",
        "UPDATE dedupe_jobs SET updated_at = 1, boot_ms = 'soon'",
        "UPDATE dedupe_jobs SET updated_at = 1, boot = NULL",
        "UPDATE dedupe_jobs SET updated_at = 9223372036854775807, boot = 'another'",
    };
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        const pair both = open_pair(world);
        end(&both, NULL, 0);
        world_execute(world, updates[i]);
        clean(&both);
        assert_int_equal(world_number(world, "SELECT count(*) FROM dedupe_jobs"), 0);
        close_pair(&both);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_an_old_answer_stays_as_long_as_a_new_one),
        STORE_TEST(test_so_does_a_denial),
        STORE_TEST(test_so_does_a_failure),
        STORE_TEST(test_the_wall_clock_is_set),
        STORE_TEST(test_the_machine_has_started_anew),
        STORE_TEST(test_hostile_times_are_cleaned),
    };
    return cmocka_run_group_tests_name("finished jobs", tests, NULL, NULL);
}
