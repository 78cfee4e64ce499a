/* comicvine help: what there is, and each command. */
#include "cli.h"
#include "commands.h"
#include "help.h"

static cli_status run_help(cli *self, const void *own, size_t count, const char *const *words) {
    (void)own;
    if (count > 1) {
        return cli_usage_error(self, "help takes one command");
    }
    if (count == 0) {
        cli_help_overview(stdout);
        return CLI_DONE;
    }
    const cli_command *command = cli_command_find(words[0]);
    if (!command) {
        const cli_command *near = cli_command_near(words[0]);
        return cli_usage_error(self, "there is no command %s%s%s%s", words[0], near ? "; is " : "",
                               near ? near->name : "", near ? " meant?" : "");
    }
    cli_help_command(stdout, command);
    return CLI_DONE;
}

const cli_command cli_command_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "says what there is, and what a command does",
    .examples = "comicvine help\n"
                "comicvine help get\n",
    .first = CLI_WORDS_COMMANDS,
    .run = run_help,
};
