/* Owns the clock of a simulated day, and where each task stands. One thread; nothing here depends
 * on real time. */
#include "day/run.h"

#include <stdlib.h>
#include <string.h>

#include "team.h"

enum { EVENTS_AT_ONCE_MAX = 1000000, DOUBLINGS_MAX = 6 };

#define GIVEN_UP_MS (3 * DAY_LENGTH_MS)
#define RETRY_MS    (60 * DAY_SECOND_MS)

static const day_access *access_of(const day_run *self, size_t task) {
    const day_task *its = &self->scenario->tasks[task];
    return &self->scenario->accesses[its->first + self->pending[task].next];
}

/* The next access of a task that has none under way. */
static void turn_to_next(day_run *self, size_t task) {
    day_pending *pending = &self->pending[task];
    if (pending->next == self->scenario->tasks[task].count) {
        pending->due_ms = DAY_NEVER_MS;
        self->unfinished--;
        return;
    }
    pending->due_ms = self->now_ms + access_of(self, task)->pause_ms;
    pending->wanted_ms = pending->due_ms;
    pending->tries = 0;
}

static void try_again_later(day_run *self, size_t task) {
    day_pending *pending = &self->pending[task];
    int doublings = pending->tries < DOUBLINGS_MAX ? pending->tries : DOUBLINGS_MAX;
    int64_t pause_ms = RETRY_MS << (self->scenario->tasks[task].is_users ? 0 : doublings);
    pending->tries++;
    pending->due_ms = self->now_ms + (pause_ms < DAY_HOUR_MS ? pause_ms : DAY_HOUR_MS);
    self->result.failures++;
}

static void count_wait(day_run *self, size_t task) {
    int64_t waited_ms = self->now_ms - self->pending[task].wanted_ms;
    day_result *result = &self->result;
    result->answered++;
    result->ended_ms = self->now_ms;
    result->waited_ms += waited_ms;
    if (self->scenario->tasks[task].is_users) {
        result->users_accesses++;
        result->users_waited_ms += waited_ms;
        result->users_longest_ms =
            waited_ms > result->users_longest_ms ? waited_ms : result->users_longest_ms;
    }
}

void day_run_ended(day_run *self, size_t task, bool is_answered, const char *revision) {
    day_pending *pending = &self->pending[task];
    const day_access *access = access_of(self, task);
    team_check(pending->due_ms == DAY_NEVER_MS, "an access ends once");
    if (!is_answered) {
        try_again_later(self, task);
        return;
    }
    if (access->is_refresh) {
        char current[DAY_TIME_MAX];
        day_revision_text(self->scenario, access->id, pending->wanted_ms, current);
        team_check(revision != NULL, "an issue says when it was changed");
        self->result.outdated += strcmp(revision, current) < 0 ? 1 : 0;
    }
    count_wait(self, task);
    pending->next++;
    turn_to_next(self, task);
}

static int64_t next_event_ms(const day_run *self, const day_way *way, void *user) {
    int64_t network_ms = day_network_due(&self->network);
    int64_t next_ms = way->due_ms(user);
    next_ms = network_ms < next_ms ? network_ms : next_ms;
    for (size_t i = 0; i < self->scenario->task_count; i++) {
        int64_t due_ms = self->pending[i].due_ms;
        next_ms = due_ms < next_ms ? due_ms : next_ms;
    }
    return next_ms;
}

static void begin_what_is_due(day_run *self, const day_way *way, void *user) {
    for (size_t i = 0; i < self->scenario->task_count; i++) {
        if (self->pending[i].due_ms <= self->now_ms) {
            self->pending[i].due_ms = DAY_NEVER_MS;
            way->begin(user, i, access_of(self, i));
        }
    }
}

static void play(day_run *self, const day_way *way, void *user) {
    int events_at_once = 0;
    while (self->unfinished > 0) {
        int64_t next_ms = next_event_ms(self, way, user);
        if (next_ms > GIVEN_UP_MS) {
            return;
        }
        events_at_once = next_ms > self->now_ms ? 0 : events_at_once + 1;
        team_check(events_at_once < EVENTS_AT_ONCE_MAX, "time goes on");
        self->now_ms = next_ms > self->now_ms ? next_ms : self->now_ms;
        day_network_work(&self->network, self->now_ms);
        begin_what_is_due(self, way, user);
        way->work(user);
    }
}

static void set_out(day_run *self, const day_scenario *scenario) {
    memset(self, 0, sizeof(*self));
    self->scenario = scenario;
    self->unfinished = scenario->task_count;
    self->pending = calloc(scenario->task_count, sizeof(*self->pending));
    team_check(self->pending != NULL, "there is memory for the day");
    day_service_begin(&self->service, scenario);
    day_network_begin(&self->network, &self->service, scenario->seed);
    for (size_t i = 0; i < scenario->task_count; i++) {
        self->now_ms = scenario->tasks[i].begins_ms;
        turn_to_next(self, i);
    }
    self->now_ms = 0;
}

bool day_run_play(day_run *self, const day_scenario *scenario, const day_way *way) {
    char folder[TEAM_PATH_MAX];
    set_out(self, scenario);
    team_make_folder(folder, true);
    void *user = way->open(self, folder);
    if (user != NULL) {
        self->network.answer = way->answer;
        self->network.user = user;
        play(self, way, user);
        self->result.unanswered = scenario->access_count - self->result.answered;
        way->close(user);
    }
    team_remove_folder(folder);
    return user != NULL;
}

void day_run_end(day_run *self) {
    free(self->pending);
    day_network_end(&self->network);
    day_service_end(&self->service);
}
