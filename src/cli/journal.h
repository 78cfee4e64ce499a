/* What a long run has done so far, in a file, so that another one can go on: lines of a resource,
 * an id, and how that ended, "issue 52 done" or "issue 53 missing". Lines are added after what they
 * speak of has been written, so that a run that is killed leaves something to be written twice
 * rather than never. */
#ifndef CLI_JOURNAL_H
#define CLI_JOURNAL_H

#include <stdbool.h>

#include "id_list.h"

typedef struct cli_journal {
    FILE *file; /* NULL: none is kept */
    const char *path;
    const char *resource;
    cli_id_list ended; /* in rising order, from when it was opened */
    cli_id_list done;  /* noted, but not in the file yet; likewise the next */
    cli_id_list missing;
} cli_journal;

/* Reads the file, which is made if there is none. CLI_USAGE: it cannot be opened, or is no journal;
 * has been said. `path` NULL: none is kept. */
cli_status cli_journal_open(cli *self, cli_journal *journal, const char *path,
                            const char *resource);

/* Whether this one has ended in a run before. */
bool cli_journal_has(const cli_journal *journal, int64_t id);

/* Notes that one has ended, and `cli_journal_save` that all those noted are to be kept. */
void cli_journal_note(cli_journal *journal, int64_t id, bool is_missing);
cli_status cli_journal_save(cli *self, cli_journal *journal);

void cli_journal_close(cli_journal *journal);

#endif
