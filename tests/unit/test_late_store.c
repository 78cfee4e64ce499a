/* An answer that is stored long after it was heard, as the file was locked or the program stopped:
 * others may have stored a newer one meanwhile, whom no job has kept from it. */
#include "support/store_world.h"

#include <string.h>

#include "stores/limits.h"

#define OURS   "{\"from\":\"us\"}"
#define THEIRS "{\"from\":\"them\"}"
#define DENIAL "{\"error\":\"Object Not Found\",\"status_code\":101}"

#define LATE_MS  INT64_C(60000)
#define NEWER_MS (LATE_MS - 5) /* so late, it is certain to be newer */

#define STORE_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

static const cv_error no_such_object = {.code = CV_ERROR_NOT_FOUND, .message = "no such object"};

/* Two clients of a file, which keep no jobs for each other. */
typedef struct pair {
    cvi_stores *ours;
    cvi_stores *theirs;
} pair;

static pair open_pair(store_world *world) {
    world->options.dedupe.disabled = true;
    return (pair){world_open(world), world_open(world)};
}

static void close_pair(const pair *both) {
    cvi_stores_close(both->theirs);
    cvi_stores_close(both->ours);
}

static void store(store_world *world, cvi_stores *stores, const cvi_completion *completion) {
    cv_error error;
    bool owned = false;
    assert_int_equal(cvi_stores_complete(stores, completion, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
    assert_true(owned);
}

/* An answer that was heard so long ago. */
static cvi_completion answer_of(const char *body, int64_t age_ms) {
    return (cvi_completion){.hash = HASH_A,
                            .job_id = "",
                            .body = body,
                            .size = strlen(body),
                            .keeping = {.ttl_ms = WORLD_TTL_MS},
                            .age_ms = age_ms};
}

static void answer(store_world *world, cvi_stores *stores, const char *body, int64_t age_ms) {
    const cvi_completion completion = answer_of(body, age_ms);
    store(world, stores, &completion);
}

static cvi_completion denial_of(int64_t age_ms) {
    cvi_completion completion = answer_of(DENIAL, age_ms);
    completion.failure = &no_such_object;
    return completion;
}

static void check(store_world *world, cvi_stores *stores, const char *body) {
    cvi_cached cached = world_lookup(world, stores, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, body);
}

static int64_t rows(const store_world *world) {
    return world_number(world, "SELECT count(*) FROM cache");
}

static void test_a_newer_answer_stays(void **state) {
    static const struct {
        int64_t their_age_ms; /* while ours is LATE_MS old */
        const char *stays;
    } cases[] = {{0, THEIRS},
                 {NEWER_MS, THEIRS},
                 {NEWER_MS + 1, OURS},
                 {LATE_MS, OURS},
                 {WORLD_TTL_MS, OURS}};
    store_world *world = *state;
    const pair both = open_pair(world);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world_execute(world, "DELETE FROM cache");
        answer(world, both.theirs, THEIRS, cases[i].their_age_ms);
        answer(world, both.ours, OURS, LATE_MS);
        check(world, both.ours, cases[i].stays);
        check(world, both.theirs, cases[i].stays);
    }
    close_pair(&both);
}

/* Theirs may be of just before it, or of before the clock was set back. */
static void test_what_was_just_heard_is_the_newest(void **state) {
    static const int64_t ahead_ms[] = {0, 1, CVI_CLOCK_TOLERANCE_MS, CVI_CLOCK_TOLERANCE_MS + 1};
    static const int64_t ages_ms[] = {0, 1, 4};
    store_world *world = *state;
    const pair both = open_pair(world);
    for (size_t i = 0; i < sizeof(ahead_ms) / sizeof(ahead_ms[0]); i++) {
        for (size_t j = 0; j < sizeof(ages_ms) / sizeof(ages_ms[0]); j++) {
            fake_clock_step_wall(&world->clock, ahead_ms[i]);
            answer(world, both.theirs, THEIRS, 0);
            fake_clock_step_wall(&world->clock, -ahead_ms[i]);
            answer(world, both.ours, OURS, ages_ms[j]);
            check(world, both.ours, OURS);
        }
    }
    close_pair(&both);
}

static void test_answers_and_denials_are_alike(void **state) {
    store_world *world = *state;
    const pair both = open_pair(world);
    const cvi_completion late = denial_of(LATE_MS);
    const cvi_completion later = denial_of(NEWER_MS);
    answer(world, both.theirs, THEIRS, NEWER_MS);
    store(world, both.ours, &late);
    check(world, both.ours, THEIRS);
    world_execute(world, "DELETE FROM cache");
    store(world, both.theirs, &later);
    answer(world, both.ours, OURS, LATE_MS);
    check(world, both.ours, DENIAL);
    close_pair(&both);
}

/* What takes the place of an older answer without being stored: too large, not to be stored, a
 * denial that is not kept. */
static void test_what_is_not_stored_leaves_a_newer_answer(void **state) {
    store_world *world = *state;
    world->options.cache.negative_ttl_s = CV_NONE;
    world->options.cache.max_entry_bytes = (int64_t)strlen(THEIRS);
    const pair both = open_pair(world);
    cvi_completion refused = answer_of(OURS, LATE_MS);
    refused.keeping = (cvi_keeping){.no_store = true};
    const cvi_completion cases[] = {refused, denial_of(LATE_MS), answer_of(DENIAL, LATE_MS)};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        answer(world, both.theirs, THEIRS, NEWER_MS);
        store(world, both.ours, &cases[i]);
        check(world, both.ours, THEIRS);
        world_execute(world, "UPDATE cache SET created_at = created_at - 1");
        store(world, both.ours, &cases[i]);
        assert_int_equal(rows(world), 0);
        answer(world, both.theirs, THEIRS, 0);
        cvi_completion now = cases[i];
        now.age_ms = 0;
        store(world, both.ours, &now);
        assert_int_equal(rows(world), 0);
    }
    close_pair(&both);
}

/* The clock was put back since it was stored, say, or it is another program's. */
static void test_a_row_that_answers_nobody_is_not_newer(void **state) {
    static const char *const updates[] = {
        "UPDATE cache SET created_at = created_at + 1",
        "UPDATE cache SET created_at = 9223372036854775807",
        "UPDATE cache SET created_at = 'soon'",
        "UPDATE cache SET checksum = NULL",
    };
    store_world *world = *state;
    const pair both = open_pair(world);
    for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
        answer(world, both.theirs, THEIRS, 0);
        world_execute(world, updates[i]);
        answer(world, both.ours, OURS, LATE_MS);
        check(world, both.ours, OURS);
    }
    close_pair(&both);
}

/* Nor would it answer anybody later, when the clock gets there. */
static void test_a_row_of_the_future_is_forgotten(void **state) {
    store_world *world = *state;
    world->options.cache.negative_ttl_s = CV_NONE;
    const pair both = open_pair(world);
    const cvi_completion late = denial_of(LATE_MS);
    answer(world, both.theirs, THEIRS, 0);
    store(world, both.ours, &late);
    assert_int_equal(rows(world), 1);
    fake_clock_step_wall(&world->clock, -1);
    store(world, both.ours, &late);
    assert_int_equal(rows(world), 0);
    close_pair(&both);
}

/* A job keeps nobody off who does not look at jobs. Who waits for it is given what is newer. */
static void test_a_job_does_not_make_it_newer(void **state) {
    store_world *world = *state;
    cvi_stores *owner = world_open(world);
    cvi_stores *waiter = world_open(world);
    const pair others = open_pair(world);
    const cvi_claim claim = world_expect(world, owner, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, waiter, HASH_A, CVI_CLAIM_WATCH);
    fake_clock_advance(&world->clock, LATE_MS);
    answer(world, others.theirs, THEIRS, NEWER_MS);
    cvi_completion late = answer_of(OURS, LATE_MS);
    late.job_id = claim.job_id;
    store(world, owner, &late);
    check(world, owner, THEIRS);
    cvi_watch watch = world_watch(world, waiter, HASH_A, claim.job_id);
    assert_int_equal(watch.state, CVI_WATCH_COMPLETED);
    world_check_body(&watch.cached, THEIRS);
    close_pair(&others);
    cvi_stores_close(waiter);
    cvi_stores_close(owner);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_a_newer_answer_stays),
        STORE_TEST(test_what_was_just_heard_is_the_newest),
        STORE_TEST(test_answers_and_denials_are_alike),
        STORE_TEST(test_what_is_not_stored_leaves_a_newer_answer),
        STORE_TEST(test_a_row_that_answers_nobody_is_not_newer),
        STORE_TEST(test_a_row_of_the_future_is_forgotten),
        STORE_TEST(test_a_job_does_not_make_it_newer),
    };
    return cmocka_run_group_tests_name("late store", tests, NULL, NULL);
}
