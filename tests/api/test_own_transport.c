/* A network of the application's own, on the public header: however its answers come, they are the
 * client's; and whatever it does wrong harms nobody but the call. */
#include "support/sys_world.h"

#include <stdlib.h>
#include <string.h>

static const own_manner manners[] = {OWN_AT_ONCE, OWN_THREAD, OWN_TURN};
static const cv_drive drives[] = {CV_DRIVE_THREAD, CV_DRIVE_POLL};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what comes through ---- */

static void test_answers_come_in_every_manner_and_drive(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(manners) * COUNT(drives); i++) {
        sys_world world;
        sys_begin(&world, manners[i / 2]);
        world.options.drive = drives[i % 2];
        cv_client *client = sys_open(&world);
        outcome first = sys_retrieve(client, 52);
        outcome second = sys_retrieve(client, 52);
        cv_client_close(client);
        sys_check_issue(&first, CV_SOURCE_NETWORK);
        sys_check_issue(&second, CV_SOURCE_CACHE);
        assert_int_equal(world.network.count, 1);
        assert_int_equal(world.network.closed, 1);
        assert_int_equal(sys_counted(&world), 1);
        sys_end(&world);
    }
}

static void test_request_is_what_the_header_says(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_AT_ONCE);
    world.options.application = "reader/2.0";
    outcome got = sys_fetch(&world);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    const own_transfer *sent = &world.network.transfers[0];
    assert_string_equal(sent->url, "http://comics.example" SYS_TARGET "&api_key=" SYS_KEY);
    assert_non_null(strstr(sent->user_agent, "libcomicvine/"));
    assert_non_null(strstr(sent->user_agent, " reader/2.0"));
    assert_string_equal(sent->etag, "");
    assert_false(sent->fresh_connection);
    sys_end(&world);
}

static void test_redirect_is_a_second_start(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_THREAD);
    world.network.script[0] = (own_answer){
        .http_status = 302, .headers = {{"location", "../4000-99/?x=1&api_key=" SYS_KEY "#top"}}};
    world.network.script_length = 1;
    outcome got = sys_fetch(&world);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    assert_int_equal(world.network.count, 2);
    assert_string_equal(world.network.transfers[1].url,
                        SYS_BASE "/issue/4000-99/?x=1&api_key=" SYS_KEY);
    assert_int_equal(sys_counted(&world), 2);
    sys_end(&world);
}

/* ---- what goes wrong ---- */

static void test_ends_become_errors(void **state) {
    (void)state;
    static const struct {
        own_answer answer;
        cv_code code;
        const char *words;
        int64_t counted;
    } cases[] = {
        {{.end = CV_TRANSFER_FAILED, .reason = "the cable\nis out"},
         CV_ERROR_NETWORK,
         "the cable?is out",
         1},
        {{.end = CV_TRANSFER_FAILED, .reason = "of " SYS_KEY}, CV_ERROR_NETWORK, "of ***", 1},
        {{.end = CV_TRANSFER_FAILED}, CV_ERROR_NETWORK, "no answer", 1},
        {{.end = CV_TRANSFER_TIMED_OUT}, CV_ERROR_TIMEOUT, "in time", 1},
        {{.end = CV_TRANSFER_BROKEN, .http_status = 200}, CV_ERROR_RESPONSE, "cut or garbled", 1},
        {{.end = CV_TRANSFER_NO_MEMORY}, CV_ERROR_NOMEM, "memory", 1},
        {{.end = CV_TRANSFER_REFUSED, .reason = "no such road"},
         CV_ERROR_NETWORK,
         "no such road",
         0},
        {{.end = CV_TRANSFER_NOT_SENT}, CV_ERROR_NETWORK, "no answer", 1}, /* it was not told so */
        {{.end = (cv_transfer_end)77, .http_status = 200}, CV_ERROR_RESPONSE, "garbled", 1},
        {{.http_status = 0, .body = SYS_ISSUE(52)}, CV_ERROR_RESPONSE, "without an HTTP status", 1},
        {{.http_status = 103, .body = SYS_ISSUE(52)}, CV_ERROR_RESPONSE, "HTTP status", 1},
        {{.http_status = 700, .body = SYS_ISSUE(52)}, CV_ERROR_RESPONSE, "HTTP status", 1},
        {{.http_status = -1, .body = SYS_ISSUE(52)}, CV_ERROR_RESPONSE, "HTTP status", 1},
        {{.http_status = 200, .body = "{\"error\":\"OK\"\0}", .size = 15},
         CV_ERROR_RESPONSE,
         "",
         1},
        {{.http_status = 200}, CV_ERROR_RESPONSE, "", 1},
        {{.http_status = 302}, CV_ERROR_RESPONSE, "redirected to nowhere", 1},
        {{.http_status = 302, .headers = {{"Location", "http://comics.example\\@evil/"}}},
         CV_ERROR_RESPONSE,
         "redirected",
         1},
        {{.http_status = 302, .headers = {{"Location", "/a\r\nSet-Cookie: a=b"}}},
         CV_ERROR_RESPONSE,
         "nowhere",
         1},
        {{.http_status = 302, .headers = {{NULL, "/api/other/"}, {"Location", NULL}}},
         CV_ERROR_RESPONSE,
         "nowhere",
         1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        sys_world world;
        sys_begin(&world, OWN_THREAD);
        world.network.answer = cases[i].answer;
        world.options.rate_limit.circuit_failures = CV_NONE;
        outcome got = sys_fetch(&world);
        sys_check_error(&got, cases[i].code, cases[i].words);
        bool may_pass = cases[i].answer.end != CV_TRANSFER_REFUSED;
        assert_true(cases[i].code != CV_ERROR_NETWORK || got.retryable == may_pass);
        assert_int_equal(world.network.count, 1);
        assert_int_equal(sys_counted(&world), cases[i].counted);
        sys_end(&world);
    }
}

/* Whatever else would be tried again. */
static void test_refusal_is_not_tried_again(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_AT_ONCE);
    world.network.answer = (own_answer){.end = CV_TRANSFER_REFUSED};
    world.options.max_retries = 5;
    cv_client *client = sys_open(&world);
    for (size_t i = 1; i <= 8; i++) { /* nor do they open the circuit */
        outcome got = sys_retrieve(client, 52);
        sys_check_error(&got, CV_ERROR_NETWORK, "the transport refuses");
        assert_int_equal(world.network.count, i);
    }
    cv_client_close(client);
    sys_end(&world);
}

static void test_dead_connection_is_tried_on_a_fresh_one(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_THREAD);
    world.network.script[0] = (own_answer){.end = CV_TRANSFER_DEAD_CONNECTION};
    world.network.script_length = 1;
    outcome got = sys_fetch(&world);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    assert_false(world.network.transfers[0].fresh_connection);
    assert_true(world.network.transfers[1].fresh_connection);
    assert_int_equal(sys_counted(&world), 2);
    sys_end(&world);
}

static void test_too_large_a_body_is_stopped(void **state) {
    (void)state;
    enum { SIZE = (32 << 20) + 2 };
    sys_world world;
    sys_begin(&world, OWN_THREAD);
    char *body = calloc(1, SIZE);
    assert_non_null(body);
    world.network.answer = (own_answer){.http_status = 200, .body = body, .size = SIZE};
    outcome got = sys_fetch(&world);
    free(body);
    sys_check_error(&got, CV_ERROR_RESPONSE, "too large");
    sys_end(&world);
}

static void test_network_without_memory(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_AT_ONCE);
    world.network.lacks_memory = true;
    outcome got = sys_fetch(&world);
    sys_check_error(&got, CV_ERROR_NOMEM, "memory");
    assert_int_equal(sys_counted(&world), 0);
    sys_end(&world);
}

/* ---- too late, too often ---- */

static void test_only_the_first_end_counts(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_LATER);
    cv_client *client = sys_open(&world);
    cv_request *request = sys_begin_request(&world, client);
    cv_transfer *transfer = world.network.transfers[0].transfer;
    assert_true(cv_transfer_body(transfer, SYS_ISSUE(52), strlen(SYS_ISSUE(52))));
    assert_true(cv_transfer_complete(transfer, CV_TRANSFER_ANSWERED, 200, NULL));
    assert_false(cv_transfer_complete(transfer, CV_TRANSFER_FAILED, 0, "no"));
    assert_false(cv_transfer_body(transfer, "more", 4));
    cv_transfer_header(transfer, "Location", "http://elsewhere.example/");
    assert_false(cv_transfer_may_send(transfer));
    assert_true(cv_request_wait(request, -1));
    assert_false(cv_transfer_complete(transfer, CV_TRANSFER_FAILED, 0, "no"));
    assert_false(own_network_answer(&world.network, 0, &world.network.answer));
    const cv_issue *issue = cv_issue_take(request);
    assert_non_null(issue);
    cv_issue_free(issue);
    cv_request_free(request);
    cv_client_close(client);
    sys_end(&world);
}

static void test_transfer_outlives_the_client(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_LATER);
    cv_client *client = sys_open(&world);
    cv_request *request = sys_begin_request(&world, client);
    cv_client_close(client);
    assert_int_equal(cv_request_error(request)->code, CV_ERROR_CLOSED);
    cv_request_free(request);
    assert_int_equal(world.network.cancelled, 1);
    assert_int_equal(world.network.closed, 1);
    assert_false(own_network_answer(&world.network, 0, &world.network.answer));
    sys_end(&world);
}

static void test_transfer_given_up_has_failed(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_LATER);
    cv_client *client = sys_open(&world);
    cv_request *request = sys_begin_request(&world, client);
    cv_transfer_release(world.network.transfers[0].transfer);
    world.network.transfers[0].transfer = NULL;
    assert_true(cv_request_wait(request, -1));
    assert_int_equal(cv_request_error(request)->code, CV_ERROR_NETWORK);
    assert_non_null(strstr(cv_request_error(request)->message, "gave it up"));
    cv_request_free(request);
    cv_client_close(client);
    sys_end(&world);
}

static void test_transfer_that_never_ends_times_out(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_LATER);
    world.options.timeout_ms = 1;
    outcome got = sys_fetch(&world);
    sys_check_error(&got, CV_ERROR_TIMEOUT, "did not end it");
    assert_int_equal(world.network.cancelled, 1);
    assert_int_equal(sys_counted(&world), 1);
    assert_false(own_network_answer(&world.network, 0, &world.network.answer));
    sys_end(&world);
}

/* It counts from its start on, so its answer is kept for the next one who asks. */
static void test_cancelled_request_is_answered_into_the_cache(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_LATER);
    cv_client *client = sys_open(&world);
    cv_request *request = sys_begin_request(&world, client);
    cv_request_cancel(request);
    cv_request_free(request);
    assert_true(own_network_answer(&world.network, 0, &world.network.answer));
    outcome got = sys_retrieve(client, 52);
    assert_int_equal(got.id, 52);
    cv_client_close(client);
    assert_int_equal(world.network.count, 1);
    assert_int_equal(world.network.cancelled, 0);
    sys_end(&world);
}

/* ---- leave to send ---- */

static void test_leave_is_given_while_the_admission_is_fresh(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_THREAD);
    world.network.asks_on_a_thread = true;
    world.options.rate_limit.guard_ms = 600000; /* so that it is, on any machine */
    outcome got = sys_fetch(&world);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    assert_false(world.network.refused);
    assert_int_equal(sys_counted(&world), 1);
    sys_end(&world);
}

static void test_second_leave_is_a_second_request(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_LATER);
    cv_client *client = sys_open(&world);
    cv_request *request = sys_begin_request(&world, client);
    world.network.answer.end = CV_TRANSFER_NOT_SENT;
    cv_transfer *transfer = world.network.transfers[0].transfer;
    assert_true(cv_transfer_may_send(transfer));
    assert_false(cv_transfer_may_send(transfer));
    assert_true(own_network_answer(&world.network, 0, &world.network.answer));
    sys_await_transfers(&world, request, 2);
    assert_true(world.network.transfers[1].fresh_connection);
    world.network.answer.end = CV_TRANSFER_ANSWERED;
    assert_true(own_network_answer(&world.network, 1, &world.network.answer));
    assert_true(cv_request_wait(request, -1));
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    cv_request_free(request);
    cv_client_close(client);
    assert_int_equal(sys_counted(&world), 2);
    sys_end(&world);
}

/* ---- the table ---- */

static void check_refused_table(const cv_transport *table, const char *words) {
    sys_world world;
    sys_begin(&world, OWN_AT_ONCE);
    world.options.transport = table;
    assert_null(cv_client_open(&world.options));
    assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, words));
    assert_int_equal(world.network.closed, 0);
    sys_end(&world);
}

static void test_tables_that_lack_something(void **state) {
    (void)state;
    own_network whole;
    own_network_init(&whole, OWN_TURN);
    cv_transport table = whole.table;
    table.start = NULL;
    check_refused_table(&table, "start");
    table = whole.table;
    table.wake = NULL;
    check_refused_table(&table, "turn and wake");
    table = whole.table;
    table.turn = NULL;
    check_refused_table(&table, "turn and wake");
    table.wake = NULL;
    check_refused_table(&table, "asks");
    table = whole.table;
    table.reserved[4] = 1;
    check_refused_table(&table, "reserved");
    table = whole.table;
    table.size = 1;
    check_refused_table(&table, "size");
    own_network_end(&whole);
}

static void test_table_is_closed_though_never_used(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_AT_ONCE);
    cv_client_close(sys_open(&world));
    assert_int_equal(world.network.closed, 1);
    sys_end(&world);
}

static void test_table_stays_the_callers_if_opening_fails(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_AT_ONCE);
    world.options.database = "/nowhere/at/all.db";
    assert_null(cv_client_open(&world.options));
    assert_int_equal(world.network.closed, 0);
    sys_end(&world);
}

/* It may do without all that is not needed. */
static void test_smallest_table(void **state) {
    (void)state;
    sys_world world;
    sys_begin(&world, OWN_THREAD);
    world.network.table.cancel = NULL;
    world.network.table.close = NULL;
    outcome got = sys_fetch(&world);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    sys_end(&world);
}

/* Many at once, on another thread, while the client closes. */
static void test_closing_amid_answers(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        sys_world world;
        sys_begin(&world, OWN_THREAD);
        cv_client *client = sys_open(&world);
        cv_request *requests[30];
        for (size_t i = 0; i < COUNT(requests); i++) {
            requests[i] = cv_request_retrieve(client, CV_ISSUE, 100 + (int64_t)i, NULL);
            assert_non_null(requests[i]);
        }
        cv_request_wait(requests[round], 1);
        cv_client_close(client);
        for (size_t i = 0; i < COUNT(requests); i++) {
            assert_true(cv_request_done(requests[i]));
            cv_request_free(requests[i]);
        }
        assert_int_equal(world.network.closed, 1);
        sys_end(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_come_in_every_manner_and_drive),
        cmocka_unit_test(test_request_is_what_the_header_says),
        cmocka_unit_test(test_redirect_is_a_second_start),
        cmocka_unit_test(test_ends_become_errors),
        cmocka_unit_test(test_refusal_is_not_tried_again),
        cmocka_unit_test(test_dead_connection_is_tried_on_a_fresh_one),
        cmocka_unit_test(test_too_large_a_body_is_stopped),
        cmocka_unit_test(test_network_without_memory),
        cmocka_unit_test(test_only_the_first_end_counts),
        cmocka_unit_test(test_transfer_outlives_the_client),
        cmocka_unit_test(test_transfer_given_up_has_failed),
        cmocka_unit_test(test_transfer_that_never_ends_times_out),
        cmocka_unit_test(test_cancelled_request_is_answered_into_the_cache),
        cmocka_unit_test(test_leave_is_given_while_the_admission_is_fresh),
        cmocka_unit_test(test_second_leave_is_a_second_request),
        cmocka_unit_test(test_tables_that_lack_something),
        cmocka_unit_test(test_table_is_closed_though_never_used),
        cmocka_unit_test(test_table_stays_the_callers_if_opening_fails),
        cmocka_unit_test(test_smallest_table),
        cmocka_unit_test(test_closing_amid_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
