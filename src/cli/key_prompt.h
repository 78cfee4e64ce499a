/* The terminal while somebody types the API key: what is typed is not shown. */
#ifndef CLI_KEY_PROMPT_H
#define CLI_KEY_PROMPT_H

#include <stdbool.h>
#include <termios.h>

typedef struct cli_key_prompt {
    struct termios before;
    bool is_begun;
} cli_key_prompt;

/* Asks for it and stops the echo, if standard input is a terminal; else does nothing. To be ended,
 * also after a signal has been noted. */
void cli_key_prompt_begin(cli_key_prompt *self);

/* Leaves the terminal as it was. */
void cli_key_prompt_end(const cli_key_prompt *self);

#endif
