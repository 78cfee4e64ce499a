/* The cache as a handle of its own. */
#include "support/store_face.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support/failing_allocator.h"

enum { HOUR_S = 3600, YEAR_S = 31536000, WEEK_MS = 604800000, OVER_ENTRIES = 450 };

static cv_cache_options options_of(const api *self) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->database.text;
    return options;
}

static cv_cache_store *open_with(const cv_cache_options *options) {
    cv_cache_store *store = cv_cache_store_open(options);
    if (store == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return store;
}

static cv_cache_store *open_store(const api *self) {
    cv_cache_options options = options_of(self);
    return open_with(&options);
}

static void set(cv_cache_store *store, const char *hash, const char *text, int64_t ttl_s) {
    assert_done(cv_cache_store_set(store, hash, text, strlen(text), ttl_s));
}

static void assert_get(cv_cache_store *store, const char *hash, const char *text) {
    cv_blob blob;
    assert_done(cv_cache_store_get(store, hash, &blob));
    face_check_blob(&blob, text);
}

static void assert_stale(cv_cache_store *store, const char *hash, const char *text) {
    cv_blob blob;
    int64_t age_ms = -1;
    assert_done(cv_cache_store_get_stale(store, hash, &blob, &age_ms));
    assert_true(age_ms >= 0);
    face_check_blob(&blob, text);
}

static cv_cache_stats stats_of(cv_cache_store *store) {
    cv_cache_stats stats;
    assert_done(cv_cache_store_stats(store, &stats));
    return stats;
}

/* Makes all rows older by so many seconds. */
static void age(const api *self, int64_t seconds) {
    char sql[160];
    assert_true(snprintf(sql, sizeof(sql),
                         "UPDATE cache SET created_at = created_at - %" PRId64
                         ", expires_at = expires_at - %" PRId64,
                         seconds * 1000, seconds * 1000) > 0);
    face_execute(self, sql);
}

/* ---- reading and writing ---- */

static void test_what_is_set_is_got(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    assert_get(store, STORE_HASH, NULL);
    set(store, STORE_HASH, "{\"a\":1}", HOUR_S);
    set(store, STORE_OTHER, "", HOUR_S);
    assert_get(store, STORE_HASH, "{\"a\":1}");
    assert_get(store, STORE_OTHER, "");
    set(store, STORE_HASH, "{\"a\":2}", HOUR_S);
    assert_get(store, STORE_HASH, "{\"a\":2}");
    cv_cache_store_close(store);
    store = open_store(self);
    assert_get(store, STORE_HASH, "{\"a\":2}");
    cv_cache_store_close(store);
}

static void test_bytes_of_any_kind(void **context) {
    cv_cache_store *store = open_store(*context);
    const char bytes[] = {'a', '\0', '\xFF', 'b'};
    cv_blob blob;
    assert_done(cv_cache_store_set(store, "k", bytes, sizeof(bytes), HOUR_S));
    assert_done(cv_cache_store_set(store, "nothing", NULL, 0, HOUR_S));
    assert_done(cv_cache_store_get(store, "k", &blob));
    assert_int_equal(blob.size, sizeof(bytes));
    assert_memory_equal(blob.data, bytes, sizeof(bytes));
    cv_free(blob.data);
    assert_get(store, "nothing", "");
    cv_cache_store_close(store);
}

static void test_handles_see_each_other(void **context) {
    cv_cache_store *one = open_store(*context);
    cv_cache_store *two = open_store(*context);
    set(one, STORE_HASH, "one", HOUR_S);
    assert_get(two, STORE_HASH, "one");
    assert_done(cv_cache_store_delete(two, STORE_HASH));
    assert_get(one, STORE_HASH, NULL);
    assert_done(cv_cache_store_delete(two, STORE_HASH));
    cv_cache_store_close(two);
    cv_cache_store_close(one);
}

static void test_memory_is_each_handles_own(void **context) {
    (void)context;
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = ":memory:";
    cv_cache_store *one = open_with(&options);
    cv_cache_store *two = open_with(&options);
    set(one, STORE_HASH, "one", HOUR_S);
    assert_get(one, STORE_HASH, "one");
    assert_get(two, STORE_HASH, NULL);
    assert_int_equal(stats_of(one).total_items, 1);
    cv_cache_store_close(two);
    cv_cache_store_close(one);
}

/* ---- time ---- */

static void test_an_expired_body_is_only_stale(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    cv_blob blob;
    int64_t age_ms = 0;
    set(store, STORE_HASH, "body", HOUR_S);
    assert_stale(store, STORE_HASH, "body");
    age(self, HOUR_S - 60);
    assert_get(store, STORE_HASH, "body");
    age(self, 60);
    assert_get(store, STORE_HASH, NULL);
    assert_done(cv_cache_store_get_stale(store, STORE_HASH, &blob, &age_ms));
    face_check_blob(&blob, "body");
    assert_in_range(age_ms, HOUR_S * 1000, HOUR_S * 1000 + API_PATIENCE_MS);
    assert_done(cv_cache_store_get_stale(store, STORE_HASH, &blob, NULL));
    face_check_blob(&blob, "body");
    age(self, WEEK_MS / 1000);
    assert_stale(store, STORE_HASH, NULL);
    cv_cache_store_close(store);
}

static void test_stale_reads_may_be_switched_off(void **context) {
    api *self = *context;
    cv_cache_options options = options_of(self);
    options.stale_s = CV_NONE;
    cv_cache_store *store = open_with(&options);
    set(store, STORE_HASH, "body", HOUR_S);
    age(self, HOUR_S);
    assert_stale(store, STORE_HASH, NULL);
    cv_cache_store_close(store);
}

static void test_the_readers_ttl_bounds_freshness(void **context) {
    api *self = *context;
    cv_cache_options options = options_of(self);
    options.ttl_s = 60;
    cv_cache_store *strict = open_with(&options);
    options.ttl_s = CV_NONE;
    cv_cache_store *distrustful = open_with(&options);
    cv_cache_store *trusting = open_store(self);
    set(trusting, STORE_HASH, "body", YEAR_S);
    assert_get(strict, STORE_HASH, "body");
    assert_get(distrustful, STORE_HASH, NULL);
    age(self, 61);
    assert_get(strict, STORE_HASH, NULL);
    assert_get(trusting, STORE_HASH, "body");
    cv_cache_store_close(trusting);
    cv_cache_store_close(distrustful);
    cv_cache_store_close(strict);
}

static void test_without_a_ttl_the_default_holds(void **context) {
    api *self = *context;
    cv_cache_options options = options_of(self);
    cv_cache_store *store = open_with(&options);
    set(store, "hour", "body", 0);
    assert_int_equal(api_query(self, "SELECT expires_at - created_at FROM cache"), 3600000);
    cv_cache_store_close(store);
    options.ttl_s = 60;
    store = open_with(&options);
    set(store, "hour", "body", 0);
    assert_int_equal(api_query(self, "SELECT expires_at - created_at FROM cache"), 60000);
    cv_cache_store_close(store);
}

/* ---- what is not believed ---- */

static void test_damaged_and_foreign_rows_are_misses(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    set(store, "damaged", "body", HOUR_S);
    set(store, "future", "body", HOUR_S);
    face_execute(self, "UPDATE cache SET value = x'00' WHERE hash = 'damaged'");
    face_execute(self, "UPDATE cache SET created_at = created_at + 60000 WHERE hash = 'future'");
    face_execute(self, "INSERT INTO cache(hash, value, expires_at, created_at)"
                       " VALUES('foreign', x'7b7d', 9000000000000, 1)");
    assert_get(store, "damaged", NULL);
    assert_get(store, "future", NULL);
    assert_get(store, "foreign", NULL);
    assert_stale(store, "foreign", NULL);
    cv_cache_store_close(store);
}

static void test_a_body_too_large_is_not_kept(void **context) {
    cv_cache_options options = options_of(*context);
    options.max_entry_bytes = 4;
    cv_cache_store *store = open_with(&options);
    set(store, STORE_HASH, "four", HOUR_S);
    assert_get(store, STORE_HASH, "four");
    set(store, STORE_HASH, "fives", HOUR_S);
    assert_get(store, STORE_HASH, NULL);
    cv_cache_store_close(store);
    options.max_entry_bytes = CV_NONE;
    store = open_with(&options);
    set(store, STORE_HASH, "fives", HOUR_S);
    assert_get(store, STORE_HASH, "fives");
    cv_cache_store_close(store);
    options.max_bytes = 4;
    store = open_with(&options);
    set(store, STORE_HASH, "fives", HOUR_S);
    assert_get(store, STORE_HASH, NULL);
    cv_cache_store_close(store);
}

/* ---- the whole ---- */

static void test_statistics(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    cv_cache_stats stats = stats_of(store);
    assert_int_equal(stats.total_items, 0);
    assert_int_equal(stats.bytes, 0);
    assert_true(stats.database_size_kb > 0);
    set(store, "a", "12345", HOUR_S);
    age(self, HOUR_S);
    set(store, "b", "123", HOUR_S);
    assert_get(store, "a", NULL);
    assert_stale(store, "a", "12345");
    assert_get(store, "b", "123");
    assert_get(store, "b", "123");
    face_execute(self, "INSERT INTO cache(hash, value, expires_at, created_at)"
                       " VALUES('theirs', x'7b7d', 9000000000000, 1), ('old', x'00', 1, 1)");
    assert_get(store, "theirs", NULL);
    stats = stats_of(store);
    assert_int_equal(stats.total_items, 4);
    assert_int_equal(stats.expired_items, 2);
    assert_int_equal(stats.bytes, 11);
    assert_int_equal(stats.negative_items, 0);
    assert_int_equal(stats.negative_hits, 0);
    assert_int_equal(stats.database_size_kb,
                     api_query(self, "SELECT page_count * page_size / 1024"
                                     " FROM pragma_page_count, pragma_page_size"));
    assert_int_equal(stats.hits, 2);
    assert_int_equal(stats.misses, 2);
    assert_int_equal(stats.stale_hits, 1);
    cv_cache_store_close(store);
}

static void fill(cv_cache_store *store, int count) {
    for (int i = 0; i < count; i++) {
        char hash[16];
        assert_true(snprintf(hash, sizeof(hash), "row%d", i) > 0);
        set(store, hash, "x", HOUR_S);
    }
}

static void test_cleanup_leaves_what_may_be_read(void **context) {
    api *self = *context;
    cv_cache_options options = options_of(self);
    options.cleanup_interval_ms = CV_NONE;
    cv_cache_store *store = open_with(&options);
    fill(store, OVER_ENTRIES);
    age(self, HOUR_S + WEEK_MS / 1000);
    set(store, "fresh", "x", HOUR_S);
    assert_int_equal(stats_of(store).total_items, OVER_ENTRIES + 1);
    assert_done(cv_cache_store_cleanup(store));
    assert_int_equal(stats_of(store).total_items, 1);
    age(self, HOUR_S);
    assert_done(cv_cache_store_cleanup(store));
    assert_stale(store, "fresh", "x");
    cv_cache_store_close(store);
}

/* A call that writes cleans a batch when the interval has passed: here at once. */
static void test_cleaning_by_interval(void **context) {
    api *self = *context;
    cv_cache_options options = options_of(self);
    options.cleanup_interval_ms = 1;
    cv_cache_store *store = open_with(&options);
    set(store, "old", "x", HOUR_S);
    age(self, HOUR_S + WEEK_MS / 1000);
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    while (stats_of(store).total_items > 1 || api_query(self, "SELECT count(*) FROM cache"
                                                              " WHERE hash = 'old'") > 0) {
        assert_true(api_now_ms() < end_ms);
        set(store, "new", "x", HOUR_S);
    }
    assert_get(store, "new", "x");
    cv_cache_store_close(store);
}

static void test_clear_deletes_everything(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    fill(store, OVER_ENTRIES);
    face_execute(self, "INSERT INTO cache(hash, value, expires_at, created_at)"
                       " VALUES('foreign', x'7b7d', 9000000000000, 1)");
    assert_done(cv_cache_store_clear(store));
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache"), 0);
    assert_done(cv_cache_store_clear(store));
    set(store, STORE_HASH, "x", HOUR_S);
    assert_get(store, STORE_HASH, "x");
    cv_cache_store_close(store);
}

/* ---- others on the file ---- */

static void *set_one(void *store) {
    return cv_cache_store_set(store, STORE_HASH, "x", 1, HOUR_S) ? store : NULL;
}

static void test_a_writer_waits_for_others(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    struct sqlite3 *other = face_lock(self);
    pthread_t thread;
    void *done = NULL;
    assert_int_equal(pthread_create(&thread, NULL, set_one, store), 0);
    assert_get(store, STORE_OTHER, NULL);
    face_unlock(other);
    assert_int_equal(pthread_join(thread, &done), 0);
    assert_ptr_equal(done, store);
    assert_get(store, STORE_HASH, "x");
    cv_cache_store_close(store);
}

static void test_patience_ends(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    struct sqlite3 *other = face_lock(self);
    assert_refused(cv_cache_store_set(store, STORE_HASH, "x", 1, HOUR_S), CV_ERROR_STORE);
    assert_true(cv_last_error()->retryable);
    face_unlock(other);
    assert_done(cv_cache_store_set(store, STORE_HASH, "x", 1, HOUR_S));
    cv_cache_store_close(store);
}

/* ---- bad input ---- */

static void test_bad_hashes_are_refused(void **context) {
    cv_cache_store *store = open_store(*context);
    const char *const bad[] = {NULL, "", face_long_text(CV_HASH_MAX + 1)};
    cv_blob blob = {(void *)1, 1};
    int64_t age_ms = 0;
    for (size_t i = 0; i < API_COUNT(bad); i++) {
        assert_refused(cv_cache_store_get(store, bad[i], &blob), CV_ERROR_ARGUMENT);
        assert_null(blob.data);
        assert_refused(cv_cache_store_get_stale(store, bad[i], &blob, &age_ms), CV_ERROR_ARGUMENT);
        assert_refused(cv_cache_store_set(store, bad[i], "x", 1, HOUR_S), CV_ERROR_ARGUMENT);
        assert_refused(cv_cache_store_delete(store, bad[i]), CV_ERROR_ARGUMENT);
    }
    const char *longest = face_long_text(CV_HASH_MAX);
    set(store, longest, "x", HOUR_S);
    assert_get(store, longest, "x");
    cv_cache_store_close(store);
}

static void test_bad_arguments_are_refused(void **context) {
    cv_cache_store *store = open_store(*context);
    cv_blob blob;
    cv_cache_stats stats;
    assert_refused(cv_cache_store_set(store, "k", NULL, 1, HOUR_S), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_set(store, "k", "x", 1, -1), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_set(store, "k", "x", 1, YEAR_S + 1), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_set(store, "k", "x", 1, INT64_MAX), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_set(store, "k", "x", 1, INT64_MIN), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_set(store, "k", NULL, SIZE_MAX, HOUR_S), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_get(store, "k", NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_get_stale(store, "k", NULL, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_stats(store, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_get(NULL, "k", &blob), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_get_stale(NULL, "k", &blob, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_set(NULL, "k", "x", 1, HOUR_S), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_delete(NULL, "k"), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_stats(NULL, &stats), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_cleanup(NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_clear(NULL), CV_ERROR_ARGUMENT);
    assert_int_equal(stats_of(store).total_items, 0);
    cv_cache_store_close(store);
    cv_cache_store_close(NULL);
}

static void assert_not_opened(const cv_cache_options *options, cv_code code) {
    assert_null(cv_cache_store_open(options));
    face_assert_error(code);
}

static void test_bad_options_are_refused(void **context) {
    const cv_cache_options good = options_of(*context);
    const cv_allocator lame = {NULL, NULL, NULL, NULL};
    cv_cache_options cases[] = {good, good, good, good, good, good, good,
                                good, good, good, good, good, good, good};
    cases[0].stale_s = -2;
    cases[1].ttl_s = YEAR_S + 1;
    cases[2].max_entry_bytes = -2;
    cases[3].cleanup_interval_ms = INT64_MIN;
    cases[4].reserved[3] = 1;
    cases[5].allocator = &lame;
    cases[6].scope = face_long_text(CV_SCOPE_MAX + 1);
    cases[7].size = 3;
    cases[8].size = SIZE_MAX;
    cases[9].max_bytes = -2;
    cases[10].max_bytes = INT64_MAX;
    cases[11].max_entry_bytes = INT64_MAX;
    cases[12].stale_s = INT64_MAX;
    cases[13].ttl_s = INT64_MIN;
    assert_not_opened(NULL, CV_ERROR_ARGUMENT);
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        assert_not_opened(&cases[i], CV_ERROR_ARGUMENT);
    }
    cv_cache_options both = good;
    cv_cache_options oldest =
        good; /* of a program that was built before later members were added */
    both.connection = (struct sqlite3 *)(void *)&both; /* refused before it is looked at */
    assert_not_opened(&both, CV_ERROR_ARGUMENT);
    oldest.size = offsetof(cv_cache_options, max_bytes);
    oldest.max_bytes = -2; /* lies beyond its end */
    cv_cache_store_close(open_with(&oldest));
    cv_cache_options folder = good;
    folder.database = ((api *)*context)->scratch.folder;
    assert_not_opened(&folder, CV_ERROR_STORE);
}

/* ---- memory ---- */

/* Opens, writes and reads; true if nothing was refused. */
static bool live_a_little(const api *self, failing_allocator *memory) {
    cv_cache_options options = options_of(self);
    cv_blob blob = {NULL, 0};
    options.allocator = &memory->allocator;
    cv_cache_store *store = cv_cache_store_open(&options);
    if (store == NULL) {
        face_assert_error(CV_ERROR_NOMEM);
        return false;
    }
    bool done = cv_cache_store_set(store, STORE_HASH, "body", 4, HOUR_S) &&
                cv_cache_store_get(store, STORE_HASH, &blob);
    if (done) {
        face_check_blob(&blob, "body");
    } else {
        face_assert_error(CV_ERROR_NOMEM);
        assert_null(blob.data);
    }
    cv_cache_store_close(store);
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
        API_TEST(test_what_is_set_is_got),
        API_TEST(test_bytes_of_any_kind),
        API_TEST(test_handles_see_each_other),
        API_TEST(test_memory_is_each_handles_own),
        API_TEST(test_an_expired_body_is_only_stale),
        API_TEST(test_stale_reads_may_be_switched_off),
        API_TEST(test_the_readers_ttl_bounds_freshness),
        API_TEST(test_without_a_ttl_the_default_holds),
        API_TEST(test_damaged_and_foreign_rows_are_misses),
        API_TEST(test_a_body_too_large_is_not_kept),
        API_TEST(test_statistics),
        API_TEST(test_cleanup_leaves_what_may_be_read),
        API_TEST(test_cleaning_by_interval),
        API_TEST(test_clear_deletes_everything),
        API_TEST(test_a_writer_waits_for_others),
        API_TEST(test_patience_ends),
        API_TEST(test_bad_hashes_are_refused),
        API_TEST(test_bad_arguments_are_refused),
        API_TEST(test_bad_options_are_refused),
        API_TEST(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
