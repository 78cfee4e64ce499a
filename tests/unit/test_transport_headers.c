/* How many headers an answer may have: libcurl would keep all that come. */
#include "support/transport_world.h"

#include <string.h>

#include "client/transfer_face.h"
#include "server/harness.h"

#define OK_LINE "HTTP/1.1 200 OK\r\n"

/* The lines behind the last chunk, with which an answer may end, are headers too. */
#define TRAILED OK_LINE "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"

/* What comes at full speed and never ends is over long before the time-out, or the test is. */
static cvi_response fetch_endless(net_world *world, const char *text, size_t once) {
    cvi_response response;
    world->options.timeout_ms = INT32_MAX;
    net_reopen(world);
    const server_fault fault = {.kind = SERVER_FAULT_RAW_ENDLESS, .body = text, .cut_at = once};
    assert_true(server_fault_add(world->server, &fault));
    net_fetch(world, world->url, &response);
    return response;
}

static void test_headers_without_end_are_too_large(void **state) {
    net_world *world = *state;
    static const struct {
        const char *once;
        const char *text; /* with that in front */
    } cases[] = {
        {OK_LINE, OK_LINE "X-Filler: something\r\n"},
        {OK_LINE, OK_LINE "Location: /somewhere\r\nSet-Cookie: a=b\r\n"},
        {"", "HTTP/1.1 100 Continue\r\n\r\n"},
        {"", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"},
        {TRAILED, TRAILED "X-Filler: something\r\n"},
    };
    for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
        cvi_response response = fetch_endless(world, cases[i].text, strlen(cases[i].once));
        assert_int_equal(response.kind, CVI_RESPONSE_TOO_LARGE);
        assert_true(response.sent);
        assert_null(response.body);
        assert_string_equal(response.reason, CVI_TOO_MANY_HEADERS);
        assert_int_equal(net_count(world), i + 1);
    }
}

/* An answer whose headers have so many lines of that size besides its own. */
static cvi_response fetch_lines(net_world *world, size_t lines, size_t line) {
    static char text[2 * CVI_MAX_HEADER_BYTES];
    static const char head[] = OK_LINE "Content-Length: 2\r\n";
    size_t at = sizeof(head) - 1;
    cvi_response response;
    memcpy(text, head, at);
    for (size_t i = 0; i < lines; i++, at += line) {
        memset(text + at, 'x', line);
        memcpy(text + at + 1, ":", 1);
        memcpy(text + at + line - 2, "\r\n", 2);
    }
    memcpy(text + at, "\r\n{}", sizeof("\r\n{}"));
    const server_fault fault = {.kind = SERVER_FAULT_RAW, .body = text};
    assert_true(server_fault_add(world->server, &fault));
    assert_non_null(net_send(world, world->url, true)); /* the server closes after each */
    net_receive(world, &response);
    return response;
}

static void test_many_headers_are_still_an_answer(void **state) {
    net_world *world = *state;
    static const struct {
        size_t lines;
        size_t line;
        cvi_response_kind kind;
    } cases[] = {
        {250, 1024, CVI_RESPONSE_ANSWER}, /* twice, each counted by itself */
        {250, 1024, CVI_RESPONSE_ANSWER},  {256, 1024, CVI_RESPONSE_TOO_LARGE},
        {1021, 8, CVI_RESPONSE_ANSWER}, /* with the status, the length and the empty line */
        {1022, 8, CVI_RESPONSE_TOO_LARGE},
    };
    for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
        cvi_response response = fetch_lines(world, cases[i].lines, cases[i].line);
        assert_int_equal(response.kind, cases[i].kind);
        assert_int_equal(response.size, cases[i].kind == CVI_RESPONSE_ANSWER ? 2 : 0);
        net_drop(world, &response);
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, net_setup, net_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_headers_without_end_are_too_large),
        IN_WORLD(test_many_headers_are_still_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
