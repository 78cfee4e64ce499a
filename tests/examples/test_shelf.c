/* examples/shelf.c: the shelf fills up, piped and on a terminal; how fast is not looked at. */
#include "support/program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY_FRAMES "1000000" /* hours: never reached */

static void start_shelf(program *run, const api *self, const char *frames, const char *second_id) {
    const char *const arguments[] = {CVI_EXAMPLE_SHELF,
                                     server_base_url(self->server),
                                     self->database.text,
                                     frames,
                                     "52",
                                     second_id,
                                     "4000-88",
                                     NULL};
    program_set_key(API_KEY);
    program_start(run, self, arguments);
}

/* The last line, "FRAMES frames, MISSED missed; FOUND of ALL issues". */
static void assert_summary(const char *output, int64_t most_frames, int64_t found) {
    const char *line = output + strlen(output);
    while (line > output && (line == output + strlen(output) || line[-1] != '\n')) {
        line--;
    }
    long long frames = -1;
    long long missed = -1;
    long long arrived = -1;
    long long all = -1;
    if (sscanf(line, "%lld frames, %lld missed; %lld of %lld issues", &frames, &missed, &arrived,
               &all) != 4) {
        fail_msg("no summary: %s", output);
    }
    assert_true(frames >= 1 && frames <= most_frames);
    assert_true(missed >= 0);
    assert_int_equal(arrived, found);
    assert_int_equal(all, 3);
}

static void test_it_fills_up(void **context) {
    api *self = *context;
    for (int i = 0; i < 2; i++) { /* the second time from the cache */
        program run;
        start_shelf(&run, self, MANY_FRAMES, "61");
        program_finish(&run);
        program_assert_status(&run, 0);
        assert_string_equal(run.errors, "");
        program_assert_says(&run, "52: The Lamplighter #7\n");
        program_assert_says(&run, "61: Tin Orchard #1\n");
        program_assert_says(&run, "4000-88: Moonwright & Daughters #½\n");
        assert_null(strchr(run.output, '\033')); /* it is no terminal */
        assert_summary(run.output, atoll(MANY_FRAMES), 3);
    }
    assert_int_equal(server_request_count(self->server, API_ISSUE), 3);
}

static void test_a_gap(void **context) {
    api *self = *context;
    program run;
    start_shelf(&run, self, MANY_FRAMES, "999");
    program_finish(&run);
    program_assert_status(&run, 1);
    program_assert_says(&run, "999: issue/4000-999: no such object");
    assert_summary(run.output, atoll(MANY_FRAMES), 2);
}

static void test_too_few_frames(void **context) {
    api *self = *context;
    program run;
    assert_true(server_hold(self->server, API_ISSUE));
    start_shelf(&run, self, "5", "61");
    program_finish(&run);
    program_assert_status(&run, 1);
    program_assert_says(&run, "61: the client was closed\n");
    program_assert_says(&run, "5 frames, ");
    assert_summary(run.output, 5, 0);
    api_assert_nothing_left(self);
}

static void test_interrupt(void **context) {
    api *self = *context;
    program run;
    assert_true(server_hold(self->server, API_ISSUE));
    start_shelf(&run, self, MANY_FRAMES, "61");
    api_await_requests(self, 1);
    assert_true(process_signal(&run.process, SIGINT));
    program_finish(&run);
    program_assert_status(&run, 1);
    assert_summary(run.output, atoll(MANY_FRAMES), 0);
    api_assert_nothing_left(self);
}

/* ---- a terminal ---- */

/* Our end of a new terminal; its other end gets the name. */
static int open_terminal(char name[64]) {
    int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (ours < 0) {
        skip(); /* a system without terminals, as containers may be */
    }
    assert_int_equal(grantpt(ours), 0);
    assert_int_equal(unlockpt(ours), 0);
    assert_int_equal(ptsname_r(ours, name, 64), 0);
    return ours;
}

static pid_t start_on_terminal(const char *name, char *const arguments[]) {
    pid_t pid = 0;
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, name, O_RDWR | O_NOCTTY, 0), 0);
    assert_int_equal(posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

/* All frames up to the end, of which the last bytes are kept: what is longer moves up by half. */
static void read_screen(int terminal, char *screen, size_t size) {
    size_t length = 0;
    ssize_t count;
    /* EIO: nobody has the other end open any more. */
    while ((count = read(terminal, screen + length, size - 1 - length)) > 0) {
        length += (size_t)count;
        if (length == size - 1) {
            memmove(screen, screen + size / 2, length - size / 2);
            length -= size / 2;
        }
    }
    screen[length] = '\0';
}

static void test_on_a_terminal(void **context) {
    api *self = *context;
    char name[64];
    char screen[16384];
    char base_url[64];
    assert_true(snprintf(base_url, sizeof(base_url), "%s", server_base_url(self->server)) > 0);
    char program_path[] = CVI_EXAMPLE_SHELF;
    char frames[] = MANY_FRAMES;
    char ids[][4] = {"52", "999", "88"};
    char *arguments[] = {program_path, base_url, self->database.text, frames, ids[0], ids[1],
                         ids[2],       NULL};
    int terminal = open_terminal(name);
    program_set_key(API_KEY);
    pid_t pid = start_on_terminal(name, arguments);
    read_screen(terminal, screen, sizeof(screen));
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(terminal);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    /* The terminal makes CR LF of each line's end. The last frame, and all as it was before. */
    static const char last_frame[] = "\033[K\r\n[##] The Lamplighter #7\033[K\r\n"
                                     "[##] issue/4000-999: no such object (service code 101: "
                                     "\"Object Not Found\")\033[K\r\n"
                                     "[##] Moonwright & Daughters #½\033[K\r\n"
                                     "\033[4A\r\n\r\n\r\n\r\n\033[?7h\033[?25h";
    if (strstr(screen, last_frame) == NULL) {
        fail_msg("the screen ends with: %s", screen);
    }
    assert_non_null(strstr(screen, "[  ] \033[K\r\n")); /* before it came */
    assert_non_null(strstr(screen, " missed; 2 of 3 issues\r\n"));
}

static void test_how_it_is_called(void **context) {
    static const char *const wrong[][6] = {
        {CVI_EXAMPLE_SHELF, NULL},
        {CVI_EXAMPLE_SHELF, "http://127.0.0.1", "x.db", "60", NULL},
        {CVI_EXAMPLE_SHELF, "http://127.0.0.1", "x.db", "0", "52", NULL},
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
        API_TEST(test_it_fills_up), API_TEST(test_a_gap),         API_TEST(test_too_few_frames),
        API_TEST(test_interrupt),   API_TEST(test_on_a_terminal), API_TEST(test_how_it_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
