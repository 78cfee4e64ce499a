/* What must hold in every world, whatever happens in it. A promise that was broken is noted in the
 * world (world_break). */
#ifndef TESTS_MODEL_JUDGE_H
#define TESTS_MODEL_JUDGE_H

#include "model/world.h"

/* A request has just left: within the limit and the interval, recorded in the file, not in a pause,
 * and by the only owner of its job. */
void judge_sending(world *self, int number);

/* The file after a step, if it was written to: nothing that was committed is lost. */
void judge_file(world *self);

/* A process has nothing left to do at this time. */
void judge_rest(process *self);

/* A call's callback has come. */
void judge_ending(ask *self);

/* Nothing is under way any more. */
void judge_end(world *self);

/* Lets go of the file. */
void judge_close(world *self);

#endif
