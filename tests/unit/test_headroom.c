/* What is remembered of a count: an upper bound that never says there is room where there is none.
 * The model test (test_rate_limit_model) shows the same against the rows themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stores/headroom.h"

static const cvi_now now = {1000, 2000000};

static cvi_headroom_key key_of(const char *resource, bool is_list, int64_t look_back_ms) {
    const cvi_claim_spec spec = {.resource = resource, .is_list = is_list};
    cvi_headroom_key key;
    assert_true(cvi_headroom_key_of(&spec, false, look_back_ms, now, &key));
    return key;
}

static void test_bound_grows_with_every_id(void **state) {
    cvi_headroom headroom = {.next = 0};
    cvi_headroom_key key = key_of("issue", false, 1100);
    (void)state;
    assert_int_equal(cvi_headroom_most(&headroom, &key, 0), INT64_MAX);
    cvi_headroom_note(&headroom, &key, 70, 5);
    assert_int_equal(cvi_headroom_most(&headroom, &key, 70), 6); /* one that may be undone */
    assert_int_equal(cvi_headroom_most(&headroom, &key, 73), 9);
    assert_int_equal(cvi_headroom_most(&headroom, &key, 69), INT64_MAX); /* a file put back? */
    assert_int_equal(cvi_headroom_most(&headroom, &key, INT64_MAX), INT64_MAX - 64);
    cvi_headroom_note(&headroom, &key, 73, 2);
    assert_int_equal(cvi_headroom_most(&headroom, &key, 73), 3);
}

static void test_another_question_is_counted_anew(void **state) {
    cvi_headroom headroom = {.next = 0};
    cvi_headroom_key known = key_of("issue", false, 1100);
    cvi_headroom_key background = known;
    background.is_background = true;
    const struct {
        cvi_headroom_key key;
        int64_t most;
    } cases[] = {
        {key_of("issue", false, 1100), 1},
        {key_of("issue", false, 1101), INT64_MAX},
        {key_of("issue", true, 1100), INT64_MAX},
        {key_of("issues", false, 1100), INT64_MAX},
        {background, INT64_MAX},
    };
    (void)state;
    cvi_headroom_note(&headroom, &known, 0, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(cvi_headroom_most(&headroom, &cases[i].key, 0), cases[i].most);
    }
}

/* Whoever gets the lock last need not have read the clock last. */
static void test_earlier_look_is_counted_anew(void **state) {
    const cvi_claim_spec spec = {.resource = "issue"};
    const cvi_now later = {now.boot_ms + 1, now.wall_ms + 1};
    cvi_headroom headroom = {.next = 0};
    cvi_headroom_key early;
    cvi_headroom_key late;
    (void)state;
    assert_true(cvi_headroom_key_of(&spec, false, 1100, now, &early));
    assert_true(cvi_headroom_key_of(&spec, false, 1100, later, &late));
    cvi_headroom_note(&headroom, &late, 0, 0);
    assert_int_equal(cvi_headroom_most(&headroom, &early, 0), INT64_MAX);
    cvi_headroom_note(&headroom, &early, 0, 0);
    assert_int_equal(cvi_headroom_most(&headroom, &late, 0), 1);
}

static void test_oldest_path_gives_way(void **state) {
    cvi_headroom headroom = {.next = 0};
    cvi_headroom_key keys[CVI_HEADROOM_COUNTS + 1];
    (void)state;
    for (int i = 0; i <= CVI_HEADROOM_COUNTS; i++) {
        const char name[] = {'p', (char)('a' + i), '\0'};
        keys[i] = key_of(name, false, 1100);
        cvi_headroom_note(&headroom, &keys[i], 0, i);
    }
    assert_int_equal(cvi_headroom_most(&headroom, &keys[0], 0), INT64_MAX);
    for (int i = 1; i <= CVI_HEADROOM_COUNTS; i++) {
        assert_int_equal(cvi_headroom_most(&headroom, &keys[i], 0), i + 1);
    }
}

static void test_long_or_empty_path_is_not_remembered(void **state) {
    char longest[CV_RESOURCE_MAX + 2];
    cvi_claim_spec spec = {.resource = longest};
    cvi_headroom_key key;
    (void)state;
    memset(longest, 'x', sizeof(longest));
    longest[CV_RESOURCE_MAX + 1] = '\0';
    assert_false(cvi_headroom_key_of(&spec, false, 1, now, &key));
    longest[CV_RESOURCE_MAX] = '\0';
    assert_true(cvi_headroom_key_of(&spec, false, 1, now, &key));
    longest[0] = '\0';
    assert_false(cvi_headroom_key_of(&spec, false, 1, now, &key));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound_grows_with_every_id),
        cmocka_unit_test(test_another_question_is_counted_anew),
        cmocka_unit_test(test_earlier_look_is_counted_anew),
        cmocka_unit_test(test_oldest_path_gives_way),
        cmocka_unit_test(test_long_or_empty_path_is_not_remembered),
    };
    return cmocka_run_group_tests_name("headroom", tests, NULL, NULL);
}
