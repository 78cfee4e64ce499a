/* Owns the promises about a host that fails: after so many failures in a row, of all processes
 * together, and not before, nothing leaves for a while, and then one request after the other, until
 * one is answered. Those about the length of that are judge_growth.c's. */
#include "model/judge.h"

/* ---- in a row ---- */

/* What may be written down at any time is in nobody's order. */
static int64_t last_answer_ms(const world *self) {
    int64_t last_ms = -1;
    for (int i = 0; i < self->log_count; i++) {
        const sending *sent = &self->log[i];
        if (sent->heard_ms >= 0 && judge_ends(sent, REACH_HOST) && sent->settled_ms > last_ms) {
            last_ms = sent->settled_ms;
        }
    }
    return last_ms;
}

/* Failures in a row that all can know of. */
static int64_t count_known(const world *self) {
    int64_t since_ms = last_answer_ms(self);
    int64_t count = 0;
    for (int i = 0; i < self->log_count; i++) {
        const sending *sent = &self->log[i];
        bool is_known = sent->heard_ms > since_ms && sent->heeded_ms != NEVER;
        count += is_known && judge_prolongs(sent, REACH_HOST) ? 1 : 0;
    }
    return count;
}

void judge_failure(world *self, const sending *sent) {
    if (self->plan.circuit_failures == CV_NONE || !judge_prolongs(sent, REACH_HOST)) {
        return;
    }
    int64_t count = count_known(self);
    if (count >= self->plan.circuit_failures && !self->held[REACH_HOST].is_there) {
        world_break(self, "the host has failed %lld times in a row, and is not left in peace",
                    (long long)count);
    }
}

/* Whether another answer may have been written down between a failure and the leaving of this one,
 * which would then not know of the failure. */
static bool comes_between(const sending *other, const sending *failed, const sending *answered) {
    return other != answered && judge_ends(other, REACH_HOST) && other->heard_ms >= 0 &&
           other->heard_ms <= answered->left_ms && other->settled_ms >= failed->heard_ms;
}

static bool follows(const world *self, const sending *answered, const sending *failed) {
    if (!judge_prolongs(failed, REACH_HOST) || failed->heeded_ms == NEVER ||
        failed->heeded_ms + judge_longest_delay_ms(self) >= answered->left_ms) {
        return false;
    }
    for (int i = 0; i < self->log_count; i++) {
        if (comes_between(&self->log[i], failed, answered)) {
            return false;
        }
    }
    return true;
}

/* An answer to what was sent after a failure begins the count anew. */
static bool begins_anew(const world *self, const sending *answered) {
    if (answered->heeded_ms == NEVER || !judge_ends(answered, REACH_HOST)) {
        return false;
    }
    for (int i = 0; i < self->log_count; i++) {
        if (follows(self, answered, &self->log[i])) {
            return true;
        }
    }
    return false;
}

static int64_t count_possible(const world *self) {
    int64_t since_ms = -1;
    int64_t count = self->lapses;
    for (int i = 0; i < self->log_count; i++) {
        const sending *sent = &self->log[i];
        if (sent->heard_ms > since_ms && begins_anew(self, sent)) {
            since_ms = sent->heard_ms;
        }
    }
    for (int i = 0; i < self->log_count; i++) {
        const sending *sent = &self->log[i];
        bool may_count = sent->heard_ms >= 0 && sent->settled_ms >= since_ms;
        count += may_count && judge_prolongs(sent, REACH_HOST) ? 1 : 0;
    }
    return count;
}

void judge_beginning(world *self, int reach) {
    if (reach == REACH_HOST && count_possible(self) < self->plan.circuit_failures) {
        world_break(self, "the host is left in peace after %lld failures in a row, not %lld",
                    (long long)count_possible(self), (long long)self->plan.circuit_failures);
    }
}

/* ---- what leaves ---- */

/* Whether a pause was there when the request was admitted. */
static bool binds(const world *self, const held *seen, const held *known, const sending *sent) {
    return seen->is_there && known->is_there && seen->end_ms == known->end_ms &&
           sent->left_ms > known->since_ms + judge_longest_delay_ms(self);
}

/* Another that tries whether the host works, and is waited for. */
static void judge_alone(world *self, int number) {
    for (int i = 0; i < number; i++) {
        const sending *first = &self->log[i];
        if (first->tries[REACH_HOST] > 0 && judge_is_tried(self, first)) {
            world_break(self, "%d was sent while %d tries whether the host works", number, i);
        }
    }
}

void judge_held_sending(world *self, int number, const held seen[REACHES]) {
    sending *last = &self->log[number];
    for (int i = 0; i < REACHES; i++) {
        bool reaches = i >= PATHS || i == object_paths[last->object];
        if (!reaches || !binds(self, &seen[i], &self->held[i], last)) {
            continue;
        }
        if (last->left_ms < seen[i].end_ms) {
            world_break(self, "%d was sent %lld ms before the end of a pause that the file has",
                        number, (long long)(seen[i].end_ms - last->left_ms));
        }
        last->tries[i] = self->held[i].strikes;
    }
    if (last->tries[REACH_HOST] > 0) {
        judge_alone(self, number);
    }
}
