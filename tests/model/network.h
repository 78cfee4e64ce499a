/* The network of a simulated process, and the service behind it. */
#ifndef TESTS_MODEL_NETWORK_H
#define TESTS_MODEL_NETWORK_H

#include "model/world.h"

/* Fills in the process's table. */
void network_init(process *self);

/* Whether anything is to be moved now; when something is next, NEVER: nothing is under way. */
bool network_is_due(const process *self);
int64_t network_due_ms(const process *self);

/* Which sending's answer a text has in it; -1: none. */
int network_find_mark(const char *text, size_t size);

#endif
