/* All that a handle on stores does, as steps that may each fail: for tests that let them. */
#ifndef TESTS_SUPPORT_STORE_LIFE_H
#define TESTS_SUPPORT_STORE_LIFE_H

#include "support/store_world.h"

#define LIFE_BODY "{\"id\":1}"

enum { LIFE_MAX_BYTES = 150 };

/* One life of a handle, and what was acknowledged in it. */
typedef struct life {
    store_world *world;
    cvi_stores *stores;
    cvi_claim claim;
    int64_t admitted;
    bool is_stored;
    int failures; /* answers other than DONE */
} life;

typedef struct life_step {
    /* Fails the test if the answer is a wrong one; a failure may be tried again. */
    cvi_store_answer (*take)(life *self, cv_error *error);
    bool is_outside; /* another program's work */
} life_step;

/* In the order of a life. */
extern const life_step life_steps[];
extern const size_t life_step_count;

#endif
