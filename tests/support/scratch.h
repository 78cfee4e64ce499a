/* A folder of a test's own below $TMPDIR, removed with all that is in it. */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include <stdbool.h>

enum { SCRATCH_PATH_MAX = 512 };

typedef struct scratch {
    char folder[SCRATCH_PATH_MAX];
} scratch;

typedef struct scratch_path {
    char text[SCRATCH_PATH_MAX];
} scratch_path;

/* Makes the folder. False if that fails; there is then nothing to remove. */
bool scratch_make(scratch *self);

/* Removes it; folders in it that may not be written too. False if something stays. */
bool scratch_remove(scratch *self);

/* "FOLDER/name". A name that does not fit gives "". */
scratch_path scratch_file(const scratch *self, const char *name);

#endif
