/* Time and randomness, always injected: two small tables of functions. */
#ifndef CVI_SUPPORT_CLOCK_H
#define CVI_SUPPORT_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine/error.h>
#include <comicvine/sys/clock.h>

/* One look at the clocks; see comicvine/sys/clock.h. */
typedef cv_now cvi_now;

typedef struct cvi_clock {
    cvi_now (*now)(void *user);
    void *user;
    char boot_id[CV_BOOT_ID_MAX + 1]; /* tells boots (and time namespaces) apart */
} cvi_clock;

/* Takes an application's clock; false, with CV_ERROR_ARGUMENT, if it lacks something. */
bool cvi_clock_copy(cvi_clock *copy, const cv_clock *clock, cv_error *error);

typedef struct cvi_random {
    void (*fill)(void *user, void *bytes, size_t size);
    void *user;
} cvi_random;

static inline cvi_now cvi_clock_now(const cvi_clock *clock) {
    return clock->now(clock->user);
}

/* An even draw from 0 to `bound` - 1; `bound` at least 1 and small against 2^64. */
static inline int64_t cvi_random_below(const cvi_random *random, int64_t bound) {
    uint64_t bits = 0;
    random->fill(random->user, &bits, sizeof(bits));
    return (int64_t)(bits % (uint64_t)bound);
}

#endif
