/* The application of a simulated process: what it asks for. The scheduler's, like process.h. */
#ifndef TESTS_MODEL_ASKS_H
#define TESTS_MODEL_ASKS_H

#include "model/world.h"

/* Asks for an object, a walk, many, or any picture, if a place is free. */
void asks_begin(process *self, int subject);

/* For whom a process asks for an object, as far as one can tell from what its application did. */
beneficiary asks_beneficiary(const process *self, int object);

void asks_cancel(process *self);

/* What has ended is freed; a walk goes on to its next page. */
void asks_sweep(process *self);
void asks_free(process *self);

/* How many are under way. */
int asks_count(const process *self);

#endif
