/* Time and randomness, always injected: two small tables of functions. */
#ifndef CVI_SUPPORT_CLOCK_H
#define CVI_SUPPORT_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* One look at the clocks. Within a boot `boot_ms` decides; `wall_ms` is for what other boots, other
 * programs and people see. */
typedef struct cvi_now {
    int64_t boot_ms; /* since boot, suspend included; never steps */
    int64_t wall_ms; /* Unix time; may step in either direction */
} cvi_now;

typedef struct cvi_clock {
    cvi_now (*now)(void *user);
    void *user;
    char boot_id[64]; /* tells boots (and time namespaces) apart */
} cvi_clock;

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
