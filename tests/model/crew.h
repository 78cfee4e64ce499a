/* Threads that take turns: one for each simulated process, and only one of them or the scheduler
 * runs at any time. A member may stop in the middle of a task and let others go on. */
#ifndef TESTS_MODEL_CREW_H
#define TESTS_MODEL_CREW_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

enum { CREW_SIZE = 4 };

typedef void crew_task(void *user);

typedef struct crew_member {
    struct crew *crew;
    pthread_t thread;
    sem_t go;
    crew_task *task; /* NULL, with a turn: the thread ends */
    void *user;
    bool is_paused; /* in the middle of its task */
} crew_member;

typedef struct crew {
    sem_t back;
    crew_member members[CREW_SIZE];
} crew;

/* False without resources; there is then nothing to stop. */
bool crew_start(crew *self);

/* All members have ended their tasks. */
void crew_stop(crew *self);

/* Lets a member run a task, or go on with the one in which it paused; returns when it has ended
 * or paused (again). For the scheduler. */
void crew_run(crew_member *member, crew_task *task, void *user);
void crew_resume(crew_member *member);

/* For the member itself: others take their turns, until the scheduler resumes this one. */
void crew_pause(crew_member *member);

#endif
