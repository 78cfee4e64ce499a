/* Owns the promises about requests that leave, about the file, and about processes at rest. Those
 * about pauses are in judge_pause.c, those about the answers of calls in judge_ending.c. */
#include "model/judge.h"

#include <string.h>

#include "model/foreign.h"
#include "model/look.h"

static int path_of(const sending *sent) {
    return object_paths[sent->object];
}

/* ---- limits ---- */

/* A request may arrive half of the guard later than the one before it and still be within the
 * limit: so the two must leave so far apart. What another program has sent since this one was
 * admitted could not be counted. */
static void judge_window(world *self, int number) {
    const sending *last = &self->log[number];
    int64_t since_ms = last->left_ms - self->plan.window_ms - self->plan.guard_ms / 2;
    int64_t seen_until_ms = last->left_ms - self->plan.guard_ms / 2 - 1;
    int64_t count = 0;
    for (int i = 0; i <= number; i++) {
        count += path_of(&self->log[i]) == path_of(last) && self->log[i].left_ms > since_ms ? 1 : 0;
    }
    int64_t others = foreign_count(self, path_of(last), since_ms, seen_until_ms);
    if (self->plan.kind != CV_LIMIT_NONE && count + others > self->plan.limit) {
        world_break(self, "%lld requests of %s in a window, %lld of another's, the limit is %lld",
                    (long long)count, path_names[path_of(last)], (long long)others,
                    (long long)self->plan.limit);
    }
}

int64_t judge_longest_delay_ms(const world *self) {
    int64_t guard_ms = self->plan.guard_ms / 2;
    int64_t late_ms = self->plan.interval_ms / 21;
    return self->plan.interval_ms > 0 && late_ms < guard_ms ? late_ms : guard_ms;
}

static void judge_interval(world *self, int number) {
    int64_t least_ms = self->plan.interval_ms - judge_longest_delay_ms(self);
    if (number > 0 && self->plan.interval_ms > 0 &&
        self->log[number].left_ms - self->log[number - 1].left_ms < least_ms) {
        world_break(self, "two requests %lld ms apart, the interval is %lld",
                    (long long)(self->log[number].left_ms - self->log[number - 1].left_ms),
                    (long long)self->plan.interval_ms);
    }
}

static void judge_records(world *self, const look *seen) {
    int64_t since_ms = self->true_ms - self->plan.window_ms;
    int64_t counts[PATHS] = {0};
    for (int i = 0; i < self->log_count; i++) {
        counts[path_of(&self->log[i])] += self->log[i].left_ms > since_ms ? 1 : 0;
    }
    for (int i = 0; i < PATHS; i++) {
        if (counts[i] > seen->recorded[i]) {
            world_break(self, "%lld requests of %s have left and %lld are recorded",
                        (long long)counts[i], path_names[i], (long long)seen->recorded[i]);
        }
    }
}

/* ---- owners ---- */

const process *judge_sender_of(const world *self, const sending *sent) {
    const process *sender = &self->processes[sent->process];
    return sender->born == sent->born && sender->client != NULL && !sender->is_dead ? sender : NULL;
}

/* Whoever had nothing left to do has renewed its lease at most a third of it ago. */
static bool holds_lease(world *self, const sending *sent) {
    const process *owner = judge_sender_of(self, sent);
    return owner != NULL && owner->troubled_ms < sent->left_ms && !owner->is_suspended &&
           self->true_ms - owner->rested_ms < world_lease_ms(self, owner->born) * 2 / 3;
}

/* The job of an object has this owner: those who wait for an answer with another have lost theirs,
 * some of them before they could send. */
static void judge_owner(world *self, int object, const char *job_id) {
    for (int i = 0; i < self->log_count; i++) {
        sending *other = &self->log[i];
        if (!other->is_open || other->is_outlived || other->object != object ||
            other->job_id[0] == '\0' || strcmp(other->job_id, job_id) == 0) {
            continue;
        }
        if (holds_lease(self, other)) {
            world_break(self, "a second owner, while the first still waits for the answer to %d",
                        i);
        }
        other->is_outlived = true;
    }
}

void judge_sending(world *self, int number) {
    const process *sender = &self->processes[self->log[number].process];
    look seen;
    judge_window(self, number);
    judge_interval(self, number);
    judge_pauses(self, number);
    judge_shares(self, number);
    if (sender->is_suspended) {
        world_break(self, "sent by a process that is suspended");
    }
    if (look_at_file(self, &seen)) {
        judge_records(self, &seen);
        judge_held_sending(self, number, seen.held);
        const char *job_id = seen.kept[self->log[number].object].job_id;
        memcpy(self->log[number].job_id, job_id, sizeof(self->log[number].job_id));
        judge_owner(self, self->log[number].object, job_id);
    }
}

/* ---- the file ---- */

static bool may_be_deleted(const world *self, const sending *stored) {
    bool is_negative = stored->reply == REPLY_NOT_FOUND;
    int64_t ttl_s = is_negative ? self->plan.negative_ttl_s : self->plan.ttl_s;
    int64_t kept_ms = (ttl_s + self->plan.stale_s) * 1000;
    return self->plan.steps_wall || self->true_ms - stored->heard_ms >= kept_ms;
}

/* Of one job's answers that to the earlier request is older; lists of their own may pass each other
 * on the way, and what they say of an object is as old as they say. */
static bool is_older(const world *self, int now, int before) {
    const sending *new = &self->log[now];
    const sending *old = &self->log[before];
    return new->object == old->object ? now < before : new->heard_ms < old->heard_ms;
}

static void judge_entry(world *self, int object, const kept *seen) {
    int before = self->kept[object].sending;
    int now = seen->sending;
    if (seen->is_foreign) {
        return; /* and what was there before is gone */
    }
    if (now >= self->log_count) {
        world_break(self, "the cache has an answer that was never given");
    } else if (now < 0 && before >= 0 && !may_be_deleted(self, &self->log[before])) {
        world_break(self, "the answer to %d was committed and is lost", before);
    } else if (now >= 0 && !object_may_hold(object, self->log[now].object)) {
        world_break(self, "the answer to %d is kept as that of object %d", now, object);
    } else if (now >= 0 && before >= 0 && is_older(self, now, before)) {
        world_break(self, "the answer to %d has taken the place of that to %d", now, before);
    } else if (now >= 0 && self->log[now].stored_ms < 0) {
        self->log[now].stored_ms = self->true_ms;
    }
}

/* In the middle of a transaction what was written cannot be seen yet. */
static bool is_settled(const world *self) {
    bool is_settled = self->running == NULL;
    for (int i = 0; i < self->plan.processes; i++) {
        is_settled = is_settled && !self->processes[i].member->is_paused;
    }
    return is_settled;
}

/* Its lease had run out, and somebody has cleaned up: it is anybody's. */
static void note_lost(world *self, const char *job_id) {
    for (int i = 0; i < self->log_count; i++) {
        sending *sent = &self->log[i];
        sent->is_outlived = sent->is_outlived || strcmp(sent->job_id, job_id) == 0;
    }
}

static void judge_job(world *self, int object, const kept *before, kept *now) {
    if (!now->is_pending) {
        int64_t age_ms = world_now(self).boot_ms - before->renewed_ms;
        bool has_run_out = age_ms >= world_lease_ms(self, before->owner);
        has_run_out = has_run_out || foreign_owns(before->job_id);
        now->is_abandoned = before->is_pending ? has_run_out : before->is_abandoned;
        memcpy(now->job_id, before->job_id, sizeof(now->job_id));
        if (before->is_pending && has_run_out) {
            note_lost(self, before->job_id);
        }
    } else if (strcmp(now->job_id, before->job_id) != 0) {
        if (before->is_pending && foreign_owns(before->job_id)) {
            world_break(self, "the job of another program was taken over: %s", before->job_id);
        }
        judge_owner(self, object, now->job_id);
    }
}

void judge_file(world *self) {
    look seen;
    if (self->seen_changes == self->disk->changes || !look_at_file(self, &seen)) {
        return;
    }
    if (is_settled(self)) {
        self->seen_changes = self->disk->changes;
    }
    for (int i = 0; i < OBJECTS; i++) {
        judge_entry(self, i, &seen.kept[i]);
        judge_job(self, i, &self->kept[i], &seen.kept[i]);
        self->kept[i] = seen.kept[i];
    }
    judge_records(self, &seen);
    judge_held(self, seen.held);
}

/* ---- rest ---- */

/* Then what it waits for may be that, whoever has the job. */
static bool fetches(const process *self, int object) {
    for (int i = 0; i < TRANSFERS; i++) {
        if (self->transfers[i].handle != NULL && self->transfers[i].object == object) {
            return true;
        }
    }
    return false;
}

static void judge_waiting(const ask *self) {
    world *here = self->process->world;
    int64_t deadline_ms = self->options.deadline_ms;
    if (deadline_ms > 0 && here->true_ms >= self->begun_ms + deadline_ms) {
        world_break(here, "a call goes on past its deadline of %lld ms", (long long)deadline_ms);
    }
    if (self->manner == A_PICTURE) {
        return; /* whose jobs nobody looks at here */
    }
    const kept *job = &here->kept[self->object];
    if (self->manner != MANY_AT_ONCE && self->is_watching && !job->is_pending &&
        !job->is_abandoned && !fetches(self->process, self->object)) {
        world_break(here, "process %d waits for the job of object %d, which has ended",
                    self->process->index, self->object);
    }
}

static void note_heeded(const process *self, sending *log, int count) {
    for (int i = 0; i < count; i++) {
        sending *sent = &log[i];
        if (sent->heeded_ms == NEVER && sent->born == self->born && sent->heard_ms >= 0 &&
            self->troubled_ms < sent->heard_ms) {
            sent->heeded_ms = self->world->true_ms;
            sent->settled_ms = sent->heeded_ms;
            if (log == self->world->log) {
                judge_heeded(self->world, sent);
            }
        }
    }
}

void judge_rest(process *self) {
    world *here = self->world;
    judge_file(here);
    note_heeded(self, here->log, here->log_count);
    note_heeded(self, here->picture_log, here->picture_count);
    self->rested_ms = here->true_ms;
    for (int i = 0; i < ASKS; i++) {
        const ask *asked = &self->asks[i];
        if (asked->request != NULL && asked->callbacks == 0 && !asked->is_cancelled) {
            judge_waiting(asked);
        }
    }
}

void judge_end(world *self) {
    judge_file(self);
    for (int i = 0; i < self->plan.processes; i++) {
        for (int k = 0; k < ASKS; k++) {
            const ask *asked = &self->processes[i].asks[k];
            if (asked->request != NULL && asked->callbacks != 1) {
                world_break(self, "a call of process %d for object %d has ended %d times", i,
                            asked->object, asked->callbacks);
            }
        }
    }
}

void judge_close(world *self) {
    look_close(self);
}
