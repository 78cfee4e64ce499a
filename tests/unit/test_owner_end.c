/* A watched job whose owner's process ends: heard of where the system tells, found by looking where
 * it does not, and never believed without a look. The processes are real. */
#include "support/store_world.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "stores/handle.h"
#include "support/forked.h"

enum { TOLD_MS = 240, UNTOLD_MS = 25, LIFE_DRAWN_BITS = 28 };

#define BODY "{\"id\":1}"

/* ---- scenes ---- */

static void own_job(int said, void *user) {
    store_world *world = user;
    cvi_claim claim = world_claim(world, world_open(world), HASH_A, "issue");
    forked_say(said, &claim.verdict, sizeof(claim.verdict));
}

/* Another process owns HASH_A. */
static void start_owner(store_world *world, forked *owner) {
    cvi_claim_verdict verdict = CVI_CLAIM_LOST;
    forked_start(owner, own_job, world);
    forked_hear(owner, &verdict, sizeof(verdict));
    assert_int_equal(verdict, CVI_CLAIM_ADMITTED);
    fake_clock_init(&world->clock, 77); /* other draws than the child's */
    world->options.random = world->clock.random;
}

static void say_number(int said, void *user) {
    int64_t number = cvi_process_number();
    (void)user;
    forked_say(said, &number, sizeof(number));
}

/* A process that has nothing to do with the file; its number. */
static int64_t start_stranger(forked *stranger) {
    int64_t number = 0;
    forked_start(stranger, say_number, NULL);
    forked_hear(stranger, &number, sizeof(number));
    return number;
}

/* Makes a life of that process the owner's, shown through a gate of our own. */
static int64_t lend_life(store_world *world, cvi_gate *gate, int64_t process) {
    char path[TEMP_PATH_SIZE + 32];
    cv_error error;
    int64_t life = process << LIFE_DRAWN_BITS | 5;
    snprintf(path, sizeof(path), "%s.gate", world->database);
    assert_true(cvi_gate_open(gate, path, &error));
    assert_int_equal(cvi_gate_try(gate, life), CVI_LOCK_TAKEN);
    char *sql = sqlite3_mprintf("UPDATE dedupe_jobs SET owner = %lld", (long long)life);
    world_execute(world, sql);
    sqlite3_free(sql);
    return life;
}

static cvi_watch look(store_world *world, cvi_stores *stores, const cvi_claim *claim) {
    return world_watch(world, stores, HASH_A, claim->job_id);
}

static void assert_pending(store_world *world, cvi_stores *stores, const cvi_claim *claim,
                           int64_t backstop_ms) {
    cvi_watch watch = look(world, stores, claim);
    assert_int_equal(watch.state, CVI_WATCH_PENDING);
    assert_int_equal(watch.backstop_ms, backstop_ms);
}

static bool is_told(const cvi_stores *stores) {
    return is_readable(cvi_stores_wake_descriptor(stores)) != 0;
}

/* ---- the engine's way: watching ---- */

static void test_a_killed_owner_is_told(void **state) {
    cvi_news news;
    store_world *world = *state;
    forked owner;
    start_owner(world, &owner);
    cvi_stores *stores = world_open(world);
    size_t before = count_descriptors();
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_WATCH);
    assert_pending(world, stores, &claim, TOLD_MS);
    assert_pending(world, stores, &claim, TOLD_MS);
    assert_int_equal(count_descriptors(), before + 2); /* the process and the bundle */
    assert_false(is_told(stores));
    forked_kill(&owner);
    await_readable(cvi_stores_wake_descriptor(stores));
    assert_true(cvi_stores_wake_drain(stores, &news));
    assert_int_equal(look(world, stores, &claim).state, CVI_WATCH_GONE);
    assert_int_equal(count_descriptors(), before + 1);
    assert_false(is_told(stores));
    world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    cvi_stores_close(stores);
    forked_bury(&owner);
}

static void test_an_answer_comes_the_same_way(void **state) {
    cvi_news news;
    store_world *world = *state;
    cvi_stores *owner = world_open(world);
    cvi_stores *stores = world_open(world);
    cvi_claim claim = world_expect(world, owner, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(world, stores, HASH_A, CVI_CLAIM_WATCH);
    assert_pending(world, stores, &claim, TOLD_MS);
    assert_true(world_complete(world, owner, HASH_A, claim.job_id, BODY));
    assert_true(is_told(stores));
    assert_true(cvi_stores_wake_drain(stores, &news));
    assert_false(is_told(stores));
    cvi_watch watch = look(world, stores, &claim);
    assert_int_equal(watch.state, CVI_WATCH_COMPLETED);
    world_check_body(&watch.cached, BODY);
    cvi_stores_close(owner);
    cvi_stores_close(stores);
}

static void test_closing_leaves_no_descriptors(void **state) {
    store_world *world = *state;
    forked owner;
    start_owner(world, &owner);
    size_t before = count_descriptors();
    for (int i = 0; i < 20; i++) {
        cvi_stores *stores = world_open(world);
        cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_WATCH);
        assert_pending(world, stores, &claim, TOLD_MS);
        cvi_stores_close(stores);
        assert_int_equal(count_descriptors(), before);
    }
    forked_kill(&owner);
    forked_bury(&owner);
}

/* Once nobody watches, the next cleaning lets go. */
static void test_cleaning_lets_go_of_owners(void **state) {
    cvi_news news;
    store_world *world = *state;
    forked owner;
    start_owner(world, &owner);
    cvi_stores *stores = world_open(world);
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_WATCH);
    assert_pending(world, stores, &claim, TOLD_MS);
    size_t watching = count_descriptors();
    world_clean(world, stores);
    assert_int_equal(count_descriptors(), watching);
    fake_clock_advance(&world->clock, 3000);
    world_clean(world, stores);
    assert_int_equal(count_descriptors(), watching - 1);
    assert_pending(world, stores, &claim, TOLD_MS);
    forked_kill(&owner);
    assert_true(cvi_stores_wake_drain(stores, &news));
    cvi_stores_close(stores);
    forked_bury(&owner);
}

static void test_without_descriptors_one_looks_often(void **state) {
    store_world *world = *state;
    forked owner;
    start_owner(world, &owner);
    cvi_stores *stores = world_open(world);
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_WATCH);
    limit_descriptors(0);
    assert_pending(world, stores, &claim, UNTOLD_MS);
    lift_limit();
    assert_pending(world, stores, &claim, TOLD_MS);
    cvi_stores_close(stores);
    forked_kill(&owner);
    forked_bury(&owner);
}

/* Programs that send no messages are looked after as they always were. */
static void test_owners_that_tell_nothing_are_looked_at_often(void **state) {
    store_world *world = *state;
    cvi_stores *stores = world_open(world);
    cvi_gate gate;
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    world_execute(world, "UPDATE dedupe_jobs SET owner = NULL");
    assert_pending(world, stores, &claim, UNTOLD_MS);
    lend_life(world, &gate, cvi_process_number() ^ 1); /* of another namespace */
    assert_pending(world, stores, &claim, UNTOLD_MS);
    cvi_gate_close(&gate);
    assert_int_equal(look(world, stores, &claim).state, CVI_WATCH_GONE);
    cvi_stores_close(stores);
}

/* The process of the number is not the owner's, who lives: its end says nothing. */
static void test_a_strangers_end_ends_nothing(void **state) {
    cvi_news news;
    store_world *world = *state;
    forked stranger;
    cvi_gate gate;
    int64_t number = start_stranger(&stranger);
    cvi_stores *stores = world_open(world);
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    lend_life(world, &gate, number);
    assert_pending(world, stores, &claim, TOLD_MS);
    forked_kill(&stranger);
    await_readable(cvi_stores_wake_descriptor(stores));
    assert_true(cvi_stores_wake_drain(stores, &news));
    assert_pending(world, stores, &claim, UNTOLD_MS);
    assert_false(is_told(stores));
    forked_bury(&stranger);
    assert_pending(world, stores, &claim, UNTOLD_MS);
    cvi_gate_close(&gate);
    assert_int_equal(look(world, stores, &claim).state, CVI_WATCH_GONE);
    cvi_stores_close(stores);
}

/* The owner is dead, and somebody else has its process id by now. */
static void test_a_stranger_keeps_no_dead_owner_alive(void **state) {
    store_world *world = *state;
    forked stranger;
    cvi_gate gate;
    int64_t number = start_stranger(&stranger);
    cvi_stores *stores = world_open(world);
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    lend_life(world, &gate, number);
    cvi_gate_close(&gate);
    size_t before = count_descriptors();
    assert_int_equal(look(world, stores, &claim).state, CVI_WATCH_GONE);
    assert_int_equal(count_descriptors(), before);
    cvi_stores_close(stores);
    forked_kill(&stranger);
    forked_bury(&stranger);
}

typedef struct second_look {
    cvi_gate gate;
    int looks;
} second_look;

/* The life ends as the second look begins. */
static int end_before_second_look(unsigned kind, void *user, void *statement, void *text) {
    second_look *self = user;
    (void)kind;
    (void)statement;
    (void)text;
    if (++self->looks == 2) {
        cvi_gate_close(&self->gate);
    }
    return 0;
}

/* The owner dies after it was seen alive and before its process was found, which may have been a
 * stranger's by then: nobody would tell of it. */
static void test_an_end_between_looking_and_finding_is_seen(void **state) {
    store_world *world = *state;
    second_look between = {.looks = 0};
    forked stranger;
    int64_t number = start_stranger(&stranger);
    cvi_stores *stores = world_open(world);
    cvi_claim claim = world_expect(world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    lend_life(world, &between.gate, number);
    sqlite3_trace_v2(stores->dedupe_db->connection, SQLITE_TRACE_STMT, end_before_second_look,
                     &between);
    assert_int_equal(look(world, stores, &claim).state, CVI_WATCH_GONE);
    sqlite3_trace_v2(stores->dedupe_db->connection, 0, NULL, NULL);
    assert_int_equal(between.looks, 2);
    cvi_stores_close(stores);
    forked_kill(&stranger);
    forked_bury(&stranger);
}

/* ---- the public way: cv_dedupe_store_wait ---- */

enum { LEASE_MS = 600000 }; /* it says nothing here */

static void register_job(int said, void *user) {
    char job_id[CV_JOB_ID_SIZE];
    bool is_ours = false;
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.database = ((store_world *)user)->database;
    options.lease_ms = LEASE_MS;
    cv_dedupe_store *store = cv_dedupe_store_open(&options);
    if (cv_dedupe_store_register(store, HASH_A, job_id, &is_ours) && is_ours) {
        forked_say(said, job_id, sizeof(job_id));
    }
}

typedef struct waiter {
    store_world *world;
    forked owner;
    cv_dedupe_store *store;
    char job_id[CV_JOB_ID_SIZE];
    int64_t timeout_ms;
    cv_code code;
    long slept;     /* how often the wait slept */
    int64_t cpu_ms; /* and how long it ran */
    pthread_t thread;
    sqlite3 *connection; /* open already: to see who waits it takes no more descriptors */
    sqlite3_stmt *waiters;
} waiter;

static int count_waiters(waiter *self) {
    assert_int_equal(sqlite3_step(self->waiters), SQLITE_ROW);
    int count = sqlite3_column_int(self->waiters, 0);
    sqlite3_reset(self->waiters);
    return count;
}

static void open_waiter(waiter *self, store_world *world) {
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    *self = (waiter){.world = world, .timeout_ms = -1};
    options.database = world->database;
    options.lease_ms = LEASE_MS;
    forked_start(&self->owner, register_job, world);
    forked_hear(&self->owner, self->job_id, sizeof(self->job_id));
    self->store = cv_dedupe_store_open(&options);
    assert_non_null(self->store);
    assert_int_equal(sqlite3_open(world->database, &self->connection), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(self->connection, "SELECT count(*) FROM dedupe_waiters", -1,
                                        &self->waiters, NULL),
                     SQLITE_OK);
    assert_int_equal(count_waiters(self), 0);
}

static void close_waiter(waiter *self) {
    sqlite3_finalize(self->waiters);
    sqlite3_close(self->connection);
    cv_dedupe_store_close(self->store);
    forked_bury(&self->owner);
}

static int64_t cpu_ms(const struct rusage *used) {
    return (int64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000 +
           (used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1000;
}

static void *wait_for_end(void *user) {
    waiter *self = user;
    cv_blob result;
    cv_error error;
    struct rusage before;
    struct rusage after;
    getrusage(RUSAGE_THREAD, &before);
    cv_dedupe_store_wait(self->store, HASH_A, self->job_id, self->timeout_ms, &result, &error);
    getrusage(RUSAGE_THREAD, &after);
    self->slept = after.ru_nvcsw - before.ru_nvcsw;
    self->cpu_ms = cpu_ms(&after) - cpu_ms(&before);
    self->code = error.code;
    return NULL;
}

static void kill_while_waited_for(waiter *self) {
    assert_int_equal(pthread_create(&self->thread, NULL, wait_for_end, self), 0);
    while (count_waiters(self) == 0) {
        cvi_platform_sleep_ms(1);
    }
    forked_kill(&self->owner);
    assert_int_equal(pthread_join(self->thread, NULL), 0);
    assert_int_equal(self->code, CV_ERROR_CANCELLED);
}

static void test_a_wait_ends_with_the_owner(void **state) {
    waiter self;
    open_waiter(&self, *state);
    size_t before = count_descriptors();
    kill_while_waited_for(&self);
    assert_int_equal(count_descriptors(), before);
    close_waiter(&self);
}

/* There is one descriptor left, which the mailbox takes. */
static void test_a_wait_without_descriptors_ends_too(void **state) {
    waiter self;
    open_waiter(&self, *state);
    self.timeout_ms = 0;
    wait_for_end(&self); /* what the store opens for itself it has now */
    assert_int_equal(self.code, CV_ERROR_TIMEOUT);
    self.timeout_ms = -1;
    limit_descriptors(1);
    kill_while_waited_for(&self);
    lift_limit();
    close_waiter(&self);
}

/* Looking for the lock every 40 ms would be 25 sleeps. */
static void test_an_idle_wait_sleeps(void **state) {
    waiter self;
    open_waiter(&self, *state);
    size_t before = count_descriptors();
    self.timeout_ms = 1000;
    wait_for_end(&self);
    assert_int_equal(self.code, CV_ERROR_TIMEOUT);
    assert_in_range(self.slept, 1, 15);
    assert_int_equal(count_descriptors(), before);
    forked_kill(&self.owner);
    close_waiter(&self);
}

/* The process has ended, but its lock is held: waiting goes on, and still sleeps. */
static void test_a_wait_outlasts_a_stranger(void **state) {
    waiter self;
    cvi_gate gate;
    forked stranger;
    int64_t number = start_stranger(&stranger);
    open_waiter(&self, *state);
    lend_life(self.world, &gate, number);
    self.timeout_ms = 1000;
    assert_int_equal(pthread_create(&self.thread, NULL, wait_for_end, &self), 0);
    while (count_waiters(&self) == 0) {
        cvi_platform_sleep_ms(1);
    }
    forked_kill(&stranger);
    assert_int_equal(pthread_join(self.thread, NULL), 0);
    assert_int_equal(self.code, CV_ERROR_TIMEOUT);
    assert_in_range(self.cpu_ms, 0, 300);
    cvi_gate_close(&gate);
    forked_bury(&stranger);
    forked_kill(&self.owner);
    close_waiter(&self);
}

#define WITH_WORLD(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_world_setup, store_world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_a_killed_owner_is_told),
        WITH_WORLD(test_an_answer_comes_the_same_way),
        WITH_WORLD(test_closing_leaves_no_descriptors),
        WITH_WORLD(test_cleaning_lets_go_of_owners),
        WITH_WORLD(test_without_descriptors_one_looks_often),
        WITH_WORLD(test_owners_that_tell_nothing_are_looked_at_often),
        WITH_WORLD(test_a_strangers_end_ends_nothing),
        WITH_WORLD(test_a_stranger_keeps_no_dead_owner_alive),
        WITH_WORLD(test_an_end_between_looking_and_finding_is_seen),
        WITH_WORLD(test_a_wait_ends_with_the_owner),
        WITH_WORLD(test_a_wait_without_descriptors_ends_too),
        WITH_WORLD(test_an_idle_wait_sleeps),
        WITH_WORLD(test_a_wait_outlasts_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
