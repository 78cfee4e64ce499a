/* What a child of fork inherits: every call on it fails. None asks anything of the system, so that
 * neither file nor sockets can be touched, and none writes to what it inherited, as locking a mutex
 * would. */
#include "support/api.h"
#include "support/child.h"
#include "support/sanitized.h"
#include "support/sealed.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>

enum { HELD_ISSUE = 61, ISSUE = 52 };

static const char hash[] = "a hash";
static const char job[] = "a job";

typedef struct scene {
    api *self;
    cv_client *client;
    cv_request *pending;
    cv_request *done;
    cv_cursor *cursor;
    const cv_record *at_cursor;
    cv_cache_store *cache;
    cv_dedupe_store *dedupe;
    cv_rate_limit_store *rate_limit;
    cv_cache_store *lent_cache;
    cv_dedupe_store *lent_dedupe;
    cv_rate_limit_store *lent_rate_limit;
    int called_back;
    sealed *memory;
} scene;

static void count(cv_request *request, void *user) {
    (void)request;
    ((scene *)user)->called_back++;
}

static void open_handles(scene *state) {
    cv_cache_options cache = CV_CACHE_OPTIONS_INIT;
    cv_dedupe_options dedupe = CV_DEDUPE_OPTIONS_INIT;
    cv_rate_limit_options rate_limit = CV_RATE_LIMIT_OPTIONS_INIT;
    cache.allocator = dedupe.allocator = rate_limit.allocator = &state->memory->allocator;
    cache.database = dedupe.database = rate_limit.database = state->self->database.text;
    state->cache = cv_cache_store_open(&cache);
    state->dedupe = cv_dedupe_store_open(&dedupe);
    state->rate_limit = cv_rate_limit_store_open(&rate_limit);
    assert_true(state->cache != NULL && state->dedupe != NULL && state->rate_limit != NULL);
    state->lent_cache = cv_client_cache(state->client);
    state->lent_dedupe = cv_client_dedupe(state->client);
    state->lent_rate_limit = cv_client_rate_limit(state->client);
}

/* A client in the middle of everything: one request done, one under way and held by the server. */
static void set_up(scene *state, cv_drive drive) {
    state->self = api_new();
    cv_options options = api_options(state->self);
    options.allocator = &state->memory->allocator;
    options.drive = drive;
    state->client = api_open(state->self, &options);
    open_handles(state);
    state->done = cv_request_retrieve(state->client, CV_ISSUE, ISSUE, NULL);
    assert_true(cv_request_wait(state->done, API_PATIENCE_MS));
    assert_int_equal(cv_request_error(state->done)->code, CV_OK);
    cv_request_on_done(state->done, count, state);
    state->cursor = cv_cursor_open(state->client, CV_ISSUE, NULL, CV_PRIORITY_USER);
    state->at_cursor = cv_cursor_next(state->cursor);
    assert_non_null(state->at_cursor);
    assert_true(server_hold(state->self->server, API_ISSUE));
    state->pending = cv_request_retrieve(state->client, CV_ISSUE, HELD_ISSUE, NULL);
    cv_request_on_done(state->pending, count, state);
    while (server_request_count(state->self->server, API_ISSUE) < 2) {
        cv_client_poll(state->client, 1);
    }
    state->called_back = 0;
}

/* All goes on as if there had been no child. */
static void tear_down(scene *state) {
    server_release(state->self->server, SERVER_ALL);
    assert_true(cv_request_wait(state->pending, API_PATIENCE_MS));
    assert_string_equal(cv_code_name(cv_request_error(state->pending)->code), "CV_OK");
    assert_int_equal(state->called_back, 1);
    assert_int_equal(server_request_count(state->self->server, API_ISSUE), 2);
    assert_non_null(cv_cursor_next(state->cursor));
    cv_cursor_close(state->cursor);
    cv_request_free(state->done);
    cv_request_free(state->pending);
    cv_cache_store_close(state->cache);
    cv_dedupe_store_close(state->dedupe);
    cv_rate_limit_store_close(state->rate_limit);
    cv_client_close(state->client);
    assert_int_equal(api_query(state->self, "SELECT count(*) FROM cache"), 3);
    assert_int_equal(
        api_query(state->self, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    api_end(state->self);
}

/* ---- in the child ---- */

/* Whether the call failed for this reason, of which nothing is left for the next one. */
static bool closed(bool failed) {
    bool is_closed = failed && cv_last_error()->code == CV_ERROR_CLOSED;
    cv_cursor_next(NULL);
    return is_closed;
}

#define CHECK_NULL(call)  CHILD_CHECK(closed((call) == NULL))
#define CHECK_FAILS(call) CHILD_CHECK(closed(!(call)))

static const char *call_client(const scene *state) {
    const int64_t ids[] = {ISSUE};
    cv_client *client = state->client;
    CHECK_NULL(cv_client_cache(client));
    CHECK_NULL(cv_client_dedupe(client));
    CHECK_NULL(cv_client_rate_limit(client));
    CHECK_FAILS(cv_client_check_key(client));
    CHILD_CHECK(closed(cv_client_poll(client, -1) == 0));
    CHILD_CHECK(cv_client_next_deadline(client) == -1);
    CHILD_CHECK(closed(cv_client_poll_for(client, 1000) == 0));
    CHILD_CHECK(cv_client_fd(client) == -1);
    cv_client_suspend(client);
    cv_client_resume(client);
    CHECK_NULL(cv_retrieve(client, CV_ISSUE, ISSUE, CV_PRIORITY_USER));
    CHECK_NULL(cv_list(client, CV_ISSUE, NULL, CV_PRIORITY_USER));
    CHECK_NULL(cv_issue_retrieve(client, ISSUE, CV_PRIORITY_USER));
    CHECK_NULL(cv_issue_retrieve_with(client, ISSUE, NULL));
    CHECK_NULL(cv_issue_list(client, NULL, CV_PRIORITY_USER));
    cv_search_query words = CV_SEARCH_QUERY_INIT;
    words.query = "lamplighter";
    CHECK_NULL(cv_search(client, &words, CV_PRIORITY_USER));
    CHECK_NULL(cv_request_retrieve(client, CV_ISSUE, ISSUE, NULL));
    CHECK_NULL(cv_request_retrieve_many(client, CV_ISSUE, ids, 1, NULL));
    CHECK_NULL(cv_request_list(client, CV_ISSUE, NULL, NULL));
    CHECK_NULL(cv_request_search(client, &words, NULL));
    CHECK_NULL(cv_request_check_key(client, NULL));
    CHECK_NULL(cv_cursor_open(client, CV_ISSUE, NULL, CV_PRIORITY_USER));
    CHECK_NULL(cv_cursor_open_search(client, &words, CV_PRIORITY_USER));
    CHECK_NULL(cv_cursor_resume(client, "any token"));
    cv_client_close(client);
    return NULL;
}

static const char *call_request(cv_request *request) {
    CHILD_CHECK(cv_request_done(request));
    CHILD_CHECK(cv_request_wait(request, -1));
    CHILD_CHECK(cv_request_error(request)->code == CV_ERROR_CLOSED);
    CHECK_NULL(cv_record_take(request));
    CHECK_NULL(cv_page_take(request));
    CHECK_NULL(cv_issue_take(request));
    CHECK_NULL(cv_issue_page_take(request));
    CHECK_NULL(cv_many_take(request));
    cv_request_on_done(request, count, NULL);
    cv_request_cancel(request);
    cv_request_free(request);
    return NULL;
}

static const char *call_cursor(cv_cursor *cursor) {
    CHECK_NULL(cv_cursor_next(cursor));
    CHECK_NULL(cv_issue_next(cursor));
    CHECK_NULL(cv_volume_next(cursor));
    CHECK_NULL(cv_request_next_page(cursor));
    CHECK_NULL(cv_cursor_token(cursor));
    CHILD_CHECK(cv_cursor_error(cursor)->code == CV_ERROR_CLOSED);
    CHILD_CHECK(cv_cursor_position(cursor) == 0);
    CHILD_CHECK(cv_cursor_total(cursor) == -1);
    CHILD_CHECK(cv_cursor_repeated(cursor) == 0);
    CHILD_CHECK(cv_cursor_missing(cursor) == 0);
    cv_cursor_prefetch(cursor, true);
    cv_cursor_close(cursor);
    return NULL;
}

static const char *call_cache(cv_cache_store *store) {
    cv_blob value;
    cv_cache_stats stats;
    CHECK_FAILS(cv_cache_store_get(store, hash, &value));
    CHECK_FAILS(cv_cache_store_get_stale(store, hash, &value, NULL));
    CHECK_FAILS(cv_cache_store_set(store, hash, "x", 1, 0));
    CHECK_FAILS(cv_cache_store_delete(store, hash));
    CHECK_FAILS(cv_cache_store_stats(store, &stats));
    CHECK_FAILS(cv_cache_store_cleanup(store));
    CHECK_FAILS(cv_cache_store_clear(store));
    cv_cache_store_close(store);
    return NULL;
}

static const char *call_dedupe(cv_dedupe_store *store) {
    const cv_error failure = {.code = CV_ERROR_SERVER};
    char job_id[CV_JOB_ID_SIZE];
    bool yes = false;
    cv_blob result;
    cv_error error;
    cv_dedupe_stats stats;
    CHECK_FAILS(cv_dedupe_store_register(store, hash, job_id, &yes));
    CHECK_FAILS(cv_dedupe_store_renew(store, hash, job));
    CHECK_FAILS(cv_dedupe_store_release(store, hash, job));
    CHECK_FAILS(cv_dedupe_store_complete(store, hash, job, "x", 1));
    CHECK_FAILS(cv_dedupe_store_fail(store, hash, job, &failure));
    CHECK_FAILS(cv_dedupe_store_wait(store, hash, job, -1, &result, &error));
    CHECK_FAILS(cv_dedupe_store_in_progress(store, hash, &yes));
    CHECK_FAILS(cv_dedupe_store_stats(store, &stats));
    CHECK_FAILS(cv_dedupe_store_cleanup(store));
    CHECK_FAILS(cv_dedupe_store_clear(store));
    cv_dedupe_store_close(store);
    return NULL;
}

static const char *call_rate_limit(cv_rate_limit_store *store) {
    int64_t number = 0;
    bool yes = false;
    cv_rate_limit_status status;
    cv_rate_limit_stats stats;
    CHECK_FAILS(cv_rate_limit_store_acquire(store, "issue", CV_PRIORITY_USER, &number));
    CHECK_FAILS(cv_rate_limit_store_can_proceed(store, "issue", CV_PRIORITY_USER, &yes));
    CHECK_FAILS(cv_rate_limit_store_record(store, "issue", CV_PRIORITY_USER));
    CHECK_FAILS(cv_rate_limit_store_wait_time(store, "issue", CV_PRIORITY_USER, &number));
    size_t spenders = 0;
    CHECK_FAILS(cv_rate_limit_store_spenders(store, "issue", NULL, 0, &spenders));
    CHECK_FAILS(cv_rate_limit_store_status(store, "issue", &status));
    CHECK_FAILS(cv_rate_limit_store_cool_down(store, "issue", 1000));
    CHECK_FAILS(cv_rate_limit_store_reset(store, "issue"));
    CHECK_FAILS(cv_rate_limit_store_set_resource(store, "issue", 1, 1));
    CHECK_FAILS(cv_rate_limit_store_get_resource(store, "issue", &number, &number));
    CHECK_FAILS(cv_rate_limit_store_stats(store, &stats));
    CHECK_FAILS(cv_rate_limit_store_cleanup(store));
    CHECK_FAILS(cv_rate_limit_store_clear(store));
    cv_rate_limit_store_close(store);
    return NULL;
}

/* From here on any system call but read, write and the end kills. A sanitizer has calls of its own
 * to make. */
static bool let_nothing_through(void) {
#if defined(UNDER_ADDRESS_SANITIZER) || defined(UNDER_THREAD_SANITIZER)
    return true;
#else
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0;
#endif
}

static const char *call_all(void *user) {
    const scene *state = user;
    CHILD_CHECK(sealed_close(state->memory));
    CHILD_CHECK(let_nothing_through());
    for (int times = 0; times < 2; times++) { /* what is given back is there still */
        CHILD_PASS(call_cursor(state->cursor));
        CHILD_PASS(call_request(state->pending));
        CHILD_PASS(call_request(state->done));
        CHILD_PASS(call_cache(state->cache));
        CHILD_PASS(call_cache(state->lent_cache));
        CHILD_PASS(call_dedupe(state->dedupe));
        CHILD_PASS(call_dedupe(state->lent_dedupe));
        CHILD_PASS(call_rate_limit(state->rate_limit));
        CHILD_PASS(call_rate_limit(state->lent_rate_limit));
        CHILD_PASS(call_client(state));
    }
    CHILD_CHECK(state->called_back == 0);
    CHILD_CHECK(state->at_cursor->resource == CV_ISSUE);
    return NULL;
}

static const char *call_all_in_a_grandchild(void *user) {
    return child_of_child(call_all, user);
}

static void run(cv_drive drive) {
    sealed memory;
    sealed_init(&memory);
    scene state = {.memory = &memory};
    set_up(&state, drive);
    child_must_pass(call_all, &state);
    child_must_pass(call_all_in_a_grandchild, &state);
    tear_down(&state);
    sealed_free(&memory);
}

static void test_calls_with_a_thread(void **context) {
    (void)context;
    run(CV_DRIVE_THREAD);
}

static void test_calls_without_a_thread(void **context) {
    (void)context;
    run(CV_DRIVE_POLL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_with_a_thread),
        cmocka_unit_test(test_calls_without_a_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
