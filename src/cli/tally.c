/* Owns the sum of many ends. Pure. */
#include "tally.h"

static bool ends_all(cli_status status) {
    switch (status) {
    case CLI_USAGE:
    case CLI_NOT_FOUND:
    case CLI_LIMITED: /* others may be in the cache */
    case CLI_NETWORK:
    case CLI_NOT_CACHED:
    case CLI_DONE:
    case CLI_PARTIAL:
        return false;
    default:
        return true;
    }
}

void cli_tally_add(cli_tally *self, cli_status status) {
    if (status == CLI_DONE) {
        self->well++;
        return;
    }
    if (self->failed++ == 0 || ends_all(status)) {
        self->first = status;
    }
    self->is_over = self->is_over || ends_all(status);
}

cli_status cli_tally_status(const cli_tally *self) {
    if (self->failed == 0) {
        return CLI_DONE;
    }
    return self->well > 0 && !self->is_over ? CLI_PARTIAL : self->first;
}
