/* Opening, single calls, requests, cancelling and closing without memory: each allocation fails
 * once, and then all from one on. What fails says so, holds nothing back, and goes well when there
 * is memory again. */
#include <stdatomic.h>
#include <string.h>

#include <comicvine/sys/clock.h>

#include "support/memory_scene.h"

enum { ISSUE = 52 };

/* ---- opening and closing ---- */

static bool open_another(memory_scene *scene, size_t failure, bool keeps_failing) {
    memory_fail_from(scene, failure, keeps_failing);
    cv_client *client = cv_client_open(&scene->options);
    bool has_failed = memory_give(scene);
    assert_int_equal(client == NULL, has_failed);
    if (client == NULL) {
        memory_assert_none(cv_last_error());
    }
    cv_client_close(client);
    return has_failed;
}

static bool open_a_bounded_one(memory_scene *scene, size_t failure, bool keeps_failing) {
    scene->options.max_memory_bytes = 1 << 20;
    return open_another(scene, failure, keeps_failing);
}

static void note_closed(cv_request *request, void *user) {
    int *calls = user;
    ++*calls;
    assert_int_equal(cv_request_error(request)->code, CV_ERROR_CLOSED);
}

/* Closing asks for little, and cannot fail; what is under way is completed and called back. Both
 * calls are at the server before memory is short, lest a worker begins one without it. */
static bool close_under_way(memory_scene *scene, size_t failure, bool keeps_failing) {
    int calls = 0;
    size_t before = server_request_count(scene->self->server, NULL);
    server_hold(scene->self->server, NULL);
    cv_request *first = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, NULL);
    cv_request *second = cv_request_list(scene->client, CV_ISSUE, NULL, NULL);
    cv_request_on_done(first, note_closed, &calls);
    cv_request_on_done(second, note_closed, &calls);
    while (server_request_count(scene->self->server, NULL) < before + 2) {
        cv_client_poll(scene->client, 1);
    }
    memory_fail_from(scene, failure, keeps_failing);
    cv_client_close(scene->client);
    bool has_failed = memory_give(scene);
    scene->client = NULL;
    assert_int_equal(calls, 2);
    cv_request_free(first);
    cv_request_free(second);
    return has_failed;
}

static void test_closing_needs_no_memory(void **context) {
    memory_scene scene = {.self = *context};
    for (int keeps_failing = 0; keeps_failing < 2; keeps_failing++) {
        failing_allocator_init(&scene.memory, 0, false);
        scene.options = api_options(scene.self);
        scene.options.drive = keeps_failing == 0 ? CV_DRIVE_POLL : CV_DRIVE_THREAD;
        scene.options.allocator = &scene.memory.allocator;
        scene.client = api_open(scene.self, &scene.options);
        close_under_way(&scene, 1, true);
        assert_int_equal(atomic_load(&scene.memory.live), 0);
    }
}

/* ---- blocking calls ---- */

static const cv_issue *retrieve(const memory_scene *scene) {
    return cv_issue_retrieve(scene->client, ISSUE, CV_PRIORITY_USER);
}

/* With little memory and then, if that failed, with enough. */
static bool retrieve_twice(memory_scene *scene, size_t failure, bool keeps_failing) {
    memory_fail_from(scene, failure, keeps_failing);
    const cv_issue *issue = retrieve(scene);
    if (issue == NULL) {
        memory_assert_none(cv_last_error());
    }
    bool has_failed = memory_give(scene);
    if (issue == NULL) {
        issue = retrieve(scene);
    }
    assert_non_null(issue);
    assert_int_equal(issue->id, ISSUE);
    cv_issue_free(issue);
    return has_failed;
}

/* What is in the cache is not asked of the service because there is no memory to read it. */
static bool hit(memory_scene *scene, size_t failure, bool keeps_failing) {
    cv_issue_free(retrieve(scene));
    size_t requests = server_request_count(scene->self->server, NULL);
    bool has_failed = retrieve_twice(scene, failure, keeps_failing);
    assert_int_equal(server_request_count(scene->self->server, NULL), requests);
    return has_failed;
}

/* The same where the cache has a file of its own, so that claiming a job does not read it. */
static bool hit_in_a_file_of_its_own(memory_scene *scene, size_t failure, bool keeps_failing) {
    cv_client_close(scene->client);
    scene->options.cache.database = ":memory:";
    scene->client = api_open(scene->self, &scene->options);
    return hit(scene, failure, keeps_failing);
}

static bool hit_without_jobs(memory_scene *scene, size_t failure, bool keeps_failing) {
    cv_client_close(scene->client);
    scene->options.dedupe.disabled = true;
    scene->client = api_open(scene->self, &scene->options);
    return hit(scene, failure, keeps_failing);
}

/* Some fields of an object whose full entry is cached, and the other way round. */
static bool hit_a_full_entry(memory_scene *scene, size_t failure, bool keeps_failing) {
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.fields = "name";
    cv_issue_free(retrieve(scene));
    size_t requests = server_request_count(scene->self->server, NULL);
    memory_fail_from(scene, failure, keeps_failing);
    const cv_issue *issue = cv_issue_retrieve_with(scene->client, ISSUE, &options);
    if (issue == NULL) {
        memory_assert_none(cv_last_error());
    }
    bool has_failed = memory_give(scene);
    cv_issue_free(issue);
    assert_int_equal(server_request_count(scene->self->server, NULL), requests);
    return has_failed;
}

/* ---- answers past their time ---- */

static atomic_int_least64_t ahead_ms;

static cv_now look_ahead(void *user) {
    (void)user;
    int64_t now_ms = api_now_ms() + atomic_load(&ahead_ms);
    return (cv_now){.boot_ms = now_ms, .wall_ms = INT64_C(1717243200000) + now_ms};
}

/* An old answer that cannot be read for want of memory is not one that is not there. */
static bool hit_an_old_one(memory_scene *scene, size_t failure, bool keeps_failing) {
    enum { A_DAY_MS = 86400000 };
    cv_clock clock = CV_CLOCK_INIT;
    clock.now = look_ahead;
    scene->options.clock = &clock;
    cv_client_close(scene->client);
    scene->client = api_open(scene->self, &scene->options);
    cv_issue_free(retrieve(scene));
    atomic_fetch_add(&ahead_ms, A_DAY_MS);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    memory_fail_from(scene, failure, keeps_failing);
    const cv_issue *issue = cv_issue_retrieve_with(scene->client, ISSUE, &options);
    if (issue == NULL) {
        memory_assert_none(cv_last_error());
    } else {
        assert_int_equal(issue->record.source, CV_SOURCE_STALE);
    }
    bool has_failed = memory_give(scene);
    cv_issue_free(issue);
    return has_failed;
}

static bool list(memory_scene *scene, size_t failure, bool keeps_failing) {
    cv_query query = CV_QUERY_INIT;
    query.limit = 3;
    query.filter = "volume:796";
    memory_fail_from(scene, failure, keeps_failing);
    const cv_page *page = cv_list(scene->client, CV_ISSUE, &query, CV_PRIORITY_USER);
    if (page == NULL) {
        memory_assert_none(cv_last_error());
    }
    bool has_failed = memory_give(scene);
    if (page == NULL) {
        page = cv_list(scene->client, CV_ISSUE, &query, CV_PRIORITY_USER);
    }
    assert_non_null(page);
    cv_page_free(page);
    return has_failed;
}

/* A denial is stored too, and nothing but a denial may become one. */
static bool ask_for_nothing(memory_scene *scene, size_t failure, bool keeps_failing) {
    memory_fail_from(scene, failure, keeps_failing);
    assert_null(cv_issue_retrieve(scene->client, 999, CV_PRIORITY_USER));
    if (cv_last_error()->code != CV_ERROR_NOT_FOUND) {
        memory_assert_none(cv_last_error());
    }
    bool has_failed = memory_give(scene);
    assert_null(cv_issue_retrieve(scene->client, 999, CV_PRIORITY_USER));
    assert_int_equal(cv_last_error()->code, CV_ERROR_NOT_FOUND);
    return has_failed;
}

/* ---- requests ---- */

static void count_call(cv_request *request, void *user) {
    (void)request;
    ++*(int *)user;
}

static bool ask_and_poll(memory_scene *scene, size_t failure, bool keeps_failing) {
    int calls = 0;
    memory_fail_from(scene, failure, keeps_failing);
    cv_request *request = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, NULL);
    if (request == NULL) {
        memory_assert_none(cv_request_error(request));
        memory_assert_none(cv_last_error());
    }
    cv_request_on_done(request, count_call, &calls);
    while (request != NULL && calls == 0) {
        cv_client_poll(scene->client, 1);
    }
    const cv_record *record = cv_record_take(request);
    if (record == NULL) {
        memory_assert_none(cv_last_error());
    }
    bool has_failed = memory_give(scene);
    cv_record_free(record);
    cv_request_free(request);
    return has_failed;
}

static void count_event(const cv_event *event, void *user) {
    int *done = user;
    *done += event->kind == CV_EVENT_DONE ? 1 : 0;
}

/* A request that tells of itself: however little memory there is, its end is told once. */
static bool tell_events(memory_scene *scene, size_t failure, bool keeps_failing) {
    int done = 0;
    cv_client_close(scene->client);
    scene->options.on_event = count_event;
    scene->options.user = &done;
    scene->client = api_open(scene->self, &scene->options);
    memory_fail_from(scene, failure, keeps_failing);
    cv_request *request = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    if (cv_request_error(request)->code != CV_OK) {
        memory_assert_none(cv_request_error(request));
    }
    bool has_failed = memory_give(scene);
    cv_client_poll(scene->client, 0);
    assert_int_equal(done, request != NULL ? 1 : 0);
    cv_request_free(request);
    return has_failed;
}

/* Two calls for the same, which travel together, and one of them leaves. */
static bool cancel_one_of_two(memory_scene *scene, size_t failure, bool keeps_failing) {
    assert_true(server_hold(scene->self->server, NULL)); /* neither is done before that */
    memory_fail_from(scene, failure, keeps_failing);
    cv_request *first = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, NULL);
    cv_request *second = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, NULL);
    cv_client_poll(scene->client, 0);
    cv_request_cancel(first);
    if (cv_request_error(first)->code != CV_ERROR_CANCELLED) {
        memory_assert_none(cv_request_error(first));
    }
    server_release(scene->self->server, SERVER_ALL);
    assert_true(cv_request_wait(second, API_PATIENCE_MS));
    if (cv_request_error(second)->code != CV_OK) {
        memory_assert_none(cv_request_error(second));
    }
    bool has_failed = memory_give(scene);
    cv_request_free(first);
    cv_request_free(second);
    return has_failed;
}

/* ---- records ---- */

static bool copy_records(memory_scene *scene, size_t failure, bool keeps_failing) {
    const cv_issue *issue = retrieve(scene);
    assert_non_null(issue);
    memory_fail_from(scene, failure, keeps_failing);
    char *json = cv_record_json(&issue->record);
    if (json == NULL) {
        memory_assert_none(cv_last_error());
    }
    const cv_record *kept = cv_record_keep(&issue->record);
    if (kept == NULL) {
        memory_assert_none(cv_last_error());
    }
    bool has_failed = memory_give(scene);
    cv_issue_free(issue);
    cv_record_free(kept);
    cv_free(json);
    return has_failed;
}

MEMORY_TESTS(open_fails, open_another)
MEMORY_TESTS(bounded_open_fails, open_a_bounded_one)
MEMORY_TESTS(cold_retrieve_fails, retrieve_twice)
MEMORY_TESTS(hit_fails, hit)
MEMORY_TESTS(own_file_fails, hit_in_a_file_of_its_own)
MEMORY_TESTS(no_jobs_fails, hit_without_jobs)
MEMORY_TESTS(full_entry_fails, hit_a_full_entry)
MEMORY_TESTS(old_hit_fails, hit_an_old_one)
MEMORY_TESTS(list_fails, list)
MEMORY_TESTS(denial_fails, ask_for_nothing)
MEMORY_TESTS(request_fails, ask_and_poll)
MEMORY_TESTS(event_fails, tell_events)
MEMORY_TESTS(cancel_fails, cancel_one_of_two)
MEMORY_TESTS(copy_fails, copy_records)

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_open_fails_once),
        API_TEST(test_open_fails_from_then_on),
        API_TEST(test_bounded_open_fails_once),
        API_TEST(test_bounded_open_fails_from_then_on),
        API_TEST(test_closing_needs_no_memory),
        API_TEST(test_cold_retrieve_fails_once),
        API_TEST(test_cold_retrieve_fails_from_then_on),
        API_TEST(test_hit_fails_once),
        API_TEST(test_hit_fails_from_then_on),
        API_TEST(test_own_file_fails_once),
        API_TEST(test_own_file_fails_from_then_on),
        API_TEST(test_no_jobs_fails_once),
        API_TEST(test_no_jobs_fails_from_then_on),
        API_TEST(test_full_entry_fails_once),
        API_TEST(test_full_entry_fails_from_then_on),
        API_TEST(test_old_hit_fails_once),
        API_TEST(test_old_hit_fails_from_then_on),
        API_TEST(test_list_fails_once),
        API_TEST(test_list_fails_from_then_on),
        API_TEST(test_denial_fails_once),
        API_TEST(test_denial_fails_from_then_on),
        API_TEST(test_request_fails_once),
        API_TEST(test_request_fails_from_then_on),
        API_TEST(test_event_fails_once),
        API_TEST(test_event_fails_from_then_on),
        API_TEST(test_cancel_fails_once),
        API_TEST(test_cancel_fails_from_then_on),
        API_TEST(test_copy_fails_once),
        API_TEST(test_copy_fails_from_then_on),
    };
    return cmocka_run_group_tests_name("call memory", tests, NULL, NULL);
}
