/* Programs without a cache, as most are: each asks the service for everything, one after the other
 * with a little more than a second between its own requests, and knows nothing of the others'. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "day/run.h"
#include "team.h"

#define PACE_MS INT64_C(1050)

/* Where a task's access stands. */
typedef struct bare_call {
    bool waits; /* for its program's next turn */
    const day_access *access;
} bare_call;

typedef struct bare {
    day_run *run;
    int64_t next_ms[DAY_PROGRAMS]; /* when each may send again */
    bare_call *calls;              /* one for each task */
} bare;

static const char *const details[DAY_RESOURCES] = {"issue/4000", "volume/4050", "character/4005"};
static const char *const lists[DAY_RESOURCES] = {"issues", "volumes", "characters"};

static void *open_bare(day_run *run, const char *folder) {
    (void)folder; /* it keeps nothing */
    bare *self = calloc(1, sizeof(*self));
    team_check(self != NULL, "there is memory for the programs");
    self->run = run;
    self->calls = calloc(run->scenario->task_count, sizeof(*self->calls));
    team_check(self->calls != NULL, "there is memory for the programs");
    return self;
}

static void close_bare(void *user) {
    bare *self = user;
    free(self->calls);
    free(self);
}

static void begin(void *user, size_t task, const day_access *access) {
    bare *self = user;
    self->calls[task].waits = true;
    self->calls[task].access = access;
}

static day_program program_of(const bare *self, size_t task) {
    return self->run->scenario->tasks[task].program;
}

static void send_request(bare *self, size_t task) {
    const day_access *access = self->calls[task].access;
    day_text url = {.bytes = NULL};
    if (access->id != 0) {
        day_text_add(&url, "/api/%s-%" PRId64 "/", details[access->resource], access->id);
    } else {
        day_text_add(&url, "/api/%s/?filter=%s", lists[access->resource], access->filter);
    }
    day_network_send(&self->run->network, self->run->now_ms, program_of(self, task), url.bytes,
                     &self->calls[task]);
    day_text_free(&url);
}

static void work(void *user) {
    bare *self = user;
    for (size_t i = 0; i < self->run->scenario->task_count; i++) {
        int64_t *next_ms = &self->next_ms[program_of(self, i)];
        if (self->calls[i].waits && *next_ms <= self->run->now_ms) {
            self->calls[i].waits = false;
            *next_ms = self->run->now_ms + PACE_MS;
            send_request(self, i);
        }
    }
}

static int64_t due_ms(void *user) {
    const bare *self = user;
    int64_t due_ms = DAY_NEVER_MS;
    for (size_t i = 0; i < self->run->scenario->task_count; i++) {
        int64_t next_ms = self->next_ms[program_of(self, i)];
        if (self->calls[i].waits && next_ms < due_ms) {
            due_ms = next_ms;
        }
    }
    return due_ms;
}

static void answer(void *user, void *token, int status, const day_text *body) {
    static const char mark[] = "\"date_last_updated\":\"";
    bare *self = user;
    const bare_call *call = token;
    char revision[DAY_TIME_MAX] = "";
    const char *at = status == 200 ? strstr(body->bytes, mark) : NULL;
    if (at != NULL) {
        memcpy(revision, at + strlen(mark), strlen("2026-01-05 00:00:00"));
    }
    day_run_ended(self->run, (size_t)(call - self->calls), status == 200, revision);
}

const day_way day_bare = {
    .open = open_bare,
    .close = close_bare,
    .begin = begin,
    .answer = answer,
    .work = work,
    .due_ms = due_ms,
};
