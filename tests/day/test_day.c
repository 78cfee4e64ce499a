/* A day of mixed traffic: three programs on this library, one file and one key, under a simulated
 * clock. No limit of the service is ever exceeded, nobody gets an old answer who knows of a newer
 * one, and everything is answered.
 *
 * A failure names its seed. COMICVINE_DAYS=n plays n days, COMICVINE_DAY=n begins with that one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>

#include "day/run.h"

/* More issues than the limit lets through in an hour, so that it binds; and the whole shelf. */
enum { SOME_VOLUMES = 12, ALL_VOLUMES = 50, DAYS = 2 };

/* Which the background leaves alone, by default. */
enum { KEPT_FOR_USERS = 5 };

/* Plays a day; to be ended by `end`. */
static day_run *play(day_scenario *day, uint64_t seed, int64_t volumes, const day_way *way) {
    day_run *run = malloc(sizeof(*run));
    assert_non_null(run);
    day_scenario_make(day, seed, volumes);
    assert_true(day_run_play(run, day, way));
    return run;
}

static void end(day_run *run, day_scenario *day) {
    day_run_end(run);
    free(run);
    day_scenario_free(day);
}

static bool is_same_path(const day_arrival *a, const day_arrival *b) {
    return a->resource == b->resource && a->path == b->path;
}

/* From the log alone, not from what the service thought of it. */
static void assert_limits_held(const day_service *service) {
    for (size_t i = 0; i < service->count; i++) {
        const day_arrival *first = &service->arrivals[i];
        size_t in_an_hour = 0;
        for (size_t j = i; j < service->count; j++) {
            const day_arrival *later = &service->arrivals[j];
            if (later->at_ms >= first->at_ms + DAY_HOUR_MS) {
                break;
            }
            in_an_hour += is_same_path(first, later) ? 1 : 0;
        }
        assert_in_range(in_an_hour, 1, DAY_LIMIT);
        if (i > 0) {
            assert_true(first->at_ms - service->arrivals[i - 1].at_ms >= DAY_INTERVAL_MS);
        }
    }
}

/* The limit was met, or it has not been tested. */
static void assert_limit_was_met(const day_service *service) {
    assert_in_range(day_service_fullest_hour(service), DAY_LIMIT - KEPT_FOR_USERS, DAY_LIMIT);
}

static void assert_day_went_well(const day_run *run) {
    assert_limits_held(&run->service);
    assert_limit_was_met(&run->service);
    assert_int_equal(run->service.refused, 0);
    assert_int_equal(run->service.too_soon, 0);
    assert_int_equal(run->result.failures, 0);
    assert_int_equal(run->result.outdated, 0);
    assert_int_equal(run->result.unanswered, 0);
    assert_int_equal(run->result.answered, run->scenario->access_count);
}

static uint64_t read_environment(const char *name, uint64_t otherwise) {
    const char *value = getenv(name);
    return value != NULL ? strtoull(value, NULL, 10) : otherwise;
}

static void test_limits_hold_whatever_the_day(void **state) {
    (void)state;
    uint64_t first = read_environment("COMICVINE_DAY", 1);
    uint64_t count = read_environment("COMICVINE_DAYS", DAYS);
    for (uint64_t seed = first; seed < first + count; seed++) {
        day_scenario day;
        print_message("the day of seed %" PRIu64 "\n", seed);
        day_run *run = play(&day, seed, SOME_VOLUMES, &day_shared);
        assert_day_went_well(run);
        end(run, &day);
    }
}

static void test_limits_hold_with_the_whole_shelf(void **state) {
    (void)state;
    day_scenario day;
    day_run *run = play(&day, 1, ALL_VOLUMES, &day_shared);
    assert_day_went_well(run);
    end(run, &day);
}

/* Two thousand issues, of which the service gives two hundred in an hour: a reader, for whom enough
 * is kept, comes in between and waits no longer than a request takes with those before it. In the
 * third day the default keeps too little. */
static void test_reader_does_not_wait_for_the_batch(void **state) {
    (void)state;
    day_scenario day;
    day_run *run = play(&day, 3, ALL_VOLUMES, &day_reserved);
    assert_limits_held(&run->service);
    assert_int_equal(run->result.unanswered, 0);
    assert_in_range(run->result.users_longest_ms, 1, 5 * DAY_SECOND_MS);
    end(run, &day);
}

/* Nothing is asked for twice but what is asked for anew. */
static void test_shared_file_saves_what_others_have_fetched(void **state) {
    (void)state;
    day_scenario day;
    size_t wanted = 0;
    day_run *run = play(&day, 2, SOME_VOLUMES, &day_shared);
    for (size_t i = 0; i < day.access_count; i++) {
        const day_access *access = &day.accesses[i];
        bool is_new = true;
        for (size_t j = 0; j < i && is_new && access->id != 0 && !access->is_refresh; j++) {
            is_new = day.accesses[j].id != access->id ||
                     day.accesses[j].resource != access->resource || day.accesses[j].is_refresh;
        }
        wanted += is_new ? 1 : 0;
    }
    assert_in_range(run->service.count, 1, wanted);
    end(run, &day);
}

static void test_same_day_again_is_the_same(void **state) {
    (void)state;
    day_scenario days[2];
    day_run *runs[2];
    for (int i = 0; i < 2; i++) {
        runs[i] = play(&days[i], 3, SOME_VOLUMES, &day_shared);
    }
    assert_int_equal(runs[0]->service.count, runs[1]->service.count);
    for (size_t i = 0; i < runs[0]->service.count; i++) {
        const day_arrival *one = &runs[0]->service.arrivals[i];
        const day_arrival *other = &runs[1]->service.arrivals[i];
        assert_int_equal(one->at_ms, other->at_ms);
        assert_true(is_same_path(one, other));
    }
    for (int i = 0; i < 2; i++) {
        end(runs[i], &days[i]);
    }
}

/* The same day without the library breaks both limits: it is a day on which there is something to
 * be held. Everything is answered in the end there too. */
static void test_day_breaks_the_limits_without_the_library(void **state) {
    (void)state;
    day_scenario day;
    day_run *run = play(&day, 1, ALL_VOLUMES, &day_bare);
    assert_true(run->service.refused > 0);
    assert_int_equal(run->service.refused, run->result.failures);
    assert_true(run->service.too_soon > 0);
    assert_true(day_service_bans(&run->service) > 0);
    assert_true(day_service_fullest_hour(&run->service) > DAY_LIMIT);
    assert_int_equal(run->result.unanswered, 0);
    assert_int_equal(run->result.outdated, 0);
    assert_int_equal(run->service.count, day.access_count + run->result.failures);
    end(run, &day);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_hold_whatever_the_day),
        cmocka_unit_test(test_limits_hold_with_the_whole_shelf),
        cmocka_unit_test(test_reader_does_not_wait_for_the_batch),
        cmocka_unit_test(test_shared_file_saves_what_others_have_fetched),
        cmocka_unit_test(test_same_day_again_is_the_same),
        cmocka_unit_test(test_day_breaks_the_limits_without_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
