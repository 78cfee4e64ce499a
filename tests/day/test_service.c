/* The simulated service sees what is sent too often, and answers the rest with what was asked for:
 * a day without a word from it would prove nothing otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "day/network.h"
#include "day/scenario.h"
#include "day/service.h"

enum { VOLUMES = 5, SPACED_MS = 1000 };

#define ISSUE  "http://any.example/api/issue/4000-1007/?format=json"
#define VOLUME "/api/volume/4050-3?api_key=x"
#define NAMED  "/api/volumes/?filter=name%3AVolume%201"
#define CHANGED                                                                                    \
    "/api/issues?filter=date_last_updated:2026-01-05+00:00:00%7C2026-01-05+23:59:59&limit=100"

typedef struct scene {
    day_scenario day;
    day_service service;
    day_text body;
} scene;

static int set_up(void **state) {
    scene *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    day_scenario_make(&self->day, 1, VOLUMES);
    day_service_begin(&self->service, &self->day);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    scene *self = *state;
    day_text_free(&self->body);
    day_service_end(&self->service);
    day_scenario_free(&self->day);
    free(self);
    return 0;
}

static int ask(scene *self, int64_t at_ms, const char *url) {
    return day_service_answer(&self->service, at_ms, DAY_READER, url, &self->body);
}

static void use_up(scene *self, int64_t from_ms, const char *url) {
    for (int i = 0; i < DAY_LIMIT; i++) {
        assert_int_equal(ask(self, from_ms + (int64_t)i * SPACED_MS, url), 200);
    }
}

/* ---- limits ---- */

static void test_more_than_the_limit_is_refused(void **state) {
    scene *self = *state;
    use_up(self, 0, ISSUE);
    assert_int_equal(self->service.refused, 0);
    assert_int_equal(ask(self, 500000, ISSUE), 420);
    assert_non_null(strstr(self->body.bytes, "\"status_code\":107"));
    assert_int_equal(self->service.refused, 1);
    assert_int_equal(day_service_fullest_hour(&self->service), DAY_LIMIT + 1);
}

static void test_room_comes_back_with_the_hour(void **state) {
    scene *self = *state;
    use_up(self, 0, ISSUE);
    assert_int_equal(ask(self, DAY_HOUR_MS - 1, ISSUE), 420);
    assert_int_equal(ask(self, DAY_HOUR_MS, ISSUE), 200);
    assert_int_equal(ask(self, DAY_HOUR_MS + 1, ISSUE), 420);
    assert_int_equal(day_service_bans(&self->service), 2);
}

static void test_paths_have_their_own_limits(void **state) {
    scene *self = *state;
    use_up(self, 0, ISSUE);
    assert_int_equal(ask(self, 500000, ISSUE), 420);
    assert_int_equal(ask(self, 501000, VOLUME), 200);
    assert_int_equal(ask(self, 502000, NAMED), 200);
    assert_int_equal(ask(self, 503000, CHANGED), 200);
    assert_int_equal(ask(self, 504000, ISSUE), 420);
    assert_int_equal(day_service_bans(&self->service), 1);
}

static void test_haste_is_counted_over_all_paths(void **state) {
    scene *self = *state;
    ask(self, 0, ISSUE);
    ask(self, 999, VOLUME);
    ask(self, 1999, VOLUME);
    assert_int_equal(self->service.too_soon, 1);
}

/* ---- answers ---- */

static void test_details_are_what_was_asked_for(void **state) {
    scene *self = *state;
    ask(self, 0, ISSUE);
    assert_non_null(strstr(self->body.bytes, "\"results\":{\"id\":1007,"));
    assert_non_null(strstr(self->body.bytes, "\"character_credits\":["));
    ask(self, 1000, VOLUME);
    assert_non_null(strstr(self->body.bytes, "\"results\":{\"id\":3,\"name\":\"Volume 3\""));
}

static void test_changes_show_in_details_and_lists(void **state) {
    scene *self = *state;
    const day_change *last = &self->day.changes[self->day.change_count - 1];
    char url[128];
    char revision[DAY_TIME_MAX];
    snprintf(url, sizeof(url), "/api/issue/4000-%lld/", (long long)last->issue);
    day_revision_text(&self->day, last->issue, last->at_ms, revision);
    ask(self, last->at_ms - 1, url);
    assert_null(strstr(self->body.bytes, revision));
    ask(self, last->at_ms, url);
    assert_non_null(strstr(self->body.bytes, revision));
    ask(self, DAY_LENGTH_MS, CHANGED);
    assert_non_null(strstr(self->body.bytes, revision));
}

static void test_lists_hold_what_the_filter_says(void **state) {
    static const struct {
        const char *url;
        const char *total;
    } rows[] = {
        {"/api/issues/?filter=volume%3A2", "\"number_of_total_results\":40,"},
        {"/api/issues/?filter=volume%3A2%2Cissue_number%3A7", "\"number_of_total_results\":1,"},
        {"/api/issues?limit=1&filter=volume:2,issue_number:41", "\"number_of_total_results\":0,"},
        {NAMED, "\"number_of_total_results\":2,"}, /* Volume 1 and Volume 10 */
        {"/api/volumes?filter=name:Volume+7", "\"number_of_total_results\":1,"},
    };
    scene *self = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(ask(self, (int64_t)i * SPACED_MS, rows[i].url), 200);
        assert_non_null(strstr(self->body.bytes, rows[i].total));
    }
}

/* ---- the way there ---- */

typedef struct heard {
    size_t count;
    int tokens[3];
} heard;

static void hear(void *user, void *token, int status, const day_text *body) {
    heard *self = user;
    assert_int_equal(status, 200);
    assert_non_null(body->bytes);
    self->tokens[self->count++] = *(int *)token;
}

/* Whatever overtakes what on the way, the service's log is in the order of time. */
static void test_every_request_is_answered_once(void **state) {
    scene *self = *state;
    heard seen = {.count = 0};
    int tokens[] = {0, 1, 2};
    day_network *network = calloc(1, sizeof(*network));
    assert_non_null(network);
    day_network_begin(network, &self->service, 1);
    network->answer = hear;
    network->user = &seen;
    assert_true(day_network_due(network) == DAY_NEVER_MS);
    for (int i = 0; i < 3; i++) {
        day_network_send(network, 0, DAY_TAGGER, VOLUME, &tokens[i]);
    }
    day_network_work(network, 39);
    assert_int_equal(self->service.count, 0);
    while (day_network_due(network) != DAY_NEVER_MS) {
        day_network_work(network, day_network_due(network));
    }
    assert_int_equal(self->service.count, 3);
    assert_int_equal(seen.count, 3);
    assert_int_equal((1 << seen.tokens[0]) | (1 << seen.tokens[1]) | (1 << seen.tokens[2]), 7);
    day_network_end(network);
    free(network);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_more_than_the_limit_is_refused),  TEST(test_room_comes_back_with_the_hour),
        TEST(test_paths_have_their_own_limits),     TEST(test_haste_is_counted_over_all_paths),
        TEST(test_details_are_what_was_asked_for),  TEST(test_changes_show_in_details_and_lists),
        TEST(test_lists_hold_what_the_filter_says), TEST(test_every_request_is_answered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
