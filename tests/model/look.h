/* The file as it is, read beside the processes. */
#ifndef TESTS_MODEL_LOOK_H
#define TESTS_MODEL_LOOK_H

#include "model/world.h"

typedef struct look {
    kept kept[OBJECTS];
    int64_t recorded[PATHS]; /* requests that count in the present window */
    bool is_paused[PATHS];   /* by the service, or has been */
    bool is_all_paused;      /* likewise */
} look;

/* False: it cannot be read just now. */
bool look_at_file(world *self, look *seen);
void look_close(world *self);

#endif
