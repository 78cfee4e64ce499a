/* The jobs: who owns one, who waits, how it ends, who takes over, and errors as text. */
#include "support/store_world.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stores/dedupe_error.h"
#include "stores/handle.h"
#include "support/error.h"

#define BODY "{\"id\":1}"

static int64_t count_jobs(const store_world *world) {
    return world_number(world, "SELECT count(*) FROM dedupe_jobs");
}

static int64_t count_waiters(const store_world *world) {
    return world_number(world, "SELECT count(*) FROM dedupe_waiters");
}

/* Two handles on one file, as two processes have. */
typedef struct pair {
    store_world *world;
    cvi_stores *first;
    cvi_stores *second;
} pair;

static pair open_pair(store_world *world) {
    pair both = {world, world_open(world), NULL};
    both.second = world_open(world);
    return both;
}

static void close_pair(pair *both) {
    cvi_stores_close(both->first);
    cvi_stores_close(both->second);
}

/* The kernel drops a dead process's locks: closing the descriptor does the same. */
static void kill_handle(cvi_stores *stores) {
    cvi_gate_close(&stores->files[0].turn.gate);
}

static bool is_woken(const cvi_stores *stores) {
    struct pollfd wanted = {cvi_stores_wake_descriptor(stores), POLLIN, 0};
    assert_true(wanted.fd >= 0);
    return poll(&wanted, 1, 0) == 1;
}

static void test_one_owner_and_one_watcher(void **state) {
    pair both = open_pair(*state);
    cvi_claim owner = world_expect(both.world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    assert_int_equal(strlen(owner.job_id), CVI_JOB_ID_SIZE - 1);
    assert_int_equal(owner.job_id[14], '4');
    assert_non_null(strchr("89ab", owner.job_id[19]));
    cvi_claim watcher = world_expect(both.world, both.second, HASH_A, CVI_CLAIM_WATCH);
    assert_string_equal(watcher.job_id, owner.job_id);
    assert_int_equal(watcher.row_id, 0);
    cvi_watch watch = world_watch(both.world, both.second, HASH_A, watcher.job_id);
    assert_int_equal(watch.state, CVI_WATCH_PENDING);
    cvi_claim other = world_expect(both.world, both.second, HASH_B, CVI_CLAIM_ADMITTED);
    assert_string_not_equal(other.job_id, owner.job_id);
    assert_int_equal(world_number(both.world, "SELECT count(*) FROM rate_limits"), 2);
    close_pair(&both);
}

static void test_watcher_is_woken_and_gets_the_answer(void **state) {
    cvi_news news;
    pair both = open_pair(*state);
    cvi_claim owner = world_expect(both.world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(both.world, both.second, HASH_A, CVI_CLAIM_WATCH);
    assert_false(is_woken(both.second));
    assert_false(cvi_stores_wake_drain(both.second, &news));
    assert_true(world_complete(both.world, both.first, HASH_A, owner.job_id, BODY));
    assert_true(is_woken(both.second));
    assert_true(cvi_stores_wake_drain(both.second, &news));
    assert_false(news.is_about_any);
    assert_int_equal(news.count, 1);
    assert_string_equal(news.hashes[0], HASH_A);
    assert_false(is_woken(both.second));
    cvi_watch watch = world_watch(both.world, both.second, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_COMPLETED);
    assert_int_equal(watch.cached.expires_at_ms, both.world->clock.now.wall_ms + WORLD_TTL_MS);
    world_check_body(&watch.cached, BODY);
    /* The answer lies in the cache, not twice in the file. */
    assert_int_equal(
        world_number(both.world, "SELECT count(*) FROM dedupe_jobs WHERE result IS NULL"), 1);
    assert_int_equal(count_waiters(both.world), 0);
    close_pair(&both);
}

/* Some of so many may have found the mailbox full. */
static void test_many_messages_may_be_about_any_job(void **state) {
    pair both = open_pair(*state);
    cvi_news news;
    for (size_t count = 1; count <= CVI_NEWS_MAX; count++) {
        for (size_t i = 0; i < count; i++) {
            cvi_claim owner = world_expect(both.world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
            world_expect(both.world, both.second, HASH_A, CVI_CLAIM_WATCH);
            world_release(both.world, both.first, HASH_A, owner.job_id, owner.row_id, NULL);
        }
        assert_true(cvi_stores_wake_drain(both.second, &news));
        assert_int_equal(news.count, count);
        assert_int_equal(news.is_about_any, count == CVI_NEWS_MAX);
        assert_false(is_woken(both.second));
    }
    close_pair(&both);
}

/* Their names are not said: it ends all its jobs at once. */
static void test_closing_owner_may_end_any_job(void **state) {
    pair both = open_pair(*state);
    cvi_news news;
    world_expect(both.world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(both.world, both.first, HASH_B, CVI_CLAIM_ADMITTED);
    world_expect(both.world, both.second, HASH_A, CVI_CLAIM_WATCH);
    world_expect(both.world, both.second, HASH_B, CVI_CLAIM_WATCH);
    cvi_stores_close(both.first);
    assert_true(cvi_stores_wake_drain(both.second, &news));
    assert_true(news.is_about_any);
    assert_int_equal(news.count, 1);
    cvi_stores_close(both.second);
}

/* Names that programs give their own jobs may be of any length, also one that no message has. */
static void test_name_that_is_no_hash_may_be_any_job(void **state) {
    static char longest[300000];
    pair both = open_pair(*state);
    cvi_news news;
    memset(longest, 'a', sizeof(longest) - 1);
    const char *const names[] = {"short", longest};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        cvi_claim owner = world_expect(both.world, both.first, names[i], CVI_CLAIM_ADMITTED);
        world_expect(both.world, both.second, names[i], CVI_CLAIM_WATCH);
        world_release(both.world, both.first, names[i], owner.job_id, owner.row_id, NULL);
        assert_true(cvi_stores_wake_drain(both.second, &news));
        assert_true(news.is_about_any);
    }
    close_pair(&both);
}

static void test_answer_is_shared_without_a_cache(void **state) {
    store_world *world = *state;
    world->options.cache.disabled = true;
    pair both = open_pair(world);
    cvi_claim owner = world_expect(world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, both.second, HASH_A, CVI_CLAIM_WATCH);
    assert_true(world_complete(world, both.first, HASH_A, owner.job_id, BODY));
    cvi_watch watch = world_watch(world, both.second, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_COMPLETED);
    assert_int_equal(watch.cached.fetched_at_ms, world->clock.now.wall_ms);
    world_check_body(&watch.cached, BODY);
    /* It is for those who waited, and only if it is what was stored. */
    world_expect(world, both.first, HASH_B, CVI_CLAIM_ADMITTED);
    world_execute(world, "UPDATE dedupe_jobs SET result = x'7b7d' WHERE status = 'completed'");
    watch = world_watch(world, both.second, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_GONE);
    world_expect(world, both.second, HASH_A, CVI_CLAIM_ADMITTED);
    close_pair(&both);
}

static void test_completed_but_lost_from_the_cache_is_gone(void **state) {
    pair both = open_pair(*state);
    cvi_claim owner = world_expect(both.world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(both.world, both.second, HASH_A, CVI_CLAIM_WATCH);
    assert_true(world_complete(both.world, both.first, HASH_A, owner.job_id, BODY));
    world_execute(both.world, "UPDATE cache SET created_at = created_at - 5000");
    cvi_watch watch = world_watch(both.world, both.second, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_COMPLETED);
    world_check_body(&watch.cached, BODY);
    world_execute(both.world, "UPDATE cache SET created_at = created_at - 1");
    watch = world_watch(both.world, both.second, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_GONE);
    close_pair(&both);
}

static void test_finished_job_without_waiters_leaves_no_row(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cv_error failure;
    cvi_error_set(&failure, CV_ERROR_NOT_FOUND, "no such issue");
    world_store(world, stores, HASH_A, BODY);
    assert_int_equal(count_jobs(world), 0);
    for (int fails = 0; fails < 2; fails++) {
        cvi_claim claim = world_expect(world, stores, HASH_B, CVI_CLAIM_ADMITTED);
        world_release(world, stores, HASH_B, claim.job_id, 0, fails == 1 ? &failure : NULL);
        assert_int_equal(count_jobs(world), 0);
    }
    cvi_stores_close(stores);
}

static void test_failure_is_shared_then_forgotten(void **state) {
    pair both = open_pair(*state);
    cv_error failure;
    cvi_error_set(&failure, CV_ERROR_SERVER, "the service answered %d", 503);
    failure.http_status = 503;
    failure.retry_after_ms = 7000;
    cvi_claim owner = world_expect(both.world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(both.world, both.second, HASH_A, CVI_CLAIM_WATCH);
    world_release(both.world, both.first, HASH_A, owner.job_id, 0, &failure);
    assert_true(is_woken(both.second));
    cvi_watch watch = world_watch(both.world, both.second, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_FAILED);
    assert_memory_equal(&watch.failure, &failure, sizeof(failure));
    cvi_claim next = world_expect(both.world, both.second, HASH_A, CVI_CLAIM_ADMITTED);
    assert_string_not_equal(next.job_id, owner.job_id);
    watch = world_watch(both.world, both.first, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_GONE);
    close_pair(&both);
}

/* A refused key or spent quota is another's matter where the key is another. */
static void test_failure_of_a_key_stays_within_its_scope(void **state) {
    static const struct {
        cv_code code;
        cvi_watch_state state;
    } cases[] = {{CV_ERROR_AUTH, CVI_WATCH_GONE},
                 {CV_ERROR_RATE_LIMITED, CVI_WATCH_GONE},
                 {CV_ERROR_NOT_FOUND, CVI_WATCH_FAILED}};
    store_world *world = *state;
    cvi_stores *first = world_open(world);
    world->options.scope = "scope-2";
    cvi_stores *second = world_open(world);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cv_error failure;
        cvi_error_set(&failure, cases[i].code, "refused");
        cvi_claim owner = world_expect(world, first, HASH_A, CVI_CLAIM_ADMITTED);
        world_expect(world, second, HASH_A, CVI_CLAIM_WATCH);
        world_release(world, first, HASH_A, owner.job_id, 0, &failure);
        cvi_watch watch = world_watch(world, second, HASH_A, owner.job_id);
        assert_int_equal(watch.state, cases[i].state);
        watch = world_watch(world, first, HASH_A, owner.job_id);
        assert_int_equal(watch.state, CVI_WATCH_FAILED);
    }
    cvi_stores_close(first);
    cvi_stores_close(second);
}

static void test_released_job_passes_to_the_next(void **state) {
    pair both = open_pair(*state);
    cvi_claim owner = world_expect(both.world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(both.world, both.second, HASH_A, CVI_CLAIM_WATCH);
    world_release(both.world, both.first, HASH_A, owner.job_id, owner.row_id, NULL);
    assert_true(is_woken(both.second));
    assert_int_equal(world_number(both.world, "SELECT count(*) FROM rate_limits"), 0);
    cvi_watch watch = world_watch(both.world, both.second, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_GONE);
    world_expect(both.world, both.second, HASH_A, CVI_CLAIM_ADMITTED);
    close_pair(&both);
}

static void test_dead_owner_is_replaced_by_exactly_one(void **state) {
    store_world *world = *state;
    pair both = open_pair(world);
    cvi_stores *third = world_open(world);
    cvi_claim owner = world_expect(world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, both.second, HASH_A, CVI_CLAIM_WATCH);
    world_expect(world, third, HASH_A, CVI_CLAIM_WATCH);
    kill_handle(both.first);
    assert_int_equal(world_watch(world, both.second, HASH_A, owner.job_id).state, CVI_WATCH_GONE);
    assert_int_equal(world_watch(world, third, HASH_A, owner.job_id).state, CVI_WATCH_GONE);
    cvi_claim heir = world_expect(world, both.second, HASH_A, CVI_CLAIM_ADMITTED);
    cvi_claim late = world_expect(world, third, HASH_A, CVI_CLAIM_WATCH);
    assert_string_equal(late.job_id, heir.job_id);
    assert_string_not_equal(heir.job_id, owner.job_id);
    cvi_stores_close(third);
    close_pair(&both);
}

/* A whole process that dies by SIGKILL while it owns a job. */
static void test_killed_process_is_noticed(void **state) {
    store_world *world = *state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        cvi_stores *stores = world_open(world);
        cvi_claim claim = world_claim(world, stores, HASH_A, "issue");
        char verdict = claim.verdict == CVI_CLAIM_ADMITTED ? 'y' : 'n';
        _exit(write(ready[1], &verdict, 1) == 1 && pause() == 0 ? 0 : 1);
    }
    char verdict = 'n';
    assert_int_equal(read(ready[0], &verdict, 1), 1);
    assert_int_equal(verdict, 'y');
    fake_clock_init(&world->clock, 77);
    world->options.random = world->clock.random;
    cvi_stores *stores = world_open(world);
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_WATCH);
    assert_int_equal(world_watch(world, stores, HASH_A, claim.job_id).state, CVI_WATCH_PENDING);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(world_watch(world, stores, HASH_A, claim.job_id).state, CVI_WATCH_GONE);
    world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    close(ready[0]);
    close(ready[1]);
    cvi_stores_close(stores);
}

/* A silent owner, judged by the boot clock whatever the wall clock does. */
static void test_lease_runs_by_the_boot_clock(void **state) {
    static const int64_t wall_steps_ms[] = {0, 36000000, -36000000};
    for (size_t i = 0; i < sizeof(wall_steps_ms) / sizeof(wall_steps_ms[0]); i++) {
        store_world *world = *state;
        pair both = open_pair(world);
        cvi_claim owner = world_expect(world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
        fake_clock_step_wall(&world->clock, wall_steps_ms[i]);
        fake_clock_advance(&world->clock, 4999);
        cvi_watch watch = world_watch(world, both.second, HASH_A, owner.job_id);
        assert_int_equal(watch.state, CVI_WATCH_PENDING);
        world_expect(world, both.second, HASH_A, CVI_CLAIM_WATCH);
        assert_true(world_renew(world, both.first, HASH_A, owner.job_id));
        fake_clock_advance(&world->clock, 4999);
        watch = world_watch(world, both.second, HASH_A, owner.job_id);
        assert_int_equal(watch.state, CVI_WATCH_PENDING);
        fake_clock_advance(&world->clock, 1);
        watch = world_watch(world, both.second, HASH_A, owner.job_id);
        assert_int_equal(watch.state, CVI_WATCH_GONE);
        world_expect(world, both.second, HASH_A, CVI_CLAIM_ADMITTED);
        close_pair(&both);
    }
}

static void test_job_timeout_ends_a_job_that_is_renewed_for_ever(void **state) {
    store_world *world = *state;
    pair both = open_pair(world);
    cvi_claim owner = world_expect(world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    for (int64_t at_ms = 0; at_ms < 300000 - 4000; at_ms += 4000) {
        fake_clock_advance(&world->clock, 4000);
        assert_true(world_renew(world, both.first, HASH_A, owner.job_id));
    }
    fake_clock_advance(&world->clock, 3999);
    world_expect(world, both.second, HASH_A, CVI_CLAIM_WATCH);
    fake_clock_advance(&world->clock, 1);
    world_expect(world, both.second, HASH_A, CVI_CLAIM_ADMITTED);
    close_pair(&both);
}

static void test_owner_who_lost_its_job_writes_nothing(void **state) {
    store_world *world = *state;
    pair both = open_pair(world);
    cv_error failure;
    cvi_error_set(&failure, CV_ERROR_NETWORK, "reset");
    cvi_claim owner = world_expect(world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    fake_clock_advance(&world->clock, 5000);
    cvi_claim heir = world_expect(world, both.second, HASH_A, CVI_CLAIM_ADMITTED);
    assert_false(world_renew(world, both.first, HASH_A, owner.job_id));
    assert_false(world_complete(world, both.first, HASH_A, owner.job_id, "late"));
    world_release(world, both.first, HASH_A, owner.job_id, 0, &failure);
    const cvi_claim_spec again = {.hash = HASH_A, .resource = "issue", .job_id = owner.job_id};
    assert_int_equal(world_claim_spec(world, both.first, &again).verdict, CVI_CLAIM_LOST);
    assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limits"), 2);
    assert_int_equal(world_number(world, "SELECT count(*) FROM cache"), 0);
    assert_true(world_complete(world, both.second, HASH_A, heir.job_id, BODY));
    cvi_cached cached = world_lookup(world, both.first, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, BODY);
    close_pair(&both);
}

/* Rows that nobody of ours wrote, or that lie. `live` says whether one waits for them. */
static void test_foreign_and_hostile_rows(void **state) {
    static const struct {
        const char *values; /* status, created_at, updated_at, owner, boot, boot_ms, started */
        bool live;
    } cases[] = {
        {"'pending', 0, 0, NULL, NULL, NULL, NULL", true},
        {"'pending', -299999, 0, NULL, NULL, NULL, NULL", true},
        {"'pending', -300000, 0, NULL, NULL, NULL, NULL", false},
        {"'pending', 5000, 0, NULL, NULL, NULL, NULL", true},
        {"'pending', 5001, 0, NULL, NULL, NULL, NULL", false},
        {"'queued', 0, 0, NULL, NULL, NULL, NULL", false},
        {"'completed', 0, 0, NULL, NULL, NULL, NULL", false},
        {"'pending', 0, 0, 12345, 'boot-1', 3600000, 3600000", false},
        {"'pending', 0, 0, -1, 'other', 0, 0", true},
        {"'pending', 0, 5001, -1, 'other', 0, 0", false},
        {"'pending', 5001, 0, -1, 'other', 0, 0", false},
        {"'pending', 0, -5000, -1, 'other', 0, 0", false},
        {"'pending', -300000, 0, -1, 'other', 0, 0", false},
        {"'pending', 0, 0, -1, 'boot-1', 3605001, 3600000", false},
        {"'pending', 0, 0, -1, 'boot-1', 3600000, 3600000", true},
        {"'pending', 0, 0, -1, 'boot-1', NULL, NULL", false},
        {"'pending', 0, 0, 'me', x'00', 'x', 'y'", true},
        {"'pending', -9223372036854775807, 0, NULL, NULL, NULL, NULL", false},
    };
    store_world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cvi_stores *stores = world_open(world);
        char *sql = sqlite3_mprintf(
            "DELETE FROM dedupe_jobs; INSERT INTO dedupe_jobs(hash, job_id, status, created_at,"
            " updated_at, owner, boot, boot_ms, started_boot_ms) VALUES('" HASH_A "', 'foreign',"
            " %s); UPDATE dedupe_jobs SET created_at = created_at + %lld,"
            " updated_at = updated_at + %lld",
            cases[i].values, (long long)world->clock.now.wall_ms,
            (long long)world->clock.now.wall_ms);
        world_execute(world, sql);
        sqlite3_free(sql);
        cvi_claim claim = world_claim(world, stores, HASH_A, "issue");
        if (claim.verdict != (cases[i].live ? CVI_CLAIM_WATCH : CVI_CLAIM_ADMITTED)) {
            fail_msg("verdict %d for %s", (int)claim.verdict, cases[i].values);
        }
        cvi_stores_close(stores);
    }
}

static void test_unusable_ids_and_results_of_others(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world_execute(
        world,
        "INSERT INTO dedupe_jobs(hash, job_id, status, created_at, updated_at) VALUES('" HASH_A
        "', 'an-identifier-that-is-much-too-long-to-be-one', 'pending', 1717243200000,"
        " 1717243200000)");
    world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    world_execute(world, "INSERT INTO dedupe_jobs(hash, job_id, status, created_at, updated_at,"
                         " result, error) VALUES('" HASH_B "', 'theirs', 'completed',"
                         " 1717243200000, 1717243200000, '\"{}\"', NULL)");
    assert_int_equal(world_watch(world, stores, HASH_B, "theirs").state, CVI_WATCH_GONE);
    world_execute(world, "UPDATE dedupe_jobs SET status = 'failed', error = 'it broke'");
    assert_int_equal(world_watch(world, stores, HASH_B, "theirs").state, CVI_WATCH_GONE);
    assert_int_equal(world_watch(world, stores, "nothing", "theirs").state, CVI_WATCH_GONE);
    cvi_stores_close(stores);
}

static void test_disabled_dedupe_keeps_no_jobs(void **state) {
    store_world *world = *state;
    world->options.dedupe.disabled = true;
    pair both = open_pair(world);
    assert_int_equal(cvi_stores_wake_descriptor(both.first), -1);
    cvi_claim first = world_expect(world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, both.second, HASH_A, CVI_CLAIM_ADMITTED);
    assert_string_equal(first.job_id, "");
    assert_int_equal(count_jobs(world), 0);
    assert_true(world_renew(world, both.first, HASH_A, ""));
    assert_true(world_complete(world, both.first, HASH_A, "", BODY));
    cvi_claim hit = world_expect(world, both.second, HASH_A, CVI_CLAIM_HIT);
    world_check_body(&hit.cached, BODY);
    world_release(world, both.first, HASH_A, "", first.row_id, NULL);
    assert_int_equal(world_number(world, "SELECT count(*) FROM rate_limits"), 1);
    world_release(world, both.first, HASH_A, "", 0, NULL);
    close_pair(&both);
}

static void test_closing_gives_up_jobs_and_wakes(void **state) {
    pair both = open_pair(*state);
    cvi_claim owner = world_expect(both.world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(both.world, both.first, HASH_B, CVI_CLAIM_ADMITTED);
    world_expect(both.world, both.second, HASH_A, CVI_CLAIM_WATCH);
    cvi_stores_close(both.first);
    assert_true(is_woken(both.second));
    assert_int_equal(count_jobs(both.world), 0);
    assert_int_equal(count_waiters(both.world), 0);
    cvi_watch watch = world_watch(both.world, both.second, HASH_A, owner.job_id);
    assert_int_equal(watch.state, CVI_WATCH_GONE);
    cvi_stores_close(both.second);
    cvi_stores_close(NULL);
}

/* Somebody holds the gate for good: closing does not hang, and the lock that falls tells. */
static void test_closing_does_not_wait_for_the_gate(void **state) {
    store_world *world = *state;
    pair both = open_pair(world);
    world_expect(world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    assert_int_equal(cvi_gate_try(&both.second->files[0].turn.gate, 0), CVI_LOCK_TAKEN);
    cvi_stores_close(both.first);
    cvi_gate_release(&both.second->files[0].turn.gate, 0);
    assert_int_equal(count_jobs(world), 1);
    world_expect(world, both.second, HASH_A, CVI_CLAIM_ADMITTED);
    cvi_stores_close(both.second);
}

static void test_cleaning_removes_what_serves_nobody(void **state) {
    store_world *world = *state;
    pair both = open_pair(world);
    cvi_claim owner = world_expect(world, both.first, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, both.second, HASH_A, CVI_CLAIM_WATCH);
    assert_true(world_complete(world, both.first, HASH_A, owner.job_id, BODY));
    cvi_claim dying = world_expect(world, both.first, HASH_B, CVI_CLAIM_ADMITTED);
    world_expect(world, both.second, HASH_B, CVI_CLAIM_WATCH);
    assert_false(world_clean(world, both.second));
    assert_int_equal(count_jobs(world), 2);
    kill_handle(both.first);
    assert_false(world_clean(world, both.second));
    assert_int_equal(count_jobs(world), 1);
    assert_int_equal(count_waiters(world), 0);
    assert_int_equal(world_watch(world, both.second, HASH_B, dying.job_id).state, CVI_WATCH_GONE);
    fake_clock_advance(&world->clock, 300001);
    assert_false(world_clean(world, both.second));
    assert_int_equal(count_jobs(world), 0);
    close_pair(&both);
}

static void test_cleaning_goes_through_many_jobs_in_batches(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    world_execute(world, "WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n WHERE"
                         " i < 449) INSERT INTO dedupe_jobs(hash, job_id, status, created_at,"
                         " updated_at) SELECT 'h' || i, 'j' || i, CASE i % 2 WHEN 0 THEN 'pending'"
                         " ELSE 'failed' END, 0, 0 FROM n");
    int calls = 1;
    while (world_clean(world, stores)) {
        calls++;
        assert_in_range(calls, 2, 4);
    }
    assert_int_equal(count_jobs(world), 0);
    assert_in_range(calls, 2, 4);
    cvi_stores_close(stores);
}

/* ---- errors as text ---- */

static void test_every_error_survives_as_text(void **state) {
    (void)state;
    for (int code = CV_ERROR_ARGUMENT; code <= CV_ERROR_CLOSED; code++) {
        char text[CVI_ERROR_TEXT_SIZE];
        cv_error written;
        cv_error read;
        cvi_error_set(&written, (cv_code)code, "line one\nline two: %s", "\xc3\xa9");
        written.http_status = 420;
        written.api_status = 107;
        written.retryable = code % 2 == 0;
        written.retry_after_ms = INT64_MAX;
        assert_true(cvi_dedupe_error_write(&written, "scope", text));
        assert_true(cvi_dedupe_error_read(text, "scope", &read));
        assert_memory_equal(&read, &written, sizeof(read));
    }
}

static void test_texts_that_are_no_errors(void **state) {
    static const char *const texts[] = {
        "",
        "Error: request failed",
        "comicvine-error-1\n",
        "comicvine-error-2\nCV_ERROR_AUTH\n0\n0\n0\n0\n\nno",
        "comicvine-error-1\nCV_OK\n0\n0\n0\n0\n\nno",
        "comicvine-error-1\nCV_PENDING\n0\n0\n0\n0\n\nno",
        "comicvine-error-1\nCV_ERROR_SERVER\n-1\n0\n0\n0\n\nno",
        "comicvine-error-1\nCV_ERROR_SERVER\n99999999999\n0\n0\n0\n\nno",
        "comicvine-error-1\nCV_ERROR_SERVER\n500\nx\n0\n0\n\nno",
        "comicvine-error-1\nCV_ERROR_SERVER\n500\n0\n2\n0\n\nno",
        "comicvine-error-1\nCV_ERROR_SERVER\n500\n0\n1\n99999999999999999999\n\nno",
        "comicvine-error-1\nCV_ERROR_SERVER\n500\n0\n1\n0",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cv_error error;
        if (cvi_dedupe_error_read(texts[i], "", &error)) {
            fail_msg("read as an error: %s", texts[i]);
        }
    }
    char long_text[CVI_ERROR_TEXT_SIZE + 10];
    memset(long_text, 'x', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    cv_error error;
    assert_false(cvi_dedupe_error_read(long_text, "", &error));
    char text[CVI_ERROR_TEXT_SIZE];
    cvi_error_set(&error, CV_ERROR_SERVER, "no");
    assert_false(cvi_dedupe_error_write(&error, long_text, text));
}

#define WITH_WORLD(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_killed_process_is_noticed),
        WITH_WORLD(test_one_owner_and_one_watcher),
        WITH_WORLD(test_watcher_is_woken_and_gets_the_answer),
        WITH_WORLD(test_many_messages_may_be_about_any_job),
        WITH_WORLD(test_closing_owner_may_end_any_job),
        WITH_WORLD(test_name_that_is_no_hash_may_be_any_job),
        WITH_WORLD(test_answer_is_shared_without_a_cache),
        WITH_WORLD(test_completed_but_lost_from_the_cache_is_gone),
        WITH_WORLD(test_finished_job_without_waiters_leaves_no_row),
        WITH_WORLD(test_failure_is_shared_then_forgotten),
        WITH_WORLD(test_failure_of_a_key_stays_within_its_scope),
        WITH_WORLD(test_released_job_passes_to_the_next),
        WITH_WORLD(test_dead_owner_is_replaced_by_exactly_one),
        WITH_WORLD(test_lease_runs_by_the_boot_clock),
        WITH_WORLD(test_job_timeout_ends_a_job_that_is_renewed_for_ever),
        WITH_WORLD(test_owner_who_lost_its_job_writes_nothing),
        WITH_WORLD(test_foreign_and_hostile_rows),
        WITH_WORLD(test_unusable_ids_and_results_of_others),
        WITH_WORLD(test_disabled_dedupe_keeps_no_jobs),
        WITH_WORLD(test_closing_gives_up_jobs_and_wakes),
        WITH_WORLD(test_closing_does_not_wait_for_the_gate),
        WITH_WORLD(test_cleaning_removes_what_serves_nobody),
        WITH_WORLD(test_cleaning_goes_through_many_jobs_in_batches),
        cmocka_unit_test(test_every_error_survives_as_text),
        cmocka_unit_test(test_texts_that_are_no_errors),
    };
    return cmocka_run_group_tests_name("dedupe store", tests, NULL, NULL);
}
