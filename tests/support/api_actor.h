/* Actors (actor.c) at work on the database and the server of a test. */
#ifndef TESTS_SUPPORT_API_ACTOR_H
#define TESTS_SUPPORT_API_ACTOR_H

#include "support/api.h"
#include "support/process.h"

enum { ACTOR_ARGUMENTS_MAX = 8 };

/* Starts one, with further arguments, up to the first NULL, and waits until it is ready. A key
 * among them comes after the usual one and so wins. */
void actor_start(process *actor, const api *world, const char *const further[ACTOR_ARGUMENTS_MAX]);

/* The same without waiting, all arguments given, standard error into a file. */
void actor_launch(process *actor, const char *const arguments[], const char *errors);

/* Makes it ask, and waits until it has. */
void actor_ask(process *actor, int64_t id);

/* Makes it call, blocking, and waits for the outcome. */
outcome actor_read(process *actor, int64_t id);

/* Makes it walk in pages of that size, or ask for that many at once; the outcome's id is the number
 * of records that came. */
void actor_walk(process *actor, int64_t page_size);
void actor_ask_for_many(process *actor, int64_t count);

/* Reads one outcome, or the end of them. */
outcome actor_hear(process *actor);
void actor_hear_done(process *actor);
void actor_hear_line(process *actor, const char *expected);

/* Ends it; it must end well. */
void actor_end(process *actor);

#endif
