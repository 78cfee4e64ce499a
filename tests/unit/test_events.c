/* The lines in which events wait: bounds, replacement, order when several threads deliver, and that
 * a client without on_event pays nothing for them. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <comicvine.h>

#include "client/client.h"
#include "client/events.h"
#include "support/diary.h"
#include "support/failing_allocator.h"

enum { MANY = 100, ROUNDS = 50, REQUESTS = 8, THREADS = 4 };

typedef struct fixture {
    cv_client *client;
    cv_request *request; /* never driven */
    diary told;
    failing_allocator memory;
} fixture;

static void listen(const cv_event *event, void *user) {
    fixture *self = user;
    diary_note(&self->told, "1", event);
}

static cv_client *open_client(cv_event_fn *on_event, void *user, const cv_allocator *allocator) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "key";
    options.base_url = "http://127.0.0.1:1";
    options.database = ":memory:";
    options.drive = CV_DRIVE_POLL;
    options.on_event = on_event;
    options.user = user;
    options.allocator = allocator;
    cv_client *client = cv_client_open(&options);
    assert_non_null(client);
    return client;
}

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    diary_init(&self->told);
    failing_allocator_init(&self->memory, 0, false);
    self->client = open_client(listen, self, &self->memory.allocator);
    self->request = cv_request_retrieve(self->client, CV_ISSUE, 1, NULL);
    assert_non_null(self->request);
    assert_int_equal(cvi_events_run(self->client, NULL), 1);
    diary_check(&self->told, "1 queued\n");
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    fixture *self = *state;
    cv_request_free(self->request);
    cv_client_close(self->client);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    diary_end(&self->told);
    free(self);
    return 0;
}

static void tell(cv_request *request, cv_event_kind kind, int64_t number) {
    const cv_event event = {.kind = kind, .tries = number, .place = number, .reason = "turn"};
    cvi_mutex_lock(&request->client->mutex);
    cvi_events_tell_locked(request, &event);
    cvi_mutex_unlock(&request->client->mutex);
}

/* ---- bounds ---- */

static void test_the_oldest_give_way(void **state) {
    fixture *self = *state;
    char line[32];
    char expected[1024] = "";
    for (int i = 1; i <= MANY; i++) {
        tell(self->request, CV_EVENT_SENT, i);
    }
    for (int i = MANY - 31; i <= MANY; i++) {
        assert_true(snprintf(line, sizeof(line), "1 sent %d\n", i) > 0);
        strncat(expected, line, sizeof(expected) - strlen(expected) - 1);
    }
    assert_int_equal(cvi_events_run(self->client, NULL), 32);
    diary_check(&self->told, expected);
}

static void test_the_end_has_room_of_its_own(void **state) {
    fixture *self = *state;
    for (int i = 1; i <= MANY; i++) {
        tell(self->request, CV_EVENT_SENT, i);
    }
    cv_request_cancel(self->request);
    assert_int_equal(cvi_events_run(self->client, self->request), 33);
}

static void test_a_wait_replaces_the_last_one(void **state) {
    fixture *self = *state;
    tell(self->request, CV_EVENT_WAITING, 3);
    tell(self->request, CV_EVENT_WAITING, 2);
    tell(self->request, CV_EVENT_SENT, 1);
    tell(self->request, CV_EVENT_WAITING, 2);
    tell(self->request, CV_EVENT_WAITING, 1);
    cvi_events_run(self->client, NULL);
    diary_check(&self->told, "1 waiting turn, place 2\n1 sent 1\n1 waiting turn, place 1\n");
    tell(self->request, CV_EVENT_WAITING, 2);
    cvi_events_run(self->client, NULL);
    tell(self->request, CV_EVENT_WAITING, 1);
    cvi_events_run(self->client, NULL);
    diary_check(&self->told, "1 waiting turn, place 2\n1 waiting turn, place 1\n");
}

static void test_a_lost_event_costs_nothing_else(void **state) {
    fixture *self = *state;
    tell(self->request, CV_EVENT_SENT, 1);
    self->memory.failing_call = atomic_load(&self->memory.calls) + 1;
    tell(self->request, CV_EVENT_SENT, 2);
    assert_true(atomic_load(&self->memory.has_failed));
    tell(self->request, CV_EVENT_SENT, 3);
    cvi_events_run(self->client, NULL);
    diary_check(&self->told, "1 sent 1\n1 sent 3\n");
}

static void test_the_lines_of_two_requests_stay_whole(void **state) {
    fixture *self = *state;
    cv_request *other = cv_request_retrieve(self->client, CV_ISSUE, 2, NULL);
    tell(self->request, CV_EVENT_SENT, 1);
    tell(other, CV_EVENT_SENT, 2);
    tell(self->request, CV_EVENT_SENT, 3);
    tell(other, CV_EVENT_SENT, 4);
    assert_int_equal(cvi_events_run(self->client, other), 3);
    diary_check(&self->told, "1 queued\n1 sent 2\n1 sent 4\n");
    tell(other, CV_EVENT_SENT, 5);
    cv_request_free(other);
    assert_int_equal(cvi_events_run(self->client, NULL), 2);
    diary_check(&self->told, "1 sent 1\n1 sent 3\n");
}

/* ---- nobody listens ---- */

static void test_without_a_listener_nothing_is_kept(void **state) {
    (void)state;
    failing_allocator memory;
    failing_allocator_init(&memory, 0, false);
    cv_client *client = open_client(NULL, NULL, &memory.allocator);
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 1, NULL);
    assert_non_null(request);
    size_t calls = atomic_load(&memory.calls);
    tell(request, CV_EVENT_SENT, 1);
    cv_request_cancel(request);
    assert_int_equal(atomic_load(&memory.calls), calls);
    assert_null(client->events.first);
    assert_int_equal(cvi_events_run(client, NULL), 0);
    cv_request_free(request);
    cv_client_close(client);
}

/* ---- threads ---- */

/* Each request's events come one after the other and in their order, whoever delivers them. */
typedef struct counted {
    atomic_int inside;
    int64_t last;
    cv_request *request;
} counted;

typedef struct crowd_state {
    cv_client *client;
    counted of[REQUESTS];
    atomic_int delivered;
    atomic_bool is_wrong;
} crowd_state;

static counted *find(crowd_state *state, const struct cv_request *request) {
    size_t i = 0;
    while (i + 1 < REQUESTS && state->of[i].request != request) {
        i++;
    }
    return &state->of[i];
}

static void check_order(const cv_event *event, void *user) {
    crowd_state *state = user;
    if (event->kind != CV_EVENT_SENT) {
        return;
    }
    counted *count = find(state, event->request);
    bool is_alone = atomic_fetch_add(&count->inside, 1) == 0;
    if (!is_alone || event->tries != count->last + 1) {
        atomic_store(&state->is_wrong, true);
    }
    count->last = event->tries;
    atomic_fetch_sub(&count->inside, 1);
    atomic_fetch_add(&state->delivered, 1);
}

static void *deliver_all(void *user) {
    crowd_state *state = user;
    while (atomic_load(&state->delivered) < REQUESTS * ROUNDS) {
        cvi_events_run(state->client, NULL);
        sched_yield();
    }
    return NULL;
}

static int waiting_events(const cv_request *request) {
    cvi_mutex_lock(&request->client->mutex);
    int count = request->event_count;
    cvi_mutex_unlock(&request->client->mutex);
    return count;
}

static void test_many_threads_keep_the_order(void **unused) {
    (void)unused;
    static crowd_state state;
    pthread_t threads[THREADS];
    state.client = open_client(check_order, &state, NULL);
    for (size_t i = 0; i < REQUESTS; i++) {
        state.of[i].request = cv_request_retrieve(state.client, CV_ISSUE, (int64_t)i + 1, NULL);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, deliver_all, &state), 0);
    }
    for (int64_t round = 1; round <= ROUNDS; round++) {
        for (size_t i = 0; i < REQUESTS; i++) {
            while (waiting_events(state.of[i].request) > 16) {
                sched_yield();
            }
            tell(state.of[i].request, CV_EVENT_SENT, round);
        }
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_false(atomic_load(&state.is_wrong));
    for (size_t i = 0; i < REQUESTS; i++) {
        cv_request_free(state.of[i].request);
    }
    cv_client_close(state.client);
}

/* A request that is freed on another thread while one of its events is delivered stays in memory
 * until that returns, and tells nothing more. */
typedef struct meeting {
    cv_client *client;
    pthread_barrier_t inside;
    pthread_barrier_t freed;
    int events;
    cv_code code; /* as seen inside, after the request was freed */
} meeting;

static void look_at_freed(const cv_event *event, void *user) {
    meeting *self = user;
    self->events++;
    pthread_barrier_wait(&self->inside);
    pthread_barrier_wait(&self->freed);
    self->code = cv_request_error(event->request)->code;
}

static void *deliver_once(void *user) {
    meeting *self = user;
    cvi_events_run(self->client, NULL);
    return NULL;
}

static void test_freed_by_another_thread(void **unused) {
    (void)unused;
    meeting self = {.events = 0};
    pthread_t thread;
    assert_int_equal(pthread_barrier_init(&self.inside, NULL, 2), 0);
    assert_int_equal(pthread_barrier_init(&self.freed, NULL, 2), 0);
    self.client = open_client(look_at_freed, &self, NULL);
    cv_request *request = cv_request_retrieve(self.client, CV_ISSUE, 1, NULL);
    tell(request, CV_EVENT_SENT, 1);
    assert_int_equal(pthread_create(&thread, NULL, deliver_once, &self), 0);
    pthread_barrier_wait(&self.inside);
    cv_request_free(request);
    cv_client_poll(self.client, 0); /* the driver lets it go too */
    pthread_barrier_wait(&self.freed);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(self.events, 1);
    assert_int_equal(self.code, CV_ERROR_CANCELLED);
    cv_client_close(self.client);
    assert_int_equal(self.events, 1);
    pthread_barrier_destroy(&self.inside);
    pthread_barrier_destroy(&self.freed);
}

/* A callback does not overtake an event that another thread still delivers. */
static void note_callback(cv_request *request, void *user) {
    (void)request;
    *(bool *)user = true;
}

static void test_no_callback_overtakes(void **unused) {
    (void)unused;
    meeting self = {.events = 0};
    bool is_called = false;
    pthread_t thread;
    assert_int_equal(pthread_barrier_init(&self.inside, NULL, 2), 0);
    assert_int_equal(pthread_barrier_init(&self.freed, NULL, 2), 0);
    self.client = open_client(look_at_freed, &self, NULL);
    cv_request *request = cv_request_retrieve(self.client, CV_ISSUE, -1, NULL); /* done at once */
    cv_request_on_done(request, note_callback, &is_called);
    assert_int_equal(pthread_create(&thread, NULL, deliver_once, &self), 0);
    pthread_barrier_wait(&self.inside);
    assert_int_equal(cv_client_poll(self.client, 0), 0);
    assert_false(is_called);
    pthread_barrier_wait(&self.freed);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(self.events, 1);
    assert_int_equal(cv_client_poll(self.client, 0), 1);
    assert_true(is_called);
    cv_request_free(request);
    cv_client_close(self.client);
    pthread_barrier_destroy(&self.inside);
    pthread_barrier_destroy(&self.freed);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_the_oldest_give_way),
        TEST(test_the_end_has_room_of_its_own),
        TEST(test_a_wait_replaces_the_last_one),
        TEST(test_a_lost_event_costs_nothing_else),
        TEST(test_the_lines_of_two_requests_stay_whole),
        cmocka_unit_test(test_without_a_listener_nothing_is_kept),
        cmocka_unit_test(test_many_threads_keep_the_order),
        cmocka_unit_test(test_freed_by_another_thread),
        cmocka_unit_test(test_no_callback_overtakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
