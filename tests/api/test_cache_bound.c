/* A cache held to a size and kept clean, by handles and clients, alone and with others on the file.
 */
#include "support/api_actor.h"
#include "support/api_drive.h"
#include "support/store_face.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { HOUR_S = 3600, FIRST_ISSUE = 1000, ISSUES = 40, ROUNDS = 20, BODY_BYTES = 100 };

#define SUM "SELECT coalesce(sum(length(value)), 0) FROM cache"

static int set_up_issues(void **context) {
    *context = api_new_with_issues(FIRST_ISSUE, ISSUES);
    return 0;
}

static cv_cache_store *open_store(const api *self, int64_t max_bytes) {
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->database.text;
    options.max_bytes = max_bytes;
    cv_cache_store *store = cv_cache_store_open(&options);
    if (store == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return store;
}

static void set(cv_cache_store *store, int number) {
    char hash[16];
    char body[BODY_BYTES];
    memset(body, 'x', sizeof(body));
    assert_true(snprintf(hash, sizeof(hash), "h%d", number) > 0);
    assert_done(cv_cache_store_set(store, hash, body, sizeof(body), HOUR_S));
}

static bool has(cv_cache_store *store, int number) {
    char hash[16];
    cv_blob blob;
    assert_true(snprintf(hash, sizeof(hash), "h%d", number) > 0);
    assert_done(cv_cache_store_get(store, hash, &blob));
    bool found = blob.data != NULL;
    cv_free(blob.data);
    return found;
}

/* Rows of another program, long expired or never. */
static void fill(const api *self, int64_t rows, int64_t size, bool are_expired) {
    char sql[320];
    assert_true(snprintf(sql, sizeof(sql),
                         "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE"
                         " i < %" PRId64 ") INSERT INTO cache(hash, value, expires_at, created_at)"
                         " SELECT 'theirs' || i, zeroblob(%" PRId64 "), %s, i FROM n",
                         rows, size, are_expired ? "i" : "9000000000000") > 0);
    face_execute(self, sql);
}

/* ---- handles ---- */

static void test_the_least_recently_used_goes(void **context) {
    api *self = *context;
    cv_cache_store *store = open_store(self, INT64_C(10) * BODY_BYTES);
    for (int i = 0; i < 10; i++) {
        set(store, i);
    }
    face_execute(self, "UPDATE cache SET created_at = created_at - 600000 + rowid");
    assert_true(has(store, 0));
    assert_true(has(store, 2));
    set(store, 10);
    set(store, 11);
    assert_true(has(store, 0));
    assert_false(has(store, 1));
    assert_true(has(store, 2));
    assert_false(has(store, 3));
    assert_int_equal(api_query(self, SUM), 10 * BODY_BYTES);
    cv_cache_store_close(store);
}

static void test_memory_is_held_to_a_size_too(void **context) {
    (void)context;
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = ":memory:";
    options.max_bytes = INT64_C(3) * BODY_BYTES;
    cv_cache_store *store = cv_cache_store_open(&options);
    cv_cache_stats stats;
    assert_non_null(store);
    for (int i = 0; i < 10; i++) {
        set(store, i);
        assert_true(has(store, i));
    }
    assert_done(cv_cache_store_stats(store, &stats));
    assert_int_equal(stats.bytes, 3 * BODY_BYTES);
    assert_int_equal(stats.total_items, 3);
    assert_done(cv_cache_store_cleanup(store));
    assert_done(cv_cache_store_clear(store));
    assert_done(cv_cache_store_stats(store, &stats));
    assert_int_equal(stats.bytes, 0);
    cv_cache_store_close(store);
}

/* A bound set later, on a file that is far above it. */
static void test_cleanup_by_hand_brings_the_file_below(void **context) {
    enum { ROWS = 1000 };
    api *self = *context;
    cv_cache_store *unbound = open_store(self, 0);
    fill(self, ROWS, BODY_BYTES, false);
    assert_done(cv_cache_store_cleanup(unbound));
    assert_int_equal(api_query(self, SUM), ROWS * BODY_BYTES);
    cv_cache_store *store = open_store(self, INT64_C(10) * BODY_BYTES);
    assert_done(cv_cache_store_cleanup(store));
    assert_int_equal(api_query(self, SUM), 10 * BODY_BYTES);
    assert_int_equal(api_query(self, "SELECT min(created_at) FROM cache"), ROWS - 9);
    cv_cache_store_close(store);
    cv_cache_store_close(unbound);
}

/* ---- clients ---- */

/* Two processes with one bound, and a third without, whose rows count too. */
static void test_processes_hold_one_bound(void **context) {
    enum { ACTORS = 3, BOUND = 1000 };
    static const char *const arguments[ACTORS][ACTOR_ARGUMENTS_MAX] = {
        {"max_bytes=1000"}, {"max_bytes=1000"}, {"max_bytes=-1"}};
    api *self = *context;
    process actors[ACTORS];
    int64_t most = 0;
    for (size_t i = 0; i < ACTORS; i++) {
        actor_start(&actors[i], self, arguments[i]);
    }
    for (int round = 0; round < ROUNDS; round++) {
        size_t turn = (size_t)round % ACTORS;
        int64_t id = FIRST_ISSUE + round;
        assert_int_equal(actor_read(&actors[turn], id).source, CV_SOURCE_NETWORK);
        int64_t sum = api_query(self, SUM);
        most = sum > most ? sum : most;
        assert_true(turn == ACTORS - 1 || sum <= BOUND);
        assert_int_equal(actor_read(&actors[(turn + 1) % ACTORS], id).source, CV_SOURCE_CACHE);
    }
    assert_true(most > BOUND / 2); /* or nothing would have been tested */
    assert_true(api_query(self, "SELECT count(*) FROM cache") < ROUNDS);
    for (size_t i = 0; i < ACTORS; i++) {
        actor_end(&actors[i]);
    }
}

/* By interval, with nothing stored meanwhile. */
static void test_a_client_cleans_by_itself(void **context) {
    enum { EXPIRED = 450, OTHERS = 450 };
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.cleanup_interval_ms = 1;
    options.cache.max_bytes = INT64_C(100) * BODY_BYTES;
    fill(scene->self, EXPIRED, 1, true);
    face_execute(scene->self, "UPDATE cache SET hash = 'expired' || rowid");
    fill(scene->self, OTHERS, BODY_BYTES, false);
    cv_client *client = drive_open(scene, &options);
    assert_int_equal(api_retrieve(client, 52).code, CV_OK);
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    while (api_query(scene->self, SUM) > options.cache.max_bytes ||
           api_query(scene->self, "SELECT count(*) FROM cache WHERE expires_at < 1000") > 0) {
        assert_true(api_now_ms() < end_ms);
        cv_client_poll(client, 1);
    }
    assert_true(api_query(scene->self, "SELECT count(*) FROM cache") > 10);
    assert_int_equal(api_retrieve(client, 52).source, CV_SOURCE_CACHE);
    cv_client_close(client);
}

static void test_a_client_may_leave_cleaning_to_others(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.cleanup_interval_ms = CV_NONE;
    options.dedupe.cleanup_interval_ms = CV_NONE;
    fill(scene->self, 10, 1, true);
    cv_client *client = drive_open(scene, &options);
    assert_int_equal(api_retrieve(client, 52).code, CV_OK);
    cv_client_poll(client, 50);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM cache"), 11);
    assert_done(cv_cache_store_cleanup(cv_client_cache(client)));
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM cache"), 1);
    cv_client_close(client);
}

/* How long answers are fresh: by default, for one resource, and for who reads them. */
static void test_times_to_live(void **context) {
    drive_scene *scene = *context;
    const cv_resource_ttl ttl = {.resource = CV_ISSUE, .ttl_s = 60};
    cv_options options = api_options(scene->self);
    options.cache.ttls = &ttl;
    options.cache.ttl_count = 1;
    cv_client *strict = drive_open(scene, &options);
    const char *kept = "SELECT expires_at - created_at FROM cache";
    assert_int_equal(api_retrieve(scene->client, 52).code, CV_OK);
    assert_int_equal(api_query(scene->self, kept), HOUR_S * 1000);
    assert_int_equal(api_retrieve(strict, 52).source, CV_SOURCE_CACHE);
    face_execute(scene->self, "UPDATE cache SET created_at = created_at - 60000");
    assert_int_equal(api_retrieve(scene->client, 52).source, CV_SOURCE_CACHE);
    assert_int_equal(api_retrieve(strict, 52).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_query(scene->self, kept), 60000);
    assert_int_equal(drive_requests(scene), 2);
    cv_client_close(strict);
}

/* ---- others' turn ---- */

typedef struct cleaning {
    cv_cache_store *store;
    atomic_bool is_over;
    bool is_done;
} cleaning;

static void *clean_up(void *user) {
    cleaning *run = user;
    run->is_done = cv_cache_store_cleanup(run->store);
    run->is_over = true;
    return NULL;
}

/* The gate is not queued for: who cleans for long must leave it free long enough in between. */
static void test_a_long_cleanup_lets_others_write(void **context) {
    enum { BATCHES = 100, ROWS = 200 * BATCHES, WRITES = BATCHES / 10 };
    api *self = *context;
    cleaning run = {.store = open_store(self, 0)};
    cv_cache_store *other = open_store(self, 0);
    pthread_t thread;
    fill(self, ROWS, 1, true);
    assert_int_equal(pthread_create(&thread, NULL, clean_up, &run), 0);
    while (!run.is_over && api_query(self, "SELECT count(*) FROM cache") == ROWS) {
    }
    for (int i = 0; i < WRITES; i++) {
        set(other, i);
    }
    bool was_over = run.is_over;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(run.is_done);
    assert_false(was_over);
    assert_int_equal(api_query(self, "SELECT count(*) FROM cache WHERE expires_at < 100000"), 0);
    cv_cache_store_close(other);
    cv_cache_store_close(run.store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_the_least_recently_used_goes),
        API_TEST(test_memory_is_held_to_a_size_too),
        API_TEST(test_cleanup_by_hand_brings_the_file_below),
        cmocka_unit_test_setup_teardown(test_processes_hold_one_bound, set_up_issues,
                                        api_tear_down),
        BOTH_DRIVES(test_a_client_cleans_by_itself),
        BOTH_DRIVES(test_a_client_may_leave_cleaning_to_others),
        BOTH_DRIVES(test_times_to_live),
        API_TEST(test_a_long_cleanup_lets_others_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
