/* The engine's own state, for the files of the engine alone. */
#ifndef CVI_CLIENT_ENGINE_INTERNAL_H
#define CVI_CLIENT_ENGINE_INTERNAL_H

#include "client/flight.h"

enum { CVI_GATES_MAX = 48 }; /* a detail and a list path for each resource, and some */

/* A path that was refused, and until when it will be: to everybody, or to the background. */
typedef struct cvi_gate_memory {
    char segment[CVI_SEGMENT_SIZE];
    int64_t until_boot_ms; /* not to be asked about before */
    int64_t ends_boot_ms;  /* how long it lasts, as far as known */
    cvi_wait_reason reason;
    int64_t background_until_boot_ms;
    int64_t background_ends_boot_ms;
    int64_t waiting; /* flights of this path that this step has found waiting so far */
    char share_text[CVI_REASON_SIZE]; /* why the background was refused */
} cvi_gate_memory;

/* What the stores are asked for, where their failures are worth a line in the log. */
typedef enum cvi_duty {
    CVI_DUTY_LOOKUP,
    CVI_DUTY_CLAIM,
    CVI_DUTY_READMIT,
    CVI_DUTY_STORE,
    CVI_DUTY_RELEASE,
    CVI_DUTY_RENEW,
    CVI_DUTY_HEED,
    CVI_DUTY_CLEAN
} cvi_duty;

enum { CVI_DUTY_COUNT = CVI_DUTY_CLEAN + 1 };

struct cvi_engine {
    cvi_engine_options options;
    cvi_flight *flights; /* users before background, then by arrival */
    int64_t sequence;
    int64_t round;    /* of steps: each flight has one turn in it */
    bool is_in_round; /* some have not had theirs */
    bool is_suspended;
    size_t piece_bytes; /* longer bodies are read in parts of so many; 0: none are */
    int64_t clean_boot_ms;
    int64_t all_until_boot_ms; /* no request of any path before this */
    int64_t all_ends_boot_ms;
    int64_t waiting; /* flights of all paths that this step has found waiting so far */
    cvi_wait_reason all_reason;
    char all_text[CVI_REASON_SIZE]; /* why its host is left in peace */
    int64_t answered_boot_ms; /* when the last answer came: its connection may still be there */
    int under_way;            /* flights in RECEIVE */
    cvi_gate_memory gates[CVI_GATES_MAX];
    size_t gate_count;
    int refusals_unheeded; /* flights that have still to tell the stores of a refusal */
    int64_t complained_boot_ms[CVI_DUTY_COUNT]; /* when the log last heard of it; 0: never */
};

#endif
