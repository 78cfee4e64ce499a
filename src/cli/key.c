/* Owns the search for the key. */
#include "key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "input.h"
#include "key_command.h"
#include "key_prompt.h"
#include "memory.h"

enum { KEY_COMMAND_MS = 30000, OTHERS = 077 };

const char *const cli_key_variables[] = {"COMICVINE__API_KEY", "COMICVINE_API_KEY",
                                         "COMIC_VINE_API_KEY", NULL};

/* The first line of a file, without blanks around it; NULL: it has none. */
static char *first_line(FILE *file) {
    char *line = NULL;
    size_t size = 0;
    if (getline(&line, &size, file) < 0) {
        free(line);
        return NULL;
    }
    const char *blanks = " \t\r\n";
    char *start = line + strspn(line, blanks);
    size_t length = strlen(start);
    while (length > 0 && strchr(blanks, start[length - 1])) {
        length--;
    }
    char *key = length > 0 ? cli_copy(start, length) : NULL;
    explicit_bzero(line, strlen(line));
    free(line);
    return key;
}

void cli_key_warn(cli *self, const char *path) {
    cli_warn(self, "others may read the API key in %s: chmod 600 it", path);
}

/* A pipe, such as a shell makes for <(pass show comicvine), is nobody else's. */
static bool is_exposed(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & OTHERS) != 0;
}

static cli_status from_file(cli *self, const char *path, char **key) {
    FILE *file = cli_input_open(path);
    if (!file) {
        return cli_fail(self, CLI_KEY, "cannot read the API key from %s: %s", path,
                        strerror(errno));
    }
    if (is_exposed(path)) {
        cli_key_warn(self, path);
    }
    *key = first_line(file);
    (void)fclose(file);
    return *key ? CLI_DONE : cli_fail(self, CLI_KEY, "there is no API key in %s", path);
}

static cli_status from_input(cli *self, char **key) {
    FILE *input = cli_standard_input(self);
    cli_key_prompt prompt;
    cli_key_prompt_begin(&prompt);
    *key = input ? first_line(input) : NULL;
    cli_key_prompt_end(&prompt);
    return *key ? CLI_DONE : cli_fail(self, CLI_KEY, "there is no API key on standard input");
}

static cli_status from_command(cli *self, const char *command, char **key) {
    char *line = NULL;
    switch (cli_key_command(command, KEY_COMMAND_MS, &line)) {
    case CLI_KEY_COMMAND_WELL:
        *key = line;
        return CLI_DONE;
    case CLI_KEY_COMMAND_SLOW:
        return cli_fail(self, CLI_KEY, "the command for the API key gave none within %d s",
                        KEY_COMMAND_MS / 1000);
    case CLI_KEY_COMMAND_FAILED:
        break;
    }
    return cli_fail(self, CLI_KEY, "the command for the API key has failed, or said nothing");
}

/* What a source gives; its place in the table of cli_key_options, behind the key itself. */
static cli_status from_source(cli *self, const cli_given *given, char **key) {
    const cli_option *rows = cli_key_options.rows;
    if (given->row == &cli_key_itself) {
        *key = cli_copy(given->value, strlen(given->value));
        return CLI_DONE;
    }
    if (given->row == &rows[CLI_KEY_FILE]) {
        return from_file(self, given->value, key);
    }
    if (given->row == &rows[CLI_KEY_INPUT]) {
        return from_input(self, key);
    }
    return from_command(self, given->value, key);
}

/* The source that counts; NULL: none was given. */
static const cli_given *source(const cli *self) {
    const cli_option *rows = cli_key_options.rows;
    const cli_option *const order[] = {&cli_key_itself, &rows[CLI_KEY_FILE], &rows[CLI_KEY_INPUT],
                                       &rows[CLI_KEY_COMMAND]};
    for (int layer = CLI_LAYER_OPTION; layer >= CLI_LAYER_FILE; layer--) {
        for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
            const cli_given *given = cli_given_find(&self->given, order[i], layer);
            if (given) {
                return given;
            }
        }
    }
    return NULL;
}

cli_status cli_key_get(cli *self, char **key) {
    const cli_given *given = source(self);
    if (given) {
        return from_source(self, given, key);
    }
    if (self->settings.is_offline) {
        *key = cli_copy("offline", strlen("offline")); /* the library wants one, and sends none */
        return CLI_DONE;
    }
    return cli_fail(self, CLI_KEY,
                    "there is no API key: set COMIC_VINE_API_KEY, or name a file with"
                    " --api-key-file (https://comicvine.gamespot.com/api/ gives keys)");
}

void cli_key_free(char *key) {
    if (key) {
        explicit_bzero(key, strlen(key));
        free(key);
    }
}
