/* Each operation on a file, each allocation of SQLite's and each of ours fails once, in opening and
 * in every call: the answer is an error or BUSY, nothing acknowledged is lost, no wrong body is
 * ever read, and the next try works. */
#include "support/store_world.h"

#include <stdio.h>
#include <string.h>

#include "stores/sqlite_error.h"
#include "support/allocator.h"
#include "support/failing_allocator.h"
#include "support/faulty_vfs.h"
#include "support/portion.h"

#define BODY   "{\"id\":1}"
#define DENIAL "{\"status_code\":101}"
#define HASH_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define HASH_D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

enum { MAX_BYTES = 150 };

static faulty_plan files;
static faulty_plan memory;

/* One life of a handle, and what was acknowledged in it. */
typedef struct life {
    store_world *world;
    cvi_stores *stores;
    cvi_claim claim;
    int64_t admitted;
    bool is_stored;
    int failures; /* answers other than DONE */
} life;

static cvi_store_answer do_open(life *self, cv_error *error) {
    self->world->options.clock = self->world->clock.clock;
    self->stores = cvi_stores_open(&self->world->options, error);
    return self->stores != NULL ? CVI_STORE_DONE : CVI_STORE_FAILED;
}

/* The body as stored, or a miss; nothing else. */
static cvi_store_answer check_cached(life *self, cvi_store_answer answer, cvi_cached *cached) {
    if (answer == CVI_STORE_DONE && self->is_stored) {
        assert_non_null(cached->body);
        assert_string_equal(cached->body, BODY);
    } else {
        assert_null(cached->body);
    }
    cvi_release(&self->world->options.allocator, cached->body);
    return answer;
}

static cvi_store_answer do_lookup(life *self, cv_error *error) {
    cvi_cached cached;
    cvi_store_answer answer = cvi_stores_lookup(self->stores, HASH_A, WORLD_TTL_MS,
                                                self->world->clock.now, &cached, error);
    return check_cached(self, answer, &cached);
}

static cvi_store_answer claim_hash(life *self, const char *hash, cv_priority priority,
                                   cv_error *error) {
    const cvi_claim_spec spec = {.hash = hash,
                                 .resource = "issue",
                                 .priority = priority,
                                 .reread_cache = true,
                                 .ttl_ms = WORLD_TTL_MS};
    cvi_store_answer answer =
        cvi_stores_claim(self->stores, &spec, self->world->clock.now, &self->claim, error);
    if (answer == CVI_STORE_DONE) {
        assert_int_equal(self->claim.verdict, CVI_CLAIM_ADMITTED);
        self->admitted++;
    } else {
        assert_null(self->claim.cached.body);
        assert_int_equal(self->claim.row_id, 0);
    }
    return answer;
}

static cvi_store_answer do_claim(life *self, cv_error *error) {
    return claim_hash(self, HASH_A, CV_PRIORITY_BACKGROUND, error);
}

static cvi_store_answer heed(life *self, cvi_service_word word, int64_t probe, cv_error *error) {
    const cvi_heed_spec spec = {"issue", word, 1, probe};
    int64_t left_ms = 0;
    return cvi_stores_heed(self->stores, &spec, self->world->clock.now, &left_ms, error);
}

static cvi_store_answer do_refused(life *self, cv_error *error) {
    cvi_store_answer answer = heed(self, CVI_SERVICE_LIMITS, 0, error);
    fake_clock_advance(&self->world->clock, answer == CVI_STORE_DONE ? 1 : 0);
    return answer;
}

/* The probe of the pauses that the refusal and the failures have begun. */
static cvi_store_answer claim_probe(life *self, const char *hash, cv_error *error) {
    cvi_store_answer answer = claim_hash(self, hash, CV_PRIORITY_USER, error);
    assert_int_equal(self->claim.is_probe, answer == CVI_STORE_DONE);
    return answer;
}

static cvi_store_answer do_claim_probe(life *self, cv_error *error) {
    return claim_probe(self, HASH_D, error);
}

static cvi_store_answer do_claim_other(life *self, cv_error *error) {
    return claim_probe(self, HASH_B, error);
}

static cvi_store_answer do_answered(life *self, cv_error *error) {
    return heed(self, CVI_SERVICE_ANSWERS, self->claim.row_id, error);
}

/* Two failures open the circuit. */
static cvi_store_answer do_failed(life *self, cv_error *error) {
    return heed(self, CVI_SERVICE_FAILS, 0, error);
}

static cvi_store_answer do_failed_again(life *self, cv_error *error) {
    cvi_store_answer answer = heed(self, CVI_SERVICE_OVERLOADED, 0, error);
    fake_clock_advance(&self->world->clock, answer == CVI_STORE_DONE ? 1 : 0);
    return answer;
}

static cvi_store_answer do_probe_failed(life *self, cv_error *error) {
    cvi_store_answer answer = heed(self, CVI_SERVICE_UNREACHABLE, self->claim.row_id, error);
    fake_clock_advance(&self->world->clock, answer == CVI_STORE_DONE ? 2 : 0);
    return answer;
}

static cvi_store_answer do_renew(life *self, cv_error *error) {
    bool owned = false;
    cvi_store_answer answer = cvi_stores_renew(self->stores, HASH_A, self->claim.job_id,
                                               self->world->clock.now, &owned, error);
    assert_true(answer != CVI_STORE_DONE || owned);
    return answer;
}

static cvi_store_answer do_join(life *self, cv_error *error) {
    (void)error;
    world_execute(self->world, "INSERT OR IGNORE INTO dedupe_waiters VALUES('" HASH_A "', '-'),"
                               " ('" HASH_B "', '-')");
    return CVI_STORE_DONE;
}

static cvi_store_answer do_complete(life *self, cv_error *error) {
    const cvi_completion completion = {HASH_A,       self->claim.job_id, BODY,
                                       strlen(BODY), WORLD_TTL_MS,       NULL};
    bool owned = false;
    cvi_store_answer answer =
        cvi_stores_complete(self->stores, &completion, self->world->clock.now, &owned, error);
    assert_true(answer != CVI_STORE_DONE || owned);
    self->is_stored = answer == CVI_STORE_DONE;
    return answer;
}

static cvi_store_answer do_watch(life *self, cv_error *error) {
    cvi_watch watch;
    cvi_store_answer answer = cvi_stores_watch(self->stores, HASH_A, self->claim.job_id,
                                               self->world->clock.now, &watch, error);
    assert_true(answer != CVI_STORE_DONE || watch.state == CVI_WATCH_COMPLETED);
    return check_cached(self, answer, &watch.cached);
}

static cvi_store_answer do_hit(life *self, cv_error *error) {
    const cvi_claim_spec spec = {
        .hash = HASH_A, .resource = "issue", .reread_cache = true, .ttl_ms = WORLD_TTL_MS};
    cvi_claim claim;
    cvi_store_answer answer =
        cvi_stores_claim(self->stores, &spec, self->world->clock.now, &claim, error);
    assert_true(answer != CVI_STORE_DONE || claim.verdict == CVI_CLAIM_HIT);
    return check_cached(self, answer, &claim.cached);
}

static cvi_store_answer do_fail(life *self, cv_error *error) {
    cv_error failure = {.code = CV_ERROR_SERVER, .http_status = 500, .message = "it broke"};
    return cvi_stores_release(self->stores, HASH_B, self->claim.job_id, 0, &failure,
                              self->world->clock.now, error);
}

static cvi_store_answer do_watch_failure(life *self, cv_error *error) {
    cvi_watch watch;
    cvi_store_answer answer = cvi_stores_watch(self->stores, HASH_B, self->claim.job_id,
                                               self->world->clock.now, &watch, error);
    assert_true(answer != CVI_STORE_DONE || watch.state == CVI_WATCH_FAILED);
    return answer;
}

/* With no job of its own: only the cache's part can fail. */
static cvi_store_answer do_deny(life *self, cv_error *error) {
    const cv_error denial = {.code = CV_ERROR_NOT_FOUND, .message = "no such object"};
    const cvi_completion completion = {HASH_C, "", DENIAL, strlen(DENIAL), WORLD_TTL_MS, &denial};
    bool owned = false;
    return cvi_stores_complete(self->stores, &completion, self->world->clock.now, &owned, error);
}

static cvi_store_answer do_look_up_denial(life *self, cv_error *error) {
    cvi_cached cached;
    cvi_store_answer answer = cvi_stores_lookup(self->stores, HASH_C, WORLD_TTL_MS,
                                                self->world->clock.now, &cached, error);
    assert_int_equal(cached.body != NULL, answer == CVI_STORE_DONE);
    if (cached.body != NULL) {
        assert_true(cached.is_negative);
        assert_string_equal(cached.body, DENIAL);
    }
    cvi_release(&self->world->options.allocator, cached.body);
    return answer;
}

/* Time passes, and another program takes more room than there is. */
static cvi_store_answer do_crowd(life *self, cv_error *error) {
    (void)error;
    fake_clock_advance(&self->world->clock, 60000);
    world_execute(self->world, "INSERT OR REPLACE INTO cache(hash, value, expires_at, created_at)"
                               " VALUES('x', zeroblob(100), 9000000000000, 1),"
                               " ('y', zeroblob(100), 9000000000000, 2)");
    return CVI_STORE_DONE;
}

/* Through the lent handle, which does not wait where nothing is locked. */
static cvi_store_answer do_look_at_spenders(life *self, cv_error *error) {
    cv_rate_limit_spender found[2];
    size_t count = 0;
    cv_rate_limit_store *store = cvi_stores_rate_limit_store(self->stores);
    if (!cv_rate_limit_store_spenders(store, "issue", found, 2, &count)) {
        *error = *cv_last_error();
        assert_int_equal(count, 0);
        assert_int_equal(found[0].requests, 0);
        return CVI_STORE_FAILED;
    }
    assert_int_equal(count, 1);
    assert_int_equal(found[0].requests, self->admitted);
    assert_string_equal(found[0].application, "shelf");
    return CVI_STORE_DONE;
}

static cvi_store_answer do_age(life *self, cv_error *error) {
    (void)error;
    world_execute(self->world,
                  "INSERT OR REPLACE INTO cache(hash, value, expires_at, created_at)"
                  " VALUES('old', x'00', 0, 0);"
                  "INSERT OR REPLACE INTO dedupe_jobs(hash, job_id, status, created_at, updated_at)"
                  " VALUES('old', 'old', 'pending', 0, 0);"
                  "INSERT OR REPLACE INTO rate_limits(id, resource, timestamp)"
                  " VALUES(1000, 'old', 0)");
    return CVI_STORE_DONE;
}

static cvi_store_answer do_clean(life *self, cv_error *error) {
    bool more = false;
    return cvi_stores_clean(self->stores, self->world->clock.now, &more, error);
}

typedef cvi_store_answer (*life_step)(life *, cv_error *);

static void check_error(const cv_error *error) {
    assert_true(error->code == CV_ERROR_STORE || error->code == CV_ERROR_NOMEM);
    assert_true(error->message[0] != '\0');
    assert_null(strstr(error->message, HASH_A));
    assert_null(strstr(error->message, HASH_B));
    assert_null(strstr(error->message, "scope-1"));
}

/* A step must be DONE once the fault is over: after the second try it is. */
static void run_step(life *self, life_step step, bool is_outside) {
    enum { TRIES = 4 };
    faulty_plan kept_files = files;
    faulty_plan kept_memory = memory;
    if (is_outside) { /* another program's work is not what fails */
        files.failing_call = 0;
        memory.failing_call = 0;
    }
    cvi_store_answer answer = CVI_STORE_BUSY;
    cv_error error = {0};
    for (int i = 0; i < TRIES && answer != CVI_STORE_DONE; i++) {
        answer = step(self, &error);
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
    if (is_outside) {
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
    static const struct {
        life_step step;
        bool is_outside;
    } steps[] = {{do_open, false},
                 {do_lookup, false},
                 {do_claim, false},
                 {do_renew, false},
                 {do_join, true},
                 {do_complete, false},
                 {do_watch, false},
                 {do_lookup, false},
                 {do_hit, false},
                 {do_refused, false},
                 {do_failed, false},
                 {do_failed_again, false},
                 {do_claim_probe, false},
                 {do_probe_failed, false},
                 {do_failed, false},
                 {do_claim_other, false},
                 {do_answered, false},
                 {do_failed, false},
                 {do_answered, false},
                 {do_fail, false},
                 {do_watch_failure, false},
                 {do_deny, false},
                 {do_look_up_denial, false},
                 {do_look_at_spenders, false},
                 {do_crowd, true},
                 {do_lookup, false},
                 {do_deny, false},
                 {do_age, true},
                 {do_clean, false}};
    store_world world;
    store_world_init(&world, 1);
    world.options.rate_limit.kind = CV_LIMIT_ADAPTIVE;
    world.options.cache.max_bytes = MAX_BYTES;
    world.options.application = "shelf";
    world.options.rate_limit.circuit_failures = 2;
    world.options.rate_limit.circuit_open_ms = 1;
    life self = {.world = &world};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        run_step(&self, steps[i].step, steps[i].is_outside);
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
    assert_in_range(world_number(&world, "SELECT total FROM cache_bytes"), 1, MAX_BYTES);
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
                const cvi_completion completion = {HASH_A,       "",           BODY,
                                                   strlen(BODY), WORLD_TTL_MS, NULL};
                bool owned = false;
                assert_int_equal(
                    cvi_stores_complete(stores, &completion, world.clock.now, &owned, &error),
                    CVI_STORE_DONE);
                cvi_cached cached;
                cvi_store_answer answer = cvi_stores_lookup(stores, HASH_A, WORLD_TTL_MS,
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
    const cvi_completion completion = {HASH_A,       claim.job_id, BODY,
                                       strlen(BODY), WORLD_TTL_MS, NULL};
    cv_error error = {0};
    bool owned = false;
    assert_int_equal(cvi_stores_complete(stores, &completion, world.clock.now, &owned, &error),
                     CVI_STORE_FAILED);
    assert_int_equal(error.code, CV_ERROR_NOMEM);
    assert_int_equal(world_number(&world, "SELECT count(*) FROM cache"), 0);
    assert_true(world_complete(&world, stores, HASH_A, claim.job_id, BODY));
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
    assert_true(world_complete(&world, stores, HASH_A, claim.job_id, BODY));
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
    assert_string_equal(watch.cached.body, BODY);
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
