/* Owns a table of functions under a transport, and notes what is called. */
#include "support/table_world.h"

#include <stdlib.h>
#include <string.h>

/* ---- the network ---- */

static bool start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    table_world *self = user;
    self->started = transfer;
    self->starts++;
    return strcmp(request->url, TABLE_URL "&api_key=" TABLE_KEY) == 0 &&
           request->size == sizeof(*request);
}

static void cancel(void *user, cv_transfer *transfer) {
    table_world *self = user;
    assert_ptr_equal(transfer, self->started);
    self->cancels++;
}

static void turn(void *user, cv_transport_turn *turn) {
    table_world *self = user;
    assert_int_equal(turn->size, sizeof(*turn));
    self->turn = *turn;
    turn->pieces = self->pieces;
}

static void wake(void *user) {
    (void)user;
}

/* ---- the world ---- */

void table_open(table_world *self, bool asks) {
    cv_error error;
    self->options.network.asks_before_sending = asks;
    self->options.network.turn = asks ? turn : NULL;
    self->options.network.wake = asks ? wake : NULL;
    self->transport = cvi_transport_open(&self->options, &error);
    assert_non_null(self->transport);
}

int table_set_up(void **state) {
    table_world *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    failing_allocator_init(&self->memory, 0, false);
    fake_clock_init(&self->clock, 1);
    self->options = (cvi_transport_options){
        .api_key = TABLE_KEY,
        .user_agent = "agent",
        .connect_timeout_ms = 60000,
        .timeout_ms = 60000,
        .max_body_bytes = 100,
        .network = {.size = sizeof(cv_transport), .user = self, .start = start, .cancel = cancel},
        .allocator = self->memory.allocator,
        .clock = self->clock.clock,
    };
    *state = self;
    return 0;
}

int table_tear_down(void **state) {
    table_world *self = *state;
    cvi_transport_close(self->transport);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    free(self);
    return 0;
}

static bool readmit(void *owner, cvi_now now) {
    table_world *self = owner;
    assert_int_equal(now.boot_ms, self->clock.now.boot_ms);
    self->readmissions++;
    return !self->refuses;
}

static void leaves(void *owner, cvi_now now) {
    table_world *self = owner;
    (void)now;
    self->leavings++;
}

void table_turn(table_world *self, int64_t timeout_ms) {
    cvi_slice whole = cvi_slice_start(-1);
    cvi_transport_turn(self->transport, timeout_ms, -1, &whole);
}

void table_send(table_world *self, bool asks) {
    if (self->transport == NULL) {
        table_open(self, asks);
    }
    const cvi_transfer_spec spec = {
        .url = TABLE_URL,
        .send_by_boot_ms = self->clock.now.boot_ms + TABLE_LASTS_MS,
        .readmit = readmit,
        .leaves = leaves,
        .owner = self,
    };
    self->transfer = cvi_transport_send(self->transport, &spec);
    assert_non_null(self->transfer);
}
