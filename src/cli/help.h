/* The help texts, made from the tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "command.h"

/* What there is; exit statuses among it. */
void cli_help_overview(FILE *out);

/* One command, examples first. */
void cli_help_command(FILE *out, const cli_command *command);

/* Versions of the program and of what it is built on. */
void cli_help_version(FILE *out);

#endif
