/* The engine's own state, for the files of the engine alone. */
#ifndef CVI_CLIENT_ENGINE_INTERNAL_H
#define CVI_CLIENT_ENGINE_INTERNAL_H

#include "client/flight.h"

enum { CVI_GATES_MAX = 48 }; /* a detail and a list path for each resource, and some */

/* A path of the service that refused, and until when it will: everybody, or the background. */
typedef struct cvi_gate_memory {
    const char *segment;
    int64_t until_boot_ms;
    int64_t background_until_boot_ms;
    char share_text[CVI_REASON_SIZE]; /* why the background was refused */
} cvi_gate_memory;

struct cvi_engine {
    cvi_engine_options options;
    cvi_flight *flights; /* users before background, then by arrival */
    int64_t sequence;
    int64_t clean_boot_ms;
    int64_t interval_boot_ms; /* no request of any path before this */
    int64_t answered_boot_ms; /* when the last answer came: its connection may still be there */
    int under_way;            /* flights in RECEIVE */
    cvi_gate_memory gates[CVI_GATES_MAX];
    size_t gate_count;
};

#endif
