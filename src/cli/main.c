/* comicvine: asks the Comic Vine API, for people and scripts. One run, from its arguments to its
 * exit status. */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "cli.h"
#include "environment.h"
#include "help.h"
#include "interrupt.h"
#include "terminal.h"

/* Letters have their width by the locale's encoding: UTF-8, whatever the user's language is. */
static void set_letters(void) {
    if (!setlocale(LC_CTYPE, "C.UTF-8")) {
        (void)setlocale(LC_CTYPE, "");
    }
}

/* What is written in many small pieces (help, completions) is written in the end, in one, which
 * says why if it fails; a terminal still gets its lines as they come. */
static void set_output(void) {
    if (isatty(STDOUT_FILENO) != 1) {
        static char buffer[65536]; /* the C library's until the program ends */
        (void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    }
}

/* Programs get errors as JSON where they get records so; a person who only sends the output into a
 * file reads them on a terminal, and gets sentences. */
static bool wants_json_errors(const cli *self) {
    int64_t format = self->settings.format.format;
    if (format == CLI_OUTPUT_BY_TERMINAL) {
        return self->command && (self->command->takes & CLI_TAKES_OUTPUT) &&
               isatty(STDOUT_FILENO) != 1 && isatty(STDERR_FILENO) != 1;
    }
    return format == CLI_OUTPUT_JSON || format == CLI_OUTPUT_JSON_LINES;
}

/* The format counts for how an error is said, even one about the other arguments. */
static void take_format(cli *self) {
    for (size_t i = 0; i < self->given.count; i++) {
        const cli_given *given = &self->given.items[i];
        if (given->row->kind == CLI_OPTION_FORMAT) {
            (void)cli_option_set(given->row, given->base, given->value);
        }
    }
    self->errors_are_json = wants_json_errors(self);
}

static cli_status run_command(cli *self, const cli_arguments *arguments) {
    self->errors_are_json = wants_json_errors(self);
    cli_progress_begin(&self->progress, &self->settings);
    if (!cli_interrupt_begin()) {
        return cli_fail(self, CLI_FAILED, "no descriptors are left");
    }
    cli_output_begin(&self->output, &self->settings);
    return self->command->run(self, arguments->own, arguments->word_count,
                              (const char *const *)arguments->words);
}

static cli_status run(cli *self, const cli_arguments *arguments) {
    self->command = arguments->command;
    take_format(self);
    if (arguments->complaint) {
        return cli_usage_error(self, "%s", arguments->complaint);
    }
    if (arguments->wants_version) {
        cli_help_version(stdout);
        return CLI_DONE;
    }
    if (arguments->wants_help && self->command) {
        cli_help_command(stdout, self->command);
        return CLI_DONE;
    }
    if (arguments->wants_help) {
        cli_help_overview(stdout);
        return CLI_DONE;
    }
    if (!self->command) {
        return cli_usage_error(self, "a command is needed, such as: comicvine get issue 52");
    }
    cli_status status = cli_environment_take(self);
    return status == CLI_DONE ? run_command(self, arguments) : status;
}

/* A name that is misspelt is empty in each row, which looks like data. */
static void warn_of_missing(cli *self) {
    char *names = cli_output_missing(&self->output);
    if (names && cli_interrupt_status() == CLI_DONE) {
        cli_warn(self, "nothing that was written has a member %s", names);
    }
    free(names);
}

/* What was written must have arrived: a full disk is an error, a reader who has left is none that
 * anybody wants to hear of. */
static cli_status finish_output(cli *self, cli_status status) {
    if (status != CLI_DONE) {
        cli_output_leave(&self->output);
    }
    bool is_whole = cli_output_end(&self->output);
    int error = self->output.error;
    if (is_whole && (fflush(stdout) != 0 || ferror(stdout) || fclose(stdout) != 0)) {
        is_whole = false;
        error = errno;
    }
    if (is_whole) {
        warn_of_missing(self);
        return status;
    }
    if (error == EPIPE) {
        cli_interrupt_pipe();
        return CLI_BROKEN_PIPE;
    }
    return cli_fail(self, CLI_FAILED, "cannot write the output: %s", strerror(error));
}

int main(int argc, char **argv) {
    if (!cli_terminal_fill()) {
        return CLI_FAILED;
    }
    set_letters();
    set_output();
    cli self = {0};
    cli_arguments arguments;
    cli_arguments_parse(&arguments, argc, (const char *const *)argv, &self.settings, &self.given);
    cli_status status = run(&self, &arguments);
    cv_client_close(self.client); /* gives back what others could wait for */
    if (cli_interrupt_status() != CLI_DONE) {
        status = cli_interrupt_status();
    }
    cli_progress_clear(&self.progress);
    status = finish_output(&self, status);
    if (self.input) {
        (void)fclose(self.input);
    }
    cli_output_free(&self.output);
    cli_given_free(&self.given);
    cli_arguments_free(&arguments);
    return (int)status;
}
