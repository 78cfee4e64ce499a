/* Requests for objects that the client still has in memory: given without a look into the file, and
 * never when the file says something else. How often memory is asked for tells where one came from:
 * a request that is answered from memory takes no more than one that is cancelled. */
#include "support/api_drive.h"
#include "support/diary.h"
#include "support/failing_allocator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUE = 52, LONG_BYTES = 200000, HASH_BYTES = 64 };

typedef struct scene {
    drive_scene drive;
    failing_allocator memory;
    cv_options options;
    int64_t source; /* of the last record */
    char name[64];  /* the beginning of it */
} scene;

static int set_up(void **context, cv_drive drive) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    self->drive.self = api_new();
    self->drive.drive = drive;
    failing_allocator_init(&self->memory, 0, false);
    self->options = api_options(self->drive.self);
    self->options.allocator = &self->memory.allocator;
    self->drive.client = drive_open(&self->drive, &self->options);
    *context = self;
    return 0;
}

static int set_up_thread(void **context) {
    return set_up(context, CV_DRIVE_THREAD);
}

static int set_up_poll(void **context) {
    return set_up(context, CV_DRIVE_POLL);
}

static int tear_down(void **context) {
    scene *self = *context;
    cv_client_close(self->drive.client);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    api_end(self->drive.self);
    free(self);
    return 0;
}

static void reopen(scene *self) {
    cv_client_close(self->drive.client);
    self->drive.client = drive_open(&self->drive, &self->options);
}

static cv_request *begin(scene *self, const cv_request_options *options) {
    return cv_request_retrieve(self->drive.client, CV_ISSUE, ISSUE, options);
}

static void take(scene *self, cv_request *request) {
    const cv_issue *issue = cv_issue_take(request);
    if (issue == NULL) {
        fail_msg("%s", cv_request_error(request)->message);
    }
    self->source = issue->record.source;
    assert_true(snprintf(self->name, sizeof(self->name), "%.60s", issue->name) > 0);
    cv_issue_free(issue);
}

/* Answers how many blocks of memory the request has asked for, until it was done. */
static size_t ask_with(scene *self, const cv_request_options *options) {
    size_t before = atomic_load(&self->memory.calls);
    cv_request *request = begin(self, options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    size_t blocks = atomic_load(&self->memory.calls) - before;
    take(self, request);
    cv_request_free(request);
    return blocks;
}

static size_t ask(scene *self) {
    return ask_with(self, NULL);
}

/* Once from the service, once from the file; then it is in memory. */
static void warm_up(scene *self) {
    ask(self);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
    reopen(self); /* whose worker, if any, has nothing left to write */
    ask(self);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
}

/* In CV_DRIVE_POLL, where nobody else takes memory meanwhile. */
static size_t blocks_of_a_request(scene *self) {
    size_t before = atomic_load(&self->memory.calls);
    cv_request *request = begin(self, NULL);
    cv_request_cancel(request);
    cv_request_free(request);
    cv_client_poll(self->drive.client, 0);
    return atomic_load(&self->memory.calls) - before;
}

static void assert_from_memory(scene *self) {
    size_t least = blocks_of_a_request(self);
    assert_int_equal(ask(self), least);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
}

static void assert_from_file(scene *self) {
    size_t least = blocks_of_a_request(self);
    assert_true(ask(self) > least);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
}

/* ---- without a look ---- */

static void test_it_is_given_from_memory(void **context) {
    scene *self = *context;
    cv_cache_stats stats;
    warm_up(self);
    char name[sizeof(self->name)];
    memcpy(name, self->name, sizeof(name));
    assert_from_memory(self);
    assert_from_memory(self);
    assert_string_equal(self->name, name);
    assert_true(cv_cache_store_stats(cv_client_cache(self->drive.client), &stats));
    assert_int_equal(stats.hits, 3);
    assert_int_equal(drive_requests(&self->drive), 1);
}

static void test_it_can_be_switched_off(void **context) {
    scene *self = *context;
    self->options.cache.memory_bytes = CV_NONE;
    reopen(self);
    warm_up(self);
    assert_from_file(self);
}

static void test_blocking_calls_and_requests_share_it(void **context) {
    scene *self = *context;
    warm_up(self);
    reopen(self);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).source, CV_SOURCE_CACHE);
    ask(self); /* whatever the first request needs */
    assert_from_memory(self);
}

/* Its decoding goes over several turns. */
static void test_a_long_one(void **context) {
    scene *self = *context;
    char hash[HASH_BYTES + 1] = "";
    char *name = calloc(1, LONG_BYTES + 1);
    assert_non_null(name);
    memset(name, 'x', LONG_BYTES);
    char *text = api_issue_text(ISSUE, name);
    warm_up(self);
    for (size_t i = 0; i < HASH_BYTES; i++) {
        char sql[64];
        assert_true(
            snprintf(sql, sizeof(sql), "SELECT unicode(substr(hash, %zu)) FROM cache", i + 1) > 0);
        hash[i] = (char)api_query(self->drive.self, sql);
    }
    cv_cache_store *store = cv_client_cache(self->drive.client);
    assert_true(cv_cache_store_set(store, hash, text, strlen(text), 0));
    cv_request *request = begin(self, NULL);
    while (!cv_request_done(request)) {
        cv_client_poll_for(self->drive.client, 1);
    }
    take(self, request);
    cv_request_free(request);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
    assert_int_equal(self->name[0], 'x');
    assert_from_memory(self);
    assert_int_equal(self->name[0], 'x');
    free(text);
    free(name);
}

/* ---- what others write ---- */

/* The row's times and its checksum are read, and no body, which is another one here. */
static void test_what_is_known_is_not_read_again(void **context) {
    scene *self = *context;
    warm_up(self);
    char name[sizeof(self->name)];
    memcpy(name, self->name, sizeof(name));
    api_execute(self->drive.self, "UPDATE cache SET value = x'00'");
    ask(self);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
    assert_string_equal(self->name, name);
    ask(self);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
    api_execute(self->drive.self, "UPDATE cache SET checksum = checksum + 1");
    ask(self);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
}

static void test_a_deleted_row_is_not_given(void **context) {
    scene *self = *context;
    warm_up(self);
    api_forget(self->drive.self);
    ask(self);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
}

static void test_an_expired_row_is_not_given(void **context) {
    scene *self = *context;
    warm_up(self);
    api_execute(self->drive.self, "UPDATE cache SET expires_at = 1");
    ask(self);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
}

/* ---- what the caller wants ---- */

static void test_modes(void **context) {
    scene *self = *context;
    cv_request_options only = CV_REQUEST_OPTIONS_INIT;
    cv_request_options refresh = CV_REQUEST_OPTIONS_INIT;
    only.mode = CV_MODE_CACHE_ONLY;
    refresh.mode = CV_MODE_REFRESH;
    warm_up(self);
    ask_with(self, &only);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
    ask_with(self, &refresh);
    assert_int_equal(self->source, CV_SOURCE_NETWORK);
}

static void test_some_fields_are_no_whole(void **context) {
    scene *self = *context;
    cv_request_options some = CV_REQUEST_OPTIONS_INIT;
    some.fields = "id,name";
    warm_up(self);
    size_t least = blocks_of_a_request(self);
    assert_true(ask_with(self, &some) > least);
}

static void test_at_rest_it_waits(void **context) {
    scene *self = *context;
    warm_up(self);
    cv_client_suspend(self->drive.client);
    cv_request *request = begin(self, NULL);
    assert_false(cv_request_wait(request, 20));
    cv_client_resume(self->drive.client);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    take(self, request);
    assert_int_equal(self->source, CV_SOURCE_CACHE);
    cv_request_free(request);
}

static void note_event(const cv_event *event, void *user) {
    diary_note(user, "issue", event);
}

static int count_lines(const char *text) {
    int count = 0;
    for (; *text != '\0'; text++) {
        count += *text == '\n';
    }
    return count;
}

static void test_events_are_the_same(void **context) {
    scene *self = *context;
    diary told;
    diary_init(&told);
    self->options.on_event = note_event;
    self->options.user = &told;
    reopen(self);
    ask(self);
    reopen(self);
    diary_forget(&told);
    ask(self);
    char from_file[sizeof(told.text)];
    memcpy(from_file, told.text, sizeof(from_file));
    assert_int_equal(count_lines(from_file), 3);
    diary_check(&told, from_file);
    ask(self);
    diary_check(&told, from_file);
    cv_client_close(self->drive.client);
    self->drive.client = NULL;
    diary_end(&told);
}

#define IN_POLL(test)                                                                              \
    { #test " (poll)", test, set_up_poll, tear_down, NULL }
#define IN_BOTH(test) {#test " (thread)", test, set_up_thread, tear_down, NULL}, IN_POLL(test)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_POLL(test_it_is_given_from_memory),
        IN_POLL(test_it_can_be_switched_off),
        IN_POLL(test_blocking_calls_and_requests_share_it),
        IN_POLL(test_a_long_one),
        IN_BOTH(test_what_is_known_is_not_read_again),
        IN_BOTH(test_a_deleted_row_is_not_given),
        IN_BOTH(test_an_expired_row_is_not_given),
        IN_BOTH(test_modes),
        IN_POLL(test_some_fields_are_no_whole),
        IN_BOTH(test_at_rest_it_waits),
        IN_BOTH(test_events_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
