/* How many admissions and cached retrieves a second there are when more and more processes make
 * them on one file: one to sixteen; beside as many that do bare transactions and bare reads. */
#include "admitting.h"
#include "issue_file.h"

enum {
    RUNS = 5,
    ADMISSIONS = 1600, /* of all processes */
    HITS = 16000,
    SMOKE_PART = 50,
    SMOKE_STEPS = 2,
    WINDOW_ROWS = 200,
    ISSUES = 1000,
    BODY_BYTES = 16000
};

static const int steps[] = {1, 2, 4, 8, 16};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

/* ---- hits ---- */

typedef struct readers {
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    race race;
    issue_file_call *call;
    int hits; /* of each process */
} readers;

static void fill(void *user) {
    const readers *self = user;
    issue_file file;
    issue_file_open(&file, self->database);
    issue_file_fill(&file, 1, ISSUES, BODY_BYTES);
    issue_file_close(&file);
}

static void read_all(void *user) {
    readers *self = user;
    issue_file file;
    issue_file_open(&file, self->database);
    int number = race_begin(&self->race);
    issue_file_time_us(&file, self->call, &(issue_file_walk){1, ISSUES, self->hits, number});
    issue_file_close(&file);
}

static double hits_rate(readers *self, issue_file_call *call, int processes) {
    self->call = call;
    double took_s = (double)race_run(&self->race, processes, read_all, self) / 1e9;
    return (double)processes * (double)self->hits / took_s;
}

static readers *begin_reading(void) {
    readers *self = team_share(sizeof(*self));
    team_make_folder(self->folder, false);
    team_path(self->database, self->folder, "comics.db");
    team_run(fill, self);
    return self;
}

/* ---- the whole ---- */

static void print_step(const char *series, int processes, double *rates, double *floors) {
    measure_print_point(&(measure_point){"processes", series, processes, "/s",
                                         measure_median(rates, RUNS),
                                         measure_median(floors, RUNS)});
}

static void measure_step(admitting *limits, readers *cache, int processes) {
    double admissions[RUNS];
    double bare_admissions[RUNS];
    double hits[RUNS];
    double bare_hits[RUNS];
    for (int i = 0; i < RUNS; i++) {
        bare_admissions[i] = admitting_rate(limits, ADMITTING_BARE, processes);
        admissions[i] = admitting_rate(limits, ADMITTING_LIBRARY, processes);
        bare_hits[i] = hits_rate(cache, issue_file_read_and_parse, processes);
        hits[i] = hits_rate(cache, issue_file_retrieve, processes);
    }
    print_step("admissions", processes, admissions, bare_admissions);
    print_step("cached retrieves", processes, hits, bare_hits);
}

int main(int argument_count, char **arguments) {
    bool is_smoke = measure_is_smoke(argument_count, arguments);
    int part = is_smoke ? SMOKE_PART : 1;
    admitting *limits = admitting_begin(ADMISSIONS / part, false);
    readers *cache = begin_reading();
    size_t count = is_smoke ? SMOKE_STEPS : STEPS;
    limits->rows = WINDOW_ROWS;
    for (size_t i = 0; i < count; i++) {
        limits->admissions = ADMISSIONS / part / steps[i];
        cache->hits = HITS / part / steps[i];
        measure_step(limits, cache, steps[i]);
    }
    team_remove_folder(cache->folder);
    admitting_end(limits);
    return 0;
}
