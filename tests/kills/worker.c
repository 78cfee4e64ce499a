/* The program that is killed: works on the shared file, on the public headers alone, as fast as it
 * may, and notes on the board what it asks and gets.
 *
 *     kills_worker BOARD URL DATABASE KEY WORKER SEED
 *
 * At the end of its input it opens a last client, does each kind of work once, with patience, and
 * ends well. What it finds wrong by itself it says as an error. */
#include "kills/work.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BOARD = 1, URL, DATABASE, KEY, WORKER, SEED, ARGUMENTS, NAP_MS = 1 };

/* How often of a hundred. */
static const int64_t shares[WORK_KINDS] = {
    [WORK_ISSUE] = 26,  [WORK_VOLUME] = 20, [WORK_LIST] = 12,   [WORK_WALK] = 8,    [WORK_MANY] = 6,
    [WORK_SEARCH] = 10, [WORK_CROWD] = 10,  [WORK_CLEANUP] = 4, [WORK_RENEWAL] = 4,
};

static work_kind draw_kind(chance *random) {
    int64_t left = chance_draw(random, 100);
    int kind = 0;
    while (left >= shares[kind]) {
        left -= shares[kind++];
    }
    return (work_kind)kind;
}

/* False at the end of the input. */
static bool nap(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, NAP_MS) == 0;
}

static void work_at_random(worker *self) {
    while (nap()) {
        work_do(self, draw_kind(&self->random));
    }
}

static void work_to_the_end(worker *self) {
    self->is_patient = true;
    for (int kind = 0; kind < WORK_KINDS; kind++) {
        work_do(self, (work_kind)kind);
    }
    work_close(self);
}

int main(int count, char **values) {
    static worker self;
    if (count != ARGUMENTS) {
        (void)fprintf(stderr, "usage: kills_worker BOARD URL DATABASE KEY WORKER SEED\n");
        return 2;
    }
    self = (worker){.board = board_map(values[BOARD], false),
                    .url = values[URL],
                    .database = values[DATABASE],
                    .key = values[KEY],
                    .number = (int)strtol(values[WORKER], NULL, 10)};
    if (self.board == NULL) {
        (void)fprintf(stderr, "no board\n");
        return 2;
    }
    chance_init(&self.random, strtoull(values[SEED], NULL, 10), (uint64_t)self.number);
    if (!work_open(&self)) {
        return 1;
    }
    work_at_random(&self);
    work_to_the_end(&self);
    return 0;
}
