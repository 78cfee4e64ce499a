/* Owns the requests that are under way. Ways are unequal by less than what libraries may count on:
 * 40 to 80 ms there, 150 to 500 ms until the answer is back. */
#include "day/network.h"

#include <stdio.h>
#include <string.h>

#include "team.h"

enum { WAY_LEAST_MS = 40, WAY_SPREAD_MS = 41, ANSWER_LEAST_MS = 150, ANSWER_SPREAD_MS = 351 };

void day_network_begin(day_network *self, day_service *service, uint64_t seed) {
    memset(self, 0, sizeof(*self));
    self->service = service;
    self->seed = seed;
}

void day_network_end(day_network *self) {
    for (size_t i = 0; i < DAY_TRANSFERS_MAX; i++) {
        day_text_free(&self->transfers[i].body);
    }
}

void day_network_send(day_network *self, int64_t now_ms, day_program program, const char *url,
                      void *token) {
    size_t place = 0;
    while (place < DAY_TRANSFERS_MAX && self->transfers[place].is_under_way) {
        place++;
    }
    team_check(place < DAY_TRANSFERS_MAX, "there is room for one more request");
    day_transfer *transfer = &self->transfers[place];
    int length = snprintf(transfer->url, sizeof(transfer->url), "%s", url);
    team_check(length > 0 && (size_t)length < sizeof(transfer->url), "an address is short enough");
    transfer->is_under_way = true;
    transfer->has_arrived = false;
    transfer->due_ms = now_ms + WAY_LEAST_MS + day_draw(self->seed, self->sent++, WAY_SPREAD_MS);
    transfer->program = program;
    transfer->token = token;
}

/* NULL: none. */
static day_transfer *next_transfer(day_network *self) {
    day_transfer *next = NULL;
    for (size_t i = 0; i < DAY_TRANSFERS_MAX; i++) {
        day_transfer *one = &self->transfers[i];
        if (one->is_under_way && (next == NULL || one->due_ms < next->due_ms)) {
            next = one;
        }
    }
    return next;
}

int64_t day_network_due(const day_network *self) {
    int64_t due_ms = DAY_NEVER_MS;
    for (size_t i = 0; i < DAY_TRANSFERS_MAX; i++) {
        const day_transfer *one = &self->transfers[i];
        if (one->is_under_way && one->due_ms < due_ms) {
            due_ms = one->due_ms;
        }
    }
    return due_ms;
}

static void arrive(day_network *self, day_transfer *transfer) {
    transfer->status = day_service_answer(self->service, transfer->due_ms, transfer->program,
                                          transfer->url, &transfer->body);
    transfer->has_arrived = true;
    transfer->due_ms +=
        ANSWER_LEAST_MS + day_draw(self->seed ^ 7, self->service->count, ANSWER_SPREAD_MS);
}

void day_network_work(day_network *self, int64_t now_ms) {
    for (day_transfer *next = next_transfer(self); next != NULL && next->due_ms <= now_ms;
         next = next_transfer(self)) {
        if (!next->has_arrived) {
            arrive(self, next);
            continue;
        }
        /* Its place is free before the answer is told, but the body stays until it has been. */
        day_text body = next->body;
        next->body = (day_text){.bytes = NULL};
        next->is_under_way = false;
        self->answer(self->user, next->token, next->status, &body);
        day_text_free(&body);
    }
}
