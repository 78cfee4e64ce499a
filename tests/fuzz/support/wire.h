/* The library's transport on a network that hands over what a target says. One at a time. */
#ifndef TESTS_FUZZ_SUPPORT_WIRE_H
#define TESTS_FUZZ_SUPPORT_WIRE_H

#include "client/transport.h"

#define WIRE_KEY "0123456789abcdef0123456789abcdef01234567"

enum { WIRE_MOST_BODY_BYTES = 1 << 16 }; /* of a request that has no bound of its own */

/* Sends the request, which has the key in its address and nowhere else, or nowhere at all. The
 * transfer is the target's to answer and release. */
cv_transfer *wire_send(cvi_transfer_spec spec);

/* What the library makes of the answer. */
void wire_take(cvi_response *response);

#endif
