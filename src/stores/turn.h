/* Whose turn it is to write: the gate beside the file, taken in fair alternation by all handles on
 * it, and the byte by which each shows that it lives. */
#ifndef CVI_STORES_TURN_H
#define CVI_STORES_TURN_H

#include "stores/stores.h"
#include "support/platform.h"

typedef struct cvi_turn {
    cvi_gate gate;               /* not open: nobody else can be there, every turn is ours */
    const char *path;            /* of the database, for messages; the owner's */
    int64_t life;                /* the byte that is locked as long as this handle lives */
    bool is_waiting;             /* the mark that others see is set */
    int turns_left;              /* before others must get one if they wait */
    int64_t steps_back_until_ms; /* by the boot clock; 0: does not step back */
    cvi_clock clock;
    int turns_in_a_row; /* more, where those who wait have not come */
    bool is_alone;      /* without a gate: other handles cannot exist */
} cvi_turn;

/* Opens the gate of `path` (made if there is none) and shows a life. */
bool cvi_turn_open(cvi_turn *turn, const char *path, const cvi_clock *clock,
                   const cvi_random *random, cv_error *error);

/* Shows which copy of SQLite (its number, of CVI_COPY_BITS bits) has the database open in this
 * process, and refuses if another one has: whichever closes first would drop the other's locks. */
bool cvi_turn_show_copy(cvi_turn *turn, int64_t copy, cv_error *error);

/* For a database without a file. `is_alone`: no other handle can reach it. */
void cvi_turn_open_without_gate(cvi_turn *turn, const char *path, bool is_alone,
                                const cvi_random *random);

/* Gives everything back that is held. */
void cvi_turn_close(cvi_turn *turn);

/* Never waits. BUSY: somebody has the gate, or waits longer for it: try again in a moment. */
cvi_store_answer cvi_turn_take(cvi_turn *turn, cv_error *error);
void cvi_turn_release(cvi_turn *turn);

/* The caller does not try again: nobody needs to make way. */
void cvi_turn_give_up(cvi_turn *turn);

/* The next turn is for others, if any wait. */
void cvi_turn_offer(cvi_turn *turn);

/* Whether the handle of this life is there: HELD yes (this one itself always is), TAKEN no, FAILED
 * nobody can tell. */
cvi_lock_answer cvi_turn_probe_life(const cvi_turn *turn, int64_t life);

/* The number of the process whose handle shows this life; 0: none that one can know. Any number
 * that a row may hold will do; a process of that number is the owner's only if the life is seen
 * HELD after the process was found. */
int64_t cvi_turn_process_of(int64_t life);

#endif
