/* Each operation on a file, each allocation of SQLite's and each of ours fails once, in opening and
 * in every call: the answer is an error or BUSY, nothing acknowledged is lost, no wrong body is
 * ever read, and the next try works. */
#include "support/store_life.h"

#include <stdio.h>
#include <string.h>

#include "stores/sqlite_error.h"
#include "support/allocator.h"
#include "support/failing_allocator.h"
#include "support/faulty_vfs.h"
#include "support/portion.h"

static faulty_plan files;
static faulty_plan memory;

static void check_error(const cv_error *error) {
    assert_true(error->code == CV_ERROR_STORE || error->code == CV_ERROR_NOMEM);
    assert_true(error->message[0] != '\0');
    assert_null(strstr(error->message, HASH_A));
    assert_null(strstr(error->message, HASH_B));
    assert_null(strstr(error->message, "scope-1"));
}

/* A step must be DONE once the fault is over: after the second try it is. */
static void run_step(life *self, const life_step *step) {
    enum { TRIES = 4 };
    faulty_plan kept_files = files;
    faulty_plan kept_memory = memory;
    if (step->is_outside) { /* another program's work is not what fails */
        files.failing_call = 0;
        memory.failing_call = 0;
    }
    cvi_store_answer answer = CVI_STORE_BUSY;
    cv_error error = {0};
    for (int i = 0; i < TRIES && answer != CVI_STORE_DONE; i++) {
        answer = step->take(self, &error);
        if (answer != CVI_STORE_DONE) {
            self->failures++;
        }
        if (answer == CVI_STORE_FAILED) {
            check_error(&error);
        }
        if (i > 0) {
            files.failing_call = 0;
            memory.failing_call = 0;
        }
    }
    if (answer != CVI_STORE_DONE) {
        fail_msg("answer %d after the fault was over: %s", (int)answer, error.message);
    }
    if (step->is_outside) {
        files = kept_files;
        memory = kept_memory;
    }
}

typedef struct life_report {
    int failures;
    int file_calls;
    int memory_calls;
} life_report;

/* Runs a whole life in a new file. */
static life_report run_life(void) {
    store_world world;
    store_world_init(&world, 1);
    world.options.rate_limit.kind = CV_LIMIT_ADAPTIVE;
    world.options.cache.max_bytes = LIFE_MAX_BYTES;
    world.options.application = "shelf";
    world.options.rate_limit.circuit_failures = 2;
    world.options.rate_limit.circuit_open_ms = 1;
    life self = {.world = &world};
    for (size_t i = 0; i < life_step_count; i++) {
        run_step(&self, &life_steps[i]);
    }
    cvi_stores_close(self.stores);
    life_report report = {self.failures, files.calls, memory.calls};
    files.failing_call = 0;
    memory.failing_call = 0;
    assert_int_equal(world_number(&world, "SELECT count(*) FROM pragma_integrity_check"
                                          " WHERE integrity_check = 'ok'"),
                     1);
    assert_int_equal(world_number(&world, "SELECT count(*) FROM rate_limits WHERE id < 1000"),
                     self.admitted);
    assert_int_equal(world_number(&world, "SELECT count(*) FROM cache WHERE hash = '" HASH_A "'"),
                     1);
    assert_int_equal(world_number(&world, "SELECT count(*) FROM rate_limit_cooldowns"), 0);
    assert_int_equal(world_number(&world, "SELECT total FROM cache_bytes"),
                     world_number(&world, "SELECT sum(length(value)) FROM cache"));
    assert_in_range(world_number(&world, "SELECT total FROM cache_bytes"), 1, LIFE_MAX_BYTES);
    store_world_done(&world);
    return report;
}

/* A life in which nothing fails, for the number of calls that it takes. */
static life_report run_unharmed(void) {
    files = (faulty_plan){0};
    memory = (faulty_plan){0};
    life_report report = run_life();
    assert_int_equal(report.failures, 0);
    return report;
}

/* Every result has its turn; together they meet every place even where each meets few. */
static const struct {
    const char *name;
    int code;
} results[] = {
    {"I/O error", SQLITE_IOERR},     {"busy", SQLITE_BUSY},
    {"locked", SQLITE_LOCKED},       {"full", SQLITE_FULL},
    {"corrupt", SQLITE_CORRUPT},     {"read-only", SQLITE_READONLY},
    {"can't open", SQLITE_CANTOPEN}, {"no memory", SQLITE_NOMEM},
    {"protocol", SQLITE_PROTOCOL},   {"no memory for I/O", SQLITE_IOERR_NOMEM},
};

enum { RESULTS = sizeof(results) / sizeof(results[0]) };

static void fail_files(int turn, int stride, bool keeps_failing) {
    int calls = run_unharmed().file_calls;
    int noticed = 0;
    int tried = 0;
    assert_in_range(calls, 100, 5000);
    for (int n = portion_first(stride, turn, RESULTS, calls); n <= calls; n += stride) {
        files = (faulty_plan){n, results[turn].code, keeps_failing, 0, false};
        memory = (faulty_plan){0};
        noticed += run_life().failures > 0 ? 1 : 0;
        assert_true(files.has_failed);
        tried++;
    }
    assert_true(noticed > 0);
    portion_report(results[turn].name, tried, calls);
}

static void test_every_file_operation(void **state) {
    (void)state;
    for (int i = 0; i < RESULTS; i++) {
        fail_files(i, portion_stride(RESULTS), false);
    }
}

/* The disk is gone for some calls, then back. */
static void test_errors_that_last(void **state) {
    enum { STRIDE = 31 };
    (void)state;
    for (int i = 0; i < RESULTS; i++) {
        if (results[i].code == SQLITE_IOERR || results[i].code == SQLITE_FULL) {
            fail_files(i, portion_stride(STRIDE), true);
        }
    }
}

static void test_every_allocation_of_sqlite(void **state) {
    enum { STRIDE = 41 };
    (void)state;
    int calls = run_unharmed().memory_calls;
    int stride = portion_stride(STRIDE);
    int noticed = 0;
    int tried = 0;
    assert_in_range(calls, 200, 20000);
    for (int n = 1; n <= calls; n += stride) {
        files = (faulty_plan){0};
        memory = (faulty_plan){n, 0, false, 0, false};
        noticed += run_life().failures > 0 ? 1 : 0;
        tried++;
    }
    assert_true(noticed > tried / 4);
    portion_report("allocations", tried, calls);
}

static void test_every_allocation_of_ours(void **state) {
    (void)state;
    for (int keeps_failing = 0; keeps_failing < 2; keeps_failing++) {
        bool has_failed = true;
        for (size_t n = 1; has_failed; n++) {
            store_world world;
            store_world_init(&world, 1);
            failing_allocator allocator;
            failing_allocator_init(&allocator, n, keeps_failing == 1);
            world.options.allocator = allocator.allocator;
            world.options.application = "shelf";
            world.options.clock = world.clock.clock;
            cv_error error = {0};
            cvi_stores *stores = cvi_stores_open(&world.options, &error);
            if (stores != NULL) {
                const cvi_completion completion = {.hash = HASH_A,
                                                   .job_id = "",
                                                   .body = LIFE_BODY,
                                                   .size = strlen(LIFE_BODY),
                                                   .keeping = {.ttl_ms = WORLD_TTL_MS}};
                bool owned = false;
                assert_int_equal(
                    cvi_stores_complete(stores, &completion, world.clock.now, &owned, &error),
                    CVI_STORE_DONE);
                cvi_cached cached;
                cvi_store_answer answer =
                    cvi_stores_lookup(stores, HASH_A, &(cvi_want){.ttl_ms = WORLD_TTL_MS},
                                      world.clock.now, &cached, &error);
                assert_true((answer == CVI_STORE_DONE) == (cached.body != NULL));
                cvi_release(&allocator.allocator, cached.body);
            }
            has_failed = allocator.has_failed;
            assert_int_equal(error.code, has_failed ? CV_ERROR_NOMEM : CV_OK);
            cvi_stores_close(stores);
            assert_int_equal(allocator.live, 0);
            store_world_done(&world);
            assert_in_range(n, 1, 50);
        }
    }
}

/* The list of those to be woken does not fit: the job is neither ended nor lost. */
static void test_no_memory_for_the_waiters(void **state) {
    (void)state;
    store_world world;
    store_world_init(&world, 1);
    failing_allocator allocator;
    failing_allocator_init(&allocator, 0, false);
    world.options.allocator = allocator.allocator;
    cvi_stores *stores = world_open(&world);
    cvi_claim claim = world_expect(&world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    world_execute(&world, "INSERT INTO dedupe_waiters VALUES('" HASH_A "', 'somebody')");
    allocator.failing_call = allocator.calls + 1;
    const cvi_completion completion = {.hash = HASH_A,
                                       .job_id = claim.job_id,
                                       .body = LIFE_BODY,
                                       .size = strlen(LIFE_BODY),
                                       .keeping = {.ttl_ms = WORLD_TTL_MS}};
    cv_error error = {0};
    bool owned = false;
    assert_int_equal(cvi_stores_complete(stores, &completion, world.clock.now, &owned, &error),
                     CVI_STORE_FAILED);
    assert_int_equal(error.code, CV_ERROR_NOMEM);
    assert_int_equal(world_number(&world, "SELECT count(*) FROM cache"), 0);
    assert_true(world_complete(&world, stores, HASH_A, claim.job_id, LIFE_BODY));
    cvi_stores_close(stores);
    assert_int_equal(allocator.live, 0);
    store_world_done(&world);
}

/* No room for the copy of an answer that the job kept: the next look finds it. */
static void test_no_memory_for_a_shared_answer(void **state) {
    (void)state;
    store_world world;
    store_world_init(&world, 1);
    failing_allocator allocator;
    failing_allocator_init(&allocator, 0, false);
    world.options.allocator = allocator.allocator;
    world.options.cache.disabled = true;
    cvi_stores *stores = world_open(&world);
    cvi_claim claim = world_expect(&world, stores, HASH_A, CVI_CLAIM_ADMITTED);
    world_execute(&world, "INSERT INTO dedupe_waiters VALUES('" HASH_A "', 'somebody')");
    assert_true(world_complete(&world, stores, HASH_A, claim.job_id, LIFE_BODY));
    allocator.failing_call = allocator.calls + 1;
    cvi_watch watch;
    cv_error error = {0};
    assert_int_equal(
        cvi_stores_watch(stores, HASH_A, claim.job_id, world.clock.now, &watch, &error),
        CVI_STORE_FAILED);
    assert_int_equal(error.code, CV_ERROR_NOMEM);
    assert_null(watch.cached.body);
    watch = world_watch(&world, stores, HASH_A, claim.job_id);
    assert_int_equal(watch.state, CVI_WATCH_COMPLETED);
    assert_string_equal(watch.cached.body, LIFE_BODY);
    cvi_release(&allocator.allocator, watch.cached.body);
    cvi_stores_close(stores);
    assert_int_equal(allocator.live, 0);
    store_world_done(&world);
}

static void test_results_and_their_meaning(void **state) {
    static const struct {
        int result;
        cvi_store_answer answer;
        cv_code code;
    } cases[] = {
        {SQLITE_BUSY, CVI_STORE_BUSY, CV_OK},
        {SQLITE_BUSY_RECOVERY, CVI_STORE_BUSY, CV_OK},
        {SQLITE_BUSY_SNAPSHOT, CVI_STORE_BUSY, CV_OK},
        {SQLITE_LOCKED_SHAREDCACHE, CVI_STORE_BUSY, CV_OK},
        {SQLITE_PROTOCOL, CVI_STORE_BUSY, CV_OK},
        {SQLITE_NOMEM, CVI_STORE_FAILED, CV_ERROR_NOMEM},
        {SQLITE_IOERR_NOMEM, CVI_STORE_FAILED, CV_ERROR_NOMEM},
        {SQLITE_IOERR_READ, CVI_STORE_FAILED, CV_ERROR_STORE},
        {SQLITE_FULL, CVI_STORE_FAILED, CV_ERROR_STORE},
        {SQLITE_CORRUPT_INDEX, CVI_STORE_FAILED, CV_ERROR_STORE},
        {SQLITE_NOTADB, CVI_STORE_FAILED, CV_ERROR_STORE},
        {SQLITE_READONLY_DBMOVED, CVI_STORE_FAILED, CV_ERROR_STORE},
        {SQLITE_CANTOPEN_SYMLINK, CVI_STORE_FAILED, CV_ERROR_STORE},
        {SQLITE_CONSTRAINT_NOTNULL, CVI_STORE_FAILED, CV_ERROR_STORE},
        {SQLITE_ERROR, CVI_STORE_FAILED, CV_ERROR_STORE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cv_error error = {0};
        assert_int_equal(cvi_sqlite_failed(cases[i].result, "/some/comics.db", &error),
                         cases[i].answer);
        assert_int_equal(error.code, cases[i].code);
        if (error.code == CV_ERROR_STORE) {
            assert_non_null(strstr(error.message, "/some/comics.db"));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_file_operation),
        cmocka_unit_test(test_errors_that_last),
        cmocka_unit_test(test_every_allocation_of_sqlite),
        cmocka_unit_test(test_every_allocation_of_ours),
        cmocka_unit_test(test_no_memory_for_the_waiters),
        cmocka_unit_test(test_no_memory_for_a_shared_answer),
        cmocka_unit_test(test_results_and_their_meaning),
    };
    faulty_vfs_install(&files, &memory);
    return cmocka_run_group_tests_name("stores under faults", tests, NULL, NULL);
}
