/* What a program takes that reads one cached issue and ends: from the call that starts it until it
 * has ended, and the most memory it had, beside bare programs that do the same with the same
 * libraries, one of them linked to libcurl, which ours is not. The programs run by turns. */
#include <comicvine.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "service.h"
#include "team.h"

enum {
    RUNS = 5,
    STARTS = 200, /* of each program in a run */
    SMOKE_STARTS = 3,
    ID = 1,
    BODY_BYTES = 16000, /* an issue as the service has them */
    GOAL_MB = 7         /* half of 14, as libcurl is not loaded */
};

#define RATIO_GOAL                                                                                 \
    1.3 /* of time, to what is linked alike; half of it to who is linked to libcurl */

typedef enum program { CLIENT, BARE, BARE_WITH_CURL, PROGRAMS } program;

static const char *const paths[PROGRAMS] = {BENCH_START_CLIENT, BENCH_START_BARE,
                                            BENCH_START_BARE_CURL};

typedef struct scene {
    service service;
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    int starts;
} scene;

extern char **environ;

static void fill_file(void *user) {
    const scene *self = user;
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "a key that is not checked";
    options.base_url = self->service.base_url;
    options.database = self->database;
    options.rate_limit.kind = CV_LIMIT_NONE;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    cv_client *client = cv_client_open(&options);
    TEAM_DONE(client != NULL);
    const cv_issue *issue = cv_issue_retrieve(client, ID, CV_PRIORITY_USER);
    TEAM_DONE(issue != NULL);
    cv_issue_free(issue);
    cv_client_close(client);
}

/* ---- one start ---- */

/* What the program is to write comes to `output`; -1: it is not to write. */
static pid_t start(scene *self, program which, int output) {
    pid_t pid = 0;
    posix_spawn_file_actions_t actions;
    char path[TEAM_PATH_MAX];
    char memory[] = "--memory";
    team_path(path, BENCH_FOLDER, paths[which]);
    char *arguments[] = {path, self->database, self->service.base_url, output >= 0 ? memory : NULL,
                         NULL};
    team_check(posix_spawn_file_actions_init(&actions) == 0 &&
                   (output < 0 ||
                    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0) &&
                   posix_spawn(&pid, path, &actions, NULL, arguments, environ) == 0,
               "a program can be started");
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static void time_start(scene *self, program which, measure_samples *times) {
    int64_t begun_ns = measure_now_ns();
    team_join(start(self, which, -1));
    measure_add(times, measure_now_ns() - begun_ns);
}

static double memory_of(scene *self, program which) {
    int ends[2];
    char text[32] = "";
    team_check(pipe(ends) == 0, "there is a pipe");
    pid_t pid = start(self, which, ends[1]);
    close(ends[1]);
    team_check(read(ends[0], text, sizeof(text) - 1) > 0, "a program says what memory it had");
    close(ends[0]);
    team_join(pid);
    return strtod(text, NULL) / 1024.0;
}

/* ---- runs ---- */

typedef struct figures {
    double ms[PROGRAMS][RUNS]; /* the median of each run */
    double mb[PROGRAMS];
} figures;

static void take_run(scene *self, figures *taken, int run) {
    static int64_t room[PROGRAMS][STARTS];
    measure_samples times[PROGRAMS];
    for (int which = 0; which < PROGRAMS; which++) {
        times[which] = (measure_samples){.size = STARTS, .ns = room[which]};
    }
    for (int i = 0; i < self->starts; i++) {
        for (int which = 0; which < PROGRAMS; which++) {
            time_start(self, (program)which, &times[which]);
        }
    }
    for (int which = 0; which < PROGRAMS; which++) {
        taken->ms[which][run] = measure_percentile(&times[which], 50.0) / 1000.0;
        taken->mb[which] = memory_of(self, (program)which);
    }
}

static void print(figures *taken) {
    double client_ms = measure_median(taken->ms[CLIENT], RUNS);
    measure_print(&(measure_line){.name = "start, one cached issue, end; beside a bare program "
                                          "linked to the same and to libcurl (P9)",
                                  .unit = "ms",
                                  .figure = client_ms,
                                  .floor = measure_median(taken->ms[BARE_WITH_CURL], RUNS),
                                  .goal = MEASURE_RATIO_BELOW,
                                  .bound = RATIO_GOAL / 2});
    measure_print(&(measure_line){.name = "the same beside one that is not linked to libcurl",
                                  .unit = "ms",
                                  .figure = client_ms,
                                  .floor = measure_median(taken->ms[BARE], RUNS),
                                  .goal = MEASURE_RATIO_BELOW,
                                  .bound = RATIO_GOAL});
    measure_print(&(measure_line){.name = "most memory of it, resident; beside a bare program "
                                          "linked to the same and to libcurl (P9)",
                                  .unit = "MB",
                                  .figure = taken->mb[CLIENT],
                                  .floor = taken->mb[BARE_WITH_CURL],
                                  .goal = MEASURE_FIGURE_BELOW,
                                  .bound = GOAL_MB});
    measure_print(&(measure_line){.name = "the same beside one that is not linked to libcurl",
                                  .unit = "MB",
                                  .figure = taken->mb[CLIENT],
                                  .floor = taken->mb[BARE]});
}

int main(int argument_count, char **arguments) {
    static scene self;
    static figures taken;
    self.starts = measure_is_smoke(argument_count, arguments) ? SMOKE_STARTS : STARTS;
    self.service.largest_bytes = BODY_BYTES * 64; /* of which the usual ones are a part */
    service_start(&self.service);
    team_make_folder(self.folder, true);
    team_path(self.database, self.folder, "comics.db");
    team_run(fill_file, &self);
    for (int run = 0; run < RUNS; run++) {
        take_run(&self, &taken, run);
    }
    print(&taken);
    service_stop(&self.service);
    team_remove_folder(self.folder);
    return 0;
}
