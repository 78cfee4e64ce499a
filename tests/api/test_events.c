/* Events as an application sees them: which, in which order, on which thread, and what may be done
 * inside one. The lines begin with the id that was asked for, "-" for what has none. */
#include "support/api_drive.h"
#include "support/diary.h"
#include "support/failing_allocator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUE = 52, OTHER_ISSUE = 61, NO_ISSUE = 999999 };

typedef struct scene {
    drive_scene drive; /* first: the set-up's helpers take it */
    diary told;
    cv_options options;
    pthread_t thread; /* of the last event */
    cv_event last;    /* its texts are gone */

    /* Called inside events of this kind, if set. */
    cv_event_kind kind;
    void (*act)(struct scene *scene, const cv_event *event);
    cv_request *other; /* what the act makes */
} scene;

static void listen(const cv_event *event, void *user) {
    scene *self = user;
    char who[16] = "-";
    if (event->id != 0) {
        assert_true(snprintf(who, sizeof(who), "%d", (int)event->id) > 0);
    }
    diary_note(&self->told, who, event);
    self->thread = pthread_self();
    self->last = *event;
    if (self->act != NULL && event->kind == self->kind) {
        void (*act)(scene *, const cv_event *) = self->act;
        self->act = NULL;
        act(self, event);
        diary_add(&self->told, "acted");
    }
}

static int set_up(void **context, cv_drive drive) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    diary_init(&self->told);
    self->drive.self = api_new();
    self->drive.drive = drive;
    self->options = api_options(self->drive.self);
    self->options.on_event = listen;
    self->options.user = self;
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
    api_end(self->drive.self);
    diary_end(&self->told);
    free(self);
    return 0;
}

static cv_client *start(scene *self) {
    self->drive.client = drive_open(&self->drive, &self->options);
    return self->drive.client;
}

static cv_request *ask(const scene *self, int64_t id) {
    return drive_ask(&self->drive, id, NULL);
}

static void wait_and_free(cv_request *request) {
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    cv_request_free(request);
}

#define FETCHED(id) #id " queued\n" #id " sent 1\n" #id " done network\n"

/* ---- blocking calls ---- */

static void test_a_blocking_call_tells_its_way(void **context) {
    scene *self = *context;
    start(self);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    diary_check(&self->told, FETCHED(52));
    assert_true(pthread_equal(self->thread, pthread_self()));
    assert_int_equal(self->last.resource, CV_ISSUE);
}

static void test_a_hit_tells_too(void **context) {
    scene *self = *context;
    start(self);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    diary_check(&self->told, FETCHED(52));
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_OK);
    diary_check(&self->told, "52 hit CV_OK\n52 done cache\n");
    assert_null(self->last.request);
    assert_true(pthread_equal(self->thread, pthread_self()));
}

static void test_a_known_absence_is_a_hit(void **context) {
    scene *self = *context;
    start(self);
    assert_int_equal(api_retrieve(self->drive.client, NO_ISSUE).code, CV_ERROR_NOT_FOUND);
    diary_check(&self->told, "999999 queued\n999999 sent 1\n999999 done CV_ERROR_NOT_FOUND\n");
    assert_int_equal(api_retrieve(self->drive.client, NO_ISSUE).code, CV_ERROR_NOT_FOUND);
    diary_check(&self->told, "999999 hit CV_ERROR_NOT_FOUND\n999999 done CV_ERROR_NOT_FOUND\n");
    wait_and_free(ask(self, NO_ISSUE));
    diary_check(&self->told, "999999 queued\n999999 hit CV_ERROR_NOT_FOUND\n"
                             "999999 done CV_ERROR_NOT_FOUND\n");
}

static void test_a_miss_that_may_not_ask_is_done(void **context) {
    scene *self = *context;
    start(self);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.mode = CV_MODE_CACHE_ONLY;
    assert_int_equal(api_retrieve_with(self->drive.client, ISSUE, &options).code,
                     CV_ERROR_NOT_CACHED);
    diary_check(&self->told, "52 done CV_ERROR_NOT_CACHED\n");
}

/* The handle is the library's: whoever frees it has cancelled the call, and nothing else. */
static void free_it(scene *self, const cv_event *event) {
    (void)self;
    cv_request_free(event->request);
    cv_request_free(event->request);
}

static void test_a_blocking_call_can_be_cancelled_inside(void **context) {
    scene *self = *context;
    start(self);
    drive_hold(&self->drive);
    self->kind = CV_EVENT_SENT;
    self->act = free_it;
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_ERROR_CANCELLED);
    diary_check(&self->told, "52 queued\n52 sent 1\nacted\n52 done CV_ERROR_CANCELLED\n");
    drive_release(&self->drive);
}

/* ---- handles ---- */

static void test_a_wait_delivers_its_own_events(void **context) {
    scene *self = *context;
    start(self);
    cv_request *request = ask(self, ISSUE);
    wait_and_free(request);
    diary_check(&self->told, FETCHED(52));
    wait_and_free(ask(self, ISSUE));
    diary_check(&self->told, "52 queued\n52 hit CV_OK\n52 done cache\n");
}

static void test_a_wait_leaves_others_alone(void **context) {
    scene *self = *context;
    start(self);
    cv_request *other = ask(self, OTHER_ISSUE);
    cv_request *request = ask(self, ISSUE);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    diary_check(&self->told, FETCHED(52));
    assert_true(cv_request_wait(other, API_PATIENCE_MS));
    diary_check(&self->told, FETCHED(61));
    cv_request_free(request);
    cv_request_free(other);
}

static void add_done(cv_request *request, void *user) {
    diary_add(user, "called back %s", cv_code_name(cv_request_error(request)->code));
}

static void test_poll_delivers_events_before_the_callback(void **context) {
    scene *self = *context;
    start(self);
    cv_request *request = ask(self, ISSUE);
    cv_request_on_done(request, add_done, &self->told);
    int delivered = 0;
    while (delivered < 4) {
        delivered += cv_client_poll(self->drive.client, API_PATIENCE_MS);
    }
    diary_check(&self->told, FETCHED(52) "called back CV_OK\n");
    assert_int_equal(delivered, 4);
    assert_int_equal(cv_client_poll(self->drive.client, 0), 0);
    assert_true(pthread_equal(self->thread, pthread_self()));
    cv_request_free(request);
}

static void test_bad_arguments_are_done(void **context) {
    scene *self = *context;
    start(self);
    cv_request *request = cv_request_retrieve(self->drive.client, CV_ISSUE, -1, NULL);
    diary_check(&self->told, "");
    assert_int_equal(cv_client_poll(self->drive.client, 0), 1);
    diary_check(&self->told, "- done CV_ERROR_ARGUMENT\n");
    assert_ptr_equal(self->last.request, request);
    cv_request_free(request);
}

static void test_freeing_drops_what_was_not_told(void **context) {
    scene *self = *context;
    start(self);
    drive_hold(&self->drive);
    cv_request *request = ask(self, ISSUE);
    assert_true(self->drive.drive == CV_DRIVE_POLL ||
                server_wait_for(self->drive.self->server, NULL, 1, API_PATIENCE_MS));
    cv_request_free(request);
    drive_release(&self->drive);
    cv_client_poll(self->drive.client, 0);
    diary_check(&self->told, "");
}

static void test_cancelling_is_an_end(void **context) {
    scene *self = *context;
    start(self);
    drive_hold(&self->drive);
    cv_request *request = ask(self, ISSUE);
    drive_until_sent(&self->drive, 1);
    cv_request_cancel(request);
    cv_request_cancel(request);
    wait_and_free(request);
    diary_check(&self->told, "52 queued\n52 sent 1\n52 done CV_ERROR_CANCELLED\n");
    drive_release(&self->drive);
}

static void test_the_second_has_joined(void **context) {
    scene *self = *context;
    start(self);
    drive_hold(&self->drive);
    cv_request *first = ask(self, ISSUE);
    drive_until_sent(&self->drive, 1);
    cv_client_poll(self->drive.client, 0);
    diary_check(&self->told, "52 queued\n52 sent 1\n");
    cv_request *second = ask(self, ISSUE);
    while (self->last.kind != CV_EVENT_JOINED) {
        cv_client_poll(self->drive.client, API_PATIENCE_MS);
    }
    diary_check(&self->told, "52 queued\n52 joined\n");
    drive_release(&self->drive);
    wait_and_free(second);
    diary_check(&self->told, "52 done shared\n");
    wait_and_free(first);
    diary_check(&self->told, "52 done network\n");
}

/* ---- waits and trouble ---- */

static void test_a_wait_for_quota_is_told(void **context) {
    scene *self = *context;
    self->options.rate_limit.limit = 1;
    self->options.rate_limit.kind = CV_LIMIT_SLIDING;
    self->options.max_wait_ms = CV_WAIT_FOREVER;
    start(self);
    wait_and_free(ask(self, ISSUE));
    diary_check(&self->told, FETCHED(52));
    cv_request *request = ask(self, OTHER_ISSUE);
    while (self->last.kind != CV_EVENT_WAITING) {
        cv_client_poll(self->drive.client, API_PATIENCE_MS);
    }
    diary_check(&self->told, "61 queued\n61 waiting the budget is used up, place 1\n");
    assert_string_equal(self->last.path, "issue");
    assert_in_range(self->last.delay_ms, 3500000, 3602000);
    assert_int_equal(self->last.until_ms, self->last.at_ms + self->last.delay_ms);
    cv_request_cancel(request);
    wait_and_free(request);
    diary_check(&self->told, "61 done CV_ERROR_CANCELLED\n");
}

static void test_a_retry_is_told(void **context) {
    scene *self = *context;
    const server_fault failing = {.http_status = 500, .body = ""};
    self->options.max_retries = 1;
    start(self);
    api_break(self->drive.self, &failing);
    wait_and_free(ask(self, ISSUE));
    diary_check(&self->told, "52 queued\n52 sent 1\n52 retry 1 CV_ERROR_SERVER\n52 sent 2\n"
                             "52 done network\n");
}

static void test_a_cooldown_is_told(void **context) {
    scene *self = *context;
    const server_fault limited = {.api_status = 107, .headers = {{"Retry-After", "17"}}};
    start(self);
    api_break(self->drive.self, &limited);
    assert_int_equal(api_retrieve(self->drive.client, ISSUE).code, CV_ERROR_RATE_LIMITED);
    diary_check(&self->told, "52 queued\n52 sent 1\n52 cooldown CV_ERROR_RATE_LIMITED\n"
                             "52 done CV_ERROR_RATE_LIMITED\n");
    api_lift_pauses(self->drive.self);
}

/* ---- many, cursors ---- */

static void test_many_tell_of_their_lists(void **context) {
    static const int64_t ids[] = {52, 61};
    scene *self = *context;
    start(self);
    cv_request *request =
        cv_request_retrieve_many(self->drive.client, CV_ISSUE, ids, API_COUNT(ids), NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    diary_check(&self->told, "- queued\n- sent 1\n- done cache\n");
    assert_string_equal(self->last.path, "issues");
    assert_ptr_equal(self->last.request, request);
    cv_request_free(request);
}

/* The service has no lists of chats by id: each is asked for alone. */
static void test_many_tell_of_what_they_ask_for_alone(void **context) {
    static const int64_t ids[] = {7};
    scene *self = *context;
    start(self);
    cv_request *request =
        cv_request_retrieve_many(self->drive.client, CV_CHAT, ids, API_COUNT(ids), NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    diary_check(&self->told, "- queued\n7 sent 1\n- done cache\n");
    cv_request_free(request);
}

static void test_cursors_tell_of_their_pages(void **context) {
    scene *self = *context;
    start(self);
    cv_cursor *cursor = cv_cursor_open(self->drive.client, CV_ISSUE, NULL, CV_PRIORITY_USER);
    assert_non_null(cursor);
    assert_non_null(cv_issue_next(cursor));
    diary_check(&self->told, "- queued\n- sent 1\n- done network\n");
    cv_cursor_close(cursor);
}

/* ---- inside an event ---- */

static void submit(scene *self, const cv_event *event) {
    (void)event;
    self->other = ask(self, OTHER_ISSUE);
}

static void test_submit_inside(void **context) {
    scene *self = *context;
    start(self);
    self->kind = CV_EVENT_QUEUED;
    self->act = submit;
    wait_and_free(ask(self, ISSUE));
    wait_and_free(self->other);
    diary_check(&self->told, "52 queued\nacted\n52 sent 1\n52 done network\n" FETCHED(61));
}

static void cancel(scene *self, const cv_event *event) {
    (void)self;
    cv_request_cancel(event->request);
}

static void test_cancel_inside(void **context) {
    scene *self = *context;
    start(self);
    drive_hold(&self->drive);
    self->kind = CV_EVENT_SENT;
    self->act = cancel;
    cv_request *request = ask(self, ISSUE);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    diary_check(&self->told, "52 queued\n52 sent 1\nacted\n52 done CV_ERROR_CANCELLED\n");
    cv_request_free(request);
    drive_release(&self->drive);
}

static void free_request(scene *self, const cv_event *event) {
    (void)self;
    cv_request_free(event->request);
}

/* The wait for a request that is freed meanwhile ends. */
static void test_free_inside_a_wait(void **context) {
    scene *self = *context;
    start(self);
    drive_hold(&self->drive);
    self->kind = CV_EVENT_SENT;
    self->act = free_request;
    assert_true(cv_request_wait(ask(self, ISSUE), API_PATIENCE_MS));
    diary_check(&self->told, "52 queued\n52 sent 1\nacted\n");
    drive_release(&self->drive);
    cv_client_poll(self->drive.client, 0);
    diary_check(&self->told, "");
}

static void test_free_inside_poll(void **context) {
    scene *self = *context;
    start(self);
    self->kind = CV_EVENT_DONE;
    self->act = free_request;
    ask(self, ISSUE);
    while (self->act != NULL) {
        cv_client_poll(self->drive.client, API_PATIENCE_MS);
    }
    diary_check(&self->told, "52 queued\n52 sent 1\n52 done network\nacted\n");
}

static void wait_for_it(scene *self, const cv_event *event) {
    (void)self;
    assert_true(cv_request_wait(event->request, API_PATIENCE_MS));
}

/* What comes meanwhile is told inside. */
static void test_wait_inside(void **context) {
    scene *self = *context;
    start(self);
    self->kind = CV_EVENT_QUEUED;
    self->act = wait_for_it;
    wait_and_free(ask(self, ISSUE));
    diary_check(&self->told, FETCHED(52) "acted\n");
}

static void poll_until_done(scene *self, const cv_event *event) {
    while (!cv_request_done(event->request)) {
        cv_client_poll(self->drive.client, API_PATIENCE_MS);
    }
    cv_client_poll(self->drive.client, 0);
}

static void test_poll_inside(void **context) {
    scene *self = *context;
    start(self);
    self->kind = CV_EVENT_QUEUED;
    self->act = poll_until_done;
    cv_request *request = ask(self, ISSUE);
    assert_true(cv_client_poll(self->drive.client, API_PATIENCE_MS) > 0);
    diary_check(&self->told, FETCHED(52) "acted\n");
    cv_request_free(request);
}

static void close_it(scene *self, const cv_event *event) {
    (void)event;
    cv_client *client = self->drive.client;
    self->drive.client = NULL;
    cv_client_close(client);
}

/* All that is left is told before close returns, nothing afterwards. */
static void test_close_inside_a_blocking_call(void **context) {
    scene *self = *context;
    cv_client *client = start(self);
    drive_hold(&self->drive);
    self->kind = CV_EVENT_SENT;
    self->act = close_it;
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_ERROR_CLOSED);
    diary_check(&self->told, "52 queued\n52 sent 1\n52 done CV_ERROR_CLOSED\nacted\n");
    drive_release(&self->drive);
}

static void test_close_inside_poll(void **context) {
    scene *self = *context;
    cv_client *client = start(self);
    drive_hold(&self->drive);
    self->kind = CV_EVENT_SENT;
    self->act = close_it;
    cv_request *request = ask(self, ISSUE);
    while (self->drive.client != NULL) {
        cv_client_poll(client, API_PATIENCE_MS);
    }
    diary_check(&self->told, "52 queued\n52 sent 1\n52 done CV_ERROR_CLOSED\nacted\n");
    cv_request_free(request);
    drive_release(&self->drive);
}

static void test_close_delivers_what_is_left(void **context) {
    scene *self = *context;
    start(self);
    drive_hold(&self->drive);
    cv_request *request = ask(self, ISSUE);
    cv_client_close(self->drive.client);
    self->drive.client = NULL;
    assert_true(pthread_equal(self->thread, pthread_self()));
    assert_int_equal(self->last.kind, CV_EVENT_DONE);
    assert_int_equal(self->last.code, CV_ERROR_CLOSED);
    assert_true(cv_request_wait(request, -1));
    cv_request_free(request);
    drive_release(&self->drive);
}

/* ---- memory ---- */

static void retrieve_without(scene *self, failing_allocator *memory, size_t failing_call) {
    failing_allocator_init(memory, 0, false);
    self->options.allocator = &memory->allocator;
    start(self);
    memory->failing_call = atomic_load(&memory->calls) + failing_call;
    cv_request *request = cv_request_retrieve(self->drive.client, CV_ISSUE, ISSUE, NULL);
    assert_true(cv_request_wait(request, API_PATIENCE_MS));
    const cv_code code = cv_request_error(request)->code;
    assert_true(code == CV_OK || code == CV_ERROR_NOMEM);
    if (request != NULL) {
        assert_int_equal(self->last.kind, CV_EVENT_DONE);
        assert_int_equal(self->last.code, code);
    }
    cv_request_free(request);
    cv_client_close(self->drive.client);
    self->drive.client = NULL;
    assert_int_equal(atomic_load(&memory->live), 0);
}

/* Whatever memory lacks, the end is told as it is; and a lost event costs nothing else. */
static void test_the_end_is_never_lost(void **context) {
    scene *self = *context;
    static failing_allocator memory;
    size_t failing_call = 1;
    size_t failed = 0;
    do {
        retrieve_without(self, &memory, failing_call++);
        failed += atomic_load(&memory.has_failed) ? 1 : 0;
        api_query(self->drive.self, "SELECT count(*) FROM cache");
        memset(&self->last, 0, sizeof(self->last));
    } while (atomic_load(&memory.has_failed));
    assert_true(failed > 3);
}

static void test_kinds_have_names(void **context) {
    (void)context;
    assert_string_equal(cv_event_name(CV_EVENT_QUEUED), "queued");
    assert_string_equal(cv_event_name(CV_EVENT_DONE), "done");
    assert_string_equal(cv_event_name((cv_event_kind)0), "unknown");
    assert_string_equal(cv_event_name((cv_event_kind)(CV_EVENT_DONE + 1)), "unknown");
}

int main(void) {
#define BOTH(test)                                                                                 \
    {#test " (thread)", test, set_up_thread, tear_down, NULL}, {                                   \
#test " (poll)", test, set_up_poll, tear_down, NULL                                        \
    }
    const struct CMUnitTest tests[] = {
        BOTH(test_a_blocking_call_tells_its_way),
        BOTH(test_a_hit_tells_too),
        BOTH(test_a_known_absence_is_a_hit),
        BOTH(test_a_miss_that_may_not_ask_is_done),
        BOTH(test_a_blocking_call_can_be_cancelled_inside),
        BOTH(test_a_wait_delivers_its_own_events),
        BOTH(test_a_wait_leaves_others_alone),
        BOTH(test_poll_delivers_events_before_the_callback),
        BOTH(test_bad_arguments_are_done),
        BOTH(test_freeing_drops_what_was_not_told),
        BOTH(test_cancelling_is_an_end),
        BOTH(test_the_second_has_joined),
        BOTH(test_a_wait_for_quota_is_told),
        BOTH(test_a_retry_is_told),
        BOTH(test_a_cooldown_is_told),
        BOTH(test_many_tell_of_their_lists),
        BOTH(test_many_tell_of_what_they_ask_for_alone),
        BOTH(test_cursors_tell_of_their_pages),
        BOTH(test_submit_inside),
        BOTH(test_cancel_inside),
        BOTH(test_free_inside_a_wait),
        BOTH(test_free_inside_poll),
        BOTH(test_wait_inside),
        BOTH(test_poll_inside),
        BOTH(test_close_inside_a_blocking_call),
        BOTH(test_close_inside_poll),
        BOTH(test_close_delivers_what_is_left),
        BOTH(test_the_end_is_never_lost),
        cmocka_unit_test(test_kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
