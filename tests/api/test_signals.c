/* Signals that come all the time, to whatever thread, with a handler that does not have system
 * calls begun anew: each call ends as if there were none, and what leaves is what is asked for. */
#include "support/api_drive.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

enum { SIGNALS = 100, INTERVAL_US = 1000, ISSUE = 52 };

static atomic_int signals;

static void count_signal(int number) {
    (void)number;
    atomic_fetch_add(&signals, 1);
}

static void set_timer(int64_t interval_us) {
    const struct timeval interval = {.tv_usec = (suseconds_t)interval_us};
    const struct itimerval timer = {.it_interval = interval, .it_value = interval};
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void begin_signals(void) {
    const struct sigaction counting = {.sa_handler = count_signal};
    assert_int_equal(sigaction(SIGALRM, &counting, NULL), 0);
    atomic_store(&signals, 0);
    set_timer(INTERVAL_US);
}

static void end_signals(void) {
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    set_timer(0);
    assert_int_equal(sigaction(SIGALRM, &usual, NULL), 0);
}

static cv_client *open_unlimited(const drive_scene *scene) {
    cv_options options = api_options(scene->self);
    options.rate_limit.kind = CV_LIMIT_NONE;
    return drive_open(scene, &options);
}

/* From the cache, from the service, and as a list of many; answers how many requests that took. */
static size_t ask(cv_client *client) {
    static const int64_t ids[] = {ISSUE};
    cv_request_options refresh = CV_REQUEST_OPTIONS_INIT;
    refresh.mode = CV_MODE_REFRESH;
    outcome fetched = api_retrieve_with(client, ISSUE, &refresh);
    assert_string_equal(cv_code_name(fetched.code), "CV_OK");
    assert_int_equal(fetched.source, CV_SOURCE_NETWORK);
    outcome cached = api_retrieve(client, ISSUE);
    assert_string_equal(cv_code_name(cached.code), "CV_OK");
    assert_int_equal(cached.source, CV_SOURCE_CACHE);
    cv_request *many = cv_request_retrieve_many(client, CV_ISSUE, ids, API_COUNT(ids), &refresh);
    assert_true(cv_request_wait(many, API_PATIENCE_MS));
    assert_ended(many, CV_OK);
    cv_request_free(many);
    return 2;
}

static void test_calls_end_as_without(void **context) {
    const drive_scene *scene = *context;
    size_t wanted = 0;
    begin_signals();
    cv_client *client = open_unlimited(scene);
    while (atomic_load(&signals) < SIGNALS) {
        wanted += ask(client);
    }
    cv_client_close(client);
    end_signals();
    assert_int_equal(drive_requests(scene), wanted);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM rate_limits"), wanted);
    assert_int_equal(api_query(scene->self, "SELECT count(*) FROM dedupe_jobs"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH_DRIVES(test_calls_end_as_without)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
