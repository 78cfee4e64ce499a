/* A command that writes the API key, such as that of a keeper of passwords. */
#ifndef CLI_KEY_COMMAND_H
#define CLI_KEY_COMMAND_H

#include <stdint.h>

typedef enum cli_key_command_end {
    CLI_KEY_COMMAND_WELL,
    CLI_KEY_COMMAND_FAILED, /* not run, ended with another status than 0, or wrote nothing */
    CLI_KEY_COMMAND_SLOW    /* still at work after the time: ended */
} cli_key_command_end;

/* Runs it by /bin/sh, with the program's standard input and error, so that it may ask for a
 * password, and with its environment, but for an API key there; takes the first line that it
 * writes, without blanks around it. A signal to the program ends it too (CLI_KEY_COMMAND_FAILED).
 * `line` is to be freed. */
cli_key_command_end cli_key_command(const char *command, int64_t timeout_ms, char **line);

#endif
