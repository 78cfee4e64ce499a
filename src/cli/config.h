/* The configuration file: lines of `name = value`. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

/* Told of each setting. `name` and `value` are good for the time of the call. False: stop. */
typedef bool cli_config_fn(const char *name, const char *value, size_t line, void *user);

/* Reads lines until the end: `name = value` with blanks around each, a value in double quotes keeps
 * its own; lines that are empty or begin with "#" or ";" are passed over, and so are headings in
 * brackets. False: `set` has said so, or the line `*line` is none of these (`*is_malformed`). */
bool cli_config_read(FILE *file, cli_config_fn *set, void *user, size_t *line, bool *is_malformed);

/* The file that is read if no other is named; free() it. NULL: there is no home to look in. */
char *cli_config_path(void);

#endif
