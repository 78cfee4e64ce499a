/* What holds an answer back: parking until released, and delays. */
#ifndef TESTS_SERVER_GATE_H
#define TESTS_SERVER_GATE_H

#include "state.h"

/* "No ticket": the request is not parked. */
#define LOOPBACK_TICKET_NONE SIZE_MAX

/* Draws a ticket if requests of this path are held now. The caller holds the mutex, the same
 * time as it logs the request. */
size_t loopback_gate_draw(server *self, const char *path);

/* Waits until the ticket is called. False if the server stops. Takes the mutex. */
bool loopback_gate_wait(server *self, size_t ticket);

/* Waits that long. False if the server stops before. Takes the mutex. */
bool loopback_gate_pause(server *self, unsigned pause_ms);

#endif
