/* Networks of the application's that fill in more of their table than most, or less: a descriptor
 * that comes and goes, a time at which a turn is due, no way to cancel; by themselves and within a
 * recorder, which passes on whatever there is. */
#include "support/sys_world.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <comicvine/sys/replay.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The timer behind the descriptor is the system's, as is that of poll: one that is due in some
 * milliseconds comes before this, however slow the machine is; what wakes the client for reasons of
 * its own comes after. */
enum { PATIENCE_MS = 60000 };

enum { MOST_WAKES = 1000, OTHER_TURNS = 8 };

/* How a loop that has only the client's descriptor hears of the bell network's answers. */
typedef enum bell_word {
    BELL_RINGS,  /* by the descriptor, which is there while a transfer is */
    BELL_IS_DUE, /* by due_ms, as the descriptor is never readable */
    BELL_IS_MUTE /* by nothing: there is neither */
} bell_word;

/* One transfer at a time, answered in the turn after some others. */
typedef struct bell {
    cv_transport table;
    cv_transfer *transfer;
    int descriptor;
    bool rings;
    int turns_left;
    size_t count;
} bell;

static bool bell_start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    bell *self = user;
    assert_non_null(strstr(request->url, "/issue/4000-52/"));
    assert_null(self->transfer);
    self->transfer = transfer;
    self->turns_left = OTHER_TURNS;
    self->count++;
    if (self->rings) {
        assert_int_equal(eventfd_write(self->descriptor, 1), 0);
    }
    return true;
}

static void bell_turn(void *user, cv_transport_turn *turn) {
    bell *self = user;
    static const char body[] = SYS_ISSUE(52);
    turn->pieces = 0;
    if (self->transfer == NULL || self->turns_left-- > 0) {
        return;
    }
    eventfd_t rung = 0;
    cv_transfer *transfer = self->transfer;
    self->transfer = NULL;
    turn->pieces = 1;
    assert_int_equal(eventfd_read(self->descriptor, &rung), self->rings ? 0 : -1);
    assert_true(cv_transfer_may_send(transfer));
    assert_true(cv_transfer_body(transfer, body, sizeof(body) - 1));
    assert_true(cv_transfer_complete(transfer, CV_TRANSFER_ANSWERED, 200, NULL));
    cv_transfer_release(transfer);
}

static void bell_wake(void *user) {
    (void)user; /* it never waits */
}

static int bell_descriptor(void *user) {
    const bell *self = user;
    return self->transfer != NULL ? self->descriptor : -1;
}

static int64_t bell_due_ms(void *user) {
    const bell *self = user;
    return self->transfer != NULL ? 1 : -1;
}

static void bell_open(bell *self, bell_word word) {
    *self = (bell){.table = CV_TRANSPORT_INIT};
    self->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_true(self->descriptor >= 0);
    self->table.user = self;
    self->table.asks_before_sending = true;
    self->table.start = bell_start;
    self->table.turn = bell_turn;
    self->table.wake = bell_wake;
    self->rings = word == BELL_RINGS;
    self->table.descriptor = word != BELL_IS_MUTE ? bell_descriptor : NULL;
    self->table.due_ms = word == BELL_IS_DUE ? bell_due_ms : NULL;
}

/* Asks, and polls when the client's descriptor says so and at no other time. */
static void loop_once(cv_client *client) {
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 52, NULL);
    assert_non_null(request);
    for (int wakes = 0; !cv_request_done(request); wakes++) {
        struct pollfd wanted = {.fd = cv_client_fd(client), .events = POLLIN};
        assert_true(wakes < MOST_WAKES);
        assert_int_equal(poll(&wanted, 1, PATIENCE_MS), 1);
        cv_client_poll(client, 0);
    }
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    cv_request_free(request);
}

static bool is_readable(const cv_client *client) {
    struct pollfd wanted = {.fd = cv_client_fd(client), .events = POLLIN};
    return poll(&wanted, 1, 0) == 1;
}

/* Without a transfer the network gives no descriptor: what the old one says is nobody's business.
 */
static void check_unheard(cv_client *client, const bell *network) {
    eventfd_t rung = 0;
    for (int wakes = 0; is_readable(client); wakes++) {
        assert_true(wakes < MOST_WAKES);
        cv_client_poll(client, 0);
    }
    assert_int_equal(eventfd_write(network->descriptor, 1), 0);
    assert_false(is_readable(client));
    assert_int_equal(eventfd_read(network->descriptor, &rung), 0);
}

static void check_bell(sys_world *world, bell_word word, bool records) {
    bell network;
    cv_transport recorder;
    bell_open(&network, word);
    world->options.drive = CV_DRIVE_POLL;
    world->options.cache.disabled = true;
    world->options.dedupe.disabled = true; /* no lease to be renewed */
    world->options.transport = &network.table;
    if (records) {
        assert_true(cv_transport_record(&recorder, world->scratch.folder, &network.table));
        assert_int_equal(recorder.descriptor != NULL, word != BELL_IS_MUTE);
        assert_int_equal(recorder.due_ms != NULL, word == BELL_IS_DUE);
        world->options.transport = &recorder;
    }
    cv_client *client = sys_open(world);
    loop_once(client);
    check_unheard(client, &network);
    loop_once(client);
    cv_client_close(client);
    assert_int_equal(network.count, 2);
    close(network.descriptor);
}

static void check_every_bell(bool records) {
    static const bell_word words[] = {BELL_RINGS, BELL_IS_DUE, BELL_IS_MUTE};
    for (size_t i = 0; i < COUNT(words); i++) {
        sys_world world;
        sys_begin(&world, OWN_LATER);
        check_bell(&world, words[i], records);
        sys_end(&world);
    }
}

static void test_a_loop_hears_every_table(void **state) {
    (void)state;
    check_every_bell(false);
}

static void test_a_recorder_passes_the_table_on(void **state) {
    (void)state;
    check_every_bell(true);
}

/* ---- recorders and many transfers ---- */

/* A client that records what the world's network says. */
static cv_client *open_recorder(sys_world *world) {
    cv_transport recorder;
    assert_true(cv_transport_record(&recorder, world->scratch.folder, &world->network.table));
    world->options.transport = &recorder;
    world->options.cache.disabled = true;
    cv_client *client = sys_open(world);
    world->options.transport = &world->network.table;
    return client;
}

static void begin_many(sys_world *world, cv_client *client, cv_request *requests[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        requests[i] = cv_request_retrieve(client, CV_ISSUE, 52 + (int64_t)i, NULL);
        assert_non_null(requests[i]);
        sys_await_transfers(world, requests[i], i + 1);
    }
}

static void test_transfers_end_in_any_order(void **state) {
    (void)state;
    static const size_t order[] = {1, 0, 2};
    static const char *const bodies[] = {SYS_ISSUE(52), SYS_ISSUE(53), SYS_ISSUE(54)};
    sys_world world;
    cv_request *requests[COUNT(order)];
    sys_begin(&world, OWN_LATER);
    cv_client *client = open_recorder(&world);
    begin_many(&world, client, requests, COUNT(order));
    for (size_t i = 0; i < COUNT(order); i++) {
        own_answer answer = {.http_status = 200, .body = bodies[order[i]]};
        assert_true(own_network_answer(&world.network, order[i], &answer));
        assert_true(cv_request_wait(requests[order[i]], -1));
        assert_int_equal(cv_request_error(requests[order[i]])->code, CV_OK);
        cv_request_free(requests[order[i]]);
    }
    cv_client_close(client);
    sys_end(&world);
}

/* The network is told of each, and what it still says of one is passed over. */
static void test_rest_cancels_each(void **state) {
    (void)state;
    sys_world world;
    cv_request *requests[3];
    sys_begin(&world, OWN_LATER);
    cv_client *client = open_recorder(&world);
    begin_many(&world, client, requests, COUNT(requests));
    cv_client_suspend(client);
    assert_int_equal(world.network.cancelled, COUNT(requests));
    for (size_t i = 0; i < COUNT(requests); i++) {
        assert_false(own_network_answer(&world.network, i, &world.network.answer));
        cv_request_free(requests[i]);
    }
    cv_client_close(client);
    assert_int_equal(world.network.late, (int)COUNT(requests));
    sys_end(&world);
}

/* A network that cannot cancel goes on, and what comes too late is passed over. */
static void test_a_network_that_cannot_cancel(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_LATER);
    world.network.table.cancel = NULL;
    world.network.table.close = NULL;
    world.network.table.reset = NULL;
    cv_client *client = open_recorder(&world);
    cv_request *request = sys_begin_request(&world, client);
    cv_client_suspend(client);
    assert_false(own_network_answer(&world.network, 0, &world.network.answer));
    cv_request_free(request);
    cv_client_close(client);
    sys_end(&world);
}

/* The transfer that was not started is the library's again; the next one is recorded. */
static void test_a_start_that_fails(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_AT_ONCE);
    world.network.lacks_memory = true;
    cv_client *client = open_recorder(&world);
    outcome got = sys_retrieve(client, 52);
    sys_check_error(&got, CV_ERROR_NOMEM, "");
    world.network.lacks_memory = false;
    got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    cv_client_close(client);
    sys_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_loop_hears_every_table),
        cmocka_unit_test(test_a_recorder_passes_the_table_on),
        cmocka_unit_test(test_transfers_end_in_any_order),
        cmocka_unit_test(test_rest_cancels_each),
        cmocka_unit_test(test_a_network_that_cannot_cancel),
        cmocka_unit_test(test_a_start_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
