/* What becomes of a run for many things: it goes on after one that fails, and ends accordingly. */
#ifndef CLI_TALLY_H
#define CLI_TALLY_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

typedef struct cli_tally {
    size_t well;
    size_t failed;
    cli_status first; /* of those that failed */
    bool is_over;     /* one has failed in such a way that the others would too */
} cli_tally;

/* Notes how one of them ended. */
void cli_tally_add(cli_tally *self, cli_status status);

/* CLI_DONE: all are well. CLI_PARTIAL: some. Else, or where a signal has ended it, what the first
 * failure was. */
cli_status cli_tally_status(const cli_tally *self);

#endif
