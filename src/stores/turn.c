/* Owns the locks on the gate's bytes. Byte 0 is the gate itself: whoever holds it may write. It is
 * tried, not queued for, as queueing has no time limit; so that the busiest does not keep it for
 * ever, whoever has been refused marks a further byte with a lock that many may hold, and whoever
 * has had some turns in a row steps back for a moment while others hold that mark. The kernel drops
 * all of it when a process dies. Used under the database's mutex. */
#include "stores/turn.h"

#include <limits.h>
#include <string.h>

#include "stores/open_files.h"
#include "support/buffer.h"
#include "support/error.h"

/* A life is the number of its process, then bits by which that process's lives differ. */
enum { DRAWN_BITS = 28, LIFE_BITS = CVI_PROCESS_BITS + DRAWN_BITS };

_Static_assert(LIFE_BITS <= 62, "a life is a byte of a file, with room for more behind all lives");

enum {
    GATE_BYTE = 0,
    LIFE_TRIES = 16,
    TURNS_IN_A_ROW = 4,
    MOST_TURNS_IN_A_ROW = 4096,
    STEP_BACK_MS = 3 /* longer than a client takes from one try to the next */
};

static const int64_t waiting_byte = (INT64_C(1) << LIFE_BITS) + 1;

/* Behind it each process has a stretch with a byte for each copy of SQLite that it may hold; the
 * first one is nobody's. */
static const int64_t first_copy_byte = (INT64_C(1) << LIFE_BITS) + 2;

_Static_assert(CVI_PROCESS_BITS + CVI_COPY_BITS < LIFE_BITS, "the last byte has a number");

static bool refuse_locks(const cvi_turn *turn, cv_error *error) {
    cvi_error_set(error, CV_ERROR_STORE,
                  "the file system refuses locks, move to a local disk the database %s",
                  turn->path);
    return false;
}

/* ---- opening ---- */

static int64_t draw_life(const cvi_random *random) {
    int64_t drawn = 1 + cvi_random_below(random, (INT64_C(1) << DRAWN_BITS) - 1);
    return cvi_process_number() << DRAWN_BITS | drawn;
}

/* Locks a byte that nobody has for good. */
static bool show_life(cvi_turn *turn, const cvi_random *random, cv_error *error) {
    for (int i = 0; i < LIFE_TRIES; i++) {
        turn->life = draw_life(random);
        if (cvi_gate_try(&turn->gate, turn->life) == CVI_LOCK_TAKEN) {
            return true;
        }
    }
    return refuse_locks(turn, error);
}

static void start_turns(cvi_turn *turn, int turns_in_a_row) {
    turn->turns_in_a_row = turns_in_a_row;
    turn->turns_left = turns_in_a_row;
    turn->steps_back_until_ms = 0;
}

bool cvi_turn_open(cvi_turn *turn, const char *path, const cvi_clock *clock,
                   const cvi_random *random, cv_error *error) {
    char name[PATH_MAX];
    cvi_buffer text;
    *turn = (cvi_turn){.gate = {.descriptor = -1}, .path = path, .clock = *clock};
    start_turns(turn, TURNS_IN_A_ROW);
    cvi_buffer_over(&text, name, sizeof(name));
    cvi_buffer_add_text(&text, path);
    cvi_buffer_add_text(&text, ".gate");
    if (text.failed) {
        cvi_error_set(error, CV_ERROR_STORE, "the database path is too long: %s", path);
        return false;
    }
    return cvi_gate_open(&turn->gate, name, error) && show_life(turn, random, error);
}

/* Shows first and looks then: of two that come at once one sees the other at least. */
bool cvi_turn_show_copy(cvi_turn *turn, int64_t copy, cv_error *error) {
    const int64_t copies = INT64_C(1) << CVI_COPY_BITS;
    int64_t process = cvi_process_number();
    if (process == 0) {
        return true; /* its stretch would be others' too */
    }
    int64_t stretch = first_copy_byte + process * copies;
    if (cvi_gate_share(&turn->gate, stretch + copy) != CVI_LOCK_TAKEN) {
        return refuse_locks(turn, error);
    }
    cvi_lock_answer below = cvi_gate_probe_span(&turn->gate, stretch, copy);
    cvi_lock_answer above = cvi_gate_probe_span(&turn->gate, stretch + copy + 1, copies - copy);
    if (below != CVI_LOCK_HELD && above != CVI_LOCK_HELD) {
        return true;
    }
    cvi_error_set(error, CV_ERROR_STORE,
                  "another copy of SQLite in this process has the database open, link all to one "
                  "libsqlite3: %s",
                  turn->path);
    return false;
}

void cvi_turn_open_without_gate(cvi_turn *turn, const char *path, bool is_alone,
                                const cvi_random *random) {
    *turn = (cvi_turn){.gate = {.descriptor = -1}, .path = path, .is_alone = is_alone};
    turn->life = draw_life(random);
}

void cvi_turn_close(cvi_turn *turn) {
    cvi_gate_close(&turn->gate);
}

/* ---- turns ---- */

static bool has_gate(const cvi_turn *turn) {
    return turn->gate.descriptor >= 0;
}

/* A mark that cannot be set only costs fairness. */
static void show_waiting(cvi_turn *turn) {
    if (!turn->is_waiting) {
        turn->is_waiting = cvi_gate_share(&turn->gate, waiting_byte) == CVI_LOCK_TAKEN;
    }
}

void cvi_turn_give_up(cvi_turn *turn) {
    if (turn->is_waiting) {
        cvi_gate_release(&turn->gate, waiting_byte);
        turn->is_waiting = false;
    }
}

/* Whether this try is left to others. Nobody is asked while there are turns left. A mark for which
 * nobody comes is trusted less each time: who bears it has been stopped, or wants nothing any more.
 */
static bool steps_back(cvi_turn *turn) {
    if (turn->turns_left > 0) {
        return false;
    }
    if (cvi_gate_probe(&turn->gate, waiting_byte) != CVI_LOCK_HELD) {
        start_turns(turn, TURNS_IN_A_ROW);
        return false;
    }
    int64_t now_ms = cvi_clock_now(&turn->clock).boot_ms;
    if (turn->steps_back_until_ms == 0) {
        turn->steps_back_until_ms = now_ms + STEP_BACK_MS;
    }
    if (now_ms < turn->steps_back_until_ms) {
        return true;
    }
    bool may_double = turn->turns_in_a_row < MOST_TURNS_IN_A_ROW;
    start_turns(turn, may_double ? 2 * turn->turns_in_a_row : MOST_TURNS_IN_A_ROW);
    return false;
}

cvi_store_answer cvi_turn_take(cvi_turn *turn, cv_error *error) {
    if (!has_gate(turn)) {
        return CVI_STORE_DONE;
    }
    if (steps_back(turn)) {
        return CVI_STORE_BUSY;
    }
    switch (cvi_gate_try(&turn->gate, GATE_BYTE)) {
    case CVI_LOCK_TAKEN:
        cvi_turn_give_up(turn);
        turn->turns_left--;
        return CVI_STORE_DONE;
    case CVI_LOCK_HELD:
        show_waiting(turn);
        start_turns(turn, TURNS_IN_A_ROW);
        return CVI_STORE_BUSY;
    case CVI_LOCK_FAILED:
        break;
    }
    refuse_locks(turn, error);
    return CVI_STORE_FAILED;
}

void cvi_turn_release(cvi_turn *turn) {
    if (has_gate(turn)) {
        cvi_gate_release(&turn->gate, GATE_BYTE);
    }
}

void cvi_turn_offer(cvi_turn *turn) {
    turn->turns_left = 0;
}

/* ---- lives ---- */

cvi_lock_answer cvi_turn_probe_life(const cvi_turn *turn, int64_t life) {
    if (life == turn->life) {
        return CVI_LOCK_HELD; /* one's own lock is no obstacle to oneself, so probing cannot tell */
    }
    if (!has_gate(turn)) {
        return turn->is_alone ? CVI_LOCK_TAKEN : CVI_LOCK_FAILED;
    }
    return cvi_gate_probe(&turn->gate, life);
}

int64_t cvi_turn_process_of(int64_t life) {
    return life > 0 ? life >> DRAWN_BITS : 0;
}
