/* Owns the meeting with popt: rows of options become its table, and what it finds becomes a list of
 * what was given. Nothing else knows popt. */
#include "arguments.h"

#include <popt.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "memory.h"
#include "nearest.h"

/* Beside the rows: what every command is asked in the same way. */
enum { VALUE_HELP = 1, VALUE_VERSION, VALUE_ROWS };

/* A look at a part of the command line. */
typedef struct look {
    cli_arguments *arguments;
    const cli_option_group *groups[CLI_GROUPS_MAX];
    size_t group_count;
    struct poptOption *table;
    const char **argv; /* its texts are the caller's, or `spelled` */
    char **spelled;
    int argc;
} look;

static size_t count_rows(const look *self) {
    size_t count = 0;
    for (size_t i = 0; i < self->group_count; i++) {
        count += self->groups[i]->count;
    }
    return count;
}

/* The row with this number among all groups; `group` is where it was. */
static const cli_option *row_at(const look *self, size_t number, const cli_option_group **group) {
    size_t i = 0;
    while (number >= self->groups[i]->count) {
        number -= self->groups[i]->count;
        i++;
    }
    *group = self->groups[i];
    return &self->groups[i]->rows[number];
}

static const cli_option *row_named(const look *self, const char *name, size_t length) {
    const cli_option_group *group = NULL;
    for (size_t i = 0; i < count_rows(self); i++) {
        const cli_option *row = row_at(self, i, &group);
        if (strlen(row->name) == length && strncmp(row->name, name, length) == 0) {
            return row;
        }
    }
    return NULL;
}

static void make_table(look *self) {
    size_t rows = count_rows(self);
    self->table = cli_allocate(rows + VALUE_ROWS, sizeof(*self->table));
    self->table[0] = (struct poptOption){.longName = "help", .shortName = 'h', .val = VALUE_HELP};
    self->table[1] =
        (struct poptOption){.longName = "version", .shortName = 'V', .val = VALUE_VERSION};
    const cli_option_group *group = NULL;
    for (size_t i = 0; i < rows; i++) {
        const cli_option *row = row_at(self, i, &group);
        self->table[i + 2] =
            (struct poptOption){.longName = row->name,
                                .shortName = row->letter,
                                .argInfo = row->argument ? POPT_ARG_STRING : POPT_ARG_NONE,
                                .val = (int)i + VALUE_ROWS};
    }
}

/* "5s" is a time and nothing else; 5 may be an id. */
static bool is_surely_time(const char *word) {
    int64_t ms = 0;
    return word[strspn(word, "0123456789")] != '\0' && cli_duration_parse(word, &ms);
}

/* The row that a word names with all its letters and no value; NULL: none that may lack one. */
static const cli_option *row_without_value(const look *self, const char *word) {
    const cli_option *row =
        strncmp(word, "--", 2) == 0 ? row_named(self, word + 2, strlen(word + 2)) : NULL;
    return row && row->may_lack_value ? row : NULL;
}

/* Of such options only times are told from words. */
static void refuse_apart(look *self, const cli_option *row, const char *next) {
    if (row->kind == CLI_OPTION_DURATION && is_surely_time(next) && !self->arguments->complaint) {
        self->arguments->complaint =
            cli_format("--%s takes its time with \"=\": --%s=%s", row->name, row->name, next);
    }
}

/* popt would take the next word as the value of an option that may lack one: spelled with its "="
 * it does not. A time that stands there was meant to be one, and is no id. */
static void spell_out(look *self, const char *const *argv) {
    self->argv = cli_allocate((size_t)self->argc + 1, sizeof(*self->argv));
    self->spelled = cli_allocate((size_t)self->argc + 1, sizeof(*self->spelled));
    bool is_open = true; /* no "--" yet */
    for (int i = 0; i < self->argc; i++) {
        const char *word = argv[i];
        is_open = is_open && strcmp(word, "--") != 0;
        const cli_option *row = is_open ? row_without_value(self, word) : NULL;
        self->spelled[i] = row ? cli_format("%s=", word) : NULL;
        self->argv[i] = self->spelled[i] ? self->spelled[i] : word;
        if (row && i + 1 < self->argc) {
            refuse_apart(self, row, argv[i + 1]);
        }
    }
}

static void look_begin(look *self, cli_arguments *arguments, int argc, const char *const *argv) {
    *self = (look){.arguments = arguments, .argc = argc};
    self->group_count = cli_command_groups(arguments->command, self->groups);
    make_table(self);
    spell_out(self, argv);
}

static void look_end(look *self) {
    for (int i = 0; i < self->argc; i++) {
        free(self->spelled[i]);
    }
    free(self->spelled);
    free(self->argv);
    free(self->table);
}

/* ---- what is wrong ---- */

static bool belongs_to_a_command(const char *name, size_t length) {
    for (const cli_command *const *row = cli_commands; *row; row++) {
        look one = {0};
        one.group_count = cli_command_groups(*row, one.groups);
        if (row_named(&one, name, length)) {
            return true;
        }
    }
    return false;
}

static char *unknown_option(const look *self, const char *word) {
    const char *name = word + strspn(word, "-");
    size_t length = strcspn(name, "=");
    const cli_command *command = self->arguments->command;
    if (!command && belongs_to_a_command(name, length)) {
        return cli_format("--%.*s is an option of some commands: it stands behind their name",
                          (int)length, name);
    }
    char *bare = cli_copy(name, length);
    cli_nearest nearest = {bare, NULL, 0};
    const cli_option_group *group = NULL;
    for (size_t i = 0; i < count_rows(self); i++) {
        const cli_option *row = row_at(self, i, &group);
        if (row->kind != CLI_OPTION_REFUSED) {
            cli_nearest_try(&nearest, row->name);
        }
    }
    char *complaint = cli_format("there is no option %.*s%s%s%s%s%s", (int)strcspn(word, "="), word,
                                 command ? " of " : "", command ? command->name : "",
                                 nearest.found ? "; is --" : "", nearest.found ? nearest.found : "",
                                 nearest.found ? " meant?" : "");
    free(bare);
    return complaint;
}

static char *complaint_of(const look *self, poptContext context, int code) {
    const char *word = poptBadOption(context, POPT_BADOPTION_NOALIAS);
    switch (code) {
    case POPT_ERROR_BADOPT:
        return unknown_option(self, word);
    case POPT_ERROR_NOARG:
        return cli_format("%s needs a value", word);
    case POPT_ERROR_UNWANTEDARG:
        return cli_format("%.*s takes no value", (int)strcspn(word, "="), word);
    default:
        return cli_format("%s: %s", word, poptStrerror(code));
    }
}

/* ---- taking ---- */

static void take_row(look *self, size_t number, const char *value, void *settings,
                     cli_given_list *list) {
    cli_arguments *arguments = self->arguments;
    const cli_option_group *group = NULL;
    const cli_option *row = row_at(self, number, &group);
    if (row->kind == CLI_OPTION_REFUSED) {
        arguments->complaint = cli_format("there is no option --%s: %s", row->name, row->help);
        return;
    }
    bool is_own = arguments->command && group == &arguments->command->options;
    bool is_empty = row->may_lack_value && value && value[0] == '\0';
    char *origin = cli_format("--%s", row->name);
    cli_given_add(list, row, is_own ? arguments->own : settings, is_empty ? NULL : value,
                  CLI_LAYER_OPTION, origin);
    free(origin);
}

/* All options until the first word that is none (`until_word`), or all there are. The words that
 * are left stay with the context. */
static void take_options(look *self, poptContext context, void *settings, cli_given_list *list) {
    int value = 0;
    while (!self->arguments->complaint && (value = poptGetNextOpt(context)) > 0) {
        char *text = poptGetOptArg(context);
        if (value == VALUE_HELP) {
            self->arguments->wants_help = true;
        } else if (value == VALUE_VERSION) {
            self->arguments->wants_version = true;
        } else {
            take_row(self, (size_t)(value - VALUE_ROWS), text, settings, list);
        }
        free(text);
    }
    if (value < -1) {
        self->arguments->complaint = complaint_of(self, context, value);
    }
}

/* The words behind options; until the first of them with POPT_CONTEXT_POSIXMEHARDER, where all else
 * is words. */
static void parse_part(cli_arguments *self, int argc, const char *const *argv, unsigned flags,
                       void *settings, cli_given_list *list) {
    look part;
    look_begin(&part, self, argc, argv);
    poptContext context =
        poptGetContext("comicvine", argc, part.argv, part.table, flags | POPT_CONTEXT_KEEP_FIRST);
    take_options(&part, context, settings, list);
    const char **left = poptGetArgs(context);
    while (!self->complaint && left && left[self->word_count]) {
        self->words = cli_resize(self->words, self->word_count + 1, sizeof(*self->words));
        const char *word = left[self->word_count];
        self->words[self->word_count++] = cli_copy(word, strlen(word));
    }
    poptFreeContext(context);
    look_end(&part);
}

static void free_words(cli_arguments *self) {
    for (size_t i = 0; i < self->word_count; i++) {
        free(self->words[i]);
    }
    free(self->words);
    self->words = NULL;
    self->word_count = 0;
}

static char *unknown_command(const char *name) {
    const cli_command *near = cli_command_near(name);
    return cli_format("there is no command %s%s%s%s", name, near ? "; is " : "",
                      near ? near->name : "", near ? " meant?" : "");
}

void cli_arguments_parse(cli_arguments *self, int argc, const char *const *argv, void *settings,
                         cli_given_list *given) {
    *self = (cli_arguments){0};
    parse_part(self, argc - 1, argv + 1, POPT_CONTEXT_POSIXMEHARDER, settings, given);
    if (self->complaint || self->word_count == 0) {
        return;
    }
    self->command = cli_command_find(self->words[0]);
    if (!self->command) {
        self->complaint = unknown_command(self->words[0]);
        return;
    }
    int behind = argc - (int)self->word_count + 1;
    free_words(self);
    self->own = self->command->own_size > 0 ? cli_allocate(1, self->command->own_size) : NULL;
    parse_part(self, argc - behind, argv + behind, 0, settings, given);
}

void cli_arguments_free(cli_arguments *self) {
    free_words(self);
    free(self->own);
    free(self->complaint);
}
