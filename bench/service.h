/* A service to measure against, in a process of its own on the loopback interface: issues by id, in
 * lists and in searches, made up as they are asked for. It keeps nothing, and knows no errors. */
#ifndef BENCH_SERVICE_H
#define BENCH_SERVICE_H

#include <sys/types.h>

enum { SERVICE_URL_MAX = 64, SERVICE_TOTAL = 40 /* issues in the list of all */ };

typedef struct service {
    size_t largest_bytes; /* set before the start: one issue in 16 is so long; 0: none is */
    size_t issue_bytes;   /* likewise, in its place: each issue is so long; 0: not so */
    char base_url[SERVICE_URL_MAX];
    int listener;
    pid_t process;
} service;

/* Starts it; stopping kills it. */
void service_start(service *self);
void service_stop(service *self);

#endif
