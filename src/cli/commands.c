/* Owns the list of commands. A new one: its file, its line here. */
#include "command.h"

#include <string.h>

#include "cache.h"
#include "commands.h"
#include "nearest.h"
#include "settings.h"

const cli_command *const cli_commands[] = {
    &cli_command_get,       &cli_command_list,
    &cli_command_search,    &cli_command_batch,
    &cli_command_cover,     &cli_command_quota,
    &cli_command_status,    &cli_command_cache,
    &cli_command_check_key, &cli_command_doctor,
    &cli_command_config,    &cli_command_completion,
    &cli_command_help,      NULL,
};

const cli_command *cli_command_find(const char *name) {
    for (const cli_command *const *row = cli_commands; *row; row++) {
        if (strcmp((*row)->name, name) == 0) {
            return *row;
        }
    }
    return NULL;
}

const cli_command *cli_command_near(const char *name) {
    cli_nearest nearest = {name, NULL, 0};
    for (const cli_command *const *row = cli_commands; *row; row++) {
        cli_nearest_try(&nearest, (*row)->name);
    }
    return nearest.found ? cli_command_find(nearest.found) : NULL;
}

const char *cli_command_word(cli_words kind, size_t index) {
    static const char *const shells[] = {"bash", "zsh", "fish", NULL};
    switch (kind) {
    case CLI_WORDS_CACHE:
        return cli_cache_word(index);
    case CLI_WORDS_SHELLS:
        return shells[index];
    case CLI_WORDS_RESOURCES:
        return cv_resource_name((cv_resource)(index + CV_RESOURCE_NONE + 1));
    case CLI_WORDS_COMMANDS:
        return cli_commands[index] ? cli_commands[index]->name : NULL;
    default:
        return NULL;
    }
}

size_t cli_command_groups(const cli_command *command, const cli_option_group **groups) {
    size_t count = 0;
    if (command && command->options.count > 0) {
        groups[count++] = &command->options;
    }
    if (command && (command->takes & CLI_TAKES_REQUEST)) {
        groups[count++] = &cli_request_options;
    }
    if (command && (command->takes & CLI_TAKES_OUTPUT)) {
        groups[count++] = &cli_output_options;
    }
    if (!command || (command->takes & CLI_TAKES_KEY)) {
        groups[count++] = &cli_key_options;
    }
    groups[count++] = &cli_common_options;
    return count;
}
