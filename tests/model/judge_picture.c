/* Owns the promises about pictures: their own interval and the pauses of their hosts, and what
 * calls for them come to. What a power cut has made the file of images forget does not bind. */
#include "model/judge.h"
#include "model/network.h"

/* ---- requests ---- */

/* As late as a connection may take. */
static int64_t longest_delay_ms(const world *self) {
    return self->plan.picture_interval_ms / 21;
}

static void judge_distance(world *self, int number) {
    const sending *last = &self->picture_log[number];
    if (number == 0 || self->picture_log[number - 1].boots != last->boots) {
        return;
    }
    int64_t apart_ms = last->left_ms - self->picture_log[number - 1].left_ms;
    if (apart_ms < self->plan.picture_interval_ms - longest_delay_ms(self)) {
        world_break(self, "two requests for pictures %lld ms apart, their interval is %lld",
                    (long long)apart_ms, (long long)self->plan.picture_interval_ms);
    }
}

/* Whether a host's wish, which was surely written down, binds a request to it. */
static bool binds(const world *self, const sending *refused, const sending *last) {
    bool is_refusal = refused->reply == REPLY_LIMITED || refused->reply == REPLY_OVERLOADED;
    return is_refusal && refused->boots == last->boots && refused->heeded_ms != NEVER &&
           picture_host(refused->object) == picture_host(last->object) &&
           last->left_ms > refused->heeded_ms + longest_delay_ms(self) &&
           last->left_ms < refused->heard_ms + refused->asked_ms;
}

void judge_picture_sending(world *self, int number) {
    const sending *last = &self->picture_log[number];
    judge_distance(self, number);
    if (self->processes[last->process].is_suspended) {
        world_break(self, "a picture is asked for by a process that is suspended");
    }
    for (int i = 0; i < number; i++) {
        if (binds(self, &self->picture_log[i], last)) {
            world_break(self, "picture request %d in the pause of %lld ms that %d has begun",
                        number, (long long)self->picture_log[i].asked_ms, i);
        }
    }
}

/* ---- calls ---- */

bool judge_has_heard_picture(const ask *self, reply first, reply second) {
    const world *here = self->process->world;
    for (int i = 0; i < here->picture_count; i++) {
        const sending *sent = &here->picture_log[i];
        bool is_such = sent->reply == first || sent->reply == second;
        bool is_near = first != REPLY_NOT_FOUND || sent->object == self->object;
        if (is_such && is_near && sent->heard_ms >= 0) {
            return true;
        }
    }
    return false;
}

/* When it was stored nobody has seen; but not after its process had nothing left to do. */
static bool is_past_its_time(const ask *self, const sending *sent) {
    const world *here = self->process->world;
    int64_t ttl_ms = here->plan.ttl_s * 1000;
    int64_t max_age_ms = self->options.max_age_s * 1000;
    int64_t fresh_ms = max_age_ms > 0 && max_age_ms < ttl_ms ? max_age_ms : ttl_ms;
    return !here->plan.steps_wall && sent->heeded_ms != NEVER &&
           self->begun_ms - sent->heeded_ms >= fresh_ms;
}

static void judge_source(const ask *self, cv_source source, const sending *sent) {
    world *here = self->process->world;
    int number = (int)(sent - here->picture_log);
    cv_mode mode = self->options.mode;
    if (source == CV_SOURCE_CACHE && is_past_its_time(self, sent)) {
        world_break(here, "picture %d was given as fresh after %lld ms", number,
                    (long long)(self->begun_ms - sent->heeded_ms));
    }
    if (!self->is_kept && (source == CV_SOURCE_CACHE || source == CV_SOURCE_STALE)) {
        world_break(here, "picture %d comes from the cache, which it is not for", number);
    }
    if (mode == CV_MODE_REFRESH && source != CV_SOURCE_STALE && sent->left_ms < self->begun_ms) {
        world_break(here, "a refresh got picture %d, which was there before", number);
    }
    if (mode == CV_MODE_CACHE_ONLY && source == CV_SOURCE_NETWORK) {
        world_break(here, "a call of the cache alone was answered by a host of pictures");
    }
    if (source == CV_SOURCE_STALE && self->options.stale == CV_STALE_NEVER) {
        world_break(here, "a stale picture for a call that takes none");
    }
}

void judge_picture(ask *self) {
    world *here = self->process->world;
    const cv_picture *picture = cv_image_take(self->request);
    int number = picture != NULL ? network_find_mark(picture->data, picture->size) : -1;
    if (number < 0 || number >= here->picture_count) {
        world_break(here, "a call for a picture that went well has none of its host's");
    } else {
        const sending *sent = &here->picture_log[number];
        if (sent->object != self->object || sent->reply != REPLY_OK || sent->heard_ms < 0) {
            world_break(here, "a call for picture %d got what came of request %d",
                        self->object - OBJECTS, number);
        }
        world_trace(here, "process %d gets picture request %d's, source %d", self->process->index,
                    number, (int)picture->source);
        judge_source(self, picture->source, sent);
    }
    cv_picture_free(picture);
}
