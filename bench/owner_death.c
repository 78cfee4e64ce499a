/* How soon a waiter of another process owns the job of an owner who was killed; and whether ever
 * two did. */
#include <comicvine.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "team.h"

enum {
    WAITERS = 2,
    KILLS = 400,
    SMOKE_KILLS = 3,
    SPREAD_US = 40000,
    HELD_US = 30000,
    GOAL_US = 50000
};

typedef struct scene {
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    int kills;
    int life[2]; /* a pipe that the owner alone keeps open for writing */
    atomic_int round;
    atomic_int owned;   /* the rounds whose owner has the job */
    atomic_int waiting; /* waiters that wait, over all rounds */
    atomic_int owners;  /* who believe so at this moment, the killed one left out */
    atomic_int doubles; /* how often one came to believe so while another did */
    atomic_int returned;
    _Atomic int64_t inherited_ns;
    char job_id[CV_JOB_ID_SIZE];
} scene;

static cv_dedupe_store *open_jobs(const scene *self) {
    cv_dedupe_options options = CV_DEDUPE_OPTIONS_INIT;
    options.database = self->database;
    options.lease_ms = 60000; /* far longer than anything here: the lease is not what is measured */
    cv_dedupe_store *jobs = cv_dedupe_store_open(&options);
    TEAM_DONE(jobs != NULL);
    return jobs;
}

static void name_job(char hash[32], int round) {
    snprintf(hash, 32, "job-%d", round);
}

/* Owns the job until it is killed. */
static void own(void *user) {
    scene *self = user;
    char hash[32];
    bool owner = false;
    int round = atomic_load(&self->round);
    cv_dedupe_store *jobs = open_jobs(self);
    name_job(hash, round);
    TEAM_DONE(cv_dedupe_store_register(jobs, hash, self->job_id, &owner));
    team_check(owner, "the first to register owns the job");
    atomic_store(&self->owned, round);
    for (;;) {
        pause();
    }
}

/* Waits for the owner's end, and goes on until it owns the job or sees it done by the other. The
 * heir keeps the job for longer than the other one can take to look. */
static void inherit(scene *self, cv_dedupe_store *jobs, const char *hash, char *job_id) {
    cv_blob result;
    cv_error error;
    bool owner = false;
    while (!owner) {
        if (cv_dedupe_store_wait(jobs, hash, job_id, -1, &result, &error)) {
            cv_free(result.data);
            return;
        }
        team_check(error.code == CV_ERROR_CANCELLED, "the wait ends because the owner died");
        TEAM_DONE(cv_dedupe_store_register(jobs, hash, job_id, &owner));
    }
    if (atomic_load(&self->inherited_ns) == 0) {
        atomic_store(&self->inherited_ns, measure_now_ns());
    }
    atomic_fetch_add(&self->doubles, atomic_fetch_add(&self->owners, 1) > 0 ? 1 : 0);
    measure_sleep_us(HELD_US);
    atomic_fetch_sub(&self->owners, 1);
    TEAM_DONE(cv_dedupe_store_complete(jobs, hash, job_id, "done", 4));
}

static void wait_for_all(void *user) {
    scene *self = user;
    cv_dedupe_store *jobs = open_jobs(self);
    for (int round = 1; round <= self->kills; round++) {
        char hash[32];
        char job_id[CV_JOB_ID_SIZE];
        name_job(hash, round);
        team_await(&self->owned, round);
        memcpy(job_id, self->job_id, sizeof(job_id));
        atomic_fetch_add(&self->waiting, 1);
        inherit(self, jobs, hash, job_id);
        atomic_fetch_add(&self->returned, 1);
    }
    cv_dedupe_store_close(jobs);
}

/* When the last writing end of the pipe is closed, which the kernel does for the dead. */
static int64_t wait_for_end_of_life(const scene *self) {
    struct pollfd ended = {.fd = self->life[0], .events = POLLIN};
    poll(&ended, 1, 10000);
    return measure_now_ns();
}

typedef struct result {
    measure_samples inherited;
    measure_samples ended;
} result;

static void kill_once(scene *self, int round, result *seen) {
    team_check(pipe(self->life) == 0, "there are pipes");
    atomic_store(&self->round, round);
    pid_t owner = team_start(own, self);
    close(self->life[1]);
    team_await(&self->waiting, WAITERS * round);
    measure_sleep_us(3000 + (int64_t)round * 7919 % SPREAD_US);
    atomic_store(&self->inherited_ns, 0);
    int64_t killed_ns = measure_now_ns();
    team_kill(owner);
    measure_add(&seen->ended, wait_for_end_of_life(self) - killed_ns);
    team_bury(owner);
    close(self->life[0]);
    team_await(&self->returned, WAITERS * round);
    measure_add(&seen->inherited, atomic_load(&self->inherited_ns) - killed_ns);
}

static void print_results(const scene *self, result *seen) {
    char name[96];
    measure_print_distribution(
        &(measure_distribution){"killed owner, time until a waiter owns the job (P7)",
                                &seen->inherited,
                                &seen->ended,
                                {[MEASURE_P99] = GOAL_US}});
    snprintf(name, sizeof(name), "two owners at a time, in %d kills (P7)", self->kills);
    measure_print(&(measure_line){name, "times", (double)atomic_load(&self->doubles), 0.0,
                                  MEASURE_FIGURE_BELOW, 1.0});
}

int main(int argument_count, char **arguments) {
    scene *self = team_share(sizeof(*self));
    pid_t waiters[WAITERS];
    static int64_t inherited_ns[KILLS];
    static int64_t ended_ns[KILLS];
    result seen = {{0, KILLS, inherited_ns}, {0, KILLS, ended_ns}};
    self->kills = measure_is_smoke(argument_count, arguments) ? SMOKE_KILLS : KILLS;
    team_make_folder(self->folder, false);
    team_path(self->database, self->folder, "comics.db");
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = team_start(wait_for_all, self);
    }
    for (int round = 1; round <= self->kills; round++) {
        kill_once(self, round, &seen);
    }
    for (int i = 0; i < WAITERS; i++) {
        team_join(waiters[i]);
    }
    print_results(self, &seen);
    team_remove_folder(self->folder);
    return 0;
}
