/* A simulated world for the rate limit: processes (handles on one file) that are restarted and
 * crash, connections that take their time, a service that keeps a log, programs that record their
 * own requests, and clocks that step, sleep and start anew. One seed decides everything.
 *
 * Every answer of the stores is compared with a count by brute force over the rows that there
 * should be (limit_oracle.h), and the service's log is judged on its own. What is promised of the
 * clocks: within a boot the boot clock decides, whatever the wall clock does. Rows of an earlier
 * boot, and rows that other programs have just written, have nothing but their wall time; so the
 * wall clock must be right from before a reboot, by the longest window, until any process has
 * looked at the file again. */
#ifndef TESTS_SUPPORT_LIMIT_WORLD_H
#define TESTS_SUPPORT_LIMIT_WORLD_H

#include "support/store_world.h"

enum {
    LIMIT_PROCESSES = 4,
    LIMIT_PATHS = 3,
    LIMIT_UNKNOWN = LIMIT_PATHS, /* where other programs file their lists */
    LIMIT_NO_SCOPE = 2,          /* rows without a scope count for everybody */
    LIMIT_SCOPES = 3,
    LIMIT_ROWS = 4000,
    LIMIT_REQUESTS = 24
};

typedef struct limit_rule {
    int64_t limit;
    int64_t window_ms;
} limit_rule;

typedef struct limit_process {
    cvi_stores *stores;
    int scope;
    limit_rule start[LIMIT_PATHS]; /* by its options */
    limit_rule rules[LIMIT_PATHS]; /* now */
    int64_t longest_ms;            /* the longest time back that its answers depend on */
} limit_process;

/* A row as it should be in the file, and what became of its request. */
typedef struct limit_row {
    int scope;
    int path;
    bool is_ours;
    bool is_user;
    bool connects;
    bool is_gone;    /* taken back, forgotten or cleaned */
    bool is_stamped; /* with the present boot */
    bool is_honest;  /* another program's, with the right time */
    int64_t boot_ms;
    int64_t wall_ms;
    int64_t row_id;
    limit_rule rule; /* by which it was admitted */

    /* The service's log, in true time. */
    bool is_sent;
    int64_t sent_ms;
    int64_t arrived_ms;
    int forgotten_at; /* rows from this number on do not count it, as somebody has reset the path */
} limit_row;

/* A request that was admitted and has no connection yet. */
typedef struct limit_request {
    bool is_open;
    int process;
    int path;
    int row;
    bool is_user;
    bool connects;
    int64_t ready_ms; /* true time */
    char hash[32];
    char job_id[CVI_JOB_ID_SIZE];
} limit_request;

typedef struct limit_world {
    store_world store;
    uint64_t seed;
    bool is_adaptive;
    int64_t guard_ms;    /* 0: none */
    int64_t interval_ms; /* 0: none */
    int64_t fresh_ms;    /* an admission that is older when its connection is ready is taken anew */
    int64_t window_ms;
    int64_t kept_ms; /* rows younger than this stay in the file */
    bool is_wall_right;
    int64_t wall_offset_ms;
    int boots;
    int64_t true_ms;
    limit_process processes[LIMIT_PROCESSES];
    limit_request requests[LIMIT_REQUESTS];
    limit_row rows[LIMIT_ROWS];
    int row_count;
    int64_t waiting_until_ms[LIMIT_SCOPES][LIMIT_PATHS + 1]; /* boot clock; the last: any path */
    int hashes;
    char orphan[32]; /* the hash of a request whose process has crashed; "": none */
} limit_world;

extern const char *const limit_scope_names[LIMIT_SCOPES];
extern const char *const limit_path_names[LIMIT_PATHS + 1];

/* Draws limits, windows and kinds from the seed and starts all processes. Ends with limit_done,
 * also after a failure. */
void limit_init(limit_world *self, uint64_t seed);
void limit_done(limit_world *self);

int64_t limit_draw(limit_world *self, int64_t bound);

/* A process asks whether it may send, and sends if so, as soon as it has a connection: in
 * `connect_ms`. Answers the wait; 0: admitted. */
int64_t limit_ask(limit_world *self, int process, int path, bool is_user, int64_t connect_ms);

/* What status says, against the count. */
void limit_look(limit_world *self, int process, int path);

/* Time passes, and connections become ready on the way; or the machine sleeps, and wakes to
 * connections that have long been ready. */
void limit_advance(limit_world *self, int64_t duration_ms);
void limit_suspend(limit_world *self, int64_t duration_ms);

/* Ends of a process, which then starts again: it gives up what it has not sent, or leaves it. */
void limit_restart(limit_world *self, int process);
void limit_crash(limit_world *self, int process);

/* The machine starts anew, with a boot clock near zero. */
void limit_reboot(limit_world *self, int64_t off_ms);

void limit_step_wall(limit_world *self, int64_t step_ms);
void limit_set_wall_right(limit_world *self);

/* Another program records a request; `path` may be LIMIT_UNKNOWN. `ahead_ms`: its clock's. */
void limit_record_foreign(limit_world *self, int path, int64_t ahead_ms);

void limit_set_rule(limit_world *self, int process, int path, limit_rule rule);
void limit_reset(limit_world *self, int process, int path);
void limit_clean(limit_world *self, int process);

#endif
