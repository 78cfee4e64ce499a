/* Time and chance that a test decides, and a folder for its files. */
#ifndef TESTS_SUPPORT_FAKE_CLOCK_H
#define TESTS_SUPPORT_FAKE_CLOCK_H

#include "support/clock.h"

/* Do not move it while `clock` or `random` is in use. */
typedef struct fake_clock {
    cvi_clock clock;   /* pass these on */
    cvi_random random; /* even draws from `seed` on */
    cvi_now now;
    int64_t step_ms; /* by which each look moves the boot clock: for waits that must end */
    uint64_t seed;
} fake_clock;

/* An hour after boot, in the year 2024. */
void fake_clock_init(fake_clock *self, uint64_t seed);

/* Time passes: both clocks. */
void fake_clock_advance(fake_clock *self, int64_t duration_ms);

/* Somebody sets the wall clock. */
void fake_clock_step_wall(fake_clock *self, int64_t step_ms);

/* The machine was off for `off_ms` and has been up for a minute. Handles opened before keep the
 * boot id that they have. */
void fake_clock_reboot(fake_clock *self, const char *boot_id, int64_t off_ms);

enum { TEMP_PATH_SIZE = 256 };

/* Makes a folder of the test's own below $TMPDIR. */
void temp_folder_make(char path[TEMP_PATH_SIZE]);

/* Removes it with the files in it. */
void temp_folder_remove(const char *path);

#endif
