/* Looking for a secret in all of a process's own memory, without having it there to look for: it is
 * kept with each byte changed, and made readable only for as long as it is handed on. */
#ifndef TESTS_SUPPORT_MEMORY_SEARCH_H
#define TESTS_SUPPORT_MEMORY_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

enum { MASKED_LENGTH = 40 };

typedef struct masked {
    unsigned char bytes[MASKED_LENGTH];
} masked;

/* A random one of letters and digits, as the service's keys are. False without randomness. */
bool masked_make(masked *self);

/* The secret itself, with a NUL, to be wiped by the caller. */
void masked_reveal(const masked *self, char text[MASKED_LENGTH + 1]);

/* Whether a text holds it. */
bool masked_is_in(const masked *self, const char *text);

typedef struct memory_found {
    size_t places; /* that hold a quarter of the secret */
    size_t hidden; /* of these, in memory that core dumps leave out and a child of fork has not */
} memory_found;

/* Takes a while: all memory is read. False if the system does not show this process its own. */
bool memory_search(const masked *secret, memory_found *found);

/* Whether what lies there is hidden in that sense; false if the system does not say. */
bool memory_is_hidden(const void *place);

#endif
