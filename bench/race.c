/* Owns the start of a race. */
#include "race.h"

#include "measure.h"
#include "team.h"

int race_begin(race *self) {
    int number = atomic_fetch_add(&self->next, 1);
    atomic_fetch_add(&self->ready, 1);
    team_await(&self->go, 1);
    return number;
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
    team_await(&self->ready, processes);
    int64_t begun_ns = measure_now_ns();
    atomic_store(&self->go, 1);
    for (int i = 0; i < processes; i++) {
        team_join(children[i]);
    }
    return measure_now_ns() - begun_ns;
}
