/* Owns what is taken from the configuration file and from the environment, and the order in which
 * it counts. A line of the file has the name of an option, with "-" or "_", for every command. */
#include "environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "key.h"
#include "memory.h"
#include "nearest.h"
#include "proxy.h"

/* A file as it is being read. */
typedef struct reading {
    cli *cli;
    const char *path;
    cli_given_list list;
    char *unknown; /* name that no option has */
    bool is_exposed;
} reading;

static const cli_option_group *const groups[] = {&cli_common_options, &cli_request_options,
                                                 &cli_output_options, &cli_key_options};

/* Names are written with "-" on the command line, mostly with "_" in files. */
static bool is_same_name(const char *name, const char *written) {
    for (; *name != '\0' && (*name == *written || (*name == '-' && *written == '_')); name++) {
        written++;
    }
    return *name == '\0' && *written == '\0';
}

/* What a file cannot say for every command: that its standard input has a key, or its format. */
static bool is_setting(const cli_option *row) {
    return row->kind != CLI_OPTION_REFUSED && row->kind != CLI_OPTION_FORMAT &&
           (row->kind != CLI_OPTION_KEY || row->argument);
}

static const cli_option *row_named(const char *written) {
    if (is_same_name(cli_key_itself.name, written)) {
        return &cli_key_itself;
    }
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        for (size_t k = 0; k < groups[i]->count; k++) {
            const cli_option *row = &groups[i]->rows[k];
            if (is_setting(row) && is_same_name(row->name, written)) {
                return row;
            }
        }
    }
    return NULL;
}

/* The setting that may have been meant; NULL: none is near. */
static const char *nearest_to(const char *written) {
    cli_nearest nearest = {written, NULL, 0};
    cli_nearest_try(&nearest, cli_key_itself.name);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        for (size_t k = 0; k < groups[i]->count; k++) {
            if (is_setting(&groups[i]->rows[k])) {
                cli_nearest_try(&nearest, groups[i]->rows[k].name);
            }
        }
    }
    return nearest.found;
}

static bool take_setting(const char *name, const char *value, size_t line, void *user) {
    reading *self = user;
    const cli_option *row = row_named(name);
    if (!row) {
        self->unknown = cli_copy(name, strlen(name));
        return false;
    }
    char *origin = cli_format("%s:%zu", self->path, line);
    cli_given_add(&self->list, row, &self->cli->settings, value, CLI_LAYER_FILE, origin);
    free(origin);
    return true;
}

/* Whether others may read a key that is in the file. */
static bool is_exposed(const reading *self, FILE *file) {
    struct stat status;
    return cli_given_find(&self->list, &cli_key_itself, CLI_LAYER_FILE) &&
           fstat(fileno(file), &status) == 0 && (status.st_mode & 077) != 0;
}

static cli_status read_open_file(reading *self, FILE *file) {
    size_t line = 0;
    bool is_malformed = false;
    bool is_well = cli_config_read(file, take_setting, self, &line, &is_malformed);
    if (ferror(file)) {
        return cli_fail(self->cli, CLI_USAGE, "cannot read %s: %s", self->path, strerror(errno));
    }
    if (is_well) {
        self->is_exposed = is_exposed(self, file);
        return CLI_DONE;
    }
    if (is_malformed) {
        return cli_fail(self->cli, CLI_USAGE, "%s:%zu: a line is written name = value", self->path,
                        line);
    }
    const char *near = nearest_to(self->unknown);
    return cli_fail(self->cli, CLI_USAGE, "%s:%zu: there is no setting %s%s%s%s", self->path, line,
                    self->unknown, near ? "; is " : "", near ? near : "", near ? " meant?" : "");
}

static cli_status read_file(reading *self, bool is_named) {
    FILE *file = fopen(self->path, "re");
    if (!file) {
        return !is_named && errno == ENOENT ? CLI_DONE
                                            : cli_fail(self->cli, CLI_USAGE, "cannot read %s: %s",
                                                       self->path, strerror(errno));
    }
    cli_status status = read_open_file(self, file);
    (void)fclose(file);
    free(self->unknown);
    return status;
}

static const cli_option *row_of(const cli_option_group *group, size_t offset) {
    for (size_t i = 0; i < group->count; i++) {
        if (group->rows[i].offset == offset) {
            return &group->rows[i];
        }
    }
    return NULL;
}

static const cli_option *common(size_t offset) {
    return row_of(&cli_common_options, offset);
}

/* The file that options or the environment name, else the usual one; free() it. */
static char *path_of(const cli *self, bool *is_named) {
    const cli_given *given =
        cli_given_find(&self->given, common(offsetof(cli_settings, config)), -1);
    const char *named = given ? given->value : getenv("COMICVINE_CONFIG");
    *is_named = named && named[0] != '\0';
    return *is_named ? cli_copy(named, strlen(named)) : cli_config_path();
}

static void read_environment(reading *self) {
    for (const char *const *name = cli_key_variables; *name; name++) {
        const char *value = getenv(*name);
        if (value && value[0] != '\0') {
            cli_given_add(&self->list, &cli_key_itself, &self->cli->settings, value,
                          CLI_LAYER_ENVIRONMENT, *name);
        }
    }
    static const struct {
        const char *name;
        size_t offset;
    } settings[] = {{"COMICVINE_BASE_URL", offsetof(cli_settings, base_url)},
                    {"COMICVINE_DATABASE", offsetof(cli_settings, database)}};
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        const char *value = getenv(settings[i].name);
        if (value && value[0] != '\0') {
            cli_given_add(&self->list, common(settings[i].offset), &self->cli->settings, value,
                          CLI_LAYER_ENVIRONMENT, settings[i].name);
        }
    }
}

/* What was given by options goes behind what has been read. */
static void join(cli *self, cli_given_list *list) {
    for (size_t i = 0; i < self->given.count; i++) {
        const cli_given *item = &self->given.items[i];
        cli_given_add(list, item->row, item->base, item->value, item->layer, item->origin);
    }
    cli_given_free(&self->given);
    self->given = *list;
}

/* Nothing in the cache is as young as 0, which the settings have where nothing is said. */
static void take_youngest(cli *self) {
    const cli_option *row = row_of(&cli_request_options, offsetof(cli_settings, max_age_ms));
    if (self->settings.max_age_ms == 0 && cli_given_find(&self->given, row, -1)) {
        self->settings.refreshes = true;
    }
}

/* The environment's proxy, if nobody has named one or said that there is none. What has no scheme
 * there is one with http. */
static void take_proxy(cli *self) {
    const cli_option *row = common(offsetof(cli_settings, proxy));
    const char *name = cli_proxy_variable(cli_base_url(self));
    const char *value = name ? getenv(name) : NULL;
    if (!value || cli_given_find(&self->given, row, -1)) {
        return;
    }
    char *url = cli_format("%s%s", strstr(value, "://") ? "" : "http://", value);
    cli_given_add(&self->given, row, &self->settings, url, CLI_LAYER_ENVIRONMENT, name);
    self->settings.proxy = self->given.items[self->given.count - 1].value;
    free(url);
}

static cli_status apply(cli *self) {
    for (size_t i = 0; i < self->given.count; i++) {
        const cli_given *given = &self->given.items[i];
        if (!cli_option_set(given->row, given->base, given->value)) {
            char *wanted = cli_option_wanted(given->row);
            (void)cli_usage_error(self, "%s: %s must be %s", given->origin, given->row->name,
                                  wanted);
            free(wanted);
            return CLI_USAGE;
        }
    }
    take_youngest(self);
    take_proxy(self);
    return CLI_DONE;
}

cli_status cli_environment_take(cli *self) {
    reading read = {.cli = self};
    bool is_named = false;
    char *path = path_of(self, &is_named);
    read.path = path;
    bool is_ignored =
        cli_given_find(&self->given, common(offsetof(cli_settings, ignores_config)), -1) != NULL;
    cli_status status = path && !is_ignored ? read_file(&read, is_named) : CLI_DONE;
    read_environment(&read);
    join(self, &read.list);
    status = status == CLI_DONE ? apply(self) : status;
    if (status == CLI_DONE && read.is_exposed) {
        cli_key_warn(self, path);
    }
    free(path);
    return status;
}
