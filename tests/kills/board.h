/* What the workers of tests/kills tell and the judge reads: memory that all of them map from one
 * file, so that what a worker has noted is there whenever it is killed. All times are of
 * CLOCK_BOOTTIME, as are those of the server's log and of the rows of the database. */
#ifndef TESTS_KILLS_BOARD_H
#define TESTS_KILLS_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { WORKERS = 4, LIVES_MAX = 1 << 16, CALLS_MAX = 1 << 19 };

/* What all of them go by. */
enum {
    LIMIT = 50,
    WINDOW_MS = 2000,
    GUARD_MS = 2000,
    SHORT_TTL_S = 1, /* but for issues, which stay fresh, so that none of them may be lost */
    LONG_TTL_S = 86400,
    STALE_S = 2,       /* how long what is past its time is kept, which calls get that would fail */
    LEASE_MS = 600000, /* so that the system's word alone ends a dead owner's */
    ISSUES = 400,
    VOLUMES = 120,
    PAGE = 10
};

/* Names bear the number of the request that brought them. */
#define STAMP      "##########"
#define STAMP_MARK "request "

#define APPLICATION_MARK "kills/" /* and the number of the life */

typedef enum work_kind {
    WORK_ISSUE,
    WORK_VOLUME,
    WORK_LIST,
    WORK_WALK,
    WORK_MANY,
    WORK_SEARCH,
    WORK_CROWD, /* several requests at once, one of them cancelled */
    WORK_CLEANUP,
    WORK_RENEWAL, /* the client is closed, and another one opened */
    WORK_KINDS
} work_kind;

/* A client, from before it is opened. */
typedef struct life {
    int64_t worker;
    _Atomic int64_t ended_us; /* just before it was closed or killed; 0: not yet */
    atomic_bool is_killed;
} life;

/* A call of a worker's. */
typedef struct call {
    int32_t kind;
    int32_t life;
    int64_t object;   /* equal for calls that the same entry of the cache may answer; -1: several */
    int64_t asked_id; /* of the first record */
    int64_t got_id;
    int64_t number; /* of the request whose answer it got; 0: none */
    int32_t source;
    int32_t code;
    int32_t mode;
    bool is_hurried; /* it did not wait for quota */
    bool is_cancelled;
    int64_t begun_us;
    _Atomic int64_t ended_us; /* 0: still under way */
} call;

/* Of a worker's present process; the harness clears it between two. */
typedef struct seat {
    _Atomic int64_t life;  /* -1: it has not come so far */
    _Atomic int64_t calls; /* that have begun */
} seat;

typedef struct board {
    int64_t interval_ms; /* 0: none */
    seat seats[WORKERS];
    _Atomic int64_t life_count;
    _Atomic int64_t call_count; /* may be more than there is room for */
    life lives[LIVES_MAX];
    call calls[CALLS_MAX];
} board;

/* Maps the file, which is made if `is_new`. NULL on failure. Never given back. */
board *board_map(const char *path, bool is_new);

int64_t board_now_us(void);

#endif
