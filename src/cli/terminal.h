/* What the program writes to. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Columns of the terminal behind a descriptor, else what COLUMNS says, else 80; at least 1. */
size_t cli_terminal_columns(int fd);

/* Whether it is a terminal that can go back in a line and clear itself (TERM). */
bool cli_terminal_obeys(int fd);

/* Whether it is a terminal that may be sent colours (NO_COLOR, TERM). */
bool cli_terminal_has_colour(int fd);

/* Opens /dev/null for each of the first three descriptors that is closed: what is opened next would
 * else be written to as if it were standard output. */
bool cli_terminal_fill(void);

#endif
