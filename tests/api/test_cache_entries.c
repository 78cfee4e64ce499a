/* The rows of the cache as rows: walking through them, reading one, storing one with its times. */
#include "support/store_face.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/failing_allocator.h"

enum { HOUR_S = 3600, HOUR_MS = 3600000, MANY = 25 };

static cv_cache_store *open_store(const api *self) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->database.text;
    cv_cache_store *store = cv_cache_store_open(&options);
    assert_non_null(store);
    return store;
}

static void set(cv_cache_store *store, const char *hash, const char *text) {
    assert_done(cv_cache_store_set(store, hash, text, strlen(text), HOUR_S));
}

/* Of a row that was just made, and so near to now. */
static int64_t just_now_ms(cv_cache_store *store, const char *hash) {
    cv_cache_entry entry;
    assert_done(cv_cache_store_read(store, hash, &entry, NULL));
    return entry.created_at_ms;
}

static void test_walk_sees_each_row_once(void **context) {
    cv_cache_store *store = open_store(*context);
    char hash[16];
    for (int i = 0; i < MANY; i++) {
        assert_true(snprintf(hash, sizeof(hash), "row %02d", (i * 7) % MANY) > 0);
        set(store, hash, "{}");
    }
    cv_cache_entry entries[4];
    char after[CV_HASH_MAX + 1] = "";
    size_t count = 0;
    int seen = 0;
    assert_done(cv_cache_store_list(store, NULL, entries, 4, &count));
    while (count > 0) {
        for (size_t i = 0; i < count; i++) {
            assert_true(snprintf(hash, sizeof(hash), "row %02d", seen++) > 0);
            assert_string_equal(entries[i].hash, hash);
            assert_int_equal(entries[i].size, 2);
            assert_int_equal(entries[i].expires_at_ms - entries[i].created_at_ms, HOUR_MS);
            assert_false(entries[i].is_negative);
            assert_false(entries[i].is_foreign);
        }
        memcpy(after, entries[count - 1].hash, sizeof(after));
        assert_done(cv_cache_store_list(store, after, entries, 4, &count));
    }
    assert_int_equal(seen, MANY);
    cv_cache_store_close(store);
}

static void test_rows_of_others_are_told_apart(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    set(store, "b", "{\"mine\":1}");
    face_execute(self, "INSERT INTO cache(hash, value, expires_at, created_at)"
                       " VALUES('a', 'theirs', 99, 12), (x'0102', 'odd', 1, 1),"
                       " (printf('%.*c', 300, 'x'), 'long', 1, 1)");
    cv_cache_entry entries[8];
    size_t count = 0;
    assert_done(cv_cache_store_list(store, NULL, entries, 8, &count));
    assert_int_equal(count, 2);
    assert_string_equal(entries[0].hash, "a");
    assert_true(entries[0].is_foreign);
    assert_int_equal(entries[0].created_at_ms, 12);
    assert_int_equal(entries[0].expires_at_ms, 99);
    assert_false(entries[1].is_foreign);
    cv_blob blob;
    assert_done(cv_cache_store_read(store, "a", &entries[0], &blob));
    assert_true(entries[0].is_foreign);
    assert_null(blob.data);
    cv_cache_store_close(store);
}

static void test_read_takes_any_age_and_counts_nothing(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    cv_cache_entry entry;
    cv_blob blob;
    set(store, STORE_HASH, "{\"a\":1}");
    face_age(self, INT64_C(86400) * 365);
    assert_done(cv_cache_store_read(store, STORE_HASH, &entry, &blob));
    assert_string_equal(entry.hash, STORE_HASH);
    assert_int_equal(entry.size, 7);
    face_check_blob(&blob, "{\"a\":1}");
    assert_done(cv_cache_store_read(store, STORE_OTHER, &entry, &blob));
    assert_string_equal(entry.hash, "");
    assert_null(blob.data);
    cv_cache_stats stats;
    assert_done(cv_cache_store_stats(store, &stats));
    assert_int_equal(stats.hits + stats.misses + stats.stale_hits, 0);
    cv_cache_store_close(store);
}

static void test_damaged_row_is_said_to_be_and_stays(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    cv_cache_entry entry;
    cv_blob blob;
    set(store, STORE_HASH, "{\"a\":1}");
    face_execute(self, "UPDATE cache SET value = CAST('{\"a\":2}' AS BLOB)");
    for (int i = 0; i < 2; i++) {
        assert_done(cv_cache_store_read(store, STORE_HASH, &entry, &blob));
        assert_true(entry.is_damaged);
        assert_false(entry.is_foreign);
        assert_null(blob.data);
    }
    cv_cache_store_close(store);
}

static void test_put_keeps_times_and_what_is_newer(void **context) {
    cv_cache_store *store = open_store(*context);
    set(store, STORE_OTHER, "now");
    int64_t now_ms = just_now_ms(store, STORE_OTHER);
    bool stored = false;
    cv_cache_entry entry;
    cv_blob blob;
    assert_done(cv_cache_store_put(store, STORE_HASH, "old", 3, now_ms - HOUR_MS, now_ms + HOUR_MS,
                                   &stored));
    assert_true(stored);
    assert_done(cv_cache_store_read(store, STORE_HASH, &entry, &blob));
    assert_int_equal(entry.created_at_ms, now_ms - HOUR_MS);
    assert_int_equal(entry.expires_at_ms, now_ms + HOUR_MS);
    face_check_blob(&blob, "old");
    assert_done(cv_cache_store_get(store, STORE_HASH, &blob));
    face_check_blob(&blob, "old");
    assert_done(cv_cache_store_put(store, STORE_OTHER, "older", 5, now_ms - HOUR_MS,
                                   now_ms + HOUR_MS, &stored));
    assert_false(stored);
    assert_done(cv_cache_store_get(store, STORE_OTHER, &blob));
    face_check_blob(&blob, "now");
    cv_cache_store_close(store);
}

static void test_put_leaves_out_what_nobody_could_use(void **context) {
    cv_cache_store *store = open_store(*context);
    bool stored = true;
    size_t count = 1;
    cv_cache_entry entry;
    assert_done(cv_cache_store_put(store, STORE_HASH, "past", 4, 1000, 2000, &stored));
    assert_false(stored);
    assert_done(cv_cache_store_list(store, NULL, &entry, 1, &count));
    assert_int_equal(count, 0);
    cv_cache_store_close(store);
}

static void test_arguments_are_checked(void **context) {
    cv_cache_store *store = open_store(*context);
    cv_cache_entry entry;
    size_t count = 0;
    set(store, STORE_OTHER, "now");
    int64_t now_ms = just_now_ms(store, STORE_OTHER);
    assert_refused(cv_cache_store_list(NULL, NULL, &entry, 1, &count), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_list(store, NULL, NULL, 1, &count), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_list(store, NULL, &entry, 0, &count), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_list(store, NULL, &entry, 1, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_list(store, "", &entry, 1, &count), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_read(store, STORE_HASH, NULL, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_read(store, NULL, &entry, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_put(store, STORE_HASH, NULL, 1, 1, 2, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_put(store, STORE_HASH, "", 0, -1, 2, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_put(store, STORE_HASH, "", 0, 3, 2, NULL), CV_ERROR_ARGUMENT);
    assert_refused(
        cv_cache_store_put(store, STORE_HASH, "", 0, now_ms + HOUR_MS, now_ms + 2 * HOUR_MS, NULL),
        CV_ERROR_ARGUMENT);
    assert_refused(cv_cache_store_put(store, STORE_HASH, "", 0, 1, INT64_MAX, NULL),
                   CV_ERROR_ARGUMENT);
    cv_cache_store_close(store);
}

/* Whatever allocation fails, the call says so, and nothing is lost. */
static void test_without_memory(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self);
    set(store, STORE_HASH, "{\"a\":1}");
    cv_cache_store_close(store);
    failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->database.text;
    options.allocator = &memory.allocator;
    store = cv_cache_store_open(&options);
    assert_non_null(store);
    size_t failures = 0;
    for (bool done = false; !done;) {
        cv_cache_entry entry;
        cv_blob blob;
        memory.failing_call = memory.calls + failures + 1;
        done = cv_cache_store_read(store, STORE_HASH, &entry, &blob);
        if (!done) {
            face_assert_error(CV_ERROR_NOMEM);
            assert_null(blob.data);
            failures++;
        } else {
            face_check_blob(&blob, "{\"a\":1}");
        }
    }
    assert_true(failures > 0);
    cv_cache_store_close(store);
    assert_int_equal(memory.live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_walk_sees_each_row_once),
        API_TEST(test_rows_of_others_are_told_apart),
        API_TEST(test_read_takes_any_age_and_counts_nothing),
        API_TEST(test_damaged_row_is_said_to_be_and_stays),
        API_TEST(test_put_keeps_times_and_what_is_newer),
        API_TEST(test_put_leaves_out_what_nobody_could_use),
        API_TEST(test_arguments_are_checked),
        API_TEST(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
