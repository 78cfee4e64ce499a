/* A clock of the application's decides all that time decides, through the public headers alone: no
 * test here waits for anything. */
#include "support/sys_world.h"

#include <string.h>

#include <comicvine/sys/replay.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int set_up(void **state) {
    return sys_timed_set_up(state, OWN_TURN);
}

static void advance(sys_timed *self, int64_t duration_ms) {
    self->now.boot_ms += duration_ms;
    self->now.wall_ms += duration_ms;
}

/* ---- what it decides ---- */

static void test_answer_ages_by_the_clock(void **state) {
    sys_timed *self = *state;
    self->world.options.cache.ttl_s = 3600;
    cv_client *client = sys_open(&self->world);
    outcome got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    advance(self, 3599000);
    got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_CACHE);
    advance(self, 1000);
    got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    cv_client_close(client);
    assert_int_equal(self->world.network.count, 2);
}

static void test_times_of_records_are_the_clocks(void **state) {
    sys_timed *self = *state;
    self->world.options.cache.ttl_s = 60;
    cv_client *client = sys_open(&self->world);
    const cv_issue *issue = cv_issue_retrieve(client, 52, CV_PRIORITY_USER);
    assert_non_null(issue);
    assert_int_equal(issue->record.fetched_at_ms, self->now.wall_ms);
    assert_int_equal(issue->record.expires_at_ms, self->now.wall_ms + 60000);
    cv_issue_free(issue);
    cv_client_close(client);
}

static void test_expired_answer_is_asked_for_with_its_validator(void **state) {
    sys_timed *self = *state;
    self->world.network.script[0] =
        (own_answer){.http_status = 200, .body = SYS_ISSUE(52), .headers = {{"ETag", "\"first\""}}};
    self->world.network.script[1] = (own_answer){.http_status = 304};
    self->world.network.script_length = 2;
    self->world.options.cache.ttl_s = 60;
    cv_client *client = sys_open(&self->world);
    outcome got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    advance(self, 61000);
    got = sys_retrieve(client, 52);
    assert_string_equal(got.message, "");
    assert_int_equal(got.id, 52);
    cv_client_close(client);
    assert_int_equal(self->world.network.count, 2);
    assert_string_equal(self->world.network.transfers[0].etag, "");
    assert_string_equal(self->world.network.transfers[1].etag, "\"first\"");
}

static void test_window_of_the_limit_is_the_clocks(void **state) {
    sys_timed *self = *state;
    self->world.options.rate_limit.kind = CV_LIMIT_SLIDING;
    self->world.options.rate_limit.limit = 2;
    self->world.options.rate_limit.window_ms = 60000;
    self->world.options.rate_limit.guard_ms = 1000;
    self->world.options.max_wait_ms = CV_NO_WAIT;
    cv_client *client = sys_open(&self->world);
    for (int64_t id = 52; id <= 53; id++) {
        assert_int_equal(sys_retrieve(client, id).code, id == 52 ? CV_OK : CV_ERROR_RESPONSE);
    }
    outcome got = sys_retrieve(client, 54);
    sys_check_error(&got, CV_ERROR_RATE_LIMITED, "");
    assert_int_equal(got.retry_after_ms, 61000);
    advance(self, 60999);
    got = sys_retrieve(client, 54);
    sys_check_error(&got, CV_ERROR_RATE_LIMITED, "");
    assert_int_equal(got.retry_after_ms, 1);
    advance(self, 1);
    got = sys_retrieve(client, 52);
    assert_int_equal(got.code, CV_OK);
    assert_int_equal(sys_retrieve(client, 54).code, CV_ERROR_RESPONSE); /* it is issue 52 */
    cv_client_close(client);
    assert_int_equal(self->world.network.count, 3);
}

static void test_deadline_of_poll_is_the_clocks(void **state) {
    sys_timed *self = *state;
    self->world.options.rate_limit.min_interval_ms = 1000;
    self->world.options.rate_limit.guard_ms = 100000;
    cv_client *client = sys_open(&self->world);
    outcome got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 53, NULL);
    for (int i = 0; i < 5; i++) {
        cv_client_poll(client, 0);
    }
    assert_int_equal(self->world.network.count, 1);
    assert_in_range(cv_client_next_deadline(client), 1, 1000);
    advance(self, 2000);
    while (!cv_request_done(request)) {
        cv_client_poll(client, 0);
    }
    assert_int_equal(self->world.network.count, 2);
    cv_request_free(request);
    cv_client_close(client);
}

static void test_deadline_of_a_request_is_the_clocks(void **state) {
    sys_timed *self = *state;
    self->world.options.rate_limit.min_interval_ms = 1000;
    cv_client *client = sys_open(&self->world);
    outcome got = sys_retrieve(client, 52);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    cv_request_options options = CV_REQUEST_OPTIONS_INIT;
    options.deadline_ms = 500;
    cv_request *request = cv_request_retrieve(client, CV_ISSUE, 53, &options);
    cv_client_poll(client, 0);
    advance(self, 499);
    cv_client_poll(client, 0);
    assert_false(cv_request_done(request));
    advance(self, 1);
    cv_client_poll(client, 0);
    assert_true(cv_request_done(request));
    assert_int_equal(cv_request_error(request)->code, CV_ERROR_TIMEOUT);
    cv_request_free(request);
    cv_client_close(client);
    assert_int_equal(self->world.network.count, 1);
}

/* ---- recordings ---- */

static cv_client *open_player(sys_timed *self, int64_t latency_ms) {
    static const char recorded[] =
        "comicvine-replay 1\nGET " SYS_TARGET "\nstatus 200\nbody\n" SYS_ISSUE(52);
    cv_transport player;
    cv_replay_options options = CV_REPLAY_OPTIONS_INIT;
    options.folder = self->world.scratch.folder;
    options.latency_ms = latency_ms;
    options.clock = &self->clock;
    sys_write(&self->world, "api_issue_4000-52-e9bf52cca76735bc-1.txt", recorded,
              sizeof(recorded) - 1);
    assert_true(cv_transport_replay(&player, &options));
    self->world.options.transport = &player;
    cv_client *client = sys_open(&self->world);
    self->world.options.transport = &self->world.network.table;
    return client;
}

static void advance_and_poll(sys_timed *self, cv_client *client, int64_t duration_ms) {
    advance(self, duration_ms);
    for (int i = 0; i < 5; i++) {
        cv_client_poll(client, 0);
    }
}

/* A request leaves when its recorded answer comes. Its admission is too old for that by then, and
 * what another client has been admitted for meanwhile counts first. */
static void test_a_late_recording_is_admitted_anew(void **state) {
    sys_timed *self = *state;
    self->world.options.rate_limit.kind = CV_LIMIT_SLIDING;
    self->world.options.rate_limit.limit = 1;
    self->world.options.rate_limit.window_ms = 60000;
    self->world.options.rate_limit.guard_ms = 1000;
    self->world.network.answer.body = SYS_ISSUE(53);
    cv_client *late = open_player(self, 100000);
    cv_client *other = sys_open(&self->world);
    cv_request *request = cv_request_retrieve(late, CV_ISSUE, 52, NULL);
    advance_and_poll(self, late, 0); /* it is admitted, and the answer awaited */
    advance_and_poll(self, late, 90000);
    assert_int_equal(sys_retrieve(other, 53).code, CV_OK);
    advance_and_poll(self, late, 10000);
    assert_false(cv_request_done(request));
    advance_and_poll(self, late, 51000); /* it is the late one's turn, and begins anew */
    advance_and_poll(self, late, 99999);
    assert_false(cv_request_done(request));
    advance_and_poll(self, late, 1);
    assert_true(cv_request_done(request));
    assert_int_equal(cv_request_error(request)->code, CV_OK);
    cv_request_free(request);
    cv_client_close(late);
    cv_client_close(other);
    assert_int_equal(self->world.network.count, 1);
}

/* A date in Retry-After counts from the clock's time of the day: 2024-06-01 12:00:00 and a minute.
 */
static void test_dates_of_the_service_are_judged_by_the_clock(void **state) {
    sys_timed *self = *state;
    self->world.network.answer = (own_answer){
        .http_status = 503, .headers = {{"Retry-After", "Sat, 01 Jun 2024 12:01:00 GMT"}}};
    cv_client *client = sys_open(&self->world);
    outcome got = sys_retrieve(client, 52);
    sys_check_error(&got, CV_ERROR_SERVER, "");
    assert_int_equal(got.retry_after_ms, 60000);
    cv_client_close(client);
}

/* ---- boots ---- */

/* Two clients of one boot share its clock; one of another boot goes by the wall clock. */
static void test_boots_are_told_apart(void **state) {
    sys_timed *self = *state;
    self->world.options.rate_limit.kind = CV_LIMIT_SLIDING;
    self->world.options.rate_limit.limit = 1;
    self->world.options.rate_limit.window_ms = 60000;
    self->world.options.max_wait_ms = CV_NO_WAIT;
    outcome got = sys_fetch(&self->world);
    sys_check_issue(&got, CV_SOURCE_NETWORK);
    static const char *const boots[] = {"simulation", "another", NULL, ""};
    for (size_t i = 0; i < COUNT(boots); i++) {
        self->clock.boot_id = boots[i];
        cv_client *client = sys_open(&self->world);
        got = sys_retrieve(client, 53);
        sys_check_error(&got, CV_ERROR_RATE_LIMITED, "");
        cv_client_close(client);
        self->now.boot_ms = i == 0 ? 1000 : self->now.boot_ms;
    }
    advance(self, 63000);
    got = sys_fetch(&self->world);
    assert_int_equal(got.id, 52);
}

/* ---- the table ---- */

static void test_clocks_that_lack_something(void **state) {
    sys_timed *self = *state;
    cv_now (*const look)(void *) = self->clock.now;
    char overlong[CV_BOOT_ID_MAX + 2];
    memset(overlong, 'b', sizeof(overlong) - 1);
    overlong[sizeof(overlong) - 1] = '\0';
    const struct {
        cv_now (*now)(void *);
        const char *boot_id;
        int64_t reserved;
        size_t size;
        const char *words;
    } cases[] = {
        {NULL, "b", 0, sizeof(cv_clock), "tells the time"},
        {look, overlong, 0, sizeof(cv_clock), "longer than 63"},
        {look, "b\n", 0, sizeof(cv_clock), "control character"},
        {look, "b", 1, sizeof(cv_clock), "reserved"},
        {look, "b", 0, 3, "size"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        self->clock = (cv_clock)CV_CLOCK_INIT;
        self->clock.size = cases[i].size;
        self->clock.now = cases[i].now;
        self->clock.boot_id = cases[i].boot_id;
        self->clock.reserved[0] = cases[i].reserved;
        assert_null(cv_client_open(&self->world.options));
        assert_int_equal(cv_last_error()->code, CV_ERROR_ARGUMENT);
        assert_non_null(strstr(cv_last_error()->message, cases[i].words));
    }
    overlong[CV_BOOT_ID_MAX] = '\0';
    self->clock = (cv_clock)CV_CLOCK_INIT;
    self->clock.now = look;
    self->clock.user = self;
    self->clock.boot_id = overlong;
    cv_client_close(sys_open(&self->world));
}

#define TIMED(test) cmocka_unit_test_setup_teardown(test, set_up, sys_timed_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TIMED(test_answer_ages_by_the_clock),
        TIMED(test_times_of_records_are_the_clocks),
        TIMED(test_expired_answer_is_asked_for_with_its_validator),
        TIMED(test_window_of_the_limit_is_the_clocks),
        TIMED(test_deadline_of_poll_is_the_clocks),
        TIMED(test_deadline_of_a_request_is_the_clocks),
        TIMED(test_a_late_recording_is_admitted_anew),
        TIMED(test_dates_of_the_service_are_judged_by_the_clock),
        TIMED(test_boots_are_told_apart),
        TIMED(test_clocks_that_lack_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
