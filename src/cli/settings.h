/* What a run was told: by a configuration file, by the environment, by options. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "option.h"

/* How records are written. */
typedef enum cli_output_format {
    CLI_OUTPUT_BY_TERMINAL = 0, /* a table on a terminal, else JSON lines */
    CLI_OUTPUT_TABLE,
    CLI_OUTPUT_JSON,
    CLI_OUTPUT_JSON_LINES,
    CLI_OUTPUT_CSV,
    CLI_OUTPUT_TSV,
    CLI_OUTPUT_RAW
} cli_output_format;

typedef struct cli_format_choice {
    int64_t format;      /* cli_output_format */
    const char *columns; /* names joined by commas; NULL: all, or what suits the resource */
} cli_format_choice;

typedef enum cli_progress_choice {
    CLI_PROGRESS_AUTO = 0,
    CLI_PROGRESS_ALWAYS,
    CLI_PROGRESS_NEVER
} cli_progress_choice;

/* All of 0 is what holds without any option. */
typedef struct cli_settings {
    /* of every command */
    const char *base_url;
    const char *database;
    int64_t timeout_ms;
    const char *proxy; /* "" is none, whatever the environment says */
    const char *ca_file;
    bool quiet;
    int64_t verbosity;
    int64_t progress; /* cli_progress_choice */
    const char *config;
    bool ignores_config;

    /* of what asks for records */
    bool is_offline;
    bool refreshes;
    int64_t max_age_ms;
    int64_t max_wait_ms; /* as in cv_options */
    bool is_background;
    bool refuses_stale;
    int64_t max_requests; /* 0: no bound */
    bool is_dry_run;

    /* of what writes records */
    cli_format_choice format;
    bool shows_origin;
} cli_settings;

/* Each row's offset is in cli_settings. */
extern const cli_option_group cli_common_options;
extern const cli_option_group cli_request_options;
extern const cli_option_group cli_output_options;

/* Where the API key may come from. Their values are for key.h, and go nowhere else. */
extern const cli_option_group cli_key_options;
enum { CLI_KEY_FILE = 0, CLI_KEY_INPUT, CLI_KEY_COMMAND }; /* places of its rows */

/* The key itself: in a configuration file and the environment, never an argument. */
extern const cli_option cli_key_itself;

#endif
