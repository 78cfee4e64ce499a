/* Another program on the file, which knows nothing of ours: it writes the columns that it has in
 * common with us, by plain SQL, as programs on the Node packages do, and asks the service as it
 * likes. */
#ifndef TESTS_MODEL_FOREIGN_H
#define TESTS_MODEL_FOREIGN_H

#include "model/world.h"

/* What it marks its answers with: no request of ours has this number. */
enum { FOREIGN_MARK = 1000000 };

/* It does one thing or another, if nobody has the file locked. What it writes there it may keep
 * locked while one of ours works. */
void foreign_step(world *self);

/* It brings its jobs to an end, and lets go of the file. */
void foreign_end_jobs(world *self);
void foreign_close(world *self);

/* Whether a job is one of its own. */
bool foreign_owns(const char *job_id);

/* Its requests of a path that have left in (since_ms, until_ms]. */
int64_t foreign_count(const world *self, int path, int64_t since_ms, int64_t until_ms);

#endif
