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

/* Whether a request that may be the first after a pause is under way, and all can know of it. */
bool judge_is_tried(const world *self, const sending *first);

/* Nor in one that the file has; while one is there because the host fails each goes alone. Part of
 * judge_sending, which has looked at the file. */
void judge_held_sending(world *self, int number, const held seen[REACHES]);

/* The pauses that the file has now: none is longer than those who were refused can account for, and
 * none has begun because of fewer failures of the host in a row than it takes. Part of judge_file.
 */
void judge_held(world *self, const held seen[REACHES]);
void judge_beginning(world *self, int reach);

/* What a request has come to is written down: a pause is there that is as long as it must be, twice
 * as long as the one before if there was one, or the answer has ended it. Part of judge_rest. */
void judge_heeded(world *self, const sending *sent);
void judge_failure(world *self, const sending *sent);

/* What the answer to a request means for a pause: that it begins or goes on, or that it is over. */
bool judge_prolongs(const sending *sent, int reach);
bool judge_ends(const sending *sent, int reach);

/* What a refusal holds up, and for how long at least. */
int judge_reach(const sending *refused);
int64_t judge_least_pause_ms(const world *self, const sending *refused);

/* The background keeps to its share (part of judge_sending), which binds nobody else: whether a
 * call for a user was refused because of it. */
void judge_shares(world *self, int number);
bool judge_is_held_back(const ask *self, const cv_error *error);

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
