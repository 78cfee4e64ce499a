/* Plays a scene again and again, each time with the next point failing, until it comes to its end
 * without the fault having struck. A point that takes minutes raises SIGALRM. */
#ifndef TESTS_TORTURE_RUNNER_H
#define TESTS_TORTURE_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

#include "torture/scene.h"

/* Which points of a scene under a fault are tried. */
typedef struct runner_portion {
    size_t first;  /* from 1 */
    size_t stride; /* 1: all from there on */
    bool is_one;   /* `first` alone */
} runner_portion;

/* Sets a scene up and plays it without faults. Answers how many requests it sends. */
size_t runner_begin(const scene *played, bool with_companion);
void runner_end(void);

/* Plays it under this fault. Answers how many points were tried: those at which the fault struck.
 * Fails the test where a promise is broken. */
size_t runner_torture(const torture_fault *fault, runner_portion portion);

/* Ends what a failed test has left: its fault, its companion and its folder. Its client and what
 * that works with stay, as a worker may be in there: nothing else is to be played. False: none
 * failed. */
bool runner_abandon(void);

/* What is being done, for who finds the run hanging: one line, good in a signal handler. */
const char *runner_place(void);

#endif
