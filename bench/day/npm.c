/* Programs on the npm packages as they are published: a client each, with cache, jobs and limit in
 * a file of its own. All three run in one Node process whose clock and timers are the day's, and
 * whose requests come here. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "day/run.h"
#include "node.h"
#include "team.h"

/* A request of the Node program's, which knows it by a number. */
typedef struct npm_request {
    bool is_under_way;
    int64_t number;
} npm_request;

typedef struct npm {
    day_run *run;
    node node;
    int64_t due_ms; /* of its timers */
    npm_request requests[DAY_TRANSFERS_MAX];
} npm;

/* The number behind the next blank; moves there. */
static int64_t next_number(const char **at) {
    const char *blank = strchr(*at, ' ');
    team_check(blank != NULL, *at);
    char *end = NULL;
    int64_t number = strtoll(blank, &end, 10);
    *at = end;
    return number;
}

/* "send NUMBER PROGRAM URL" */
static void pass_request(npm *self, const char *line) {
    int64_t number = next_number(&line);
    int64_t program = next_number(&line);
    npm_request *request = &self->requests[number % DAY_TRANSFERS_MAX];
    team_check(!request->is_under_way, "there is room for one more request");
    *request = (npm_request){.is_under_way = true, .number = number};
    day_network_send(&self->run->network, self->run->now_ms, (day_program)program, line + 1,
                     request);
}

/* "ended TASK 1 REVISION" or "ended TASK 0 -" */
static void pass_end(npm *self, const char *line) {
    int64_t task = next_number(&line);
    int64_t is_answered = next_number(&line);
    char revision[DAY_TIME_MAX] = "";
    team_check(strlen(line + 1) < sizeof(revision), line);
    memcpy(revision, line + 1, strlen(line + 1) + 1);
    day_run_ended(self->run, (size_t)task, is_answered == 1, revision);
}

/* Hears what came of an order, up to "idle DUE". What it hears may not give orders. */
static void hear_out(npm *self) {
    node_send(&self->node);
    for (;;) {
        const char *line = node_hear(&self->node);
        if (strncmp(line, "idle ", strlen("idle ")) == 0) {
            int64_t due_ms = next_number(&line);
            self->due_ms = due_ms < 0 ? DAY_NEVER_MS : due_ms;
            return;
        }
        if (strncmp(line, "send ", strlen("send ")) == 0) {
            pass_request(self, line);
        } else {
            team_check(strncmp(line, "ended ", strlen("ended ")) == 0, line);
            pass_end(self, line);
        }
    }
}

static void *open_npm(day_run *run, const char *folder) {
    npm *self = calloc(1, sizeof(*self));
    team_check(self != NULL, "there is memory for the programs");
    self->run = run;
    self->due_ms = DAY_NEVER_MS;
    if (!node_start(&self->node, BENCH_DAY_PROGRAM, folder)) {
        free(self);
        return NULL;
    }
    return self;
}

static void close_npm(void *user) {
    npm *self = user;
    node_end(&self->node);
    free(self);
}

static void begin(void *user, size_t task, const day_access *access) {
    static const char *const resources[DAY_RESOURCES] = {"issue", "volume", "character"};
    npm *self = user;
    fprintf(self->node.orders, "begin %" PRId64 " %zu %d %s %d %" PRId64 " %s\n", self->run->now_ms,
            task, (int)self->run->scenario->tasks[task].program, resources[access->resource],
            access->is_refresh ? 1 : 0, access->id, access->filter);
    hear_out(self);
}

/* Bodies have no line breaks. */
static void answer(void *user, void *token, int status, const day_text *body) {
    npm *self = user;
    npm_request *request = token;
    request->is_under_way = false;
    fprintf(self->node.orders, "answer %" PRId64 " %" PRId64 " %d %s\n", self->run->now_ms,
            request->number, status, body->bytes);
    hear_out(self);
}

static void work(void *user) {
    npm *self = user;
    if (self->due_ms <= self->run->now_ms) {
        fprintf(self->node.orders, "work %" PRId64 "\n", self->run->now_ms);
        hear_out(self);
    }
}

static int64_t due_ms(void *user) {
    const npm *self = user;
    return self->due_ms;
}

const day_way day_npm = {
    .open = open_npm,
    .close = close_npm,
    .begin = begin,
    .answer = answer,
    .work = work,
    .due_ms = due_ms,
};
