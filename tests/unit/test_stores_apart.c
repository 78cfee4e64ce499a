/* Parts in files of their own: what is left when one of the commits fails. */
#include "support/store_world.h"

#include <string.h>

#include "stores/handle.h"
#include "support/buffer.h"

typedef struct apart {
    store_world world;
    char jobs[TEMP_PATH_SIZE + 16];
    cvi_stores *stores;
} apart;

static void start(apart *self) {
    store_world_init(&self->world, 7);
    cvi_buffer path;
    cvi_buffer_over(&path, self->jobs, sizeof(self->jobs));
    cvi_buffer_add_format(&path, "%s/jobs.db", self->world.folder);
    self->world.options.dedupe.database = self->jobs;
    self->stores = world_open(&self->world);
    assert_int_equal(self->stores->file_count, 2);
}

static void end(apart *self) {
    cvi_stores_close(self->stores);
    store_world_done(&self->world);
}

/* SQLite turns the commit into a rollback. */
static int refuse_commit(void *user) {
    (void)user;
    return 1;
}

static cv_error fail_claim(apart *self, const cvi_claim_spec *spec) {
    cvi_claim claim;
    cv_error error = {0};
    assert_int_equal(cvi_stores_claim(self->stores, spec, self->world.clock.now, &claim, &error),
                     CVI_STORE_FAILED);
    assert_int_equal(claim.verdict, CVI_CLAIM_ADMITTED);
    assert_string_equal(claim.job_id, "");
    return error;
}

static int64_t jobs_of(apart *self) {
    cvi_job job;
    cv_error error;
    assert_int_equal(cvi_dedupe_find(&self->stores->dedupe, HASH_A, &job, &error), CVI_STORE_DONE);
    return job.status == CVI_JOB_NONE ? 0 : 1;
}

static void test_an_admission_that_fails_releases_the_job(void **state) {
    (void)state;
    apart self;
    start(&self);
    const cvi_claim_spec spec = {.hash = HASH_A, .resource = "issue", .priority = CV_PRIORITY_USER};
    sqlite3_commit_hook(self.stores->rate_limit_db->connection, refuse_commit, NULL);
    assert_int_equal(fail_claim(&self, &spec).code, CV_ERROR_STORE);
    assert_int_equal(jobs_of(&self), 0);
    sqlite3_commit_hook(self.stores->rate_limit_db->connection, NULL, NULL);
    world_expect(&self.world, self.stores, HASH_A, CVI_CLAIM_ADMITTED);
    end(&self);
}

static void test_a_claim_that_fails_admits_nothing(void **state) {
    (void)state;
    apart self;
    start(&self);
    const cvi_claim_spec spec = {.hash = HASH_A, .resource = "issue", .priority = CV_PRIORITY_USER};
    sqlite3_commit_hook(self.stores->dedupe_db->connection, refuse_commit, NULL);
    assert_int_equal(fail_claim(&self, &spec).code, CV_ERROR_STORE);
    assert_int_equal(world_number(&self.world, "SELECT count(*) FROM rate_limits"), 0);
    sqlite3_commit_hook(self.stores->dedupe_db->connection, NULL, NULL);
    world_expect(&self.world, self.stores, HASH_A, CVI_CLAIM_ADMITTED);
    end(&self);
}

/* The answer is in the cache before the job is done: who asks next finds it. */
static void test_a_completion_that_fails_has_stored_the_answer(void **state) {
    (void)state;
    apart self;
    start(&self);
    cvi_claim claim = world_expect(&self.world, self.stores, HASH_A, CVI_CLAIM_ADMITTED);
    const cvi_completion completion = {.hash = HASH_A,
                                       .job_id = claim.job_id,
                                       .body = "{}",
                                       .size = 2,
                                       .keeping = {.ttl_ms = WORLD_TTL_MS}};
    cv_error error = {0};
    bool owned = false;
    sqlite3_commit_hook(self.stores->dedupe_db->connection, refuse_commit, NULL);
    assert_int_equal(
        cvi_stores_complete(self.stores, &completion, self.world.clock.now, &owned, &error),
        CVI_STORE_FAILED);
    sqlite3_commit_hook(self.stores->dedupe_db->connection, NULL, NULL);
    assert_int_equal(jobs_of(&self), 1);
    cvi_cached cached = world_lookup(&self.world, self.stores, HASH_A, WORLD_TTL_MS);
    world_check_body(&cached, "{}");
    assert_true(world_complete(&self.world, self.stores, HASH_A, claim.job_id, "{}"));
    assert_int_equal(jobs_of(&self), 0);
    end(&self);
}

/* Who waits has the same jobs, but another cache: the answer is kept with the job. */
static void test_a_waiter_with_another_cache_gets_the_answer(void **state) {
    (void)state;
    apart self;
    start(&self);
    char other_cache[TEMP_PATH_SIZE + 16];
    cvi_buffer path;
    cvi_buffer_over(&path, other_cache, sizeof(other_cache));
    cvi_buffer_add_format(&path, "%s/other.db", self.world.folder);
    self.world.options.database = other_cache;
    cvi_stores *waiter = world_open(&self.world);
    cvi_claim claim = world_expect(&self.world, self.stores, HASH_A, CVI_CLAIM_ADMITTED);
    world_expect(&self.world, waiter, HASH_A, CVI_CLAIM_WATCH);
    assert_true(world_complete(&self.world, self.stores, HASH_A, claim.job_id, "{}"));
    cvi_watch watch = world_watch(&self.world, waiter, HASH_A, claim.job_id);
    assert_int_equal(watch.state, CVI_WATCH_COMPLETED);
    world_check_body(&watch.cached, "{}");
    cvi_stores_close(waiter);
    end(&self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_admission_that_fails_releases_the_job),
        cmocka_unit_test(test_a_claim_that_fails_admits_nothing),
        cmocka_unit_test(test_a_completion_that_fails_has_stored_the_answer),
        cmocka_unit_test(test_a_waiter_with_another_cache_gets_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
