/* What the rate limit store tells of itself: the adaptive figures, and that telling changes nothing
 * for others. */
#include "support/store_face.h"

#include <string.h>
#include <time.h>

#define USER       CV_PRIORITY_USER
#define BACKGROUND CV_PRIORITY_BACKGROUND

enum { LIMIT = 20, USERS_HIGH = 10 };

static cv_rate_limit_store *open_with(const api *self, int64_t interval_ms, cv_limit_kind kind) {
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database.text;
    options.kind = kind;
    options.limit = LIMIT;
    options.min_interval_ms = interval_ms;
    options.adaptive.recalculation_interval_ms = 1;
    cv_rate_limit_store *store = cv_rate_limit_store_open(&options);
    if (store == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return store;
}

static cv_rate_limit_store *open_adaptive(const api *self) {
    return open_with(self, CV_NO_INTERVAL, CV_LIMIT_ADAPTIVE);
}

static int64_t acquire(cv_rate_limit_store *store, const char *resource, cv_priority priority) {
    int64_t wait_ms = -2;
    assert_done(cv_rate_limit_store_acquire(store, resource, priority, &wait_ms));
    return wait_ms;
}

/* Shares are kept for a millisecond, in which a fast disk writes a lot. */
static void outlast_kept_shares(void) {
    const struct timespec pause = {0, 2000000};
    assert_int_equal(nanosleep(&pause, NULL), 0);
}

static void record_many(cv_rate_limit_store *store, const char *resource, cv_priority priority,
                        int count) {
    for (int i = 0; i < count; i++) {
        assert_done(cv_rate_limit_store_record(store, resource, priority));
    }
    outlast_kept_shares();
}

static cv_rate_limit_stats stats_of(cv_rate_limit_store *store) {
    cv_rate_limit_stats stats;
    assert_done(cv_rate_limit_store_stats(store, &stats));
    return stats;
}

static void assert_near(double seen, double expected) {
    if (seen < expected - 1e-9 || seen > expected + 1e-9) {
        fail_msg("%g, not %g", seen, expected);
    }
}

/* ---- adaptive figures ---- */

/* 4 user requests and 2 of the background on one path, 1 and 3 on the other. */
static void test_adaptive_figures(void **context) {
    cv_rate_limit_store *store = open_adaptive(*context);
    cv_rate_limit_status issue;
    cv_rate_limit_status volume;
    record_many(store, "issue", USER, 4);
    record_many(store, "issue", BACKGROUND, 2);
    record_many(store, "volume", USER, 1);
    record_many(store, "volume", BACKGROUND, 3);
    cv_rate_limit_stats stats = stats_of(store);
    assert_done(cv_rate_limit_store_status(store, "issue", &issue));
    assert_done(cv_rate_limit_store_status(store, "volume", &volume));
    assert_int_equal(stats.total_requests, 10);
    assert_int_equal(stats.unique_resources, 2);
    assert_near(stats.average_user_activity, 2.5);
    assert_near(stats.background_utilization,
                5.0 / (double)(issue.background_max + volume.background_max));
    assert_int_equal(stats.priority_mode_activations, 0);
    cv_rate_limit_store_close(store);
}

static void test_activations_are_counted_once_each(void **context) {
    cv_rate_limit_store *store = open_adaptive(*context);
    record_many(store, "issue", USER, USERS_HIGH + 2);
    assert_int_equal(stats_of(store).priority_mode_activations, 1);
    assert_int_equal(stats_of(store).priority_mode_activations, 1);
    record_many(store, "volume", USER, USERS_HIGH - 1);
    assert_int_equal(stats_of(store).priority_mode_activations, 1);
    record_many(store, "volume", USER, 1);
    assert_int_equal(stats_of(store).priority_mode_activations, 2);
    cv_rate_limit_store_close(store);
    store = open_adaptive(*context);
    assert_int_equal(stats_of(store).priority_mode_activations, 2);
    cv_rate_limit_store_close(store);
}

static void test_figures_without_sharing(void **context) {
    static const cv_limit_kind kinds[] = {CV_LIMIT_SLIDING, CV_LIMIT_NONE};
    for (size_t i = 0; i < API_COUNT(kinds); i++) {
        cv_rate_limit_store *store = open_with(*context, CV_NO_INTERVAL, kinds[i]);
        record_many(store, "issue", USER, USERS_HIGH);
        cv_rate_limit_stats stats = stats_of(store);
        assert_near(stats.average_user_activity, 0);
        assert_near(stats.background_utilization, 0);
        assert_int_equal(stats.priority_mode_activations, 0);
        cv_rate_limit_store_close(store);
    }
}

/* Requests that have left the window are kept for others, but are no longer of our business. */
static void test_figures_leave_out_what_no_longer_counts(void **context) {
    api *self = *context;
    cv_rate_limit_store *store = open_adaptive(self);
    record_many(store, "issue", USER, 2);
    record_many(store, "volume", USER, 2);
    face_execute(self, "UPDATE rate_limits SET boot_ms = boot_ms - 10000000000"
                       " WHERE resource = 'volume'");
    cv_rate_limit_stats stats = stats_of(store);
    assert_int_equal(stats.total_requests, 4);
    assert_int_equal(stats.unique_resources, 1);
    assert_near(stats.average_user_activity, 2);
    cv_rate_limit_store_close(store);
}

static void test_figures_of_an_empty_file(void **context) {
    cv_rate_limit_store *store = open_adaptive(*context);
    cv_rate_limit_stats stats = stats_of(store);
    assert_int_equal(stats.total_requests, 0);
    assert_int_equal(stats.unique_resources, 0);
    assert_near(stats.average_user_activity, 0);
    assert_near(stats.background_utilization, 0);
    cv_rate_limit_store_close(store);
}

/* ---- looking changes nothing ---- */

/* A look is not a user who waits: the background of others goes on. */
static void test_looking_holds_nobody_back(void **context) {
    api *self = *context;
    cv_rate_limit_store *store = open_with(self, 3600000, CV_LIMIT_ADAPTIVE);
    cv_rate_limit_status status;
    int64_t wait_ms = 0;
    bool yes = true;
    assert_int_equal(acquire(store, "issue", BACKGROUND), 0);
    assert_done(cv_rate_limit_store_status(store, "issue", &status));
    assert_done(cv_rate_limit_store_wait_time(store, "issue", USER, &wait_ms));
    assert_done(cv_rate_limit_store_can_proceed(store, "issue", USER, &yes));
    assert_true(wait_ms > 0);
    assert_false(yes);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limit_waiting"), 0);
    assert_true(acquire(store, "issue", USER) > 0);
    assert_int_equal(api_query(self, "SELECT count(*) FROM rate_limit_waiting"), 1);
    cv_rate_limit_store_close(store);
}

/* ---- reset ---- */

static void test_reset_of_a_list_forgets_what_others_filed(void **context) {
    api *self = *context;
    cv_rate_limit_store *store = open_with(self, CV_NO_INTERVAL, CV_LIMIT_SLIDING);
    for (int i = 0; i < LIMIT; i++) {
        face_execute(self, "INSERT INTO rate_limits(resource, timestamp)"
                           " VALUES('unknown', CAST(strftime('%s', 'now') AS INTEGER) * 1000)");
    }
    assert_true(acquire(store, "issues", USER) > 0);
    assert_int_equal(acquire(store, "issue", USER), 0);
    assert_done(cv_rate_limit_store_reset(store, "issue"));
    assert_true(acquire(store, "issues", USER) > 0);
    assert_done(cv_rate_limit_store_reset(store, "issues"));
    assert_int_equal(acquire(store, "issues", USER), 0);
    cv_rate_limit_store_close(store);
}

static void test_reset_forgets_the_activity(void **context) {
    cv_rate_limit_store *store = open_adaptive(*context);
    cv_rate_limit_status before;
    cv_rate_limit_status status;
    assert_done(cv_rate_limit_store_status(store, "issue", &before));
    record_many(store, "issue", USER, USERS_HIGH);
    record_many(store, "volume", USER, USERS_HIGH);
    assert_done(cv_rate_limit_store_reset(store, "issue"));
    assert_done(cv_rate_limit_store_status(store, "issue", &status));
    assert_string_equal(status.reason, before.reason);
    assert_int_equal(status.recent_user_activity, 0);
    assert_done(cv_rate_limit_store_status(store, "volume", &status));
    assert_int_equal(status.recent_user_activity, USERS_HIGH);
    assert_done(cv_rate_limit_store_clear(store));
    assert_done(cv_rate_limit_store_status(store, "volume", &status));
    assert_string_equal(status.reason, before.reason);
    assert_int_equal(stats_of(store).priority_mode_activations, 0);
    cv_rate_limit_store_close(store);
}

/* ---- bounds ---- */

static void test_limits_out_of_range_are_refused(void **context) {
    static const struct {
        int64_t limit;
        int64_t window_ms;
    } cases[] = {{-1, 1000}, {1000001, 1000}, {INT64_MAX, 1000}, {5, 0}, {5, -1}, {5, INT64_MAX}};
    api *self = *context;
    cv_rate_limit_store *store = open_adaptive(self);
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        assert_refused(
            cv_rate_limit_store_set_resource(store, "issue", cases[i].limit, cases[i].window_ms),
            CV_ERROR_ARGUMENT);
        cv_resource_limit limit = {"issue", cases[i].limit, cases[i].window_ms, {0}};
        cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
        options.database = self->database.text;
        options.resources = &limit;
        options.resource_count = 1;
        if (cases[i].window_ms != 0) { /* the common window */
            assert_null(cv_rate_limit_store_open(&options));
            face_assert_error(CV_ERROR_ARGUMENT);
        }
    }
    assert_done(cv_rate_limit_store_set_resource(store, "issue", 0, 1));
    assert_int_equal(acquire(store, "issue", USER), -1);
    cv_rate_limit_store_close(store);
}

static void test_a_resource_named_twice_is_refused(void **context) {
    api *self = *context;
    const cv_resource_limit limits[] = {{"issue", 1, 0, {0}}, {"issue", 2, 0, {0}}};
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database.text;
    options.resources = limits;
    options.resource_count = API_COUNT(limits);
    assert_null(cv_rate_limit_store_open(&options));
    face_assert_error(CV_ERROR_ARGUMENT);
    assert_non_null(strstr(cv_last_error()->message, "issue again"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_adaptive_figures),
        API_TEST(test_activations_are_counted_once_each),
        API_TEST(test_figures_without_sharing),
        API_TEST(test_figures_of_an_empty_file),
        API_TEST(test_figures_leave_out_what_no_longer_counts),
        API_TEST(test_looking_holds_nobody_back),
        API_TEST(test_reset_of_a_list_forgets_what_others_filed),
        API_TEST(test_reset_forgets_the_activity),
        API_TEST(test_limits_out_of_range_are_refused),
        API_TEST(test_a_resource_named_twice_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
