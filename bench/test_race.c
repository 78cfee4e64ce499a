/* Tests of how a race ends when one of its processes fails. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "race.h"
#include "team.h"

enum { PATIENCE_MS = 60000 };

static void fail_if_first(void *user) {
    race *self = user;
    team_check(atomic_fetch_add(&self->next, 1) > 0, "this one is not the first");
    race_begin(self);
}

static void test_no_process_outlives_its_race(void **state) {
    (void)state;
    int ends[2];
    int status = 0;
    race *shared = team_share(sizeof(*shared));
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        race_run(shared, 3, fail_if_first, shared);
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    struct pollfd all_ended = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(poll(&all_ended, 1, PATIENCE_MS), 1);
    assert_true(all_ended.revents & POLLHUP);
    close(ends[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_process_outlives_its_race)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
