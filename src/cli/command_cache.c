/* comicvine cache: what is kept of answers. It opens the cache alone: no key, no network. */
#include <string.h>
#include <time.h>

#include "cache.h"
#include "commands.h"
#include "interrupt.h"
#include "nearest.h"
#include "record.h"

enum { ROWS_AT_ONCE = 64 };

cli_status cli_cache_walk(cli *self, cv_cache_store *store, cli_cache_fn *each, void *user) {
    cv_cache_entry entries[ROWS_AT_ONCE];
    char after[CV_HASH_MAX + 1] = "";
    cli_status status = CLI_DONE;
    size_t count = ROWS_AT_ONCE;
    while (status == CLI_DONE && count > 0) {
        if (!cv_cache_store_list(store, after[0] != '\0' ? after : NULL, entries, ROWS_AT_ONCE,
                                 &count)) {
            return cli_fail_error(self, cv_last_error(), "the cache");
        }
        for (size_t i = 0; i < count && status == CLI_DONE; i++) {
            status = cli_interrupt_status();
            status = status == CLI_DONE ? each(self, store, &entries[i], user) : status;
        }
        if (count > 0) {
            memcpy(after, entries[count - 1].hash, sizeof(after));
        }
    }
    return status;
}

static cli_status show_stats(cli *self, cv_cache_store *store, const cli_cache_options *options,
                             size_t count, const char *const *words) {
    (void)options;
    (void)count;
    (void)words;
    cv_cache_stats stats;
    if (!cv_cache_store_stats(store, &stats)) {
        return cli_fail_error(self, cv_last_error(), "the cache");
    }
    cli_json row;
    cli_json_begin(&row);
    cli_json_number(&row, "items", stats.total_items);
    cli_json_number(&row, "expired_items", stats.expired_items);
    cli_json_number(&row, "negative_items", stats.negative_items);
    cli_json_number(&row, "bytes", stats.bytes);
    cli_json_number(&row, "file_kb", stats.database_size_kb);
    cli_output_one(&self->output);
    return cli_object_write(self, &row);
}

/* ---- deleting ---- */

typedef struct pruning {
    int64_t before_ms;
    int64_t deleted;
} pruning;

static cli_status prune_row(cli *self, cv_cache_store *store, const cv_cache_entry *entry,
                            void *user) {
    pruning *run = user;
    if (entry->created_at_ms >= run->before_ms || entry->is_foreign) {
        return CLI_DONE;
    }
    if (!cv_cache_store_delete(store, entry->hash)) {
        return cli_fail_error(self, cv_last_error(), entry->hash);
    }
    run->deleted++;
    return CLI_DONE;
}

static cli_status say_deleted(cli *self, int64_t deleted) {
    cli_json row;
    cli_json_begin(&row);
    cli_json_number(&row, "deleted", deleted);
    cli_output_one(&self->output);
    return cli_object_write(self, &row);
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
    return status == CLI_DONE ? say_deleted(self, before > after ? before - after : 0) : status;
}

static cli_status prune(cli *self, cv_cache_store *store, const cli_cache_options *options,
                        size_t count, const char *const *words) {
    (void)count;
    (void)words;
    if (options->older_ms == 0) {
        return delete_and_say(self, store, cv_cache_store_cleanup);
    }
    pruning run = {.before_ms = (int64_t)time(NULL) * 1000 - options->older_ms};
    cli_status status = cli_cache_walk(self, store, prune_row, &run);
    return status == CLI_DONE ? say_deleted(self, run.deleted) : status;
}

static cli_status clear(cli *self, cv_cache_store *store, const cli_cache_options *options,
                        size_t count, const char *const *words) {
    (void)count;
    (void)words;
    if (!options->is_sure) {
        return cli_usage_error(self, "cache clear deletes all that is kept: say --yes as well");
    }
    return delete_and_say(self, store, cv_cache_store_clear);
}

/* ---- its words ---- */

typedef struct action {
    const char *name;
    cli_cache_run *run;
    size_t least_words;
    size_t most_words;
    const char *takes;
} action;

static const action actions[] = {
    {"stats", show_stats, 0, 0, "nothing"},
    {"ls", cli_cache_list, 0, 0, "nothing"},
    {"show", cli_cache_show, 1, 1, "a hash"},
    {"prune", prune, 0, 0, "nothing"},
    {"clear", clear, 0, 0, "nothing"},
    {"verify", cli_cache_verify, 0, 0, "nothing"},
    {"export", cli_cache_export, 0, 1, "a file, or nothing"},
    {"import", cli_cache_import, 1, 1, "a file, or - for standard input"},
};

const char *cli_cache_word(size_t index) {
    return index < sizeof(actions) / sizeof(actions[0]) ? actions[index].name : NULL;
}

static const action *find_action(cli *self, const char *name) {
    cli_nearest nearest = {name, NULL, 0};
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].name, name) == 0) {
            return &actions[i];
        }
        cli_nearest_try(&nearest, actions[i].name);
    }
    (void)cli_usage_error(self, "there is no cache %s%s%s%s", name, nearest.found ? "; is " : "",
                          nearest.found ? nearest.found : "", nearest.found ? " meant?" : "");
    return NULL;
}

static cli_status run_cache(cli *self, const void *own, size_t count, const char *const *words) {
    const action *wanted = count > 0 ? find_action(self, words[0]) : NULL;
    if (!wanted) {
        return count > 0 ? CLI_USAGE
                         : cli_usage_error(self, "cache needs a word, such as: cache stats");
    }
    if (count - 1 < wanted->least_words || count - 1 > wanted->most_words) {
        return cli_usage_error(self, "cache %s takes %s", wanted->name, wanted->takes);
    }
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->settings.database;
    options.cleanup_interval_ms = CV_NONE;
    cv_cache_store *store = cv_cache_store_open(&options);
    if (!store) {
        return cli_fail_error(self, cv_last_error(), NULL);
    }
    cli_status status = wanted->run(self, store, own, count - 1, words + 1);
    cv_cache_store_close(store);
    return status;
}

static const cli_option rows[] = {
    {.name = "older-than",
     .kind = CLI_OPTION_DURATION,
     .offset = offsetof(cli_cache_options, older_ms),
     .argument = "TIME",
     .least = 1000,
     .help = "prune: deletes all answers that are older, fresh or not; without it, those that"
             " nobody may read any more"},
    {.name = "yes",
     .letter = 'y',
     .kind = CLI_OPTION_FLAG,
     .offset = offsetof(cli_cache_options, is_sure),
     .help = "clear: yes, delete everything"},
};

const cli_command cli_command_cache = {
    .name = "cache",
    .usage = "stats|ls|show HASH|prune|clear|verify|export [FILE]|import FILE",
    .summary = "shows, checks, empties, exports and imports what is kept of answers",
    .examples = "comicvine cache stats\n"
                "comicvine cache ls\n"
                "comicvine cache show 5f0d2c --raw\n"
                "comicvine cache prune --older-than 30d\n"
                "comicvine cache export answers.jsonl\n"
                "comicvine cache import answers.jsonl\n",
    .about =
        "Needs no API key and sends nothing. HASH is as \"ls\" shows it, or its beginning.\n"
        "\"verify\" reads each answer and looks at its checksum; it ends with 10 if one is\n"
        "damaged. \"export\" writes JSON lines, to standard output without a FILE; \"import\"\n"
        "reads them, and keeps what is newer where both have an answer.\n",
    .first = CLI_WORDS_CACHE,
    .takes = CLI_TAKES_OUTPUT,
    .options = {"Options of cache", rows, sizeof(rows) / sizeof(rows[0])},
    .own_size = sizeof(cli_cache_options),
    .run = run_cache,
};
