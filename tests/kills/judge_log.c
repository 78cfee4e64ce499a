/* Owns the judgement of the server's log. What the file admits is judged exactly, to the
 * millisecond; how long a request was on its way no library can bound, so of the log those count
 * which came no later after their admission than the guard covers: that is nearly all of them, and
 * then the window must hold in the log too, on however slow a machine. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kills/judge.h"

enum { US_PER_MS = 1000, LOOK_BACK_MS = WINDOW_MS + GUARD_MS };

#define GUARD_US ((int64_t)GUARD_MS * US_PER_MS)

/* ---- admissions ---- */

/* The least time in which so many more follow one of a path; INT64_MAX: there are not so many. */
static int64_t least_span_ms(const evidence *self, int path, size_t more) {
    int64_t times_ms[LIMIT] = {0};
    int64_t least_ms = INT64_MAX;
    size_t seen = 0;
    for (size_t i = 0; i < self->admission_count; i++) {
        if (self->admissions[i].path != path) {
            continue;
        }
        int64_t *place = &times_ms[seen++ % more];
        int64_t span_ms = self->admissions[i].boot_ms - *place;
        least_ms = seen > more && span_ms < least_ms ? span_ms : least_ms;
        *place = self->admissions[i].boot_ms;
    }
    return least_ms;
}

static void judge_windows(evidence *self) {
    for (int path = 0; path < PATHS; path++) {
        int64_t span_ms = least_span_ms(self, path, LIMIT);
        if (span_ms < LOOK_BACK_MS) {
            judge_wrong(self, "%s: %d admissions within %" PRId64 " ms", judge_paths[path],
                        LIMIT + 1, span_ms);
        }
    }
}

static void judge_interval(evidence *self) {
    int64_t before_ms = -1;
    int64_t least_ms = INT64_MAX;
    for (size_t i = 0; i < self->admission_count; i++) {
        const admission *one = &self->admissions[i];
        if (one->is_connecting) {
            continue; /* nothing has left by it */
        }
        int64_t apart_ms = one->boot_ms - before_ms;
        least_ms = before_ms >= 0 && apart_ms < least_ms ? apart_ms : least_ms;
        before_ms = one->boot_ms;
    }
    int64_t interval_ms = self->board->interval_ms;
    if (least_ms < interval_ms) {
        judge_wrong(self, "admissions %" PRId64 " ms apart, the interval is %" PRId64, least_ms,
                    interval_ms);
    }
    (void)printf("admissions: %zu, at least %" PRId64 " ms apart of %" PRId64 "\n",
                 self->admission_count, least_ms, interval_ms);
}

/* ---- each request has its own admission ---- */

/* The next admission of a life and path, from a place on; SIZE_MAX: there is none. */
static size_t find_admission(const evidence *self, const arrival *sought, size_t from) {
    for (size_t i = from; i < self->admission_count; i++) {
        const admission *one = &self->admissions[i];
        if (one->life == sought->life && one->path == sought->path && !one->is_connecting) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* The requests of a life in their order take its admissions in theirs. */
static void match(evidence *self) {
    size_t(*next)[PATHS] = calloc(LIVES_MAX, sizeof(*next));
    if (next == NULL) {
        judge_wrong(self, "no memory");
        return;
    }
    for (size_t i = 0; i < self->arrival_count; i++) {
        arrival *one = &self->arrivals[i];
        size_t *from = &next[one->life][one->path];
        size_t found = find_admission(self, one, *from);
        if (found == SIZE_MAX || self->admissions[found].boot_ms * US_PER_MS > one->received_us) {
            judge_wrong(self, "life %" PRId64 " sent without an admission: %s", one->life,
                        one->target);
            continue;
        }
        one->late_us = one->received_us - self->admissions[found].boot_ms * US_PER_MS;
        *from = found + 1;
    }
    free(next);
}

/* ---- arrivals ---- */

/* The most of a path that any window of the log holds, without those that were on their way for
 * longer than the guard covers. */
static size_t fullest_window(const evidence *self, int path) {
    size_t most = 0;
    size_t held = 0;
    size_t oldest = 0;
    for (size_t i = 0; i < self->arrival_count; i++) {
        const arrival *one = &self->arrivals[i];
        if (one->path != path || one->late_us > GUARD_US) {
            continue;
        }
        held++;
        for (; one->received_us - self->arrivals[oldest].received_us >=
               (int64_t)WINDOW_MS * US_PER_MS;
             oldest++) {
            const arrival *gone = &self->arrivals[oldest];
            held -= gone->path == path && gone->late_us <= GUARD_US ? 1 : 0;
        }
        most = held > most ? held : most;
    }
    return most;
}

/* The same of the interval: however they are bunched up on their way, that gains them no more than
 * the guard. */
static void judge_pace(evidence *self) {
    for (size_t i = 0; i < self->arrival_count; i++) {
        int64_t steps = 0;
        for (size_t k = i + 1; k < self->arrival_count; k++) {
            int64_t apart_us = self->arrivals[k].received_us - self->arrivals[i].received_us;
            steps += self->arrivals[k].late_us <= GUARD_US ? 1 : 0;
            if (self->arrivals[i].late_us <= GUARD_US &&
                apart_us + GUARD_US < steps * self->board->interval_ms * US_PER_MS) {
                judge_wrong(self, "%" PRId64 " requests in %" PRId64 " us", steps + 1, apart_us);
                return;
            }
        }
    }
}

static int64_t latest_us(const evidence *self) {
    int64_t late_us = 0;
    for (size_t i = 0; i < self->arrival_count; i++) {
        late_us = self->arrivals[i].late_us > late_us ? self->arrivals[i].late_us : late_us;
    }
    return late_us;
}

void judge_limits(evidence *self) {
    judge_windows(self);
    judge_interval(self);
    match(self);
    judge_pace(self);
    (void)printf("requests: %zu, up to %" PRId64
                 " ms after their admissions; most in %d ms, of %d:",
                 self->arrival_count, latest_us(self) / US_PER_MS, WINDOW_MS, LIMIT);
    for (int path = 0; path < PATHS; path++) {
        size_t most = fullest_window(self, path);
        (void)printf(" %s %zu", judge_paths[path], most);
        if (most > LIMIT) {
            judge_wrong(self, "%s: %zu requests in a window", judge_paths[path], most);
        }
    }
    (void)putchar('\n');
}

/* ---- owners ---- */

static bool is_alive(const evidence *self, int64_t number, int64_t now_us) {
    int64_t ended_us = atomic_load(&self->board->lives[number].ended_us);
    return ended_us == 0 || now_us < ended_us;
}

/* The first was still at the service, and who had sent it lived. */
static bool is_doubled(const evidence *self, const arrival *first, const arrival *second) {
    bool is_open = first->answered_us == 0 || second->received_us < first->answered_us;
    return is_open && is_alive(self, first->life, second->received_us) &&
           strcmp(first->target, second->target) == 0;
}

void judge_owners(evidence *self) {
    size_t orphans = 0;
    for (size_t i = 0; i < self->arrival_count; i++) {
        const arrival *first = &self->arrivals[i];
        int64_t ended_us = atomic_load(&self->board->lives[first->life].ended_us);
        orphans += ended_us > 0 && ended_us < first->answered_us ? 1 : 0;
        for (size_t k = i + 1; k < self->arrival_count; k++) {
            if (is_doubled(self, first, &self->arrivals[k])) {
                judge_wrong(self, "two owners, lives %" PRId64 " and %" PRId64 ": %s", first->life,
                            self->arrivals[k].life, first->target);
            }
        }
    }
    (void)printf("owners: %zu requests were at the service when their owners ended\n", orphans);
}
