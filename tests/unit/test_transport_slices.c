/* The transport in pieces: how much a turn moves, when the next one is due and what says so, and
 * what is left after everything was broken off. */
#include "support/transport_world.h"

#include <poll.h>
#include <string.h>

#include "client/transport_curl.h"
#include "client/transport_internal.h"
#include "support/forked.h"
#include "support/platform.h"

enum { TRANSFERS = 6 };

static int64_t still(void *user) {
    (void)user;
    return 0;
}

/* A turn of one piece of work; how much there was. */
static int64_t turn_once(net_world *world) {
    cvi_slice one = {.now_us = still, .end_us = 0, .least = 1};
    cvi_transport_turn(world->transport, 0, -1, &one);
    assert_in_range(one.units, 0, 2); /* what is due by the clock may start several */
    return one.units;
}

static bool is_due(const net_world *world) {
    struct pollfd wanted = {.fd = cvi_transport_descriptor(world->transport), .events = POLLIN};
    return poll(&wanted, 1, 0) == 1 || cvi_transport_due_ms(world->transport) == 0;
}

/* Waits as a loop of the host's would, for the descriptor and libcurl's clock alone. */
static void await_due(const net_world *world) {
    struct pollfd wanted = {.fd = cvi_transport_descriptor(world->transport), .events = POLLIN};
    int64_t due_ms = cvi_transport_due_ms(world->transport);
    int timeout_ms = due_ms < 0 || due_ms > NET_PATIENCE_MS ? NET_PATIENCE_MS : (int)due_ms;
    assert_true(poll(&wanted, 1, timeout_ms) == 1 || timeout_ms < NET_PATIENCE_MS);
}

static void *await_response(net_world *world, cvi_response *response, int64_t *pieces) {
    for (;;) {
        void *owner = cvi_transport_next(world->transport, response);
        if (owner != NULL) {
            return owner;
        }
        await_due(world);
        *pieces += turn_once(world);
    }
}

static void test_turns_of_one_piece_bring_all_on(void **state) {
    net_world *world = *state;
    int64_t pieces = 0;
    for (int i = 0; i < TRANSFERS; i++) {
        assert_non_null(net_send(world, world->url, false));
    }
    for (int i = 0; i < TRANSFERS; i++) {
        cvi_response response;
        assert_ptr_equal(await_response(world, &response, &pieces), world);
        assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
        net_drop(world, &response);
    }
    assert_true(pieces > TRANSFERS); /* each is sent and received, on a connection of its own */
    assert_false(cvi_transport_is_busy(world->transport));
}

/* While the service takes its time, nothing says that a turn is due. */
static void test_nothing_is_due_while_an_answer_is_awaited(void **state) {
    net_world *world = *state;
    assert_true(server_hold(world->server, NULL));
    assert_non_null(net_send(world, world->url, false));
    net_wait_for(world, 1);
    while (is_due(world)) {
        turn_once(world);
    }
    for (int i = 0; i < 100; i++) {
        assert_false(is_due(world));
        assert_int_equal(turn_once(world), 0);
    }
    server_release(world->server, SERVER_ALL);
    cvi_response response;
    int64_t pieces = 0;
    await_response(world, &response, &pieces);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    net_drop(world, &response);
}

/* An idle connection that the server closes makes no noise. */
static void test_an_idle_transport_is_quiet(void **state) {
    net_world *world = *state;
    const server_fault closes = {.kind = SERVER_FAULT_CLOSE_AFTER};
    cvi_response response;
    int64_t pieces = 0;
    assert_true(server_fault_add(world->server, &closes));
    assert_non_null(net_send(world, world->url, false));
    await_response(world, &response, &pieces);
    net_drop(world, &response);
    while (cvi_transport_due_ms(world->transport) == 0) {
        turn_once(world);
    }
    assert_false(is_due(world));
}

/* As on a system that has no bundles of descriptors. */
static void test_without_a_bundle_libcurl_looks_itself(void **state) {
    net_world *world = *state;
    cvi_response response;
    cvi_curl_network *network = world->options.network.user;
    cvi_bundle_close(&network->sockets.bundle);
    cvi_transport_reset(world->transport);
    assert_int_equal(cvi_transport_descriptor(world->transport), -1);
    for (int i = 0; i < 3; i++) {
        net_fetch(world, world->url, &response);
        assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
        net_drop(world, &response);
    }
    assert_int_equal(net_connection(world, 2), 1);
}

/* ---- breaking off ---- */

static void test_reset_ends_all_and_says_what_was_sent(void **state) {
    net_world *world = *state;
    int sent = 0;
    assert_true(server_hold(world->server, NULL));
    assert_non_null(net_send(world, world->url, false));
    assert_non_null(net_send(world, world->url, false));
    net_wait_for(world, 2);
    assert_non_null(net_send(world, world->url, false));
    cvi_transport_reset(world->transport);
    for (int i = 0; i < 3; i++) {
        cvi_response response;
        assert_ptr_equal(cvi_transport_next(world->transport, &response), world);
        assert_int_equal(response.kind, CVI_RESPONSE_ABORTED);
        assert_null(response.body);
        sent += response.sent ? 1 : 0;
    }
    assert_int_equal(sent, 2);
    assert_false(cvi_transport_is_busy(world->transport));
}

static void test_an_answer_that_is_here_outlives_a_reset(void **state) {
    net_world *world = *state;
    cvi_response response;
    assert_non_null(net_send(world, world->url, false));
    cvi_slice whole = cvi_slice_start(-1);
    net_wait_for(world, 1);
    while (!world->transport->transfers->finished) {
        cvi_transport_turn(world->transport, NET_PATIENCE_MS, -1, &whole);
    }
    assert_int_equal(cvi_transport_due_ms(world->transport), 0);
    cvi_transport_reset(world->transport);
    assert_ptr_equal(cvi_transport_next(world->transport, &response), world);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    net_drop(world, &response);
}

static void test_after_a_reset_connections_are_new(void **state) {
    net_world *world = *state;
    cvi_response response;
    size_t before = count_descriptors();
    for (int i = 0; i < 3; i++) {
        net_fetch(world, world->url, &response);
        assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
        net_drop(world, &response);
        cvi_transport_reset(world->transport);
    }
    assert_int_equal(net_connection(world, 0), 1);
    assert_int_equal(net_connection(world, 2), 3);
    assert_true(count_descriptors() <= before + 3); /* the server's ends may last for a moment */
}

static void *wake_often(void *user) {
    for (int i = 0; i < 2000; i++) {
        cvi_transport_wake(user);
    }
    return NULL;
}

static void test_others_wake_it_while_it_is_reset(void **state) {
    net_world *world = *state;
    cvi_thread thread;
    assert_true(cvi_thread_start(&thread, wake_often, world->transport));
    for (int i = 0; i < 50; i++) {
        cvi_transport_reset(world->transport);
    }
    cvi_thread_join(&thread);
}

#define PIECES_TEST(test) cmocka_unit_test_setup_teardown(test, net_setup, net_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        PIECES_TEST(test_turns_of_one_piece_bring_all_on),
        PIECES_TEST(test_nothing_is_due_while_an_answer_is_awaited),
        PIECES_TEST(test_an_idle_transport_is_quiet),
        PIECES_TEST(test_without_a_bundle_libcurl_looks_itself),
        PIECES_TEST(test_reset_ends_all_and_says_what_was_sent),
        PIECES_TEST(test_an_answer_that_is_here_outlives_a_reset),
        PIECES_TEST(test_after_a_reset_connections_are_new),
        PIECES_TEST(test_others_wake_it_while_it_is_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
