/* Whose memory it is: all that the library holds for a client comes from that client's allocator,
 * and goes back to it, when the client is closed or the last result freed; with several clients, in
 * one file, in whatever order. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/failing_allocator.h"

enum { ISSUE = 52, OTHER_ISSUE = 61, MISSING = 999 };

static const cv_drive drives[] = {CV_DRIVE_POLL, CV_DRIVE_THREAD};

typedef struct guest {
    failing_allocator memory; /* counts */
    cv_options options;
    cv_client *client;
    atomic_size_t events; /* told to it */
} guest;

static void note_event(const cv_event *event, void *user) {
    guest *self = user;
    atomic_fetch_add(&self->events, event->at_ms > 0 ? 1 : 0);
}

static void open_guest(guest *self, const api *scene, cv_drive drive) {
    failing_allocator_init(&self->memory, 0, false);
    self->options = api_options(scene);
    self->options.drive = drive;
    self->options.allocator = &self->memory.allocator;
    self->options.on_event = note_event;
    self->options.user = self;
    atomic_init(&self->events, 0);
    self->client = api_open(scene, &self->options);
}

static void assert_nothing_out(guest *self) {
    assert_int_equal(atomic_load(&self->memory.live), 0);
    assert_int_equal(atomic_load(&self->memory.bytes), 0);
}

static void close_guest(guest *self) {
    cv_client_close(self->client);
    assert_true(atomic_load(&self->events) > 0);
    assert_nothing_out(self);
}

/* ---- what a program does with a client ---- */

static void retrieve(guest *self) {
    for (int time = 0; time < 2; time++) { /* from the service, then from the cache */
        const cv_issue *issue = cv_issue_retrieve(self->client, ISSUE, CV_PRIORITY_USER);
        assert_non_null(issue);
        char *json = cv_record_json(&issue->record);
        const cv_record *kept = cv_record_keep(&issue->record);
        cv_issue_free(issue);
        assert_non_null(json);
        assert_non_null(kept);
        cv_record_free(kept);
        cv_free(json);
    }
    assert_null(cv_issue_retrieve(self->client, MISSING, CV_PRIORITY_USER));
    assert_null(cv_issue_retrieve(self->client, -1, CV_PRIORITY_USER));
}

static void list_and_search(guest *self) {
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = "watch";
    const cv_page *page = cv_list(self->client, CV_ISSUE, NULL, CV_PRIORITY_USER);
    const cv_page *hits = cv_search(self->client, &query, CV_PRIORITY_USER);
    assert_non_null(page);
    assert_non_null(hits);
    const cv_record *kept = cv_record_keep(page->items[0]);
    cv_page_free(page);
    cv_page_free(hits);
    cv_record_free(kept);
}

static void ask_for_many(guest *self) {
    static const int64_t ids[] = {OTHER_ISSUE, ISSUE, MISSING, ISSUE};
    cv_request *request = cv_request_retrieve_many(self->client, CV_ISSUE, ids, 4, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_many *many = cv_many_take(request);
    assert_non_null(many);
    cv_request_free(request);
    cv_many_free(many);
}

static void walk(guest *self) {
    cv_query query = CV_QUERY_INIT;
    query.limit = 5;
    cv_cursor *cursor = cv_cursor_open(self->client, CV_ISSUE, &query, CV_PRIORITY_USER);
    cv_cursor_prefetch(cursor, true);
    assert_non_null(cv_cursor_next(cursor));
    char *token = cv_cursor_token(cursor);
    cv_cursor_close(cursor);
    cv_cursor *resumed = cv_cursor_resume(self->client, token);
    cv_free(token);
    while (cv_cursor_next(resumed) != NULL) {
    }
    assert_int_equal(cv_cursor_error(resumed)->code, CV_OK);
    cv_cursor_close(resumed);
}

static void free_request(cv_request *request, void *user) {
    bool *is_freed = user;
    *is_freed = true;
    cv_request_free(request);
}

static void request(guest *self) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    bool is_freed = false;
    options.mode = CV_MODE_REFRESH;
    cv_request *called_back = cv_request_retrieve(self->client, CV_ISSUE, ISSUE, &options);
    cv_request *cancelled = cv_request_retrieve(self->client, CV_ISSUE, OTHER_ISSUE, &options);
    cv_request *left = cv_request_list(self->client, CV_ISSUE, NULL, &options);
    cv_request_on_done(called_back, free_request, &is_freed);
    cv_request_cancel(cancelled);
    cv_request_free(left);
    while (!is_freed) {
        cv_client_poll(self->client, 10);
    }
    cv_request_free(cancelled);
}

static void use_stores(guest *self) {
    cv_blob value = {NULL, 0};
    char job_id[CV_JOB_ID_SIZE];
    bool is_owner = false;
    int64_t wait_ms = 0;
    assert_true(cv_cache_store_set(cv_client_cache(self->client), "a hash", "body", 4, 60));
    assert_true(cv_cache_store_get(cv_client_cache(self->client), "a hash", &value));
    cv_free(value.data);
    cv_dedupe_store *jobs = cv_client_dedupe(self->client);
    assert_true(cv_dedupe_store_register(jobs, "a job", job_id, &is_owner));
    assert_true(cv_dedupe_store_complete(jobs, "a job", job_id, "body", 4));
    cv_rate_limit_store *limit = cv_client_rate_limit(self->client);
    assert_true(cv_rate_limit_store_set_resource(limit, "issue", 100, 1000));
    assert_true(cv_rate_limit_store_acquire(limit, "issue", CV_PRIORITY_USER, &wait_ms));
}

typedef void use(guest *self);

static use *const all_uses[] = {retrieve, list_and_search, ask_for_many, walk, request, use_stores};

/* ---- tests ---- */

static void test_all_goes_back_at_close(void **context) {
    guest self;
    for (size_t i = 0; i < 2; i++) {
        open_guest(&self, *context, drives[i]);
        for (size_t k = 0; k < API_COUNT(all_uses); k++) {
            all_uses[k](&self);
        }
        close_guest(&self);
        api_forget(*context);
    }
}

/* Turns until nothing is to be done soon: answers under way have come, and what lists have said of
 * single objects is stored. */
static void settle(guest *self) {
    enum { SOON_MS = 1000 };
    int64_t until_ms = api_now_ms() + API_PATIENCE_MS;
    for (int64_t left_ms = 0; left_ms >= 0 && left_ms < SOON_MS;) {
        cv_client_poll(self->client, left_ms);
        left_ms = cv_client_next_deadline(self->client);
        assert_true(api_now_ms() < until_ms);
    }
}

static void test_open_clients_do_not_grow(void **context) {
    guest self;
    size_t bytes = 0;
    size_t blocks = 0;
    open_guest(&self, *context, CV_DRIVE_POLL);
    for (int round = 0; round < 20; round++) {
        for (size_t k = 0; k < API_COUNT(all_uses); k++) {
            all_uses[k](&self);
        }
        settle(&self);
        if (round == 0) {
            bytes = atomic_load(&self.memory.bytes);
            blocks = atomic_load(&self.memory.live);
        }
        assert_int_equal(atomic_load(&self.memory.live), blocks);
        assert_int_equal(atomic_load(&self.memory.bytes), bytes);
    }
    close_guest(&self);
}

/* What is under way at close, and what the application still holds then. */
static void test_what_outlives_the_client(void **context) {
    guest self;
    for (size_t i = 0; i < 2; i++) {
        api *scene = *context;
        open_guest(&self, scene, drives[i]);
        const cv_issue *issue = cv_issue_retrieve(self.client, ISSUE, CV_PRIORITY_USER);
        const cv_page *page = cv_list(self.client, CV_ISSUE, NULL, CV_PRIORITY_USER);
        char *json = cv_record_json(&issue->record);
        assert_true(server_hold(scene->server, NULL));
        cv_request *under_way = cv_request_retrieve(self.client, CV_ISSUE, OTHER_ISSUE, NULL);
        cv_client_poll(self.client, 1);
        cv_client_close(self.client);
        assert_int_equal(cv_request_error(under_way)->code, CV_ERROR_CLOSED);
        server_release(scene->server, SERVER_ALL);
        cv_request_free(under_way);
        assert_int_equal(issue->id, ISSUE);
        const cv_record *kept = cv_record_keep(page->items[1]);
        cv_page_free(page);
        cv_issue_free(issue);
        cv_free(json);
        assert_true(atomic_load(&self.memory.live) > 0);
        cv_record_free(kept);
        assert_nothing_out(&self);
        api_forget(scene);
    }
}

/* Two clients on one file, by turns and with results of both in hand: what one does moves nothing
 * of the other's. */
static void test_clients_keep_apart(void **context) {
    guest one;
    guest other;
    open_guest(&one, *context, CV_DRIVE_POLL);
    open_guest(&other, *context, CV_DRIVE_POLL);
    const cv_issue *of_one = cv_issue_retrieve(one.client, ISSUE, CV_PRIORITY_USER);
    const cv_issue *of_other = cv_issue_retrieve(other.client, ISSUE, CV_PRIORITY_USER);
    for (size_t k = 0; k < API_COUNT(all_uses); k++) {
        size_t calls = atomic_load(&other.memory.calls);
        size_t bytes = atomic_load(&other.memory.bytes);
        all_uses[k](&one);
        assert_int_equal(atomic_load(&other.memory.calls), calls);
        assert_int_equal(atomic_load(&other.memory.bytes), bytes);
        calls = atomic_load(&one.memory.calls);
        bytes = atomic_load(&one.memory.bytes);
        all_uses[k](&other);
        assert_int_equal(atomic_load(&one.memory.calls), calls);
        assert_int_equal(atomic_load(&one.memory.bytes), bytes);
    }
    cv_issue_free(of_other);
    close_guest(&other);
    cv_client_close(one.client);
    cv_issue_free(of_one);
    assert_nothing_out(&one);
}

/* Both ask for the same at the same time, and one request answers both: each has its own copy. */
static void test_a_shared_answer_is_each_ones_own(void **context) {
    api *scene = *context;
    guest one;
    guest other;
    open_guest(&one, scene, CV_DRIVE_THREAD);
    open_guest(&other, scene, CV_DRIVE_THREAD);
    assert_true(server_hold(scene->server, NULL));
    cv_request *first = cv_request_retrieve(one.client, CV_ISSUE, ISSUE, NULL);
    assert_true(server_wait_for(scene->server, NULL, 1, API_PATIENCE_MS));
    cv_request *second = cv_request_retrieve(other.client, CV_ISSUE, ISSUE, NULL);
    server_release(scene->server, SERVER_ALL);
    assert_true(cv_request_wait(first, API_PATIENCE_MS));
    assert_true(cv_request_wait(second, API_PATIENCE_MS));
    const cv_record *record = cv_record_take(second);
    assert_non_null(record);
    cv_request_free(first);
    close_guest(&one);
    assert_int_equal(((const cv_issue *)record)->id, ISSUE);
    cv_request_free(second);
    cv_record_free(record);
    close_guest(&other);
    assert_int_equal(server_request_count(scene->server, NULL), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_all_goes_back_at_close),           API_TEST(test_open_clients_do_not_grow),
        API_TEST(test_what_outlives_the_client),         API_TEST(test_clients_keep_apart),
        API_TEST(test_a_shared_answer_is_each_ones_own),
    };
    return cmocka_run_group_tests_name("allocators", tests, NULL, NULL);
}
