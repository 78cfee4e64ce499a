/* Owns the grammar of the configuration file, and where it lies. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static const char blanks[] = " \t\r\n";

static char *without_blanks(char *text) {
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1])) {
        length--;
    }
    text[length] = '\0';
    return text;
}

static char *without_quotes(char *text) {
    size_t length = strlen(text);
    if (length < 2 || text[0] != '"' || text[length - 1] != '"') {
        return text;
    }
    text[length - 1] = '\0';
    return text + 1;
}

/* Parts a line; `name` is "" where there is nothing to set. False: it is malformed. */
static bool parse_line(char *line, const char **name, const char **value) {
    char *text = without_blanks(line);
    *name = "";
    if (text[0] == '\0' || text[0] == '#' || text[0] == ';' || text[0] == '[') {
        return true;
    }
    char *sign = strchr(text, '=');
    if (!sign || sign == text) {
        return false;
    }
    *sign = '\0';
    *name = without_blanks(text);
    *value = without_quotes(without_blanks(sign + 1));
    return true;
}

bool cli_config_read(FILE *file, cli_config_fn *set, void *user, size_t *line, bool *is_malformed) {
    char *text = NULL;
    size_t size = 0;
    bool is_well = true;
    *line = 0;
    *is_malformed = false;
    while (is_well && getline(&text, &size, file) >= 0) {
        const char *name = NULL;
        const char *value = NULL;
        ++*line;
        *is_malformed = !parse_line(text, &name, &value);
        is_well = !*is_malformed && (name[0] == '\0' || set(name, value, *line, user));
    }
    if (text) {
        explicit_bzero(text, size); /* the key may have been in it */
    }
    free(text);
    return is_well;
}

char *cli_config_path(void) {
    const char *folder = getenv("XDG_CONFIG_HOME");
    if (folder && folder[0] == '/') { /* the standard: others are to be ignored */
        return cli_format("%s/comicvine/config", folder);
    }
    const char *home = getenv("HOME");
    return home && home[0] != '\0' ? cli_format("%s/.config/comicvine/config", home) : NULL;
}
