/* A transport on a table of functions that a test calls back as it likes, on a clock of its own. */
#ifndef TESTS_SUPPORT_TABLE_WORLD_H
#define TESTS_SUPPORT_TABLE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/transport.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"

#define TABLE_KEY      "0123456789abcdef"
#define TABLE_URL      "http://h/api/issue/4000-1/?format=json"
#define TABLE_LASTS_MS 1000 /* an admission */

typedef struct table_world {
    failing_allocator memory;
    fake_clock clock;
    cvi_transport_options options;
    cvi_transport *transport;
    cv_transfer *started; /* the last one */
    cvi_transfer *transfer;
    int starts;
    int cancels;
    int resets;
    int64_t due_ms;
    int64_t pieces;         /* that a turn says */
    cv_transport_turn turn; /* the last one */
    int readmissions;
    int leavings;
    bool refuses; /* to admit anew */
} table_world;

/* Fixtures for cmocka: the table alone; `options` may be changed until the transport is opened. */
int table_set_up(void **state);
int table_tear_down(void **state);

/* Opens the transport on a network that turns and asks, or on one that does neither. */
void table_open(table_world *self, bool asks);

/* Starts a transfer; opens the transport first if there is none. */
void table_send(table_world *self, bool asks);

/* A turn without end. */
void table_turn(table_world *self, int64_t timeout_ms);

#endif
