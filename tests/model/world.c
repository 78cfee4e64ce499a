/* Owns the time of a world, what its disk does to whom, and what is broken in it. */
#include "model/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

world *the_world;

/* ---- what is broken ---- */

void world_trace(const world *self, const char *format, ...) {
    va_list arguments;
    if (!self->given.is_traced) {
        return;
    }
    (void)printf("  %9lld ms, step %3d: ", (long long)self->true_ms, self->step);
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)putchar('\n');
}

void world_break(world *self, const char *format, ...) {
    va_list arguments;
    if (world_is_broken(self)) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(self->verdict, sizeof(self->verdict), format, arguments);
    va_end(arguments);
    world_trace(self, "BROKEN: %s", self->verdict);
}

bool world_is_broken(const world *self) {
    return self->verdict[0] != '\0';
}

/* ---- time ---- */

cv_now world_now(const world *self) {
    return (cv_now){self->true_ms - self->boot_start_ms, self->wall_ms};
}

int64_t world_lease_ms(const world *self, int64_t born) {
    static const int64_t leases_ms[] = {300, 1000, 5000};
    return self->plan.has_own_leases ? leases_ms[born % 3] : self->plan.lease_ms;
}

void world_advance(world *self, int64_t duration_ms) {
    self->true_ms += duration_ms;
    self->wall_ms += duration_ms;
}

/* ---- the disk ---- */

static int draw_failure(world *self, disk_operation operation) {
    static const int results[][2] = {[DISK_OPEN] = {SQLITE_CANTOPEN, SQLITE_IOERR},
                                     [DISK_READ] = {SQLITE_IOERR_READ, SQLITE_IOERR_READ},
                                     [DISK_WRITE] = {SQLITE_FULL, SQLITE_IOERR_WRITE},
                                     [DISK_SYNC] = {SQLITE_IOERR_FSYNC, SQLITE_IOERR_FSYNC},
                                     [DISK_LOCK] = {SQLITE_BUSY, SQLITE_BUSY}};
    return results[operation][chance_draw(&self->chance, 2)];
}

/* What happens in the middle of a process's work. */
static int judge_operation(void *user, disk_operation operation) {
    world *self = user;
    process *running = self->running;
    if (running == NULL) {
        return SQLITE_OK;
    }
    if (operation >= DISK_WRITE && running->dies_in > 0 && --running->dies_in == 0) {
        running->is_dead = true;
    }
    if (running->may_pause && !running->is_dead && operation >= DISK_WRITE &&
        chance_percent(&self->chance, self->plan.pauses)) {
        crew_pause(running->member);
    }
    if (running->is_dead) {
        return SQLITE_IOERR;
    }
    if (self->is_troubled && chance_draw(&self->chance, 1000) < self->plan.trouble) {
        running->troubled_ms = self->true_ms;
        return draw_failure(self, operation);
    }
    return SQLITE_OK;
}

/* ---- making ---- */

enum { NEGATIVE_TTL_S = 3 /* of what is else kept for long; worlds last for minutes at most */ };

static plan draw_plan(chance *random) {
    plan drawn = {
        .processes = (int)CHANCE_OF(random, 2, 2, 2, 3, 3, 4),
        .limit = CHANCE_OF(random, 1, 2, 3, 3, 5, 8),
        .window_ms = CHANCE_OF(random, 2000, 5000, 5000, 20000),
        .guard_ms = CHANCE_OF(random, 0, 0, 200, 2000),
        .interval_ms = CHANCE_OF(random, 0, 0, 0, 100, 1050),
        .kind = (cv_limit_kind)CHANCE_OF(random, CV_LIMIT_SLIDING, CV_LIMIT_SLIDING,
                                         CV_LIMIT_ADAPTIVE, CV_LIMIT_ADAPTIVE, CV_LIMIT_NONE),
        .lease_ms = CHANCE_OF(random, 300, 1000, 5000),
        .ttl_s = CHANCE_OF(random, 1, 2, 5, 3600),
        .stale_s = CHANCE_OF(random, 3, 604800),
        .timeout_ms = CHANCE_OF(random, 1000, 4000, 30000),
        .max_wait_ms = CHANCE_OF(random, 2000, 20000, 60000),
        .max_retries = CHANCE_OF(random, 0, 1, 2),
        .circuit_failures = CHANCE_OF(random, CV_NONE, CV_NONE, 2, 5),
        .steps_wall = chance_percent(random, 40),
        .kindness = CHANCE_OF(random, 40, 70, 95),
        .pauses = CHANCE_OF(random, 0, 5, 20),
        .trouble = CHANCE_OF(random, 0, 10, 60),
        .steps = 30,
    };
    drawn.negative_ttl_s = drawn.ttl_s < NEGATIVE_TTL_S ? drawn.ttl_s * 2 : NEGATIVE_TTL_S;
    drawn.cuts_power = !drawn.steps_wall && chance_percent(random, 50);
    drawn.has_foreign = !drawn.steps_wall && chance_percent(random, 50);
    return drawn;
}

/* Shorter times than any application would choose, so that much of it happens in one world. */
static cv_adaptive_settings draw_shares(chance *random) {
    int64_t high = CHANCE_OF(random, 2, 4, 10);
    bool is_brisk = chance_percent(random, 60); /* users come and go several times */
    return (cv_adaptive_settings){
        .monitoring_window_ms = is_brisk ? 3000 : CHANCE_OF(random, 2000, 9000, 900000),
        .high_activity_threshold = high,
        .moderate_activity_threshold = high / 2,
        .recalculation_interval_ms = is_brisk ? 6000 : CHANCE_OF(random, 100, 3000, 30000),
        .sustained_inactivity_threshold_ms =
            is_brisk ? 3500 : CHANCE_OF(random, 3000, 12000, 1800000),
        .max_user_scaling = 2.0,
        .min_user_reserved = CHANCE_OF(random, CV_NONE, 1, 2, 5),
    };
}

static void draw_spite(plan *drawn, chance *random) {
    drawn->adaptive = draw_shares(random);
    drawn->circuit_open_ms = 10000;
    drawn->has_batch = drawn->kind == CV_LIMIT_ADAPTIVE && chance_percent(random, 60);
    drawn->is_stubborn = chance_percent(random, 40);
    if (drawn->is_stubborn) {
        drawn->circuit_failures = CHANCE_OF(random, CV_NONE, 1, 2, 2, 3, 5);
        drawn->circuit_open_ms = CHANCE_OF(random, 400, 3000, 10000, 200000);
    }
}

void world_init(world *self, uint64_t seed, crew *team, disk *store) {
    const given stays = self->given;
    chance leases; /* apart, so that nothing else changes */
    *self = (world){.given = stays,
                    .seed = seed,
                    .crew = team,
                    .disk = store,
                    .true_ms = 3600000,
                    .wall_ms = INT64_C(1717243200000),
                    .boot_id = "boot-1",
                    .boots = 1};
    chance_init(&self->chance, seed, 1);
    chance_init(&self->secrets, seed, 2);
    chance_init(&store->random, seed, 3);
    chance_init(&self->fancy, seed, 4);
    self->plan = draw_plan(&self->chance);
    self->plan.has_pictures = chance_percent(&self->fancy, 30);
    self->plan.picture_interval_ms = CHANCE_OF(&self->fancy, 21, 250, 1050);
    chance_init(&self->spite, seed, 6);
    draw_spite(&self->plan, &self->spite);
    chance_init(&leases, seed, 5);
    self->plan.has_own_leases = chance_percent(&leases, 50);
    for (int i = 0; i < PROCESSES; i++) {
        self->processes[i] = (process){.world = self, .index = i, .member = &team->members[i]};
    }
    for (int i = 0; i < OBJECTS; i++) {
        self->kept[i].sending = -1;
    }
    self->seen_changes = store->changes;
    store->judge = judge_operation;
    store->user = self;
    store->wall_ms = &self->wall_ms;
    the_world = self;
}
