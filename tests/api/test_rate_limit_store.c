/* The rate limit as a handle of its own. */
#include "support/store_face.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/failing_allocator.h"

enum {
    LIMIT = 3,
    WINDOW_MS = 60000,
    GUARD_MS = 2000,
    LOOK_BACK_MS = WINDOW_MS + GUARD_MS,
    CROWD = 8,
    CROWD_LIMIT = 20,
    MANY = 450,
    YEAR_S = 31536000
};

#define USER        CV_PRIORITY_USER
#define BACKGROUND  CV_PRIORITY_BACKGROUND
#define SYSTEM_TIME "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"

static cv_rate_limit_options options_of(const api *self) {
    cv_rate_limit_options options = CV_RATE_LIMIT_OPTIONS_INIT;
    options.database = self->database.text;
    options.kind = CV_LIMIT_SLIDING;
    options.limit = LIMIT;
    options.window_ms = WINDOW_MS;
    options.min_interval_ms = CV_NO_INTERVAL;
    return options;
}

static cv_rate_limit_store *open_with(const cv_rate_limit_options *options) {
    cv_rate_limit_store *store = cv_rate_limit_store_open(options);
    if (store == NULL) {
        fail_msg("%s", cv_last_error()->message);
    }
    return store;
}

static cv_rate_limit_store *open_store(const api *self) {
    cv_rate_limit_options options = options_of(self);
    return open_with(&options);
}

static int64_t acquire(cv_rate_limit_store *store, const char *resource) {
    int64_t wait_ms = -2;
    assert_done(cv_rate_limit_store_acquire(store, resource, USER, &wait_ms));
    return wait_ms;
}

static void acquire_many(cv_rate_limit_store *store, const char *resource, int count) {
    for (int i = 0; i < count; i++) {
        assert_int_equal(acquire(store, resource), 0);
    }
}

static bool can_proceed(cv_rate_limit_store *store, const char *resource) {
    bool yes = false;
    assert_done(cv_rate_limit_store_can_proceed(store, resource, USER, &yes));
    return yes;
}

static int64_t wait_time(cv_rate_limit_store *store, const char *resource) {
    int64_t wait_ms = -2;
    assert_done(cv_rate_limit_store_wait_time(store, resource, USER, &wait_ms));
    return wait_ms;
}

static cv_rate_limit_status status_of(cv_rate_limit_store *store, const char *resource) {
    cv_rate_limit_status status;
    assert_done(cv_rate_limit_store_status(store, resource, &status));
    return status;
}

static cv_rate_limit_stats stats_of(cv_rate_limit_store *store) {
    cv_rate_limit_stats stats;
    assert_done(cv_rate_limit_store_stats(store, &stats));
    return stats;
}

static int64_t rows(const api *self) {
    return api_query(self, "SELECT count(*) FROM rate_limits");
}

/* Makes all requests older. */
static void age(const api *self, int64_t duration_ms) {
    char sql[160];
    assert_true(snprintf(sql, sizeof(sql),
                         "UPDATE rate_limits SET boot_ms = boot_ms - %" PRId64
                         ", timestamp = timestamp - %" PRId64,
                         duration_ms, duration_ms) > 0);
    face_execute(self, sql);
}

/* A request of a program that knows no scope and no boot clock. */
static void foreign_request(const api *self, const char *resource) {
    char sql[200];
    assert_true(snprintf(sql, sizeof(sql),
                         "INSERT INTO rate_limits(resource, timestamp, priority)"
                         " VALUES('%s', " SYSTEM_TIME ", 'user')",
                         resource) > 0);
    face_execute(self, sql);
}

static int64_t wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- admission ---- */

static void test_no_more_than_the_limit(void **context) {
    api *self = *context;
    cv_rate_limit_store *store = open_store(self);
    assert_true(can_proceed(store, "issue"));
    assert_int_equal(wait_time(store, "issue"), 0);
    assert_int_equal(rows(self), 0);
    acquire_many(store, "issue", LIMIT);
    assert_in_range(acquire(store, "issue"), LOOK_BACK_MS - API_PATIENCE_MS, LOOK_BACK_MS);
    assert_in_range(wait_time(store, "issue"), LOOK_BACK_MS - API_PATIENCE_MS, LOOK_BACK_MS);
    assert_false(can_proceed(store, "issue"));
    assert_int_equal(rows(self), LIMIT);
    assert_int_equal(acquire(store, "issues"), 0);
    cv_rate_limit_store_close(store);
}

static void test_room_comes_when_the_window_has_passed(void **context) {
    api *self = *context;
    cv_rate_limit_store *store = open_store(self);
    acquire_many(store, "issue", LIMIT);
    age(self, WINDOW_MS);
    assert_in_range(acquire(store, "issue"), 1, GUARD_MS);
    age(self, GUARD_MS);
    assert_int_equal(acquire(store, "issue"), 0);
    cv_rate_limit_store_close(store);
}

static void test_handles_share_one_budget(void **context) {
    cv_rate_limit_store *one = open_store(*context);
    cv_rate_limit_store *two = open_store(*context);
    acquire_many(one, "issue", LIMIT - 1);
    acquire_many(two, "issue", 1);
    assert_true(acquire(one, "issue") > 0);
    cv_rate_limit_store_close(one);
    assert_true(acquire(two, "issue") > 0);
    cv_rate_limit_store_close(two);
    two = open_store(*context);
    assert_true(acquire(two, "issue") > 0);
    cv_rate_limit_store_close(two);
}

static void test_scopes_have_budgets_of_their_own(void **context) {
    cv_rate_limit_options options = options_of(*context);
    options.scope = "one";
    cv_rate_limit_store *one = open_with(&options);
    options.scope = "two";
    cv_rate_limit_store *two = open_with(&options);
    acquire_many(one, "issue", LIMIT);
    acquire_many(two, "issue", LIMIT - 1);
    foreign_request(*context, "issue");
    assert_true(acquire(two, "issue") > 0);
    cv_rate_limit_store_close(two);
    cv_rate_limit_store_close(one);
}

static void test_requests_of_other_programs_count(void **context) {
    cv_rate_limit_store *store = open_store(*context);
    foreign_request(*context, "issue");
    foreign_request(*context, "unknown");
    assert_int_equal(status_of(store, "issue").remaining, LIMIT - 1);
    assert_int_equal(status_of(store, "issues").remaining, LIMIT - 1);
    assert_int_equal(status_of(store, "characters").remaining, LIMIT - 1);
    acquire_many(store, "issue", LIMIT - 1);
    assert_true(acquire(store, "issue") > 0);
    cv_rate_limit_store_close(store);
}

static void test_what_was_sent_anyway_counts(void **context) {
    cv_rate_limit_store *store = open_store(*context);
    for (int i = 0; i < LIMIT + 2; i++) {
        assert_done(cv_rate_limit_store_record(store, "issue", BACKGROUND));
    }
    assert_int_equal(rows(*context), LIMIT + 2);
    assert_true(acquire(store, "issue") > 0);
    assert_int_equal(status_of(store, "issue").remaining, 0);
    cv_rate_limit_store_close(store);
}

static void test_priorities_are_written_down(void **context) {
    cv_rate_limit_store *store = open_store(*context);
    int64_t wait_ms = -1;
    assert_done(cv_rate_limit_store_acquire(store, "issue", BACKGROUND, &wait_ms));
    assert_int_equal(wait_ms, 0);
    assert_done(cv_rate_limit_store_record(store, "issue", USER));
    assert_int_equal(api_query(*context, "SELECT priority = 'background' FROM rate_limits"), 1);
    assert_int_equal(api_query(*context, "SELECT count(*) FROM rate_limits"
                                         " WHERE priority = 'user'"),
                     1);
    cv_rate_limit_store_close(store);
}

static void test_the_interval_holds_between_all_paths(void **context) {
    cv_rate_limit_options options = options_of(*context);
    options.min_interval_ms = WINDOW_MS;
    cv_rate_limit_store *store = open_with(&options);
    assert_int_equal(acquire(store, "issue"), 0);
    assert_in_range(acquire(store, "issues"), 1, WINDOW_MS);
    cv_rate_limit_status status = status_of(store, "issues");
    assert_int_equal(status.remaining, LIMIT);
    assert_true(status.next_slot_ms > wall_ms());
    age(*context, WINDOW_MS);
    assert_int_equal(acquire(store, "issues"), 0);
    cv_rate_limit_store_close(store);
}

typedef struct member {
    cv_rate_limit_store *store;
    pthread_t thread;
    bool done;
} member;

static atomic_int admitted;

static void *take_all(void *argument) {
    member *self = argument;
    int64_t wait_ms = 0;
    while (wait_ms == 0) {
        if (!cv_rate_limit_store_acquire(self->store, "issue", USER, &wait_ms)) {
            return NULL;
        }
        admitted += wait_ms == 0 ? 1 : 0;
    }
    self->done = true;
    return NULL;
}

static void test_a_crowd_gets_exactly_the_limit(void **context) {
    cv_rate_limit_options options = options_of(*context);
    options.limit = CROWD_LIMIT;
    cv_rate_limit_store *stores[] = {open_with(&options), open_with(&options)};
    member members[CROWD] = {{.done = false}};
    admitted = 0;
    for (size_t i = 0; i < CROWD; i++) {
        members[i].store = stores[i % 2];
        assert_int_equal(pthread_create(&members[i].thread, NULL, take_all, &members[i]), 0);
    }
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(pthread_join(members[i].thread, NULL), 0);
        assert_true(members[i].done);
    }
    assert_int_equal(admitted, CROWD_LIMIT);
    assert_int_equal(rows(*context), CROWD_LIMIT);
    cv_rate_limit_store_close(stores[1]);
    cv_rate_limit_store_close(stores[0]);
}

/* ---- limits of resources ---- */

static void assert_limit(cv_rate_limit_store *store, const char *resource, int64_t limit,
                         int64_t window_ms) {
    int64_t actual = -2;
    int64_t actual_ms = -2;
    assert_done(cv_rate_limit_store_get_resource(store, resource, &actual, &actual_ms));
    assert_int_equal(actual, limit);
    assert_int_equal(actual_ms, window_ms);
}

static void test_limits_of_resources_at_opening(void **context) {
    const cv_resource_limit limits[] = {{"issue", 1, 5000, {0}}, {"closed", 0, 0, {0}}};
    cv_rate_limit_options options = options_of(*context);
    options.resources = limits;
    options.resource_count = API_COUNT(limits);
    cv_rate_limit_store *store = open_with(&options);
    assert_limit(store, "issue", 1, 5000);
    assert_limit(store, "closed", 0, WINDOW_MS);
    assert_limit(store, "issues", LIMIT, WINDOW_MS);
    acquire_many(store, "issue", 1);
    assert_in_range(acquire(store, "issue"), 1, 5000 + GUARD_MS);
    assert_int_equal(acquire(store, "closed"), -1);
    assert_int_equal(wait_time(store, "closed"), -1);
    assert_false(can_proceed(store, "closed"));
    assert_int_equal(status_of(store, "closed").next_slot_ms, -1);
    assert_int_equal(status_of(store, "closed").remaining, 0);
    cv_rate_limit_store_close(store);
}

static void test_limits_of_resources_later(void **context) {
    cv_rate_limit_store *store = open_store(*context);
    assert_done(cv_rate_limit_store_set_resource(store, "issue", 1, INT64_C(2) * WINDOW_MS));
    assert_limit(store, "issue", 1, INT64_C(2) * WINDOW_MS);
    assert_limit(store, "issues", LIMIT, WINDOW_MS);
    acquire_many(store, "issue", 1);
    assert_in_range(acquire(store, "issue"), WINDOW_MS, 2 * WINDOW_MS + GUARD_MS);
    assert_done(cv_rate_limit_store_set_resource(store, "issue", 2, WINDOW_MS));
    acquire_many(store, "issue", 1);
    assert_done(cv_rate_limit_store_set_resource(store, "issue", 0, WINDOW_MS));
    assert_int_equal(acquire(store, "issue"), -1);
    cv_rate_limit_store_close(store);
}

/* What was counted up to one limit says nothing about another. */
static void test_a_raised_limit_counts_anew(void **context) {
    cv_rate_limit_store *store = open_store(*context);
    assert_done(cv_rate_limit_store_set_resource(store, "issue", 2, WINDOW_MS));
    for (int i = 0; i < 5; i++) {
        assert_done(cv_rate_limit_store_record(store, "issue", CV_PRIORITY_USER));
    }
    assert_true(acquire(store, "issue") > 0);
    assert_done(cv_rate_limit_store_set_resource(store, "issue", 5, WINDOW_MS));
    assert_true(acquire(store, "issue") > 0);
    assert_done(cv_rate_limit_store_set_resource(store, "issue", 6, WINDOW_MS));
    assert_int_equal(acquire(store, "issue"), 0);
    assert_true(acquire(store, "issue") > 0);
    cv_rate_limit_store_close(store);
}

/* A longer window of one handle is obeyed by the cleaning of all. */
static void test_cleanup_obeys_the_longest_window(void **context) {
    api *self = *context;
    cv_rate_limit_store *one = open_store(self);
    cv_rate_limit_store *two = open_store(self);
    assert_done(cv_rate_limit_store_set_resource(one, "issue", LIMIT, INT64_C(1000) * YEAR_S));
    acquire_many(one, "issue", LIMIT);
    age(self, INT64_C(500) * YEAR_S);
    assert_done(cv_rate_limit_store_cleanup(two));
    assert_int_equal(rows(self), LIMIT);
    assert_true(acquire(one, "issue") > 0);
    age(self, INT64_C(501) * YEAR_S);
    assert_done(cv_rate_limit_store_cleanup(two));
    assert_int_equal(rows(self), 0);
    cv_rate_limit_store_close(two);
    cv_rate_limit_store_close(one);
}

static void test_without_a_limit(void **context) {
    cv_rate_limit_options options = options_of(*context);
    options.kind = CV_LIMIT_NONE;
    cv_rate_limit_store *store = open_with(&options);
    acquire_many(store, "issue", LIMIT + 2);
    cv_rate_limit_status status = status_of(store, "issue");
    assert_int_equal(status.limit, CV_NONE);
    assert_int_equal(status.remaining, CV_NONE);
    assert_int_equal(status.used, LIMIT + 2);
    int64_t window_ms = 0;
    int64_t limit = 0;
    assert_done(cv_rate_limit_store_get_resource(store, "issue", &limit, &window_ms));
    assert_int_equal(limit, CV_NONE);
    cv_rate_limit_store_close(store);
}

/* ---- looking ---- */

static void test_status(void **context) {
    cv_rate_limit_store *store = open_store(*context);
    cv_rate_limit_status status = status_of(store, "issue");
    assert_int_equal(status.limit, LIMIT);
    assert_int_equal(status.remaining, LIMIT);
    assert_int_equal(status.used, 0);
    assert_int_equal(status.reset_at_ms, 0);
    assert_int_equal(status.cooldown_until_ms, 0);
    assert_in_range(status.next_slot_ms, wall_ms() - API_PATIENCE_MS, wall_ms());
    int64_t before_ms = wall_ms();
    acquire_many(store, "issue", LIMIT);
    int64_t after_ms = wall_ms();
    status = status_of(store, "issue");
    assert_int_equal(status.remaining, 0);
    assert_in_range(status.reset_at_ms, before_ms + LOOK_BACK_MS - 2, after_ms + LOOK_BACK_MS + 2);
    assert_in_range(status.next_slot_ms, before_ms + LOOK_BACK_MS - 2, after_ms + LOOK_BACK_MS + 2);
    assert_int_equal(status_of(store, "issues").remaining, LIMIT);
    assert_done(cv_rate_limit_store_record(store, "issue", CV_PRIORITY_USER));
    status = status_of(store, "issue");
    assert_int_equal(status.used, LIMIT + 1);
    assert_int_equal(status.remaining, 0);
    cv_rate_limit_store_close(store);
}

static void test_statistics(void **context) {
    cv_rate_limit_options options = options_of(*context);
    options.scope = "another";
    cv_rate_limit_store *another = open_with(&options);
    cv_rate_limit_store *store = open_store(*context);
    cv_rate_limit_stats stats = stats_of(store);
    assert_int_equal(stats.total_requests, 0);
    assert_int_equal(stats.unique_resources, 0);
    assert_int_equal(stats.rate_limited_resources, 0);
    acquire_many(another, "volume", LIMIT);
    acquire_many(store, "issue", LIMIT);
    acquire_many(store, "issues", 1);
    stats = stats_of(store);
    assert_int_equal(stats.total_requests, LIMIT + 1);
    assert_int_equal(stats.unique_resources, 2);
    assert_int_equal(stats.rate_limited_resources, 1);
    assert_int_equal(stats_of(another).total_requests, 2 * LIMIT + 1);
    cv_rate_limit_store_close(store);
    cv_rate_limit_store_close(another);
}

/* ---- forgetting ---- */

static void test_reset_forgets_one_resource(void **context) {
    cv_rate_limit_options options = options_of(*context);
    options.scope = "mine";
    cv_rate_limit_store *mine = open_with(&options);
    options.scope = "theirs";
    cv_rate_limit_store *theirs = open_with(&options);
    acquire_many(mine, "issue", LIMIT);
    acquire_many(mine, "issues", LIMIT);
    acquire_many(theirs, "issue", LIMIT);
    assert_done(cv_rate_limit_store_reset(mine, "issue"));
    assert_int_equal(acquire(mine, "issue"), 0);
    assert_true(acquire(mine, "issues") > 0);
    assert_true(acquire(theirs, "issue") > 0);
    assert_done(cv_rate_limit_store_reset(mine, "never_asked_for"));
    cv_rate_limit_store_close(theirs);
    cv_rate_limit_store_close(mine);
}

static void test_clear_forgets_what_counts_here(void **context) {
    cv_rate_limit_options options = options_of(*context);
    options.limit = MANY;
    options.scope = "mine";
    cv_rate_limit_store *mine = open_with(&options);
    options.scope = "theirs";
    cv_rate_limit_store *theirs = open_with(&options);
    acquire_many(mine, "issue", MANY);
    acquire_many(theirs, "issue", 1);
    foreign_request(*context, "issues");
    assert_done(cv_rate_limit_store_clear(mine));
    assert_int_equal(rows(*context), 1);
    assert_int_equal(acquire(mine, "issue"), 0);
    cv_rate_limit_store_close(theirs);
    cv_rate_limit_store_close(mine);
}

/* ---- bad input ---- */

static void test_bad_resources_are_refused(void **context) {
    cv_rate_limit_store *good = open_store(*context);
    const struct {
        cv_rate_limit_store *store;
        const char *resource;
    } cases[] = {
        {good, NULL},         {good, ""},          {good, face_long_text(CV_RESOURCE_MAX + 1)},
        {good, "issue/4000"}, {good, "two words"}, {good, "line\nfeed"},
        {good, "\xC3\xA9"},   {NULL, "issue"}};
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        cv_rate_limit_store *store = cases[i].store;
        const char *resource = cases[i].resource;
        int64_t number = 0;
        int64_t window_ms = 0;
        bool yes = true;
        cv_rate_limit_status status;
        assert_refused(cv_rate_limit_store_acquire(store, resource, USER, &number),
                       CV_ERROR_ARGUMENT);
        assert_int_equal(number, -1);
        assert_refused(cv_rate_limit_store_wait_time(store, resource, USER, &number),
                       CV_ERROR_ARGUMENT);
        assert_refused(cv_rate_limit_store_can_proceed(store, resource, USER, &yes),
                       CV_ERROR_ARGUMENT);
        assert_false(yes);
        assert_refused(cv_rate_limit_store_record(store, resource, USER), CV_ERROR_ARGUMENT);
        assert_refused(cv_rate_limit_store_status(store, resource, &status), CV_ERROR_ARGUMENT);
        assert_int_equal(status.remaining, 0);
        assert_refused(cv_rate_limit_store_reset(store, resource), CV_ERROR_ARGUMENT);
        assert_refused(cv_rate_limit_store_set_resource(store, resource, 1, 1), CV_ERROR_ARGUMENT);
        assert_refused(cv_rate_limit_store_get_resource(store, resource, &number, &window_ms),
                       CV_ERROR_ARGUMENT);
    }
    assert_int_equal(rows(*context), 0);
    cv_rate_limit_store_close(good);
}

static void test_bad_arguments_are_refused(void **context) {
    cv_rate_limit_store *store = open_store(*context);
    const cv_priority bad = (cv_priority)7;
    int64_t number = 0;
    cv_rate_limit_stats stats;
    assert_refused(cv_rate_limit_store_acquire(store, "issue", bad, &number), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_acquire(store, "issue", USER, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_record(store, "issue", bad), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_wait_time(store, "issue", USER, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_can_proceed(store, "issue", USER, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_status(store, "issue", NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_set_resource(store, "issue", -1, 1), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_set_resource(store, "issue", 1, 0), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_set_resource(store, "issue", 1, -1), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_set_resource(store, "issue", 1, INT64_MAX),
                   CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_get_resource(store, "issue", NULL, &number),
                   CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_get_resource(store, "issue", &number, NULL),
                   CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_stats(store, NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_stats(NULL, &stats), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_cleanup(NULL), CV_ERROR_ARGUMENT);
    assert_refused(cv_rate_limit_store_clear(NULL), CV_ERROR_ARGUMENT);
    assert_int_equal(rows(*context), 0);
    cv_rate_limit_store_close(store);
    cv_rate_limit_store_close(NULL);
}

static void test_bad_options_are_refused(void **context) {
    const cv_resource_limit negative = {"issue", -1, 0, {0}};
    const cv_resource_limit nameless = {"", 1, 0, {0}};
    cv_rate_limit_options cases[7];
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        cases[i] = options_of(*context);
    }
    cases[0].kind = (cv_limit_kind)9;
    cases[1].limit = -1;
    cases[2].window_ms = -1;
    cases[3].resource_count = 1;
    cases[4].resources = &negative;
    cases[4].resource_count = 1;
    cases[5].resources = &nameless;
    cases[5].resource_count = 1;
    cases[6].reserved[0] = 1;
    for (size_t i = 0; i < API_COUNT(cases); i++) {
        assert_null(cv_rate_limit_store_open(&cases[i]));
        face_assert_error(CV_ERROR_ARGUMENT);
    }
    assert_null(cv_rate_limit_store_open(NULL));
    face_assert_error(CV_ERROR_ARGUMENT);
}

/* ---- memory ---- */

/* Opens, sets a limit and acquires; true if nothing was refused. */
static bool live_a_little(const api *self, failing_allocator *memory) {
    cv_rate_limit_options options = options_of(self);
    int64_t wait_ms = 0;
    options.allocator = &memory->allocator;
    options.application = "shelf/1.0";
    cv_rate_limit_store *store = cv_rate_limit_store_open(&options);
    bool done = store != NULL && cv_rate_limit_store_set_resource(store, "issue", MANY, 1000) &&
                cv_rate_limit_store_acquire(store, "issue", USER, &wait_ms);
    if (done) {
        assert_int_equal(wait_ms, 0);
    } else {
        face_assert_error(CV_ERROR_NOMEM);
    }
    cv_rate_limit_store_close(store);
    return done;
}

static void test_each_allocation_may_fail(void **context) {
    bool done = false;
    for (size_t call = 1; !done; call++) {
        failing_allocator memory;
        failing_allocator_init(&memory, call, false);
        done = live_a_little(*context, &memory);
        assert_int_equal(memory.live, 0);
        assert_true(done || memory.has_failed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_no_more_than_the_limit),
        API_TEST(test_room_comes_when_the_window_has_passed),
        API_TEST(test_handles_share_one_budget),
        API_TEST(test_scopes_have_budgets_of_their_own),
        API_TEST(test_requests_of_other_programs_count),
        API_TEST(test_what_was_sent_anyway_counts),
        API_TEST(test_priorities_are_written_down),
        API_TEST(test_the_interval_holds_between_all_paths),
        API_TEST(test_a_crowd_gets_exactly_the_limit),
        API_TEST(test_limits_of_resources_at_opening),
        API_TEST(test_limits_of_resources_later),
        API_TEST(test_a_raised_limit_counts_anew),
        API_TEST(test_cleanup_obeys_the_longest_window),
        API_TEST(test_without_a_limit),
        API_TEST(test_status),
        API_TEST(test_statistics),
        API_TEST(test_reset_forgets_one_resource),
        API_TEST(test_clear_forgets_what_counts_here),
        API_TEST(test_bad_resources_are_refused),
        API_TEST(test_bad_arguments_are_refused),
        API_TEST(test_bad_options_are_refused),
        API_TEST(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
