/* The engine and calls that bound the age of what the cache may answer. */
#include "support/fake_engine_world.h"

static sim_wish wish_for_age(int64_t max_age_ms) {
    return (sim_wish){.id = 52, .max_age_ms = max_age_ms};
}

static void test_the_loosest_bound_goes_to_the_cache(void **state) {
    sim_world *world = *state;
    const sim_wish strict = wish_for_age(500);
    const sim_wish loose = wish_for_age(5000);
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52), .age_ms = 1000});
    sim_caller *one = sim_board(world, &strict);
    sim_caller *other = sim_board(world, &loose);
    sim_step(world);
    sim_check_source(other, 52, CV_SOURCE_CACHE);
    sim_check_waiting(one);
    assert_int_equal(sim_call_at(world, SIM_LOOKUP, 0)->max_age_ms, 5000);
    assert_int_equal(sim_call_at(world, SIM_LOOKUP, 1)->max_age_ms, 500);
    assert_int_equal(sim_last(world, SIM_CLAIM)->max_age_ms, 500);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(one, 52, CV_SOURCE_NETWORK);
}

static void test_one_without_a_bound_takes_anything_fresh(void **state) {
    sim_world *world = *state;
    const sim_wish strict = wish_for_age(500);
    const sim_wish any = wish_for_age(0);
    sim_script(world, SIM_LOOKUP, &(sim_reply){.body = SIM_ISSUE(52), .age_ms = 1000});
    sim_caller *one = sim_board(world, &strict);
    sim_caller *other = sim_board(world, &any);
    sim_step(world);
    assert_int_equal(sim_call_at(world, SIM_LOOKUP, 0)->max_age_ms, 0);
    sim_check_source(other, 52, CV_SOURCE_CACHE);
    sim_check_waiting(one);
}

/* What the claim finds is judged likewise, and is claimed for the others. */
static void test_a_hit_of_the_claim_is_judged_by_age(void **state) {
    sim_world *world = *state;
    const sim_wish strict = wish_for_age(500);
    const sim_wish any = wish_for_age(0);
    sim_script(world, SIM_CLAIM,
               &(sim_reply){.verdict = CVI_CLAIM_HIT, .body = SIM_ISSUE(52), .age_ms = 1000});
    sim_caller *one = sim_board(world, &strict);
    sim_caller *other = sim_board(world, &any);
    sim_step(world);
    sim_check_source(other, 52, CV_SOURCE_CACHE);
    assert_int_equal(sim_count(world, SIM_CLAIM), 2);
    assert_int_equal(sim_call_at(world, SIM_CLAIM, 1)->max_age_ms, 500);
    sim_answer(world, 0, SIM_ISSUE(52));
    sim_check_source(one, 52, CV_SOURCE_NETWORK);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_the_loosest_bound_goes_to_the_cache),
        IN_WORLD(test_one_without_a_bound_takes_anything_fresh),
        IN_WORLD(test_a_hit_of_the_claim_is_judged_by_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
