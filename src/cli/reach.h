/* Whether the service can be reached, without asking it for anything. */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum cli_reach {
    CLI_REACH_OK = 0,
    CLI_REACH_NO_ADDRESS, /* `url` is none that can be connected to */
    CLI_REACH_NO_NAME,    /* its host has no address */
    CLI_REACH_NO_ANSWER   /* nobody takes the connection within the time */
} cli_reach;

/* Connects to the host of an http or https address, and hangs up. `host` gets its name and port, or
 * "" where there is none; `size` is its room. */
cli_reach cli_reach_try(const char *url, int64_t timeout_ms, char *host, size_t size);

#endif
