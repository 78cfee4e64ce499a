/* A loop of the host's and a network of the application's in one program: the client's descriptor
 * hears of what the network brings, however it comes; and a client at rest leaves it alone. */
#include "support/sys_world.h"

#include <poll.h>

#include <comicvine/sys/replay.h>

enum { PATIENCE_MS = 60000, MOST_WAKES = 500, QUIET_MS = 60, LATENCY_MS = 20 };

static bool is_readable(const cv_client *client, int timeout_ms) {
    struct pollfd wanted = {.fd = cv_client_fd(client), .events = POLLIN};
    assert_true(wanted.fd >= 0);
    return poll(&wanted, 1, timeout_ms) == 1;
}

/* A loop that knows nothing but the descriptor. */
static void loop_until_done(cv_client *client, const cv_request *request) {
    for (int wakes = 0; !cv_request_done(request); wakes++) {
        assert_true(wakes < MOST_WAKES);
        assert_true(is_readable(client, PATIENCE_MS));
        cv_client_poll(client, 0);
    }
}

static void settle(cv_client *client) {
    for (int wakes = 0; is_readable(client, 0); wakes++) {
        assert_true(wakes < MOST_WAKES);
        cv_client_poll(client, 0);
    }
}

/* Which has no lease to renew: only the network has something to say. */
static cv_client *open_polled(sys_world *world) {
    world->options.drive = CV_DRIVE_POLL;
    world->options.dedupe.disabled = true;
    return sys_open(world);
}

static cv_request *ask(cv_client *client, int64_t id) {
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, id, NULL);
    assert_non_null(request);
    return request;
}

/* Asks for the issue, loops until it is here, and is quiet then. */
static void check_loop(cv_client *client) {
    cv_request *request = ask(client, 52);
    loop_until_done(client, request);
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    cv_request_free(request);
    settle(client);
    assert_false(is_readable(client, QUIET_MS));
}

static void test_a_loop_hears_every_manner(void **state) {
    (void)state;
    static const own_manner manners[] = {OWN_AT_ONCE, OWN_THREAD, OWN_TURN};
    for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
        sys_world world;
        sys_begin(&world, manners[i]);
        cv_client *client = open_polled(&world);
        check_loop(client);
        cv_client_close(client);
        sys_end(&world);
    }
}

static void test_waiting_for_an_answer_is_quiet(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_LATER);
    cv_client *client = open_polled(&world);
    cv_request *request = ask(client, 52);
    settle(client);
    assert_int_equal(world.network.count, 1);
    assert_false(is_readable(client, QUIET_MS));
    assert_true(own_network_answer(&world.network, 0, &world.network.answer));
    assert_true(is_readable(client, 0));
    loop_until_done(client, request);
    cv_request_free(request);
    cv_client_close(client);
    sys_end(&world);
}

static void test_recordings_in_a_loop(void **state) {
    (void)state;
    sys_world world;
    cv_transport recorder;
    cv_transport player;
    cv_replay_options options = CV_REPLAY_OPTIONS_INIT;
    sys_begin(&world, OWN_TURN);
    world.options.cache.disabled = true;
    options.folder = world.scratch.folder;
    options.latency_ms = LATENCY_MS;
    assert_true(cv_transport_record(&recorder, options.folder, &world.network.table));
    world.options.transport = &recorder;
    cv_client *client = open_polled(&world);
    check_loop(client);
    cv_client_close(client);
    assert_true(cv_transport_replay(&player, &options));
    world.options.transport = &player;
    client = open_polled(&world);
    check_loop(client);
    check_loop(client);
    cv_client_close(client);
    assert_int_equal(world.network.count, 1);
    sys_end(&world);
}

/* ---- rest ---- */

/* What the network still has is nobody's any more; after the rest it is asked again. */
static void check_rest(sys_world *world) {
    cv_client *client = sys_open(world);
    cv_request *request = sys_begin_request(world, client);
    cv_client_suspend(client);
    assert_int_equal(world->network.cancelled, 1);
    assert_int_equal(world->network.resets, 1);
    assert_false(own_network_answer(&world->network, 0, &world->network.answer));
    cv_client_resume(client);
    sys_await_transfers(world, request, 2);
    assert_true(own_network_answer(&world->network, 1, &world->network.answer));
    assert_true(cv_request_wait(request, -1));
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    cv_request_free(request);
    cv_client_close(client);
    assert_int_equal(sys_counted(world), 2);
}

static void test_rest_breaks_off_and_asks_again(void **state) {
    (void)state;
    static const cv_drive drives[] = {CV_DRIVE_THREAD, CV_DRIVE_POLL};
    for (size_t i = 0; i < sizeof(drives) / sizeof(drives[0]); i++) {
        sys_world world;
        sys_begin(&world, OWN_LATER);
        world.options.drive = drives[i];
        check_rest(&world);
        sys_end(&world);
    }
}

static void test_rest_goes_through_a_recorder(void **state) {
    (void)state;
    sys_world world;
    cv_transport recorder;
    sys_begin(&world, OWN_LATER);
    assert_true(cv_transport_record(&recorder, world.scratch.folder, &world.network.table));
    world.options.transport = &recorder;
    check_rest(&world);
    sys_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_loop_hears_every_manner),
        cmocka_unit_test(test_waiting_for_an_answer_is_quiet),
        cmocka_unit_test(test_recordings_in_a_loop),
        cmocka_unit_test(test_rest_breaks_off_and_asks_again),
        cmocka_unit_test(test_rest_goes_through_a_recorder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
