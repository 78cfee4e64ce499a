/* The clock of a stage and of its companion: the system's, and what the runner has set it forward
 * by, which both read in one small file. */
#ifndef TESTS_TORTURE_SHARED_CLOCK_H
#define TESTS_TORTURE_SHARED_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include <comicvine/sys/clock.h>

/* Do not move it while `table` is in use. */
typedef struct shared_clock {
    cv_clock table; /* give this to clients and stores */
    atomic_int_least64_t *ahead_ms;
} shared_clock;

/* Maps the file, which is made if there is none. False if that fails. */
bool shared_clock_open(shared_clock *self, const char *path);
void shared_clock_close(shared_clock *self);

/* Time passes for all who share it. */
void shared_clock_advance(const shared_clock *self, int64_t duration_ms);

#endif
