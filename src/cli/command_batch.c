/* comicvine batch: many objects by their ids, a hundred in a request. */
#include <stdlib.h>

#include "cli.h"
#include "commands.h"
#include "id_list.h"
#include "journal.h"
#include "memory.h"
#include "plan.h"
#include "record.h"
#include "tally.h"

enum { CHUNK = 100 }; /* ids in one list of the service */

typedef struct batch_options {
    const char *fields;
    const char *input;
    const char *resume;
} batch_options;

/* A batch under way. */
typedef struct batch {
    cli *cli;
    cv_resource resource;
    const char *fields;
    cli_id_list ids; /* that are left to do */
    cli_journal journal;
    cli_tally tally;
} batch;

/* What becomes of some ids; NULL: `error` says why nothing did. */
static const cv_many *fetch(const batch *self, const int64_t *ids, size_t count, cv_error *error) {
    cv_request_options options = cli_request(self->cli, self->fields);
    cv_request *request =
        cv_request_retrieve_many(self->cli->client, self->resource, ids, count, &options);
    *error = *cli_wait(self->cli, request);
    const cv_many *many = error->code == CV_OK ? cv_many_take(request) : NULL;
    if (error->code == CV_OK && !many) {
        *error = *cv_last_error();
    }
    cv_request_free(request);
    return many;
}

/* ---- one chunk ---- */

static cli_status write_item(batch *self, const cv_many_item *item) {
    char *subject = cli_format("%s %lld", cv_resource_name(self->resource), (long long)item->id);
    cli_status status = cli_judge_stale(self->cli, subject, item->record->stale);
    if (status == CLI_DONE) {
        status = cli_record_write(self->cli, item->record);
    }
    if (status == CLI_DONE) {
        cli_journal_note(&self->journal, item->id, false);
    }
    free(subject);
    return status;
}

static bool fails_like(const cv_many_item *item, cv_code code) {
    return !item->record && item->error.code == code;
}

/* Says of all that failed like `first` what it failed for, once. */
static void say_failure(batch *self, const cv_many *many, const cv_many_item *first) {
    int64_t *ids = cli_allocate(many->count, sizeof(*ids));
    size_t count = 0;
    for (size_t i = 0; i < many->count; i++) {
        if (fails_like(&many->items[i], first->error.code)) {
            ids[count++] = many->items[i].id;
        }
    }
    cli_status status =
        cli_fail_ids(self->cli, &first->error, cv_resource_name(self->resource), ids, count);
    for (size_t i = 0; i < count; i++) {
        cli_tally_add(&self->tally, status);
        if (first->error.code == CV_ERROR_NOT_FOUND) {
            cli_journal_note(&self->journal, ids[i], true);
        }
    }
    free(ids);
}

static bool is_first_of_its_kind(const cv_many *many, size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (fails_like(&many->items[i], many->items[index].error.code)) {
            return false;
        }
    }
    return true;
}

static void take_items(batch *self, const cv_many *many) {
    for (size_t i = 0; i < many->count && !self->tally.is_over; i++) {
        if (many->items[i].record) {
            cli_tally_add(&self->tally, write_item(self, &many->items[i]));
        }
    }
    for (size_t i = 0; i < many->count && !self->tally.is_over; i++) {
        if (!many->items[i].record && is_first_of_its_kind(many, i)) {
            say_failure(self, many, &many->items[i]);
        }
    }
}

/* What was written has left the program before the journal says that it is done. */
static void run_chunk(batch *self, const int64_t *ids, size_t count) {
    cv_error error;
    const cv_many *many = fetch(self, ids, count, &error);
    if (!many) {
        cli_tally_add(&self->tally, cli_fail_ids(self->cli, &error,
                                                 cv_resource_name(self->resource), ids, count));
        return;
    }
    take_items(self, many);
    cv_many_free(many);
    cli_output_flush(&self->cli->output);
    cli_status status =
        self->cli->output.error == 0 ? cli_journal_save(self->cli, &self->journal) : CLI_FAILED;
    if (status != CLI_DONE) {
        cli_tally_add(&self->tally, status);
    }
}

static cli_status run_chunks(batch *self) {
    cli_record_columns(self->cli, self->resource, self->fields);
    self->cli->progress.total = (int64_t)self->ids.count;
    for (size_t at = 0; at < self->ids.count && !self->tally.is_over; at += CHUNK) {
        size_t left = self->ids.count - at;
        size_t count = left < CHUNK ? left : CHUNK;
        run_chunk(self, self->ids.ids + at, count);
        self->cli->progress.done += (int64_t)count;
    }
    return cli_tally_status(&self->tally);
}

/* ---- before the first ---- */

static cli_status plan_chunks(batch *self) {
    cli_plan plan = {0};
    for (size_t at = 0; at < self->ids.count; at += CHUNK) {
        size_t left = self->ids.count - at;
        size_t count = left < CHUNK ? left : CHUNK;
        cv_error error;
        const cv_many *many = fetch(self, self->ids.ids + at, count, &error);
        if (!many) {
            return cli_fail_error(self->cli, &error, NULL);
        }
        int64_t cached = 0;
        for (size_t i = 0; i < many->count && !self->cli->settings.refreshes; i++) {
            const cv_many_item *item = &many->items[i];
            cached += item->record ? (item->record->source != CV_SOURCE_STALE ? 1 : 0)
                                   : (item->error.code == CV_ERROR_NOT_FOUND ? 1 : 0);
        }
        cv_many_free(many);
        plan.cached += cached;
        plan.requests += cached < (int64_t)count ? 1 : 0;
    }
    return cli_plan_write(self->cli, self->cli->progress.path, &plan);
}

static void leave_out_what_is_done(batch *self) {
    size_t left = 0;
    for (size_t i = 0; i < self->ids.count; i++) {
        if (!cli_journal_has(&self->journal, self->ids.ids[i])) {
            self->ids.ids[left++] = self->ids.ids[i];
        }
    }
    self->ids.count = left;
}

static cli_status collect_ids(batch *self, const batch_options *options, size_t count,
                              const char *const *words) {
    cli_status status = CLI_DONE;
    for (size_t i = 0; i < count && status == CLI_DONE; i++) {
        bool is_input = words[i][0] == '-' && words[i][1] == '\0';
        status = is_input ? cli_id_list_read(self->cli, &self->ids, self->resource, "-")
                          : cli_id_list_add(self->cli, &self->ids, self->resource, words[i]);
    }
    if (status == CLI_DONE && options->input) {
        status = cli_id_list_read(self->cli, &self->ids, self->resource, options->input);
    }
    return status;
}

/* The client is opened first: a key on standard input stands before the ids there. */
static cli_status prepare(batch *self, const batch_options *options, size_t count,
                          const char *const *words) {
    cli_status status = cli_open(self->cli);
    if (status == CLI_DONE) {
        status = collect_ids(self, options, count, words);
    }
    if (status == CLI_DONE) {
        status = cli_journal_open(self->cli, &self->journal, options->resume,
                                  cv_resource_name(self->resource));
    }
    if (status == CLI_DONE) {
        leave_out_what_is_done(self);
    }
    return status;
}

static cli_status run_batch(cli *self, const void *own, size_t count, const char *const *words) {
    const batch_options *options = own;
    if (count < 1 || (count == 1 && !options->input)) {
        return cli_usage_error(self, "batch needs a resource, and ids or --input");
    }
    batch run = {.cli = self, .fields = options->fields};
    run.resource = cli_resource(self, words[0]);
    if (run.resource == CV_RESOURCE_NONE) {
        return CLI_USAGE;
    }
    cli_status status = prepare(&run, options, count - 1, words + 1);
    if (status == CLI_DONE) {
        status = self->settings.is_dry_run ? plan_chunks(&run) : run_chunks(&run);
    }
    cli_journal_close(&run.journal);
    cli_id_list_free(&run.ids);
    return status;
}

/* clang-format off */
static const cli_option rows[] = {
    {.name = "input", .letter = 'i', .kind = CLI_OPTION_TEXT,
     .offset = offsetof(batch_options, input), .argument = "FILE",
     .help = "ids, one a line, or JSON objects with an id; - is standard input"},
    {.name = "resume", .kind = CLI_OPTION_TEXT, .offset = offsetof(batch_options, resume),
     .argument = "FILE", .help = "notes in FILE what is done, and leaves out what it says is; made if"
     " there is none"},
    {.name = "fields", .letter = 'f', .kind = CLI_OPTION_TEXT,
     .offset = offsetof(batch_options, fields), .argument = "NAMES",
     .help = "asks the service for these members alone, joined by commas"},
};
/* clang-format on */

const cli_command cli_command_batch = {
    .name = "batch",
    .usage = "RESOURCE [ID...|-]",
    .summary = "fetches many objects by their ids, a hundred in a request",
    .examples = "comicvine batch issue 52 61 4000-73 --json=id,name\n"
                "comicvine batch issue --input ids.txt --resume ids.done --wait >> issues.jsonl\n"
                "comicvine list issues --filter volume:796 --all | comicvine batch issue -\n",
    .about = "Takes from the cache what that has, and asks for the rest in lists, which say less\n"
             "of each object than \"get\" does. Goes on after what fails, and ends with 9 then;\n"
             "the same command with the same --resume tries that again. What is noted as done has\n"
             "been written; a run that is killed between the two writes up to a hundred objects\n"
             "again when it is resumed, and leaves none out.\n",
    .takes = CLI_TAKES_REQUEST | CLI_TAKES_OUTPUT | CLI_TAKES_KEY,
    .options = {"Options of batch", rows, sizeof(rows) / sizeof(rows[0])},
    .own_size = sizeof(batch_options),
    .first = CLI_WORDS_RESOURCES,
    .run = run_batch,
};
