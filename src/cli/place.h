/* Where the database is. */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include "cli.h"

/* The path of the database, as --database says, or as the library has it without; free() it. NULL:
 * there is neither a home nor XDG_DATA_HOME. */
char *cli_place(const cli *self);

/* For what only looks: it makes no file. CLI_DONE, or that there is none yet, which has been said.
 */
cli_status cli_place_check(cli *self);

#endif
