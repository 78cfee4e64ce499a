/* What "comicvine cache" does, one function for each of its words. */
#ifndef CLI_CACHE_H
#define CLI_CACHE_H

#include "cli.h"
#include "json_write.h"

/* So long an answer past its time is given for want of another: the library's own default, named
 * as prune must say what it would delete. */
enum { CLI_CACHE_STALE_S = 604800 };

typedef struct cli_cache_options {
    int64_t older_ms; /* 0: no bound */
    bool is_sure;     /* --yes */
    bool is_dry_run;
} cli_cache_options;

/* Handed the open store, and the words behind its own. */
typedef cli_status cli_cache_run(cli *self, cv_cache_store *store, const cli_cache_options *options,
                                 size_t count, const char *const *words);

cli_cache_run cli_cache_list;   /* ls */
cli_cache_run cli_cache_show;   /* show HASH */
cli_cache_run cli_cache_prune;  /* prune */
cli_cache_run cli_cache_clear;  /* clear */
cli_cache_run cli_cache_verify; /* verify */
cli_cache_run cli_cache_export; /* export [FILE] */
cli_cache_run cli_cache_import; /* import FILE */

/* The word at `index` of those that follow "cache"; NULL: there are no more. */
const char *cli_cache_word(size_t index);

/* Told of each row, in the order of their hashes. Other than CLI_DONE: stop, with that. */
typedef cli_status cli_cache_fn(cli *self, cv_cache_store *store, const cv_cache_entry *entry,
                                void *user);

/* Walks through all rows. CLI_DONE, or why it could not, which has been said, or what `each` has
 * answered; a signal stops it too. */
cli_status cli_cache_walk(cli *self, cv_cache_store *store, cli_cache_fn *each, void *user);

#endif
