/* The life of a simulated process. All of these are the scheduler's; what the process does in them
 * happens on its own thread, and may pause in the middle. */
#ifndef TESTS_MODEL_PROCESS_H
#define TESTS_MODEL_PROCESS_H

#include "model/world.h"

bool process_is_paused(const process *self);

/* There is a client, and it is not in the middle of something. */
bool process_is_ready(const process *self);

void process_open(process *self);

/* Has its client make the file of images. */
void process_open_pictures(process *self);

/* One piece of the client's work; all that is due at this time; the rest of what it paused in. */
void process_step(process *self);
void process_rest(process *self);
void process_resume(process *self);

/* A task of the process's own, which may pause in the middle like any other. */
void process_run(process *self, crew_task *task, void *user);

void process_suspend(process *self);
void process_wake(process *self);

/* Closes the client as a program does that ends. */
void process_close(process *self);

/* It is gone at once, with whatever it was in the middle of: locks fall, nothing more is written.
 */
void process_kill(process *self);

/* When it has something to do next, but for what others may tell it. */
int64_t process_due_ms(const process *self);

#endif
