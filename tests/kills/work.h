/* The kinds of work of a worker, each noted on the board. */
#ifndef TESTS_KILLS_WORK_H
#define TESTS_KILLS_WORK_H

#include <comicvine.h>

#include "kills/board.h"
#include "model/chance.h"

typedef struct worker {
    board *board;
    const char *url;
    const char *database;
    const char *key;
    int number;
    int32_t life;
    bool is_patient; /* waits for quota, and has no other wishes */
    chance random;
    cv_client *client;
} worker;

/* Opens a client, which is a new life, and closes it. False: it said why. */
bool work_open(worker *self);
void work_close(worker *self);

/* Does one piece of work of that kind. */
void work_do(worker *self, work_kind kind);

/* ---- for the kinds themselves ---- */

/* Notes a call that begins; NULL when the board is full. */
call *work_begin(worker *self, work_kind kind, int64_t object, int64_t asked_id);

/* Notes what it has come to. `first` is the record that bears the stamp; NULL: there is none. */
void work_end(call *noted, const cv_error *error, const cv_record *first);

/* What a call of this worker asks for; how it asks is noted. */
cv_request_options work_options(worker *self, call *noted);

/* Says what is wrong; the harness fails then. */
void work_complain(const worker *self, const char *what, const cv_error *error);

void work_issue(worker *self);
void work_volume(worker *self);
void work_list(worker *self);
void work_walk(worker *self);
void work_many(worker *self);
void work_search(worker *self);
void work_crowd(worker *self);

#endif
