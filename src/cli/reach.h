/* Whether the service can be reached, without asking it for anything. */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include <stdint.h>

#include "address.h"

typedef enum cli_reach {
    CLI_REACH_OK = 0,
    CLI_REACH_NO_NAME,  /* its host has no address */
    CLI_REACH_NO_ANSWER /* nobody takes the connection within the time */
} cli_reach;

/* Connects, and hangs up. */
cli_reach cli_reach_try(const cli_address *address, int64_t timeout_ms);

#endif
