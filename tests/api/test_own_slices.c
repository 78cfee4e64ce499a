/* A network of the application's that does a piece of work in each turn and says so: short slices
 * bring all of it on, and stopping amid them leaves nothing behind. */
#include "support/sys_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <comicvine/sys/transport.h>

enum { CALLS = 12, FIRST_ID = 100, MOST_POLLS = 1000000, MIDDLE = 5 };

typedef struct piecemeal {
    cv_transport table;
    cv_transfer *transfers[CALLS]; /* NULL: given back */
    int64_t ids[CALLS];
    size_t count;
    size_t served;
    size_t cancelled;
    size_t turns_with_work;
    int64_t longest_work_us;
    int closed;
} piecemeal;

static void give_back(piecemeal *self, size_t index) {
    cv_transfer *transfer = self->transfers[index];
    self->transfers[index] = NULL;
    cv_transfer_release(transfer);
}

static bool start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    piecemeal *self = user;
    const char *id = strstr(request->url, "4000-");
    assert_non_null(id);
    assert_true(self->count < CALLS);
    self->transfers[self->count] = transfer;
    self->ids[self->count++] = strtoll(id + 5, NULL, 10);
    return true;
}

static void cancel(void *user, cv_transfer *transfer) {
    piecemeal *self = user;
    for (size_t i = 0; i < self->count; i++) {
        if (self->transfers[i] == transfer) {
            self->cancelled++;
            give_back(self, i);
        }
    }
}

static void serve(piecemeal *self, size_t index) {
    char body[128];
    cv_transfer *transfer = self->transfers[index];
    assert_true(cv_transfer_may_send(transfer));
    int length = snprintf(body, sizeof(body),
                          "{\"error\":\"OK\",\"status_code\":1,\"results\":{\"id\":%" PRId64 "}}",
                          self->ids[index]);
    assert_true(cv_transfer_body(transfer, body, (size_t)length));
    assert_true(cv_transfer_complete(transfer, CV_TRANSFER_ANSWERED, 200, NULL));
    self->served++;
    give_back(self, index);
}

/* One answer, whatever the time: as if it took all there is. */
static void turn(void *user, cv_transport_turn *turn) {
    piecemeal *self = user;
    size_t index = 0;
    while (index < self->count && self->transfers[index] == NULL) {
        index++;
    }
    if (turn->work_us > self->longest_work_us) {
        self->longest_work_us = turn->work_us;
    }
    if (index < self->count) {
        serve(self, index);
        self->turns_with_work++;
        turn->pieces = 1;
    }
}

static void wake(void *user) {
    (void)user; /* no turn waits */
}

static void close_network(void *user) {
    piecemeal *self = user;
    self->closed++;
}

typedef struct scene {
    sys_world world;
    piecemeal network;
    cv_client *client;
    cv_request *requests[CALLS];
    int told[CALLS];
} scene;

static void note_done(cv_request *request, void *user) {
    (void)request;
    int *told = user;
    ++*told;
}

static int set_up(void **state) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    sys_begin(&self->world, OWN_AT_ONCE);
    self->network.table = (cv_transport)CV_TRANSPORT_INIT;
    self->network.table.user = &self->network;
    self->network.table.asks_before_sending = true;
    self->network.table.start = start;
    self->network.table.cancel = cancel;
    self->network.table.turn = turn;
    self->network.table.wake = wake;
    self->network.table.close = close_network;
    self->world.options.transport = &self->network.table;
    self->world.options.drive = CV_DRIVE_POLL;
    self->client = sys_open(&self->world);
    for (size_t i = 0; i < CALLS; i++) {
        self->requests[i] =
            cv_request_retrieve(self->client, CV_ISSUE, FIRST_ID + (int64_t)i, NULL);
        cv_request_on_done(self->requests[i], note_done, &self->told[i]);
    }
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    scene *self = *state;
    for (size_t i = 0; i < CALLS; i++) {
        cv_request_free(self->requests[i]);
        assert_true(i >= self->network.count || self->network.transfers[i] == NULL);
    }
    cv_client_close(self->client);
    assert_int_equal(self->network.closed, 1);
    sys_end(&self->world);
    free(self);
    return 0;
}

/* Polls with the shortest slice until so many answers have been served. */
static void poll_until_served(scene *self, size_t count) {
    for (int polls = 0; self->network.served < count; polls++) {
        assert_true(polls < MOST_POLLS);
        cv_client_poll_for(self->client, 0);
    }
}

static void poll_until_done(scene *self) {
    for (size_t i = 0; i < CALLS; i++) {
        for (int polls = 0; !cv_request_done(self->requests[i]); polls++) {
            assert_true(polls < MOST_POLLS);
            cv_client_poll_for(self->client, 0);
        }
    }
    while (cv_client_poll_for(self->client, 0) > 0) {
    }
}

static cv_code code_of(const scene *self, size_t index) {
    return cv_request_error(self->requests[index])->code;
}

static void test_short_slices_bring_all_on(void **state) {
    scene *self = *state;
    poll_until_done(self);
    for (size_t i = 0; i < CALLS; i++) {
        assert_int_equal(code_of(self, i), CV_OK);
        assert_int_equal(self->told[i], 1);
    }
    assert_int_equal(self->network.served, CALLS);
    assert_int_equal(self->network.turns_with_work, CALLS);
    assert_int_equal(self->network.longest_work_us, 0);
    assert_int_equal(sys_counted(&self->world), CALLS);
}

/* What has been asked for and not sent is neither sent nor counted. */
static void test_cancelling_amid_slices(void **state) {
    scene *self = *state;
    poll_until_served(self, 1);
    for (size_t i = MIDDLE; i < CALLS; i++) {
        cv_request_cancel(self->requests[i]);
    }
    poll_until_done(self);
    for (size_t i = 0; i < CALLS; i++) {
        bool is_served = code_of(self, i) == CV_OK;
        assert_true(is_served || (i >= MIDDLE && code_of(self, i) == CV_ERROR_CANCELLED));
        assert_int_equal(self->told[i], 1);
    }
    assert_in_range(self->network.served, MIDDLE, CALLS - 1);
    for (int polls = 0; sys_counted(&self->world) != (int64_t)self->network.served; polls++) {
        assert_true(polls < MOST_POLLS); /* admissions that are not used are taken back */
        cv_client_poll_for(self->client, 0);
    }
}

static void test_closing_amid_slices(void **state) {
    scene *self = *state;
    poll_until_served(self, MIDDLE);
    cv_client *client = self->client;
    self->client = NULL;
    cv_client_close(client);
    size_t good = 0;
    for (size_t i = 0; i < CALLS; i++) {
        assert_true(code_of(self, i) == CV_OK || code_of(self, i) == CV_ERROR_CLOSED);
        assert_int_equal(self->told[i], 1);
        good += code_of(self, i) == CV_OK ? 1 : 0;
    }
    assert_true(good <= self->network.served);
    assert_int_equal(self->network.served + self->network.cancelled, self->network.count);
    assert_true(sys_counted(&self->world) >= (int64_t)self->network.served);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_SCENE(test_short_slices_bring_all_on),
        IN_SCENE(test_cancelling_amid_slices),
        IN_SCENE(test_closing_amid_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
