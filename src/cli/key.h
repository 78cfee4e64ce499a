/* The API key: where it is taken from. It is kept no longer than needed, and never shown. */
#ifndef CLI_KEY_H
#define CLI_KEY_H

#include "status.h"

struct cli;

/* The variables that may hold it, ends with NULL; of those that are set the last one counts. */
extern const char *const cli_key_variables[];

/* The key; cli_key_free it. Options go before the environment, and that before the configuration;
 * within one of them the key itself before a file, and a file before a command. With --offline any
 * will do where there is none, as none is sent. CLI_KEY, CLI_USAGE: there is none, which has been
 * said. */
cli_status cli_key_get(struct cli *self, char **key);

/* Warns of a file with the key that others than its owner may read. */
void cli_key_warn(struct cli *self, const char *path);

/* Overwrites and frees it. NULL is fine. */
void cli_key_free(char *key);

#endif
