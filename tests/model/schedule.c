/* Owns what happens in a world, step by step: who runs, when time passes, what goes wrong. In the
 * end nothing goes wrong any more, and whatever is under way must come to its end. */
#include "model/asks.h"
#include "model/foreign.h"
#include "model/judge.h"
#include "model/process.h"
#include "model/world.h"

#include <stdio.h>

enum { ROUNDS_MAX = 3000 };

#define PATIENCE_MS INT64_C(1200000) /* far more than any call may take */

static process *draw_process(world *self) {
    return &self->processes[chance_draw(&self->chance, self->plan.processes)];
}

static int64_t least_due_ms(const world *self) {
    int64_t due_ms = NEVER;
    for (int i = 0; i < self->plan.processes; i++) {
        const process *one = &self->processes[i];
        int64_t own_ms = one->client != NULL ? process_due_ms(one) : NEVER;
        due_ms = own_ms < due_ms ? own_ms : due_ms;
    }
    return due_ms;
}

static void let_pause(world *self, bool may_pause) {
    for (int i = 0; i < self->plan.processes; i++) {
        self->processes[i].may_pause = may_pause;
    }
}

static process *find_paused(world *self) {
    int first = (int)chance_draw(&self->chance, self->plan.processes);
    for (int i = 0; i < self->plan.processes; i++) {
        process *one = &self->processes[(first + i) % self->plan.processes];
        if (process_is_paused(one)) {
            return one;
        }
    }
    return NULL;
}

/* Whatever somebody was in the middle of is done, in any order. */
static void end_pauses(world *self) {
    process *paused = NULL;
    let_pause(self, false);
    while ((paused = find_paused(self)) != NULL) {
        process_resume(paused);
    }
    let_pause(self, !self->is_over && self->plan.pauses > 0);
    judge_file(self); /* before time passes */
}

/* ---- steps ---- */

static void step_run(world *self) {
    process *one = draw_process(self);
    if (process_is_paused(one)) {
        process_resume(one);
    } else if (one->client != NULL) {
        process_step(one);
    } else {
        process_open(one);
    }
}

static void step_rest(world *self) {
    process *one = draw_process(self);
    if (process_is_paused(one)) {
        process_resume(one);
    } else if (one->client != NULL) {
        process_rest(one);
    }
}

static void step_ask(world *self) {
    process *one = draw_process(self);
    if (process_is_ready(one)) {
        bool is_picture = self->plan.has_pictures && chance_percent(&self->fancy, 60);
        asks_begin(one, is_picture ? SUBJECT_PICTURE : (int)chance_draw(&self->chance, SUBJECTS));
    }
}

static void step_cancel(world *self) {
    process *one = draw_process(self);
    if (process_is_ready(one)) {
        asks_cancel(one);
    }
}

/* Everybody does what is due, and then as much time goes by as nobody needs. */
static void step_next(world *self) {
    end_pauses(self);
    for (int i = 0; i < self->plan.processes; i++) {
        if (process_is_ready(&self->processes[i])) {
            process_rest(&self->processes[i]);
        }
    }
    end_pauses(self);
    int64_t due_ms = least_due_ms(self);
    if (due_ms != NEVER && due_ms > self->true_ms) {
        world_advance(self, due_ms - self->true_ms);
    }
}

static void step_time(world *self) {
    end_pauses(self);
    world_advance(self, CHANCE_OF(&self->chance, 1, 30, 400, self->plan.lease_ms / 2,
                                  self->plan.lease_ms + 1, self->plan.window_ms / 2,
                                  self->plan.window_ms, self->plan.ttl_s * 1000));
}

/* Somebody asks a millisecond before an earlier request leaves its window, and then as it does. */
static void step_edge(world *self) {
    process *one = draw_process(self);
    end_pauses(self);
    if (self->log_count == 0 || one->client == NULL) {
        return;
    }
    const sending *earlier = &self->log[chance_draw(&self->chance, self->log_count)];
    int64_t ends_ms = earlier->left_ms + self->plan.window_ms + self->plan.guard_ms;
    for (int64_t early_ms = 1; early_ms >= 0 && process_is_ready(one); early_ms--) {
        if (ends_ms - early_ms > self->true_ms) {
            world_advance(self, ends_ms - early_ms - self->true_ms);
        }
        asks_begin(one, object_subject(earlier->object));
        process_rest(one);
        end_pauses(self);
    }
}

/* When the first of the pauses that hold is over. */
static int64_t next_end_ms(const world *self) {
    int64_t end_ms = NEVER;
    for (int i = 0; i < REACHES; i++) {
        const held *one = &self->held[i];
        if (one->is_there && one->end_ms > self->true_ms && one->end_ms < end_ms) {
            end_ms = one->end_ms;
        }
    }
    return end_ms;
}

/* Somebody asks as a pause ends. */
static bool outlast_pause(world *self) {
    process *one = draw_process(self);
    int64_t end_ms = next_end_ms(self);
    if (end_ms == NEVER || !process_is_ready(one)) {
        return false;
    }
    end_pauses(self);
    if (!process_is_ready(one)) {
        return false;
    }
    if (end_ms > self->true_ms) {
        world_advance(self, end_ms - self->true_ms);
    }
    asks_begin(one, (int)chance_draw(&self->spite, SUBJECTS));
    process_rest(one);
    return true;
}

/* The batch, or a user beside it, asks for all the lists at once. */
static void ask_for_lists(world *self) {
    int64_t user = 1 + chance_draw(&self->spite, self->plan.processes - 1);
    process *one = &self->processes[chance_percent(&self->spite, 50) ? 0 : user];
    for (int i = ISSUES; i < SUBJECTS && process_is_ready(one); i++) {
        if (i != HITS) {
            asks_begin(one, i);
        }
    }
    if (process_is_ready(one)) {
        process_rest(one);
    }
}

static void step_suspend(world *self) {
    process *one = draw_process(self);
    if (!process_is_ready(one)) {
        return;
    }
    world_trace(self, "process %d is %s", one->index, one->is_suspended ? "woken" : "suspended");
    if (one->is_suspended) {
        process_wake(one);
    } else {
        process_suspend(one);
    }
}

static void step_death(world *self) {
    process *one = draw_process(self);
    if (one->client == NULL) {
        return;
    }
    if (chance_percent(&self->chance, 50)) {
        process_kill(one);
    } else {
        one->dies_in = 1 + chance_draw(&self->chance, 12);
    }
}

static void step_close(world *self) {
    process *one = draw_process(self);
    if (process_is_ready(one) && asks_count(one) == 0) {
        world_trace(self, "process %d closes", one->index);
        process_close(one);
    }
}

static void step_trouble(world *self) {
    self->is_troubled = !self->is_troubled;
}

static void step_foreign(world *self) {
    if (self->plan.has_foreign) {
        foreign_step(self);
    } else {
        step_run(self);
    }
}

static void reboot(world *self) {
    for (int i = 0; i < self->plan.processes; i++) {
        if (self->processes[i].client != NULL || process_is_paused(&self->processes[i])) {
            process_kill(&self->processes[i]);
        }
    }
    judge_close(self);
    foreign_close(self);
    disk_cut(self->disk, &self->chance);
    world_advance(self, CHANCE_OF(&self->chance, 0, 0, 1000, 40000));
    self->boot_start_ms = self->true_ms - 60000;
    (void)snprintf(self->boot_id, sizeof(self->boot_id), "boot-%d", ++self->boots);
    self->seen_changes--;
    world_trace(self, "the power was cut");
    judge_file(self);
    for (int i = 0; i < self->plan.processes; i++) {
        process_open(&self->processes[i]);
    }
}

static void step_clock(world *self) {
    static const int64_t steps_ms[] = {1000, 6000, 3600000, INT64_C(315360000000)};
    if (self->plan.steps_wall) {
        int64_t step_ms = steps_ms[chance_draw(&self->chance, 4)];
        self->wall_ms += chance_percent(&self->chance, 50) ? step_ms : -step_ms;
        world_trace(self, "the wall clock is set by %lld", (long long)step_ms);
    } else if (self->plan.cuts_power && self->log_count > 0) {
        reboot(self);
    }
}

/* How often of a hundred. */
static const struct {
    int64_t percent;
    void (*run)(world *self);
} steps[] = {
    {18, step_run},    {8, step_rest},   {21, step_ask},    {20, step_next}, {5, step_time},
    {6, step_edge},    {2, step_cancel}, {2, step_suspend}, {3, step_death}, {1, step_close},
    {3, step_trouble}, {6, step_clock},  {5, step_foreign},
};

static void draw_step(world *self) {
    int64_t left = chance_draw(&self->chance, 100);
    size_t which = 0;
    while (left >= steps[which].percent) {
        left -= steps[which++].percent;
    }
    steps[which].run(self);
}

static void step(world *self) {
    bool is_batch = self->plan.has_batch && chance_percent(&self->spite, 30);
    bool outlasts = self->plan.is_stubborn && chance_percent(&self->spite, 30);
    if (is_batch) {
        ask_for_lists(self);
    } else if (!outlasts || !outlast_pause(self)) {
        draw_step(self);
    }
    judge_file(self);
}

/* ---- from beginning to end ---- */

static bool is_under_way(const world *self) {
    for (int i = 0; i < self->plan.processes; i++) {
        if (asks_count(&self->processes[i]) > 0) {
            return true;
        }
    }
    return false;
}

static void calm_down(world *self) {
    self->is_over = true;
    self->is_troubled = false;
    end_pauses(self);
    foreign_end_jobs(self);
    for (int i = 0; i < self->plan.processes; i++) {
        process *one = &self->processes[i];
        one->dies_in = 0;
        if (one->client != NULL && one->is_suspended) {
            process_wake(one);
        }
    }
}

static void run_out(world *self) {
    int64_t until_ms = self->true_ms + PATIENCE_MS;
    int rounds = 0;
    calm_down(self);
    while (is_under_way(self) && !world_is_broken(self)) {
        if (self->true_ms > until_ms || ++rounds > ROUNDS_MAX) {
            world_break(self, "a call never ends");
        }
        step_next(self);
        judge_file(self);
    }
    if (!world_is_broken(self)) {
        judge_end(self);
    }
}

static void close_all(world *self) {
    self->is_over = true;
    for (int i = 0; i < self->plan.processes; i++) {
        process *one = &self->processes[i];
        if (process_is_paused(one) || world_is_broken(self)) {
            process_kill(one);
        } else if (one->client != NULL) {
            process_close(one);
        }
    }
    judge_close(self);
    foreign_close(self);
}

bool world_run(world *self) {
    end_pauses(self);
    for (int i = 0; i < self->plan.processes; i++) {
        process_open(&self->processes[i]);
    }
    for (; self->step < self->plan.steps && !world_is_broken(self); self->step++) {
        step(self);
    }
    if (!world_is_broken(self)) {
        run_out(self);
    }
    close_all(self);
    return !world_is_broken(self);
}
