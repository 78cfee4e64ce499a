/* Options, as tables: one row says how an option is written, what it takes, where its value goes,
 * and what people are told about it. Help, completion, parsing and the configuration file all work
 * from the same rows. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a row's `offset` points to. */
typedef enum cli_option_kind {
    CLI_OPTION_FLAG = 0, /* bool */
    CLI_OPTION_COUNT,    /* int64_t, one more each time */
    CLI_OPTION_TEXT,     /* const char *, of `least` bytes at least */
    CLI_OPTION_NUMBER,   /* int64_t, from `least` to `most` */
    CLI_OPTION_DURATION, /* int64_t, milliseconds in these bounds; without a value `constant` */
    CLI_OPTION_CHOICE,   /* int64_t, the place of the word in `words` */
    CLI_OPTION_CONSTANT, /* int64_t, becomes `constant` */
    CLI_OPTION_FORMAT,   /* cli_format_choice, its format becomes `constant` */
    CLI_OPTION_KEY,      /* nothing: where the key is, which key.c looks for itself */
    CLI_OPTION_REFUSED   /* nothing: `help` says why there is no such option */
} cli_option_kind;

typedef struct cli_option {
    const char *name; /* without the dashes */
    char letter;      /* '\0': none */
    cli_option_kind kind;
    size_t offset;        /* in cli_settings, or in what the command calls its own */
    const char *argument; /* how help calls the value; NULL: it takes none */
    bool may_lack_value;  /* "--json" beside "--json=id,name" */
    int64_t least;
    int64_t most; /* 0: no bound */
    int64_t constant;
    const char *const *words; /* of a choice, ends with NULL */
    const char *help;
} cli_option;

/* Rows that belong together. */
typedef struct cli_option_group {
    const char *title;
    const cli_option *rows;
    size_t count;
} cli_option_group;

/* Puts a value where the row says, in `base`; `value` NULL: none was given. Texts are not copied.
 * False: `value` is not one; cli_option_wanted says what would be. */
bool cli_option_set(const cli_option *row, void *base, const char *value);

/* What the row takes, "a duration such as 90s, 15m or 2h"; free() it. */
char *cli_option_wanted(const cli_option *row);

#endif
