/* A transport on a fake clock beside a loopback server. */
#ifndef TESTS_SUPPORT_TRANSPORT_WORLD_H
#define TESTS_SUPPORT_TRANSPORT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/transport.h"
#include "server/server.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"

/* Long enough to be searched for in whatever the service echoes. */
#define NET_KEY   "0123456789abcdef0123456789abcdef01234567"
#define NET_ISSUE "/issue/4000-52/?format=json"

enum { NET_PATIENCE_MS = 20000, NET_URL_MAX = 512 };

typedef struct net_world {
    server *server;
    failing_allocator memory;
    fake_clock clock;
    cvi_transport_options options;
    cvi_transport *transport;
    char url[NET_URL_MAX]; /* of the issue */
    int readmissions;
    bool refuses; /* to admit anew */
} net_world;

/* cmocka's setup and teardown: *state is the world. Teardown fails the test if memory was lost. */
int net_setup(void **state);
int net_setup_gzip(void **state);
int net_teardown(void **state);

/* Ends the transport and the network below it. */
void net_close(net_world *world);

/* Opens both anew, after `world->options` has been changed. */
void net_reopen(net_world *world);

/* Writes "<base>" + `path` into `url`. */
void net_url(const net_world *world, const char *path, char url[NET_URL_MAX]);

/* Starts a transfer whose admission is of now and holds for a second; its owner is the world. */
cvi_transfer *net_send(net_world *world, const char *url, bool fresh_connection);

/* Turns until a transfer has ended, and fails the test if none does. */
void *net_receive(net_world *world, cvi_response *response);

/* Both. */
void net_fetch(net_world *world, const char *url, cvi_response *response);

/* Turns until the server has read `count` requests. */
void net_wait_for(net_world *world, size_t count);

/* Frees what a response holds. */
void net_drop(net_world *world, cvi_response *response);

/* How many requests the server has read. */
size_t net_count(const net_world *world);

/* The connection that request `index` came on. */
size_t net_connection(const net_world *world, size_t index);

#endif
