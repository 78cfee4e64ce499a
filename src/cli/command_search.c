/* comicvine search: objects by words. */
#include <stdlib.h>

#include "cli.h"
#include "commands.h"
#include "memory.h"
#include "walk.h"

typedef struct search_options {
    const char *resources;
    const char *fields;
    int64_t limit;
    bool is_all;
} search_options;

/* The words with blanks between them, as somebody types them without quotes; free() it. */
static char *join(size_t count, const char *const *words) {
    cli_text text;
    cli_text_begin(&text);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(text.file, "%s%s", i > 0 ? " " : "", words[i]);
    }
    return cli_text_end(&text);
}

enum { USUAL_HITS = 10 };

static cli_status search(cli *self, const search_options *options, const char *words) {
    cli_walk walk = {.resource = CV_RESOURCE_NONE,
                     .fields = options->fields,
                     .wanted = options->is_all ? 0 : USUAL_HITS,
                     .says_more = !options->is_all && options->limit == 0};
    walk.wanted = options->limit > 0 ? options->limit : walk.wanted;
    cv_search_query query = CV_SEARCH_QUERY_INIT;
    query.query = words;
    query.resources = options->resources;
    query.fields = options->fields;
    query.limit = cli_walk_page_size(walk.wanted);
    walk.cursor = cv_cursor_open_search(self->client, &query, cli_request(self, NULL).priority);
    return cli_walk_run(self, &walk);
}

static cli_status run_search(cli *self, const void *own, size_t count, const char *const *words) {
    const search_options *options = own;
    if (count == 0) {
        return cli_usage_error(self, "search needs words");
    }
    if (options->is_all && options->limit > 0) {
        return cli_usage_error(self, "--all and --limit exclude each other");
    }
    cli_status status = cli_open(self);
    if (status != CLI_DONE) {
        return status;
    }
    char *joined = join(count, words);
    status = search(self, options, joined);
    free(joined);
    return status;
}

/* clang-format off */
static const cli_option rows[] = {
    {.name = "resources", .letter = 'r', .kind = CLI_OPTION_TEXT,
     .offset = offsetof(search_options, resources), .argument = "NAMES",
     .help = "among these alone, joined by commas: issue,volume"},
    {.name = "fields", .letter = 'f', .kind = CLI_OPTION_TEXT,
     .offset = offsetof(search_options, fields), .argument = "NAMES",
     .help = "asks the service for these members alone, joined by commas"},
    {.name = "limit", .letter = 'l', .kind = CLI_OPTION_NUMBER,
     .offset = offsetof(search_options, limit), .argument = "N", .least = 1,
     .help = "writes N hits at most; 10 if nothing is said"},
    {.name = "all", .letter = 'a', .kind = CLI_OPTION_FLAG,
     .offset = offsetof(search_options, is_all),
     .help = "writes all hits: a request for each page, of ten or more"},
};
/* clang-format on */

const cli_command cli_command_search = {
    .name = "search",
    .usage = "WORD...",
    .summary = "looks for words in all resources, or in some",
    .examples = "comicvine search lamplighter\n"
                "comicvine search wharf street --resources issue,volume --limit 50\n"
                "comicvine search lamplighter --jsonl=resource_type,id,name\n",
    .takes = CLI_TAKES_REQUEST | CLI_TAKES_OUTPUT | CLI_TAKES_KEY,
    .options = {"Options of search", rows, sizeof(rows) / sizeof(rows[0])},
    .own_size = sizeof(search_options),
    .run = run_search,
};
