/* Objects that a client still has in memory: they are given without a look into the file, and never
 * when the file says something else. How often memory is asked for tells where one came from: a
 * handle over what is there takes one block. */
#include "support/api.h"
#include "support/diary.h"
#include "support/failing_allocator.h"

#include <comicvine/sys/clock.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUE = 52, VERSIONS = 300, BLOCKS_OF_A_HANDLE = 1, BLOCKS_OF_KNOWN = 5 };

typedef struct scene {
    api *self;
    failing_allocator memory;
    cv_options options;
    cv_client *client;
    cv_now now;
    cv_clock clock;
    int64_t source; /* of the last record */
    int64_t expires_at_ms;
    char name[64];
} scene;

static cv_now look_at_clock(void *user) {
    const scene *self = user;
    return self->now;
}

static int set_up(void **context) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    self->self = api_new();
    failing_allocator_init(&self->memory, 0, false);
    self->now = (cv_now){5000000, INT64_C(1717243200000)};
    self->clock = (cv_clock)CV_CLOCK_INIT;
    self->clock.now = look_at_clock;
    self->clock.user = self;
    self->options = api_options(self->self);
    self->options.allocator = &self->memory.allocator;
    self->options.drive = CV_DRIVE_POLL;
    self->options.clock = &self->clock;
    *context = self;
    return 0;
}

static int tear_down(void **context) {
    scene *self = *context;
    cv_client_close(self->client);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    api_end(self->self);
    free(self);
    return 0;
}

/* Answers how many blocks of memory the retrieve has asked for. */
static size_t retrieve_with(scene *self, const cv_request_options *options) {
    size_t before = atomic_load(&self->memory.calls);
    const cv_issue *issue = cv_issue_retrieve_with(self->client, ISSUE, options);
    size_t blocks = atomic_load(&self->memory.calls) - before;
    if (issue == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    self->source = issue->record.source;
    self->expires_at_ms = issue->record.expires_at_ms;
    assert_true(snprintf(self->name, sizeof(self->name), "%s", issue->name) >= 0);
    cv_issue_free(issue);
    return blocks;
}

static size_t retrieve(scene *self) {
    return retrieve_with(self, NULL);
}

/* A client that has the issue in memory. */
static void begin(scene *self) {
    self->client = api_open(self->self, &self->options);
    retrieve(self);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
    assert_true(retrieve(self) > BLOCKS_OF_A_HANDLE);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
}

static void assert_from_memory(scene *self) {
    assert_int_equal(retrieve(self), BLOCKS_OF_A_HANDLE);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
}

static void assert_from_file(scene *self) {
    assert_true(retrieve(self) > BLOCKS_OF_A_HANDLE);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
}

static void test_it_is_given_from_memory(void **context) {
    scene *self = *context;
    cv_cache_stats stats;
    begin(self);
    char name[sizeof(self->name)];
    memcpy(name, self->name, sizeof(name));
    int64_t expires_at_ms = self->expires_at_ms;
    assert_from_memory(self);
    assert_from_memory(self);
    assert_string_equal(self->name, name);
    assert_int_equal(self->expires_at_ms, expires_at_ms);
    assert_true(cv_cache_store_stats(cv_client_cache(self->client), &stats));
    assert_int_equal(stats.hits, 3);
    assert_int_equal(server_request_count(self->self->server, NULL), 1);
}

static void test_it_can_be_switched_off(void **context) {
    scene *self = *context;
    self->options.cache.memory_bytes = CV_NONE;
    begin(self);
    assert_from_file(self);
}

static void test_a_handle_outlives_it(void **context) {
    scene *self = *context;
    begin(self);
    const cv_issue *issue = cv_issue_retrieve(self->client, ISSUE, CV_PRIORITY_USER);
    assert_non_null(issue);
    api_execute(self->self, "DELETE FROM cache");
    retrieve(self);
    cv_client_close(self->client);
    self->client = NULL;
    assert_string_equal(issue->name, self->name);
    cv_issue_free(issue);
}

/* ---- what others write ---- */

static void test_a_write_elsewhere_is_seen(void **context) {
    scene *self = *context;
    begin(self);
    api_execute(self->self, "UPDATE cache SET expires_at = expires_at - 1000");
    int64_t expires_at_ms = self->expires_at_ms;
    assert_from_file(self);
    assert_int_equal(self->expires_at_ms, expires_at_ms - 1000);
    assert_from_memory(self);
    assert_int_equal(self->expires_at_ms, expires_at_ms - 1000);
}

/* Whoever writes to the file, the body is not read and parsed again unless it is another one. */
static void test_what_is_known_is_not_read_again(void **context) {
    scene *self = *context;
    cv_cache_stats stats;
    begin(self);
    api_execute(self->self, "UPDATE cache SET value = x'00' WHERE length(value) > 1");
    assert_in_range(retrieve(self), BLOCKS_OF_A_HANDLE + 1, BLOCKS_OF_KNOWN);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
    assert_from_memory(self);
    assert_true(cv_cache_store_stats(cv_client_cache(self->client), &stats));
    assert_int_equal(stats.hits, 3);
    api_execute(self->self, "UPDATE cache SET checksum = checksum + 1");
    retrieve(self);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
}

static void test_a_deleted_row_is_not_given(void **context) {
    scene *self = *context;
    begin(self);
    api_forget(self->self);
    retrieve(self);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
    assert_true(cv_cache_store_clear(cv_client_cache(self->client)));
    retrieve(self);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
}

typedef struct writer {
    cv_cache_store *store;
    char hash[CV_HASH_MAX + 1];
    atomic_int written;
    atomic_bool failed;
} writer;

static void *write_versions(void *user) {
    writer *self = user;
    for (int version = 1; version <= VERSIONS; version++) {
        char name[32];
        bool is_named = snprintf(name, sizeof(name), "%d", version) > 0;
        char *text = api_issue_text(ISSUE, name);
        if (!is_named || !cv_cache_store_set(self->store, self->hash, text, strlen(text), 0)) {
            atomic_store(&self->failed, true);
        }
        free(text);
        atomic_store(&self->written, version);
    }
    return NULL;
}

static void read_hash(const api *self, char *hash, size_t size) {
    for (size_t i = 0; i + 1 < size; i++) {
        char sql[64];
        assert_true(
            snprintf(sql, sizeof(sql), "SELECT unicode(substr(hash, %zu)) FROM cache", i + 1) > 0);
        hash[i] = (char)api_query(self, sql);
    }
}

/* What was written before a call begins, the call gives, or something newer. */
static void test_nothing_older_than_what_was_written(void **context) {
    scene *self = *context;
    writer other = {.store = NULL};
    pthread_t thread;
    begin(self);
    read_hash(self->self, other.hash, 65);
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->self->database.text;
    other.store = cv_cache_store_open(&options);
    assert_non_null(other.store);
    cv_client_close(self->client);
    self->options.clock = NULL; /* rows of the present */
    self->client = api_open(self->self, &self->options);
    assert_int_equal(pthread_create(&thread, NULL, write_versions, &other), 0);
    int version = 0;
    while (version < VERSIONS) {
        int least = atomic_load(&other.written);
        if (least > 0) {
            retrieve(self);
            version = (int)strtol(self->name, NULL, 10);
            assert_true(version >= least);
        }
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(atomic_load(&other.failed));
    cv_cache_store_close(other.store);
}

/* ---- what the caller wants ---- */

static void test_it_ages(void **context) {
    scene *self = *context;
    self->options.cache.ttl_s = 60;
    begin(self);
    self->now.wall_ms += 59999;
    assert_from_memory(self);
    self->now.wall_ms += 1;
    retrieve(self);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
}

static void test_a_caller_wants_it_younger(void **context) {
    scene *self = *context;
    cv_request_options young = CV_REQUEST_OPTIONS_INIT;
    young.max_age_s = 10;
    begin(self);
    self->now.wall_ms += 9999;
    assert_int_equal(retrieve_with(self, &young), BLOCKS_OF_A_HANDLE);
    self->now.wall_ms += 1;
    assert_from_memory(self);
    retrieve_with(self, &young);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
}

static void test_modes(void **context) {
    scene *self = *context;
    cv_request_options only = CV_REQUEST_OPTIONS_INIT;
    cv_request_options refresh = CV_REQUEST_OPTIONS_INIT;
    only.mode = CV_MODE_CACHE_ONLY;
    refresh.mode = CV_MODE_REFRESH;
    begin(self);
    assert_int_equal(retrieve_with(self, &only), BLOCKS_OF_A_HANDLE);
    retrieve_with(self, &refresh);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
}

static void test_some_fields_are_no_whole(void **context) {
    scene *self = *context;
    cv_request_options some = CV_REQUEST_OPTIONS_INIT;
    some.fields = "id,name";
    begin(self);
    assert_true(retrieve_with(self, &some) > BLOCKS_OF_A_HANDLE);
    assert_from_memory(self);
}

static void note_event(const cv_event *event, void *user) {
    diary_note(user, "issue", event);
}

static void test_events_are_the_same(void **context) {
    scene *self = *context;
    diary told;
    diary_init(&told);
    self->options.on_event = note_event;
    self->options.user = &told;
    begin(self);
    cv_client_close(self->client);
    diary_forget(&told);
    self->client = api_open(self->self, &self->options);
    assert_from_file(self);
    char from_file[sizeof(told.text)];
    memcpy(from_file, told.text, sizeof(from_file));
    assert_true(told.length > 0);
    diary_check(&told, from_file);
    assert_from_memory(self);
    diary_check(&told, from_file);
    cv_client_close(self->client);
    self->client = NULL;
    diary_end(&told);
}

static void test_without_memory_for_a_handle(void **context) {
    scene *self = *context;
    begin(self);
    atomic_store(&self->memory.failing_call, atomic_load(&self->memory.calls) + 1);
    assert_null(cv_issue_retrieve(self->client, ISSUE, CV_PRIORITY_USER));
    assert_int_equal(cv_last_error()->code, CV_ERROR_NOMEM);
    assert_from_memory(self);
}

#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_it_is_given_from_memory),
        SCENE_TEST(test_it_can_be_switched_off),
        SCENE_TEST(test_a_handle_outlives_it),
        SCENE_TEST(test_a_write_elsewhere_is_seen),
        SCENE_TEST(test_what_is_known_is_not_read_again),
        SCENE_TEST(test_a_deleted_row_is_not_given),
        SCENE_TEST(test_nothing_older_than_what_was_written),
        SCENE_TEST(test_it_ages),
        SCENE_TEST(test_a_caller_wants_it_younger),
        SCENE_TEST(test_modes),
        SCENE_TEST(test_some_fields_are_no_whole),
        SCENE_TEST(test_events_are_the_same),
        SCENE_TEST(test_without_memory_for_a_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
