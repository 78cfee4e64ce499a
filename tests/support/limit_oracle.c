/* Owns the counting by brute force: every question goes through all rows. Nothing here knows how
 * the library counts. */
#include "support/limit_oracle.h"

#include <stdlib.h>

#include "stores/limits.h"

/* ---- which rows count ---- */

static bool counts_for_path(const limit_row *row, int scope, int path) {
    if (row->scope == LIMIT_NO_SCOPE) {
        return row->path == path || (row->path == LIMIT_UNKNOWN && path > 0);
    }
    return row->scope == scope && row->path == path;
}

static bool counts_for_interval(const limit_row *row, int scope) {
    return row->scope == LIMIT_NO_SCOPE || row->scope == scope;
}

static bool is_within(const limit_row *row, int64_t span_ms, cvi_now now) {
    return !row->is_gone && row->is_stamped && now.boot_ms - row->boot_ms < span_ms;
}

void oracle_adopt(limit_world *self, int process, cvi_now now) {
    int64_t longest_ms = self->processes[process].longest_ms;
    longest_ms = self->kept_ms > longest_ms ? self->kept_ms : longest_ms;
    for (int i = 0; i < self->row_count; i++) {
        limit_row *row = &self->rows[i];
        int64_t age_ms = now.wall_ms - row->wall_ms;
        if (!row->is_stamped && !row->is_gone && age_ms < longest_ms) {
            row->is_stamped = true;
            row->boot_ms = now.boot_ms - (age_ms > 0 ? age_ms : 0);
        }
    }
}

void oracle_clean(limit_world *self, cvi_now now) {
    int64_t kept_ms = self->kept_ms > CVI_RATE_KEPT_MS ? self->kept_ms : CVI_RATE_KEPT_MS;
    for (int i = 0; i < self->row_count; i++) {
        limit_row *row = &self->rows[i];
        int64_t age_ms = row->is_stamped ? now.boot_ms - row->boot_ms : now.wall_ms - row->wall_ms;
        row->is_gone = row->is_gone || age_ms >= kept_ms;
    }
}

int64_t oracle_count(const limit_world *self, int process, int path, bool only_background,
                     cvi_now now) {
    const limit_process *asker = &self->processes[process];
    int64_t span_ms = asker->rules[path].window_ms + self->guard_ms;
    int64_t count = 0;
    for (int i = 0; i < self->row_count; i++) {
        const limit_row *row = &self->rows[i];
        bool counts = counts_for_path(row, asker->scope, path) && is_within(row, span_ms, now);
        count += counts && !(only_background && row->is_user) ? 1 : 0;
    }
    return count;
}

/* ---- waits ---- */

static int compare_latest_first(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? 1 : left > right ? -1 : 0;
}

/* There is room when fewer than `limit` rows are left, so when the limit-th newest has left. */
static int64_t wait_for_limit(const limit_world *self, const limit_process *asker, int path,
                              cvi_now now) {
    static int64_t times_ms[LIMIT_ROWS];
    int64_t limit = asker->rules[path].limit;
    int64_t span_ms = asker->rules[path].window_ms + self->guard_ms;
    size_t count = 0;
    for (int i = 0; i < self->row_count; i++) {
        const limit_row *row = &self->rows[i];
        if (counts_for_path(row, asker->scope, path) && is_within(row, span_ms, now)) {
            times_ms[count++] = row->boot_ms;
        }
    }
    if (limit == 0 || (int64_t)count < limit) {
        return limit == 0 ? -1 : 0;
    }
    qsort(times_ms, count, sizeof(times_ms[0]), compare_latest_first);
    return times_ms[limit - 1] + span_ms - now.boot_ms;
}

/* Those who have a connection wait only for those who had one too. */
static int64_t wait_for_interval(const limit_world *self, int scope, bool has_connection,
                                 cvi_now now) {
    int64_t wait_ms = 0;
    for (int i = 0; i < self->row_count; i++) {
        const limit_row *row = &self->rows[i];
        int64_t left_ms = row->boot_ms + self->interval_ms - now.boot_ms;
        if (counts_for_interval(row, scope) && is_within(row, self->interval_ms, now) &&
            !(has_connection && row->connects) && left_ms > wait_ms) {
            wait_ms = left_ms;
        }
    }
    return wait_ms;
}

static bool somebody_connects(const limit_world *self, int scope, cvi_now now) {
    for (int i = 0; i < self->row_count; i++) {
        const limit_row *row = &self->rows[i];
        if (row->connects && row->scope == scope &&
            is_within(row, self->interval_ms + CVI_CONNECTING_KEPT_MS, now)) {
            return true;
        }
    }
    return false;
}

int64_t oracle_wait(const limit_world *self, int process, int path, cvi_readiness readiness,
                    cvi_now now) {
    const limit_process *asker = &self->processes[process];
    bool has_connection = readiness == CVI_READY_NOW;
    int64_t wait_ms = wait_for_limit(self, asker, path, now);
    if (wait_ms < 0 || self->interval_ms == 0) {
        return wait_ms;
    }
    int64_t turn_ms = wait_for_interval(self, asker->scope, has_connection, now);
    wait_ms = turn_ms > wait_ms ? turn_ms : wait_ms;
    if (wait_ms == 0 && !has_connection && somebody_connects(self, asker->scope, now)) {
        return CVI_CONNECTING_LOOK_MS;
    }
    return wait_ms;
}

/* ---- users who wait ---- */

void oracle_announce(limit_world *self, int process, int path, const cvi_claim *claim,
                     cvi_now now) {
    int key = claim->reason == CVI_WAIT_INTERVAL ? LIMIT_PATHS : path;
    int64_t *until_ms = &self->waiting_until_ms[self->processes[process].scope][key];
    int64_t look_ms = claim->wait_ms < CVI_WAITING_LOOK_MS ? claim->wait_ms : CVI_WAITING_LOOK_MS;
    int64_t end_ms = now.boot_ms + look_ms + CVI_WAITING_SLACK_MS;
    *until_ms = end_ms > *until_ms ? end_ms : *until_ms;
}

int64_t oracle_yield(const limit_world *self, int process, int path, cvi_now now) {
    const int64_t *until_ms = self->waiting_until_ms[self->processes[process].scope];
    int64_t end_ms =
        until_ms[path] > until_ms[LIMIT_PATHS] ? until_ms[path] : until_ms[LIMIT_PATHS];
    return end_ms > now.boot_ms ? end_ms - now.boot_ms : 0;
}

/* ---- the service's log ---- */

/* Whether `earlier` is in the log, and had to be counted when `last` was admitted. Other programs
 * do not ask before they send, so they are judged by nobody; but they are counted. */
static bool is_known_to(const limit_world *self, int earlier, int last) {
    const limit_row *row = &self->rows[earlier];
    const limit_row *judged = &self->rows[last];
    return (row->is_ours ? row->is_sent : row->is_honest) && last < row->forgotten_at &&
           counts_for_path(row, judged->scope, judged->path) &&
           row->arrived_ms > judged->arrived_ms - judged->rule.window_ms &&
           row->arrived_ms < judged->arrived_ms + judged->rule.window_ms;
}

/* Every window in which a request is the one that was admitted last: beginning with any arrival,
 * and having the request in it. */
static void judge_windows_of(const limit_world *self, int last) {
    static int64_t arrived_ms[LIMIT_ROWS];
    const limit_row *judged = &self->rows[last];
    int count = 0;
    for (int i = 0; i < last; i++) {
        if (is_known_to(self, i, last)) {
            arrived_ms[count++] = self->rows[i].arrived_ms;
        }
    }
    arrived_ms[count++] = judged->arrived_ms;
    for (int first = 0; first < count; first++) {
        int64_t inside = 0;
        for (int k = 0; k < count && arrived_ms[first] <= judged->arrived_ms; k++) {
            inside += arrived_ms[k] >= arrived_ms[first] &&
                              arrived_ms[k] < arrived_ms[first] + judged->rule.window_ms
                          ? 1
                          : 0;
        }
        if (inside > judged->rule.limit) {
            fail_msg("%lld requests of \"%s\" arrived within %lld ms, the limit was %lld",
                     (long long)inside, limit_path_names[judged->path],
                     (long long)judged->rule.window_ms, (long long)judged->rule.limit);
        }
    }
}

/* An admission may be a little old when it is used. */
static void judge_interval_after(const limit_world *self, int number) {
    const limit_row *row = &self->rows[number];
    int64_t least_ms = self->interval_ms - self->fresh_ms;
    for (int i = 0; i < number && self->interval_ms > 0; i++) {
        const limit_row *other = &self->rows[i];
        int64_t apart_ms = llabs(row->sent_ms - other->sent_ms);
        if (other->is_ours && other->is_sent && other->forgotten_at > number &&
            counts_for_interval(other, row->scope) && apart_ms < least_ms) {
            fail_msg("two requests were sent within %lld ms, the interval is %lld",
                     (long long)apart_ms, (long long)self->interval_ms);
        }
    }
}

void oracle_judge_log(const limit_world *self) {
    for (int i = 0; i < self->row_count; i++) {
        if (self->rows[i].is_ours && self->rows[i].is_sent) {
            judge_windows_of(self, i);
            judge_interval_after(self, i);
        }
    }
}
