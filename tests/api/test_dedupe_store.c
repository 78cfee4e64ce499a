/* The jobs as a handle of their own. */
#include "support/store_face.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "support/failing_allocator.h"

enum { NO_LIMIT = -1, SHORT_MS = 60, CROWD = 8, OVER_JOBS = 450 };

#define SET_BACK "boot_ms = boot_ms - 6000, updated_at = updated_at - 6000"

static cv_dedupe_options options_of(const api *self) {
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.database = self->database.text;
    return options;
}

static cv_dedupe_store *open_with(const cv_dedupe_options *options) {
    cv_dedupe_store *store = cv_dedupe_store_open(options);
    if (store == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return store;
}

static cv_dedupe_store *open_store(const api *self) {
    cv_dedupe_options options = options_of(self);
    return open_with(&options);
}

typedef struct job {
    char id[CV_JOB_ID_SIZE];
    bool owner;
} job;

static job register_one(cv_dedupe_store *store, const char *hash) {
    job result;
    assert_done(cv_dedupe_store_register(store, hash, result.id, &result.owner));
    assert_int_equal(strlen(result.id), CV_JOB_ID_SIZE - 1);
    return result;
}

static job own(cv_dedupe_store *store, const char *hash) {
    job result = register_one(store, hash);
    assert_true(result.owner);
    return result;
}

static bool in_progress(cv_dedupe_store *store, const char *hash) {
    bool yes = false;
    assert_done(cv_dedupe_store_in_progress(store, hash, &yes));
    return yes;
}

static void assert_result(cv_dedupe_store *store, const char *hash, const job *wanted,
                          const char *text) {
    cv_blob blob;
    cv_error error;
    assert_done(cv_dedupe_store_wait(store, hash, wanted->id, NO_LIMIT, &blob, &error));
    assert_int_equal(error.code, CV_OK);
    face_check_blob(&blob, text);
}

static cv_error assert_no_result(cv_dedupe_store *store, const char *hash, const job *wanted,
                                 int64_t timeout_ms, cv_code code) {
    cv_blob blob;
    cv_error error;
    assert_refused(cv_dedupe_store_wait(store, hash, wanted->id, timeout_ms, &blob, &error), code);
    assert_null(blob.data);
    assert_int_equal(error.code, code);
    assert_string_equal(error.message, cv_last_error()->message);
    return error;
}

static cv_dedupe_stats stats_of(cv_dedupe_store *store) {
    cv_dedupe_stats stats;
    assert_done(cv_dedupe_store_stats(store, &stats));
    return stats;
}

/* ---- one owner ---- */

static void test_the_first_owns_the_others_get_its_id(void **context) {
    cv_dedupe_store *one = open_store(*context);
    cv_dedupe_store *two = open_store(*context);
    assert_false(in_progress(two, STORE_HASH));
    job owner = own(one, STORE_HASH);
    job same_handle = register_one(one, STORE_HASH);
    job other_handle = register_one(two, STORE_HASH);
    assert_false(same_handle.owner);
    assert_false(other_handle.owner);
    assert_string_equal(same_handle.id, owner.id);
    assert_string_equal(other_handle.id, owner.id);
    assert_true(in_progress(two, STORE_HASH));
    assert_false(in_progress(two, STORE_OTHER));
    job elsewhere = own(two, STORE_OTHER);
    assert_string_not_equal(elsewhere.id, owner.id);
    cv_dedupe_store_close(two);
    cv_dedupe_store_close(one);
}

static void test_a_result_waits_for_those_who_come_later(void **context) {
    cv_dedupe_store *one = open_store(*context);
    cv_dedupe_store *two = open_store(*context);
    job owner = own(one, STORE_HASH);
    assert_done(cv_dedupe_store_complete(one, STORE_HASH, owner.id, "result", 6));
    assert_false(in_progress(two, STORE_HASH));
    assert_result(two, STORE_HASH, &owner, "result");
    assert_result(one, STORE_HASH, &owner, "result");
    job empty = own(one, STORE_OTHER);
    assert_done(cv_dedupe_store_complete(one, STORE_OTHER, empty.id, NULL, 0));
    assert_result(two, STORE_OTHER, &empty, "");
    cv_dedupe_store_close(two);
    cv_dedupe_store_close(one);
}

static void test_a_job_that_has_ended_is_left_alone(void **context) {
    cv_dedupe_store *store = open_store(*context);
    const cv_error failure = {.code = CV_ERROR_SERVER, .message = "too late"};
    job owner = own(store, STORE_HASH);
    assert_done(cv_dedupe_store_complete(store, STORE_HASH, owner.id, "result", 6));
    assert_refused(cv_dedupe_store_complete(store, STORE_HASH, owner.id, "other", 5),
                   CV_ERROR_CANCELLED);
    assert_refused(cv_dedupe_store_fail(store, STORE_HASH, owner.id, &failure), CV_ERROR_CANCELLED);
    assert_refused(cv_dedupe_store_renew(store, STORE_HASH, owner.id), CV_ERROR_CANCELLED);
    assert_refused(cv_dedupe_store_release(store, STORE_HASH, owner.id), CV_ERROR_CANCELLED);
    assert_result(store, STORE_HASH, &owner, "result");
    cv_dedupe_store_close(store);
}

/* Freshness is the cache's business: a finished job is done anew. */
static void test_a_finished_job_has_a_new_owner(void **context) {
    cv_dedupe_store *store = open_store(*context);
    job first = own(store, STORE_HASH);
    assert_done(cv_dedupe_store_complete(store, STORE_HASH, first.id, "result", 6));
    job second = own(store, STORE_HASH);
    assert_string_not_equal(second.id, first.id);
    assert_no_result(store, STORE_HASH, &first, NO_LIMIT, CV_ERROR_CANCELLED);
    cv_dedupe_store_close(store);
}

static void test_a_released_job_is_free(void **context) {
    cv_dedupe_store *store = open_store(*context);
    job first = own(store, STORE_HASH);
    assert_done(cv_dedupe_store_release(store, STORE_HASH, first.id));
    assert_false(in_progress(store, STORE_HASH));
    assert_no_result(store, STORE_HASH, &first, NO_LIMIT, CV_ERROR_CANCELLED);
    own(store, STORE_HASH);
    cv_dedupe_store_close(store);
}

static void test_closing_gives_jobs_up(void **context) {
    cv_dedupe_store *one = open_store(*context);
    cv_dedupe_store *two = open_store(*context);
    job first = own(one, STORE_HASH);
    cv_dedupe_store_close(one);
    assert_no_result(two, STORE_HASH, &first, NO_LIMIT, CV_ERROR_CANCELLED);
    own(two, STORE_HASH);
    cv_dedupe_store_close(two);
}

/* ---- errors ---- */

static cv_error error_of(cv_code code) {
    cv_error error = {.code = code,
                      .http_status = 404,
                      .api_status = 101,
                      .retryable = true,
                      .retry_after_ms = 1234,
                      .message = "there is no issue 1"};
    return error;
}

static void test_a_failure_is_everybodys(void **context) {
    cv_dedupe_store *one = open_store(*context);
    cv_dedupe_store *two = open_store(*context);
    const cv_error failure = error_of(CV_ERROR_NOT_FOUND);
    job owner = own(one, STORE_HASH);
    assert_done(cv_dedupe_store_fail(one, STORE_HASH, owner.id, &failure));
    cv_error error = assert_no_result(two, STORE_HASH, &owner, 0, CV_ERROR_NOT_FOUND);
    assert_int_equal(error.http_status, 404);
    assert_int_equal(error.api_status, 101);
    assert_true(error.retryable);
    assert_int_equal(error.retry_after_ms, 1234);
    assert_string_equal(error.message, failure.message);
    assert_false(in_progress(two, STORE_HASH));
    own(two, STORE_HASH);
    cv_dedupe_store_close(two);
    cv_dedupe_store_close(one);
}

static void test_an_error_of_the_key_stays_in_its_scope(void **context) {
    cv_dedupe_options options = options_of(*context);
    options.scope = "one";
    cv_dedupe_store *one = open_with(&options);
    cv_dedupe_store *same = open_with(&options);
    options.scope = "two";
    cv_dedupe_store *two = open_with(&options);
    const cv_error failure = error_of(CV_ERROR_AUTH);
    job owner = own(one, STORE_HASH);
    assert_done(cv_dedupe_store_fail(one, STORE_HASH, owner.id, &failure));
    assert_no_result(same, STORE_HASH, &owner, NO_LIMIT, CV_ERROR_AUTH);
    assert_no_result(two, STORE_HASH, &owner, NO_LIMIT, CV_ERROR_CANCELLED);
    cv_dedupe_store_close(two);
    cv_dedupe_store_close(same);
    cv_dedupe_store_close(one);
}

/* ---- fencing and leases ---- */

static void assert_lost(cv_dedupe_store *store, const char *hash, const job *lost) {
    const cv_error failure = error_of(CV_ERROR_SERVER);
    assert_refused(cv_dedupe_store_renew(store, hash, lost->id), CV_ERROR_CANCELLED);
    assert_refused(cv_dedupe_store_complete(store, hash, lost->id, "x", 1), CV_ERROR_CANCELLED);
    assert_refused(cv_dedupe_store_fail(store, hash, lost->id, &failure), CV_ERROR_CANCELLED);
    assert_refused(cv_dedupe_store_release(store, hash, lost->id), CV_ERROR_CANCELLED);
}

static void assert_taken_over(cv_dedupe_store *old, cv_dedupe_store *heir, const job *lost) {
    assert_false(in_progress(heir, STORE_HASH));
    assert_int_equal(stats_of(heir).expired_jobs, 1);
    assert_no_result(heir, STORE_HASH, lost, NO_LIMIT, CV_ERROR_CANCELLED);
    job next = own(heir, STORE_HASH);
    assert_false(register_one(old, STORE_HASH).owner);
    assert_lost(old, STORE_HASH, lost);
    assert_done(cv_dedupe_store_complete(heir, STORE_HASH, next.id, "heir", 4));
    assert_result(old, STORE_HASH, &next, "heir");
}

static void test_a_silent_owner_loses_its_job(void **context) {
    cv_dedupe_store *one = open_store(*context);
    cv_dedupe_store *two = open_store(*context);
    job silent = own(one, STORE_HASH);
    face_execute(*context, "UPDATE dedupe_jobs SET " SET_BACK);
    assert_done(cv_dedupe_store_renew(one, STORE_HASH, silent.id));
    assert_true(in_progress(two, STORE_HASH));
    face_execute(*context, "UPDATE dedupe_jobs SET " SET_BACK);
    assert_taken_over(one, two, &silent);
    cv_dedupe_store_close(two);
    cv_dedupe_store_close(one);
}

static void test_a_dead_owner_loses_its_job_at_once(void **context) {
    cv_dedupe_store *one = open_store(*context);
    cv_dedupe_store *two = open_store(*context);
    job dead = own(one, STORE_HASH);
    face_execute(*context, "UPDATE dedupe_jobs SET owner = owner + 1");
    assert_taken_over(one, two, &dead);
    cv_dedupe_store_close(two);
    cv_dedupe_store_close(one);
}

static void test_a_job_that_takes_for_ever_is_taken_over(void **context) {
    cv_dedupe_options options = options_of(*context);
    options.job_timeout_ms = 60000;
    cv_dedupe_store *one = open_with(&options);
    cv_dedupe_store *two = open_with(&options);
    job slow = own(one, STORE_HASH);
    face_execute(*context, "UPDATE dedupe_jobs SET started_boot_ms = started_boot_ms - 60000");
    assert_done(cv_dedupe_store_renew(one, STORE_HASH, slow.id));
    assert_taken_over(one, two, &slow);
    cv_dedupe_store_close(two);
    cv_dedupe_store_close(one);
}

/* ---- waiting ---- */

static void test_a_wait_ends_in_time(void **context) {
    cv_dedupe_store *store = open_store(*context);
    job owner = own(store, STORE_HASH);
    assert_no_result(store, STORE_HASH, &owner, 0, CV_ERROR_TIMEOUT);
    int64_t start_ms = api_now_ms();
    assert_no_result(store, STORE_HASH, &owner, SHORT_MS, CV_ERROR_TIMEOUT);
    assert_in_range(api_now_ms() - start_ms, SHORT_MS - 1, API_PATIENCE_MS);
    assert_int_equal(api_query(*context, "SELECT count(*) FROM dedupe_waiters"), 0);
    assert_done(cv_dedupe_store_complete(store, STORE_HASH, owner.id, "x", 1));
    cv_dedupe_store_close(store);
}

static void test_an_unknown_job_is_not_waited_for(void **context) {
    cv_dedupe_store *store = open_store(*context);
    const job unknown = {.id = "00000000-0000-4000-8000-000000000000"};
    assert_no_result(store, STORE_HASH, &unknown, NO_LIMIT, CV_ERROR_CANCELLED);
    cv_dedupe_store_close(store);
}

typedef struct member {
    cv_dedupe_store *store;
    pthread_t thread;
    bool owner;
    bool done;
    cv_blob blob;
} member;

static atomic_int waiting_members;

/* Registers; the owner waits until all others wait for it. */
static void *take_part(void *argument) {
    member *self = argument;
    char id[CV_JOB_ID_SIZE];
    if (!cv_dedupe_store_register(self->store, STORE_HASH, id, &self->owner)) {
        return NULL;
    }
    if (!self->owner) {
        waiting_members++;
        self->done = cv_dedupe_store_wait(self->store, STORE_HASH, id, NO_LIMIT, &self->blob, NULL);
        return NULL;
    }
    while (waiting_members < CROWD - 1) {
        if (!cv_dedupe_store_renew(self->store, STORE_HASH, id)) {
            return NULL;
        }
    }
    self->done = cv_dedupe_store_complete(self->store, STORE_HASH, id, "shared", 6);
    return NULL;
}

static void run_crowd(cv_dedupe_store *const stores[2]) {
    member members[CROWD];
    int owners = 0;
    memset(members, 0, sizeof(members));
    waiting_members = 0;
    for (size_t i = 0; i < CROWD; i++) {
        members[i].store = stores[i % 2];
        assert_int_equal(pthread_create(&members[i].thread, NULL, take_part, &members[i]), 0);
    }
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(pthread_join(members[i].thread, NULL), 0);
    }
    for (size_t i = 0; i < CROWD; i++) {
        assert_true(members[i].done);
        owners += members[i].owner ? 1 : 0;
        face_check_blob(&members[i].blob, members[i].owner ? NULL : "shared");
    }
    assert_int_equal(owners, 1);
}

/* A crowd may keep its owner from the processor for longer than any lease. */
static const int64_t patient_lease_ms = 3600000;

static void test_a_crowd_shares_one_job(void **context) {
    cv_dedupe_options options = options_of(*context);
    options.lease_ms = patient_lease_ms;
    cv_dedupe_store *stores[] = {open_with(&options), open_with(&options)};
    run_crowd(stores);
    cv_dedupe_store_close(stores[1]);
    cv_dedupe_store_close(stores[0]);
}

static void test_a_crowd_in_memory(void **context) {
    (void)context;
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.database = ":memory:";
    options.lease_ms = patient_lease_ms;
    cv_dedupe_store *store = open_with(&options);
    cv_dedupe_store *stores[] = {store, store};
    run_crowd(stores);
    cv_dedupe_store_close(store);
}

/* ---- the whole ---- */

static void test_statistics(void **context) {
    cv_dedupe_store *store = open_store(*context);
    const cv_error failure = error_of(CV_ERROR_SERVER);
    job done = own(store, "done");
    job failed = own(store, "failed");
    assert_done(cv_dedupe_store_complete(store, "done", done.id, "x", 1));
    assert_done(cv_dedupe_store_fail(store, "failed", failed.id, &failure));
    own(store, "silent");
    face_execute(*context, "UPDATE dedupe_jobs SET " SET_BACK);
    own(store, "running");
    cv_dedupe_stats stats = stats_of(store);
    assert_int_equal(stats.total_jobs, 4);
    assert_int_equal(stats.pending_jobs, 2);
    assert_int_equal(stats.completed_jobs, 1);
    assert_int_equal(stats.failed_jobs, 1);
    assert_int_equal(stats.expired_jobs, 1);
    cv_dedupe_store_close(store);
}

static void finish_many(cv_dedupe_store *store, int count) {
    for (int i = 0; i < count; i++) {
        char hash[16];
        assert_true(snprintf(hash, sizeof(hash), "job%d", i) > 0);
        job one = own(store, hash);
        assert_done(cv_dedupe_store_complete(store, hash, one.id, "x", 1));
    }
}

static void test_cleanup_leaves_the_young(void **context) {
    cv_dedupe_options options = options_of(*context);
    options.cleanup_interval_ms = CV_NONE;
    cv_dedupe_store *store = open_with(&options);
    finish_many(store, OVER_JOBS);
    own(store, "silent");
    face_execute(*context, "UPDATE dedupe_jobs SET " SET_BACK);
    face_execute(*context, "UPDATE dedupe_jobs SET updated_at = updated_at - 300000,"
                           " boot_ms = boot_ms - 300000");
    job young = own(store, "young");
    assert_done(cv_dedupe_store_complete(store, "young", young.id, "y", 1));
    own(store, "running");
    assert_done(cv_dedupe_store_cleanup(store));
    assert_int_equal(stats_of(store).total_jobs, 2);
    assert_result(store, "young", &young, "y");
    assert_true(in_progress(store, "running"));
    cv_dedupe_store_close(store);
}

static void test_clear_takes_all_jobs_away(void **context) {
    cv_dedupe_store *store = open_store(*context);
    finish_many(store, OVER_JOBS);
    job running = own(store, STORE_HASH);
    assert_done(cv_dedupe_store_clear(store));
    assert_int_equal(stats_of(store).total_jobs, 0);
    assert_lost(store, STORE_HASH, &running);
    own(store, STORE_HASH);
    cv_dedupe_store_close(store);
}

/* ---- bad input ---- */

static void test_bad_keys_are_refused(void **context) {
    cv_dedupe_store *store = open_store(*context);
    const cv_error failure = error_of(CV_ERROR_SERVER);
    const struct {
        const char *hash;
        const char *job_id;
        cv_dedupe_store *store;
    } cases[] = {{NULL, "id", store},
                 {"", "id", store},
                 {face_long_text(CV_HASH_MAX + 1), "id", store},
                 {STORE_HASH, NULL, store},
                 {STORE_HASH, "", store},
                 {STORE_HASH, "00000000-0000-4000-8000-0000000000000", store},
                 {STORE_HASH, "id", NULL}};
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        const char *hash = cases[i].hash;
        const char *id = cases[i].job_id;
        cv_dedupe_store *on = cases[i].store;
        cv_blob blob = {(void *)1, 1};
        cv_error error;
        assert_refused(cv_dedupe_store_renew(on, hash, id), CV_ERROR_ARGUMENT);
        assert_refused(cv_dedupe_store_release(on, hash, id), CV_ERROR_ARGUMENT);
        assert_refused(cv_dedupe_store_complete(on, hash, id, "x", 1), CV_ERROR_ARGUMENT);
        assert_refused(cv_dedupe_store_fail(on, hash, id, &failure), CV_ERROR_ARGUMENT);
        assert_refused(cv_dedupe_store_wait(on, hash, id, 0, &blob, &error), CV_ERROR_ARGUMENT);
        assert_int_equal(error.code, CV_ERROR_ARGUMENT);
        assert_null(blob.data);
    }
    cv_dedupe_store_close(store);
}

static void test_bad_arguments_are_refused(void **context) {
    cv_dedupe_store *store = open_store(*context);
    char id[CV_JOB_ID_SIZE];
    bool flag = true;
    cv_blob blob;
    cv_dedupe_stats stats;
    assert_refused(cv_dedupe_store_register(store, NULL, id, &flag), CV_ERROR_ARGUMENT);
    assert_string_equal(id, "");
    assert_false(flag);
    assert_refused(cv_dedupe_store_register(store, "", id, &flag), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_register(store, face_long_text(CV_HASH_MAX + 1), id, &flag),
                   CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_register(store, "k", NULL, &flag), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_register(store, "k", id, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_register(NULL, "k", id, &flag), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_complete(store, "k", "id", NULL, 1), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_wait(store, "k", "id", -2, &blob, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_wait(store, "k", "id", 0, NULL, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_in_progress(store, NULL, &flag), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_in_progress(store, "k", NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_in_progress(NULL, "k", &flag), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_stats(store, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_stats(NULL, &stats), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_cleanup(NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_dedupe_store_clear(NULL), CV_ERROR_ARGUMENT);
    assert_int_equal(stats_of(store).total_jobs, 0);
    cv_dedupe_store_close(store);
    cv_dedupe_store_close(NULL);
}

static void test_bad_errors_are_refused(void **context) {
    cv_dedupe_store *store = open_store(*context);
    job owner = own(store, STORE_HASH);
    cv_error bad[7];
    for (size_t i = 0; i < API_COUNT(bad); i++) {
        bad[i] = error_of(CV_ERROR_SERVER);
    }
    bad[0].code = CV_OK;
    bad[1].code = CV_PENDING;
    bad[2].code = (cv_code)99;
    bad[3].http_status = -1;
    bad[4].api_status = -1;
    bad[5].retry_after_ms = -1;
    memset(bad[6].message, 'x', sizeof(bad[6].message));
    for (size_t i = 0; i < API_COUNT(bad); i++) {
        assert_refused(cv_dedupe_store_fail(store, STORE_HASH, owner.id, &bad[i]),
                       CV_ERROR_ARGUMENT);
    }
    assert_refused(cv_dedupe_store_fail(store, STORE_HASH, owner.id, NULL), CV_ERROR_ARGUMENT);
    assert_true(in_progress(store, STORE_HASH));
    cv_dedupe_store_close(store);
}

static void test_bad_options_are_refused(void **context) {
    cv_dedupe_options cases[] = {options_of(*context), options_of(*context), options_of(*context),
                                 options_of(*context)};
    cases[0].lease_ms = 99;
    cases[1].job_timeout_ms = -1;
    cases[2].cleanup_interval_ms = -2;
    cases[3].reserved[0] = 1;
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        assert_null(cv_dedupe_store_open(&cases[i]));
        face_assert_error(CV_ERROR_ARGUMENT);
    }
    assert_null(cv_dedupe_store_open(NULL));
    face_assert_error(CV_ERROR_ARGUMENT);
}

/* ---- memory ---- */

/* Opens, registers, completes and waits; true if nothing was refused. */
static bool live_a_little(const api *self, failing_allocator *memory) {
    cv_dedupe_options options = options_of(self);
    cv_blob blob = {NULL, 0};
    char id[CV_JOB_ID_SIZE];
    bool owner = false;
    options.allocator = &memory->allocator;
    cv_dedupe_store *store = cv_dedupe_store_open(&options);
    bool done = store != NULL && cv_dedupe_store_register(store, STORE_HASH, id, &owner) && owner &&
                cv_dedupe_store_complete(store, STORE_HASH, id, "x", 1) &&
                cv_dedupe_store_wait(store, STORE_HASH, id, NO_LIMIT, &blob, NULL);
    if (done) {
        face_check_blob(&blob, "x");
    } else {
        face_assert_error(CV_ERROR_NOMEM);
    }
    cv_dedupe_store_close(store);
    return done;
}

static void test_each_allocation_may_fail(void **context) {
    bool done = false;
    for (size_t call = 1; !done; call++) {
        failing_allocator memory;
        failing_allocator_init(&memory, call, false);
        done = live_a_little(*context, &memory);
        assert_int_equal(memory.live, 0);
        assert_true(done || memory.has_failed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_the_first_owns_the_others_get_its_id),
        API_TEST(test_a_result_waits_for_those_who_come_later),
        API_TEST(test_a_job_that_has_ended_is_left_alone),
        API_TEST(test_a_finished_job_has_a_new_owner),
        API_TEST(test_a_released_job_is_free),
        API_TEST(test_closing_gives_jobs_up),
        API_TEST(test_a_failure_is_everybodys),
        API_TEST(test_an_error_of_the_key_stays_in_its_scope),
        API_TEST(test_a_silent_owner_loses_its_job),
        API_TEST(test_a_dead_owner_loses_its_job_at_once),
        API_TEST(test_a_job_that_takes_for_ever_is_taken_over),
        API_TEST(test_a_wait_ends_in_time),
        API_TEST(test_an_unknown_job_is_not_waited_for),
        API_TEST(test_a_crowd_shares_one_job),
        API_TEST(test_a_crowd_in_memory),
        API_TEST(test_statistics),
        API_TEST(test_cleanup_leaves_the_young),
        API_TEST(test_clear_takes_all_jobs_away),
        API_TEST(test_bad_keys_are_refused),
        API_TEST(test_bad_arguments_are_refused),
        API_TEST(test_bad_errors_are_refused),
        API_TEST(test_bad_options_are_refused),
        API_TEST(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
