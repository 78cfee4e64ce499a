/* comicvine cache: what is kept of answers. It opens the cache alone: no key, no network. */
#include <string.h>

#include "cache.h"
#include "commands.h"
#include "interrupt.h"
#include "nearest.h"
#include "place.h"
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

/* ---- its words ---- */

typedef struct action {
    const char *name;
    cli_cache_run *run;
    size_t least_words;
    size_t most_words;
    const char *takes;
    bool makes_file;
} action;

static const action actions[] = {
    {"stats", show_stats, 0, 0, "nothing", false},
    {"ls", cli_cache_list, 0, 0, "nothing", false},
    {"show", cli_cache_show, 1, 1, "a hash", false},
    {"prune", cli_cache_prune, 0, 0, "nothing", false},
    {"clear", cli_cache_clear, 0, 0, "nothing", false},
    {"verify", cli_cache_verify, 0, 0, "nothing", false},
    {"export", cli_cache_export, 0, 1, "a file, or nothing", false},
    {"import", cli_cache_import, 1, 1, "a file, or - for standard input", true},
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

/* `words` are those behind its own. */
static cli_status run_action(cli *self, const action *wanted, const cli_cache_options *own,
                             size_t count, const char *const *words) {
    cli_status status = wanted->makes_file ? CLI_DONE : cli_place_check(self);
    if (status != CLI_DONE) {
        return status;
    }
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    options.database = self->settings.database;
    options.stale_s = CLI_CACHE_STALE_S;
    options.cleanup_interval_ms = CV_NONE;
    cv_cache_store *store = cv_cache_store_open(&options);
    if (!store) {
        return cli_fail_error(self, cv_last_error(), NULL);
    }
    status = wanted->run(self, store, own, count, words);
    cv_cache_store_close(store);
    return status;
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
    return run_action(self, wanted, own, count - 1, words + 1);
}

static const cli_option rows[] = {
    {.name = "older-than",
     .kind = CLI_OPTION_DURATION,
     .offset = offsetof(cli_cache_options, older_ms),
     .argument = "TIME",
     .least = 1000,
     .help = "prune: deletes all answers that are older, fresh or not; without it, those that"
             " nobody may read any more"},
    {.name = "dry-run",
     .letter = 'n',
     .kind = CLI_OPTION_FLAG,
     .offset = offsetof(cli_cache_options, is_dry_run),
     .help = "prune and clear: delete nothing, and say how many answers they would"},
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
