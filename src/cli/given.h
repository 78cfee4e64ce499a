/* What was given, in the order in which it counts: the configuration first, then the environment,
 * then options; what comes later wins. Nothing is lost, so that it can be told where a value is
 * from. */
#ifndef CLI_GIVEN_H
#define CLI_GIVEN_H

#include <stddef.h>

#include "option.h"

typedef enum cli_layer { CLI_LAYER_FILE = 0, CLI_LAYER_ENVIRONMENT, CLI_LAYER_OPTION } cli_layer;

typedef struct cli_given {
    const cli_option *row;
    void *base;  /* of the row's offset */
    char *value; /* NULL: none */
    cli_layer layer;
    char *origin; /* "--timeout", "COMIC_VINE_API_KEY", "/home/me/.config/comicvine/config:3" */
} cli_given;

typedef struct cli_given_list {
    cli_given *items;
    size_t count;
} cli_given_list;

/* Adds a copy of value (NULL: none) and origin. */
void cli_given_add(cli_given_list *self, const cli_option *row, void *base, const char *value,
                   cli_layer layer, const char *origin);

/* The last one of a row, or NULL; of one layer alone if it is not negative. */
const cli_given *cli_given_find(const cli_given_list *self, const cli_option *row, int layer);

void cli_given_free(cli_given_list *self);

#endif
