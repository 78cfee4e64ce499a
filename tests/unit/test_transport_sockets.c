/* The sockets of the built-in network: what it closes it watches no more, whoever else has them
 * open. */
#include "support/transport_world.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/forked.h"

enum { MOST_DESCRIPTORS = 1024 };

static bool leads_to(int descriptor, int port) {
    struct sockaddr_in address = {.sin_family = AF_UNSPEC};
    socklen_t size = sizeof(address);
    return getpeername(descriptor, (struct sockaddr *)&address, &size) == 0 &&
           address.sin_family == AF_INET && ntohs(address.sin_port) == port;
}

/* The transport's connection to the server; -1: none. */
static int find_connection(const net_world *world) {
    int port = (int)server_port(world->server);
    int found = -1;
    for (int descriptor = 0; descriptor < MOST_DESCRIPTORS && found < 0; descriptor++) {
        found = leads_to(descriptor, port) ? descriptor : -1;
    }
    return found;
}

/* Breaks off what is under way, while somebody has a copy of its connection, as a child of fork
 * has: what comes to the copy is not heard, and above all does not keep the descriptor readable for
 * ever. */
static void break_off(net_world *world) {
    cvi_response response;
    int copy = dup(find_connection(world));
    assert_true(copy >= 0);
    cvi_transport_reset(world->transport);
    assert_ptr_equal(cvi_transport_next(world->transport, &response), world);
    assert_int_equal(response.kind, CVI_RESPONSE_ABORTED);
    server_stop(world->server);
    world->server = NULL;
    await_readable(copy);
    assert_false(is_readable(cvi_transport_descriptor(world->transport)));
    close(copy);
}

static void test_what_is_closed_is_not_heard(void **state) {
    net_world *world = *state;
    assert_true(server_hold(world->server, NULL));
    assert_non_null(net_send(world, world->url, false));
    net_wait_for(world, 1);
    break_off(world);
}

static void test_nor_is_what_is_closed_when_it_has_connected(void **state) {
    net_world *world = *state;
    cvi_slice whole = cvi_slice_start(-1);
    assert_true(server_hold(world->server, NULL));
    assert_non_null(net_send(world, world->url, false));
    for (int waited_ms = 0; find_connection(world) < 0; waited_ms++) {
        assert_true(waited_ms < NET_PATIENCE_MS);
        cvi_transport_turn(world->transport, 0, -1, &whole);
    }
    break_off(world);
}

/* Nobody takes its connections, and its queue is full: who connects hears nothing. */
typedef struct deaf {
    int listener;
    int queue[4];
    char url[NET_URL_MAX];
} deaf;

static void open_deaf(deaf *self) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(self->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(self->listener, 0), 0);
    assert_int_equal(getsockname(self->listener, (struct sockaddr *)&address, &size), 0);
    for (size_t i = 0; i < sizeof(self->queue) / sizeof(self->queue[0]); i++) {
        self->queue[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(self->queue[i], (struct sockaddr *)&address, size); /* goes on, or is in it */
    }
    (void)snprintf(self->url, sizeof(self->url), "http://127.0.0.1:%d/",
                   (int)ntohs(address.sin_port));
}

static void close_deaf(const deaf *self) {
    for (size_t i = 0; i < sizeof(self->queue) / sizeof(self->queue[0]); i++) {
        close(self->queue[i]);
    }
    close(self->listener);
}

/* Turns until something is watched, and answers what. */
static int await_watched(const net_world *world) {
    cvi_slice whole = cvi_slice_start(-1);
    int member = -1;
    while (count_watched(cvi_transport_descriptor(world->transport), &member) == 0) {
        cvi_transport_turn(world->transport, 0, -1, &whole);
    }
    return member;
}

/* libcurl may tell of such a one when it has closed it. */
static void test_nor_is_what_is_closed_while_connecting(void **state) {
    net_world *world = *state;
    cvi_response response;
    deaf nobody;
    open_deaf(&nobody);
    assert_non_null(net_send(world, nobody.url, false));
    int copy = dup(await_watched(world));
    assert_true(copy >= 0);
    cvi_transport_reset(world->transport);
    assert_ptr_equal(cvi_transport_next(world->transport, &response), world);
    assert_int_equal(response.kind, CVI_RESPONSE_ABORTED);
    shutdown(copy, SHUT_RDWR);
    await_readable(copy);
    assert_false(is_readable(cvi_transport_descriptor(world->transport)));
    assert_int_equal(count_watched(cvi_transport_descriptor(world->transport), NULL), 0);
    close(copy);
    close_deaf(&nobody);
}

/* Its number may be somebody else's soon. */
static void test_what_is_closed_can_be_opened_anew(void **state) {
    net_world *world = *state;
    for (int i = 0; i < 3; i++) {
        cvi_response response;
        net_fetch(world, world->url, &response);
        assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
        net_drop(world, &response);
        int connection = find_connection(world);
        cvi_transport_reset(world->transport);
        assert_false(leads_to(connection, (int)server_port(world->server)));
    }
    assert_int_equal(net_count(world), 3);
    assert_true(net_connection(world, 2) != net_connection(world, 0));
}

int main(void) {
#define WITH_NET(test) cmocka_unit_test_setup_teardown(test, net_setup, net_teardown)
    const struct CMUnitTest tests[] = {
        WITH_NET(test_what_is_closed_is_not_heard),
        WITH_NET(test_nor_is_what_is_closed_when_it_has_connected),
        WITH_NET(test_nor_is_what_is_closed_while_connecting),
        WITH_NET(test_what_is_closed_can_be_opened_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
