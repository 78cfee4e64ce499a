/* Owns the start of a race. */
#include "race.h"

#include <sys/wait.h>

#include "measure.h"
#include "team.h"

int race_begin(race *self) {
    int number = atomic_fetch_add(&self->next, 1);
    atomic_fetch_add(&self->ready, 1);
    team_await(&self->go, 1);
    return number;
}

/* One that has ended before is an error of the program, which would else wait for ever. */
static void await_all(const race *self, const pid_t *children, int count) {
    while (atomic_load(&self->ready) < count) {
        for (int i = 0; i < count; i++) {
            team_check(waitpid(children[i], NULL, WNOHANG) == 0, "a process goes on");
        }
        measure_sleep_us(50);
    }
}

int64_t race_run(race *self, int processes, void (*run)(void *user), void *user) {
    pid_t children[RACE_PROCESSES_MAX];
    team_check(processes <= RACE_PROCESSES_MAX, "there is room for the processes");
    atomic_store(&self->ready, 0);
    atomic_store(&self->go, 0);
    atomic_store(&self->next, 0);
    for (int i = 0; i < processes; i++) {
        children[i] = team_start(run, user);
    }
    await_all(self, children, processes);
    int64_t begun_ns = measure_now_ns();
    atomic_store(&self->go, 1);
    for (int i = 0; i < processes; i++) {
        team_join(children[i]);
    }
    return measure_now_ns() - begun_ns;
}
