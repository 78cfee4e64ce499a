/* Commands: a table, one row and one small file each. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "option.h"
#include "status.h"

struct cli;

/* Which of the groups in settings.h a command takes beside those of every command. */
enum { CLI_TAKES_REQUEST = 1, CLI_TAKES_OUTPUT = 2, CLI_TAKES_KEY = 4 };

typedef enum cli_words {
    CLI_WORDS_ANY = 0,
    CLI_WORDS_RESOURCES,
    CLI_WORDS_COMMANDS,
    CLI_WORDS_SHELLS,
    CLI_WORDS_CACHE
} cli_words;

typedef struct cli_command {
    const char *name;
    const char *usage;        /* what stands behind the name: "RESOURCE ID..." */
    const char *summary;      /* one line, begins with a small letter, no full stop */
    const char *examples;     /* lines, each ends in '\n' and begins with "comicvine" */
    const char *about;        /* some lines, each ends in '\n'; NULL: the summary says it all */
    unsigned takes;           /* CLI_TAKES_* */
    cli_option_group options; /* its own; offsets are in what `own_size` is the size of */
    size_t own_size;
    cli_words first; /* for completion: what its first word is one of */

    /* `own` is filled from the options; what it and `words` point to lives as long as the run.
     * What went wrong has been said (report.h) when it returns. */
    cli_status (*run)(struct cli *cli, const void *own, size_t count, const char *const *words);
} cli_command;

/* All there are, in the order of the help; ends with NULL. */
extern const cli_command *const cli_commands[];

/* NULL: there is none of that name. */
const cli_command *cli_command_find(const char *name);

/* What somebody may have meant by a name that there is not; NULL: nothing comes near. */
const cli_command *cli_command_near(const char *name);

/* Word number `index` of a kind; NULL behind the last one. */
const char *cli_command_word(cli_words kind, size_t index);

enum { CLI_GROUPS_MAX = 5 };

/* The groups of options that a command takes, its own first; with NULL those that may stand before
 * the name of any. Answers how many there are. */
size_t cli_command_groups(const cli_command *command, const cli_option_group **groups);

#endif
