/* The world of one seed: some processes at work on one file, a service, a disk, the clocks. All
 * times are of the one true clock, which never steps, unless they say otherwise. */
#ifndef TESTS_MODEL_WORLD_H
#define TESTS_MODEL_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <comicvine.h>
#include <comicvine/sys/clock.h>
#include <comicvine/sys/transport.h>

#include "model/chance.h"
#include "model/crew.h"
#include "model/disk.h"
#include "model/objects.h"

enum {
    PROCESSES = CREW_SIZE,
    ASKS = 6,      /* that a process may have under way */
    MAIL_MAX = 10, /* letters in a mailbox */
    TRANSFERS = 8, /* likewise */
    LOG_SIZE = 512,
    FOREIGN_REQUESTS = 64, /* more than a world has steps */
    JOB_ID_SIZE = 40,
    LOOKS = 4, /* questions of the observer */
    VERDICT_SIZE = 256
};

#define NEVER     INT64_MAX
#define MODEL_KEY "0123456789abcdef"

typedef struct world world;
typedef struct process process;

/* ---- what the service does ---- */

typedef enum reply {
    REPLY_OK,
    REPLY_NOT_FOUND,  /* 404 with the service's code 101 */
    REPLY_LIMITED,    /* 420 or 429 */
    REPLY_BANNED,     /* a page of HTML */
    REPLY_OVERLOADED, /* 503 with Retry-After */
    REPLY_FAILING,    /* 500 */
    REPLY_MOVED,      /* a redirect to the same service */
    REPLY_AWAY,       /* and to another one */
    REPLY_CUT,        /* ends in the middle */
    REPLY_LOST,       /* the connection breaks */
    REPLY_TOO_LATE    /* after the time-out */
} reply;

/* What a pause holds up: a path, all of the service, or its host, because that fails. */
enum { REACH_ALL = PATHS, REACH_HOST, REACHES };

/* For whom a request is sent, as far as one can tell from what was asked for. */
typedef enum beneficiary { FOR_ANYBODY, FOR_USERS, FOR_BACKGROUND } beneficiary;

/* A request that has left. */
typedef struct sending {
    int object;
    int process; /* and which life of it */
    int64_t born;
    int64_t left_ms;
    int64_t heard_ms;  /* when its answer was there; -1: not yet, or never */
    int64_t stored_ms; /* when it was first seen in the cache; -1: not yet */
    reply reply;
    int64_t asked_ms;   /* the pause that the answer asks for; 0: none */
    int boots;          /* which boot of the machine it left in */
    int64_t heeded_ms;  /* when its process had surely written that down; NEVER: not yet */
    int64_t settled_ms; /* from when on nothing of it is written any more; NEVER: not yet */
    int tries[REACHES]; /* the place in a row of the pause whose end it tries; 0: it tries none */
    beneficiary beneficiary;
    bool is_open;             /* its process still waits for the answer */
    bool is_outlived;         /* somebody has rightly taken its job over */
    char job_id[JOB_ID_SIZE]; /* that the file had for its object when it left */
} sending;

/* ---- processes ---- */

typedef struct transfer {
    cv_transfer *handle; /* NULL: this place is free */
    int object;
    int64_t due_ms; /* when it leaves, or is answered */
    int64_t start_ms;
    int hops;    /* redirects that have led to it */
    int sending; /* -1: has not left */
} transfer;

/* How something is asked for. */
typedef enum manner { ONE_BY_ONE, IN_A_WALK, MANY_AT_ONCE, A_PICTURE } manner;

/* A call of the application's. */
typedef struct ask {
    cv_request *request; /* NULL: this place is free */
    process *process;
    manner manner;
    int object;        /* of a walk: the page that comes next; of many: the list of all */
    bool is_kept;      /* of a picture: `cache` */
    cv_cursor *cursor; /* of a walk; else NULL */
    int pages;         /* that it has got */
    bool has_arrived;  /* it is at its end */
    cv_request_options options;
    int64_t begun_ms;
    bool is_watching; /* the last that was told: somebody else fetches it */
    bool is_cancelled;
    int callbacks;
    int ends; /* events that said so */
} ask;

struct process {
    world *world;
    int index;
    crew_member *member;
    cv_client *client; /* NULL: there is none just now */
    int64_t born;      /* counts lives, from 1; this is the number of the process */
    bool is_dead;      /* its disk does nothing any more */
    bool is_suspended;
    int64_t dies_in;     /* operations of the disk; 0: no plan */
    bool may_pause;      /* others may go on in the middle of its transactions */
    int64_t due_ms;      /* by boot clock: what its driver has said last */
    int64_t slept_ms;    /* in calls that wait */
    int64_t troubled_ms; /* when the disk last failed it */
    int64_t rested_ms;   /* when it last had nothing left to do, without trouble */
    bool asks_leave;     /* its network asks before sending */
    cv_transport table;
    transfer transfers[TRANSFERS];
    ask asks[ASKS];
    char address[64]; /* of its mailbox; "": closed */
    int mail;
    char letters[MAIL_MAX][HASH_SIZE];
    bool has_asked[2][SUBJECTS]; /* in this life, by priority */
};

/* ---- the rest ---- */

typedef struct plan {
    int processes;
    int64_t limit;
    int64_t window_ms;
    int64_t guard_ms;    /* 0: none */
    int64_t interval_ms; /* 0: none */
    cv_limit_kind kind;
    int64_t lease_ms;
    bool has_own_leases; /* the clients differ in theirs */
    int64_t ttl_s;
    int64_t negative_ttl_s;
    int64_t stale_s;
    int64_t timeout_ms;
    int64_t max_wait_ms;
    int64_t max_retries;
    int64_t circuit_failures;
    int64_t circuit_open_ms;
    cv_adaptive_settings adaptive;
    bool is_stubborn;  /* what the service has said, it mostly says again; pauses are waited for */
    bool has_batch;    /* one process asks for the background alone, the others for users */
    bool steps_wall;   /* somebody sets the clock */
    bool cuts_power;   /* or the machine starts anew */
    bool has_foreign;  /* another program is on the file */
    bool has_pictures; /* they are asked for, too */
    int64_t picture_interval_ms;
    int64_t kindness; /* of a hundred answers are good */
    int64_t pauses;   /* of a hundred disk operations others go on in the middle */
    int64_t trouble;  /* of a thousand disk operations fail, while there is trouble */
    int steps;
} plan;

/* What the file says of an object. */
typedef struct kept {
    int sending;              /* whose answer the cache has; -1: none */
    bool is_pending;          /* somebody has the job */
    bool is_foreign;          /* what the cache has is another program's */
    bool is_abandoned;        /* or its lease had run out when it was deleted, or another program
                                 has ended it: that wakes nobody */
    int64_t renewed_ms;       /* by boot clock: when its lease began */
    int64_t owner;            /* which life of a process that is; 0: none */
    char job_id[JOB_ID_SIZE]; /* with that; else what it was last */
} kept;

/* A pause in the file. */
typedef struct held {
    bool is_there; /* no answer has ended it, though its time may be over */
    int64_t end_ms;
    int64_t since_ms; /* when it was first seen with this end */
    int64_t free_ms;  /* when there was last seen none */
    int strikes;      /* its place in a row of pauses, at least */
} held;

/* A request of the other program's. */
typedef struct foreign_request {
    int path;
    int64_t left_ms;
} foreign_request;

typedef struct foreign {
    struct sqlite3 *connection;
    foreign_request requests[FOREIGN_REQUESTS];
    int request_count;
    int jobs; /* that it has begun */
} foreign;

/* What all worlds of a run have in common. */
typedef struct given {
    char database[DISK_NAME_SIZE];
    object_keys objects[OBJECTS];
    bool is_traced;
} given;

struct world {
    given given; /* before world_init */
    uint64_t seed;
    chance chance;
    chance fancy;   /* who asks for pictures, so that without them nothing changes */
    chance spite;   /* what happens in stubborn worlds and beside a batch alone, likewise */
    chance secrets; /* what the clients draw */
    plan plan;
    crew *crew;
    disk *disk;
    int64_t true_ms;
    int64_t boot_start_ms; /* when the machine started */
    int64_t wall_ms;       /* what the wall clock shows */
    char boot_id[16];
    int boots;
    int64_t births;
    process processes[PROCESSES];
    process *running; /* NULL: the scheduler */
    bool is_troubled;
    bool has_users[PATHS]; /* who may have asked for something of it */
    int lapses;            /* requests that have timed out before they left */
    int64_t lapsed_ms;     /* when the last of them did */
    bool is_over;          /* no more surprises: what is under way comes to its end */
    sending log[LOG_SIZE];
    int log_count;
    sending picture_log[LOG_SIZE]; /* of pictures alone */
    int picture_count;
    kept kept[OBJECTS];
    held held[REACHES];
    foreign foreign;
    struct sqlite3 *observer;
    struct sqlite3_stmt *looks[LOOKS];
    uint64_t seen_changes;
    int step;
    char verdict[VERDICT_SIZE]; /* what was broken first; "": nothing */
};

/* The world that is running; SQLite and the platform layer have no other way to it. */
extern world *the_world;

/* Makes the world of a seed on a disk that holds an empty database of that name. */
void world_init(world *self, uint64_t seed, crew *crew, disk *disk);

/* Runs it to its end; false: `verdict` says what was broken. */
bool world_run(world *self);

/* Notes that a promise was broken; the first counts. */
void world_break(world *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool world_is_broken(const world *self);

/* With --trace: what happens. */
void world_trace(const world *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

cv_now world_now(const world *self);

/* The lease with which a life of a process has opened the file. */
int64_t world_lease_ms(const world *self, int64_t born);

/* Time passes. Nobody is in the middle of anything. */
void world_advance(world *self, int64_t duration_ms);

#endif
