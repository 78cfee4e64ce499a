/* The faults that wait for requests. */
#ifndef TESTS_SERVER_FAULT_H
#define TESTS_SERVER_FAULT_H

#include "state.h"

/* The fault for a request of this path, counted as used, or NULL. It lives as long as the server
 * and does not change. The caller holds the mutex. */
const server_fault *loopback_fault_take(server *self, const char *path);

/* Frees all faults. No thread but the caller's may be left. */
void loopback_faults_free(server *self);

#endif
