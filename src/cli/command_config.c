/* comicvine config: what holds, and where it is from. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "config.h"
#include "json_write.h"
#include "memory.h"
#include "record.h"

static bool write_setting(cli *self, const char *name, const char *value, const char *origin) {
    cli_json row;
    cli_json_begin(&row);
    cli_json_text(&row, "name", name);
    cli_json_text(&row, "value", value);
    cli_json_text(&row, "origin", origin);
    return cli_object_write(self, &row) == CLI_DONE;
}

/* The value without the user and password that a URL may have; free() it. */
static char *without_password(const char *value) {
    const char *host = strstr(value, "://");
    host = host ? host + strlen("://") : value;
    const char *at = memrchr(host, '@', strcspn(host, "/?#"));
    return at && host > value ? cli_format("%.*s***%s", (int)(host - value), value, at)
                              : cli_copy(value, strlen(value));
}

/* The key itself is never shown. */
static bool write_given(cli *self, const cli_option *option) {
    const cli_given *given = cli_given_find(&self->given, option, -1);
    if (!given) {
        return true;
    }
    char *value = without_password(given->value ? given->value : "yes");
    bool is_written = write_setting(self, option->name, option == &cli_key_itself ? "(set)" : value,
                                    given->origin);
    free(value);
    return is_written;
}

static bool write_group(cli *self, const cli_option_group *group) {
    for (size_t i = 0; i < group->count; i++) {
        if (!write_given(self, &group->rows[i])) {
            return false;
        }
    }
    return true;
}

static cli_status run_config(cli *self, const void *own, size_t count, const char *const *words) {
    (void)own;
    (void)words;
    if (count > 0) {
        return cli_usage_error(self, "config takes nothing; it only shows what holds");
    }
    cli_output_columns(&self->output, "name,value,origin");
    const char *named = self->settings.config;
    char *usual = named ? NULL : cli_config_path();
    bool is_written = true;
    if (!self->settings.ignores_config) {
        is_written = write_setting(self, "configuration", named ? named : usual,
                                   named ? "--config" : "the usual place");
    }
    is_written = is_written && write_group(self, &cli_common_options) &&
                 write_group(self, &cli_request_options) &&
                 write_group(self, &cli_output_options) && write_group(self, &cli_key_options) &&
                 write_given(self, &cli_key_itself);
    free(usual);
    return is_written ? CLI_DONE : CLI_FAILED;
}

const cli_command cli_command_config = {
    .name = "config",
    .usage = "",
    .summary = "shows which settings hold, and where each is from",
    .examples = "comicvine config\n"
                "comicvine config --ignore-config\n",
    .about = "Options go before the environment, and that before the configuration file, whose\n"
             "lines are \"name = value\" with the names of the options. The key is not shown.\n",
    .takes = CLI_TAKES_REQUEST | CLI_TAKES_OUTPUT | CLI_TAKES_KEY,
    .run = run_config,
};
