/* The command line, taken apart. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "command.h"
#include "given.h"

typedef struct cli_arguments {
    const cli_command *command; /* NULL: none was named */
    void *own;                  /* of the command, all 0 */
    char **words;               /* what is neither option nor the command's name */
    size_t word_count;
    bool wants_help;
    bool wants_version;
    char *complaint; /* NULL: all is well */
} cli_arguments;

/* Options may stand before the command's name (those for every command) and behind it (its own
 * too), between its words, and not behind "--". What they give is added to `given`, to be put into
 * `settings`. */
void cli_arguments_parse(cli_arguments *self, int argc, const char *const *argv, void *settings,
                         cli_given_list *given);

void cli_arguments_free(cli_arguments *self);

#endif
