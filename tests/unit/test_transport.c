/* The transport over a loopback connection: what is sent, what comes back, when it may leave, and
 * how waiting ends. */
#include "support/transport_world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/harness.h"
#include "support/allocator.h"
#include "support/platform.h"

#define FIXTURE CVI_FIXTURES "/comicvine/issue/4000-52.json"

/* ---- an exchange ---- */

static void test_answer_comes_whole(void **state) {
    net_world *world = *state;
    cvi_response response;
    char *expected = harness_read_text(FIXTURE);
    net_fetch(world, world->url, &response);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    assert_int_equal(response.http_status, 200);
    assert_true(response.sent);
    assert_int_equal(response.retry_after_ms, 0);
    assert_null(response.redirect_url);
    assert_int_equal(response.size, strlen(expected));
    assert_string_equal(response.body, expected);
    free(expected);
    net_drop(world, &response);
}

static void test_request_is_what_it_should_be(void **state) {
    net_world *world = *state;
    cvi_response response;
    server_request request;
    net_fetch(world, world->url, &response);
    assert_int_equal(net_count(world), 1);
    assert_true(server_request_at(world->server, NULL, 0, &request));
    assert_string_equal(request.path, "/api/issue/4000-52/");
    assert_string_equal(request.query, "format=json&api_key=***");
    assert_true(request.key_was_right);
    assert_string_equal(request.user_agent, "agent/1 (+about)");
    assert_string_equal(request.accept_encoding, "gzip");
    net_drop(world, &response);
}

static void test_key_is_added_to_a_url_without_query(void **state) {
    net_world *world = *state;
    cvi_response response;
    server_request request;
    char url[NET_URL_MAX];
    net_url(world, "/issues/", url);
    net_fetch(world, url, &response);
    assert_true(server_request_at(world->server, NULL, 0, &request));
    assert_string_equal(request.query, "api_key=***");
    net_drop(world, &response);
}

static void test_key_of_any_characters_is_escaped(void **state) {
    net_world *world = *state;
    server *other = server_start(
        &(server_options){.folder = CVI_FIXTURES "/comicvine", .api_key = "a b&c=d/e+f#g%h"});
    assert_non_null(other);
    cvi_response response;
    char url[NET_URL_MAX];
    harness_print(url, sizeof(url), "%s%s", server_base_url(other), NET_ISSUE);
    world->options.api_key = "a b&c=d/e+f#g%h";
    net_reopen(world);
    net_fetch(world, url, &response);
    assert_int_equal(response.http_status, 200);
    net_drop(world, &response);
    server_stop(other);
}

static void test_compressed_answer_is_unpacked(void **state) {
    net_world *world = *state;
    cvi_response response;
    char *expected = harness_read_text(FIXTURE);
    net_fetch(world, world->url, &response);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    assert_string_equal(response.body, expected);
    free(expected);
    net_drop(world, &response);
}

static void test_errors_of_the_service_are_answers(void **state) {
    net_world *world = *state;
    static const unsigned statuses[] = {300, 304, 400, 401, 403, 404, 420, 429, 500, 502, 503};
    for (size_t i = 0; i < HARNESS_COUNT(statuses); i++) {
        cvi_response response;
        assert_true(server_fault_add(
            world->server, &(server_fault){.http_status = statuses[i], .body = "<p>no</p>"}));
        net_fetch(world, world->url, &response);
        assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
        assert_int_equal(response.http_status, statuses[i]);
        net_drop(world, &response);
    }
}

static void test_empty_body_is_an_answer(void **state) {
    net_world *world = *state;
    cvi_response response;
    assert_true(server_fault_add(world->server, &(server_fault){.body = ""}));
    net_fetch(world, world->url, &response);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    assert_int_equal(response.size, 0);
    assert_null(response.body);
}

static void test_retry_after_is_read_and_bounded(void **state) {
    net_world *world = *state;
    static const struct {
        const char *text;
        int64_t retry_after_ms;
    } cases[] = {
        {"17", 17000}, {"0", 0}, {"86400", 86400000}, {"86401", 86400000}, {"2207520000", 86400000},
        {"soon", 0},   {"-5", 0}};
    for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
        cvi_response response;
        assert_true(server_fault_add(
            world->server,
            &(server_fault){.http_status = 503, .headers = {{"Retry-After", cases[i].text}}}));
        net_fetch(world, world->url, &response);
        assert_int_equal(response.retry_after_ms, cases[i].retry_after_ms);
        net_drop(world, &response);
    }
}

/* Either seconds, or the time of the day at which the limit starts anew; Retry-After goes first. */
static void test_reset_of_the_limit_is_read(void **state) {
    net_world *world = *state;
    char in_a_minute[32];
    char long_ago[32];
    int64_t now_s = cvi_clock_now(&world->clock.clock).wall_ms / 1000;
    (void)snprintf(in_a_minute, sizeof(in_a_minute), "%lld", (long long)now_s + 60);
    (void)snprintf(long_ago, sizeof(long_ago), "%lld", (long long)now_s - 60);
    const struct {
        const char *retry_after;
        const char *reset;
        int64_t retry_after_ms;
    } cases[] = {{NULL, "90", 90000},
                 {NULL, in_a_minute, 60000},
                 {NULL, long_ago, 0},
                 {NULL, "90 s", 0},
                 {NULL, "", 0},
                 {NULL, "-3", 0},
                 {"17", "90", 17000},
                 {NULL, "99999999999999999999", 86400000},
                 {NULL, "100000", 86400000}};
    for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
        cvi_response response;
        server_fault fault = {.http_status = 429,
                              .headers = {{"X-RateLimit-Reset", cases[i].reset}}};
        if (cases[i].retry_after != NULL) {
            fault.headers[1] = (server_header){"Retry-After", cases[i].retry_after};
        }
        assert_true(server_fault_add(world->server, &fault));
        net_fetch(world, world->url, &response);
        assert_int_equal(response.retry_after_ms, cases[i].retry_after_ms);
        net_drop(world, &response);
    }
}

/* ---- connections ---- */

static void test_connection_is_kept(void **state) {
    net_world *world = *state;
    for (int i = 0; i < 3; i++) {
        cvi_response response;
        net_fetch(world, world->url, &response);
        net_drop(world, &response);
    }
    assert_int_equal(net_connection(world, 0), net_connection(world, 2));
}

static void test_fresh_connection_is_another(void **state) {
    net_world *world = *state;
    cvi_response response;
    net_fetch(world, world->url, &response);
    net_drop(world, &response);
    assert_non_null(net_send(world, world->url, true));
    net_receive(world, &response);
    net_drop(world, &response);
    assert_int_not_equal(net_connection(world, 0), net_connection(world, 1));
}

static void test_many_transfers_at_once(void **state) {
    net_world *world = *state;
    bool answered[8] = {false};
    for (size_t i = 0; i < 8; i++) {
        const cvi_transfer_spec spec = {
            .url = world->url, .send_by_boot_ms = INT64_MAX, .owner = &answered[i]};
        assert_non_null(cvi_transport_send(world->transport, &spec));
    }
    for (size_t i = 0; i < 8; i++) {
        cvi_response response;
        bool *owner = net_receive(world, &response);
        assert_false(*owner);
        *owner = true;
        assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
        net_drop(world, &response);
    }
    assert_false(cvi_transport_is_busy(world->transport));
    assert_int_equal(net_count(world), 8);
}

static void test_transfers_end_in_any_order(void **state) {
    net_world *world = *state;
    static const char *const paths[] = {"/issues/?format=json", "/teams/?format=json", NET_ISSUE};
    int owners[3];
    assert_true(server_hold(world->server, "/api/issue/"));
    for (size_t i = 0; i < 3; i++) {
        char url[NET_URL_MAX];
        net_url(world, paths[i], url);
        const cvi_transfer_spec spec = {
            .url = url, .send_by_boot_ms = INT64_MAX, .owner = &owners[i]};
        assert_non_null(cvi_transport_send(world->transport, &spec));
    }
    for (size_t i = 0; i < 3; i++) {
        cvi_response response;
        int *owner = net_receive(world, &response);
        assert_int_equal(owner == &owners[2], i == 2);
        assert_int_equal(cvi_transport_is_busy(world->transport), i < 2);
        net_drop(world, &response);
        if (i == 1) {
            server_release(world->server, SERVER_ALL);
        }
    }
}

/* ---- admissions ---- */

static void test_young_admission_is_sent(void **state) {
    net_world *world = *state;
    cvi_response response;
    assert_non_null(net_send(world, world->url, false));
    fake_clock_advance(&world->clock, 1000);
    net_receive(world, &response);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    assert_int_equal(world->readmissions, 0);
    net_drop(world, &response);
}

static void test_old_admission_is_asked_for_anew(void **state) {
    net_world *world = *state;
    cvi_response response;
    assert_non_null(net_send(world, world->url, false));
    fake_clock_advance(&world->clock, 1001);
    net_receive(world, &response);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    assert_int_equal(world->readmissions, 1);
    net_drop(world, &response);
}

static void test_refused_admission_sends_nothing(void **state) {
    net_world *world = *state;
    cvi_response response;
    world->refuses = true;
    assert_non_null(net_send(world, world->url, false));
    fake_clock_advance(&world->clock, 1001);
    net_receive(world, &response);
    assert_int_equal(response.kind, CVI_RESPONSE_NOT_ADMITTED);
    assert_false(response.sent);
    assert_int_equal(world->readmissions, 1);
    net_fetch(world, world->url, &response);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    assert_int_equal(net_count(world), 1);
    net_drop(world, &response);
}

/* ---- cancelling and closing ---- */

static void test_transfer_that_has_not_left_can_be_cancelled(void **state) {
    net_world *world = *state;
    cvi_response response;
    cvi_transfer *transfer = net_send(world, world->url, false);
    assert_non_null(transfer);
    assert_true(cvi_transport_is_busy(world->transport));
    assert_true(cvi_transport_cancel(world->transport, transfer));
    assert_false(cvi_transport_is_busy(world->transport));
    assert_null(cvi_transport_next(world->transport, &response));
    net_fetch(world, world->url, &response);
    assert_int_equal(net_count(world), 1);
    net_drop(world, &response);
}

static void test_transfer_that_has_left_cannot_be_cancelled(void **state) {
    net_world *world = *state;
    cvi_response response;
    assert_true(server_hold(world->server, NULL));
    cvi_transfer *transfer = net_send(world, world->url, false);
    net_wait_for(world, 1);
    assert_false(cvi_transport_cancel(world->transport, transfer));
    server_release(world->server, SERVER_ALL);
    net_receive(world, &response);
    assert_int_equal(response.kind, CVI_RESPONSE_ANSWER);
    net_drop(world, &response);
}

static void test_closing_ends_what_is_under_way(void **state) {
    net_world *world = *state;
    assert_true(server_hold(world->server, NULL));
    for (int i = 0; i < 3; i++) {
        assert_non_null(net_send(world, world->url, false));
    }
    net_wait_for(world, 3);
    assert_non_null(net_send(world, world->url, false));
    net_close(world);
    assert_int_equal(atomic_load(&world->memory.live), 0);
    cvi_transport_close(NULL);
}

/* ---- waiting ---- */

static int64_t time_turn(net_world *world, int descriptor) {
    cvi_slice whole = cvi_slice_start(-1);
    cvi_timeout patience = cvi_timeout_start(NET_PATIENCE_MS);
    cvi_transport_turn(world->transport, NET_PATIENCE_MS, descriptor, &whole);
    return NET_PATIENCE_MS - cvi_timeout_left_ms(patience);
}

static void test_wake_ends_the_next_turn(void **state) {
    net_world *world = *state;
    cvi_transport_wake(world->transport);
    assert_in_range(time_turn(world, -1), 0, NET_PATIENCE_MS / 2);
}

static void *wake(void *user) {
    net_world *world = user;
    cvi_transport_wake(world->transport);
    return NULL;
}

static void test_wake_of_another_thread_ends_a_turn(void **state) {
    net_world *world = *state;
    for (int i = 0; i < 20; i++) {
        cvi_thread thread;
        assert_true(cvi_thread_start(&thread, wake, world));
        assert_in_range(time_turn(world, -1), 0, NET_PATIENCE_MS / 2);
        cvi_thread_join(&thread);
    }
}

static void test_descriptor_ends_a_turn(void **state) {
    net_world *world = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "!", 1), 1);
    assert_in_range(time_turn(world, ends[0]), 0, NET_PATIENCE_MS / 2);
    close(ends[0]);
    close(ends[1]);
}

static void test_turn_without_time_does_not_wait(void **state) {
    cvi_slice whole = cvi_slice_start(-1);
    net_world *world = *state;
    cvi_timeout patience = cvi_timeout_start(NET_PATIENCE_MS / 2);
    assert_true(server_hold(world->server, NULL));
    assert_non_null(net_send(world, world->url, false));
    for (int i = 0; i < 100; i++) {
        cvi_transport_turn(world->transport, 0, -1, &whole);
    }
    assert_true(cvi_timeout_left_ms(patience) > 0);
}

#define WITH_NET(test) cmocka_unit_test_setup_teardown(test, net_setup, net_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_NET(test_answer_comes_whole),
        WITH_NET(test_request_is_what_it_should_be),
        WITH_NET(test_key_is_added_to_a_url_without_query),
        WITH_NET(test_key_of_any_characters_is_escaped),
        cmocka_unit_test_setup_teardown(test_compressed_answer_is_unpacked, net_setup_gzip,
                                        net_teardown),
        WITH_NET(test_errors_of_the_service_are_answers),
        WITH_NET(test_empty_body_is_an_answer),
        WITH_NET(test_retry_after_is_read_and_bounded),
        WITH_NET(test_reset_of_the_limit_is_read),
        WITH_NET(test_connection_is_kept),
        WITH_NET(test_fresh_connection_is_another),
        WITH_NET(test_many_transfers_at_once),
        WITH_NET(test_transfers_end_in_any_order),
        WITH_NET(test_young_admission_is_sent),
        WITH_NET(test_old_admission_is_asked_for_anew),
        WITH_NET(test_refused_admission_sends_nothing),
        WITH_NET(test_transfer_that_has_not_left_can_be_cancelled),
        WITH_NET(test_transfer_that_has_left_cannot_be_cancelled),
        WITH_NET(test_closing_ends_what_is_under_way),
        WITH_NET(test_wake_ends_the_next_turn),
        WITH_NET(test_wake_of_another_thread_ends_a_turn),
        WITH_NET(test_descriptor_ends_a_turn),
        WITH_NET(test_turn_without_time_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
