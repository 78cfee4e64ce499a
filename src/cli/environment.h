/* Settings from outside of the command line. */
#ifndef CLI_ENVIRONMENT_H
#define CLI_ENVIRONMENT_H

#include "cli.h"

/* Adds to the list of what was given, before the options that are on it already: the configuration
 * file, which --config and --ignore-config have their say about, and the environment. Then puts all
 * of it where it goes. CLI_USAGE: something is wrong with the file, or a value is none, which has
 * been said. */
cli_status cli_environment_take(cli *self);

#endif
