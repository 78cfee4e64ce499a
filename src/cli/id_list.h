/* Ids of one resource, from words and from files. */
#ifndef CLI_ID_LIST_H
#define CLI_ID_LIST_H

#include <comicvine.h>

#include "cli.h"

typedef struct cli_id_list {
    int64_t *ids;
    size_t count;
} cli_id_list;

/* Adds an id. */
void cli_id_list_put(cli_id_list *list, int64_t id);

/* Adds the id in a word, or several joined by commas. CLI_USAGE: one is none of that resource,
 * which has been said. */
cli_status cli_id_list_add(cli *self, cli_id_list *list, cv_resource resource, const char *word);

/* Adds the first word of each line of a file, "-" for standard input; of a line that is a JSON
 * object its api_detail_url or id. Empty lines, and those that begin with "#", are passed over. */
cli_status cli_id_list_read(cli *self, cli_id_list *list, cv_resource resource, const char *path);

void cli_id_list_free(cli_id_list *list);

#endif
