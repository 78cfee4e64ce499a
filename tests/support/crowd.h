/* Many threads that call at once. */
#ifndef TESTS_SUPPORT_CROWD_H
#define TESTS_SUPPORT_CROWD_H

#include <pthread.h>

#include "support/api.h"

enum { CROWD_MAX = 128 };

typedef struct crowd crowd;

typedef struct crowd_member {
    crowd *crowd;
    cv_client *client;
    int64_t id;
    pthread_t thread;
    outcome outcome;
} crowd_member;

struct crowd {
    size_t size;
    pthread_barrier_t start;
    crowd_member members[CROWD_MAX];
};

/* Adds a thread that will retrieve `id`, blocking. */
void crowd_add(crowd *self, cv_client *client, int64_t id);

/* Starts them all, and lets them go when all have started. */
void crowd_start(crowd *self);

/* Waits until each has its outcome. */
void crowd_join(crowd *self);

/* How many of `count` outcomes went well and came from there; how many have that code. */
size_t outcomes_from(const outcome *outcomes, size_t count, cv_source source);
size_t outcomes_with(const outcome *outcomes, size_t count, cv_code code);

/* The same for a crowd that has been joined. */
size_t crowd_from(const crowd *self, cv_source source);
size_t crowd_with(const crowd *self, cv_code code);

#endif
