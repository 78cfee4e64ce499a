/* What must hold after all the kills. Each check says what it has found, and counts what is wrong.
 */
#ifndef TESTS_KILLS_JUDGE_H
#define TESTS_KILLS_JUDGE_H

#include <stddef.h>

#include "kills/board.h"
#include "server/server.h"
#include "support/scratch.h"

enum { PATHS = 5 };

extern const char *const judge_paths[PATHS];

/* A request in the server's log. */
typedef struct arrival {
    int path;
    int64_t life;
    char *target; /* path and query together */
    int64_t received_us;
    int64_t answered_us; /* 0: never */
    int64_t late_us;     /* after its admission, at the most */
} arrival;

/* An admission in the file. */
typedef struct admission {
    int path;
    int64_t life;
    int64_t boot_ms;
    bool is_connecting; /* no request has left by it */
} admission;

typedef struct evidence {
    const board *board;
    const scratch *folder;
    const char *database;
    const char *url;
    const char *key;
    arrival *arrivals; /* in the order of arrival */
    size_t arrival_count;
    admission *admissions; /* in the order of their times */
    size_t admission_count;
    size_t wrongs;
} evidence;

/* Notes something wrong, and says it. */
void judge_wrong(evidence *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads the server's log and the file's admissions. False: it cannot be done. */
bool judge_gather(evidence *self, server *asked);
void judge_clear(evidence *self);

/* By the file and the server's log: the limit in every window, the interval, each request admitted
 * before it was sent, one owner at a time. */
void judge_limits(evidence *self);
void judge_owners(evidence *self);

/* By what the workers have noted: each call of who lived on has ended, for a reason; nothing stale
 * was given as fresh. */
void judge_calls(evidence *self);
void judge_freshness(evidence *self);

/* By the file: whole, without a job that nobody can have, with all that was committed, and without
 * the key. Opens clients of its own. */
void judge_file(evidence *self);

#endif
