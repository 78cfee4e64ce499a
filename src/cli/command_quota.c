/* comicvine quota: what is left of the budget, path by path, and who has spent it. */
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "interrupt.h"
#include "json_write.h"
#include "place.h"
#include "record.h"
#include "terminal.h"

enum { SPENDERS_MAX = 64, WATCH_MS = 2000, WATCH_LEAST_MS = 200 };

typedef struct quota_options {
    int64_t watch_ms; /* 0: once */
    bool by_program;
    bool shows_all;
} quota_options;

static void add_moment(cli_json *row, const char *name, int64_t unix_ms) {
    if (unix_ms > 0) {
        cli_json_moment(row, name, unix_ms);
    } else {
        cli_json_text(row, name, NULL);
    }
}

static cli_status write_path(cli *self, const char *path, const cv_rate_limit_status *status) {
    cli_json row;
    cli_json_begin(&row);
    cli_json_text(&row, "path", path);
    cli_json_number(&row, "used", status->used);
    if (status->limit == CV_NONE) {
        cli_json_text(&row, "limit", NULL);
        cli_json_text(&row, "remaining", NULL);
    } else {
        cli_json_number(&row, "limit", status->limit);
        cli_json_number(&row, "remaining", status->remaining);
    }
    cli_json_number(&row, "user_reserved", status->user_reserved);
    cli_json_number(&row, "background_max", status->background_max);
    cli_json_bool(&row, "background_paused", status->background_paused);
    add_moment(&row, "next_at", status->next_slot_ms);
    add_moment(&row, "reset_at", status->reset_at_ms);
    add_moment(&row, "cooldown_until", status->cooldown_until_ms);
    cli_json_text(&row, "reason", status->reason);
    return cli_object_write(self, &row);
}

static cli_status write_programs(cli *self, cv_rate_limit_store *store, const char *path) {
    cv_rate_limit_spender spenders[SPENDERS_MAX];
    size_t count = 0;
    if (!cv_rate_limit_store_spenders(store, path, spenders, SPENDERS_MAX, &count)) {
        return cli_fail_error(self, cv_last_error(), path);
    }
    for (size_t i = 0; i < count && i < SPENDERS_MAX; i++) {
        cli_json row;
        cli_json_begin(&row);
        cli_json_text(&row, "path", path);
        cli_json_text(&row, "application", spenders[i].application);
        cli_json_number(&row, "pid", spenders[i].pid);
        cli_json_number(&row, "requests", spenders[i].requests);
        cli_json_number(&row, "user_requests", spenders[i].user_requests);
        cli_json_moment(&row, "last_at", spenders[i].last_ms);
        if (cli_object_write(self, &row) != CLI_DONE) {
            return CLI_FAILED;
        }
    }
    return CLI_DONE;
}

/* `always`: also of a path of which nothing is used and that is open. */
static cli_status show_path(cli *self, const quota_options *options, const char *path,
                            bool always) {
    cv_rate_limit_store *store = cv_client_rate_limit(self->client);
    cv_rate_limit_status status;
    if (options->by_program) {
        return write_programs(self, store, path);
    }
    if (!cv_rate_limit_store_status(store, path, &status)) {
        return cli_fail_error(self, cv_last_error(), path);
    }
    if (!always && status.used == 0 && status.cooldown_until_ms == 0) {
        return CLI_DONE;
    }
    return write_path(self, path, &status);
}

/* Details, lists, and searches: each is counted on its own. */
static cli_status show_all(cli *self, const quota_options *options) {
    cli_status status = show_path(self, options, "search", options->shows_all);
    for (int i = CV_RESOURCE_NONE + 1; status == CLI_DONE; i++) {
        const char *detail = cv_resource_name((cv_resource)i);
        const char *list = cv_resource_list_name((cv_resource)i);
        if (!list) {
            break;
        }
        if (strcmp(detail, list) != 0) {
            status = show_path(self, options, detail, options->shows_all);
        }
        if (status == CLI_DONE) {
            status = show_path(self, options, list, options->shows_all);
        }
    }
    return status;
}

/* What a terminal has room for uncut: half of a date is worth less than none. */
static const char *columns_of_paths(const cli_output *output) {
    static const struct {
        size_t least_width;
        const char *names;
    } layouts[] = {{110, "path,used,limit,remaining,next_at,reset_at,reason"},
                   {86, "path,used,limit,remaining,next_at,reset_at"},
                   {64, "path,used,limit,remaining,reset_at"},
                   {0, "path,used,limit,remaining"}};
    bool is_bound = output->format == CLI_OUTPUT_TABLE && output->is_terminal;
    size_t width = is_bound ? cli_terminal_columns(STDOUT_FILENO) : SIZE_MAX;
    size_t i = 0;
    while (width < layouts[i].least_width) {
        i++;
    }
    return layouts[i].names;
}

static cli_status show(cli *self, const quota_options *options, size_t count,
                       const char *const *words) {
    cli_output_columns(&self->output, options->by_program
                                          ? "path,application,pid,requests,user_requests,last_at"
                                          : columns_of_paths(&self->output));
    cli_status status = count == 0 ? show_all(self, options) : CLI_DONE;
    for (size_t i = 0; i < count && status == CLI_DONE; i++) {
        status = show_path(self, options, words[i], true);
    }
    return status;
}

/* Until a signal comes. On a terminal each look takes the place of the one before. */
static cli_status watch(cli *self, const quota_options *options, size_t count,
                        const char *const *words) {
    struct pollfd signal = {.fd = cli_interrupt_fd(), .events = POLLIN};
    cli_status status = CLI_DONE;
    for (bool is_first = true; status == CLI_DONE && cli_interrupt_status() == CLI_DONE;
         is_first = false) {
        if (!is_first) { /* what is begun is ended, and an array that was not wanted is none */
            cli_output_free(&self->output);
            cli_output_begin(&self->output, &self->settings);
        }
        if (self->output.format == CLI_OUTPUT_TABLE && cli_terminal_obeys(STDOUT_FILENO)) {
            (void)fputs("\033[H\033[2J", self->output.file);
        }
        status = show(self, options, count, words);
        if (!cli_output_end(&self->output)) {
            return CLI_FAILED;
        }
        (void)poll(&signal, 1, (int)options->watch_ms);
    }
    return status;
}

static cli_status check_paths(cli *self, size_t count, const char *const *words) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], "search") != 0 && cli_resource(self, words[i]) == CV_RESOURCE_NONE) {
            return CLI_USAGE;
        }
    }
    return CLI_DONE;
}

static cli_status run_quota(cli *self, const void *own, size_t count, const char *const *words) {
    const quota_options *options = own;
    cli_status status = check_paths(self, count, words);
    if (status == CLI_DONE) {
        status = cli_place_check(self);
    }
    if (status == CLI_DONE) {
        status = cli_open(self);
    }
    if (status != CLI_DONE) {
        return status;
    }
    return options->watch_ms > 0 ? watch(self, options, count, words)
                                 : show(self, options, count, words);
}

static const cli_option rows[] = {
    {.name = "watch",
     .letter = 'w',
     .kind = CLI_OPTION_DURATION,
     .offset = offsetof(quota_options, watch_ms),
     .argument = "TIME",
     .may_lack_value = true,
     .least = WATCH_LEAST_MS,
     .most = 3600000,
     .constant = WATCH_MS,
     .help = "looks again each 2 seconds, or as often as said, until Ctrl-C"},
    {.name = "programs",
     .kind = CLI_OPTION_FLAG,
     .offset = offsetof(quota_options, by_program),
     .help = "says which programs have made the requests, those that made most first"},
    {.name = "all",
     .letter = 'a',
     .kind = CLI_OPTION_FLAG,
     .offset = offsetof(quota_options, shows_all),
     .help = "also paths of which nothing is used"},
};

const cli_command cli_command_quota = {
    .name = "quota",
    .usage = "[PATH...]",
    .summary = "shows what is left of the hourly budget, and until when",
    .examples = "comicvine quota\n"
                "comicvine quota issue issues --watch\n"
                "comicvine quota --programs\n"
                "comicvine quota search --json=remaining,next_at\n",
    .about =
        "The service counts each path on its own: issue, issues, search. Without a PATH, those\n"
        "that are in use. All programs on the file count. Nothing is sent.\n",
    .takes = CLI_TAKES_KEY | CLI_TAKES_OUTPUT,
    .options = {"Options of quota", rows, sizeof(rows) / sizeof(rows[0])},
    .own_size = sizeof(quota_options),
    .first = CLI_WORDS_RESOURCES,
    .run = run_quota,
};
