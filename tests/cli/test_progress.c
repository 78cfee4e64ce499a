/* The line of progress, as it is spelled. */
#include "progress.h"
#include "unit.h"

enum { NOW_MS = 1000000 };

static void assert_line(const cli_progress *self, int64_t elapsed_ms, const char *expected) {
    char line[512];
    cli_progress_line(self, NOW_MS, elapsed_ms, line, sizeof(line));
    assert_string_equal(line, expected);
}

static void test_lines(void **state) {
    (void)state;
    cli_progress self = {.total = -1, .used = -1};
    assert_line(&self, 100, "0 done, 0 sent");
    self.total = 340;
    self.done = 12;
    self.sent = 3;
    assert_line(&self, 500, "12 of 340, 3 sent"); /* too early for a rate */
    assert_line(&self, 4000, "12 of 340, 3.0/s, 3 sent");
}

static void test_waits(void **state) {
    (void)state;
    cli_progress self = {
        .total = 5, .used = 198, .limit = 200, .is_waiting = true, .until_ms = NOW_MS + 761000};
    strcpy(self.path, "issues");
    assert_line(&self, 0, "0 of 5, 0 sent, waiting 12:41 for /issues, 198 of 200 used");
    strcpy(self.reason, "the service wants a pause");
    self.used = -1;
    assert_line(&self, 0, "0 of 5, 0 sent, waiting 12:41 for /issues: the service wants a pause");
    self.until_ms = NOW_MS; /* over, or never known */
    assert_line(&self, 0, "0 of 5, 0 sent, waiting for /issues: the service wants a pause");
}

/* Only a wait that nothing has ended yet is shown. */
static void test_events(void **state) {
    (void)state;
    cli_progress self = {.is_shown = true, .total = 1, .used = -1};
    cv_event event = {.kind = CV_EVENT_WAITING,
                      .path = "issue",
                      .reason = "the limit",
                      .until_ms = NOW_MS + 9000};
    cli_progress_event(&self, &event, NULL);
    assert_line(&self, 0, "0 of 1, 0 sent, waiting 0:09 for /issue: the limit");
    event = (cv_event){.kind = CV_EVENT_SENT, .path = "issue", .reason = ""};
    cli_progress_event(&self, &event, NULL);
    assert_line(&self, 0, "0 of 1, 1 sent");
    assert_string_equal(self.path, "issue");
}

/* What does not fit is cut, and ends. */
static void test_long_reasons(void **state) {
    (void)state;
    cli_progress self = {.total = 1, .used = -1, .is_waiting = true};
    memset(self.reason, 'x', sizeof(self.reason) - 1);
    char line[40];
    cli_progress_line(&self, NOW_MS, 0, line, sizeof(line));
    assert_true(strlen(line) < sizeof(line));
    assert_memory_equal(line, "0 of 1, 0 sent, waiting for /", 29);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_long_reasons),
    };
    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
