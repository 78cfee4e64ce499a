/* A small HTTP proxy on 127.0.0.1: forwards GET of whole addresses and tunnels CONNECT, one
 * connection after the other, to servers on this machine. Remembers what it was asked. */
#ifndef TESTS_SERVER_PROXY_H
#define TESTS_SERVER_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct proxy proxy;

enum { PROXY_HEAD_MAX = 16384 };

/* Asks for `authorization`, the value of Proxy-Authorization, and answers 407 without it; NULL:
 * serves everybody. NULL without descriptors, memory or threads. */
proxy *proxy_start(const char *authorization);

/* Breaks off what is under way. NULL is allowed. */
void proxy_stop(proxy *self);

uint16_t proxy_port(const proxy *self);

/* How many requests have come so far, and whether one of them had `text` in its head. */
size_t proxy_count(proxy *self);
bool proxy_heard(proxy *self, const char *text);

/* The head of the last request as it came, and what came with it, with a NUL; "" if there was none.
 * Answers its length. */
size_t proxy_last_head(proxy *self, char head[PROXY_HEAD_MAX]);

#endif
