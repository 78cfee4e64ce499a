/* The proxy that the environment asks programs to go through. */
#ifndef CLI_PROXY_H
#define CLI_PROXY_H

/* The variable that says so for the service at `base_url`: https_proxy or HTTPS_PROXY if that is
 * https, http_proxy if it is http (HTTP_PROXY may be a header's, in programs that web servers
 * start), then all_proxy or ALL_PROXY; but for hosts that no_proxy or NO_PROXY names: joined by
 * commas, with those below them, "*" for all. NULL: none. */
const char *cli_proxy_variable(const char *base_url);

#endif
