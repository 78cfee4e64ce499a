/* Owns the list of what was given. */
#include "given.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

void cli_given_add(cli_given_list *self, const cli_option *row, void *base, const char *value,
                   cli_layer layer, const char *origin) {
    self->items = cli_resize(self->items, self->count + 1, sizeof(*self->items));
    self->items[self->count++] = (cli_given){.row = row,
                                             .base = base,
                                             .value = value ? cli_copy(value, strlen(value)) : NULL,
                                             .layer = layer,
                                             .origin = cli_copy(origin, strlen(origin))};
}

const cli_given *cli_given_find(const cli_given_list *self, const cli_option *row, int layer) {
    for (size_t i = self->count; i > 0; i--) {
        const cli_given *item = &self->items[i - 1];
        if (item->row == row && (layer < 0 || (int)item->layer == layer)) {
            return item;
        }
    }
    return NULL;
}

void cli_given_free(cli_given_list *self) {
    for (size_t i = 0; i < self->count; i++) {
        if (self->items[i].value) { /* it may be the key */
            explicit_bzero(self->items[i].value, strlen(self->items[i].value));
        }
        free(self->items[i].value);
        free(self->items[i].origin);
    }
    free(self->items);
    *self = (cli_given_list){NULL, 0};
}
