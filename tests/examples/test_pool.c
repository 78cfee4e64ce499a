/* examples/pool.c: its output has the order of the ids whatever the order of the answers, and a
 * signal leaves nothing behind for others to wait for. */
#include "support/program.h"

#include <signal.h>

enum { STATUS_INTERRUPTED = 130 };

static void start_pool(program *run, const api *self, const char *threads,
                       const char *const ids[]) {
    const char *arguments[12] = {CVI_EXAMPLE_POOL, server_base_url(self->server),
                                 self->database.text, threads};
    for (size_t i = 0; ids[i] != NULL; i++) {
        assert_true(i + 5 < API_COUNT(arguments));
        arguments[i + 4] = ids[i];
    }
    program_set_key(API_KEY);
    program_start(run, self, arguments);
}

static void test_all_in_order(void **context) {
    static const char *const ids[] = {"73", "52", "4000-61", NULL};
    static const char *const threads[] = {"1", "2", "7"};
    api *self = *context;
    for (size_t i = 0; i < API_COUNT(threads); i++) {
        program run;
        start_pool(&run, self, threads[i], ids);
        program_finish(&run);
        program_assert_status(&run, 0);
        assert_string_equal(run.output, "73: The Reviewed One\n"
                                        "52: The Long Night on Wharf Street\n"
                                        "4000-61: (no title)\n");
        assert_string_equal(run.errors, "");
    }
    assert_int_equal(server_request_count(self->server, API_ISSUE), 3);
}

/* The first answer comes last. */
static void test_order_of_answers(void **context) {
    static const char *const ids[] = {"73", "52", "61", NULL};
    api *self = *context;
    program run;
    assert_true(server_hold(self->server, API_ISSUE "4000-73"));
    start_pool(&run, self, "2", ids);
    api_await_requests(self, 2);
    api_query_until(self, "SELECT count(*) FROM cache", 1);
    server_release(self->server, SERVER_ALL);
    program_finish(&run);
    program_assert_status(&run, 0);
    assert_string_equal(run.output, "73: The Reviewed One\n"
                                    "52: The Long Night on Wharf Street\n"
                                    "61: (no title)\n");
}

static void test_failures_among_them(void **context) {
    static const char *const ids[] = {"52", "999", "no-id", "61", NULL};
    api *self = *context;
    program run;
    start_pool(&run, self, "2", ids);
    program_finish(&run);
    program_assert_status(&run, 1);
    assert_string_equal(run.output, "52: The Long Night on Wharf Street\n61: (no title)\n");
    program_assert_says(&run, "999: issue/4000-999: no such object");
    program_assert_says(&run, "no-id: ");
}

/* Nothing is printed, no job is left, and who comes next need not wait for anybody. */
static void check_signal(api *self, int signal_number) {
    static const char *const ids[] = {"52", "61", "73", "88", NULL};
    program run;
    assert_true(server_hold(self->server, API_ISSUE));
    start_pool(&run, self, "2", ids);
    api_await_requests(self, 1);
    assert_true(process_signal(&run.process, signal_number));
    program_finish(&run);
    program_assert_status(&run, STATUS_INTERRUPTED);
    assert_string_equal(run.output, "");
    program_assert_says(&run, "cancelled");
    api_assert_nothing_left(self);
    assert_int_equal(api_query(self, "SELECT count(*) FROM dedupe_waiters"), 0);

    server_release(self->server, SERVER_ALL);
    cv_client *client = api_open(self, NULL);
    assert_int_equal(api_retrieve(client, 52).source, CV_SOURCE_NETWORK);
    cv_client_close(client);
}

static void test_interrupt(void **context) {
    check_signal(*context, SIGINT);
}

static void test_termination(void **context) {
    check_signal(*context, SIGTERM);
}

static void test_how_it_is_called(void **context) {
    static const char *const wrong[][6] = {
        {CVI_EXAMPLE_POOL, NULL},
        {CVI_EXAMPLE_POOL, "http://127.0.0.1", "x.db", "2", NULL},
        {CVI_EXAMPLE_POOL, "http://127.0.0.1", "x.db", "0", "52", NULL},
        {CVI_EXAMPLE_POOL, "http://127.0.0.1", "x.db", "65", "52", NULL},
    };
    for (size_t i = 0; i < API_COUNT(wrong); i++) {
        program run;
        program_run(&run, *context, wrong[i]);
        program_assert_status(&run, 2);
        program_assert_says(&run, "usage: ");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(test_all_in_order),        API_TEST(test_order_of_answers),
        API_TEST(test_failures_among_them), API_TEST(test_interrupt),
        API_TEST(test_termination),         API_TEST(test_how_it_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
