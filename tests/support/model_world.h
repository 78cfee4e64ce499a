/* A model of the world for the engine's random test: stores that keep jobs, admissions and answers
 * as the real ones do, but are locked, fail, and belong to others by chance; and a network that
 * does whatever it likes. One seed decides everything. Checked here: each admission is sent at most
 * once, and taken back only if it never was. */
#ifndef TESTS_SUPPORT_MODEL_WORLD_H
#define TESTS_SUPPORT_MODEL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/engine.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"

enum {
    MODEL_OBJECTS = 24,
    MODEL_ROWS_MAX = 40000,
    MODEL_TRANSFERS_MAX = 256,
    MODEL_CACHED_MS = 60000 /* so long an answer is fresh */
};

typedef struct model_world model_world;

typedef enum model_row {
    MODEL_RECORDED,
    MODEL_HANDED_OVER,
    MODEL_SENT,
    MODEL_TAKEN_BACK
} model_row;

typedef struct model_job {
    char id[CVI_JOB_ID_SIZE];
    bool live;
    bool foreign;
    int64_t ends_boot_ms; /* of a foreign one */
    cvi_watch_state end;  /* what those who watch see afterwards */
} model_job;

typedef struct model_object {
    cvi_call *call;
    model_job job;
    int64_t stored_boot_ms; /* -1: never */
    int64_t begun_boot_ms;  /* when the request of what is stored was made */
} model_object;

struct cvi_transfer {
    cvi_transfer_spec spec;
    size_t object;
    int64_t row;
    int64_t begun_boot_ms;
    int64_t next_boot_ms; /* leaves, or is answered */
    bool open;
    bool sent;
};

struct cvi_stores {
    model_world *world;
};

struct cvi_transport {
    model_world *world;
};

struct model_world {
    failing_allocator memory;
    fake_clock clock;
    cvi_settings settings;
    struct cvi_stores stores;
    struct cvi_transport transport;
    cvi_engine *engine; /* the test's */
    model_object objects[MODEL_OBJECTS];
    model_row rows[MODEL_ROWS_MAX];
    int64_t row_boot_ms[MODEL_ROWS_MAX];
    bool row_connects[MODEL_ROWS_MAX];
    int64_t row_count; /* row 0 is none */
    int64_t last_row;
    int64_t probe;        /* the admission that everybody waits for; 0: none */
    int64_t cool_boot_ms; /* nobody is admitted before */
    struct cvi_transfer transfers[MODEL_TRANSFERS_MAX];
    int jobs;
    size_t store_calls;
};

extern const cvi_store_ops model_store_ops;
extern const cvi_transport_ops model_transport_ops;

void model_init(model_world *self, uint64_t seed);

/* Fails the test if a job of ours, an admission that was never sent, or memory is left over. */
void model_done(model_world *self);

/* A number from 0 to `bound` - 1; whether a chance of so many in a hundred comes true. */
int64_t model_draw(model_world *self, int64_t bound);
bool model_chance(model_world *self, int64_t percent);

int64_t model_present(const model_world *self);

/* Lets out and answers the transfers that are due; when the next one is. */
void model_run_transfers(model_world *self);
int64_t model_next_transfer(const model_world *self);

/* When the request was made whose answer this is. */
int64_t model_begun_boot_ms(const char *body);

#endif
