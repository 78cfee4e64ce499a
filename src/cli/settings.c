/* Owns the tables of the options that are not one command's own. */
#include "settings.h"

#include <comicvine.h>

/* clang-format off */
static const char *const progress_words[] = {"auto", "always", "never", NULL};

static const cli_option common_rows[] = {
    {.name = "base-url", .kind = CLI_OPTION_TEXT, .offset = offsetof(cli_settings, base_url),
     .argument = "URL", .least = 1, .help = "the service, or a mirror of it; https://comicvine.gamespot.com/api"
     " if nothing is said; also COMICVINE_BASE_URL"},
    {.name = "database", .kind = CLI_OPTION_TEXT, .offset = offsetof(cli_settings, database),
     .argument = "FILE", .least = 1, .help = "the file with cache and budget, which programs share;"
     " $XDG_DATA_HOME/comicvine/comicvine.db if nothing is said; also COMICVINE_DATABASE"},
    {.name = "timeout", .kind = CLI_OPTION_DURATION, .offset = offsetof(cli_settings, timeout_ms),
     .argument = "TIME", .least = 1, .help = "how long one request may take, from start to end;"
     " 30s if nothing is said"},
    {.name = "proxy", .kind = CLI_OPTION_TEXT, .offset = offsetof(cli_settings, proxy),
     .argument = "URL", .help = "goes by this proxy: http, https, socks4 or socks5; as HTTPS_PROXY"
     " and NO_PROXY have it if nothing is said, and by none if it is empty"},
    {.name = "ca-file", .kind = CLI_OPTION_TEXT, .offset = offsetof(cli_settings, ca_file),
     .argument = "FILE", .least = 1, .help = "trusts the certificates that those in this file (PEM) have signed,"
     " and no others"},
    {.name = "quiet", .letter = 'q', .kind = CLI_OPTION_FLAG,
     .offset = offsetof(cli_settings, quiet),
     .help = "no warnings and no progress; errors are said all the same"},
    {.name = "verbose", .letter = 'v', .kind = CLI_OPTION_COUNT,
     .offset = offsetof(cli_settings, verbosity),
     .help = "tells on standard error what is asked and answered; twice: each wait as well"},
    {.name = "progress", .kind = CLI_OPTION_CHOICE, .offset = offsetof(cli_settings, progress),
     .argument = "WHEN", .words = progress_words,
     .help = "a line on standard error about what is done and waited for: auto (on a terminal),"
     " always or never"},
    {.name = "config", .kind = CLI_OPTION_TEXT, .offset = offsetof(cli_settings, config),
     .argument = "FILE", .help = "the configuration to read in place of"
     " $XDG_CONFIG_HOME/comicvine/config; also COMICVINE_CONFIG; it has lines such as"
     " timeout = 60s, with the names of these options and of those for requests, and api_key"},
    {.name = "ignore-config", .kind = CLI_OPTION_FLAG,
     .offset = offsetof(cli_settings, ignores_config), .help = "reads no configuration"},
};

static const cli_option request_rows[] = {
    {.name = "offline", .kind = CLI_OPTION_FLAG, .offset = offsetof(cli_settings, is_offline),
     .help = "asks the cache alone, old answers included; needs no key"},
    {.name = "refresh", .kind = CLI_OPTION_FLAG, .offset = offsetof(cli_settings, refreshes),
     .help = "asks the service whatever the cache has, and stores the answer"},
    {.name = "max-age", .kind = CLI_OPTION_DURATION, .offset = offsetof(cli_settings, max_age_ms),
     .argument = "TIME", .help = "asks the service for what the cache has had for longer, in whole"
     " seconds; 0 is --refresh"},
    {.name = "wait", .kind = CLI_OPTION_DURATION, .offset = offsetof(cli_settings, max_wait_ms),
     .argument = "TIME", .may_lack_value = true, .least = 1, .constant = CV_WAIT_FOREVER,
     .help = "waits for room in the budget, at most so long, without TIME for ever; 60s if nothing"
     " is said"},
    {.name = "no-wait", .kind = CLI_OPTION_CONSTANT,
     .offset = offsetof(cli_settings, max_wait_ms), .constant = CV_NO_WAIT,
     .help = "fails at once where there is no room in the budget"},
    {.name = "background", .kind = CLI_OPTION_FLAG, .offset = offsetof(cli_settings, is_background),
     .help = "leaves the budget to others while they use it"},
    {.name = "no-stale", .kind = CLI_OPTION_FLAG, .offset = offsetof(cli_settings, refuses_stale),
     .help = "takes no old answer where the service cannot be asked: exit status 8"},
    {.name = "max-requests", .kind = CLI_OPTION_NUMBER,
     .offset = offsetof(cli_settings, max_requests), .argument = "N", .least = 1,
     .help = "after N requests takes the rest from the cache alone; tries again for one that failed,"
     " and lists for one step of many ids, may go above it"},
    {.name = "dry-run", .letter = 'n', .kind = CLI_OPTION_FLAG,
     .offset = offsetof(cli_settings, is_dry_run),
     .help = "sends nothing, and says how many requests it would take, and how long"},
};

static const cli_option output_rows[] = {
    {.name = "json", .kind = CLI_OPTION_FORMAT, .offset = offsetof(cli_settings, format),
     .argument = "NAMES", .may_lack_value = true, .constant = CLI_OUTPUT_JSON,
     .help = "one JSON array; of these members alone if there are NAMES, joined by commas, inner"
     " ones with a dot: id,volume.name"},
    {.name = "jsonl", .kind = CLI_OPTION_FORMAT, .offset = offsetof(cli_settings, format),
     .argument = "NAMES", .may_lack_value = true, .constant = CLI_OUTPUT_JSON_LINES,
     .help = "one JSON object a line, as where the output is no terminal"},
    {.name = "csv", .kind = CLI_OPTION_FORMAT, .offset = offsetof(cli_settings, format),
     .argument = "NAMES", .may_lack_value = true, .constant = CLI_OUTPUT_CSV,
     .help = "values parted by commas, below a line of names"},
    {.name = "tsv", .kind = CLI_OPTION_FORMAT, .offset = offsetof(cli_settings, format),
     .argument = "NAMES", .may_lack_value = true, .constant = CLI_OUTPUT_TSV,
     .help = "values parted by TABs, below a line of names; TABs and ends of lines within values"
     " are \\t and \\n"},
    {.name = "table", .kind = CLI_OPTION_FORMAT, .offset = offsetof(cli_settings, format),
     .argument = "NAMES", .may_lack_value = true, .constant = CLI_OUTPUT_TABLE,
     .help = "columns for people, as on a terminal"},
    {.name = "raw", .kind = CLI_OPTION_FORMAT, .offset = offsetof(cli_settings, format),
     .constant = CLI_OUTPUT_RAW,
     .help = "each record as the service has sent it, one after the other"},
    {.name = "meta", .kind = CLI_OPTION_FLAG, .offset = offsetof(cli_settings, shows_origin),
     .help = "adds to each JSON object where it came from, when and how old it is, as _meta"},
};

/* Values of these are read by key.c. */
static const cli_option key_rows[] = {
    {.name = "api-key-file", .kind = CLI_OPTION_KEY, .argument = "FILE",
     .help = "takes the API key from the first line of FILE"},
    {.name = "api-key-stdin", .kind = CLI_OPTION_KEY,
     .help = "takes the API key from the first line of standard input"},
    {.name = "api-key-command", .kind = CLI_OPTION_KEY, .argument = "COMMAND",
     .help = "takes the API key from the first line that COMMAND writes, run by /bin/sh for 30"
     " seconds at most"},
    {.name = "api-key", .kind = CLI_OPTION_REFUSED, .argument = "KEY", .may_lack_value = true,
     .help = "arguments can be read by all who use this machine: set COMIC_VINE_API_KEY, or use"
     " --api-key-file, --api-key-stdin or api_key_command in the configuration"},
};
/* clang-format on */

#define GROUP(title, rows)                                                                         \
    { title, rows, sizeof(rows) / sizeof((rows)[0]) }

const cli_option_group cli_common_options = GROUP("Options for every command", common_rows);
const cli_option_group cli_request_options = GROUP("What is asked, and when", request_rows);
const cli_option_group cli_output_options = GROUP("What is written", output_rows);
const cli_option_group cli_key_options =
    GROUP("The API key, if it is not in COMIC_VINE_API_KEY", key_rows);

const cli_option cli_key_itself = {.name = "api-key", .kind = CLI_OPTION_KEY, .argument = "KEY"};
