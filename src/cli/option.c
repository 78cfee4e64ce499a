/* Owns how the text of an option becomes its value. Pure. */
#include "option.h"

#include <string.h>

#include "duration.h"
#include "memory.h"
#include "number.h"
#include "settings.h"

/* Where a row's value goes. Rows are tables written beside the struct that they speak of. */
static void *place_of(const cli_option *row, void *base) {
    return (char *)base + row->offset;
}

static bool is_one_of(const char *const *words, const char *value, int64_t *found) {
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0) {
            *found = (int64_t)i;
            return true;
        }
    }
    return false;
}

/* In a configuration file a flag has a value, on the command line none. */
static bool set_flag(bool *flag, const char *value) {
    static const char *const words[] = {"no", "yes", "false", "true", "0", "1", "off", "on", NULL};
    int64_t found = 1;
    if (value && !is_one_of(words, value, &found)) {
        return false;
    }
    *flag = found % 2 == 1;
    return true;
}

static bool set_constant(const cli_option *row, int64_t *place, const char *value) {
    bool is_wanted = false;
    if (!set_flag(&is_wanted, value)) {
        return false;
    }
    *place = is_wanted ? row->constant : *place;
    return true;
}

/* "-v -v" on the command line is "verbose = 2" in a file. */
static bool set_count(int64_t *place, const char *value) {
    int64_t count = *place + 1;
    if (value && (!cli_number_parse(value, &count) || count < 0)) {
        return false;
    }
    *place = count;
    return true;
}

static bool set_text(const cli_option *row, const char **place, const char *value) {
    if (!value || (int64_t)strlen(value) < row->least) {
        return false;
    }
    *place = value;
    return true;
}

static bool is_within(const cli_option *row, int64_t number) {
    return number >= row->least && (row->most == 0 || number <= row->most);
}

static bool set_number(const cli_option *row, int64_t *place, const char *value) {
    int64_t number = 0;
    if (!value || !cli_number_parse(value, &number) || !is_within(row, number)) {
        return false;
    }
    *place = number;
    return true;
}

static bool set_duration(const cli_option *row, int64_t *place, const char *value) {
    int64_t ms = row->constant;
    if (value && (!cli_duration_parse(value, &ms) || !is_within(row, ms))) {
        return false;
    }
    *place = ms;
    return true;
}

static bool set_format(const cli_option *row, cli_format_choice *place, const char *value) {
    place->format = row->constant;
    place->columns = value && value[0] != '\0' ? value : NULL;
    return true;
}

bool cli_option_set(const cli_option *row, void *base, const char *value) {
    void *place = place_of(row, base);
    switch (row->kind) {
    case CLI_OPTION_FLAG:
        return set_flag(place, value);
    case CLI_OPTION_COUNT:
        return set_count(place, value);
    case CLI_OPTION_TEXT:
        return set_text(row, place, value);
    case CLI_OPTION_NUMBER:
        return set_number(row, place, value);
    case CLI_OPTION_DURATION:
        return set_duration(row, place, value);
    case CLI_OPTION_CHOICE:
        return value && is_one_of(row->words, value, place);
    case CLI_OPTION_CONSTANT:
        return set_constant(row, place, value);
    case CLI_OPTION_FORMAT:
        return set_format(row, place, value);
    case CLI_OPTION_KEY:
        return true;
    case CLI_OPTION_REFUSED:
        return false;
    }
    return false;
}

static char *one_of(const char *const *words) {
    cli_text text;
    cli_text_begin(&text);
    for (size_t i = 0; words[i]; i++) {
        (void)fprintf(text.file, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    }
    return cli_text_end(&text);
}

static char *duration(const cli_option *row) {
    char least[CLI_DURATION_SIZE];
    char most[CLI_DURATION_SIZE];
    cli_duration_exact(row->least, least);
    cli_duration_exact(row->most, most);
    return cli_format("a duration such as 90s, 15m, 2h or 1d%s%s%s%s",
                      row->least > 0 ? ", from " : "", row->least > 0 ? least : "",
                      row->most > 0 ? " to " : "", row->most > 0 ? most : "");
}

char *cli_option_wanted(const cli_option *row) {
    switch (row->kind) {
    case CLI_OPTION_FLAG:
    case CLI_OPTION_CONSTANT:
        return cli_format("yes or no");
    case CLI_OPTION_COUNT:
    case CLI_OPTION_NUMBER:
        return row->most == 0 ? cli_format("a number from %lld", (long long)row->least)
                              : cli_format("a number from %lld to %lld", (long long)row->least,
                                           (long long)row->most);
    case CLI_OPTION_DURATION:
        return duration(row);
    case CLI_OPTION_CHOICE:
        return one_of(row->words);
    case CLI_OPTION_TEXT:
        return cli_format(row->least > 0 ? "a value that is not empty" : "a value");
    default:
        return cli_format("a value");
    }
}
