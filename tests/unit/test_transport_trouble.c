/* The transport when the network or the service misbehaves, redirects, or echoes the key. */
#include "support/transport_world.h"

#include <stdlib.h>
#include <string.h>

#include "client/transfer_face.h"
#include "client/transport_internal.h"
#include "server/harness.h"
#include "support/allocator.h"
#include "support/cap.h"

static void add_fault(net_world *world, const server_fault *fault) {
    assert_true(server_fault_add(world->server, fault));
}

static cvi_response fetch(net_world *world) {
    cvi_response response;
    net_fetch(world, world->url, &response);
    return response;
}

/* ---- broken answers ---- */

static void test_broken_answers(void **state) {
    net_world *world = *state;
    static const struct {
        server_fault_kind fault;
        cvi_response_kind kind;
        int http_status;
        size_t size;
    } cases[] = {
        {SERVER_FAULT_TRUNCATE, CVI_RESPONSE_BROKEN, 200, 0},
        {SERVER_FAULT_TRUNCATE_CHUNKED, CVI_RESPONSE_BROKEN, 200, 0},
        {SERVER_FAULT_TRUNCATE_UNFRAMED, CVI_RESPONSE_ANSWER, 200, 7}, /* nobody can tell here */
        {SERVER_FAULT_RESET, CVI_RESPONSE_NETWORK, 0, 0},
        {SERVER_FAULT_RESET_BODY, CVI_RESPONSE_NETWORK, 200, 0},
        {SERVER_FAULT_CLOSE, CVI_RESPONSE_NETWORK, 0, 0},
        {SERVER_FAULT_CLOSE_AFTER, CVI_RESPONSE_ANSWER, 200, 26},
        {SERVER_FAULT_DRIP, CVI_RESPONSE_ANSWER, 200, 26},
    };
    for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
        const server_fault fault = {.kind = cases[i].fault,
                                    .body = "abcdefghijklmnopqrstuvwxyz",
                                    .cut_at = 7,
                                    .interval_ms = 1};
        cvi_response response;
        add_fault(world, &fault);
        assert_non_null(net_send(world, world->url, true));
        net_receive(world, &response);
        assert_int_equal(response.kind, cases[i].kind);
        assert_int_equal(response.http_status, cases[i].http_status);
        assert_true(response.sent);
        assert_int_equal(response.size, cases[i].size);
        assert_int_equal(response.reason != NULL, cases[i].kind != CVI_RESPONSE_ANSWER);
        assert_int_equal(net_count(world), i + 1);
        net_drop(world, &response);
    }
}

/* The headers came: what they ask for is known. */
static void test_a_cut_refusal_keeps_its_wish(void **state) {
    net_world *world = *state;
    add_fault(world, &(server_fault){.kind = SERVER_FAULT_TRUNCATE,
                                     .http_status = 503,
                                     .headers = {{"Retry-After", "9"}},
                                     .cut_at = 7});
    cvi_response response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_BROKEN);
    assert_int_equal(response.http_status, 503);
    assert_int_equal(response.retry_after_ms, 9000);
    net_drop(world, &response);
}

static void test_bad_compression_is_broken(void **state) {
    net_world *world = *state;
    add_fault(world, &(server_fault){.body = "not gzip at all",
                                     .headers = {{"Content-Encoding", "gzip"}}});
    cvi_response response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_BROKEN);
    assert_null(response.body);
}

/* The end of a transfer that the service leaves alone, and whether it has been sent by then. */
static bool sit_out(net_world *world, int64_t timeout_ms) {
    cvi_response response;
    world->options.timeout_ms = timeout_ms;
    net_reopen(world);
    assert_non_null(net_send(world, world->url, false));
    net_receive(world, &response);
    assert_int_equal(response.kind, CVI_RESPONSE_TIMEOUT);
    assert_int_equal(response.http_status, 0);
    return response.sent;
}

/* A timeout that lets this machine send in time: nobody knows beforehand how slow it is. */
static void test_silent_service_runs_into_the_timeout(void **state) {
    net_world *world = *state;
    int64_t timeout_ms = 50;
    assert_true(server_hold(world->server, NULL));
    while (!sit_out(world, timeout_ms)) {
        timeout_ms *= 2;
        assert_true(timeout_ms < NET_PATIENCE_MS);
    }
}

static void test_dripping_service_runs_into_the_timeout(void **state) {
    net_world *world = *state;
    world->options.timeout_ms = 200;
    net_reopen(world);
    add_fault(world, &(server_fault){.kind = SERVER_FAULT_DRIP, .interval_ms = 20});
    cvi_response response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_TIMEOUT);
    assert_null(response.body);
}

static void test_nobody_listens(void **state) {
    net_world *world = *state;
    server_stop(world->server);
    world->server = NULL;
    cvi_response response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_NETWORK);
    assert_false(response.sent);
    assert_non_null(response.reason);
}

static void test_other_protocols_are_not_spoken(void **state) {
    net_world *world = *state;
    cvi_response response;
    net_fetch(world, "file:///etc/hostname", &response);
    assert_int_equal(response.kind, CVI_RESPONSE_BROKEN);
    assert_false(response.sent);
    assert_null(response.body);
}

static void test_overlong_url_is_not_sent(void **state) {
    net_world *world = *state;
    char url[9000];
    memset(url, 'a', sizeof(url) - 1);
    url[sizeof(url) - 1] = '\0';
    assert_null(net_send(world, url, false));
    assert_false(cvi_transport_is_busy(world->transport));
}

/* ---- dead connections ---- */

/* libcurl would send again by itself: a second request, which nobody has admitted. */
static void test_dead_kept_connection_is_not_used_twice(void **state) {
    net_world *world = *state;
    add_fault(world, &(server_fault){.kind = SERVER_FAULT_CLOSE, .skip = 1});
    cvi_response response = fetch(world);
    net_drop(world, &response);
    response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_DEAD_CONNECTION);
    assert_true(response.sent);
    assert_int_equal(net_count(world), 2);
    assert_non_null(net_send(world, world->url, true));
    net_receive(world, &response);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    assert_int_equal(net_count(world), 3);
    net_drop(world, &response);
}

static void test_reset_kept_connection_is_dead_too(void **state) {
    net_world *world = *state;
    add_fault(world, &(server_fault){.kind = SERVER_FAULT_RESET, .skip = 1});
    cvi_response response = fetch(world);
    net_drop(world, &response);
    response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_DEAD_CONNECTION);
    assert_int_equal(net_count(world), 2);
}

/* Whether the close is seen before or after sending is chance; what the service reads is not. */
static void test_connection_closed_behind_our_back(void **state) {
    net_world *world = *state;
    for (int i = 0; i < 20; i++) {
        size_t count = net_count(world);
        add_fault(world, &(server_fault){.kind = SERVER_FAULT_CLOSE_AFTER});
        cvi_response response = fetch(world);
        assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
        net_drop(world, &response);
        response = fetch(world);
        bool dead = response.kind == CVI_RESPONSE_DEAD_CONNECTION;
        assert_true(dead || response.kind == CVI_RESPONSE_ANSWER);
        assert_in_range(net_count(world), count + (dead ? 1 : 2), count + 2);
        net_drop(world, &response);
    }
}

/* ---- too much ---- */

static void test_body_cap_is_exact(void **state) {
    net_world *world = *state;
    add_fault(world, &(server_fault){.body = "0123456789", .times = 2});
    world->options.max_body_bytes = 10;
    net_reopen(world);
    cvi_response response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    assert_string_equal(response.body, "0123456789");
    net_drop(world, &response);
    world->options.max_body_bytes = 9;
    net_reopen(world);
    response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_TOO_LARGE);
    assert_null(response.body);
}

static void test_endless_body_ends_at_the_cap(void **state) {
    net_world *world = *state;
    add_fault(world, &(server_fault){.kind = SERVER_FAULT_ENDLESS});
    cvi_response response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_TOO_LARGE);
    assert_int_equal(response.http_status, 200);
    assert_null(response.body);
}

/* What travels is smaller than the cap; what it unpacks to is not. */
static void test_cap_counts_unpacked_bytes(void **state) {
    net_world *world = *state;
    char *text = harness_read_text(CVI_FIXTURES "/comicvine/issue/4000-52.json");
    world->options.max_body_bytes = strlen(text) - 1;
    free(text);
    net_reopen(world);
    cvi_response response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_TOO_LARGE);
}

static void test_large_body_comes_whole(void **state) {
    net_world *world = *state;
    enum { SIZE = 300000 };
    static char body[SIZE + 1];
    memset(body, 'x', SIZE);
    add_fault(world, &(server_fault){.body = body});
    cvi_response response = fetch(world);
    assert_int_equal(response.size, SIZE);
    assert_memory_equal(response.body, body, SIZE + 1);
    net_drop(world, &response);
}

/* ---- redirects ---- */
/* `location` with the server's origin for "@". Answers the judgement. */
static cvi_response follow(net_world *world, unsigned http_status, const char *location) {
    char text[NET_URL_MAX];
    if (location[0] == '@') {
        harness_print(text, sizeof(text), "http://127.0.0.1:%u%s", server_port(world->server),
                      location + 1);
    } else {
        harness_print(text, sizeof(text), "%s", location);
    }
    add_fault(world, &(server_fault){.http_status = http_status,
                                     .body = "moved",
                                     .headers = {{"Location", text}}});
    return fetch(world);
}

static void test_redirects_that_may_be_followed(void **state) {
    net_world *world = *state;
    static const struct {
        unsigned http_status;
        const char *location;
        const char *target;
    } cases[] = {
        {301, "@/api/other/", "/api/other/"},
        {302, "/api/other/", "/api/other/"},
        {303, "../4000-53/?format=json", "/api/issue/4000-53/?format=json"},
        {307, "@/api/a?x=1&y=2#part", "/api/a?x=1&y=2"},
        {308, "@/api/a?api_key=" NET_KEY "&x=1", "/api/a?x=1"},
        {301, "@/api/a?x=1&API_KEY=" NET_KEY, "/api/a?x=1"},
        {301, "@/api/a?api_key=" NET_KEY, "/api/a"},
        {301, "@/api/a?api_key=", "/api/a"},
        {301, "@", "/"},
    };
    for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
        char expected[NET_URL_MAX];
        harness_print(expected, sizeof(expected), "http://127.0.0.1:%u%s",
                      server_port(world->server), cases[i].target);
        cvi_response response = follow(world, cases[i].http_status, cases[i].location);
        assert_int_equal(response.kind, CVI_RESPONSE_REDIRECT);
        assert_int_equal(response.http_status, cases[i].http_status);
        assert_string_equal(response.redirect_url, expected);
        assert_null(response.body);
        net_drop(world, &response);
    }
    assert_int_equal(net_count(world), HARNESS_COUNT(cases));
}

static void test_redirects_that_are_refused(void **state) {
    net_world *world = *state;
    static const char *const locations[] = {
        "http://127.0.0.1:1/api/", "http://127.0.0.2/api/",       "http://localhost/api/",
        "https://127.0.0.1/api/",  "ftp://127.0.0.1/api/",        "file:///etc/passwd",
        "http://user@127.0.0.1/",  "//example.com/api/",          "http://",
        "@/api/" NET_KEY "/",      "@/api/a?other=" NET_KEY "&x", "http://[::1]/api/",
    };
    for (size_t i = 0; i < HARNESS_COUNT(locations); i++) {
        cvi_response response = follow(world, 301, locations[i]);
        assert_int_equal(response.kind, CVI_RESPONSE_REDIRECT_REFUSED);
        assert_null(response.redirect_url);
        assert_non_null(response.reason);
        assert_null(strstr(response.reason, NET_KEY));
        net_drop(world, &response);
    }
}

static void test_user_in_a_redirect_to_the_same_port_is_refused(void **state) {
    net_world *world = *state;
    char location[NET_URL_MAX];
    harness_print(location, sizeof(location), "http://user:word@127.0.0.1:%u/api/",
                  server_port(world->server));
    cvi_response response = follow(world, 302, location);
    assert_int_equal(response.kind, CVI_RESPONSE_REDIRECT_REFUSED);
}

static void test_redirect_to_nowhere_is_refused(void **state) {
    net_world *world = *state;
    add_fault(world, &(server_fault){.http_status = 301, .body = "moved"});
    cvi_response response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_REDIRECT_REFUSED);
    assert_string_equal(response.reason, "redirected to nowhere");
}

/* Ports 80 and 443 are not ours to listen on, so the judge is asked directly. */
static void test_upgrade_to_tls_is_followed(void **state) {
    net_world *world = *state;
    static const struct {
        const char *from;
        const char *to;
        bool followed;
    } cases[] = {
        {"http://h/api", "https://h/api", true},
        {"http://h:80/api", "https://H:443/api", true},
        {"https://h/api", "https://h/other", true},
        {"https://h/api", "http://h/api", false},
        {"http://h:8080/api", "https://h/api", false},
        {"http://h/api", "https://h:8443/api", false},
        {"http://h/api", "https://h.example/api", false},
        {"http://h/api", "https://h%2Eexample/api", false},
        {"http://h/api", "", false},
        {"no address", "https://h/api", false},
    };
    for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
        bool no_memory = true;
        char *target =
            cvi_redirect_target(world->transport, cases[i].from, cases[i].to, false, &no_memory);
        assert_false(no_memory);
        assert_int_equal(target != NULL, cases[i].followed);
        cvi_release(&world->memory.allocator, target);
    }
}

/* What goes without the key may be led anywhere, but not out of what is encrypted. */
static void test_keyless_requests_are_led_anywhere(void **state) {
    net_world *world = *state;
    static const struct {
        const char *from;
        const char *to;
        const char *target;
    } cases[] = {
        {"http://h/a", "http://other:81/b", "http://other:81/b"},
        {"http://h/a", "https://other/b", "https://other/b"},
        {"https://h/a", "https://other/b?c=d&api_key=e", "https://other/b?c=d"},
        {"https://h/a", "http://other/b", NULL},
        {"https://h/a", "ftp://other/b", NULL},
        {"https://h/a", "file:///b", NULL},
    };
    for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
        bool no_memory = true;
        char *target =
            cvi_redirect_target(world->transport, cases[i].from, cases[i].to, true, &no_memory);
        assert_false(no_memory);
        assert_int_equal(target != NULL, cases[i].target != NULL);
        if (target != NULL) {
            assert_string_equal(target, cases[i].target);
        }
        cvi_release(&world->memory.allocator, target);
    }
}

/* An address that could not be written down is not one that was refused. */
static void test_redirect_without_memory(void **state) {
    net_world *world = *state;
    bool no_memory = false;
    world->memory.failing_call = atomic_load(&world->memory.calls) + 1;
    assert_null(
        cvi_redirect_target(world->transport, "http://h/a", "http://h/b", false, &no_memory));
    assert_true(atomic_load(&world->memory.has_failed));
    assert_true(no_memory);
}

/* ---- the key ---- */

static void test_echoed_key_is_blotted_out(void **state) {
    net_world *world = *state;
    add_fault(world, &(server_fault){.body = NET_KEY "|" NET_KEY NET_KEY "|0123|" NET_KEY});
    cvi_response response = fetch(world);
    assert_null(strstr(response.body, NET_KEY));
    assert_int_equal(response.size, 4 * strlen(NET_KEY) + 7);
    assert_non_null(strstr(response.body, "*|0123|*"));
    net_drop(world, &response);
}

static void test_echoed_key_is_blotted_out_in_both_spellings(void **state) {
    net_world *world = *state;
    world->options.api_key = "one two/three";
    net_reopen(world);
    add_fault(world, &(server_fault){.body = "one two/three one%20two%2Fthree one two"});
    cvi_response response = fetch(world);
    assert_string_equal(response.body, "************* ***************** one two");
    net_drop(world, &response);
}

static void test_short_key_is_left_alone(void **state) {
    net_world *world = *state;
    world->options.api_key = "name";
    net_reopen(world);
    add_fault(world, &(server_fault){.body = "{\"name\":null}"});
    cvi_response response = fetch(world);
    assert_string_equal(response.body, "{\"name\":null}");
    net_drop(world, &response);
}

/* ---- memory ---- */

static void test_each_allocation_of_opening_may_fail(void **state) {
    net_world *world = *state;
    size_t failing_call = 1;
    const cv_transfer_header_line header = {"X-Shelf", "a"};
    const cv_curl_options told = {.size = sizeof(told),
                                  .proxy = "http://ann:sesame@127.0.0.1:1",
                                  .ca_file = "/dev/null",
                                  .ca_folder = "/",
                                  .headers = &header,
                                  .header_count = 1};
    for (;; failing_call++) {
        failing_allocator memory;
        cv_error error;
        failing_allocator_init(&memory, failing_call, false);
        cvi_transport_options options = world->options;
        options.allocator = memory.allocator;
        cvi_transport *transport = NULL;
        if (cvi_transport_built_in(&options.network, &told, &memory.allocator, &error)) {
            transport = cvi_transport_open(&options, &error);
            cvi_transport_close(transport);
            options.network.close(options.network.user);
        }
        assert_int_equal(atomic_load(&memory.live), 0);
        if (transport != NULL) {
            break;
        }
        assert_int_equal(error.code, CV_ERROR_NOMEM);
    }
    assert_int_equal(failing_call, 7);
}

static void test_each_allocation_of_a_transfer_may_fail(void **state) {
    net_world *world = *state;
    size_t refused = 0;
    size_t without_memory = 0;
    size_t unharmed = 0; /* giving back what a body had as room to grow */
    for (bool failed = true; failed;) {
        cvi_response response = {.kind = CVI_RESPONSE_ANSWER};
        size_t failing_call = refused + without_memory + unharmed + 1;
        world->memory.failing_call = atomic_load(&world->memory.calls) + failing_call;
        atomic_store(&world->memory.has_failed, false);
        if (net_send(world, world->url, false) == NULL) {
            refused++;
        } else {
            net_receive(world, &response);
            without_memory += response.kind == CVI_RESPONSE_NO_MEMORY ? 1 : 0;
            net_drop(world, &response);
        }
        failed = atomic_load(&world->memory.has_failed);
        world->memory.failing_call = 0;
        assert_int_equal(cvi_transport_is_busy(world->transport), false);
        assert_true(failed || response.kind == CVI_RESPONSE_ANSWER);
        unharmed = failing_call - refused - without_memory;
    }
    assert_int_equal(refused, 3);
    assert_int_equal(without_memory, 1);
    assert_int_equal(unharmed, 2); /* the last one was not failed at all */
}

static void test_answer_keeps_no_room_to_grow(void **state) {
    net_world *world = *state;
    size_t before = atomic_load(&world->memory.bytes);
    cvi_response response = fetch(world);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    assert_int_equal(atomic_load(&world->memory.bytes) - before, response.size + 1);
    net_drop(world, &response);
}

/* ---- the client's bound ---- */

/* A transport that may hold so much; the cap is the caller's to close after it. */
static cvi_cap *bound(net_world *world, size_t max_bytes) {
    cvi_cap *cap = cvi_cap_open(&world->memory.allocator, max_bytes);
    assert_non_null(cap);
    world->options.allocator = cvi_cap_allocator(cap);
    world->options.max_body_bytes = (size_t)32 << 20;
    net_reopen(world);
    return cap;
}

static void unbind(net_world *world, cvi_cap *cap) {
    world->options.allocator = world->memory.allocator;
    net_reopen(world);
    cvi_cap_close(cap);
}

static void assert_over_cap(const cvi_response *response) {
    assert_int_equal(response->kind, CVI_RESPONSE_NO_MEMORY);
    assert_string_equal(response->reason, CVI_CAP_REASON);
    assert_null(response->body);
}

/* The length is said: the first bytes are enough to know, and no room is made for them. */
static void test_announced_body_that_does_not_fit_is_not_read(void **state) {
    net_world *world = *state;
    enum { SIZE = 3 << 20, ROOM = 1 << 20 };
    char *body = calloc(1, SIZE + 1);
    assert_non_null(body);
    memset(body, 'x', SIZE);
    cvi_cap *cap = bound(world, ROOM);
    add_fault(world, &(server_fault){.body = body});
    size_t calls = atomic_load(&world->memory.calls);
    cvi_response response = fetch(world);
    assert_over_cap(&response);
    assert_int_equal(atomic_load(&world->memory.calls),
                     calls + 3); /* transfer, URL, libcurl's part */
    response = fetch(world);     /* a shorter one */
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    cvi_release(&world->options.allocator, response.body);
    unbind(world, cap);
    free(body);
}

static void test_endless_body_ends_at_the_clients_bound(void **state) {
    net_world *world = *state;
    cvi_cap *cap = bound(world, 100000);
    add_fault(world, &(server_fault){.kind = SERVER_FAULT_ENDLESS});
    cvi_response response = fetch(world);
    assert_over_cap(&response);
    unbind(world, cap);
}

static void test_redirect_beyond_the_clients_bound(void **state) {
    net_world *world = *state;
    char location[3000];
    memset(location, 'a', sizeof(location) - 1);
    location[0] = '/';
    location[sizeof(location) - 1] = '\0';
    cvi_cap *cap = bound(world, 3000);
    add_fault(world,
              &(server_fault){.http_status = 302, .body = "", .headers = {{"Location", location}}});
    cvi_response response = fetch(world);
    assert_over_cap(&response);
    assert_null(response.redirect_url);
    unbind(world, cap);
}

#define WITH_NET(test)  cmocka_unit_test_setup_teardown(test, net_setup, net_teardown)
#define WITH_GZIP(test) cmocka_unit_test_setup_teardown(test, net_setup_gzip, net_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_NET(test_broken_answers),
        WITH_NET(test_a_cut_refusal_keeps_its_wish),
        WITH_NET(test_bad_compression_is_broken),
        WITH_NET(test_silent_service_runs_into_the_timeout),
        WITH_NET(test_dripping_service_runs_into_the_timeout),
        WITH_NET(test_nobody_listens),
        WITH_NET(test_other_protocols_are_not_spoken),
        WITH_NET(test_overlong_url_is_not_sent),
        WITH_NET(test_dead_kept_connection_is_not_used_twice),
        WITH_NET(test_reset_kept_connection_is_dead_too),
        WITH_NET(test_connection_closed_behind_our_back),
        WITH_NET(test_body_cap_is_exact),
        WITH_NET(test_endless_body_ends_at_the_cap),
        WITH_GZIP(test_cap_counts_unpacked_bytes),
        WITH_NET(test_large_body_comes_whole),
        WITH_NET(test_redirects_that_may_be_followed),
        WITH_NET(test_redirects_that_are_refused),
        WITH_NET(test_user_in_a_redirect_to_the_same_port_is_refused),
        WITH_NET(test_redirect_to_nowhere_is_refused),
        WITH_NET(test_upgrade_to_tls_is_followed),
        WITH_NET(test_keyless_requests_are_led_anywhere),
        WITH_NET(test_redirect_without_memory),
        WITH_NET(test_answer_keeps_no_room_to_grow),
        WITH_NET(test_announced_body_that_does_not_fit_is_not_read),
        WITH_NET(test_endless_body_ends_at_the_clients_bound),
        WITH_NET(test_redirect_beyond_the_clients_bound),
        WITH_NET(test_echoed_key_is_blotted_out),
        WITH_NET(test_echoed_key_is_blotted_out_in_both_spellings),
        WITH_NET(test_short_key_is_left_alone),
        WITH_NET(test_each_allocation_of_opening_may_fail),
        WITH_NET(test_each_allocation_of_a_transfer_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
