/* Owns what deletes rows of the cache, prune and clear, and the look at what they would delete. */
#include <time.h>

#include "cache.h"
#include "record.h"

/* What is deleted: by age, or what nobody may read any more, or all. */
typedef struct pruning {
    int64_t created_before_ms; /* 0: any time, as below */
    int64_t expired_before_ms;
    bool is_dry_run;
    int64_t count;
} pruning;

static bool is_meant(const pruning *run, const cv_cache_entry *entry) {
    if (run->created_before_ms > 0) {
        return entry->created_at_ms < run->created_before_ms && !entry->is_foreign;
    }
    return run->expired_before_ms == 0 || entry->expires_at_ms < run->expired_before_ms;
}

static cli_status prune_row(cli *self, cv_cache_store *store, const cv_cache_entry *entry,
                            void *user) {
    pruning *run = user;
    if (!is_meant(run, entry)) {
        return CLI_DONE;
    }
    if (!run->is_dry_run && !cv_cache_store_delete(store, entry->hash)) {
        return cli_fail_error(self, cv_last_error(), entry->hash);
    }
    run->count++;
    return CLI_DONE;
}

static cli_status say_count(cli *self, const char *name, int64_t count) {
    cli_json row;
    cli_json_begin(&row);
    cli_json_number(&row, name, count);
    cli_output_one(&self->output);
    return cli_object_write(self, &row);
}

static cli_status prune_rows(cli *self, cv_cache_store *store, pruning *run) {
    cli_status status = cli_cache_walk(self, store, prune_row, run);
    return status == CLI_DONE
               ? say_count(self, run->is_dry_run ? "would_delete" : "deleted", run->count)
               : status;
}

static cli_status count_items(cli *self, cv_cache_store *store, int64_t *items) {
    cv_cache_stats stats;
    if (!cv_cache_store_stats(store, &stats)) {
        return cli_fail_error(self, cv_last_error(), "the cache");
    }
    *items = stats.total_items;
    return CLI_DONE;
}

/* Runs what deletes, and says by how many rows there are fewer. */
static cli_status delete_and_say(cli *self, cv_cache_store *store,
                                 bool remove(cv_cache_store *store)) {
    int64_t before = 0;
    int64_t after = 0;
    cli_status status = count_items(self, store, &before);
    if (status == CLI_DONE && !remove(store)) {
        status = cli_fail_error(self, cv_last_error(), "the cache");
    }
    if (status == CLI_DONE) {
        status = count_items(self, store, &after);
    }
    return status == CLI_DONE ? say_count(self, "deleted", before > after ? before - after : 0)
                              : status;
}

cli_status cli_cache_prune(cli *self, cv_cache_store *store, const cli_cache_options *options,
                           size_t count, const char *const *words) {
    int64_t now_ms = (int64_t)time(NULL) * 1000;
    pruning run = {.expired_before_ms = now_ms - INT64_C(1000) * CLI_CACHE_STALE_S,
                   .is_dry_run = options->is_dry_run};
    (void)count;
    (void)words;
    if (options->older_ms > 0) {
        run.created_before_ms = now_ms - options->older_ms;
    } else if (!options->is_dry_run) {
        return delete_and_say(self, store, cv_cache_store_cleanup);
    }
    return prune_rows(self, store, &run);
}

cli_status cli_cache_clear(cli *self, cv_cache_store *store, const cli_cache_options *options,
                           size_t count, const char *const *words) {
    pruning all = {.is_dry_run = true};
    (void)count;
    (void)words;
    if (options->is_dry_run) {
        return prune_rows(self, store, &all);
    }
    if (!options->is_sure) {
        return cli_usage_error(self, "cache clear deletes all that is kept: say --yes as well");
    }
    return delete_and_say(self, store, cv_cache_store_clear);
}
