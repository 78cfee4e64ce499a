/* The rows of the table of commands, each in a file of its own: command_<name>.c. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "command.h"

extern const cli_command cli_command_batch;
extern const cli_command cli_command_cache;
extern const cli_command cli_command_check_key;
extern const cli_command cli_command_completion;
extern const cli_command cli_command_config;
extern const cli_command cli_command_doctor;
extern const cli_command cli_command_get;
extern const cli_command cli_command_help;
extern const cli_command cli_command_list;
extern const cli_command cli_command_quota;
extern const cli_command cli_command_search;
extern const cli_command cli_command_status;

#endif
