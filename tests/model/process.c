/* Owns the simulated processes: a client in poll mode each; its application is in asks.c. One that
 * is dead still runs to the end of what it was doing, and is then closed, but its disk and its
 * network do nothing any more: for the others it is gone. */
#include "model/process.h"

#include <string.h>

#include "model/asks.h"
#include "model/judge.h"
#include "model/network.h"

enum { UNITS_MAX = 4000, LOCK_LOOK_MS = 3 };

bool process_is_paused(const process *self) {
    return self->member->is_paused;
}

bool process_is_ready(const process *self) {
    return self->client != NULL && !process_is_paused(self);
}

static bool is_anybody_paused(const world *self) {
    for (int i = 0; i < self->plan.processes; i++) {
        if (process_is_paused(&self->processes[i])) {
            return true;
        }
    }
    return false;
}

/* ---- its own thread ---- */

static cv_now look_at_clock(void *user) {
    return world_now(user);
}

static void note_event(const cv_event *event, void *user) {
    process *self = user;
    for (int i = 0; i < ASKS; i++) {
        ask *asked = &self->asks[i];
        if (asked->request == NULL || asked->request != event->request) {
            continue;
        }
        asked->is_watching = event->kind == CV_EVENT_JOINED;
        asked->ends += event->kind == CV_EVENT_DONE ? 1 : 0;
    }
}

/* What the options point to. */
typedef struct parts {
    cv_clock clock;
    cv_image_settings images;
} parts;

static cv_options make_options(process *self, parts *own) {
    const plan *drawn = &self->world->plan;
    cv_options options = CV_OPTIONS_INIT;
    own->clock = (cv_clock)CV_CLOCK_INIT;
    own->clock.now = look_at_clock;
    own->clock.user = self->world;
    own->clock.boot_id = self->world->boot_id;
    own->images = (cv_image_settings)CV_IMAGE_SETTINGS_INIT;
    own->images.min_interval_ms = drawn->picture_interval_ms;
    own->images.ttl_s = drawn->ttl_s;
    own->images.stale_s = drawn->stale_s;
    options.api_key = MODEL_KEY;
    options.base_url = "http://comics.example/api";
    options.database = self->world->given.database;
    options.drive = CV_DRIVE_POLL;
    options.timeout_ms = drawn->timeout_ms;
    options.max_wait_ms = drawn->max_wait_ms;
    options.max_retries = drawn->max_retries > 0 ? drawn->max_retries : CV_NONE;
    options.cache.ttl_s = drawn->ttl_s;
    options.cache.negative_ttl_s = drawn->negative_ttl_s;
    options.cache.stale_s = drawn->stale_s;
    options.dedupe.lease_ms = world_lease_ms(self->world, self->born);
    options.dedupe.job_timeout_ms = INT64_C(86400000);
    options.rate_limit.kind = drawn->kind;
    options.rate_limit.limit = drawn->limit;
    options.rate_limit.window_ms = drawn->window_ms;
    options.rate_limit.guard_ms = drawn->guard_ms > 0 ? drawn->guard_ms : CV_NONE;
    options.rate_limit.min_interval_ms =
        drawn->interval_ms > 0 ? drawn->interval_ms : CV_NO_INTERVAL;
    options.rate_limit.circuit_failures = drawn->circuit_failures;
    options.rate_limit.circuit_open_ms = drawn->circuit_open_ms;
    options.rate_limit.adaptive = drawn->adaptive;
    options.on_event = note_event;
    options.user = self;
    options.transport = &self->table;
    options.clock = &own->clock;
    options.images = &own->images;
    return options;
}

static void task_open(void *user) {
    process *self = user;
    parts own;
    cv_options options = make_options(self, &own);
    self->client = cv_client_open(&options);
    if (self->client == NULL && !self->is_dead && self->troubled_ms < self->world->true_ms) {
        world_break(self->world, "process %d cannot open the file: %s", self->index,
                    cv_last_error()->message);
    }
}

static void task_open_pictures(void *user) {
    const process *self = user;
    cv_request_free(cv_request_image(self->client, picture_url(OBJECTS), NULL));
}

static void task_step(void *user) {
    process *self = user;
    (void)cv_client_poll_for(self->client, 0);
}

static bool is_due(const process *self) {
    return self->due_ms <= world_now(self->world).boot_ms || network_is_due(self) || self->mail > 0;
}

/* Nothing is told of a client that has not asked for anything: it has nothing to do. */
static void task_rest(void *user) {
    process *self = user;
    int units = 0;
    while (!self->is_dead && (cv_client_poll_for(self->client, 0) > 0 || is_due(self))) {
        if (++units > UNITS_MAX) {
            world_break(self->world, "process %d never comes to rest", self->index);
            return;
        }
    }
}

static void task_suspend(void *user) {
    process *self = user;
    cv_client_suspend(self->client);
    self->is_suspended = true;
}

static void task_wake(void *user) {
    process *self = user;
    self->is_suspended = false;
    cv_client_resume(self->client);
}

static void task_close(void *user) {
    process *self = user;
    cv_client_close(self->client);
    self->client = NULL; /* also if it dies in there */
}

/* ---- turns ---- */

/* Nothing that it has heard is written down any more. */
static void settle(const process *self) {
    world *here = self->world;
    for (int i = 0; i < here->log_count; i++) {
        sending *sent = &here->log[i];
        if (sent->born == self->born && sent->settled_ms == NEVER) {
            sent->settled_ms = here->true_ms;
        }
    }
}

/* What is left of one that has died. */
static void bury(process *self) {
    if (self->client != NULL) {
        self->world->running = self;
        crew_run(self->member, task_close, self);
        self->world->running = NULL;
    }
    asks_free(self);
    settle(self);
    world_trace(self->world, "process %d is dead", self->index);
    self->is_dead = false;
}

static void turn_over(process *self) {
    self->world->running = NULL;
    if (self->is_dead && !process_is_paused(self)) {
        bury(self);
    }
}

void process_run(process *self, crew_task *task, void *user) {
    self->world->running = self;
    crew_run(self->member, task, user);
    turn_over(self);
}

void process_resume(process *self) {
    self->world->running = self;
    crew_resume(self->member);
    turn_over(self);
}

void process_open(process *self) {
    world *here = self->world;
    self->born = ++here->births;
    self->is_dead = false;
    self->is_suspended = false;
    self->dies_in = 0;
    self->due_ms = NEVER;
    self->slept_ms = 0;
    self->mail = 0;
    memset(self->has_asked, 0, sizeof(self->has_asked));
    self->troubled_ms = -1;
    self->rested_ms = -1 - world_lease_ms(here, self->born);
    self->asks_leave = chance_percent(&here->chance, 60);
    network_init(self);
    world_trace(here, "process %d opens, life %lld", self->index, (long long)self->born);
    process_run(self, task_open, self);
}

void process_open_pictures(process *self) {
    process_run(self, task_open_pictures, self);
}

void process_step(process *self) {
    process_run(self, task_step, self);
}

/* One that a lock has kept from its work looks again in a moment, and is not at rest. */
static bool is_hindered(const process *self) {
    return self->due_ms != NEVER && self->due_ms - world_now(self->world).boot_ms <= LOCK_LOOK_MS;
}

void process_rest(process *self) {
    world *here = self->world;
    int64_t troubled_ms = self->troubled_ms;
    bool is_alone = !is_anybody_paused(self->world);
    process_run(self, task_rest, self);
    bool is_whole = process_is_ready(self) && !self->is_suspended && is_alone &&
                    !is_anybody_paused(self->world) && self->troubled_ms == troubled_ms &&
                    !is_hindered(self) && !world_is_broken(here);
    if (is_whole) {
        judge_rest(self);
    }
    if (process_is_ready(self)) {
        asks_sweep(self);
    }
}

void process_suspend(process *self) {
    process_run(self, task_suspend, self);
}

void process_wake(process *self) {
    process_run(self, task_wake, self);
}

void process_close(process *self) {
    self->may_pause = false;
    process_run(self, task_close, self);
    asks_free(self);
    settle(self);
}

void process_kill(process *self) {
    self->is_dead = true;
    if (process_is_paused(self)) {
        process_resume(self);
    } else if (self->client != NULL) {
        bury(self);
    }
    self->is_dead = false;
}

int64_t process_due_ms(const process *self) {
    int64_t own_ms = self->due_ms == NEVER ? NEVER : self->due_ms + self->world->boot_start_ms;
    int64_t network_ms = network_due_ms(self);
    return self->mail > 0 ? self->world->true_ms : own_ms < network_ms ? own_ms : network_ms;
}
