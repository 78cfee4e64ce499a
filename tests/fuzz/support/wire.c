#include "support/wire.h"

#include <string.h>

#include "client/redact.h"
#include "support/allocator.h"
#include "support/input.h"

static cv_transfer *started;
static bool is_keyless;
static int owner;

static bool start(void *user, cv_transfer *transfer, const cv_transfer_request *request) {
    (void)user;
    REQUIRE(cvi_holds_secret(WIRE_KEY, request->url, strlen(request->url)) == !is_keyless);
    for (size_t i = 0; i < request->header_count; i++) {
        const char *value = request->headers[i].value;
        REQUIRE(!cvi_holds_secret(WIRE_KEY, value, strlen(value)));
    }
    started = transfer;
    return true;
}

static cv_now look(void *user) {
    (void)user;
    return (cv_now){3600000, INT64_C(1717243200000)};
}

static bool readmit(void *whose, cvi_now now) {
    (void)whose;
    (void)now;
    return true;
}

static cvi_transport *the_transport(void) {
    static cvi_transport *transport;
    cv_error error;
    if (transport == NULL) {
        const cvi_transport_options options = {
            .api_key = WIRE_KEY,
            .user_agent = "agent",
            .connect_timeout_ms = 60000,
            .timeout_ms = 60000,
            .max_body_bytes = WIRE_MOST_BODY_BYTES,
            .network = {.size = sizeof(cv_transport), .start = start},
            .allocator = cvi_default_allocator,
            .clock = {.now = look, .boot_id = "boot-1"},
        };
        transport = cvi_transport_open(&options, &error);
        REQUIRE(transport != NULL);
    }
    return transport;
}

cv_transfer *wire_send(cvi_transfer_spec spec) {
    is_keyless = spec.is_keyless;
    spec.send_by_boot_ms = INT64_MAX;
    spec.readmit = readmit;
    spec.owner = &owner;
    REQUIRE(cvi_transport_send(the_transport(), &spec) != NULL);
    return started;
}

void wire_take(cvi_response *response) {
    REQUIRE(cvi_transport_next(the_transport(), response) == &owner);
}
