/* The rows of the table of commands, each in a file of its own: command_<name>.c. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "command.h"

extern const cli_command cli_command_batch;
extern const cli_command cli_command_completion;
extern const cli_command cli_command_get;
extern const cli_command cli_command_help;
extern const cli_command cli_command_list;
extern const cli_command cli_command_search;

#endif
