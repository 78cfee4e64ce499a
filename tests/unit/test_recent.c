/* What is remembered: which object is found, which goes when there is no room, what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/recent.h"
#include "resources/decode.h"
#include "resources/registry.h"
#include "support/allocator.h"
#include "support/failing_allocator.h"

#define DESK_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

enum { TEXT_BYTES = 1000, ROOM_FOR = 4 };

typedef struct desk {
    failing_allocator memory;
    cvi_settings settings;
    cvi_recent recent;
} desk;

static void make_settings(desk *self, int64_t memory_bytes, int64_t max_memory_bytes,
                          bool is_disabled) {
    cv_options options = CV_OPTIONS_INIT;
    cv_error error;
    options.api_key = "sesame";
    options.database = ":memory:";
    options.allocator = &self->memory.allocator;
    options.max_memory_bytes = max_memory_bytes;
    options.cache.memory_bytes = memory_bytes;
    options.cache.disabled = is_disabled;
    assert_true(cvi_settings_init(&self->settings, &options, &error));
}

static int set_up(void **state) {
    static desk self;
    failing_allocator_init(&self.memory, 0, false);
    make_settings(&self, 0, 0, false);
    cvi_recent_init(&self.recent, &self.settings);
    *state = &self;
    return 0;
}

static int tear_down(void **state) {
    desk *self = *state;
    cvi_recent_clear(&self->recent);
    cvi_settings_clear(&self->settings);
    assert_int_equal(atomic_load(&self->memory.live), 0);
    return 0;
}

static cvi_result *make_result(desk *self, cv_resource resource) {
    static const char head[] = "{\"status_code\":1,\"results\":{\"name\":\"";
    char *body = cvi_allocate(&self->memory.allocator, TEXT_BYTES);
    assert_non_null(body);
    memset(body, 'x', TEXT_BYTES);
    memcpy(body, head, sizeof(head) - 1);
    memcpy(body + TEXT_BYTES - 3, "\"}}", 3);
    const cvi_decode_options options = {.resource = cvi_registry_find(resource)};
    cv_error error;
    cvi_result *result =
        cvi_decode(&options, &self->memory.allocator, (cvi_body){body, TEXT_BYTES, 0}, &error);
    assert_non_null(result);
    return result;
}

static cvi_call *make_call(desk *self, cv_resource resource, int64_t id, const char *fields) {
    const cv_request_options options = {.fields = fields};
    cv_error error;
    cvi_call *call = cvi_call_detail(&self->settings, resource, id, &options, &error);
    assert_non_null(call);
    return call;
}

/* With the number in its row, to tell it by. */
static void put(desk *self, cv_resource resource, int64_t id, int64_t number) {
    cvi_call *call = make_call(self, resource, id, NULL);
    cvi_result *result = make_result(self, resource);
    const cvi_cached row = {.row_id = number};
    cvi_recent_put(&self->recent, call, result, &row);
    cvi_call_release(call);
    cvi_result_release(result);
}

/* The number, 0: it is not remembered. */
static int64_t find(desk *self, cv_resource resource, int64_t id) {
    const cvi_remembered *entry = cvi_recent_find(&self->recent, cvi_registry_find(resource), id);
    if (entry == NULL) {
        return 0;
    }
    assert_int_equal(entry->call->id, id);
    return entry->row.row_id;
}

/* Room for so many and a half. */
static void bound(desk *self, int64_t count) {
    put(self, CV_ISSUE, 1, 1);
    self->recent.max_bytes = self->recent.bytes * count + self->recent.bytes / 2;
    cvi_recent_clear(&self->recent);
}

static void test_objects_are_told_apart(void **state) {
    desk *self = *state;
    put(self, CV_ISSUE, 7, 1);
    put(self, CV_VOLUME, 7, 2);
    put(self, CV_ISSUE, 8, 3);
    assert_int_equal(find(self, CV_ISSUE, 7), 1);
    assert_int_equal(find(self, CV_VOLUME, 7), 2);
    assert_int_equal(find(self, CV_ISSUE, 8), 3);
    assert_int_equal(find(self, CV_CHARACTER, 7), 0);
    assert_int_equal(find(self, CV_ISSUE, 9), 0);
}

static void test_many_share_a_bucket(void **state) {
    desk *self = *state;
    self->recent.max_bytes = INT64_C(1) << 30;
    for (int64_t id = 1; id <= 2 * CVI_RECENT_BUCKETS; id++) {
        put(self, CV_ISSUE, id, id + 1000);
    }
    for (int64_t id = 1; id <= 2 * CVI_RECENT_BUCKETS; id++) {
        assert_int_equal(find(self, CV_ISSUE, id), id + 1000);
    }
}

static void test_the_newer_takes_the_place(void **state) {
    desk *self = *state;
    put(self, CV_ISSUE, 7, 1);
    int64_t bytes = self->recent.bytes;
    put(self, CV_ISSUE, 7, 2);
    assert_int_equal(find(self, CV_ISSUE, 7), 2);
    assert_int_equal(self->recent.bytes, bytes);
}

static void test_what_was_not_used_for_longest_goes(void **state) {
    desk *self = *state;
    bound(self, ROOM_FOR);
    for (int64_t id = 1; id <= ROOM_FOR; id++) {
        put(self, CV_ISSUE, id, id);
    }
    assert_int_equal(find(self, CV_ISSUE, 1), 1);
    put(self, CV_ISSUE, ROOM_FOR + 1, 50);
    put(self, CV_ISSUE, ROOM_FOR + 2, 60);
    assert_int_equal(find(self, CV_ISSUE, 2), 0);
    assert_int_equal(find(self, CV_ISSUE, 3), 0);
    assert_int_equal(find(self, CV_ISSUE, 1), 1);
    assert_int_equal(find(self, CV_ISSUE, 4), 4);
    assert_int_equal(find(self, CV_ISSUE, ROOM_FOR + 2), 60);
    assert_true(self->recent.bytes <= self->recent.max_bytes);
}

static void test_it_holds_what_it_says(void **state) {
    desk *self = *state;
    size_t before = atomic_load(&self->memory.bytes);
    for (int64_t id = 1; id <= ROOM_FOR; id++) {
        put(self, CV_ISSUE, id, id);
    }
    size_t held = atomic_load(&self->memory.bytes) - before;
    assert_in_range(self->recent.bytes, held * 9 / 10, held * 11 / 10);
    cvi_recent_clear(&self->recent);
    assert_int_equal(self->recent.bytes, 0);
    assert_int_equal(atomic_load(&self->memory.bytes), before);
}

static void test_what_is_too_large_is_left_out(void **state) {
    desk *self = *state;
    bound(self, 1);
    put(self, CV_ISSUE, 1, 1);
    self->recent.max_bytes = TEXT_BYTES;
    put(self, CV_ISSUE, 1, 2);
    assert_int_equal(find(self, CV_ISSUE, 1), 0); /* nor is what it replaces true any more */
    assert_int_equal(self->recent.bytes, 0);
}

static void test_without_memory_it_is_left_out(void **state) {
    desk *self = *state;
    cvi_call *call = make_call(self, CV_ISSUE, 7, NULL);
    cvi_result *result = make_result(self, CV_ISSUE);
    const cvi_cached row = {.row_id = 1};
    atomic_store(&self->memory.failing_call, atomic_load(&self->memory.calls) + 1);
    cvi_recent_put(&self->recent, call, result, &row);
    assert_true(atomic_load(&self->memory.has_failed));
    assert_int_equal(find(self, CV_ISSUE, 7), 0);
    assert_int_equal(self->recent.bytes, 0);
    cvi_call_release(call);
    cvi_result_release(result);
}

static void test_which_calls_are_taken(void **state) {
    desk *self = *state;
    cv_error error;
    cvi_call *whole = make_call(self, CV_ISSUE, 7, NULL);
    cvi_call *part = make_call(self, CV_ISSUE, 7, "name");
    cvi_call *list = cvi_call_list(&self->settings, CV_ISSUE, NULL, &error);
    assert_true(cvi_recent_takes(&self->recent, whole));
    assert_false(cvi_recent_takes(&self->recent, part));
    assert_false(cvi_recent_takes(&self->recent, list));
    self->recent.max_bytes = CV_NONE;
    assert_false(cvi_recent_takes(&self->recent, whole));
    cvi_call_release(whole);
    cvi_call_release(part);
    cvi_call_release(list);
}

static void assert_room(desk *self, int64_t memory_bytes, int64_t cap_bytes, bool is_disabled,
                        int64_t room) {
    cvi_settings_clear(&self->settings);
    make_settings(self, memory_bytes, cap_bytes, is_disabled);
    cvi_recent_init(&self->recent, &self->settings);
    assert_int_equal(self->recent.max_bytes, room);
}

static void test_how_much_fits(void **state) {
    desk *self = *state;
    assert_room(self, 0, 0, false, 8 << 20);
    assert_room(self, 1000, 0, false, 1000);
    assert_room(self, CV_NONE, 0, false, CV_NONE);
    assert_room(self, 1000, 0, true, CV_NONE);
    assert_room(self, 0, 1 << 20, false, 1 << 17);
    assert_room(self, 1000, 1 << 20, false, 1000);
    assert_room(self, CV_NONE, 1 << 20, false, CV_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_objects_are_told_apart),
        DESK_TEST(test_many_share_a_bucket),
        DESK_TEST(test_the_newer_takes_the_place),
        DESK_TEST(test_what_was_not_used_for_longest_goes),
        DESK_TEST(test_it_holds_what_it_says),
        DESK_TEST(test_what_is_too_large_is_left_out),
        DESK_TEST(test_without_memory_it_is_left_out),
        DESK_TEST(test_which_calls_are_taken),
        DESK_TEST(test_how_much_fits),
    };
    return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
