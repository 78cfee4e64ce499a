/* What the handles of all three stores may be told beside their own: a clock, a bound on memory. */
#include "support/store_face.h"

#include <stdlib.h>
#include <string.h>

#include <comicvine/sys/clock.h>

#include "support/failing_allocator.h"

enum { CAP_BYTES = 65536, BODY_BYTES = 20000, MOST_BLOBS = 8 };

static const char resource[] = "issue";

/* ---- a clock of the application's ---- */

typedef struct stopped_clock {
    cv_clock clock;
    cv_now now;
} stopped_clock;

static cv_now look(void *user) {
    const stopped_clock *self = user;
    return self->now;
}

static void set_hand(stopped_clock *self) {
    self->now = (cv_now){5000000, INT64_C(1717243200000)};
    self->clock = (cv_clock)CV_CLOCK_INIT;
    self->clock.now = look;
    self->clock.user = self;
    self->clock.boot_id = "simulation";
}

static void advance(stopped_clock *self, int64_t duration_ms) {
    self->now.boot_ms += duration_ms;
    self->now.wall_ms += duration_ms;
}

static void test_a_body_ages_by_the_clock(void **context) {
    const api *self = *context;
    stopped_clock hand;
    set_hand(&hand);
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->database.text;
    options.clock = &hand.clock;
    cv_cache_store *store = cv_cache_store_open(&options);
    assert_non_null(store);
    assert_done(cv_cache_store_set(store, STORE_HASH, "body", 4, 60));
    cv_blob blob;
    advance(&hand, 59999);
    assert_done(cv_cache_store_get(store, STORE_HASH, &blob));
    face_check_blob(&blob, "body");
    advance(&hand, 1);
    assert_done(cv_cache_store_get(store, STORE_HASH, &blob));
    face_check_blob(&blob, NULL);
    int64_t age_ms = -1;
    assert_done(cv_cache_store_get_stale(store, STORE_HASH, &blob, &age_ms));
    face_check_blob(&blob, "body");
    assert_int_equal(age_ms, 60000);
    cv_cache_store_close(store);
}

static void test_a_window_passes_by_the_clock(void **context) {
    const api *self = *context;
    stopped_clock hand;
    set_hand(&hand);
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database.text;
    options.kind = CV_LIMIT_SLIDING;
    options.limit = 1;
    options.window_ms = 100000;
    options.guard_ms = CV_NONE;
    options.min_interval_ms = CV_NO_INTERVAL;
    options.clock = &hand.clock;
    cv_rate_limit_store *store = cv_rate_limit_store_open(&options);
    assert_non_null(store);
    int64_t wait_ms = -1;
    assert_done(cv_rate_limit_store_acquire(store, resource, CV_PRIORITY_USER, &wait_ms));
    assert_int_equal(wait_ms, 0);
    advance(&hand, 40000);
    assert_done(cv_rate_limit_store_acquire(store, resource, CV_PRIORITY_USER, &wait_ms));
    assert_int_equal(wait_ms, 60000);
    advance(&hand, 60000);
    assert_done(cv_rate_limit_store_acquire(store, resource, CV_PRIORITY_USER, &wait_ms));
    assert_int_equal(wait_ms, 0);
    cv_rate_limit_store_close(store);
}

/* The clock stands: what sleeps goes by the system's. */
static void test_a_job_ages_by_the_clock(void **context) {
    const api *self = *context;
    stopped_clock hand;
    set_hand(&hand);
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.database = self->database.text;
    options.lease_ms = 5000;
    options.clock = &hand.clock;
    cv_dedupe_store *first = cv_dedupe_store_open(&options);
    cv_dedupe_store *second = cv_dedupe_store_open(&options);
    assert_non_null(first);
    assert_non_null(second);
    char job[CV_JOB_ID_SIZE];
    char seen[CV_JOB_ID_SIZE];
    bool is_owner = false;
    assert_done(cv_dedupe_store_register(first, STORE_HASH, job, &is_owner));
    assert_true(is_owner);
    advance(&hand, 4999);
    assert_done(cv_dedupe_store_register(second, STORE_HASH, seen, &is_owner));
    assert_false(is_owner);
    assert_string_equal(seen, job);
    cv_blob result;
    assert_refused(cv_dedupe_store_wait(second, STORE_HASH, job, 20, &result, NULL),
                   CV_ERROR_TIMEOUT);
    advance(&hand, 2);
    assert_done(cv_dedupe_store_register(second, STORE_HASH, seen, &is_owner));
    assert_true(is_owner);
    assert_refused(cv_dedupe_store_complete(first, STORE_HASH, job, "x", 1), CV_ERROR_CANCELLED);
    cv_dedupe_store_close(first);
    cv_dedupe_store_close(second);
}

/* ---- memory ---- */

static cv_cache_store *open_capped(const api *self, const cv_allocator *allocator,
                                   int64_t max_memory_bytes) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->database.text;
    options.allocator = allocator;
    options.max_memory_bytes = max_memory_bytes;
    return cv_cache_store_open(&options);
}

static void assert_full(void) {
    face_assert_error(CV_ERROR_NOMEM);
    assert_non_null(strstr(cv_last_error()->message, "max_memory_bytes"));
}

/* Reads until a blob does not fit any more; answers how many did. */
static size_t fill(cv_cache_store *store, cv_blob blobs[MOST_BLOBS]) {
    size_t count = 0;
    while (count < MOST_BLOBS && cv_cache_store_get(store, STORE_HASH, &blobs[count])) {
        count++;
    }
    assert_in_range(count, 1, MOST_BLOBS - 1);
    assert_full();
    assert_null(blobs[count].data);
    return count;
}

static void test_blobs_count_until_they_are_freed(void **context) {
    const api *self = *context;
    failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    cv_cache_store *store = open_capped(self, &memory.allocator, CAP_BYTES);
    assert_non_null(store);
    char *body = calloc(1, BODY_BYTES);
    assert_non_null(body);
    memset(body, 'b', BODY_BYTES);
    assert_done(cv_cache_store_set(store, STORE_HASH, body, BODY_BYTES, 0));

    cv_blob blobs[MOST_BLOBS];
    size_t count = fill(store, blobs);
    assert_true(atomic_load(&memory.bytes) <= CAP_BYTES);
    cv_free(blobs[--count].data);
    assert_done(cv_cache_store_get(store, STORE_HASH, &blobs[count]));
    count++;

    cv_cache_store_close(store);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(blobs[i].size, BODY_BYTES);
        assert_memory_equal(blobs[i].data, body, BODY_BYTES);
        cv_free(blobs[i].data);
    }
    assert_int_equal(atomic_load(&memory.live), 0);
    free(body);
}

static void test_what_never_fits_is_refused(void **context) {
    const api *self = *context;
    cv_cache_store *whole = open_capped(self, NULL, CV_NONE);
    cv_cache_store *capped = open_capped(self, NULL, CAP_BYTES);
    assert_non_null(whole);
    assert_non_null(capped);
    char *body = calloc(1, CAP_BYTES);
    assert_non_null(body);
    assert_done(cv_cache_store_set(whole, STORE_HASH, body, CAP_BYTES, 0));
    assert_done(cv_cache_store_set(whole, STORE_OTHER, "small", 5, 0));
    cv_blob blob;
    assert_false(cv_cache_store_get(capped, STORE_HASH, &blob));
    assert_full();
    assert_done(cv_cache_store_get(capped, STORE_OTHER, &blob));
    face_check_blob(&blob, "small");
    assert_done(cv_cache_store_get(whole, STORE_HASH, &blob));
    assert_int_equal(blob.size, CAP_BYTES);
    cv_free(blob.data);
    cv_cache_store_close(whole);
    cv_cache_store_close(capped);
    free(body);
}

static void test_the_others_are_bounded_too(void **context) {
    const api *self = *context;
    cv_dedupe_options jobs = CV_DEDUPE_OPTIONS_INIT;
    jobs.database = self->database.text;
    jobs.max_memory_bytes = CAP_BYTES;
    cv_dedupe_store *dedupe = cv_dedupe_store_open(&jobs);
    assert_non_null(dedupe);
    char job[CV_JOB_ID_SIZE];
    bool is_owner = false;
    char *result = calloc(1, CAP_BYTES);
    assert_non_null(result);
    assert_done(cv_dedupe_store_register(dedupe, STORE_HASH, job, &is_owner));
    assert_done(cv_dedupe_store_complete(dedupe, STORE_HASH, job, result, CAP_BYTES));
    cv_blob blob;
    assert_false(cv_dedupe_store_wait(dedupe, STORE_HASH, job, 0, &blob, NULL));
    assert_full();
    cv_dedupe_store_close(dedupe);
    free(result);

    cv_rate_limit_options limits = CV_RATE_LIMIT_OPTIONS_INIT;
    limits.database = self->database.text;
    limits.max_memory_bytes = CAP_BYTES - 1;
    assert_null(cv_rate_limit_store_open(&limits));
    face_assert_error(CV_ERROR_ARGUMENT);
    limits.max_memory_bytes = CAP_BYTES;
    cv_rate_limit_store *store = cv_rate_limit_store_open(&limits);
    assert_non_null(store);
    cv_rate_limit_store_close(store);
}

/* ---- the default database ---- */

static void set_home(const char *data, const char *home) {
    assert_int_equal(data != NULL ? setenv("XDG_DATA_HOME", data, 1) : unsetenv("XDG_DATA_HOME"),
                     0);
    assert_int_equal(home != NULL ? setenv("HOME", home, 1) : unsetenv("HOME"), 0);
}

/* Handles that name no database have the file that clients have by default. */
static void test_without_a_database_it_is_the_default_one(void **context) {
    const api *self = *context;
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    set_home(self->scratch.folder, NULL);
    cv_cache_store *store = cv_cache_store_open(&options);
    assert_non_null(store);
    assert_done(cv_cache_store_set(store, STORE_HASH, "body", 4, 60));
    cv_cache_store_close(store);
    scratch_path file = scratch_file(&self->scratch, "comicvine/comicvine.db");
    options.database = file.text;
    store = cv_cache_store_open(&options);
    assert_non_null(store);
    cv_blob blob;
    assert_done(cv_cache_store_get(store, STORE_HASH, &blob));
    face_check_blob(&blob, "body");
    cv_cache_store_close(store);
}

static void test_without_a_home_there_is_no_default(void **context) {
    (void)context;
    failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.allocator = &memory.allocator;
    options.max_memory_bytes = CAP_BYTES;
    set_home(NULL, NULL);
    assert_null(cv_cache_store_open(&options));
    face_assert_error(CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, "XDG_DATA_HOME"));
    assert_int_equal(atomic_load(&memory.live), 0);
}

/* ---- at the door ---- */

static void test_what_is_refused(void **context) {
    const api *self = *context;
    failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    static const int64_t wrong[] = {1, CAP_BYTES - 1, -2, INT64_MIN};
    for (size_t i = 0; i < API_COUNT(wrong); i++) {
        assert_null(open_capped(self, &memory.allocator, wrong[i]));
        face_assert_error(CV_ERROR_ARGUMENT);
        assert_non_null(strstr(cv_last_error()->message, "max_memory_bytes"));
    }
    const cv_clock none = CV_CLOCK_INIT;
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->database.text;
    options.allocator = &memory.allocator;
    options.clock = &none;
    assert_null(cv_cache_store_open(&options));
    face_assert_error(CV_ERROR_ARGUMENT);
    assert_int_equal(atomic_load(&memory.live), 0);
}

/* A handle that is not opened leaves nothing, the cap neither. */
static void test_a_folder_is_no_file(void **context) {
    const api *self = *context;
    failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->scratch.folder;
    options.allocator = &memory.allocator;
    options.max_memory_bytes = CAP_BYTES;
    assert_null(cv_cache_store_open(&options));
    face_assert_error(CV_ERROR_STORE);
    assert_int_equal(atomic_load(&memory.live), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_a_body_ages_by_the_clock),
        API_TEST(test_a_window_passes_by_the_clock),
        API_TEST(test_a_job_ages_by_the_clock),
        API_TEST(test_blobs_count_until_they_are_freed),
        API_TEST(test_what_never_fits_is_refused),
        API_TEST(test_the_others_are_bounded_too),
        API_TEST(test_without_a_database_it_is_the_default_one),
        API_TEST(test_without_a_home_there_is_no_default),
        API_TEST(test_what_is_refused),
        API_TEST(test_a_folder_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
