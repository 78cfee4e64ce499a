/* Back-off: bounds, growth, jitter, and what the service asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/retry.h"
#include "support/fake_clock.h"

enum { DRAWS = 4000 };

/* Randomness that is one number. */
typedef struct one_number {
    uint64_t number;
} one_number;

static void fill(void *user, void *bytes, size_t size) {
    const one_number *self = user;
    assert_int_equal(size, sizeof(self->number));
    memcpy(bytes, &self->number, size);
}

static void test_delays_reach_both_ends_of_their_span(void **state) {
    (void)state;
    static const struct {
        int64_t tries;
        int64_t longest_ms;
    } cases[] = {{1, 1000},  {2, 2000},  {3, 4000},  {4, 8000},
                 {5, 16000}, {6, 30000}, {7, 30000}, {INT64_MAX, 30000}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        one_number none = {0};
        one_number most = {(uint64_t)cases[i].longest_ms};
        one_number more = {(uint64_t)cases[i].longest_ms + 1};
        assert_int_equal(cvi_retry_delay_ms(cases[i].tries, 0, &(cvi_random){fill, &none}), 0);
        assert_int_equal(cvi_retry_delay_ms(cases[i].tries, 0, &(cvi_random){fill, &most}),
                         cases[i].longest_ms);
        assert_int_equal(cvi_retry_delay_ms(cases[i].tries, 0, &(cvi_random){fill, &more}), 0);
    }
}

/* Programs that failed together must not come back together. */
static void test_delays_are_spread_evenly(void **state) {
    (void)state;
    fake_clock clock;
    size_t in_quarter[4] = {0};
    fake_clock_init(&clock, 7);
    for (int i = 0; i < DRAWS; i++) {
        int64_t delay_ms = cvi_retry_delay_ms(3, 0, &clock.random);
        assert_in_range(delay_ms, 0, 4000);
        in_quarter[delay_ms < 4000 ? delay_ms / 1000 : 3]++;
    }
    for (size_t i = 0; i < 4; i++) {
        assert_in_range(in_quarter[i], DRAWS / 5, DRAWS * 3 / 10);
    }
}

static void test_what_the_service_asks_for_is_the_least(void **state) {
    (void)state;
    fake_clock clock;
    fake_clock_init(&clock, 7);
    for (int i = 0; i < DRAWS; i++) {
        assert_in_range(cvi_retry_delay_ms(1, 700, &clock.random), 700, 1000);
        assert_int_equal(cvi_retry_delay_ms(1, 5000, &clock.random), 5000);
        assert_int_equal(cvi_retry_delay_ms(9, 3600000, &clock.random), 3600000);
    }
}

static void test_locks_are_tried_again_after_1_or_2_ms(void **state) {
    (void)state;
    fake_clock clock;
    size_t ones = 0;
    fake_clock_init(&clock, 7);
    for (int i = 0; i < DRAWS; i++) {
        int64_t delay_ms = cvi_busy_delay_ms(&clock.random);
        assert_in_range(delay_ms, 1, 2);
        ones += delay_ms == 1 ? 1 : 0;
    }
    assert_in_range(ones, DRAWS * 2 / 5, DRAWS * 3 / 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delays_reach_both_ends_of_their_span),
        cmocka_unit_test(test_delays_are_spread_evenly),
        cmocka_unit_test(test_what_the_service_asks_for_is_the_least),
        cmocka_unit_test(test_locks_are_tried_again_after_1_or_2_ms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
