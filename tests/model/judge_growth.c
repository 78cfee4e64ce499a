/* Owns the promises about how long pauses are: each one in a row is twice as long as the one
 * before, none is longer than it may be, and a good answer to the request that tries its end ends
 * it. What the file says of them is held against what has been heard. */
#include "model/judge.h"

/* ---- what is heard ---- */

/* A host that refuses works. */
static bool host_fails(reply word) {
    return word == REPLY_FAILING || word == REPLY_OVERLOADED || word == REPLY_LOST ||
           word == REPLY_TOO_LATE;
}

static bool is_good(reply word) {
    return word == REPLY_OK || word == REPLY_NOT_FOUND;
}

static bool reaches(const sending *sent, int reach) {
    return reach >= PATHS || object_paths[sent->object] == reach;
}

bool judge_prolongs(const sending *sent, int reach) {
    if (reach == REACH_HOST) {
        return host_fails(sent->reply);
    }
    if (reach == REACH_ALL) {
        return sent->reply == REPLY_BANNED;
    }
    return reaches(sent, reach) &&
           (sent->reply == REPLY_LIMITED || sent->reply == REPLY_OVERLOADED);
}

bool judge_ends(const sending *sent, int reach) {
    bool is_refusal = sent->reply == REPLY_LIMITED || sent->reply == REPLY_BANNED;
    return reaches(sent, reach) && (is_good(sent->reply) || (reach == REACH_HOST && is_refusal));
}

/* ---- lengths ---- */

static int64_t longest_ms(int reach) {
    static const int64_t longest[REACHES] = {[REACH_ALL] = 86400000, [REACH_HOST] = 300000};
    return reach < PATHS ? 3600000 : longest[reach];
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Of the pause that is the how manieth in a row, where nobody names a time. */
static int64_t grown_ms(const world *self, int reach, int strikes) {
    int64_t grown = reach == REACH_HOST ? self->plan.circuit_open_ms : 60000;
    for (int i = 1; i < strikes && grown < longest_ms(reach); i++) {
        grown *= 2;
    }
    return smaller(grown, longest_ms(reach));
}

/* That of a host may be a quarter shorter. */
static int64_t least_ms(const world *self, int reach, int strikes, int64_t asked_ms) {
    int64_t grown = grown_ms(self, reach, strikes);
    if (reach == REACH_HOST) {
        return grown - grown / 4;
    }
    return asked_ms > 0 ? smaller(asked_ms, longest_ms(reach)) : grown;
}

int judge_reach(const sending *refused) {
    return refused->reply == REPLY_BANNED ? (int)REACH_ALL : object_paths[refused->object];
}

int64_t judge_least_pause_ms(const world *self, const sending *refused) {
    return least_ms(self, judge_reach(refused), 1, refused->asked_ms);
}

/* As long as a pause may be at most by all that may have been written down since there was none. */
static int64_t most_ms(const world *self, int reach) {
    int strikes = reach == REACH_HOST ? self->lapses : 0;
    int64_t asked_ms = 0;
    for (int i = 0; i < self->log_count; i++) {
        const sending *sent = &self->log[i];
        if (sent->heard_ms < 0 || sent->settled_ms < self->held[reach].free_ms ||
            !judge_prolongs(sent, reach)) {
            continue;
        }
        strikes++;
        asked_ms = reach != REACH_HOST && sent->asked_ms > asked_ms ? sent->asked_ms : asked_ms;
    }
    int64_t grown = strikes > 0 ? grown_ms(self, reach, strikes) : 0;
    return smaller(asked_ms > grown ? asked_ms : grown, longest_ms(reach));
}

/* ---- what the file has ---- */

static void note_held(world *self, int reach, const held *seen) {
    held *known = &self->held[reach];
    if (!seen->is_there) {
        *known = (held){.free_ms = self->true_ms};
        return;
    }
    if (!known->is_there || known->end_ms != seen->end_ms) {
        known->since_ms = self->true_ms;
        known->end_ms = seen->end_ms;
    }
    known->is_there = true;
    known->strikes = known->strikes > 0 ? known->strikes : 1;
}

void judge_held(world *self, const held seen[REACHES]) {
    for (int i = 0; i < REACHES; i++) {
        int64_t left_ms = seen[i].is_there ? seen[i].end_ms - self->true_ms : 0;
        if (left_ms > 0 && left_ms > most_ms(self, i)) {
            world_break(self, "a pause has %lld ms to go, and should have %lld at most",
                        (long long)left_ms, (long long)most_ms(self, i));
        }
        if (seen[i].is_there && !self->held[i].is_there) {
            judge_beginning(self, i);
        }
        note_held(self, i, &seen[i]);
    }
}

/* ---- what is written down ---- */

/* So long whoever tries a pause's end is waited for. */
static bool is_in_time(const world *self, const sending *sent) {
    return sent->heeded_ms - sent->left_ms <= self->plan.timeout_ms;
}

static bool is_trial(const world *self, const sending *sent, int reach) {
    return sent->tries[reach] > 0 && is_in_time(self, sent);
}

static void judge_prolonged(world *self, const sending *sent, int reach) {
    held *known = &self->held[reach];
    int strikes = is_trial(self, sent, reach) ? sent->tries[reach] + 1 : 1;
    int64_t end_ms = sent->heard_ms + least_ms(self, reach, strikes, sent->asked_ms);
    bool is_known = reach != REACH_HOST || strikes > 1; /* the first begins with any failure */
    if (!is_known || self->true_ms >= end_ms) {
        return; /* others may have ended it by now */
    }
    if (!known->is_there || known->end_ms < end_ms) {
        world_break(self, "the pause that %d has %s ends %lld ms too early",
                    (int)(sent - self->log), strikes > 1 ? "prolonged" : "begun",
                    (long long)(end_ms - (known->is_there ? known->end_ms : self->true_ms)));
    }
    known->strikes = known->strikes > strikes ? known->strikes : strikes;
}

/* Whether others may have begun a pause since the request left. */
static bool is_disputed(const world *self, const sending *sent, int reach) {
    for (int i = 0; i < self->log_count; i++) {
        const sending *other = &self->log[i];
        if (other != sent && other->heard_ms >= sent->left_ms && judge_prolongs(other, reach)) {
            return true;
        }
    }
    return reach == REACH_HOST && self->lapses > 0 && self->lapsed_ms >= sent->left_ms;
}

static void judge_ended(world *self, const sending *sent, int reach) {
    if (is_trial(self, sent, reach) && !is_disputed(self, sent, reach) &&
        self->held[reach].is_there) {
        world_break(self, "the pause whose end %d has tried goes on after a good answer",
                    (int)(sent - self->log));
    }
}

void judge_heeded(world *self, const sending *sent) {
    if (self->seen_changes != self->disk->changes) {
        return; /* the file cannot be read just now */
    }
    for (int i = 0; i < REACHES; i++) {
        if (i == REACH_HOST && self->plan.circuit_failures == CV_NONE) {
            continue;
        }
        if (judge_prolongs(sent, i)) {
            judge_prolonged(self, sent, i);
        } else if (judge_ends(sent, i)) {
            judge_ended(self, sent, i);
        }
    }
    judge_failure(self, sent);
}
