/* How a call may be narrowed: cache only, refresh, deadlines; and what the two drives cost:
 * threads, time inside poll, the time until poll is needed. */
#include "support/api_actor.h"
#include "support/api_drive.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUE = 52, OTHER_ISSUE = 61, SHORT_MS = 40, PROMPT_MS = 20000 };

static cv_request_options in_mode(cv_mode mode) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = mode;
    return options;
}

/* ---- cache only ---- */

static void test_cache_only_never_sends(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = in_mode(CV_MODE_CACHE_ONLY);
    outcome seen = api_retrieve_with(scene->client, ISSUE, &options);
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_NOT_CACHED");
    assert_false(seen.retryable);
    assert_int_equal(strncmp(seen.message, "issue/4000-52: ", 15), 0);
    cv_request *list = cv_request_list(scene->client, CV_ISSUE, NULL, &options);
    assert_true(cv_request_wait(list, API_PATIENCE_MS));
    assert_ended(list, CV_ERROR_NOT_CACHED);
    cv_request_free(list);
    assert_int_equal(drive_requests(scene), 0);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), 0);
    assert_int_equal(api_retrieve(scene->client, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &options).source, CV_SOURCE_CACHE);
    assert_int_equal(drive_requests(scene), 1);
}

/* Somebody else fetches it, but who wants only the cache does not wait for that. */
static void test_cache_only_does_not_join(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = in_mode(CV_MODE_CACHE_ONLY);
    drive_hold(scene);
    cv_request *running = drive_ask(scene, ISSUE, NULL);
    drive_until_sent(scene, 1);
    cv_request *request = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, &options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_ERROR_NOT_CACHED);
    assert_false(cv_request_done(running));
    drive_release(scene);
    assert_true(cv_request_wait(running, API_PATIENCE_MS));
    assert_ended(running, CV_OK);
    cv_request_free(request);
    cv_request_free(running);
}

/* What lies there and is no answer is nothing: not even for that is anything sent. */
static void test_cache_only_never_sends_for_what_cannot_be_read(void **context) {
    static const char cut[] = "{\"status_code\":1,\"results\":{\"id\":52,\"name\":\"The Lo";
    drive_scene *scene = *context;
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    cv_cache_store *store = cv_client_cache(scene->client);
    cv_cache_entry entry;
    size_t count = 0;
    assert_true(cv_cache_store_list(store, NULL, &entry, 1, &count));
    assert_int_equal(count, 1);
    assert_true(cv_cache_store_delete(store, entry.hash));
    assert_true(cv_cache_store_put(store, entry.hash, cut, sizeof(cut) - 1, entry.created_at_ms,
                                   entry.expires_at_ms, NULL));
    const cv_request_options options = in_mode(CV_MODE_CACHE_ONLY);
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &options).code, CV_ERROR_NOT_CACHED);
    cv_request *request = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, &options);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_ERROR_NOT_CACHED);
    cv_request_free(request);
    assert_int_equal(drive_requests(scene), 1);
    assert_int_equal(api_retrieve(scene->client, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(drive_requests(scene), 2);
}

/* ---- refresh ---- */

static void assert_named(const drive_scene *scene, const cv_request_options *options,
                         cv_source source, const char *name) {
    const cv_issue *issue = cv_issue_retrieve_with(scene->client, ISSUE, options);
    assert_non_null(issue);
    assert_int_equal(issue->record.source, source);
    assert_string_equal(issue->name, name);
    cv_issue_free(issue);
}

static void test_refresh_asks_again_and_stores(void **context) {
    drive_scene *scene = *context;
    cv_request_options refresh = in_mode(CV_MODE_REFRESH);
    char *old = api_issue_text(ISSUE, "Before");
    const server_fault before = {.body = old};
    api_break(scene->self, &before);
    assert_named(scene, NULL, CV_SOURCE_NETWORK, "Before");
    assert_named(scene, NULL, CV_SOURCE_CACHE, "Before");
    assert_named(scene, &refresh, CV_SOURCE_NETWORK, "The Long Night on Wharf Street");
    assert_named(scene, NULL, CV_SOURCE_CACHE, "The Long Night on Wharf Street");
    assert_int_equal(drive_requests(scene), 2);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), 2);
    free(old);
}

static void test_a_refresh_that_fails_keeps_what_was_there(void **context) {
    drive_scene *scene = *context;
    cv_request_options refresh = in_mode(CV_MODE_REFRESH);
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    const server_fault failing = {.http_status = 500, .body = ""};
    api_break(scene->self, &failing);
    assert_int_equal(api_retrieve_with(scene->client, ISSUE, &refresh).code, CV_ERROR_SERVER);
    assert_int_equal(api_retrieve(scene->client, ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(drive_requests(scene), 2);
}

/* ---- the cache's settings ---- */

static size_t requests_of_two_calls(drive_scene *scene, cv_options *options) {
    cv_client *client = drive_open(scene, options);
    size_t before = drive_requests(scene);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    cv_client_close(client);
    return drive_requests(scene) - before;
}

static void test_what_is_not_fresh_is_fetched(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.ttl_s = CV_NONE;
    assert_int_equal(requests_of_two_calls(scene, &options), 2);
    const cv_resource_ttl ttl = {.resource = CV_ISSUE, .ttl_s = CV_NONE};
    options.cache.ttl_s = 0;
    options.cache.ttls = &ttl;
    options.cache.ttl_count = 1;
    assert_int_equal(requests_of_two_calls(scene, &options), 2);
    options = api_options(scene->self);
    options.cache.disabled = true;
    assert_int_equal(requests_of_two_calls(scene, &options), 2);
    options = api_options(scene->self);
    options.cache.max_entry_bytes = 100;
    assert_int_equal(requests_of_two_calls(scene, &options), 2);
    options = api_options(scene->self);
    options.dedupe.disabled = true;
    assert_int_equal(requests_of_two_calls(scene, &options), 1);
}

/* ---- deadlines ---- */

static void test_a_deadline_ends_the_call(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.deadline_ms = SHORT_MS;
    drive_hold(scene);
    int64_t start_ms = api_now_ms();
    outcome seen = api_retrieve_with(scene->client, ISSUE, &options);
    int64_t took_ms = api_now_ms() - start_ms;
    assert_string_equal(cv_code_name(seen.code), "CV_ERROR_TIMEOUT");
    assert_true(seen.retryable);
    assert_int_equal(strncmp(seen.message, "issue/4000-52: ", 15), 0);
    assert_true(took_ms >= SHORT_MS && took_ms < PROMPT_MS);
    drive_release(scene);
}

static void test_an_answer_after_the_deadline_is_stored(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.deadline_ms = 1000; /* enough to be sent */
    drive_hold(scene);
    cv_request *request = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, &options);
    drive_until_sent(scene, 1);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_ended(request, CV_ERROR_TIMEOUT);
    cv_request_free(request);
    drive_release(scene);
    drive_until(scene, "SELECT count(*) FROM cache", 1);
    assert_int_equal(api_retrieve(scene->client, ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(drive_requests(scene), 1);
}

static void test_a_deadline_ends_only_its_own_call(void **context) {
    drive_scene *scene = *context;
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.deadline_ms = SHORT_MS;
    drive_hold(scene);
    cv_request *patient = drive_ask(scene, ISSUE, NULL);
    outcome seen = api_retrieve_with(scene->client, ISSUE, &options);
    assert_int_equal(seen.code, CV_ERROR_TIMEOUT);
    assert_false(cv_request_done(patient));
    drive_release(scene);
    assert_true(cv_request_wait(patient, API_PATIENCE_MS));
    assert_ended(patient, CV_OK);
    assert_int_equal(drive_requests(scene), 1);
    cv_request_free(patient);
}

static void test_a_deadline_ends_a_wait_for_quota(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.rate_limit.limit = 1;
    options.max_wait_ms = CV_WAIT_FOREVER;
    cv_client *client = drive_open(scene, &options);
    cv_request_options own = CV_REQUEST_OPTIONS_INIT;
    own.deadline_ms = SHORT_MS;
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    assert_int_equal(api_retrieve_with(client, OTHER_ISSUE, &own).code, CV_ERROR_TIMEOUT);
    own.deadline_ms = 0;
    own.max_wait_ms = CV_NO_WAIT;
    assert_int_equal(api_retrieve_with(client, OTHER_ISSUE, &own).code, CV_ERROR_RATE_LIMITED);
    assert_int_equal(drive_requests(scene), 1);
    cv_client_close(client);
}

static void test_bad_options_are_refused(void **context) {
    drive_scene *scene = *context;
    static const cv_request_options bad[] = {
        {.size = sizeof(cv_request_options), .priority = (cv_priority)2},
        {.size = sizeof(cv_request_options), .mode = (cv_mode)3},
        {.size = sizeof(cv_request_options), .max_wait_ms = -2},
        {.size = sizeof(cv_request_options), .deadline_ms = -1},
        {.size = sizeof(cv_request_options), .fields = "id,lamp"},
    };
    for (size_t i = 0; i < API_COUNT(bad); i++) {
        outcome seen = api_retrieve_with(scene->client, ISSUE, &bad[i]);
        assert_string_equal(cv_code_name(seen.code), "CV_ERROR_ARGUMENT");
        assert_true(seen.message[0] != '\0');
    }
    assert_int_equal(drive_requests(scene), 0);
}

/* ---- polling ---- */

static void test_poll_returns_in_time(void **context) {
    drive_scene *scene = *context;
    int64_t start_ms = api_now_ms();
    assert_int_equal(cv_client_poll(scene->client, 0), 0);
    assert_true(api_now_ms() - start_ms < PROMPT_MS);
    start_ms = api_now_ms();
    assert_int_equal(cv_client_poll(scene->client, SHORT_MS), 0);
    int64_t idle_ms = api_now_ms() - start_ms;
    assert_true(idle_ms >= SHORT_MS && idle_ms < PROMPT_MS);
    drive_hold(scene);
    note noted = {.calls = 0};
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    drive_until_sent(scene, 1);
    start_ms = api_now_ms();
    assert_int_equal(cv_client_poll(scene->client, SHORT_MS), 0);
    int64_t busy_ms = api_now_ms() - start_ms;
    assert_true(busy_ms >= SHORT_MS && busy_ms < PROMPT_MS);
    drive_release(scene);
    assert_int_equal(cv_client_poll(scene->client, -1), 1);
    assert_called_once(&noted, CV_OK);
    cv_request_free(request);
}

/* What a wait has left when its slice of time was over is soon done, and then nothing is due now.
 */
static int64_t settled_deadline(const drive_scene *scene) {
    int64_t end_ms = api_now_ms() + API_PATIENCE_MS;
    int64_t left_ms = cv_client_next_deadline(scene->client);
    for (; left_ms >= 0 && left_ms < SHORT_MS; left_ms = cv_client_next_deadline(scene->client)) {
        assert_true(api_now_ms() < end_ms);
        assert_int_equal(cv_client_poll(scene->client, 1), 0);
    }
    return left_ms;
}

static void test_next_deadline_without_thread(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.cleanup_interval_ms = CV_NONE;
    options.dedupe.cleanup_interval_ms = CV_NONE;
    cv_client_close(scene->client);
    scene->client = drive_open(scene, &options);
    assert_int_equal(cv_client_next_deadline(scene->client), -1);
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, NULL);
    assert_int_equal(cv_client_next_deadline(scene->client), 0);
    drive_until_sent(scene, 1);
    assert_in_range(cv_client_next_deadline(scene->client), 0, 10);
    drive_release(scene);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    assert_int_equal(settled_deadline(scene), -1);
    note late = {.calls = 0};
    cv_request_on_done(request, note_call, &late);
    assert_int_equal(cv_client_next_deadline(scene->client), 0);
    assert_int_equal(cv_client_poll(scene->client, 0), 1);
    assert_int_equal(cv_client_next_deadline(scene->client), -1);
    cv_request_free(request);
}

static void test_next_deadline_of_cleaning(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.cache.cleanup_interval_ms = 50000;
    options.dedupe.cleanup_interval_ms = 90000;
    cv_client_close(scene->client);
    scene->client = drive_open(scene, &options);
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    assert_in_range(settled_deadline(scene), SHORT_MS, 50000);
}

/* With a worker only callbacks need poll. */
static void test_next_deadline_with_a_thread(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    note noted = {.calls = 0};
    assert_int_equal(cv_client_next_deadline(client), -1);
    assert_true(server_hold(self->server, NULL));
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, ISSUE, NULL);
    assert_int_equal(cv_client_next_deadline(client), -1);
    server_release(self->server, SERVER_ALL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    cv_request_on_done(request, note_call, &noted);
    assert_int_equal(cv_client_next_deadline(client), 0);
    assert_int_equal(cv_client_poll(client, 0), 1);
    assert_int_equal(cv_client_next_deadline(client), -1);
    cv_request_free(request);
    cv_client_close(client);
}

/* ---- threads ---- */

static int threads_of(const process *actor) {
    char path[64];
    assert_true(snprintf(path, sizeof(path), "/proc/%d/task", (int)actor->pid) > 0);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    closedir(folder);
    return count;
}

/* Counted in a process of its own, as the server's threads are in ours. */
static void test_polling_has_no_thread(void **context) {
    static const char *const arguments[ACTOR_ARGUMENTS_MAX] = {"poll=1"};
    api *self = *context;
    process actor;
    actor_start(&actor, self, arguments);
    int at_first = threads_of(&actor);
    assert_int_equal(actor_read(&actor, ISSUE).source, CV_SOURCE_NETWORK);
    assert_int_equal(threads_of(&actor), at_first);
    assert_int_equal(actor_read(&actor, ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(threads_of(&actor), at_first);
    actor_end(&actor);
}

static void test_the_worker_starts_at_the_first_miss(void **context) {
    api *self = *context;
    cv_client *client = api_open(self, NULL);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    cv_client_close(client);
    process actor;
    actor_start(&actor, self, NULL);
    int at_first = threads_of(&actor);
    assert_int_equal(actor_read(&actor, ISSUE).source, CV_SOURCE_CACHE);
    assert_int_equal(threads_of(&actor), at_first);
    assert_int_equal(actor_read(&actor, OTHER_ISSUE).source, CV_SOURCE_NETWORK);
    assert_true(threads_of(&actor) > at_first); /* a sanitizer may add one of its own */
    actor_end(&actor);
}

static void test_a_walk_through_the_cache_needs_no_worker(void **context) {
    enum { PAGE_SIZE = 5, FIXTURE_ISSUES = 12, REQUESTS = 3 };
    api *self = *context;
    process actor;
    actor_start(&actor, self, NULL);
    actor_walk(&actor, PAGE_SIZE);
    assert_int_equal(actor_hear(&actor).id, FIXTURE_ISSUES);
    actor_end(&actor);
    actor_start(&actor, self, NULL);
    int at_first = threads_of(&actor);
    actor_walk(&actor, PAGE_SIZE);
    assert_int_equal(actor_hear(&actor).id, FIXTURE_ISSUES);
    assert_int_equal(threads_of(&actor), at_first);
    actor_end(&actor);
    assert_int_equal(server_request_count(self->server, NULL), REQUESTS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_cache_only_never_sends),
        BOTH_DRIVES(test_cache_only_never_sends_for_what_cannot_be_read),
        BOTH_DRIVES(test_cache_only_does_not_join),
        BOTH_DRIVES(test_refresh_asks_again_and_stores),
        BOTH_DRIVES(test_a_refresh_that_fails_keeps_what_was_there),
        BOTH_DRIVES(test_what_is_not_fresh_is_fetched),
        BOTH_DRIVES(test_a_deadline_ends_the_call),
        BOTH_DRIVES(test_an_answer_after_the_deadline_is_stored),
        BOTH_DRIVES(test_a_deadline_ends_only_its_own_call),
        BOTH_DRIVES(test_a_deadline_ends_a_wait_for_quota),
        BOTH_DRIVES(test_bad_options_are_refused),
        BOTH_DRIVES(test_poll_returns_in_time),
        POLL_ONLY(test_next_deadline_without_thread),
        POLL_ONLY(test_next_deadline_of_cleaning),
        API_TEST(test_next_deadline_with_a_thread),
        API_TEST(test_polling_has_no_thread),
        API_TEST(test_the_worker_starts_at_the_first_miss),
        API_TEST(test_a_walk_through_the_cache_needs_no_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
