/* comicvine get: objects by their ids. */
#include "cli.h"
#include "commands.h"
#include "id_list.h"
#include "memory.h"
#include "plan.h"
#include "record.h"
#include "tally.h"

#include <stdlib.h>

typedef struct get_options {
    const char *fields;
} get_options;

/* The record, from wherever; NULL: `error` says why. */
static const cv_record *fetch(cli *self, cv_resource resource, int64_t id, const char *fields,
                              cv_error *error) {
    cv_request_options options = cli_request(self, fields);
    cv_request *request = cv_request_retrieve(self->client, resource, id, &options);
    *error = *cli_wait(self, request);
    const cv_record *record = error->code == CV_OK ? cv_record_take(request) : NULL;
    if (error->code == CV_OK && !record) {
        *error = *cv_last_error();
    }
    cv_request_free(request);
    return record;
}

static cli_status get_one(cli *self, cv_resource resource, int64_t id, const char *fields) {
    char *subject = cli_format("%s %lld", cv_resource_name(resource), (long long)id);
    cv_error error;
    const cv_record *record = fetch(self, resource, id, fields, &error);
    cli_status status = record ? cli_judge_stale(self, subject, record->stale)
                               : cli_fail_error(self, &error, subject);
    if (status == CLI_DONE) {
        status = cli_record_write(self, record);
    }
    cv_record_free(record);
    free(subject);
    return status;
}

static cli_status plan_all(cli *self, cv_resource resource, const cli_id_list *list,
                           const char *fields) {
    cli_plan plan = {0};
    for (size_t i = 0; i < list->count; i++) {
        cv_error error;
        const cv_record *record = fetch(self, resource, list->ids[i], fields, &error);
        bool is_known =
            record ? record->source != CV_SOURCE_STALE : error.code == CV_ERROR_NOT_FOUND;
        if (!record && error.code != CV_ERROR_NOT_CACHED && error.code != CV_ERROR_NOT_FOUND) {
            return cli_fail_error(self, &error, NULL);
        }
        bool is_cached = is_known && !self->settings.refreshes;
        plan.cached += is_cached ? 1 : 0;
        plan.requests += is_cached ? 0 : 1;
        cv_record_free(record);
    }
    return cli_plan_write(self, cv_resource_name(resource), &plan);
}

/* All ids are looked at before the first request is made. */
static cli_status parse_ids(cli *self, cv_resource resource, size_t count, const char *const *words,
                            cli_id_list *list) {
    cli_status status = CLI_DONE;
    for (size_t i = 0; i < count && status == CLI_DONE; i++) {
        status = cli_id_list_add(self, list, resource, words[i]);
    }
    return status;
}

static cli_status get_all(cli *self, cv_resource resource, const cli_id_list *list,
                          const char *fields) {
    cli_tally tally = {0};
    cli_record_columns(self, resource, fields);
    if (list->count == 1 && !fields) {
        cli_output_one(&self->output);
    }
    self->progress.total = (int64_t)list->count;
    for (size_t i = 0; i < list->count && !tally.is_over; i++) {
        cli_tally_add(&tally, get_one(self, resource, list->ids[i], fields));
        self->progress.done++;
    }
    return cli_tally_status(&tally);
}

static cli_status run_get(cli *self, const void *own, size_t count, const char *const *words) {
    const get_options *options = own;
    if (count < 2) {
        return cli_usage_error(self, "get needs a resource and at least one id");
    }
    cv_resource resource = cli_resource(self, words[0]);
    if (resource == CV_RESOURCE_NONE) {
        return CLI_USAGE;
    }
    cli_id_list list = {NULL, 0};
    cli_status status = parse_ids(self, resource, count - 1, words + 1, &list);
    if (status == CLI_DONE) {
        status = cli_open(self);
    }
    if (status == CLI_DONE && self->settings.is_dry_run) {
        status = plan_all(self, resource, &list, options->fields);
    } else if (status == CLI_DONE) {
        status = get_all(self, resource, &list, options->fields);
    }
    cli_id_list_free(&list);
    return status;
}

static const cli_option rows[] = {
    {.name = "fields",
     .letter = 'f',
     .kind = CLI_OPTION_TEXT,
     .offset = offsetof(get_options, fields),
     .argument = "NAMES",
     .help = "asks the service for these members alone, joined by commas"},
};

const cli_command cli_command_get = {
    .name = "get",
    .usage = "RESOURCE ID...",
    .summary = "fetches objects by their ids",
    .examples = "comicvine get issue 52\n"
                "comicvine get volume 4050-796 https://comicvine.gamespot.com/x/4050-18/\n"
                "comicvine get issue 52 --json=id,volume.name,issue_number\n"
                "comicvine get character 1253 --offline\n",
    .about = "An ID is a number, a number with its type (4000-52), or the address of a page;\n"
             "several may be joined by commas. Each costs a request of its own if the cache\n"
             "does not have it; \"batch\" asks for many at a time. Goes on after one that fails.\n",
    .takes = CLI_TAKES_REQUEST | CLI_TAKES_OUTPUT | CLI_TAKES_KEY,
    .options = {"Options of get", rows, sizeof(rows) / sizeof(rows[0])},
    .own_size = sizeof(get_options),
    .first = CLI_WORDS_RESOURCES,
    .run = run_get,
};
