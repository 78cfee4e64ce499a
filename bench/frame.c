/* What one frame of a game costs: the time that cv_client_poll(client, 0) takes while 200 requests
 * are under way, answers of up to a megabyte arrive, four other processes write to the same file,
 * and what has expired is cleaned up. Beside it the same loop, the same processes at work, without
 * the library. The file lies in memory where there is such a place: in CV_DRIVE_POLL a commit waits
 * for the disk, which is the disk's figure; it is taken once more on the disk, with relaxed_sync.
 */
#include <comicvine.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"
#include "service.h"
#include "team.h"

enum {
    RUNS = 5,
    FRAMES = 1000, /* of each run */
    SMOKE_FRAMES = 10,
    FRAME_US = 4000, /* shorter than a game's, for more of them */
    UNDER_WAY = 200,
    WRITERS = 4,
    WRITER_PAUSE_US = 1000,
    WRITTEN_BYTES = 20000,
    LARGEST_BYTES = 1 << 20,
    KEPT_BYTES = 64 << 20,
    CLEANUP_MS = 1000,
    WORKER_GOAL_US = 2000,
    POLL_GOAL_US = 4000
};

typedef struct scene {
    service service;
    char folder[TEAM_PATH_MAX];
    char database[TEAM_PATH_MAX];
    int frames;
    atomic_int next_writer;
    atomic_bool is_over;
} scene;

/* ---- the others ---- */

/* Rows that are fresh for a second each, so that there is always something to clean. */
static void write_on(void *user) {
    scene *self = user;
    static char body[WRITTEN_BYTES];
    cv_cache_options options = CV_CACHE_OPTIONS_INIT;
    int writer = atomic_fetch_add(&self->next_writer, 1);
    options.database = self->database;
    options.stale_s = CV_NONE;
    options.cleanup_interval_ms = CV_NONE;
    cv_cache_store *store = cv_cache_store_open(&options);
    TEAM_DONE(store != NULL);
    memset(body, 'x', sizeof(body));
    for (int row = 0; !atomic_load(&self->is_over); row++) {
        char hash[64];
        snprintf(hash, sizeof(hash), "written-%d-%d", writer, row % 500);
        cv_cache_store_set(store, hash, body, sizeof(body), 1); /* locked for long: the next one */
        measure_sleep_us(WRITER_PAUSE_US);
    }
    cv_cache_store_close(store);
}

/* ---- a run ---- */

typedef struct run {
    const char *name;
    bool has_client;
    cv_drive drive;
    bool in_memory;
    double goal_us; /* of p99.9; 0: none */
} run;

/* In a process of its own, whose connections and threads no writer inherits. */
typedef struct result {
    scene *place;
    const run *plan;
    measure_samples frames;
    measure_samples busy; /* processor time of the same */
    int64_t answers;
} result;

/* ---- the game ---- */

typedef struct game {
    cv_client *client; /* NULL: without the library */
    int under_way;
    int64_t next_id;
    int64_t answers;
} game;

static void take(cv_request *request, void *user) {
    game *self = user;
    const cv_error *error = cv_request_error(request);
    team_check(error->code == CV_OK || error->code == CV_ERROR_CLOSED, error->message);
    self->under_way--;
    self->answers++;
    cv_request_free(request);
}

static void ask_for_more(game *self) {
    while (self->client != NULL && self->under_way < UNDER_WAY) {
        cv_request *request = cv_request_retrieve(self->client, CV_ISSUE, ++self->next_id, NULL);
        cv_request_on_done(request, take, self);
        self->under_way++;
    }
}

static void play(int frame_count, game *self, result *seen) {
    int64_t due_ns = measure_now_ns();
    for (int i = 0; i < frame_count; i++) {
        ask_for_more(self);
        int64_t busy_ns = measure_busy_now_ns();
        int64_t begun_ns = measure_now_ns();
        if (self->client != NULL) {
            cv_client_poll(self->client, 0);
        }
        measure_add(&seen->frames, measure_now_ns() - begun_ns);
        measure_add(&seen->busy, measure_busy_now_ns() - busy_ns);
        due_ns += (int64_t)FRAME_US * 1000;
        int64_t left_us = (due_ns - measure_now_ns()) / 1000;
        measure_sleep_us(left_us > 0 ? left_us : 0);
    }
}

static cv_client *open_client(const scene *self, cv_drive drive) {
    cv_options options = CV_OPTIONS_INIT;
    options.api_key = "a key that is not checked";
    options.base_url = self->service.base_url;
    options.database = self->database;
    options.drive = drive;
    options.relaxed_sync = true;
    options.rate_limit.kind = CV_LIMIT_NONE;
    options.rate_limit.min_interval_ms = CV_NO_INTERVAL;
    options.cache.stale_s = CV_NONE;
    options.cache.max_bytes = KEPT_BYTES;
    options.cache.cleanup_interval_ms = CLEANUP_MS;
    options.dedupe.cleanup_interval_ms = CLEANUP_MS;
    options.max_wait_ms = CV_WAIT_FOREVER;
    cv_client *client = cv_client_open(&options);
    TEAM_DONE(client != NULL);
    return client;
}

static void play_run(void *user) {
    result *self = user;
    game played = {.next_id = 0};
    if (self->plan->has_client) {
        played.client = open_client(self->place, self->plan->drive);
    }
    play(self->place->frames, &played, self);
    self->answers += played.answers; /* without those that closing ends */
    cv_client_close(played.client);
}

static result *make_result(scene *self, const run *plan) {
    size_t frames = (size_t)(RUNS * self->frames);
    result *made = team_share(sizeof(*made));
    *made = (result){.place = self, .plan = plan};
    made->frames = measure_room(frames);
    made->busy = measure_room(frames);
    return made;
}

static void measure_run(result *seen) {
    scene *self = seen->place;
    const run *plan = seen->plan;
    pid_t writers[WRITERS];
    team_make_folder(self->folder, plan->in_memory);
    team_path(self->database, self->folder, "comics.db");
    atomic_store(&self->is_over, false);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = team_start(write_on, self);
    }
    self->service.largest_bytes = LARGEST_BYTES;
    service_start(&self->service);
    team_run(play_run, seen);
    atomic_store(&self->is_over, true);
    for (int i = 0; i < WRITERS; i++) {
        team_join(writers[i]);
    }
    service_stop(&self->service);
    team_remove_folder(self->folder);
}

static double count_above(const measure_samples *samples, double bound_us) {
    size_t count = 0;
    for (size_t i = 0; i < samples->count; i++) {
        count += (double)samples->ns[i] > bound_us * 1000.0 ? 1 : 0;
    }
    return (double)count;
}

static void print_run(result *self, result *floor) {
    char name[128];
    measure_distribution seen = {name, &self->frames, &floor->frames, {0}};
    measure_distribution busy = {name, &self->busy, &floor->busy, {0}};
    seen.bounds_us[MEASURE_P999] = self->plan->goal_us;
    snprintf(name, sizeof(name), "one frame, %s (P10)", self->plan->name);
    measure_print_distribution(&seen);
    snprintf(name, sizeof(name), "processor time of one frame, %s (P10)", self->plan->name);
    measure_print_distribution(&busy);
    if (self->plan->goal_us > 0.0) {
        snprintf(name, sizeof(name), "frames above the goal in processor time, %s (P10)",
                 self->plan->name);
        measure_print(&(measure_line){.name = name,
                                      .unit = "frames",
                                      .figure = count_above(&self->busy, self->plan->goal_us)});
    }
    snprintf(name, sizeof(name), "answers in these frames, %s (P10)", self->plan->name);
    measure_print(
        &(measure_line){.name = name, .unit = "answers", .figure = (double)self->answers});
}

int main(int argument_count, char **arguments) {
    static const run runs[] = {
        {"without the library", false, CV_DRIVE_THREAD, true, 0.0}, /* the floor */
        {"a worker thread", true, CV_DRIVE_THREAD, true, WORKER_GOAL_US},
        {"no thread", true, CV_DRIVE_POLL, true, POLL_GOAL_US},
        {"no thread, the file on the disk", true, CV_DRIVE_POLL, false, 0.0},
    };
    enum { PLANS = sizeof(runs) / sizeof(runs[0]) };
    result *results[PLANS];
    scene *self = team_share(sizeof(*self));
    self->frames = measure_is_smoke(argument_count, arguments) ? SMOKE_FRAMES : FRAMES;
    for (size_t i = 0; i < PLANS; i++) {
        results[i] = make_result(self, &runs[i]);
    }
    for (int i = 0; i < RUNS * PLANS; i++) {
        measure_run(results[i % PLANS]);
    }
    for (size_t i = 1; i < PLANS; i++) {
        print_run(results[i], results[0]);
    }
    return 0;
}
