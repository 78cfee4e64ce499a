/* What must hold in every world, whatever happens in it. A promise that was broken is noted in the
 * world (world_break). */
#ifndef TESTS_MODEL_JUDGE_H
#define TESTS_MODEL_JUDGE_H

#include "model/world.h"

/* A request has just left: within the limit and the interval, recorded in the file, not in a pause,
 * and by the only owner of its job. */
void judge_sending(world *self, int number);

/* No request leaves in a pause that the service has asked for; the first one after it goes alone,
 * until its answer is there. Part of judge_sending. */
void judge_pauses(world *self, int number);

/* A call ends because it was refused: the file has the pause, so that nobody sends in it whom the
 * application goes to next. Part of judge_ending. */
void judge_refused(const ask *self);

/* Who connects first may leave so much later than it was admitted. */
int64_t judge_longest_delay_ms(const world *self);

/* The process, if it lives in that life still; else NULL. */
const process *judge_sender_of(const world *self, const sending *sent);

/* The same for a request for a picture: as far from the one before as their interval, and not in a
 * pause that its host has asked for. */
void judge_picture_sending(world *self, int number);

/* A call for a picture has ended well; whether one such answer to it has been heard. */
void judge_picture(ask *self);
bool judge_has_heard_picture(const ask *self, reply first, reply second);

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
