/* Owns the promises about pauses: nobody hears of one that the file does not have, nobody sends in
 * one, and the first request after it goes alone. */
#include "model/judge.h"

#include "model/look.h"

static bool is_refusal(const sending *sent) {
    return sent->reply == REPLY_LIMITED || sent->reply == REPLY_BANNED ||
           sent->reply == REPLY_OVERLOADED;
}

/* Whether what a refusal has begun holds up a path. */
static bool reaches(const sending *refused, int path) {
    return judge_reach(refused) == REACH_ALL || judge_reach(refused) == path;
}

static int64_t end_ms(const world *self, const sending *refused) {
    return refused->heard_ms + judge_least_pause_ms(self, refused);
}

/* Whoever was admitted just before it was written down still goes. */
static bool is_known(const world *self, const sending *refused, int64_t now_ms) {
    return is_refusal(refused) && refused->heeded_ms != NEVER &&
           now_ms > refused->heeded_ms + judge_longest_delay_ms(self);
}

/* The first that has left after its end for something that it has held up; -1: none. */
static int find_first_after(const world *self, const sending *refused) {
    for (int i = 0; i < self->log_count; i++) {
        const sending *one = &self->log[i];
        if (one->left_ms >= end_ms(self, refused) && one->left_ms > refused->heard_ms &&
            reaches(refused, object_paths[one->object])) {
            return i;
        }
    }
    return -1;
}

/* Its process waits for the answer, no longer than that can take, and has had no trouble, so that
 * all can know. */
bool judge_is_tried(const world *self, const sending *first) {
    const process *sender = judge_sender_of(self, first);
    return first->is_open && sender != NULL && !sender->is_suspended &&
           sender->troubled_ms < first->left_ms &&
           self->true_ms - first->left_ms <= self->plan.timeout_ms;
}

static void judge_first(world *self, const sending *refused, int number) {
    int first = find_first_after(self, refused);
    /* else it may have left before the pause was written down */
    bool is_bound = first >= 0 && is_known(self, refused, self->log[first].left_ms);
    if (is_bound && first < number && judge_is_tried(self, &self->log[first])) {
        world_break(self, "%d was sent after the pause that %d has begun, while %d tries", number,
                    (int)(refused - self->log), first);
    }
}

void judge_pauses(world *self, int number) {
    const sending *last = &self->log[number];
    for (int i = 0; i < number; i++) {
        const sending *refused = &self->log[i];
        if (!is_known(self, refused, last->left_ms) ||
            !reaches(refused, object_paths[last->object])) {
            continue;
        }
        if (last->left_ms < end_ms(self, refused)) {
            world_break(self, "sent in the pause of %lld ms that %d has begun",
                        (long long)judge_least_pause_ms(self, refused), i);
        }
        judge_first(self, refused, number);
    }
}

/* ---- who is told ---- */

/* By its own request: what the file had said of others' has no status. */
static bool tells_of(const cv_error *error, reply word) {
    static const cv_code codes[] = {[REPLY_LIMITED] = CV_ERROR_RATE_LIMITED,
                                    [REPLY_BANNED] = CV_ERROR_BLOCKED,
                                    [REPLY_OVERLOADED] = CV_ERROR_SERVER};
    return error->http_status != 0 && error->code == codes[word];
}

/* Whether the call may have ended by this refusal, which its process could write down. */
static bool is_of(const ask *self, const sending *refused) {
    const process *asker = self->process;
    return is_refusal(refused) && refused->object == self->object && refused->born == asker->born &&
           refused->heard_ms >= self->begun_ms && asker->troubled_ms < refused->heard_ms &&
           asker->world->true_ms < end_ms(asker->world, refused) &&
           tells_of(cv_request_error(self->request), refused->reply);
}

void judge_refused(const ask *self) {
    world *here = self->process->world;
    look seen;
    for (int i = 0; i < here->log_count; i++) {
        const sending *refused = &here->log[i];
        if (is_of(self, refused) && look_at_file(here, &seen) &&
            !seen.held[judge_reach(refused)].is_there) {
            world_break(here, "the pause that %d has begun is told of, and not in the file", i);
        }
    }
}
