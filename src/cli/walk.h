/* Lists and searches, page after page. */
#ifndef CLI_WALK_H
#define CLI_WALK_H

#include "cli.h"

typedef struct cli_walk {
    cv_cursor *cursor;    /* NULL: it could not be opened, cv_last_error() says why */
    cv_resource resource; /* CV_RESOURCE_NONE: of all kinds */
    const char *fields;   /* that were asked for; NULL: all */
    int64_t wanted;       /* records; 0: all */
    bool says_more;       /* that there are more than are wanted */
} cli_walk;

enum { CLI_PAGE_MOST = 100 };

/* The size of pages for so many records, 0: the most. */
int64_t cli_walk_page_size(int64_t wanted);

/* Writes the records, or with --dry-run what that would take; closes the cursor. */
cli_status cli_walk_run(cli *self, const cli_walk *walk);

#endif
