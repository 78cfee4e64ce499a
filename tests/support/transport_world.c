/* Owns the meeting of a transport with a loopback server. */
#include "support/transport_world.h"

#include <stdlib.h>
#include <string.h>

#include "client/transfer_face.h"
#include "support/allocator.h"
#include "support/buffer.h"

enum { TURN_MS = 20 };

static int set_up(void **state, bool gzip) {
    net_world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world->server = server_start(
        &(server_options){.folder = CVI_FIXTURES "/comicvine", .api_key = NET_KEY, .gzip = gzip});
    assert_non_null(world->server);
    failing_allocator_init(&world->memory, 0, false);
    fake_clock_init(&world->clock, 1);
    world->options = (cvi_transport_options){
        .api_key = NET_KEY,
        .user_agent = "agent/1 (+about)",
        .connect_timeout_ms = NET_PATIENCE_MS,
        .timeout_ms = NET_PATIENCE_MS,
        .max_body_bytes = 1 << 20,
        .allocator = world->memory.allocator,
        .clock = world->clock.clock,
    };
    net_url(world, NET_ISSUE, world->url);
    net_reopen(world);
    *state = world;
    return 0;
}

int net_setup(void **state) {
    return set_up(state, false);
}

int net_setup_gzip(void **state) {
    return set_up(state, true);
}

int net_teardown(void **state) {
    net_world *world = *state;
    net_close(world);
    server_stop(world->server);
    assert_int_equal(atomic_load(&world->memory.live), 0);
    free(world);
    return 0;
}

void net_close(net_world *world) {
    cvi_transport_close(world->transport);
    world->transport = NULL;
    if (world->options.network.close != NULL) {
        world->options.network.close(world->options.network.user);
    }
    world->options.network = (cv_transport){.size = 0};
}

void net_reopen(net_world *world) {
    cv_error error;
    net_close(world);
    assert_true(
        cvi_transport_built_in(&world->options.network, NULL, &world->options.allocator, &error));
    world->transport = cvi_transport_open(&world->options, &error);
    assert_non_null(world->transport);
}

void net_url(const net_world *world, const char *path, char url[NET_URL_MAX]) {
    cvi_buffer out;
    cvi_buffer_over(&out, url, NET_URL_MAX);
    cvi_buffer_add_text(&out, server_base_url(world->server));
    cvi_buffer_add_text(&out, path);
    assert_false(out.failed);
}

static bool readmit(void *owner, cvi_now now) {
    net_world *world = owner;
    assert_int_equal(now.boot_ms, world->clock.now.boot_ms);
    world->readmissions++;
    return !world->refuses;
}

cvi_transfer *net_send(net_world *world, const char *url, bool fresh_connection) {
    const cvi_transfer_spec spec = {
        .url = url,
        .fresh_connection = fresh_connection,
        .send_by_boot_ms = world->clock.now.boot_ms + 1000,
        .readmit = readmit,
        .owner = world,
    };
    return cvi_transport_send(world->transport, &spec);
}

void *net_receive(net_world *world, cvi_response *response) {
    cvi_slice whole = cvi_slice_start(-1);
    for (int waited_ms = 0; waited_ms < NET_PATIENCE_MS; waited_ms += TURN_MS) {
        cvi_transport_turn(world->transport, TURN_MS, -1, &whole);
        void *owner = cvi_transport_next(world->transport, response);
        if (owner != NULL) {
            return owner;
        }
    }
    fail_msg("nothing came of the transfer");
    return NULL;
}

void net_fetch(net_world *world, const char *url, cvi_response *response) {
    assert_non_null(net_send(world, url, false));
    assert_ptr_equal(net_receive(world, response), world);
    assert_false(cvi_transport_is_busy(world->transport));
}

void net_wait_for(net_world *world, size_t count) {
    cvi_slice whole = cvi_slice_start(-1);
    for (int waited_ms = 0; waited_ms < NET_PATIENCE_MS; waited_ms += TURN_MS) {
        cvi_transport_turn(world->transport, 0, -1, &whole);
        if (server_wait_for(world->server, NULL, count, TURN_MS)) {
            return;
        }
    }
    fail_msg("the server has read no such request");
}

void net_drop(net_world *world, cvi_response *response) {
    cvi_release(&world->memory.allocator, response->body);
    cvi_release(&world->memory.allocator, response->redirect_url);
}

size_t net_count(const net_world *world) {
    return server_request_count(world->server, NULL);
}

size_t net_connection(const net_world *world, size_t index) {
    server_request request;
    assert_true(server_request_at(world->server, NULL, index, &request));
    return request.connection;
}
