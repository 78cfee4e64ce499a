/* The server's state, shared by its parts. One mutex guards everything that changes. */
#ifndef TESTS_SERVER_STATE_H
#define TESTS_SERVER_STATE_H

#include "server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>

typedef struct loopback_fault loopback_fault;

/* A logged request; never freed or moved before the server ends. */
typedef struct loopback_log_entry loopback_log_entry;

struct server {
    /* Constant once the daemon runs. */
    struct MHD_Daemon *daemon;
    char *folder;
    char *api_key;
    char base_url[48];
    uint16_t port;
    bool gzip;
    char *stamp;

    pthread_mutex_t mutex;
    pthread_cond_t changed; /* broadcast when anything below changes; CLOCK_MONOTONIC */

    bool stopping;
    bool has_validators;
    size_t connections; /* accepted so far */
    FILE *log_file;

    loopback_log_entry **log;
    size_t log_count;
    size_t log_capacity;

    loopback_fault *faults; /* in the order in which they were added */

    /* Parked requests draw tickets; those below `tickets_called` go on. */
    bool holding;
    char *hold_path;
    size_t tickets_drawn;
    size_t tickets_called;
};

#endif
