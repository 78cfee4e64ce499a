/* Plays a day: the scenario's tasks, one way of answering them, and the service, under a clock that
 * jumps from one event to the next. What fails is tried again by the program: where somebody waits,
 * each minute; else after a minute, then twice as long each time, up to an hour. */
#ifndef BENCH_DAY_RUN_H
#define BENCH_DAY_RUN_H

#include "day/network.h"
#include "day/scenario.h"
#include "day/service.h"

typedef struct day_run day_run;

/* A way of answering the programs' accesses. All functions are called inside day_run_play. */
typedef struct day_way {
    /* `folder` is for its files. NULL: it cannot be had here. */
    void *(*open)(day_run *run, const char *folder);
    void (*close)(void *self);

    /* Begins what task `task` asks for; ended by day_run_ended, now or later. */
    void (*begin)(void *self, size_t task, const day_access *access);

    /* A request of its own has been answered. */
    day_answer_fn *answer;

    /* Does what is due now, and leaves nothing undone until `due_ms`. */
    void (*work)(void *self);
    int64_t (*due_ms)(void *self);
} day_way;

extern const day_way day_bare; /* no cache, no limit: each program waits a second between its own */
extern const day_way day_npm;  /* the npm packages: each program on stores of its own */
extern const day_way day_shared;   /* this library: all programs on one file */
extern const day_way day_reserved; /* the same, with more of the limit kept for who waits */

/* What came of it. */
typedef struct day_result {
    int64_t ended_ms; /* when the last access was answered; after the start of the day */
    size_t answered;
    size_t unanswered;       /* when the day was given up, three days later */
    size_t failures;         /* of single tries */
    size_t outdated;         /* refreshed, and an old answer came */
    int64_t waited_ms;       /* all accesses, from when the program asked until it had the answer */
    int64_t users_waited_ms; /* of these, where somebody waited */
    int64_t users_longest_ms;
    size_t users_accesses;
} day_result;

typedef struct day_pending {
    size_t next;       /* access of the task; its count: all done */
    int64_t due_ms;    /* when it is begun, or begun again; DAY_NEVER_MS: it is under way */
    int64_t wanted_ms; /* since when the program wants the answer */
    int tries;
} day_pending;

struct day_run {
    const day_scenario *scenario;
    day_service service;
    day_network network;
    day_pending *pending; /* one for each task */
    size_t unfinished;    /* tasks */
    int64_t now_ms;
    day_result result;
};

/* Plays the day in a folder of its own. False: the way cannot be had. The service's log stays for
 * day_run_end. */
bool day_run_play(day_run *self, const day_scenario *scenario, const day_way *way);
void day_run_end(day_run *self);

/* For ways: a task's access has been answered, or not. `revision` is the answer's
 * date_last_updated, of a single issue; NULL otherwise. */
void day_run_ended(day_run *self, size_t task, bool is_answered, const char *revision);

#endif
