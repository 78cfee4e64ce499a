/* The day's scenario follows from its seed, and has of each program what it is said to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "day/scenario.h"

enum { VOLUMES = 5 };

static bool is_same_access(const day_access *a, const day_access *b) {
    return a->resource == b->resource && a->id == b->id && a->is_refresh == b->is_refresh &&
           a->pause_ms == b->pause_ms && strcmp(a->filter, b->filter) == 0;
}

static bool is_same(const day_scenario *a, const day_scenario *b) {
    if (a->access_count != b->access_count || a->task_count != b->task_count) {
        return false;
    }
    for (size_t i = 0; i < a->access_count; i++) {
        if (!is_same_access(&a->accesses[i], &b->accesses[i])) {
            return false;
        }
    }
    return true;
}

static void test_seed_decides_all(void **state) {
    (void)state;
    day_scenario one;
    day_scenario same;
    day_scenario other;
    day_scenario_make(&one, 3, VOLUMES);
    day_scenario_make(&same, 3, VOLUMES);
    day_scenario_make(&other, 4, VOLUMES);
    assert_true(is_same(&one, &same));
    assert_false(is_same(&one, &other));
    day_scenario_free(&one);
    day_scenario_free(&same);
    day_scenario_free(&other);
}

static void test_tasks_have_all_accesses_between_them(void **state) {
    (void)state;
    day_scenario day;
    day_scenario_make(&day, 1, VOLUMES);
    size_t next = 0;
    bool is_at_work[DAY_PROGRAMS] = {false};
    for (size_t i = 0; i < day.task_count; i++) {
        assert_int_equal(day.tasks[i].first, next);
        assert_in_range(day.tasks[i].begins_ms, 0, DAY_LENGTH_MS - 1);
        assert_int_equal(day.tasks[i].is_users, day.tasks[i].program == DAY_READER);
        next += day.tasks[i].count;
        is_at_work[day.tasks[i].program] = true;
    }
    assert_int_equal(next, day.access_count);
    for (int program = 0; program < DAY_PROGRAMS; program++) {
        assert_true(is_at_work[program]);
    }
    day_scenario_free(&day);
}

static void test_opening_asks_for_each_issue_of_the_shelf_once(void **state) {
    (void)state;
    day_scenario day;
    bool is_there[VOLUMES * DAY_ISSUES_OF_A_VOLUME] = {false};
    size_t issues = 0;
    day_scenario_make(&day, 1, VOLUMES);
    for (size_t i = 0; i < day.tasks[0].count; i++) {
        const day_access *access = &day.accesses[day.tasks[0].first + i];
        if (access->resource == DAY_ISSUE && access->id != 0) {
            int64_t place = (day_volume_of(access->id) - 1) * DAY_ISSUES_OF_A_VOLUME +
                            day_number_of(access->id) - 1;
            assert_in_range(place, 0, VOLUMES * DAY_ISSUES_OF_A_VOLUME - 1);
            assert_false(is_there[place]);
            is_there[place] = true;
            issues++;
        }
    }
    assert_int_equal(issues, VOLUMES * DAY_ISSUES_OF_A_VOLUME);
    day_scenario_free(&day);
}

static size_t refreshes(const day_scenario *day) {
    size_t count = 0;
    for (size_t i = 0; i < day->access_count; i++) {
        count += day->accesses[i].is_refresh ? 1 : 0;
    }
    return count;
}

/* All changes up to the last synchronising, but for those that another one followed before it. */
static void test_changes_are_synchronised(void **state) {
    (void)state;
    day_scenario day;
    day_scenario_make(&day, 1, VOLUMES);
    size_t seen = 0;
    for (size_t i = 0; i < day.change_count; i++) {
        seen += day.changes[i].at_ms <= 22 * DAY_HOUR_MS ? 1 : 0;
        assert_true(i == 0 || day.changes[i - 1].at_ms <= day.changes[i].at_ms);
    }
    assert_in_range(refreshes(&day), 1, seen);
    day_scenario_free(&day);
}

static void test_revisions_follow_the_changes(void **state) {
    (void)state;
    day_change changes[] = {{1000, 1007}, {5000, 2003}, {9000, 1007}};
    day_scenario day = {.changes = changes, .change_count = 3};
    assert_int_equal(day_changed_ms(&day, 1007, 999), -1);
    assert_int_equal(day_changed_ms(&day, 1007, 1000), 1000);
    assert_int_equal(day_changed_ms(&day, 1007, 8999), 1000);
    assert_int_equal(day_changed_ms(&day, 1007, 9000), 9000);
    assert_int_equal(day_changed_ms(&day, 3001, 9000), -1);
    char before[DAY_TIME_MAX];
    char after[DAY_TIME_MAX];
    day_revision_text(&day, 1007, 999, before);
    day_revision_text(&day, 1007, 9000, after);
    assert_true(strcmp(before, after) < 0);
    assert_string_equal(after, "2026-01-05 00:00:09");
}

static void test_times_are_read_as_written(void **state) {
    (void)state;
    static const int64_t times_ms[] = {0, 1000, 59000, 3600000, 86399000};
    char text[DAY_TIME_MAX];
    for (size_t i = 0; i < sizeof(times_ms) / sizeof(times_ms[0]); i++) {
        day_time_text(times_ms[i], text);
        assert_int_equal(day_time_of(text), times_ms[i]);
    }
    assert_int_equal(day_time_of("2025-06-01 00:00:00"), -1);
}

static void test_ids_are_read_as_made(void **state) {
    (void)state;
    assert_int_equal(day_volume_of(day_issue_id(17, 40)), 17);
    assert_int_equal(day_number_of(day_issue_id(17, 40)), 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seed_decides_all),
        cmocka_unit_test(test_tasks_have_all_accesses_between_them),
        cmocka_unit_test(test_opening_asks_for_each_issue_of_the_shelf_once),
        cmocka_unit_test(test_changes_are_synchronised),
        cmocka_unit_test(test_revisions_follow_the_changes),
        cmocka_unit_test(test_times_are_read_as_written),
        cmocka_unit_test(test_ids_are_read_as_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
