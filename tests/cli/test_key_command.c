/* The command that writes the key: what it says, how it fails, and that it cannot go on for ever.
 */
#include "key_command.h"

#include <signal.h>
#include <unistd.h>

#include "interrupt.h"
#include "unit.h"

enum { LONG_MS = 600000 };

static void test_the_first_line(void **state) {
    (void)state;
    static const struct {
        const char *command;
        const char *key;
    } cases[] = {{"echo abc", "abc"},
                 {"printf 'abc'", "abc"},
                 {"printf '  abc \\r\\nmore\\n'", "abc"},
                 {"printf 'a b\\n'", "a b"},
                 {"echo abc; head -c 100000 /dev/zero", "abc"}, /* more than is kept */
                 {"echo abc | cat", "abc"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *line = NULL;
        assert_int_equal(cli_key_command(cases[i].command, LONG_MS, &line), CLI_KEY_COMMAND_WELL);
        assert_text(line, cases[i].key);
    }
}

static void test_failures(void **state) {
    (void)state;
    static const char *const commands[] = {"true", "echo abc; exit 3", "printf '\\nabc\\n'",
                                           "no-such-command-here 2>/dev/null", "kill -9 $$"};
    for (size_t i = 0; i < COUNT(commands); i++) {
        char *line = NULL;
        assert_int_equal(cli_key_command(commands[i], LONG_MS, &line), CLI_KEY_COMMAND_FAILED);
        assert_null(line);
    }
}

/* A key that the program was given in another way is in no environment of it. */
static void test_the_environment_has_no_key(void **state) {
    (void)state;
    static const char *const names[] = {"COMIC_VINE_API_KEY", "COMICVINE_API_KEY",
                                        "COMICVINE__API_KEY"};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(setenv(names[i], "a-secret", 1), 0);
    }
    assert_int_equal(setenv("COMIC_VINE_API_KEY_FILE", "kept", 1), 0);
    char *line = NULL;
    assert_int_equal(cli_key_command("tr '\\0' '\\n' </proc/self/environ | grep -c a-secret;"
                                     " true",
                                     LONG_MS, &line),
                     CLI_KEY_COMMAND_WELL);
    assert_text(line, "0");
    assert_int_equal(
        cli_key_command("echo \"$COMIC_VINE_API_KEY_FILE$COMIC_VINE_API_KEY\"", LONG_MS, &line),
        CLI_KEY_COMMAND_WELL);
    assert_text(line, "kept");
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(unsetenv(names[i]), 0);
    }
}

/* It is ended whether it keeps its output open or not. */
static void test_one_that_never_ends(void **state) {
    (void)state;
    static const char *const commands[] = {"exec sleep 1000", "echo abc; exec sleep 1000",
                                           "echo abc; exec >&-; exec sleep 1000"};
    for (size_t i = 0; i < COUNT(commands); i++) {
        char *line = NULL;
        assert_int_equal(cli_key_command(commands[i], 100, &line), CLI_KEY_COMMAND_SLOW);
        assert_null(line);
    }
}

/* The program ignores broken pipes; what it starts does not. */
static void test_pipes_of_the_command_break(void **state) {
    (void)state;
    char *line = NULL;
    assert_int_equal(cli_key_command("(yes; echo $? >&2) | head -n 1", LONG_MS, &line),
                     CLI_KEY_COMMAND_WELL);
    assert_text(line, "y");
}

/* The last test: a signal is noted once. */
static void test_a_signal_ends_it(void **state) {
    (void)state;
    char *line = NULL;
    char command[64];
    snprintf(command, sizeof(command), "kill -TERM %ld; exec sleep 1000", (long)getpid());
    assert_int_equal(cli_key_command(command, LONG_MS, &line), CLI_KEY_COMMAND_FAILED);
    assert_null(line);
    assert_int_equal(cli_interrupt_status(), CLI_TERMINATED);
}

static int begin(void **state) {
    (void)state;
    return cli_interrupt_begin() ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_line),
        cmocka_unit_test(test_the_environment_has_no_key),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_one_that_never_ends),
        cmocka_unit_test(test_pipes_of_the_command_break),
        cmocka_unit_test(test_a_signal_ends_it),
    };
    return cmocka_run_group_tests_name("key command", tests, begin, NULL);
}
