/* comicvine list: the objects of a resource that match. */
#include "cli.h"
#include "commands.h"
#include "walk.h"

typedef struct list_options {
    const char *fields;
    const char *filter;
    const char *sort;
    int64_t limit;
    int64_t offset;
    bool is_all;
} list_options;

static cli_status run_list(cli *self, const void *own, size_t count, const char *const *words) {
    const list_options *options = own;
    if (count != 1) {
        return cli_usage_error(self, "list takes one resource");
    }
    if (options->is_all && options->limit > 0) {
        return cli_usage_error(self, "--all and --limit exclude each other");
    }
    cv_resource resource = cli_resource(self, words[0]);
    if (resource == CV_RESOURCE_NONE) {
        return CLI_USAGE;
    }
    cli_status status = cli_open(self);
    if (status != CLI_DONE) {
        return status;
    }
    cli_walk walk = {.resource = resource,
                     .fields = options->fields,
                     .wanted = options->is_all ? 0 : CLI_PAGE_MOST,
                     .says_more = !options->is_all && options->limit == 0};
    walk.wanted = options->limit > 0 ? options->limit : walk.wanted;
    cv_query query = CV_QUERY_INIT;
    query.fields = options->fields;
    query.filter = options->filter;
    query.sort = options->sort;
    query.limit = cli_walk_page_size(walk.wanted);
    query.offset = options->offset;
    walk.cursor = cv_cursor_open(self->client, resource, &query, cli_request(self, NULL).priority);
    return cli_walk_run(self, &walk);
}

/* clang-format off */
static const cli_option rows[] = {
    {.name = "filter", .letter = 'F', .kind = CLI_OPTION_TEXT,
     .offset = offsetof(list_options, filter), .argument = "FILTER",
     .help = "which ones: name:value, several joined by commas; several values with |, dates as"
     " start|end"},
    {.name = "sort", .letter = 's', .kind = CLI_OPTION_TEXT, .offset = offsetof(list_options, sort),
     .argument = "NAME:ORDER", .help = "in which order: cover_date:asc, or desc"},
    {.name = "fields", .letter = 'f', .kind = CLI_OPTION_TEXT,
     .offset = offsetof(list_options, fields), .argument = "NAMES",
     .help = "asks the service for these members alone, joined by commas"},
    {.name = "limit", .letter = 'l', .kind = CLI_OPTION_NUMBER,
     .offset = offsetof(list_options, limit), .argument = "N", .least = 1,
     .help = "writes N objects at most; 100 if nothing is said"},
    {.name = "offset", .letter = 'o', .kind = CLI_OPTION_NUMBER,
     .offset = offsetof(list_options, offset), .argument = "N", .help = "passes over the first N"},
    {.name = "all", .letter = 'a', .kind = CLI_OPTION_FLAG,
     .offset = offsetof(list_options, is_all),
     .help = "writes all that match: a request for each hundred"},
};
/* clang-format on */

const cli_command cli_command_list = {
    .name = "list",
    .usage = "RESOURCE",
    .summary = "lists the objects of a resource that match",
    .examples = "comicvine list issues --filter volume:796 --sort cover_date:asc --all\n"
                "comicvine list volumes --filter name:lamplighter --json=id,name,start_year\n"
                "comicvine list characters --limit 10 --csv=id,name,publisher.name\n"
                "comicvine list issues --filter 'store_date:2024-01-01|2024-01-31' -n --all\n",
    .about = "A list says less of each object than \"get\" does. What moves from one page to the\n"
             "next while they are fetched may be written twice.\n",
    .takes = CLI_TAKES_REQUEST | CLI_TAKES_OUTPUT | CLI_TAKES_KEY,
    .options = {"Options of list", rows, sizeof(rows) / sizeof(rows[0])},
    .own_size = sizeof(list_options),
    .first = CLI_WORDS_RESOURCES,
    .run = run_list,
};
