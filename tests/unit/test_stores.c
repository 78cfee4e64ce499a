/* The transactions that span the stores: the order of a claim, what a refusal leaves behind, and
 * many handles and processes at work on one file. */
#include "support/store_world.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stores/handle.h"
#include "support/buffer.h"
#include "support/error.h"

#define BODY "{\"id\":1}"

static int64_t count(const store_world *world, const char *table) {
    char *sql = sqlite3_mprintf("SELECT count(*) FROM %s", table);
    int64_t number = world_number(world, sql);
    sqlite3_free(sql);
    return number;
}

/* Grows with each commit, and with nothing else. */
static int64_t wal_frames(const store_world *world) {
    char path[128];
    struct stat status;
    cvi_buffer text;
    cvi_buffer_over(&text, path, sizeof(path));
    cvi_buffer_add_format(&text, "%s-wal", world->database);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static cvi_claim_spec spec_for(const char *hash) {
    return (cvi_claim_spec){.hash = hash,
                            .resource = "issue",
                            .priority = CV_PRIORITY_USER,
                            .reread_cache = true,
                            .ttl_ms = WORLD_TTL_MS};
}

/* ---- the order of a claim ---- */

static void test_claim_finds_what_was_stored_meanwhile(void **state) {
    store_world *world = *state;
    world->options.rate_limit.limit = 1;
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, BODY);
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_HIT);
    assert_int_equal(claim.row_id, 0);
    assert_int_equal(claim.cached.fetched_at_ms, world->clock.now.wall_ms);
    world_check_body(&claim.cached, BODY);
    cvi_claim_spec spec = spec_for(HASH_A);
    spec.reread_cache = false;
    assert_int_equal(world_claim_spec(world, stores, &spec).verdict, CVI_CLAIM_WAIT);
    spec.reread_cache = true;
    spec.ttl_ms = 0;
    assert_int_equal(world_claim_spec(world, stores, &spec).verdict, CVI_CLAIM_WAIT);
    cvi_stores_close(stores);
}

/* A job in progress is watched even when there is no quota for a request of one's own. */
static void test_watching_needs_no_room(void **state) {
    store_world *world = *state;
    world->options.rate_limit.limit = 1;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    world_expect(world, first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, second, HASH_A, CVI_CLAIM_WATCH);
    world_expect(world, second, HASH_B, CVI_CLAIM_WAIT);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_who_is_not_admitted_owns_nothing(void **state) {
    store_world *world = *state;
    world->options.rate_limit.limit = 1;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    world_expect(world, first, HASH_A, CVI_CLAIM_ADMITTED);
    int64_t frames = wal_frames(world);
    cvi_claim claim = world_expect(world, second, HASH_B, CVI_CLAIM_WAIT);
    assert_string_equal(claim.job_id, "");
    assert_int_equal(claim.reason, CVI_WAIT_LIMIT);
    assert_int_equal(claim.wait_ms, 3602000);
    assert_int_equal(count(world, "dedupe_jobs"), 1);
    assert_int_equal(count(world, "rate_limits"), 1);
    /* A plain refusal costs no commit. */
    assert_int_equal(wal_frames(world), frames);
    fake_clock_advance(&world->clock, 3602000);
    world_expect(world, second, HASH_B, CVI_CLAIM_ADMITTED);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_registering_twice_costs_no_second_commit(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    world_expect(world, first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, second, HASH_A, CVI_CLAIM_WATCH);
    int64_t frames = wal_frames(world);
    world_expect(world, second, HASH_A, CVI_CLAIM_WATCH);
    assert_int_equal(wal_frames(world), frames);
    assert_int_equal(count(world, "dedupe_waiters"), 1);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

/* A retry keeps its job, and takes an admission of its own. */
static void test_second_try_keeps_the_job(void **state) {
    store_world *world = *state;
    world->options.rate_limit.limit = 2;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    cvi_claim claim = world_expect(world, first, HASH_A, CVI_CLAIM_ADMITTED);
    cvi_claim_spec spec = spec_for(HASH_A);
    spec.job_id = claim.job_id;
    fake_clock_advance(&world->clock, 4000);
    cvi_claim again = world_claim_spec(world, first, &spec);
    assert_int_equal(again.verdict, CVI_CLAIM_ADMITTED);
    assert_string_equal(again.job_id, claim.job_id);
    assert_true(again.row_id > claim.row_id);
    assert_int_equal(count(world, "rate_limits"), 2);
    /* It was renewed by that. */
    fake_clock_advance(&world->clock, 4000);
    world_expect(world, second, HASH_A, CVI_CLAIM_WATCH);
    /* No room for a third: the job stays owned, an unsent admission goes back. */
    assert_int_equal(world_claim_spec(world, first, &spec).verdict, CVI_CLAIM_WAIT);
    assert_true(world_renew(world, first, HASH_A, claim.job_id));
    spec.row_id = again.row_id;
    again = world_claim_spec(world, first, &spec);
    assert_int_equal(again.verdict, CVI_CLAIM_ADMITTED);
    assert_int_equal(count(world, "rate_limits"), 2);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_lost_job_gives_its_unsent_admission_back(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    cvi_claim claim = world_expect(world, first, HASH_A, CVI_CLAIM_ADMITTED);
    fake_clock_advance(&world->clock, 5000);
    world_expect(world, second, HASH_A, CVI_CLAIM_ADMITTED);
    cvi_claim_spec spec = spec_for(HASH_A);
    spec.job_id = claim.job_id;
    spec.row_id = claim.row_id;
    cvi_claim lost = world_claim_spec(world, first, &spec);
    assert_int_equal(lost.verdict, CVI_CLAIM_LOST);
    assert_int_equal(lost.row_id, 0);
    assert_int_equal(count(world, "rate_limits"), 1);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

/* The take-back of a release stays although the job has gone to another. */
static void test_release_of_a_lost_job_still_takes_back(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    cvi_claim claim = world_expect(world, first, HASH_A, CVI_CLAIM_ADMITTED);
    fake_clock_advance(&world->clock, 5000);
    cvi_claim heir = world_expect(world, second, HASH_A, CVI_CLAIM_ADMITTED);
    world_release(world, first, HASH_A, claim.job_id, claim.row_id, NULL);
    assert_int_equal(count(world, "rate_limits"), 1);
    assert_true(world_renew(world, second, HASH_A, heir.job_id));
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_expired_answer_is_fetched_again(void **state) {
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    cvi_claim owner = world_expect(world, first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, second, HASH_A, CVI_CLAIM_WATCH);
    assert_true(world_complete(world, first, HASH_A, owner.job_id, BODY));
    cvi_claim hit = world_expect(world, second, HASH_A, CVI_CLAIM_HIT);
    world_check_body(&hit.cached, BODY);
    /* The completed row is still there for its watcher, and no reason not to fetch. */
    fake_clock_advance(&world->clock, WORLD_TTL_MS);
    assert_int_equal(count(world, "dedupe_jobs"), 1);
    world_expect(world, second, HASH_A, CVI_CLAIM_ADMITTED);
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_waiters_of_a_job_taken_over_are_woken_by_the_heir(void **state) {
    cvi_news news;
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    cvi_stores *second = world_open(world);
    cvi_stores *third = world_open(world);
    world_expect(world, first, HASH_A, CVI_CLAIM_ADMITTED);
    cvi_claim watcher = world_expect(world, third, HASH_A, CVI_CLAIM_WATCH);
    fake_clock_advance(&world->clock, 5000);
    cvi_claim heir = world_expect(world, second, HASH_A, CVI_CLAIM_ADMITTED);
    assert_int_equal(world_watch(world, third, HASH_A, watcher.job_id).state, CVI_WATCH_GONE);
    assert_true(world_complete(world, second, HASH_A, heir.job_id, BODY));
    assert_true(cvi_stores_wake_drain(third, &news));
    cvi_stores_close(first);
    cvi_stores_close(second);
    cvi_stores_close(third);
}

static void test_nothing_to_do_writes_nothing(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world_store(world, stores, HASH_A, BODY);
    int64_t frames = wal_frames(world);
    world_release(world, stores, HASH_A, "", 0, NULL);
    assert_true(world_renew(world, stores, HASH_A, ""));
    assert_false(world_renew(world, stores, HASH_A, "11111111-1111-4111-8111-111111111111"));
    assert_false(world_clean(world, stores));
    const cvi_completion nowhere = {.hash = HASH_B,
                                    .job_id = "",
                                    .body = BODY,
                                    .size = strlen(BODY),
                                    .keeping = {.ttl_ms = CV_NONE}};
    cv_error error;
    bool owned = false;
    assert_int_equal(cvi_stores_complete(stores, &nowhere, world->clock.now, &owned, &error),
                     CVI_STORE_DONE);
    assert_true(owned);
    assert_int_equal(wal_frames(world), frames);
    cvi_stores_close(stores);
    assert_int_equal(wal_frames(world), frames);
}

/* ---- hostile content ---- */

static void test_text_of_any_kind_is_only_a_value(void **state) {
    static const char *const texts[] = {"",         "'",    "'; DROP TABLE cache; --",
                                        "\xff\xfe", "%s%n", "\xc3\xa9\xe2\x82\xac"};
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cvi_claim claim = world_claim(world, stores, texts[i], texts[i]);
        assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
        assert_true(world_complete(world, stores, texts[i], claim.job_id, texts[i]));
        cvi_cached cached = world_lookup(world, stores, texts[i], WORLD_TTL_MS);
        world_check_body(&cached, texts[i]);
    }
    assert_int_equal(count(world, "cache"), 6);
    cvi_stores_close(stores);
}

static void test_messages_hold_no_values(void **state) {
    store_world *world = *state;
    world->options.scope = "secret-scope";
    cvi_stores *stores = world_open(world);
    world_execute(world, "DROP TABLE rate_limits");
    const cvi_claim_spec spec = {.hash = "secret-hash", .resource = "secret-path"};
    cvi_claim claim;
    cv_error error = {0};
    assert_int_equal(cvi_stores_claim(stores, &spec, world->clock.now, &claim, &error),
                     CVI_STORE_FAILED);
    assert_int_equal(error.code, CV_ERROR_STORE);
    assert_non_null(strstr(error.message, world->database));
    assert_null(strstr(error.message, "secret"));
    assert_int_equal(count(world, "dedupe_jobs"), 0);
    cvi_stores_close(stores);
}

/* A handle cannot see its own lock on its jobs, and yet they are alive. */
static void check_own_job_stays(store_world *world) {
    cvi_stores *stores = world_open(world);
    cvi_claim owner = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    fake_clock_advance(&world->clock, world->options.dedupe.lease_ms - 1);
    assert_false(world_clean(world, stores));
    cvi_claim second = world_expect(world, stores, HASH_A, CVI_CLAIM_WATCH);
    assert_string_equal(second.job_id, owner.job_id);
    assert_true(world_renew(world, stores, HASH_A, owner.job_id));
    cvi_watch watch = world_watch(world, stores, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_PENDING);
    fake_clock_advance(&world->clock, world->options.dedupe.lease_ms - 1);
    assert_false(world_clean(world, stores));
    assert_true(world_complete(world, stores, HASH_A, owner.job_id, BODY));
    watch = world_watch(world, stores, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_COMPLETED);
    world_check_body(&watch.cached, BODY);
    cvi_stores_close(stores);
}

static void test_cleaning_leaves_a_job_of_ones_own(void **state) {
    store_world *world = *state;
    check_own_job_stays(world);
    world->options.database = ":memory:";
    check_own_job_stays(world);
}

/* However late it is stored, and wherever those who wait find it. */
static void test_what_a_job_leaves_is_as_old_as_it_is(void **state) {
    static const cv_error denial = {.code = CV_ERROR_NOT_FOUND, .message = "no such object"};
    static const struct {
        bool without_cache; /* then the job keeps it */
        const cv_error *failure;
    } cases[] = {{false, NULL}, {true, NULL}, {false, &denial}};
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world->options.cache.disabled = cases[i].without_cache;
        cvi_stores *owner = world_open(world);
        cvi_stores *waiter = world_open(world);
        cvi_claim claim = world_expect(world, owner, HASH_A, CVI_CLAIM_ADMITTED);
        world_expect(world, waiter, HASH_A, CVI_CLAIM_WATCH);
        int64_t heard_ms = world->clock.now.wall_ms;
        fake_clock_advance(&world->clock, 4000);
        const cvi_completion completion = {.hash = HASH_A,
                                           .job_id = claim.job_id,
                                           .body = "{}",
                                           .size = 2,
                                           .keeping = {.ttl_ms = WORLD_TTL_MS},
                                           .age_ms = 4000,
                                           .failure = cases[i].failure};
        cv_error error = {0};
        bool owned = false;
        assert_int_equal(cvi_stores_complete(owner, &completion, world->clock.now, &owned, &error),
                         CVI_STORE_DONE);
        cvi_watch watch = world_watch(world, waiter, HASH_A, claim.job_id);
        assert_int_equal(watch.state,
                         cases[i].failure != NULL ? CVI_WATCH_FAILED : CVI_WATCH_COMPLETED);
        assert_int_equal(cases[i].failure != NULL ? watch.failed_at_ms : watch.cached.fetched_at_ms,
                         heard_ms);
        world_check_body(&watch.cached, cases[i].failure != NULL ? NULL : "{}");
        world_execute(world, "DELETE FROM cache; DELETE FROM dedupe_jobs");
        cvi_stores_close(waiter);
        cvi_stores_close(owner);
    }
}

/* But whoever stops renewing loses it, to itself as to others. */
static void test_job_of_ones_own_ends_with_its_lease(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_claim first = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    fake_clock_advance(&world->clock, world->options.dedupe.lease_ms);
    cvi_claim second = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    assert_string_not_equal(second.job_id, first.job_id);
    assert_false(world_complete(world, stores, HASH_A, first.job_id, BODY));
    cvi_stores_close(stores);
}

/* Only lives of one's own are in a file in memory. */
static void test_life_of_ones_own_is_held(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_stores *other = world_open(world);
    assert_int_equal(cvi_turn_probe_life(&stores->dedupe_db->turn, stores->dedupe_db->turn.life),
                     CVI_LOCK_HELD);
    assert_int_equal(cvi_turn_probe_life(&other->dedupe_db->turn, stores->dedupe_db->turn.life),
                     CVI_LOCK_HELD);
    cvi_stores_close(other);
    assert_int_equal(
        cvi_turn_probe_life(&stores->dedupe_db->turn, stores->dedupe_db->turn.life + 1),
        CVI_LOCK_TAKEN);
    world->options.database = ":memory:";
    other = world_open(world);
    assert_int_equal(cvi_turn_probe_life(&other->dedupe_db->turn, other->dedupe_db->turn.life),
                     CVI_LOCK_HELD);
    assert_int_equal(cvi_turn_probe_life(&other->dedupe_db->turn, stores->dedupe_db->turn.life),
                     CVI_LOCK_TAKEN);
    cvi_stores_close(other);
    cvi_stores_close(stores);
}

/* Another thread may wait on the same handle. */
static void test_memory_database_wakes_those_who_wait(void **state) {
    cvi_news news;
    store_world *world = *state;
    world->options.database = ":memory:";
    cvi_stores *stores = world_open(world);
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, stores, HASH_A, CVI_CLAIM_WATCH);
    assert_true(cvi_stores_wake_descriptor(stores) >= 0);
    assert_false(cvi_stores_wake_drain(stores, &news));
    assert_true(world_complete(world, stores, HASH_A, claim.job_id, BODY));
    assert_true(cvi_stores_wake_drain(stores, &news));
    cvi_stores_close(stores);
}

static void test_memory_database_does_everything(void **state) {
    store_world *world = *state;
    world->options.database = ":memory:";
    world->options.rate_limit.limit = 1;
    cvi_stores *stores = world_open(world);
    cv_error failure;
    cvi_error_set(&failure, CV_ERROR_SERVER, "no");
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    assert_true(world_renew(world, stores, HASH_A, claim.job_id));
    assert_true(world_complete(world, stores, HASH_A, claim.job_id, BODY));
    claim = world_expect(world, stores, HASH_A, CVI_CLAIM_HIT);
    world_check_body(&claim.cached, BODY);
    claim = world_expect(world, stores, HASH_B, CVI_CLAIM_WAIT);
    fake_clock_advance(&world->clock, claim.wait_ms);
    claim = world_expect(world, stores, HASH_B, CVI_CLAIM_ADMITTED);
    world_release(world, stores, HASH_B, claim.job_id, claim.row_id, &failure);
    world_expect(world, stores, HASH_B, CVI_CLAIM_ADMITTED);
    assert_false(world_clean(world, stores));
    cvi_stores_close(stores);
    assert_int_equal(access(world->database, F_OK), -1);
}

/* ---- several processes ---- */

/* Claims until told to wait, trying again where the file is busy; answers the admissions. */
static int claim_all(store_world *world, int process) {
    enum { TRIES = 100000 };
    cv_error error;
    fake_clock_init(&world->clock, (uint64_t)process + 10);
    world->options.random = world->clock.random;
    world->options.clock = world->clock.clock;
    cvi_stores *stores = cvi_stores_open(&world->options, &error);
    int admitted = 0;
    for (int i = 0; stores != NULL && i < TRIES; i++) {
        char hash[32];
        cvi_claim claim;
        sqlite3_snprintf(sizeof(hash), hash, "hash-%d-%d", process, i);
        cvi_claim_spec spec = spec_for(hash);
        cvi_store_answer answer = cvi_stores_claim(stores, &spec, world->clock.now, &claim, &error);
        if (answer == CVI_STORE_FAILED ||
            (answer == CVI_STORE_DONE && claim.verdict != CVI_CLAIM_ADMITTED)) {
            break;
        }
        admitted += answer == CVI_STORE_DONE ? 1 : 0;
    }
    cvi_stores_close(stores);
    return admitted;
}

static void test_processes_share_one_limit_exactly(void **state) {
    enum { PROCESSES = 4, LIMIT = 100 };
    store_world *world = *state;
    world->options.rate_limit.limit = LIMIT;
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            _exit(claim_all(world, i));
        }
    }
    int admitted = 0;
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        admitted += WEXITSTATUS(status);
    }
    assert_int_equal(admitted, LIMIT);
    assert_int_equal(count(world, "rate_limits"), LIMIT);
}

/* Processes that all want the same thing: one is admitted, whoever it is. */
static void test_processes_elect_one_owner(void **state) {
    enum { PROCESSES = 6 };
    store_world *world = *state;
    int start[2];
    int hold[2];
    char verdicts[PROCESSES];
    pid_t children[PROCESSES];
    assert_int_equal(pipe(start), 0);
    assert_int_equal(pipe(hold), 0);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            char byte = 0;
            cv_error error;
            cvi_claim claim = {0};
            cvi_store_answer answer = CVI_STORE_BUSY;
            close(hold[1]);
            fake_clock_init(&world->clock, (uint64_t)i + 50);
            world->options.random = world->clock.random;
            cvi_stores *stores = world_open(world);
            cvi_claim_spec spec = spec_for(HASH_A);
            while (answer == CVI_STORE_BUSY) {
                answer = cvi_stores_claim(stores, &spec, world->clock.now, &claim, &error);
            }
            const char *said = claim.verdict == CVI_CLAIM_ADMITTED ? "a" : "w";
            said = answer == CVI_STORE_DONE ? said : "f";
            /* Lives until all have claimed. */
            _exit(write(start[1], said, 1) == 1 && read(hold[0], &byte, 1) == 0 ? 0 : 1);
        }
    }
    int owners = 0;
    for (size_t i = 0; i < PROCESSES; i++) {
        assert_int_equal(read(start[0], &verdicts[i], 1), 1);
        assert_int_not_equal(verdicts[i], 'f');
        owners += verdicts[i] == 'a' ? 1 : 0;
    }
    close(hold[1]);
    for (size_t i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    close(hold[0]);
    close(start[0]);
    close(start[1]);
    assert_int_equal(owners, 1);
    assert_int_equal(count(world, "rate_limits"), 1);
}

#define WITH_WORLD(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_processes_share_one_limit_exactly),
        WITH_WORLD(test_processes_elect_one_owner),
        WITH_WORLD(test_claim_finds_what_was_stored_meanwhile),
        WITH_WORLD(test_watching_needs_no_room),
        WITH_WORLD(test_who_is_not_admitted_owns_nothing),
        WITH_WORLD(test_registering_twice_costs_no_second_commit),
        WITH_WORLD(test_second_try_keeps_the_job),
        WITH_WORLD(test_lost_job_gives_its_unsent_admission_back),
        WITH_WORLD(test_release_of_a_lost_job_still_takes_back),
        WITH_WORLD(test_expired_answer_is_fetched_again),
        WITH_WORLD(test_waiters_of_a_job_taken_over_are_woken_by_the_heir),
        WITH_WORLD(test_nothing_to_do_writes_nothing),
        WITH_WORLD(test_text_of_any_kind_is_only_a_value),
        WITH_WORLD(test_messages_hold_no_values),
        WITH_WORLD(test_cleaning_leaves_a_job_of_ones_own),
        WITH_WORLD(test_what_a_job_leaves_is_as_old_as_it_is),
        WITH_WORLD(test_job_of_ones_own_ends_with_its_lease),
        WITH_WORLD(test_life_of_ones_own_is_held),
        WITH_WORLD(test_memory_database_wakes_those_who_wait),
        WITH_WORLD(test_memory_database_does_everything),
    };
    return cmocka_run_group_tests_name("stores", tests, NULL, NULL);
}
