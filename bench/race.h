/* Processes that begin together. Lies in memory that they share. */
#ifndef BENCH_RACE_H
#define BENCH_RACE_H

#include <stdatomic.h>
#include <stdint.h>

enum { RACE_PROCESSES_MAX = 16 };

typedef struct race {
    atomic_int ready;
    atomic_int go;
    atomic_int next;
} race;

/* Starts so many processes, which prepare themselves and call race_begin; answers the nanoseconds
 * from their common start to the end of the last. */
int64_t race_run(race *self, int processes, void (*run)(void *user), void *user);

/* Waits until all are ready. Answers which of them this one is, from 0. */
int race_begin(race *self);

#endif
