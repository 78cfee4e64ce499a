/* How the program ends, and what each error of the library means for that. */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#include <comicvine.h>

/* What a shell sees. New ones are added, none ever changes its meaning. */
typedef enum cli_status {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_NOT_FOUND = 3,
    CLI_KEY = 4,
    CLI_LIMITED = 5,
    CLI_NETWORK = 6,
    CLI_BLOCKED = 7,
    CLI_NOT_CACHED = 8,
    CLI_PARTIAL = 9,
    CLI_STORE = 10,
    CLI_INTERRUPTED = 130,
    CLI_BROKEN_PIPE = 141, /* never handed to exit: the signal ends the program */
    CLI_TERMINATED = 143
} cli_status;

/* What is known of an error code. All texts are static. */
typedef struct cli_meaning {
    cv_code code;
    cli_status status;
    const char *word; /* in JSON */
    const char *hint; /* what to do about it; NULL: nothing that would help always */
} cli_meaning;

/* Never NULL. */
const cli_meaning *cli_meaning_of(cv_code code);

/* The word for a failure of the program's own. */
const char *cli_status_word(cli_status status);

/* The meaning of a status, one line for people; NULL behind the last `index`. */
const char *cli_status_line(size_t index, cli_status *status);

#endif
