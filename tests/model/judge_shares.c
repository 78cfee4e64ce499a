/* Owns the promises about the background's share: it leaves alone what is reserved for users, and
 * users need not keep to it. How much that is for an activity, exactly, is unit/test_adaptive's
 * subject; here it matters that nobody's activity is overlooked, whoever counts it and when. Only
 * users count whose requests are surely such: more of them never lessen the reservation below what
 * is asked for here. */
#include "model/judge.h"

#include <string.h>

#include "model/foreign.h"

typedef struct counting {
    const world *world;
    int path;
    int64_t delay_ms; /* so much later than admitted a request may leave */
} counting;

/* ---- activity ---- */

/* Whether a request of users was recorded before one time, and after another one. */
static bool is_user(const counting *self, const sending *sent, int64_t after_ms,
                    int64_t before_ms) {
    return sent->beneficiary == FOR_USERS && object_paths[sent->object] == self->path &&
           sent->left_ms < before_ms && sent->left_ms - self->delay_ms > after_ms;
}

static int64_t count_users(const counting *self, int64_t after_ms, int64_t before_ms) {
    int64_t count = 0;
    for (int i = 0; i < self->world->log_count; i++) {
        count += is_user(self, &self->world->log[i], after_ms, before_ms) ? 1 : 0;
    }
    return count;
}

/* As few as could be counted at any time from one to another: there are fewest at the beginning, or
 * when one has left the window. */
static int64_t fewest_users(const counting *self, int64_t from_ms, int64_t to_ms) {
    const world *here = self->world;
    int64_t window_ms = here->plan.adaptive.monitoring_window_ms;
    int64_t fewest = count_users(self, from_ms - window_ms, from_ms);
    for (int i = 0; i < here->log_count; i++) {
        int64_t time_ms = here->log[i].left_ms - self->delay_ms + window_ms;
        if (time_ms > from_ms && time_ms <= to_ms) {
            int64_t count = count_users(self, time_ms - window_ms, time_ms);
            fewest = count < fewest ? count : fewest;
        }
    }
    return fewest;
}

/* A count may be as old as the recalculation interval; but the first user is noticed at once. */
static int64_t known_users(const counting *self, int64_t now_ms) {
    const cv_adaptive_settings *settings = &self->world->plan.adaptive;
    int64_t earliest_ms = now_ms - self->delay_ms - settings->recalculation_interval_ms;
    int64_t fewest = fewest_users(self, earliest_ms, now_ms);
    bool is_any =
        count_users(self, now_ms - settings->monitoring_window_ms, now_ms - self->delay_ms) > 0;
    return fewest == 0 && is_any ? 1 : fewest;
}

/* ---- the reservation ---- */

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The least that is reserved for so many users or more, by the table of cv_adaptive_settings;
 * `is_kept`: with none lately they have not been away for long, or never been there. */
static int64_t least_reserved(const world *self, int64_t users, bool is_kept) {
    const cv_adaptive_settings *settings = &self->plan.adaptive;
    int64_t limit = self->plan.limit;
    int64_t least = settings->min_user_reserved > 0 ? settings->min_user_reserved : 0;
    int64_t low = limit * 30 / 100;
    int64_t reserved = limit * 90 / 100; /* half of it, twice as much, but not all */
    if (users < settings->high_activity_threshold) {
        reserved = smaller(reserved, limit * 40 / 100);
    }
    if (users < settings->moderate_activity_threshold) {
        reserved = smaller(reserved, low > least ? low : least);
    }
    if (users < 1) {
        reserved = is_kept ? smaller(reserved, least) : 0;
    }
    return smaller(reserved, limit);
}

/* ---- the background ---- */

/* Whoever has asked may have been admitted, and then died before the request left. */
static bool was_never_used(const counting *self, int64_t now_ms) {
    return !self->world->has_users[self->path] &&
           foreign_count(self->world, self->path, -1, now_ms) == 0;
}

static bool was_used_lately(const counting *self, int64_t now_ms) {
    int64_t inactive_ms = self->world->plan.adaptive.sustained_inactivity_threshold_ms;
    return count_users(self, now_ms - inactive_ms - 1, now_ms - self->delay_ms) > 0;
}

static int64_t count_background(const counting *self, int number) {
    const world *here = self->world;
    int64_t after_ms = here->log[number].left_ms - here->plan.window_ms - here->plan.guard_ms / 2;
    int64_t count = 0;
    for (int i = 0; i <= number; i++) {
        const sending *sent = &here->log[i];
        bool is_such = sent->beneficiary == FOR_BACKGROUND &&
                       object_paths[sent->object] == self->path && sent->left_ms > after_ms;
        count += is_such ? 1 : 0;
    }
    return count;
}

void judge_shares(world *self, int number) {
    const sending *last = &self->log[number];
    if (self->plan.kind != CV_LIMIT_ADAPTIVE || last->beneficiary != FOR_BACKGROUND) {
        return;
    }
    const counting now = {self, object_paths[last->object], judge_longest_delay_ms(self)};
    bool is_kept = was_used_lately(&now, last->left_ms) || was_never_used(&now, last->left_ms);
    int64_t users = known_users(&now, last->left_ms);
    int64_t reserved = least_reserved(self, users, is_kept);
    int64_t count = count_background(&now, number);
    if (count > self->plan.limit - reserved) {
        world_break(self,
                    "%lld requests of the background in a window, the limit is %lld, %lld reserved",
                    (long long)count, (long long)self->plan.limit, (long long)reserved);
    }
}

/* ---- users ---- */

bool judge_is_held_back(const ask *self, const cv_error *error) {
    return self->options.priority == CV_PRIORITY_USER &&
           strstr(error->message, "held back for users") != NULL;
}
