/* The stores of a client: lent as handles, together in one file or each in its own. */
#include "support/store_face.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { ISSUE = 52, OTHER_ISSUE = 61, HOUR_S = 3600 };

typedef struct files {
    scratch_path cache;
    scratch_path jobs;
    scratch_path limit;
} files;

static files files_of(const api *self) {
    return (files){scratch_file(&self->scratch, "cache.db"),
                   scratch_file(&self->scratch, "jobs.db"),
                   scratch_file(&self->scratch, "limit.db")};
}

static cv_options options_with(const api *self, const files *apart) {
    cv_options options = api_options(self);
    options.cache.database = apart->cache.text;
    options.dedupe.database = apart->jobs.text;
    options.rate_limit.database = apart->limit.text;
    return options;
}

static bool exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

static int64_t count_in(const scratch_path *file, const char *table) {
    api place = {.database = *file};
    char sql[64];
    assert_true(snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table) > 0);
    return api_query(&place, sql);
}

/* ---- lent handles ---- */

static void test_the_clients_answers_are_in_its_cache(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_cache_store *cache = cv_client_cache(client);
    cv_cache_stats stats;
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    assert_done(cv_cache_store_stats(cache, &stats));
    assert_int_equal(stats.total_items, 1);
    assert_int_equal(stats.hits, 1);
    assert_true(stats.misses > 0);
    assert_done(cv_cache_store_clear(cache));
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_NETWORK);
    cv_cache_store_close(cache);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    cv_client_close(client);
}

static void test_the_clients_requests_count_in_its_limit(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.rate_limit.limit = 3;
    options.max_wait_ms = CV_NO_WAIT;
    cv_client *client = api_open(self, &options);
    cv_rate_limit_store *limit = cv_client_rate_limit(client);
    cv_rate_limit_status status;
    int64_t wait_ms = -1;
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_done(cv_rate_limit_store_acquire(limit, "issue", CV_PRIORITY_USER, &wait_ms));
    assert_int_equal(wait_ms, 0);
    assert_done(cv_rate_limit_store_status(limit, "issue", &status));
    assert_int_equal(status.remaining, 1);
    assert_done(cv_rate_limit_store_set_resource(limit, "issue", 2, 60000));
    assert_int_equal(api_retrieve(client, OTHER_ISSUE).code, CV_ERROR_RATE_LIMITED);
    assert_done(cv_rate_limit_store_reset(limit, "issue"));
    assert_int_equal(api_retrieve(client, OTHER_ISSUE).code, CV_OK);
    cv_rate_limit_store_close(limit);
    cv_client_close(client);
}

static void test_jobs_of_a_lent_handle(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    cv_dedupe_store *jobs = cv_client_dedupe(client);
    char id[CV_JOB_ID_SIZE];
    bool owner = false;
    cv_dedupe_stats stats;
    assert_done(cv_dedupe_store_register(jobs, STORE_HASH, id, &owner));
    assert_true(owner);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_done(cv_dedupe_store_stats(jobs, &stats));
    assert_int_equal(stats.pending_jobs, 1);
    assert_int_equal(stats.expired_jobs, 0);
    cv_dedupe_store_close(jobs);
    cv_client_close(client);
    assert_int_equal(count_in(&self->database, "dedupe_jobs"), 0);
}

static void test_without_a_client_nothing_is_lent(void **context) {
    (void)context;
    assert_null(cv_client_cache(NULL));
    face_assert_error(CV_ERROR_ARGUMENT);
    assert_null(cv_client_dedupe(NULL));
    face_assert_error(CV_ERROR_ARGUMENT);
    assert_null(cv_client_rate_limit(NULL));
    face_assert_error(CV_ERROR_ARGUMENT);
}

/* ---- files apart ---- */

static void test_each_part_lies_in_its_own_file(void **context) {
    api *self = *context;
    const files apart = files_of(self);
    cv_options options = options_with(self, &apart);
    cv_client *client = api_open(self, &options);
    assert_false(exists(self->database.text));
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    char id[CV_JOB_ID_SIZE];
    bool owner = false;
    assert_done(cv_dedupe_store_register(cv_client_dedupe(client), STORE_HASH, id, &owner));
    const scratch_path *const paths[] = {&apart.cache, &apart.jobs, &apart.limit};
    static const char *const tables[] = {"cache", "dedupe_jobs", "rate_limits"};
    for (size_t file = 0; file < API_COUNT(paths); file++) {
        for (size_t table = 0; table < API_COUNT(tables); table++) {
            assert_int_equal(count_in(paths[file], tables[table]), file == table ? 1 : 0);
        }
    }
    cv_client_close(client);
}

static void test_one_part_apart(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    const files apart = files_of(self);
    options.dedupe.database = apart.jobs.text;
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(count_in(&self->database, "cache"), 1);
    assert_int_equal(count_in(&self->database, "rate_limits"), 1);
    assert_true(exists(apart.jobs.text));
    cv_client_close(client);
}

/* Two names of one file are one file: else it would wait for itself. */
static void test_two_names_of_one_file(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    const scratch_path again = scratch_file(&self->scratch, "./comics.db");
    options.cache.database = again.text;
    options.rate_limit.database = self->database.text;
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(count_in(&self->database, "cache"), 1);
    cv_client_close(client);
}

static void test_a_cache_in_memory_beside_a_limit_on_disk(void **context) {
    api *self = *context;
    cv_options options = api_options(self);
    options.cache.database = ":memory:";
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_CACHE);
    cv_client_close(client);
    client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(count_in(&self->database, "cache"), 0);
    assert_int_equal(count_in(&self->database, "rate_limits"), 2);
    cv_client_close(client);
}

/* A refused caller owns nothing, in a file of its own neither. */
static void test_a_refusal_leaves_no_job(void **context) {
    api *self = *context;
    const files apart = files_of(self);
    cv_options options = options_with(self, &apart);
    options.rate_limit.limit = 1;
    options.max_wait_ms = CV_NO_WAIT;
    cv_client *client = api_open(self, &options);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_int_equal(api_retrieve(client, OTHER_ISSUE).code, CV_ERROR_RATE_LIMITED);
    assert_int_equal(count_in(&apart.jobs, "dedupe_jobs"), 0);
    assert_int_equal(count_in(&apart.limit, "rate_limits"), 1);
    cv_client_close(client);
}

static void test_two_clients_share_files_apart(void **context) {
    api *self = *context;
    const files apart = files_of(self);
    cv_options options = options_with(self, &apart);
    cv_client *one = api_open(self, &options);
    cv_client *two = api_open(self, &options);
    assert_int_equal(api_retrieve(one, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve(two, ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(api_retrieve(two, OTHER_ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve(one, OTHER_ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(count_in(&apart.limit, "rate_limits"), 2);
    cv_client_close(two);
    cv_client_close(one);
}

/* One file that is locked holds up the claim as a whole: no job is taken meanwhile. */
static void test_a_locked_file_holds_up_the_whole_claim(void **context) {
    api *self = *context;
    const files apart = files_of(self);
    cv_options options = options_with(self, &apart);
    cv_client *client = api_open(self, &options);
    const api place = {.database = apart.limit};
    struct sqlite3 *other = face_lock(&place);
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, ISSUE, NULL);
    assert_false(cv_request_wait(request, 100));
    assert_int_equal(count_in(&apart.jobs, "dedupe_jobs"), 0);
    face_unlock(other);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_int_equal(api_outcome_of(request).code, CV_OK);
    cv_request_free(request);
    cv_client_close(client);
}

static void test_a_bad_file_is_refused(void **context) {
    api *self = *context;
    const files apart = files_of(self);
    for (int part = 0; part < 3; part++) {
        cv_options options = options_with(self, &apart);
        const char **const paths[] = {&options.cache.database, &options.dedupe.database,
                                      &options.rate_limit.database};
        *paths[part] = self->scratch.folder;
        assert_null(cv_client_open(&options));
        face_assert_error(CV_ERROR_STORE);
        *paths[part] = "a\nb";
        assert_null(cv_client_open(&options));
        face_assert_error(CV_ERROR_ARGUMENT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_the_clients_answers_are_in_its_cache),
        API_TEST(test_the_clients_requests_count_in_its_limit),
        API_TEST(test_jobs_of_a_lent_handle),
        API_TEST(test_without_a_client_nothing_is_lent),
        API_TEST(test_each_part_lies_in_its_own_file),
        API_TEST(test_one_part_apart),
        API_TEST(test_two_names_of_one_file),
        API_TEST(test_a_cache_in_memory_beside_a_limit_on_disk),
        API_TEST(test_a_refusal_leaves_no_job),
        API_TEST(test_two_clients_share_files_apart),
        API_TEST(test_a_locked_file_holds_up_the_whole_claim),
        API_TEST(test_a_bad_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
