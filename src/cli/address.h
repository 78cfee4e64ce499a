/* Where a URL leads: host and port. */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include <stdbool.h>

enum { CLI_HOST_MAX = 255, CLI_PORT_MAX = 5 };

typedef struct cli_address {
    char host[CLI_HOST_MAX + 1]; /* without the brackets of an IPv6 address */
    char port[CLI_PORT_MAX + 1]; /* digits; that of the scheme where the URL names none */
    bool is_secure;              /* https */
} cli_address;

/* Parts a URL of the service. False: it is no http or https address. */
bool cli_address_parse(cli_address *self, const char *url);

/* Parts a proxy's, which may also be socks4, socks4a, socks5 or socks5h, and without a port is at
 * libcurl's. A user and password are passed over. False: it is none. */
bool cli_address_parse_proxy(cli_address *self, const char *url);

#endif
