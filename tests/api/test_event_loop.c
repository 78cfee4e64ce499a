/* Event loops of the host's: the client's descriptor says when to poll, neither too late nor
 * without need; on_ready says so once. The loops here are real ones, on poll(2). */
#include "support/api_drive.h"
#include "support/forked.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ISSUE = 52, OTHER_ISSUE = 61, MOST_WAKES = 200, MOST_UNRESTS = 10 };

static int descriptor_of(const drive_scene *scene) {
    int descriptor = cv_client_fd(scene->client);
    assert_true(descriptor >= 0);
    assert_int_equal(cv_client_fd(scene->client), descriptor);
    return descriptor;
}

/* Sleeps until the descriptor says so, however long it takes, and polls. */
static void sleep_and_poll(const drive_scene *scene) {
    await_readable(descriptor_of(scene));
    cv_client_poll(scene->client, 0);
}

/* A loop that knows nothing but the descriptor; how often it woke. */
static int loop_until_called(const drive_scene *scene, const note *noted) {
    int wakes = 0;
    for (; noted->calls == 0; wakes++) {
        sleep_and_poll(scene);
    }
    return wakes;
}

/* Until nothing is due at the moment, which must come. */
static void settle(const drive_scene *scene) {
    for (int i = 0; is_readable(descriptor_of(scene)); i++) {
        assert_true(i < MOST_WAKES);
        cv_client_poll(scene->client, 0);
    }
}

/* For a while, at last: on a slow machine a lease may have to be renewed first, say. */
static void assert_quiet(const drive_scene *scene) {
    struct pollfd wanted = {.fd = descriptor_of(scene), .events = POLLIN};
    for (int i = 0; poll(&wanted, 1, 60) != 0; i++) {
        assert_true(i < MOST_UNRESTS);
        cv_client_poll(scene->client, 0);
    }
}

/* ---- the descriptor ---- */

static void test_a_loop_brings_an_answer(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    assert_true(loop_until_called(scene, &noted) < MOST_WAKES);
    assert_called_once(&noted, CV_OK);
    cv_request_free(request);
    settle(scene);
    assert_quiet(scene);
}

static void test_an_idle_client_is_quiet(void **context) {
    drive_scene *scene = *context;
    assert_quiet(scene);
    assert_int_equal(api_retrieve(scene->client, ISSUE).code, CV_OK);
    settle(scene);
    assert_quiet(scene);
}

/* As long as the service takes its time there is nothing to do. */
static void test_waiting_for_the_service_is_quiet(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    descriptor_of(scene);
    drive_until_sent(scene, 1);
    settle(scene);
    assert_quiet(scene);
    drive_release(scene);
    loop_until_called(scene, &noted);
    assert_called_once(&noted, CV_OK);
    cv_request_free(request);
}

/* The descriptor is asked for when everything is under way already. */
static void test_asked_for_late_it_misses_nothing(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    drive_hold(scene);
    cv_request *request = drive_ask(scene, ISSUE, &noted);
    drive_until_sent(scene, 1);
    drive_release(scene);
    loop_until_called(scene, &noted);
    assert_called_once(&noted, CV_OK);
    cv_request_free(request);
}

static void test_what_is_not_polled_stays_due(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_request *request = drive_ask(scene, 0, &noted); /* done from the first */
    for (int i = 0; i < 3; i++) {
        assert_true(is_readable(descriptor_of(scene)));
    }
    assert_int_equal(cv_client_poll(scene->client, 0), 1);
    settle(scene);
    cv_request_free(request);
}

static void test_what_is_taken_back_is_not_due(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_request *request = drive_ask(scene, 0, &noted);
    assert_true(is_readable(descriptor_of(scene)));
    cv_request_free(request);
    settle(scene);
    assert_int_equal(noted.calls, 0);
    assert_quiet(scene);
}

/* The interval between requests passes without a sound, and its end is heard. */
static void test_the_engines_clock_is_heard(void **context) {
    drive_scene *scene = *context;
    note first = {.calls = 0};
    note second = {.calls = 0};
    cv_options options = api_options(scene->self);
    options.rate_limit.min_interval_ms = 300;
    cv_client_close(scene->client);
    scene->client = drive_open(scene, &options);
    cv_request *requests[] = {drive_ask(scene, ISSUE, &first),
                              drive_ask(scene, OTHER_ISSUE, &second)};
    int wakes = loop_until_called(scene, &first) + loop_until_called(scene, &second);
    assert_true(wakes < MOST_WAKES);
    assert_called_once(&second, CV_OK);
    cv_request_free(requests[0]);
    cv_request_free(requests[1]);
}

/* Another client fetches the same thing: its word comes through the descriptor too. */
static void test_others_are_heard(void **context) {
    drive_scene *scene = *context;
    note noted = {.calls = 0};
    cv_options options = api_options(scene->self);
    cv_client *other = cv_client_open(&options);
    drive_hold(scene);
    cv_request *theirs = cv_request_retrieve(other, CV_ISSUE, ISSUE, NULL);
    assert_true(server_wait_for(scene->self->server, NULL, 1, API_PATIENCE_MS));
    cv_request *ours = drive_ask(scene, ISSUE, &noted);
    drive_release(scene);
    loop_until_called(scene, &noted);
    assert_called_once(&noted, CV_OK);
    assert_int_equal(drive_requests(scene), 1);
    assert_true(cv_request_wait(theirs, API_PATIENCE_MS));
    cv_request_free(theirs);
    cv_request_free(ours);
    cv_client_close(other);
}

/* Without descriptors there is none, and there may be one later. */
static void test_a_descriptor_less_client(void **context) {
    drive_scene *scene = *context;
    limit_descriptors(1);
    assert_int_equal(cv_client_fd(scene->client), -1);
    lift_limit();
    assert_true(descriptor_of(scene) >= 0);
    assert_int_equal(cv_client_fd(NULL), -1);
}

static void test_closing_gives_the_descriptors_back(void **context) {
    drive_scene *scene = *context;
    cv_client_close(scene->client);
    size_t before = count_descriptors();
    scene->client = NULL;
    cv_options options = api_options(scene->self);
    cv_client *client = drive_open(scene, &options);
    assert_true(cv_client_fd(client) >= 0);
    assert_int_equal(api_retrieve(client, ISSUE).code, CV_OK);
    cv_client_poll(client, 0);
    drive_hold(scene);
    cv_request *kept = cv_request_retrieve(client, CV_ISSUE, OTHER_ISSUE, NULL);
    cv_client_close(client);
    assert_ended(kept, CV_ERROR_CLOSED);
    cv_request_free(kept);
    drive_release(scene);
    for (int waited_ms = 0; count_descriptors() > before; waited_ms++) { /* the server's end */
        assert_true(waited_ms < API_PATIENCE_MS);
        poll(NULL, 0, 1);
    }
}

/* ---- events ---- */

static void count_event(const cv_event *event, void *user) {
    int *ends = user;
    *ends += event->kind == CV_EVENT_DONE ? 1 : 0;
}

static void test_events_are_due_too(void **context) {
    drive_scene *scene = *context;
    int ends = 0;
    cv_options options = api_options(scene->self);
    options.on_event = count_event;
    options.user = &ends;
    cv_client_close(scene->client);
    scene->client = drive_open(scene, &options);
    cv_request *request = cv_request_retrieve(scene->client, CV_ISSUE, ISSUE, NULL);
    int wakes = 0;
    while (ends == 0) {
        assert_true(wakes++ < MOST_WAKES);
        sleep_and_poll(scene);
    }
    cv_request_free(request);
    settle(scene);
    assert_quiet(scene);
}

/* ---- on_ready ---- */

typedef struct bell {
    int ends[2]; /* a pipe, as a window's message queue would be */
    atomic_int rings;
} bell;

static void ring(cv_client *client, void *user) {
    bell *self = user;
    (void)client;
    atomic_fetch_add(&self->rings, 1);
    if (write(self->ends[1], "!", 1) != 1) {
        abort();
    }
}

static void open_with_bell(drive_scene *scene, bell *self) {
    cv_options options = api_options(scene->self);
    assert_int_equal(pipe(self->ends), 0);
    atomic_init(&self->rings, 0);
    options.on_ready = ring;
    options.user = self;
    cv_client_close(scene->client);
    scene->client = drive_open(scene, &options);
}

static void hear_ring(const bell *self) {
    char byte;
    await_readable(self->ends[0]);
    assert_int_equal(read(self->ends[0], &byte, 1), 1);
}

static void put_away(drive_scene *scene, bell *self) {
    cv_client_close(scene->client);
    scene->client = NULL;
    close(self->ends[0]);
    close(self->ends[1]);
}

/* Nothing but rings leads to a poll. Each answer rings, and the poll that is about to deliver it
 * may ring once more, even late: then nothing is due. */
static void test_a_ring_for_each_answer_that_is_polled(void **context) {
    drive_scene *scene = *context;
    bell self;
    open_with_bell(scene, &self);
    for (int i = 1; i <= 3; i++) {
        note noted = {.calls = 0};
        cv_request *request = drive_ask(scene, i == 2 ? 0 : ISSUE, &noted);
        while (noted.calls == 0) {
            hear_ring(&self);
            assert_in_range(cv_client_poll(scene->client, 0), 0, 1);
        }
        assert_int_equal(noted.calls, 1);
        cv_request_free(request);
        assert_in_range(atomic_load(&self.rings), i, 2 * i);
    }
    put_away(scene, &self);
}

/* Between two polls it is exact. */
static void test_it_does_not_ring_again_until_polled(void **context) {
    drive_scene *scene = *context;
    bell self;
    note noted[3] = {{.calls = 0}};
    cv_request *requests[3];
    open_with_bell(scene, &self);
    for (int i = 0; i < 3; i++) {
        requests[i] = drive_ask(scene, i == 0 ? ISSUE : 0, &noted[i]);
    }
    hear_ring(&self);
    while (!cv_request_done(requests[0])) {
        poll(NULL, 0, 1);
    }
    assert_int_equal(atomic_load(&self.rings), 1);
    assert_int_equal(cv_client_poll_for(scene->client, 0), 1); /* leaves some, and says so */
    hear_ring(&self);
    assert_int_equal(atomic_load(&self.rings), 2);
    assert_int_equal(cv_client_poll(scene->client, 0), 2);
    assert_in_range(atomic_load(&self.rings), 2, 3);
    for (int i = 0; i < 3; i++) {
        cv_request_free(requests[i]);
    }
    put_away(scene, &self);
}

/* A callback with a loop of its own: a dialogue, which asks for something and waits for the ring.
 */
typedef struct dialogue {
    const drive_scene *scene;
    bell bell;
    cv_request *asked;
    note noted;
} dialogue;

static void hold_dialogue(cv_request *request, void *user) {
    dialogue *self = user;
    (void)request;
    self->asked = drive_ask(self->scene, 0, &self->noted);
    hear_ring(&self->bell);
}

static void test_it_rings_in_a_callback_while_others_are_due(void **context) {
    drive_scene *scene = *context;
    dialogue self = {.scene = scene};
    note other = {.calls = 0};
    open_with_bell(scene, &self.bell);
    cv_request *first = drive_ask(scene, 0, NULL);
    cv_request_on_done(first, hold_dialogue, &self);
    cv_request *second = drive_ask(scene, 0, &other);
    hear_ring(&self.bell);
    while (self.noted.calls == 0) {
        cv_client_poll(scene->client, 0);
    }
    assert_int_equal(other.calls, 1);
    cv_request_free(first);
    cv_request_free(second);
    cv_request_free(self.asked);
    put_away(scene, &self.bell);
}

static void test_without_a_worker_nobody_could_ring(void **context) {
    drive_scene *scene = *context;
    cv_options options = api_options(scene->self);
    options.on_ready = ring;
    options.drive = CV_DRIVE_POLL;
    assert_null(cv_client_open(&options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, "on_ready"));
}

#define THREAD_ONLY(test)                                                                          \
    { #test " (thread)", test, drive_set_up_thread, drive_tear_down, NULL }

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_DRIVES(test_a_loop_brings_an_answer),
        BOTH_DRIVES(test_an_idle_client_is_quiet),
        BOTH_DRIVES(test_waiting_for_the_service_is_quiet),
        BOTH_DRIVES(test_asked_for_late_it_misses_nothing),
        BOTH_DRIVES(test_what_is_not_polled_stays_due),
        BOTH_DRIVES(test_what_is_taken_back_is_not_due),
        BOTH_DRIVES(test_the_engines_clock_is_heard),
        BOTH_DRIVES(test_others_are_heard),
        BOTH_DRIVES(test_a_descriptor_less_client),
        BOTH_DRIVES(test_closing_gives_the_descriptors_back),
        BOTH_DRIVES(test_events_are_due_too),
        THREAD_ONLY(test_a_ring_for_each_answer_that_is_polled),
        THREAD_ONLY(test_it_does_not_ring_again_until_polled),
        THREAD_ONLY(test_it_rings_in_a_callback_while_others_are_due),
        THREAD_ONLY(test_without_a_worker_nobody_could_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
