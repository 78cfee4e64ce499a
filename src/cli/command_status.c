/* comicvine status: what lies in the file. */
#include <stdlib.h>

#include "cli.h"
#include "commands.h"
#include "json_write.h"
#include "place.h"
#include "record.h"

static bool add_cache(cli_json *row, cv_cache_store *store) {
    cv_cache_stats stats;
    if (!cv_cache_store_stats(store, &stats)) {
        return false;
    }
    cli_json_number(row, "cache_items", stats.total_items);
    cli_json_number(row, "cache_expired", stats.expired_items);
    cli_json_number(row, "cache_negative", stats.negative_items);
    cli_json_number(row, "cache_bytes", stats.bytes);
    cli_json_number(row, "file_kb", stats.database_size_kb);
    return true;
}

static bool add_jobs(cli_json *row, cv_dedupe_store *store) {
    cv_dedupe_stats stats;
    if (!cv_dedupe_store_stats(store, &stats)) {
        return false;
    }
    cli_json_number(row, "jobs", stats.total_jobs);
    cli_json_number(row, "jobs_pending", stats.pending_jobs);
    cli_json_number(row, "jobs_completed", stats.completed_jobs);
    cli_json_number(row, "jobs_failed", stats.failed_jobs);
    cli_json_number(row, "jobs_abandoned", stats.expired_jobs);
    return true;
}

static bool add_requests(cli_json *row, cv_rate_limit_store *store) {
    cv_rate_limit_stats stats;
    if (!cv_rate_limit_store_stats(store, &stats)) {
        return false;
    }
    cli_json_number(row, "requests", stats.total_requests);
    cli_json_number(row, "requests_paths", stats.unique_resources);
    cli_json_number(row, "requests_paths_full", stats.rate_limited_resources);
    return true;
}

static cli_status run_status(cli *self, const void *own, size_t count, const char *const *words) {
    (void)own;
    (void)words;
    if (count > 0) {
        return cli_usage_error(self, "status takes nothing");
    }
    self->settings.is_offline = true; /* any key will do to look */
    cli_status status = cli_place_check(self);
    if (status == CLI_DONE) {
        status = cli_open(self);
    }
    if (status != CLI_DONE) {
        return status;
    }
    cli_json row;
    cli_json_begin(&row);
    char *path = cli_place(self);
    cli_json_text(&row, "database", path);
    bool is_done = add_cache(&row, cv_client_cache(self->client)) &&
                   add_jobs(&row, cv_client_dedupe(self->client)) &&
                   add_requests(&row, cv_client_rate_limit(self->client));
    cli_output_one(&self->output);
    if (is_done) {
        status = cli_object_write(self, &row);
    } else {
        status = cli_fail_error(self, cv_last_error(), path);
        free(cli_json_end(&row));
    }
    free(path);
    return status;
}

const cli_command cli_command_status = {
    .name = "status",
    .usage = "",
    .summary = "shows what lies in the file: answers, requests under way, requests sent",
    .examples = "comicvine status\n"
                "comicvine status --json\n",
    .about = "Nothing is sent. Requests are those of the API key, if there is one.\n",
    .takes = CLI_TAKES_KEY | CLI_TAKES_OUTPUT,
    .run = run_status,
};
