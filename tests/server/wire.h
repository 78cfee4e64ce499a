/* Answers that no HTTP library would send. */
#ifndef TESTS_SERVER_WIRE_H
#define TESTS_SERVER_WIRE_H

#include "reply.h"
#include "state.h"

/* True if an answer of this kind has a status line, i.e. the client may see the status. */
bool loopback_wire_has_head(server_fault_kind kind);

/* Sends the reply on the connection's socket as the fault's kind says. Returns when all is sent,
 * the client is gone or the server stops; the caller then closes the socket. Any kind but
 * SERVER_FAULT_ANSWER. Takes the mutex between pieces. */
void loopback_wire_send(server *self, int socket, const server_fault *fault,
                        const loopback_reply *reply);

#endif
