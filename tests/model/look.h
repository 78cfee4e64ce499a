/* The file as it is, read beside the processes. */
#ifndef TESTS_MODEL_LOOK_H
#define TESTS_MODEL_LOOK_H

#include "model/world.h"

typedef struct look {
    kept kept[OBJECTS];
    int64_t recorded[PATHS]; /* requests that count in the present window */
    held held[REACHES];      /* is_there and end_ms alone */
} look;

/* False: it cannot be read just now. */
bool look_at_file(world *self, look *seen);
void look_close(world *self);

#endif
