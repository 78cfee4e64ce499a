/* The real engine over the real stores, and a network whose connections take their time: requests
 * leave one interval apart, also when connecting takes longer than the interval, and nobody is
 * overtaken for ever.
 *
 * What must hold in every case: the first request leaves within the time to connect and two
 * intervals; all leave, and of many no client's only after all others'; any two sendings, of
 * whichever client, are at least an interval apart, less the twenty-first that an admission may be
 * old; no window holds more than the limit. */
#include "support/store_world.h"

#include <stdlib.h>
#include <string.h>

#include "client/engine.h"
#include "client/settings.h"
#include "support/allocator.h"
#include "support/buffer.h"

enum { CLIENTS_MAX = 3, FLIGHTS_MAX = 12, TRANSFERS_MAX = 64, SENT_MAX = 64, ANSWER_MS = 50 };

typedef struct pace {
    int64_t interval_ms;
    int64_t connect_ms[CLIENTS_MAX]; /* 0: there is no such client */
    size_t flights;                  /* of each client */
    int64_t limit;                   /* in a window of 10 s; 0: no matter */
    bool closes;                     /* no connection is kept alive */
    int64_t locked_percent;          /* so many claims in a hundred find the database locked */
    int64_t longest_ms;              /* until the last request has left */
} pace;

struct cvi_transfer {
    cvi_transfer_spec spec;
    int64_t next_boot_ms; /* the connection is ready, or the answer is there */
    bool open;
    bool sent;
};

typedef struct run run;

struct cvi_transport {
    run *run;
    cvi_engine *engine;
    int64_t connect_ms;
    int idle; /* connections that are kept alive */
    struct cvi_transfer transfers[TRANSFERS_MAX];
};

typedef struct client {
    struct cvi_transport transport;
    cvi_stores *stores;
    cvi_passenger passengers[FLIGHTS_MAX];
} client;

typedef struct sending {
    int64_t boot_ms;
    const cvi_transport *transport;
} sending;

struct run {
    const pace *pace;
    store_world world;
    cvi_settings settings;
    size_t client_count;
    client clients[CLIENTS_MAX];
    int64_t start_boot_ms;
    sending sendings[SENT_MAX];
    size_t sent;
    size_t delivered;
};

enum { WINDOW_MS = 10000, GUARD_MS = 2000 };

static int64_t present(const run *self) {
    return self->world.clock.now.boot_ms;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* ---- the network ---- */

static cvi_transfer *send_it(cvi_transport *transport, const cvi_transfer_spec *spec) {
    size_t i = 0;
    while (transport->transfers[i].open) {
        assert_in_range(++i, 1, TRANSFERS_MAX - 1);
    }
    bool reuses = transport->idle > 0 && !spec->fresh_connection;
    transport->idle -= reuses ? 1 : 0;
    transport->transfers[i] = (struct cvi_transfer){
        .spec = *spec,
        .next_boot_ms = present(transport->run) + (reuses ? 0 : transport->connect_ms),
        .open = true,
    };
    return &transport->transfers[i];
}

static bool cancel(cvi_transport *transport, cvi_transfer *transfer) {
    (void)transport;
    transfer->open = transfer->sent;
    return !transfer->sent;
}

static const cvi_transport_ops transport_ops = {send_it, cancel};

static void respond(cvi_transport *transport, struct cvi_transfer *transfer,
                    cvi_response *response) {
    transfer->open = false;
    response->sent = transfer->sent;
    cvi_engine_receive(transport->engine, transfer->spec.owner, response,
                       transport->run->world.clock.now);
}

/* The connection is ready: the request leaves, unless its admission does not hold. */
static void let_out(cvi_transport *transport, struct cvi_transfer *transfer) {
    run *self = transport->run;
    cvi_response response = {.kind = CVI_RESPONSE_NOT_ADMITTED};
    if (present(self) > transfer->spec.send_by_boot_ms &&
        !transfer->spec.readmit(transfer->spec.owner, self->world.clock.now)) {
        respond(transport, transfer, &response);
        return;
    }
    transfer->sent = true;
    transfer->next_boot_ms = present(self) + ANSWER_MS;
    assert_in_range(self->sent, 0, SENT_MAX - 1);
    self->sendings[self->sent++] = (sending){present(self), transport};
}

static void answer_it(cvi_transport *transport, struct cvi_transfer *transfer) {
    char text[128];
    cvi_buffer body;
    cvi_buffer_over(&body, text, sizeof(text));
    long long id = strtoll(strstr(transfer->spec.url, "4000-") + 5, NULL, 10);
    cvi_buffer_add_format(&body, "{\"status_code\":1,\"results\":{\"id\":%lld}}", id);
    cvi_response response = {.kind = CVI_RESPONSE_ANSWER, .http_status = 200, .size = body.length};
    response.body = cvi_copy_text(&cvi_default_allocator, text, body.length);
    assert_non_null(response.body);
    transport->idle += transport->run->pace->closes ? 0 : 1;
    respond(transport, transfer, &response);
}

static void run_transfers(cvi_transport *transport) {
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        struct cvi_transfer *transfer = &transport->transfers[i];
        if (!transfer->open || transfer->next_boot_ms > present(transport->run)) {
            continue;
        }
        if (transfer->sent) {
            answer_it(transport, transfer);
        } else {
            let_out(transport, transfer);
        }
    }
}

static int64_t next_transfer(const cvi_transport *transport) {
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < TRANSFERS_MAX; i++) {
        const struct cvi_transfer *transfer = &transport->transfers[i];
        next = transfer->open ? smaller(next, transfer->next_boot_ms) : next;
    }
    return next;
}

/* ---- the stores: the real ones, but locked now and then ---- */

static run *running; /* the engine hands the stores' own type to these functions */

static cvi_store_answer claim(cvi_stores *stores, const cvi_claim_spec *spec, cvi_now now,
                              cvi_claim *answer, cv_error *error) {
    if (cvi_random_below(&running->world.clock.random, 100) < running->pace->locked_percent) {
        return CVI_STORE_BUSY;
    }
    return cvi_stores_claim(stores, spec, now, answer, error);
}

static const cvi_store_ops store_ops = {
    cvi_stores_lookup, claim,           cvi_stores_watch, cvi_stores_complete,  cvi_stores_release,
    cvi_stores_renew,  cvi_stores_heed, cvi_stores_clean, cvi_stores_make_room,
};

/* ---- a run ---- */

static void deliver(void *user, cvi_passenger *passenger, const cvi_outcome *outcome) {
    run *self = user;
    (void)passenger;
    assert_string_equal(outcome->error.message, "");
    assert_non_null(outcome->result);
    self->delivered++;
}

static void open_client(run *self, size_t index) {
    client *one = &self->clients[index];
    one->stores = world_open(&self->world);
    one->transport.run = self;
    one->transport.connect_ms = self->pace->connect_ms[index];
    const cvi_engine_options options = {
        .allocator = cvi_default_allocator,
        .random = self->world.clock.random,
        .store_ops = &store_ops,
        .stores = one->stores,
        .transport_ops = &transport_ops,
        .transport = &one->transport,
        .deliver = deliver,
        .user = self,
        .lease_ms = 5000,
        .waits_for_connections = true,
        .fresh_ms = smaller(GUARD_MS / 2, self->pace->interval_ms / 21),
        .max_retries = CV_NONE,
        .clean_interval_ms = CV_NONE,
    };
    one->transport.engine = cvi_engine_open(&options, self->world.clock.now);
    assert_non_null(one->transport.engine);
}

/* Each flight asks for an issue of its own. */
static void board(run *self, size_t index) {
    client *one = &self->clients[index];
    for (size_t i = 0; i < self->pace->flights; i++) {
        cv_error error;
        cvi_call *call = cvi_call_detail(&self->settings, CV_ISSUE,
                                         (int64_t)(1 + index * FLIGHTS_MAX + i), NULL, &error);
        assert_non_null(call);
        one->passengers[i] = (cvi_passenger){.priority = CV_PRIORITY_USER,
                                             .looked = true,
                                             .max_wait_ms = CV_WAIT_FOREVER,
                                             .deadline_boot_ms = INT64_MAX};
        cvi_engine_board(one->transport.engine, &one->passengers[i], call, self->world.clock.now);
        cvi_call_release(call);
    }
}

static run *start(const pace *plan) {
    run *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    cv_options options = CV_OPTIONS_INIT;
    cv_error error;
    options.api_key = "key";
    options.database = ":memory:";
    assert_true(cvi_settings_init(&self->settings, &options, &error));
    self->pace = plan;
    store_world_init(&self->world, 7);
    self->world.options.rate_limit.min_interval_ms = plan->interval_ms;
    self->world.options.rate_limit.window_ms = WINDOW_MS;
    self->world.options.rate_limit.limit = plan->limit > 0 ? plan->limit : 200;
    self->start_boot_ms = present(self);
    running = self;
    while (self->client_count < CLIENTS_MAX && plan->connect_ms[self->client_count] > 0) {
        open_client(self, self->client_count);
        board(self, self->client_count++);
    }
    return self;
}

static void finish(run *self) {
    for (size_t i = 0; i < self->client_count; i++) {
        assert_true(cvi_engine_is_idle(self->clients[i].transport.engine));
        cvi_engine_close(self->clients[i].transport.engine);
        cvi_stores_close(self->clients[i].stores);
    }
    cvi_settings_clear(&self->settings);
    store_world_done(&self->world);
    running = NULL;
    free(self);
}

/* Everybody does what is due, in any order; the answer is when something is due again. */
static int64_t turn(run *self) {
    cvi_slice whole = cvi_slice_start(-1);
    int64_t next = INT64_MAX;
    int64_t start = cvi_random_below(&self->world.clock.random, (int64_t)self->client_count);
    for (size_t i = 0; i < self->client_count; i++) {
        size_t index = ((size_t)start + i) % self->client_count;
        cvi_transport *transport = &self->clients[index].transport;
        cvi_engine_step(transport->engine, self->world.clock.now, &whole);
        run_transfers(transport);
        next = smaller(next, cvi_engine_step(transport->engine, self->world.clock.now, &whole));
        next = smaller(next, next_transfer(transport));
    }
    return next;
}

static void play(run *self) {
    size_t wanted = self->client_count * self->pace->flights;
    int64_t end_boot_ms = self->start_boot_ms + self->pace->longest_ms + ANSWER_MS;
    while (self->delivered < wanted) {
        int64_t next = turn(self);
        if (self->delivered < wanted && next > end_boot_ms) {
            fail_msg("after %lld ms %zu of %zu have been sent", (long long)self->pace->longest_ms,
                     self->sent, wanted);
        }
        if (next > present(self) && next != INT64_MAX) {
            fake_clock_advance(&self->world.clock, next - present(self));
        }
    }
}

/* ---- what must hold ---- */

static void check_first(const run *self) {
    int64_t slowest_ms = 0;
    for (size_t i = 0; i < self->client_count; i++) {
        int64_t connect_ms = self->pace->connect_ms[i];
        slowest_ms = connect_ms > slowest_ms ? connect_ms : slowest_ms;
    }
    assert_in_range(self->sendings[0].boot_ms - self->start_boot_ms, 0,
                    slowest_ms + 2 * self->pace->interval_ms);
}

/* Nobody sends its first request only when all others have sent their last. */
static void check_nobody_starves(const run *self) {
    for (size_t i = 0; i < self->client_count; i++) {
        size_t first = 0;
        while (self->sendings[first].transport != &self->clients[i].transport) {
            first++;
        }
        assert_true(first == 0 || first < self->sent - self->pace->flights);
    }
}

static void check_gaps(const run *self) {
    int64_t least_ms = self->pace->interval_ms - self->pace->interval_ms / 21;
    for (size_t i = 1; i < self->sent; i++) {
        assert_true(self->sendings[i].boot_ms - self->sendings[i - 1].boot_ms >= least_ms);
    }
}

static void check_windows(const run *self) {
    for (size_t i = 0; i < self->sent; i++) {
        int64_t inside = 0;
        for (size_t k = i; k < self->sent; k++) {
            inside += self->sendings[k].boot_ms - self->sendings[i].boot_ms < WINDOW_MS ? 1 : 0;
        }
        assert_in_range(inside, 1, self->world.options.rate_limit.limit);
    }
}

static void run_cases(const pace *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        print_message("           case %zu\n", i);
        run *self = start(&cases[i]);
        play(self);
        assert_int_equal(self->sent, self->client_count * self->pace->flights);
        check_first(self);
        if (cases[i].flights >= 4) {
            check_nobody_starves(self);
        }
        check_gaps(self);
        check_windows(self);
        finish(self);
    }
}

#define RUN_CASES(cases) run_cases(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_one_client(void **state) {
    static const pace cases[] = {
        {.interval_ms = 1050, .connect_ms = {300}, .flights = 1, .longest_ms = 300},
        {.interval_ms = 1050, .connect_ms = {300}, .flights = 4, .longest_ms = 4000},
        {.interval_ms = 1050, .connect_ms = {1200}, .flights = 1, .longest_ms = 1200},
        {.interval_ms = 1050, .connect_ms = {1200}, .flights = 2, .longest_ms = 2400},
        {.interval_ms = 1050, .connect_ms = {1200}, .flights = 5, .longest_ms = 6000},
        {.interval_ms = 1050, .connect_ms = {2500}, .flights = 3, .longest_ms = 6000},
        {.interval_ms = 1050, .connect_ms = {3049}, .flights = 3, .longest_ms = 6000},
        {.interval_ms = 100, .connect_ms = {30}, .flights = 4, .longest_ms = 1000},
        {.interval_ms = 100, .connect_ms = {150}, .flights = 4, .longest_ms = 1000},
        {.interval_ms = 250, .connect_ms = {300}, .flights = 3, .longest_ms = 2000},
    };
    (void)state;
    RUN_CASES(cases);
}

static void test_clients_share_the_interval(void **state) {
    static const pace cases[] = {
        {.interval_ms = 100, .connect_ms = {150, 150}, .flights = 2, .longest_ms = 1000},
        {.interval_ms = 1050, .connect_ms = {1200, 1200}, .flights = 1, .longest_ms = 4500},
        {.interval_ms = 1050, .connect_ms = {2500, 2500}, .flights = 4, .longest_ms = 14000},
        {.interval_ms = 1050, .connect_ms = {1200, 1200, 1200}, .flights = 3, .longest_ms = 14000},
    };
    (void)state;
    RUN_CASES(cases);
}

static void test_slow_client_beside_a_fast_one(void **state) {
    static const pace cases[] = {
        {.interval_ms = 1050, .connect_ms = {20, 1200}, .flights = 6, .longest_ms = 15000},
        {.interval_ms = 1050, .connect_ms = {1200, 20}, .flights = 6, .longest_ms = 15000},
        {.interval_ms = 100, .connect_ms = {1, 150}, .flights = 12, .longest_ms = 5000},
        {.interval_ms = 100, .connect_ms = {1500, 1}, .flights = 12, .longest_ms = 5000},
        {.interval_ms = 1050, .connect_ms = {20, 3000, 300}, .flights = 4, .longest_ms = 18000},
    };
    (void)state;
    RUN_CASES(cases);
}

static void test_limit_and_interval_together(void **state) {
    static const pace cases[] = {
        {.interval_ms = 100, .connect_ms = {150}, .flights = 8, .limit = 3, .longest_ms = 26000},
        {.interval_ms = 1050,
         .connect_ms = {1200, 30},
         .flights = 4,
         .limit = 3,
         .longest_ms = 60000},
    };
    (void)state;
    RUN_CASES(cases);
}

/* Longer than others are held back: they come in between, but whoever is ready goes first. */
static void test_connections_slower_than_anybody_waits(void **state) {
    static const pace cases[] = {
        {.interval_ms = 1050, .connect_ms = {3500}, .flights = 4, .longest_ms = 12000},
        {.interval_ms = 250, .connect_ms = {2400, 2400}, .flights = 3, .longest_ms = 12000},
    };
    (void)state;
    RUN_CASES(cases);
}

/* The client takes a connection for kept alive that is gone. */
static void test_connections_that_are_not_kept_alive(void **state) {
    static const pace cases[] = {
        {.interval_ms = 1050,
         .connect_ms = {990},
         .flights = 5,
         .closes = true,
         .longest_ms = 12000},
        {.interval_ms = 1050,
         .connect_ms = {990, 20},
         .flights = 5,
         .closes = true,
         .longest_ms = 30000},
        {.interval_ms = 1050,
         .connect_ms = {990, 20},
         .flights = 12,
         .closes = true,
         .locked_percent = 33,
         .longest_ms = 60000},
        {.interval_ms = 100, .connect_ms = {150}, .flights = 5, .closes = true, .longest_ms = 2000},
    };
    (void)state;
    RUN_CASES(cases);
}

/* A database that is locked when the connection is ready costs time, never the distance. */
static void test_locked_database(void **state) {
    static const pace cases[] = {
        {.interval_ms = 1050,
         .connect_ms = {990},
         .flights = 5,
         .locked_percent = 33,
         .longest_ms = 30000},
        {.interval_ms = 100,
         .connect_ms = {150, 20},
         .flights = 5,
         .locked_percent = 33,
         .longest_ms = 30000},
        {.interval_ms = 1050,
         .connect_ms = {1200, 1200},
         .flights = 3,
         .locked_percent = 20,
         .longest_ms = 60000},
    };
    (void)state;
    RUN_CASES(cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_client),
        cmocka_unit_test(test_clients_share_the_interval),
        cmocka_unit_test(test_slow_client_beside_a_fast_one),
        cmocka_unit_test(test_limit_and_interval_together),
        cmocka_unit_test(test_connections_slower_than_anybody_waits),
        cmocka_unit_test(test_connections_that_are_not_kept_alive),
        cmocka_unit_test(test_locked_database),
    };
    return cmocka_run_group_tests_name("engine pace", tests, NULL, NULL);
}
