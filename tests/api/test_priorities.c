/* Users before background, through the public headers: two clients on one file, the shares that
 * they see, and what the refused are told. */
#include <sched.h>
#include <string.h>

#include "support/api.h"

enum { FIRST_ISSUE = 1000, ISSUES = 40, LIMIT = 20, ROWS_OF_USERS = 12 };

static int set_up(void **context) {
    *context = api_new_with_issues(FIRST_ISSUE, ISSUES);
    return 0;
}

static cv_options options_of(const api *self) {
    cv_options options = api_options(self);
    options.max_wait_ms = CV_NO_WAIT;
    options.rate_limit.limit = LIMIT;
    return options;
}

/* Asks for issues that nobody has asked for until one is refused; how many were not. The last error
 * is that of the refused one. */
static int64_t ask_until_refused(cv_client *client, int64_t *next_id, cv_priority priority) {
    for (int64_t count = 0; count <= LIMIT; count++) {
        const cv_issue *issue = cv_issue_retrieve(client, (*next_id)++, priority);
        if (issue == NULL) {
            assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_RATE_LIMITED");
            return count;
        }
        cv_issue_free(issue);
    }
    fail_msg("more than the limit were admitted");
    return LIMIT;
}

static void ask_as_user(cv_client *client, int64_t *next_id, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const cv_issue *issue = cv_issue_retrieve(client, (*next_id)++, CV_PRIORITY_USER);
        assert_non_null(issue);
        cv_issue_free(issue);
    }
}

static void assert_told(const char *words) {
    const cv_error *error = cv_last_error();
    assert_true(error->retryable);
    assert_true(error->retry_after_ms > 0);
    if (strstr(error->message, words) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", words, error->message);
    }
}

static void test_background_gets_its_share_and_users_the_rest(void **context) {
    api *self = *context;
    cv_options options = options_of(self);
    cv_client *crawler = api_open(self, &options);
    cv_client *reader = api_open(self, &options);
    int64_t next_id = FIRST_ISSUE;
    assert_int_equal(ask_until_refused(crawler, &next_id, CV_PRIORITY_BACKGROUND), 14);
    assert_told("held back for users: ");
    assert_int_equal(ask_until_refused(reader, &next_id, CV_PRIORITY_BACKGROUND), 0);
    cv_client_close(crawler);
    crawler = api_open(self, &options);
    assert_int_equal(ask_until_refused(crawler, &next_id, CV_PRIORITY_BACKGROUND), 0);
    assert_int_equal(ask_until_refused(reader, &next_id, CV_PRIORITY_USER), LIMIT - 14);
    assert_told("the budget is used up");
    cv_client_close(crawler);
    cv_client_close(reader);
}

/* What was counted in this millisecond still holds: on a quick disk that may be all of it. */
static void let_counts_grow_old(void) {
    const int64_t end_ms = api_now_ms() + 3;
    while (api_now_ms() < end_ms) {
        sched_yield();
    }
}

static void test_busy_users_pause_the_background(void **context) {
    api *self = *context;
    cv_options options = options_of(self);
    options.rate_limit.adaptive.recalculation_interval_ms = 1;
    cv_client *reader = api_open(self, &options);
    cv_client *crawler = api_open(self, &options);
    int64_t next_id = FIRST_ISSUE;
    ask_as_user(reader, &next_id, ROWS_OF_USERS);
    let_counts_grow_old();
    assert_int_equal(ask_until_refused(crawler, &next_id, CV_PRIORITY_BACKGROUND), 0);
    assert_told("High user activity (1");
    assert_told("requests/15min) - prioritizing users, next request in 1 ms");
    ask_as_user(reader, &next_id, LIMIT - ROWS_OF_USERS);
    cv_client_close(crawler);
    cv_client_close(reader);
}

static void test_options_decide_about_the_share(void **context) {
    api *self = *context;
    cv_options options = options_of(self);
    options.rate_limit.adaptive.min_user_reserved = 17;
    cv_client *crawler = api_open(self, &options);
    int64_t next_id = FIRST_ISSUE;
    assert_int_equal(ask_until_refused(crawler, &next_id, CV_PRIORITY_BACKGROUND), 3);
    cv_client_close(crawler);
    options.rate_limit.kind = CV_LIMIT_SLIDING;
    crawler = api_open(self, &options);
    assert_int_equal(ask_until_refused(crawler, &next_id, CV_PRIORITY_BACKGROUND), LIMIT - 3);
    assert_told("the budget is used up");
    cv_client_close(crawler);
}

static void test_options_that_contradict_each_other_are_refused(void **context) {
    api *self = *context;
    cv_options options = options_of(self);
    options.rate_limit.adaptive.moderate_activity_threshold = 10;
    assert_null(cv_client_open(&options));
    assert_string_equal(cv_code_name(cv_last_error()->code), "CV_ERROR_ARGUMENT");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_background_gets_its_share_and_users_the_rest, set_up,
                                        api_tear_down),
        cmocka_unit_test_setup_teardown(test_busy_users_pause_the_background, set_up,
                                        api_tear_down),
        cmocka_unit_test_setup_teardown(test_options_decide_about_the_share, set_up, api_tear_down),
        cmocka_unit_test_setup_teardown(test_options_that_contradict_each_other_are_refused, set_up,
                                        api_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
