/* Owns the threads of the simulated processes. A turn is handed on by semaphores, so that nothing
 * ever runs beside anything else and the order is the scheduler's alone. */
#include "model/crew.h"

#include <errno.h>

static void await(sem_t *semaphore) {
    while (sem_wait(semaphore) != 0 && errno == EINTR) {
    }
}

static void *work(void *user) {
    crew_member *self = user;
    for (;;) {
        await(&self->go);
        if (self->task == NULL) {
            return NULL;
        }
        self->task(self->user);
        self->task = NULL;
        sem_post(&self->crew->back);
    }
}

static void stop(crew *self, int count) {
    for (int i = 0; i < count; i++) {
        sem_post(&self->members[i].go);
        pthread_join(self->members[i].thread, NULL);
    }
}

bool crew_start(crew *self) {
    bool started = sem_init(&self->back, 0, 0) == 0;
    for (int i = 0; started && i < CREW_SIZE; i++) {
        crew_member *member = &self->members[i];
        *member = (crew_member){.crew = self};
        started = sem_init(&member->go, 0, 0) == 0 &&
                  pthread_create(&member->thread, NULL, work, member) == 0;
        if (!started) {
            stop(self, i);
        }
    }
    return started;
}

void crew_stop(crew *self) {
    stop(self, CREW_SIZE);
    for (int i = 0; i < CREW_SIZE; i++) {
        sem_destroy(&self->members[i].go);
    }
    sem_destroy(&self->back);
}

void crew_resume(crew_member *member) {
    member->is_paused = false;
    sem_post(&member->go);
    await(&member->crew->back);
}

void crew_run(crew_member *member, crew_task *task, void *user) {
    member->task = task;
    member->user = user;
    crew_resume(member);
}

void crew_pause(crew_member *member) {
    member->is_paused = true;
    sem_post(&member->crew->back);
    await(&member->go);
}
