/* Processes that spend a limit as fast as they can, and others that do the bare transaction for it:
 * count what is in the window, insert a row, FULL. */
#ifndef BENCH_ADMITTING_H
#define BENCH_ADMITTING_H

#include <comicvine.h>

#include "measure.h"
#include "race.h"
#include "team.h"

typedef struct admitting {
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    char bare_database[TEAM_PATH_MAX];
    int rows; /* in the window before */
    int64_t limit;
    cv_limit_kind kind;
    cv_priority priority;
    int admissions; /* of each process */
    race race;
    measure_samples times[RACE_PROCESSES_MAX];
} admitting;

typedef enum admitting_side { ADMITTING_BARE, ADMITTING_LIBRARY } admitting_side;

/* For at most so many admissions of each process; a sliding limit that is far off, and users. */
admitting *admitting_begin(int admissions_max, bool in_memory);
void admitting_end(const admitting *self);

/* Transactions a second; `times` then has how long each took. */
double admitting_rate(admitting *self, admitting_side side, int processes);

/* Of one process, in microseconds, the middle one; `rows` in the window, and a limit just above
 * them and what is reserved for users, as it is when the window is nearly full. */
double admitting_cost_us(admitting *self, admitting_side side, int rows);

#endif
